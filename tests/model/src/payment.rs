//! A payment: what the chain and the table know of it, and what was said about it.
//!
//! It refuses to know what is sold.

/// Whether an authorization can still be used.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Window {
    /// It can be settled.
    Open,
    /// Too late for us to send it; a block may still take it.
    Closing,
    /// A final block is later: nothing can use it any more.
    Over,
}

/// Where its sale stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum State {
    /// There is none.
    None,
    /// Claimed; nothing is settled.
    Open,
    /// Past the fence.
    Settling,
    /// Paid and granted.
    Closed,
    /// Given up.
    Void,
}

/// The way back of its money.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Refund {
    /// There is none.
    None,
    /// It is to be sent.
    Due,
    /// It may have been sent.
    Sending,
    /// It was sent.
    Refunded,
    /// It stays here, as credit.
    Credited,
}

/// One authorization, from the chain's and the table's point of view.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, on the chain, in the table or in an answer"
)]
pub struct Payment {
    /// The chain: its nonce is used, and the money is ours.
    pub used: bool,
    /// The chain: its nonce was burnt by the payer.
    pub cancelled: bool,
    /// The chain: the payer has the money.
    pub funded: bool,
    /// The chain: its time.
    pub window: Window,
    /// A settlement is under way that is not waited for any more.
    pub flying: bool,
    /// The sale.
    pub state: State,
    /// What was asked for with it, since there is a sale.
    pub request: u8,
    /// A void sale that can never be claimed again.
    pub spent: bool,
    /// An attempt may be at work.
    pub busy: bool,
    /// The table: it is proven, and what it is for may have been begun.
    pub settled: bool,
    /// The refund.
    pub refund: Refund,
    /// It is paid from the wallet's credit.
    pub by_credit: bool,
    /// What the buyer was given for it, counted.
    pub granted: u8,
    /// The money that went back for it, counted: on the chain and as credit.
    pub sent_back: u8,
    /// Said: 402, for good.
    pub refused: bool,
    /// Said: 200.
    pub promised: bool,
    /// Said: 402, when it was not true.
    pub lied: bool,
    /// Said: 200, to a request that asked for something else.
    pub mixed: bool,
}

impl Payment {
    /// One that was signed and not shown yet.
    pub const SIGNED: Self = Self {
        used: false,
        cancelled: false,
        funded: true,
        window: Window::Open,
        flying: false,
        state: State::None,
        request: 0,
        spent: false,
        busy: false,
        settled: false,
        refund: Refund::None,
        by_credit: false,
        granted: 0,
        sent_back: 0,
        refused: false,
        promised: false,
        lied: false,
        mixed: false,
    };

    /// Whether a block could take it now.
    pub fn can_land(&self) -> bool {
        !self.used && !self.cancelled && self.funded && self.window != Window::Over
    }

    /// Whether a sale of it is under way.
    pub fn is_under_way(&self) -> bool {
        matches!(self.state, State::Open | State::Settling)
    }

    /// Whether it can be claimed: never was, or was given up, but not for good, by the same
    /// request.
    pub fn is_free(&self, request: u8) -> bool {
        self.state == State::None || (self.state == State::Void && !self.spent && self.request == request)
    }
}
