//! A request whose wallet is known: by the payment that it brings, or, where it is only rehearsed,
//! by its signature alone. It refuses to know what is asked for.

use std::time::Duration;

use alloy_primitives::B256;
use sha2::{Digest, Sha256};

use super::Said;
use crate::sale;
use crate::store::sales::Signed;
use crate::types::{AttemptId, PaymentId, Run, Timestamp, Wallet};
use crate::x402::{Caller, PaymentRefused, Presented, Quote, Verified};

/// The proof of its wallet that a request has shown.
pub(super) enum Shown {
    /// A payment.
    Payment(Box<Presented>),
    /// A wallet has signed in.
    SignedIn(Caller),
}

/// A request whose payment is authentic; or a dry run of a wallet that has signed in.
pub(super) struct Order<'a> {
    pub(super) means: Means,
    /// The facilitator has said that it could be settled.
    pub(super) confirmed: bool,
    pub(super) said: Said<'a>,
}

/// The means by which it is paid for.
pub(super) enum Means {
    /// With this.
    Payment(Verified),
    /// Not at all: a wallet has signed in, and this stands for what it would have to sign.
    SignedIn(Caller, Signed),
}

impl Order<'_> {
    /// The payment that others may be asked about: none, where the request is only rehearsed.
    pub(super) fn payment(&self) -> Option<&Verified> {
        match (&self.means, self.said.run) {
            (Means::Payment(payment), Run::Real) => Some(payment),
            (Means::Payment(_) | Means::SignedIn(..), _) => None,
        }
    }
}

impl Means {
    /// Who asks.
    pub(super) fn caller(&self) -> Caller {
        match self {
            Self::Payment(payment) => payment.caller(),
            Self::SignedIn(caller, _) => *caller,
        }
    }

    /// What is signed.
    pub(super) fn signed(&self) -> Signed {
        match self {
            Self::Payment(payment) => sale::signed(payment),
            Self::SignedIn(_, signed) => signed.clone(),
        }
    }

    /// Whether it is good now, and for no longer than `longest` says.
    pub(super) fn window(
        &self,
        now: Timestamp,
        longest: impl FnOnce(&Verified) -> Duration,
    ) -> Result<(), PaymentRefused> {
        match self {
            Self::Payment(payment) => payment.window(now, longest(payment)),
            Self::SignedIn(..) => Ok(()),
        }
    }
}

/// A payment that this wallet might sign for this price, and the name that no other payment has:
/// nothing is known of it. Its signature is a key's, since only a key can sign in.
pub(super) fn imagined(wallet: &Wallet, quote: &Quote, attempt: &AttemptId) -> (PaymentId, Signed) {
    let nonce = B256::from(<[u8; 32]>::from(Sha256::digest(attempt.as_str())));
    let id = match wallet {
        Wallet::Evm { network, address } => PaymentId::evm(*network, *address, nonce),
        Wallet::Solana { network, .. } => PaymentId::solana(*network, nonce),
    };
    let signed = Signed {
        version: 2,
        payer: *wallet,
        to: quote.pay_to,
        amount: quote.amount,
        valid_after: 0,
        valid_before: 0,
        nonce,
        signature: vec![0; 65],
        resource: quote.resource.clone(),
        description: quote.description.to_string(),
    };
    (id, signed)
}
