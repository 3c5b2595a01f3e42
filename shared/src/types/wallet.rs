//! Wallets: of payers, and of payees.

use std::fmt;

use alloy_primitives::Address;
use solana_address::Address as SolanaAddress;

use super::{EvmNetwork, Network, SolanaNetwork};

/// The only identity there is. `Display` is the address as people write it (EIP-55 or base58);
/// `caip10` is the account as our keys write it, the same for every spelling. The same bytes on two
/// networks are two wallets.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wallet {
    /// An account of an EVM chain.
    Evm {
        /// The chain.
        network: EvmNetwork,
        /// The account. Its derived serde is lower case: send `Display` instead.
        address: Address,
    },
    /// An account of Solana's: the owner of token accounts, never one of them.
    Solana {
        /// The cluster.
        network: SolanaNetwork,
        /// The account.
        address: SolanaAddress,
    },
}

/// The text is not a CAIP-10 account of a network that we know.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a CAIP-10 account of a known network")]
pub struct NotAnAccount;

/// The text is not an address of the network.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an address of {}", .0.caip2())]
pub struct NotAnAddress(pub Network);

impl Wallet {
    /// Where it is known.
    pub const fn network(&self) -> Network {
        match self {
            Self::Evm { network, .. } => Network::Evm(*network),
            Self::Solana { network, .. } => Network::Solana(*network),
        }
    }

    /// The address as our rows write it: what `caip10` ends with. Base58 has cases, so it keeps
    /// them.
    pub fn account(&self) -> String {
        match self {
            Self::Evm { address, .. } => format!("{address:#x}"),
            Self::Solana { address, .. } => address.to_string(),
        }
    }

    /// The CAIP-10 account: `eip155:8453:0x…` in lower case, or `solana:…:` and base58.
    pub fn caip10(&self) -> String {
        format!("{}:{}", self.network().caip2(), self.account())
    }

    /// Reads what `caip10` wrote.
    pub fn from_caip10(text: &str) -> Result<Self, NotAnAccount> {
        let (chain, account) = text.rsplit_once(':').ok_or(NotAnAccount)?;
        let network = Network::from_caip2(chain).ok_or(NotAnAccount)?;
        Self::on(network, account).map_err(|_| NotAnAccount)
    }

    /// Reads an address of a network, in any of its spellings.
    pub fn on(network: Network, address: &str) -> Result<Self, NotAnAddress> {
        let wallet = match network {
            // The parser would do without a prefix.
            Network::Evm(chain) if address.starts_with("0x") => {
                address.parse().ok().map(|address| Self::Evm { network: chain, address })
            }
            Network::Evm(_) => None,
            Network::Solana(cluster) => address.parse().ok().map(|address| Self::Solana { network: cluster, address }),
        };
        wallet.ok_or(NotAnAddress(network))
    }

    /// The address as a log has it: enough to follow a wallet, not to look it up.
    pub fn masked(&self) -> String {
        let text = self.to_string();
        let (head, tail) = (text.get(..6), text.get(text.len().saturating_sub(4)..));
        format!("{}…{}", head.unwrap_or_default(), tail.unwrap_or_default())
    }

    /// Whether a text is this address, in any of its spellings.
    pub fn is_spelled(&self, text: &str) -> bool {
        Self::on(self.network(), text) == Ok(*self)
    }
}

impl fmt::Display for Wallet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Evm { address, .. } => address.fmt(f),
            Self::Solana { address, .. } => address.fmt(f),
        }
    }
}

impl fmt::Debug for Wallet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.caip10())
    }
}

#[cfg(test)]
mod tests {
    use super::{EvmNetwork, Wallet};

    #[test]
    fn every_spelling_of_an_address_is_one_account() {
        let spellings = ["0xCC8c44AD3dc2A58D841c3EB26131E49b22665EF8", "0xcc8c44ad3dc2a58d841c3eb26131e49b22665ef8"];
        let [a, b] = spellings.map(|text| Wallet::on(EvmNetwork::Base.into(), text).unwrap());
        assert_eq!(a.caip10(), b.caip10());
        assert_eq!(a.caip10(), "eip155:8453:0xcc8c44ad3dc2a58d841c3eb26131e49b22665ef8");
        assert_eq!(b.to_string(), spellings[0]);
        assert_eq!(Wallet::from_caip10(&a.caip10()), Ok(a));
    }

    #[test]
    fn a_solana_account_has_one_spelling_and_keeps_its_case() {
        let text = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp:9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM";
        let wallet = Wallet::from_caip10(text).unwrap();
        assert_eq!(wallet.caip10(), text);
        assert_eq!(wallet.to_string(), "9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM");
        let elsewhere = text.replace("5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp", "EtWTRABZaYq6iMfeYKouRu166VU2xqa1");
        assert_ne!(Wallet::from_caip10(&elsewhere), Ok(wallet));
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
            "eip155:8453:9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM",
            "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp:0xcc8c44ad3dc2a58d841c3eb26131e49b22665ef8",
            "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp:9wzdxwbbmkg8ztbnmquxvqrayrzzdsgydlvl9zytawwm0",
            "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp:",
        ] {
            assert!(Wallet::from_caip10(text).is_err(), "{text}");
        }
    }
}
