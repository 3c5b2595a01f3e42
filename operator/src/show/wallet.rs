//! What a wallet has, owes and is owed.

use serde_json::{Value, json};
use shared::store::numbers::Belongings;
use shared::store::survey::{Sought, Standing};
use shared::types::{PaymentId, Wallet, rfc3339};

use super::payment::document;
use crate::args;
use crate::terminal::{Answer, Trouble};
use crate::{Desk, find, words};

/// `dialtone wallet`
pub(crate) async fn wallet(desk: &Desk, asked: args::Wallet) -> Result<Answer, Trouble> {
    let store = desk.settings.store()?;
    let (mut answer, mut documents) = (Answer::default(), Vec::new());
    for wallet in find::wallets(desk, &asked.address)? {
        let belongings = store.belongings(&wallet).await?;
        let standing = store.standing(&wallet, desk.invocation.now).await?;
        let payments = if asked.payments {
            let mut found = find::seek(desk, &store, &Sought::Payer(wallet)).await?;
            found.sort_by_key(|record| record.created_at);
            found
        } else {
            Vec::new()
        };
        let blocked = store.blocked(&wallet).await?;
        if belongings.leases.is_empty() && standing.is_none() && payments.is_empty() {
            continue;
        }
        let (now, terminal) = (desk.invocation.now, &desk.terminal);
        answer = answer.facts(facts(desk, &wallet, &belongings, standing.as_ref()));
        if let Some(blocked) = &blocked {
            answer = answer.and(format!("Blocked since {}: {}", words::when(blocked.since, now), blocked.why));
        }
        let leases = belongings.leases.iter().map(|lease| {
            let state = if lease.is_active(now) { "active" } else { "over" };
            vec![terminal.number(&lease.number), state.to_owned(), words::when(lease.expires_at, now)]
        });
        answer = answer.table(&["number", "lease", "ends"], leases.collect());
        let rows = payments.iter().map(|record| {
            let work = words::work(&record.work, |number| terminal.number(number));
            vec![
                rfc3339(record.created_at),
                record.id.tag(),
                record.signed.amount.to_string(),
                words::outcome(record, now),
                work,
            ]
        });
        answer = answer.table(&["when", "payment", "amount", "outcome", "for"], rows.collect());
        let payments: Vec<Value> = payments.iter().map(|record| document(record, terminal, now)).collect();
        documents.push(json!({
            "wallet": wallet.caip10(),
            "leases": belongings.leases.iter().map(|lease| json!({
                "number": terminal.number(&lease.number), "active": lease.is_active(now),
                "expires_at": rfc3339(lease.expires_at), "held": lease.hold.is_some(),
            })).collect::<Vec<_>>(),
            "credit_micros": belongings.credit.atomic(),
            "dialling": standing.as_ref().and_then(|standing| standing.dialling.as_ref()).map(PaymentId::as_str),
            "paused_until": standing.as_ref().and_then(|standing| standing.paused_until).map(rfc3339),
            "blocked": blocked.as_ref().map(|blocked| json!({"since": rfc3339(blocked.since), "why": blocked.why})),
            "payments": asked.payments.then_some(payments),
        }));
    }
    if documents.is_empty() {
        let what =
            "Nothing is known of this wallet: no lease, no credit, no call. `--payments` looks for what it paid.";
        return Ok(Answer::words(json!({"wallets": []}), what).no());
    }
    answer.json = json!({"wallets": documents});
    Ok(answer)
}

fn facts(
    desk: &Desk,
    wallet: &Wallet,
    belongings: &Belongings,
    standing: Option<&Standing>,
) -> Vec<(&'static str, String)> {
    let now = desk.invocation.now;
    let active = belongings.leases.iter().filter(|lease| lease.is_active(now)).count();
    let mut facts = vec![
        ("wallet", format!("{wallet} on {}", wallet.network().caip2())),
        ("leases", format!("{active} active of {}", belongings.leases.len())),
        ("credit", belongings.credit.to_string()),
    ];
    let dialling = standing.and_then(|standing| standing.dialling.as_ref());
    facts.extend(dialling.map(|sale| ("dialling", format!("a call that is not paid yet: {}", sale.as_str()))));
    let paused = standing.and_then(|standing| standing.paused_until);
    facts.extend(
        paused.map(|until| ("paused", format!("a phone rang and was not paid for; until {}", words::when(until, now)))),
    );
    facts
}
