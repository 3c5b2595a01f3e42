//! The versions of the protocol: which one a client speaks, and how each names a network.

use crate::types::Network;

/// The version of the protocol that a client speaks: receipts go back in the same one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Version {
    /// `X-PAYMENT`.
    V1,
    /// `PAYMENT-SIGNATURE`.
    V2,
}

impl Version {
    /// The version's number, as the wire and our rows have it.
    pub const fn number(self) -> u8 {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
        }
    }

    /// Reads a version's number.
    pub const fn from_number(number: u64) -> Option<Self> {
        match number {
            1 => Some(Self::V1),
            2 => Some(Self::V2),
            _ => None,
        }
    }
}

/// Both versions' names of a network. Taking either in either version is safe, because the
/// signature binds the chain.
pub(super) fn network(name: &str) -> Option<Network> {
    Network::from_caip2(name).or_else(|| Network::from_v1_name(name))
}
