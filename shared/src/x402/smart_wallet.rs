//! A signature that only a contract can judge: what of it can be read before a neighbour is asked.
//! It knows two forms, a deployed wallet's (EIP-1271), which is whatever that wallet likes, and one
//! of a wallet that is still to be deployed (EIP-6492); it knows nothing of payments.
//! <https://eips.ethereum.org/EIPS/eip-1271> <https://eips.ethereum.org/EIPS/eip-6492>
//!
//! `docs/decisions.md`: Why is a 65-byte signature that recovers to another address refused here?

use alloy_primitives::{Address, B256, Bytes, address, b256};
use alloy_sol_types::SolValue;

/// What a signature under EIP-6492 ends with.
const WRAPPED: B256 = b256!("0x6492649264926492649264926492649264926492649264926492649264926492");

/// The factories whose wallets may pay before they are deployed, at the same address on every chain
/// of ours. Such a signature makes its checker run the factory that it names, so it may not name
/// just any contract.
const FACTORIES: [Address; 5] = [
    // Coinbase Smart Wallet, 1 and 1.1: <https://github.com/coinbase/smart-wallet#deployments>
    address!("0x0BA5ED0c6AA8c49038F819E587E2633c4A9F428a"),
    address!("0xBA5ED110eFDBa3D005bfC882d75358ACBbB85842"),
    // Safe 1.3.0, in both of its deployments, and 1.4.1:
    // <https://github.com/safe-global/safe-deployments>
    address!("0xa6B71E26C5e0845f74c812102Ca7114b6a896AB2"),
    address!("0xC22834581EbC8527d974F8a1c97E1bEA4EF910BC"),
    address!("0x4e1DCf7AD4e460CfD30791CCC4F9c8a4f820ec67"),
];

/// A selector, without which no function of a factory is called.
const SELECTOR: usize = 4;

/// A signature of more than 65 bytes that may be asked about.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct ContractSignature {
    /// What deploys the wallet, where that may not have happened yet.
    pub(super) deployment: Option<Deployment>,
    /// What the wallet itself is asked about.
    pub(super) signature: Vec<u8>,
}

/// A call that deploys a wallet.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Deployment {
    /// The factory, which is called.
    pub(super) factory: Address,
    /// With what.
    pub(super) call: Vec<u8>,
}

impl ContractSignature {
    /// Reads a signature; nothing, if it wraps what is not a wrapped signature, or if its wallet
    /// comes from no factory that is known here.
    pub(super) fn read(signature: &[u8], more: &[Address]) -> Option<Self> {
        let Some(wrapped) = signature.strip_suffix(WRAPPED.as_slice()) else {
            return Some(Self { deployment: None, signature: signature.to_vec() });
        };
        let (factory, call, inner) = <(Address, Bytes, Bytes)>::abi_decode_params_validate(wrapped).ok()?;
        let known = FACTORIES.contains(&factory) || more.contains(&factory);
        let fits = known && call.len() >= SELECTOR && !inner.is_empty() && !inner.ends_with(WRAPPED.as_slice());
        fits.then(|| Self { deployment: Some(Deployment { factory, call: call.into() }), signature: inner.into() })
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, Bytes};
    use alloy_sol_types::SolValue;

    use super::{ContractSignature, FACTORIES, WRAPPED};

    fn wrapped(factory: Address, call: &[u8], inner: &[u8]) -> Vec<u8> {
        let inside = (factory, Bytes::copy_from_slice(call), Bytes::copy_from_slice(inner)).abi_encode_params();
        [&inside[..], WRAPPED.as_slice()].concat()
    }

    #[test]
    fn a_deployed_wallets_signature_is_whatever_it_is() {
        let signature = vec![0xab; 66];
        let read = ContractSignature::read(&signature, &[]).unwrap();
        assert!(read.deployment.is_none() && read.signature == signature);
    }

    #[test]
    fn a_wallet_that_is_not_deployed_comes_from_a_known_factory() {
        for factory in FACTORIES {
            let read = ContractSignature::read(&wrapped(factory, &[1, 2, 3, 4], &[7; 65]), &[]).unwrap();
            let deployment = read.deployment.unwrap();
            assert_eq!((deployment.factory, deployment.call, read.signature), (factory, vec![1, 2, 3, 4], vec![7; 65]));
        }
        let another = Address::repeat_byte(9);
        assert!(ContractSignature::read(&wrapped(another, &[1, 2, 3, 4], &[7; 65]), &[]).is_none());
        assert!(ContractSignature::read(&wrapped(another, &[1, 2, 3, 4], &[7; 65]), &[another]).is_some());
    }

    #[test]
    fn what_ends_like_a_wrapped_signature_is_one_or_is_refused() {
        let known = FACTORIES[0];
        let good = wrapped(known, &[1, 2, 3, 4], &[7; 65]);
        let inside = good.len() - WRAPPED.len();
        for bad in [
            WRAPPED.to_vec(),
            [&[0xab; 66], WRAPPED.as_slice()].concat(),
            // Cut off, with something behind it, and with an address that has more bytes than one.
            [&good[..inside - 32], WRAPPED.as_slice()].concat(),
            [&[1], &good[1..]].concat(),
            wrapped(known, &[1, 2, 3], &[7; 65]),
            wrapped(known, &[1, 2, 3, 4], &[]),
            wrapped(known, &[1, 2, 3, 4], &wrapped(known, &[1, 2, 3, 4], &[7; 65])),
        ] {
            assert!(ContractSignature::read(&bad, &[]).is_none(), "{bad:?}");
        }
    }
}
