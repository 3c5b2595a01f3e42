//! What it takes to ask those who know about money: the facilitator's API key, and the keys in the
//! addresses of nodes. One secret, since what asks the one asks the others.

use super::CdpKey;
use crate::wire::secrets::{Fields, Unfit};

/// The keys that are needed.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Needed {
    /// The facilitator is Coinbase's.
    pub cdp: bool,
    /// The address of the EVM node has a key in it.
    pub evm_rpc: bool,
    /// The address of the Solana node has.
    pub solana_rpc: bool,
}

impl Needed {
    /// Whether the secret is needed at all.
    pub fn any(self) -> bool {
        self != Self::default()
    }
}

/// The keys. It has no `Debug`, so that it cannot be printed.
pub struct PaymentKeys {
    pub(super) cdp: Option<CdpKey>,
    evm_rpc: Option<String>,
    solana_rpc: Option<String>,
}

impl PaymentKeys {
    /// Reads `cdp_api_key_id` and `cdp_api_key_secret`, `evm_rpc_key`, `solana_rpc_key`, as far as
    /// they are needed.
    pub fn read(fields: &Fields, needed: Needed) -> Result<Self, Unfit> {
        let key = |is_needed: bool, name| is_needed.then(|| fields.required(name).map(str::to_owned)).transpose();
        let cdp = match (key(needed.cdp, "cdp_api_key_id")?, key(needed.cdp, "cdp_api_key_secret")?) {
            (Some(id), Some(secret)) => {
                Some(CdpKey::parse(id, &secret).map_err(|error| Unfit(format!("cdp_api_key_secret: {error}")))?)
            }
            _ => None,
        };
        let evm_rpc = key(needed.evm_rpc, "evm_rpc_key")?;
        let solana_rpc = key(needed.solana_rpc, "solana_rpc_key")?;
        Ok(Self { cdp, evm_rpc, solana_rpc })
    }

    /// The key in the address of the EVM node.
    pub fn evm_rpc(&self) -> Option<&str> {
        self.evm_rpc.as_deref()
    }

    /// The key in the address of the Solana node.
    pub fn solana_rpc(&self) -> Option<&str> {
        self.solana_rpc.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::{Needed, PaymentKeys};
    use crate::wire::secrets::Fields;

    #[test]
    fn the_secret_is_needed_for_any_of_its_keys() {
        assert!(!Needed::default().any());
        assert!(Needed { cdp: true, ..Needed::default() }.any());
        assert!(Needed { evm_rpc: true, ..Needed::default() }.any());
        assert!(Needed { solana_rpc: true, ..Needed::default() }.any());
    }

    #[test]
    fn what_is_needed_has_to_be_there_and_nothing_else() {
        let read = |text: &str, needed| PaymentKeys::read(&Fields::parse(text).unwrap(), needed);
        let keys = read(r#"{"evm_rpc_key":"k"}"#, Needed { evm_rpc: true, ..Needed::default() }).ok().unwrap();
        assert_eq!((keys.evm_rpc(), keys.solana_rpc()), (Some("k"), None));
        let keys = read(r#"{"solana_rpc_key":"k"}"#, Needed { solana_rpc: true, ..Needed::default() }).ok().unwrap();
        assert_eq!((keys.evm_rpc(), keys.solana_rpc()), (None, Some("k")));
        let all = Needed { cdp: true, evm_rpc: true, solana_rpc: true };
        for (text, said) in [
            ("{}", "it has no cdp_api_key_id"),
            (r#"{"cdp_api_key_id":"id"}"#, "it has no cdp_api_key_secret"),
            (r#"{"cdp_api_key_id":"id","cdp_api_key_secret":"sesame"}"#, "cdp_api_key_secret: neither an Ed25519 key"),
        ] {
            let why = read(text, all).err().unwrap().to_string();
            assert!(why.contains(said) && !why.contains("sesame"), "{why}");
        }
    }
}
