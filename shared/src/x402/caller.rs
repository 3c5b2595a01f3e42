//! Who asks.

use crate::types::Wallet;

/// A wallet, on an EVM chain or on Solana, that has shown by a signature that it is the one that
/// asks. Only what checks signatures makes one: that of a payment, or of a message to sign in with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Caller(Wallet);

impl Caller {
    /// The wallet whose signature was checked.
    pub(super) const fn proven(wallet: Wallet) -> Self {
        Self(wallet)
    }

    /// Which wallet it is.
    pub const fn wallet(&self) -> &Wallet {
        &self.0
    }
}
