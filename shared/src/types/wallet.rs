//! Wallets and the networks they pay on.

use std::fmt;

use alloy_primitives::{Address, address};

/// A network that we are paid on, with everything about its USDC that a signature depends on. These are facts of the
/// chain, never read from a payment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Network {
    /// Base.
    Base,
    /// Base Sepolia, where money is play money.
    BaseSepolia,
}

impl Network {
    /// Every network that can be configured.
    pub const ALL: [Self; 2] = [Self::Base, Self::BaseSepolia];

    /// CAIP-2, as x402 version 2 and our keys write it.
    pub const fn caip2(self) -> &'static str {
        match self {
            Self::Base => "eip155:8453",
            Self::BaseSepolia => "eip155:84532",
        }
    }

    /// The name that x402 version 1 uses.
    pub const fn v1_name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::BaseSepolia => "base-sepolia",
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

    /// The EIP-712 name of that contract. They differ, and a wrong one shows only as a failed simulation.
    pub const fn usdc_name(self) -> &'static str {
        match self {
            Self::Base => "USD Coin",
            Self::BaseSepolia => "USDC",
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

/// Whoever pays: the only identity there is. `Display` is the address as people write it (EIP-55); `caip10` is the
/// account as our keys write it, the same for every spelling.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Wallet {
    /// The chain on which this wallet is known. The same 20 bytes on two chains are two wallets.
    pub network: Network,
    /// The account. Its derived serde is lower case: send `Display` instead.
    pub address: Address,
}

/// The text is not a CAIP-10 account of a network that we know.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a CAIP-10 account of a known network")]
pub struct NotAnAccount;

impl Wallet {
    /// The CAIP-10 account, its address in lower case: `eip155:8453:0x…`.
    pub fn caip10(&self) -> String {
        format!("{}:{:#x}", self.network.caip2(), self.address)
    }

    /// Reads what `caip10` wrote.
    pub fn from_caip10(text: &str) -> Result<Self, NotAnAccount> {
        let (chain, account) = text.rsplit_once(':').ok_or(NotAnAccount)?;
        let network = Network::from_caip2(chain).ok_or(NotAnAccount)?;
        // The parser would do without a prefix.
        let address = account.starts_with("0x").then(|| account.parse().ok()).flatten().ok_or(NotAnAccount)?;
        Ok(Self { network, address })
    }
}

impl fmt::Display for Wallet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.address)
    }
}

impl fmt::Debug for Wallet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.caip10())
    }
}

#[cfg(test)]
mod tests {
    use super::{Network, Wallet};

    #[test]
    fn every_spelling_of_an_address_is_one_account() {
        let spellings = ["0xCC8c44AD3dc2A58D841c3EB26131E49b22665EF8", "0xcc8c44ad3dc2a58d841c3eb26131e49b22665ef8"];
        let [a, b] = spellings.map(|text| Wallet { network: Network::Base, address: text.parse().unwrap() });
        assert_eq!(a.caip10(), b.caip10());
        assert_eq!(a.caip10(), "eip155:8453:0xcc8c44ad3dc2a58d841c3eb26131e49b22665ef8");
        assert_eq!(b.to_string(), spellings[0]);
        assert_eq!(Wallet::from_caip10(&a.caip10()), Ok(a));
    }

    #[test]
    fn an_account_of_an_unknown_network_or_in_another_spelling_is_not_read() {
        for text in [
            "",
            "eip155:1:0xcc8c44ad3dc2a58d841c3eb26131e49b22665ef8",
            "eip155:8453:cc8c44ad3dc2a58d841c3eb26131e49b22665ef8",
            "eip155:8453:0x0xcc8c44ad3dc2a58d841c3eb26131e49b22665ef8",
            "eip155:8453:0x12",
            "eip155:8453",
        ] {
            assert!(Wallet::from_caip10(text).is_err(), "{text}");
        }
    }
}
