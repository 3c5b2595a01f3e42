//! USDC on a node's chain: what its owner, its holders and strangers can do there, and what it has
//! logged.

use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use alloy_sol_types::{SolCall, sol};
use serde_json::{Value, json};

use super::Node;
use super::node::{OWNER, parse};
use crate::ledger::Payment;
use crate::sim::chain::{Authorization, Domain, Key, Network, eip712};

const USDC: Address = address!("833589fCD6eDb6E08f4c7C32D4f71b54bdA02913");
/// What a contract says to a signature that it takes for its own.
const ACCEPTED: [u8; 4] = [0x16, 0x26, 0xba, 0x7e];

sol! {
    function mint(address to, uint256 amount);
    function balanceOf(address account);
    function transfer(address to, uint256 value);
    function transferWithAuthorization(
        address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes signature
    );
    function cancelAuthorization(address authorizer, bytes32 nonce, bytes signature);
    function authorizationState(address authorizer, bytes32 nonce);
    function isValidSignature(bytes32 hash, bytes signature);
}

impl Node {
    /// Makes micro-dollars out of nothing.
    pub fn mint(&self, to: Address, micros: u64) {
        let call = mintCall { to, amount: U256::from(micros) };
        self.send(OWNER, USDC, &call.abi_encode()).unwrap_or_else(|why| panic!("{why}"));
    }

    /// Micro-dollars of an address.
    pub fn balance(&self, account: Address) -> u64 {
        self.word(&balanceOfCall { account }).saturating_to()
    }

    /// Whether an authorization is used or cancelled.
    pub fn authorization_state(&self, authorizer: Address, nonce: B256) -> bool {
        !self.word(&authorizationStateCall { authorizer, nonce }).is_zero()
    }

    /// An ordinary transfer by the holder.
    pub fn transfer(&self, from: Address, to: Address, micros: u64) -> Result<B256, String> {
        self.send(from, USDC, &transferCall { to, value: U256::from(micros) }.abi_encode())
    }

    /// `transferWithAuthorization`, sent by a stranger.
    pub fn submit(&self, by: Address, what: &Authorization, signature: &[u8]) -> Result<B256, String> {
        let Authorization { from, to, value, valid_after, valid_before, nonce } = what.clone();
        let signature = Bytes::copy_from_slice(signature);
        let call = transferWithAuthorizationCall {
            from,
            to,
            value,
            validAfter: valid_after,
            validBefore: valid_before,
            nonce,
            signature,
        };
        self.send(by, USDC, &call.abi_encode())
    }

    /// The payer takes an authorization back.
    pub fn cancel(&self, payer: &Key, nonce: B256) -> Result<B256, String> {
        let authorizer = payer.address();
        let signature = Bytes::copy_from_slice(&payer.sign(&cancellation(&Network::Base.domain(), authorizer, nonce)));
        self.send(OWNER, USDC, &cancelAuthorizationCall { authorizer, nonce, signature }.abi_encode())
    }

    /// Is this signature the payer's, over this authorization? A contract is asked itself.
    pub fn is_signed(&self, what: &Authorization, signature: &[u8]) -> bool {
        let hash = what.digest(&Network::Base.domain());
        if !self.has_code(what.from) {
            return eip712::recover_lenient(&hash, signature) == Some(what.from);
        }
        let call = isValidSignatureCall { hash, signature: Bytes::copy_from_slice(signature) };
        self.call(what.from, &call.abi_encode()).is_ok_and(|answer| answer.starts_with(&ACCEPTED))
    }

    /// All payments by authorization, in the chain's order. USDC logs the nonce right before the
    /// transfer.
    pub(crate) fn payments(&self) -> Vec<Payment> {
        let used = self.logs("AuthorizationUsed(address,bytes32)");
        let transfers = self.logs("Transfer(address,address,uint256)");
        let moved_by = |log: &Value| {
            let after = index(log) + 1;
            transfers
                .iter()
                .find(|one| one["transactionHash"] == log["transactionHash"] && index(one) == after)
                .unwrap_or_else(|| panic!("an authorization that moved nothing: {log}"))
        };
        used.iter().map(|log| payment(log, moved_by(log))).collect()
    }

    fn logs(&self, event: &str) -> Vec<Value> {
        let filter = json!([{"address": USDC.to_string(), "topics": [keccak256(event).to_string()], "fromBlock": "0x0", "toBlock": "latest"}]);
        self.ask("eth_getLogs", &filter).as_array().cloned().unwrap_or_default()
    }

    fn word(&self, call: &impl SolCall) -> U256 {
        let answer = self.call(USDC, &call.abi_encode()).unwrap_or_else(|why| panic!("{why}"));
        U256::try_from_be_slice(&answer).unwrap_or_else(|| panic!("the token answers with {answer}"))
    }
}

fn index(log: &Value) -> u64 {
    parse::<U256>(&log["logIndex"]).saturating_to()
}

fn payment(used: &Value, transfer: &Value) -> Payment {
    let account = |topic: &Value| format!("{:#x}", Address::from_word(parse(topic)));
    Payment {
        from: account(&transfer["topics"][1]),
        to: account(&transfer["topics"][2]),
        nonce: parse::<B256>(&used["topics"][2]).to_string(),
        value: parse::<U256>(&transfer["data"]).saturating_to(),
        transaction: parse::<B256>(&transfer["transactionHash"]).to_string(),
    }
}

/// What is signed to take an authorization back.
fn cancellation(domain: &Domain, authorizer: Address, nonce: B256) -> B256 {
    let kind = keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");
    let body = keccak256([kind, authorizer.into_word(), nonce].map(|word| word.0).concat());
    keccak256([&[0x19, 0x01][..], domain.separator().as_slice(), body.as_slice()].concat())
}
