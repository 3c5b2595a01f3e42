//! Mistakes in the design, each of which must be found, and by the invariant that it breaks.

#![expect(clippy::print_stdout, reason = "the way to a mistake is worth reading")]

use std::collections::BTreeSet;

use model::Mistake::{self, *};
use model::Rules;
use model::buy::Buying;
use model::call::Ringing;
use model::check::{Broken, COMES_TO_REST, Model, explore};
use model::renew::Renewing;
use model::slices::Slicing;
use model::stray::Straying;

/// How far must be looked, and in what company.
#[derive(Clone, Copy)]
enum In {
    /// Strangers interfere, and there is a watcher.
    Company(u8),
    /// None does, so that the watcher does not turn a loss into a refund.
    Alone(u8),
}
use In::{Alone, Company};

const BUYING: [(Mistake, In, &str); 24] = [
    (BusyTooShort, Alone(0), "I12 every number that the carrier bills is in the table"),
    (TakeOverBusy, Alone(0), "I12 every number that the carrier bills is in the table"),
    (TakeOverBlind, Alone(0), "I12 every number that the carrier bills is in the table"),
    (AnyAttemptWrites, Alone(2), "I12 every number that the carrier bills is in the table"),
    (ClaimAnyway, Company(1), "I4 nothing that was delivered is refunded"),
    (ExpiryBeforeRecord, Alone(0), "I3 402 is the truth"),
    (NoSecondLook, Alone(1), "I3 402 is the truth"),
    (DeclinedNotSpent, Company(1), "I3 402 is the truth"),
    (SweepByTimer, Alone(1), "I1 paid if and only if delivered or refunded"),
    (NeverSentThoughSent, Alone(2), "I1 paid if and only if delivered or refunded"),
    (RefusalBelieved, Alone(1), "I1 paid if and only if delivered or refunded"),
    (RefusalAfterSending, Alone(2), "I1 paid if and only if delivered or refunded"),
    (TimeoutIsRefusal, Alone(1), "I1 paid if and only if delivered or refunded"),
    (ExpiryByOurClock, Alone(1), "I1 paid if and only if delivered or refunded"),
    (NoFence, Alone(1), "I1 paid if and only if delivered or refunded"),
    (GrantInTwoWrites, Alone(1), "I1 paid if and only if delivered or refunded"),
    (NoWatcher, Company(1), "I1 paid if and only if delivered or refunded"),
    (PurchaseBeforeIntent, Alone(0), "I12 every number that the carrier bills is in the table"),
    (PurchaseByArea, Alone(0), "I12 every number that the carrier bills is in the table"),
    (LostPurchaseForgotten, Alone(1), "I12 every number that the carrier bills is in the table"),
    (RollBackBlind, Alone(1), "I12 every number that the carrier bills is in the table"),
    (StockForgotten, Alone(1), "I12 every number that the carrier bills is in the table"),
    (HoldAnyway, Alone(0), "I11 what is held for a sale is no other sale's until it ends"),
    (ReleaseAnyway, Alone(0), "I11 what is held for a sale is no other sale's until it ends"),
];

/// The carrier's list heals what two strokes of bad luck have lost: one after the other.
const RECONCILING: [(Mistake, In, &str); 1] = [(NoReconcile, Alone(2), "I12 carrier and table agree")];

const RENEWING: [(Mistake, In, &str); 11] = [
    (ExtendFromNow, Alone(0), "I14 a renewal adds a term to the end, and nothing less"),
    (HoldWhateverEnd, Alone(0), "I14 a renewal adds a term to the end, and nothing less"),
    (HoldOverHold, Alone(0), "I15 what a renewal pays for is still there"),
    (NoHold, Alone(0), "I15 what a renewal pays for is still there"),
    (HoldTimesOut, Alone(0), "I15 the reaper never takes a lease that a renewal holds"),
    (ReaperIgnoresHold, Alone(0), "I15 the reaper never takes a lease that a renewal holds"),
    (ReapAnyway, Alone(0), "I15 the reaper never takes a lease that a renewal holds"),
    (NoGrace, Alone(0), "I15 the reaper never takes a lease before its end"),
    (NoRest, Alone(0), "I11 leases of different wallets never overlap, nor a call and the next lease"),
    (CallsAfterEnd, Alone(0), "I16 a call is placed only from a number that is leased"),
    (LostProductIsAFault, Alone(0), COMES_TO_REST),
];

const RINGING: [(Mistake, In, &str); 19] = [
    (DialsAgain, Alone(1), "I17 a payment rings at most one phone"),
    (FoundNotSpent, Alone(1), "I17 a payment rings at most one phone"),
    (LostDialForgotten, Alone(1), "I18 an unpaid call is stopped"),
    (RollBackBlind, Alone(1), "I18 an unpaid call is stopped"),
    (StopsBeforeVoid, Alone(2), "I1 what we cut short is not charged"),
    (StopsUnwritten, Alone(1), "I1 what we cut short is not charged"),
    (HungUpOnce, Alone(0), "I20 what was to be hung up has ended"),
    (NoSlot, Alone(0), "I18 a wallet has at most one phone ring unpaid"),
    (NoPause, Alone(0), "I18 a wallet that did not pay has no other phone rung"),
    (CallsAfterEnd, Alone(0), "I16 a call is placed only from a number that is leased"),
    (CreditUnseen, Alone(0), "I24 credit is spent once"),
    (CreditAndSettle, Alone(0), "I1 paid if and only if delivered or refunded"),
    (CreditReturnedTwice, Alone(1), "I1 credit is what was credited and not spent"),
    (CreditLost, Alone(0), "I1 credit is what was credited and not spent"),
    (OneRefundForTwo, Company(1), "I1 paid if and only if delivered or refunded"),
    (JudgedTooSoon, Alone(0), "I19 an error is paid back"),
    (KeptThoughItGoesBack, Alone(0), "I24 only what stays paid counts as income"),
    (EndIsAnError, Alone(0), "I1 paid if and only if delivered or refunded"),
    (RefundsTheUnpaid, Alone(1), "I4 no more goes back than was paid"),
];

const BUYING_FIRST: [(Mistake, In, &str); 2] = [
    (BegunUnpaid, Alone(0), "I13 what is to be paid for first is bought once it is paid"),
    (PaidBackBlind, Alone(1), "I12 every number that the carrier bills is in the table"),
];

const RINGING_FIRST: [(Mistake, In, &str); 3] = [
    (BegunUnpaid, Alone(0), "I18 what only a contract signs rings once it is paid"),
    (BegunAgain, Alone(1), "I17 a payment rings at most one phone"),
    (PaidBackBlind, Alone(1), "I18 an unpaid call is stopped"),
];

const STRAYING: [(Mistake, In, &str); 11] = [
    (AnyRequestIsServed, Company(0), "I2 an answer is that to its own request"),
    (NoWatcher, Company(1), "I7 whatever arrives is granted or goes back"),
    (WatchOnce, Company(2), "I7 whatever arrives is granted or goes back"),
    (WatchLatest, Company(2), "I1 nothing is granted or refunded that was not paid"),
    (NoTombstone, Company(1), "I4 nothing that was delivered is refunded"),
    (OwedNotSpent, Company(2), "I4 nothing that was delivered is refunded"),
    (RandomNonce, Company(1), "I4 a payment is refunded or credited at most once"),
    (RefundBeforeIntent, Company(2), "I4 a payment is refunded or credited at most once"),
    (RefundWhateverState, Company(2), "I4 a payment is refunded or credited at most once"),
    (CreditWhileItCanArrive, Company(2), "I4 a payment is refunded or credited at most once"),
    (CreditWhateverState, Company(1), "I4 a payment is refunded or credited at most once"),
];

const SLICING: [(Mistake, In, &str); 4] = [
    (FullBySlice, Alone(0), "I24 nothing is refused while there is room"),
    (CountedUnseen, Alone(0), "I24 all slices hold no more than the whole"),
    (MovedUnseen, Alone(0), "I24 all slices hold no more than the whole"),
    (HalvedTwice, Alone(0), "I24 all slices hold what was counted"),
];

#[test]
fn mistakes_in_buying_are_found() {
    found(Buying, &BUYING);
}

#[test]
fn a_table_that_is_never_compared_with_the_carrier_is_found() {
    found(Buying, &RECONCILING);
}

#[test]
fn mistakes_in_renewing_are_found() {
    found(Renewing, &RENEWING);
}

#[test]
fn mistakes_in_calling_are_found() {
    found(Ringing, &RINGING);
}

#[test]
fn mistakes_with_what_is_paid_for_first_are_found() {
    found(|rules| Buying(rules.paid_first()), &BUYING_FIRST);
    found(|rules| Ringing(rules.paid_first()), &RINGING_FIRST);
}

#[test]
fn mistakes_in_watching_and_refunding_are_found() {
    found(Straying, &STRAYING);
}

#[test]
fn mistakes_in_counting_in_slices_are_found() {
    found(Slicing, &SLICING);
}

#[test]
fn every_mistake_is_made_somewhere() {
    let rest =
        [&BUYING[..], &RECONCILING, &RENEWING, &RINGING, &BUYING_FIRST, &RINGING_FIRST, &STRAYING, &SLICING].concat();
    let made: BTreeSet<String> = rest.iter().map(|(mistake, ..)| format!("{mistake:?}")).collect();
    let source = include_str!("../src/mistakes.rs");
    let lines = source.lines().filter_map(|line| line.strip_prefix("    ")?.strip_suffix(','));
    let known: BTreeSet<String> = lines.map(str::to_owned).collect();
    assert_eq!(made, known);
}

fn found<M: Model>(model: fn(Rules) -> M, mistakes: &[(Mistake, In, &str)]) {
    let mut missed = Vec::new();
    for (mistake, company, expected) in mistakes {
        let rules = match company {
            Company(luck) => Rules::sound(*luck),
            Alone(luck) => Rules::sound(*luck).alone(),
        };
        let explored = explore(&model(rules.with(*mistake)));
        match explored.broken {
            Some(Broken { property, way, .. }) if property == *expected => {
                println!("{mistake:?}: {property}, after {} states\n    {}", explored.states, way.join(" > "));
            }
            other => missed.push(format!("{mistake:?} instead of {expected}: {other:#?}, {} states", explored.states)),
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
