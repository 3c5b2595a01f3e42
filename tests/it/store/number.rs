//! Numbers and leases: every arrow from every state.

use shared::store::numbers::{self, Lease};
use shared::store::{Candidate, Queue};
use shared::types::{Country, PhoneNumber};

use super::{Arrow, STATES, Table, at, bring, due, number, payment, wallet};

#[tokio::test]
async fn every_arrow_of_a_number_starts_where_the_table_says_and_nowhere_else() {
    let table = Table::new("numbers").await;
    let (sale, owner) = (payment(1), wallet(0));
    let lease = |number: &PhoneNumber| Lease {
        number: number.clone(),
        country: Country::US,
        expires_at: at(100),
        renewed_at: None,
        hold: None,
    };
    let arrows: Vec<Arrow<'_>> = vec![
        ("hold", &["pooled"], Box::new(|n| numbers::hold(n, &sale, at(0)))),
        ("intend_purchase", &["none"], Box::new(|n| numbers::intend_purchase(n, Country::US, &sale))),
        ("bought", &["buying"], Box::new(|n| numbers::bought(n, &sale, "PN1"))),
        ("forget_purchase", &["buying"], Box::new(|n| numbers::forget_purchase(n, &sale))),
        ("lease", &["held"], Box::new(|n| numbers::lease(n, Country::US, &owner, &sale, at(100)))),
        (
            "lease_ordered",
            &["buying"],
            Box::new(|n| numbers::lease_ordered(n, Country::US, &owner, &sale, at(100), "PN1")),
        ),
        ("pool", &["held"], Box::new(|n| numbers::pool(n, Country::US, &sale, at(0)))),
        ("stock", &["buying"], Box::new(|n| numbers::stock(n, &sale, "PN1", at(0)))),
        ("adopt", &["none"], Box::new(|n| numbers::adopt(n, Country::US, "PN1", at(0)))),
        ("imported", &["importing"], Box::new(|n| numbers::imported(n, Country::US, at(0)))),
        ("reclaim", &["leased"], Box::new(|n| numbers::reclaim(&lease(n), &owner, at(1)))),
        ("intend_release", &["pooled"], Box::new(|n| numbers::intend_release(n, at(0)))),
        ("released", &["releasing"], Box::new(numbers::released)),
    ];
    let mut last = 0;
    for (name, starts, arrow) in &arrows {
        for state in STATES {
            last += 1;
            let number = number(last);
            bring(&table, &number, state).await;
            assert_eq!(table.makes(arrow(&number)).await, starts.contains(&state), "{name} from {state}");
        }
    }
}

#[tokio::test]
async fn another_sales_number_is_not_touched() {
    let table = Table::new("other_sale").await;
    let other = payment(2);
    for (last, state, arrow) in [
        (1, "buying", numbers::bought(&number(1), &other, "PN1")),
        (2, "buying", numbers::forget_purchase(&number(2), &other)),
        (3, "buying", numbers::stock(&number(3), &other, "PN1", at(0))),
        (4, "held", numbers::pool(&number(4), Country::US, &other, at(0))),
        (5, "held", numbers::lease(&number(5), Country::US, &wallet(0), &other, at(100))),
        (6, "buying", numbers::lease_ordered(&number(6), Country::US, &wallet(0), &other, at(100), "PN1")),
    ] {
        bring(&table, &number(last), state).await;
        assert!(!table.makes(arrow).await, "{last}");
    }
}

#[tokio::test]
async fn a_lease_is_held_once_while_it_is_active_and_not_reclaimed_meanwhile() {
    let table = Table::new("leases").await;
    let (owner, sale, other) = (wallet(0), payment(1), payment(2));
    let number = number(1);
    bring(&table, &number, "leased").await;
    let lease = || async { table.store.lease(&owner, &number).await.expect("answers").expect("there") };

    let seen = lease().await;
    let renewed = Lease { expires_at: at(300), ..seen.clone() };
    assert!(!table.makes(numbers::hold_lease(&seen, &owner, &sale, at(100))).await, "it ends at its end");
    assert!(!table.makes(numbers::hold_lease(&renewed, &owner, &sale, at(99))).await, "it has another end");
    assert!(table.makes(numbers::hold_lease(&seen, &owner, &sale, at(99))).await);
    assert!(!table.makes(numbers::hold_lease(&seen, &owner, &other, at(99))).await, "held already");
    assert!(!table.makes(numbers::reclaim(&lease().await, &owner, at(200))).await, "held");
    assert!(!table.makes(numbers::extend(&number, &owner, &other, at(300), at(90))).await, "not this sale's hold");
    assert!(!table.makes(numbers::let_go(&number, &owner, &other)).await, "nor this one's");
    assert!(table.makes(numbers::extend(&number, &owner, &sale, at(300), at(90))).await);
    assert!(!table.makes(numbers::extend(&number, &owner, &sale, at(600), at(90))).await, "once");

    assert_eq!(lease().await.renewed_at, Some(at(90)));
    let seen_before = Lease { expires_at: at(100), ..lease().await };
    assert!(
        !table.makes(numbers::reclaim(&seen_before, &owner, at(400))).await,
        "it was renewed since it was looked at"
    );
    assert!(!table.makes(numbers::reclaim(&lease().await, &wallet(9), at(400))).await, "not this wallet's");
    assert!(table.makes(numbers::reclaim(&lease().await, &owner, at(400))).await);
    assert!(table.store.lease(&owner, &number).await.expect("answers").is_none());
    assert_eq!(table.store.pooled(Country::US, at(399), 10).await.expect("answers"), vec![], "it rests");
    assert_eq!(table.store.pooled(Country::US, at(400), 10).await.expect("answers"), vec![number.clone()]);
}

#[tokio::test]
async fn a_wallet_sees_its_own_leases_and_the_oldest_due_first() {
    let table = Table::new("listing").await;
    for last in 1..=3 {
        bring(&table, &number(last), "leased").await;
    }
    let leases = table.store.leases(&wallet(0)).await.expect("answers");
    assert_eq!(
        leases.iter().map(|lease| lease.number.clone()).collect::<Vec<_>>(),
        vec![number(1), number(2), number(3)]
    );
    let (ends, active) = (leases[0].expires_at, [-1, 0, 1].map(|second| leases[0].is_active(at(100 + second))));
    assert_eq!((ends, active), (at(100), [true, false, false]), "the instant of its end is not its own");
    assert_eq!(table.store.leases(&wallet(1)).await.expect("answers"), vec![]);
    let due = due(&table, Queue::Leases, 100).await;
    assert_eq!(due.iter().filter(|candidate| matches!(candidate, Candidate::Lease(..))).count(), 3);
}
