//! The programs that a payment meets, as far as it meets them: what each refuses, in which order,
//! and its error's number.

use super::Pubkey;
use super::ledger::Accounts;
use super::wire::{Compiled, Instruction, Message};

/// Limits and prices of computing.
pub const COMPUTE_BUDGET: &str = "ComputeBudget111111111111111111111111111111";
/// Tokens.
pub const TOKEN: &str = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
/// Tokens, as they are made since.
pub const TOKEN_2022: &str = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";
/// Makes an owner's usual account of a token.
pub const ASSOCIATED_TOKEN: &str = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL";
/// Words beside a payment.
pub const MEMO: &str = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";
/// What wallets add to be sure of an outcome.
pub const LIGHTHOUSE: &str = "L2TExMFKdjpN9kozasaurPirfHy9P8sbXoAN1qA3S95";
/// Lamports, and new accounts.
pub const SYSTEM: &str = "11111111111111111111111111111111";

/// USDC's own.
pub const DECIMALS: u8 = 6;

/// Why an instruction failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// The program's own number.
    Custom(u32),
    /// An account that is not what it should be.
    InvalidAccountData,
    /// Data that the program cannot read.
    InvalidInstructionData,
    /// An account that had to sign did not.
    MissingRequiredSignature,
    /// Fewer accounts than the program needs.
    NotEnoughAccountKeys,
}

const INSUFFICIENT: Why = Why::Custom(1);
const OTHER_MINT: Why = Why::Custom(3);
const OTHER_OWNER: Why = Why::Custom(4);
const FROZEN: Why = Why::Custom(17);
const OTHER_DECIMALS: Why = Why::Custom(18);

/// A transfer that was carried out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Moved {
    /// Who said so.
    pub authority: Pubkey,
    /// Whose money it was.
    pub from: Pubkey,
    /// Whose it is.
    pub to: Pubkey,
    /// Micro-dollars.
    pub micros: u64,
}

/// Whether this program is there at all.
pub(super) fn is_known(program: &str) -> bool {
    [COMPUTE_BUDGET, TOKEN, MEMO, LIGHTHOUSE].contains(&program)
}

/// Carries one instruction out.
pub(super) fn run(accounts: &mut Accounts, message: &Message, one: &Compiled) -> Result<Option<Moved>, Why> {
    match message.program(one).as_str() {
        COMPUTE_BUDGET => budget(&one.data).map(|()| None),
        TOKEN => transfer(accounts, message, one).map(Some),
        MEMO => memo(message, one).map(|()| None),
        _ => Ok(None),
    }
}

fn budget(data: &[u8]) -> Result<(), Why> {
    let fits = matches!((data.first(), data.len()), (Some(1 | 2 | 4), 5) | (Some(3), 9));
    if fits { Ok(()) } else { Err(Why::InvalidInstructionData) }
}

fn memo(message: &Message, one: &Compiled) -> Result<(), Why> {
    let signs = |at: &u8| *at < message.header[0];
    if !one.accounts.iter().all(signs) {
        return Err(Why::MissingRequiredSignature);
    }
    std::str::from_utf8(&one.data).map(|_| ()).map_err(|_| Why::InvalidInstructionData)
}

/// Amount and decimals of a `TransferChecked`.
pub fn transfer_checked(data: &[u8]) -> Option<(u64, u8)> {
    match data {
        [12, amount @ .., decimals] => Some((u64::from_le_bytes(amount.try_into().ok()?), *decimals)),
        _ => None,
    }
}

fn transfer(accounts: &mut Accounts, message: &Message, one: &Compiled) -> Result<Moved, Why> {
    let (amount, decimals) = transfer_checked(&one.data).ok_or(Why::InvalidInstructionData)?;
    let key = |at: usize| one.accounts.get(at).and_then(|at| message.key(*at)).ok_or(Why::NotEnoughAccountKeys);
    let (from, mint, to, authority) = (key(0)?, key(1)?, key(2)?, key(3)?);
    let source = accounts.get(&from).cloned().ok_or(Why::InvalidAccountData)?;
    let target = accounts.get(&to).cloned().ok_or(Why::InvalidAccountData)?;
    if source.frozen || target.frozen {
        return Err(FROZEN);
    }
    if source.amount < amount {
        return Err(INSUFFICIENT);
    }
    if source.mint != target.mint || source.mint != mint {
        return Err(OTHER_MINT);
    }
    if decimals != DECIMALS {
        return Err(OTHER_DECIMALS);
    }
    let delegated = source.delegate.filter(|(delegate, _)| *delegate == authority).map(|(_, allowed)| allowed);
    if delegated.is_none() && source.owner != authority {
        return Err(OTHER_OWNER);
    }
    if one.accounts.get(3).is_none_or(|at| *at >= message.header[0]) {
        return Err(Why::MissingRequiredSignature);
    }
    if delegated.is_some_and(|allowed| allowed < amount) {
        return Err(INSUFFICIENT);
    }
    accounts.entry(from).and_modify(|account| {
        account.amount -= amount;
        if let (Some(_), Some((_, allowed))) = (delegated, account.delegate.as_mut()) {
            *allowed -= amount;
        }
    });
    accounts.entry(to).and_modify(|account| account.amount += amount);
    Ok(Moved { authority, from: source.owner, to: target.owner, micros: amount })
}

impl Instruction {
    /// No more computing than this.
    pub fn compute_limit(units: u32) -> Self {
        let data = [&[2], units.to_le_bytes().as_slice()].concat();
        Self { program: Pubkey::of(COMPUTE_BUDGET), accounts: Vec::new(), data }
    }

    /// Micro-lamports for each unit of it.
    pub fn compute_price(micros: u64) -> Self {
        let data = [&[3], micros.to_le_bytes().as_slice()].concat();
        Self { program: Pubkey::of(COMPUTE_BUDGET), accounts: Vec::new(), data }
    }

    /// Moves tokens between two accounts.
    pub fn transfer_checked(accounts: [Pubkey; 3], authority: Pubkey, amount: u64) -> Self {
        let [from, mint, to] = accounts;
        let data = [&[12], amount.to_le_bytes().as_slice(), &[DECIMALS]].concat();
        let accounts = vec![(from, false, true), (mint, false, false), (to, false, true), (authority, true, false)];
        Self { program: Pubkey::of(TOKEN), accounts, data }
    }

    /// Words.
    pub fn memo(text: &[u8]) -> Self {
        Self { program: Pubkey::of(MEMO), accounts: Vec::new(), data: text.to_vec() }
    }

    /// Moves lamports.
    pub fn system_transfer(from: Pubkey, to: Pubkey, lamports: u64) -> Self {
        let data = [2_u32.to_le_bytes().as_slice(), &lamports.to_le_bytes()].concat();
        Self { program: Pubkey::of(SYSTEM), accounts: vec![(from, true, true), (to, false, true)], data }
    }

    /// Makes an owner's usual account of a token.
    pub fn create_associated(payer: Pubkey, owner: Pubkey, mint: Pubkey) -> Self {
        let account = super::associated(owner, mint);
        let plain = |key| (key, false, false);
        let accounts = vec![
            (payer, true, true),
            (account, false, true),
            plain(owner),
            plain(mint),
            plain(Pubkey::of(SYSTEM)),
            plain(Pubkey::of(TOKEN)),
        ];
        Self { program: Pubkey::of(ASSOCIATED_TOKEN), accounts, data: vec![1] }
    }

    /// What a wallet adds to be sure of an outcome.
    pub fn lighthouse() -> Self {
        Self { program: Pubkey::of(LIGHTHOUSE), accounts: Vec::new(), data: vec![0] }
    }
}
