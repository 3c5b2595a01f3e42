//! Mistakes that a developer could make in the design. Each must be found by some model.

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
    /// A request gets what another one has paid for with the same payment.
    AnyRequestIsServed,
    /// An expired header is refused before its record is read.
    ExpiryBeforeRecord,
    /// A refusal is sent without reading the record once more.
    NoSecondLook,
    /// The sweep gives up what is settling when its time is over.
    SweepByTimer,
    /// That no neighbour was reached is believed though something was sent before.
    NeverSentThoughSent,
    /// What the facilitator refuses is not looked up.
    RefusalBelieved,
    /// A refusal is believed though something was sent before, as long as the chain does not know
    /// the payment.
    RefusalAfterSending,
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
    /// What arrives at our address is not watched.
    NoWatcher,
    /// A number is bought before it is written down.
    PurchaseBeforeIntent,
    /// The carrier chooses the number.
    PurchaseByArea,
    /// A lost answer to a purchase is taken for a refusal.
    LostPurchaseForgotten,
    /// A purchase is rolled back without asking the carrier.
    RollBackBlind,
    /// A number is held whatever sale holds it already.
    HoldAnyway,
    /// What was bought and not sold is forgotten.
    StockForgotten,
    /// Idle numbers are given back whatever their state has become.
    ReleaseAnyway,
    /// The table is never compared with the carrier's list.
    NoReconcile,
    /// A renewal counts from the time of its payment.
    ExtendFromNow,
    /// A renewal counts from the end that it has read, whatever the lease's end has become.
    HoldWhateverEnd,
    /// A renewal holds what another one holds.
    HoldOverHold,
    /// A renewal holds nothing while it is being paid.
    NoHold,
    /// A hold ends with the lease.
    HoldTimesOut,
    /// The reaper takes what is held.
    ReaperIgnoresHold,
    /// The reaper trusts the index, which lags.
    ReapAnyway,
    /// A lease is taken back the moment it ends.
    NoGrace,
    /// A number does not rest, and the grace before is no longer than what clocks differ by.
    NoRest,
    /// A call is placed without looking whether the lease still runs.
    CallsAfterEnd,
    /// A stray without a sale is refunded without leaving one behind.
    NoTombstone,
    /// A stray with a void sale is refunded, and the sale can still be claimed.
    OwedNotSpent,
    /// The watcher believes the latest block.
    WatchLatest,
    /// The watcher reads on although the sale of what it has seen is not at its end.
    WatchOnce,
    /// Each refund has a nonce of its own.
    RandomNonce,
    /// A refund is sent before it is written down.
    RefundBeforeIntent,
    /// A refund is sent whatever has become of it.
    RefundWhateverState,
    /// What was refused is credited at once.
    CreditWhileItCanArrive,
    /// It is credited whatever has become of it.
    CreditWhateverState,
    /// A dial whose answer is lost is dialled again.
    DialsAgain,
    /// A lost answer to a dial is taken for a refusal.
    LostDialForgotten,
    /// What was paid for first is begun again by the attempt that takes over.
    BegunAgain,
    /// What was paid for first is paid back by the attempt that takes over, without asking what was
    /// begun.
    PaidBackBlind,
    /// What is to be paid for first is begun before.
    BegunUnpaid,
    /// A payment for which a phone has rung can be used again.
    FoundNotSpent,
    /// A call is stopped before its sale is void.
    StopsBeforeVoid,
    /// A call whose payment is in doubt is stopped, and that is not written down.
    StopsUnwritten,
    /// What is to be hung up is told to the dialler by the request that asked for it, and by
    /// nothing else.
    HungUpOnce,
    /// A wallet may have any number of unpaid dials.
    NoSlot,
    /// A wallet that did not pay may have another phone rung.
    NoPause,
    /// Credit is taken as it was read, whatever it has become.
    CreditUnseen,
    /// What credit pays is settled all the same.
    CreditAndSettle,
    /// A roll-back gives the credit back, and so does what comes after it.
    CreditReturnedTwice,
    /// A refund is credited in the sale and not in the wallet.
    CreditLost,
    /// A call's refund takes the place of the one for its stray payment.
    OneRefundForTwo,
    /// A call is judged while its payment is unknown.
    JudgedTooSoon,
    /// What was paid for a call counts as income though it goes back.
    KeptThoughItGoesBack,
    /// What ends well is read as an error.
    EndIsAnError,
    /// An error is paid back whatever was paid.
    RefundsTheUnpaid,
    /// A call is refused where its own slice has no room.
    FullBySlice,
    /// A call is counted in a slice whatever that has come to hold.
    CountedUnseen,
    /// What a slice holds too much is passed on to one whatever that has come to hold.
    MovedUnseen,
    /// A slice is halved though it has been halved meanwhile.
    HalvedTwice,
}
