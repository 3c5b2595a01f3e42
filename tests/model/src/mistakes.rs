//! Mistakes that somebody could make in the design. Each must be found by some model.

/// One of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mistake {
    /// An attempt's minute ends while its request is still at work.
    BusyTooShort,
    /// A sale is taken over from an attempt that is still at work.
    TakeOverBusy,
    /// A sale is taken over without writing down whose it is now.
    TakeOverBlind,
    /// A step is written whatever attempt the record names.
    AnyAttemptWrites,
    /// A sale is claimed whatever there is already.
    ClaimAnyway,
    /// An expired header is refused before its record is read.
    ExpiryBeforeRecord,
    /// A refusal is sent without reading the record once more.
    NoSecondLook,
    /// The sweep gives up what is settling when its time is over.
    SweepByTimer,
    /// That nobody was reached is believed though something was sent before.
    NeverSentThoughSent,
    /// What the facilitator refuses is not looked up.
    RefusalBelieved,
    /// Silence is taken for a refusal.
    TimeoutIsRefusal,
    /// An authorization counts as expired when our clock says so.
    ExpiryByOurClock,
    /// Settling begins before the fence is written.
    NoFence,
    /// What was declined can be claimed again.
    DeclinedNotSpent,
    /// The sale is closed, and what it was for is granted in a second write.
    GrantInTwoWrites,
    /// A paid sale whose product is gone is an error in the log and nothing else.
    LostProductIsAFault,
    /// Nobody watches what arrives at our address.
    NoWatcher,
    /// A number is bought before it is written down.
    PurchaseBeforeIntent,
    /// The carrier chooses the number.
    PurchaseByArea,
    /// A lost answer to a purchase is taken for a refusal.
    LostPurchaseForgotten,
    /// A purchase is rolled back without asking the carrier.
    RollBackBlind,
    /// A number is held whoever holds it already.
    HoldAnyway,
    /// What was bought and not sold is forgotten.
    StockForgotten,
    /// Idle numbers are given back whatever their state has become.
    ReleaseAnyway,
    /// The table is never compared with the carrier's list.
    NoReconcile,
}
