//! Where a payer stands, before a payment is taken: what it holds, whether the authorization is
//! spent, and whether its contract says that it has signed. One question, through Multicall3, so
//! that all of it is of one block. A wallet that is still to be deployed is deployed inside that
//! question, and nowhere else, as EIP-6492 has it.
//!
//! Multicall3 is at the same address on both of our chains
//! (<https://www.multicall3.com/deployments>). Where it is not there, as on a development chain,
//! this is not an answer.
//!
//! `docs/decisions.md`: Why are a payer's means one question, through Multicall3?

use std::time::Duration;

use alloy_primitives::{Address, B256, Bytes, U256, address, fixed_bytes};
use alloy_sol_types::{SolCall, sol};

use super::EvmRpc;
use super::rpc::Question;
use crate::types::{EvmNetwork, Usdc};
use crate::wire::http::NoReply;
use crate::x402::smart_wallet::ContractSignature;
use crate::x402::{SignedAuthorization, exact_evm};

const MULTICALL3: Address = address!("0xcA11bde05977b3631167028862bE2a173976CA11");

/// What a contract answers that knows the signature as its own.
const KNOWN: [u8; 4] = fixed_bytes!("0x1626ba7e").0;

sol! {
    struct Call {
        address target;
        bool allowFailure;
        bytes callData;
    }

    struct Returned {
        bool success;
        bytes returnData;
    }

    function aggregate3(Call[] calls) external payable returns (Returned[] returned);
    function getChainId() external view returns (uint256 chainid);
    function balanceOf(address account) external view returns (uint256 balance);
    function authorizationState(address authorizer, bytes32 nonce) external view returns (bool spent);
    function isValidSignature(bytes32 hash, bytes signature) external view returns (bytes4 magic);
}

/// A payer's standing, as of the latest block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// What it holds.
    pub balance: Usdc,
    /// The authorization was used or cancelled.
    pub spent: bool,
    /// Its contract knows the signature as its own. No contract, no.
    pub signed: bool,
}

impl EvmRpc {
    /// Where the payer of an authorization stands. A signature is only judged where one is given.
    pub(in crate::x402) async fn standing(
        &self,
        payment: &SignedAuthorization,
        by: Option<&ContractSignature>,
        limit: Duration,
    ) -> Result<Standing, NoReply> {
        let ask = Question { place: &self.place, limit };
        let calls = aggregate3Call { calls: calls(payment, by) };
        let answer = ask.read(MULTICALL3, &calls.abi_encode()).await?;
        let returned = aggregate3Call::abi_decode_returns_validate(&answer).map_err(|_| NoReply::Unknown)?;
        read(payment.network, &returned, by.is_some()).ok_or(NoReply::Unknown)
    }
}

fn calls(payment: &SignedAuthorization, by: Option<&ContractSignature>) -> Vec<Call> {
    let what = &payment.authorization;
    let usdc = payment.network.usdc();
    let of = |target, call: Vec<u8>| Call { target, allowFailure: true, callData: call.into() };
    let mut calls = vec![
        of(MULTICALL3, getChainIdCall {}.abi_encode()),
        of(usdc, balanceOfCall { account: what.from }.abi_encode()),
        of(usdc, authorizationStateCall { authorizer: what.from, nonce: what.nonce }.abi_encode()),
    ];
    if let Some(by) = by {
        // A factory may refuse to make what is there already.
        calls.extend(by.deployment.iter().map(|deployment| of(deployment.factory, deployment.call.clone())));
        let hash = exact_evm::digest(payment.network, what);
        let signature = Bytes::copy_from_slice(&by.signature);
        calls.push(of(what.from, isValidSignatureCall { hash, signature }.abi_encode()));
    }
    calls
}

/// The answers to [`calls`]. Without the first three nothing is known; a node of another chain
/// knows nothing either.
fn read(network: EvmNetwork, returned: &[Returned], judged: bool) -> Option<Standing> {
    let word = |place: usize| {
        let found = returned.get(place).filter(|found| found.success)?;
        B256::try_from(found.returnData.as_ref()).ok().map(|word| U256::from_be_bytes(word.0))
    };
    let (chain, balance, spent) = (word(0)?, word(1)?, word(2)?);
    if chain != U256::from(network.chain_id()) {
        tracing::error!(network = network.caip2(), "the RPC endpoint is for another chain");
        return None;
    }
    let says_yes = |found: &Returned| found.success && is_yes(&found.returnData);
    Some(Standing {
        balance: Usdc::micros(balance.saturating_to()),
        spent: spent != U256::ZERO,
        signed: judged && returned.last().is_some_and(says_yes),
    })
}

/// Four bytes, in a word of their own.
fn is_yes(answer: &[u8]) -> bool {
    answer.strip_prefix(&KNOWN).is_some_and(|rest| rest.len() == 28 && rest.iter().all(|byte| *byte == 0))
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Bytes, U256, hex};

    use super::{KNOWN, Returned, Standing, is_yes, read};
    use crate::types::{EvmNetwork, Usdc};

    fn returned(words: &[u64]) -> Vec<Returned> {
        let word = |word: &u64| Returned { success: true, returnData: U256::from(*word).to_be_bytes_vec().into() };
        words.iter().map(word).collect()
    }

    #[test]
    fn what_a_payer_holds_and_has_spent_is_of_the_chain_that_was_asked_for() {
        let standing = |words: &[u64]| read(EvmNetwork::Base, &returned(words), false);
        let poor = Standing { balance: Usdc::micros(7), spent: false, signed: false };
        assert_eq!(standing(&[8453, 7, 0]), Some(poor));
        assert_eq!(standing(&[8453, 7, 1]), Some(Standing { spent: true, ..poor }));
        assert_eq!(standing(&[1, 7, 0]), None);
        assert_eq!(standing(&[8453, 7]), None);
    }

    #[test]
    fn what_could_not_be_read_is_not_known() {
        let mut failed = returned(&[8453, 7, 0]);
        failed[1].success = false;
        assert_eq!(read(EvmNetwork::Base, &failed, false), None);
        failed[1] = Returned { success: true, returnData: Bytes::new() };
        assert_eq!(read(EvmNetwork::Base, &failed, false), None, "there is no USDC");
    }

    #[test]
    fn only_one_answer_of_a_contract_is_a_yes() {
        let yes = [&KNOWN[..], &[0; 28]].concat();
        assert!(is_yes(&yes));
        let mut other = yes.clone();
        other[31] = 1;
        for no in [&[][..], &KNOWN, &yes[..31], &[&yes[..], &[0]].concat(), &[0; 32], &hex!("ffffffff"), &other] {
            assert!(!is_yes(no), "{no:?}");
        }
        let answers =
            |last| read(EvmNetwork::Base, &[returned(&[8453, 7, 0]), vec![last]].concat(), true).unwrap().signed;
        assert!(answers(Returned { success: true, returnData: yes.clone().into() }));
        assert!(!answers(Returned { success: false, returnData: yes.into() }));
        assert!(!answers(Returned { success: true, returnData: Bytes::new() }), "there is no contract");
    }
}
