//! The networks that we are paid on, of two rails: EVM chains and Solana clusters. What is here are
//! facts of those networks, never read from a payment.

use alloy_primitives::{Address, address};
use solana_address::Address as SolanaAddress;

/// A network that we are paid on. Which rail it is on decides what a payment looks like and who can
/// be asked about it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Network {
    /// An EVM chain.
    Evm(EvmNetwork),
    /// A Solana cluster.
    Solana(SolanaNetwork),
}

/// An EVM chain, with everything about its USDC that a signature depends on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EvmNetwork {
    /// Base.
    Base,
    /// Base Sepolia, where money is play money.
    BaseSepolia,
}

/// A Solana cluster.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SolanaNetwork {
    /// The cluster where money is money.
    Mainnet,
    /// The cluster where it is play money.
    Devnet,
}

impl Network {
    /// Whether what is paid there is play money.
    pub const fn is_for_tests(self) -> bool {
        matches!(self, Self::Evm(EvmNetwork::BaseSepolia) | Self::Solana(SolanaNetwork::Devnet))
    }

    /// Every network that can be configured.
    pub const ALL: [Self; 4] = [
        Self::Evm(EvmNetwork::Base),
        Self::Evm(EvmNetwork::BaseSepolia),
        Self::Solana(SolanaNetwork::Mainnet),
        Self::Solana(SolanaNetwork::Devnet),
    ];

    /// CAIP-2, as x402 version 2 and our keys write it.
    pub const fn caip2(self) -> &'static str {
        match self {
            Self::Evm(network) => network.caip2(),
            Self::Solana(network) => network.caip2(),
        }
    }

    /// The name that x402 version 1 uses.
    pub const fn v1_name(self) -> &'static str {
        match self {
            Self::Evm(EvmNetwork::Base) => "base",
            Self::Evm(EvmNetwork::BaseSepolia) => "base-sepolia",
            Self::Solana(SolanaNetwork::Mainnet) => "solana",
            Self::Solana(SolanaNetwork::Devnet) => "solana-devnet",
        }
    }

    /// What is paid in, as the network writes it: the USDC contract, or its mint.
    pub fn asset(self) -> String {
        match self {
            Self::Evm(network) => network.usdc().to_string(),
            Self::Solana(network) => network.usdc().to_string(),
        }
    }

    /// Reads a CAIP-2 name.
    pub fn from_caip2(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|network| network.caip2() == text)
    }

    /// Reads a version 1 name.
    pub fn from_v1_name(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|network| network.v1_name() == text)
    }
}

impl EvmNetwork {
    /// CAIP-2: `eip155` and the chain id.
    pub const fn caip2(self) -> &'static str {
        match self {
            Self::Base => "eip155:8453",
            Self::BaseSepolia => "eip155:84532",
        }
    }

    /// EIP-155 chain id.
    pub const fn chain_id(self) -> u64 {
        match self {
            Self::Base => 8453,
            Self::BaseSepolia => 84532,
        }
    }

    /// The USDC contract.
    pub const fn usdc(self) -> Address {
        match self {
            Self::Base => address!("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"),
            Self::BaseSepolia => address!("0x036CbD53842c5426634e7929541eC2318f3dCF7e"),
        }
    }

    /// The EIP-712 name of that contract. They differ, and a wrong one shows only as a failed
    /// simulation.
    pub const fn usdc_name(self) -> &'static str {
        match self {
            Self::Base => "USD Coin",
            Self::BaseSepolia => "USDC",
        }
    }
}

impl SolanaNetwork {
    /// CAIP-2: `solana` and the first 32 characters of the genesis hash.
    pub const fn caip2(self) -> &'static str {
        match self {
            Self::Mainnet => "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
            Self::Devnet => "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1",
        }
    }

    /// The USDC mint.
    pub const fn usdc(self) -> SolanaAddress {
        match self {
            Self::Mainnet => SolanaAddress::from_str_const("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"),
            Self::Devnet => SolanaAddress::from_str_const("4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU"),
        }
    }
}

impl From<EvmNetwork> for Network {
    fn from(network: EvmNetwork) -> Self {
        Self::Evm(network)
    }
}

impl From<SolanaNetwork> for Network {
    fn from(network: SolanaNetwork) -> Self {
        Self::Solana(network)
    }
}

#[cfg(test)]
mod tests {
    use super::Network;

    #[test]
    fn every_network_is_read_by_both_of_its_names_and_no_other_case() {
        for network in Network::ALL {
            assert_eq!(Network::from_caip2(network.caip2()), Some(network));
            assert_eq!(Network::from_v1_name(network.v1_name()), Some(network));
            assert_eq!(Network::from_caip2(&network.caip2().to_uppercase()), None);
        }
    }
}
