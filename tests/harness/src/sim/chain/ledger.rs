//! USDC's books: who has what, which authorizations are spent, and what was logged in which
//! transaction.

use std::collections::{HashMap, HashSet};
use std::fmt;

use alloy_primitives::{Address, B256, Bytes, U256, b256};

use super::eip712::{self, Authorization};
use super::rpc::Limits;
use crate::history::{self, History, What};
use crate::sim::random;

/// `Transfer(address indexed from, address indexed to, uint256 value)`.
pub(super) const TRANSFER: B256 = b256!("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
/// `AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce)`.
pub(super) const AUTHORIZATION_USED: B256 = b256!("98de503528ee59b575ef0c0a2576a82497bfc029a5685b209e9ec333479b10a5");
/// `AuthorizationCanceled(address indexed authorizer, bytes32 indexed nonce)`.
pub(super) const AUTHORIZATION_CANCELED: B256 =
    b256!("1cdd46ff242716cdaa72d159d339a485b3438398348d68f09d7c8c0a59353d81");

/// Why the token refused, in its own order and words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revert {
    /// Too early.
    NotYetValid,
    /// Too late.
    Expired,
    /// Nonce spent or cancelled.
    UsedOrCanceled,
    /// Signature with a high s, which has a twin.
    HighS,
    /// Signature with a v that is neither 27 nor 28.
    OtherV,
    /// Signature of another key.
    InvalidSignature,
    /// Not enough money.
    Balance,
}

impl Revert {
    /// Circle's revert text.
    pub const fn text(self) -> &'static str {
        match self {
            Self::NotYetValid => "FiatTokenV2: authorization is not yet valid",
            Self::Expired => "FiatTokenV2: authorization is expired",
            Self::UsedOrCanceled => "FiatTokenV2: authorization is used or canceled",
            Self::HighS => "ECRecover: invalid signature 's' value",
            Self::OtherV => "ECRecover: invalid signature 'v' value",
            Self::InvalidSignature => "FiatTokenV2: invalid signature",
            Self::Balance => "ERC20: transfer amount exceeds balance",
        }
    }
}

/// One log entry.
#[derive(Clone, Debug)]
pub struct Log {
    /// Contract that logged.
    pub address: Address,
    /// Topics, the event's signature first.
    pub topics: Vec<B256>,
    /// Data.
    pub data: Bytes,
}

/// A transaction in a block.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// Its hash.
    pub hash: B256,
    /// Its block.
    pub block: u64,
    /// Whether it did anything.
    pub success: bool,
    /// What it logged.
    pub logs: Vec<Log>,
}

impl fmt::Display for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.success {
            return f.write_str("it reverts");
        }
        for log in &self.logs {
            match log.topics.as_slice() {
                [TRANSFER, from, to] => {
                    let (from, to) = (Address::from_word(*from), Address::from_word(*to));
                    write!(f, "{from:#x} pays {} to {to:#x} ", U256::try_from_be_slice(&log.data).unwrap_or_default())?;
                }
                [AUTHORIZATION_USED, _, nonce] => write!(f, "by {nonce}: ")?,
                [AUTHORIZATION_CANCELED, _, nonce] => write!(f, "{nonce} is cancelled")?,
                _ => {}
            }
        }
        Ok(())
    }
}

/// The books.
pub(super) struct Ledger {
    balances: HashMap<Address, U256>,
    spent: HashSet<(Address, B256)>,
    owners: HashMap<Address, Address>,
    transactions: Vec<Transaction>,
    submitted: Vec<(B256, Authorization, Vec<u8>)>,
    pub(super) history: History,
    pub(super) finality_lag: u64,
    pub(super) limits: Limits,
    /// A request holds one question.
    pub(super) one_at_a_time: bool,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            balances: HashMap::new(),
            spent: HashSet::new(),
            owners: HashMap::new(),
            transactions: Vec::new(),
            submitted: Vec::new(),
            history: History::default(),
            finality_lag: 600,
            limits: Limits::default(),
            one_at_a_time: false,
        }
    }
}

impl Ledger {
    pub(super) fn balance(&self, of: Address) -> U256 {
        self.balances.get(&of).copied().unwrap_or_default()
    }

    pub(super) fn state(&self, authorizer: Address, nonce: B256) -> bool {
        self.spent.contains(&(authorizer, nonce))
    }

    /// What was held as of a block, by what has moved since.
    pub(super) fn balance_at(&self, of: Address, block: u64) -> U256 {
        let mut held = self.balance(of);
        let since = self.transactions.iter().rev().filter(|it| it.block > block);
        for log in since.flat_map(|it| it.logs.iter().rev()) {
            let [TRANSFER, from, to] = log.topics[..] else { continue };
            let value = U256::try_from_be_slice(&log.data).unwrap_or_default();
            if to == of.into_word() {
                held = held.wrapping_sub(value);
            }
            if from == of.into_word() {
                held = held.wrapping_add(value);
            }
        }
        held
    }

    /// Whether a nonce was spent as of a block.
    pub(super) fn state_at(&self, authorizer: Address, nonce: B256, block: u64) -> bool {
        let is_its = |log: &Log| {
            matches!(log.topics[..], [AUTHORIZATION_USED | AUTHORIZATION_CANCELED, by, it]
                if by == authorizer.into_word() && it == nonce)
        };
        let by_then = |it: &&Transaction| it.block <= block;
        self.state(authorizer, nonce)
            && self.transactions.iter().rev().filter(by_then).any(|it| it.logs.iter().any(is_its))
    }

    pub(super) fn owner_of(&self, wallet: Address) -> Option<Address> {
        self.owners.get(&wallet).copied()
    }

    pub(super) fn deploy(&mut self, wallet: Address, owner: Address) {
        self.owners.insert(wallet, owner);
    }

    pub(super) fn shift(&mut self, blocks: u64) {
        for transaction in &mut self.transactions {
            transaction.block = transaction.block.saturating_sub(blocks);
        }
    }

    pub(super) fn transactions(&self) -> &[Transaction] {
        &self.transactions
    }

    pub(super) fn transaction(&self, hash: B256) -> Option<&Transaction> {
        self.transactions.iter().find(|transaction| transaction.hash == hash)
    }

    pub(super) fn mint(&mut self, token: Address, block: u64, to: Address, value: U256) {
        *self.balances.entry(to).or_default() += value;
        self.record(block, vec![transfer_log(token, Address::ZERO, to, value)]);
    }

    pub(super) fn transfer(
        &mut self,
        token: Address,
        block: u64,
        from: Address,
        to: Address,
        value: U256,
    ) -> Result<B256, Revert> {
        if self.balance(from) < value {
            return Err(Revert::Balance);
        }
        self.pay(from, to, value);
        Ok(self.record(block, vec![transfer_log(token, from, to, value)]))
    }

    /// Transactions of a block, each with this many transfers of nothing, which any account may log
    /// in any name.
    pub(super) fn flood(&mut self, token: Address, block: u64, to: Address, transactions: u32, transfers: u32) {
        for _ in 0..transactions {
            let log = transfer_log(token, Address::from(random::<20>()), to, U256::ZERO);
            let logs = vec![log; usize::try_from(transfers).unwrap_or(0)];
            self.transactions.push(Transaction { hash: B256::from(random::<32>()), block, success: true, logs });
        }
    }

    pub(super) fn cancel(
        &mut self,
        token: Address,
        block: u64,
        authorizer: Address,
        nonce: B256,
    ) -> Result<B256, Revert> {
        if !self.spent.insert((authorizer, nonce)) {
            return Err(Revert::UsedOrCanceled);
        }
        let log = nonce_log(token, AUTHORIZATION_CANCELED, authorizer, nonce);
        Ok(self.record(block, vec![log]))
    }

    /// The token's requirements, in its order.
    pub(super) fn check(&self, now: i64, what: &Authorization, digest: &B256, signature: &[u8]) -> Result<(), Revert> {
        let now = U256::from(now.unsigned_abs());
        let signed = match self.owner_of(what.from) {
            Some(owner) => smart_wallet_accepts(what.from, owner, digest, signature),
            None => what.from != Address::ZERO && eip712::recover_strict(digest, signature) == Some(what.from),
        };
        if now <= what.valid_after {
            Err(Revert::NotYetValid)
        } else if now >= what.valid_before {
            Err(Revert::Expired)
        } else if self.state(what.from, what.nonce) {
            Err(Revert::UsedOrCanceled)
        } else if !signed {
            Err(if self.owner_of(what.from).is_some() { Revert::InvalidSignature } else { badly_signed(signature) })
        } else if self.balance(what.from) < what.value {
            Err(Revert::Balance)
        } else {
            Ok(())
        }
    }

    /// Moves the money of an authorization that was checked.
    pub(super) fn execute(&mut self, token: Address, block: u64, what: &Authorization) -> B256 {
        let hash = B256::from(random::<32>());
        self.land(token, block, hash, what, true);
        hash
    }

    pub(super) fn land(&mut self, token: Address, block: u64, hash: B256, what: &Authorization, success: bool) {
        let mut logs = Vec::new();
        if success {
            self.spent.insert((what.from, what.nonce));
            self.pay(what.from, what.to, what.value);
            logs.push(nonce_log(token, AUTHORIZATION_USED, what.from, what.nonce));
            logs.push(transfer_log(token, what.from, what.to, what.value));
        }
        self.keep(Transaction { hash, block, success, logs });
    }

    pub(super) fn submit(&mut self, what: Authorization, signature: Vec<u8>) -> B256 {
        let hash = B256::from(random::<32>());
        self.submitted.push((hash, what, signature));
        hash
    }

    pub(super) fn take_submitted(&mut self) -> Vec<(B256, Authorization, Vec<u8>)> {
        std::mem::take(&mut self.submitted)
    }

    fn pay(&mut self, from: Address, to: Address, value: U256) {
        *self.balances.entry(from).or_default() -= value;
        *self.balances.entry(to).or_default() += value;
    }

    fn record(&mut self, block: u64, logs: Vec<Log>) -> B256 {
        let hash = B256::from(random::<32>());
        self.keep(Transaction { hash, block, success: true, logs });
        hash
    }

    fn keep(&mut self, transaction: Transaction) {
        self.history.note(|| {
            let did = transaction.to_string();
            let marks = history::marks(&did);
            (What::Landed { hash: transaction.hash.to_string(), did }, marks)
        });
        self.transactions.push(transaction);
    }
}

/// The simulated smart wallet's `isValidSignature`: its owner's signature, wrapped, which is always
/// longer than 65 bytes; or, where a key has handed its own account to code (EIP-7702), the key's
/// signature as it is.
pub(super) fn smart_wallet_accepts(wallet: Address, owner: Address, digest: &B256, signature: &[u8]) -> bool {
    (if wallet == owner { signature.len() == 65 } else { signature.len() > 65 })
        && signature.get(..65).is_some_and(|inner| eip712::recover_strict(digest, inner) == Some(owner))
}

fn nonce_log(token: Address, event: B256, authorizer: Address, nonce: B256) -> Log {
    Log { address: token, topics: vec![event, authorizer.into_word(), nonce], data: Bytes::new() }
}

fn transfer_log(token: Address, from: Address, to: Address, value: U256) -> Log {
    Log {
        address: token,
        topics: vec![TRANSFER, from.into_word(), to.into_word()],
        data: value.to_be_bytes_vec().into(),
    }
}

/// Why a key's signature is none, in the order in which USDC's library looks at it.
fn badly_signed(signature: &[u8]) -> Revert {
    match eip712::spelling(signature) {
        Some((true, _)) => Revert::HighS,
        Some((false, v)) if !matches!(v, 27 | 28) => Revert::OtherV,
        _ => Revert::InvalidSignature,
    }
}
