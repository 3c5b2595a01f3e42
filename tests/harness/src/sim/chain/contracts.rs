//! `eth_call`: the contracts that there are, as far as our code reads them. USDC's books, smart
//! wallets and the factory that deploys them, and Multicall3, in which one call sees what the calls
//! before it have done.

use std::collections::HashMap;

use alloy_primitives::{Address, B256, Bytes, FixedBytes, U256, address};
use alloy_sol_types::{SolCall, SolValue, sol};

use super::{Chain, ledger, lock};

/// Multicall3, where it is on every chain.
pub const MULTICALL3: Address = address!("cA11bde05977b3631167028862bE2a173976CA11");
/// The factory of Coinbase's smart wallets, 1.1.
pub const FACTORY: Address = address!("BA5ED110eFDBa3D005bfC882d75358ACBbB85842");

sol! {
    struct Call3 {
        address target;
        bool allowFailure;
        bytes callData;
    }

    struct Result {
        bool success;
        bytes returnData;
    }

    function aggregate3(Call3[] calldata calls) external payable returns (Result[] memory returnData);
    function getChainId() external view returns (uint256 chainid);
    function balanceOf(address account) external view returns (uint256);
    function authorizationState(address authorizer, bytes32 nonce) external view returns (bool);
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4);
    function createAccount(bytes[] calldata owners, uint256 nonce) external payable returns (address account);
}

/// A wallet that its factory has not deployed yet.
#[derive(Clone, Debug)]
pub struct Undeployed {
    /// Where it will be.
    pub wallet: Address,
    /// The call that deploys it.
    pub call: Bytes,
}

impl Undeployed {
    /// The wallet of this owner.
    pub(super) fn of(owner: Address) -> Self {
        let owners = vec![Bytes::from(owner.abi_encode())];
        let call = Bytes::from(createAccountCall { owners, nonce: U256::ZERO }.abi_encode());
        let wallet = FACTORY.create2_from_code(B256::ZERO, &call);
        Self { wallet, call }
    }

    /// A signature of the wallet's, wrapped so that its checker can deploy the wallet first
    /// (EIP-6492).
    pub fn wraps(&self, factory: Address, signature: &[u8]) -> Vec<u8> {
        let inside = (factory, self.call.clone(), Bytes::copy_from_slice(signature)).abi_encode_params();
        [&inside[..], &[0x64, 0x92].repeat(16)].concat()
    }
}

/// The state that one call sees, and changes for itself only.
pub(super) struct Scratch<'a> {
    chain: &'a Chain,
    /// As of this block; what is deployed is deployed from the first one on.
    at: u64,
    deployed: HashMap<Address, Address>,
}

impl<'a> Scratch<'a> {
    pub(super) fn of(chain: &'a Chain, at: u64) -> Self {
        Self { chain, at, deployed: HashMap::new() }
    }

    /// What a contract returns; nothing, if it reverts. Where there is none, that is no bytes.
    pub(super) fn call(&mut self, to: Address, input: &[u8]) -> Option<Vec<u8>> {
        if to == self.chain.network.usdc() {
            return self.usdc(input);
        }
        if to == MULTICALL3 {
            return self.multicall(input);
        }
        if to == FACTORY {
            return self.factory(input);
        }
        let owner = self.deployed.get(&to).copied().or_else(|| lock(&self.chain.ledger).owner_of(to));
        let Some(owner) = owner else { return Some(Vec::new()) };
        let asked = isValidSignatureCall::abi_decode(input).ok()?;
        let accepted = ledger::smart_wallet_accepts(to, owner, &asked.hash, &asked.signature);
        let magic: [u8; 4] = if accepted { [0x16, 0x26, 0xba, 0x7e] } else { [0xff; 4] };
        Some(FixedBytes(magic).abi_encode())
    }

    fn usdc(&self, input: &[u8]) -> Option<Vec<u8>> {
        if let Ok(asked) = balanceOfCall::abi_decode(input) {
            return Some(lock(&self.chain.ledger).balance_at(asked.account, self.at).abi_encode());
        }
        let asked = authorizationStateCall::abi_decode(input).ok()?;
        let spent = lock(&self.chain.ledger).state_at(asked.authorizer, asked.nonce, self.at);
        Some(spent.abi_encode())
    }

    fn factory(&mut self, input: &[u8]) -> Option<Vec<u8>> {
        let asked = createAccountCall::abi_decode(input).ok()?;
        let [owner] = asked.owners.as_slice() else { return None };
        let owner = Address::abi_decode(owner).ok()?;
        let made = Undeployed::of(owner);
        self.deployed.insert(made.wallet, owner);
        Some(made.wallet.abi_encode())
    }

    fn multicall(&mut self, input: &[u8]) -> Option<Vec<u8>> {
        if getChainIdCall::abi_decode(input).is_ok() {
            return Some(U256::from(self.chain.network.chain_id()).abi_encode());
        }
        let asked = aggregate3Call::abi_decode(input).ok()?;
        let mut results = Vec::new();
        for call in asked.calls {
            let returned = self.call(call.target, &call.callData);
            if returned.is_none() && !call.allowFailure {
                return None;
            }
            results.push(Result { success: returned.is_some(), returnData: returned.unwrap_or_default().into() });
        }
        Some(aggregate3Call::abi_encode_returns(&results))
    }
}
