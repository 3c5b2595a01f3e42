//! Every answer that is not 200, in one enum and one match: what happened, and in `said`, which
//! status and code that is and what the caller reads. It knows the neighbours' vocabularies no more
//! than it must to pass their words on.
//!
//! The order of the variants is the order in which they win: the first that applies is the answer.

mod bought;
mod facts;
mod said;

use crate::api::Method;
use crate::limits::{Limit, Reached};
use crate::store::StoreFault;
use crate::store::sales::NotStepped;
use crate::telemetry::Neighbour;
use crate::types::{CallId, PhoneNumber, Timestamp, Wallet};
use crate::upstream::bucket::BucketError;
use crate::wire::http::NoReply;
use crate::x402::NotSignedIn;
pub use bought::{Bought, Product, Renewed, UnderWay, poll_url};
pub use facts::Facts;

/// An answer that is not 200.
#[derive(Debug)]
pub enum Refusal {
    /// 404: nothing is at this address.
    NoSuchPath {
        /// The methods and the paths that may be meant.
        meant: Vec<(Method, &'static str)>,
        /// What is to be said besides, where there is no address for what is wanted.
        besides: &'static str,
    },
    /// 405
    MethodNotAllowed {
        /// The methods that are.
        methods: Vec<Method>,
        /// What may be meant, near this address, by the method that was sent.
        meant: Vec<(Method, &'static str)>,
        /// As for an address at which there is nothing.
        besides: &'static str,
    },
    /// 403: a browser sent it for a page of another site, which did not ask first whether it may.
    ForeignPage,
    /// 413: the body is larger than anything that is asked for here.
    TooLarge,
    /// 400: the payment header cannot be read.
    InvalidPayment(String),
    /// 402: no payment, or one that we will never use. What is found only further on, such as a
    /// wallet that holds too little, is said only there.
    PaymentRequired {
        /// A code for programs.
        reason: String,
        /// A sentence for people.
        message: String,
    },
    /// 401: a wallet has tried to sign in. Never 402, so that no client asks and signs for ever.
    NotSignedIn(NotSignedIn),
    /// 409: the payment was made, buys nothing, and goes back.
    PaymentReturned {
        /// Why it buys nothing, where that is a vendor's doing.
        why: Option<Box<Refusal>>,
    },
    /// 409: this signature belongs to another request.
    PaymentConflict {
        /// What it has paid for, or is about to; nothing, if it bought nothing.
        bought: Bought,
    },
    /// 409: the wallet has given this name to another request.
    IdempotencyConflict,
    /// 409: this payment was made already, and no request of ours is known that made it.
    PaymentUsed,
    /// 409: this signature is being worked on.
    PaymentInProgress {
        /// Seconds until it is done, or until the next request finds out what became of it.
        retry_after: u64,
    },
    /// 403: the operator refuses this wallet.
    WalletBlocked,
    /// 503: the operator has paused what is asked for.
    SellingPaused,
    /// 429: as many payments of the wallet as may be are in doubt. When that ends is not known.
    InDoubt,
    /// 400
    BadRequest {
        /// The field that is wrong.
        field: String,
        /// What is wrong with it.
        message: String,
    },
    /// 404: no such call, or no such id.
    UnknownCall,
    /// 409: the call is over.
    CallAlreadyEnded {
        /// Which.
        call: CallId,
    },
    /// 400: the number cannot be called.
    UnsupportedDestination {
        /// Why.
        message: String,
    },
    /// 403: it is night at the number, and the operator lets no phone ring then.
    QuietHours {
        /// From which hour to which, by the callee's clock.
        hours: (i8, i8),
        /// Whether it is night wherever the number may be.
        certain: bool,
        /// When the number may be called.
        opens: Timestamp,
        /// Seconds until then.
        retry_after: u64,
    },
    /// 403: the wallet has no active number.
    NoOwnedNumbers,
    /// 403: the wallet names a number that it does not own.
    WrongWallet {
        /// The wallet that leases it.
        actual_owner: Owner,
        /// What the wallet does own.
        active: Vec<PhoneNumber>,
    },
    /// 400: the wallet owns several numbers and names none.
    AmbiguousFrom {
        /// Which.
        active: Vec<PhoneNumber>,
    },
    /// 409: another renewal of the number was under way, and has been made.
    RenewalInProgress {
        /// It.
        made: Renewed,
    },
    /// 409: the wallet talks to this number already.
    CallInProgress {
        /// The call.
        call: UnderWay,
    },
    /// 403: the person at this number does not want to be called.
    DestinationOptedOut,
    /// 429: our own limit.
    RateLimited {
        /// Which, and until when.
        reached: Reached,
        /// The wallet's calls that are not over, where these are what there is too much of.
        calls: Vec<UnderWay>,
    },
    /// 429: a vendor's limit.
    UpstreamRateLimited {
        /// Whose.
        vendor: Neighbour,
        /// Seconds.
        retry_after: u64,
    },
    /// 502: a vendor refused or failed.
    Upstream {
        /// Who.
        vendor: Neighbour,
        /// What it said.
        message: String,
    },
    /// 502: the facilitator could not say whether the payment is good. Nothing was begun.
    NotVerified,
    /// 502: a vendor may have done what it was asked, and it is not known yet. Nothing is charged.
    UpstreamDoubt {
        /// Who.
        vendor: Neighbour,
        /// What is not known.
        message: String,
        /// Seconds until the same header finds out.
        retry_after: u64,
    },
    /// 503: the payment was never sent, and will not be.
    NotSettled,
    /// 503: the payment's outcome is unknown.
    PaymentPending {
        /// An earlier request has sent it.
        replayed: bool,
    },
    /// 503: the payment was made, and it is not known yet whether what it is for was done.
    DeliveryPending {
        /// An earlier request has made it.
        replayed: bool,
        /// Seconds until the same header finds out.
        retry_after: u64,
    },
    /// 500: our own fault, before anything was charged. The cause is logged, never shown.
    Fault(Fault),
}

/// The owner of a number that the caller does not lease.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Owner {
    /// This wallet.
    Wallet(Wallet),
    /// No wallet.
    None,
    /// The caller is not told.
    Untold,
}

impl From<Option<Wallet>> for Owner {
    fn from(owner: Option<Wallet>) -> Self {
        owner.map_or(Self::None, Self::Wallet)
    }
}

/// Something of ours failed. Its text is for the log.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The store.
    #[error("{0}")]
    Store(#[from] StoreFault),
    /// The chain, where a round needs its answer to go on.
    #[error("the chain could not be asked what was paid: {0}")]
    Chain(#[from] NoReply),
    /// The place of the books.
    #[error("the books could not be written: {0}")]
    Books(#[from] BucketError),
    /// Anything that can only be a mistake of ours.
    #[error("{0}")]
    Broken(&'static str),
}

impl From<StoreFault> for Refusal {
    fn from(fault: StoreFault) -> Self {
        Self::Fault(Fault::Store(fault))
    }
}

impl From<NotSignedIn> for Refusal {
    fn from(why: NotSignedIn) -> Self {
        Self::NotSignedIn(why)
    }
}

impl From<Reached> for Refusal {
    fn from(reached: Reached) -> Self {
        Self::RateLimited { reached, calls: Vec::new() }
    }
}

/// A step of a sale that was not made: another attempt's turn, or our own fault.
impl From<NotStepped> for Refusal {
    fn from(not: NotStepped) -> Self {
        match not {
            NotStepped::Overtaken => Self::PaymentInProgress { retry_after: 2 },
            NotStepped::Lost(_) => Self::Fault(Fault::Broken("what a sale held has changed under it")),
            NotStepped::Fault(fault) => fault.into(),
        }
    }
}

impl Refusal {
    /// A field that is not as it should be.
    pub fn bad(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::BadRequest { field: field.into(), message: message.into() }
    }

    /// The name of the limit that was hit, if it was one. Metrics are told apart by it, so there
    /// are few.
    pub fn limit(&self) -> Option<&'static str> {
        match self {
            Self::RateLimited { reached, .. } => Some(reached.limit.code()),
            Self::InDoubt => Some(Limit::InDoubt.code()),
            Self::UpstreamRateLimited { vendor, .. } => Some(vendor.title()),
            Self::NoSuchPath { .. }
            | Self::MethodNotAllowed { .. }
            | Self::ForeignPage
            | Self::TooLarge
            | Self::InvalidPayment(_)
            | Self::PaymentRequired { .. }
            | Self::NotSignedIn(_)
            | Self::PaymentReturned { .. }
            | Self::PaymentConflict { .. }
            | Self::IdempotencyConflict
            | Self::PaymentUsed
            | Self::PaymentInProgress { .. }
            | Self::WalletBlocked
            | Self::SellingPaused
            | Self::BadRequest { .. }
            | Self::UnknownCall
            | Self::CallAlreadyEnded { .. }
            | Self::UnsupportedDestination { .. }
            | Self::QuietHours { .. }
            | Self::NoOwnedNumbers
            | Self::WrongWallet { .. }
            | Self::AmbiguousFrom { .. }
            | Self::RenewalInProgress { .. }
            | Self::CallInProgress { .. }
            | Self::DestinationOptedOut
            | Self::Upstream { .. }
            | Self::NotVerified
            | Self::UpstreamDoubt { .. }
            | Self::NotSettled
            | Self::PaymentPending { .. }
            | Self::DeliveryPending { .. }
            | Self::Fault(_) => None,
        }
    }
}
