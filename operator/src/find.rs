//! Which payment, and which wallet, is meant by what the operator types.

use std::path::Path;

use alloy_primitives::B256;
use http::{HeaderMap, HeaderValue};
use shared::store::sales::Record;
use shared::store::survey::{Page, Sought};
use shared::store::{Candidate, Cursor, Queue, SHARDS, Store, StoreFault};
use shared::types::{PaymentId, Wallet};
use shared::x402::{Presented, headers};

use crate::Desk;
use crate::args::Meant;
use crate::terminal::Trouble;

/// How much of a queue is looked through.
const MOST: u16 = 1_000;
/// How long a `dt-…` is.
const TAG: usize = 29;

/// The sales that are meant: none or one; several only by a transaction that settled several
/// payments.
pub(crate) async fn sales(desk: &Desk, meant: Meant) -> Result<Vec<Record>, Trouble> {
    let store = desk.settings.store()?;
    if let Some(file) = &meant.header {
        return by_ids(&store, &[in_header(file)?]).await;
    }
    let text = meant.payment.unwrap_or_default();
    if let Some(nonce) = meant.nonce {
        return by_ids(&store, &signed_by(desk, &text, &nonce)?).await;
    }
    if text.starts_with("dt-") {
        let is_whole =
            text.len() == TAG && text.bytes().skip(3).all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        return if is_whole { by_tag(desk, &store, text).await } else { Err(cut_off(&text)) };
    }
    if wallets(desk, &text).is_ok() {
        return Err(Trouble::new("that is a wallet: name the nonce as well, or ask `dialtone wallet`"));
    }
    if text.contains(':') {
        return by_ids(&store, &[PaymentId::from_row(text)]).await;
    }
    if !is_transaction(&text) {
        return Err(cut_off(&text));
    }
    // Rows spell a hash in lower case; base58 has cases.
    let transaction = if text.starts_with("0x") { text.to_ascii_lowercase() } else { text };
    seek(desk, &store, &Sought::Transaction(transaction)).await
}

/// What cannot name a payment: that there is none would be said of money, and be false.
fn cut_off(text: &str) -> Trouble {
    Trouble(format!(
        "{text} is not a payment's id, dt-…, transaction or wallet. Is it cut off? A dt-… has {TAG} characters, a transaction on \
         an EVM chain 66, one on Solana 87 or 88"
    ))
}

/// Whether it has the form of a transaction's name on a network of ours.
fn is_transaction(text: &str) -> bool {
    let evm = text.strip_prefix("0x").is_some_and(|hash| hash.parse::<B256>().is_ok());
    let is_base58 = |byte: u8| byte.is_ascii_alphanumeric() && !b"0OIl".contains(&byte);
    evm || ((64..=88).contains(&text.len()) && text.bytes().all(is_base58))
}

/// Exactly one sale, for a command that changes something.
pub(crate) async fn sale(desk: &Desk, meant: Meant) -> Result<Record, Trouble> {
    let mut found = sales(desk, meant).await?;
    match (found.pop(), found.is_empty()) {
        (Some(record), true) => Ok(record),
        (Some(_), false) => Err(Trouble::new("that transaction settled several payments: name one by its id")),
        (None, _) => Err(Trouble::new("there is no sale of this payment")),
    }
}

/// The wallets that an address can mean: one on each network where it is an address.
pub(crate) fn wallets(desk: &Desk, text: &str) -> Result<Vec<Wallet>, Trouble> {
    if let Ok(wallet) = Wallet::from_caip10(text) {
        return Ok(vec![wallet]);
    }
    let networks = desk.settings.networks();
    let found: Vec<Wallet> = networks.into_iter().filter_map(|network| Wallet::on(network, text).ok()).collect();
    if found.is_empty() {
        Err(Trouble(format!("{text} is not an address on a network that is paid on")))
    } else {
        Ok(found)
    }
}

async fn by_ids(store: &Store, ids: &[PaymentId]) -> Result<Vec<Record>, Trouble> {
    let mut found = Vec::new();
    for id in ids {
        found.extend(store.sale(id).await?);
    }
    Ok(found)
}

fn signed_by(desk: &Desk, payer: &str, nonce: &str) -> Result<Vec<PaymentId>, Trouble> {
    let nonce: B256 = nonce.parse().map_err(|_| Trouble::new("a nonce is 0x and 64 hexadecimal digits"))?;
    let evm = |wallet: &Wallet| match *wallet {
        Wallet::Evm { network, address } => Some(PaymentId::evm(network, address, nonce)),
        Wallet::Solana { .. } => None,
    };
    let ids: Vec<PaymentId> = wallets(desk, payer)?.iter().filter_map(evm).collect();
    if ids.is_empty() { Err(Trouble::new("only payments on EVM chains have a nonce")) } else { Ok(ids) }
}

/// A header says what it is for; whether it is authentic is not asked, since only its record is
/// looked for.
fn in_header(file: &Path) -> Result<PaymentId, Trouble> {
    let unreadable = |error| Trouble(format!("{}: {error}", file.display()));
    let text =
        if file == Path::new("-") { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(file) };
    let text = text.map_err(unreadable)?;
    // With or without the header's name in front.
    let value = text.trim().rsplit(' ').next().unwrap_or_default();
    let mut all = HeaderMap::new();
    let value = HeaderValue::from_str(value).map_err(|_| Trouble::new("the file holds no header"))?;
    all.insert(headers::PAYMENT_SIGNATURE, value);
    let presented = Presented::read(&all).map_err(|malformed| Trouble(malformed.to_string()))?;
    let id = presented.and_then(|presented| presented.claimed_id());
    id.ok_or_else(|| Trouble::new("the header pays on a network that is not ours"))
}

/// What was paid is in the books, under this name; what is unfinished, or not booked yet, is in a
/// queue. What came to nothing has to be looked for everywhere.
async fn by_tag(desk: &Desk, store: &Store, tag: String) -> Result<Vec<Record>, Trouble> {
    if let Some(id) = store.tagged(&tag).await? {
        return by_ids(store, &[id]).await;
    }
    for shard in 0..SHARDS {
        let paid = [Queue::Unproven(shard), Queue::Refunds(shard), Queue::Strays];
        for queue in [Queue::Sales(shard), Queue::Doubts(shard)].into_iter().chain(paid) {
            for (candidate, _) in store.waiting(queue, MOST).await? {
                if let Candidate::Sale(id) = candidate
                    && id.tag() == tag
                {
                    return by_ids(store, &[id]).await;
                }
            }
        }
    }
    seek(desk, store, &Sought::Tag(tag)).await
}

/// Looks through the whole table. What is meant by a transaction or a tag is one sale as a rule,
/// but a transaction can settle several payments, so the search goes on to the end.
pub(crate) async fn seek(desk: &Desk, store: &Store, sought: &Sought) -> Result<Vec<Record>, Trouble> {
    let is_enough = |found: &[Record]| matches!(sought, Sought::Tag(_)) && !found.is_empty();
    pages_until(desk, async |from| store.seek(sought, from).await, is_enough).await
}

/// All that a search through the whole table finds.
pub(crate) async fn all<T>(
    desk: &Desk,
    page: impl AsyncFnMut(Option<Cursor>) -> Result<Page<T>, StoreFault>,
) -> Result<Vec<T>, Trouble> {
    pages_until(desk, page, |_| false).await
}

async fn pages_until<T>(
    desk: &Desk,
    mut page: impl AsyncFnMut(Option<Cursor>) -> Result<Page<T>, StoreFault>,
    is_enough: impl Fn(&[T]) -> bool,
) -> Result<Vec<T>, Trouble> {
    let (mut found, mut looked_at, mut from) = (Vec::new(), 0_u64, None);
    loop {
        let one = page(from).await?;
        looked_at += one.looked_at;
        found.extend(one.found);
        from = one.next;
        if from.is_none() || is_enough(&found) {
            return Ok(found);
        }
        desk.terminal.progress(format!("{looked_at} items looked at"));
    }
}
