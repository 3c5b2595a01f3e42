//! Where a page of a wallet's calls begins, as a client carries it: a place in the list, whose list
//! it is, and a sum by which a text that was bent on the way is known before anything is paid. None
//! of it is secret, and none of it is a right: only the list of the wallet that asks is ever read.
//!
//! `docs/decisions.md`: Why is a cursor not signed?

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::store::calls::Dialled;
use crate::types::{CallId, Timestamp, Wallet};

/// Digits of an instant in epoch seconds.
const INSTANT: usize = 12;
/// An instant and an id of a call.
const PLACE: usize = INSTANT + 26;
/// Bytes that say whose list it is.
const OWNER: usize = 8;
/// Bytes of the sum over the others.
const SUM: usize = 5;

/// A cursor that was written here, as far as can be told without knowing who brings it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cursor {
    place: Dialled,
    owner: [u8; OWNER],
}

impl Cursor {
    /// Where the list of this wallet goes on after this place.
    pub fn behind(place: &Dialled, wallet: &Wallet) -> Self {
        Self { place: place.clone(), owner: owner_of(place, wallet) }
    }

    /// The place, if it is in the list of this wallet.
    pub fn place_of(&self, wallet: &Wallet) -> Option<&Dialled> {
        (self.owner == owner_of(&self.place, wallet)).then_some(&self.place)
    }

    /// As a client carries it.
    pub fn text(&self) -> String {
        let mut bytes = text_of(&self.place).into_bytes();
        bytes.extend(self.owner);
        let sum: [u8; SUM] = digest(&[b"sum", &bytes]);
        bytes.extend(sum);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads one exactly as it was written.
    pub fn read(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (said, sum) = bytes.split_last_chunk::<SUM>()?;
        let (place, owner) = said.split_last_chunk::<OWNER>()?;
        if digest(&[b"sum", said]) != *sum || place.len() != PLACE {
            return None;
        }
        let (at, call) = str::from_utf8(place).ok()?.split_at_checked(INSTANT)?;
        let at = Timestamp::from_second(at.parse().ok()?).ok()?;
        let cursor = Self { place: Dialled { at, call: CallId::parse(call).ok()? }, owner: *owner };
        (cursor.text() == text).then_some(cursor)
    }
}

fn text_of(Dialled { at, call }: &Dialled) -> String {
    format!("{:0INSTANT$}{}", at.as_second(), call.as_str())
}

fn owner_of(place: &Dialled, wallet: &Wallet) -> [u8; OWNER] {
    digest(&[b"owner", wallet.caip10().as_bytes(), text_of(place).as_bytes()])
}

fn digest<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut sum = Sha256::new();
    for part in parts {
        sum.update(part);
        sum.update([0]);
    }
    let sum: [u8; 32] = sum.finalize().into();
    let mut first = [0; N];
    first.iter_mut().zip(sum).for_each(|(first, byte)| *first = byte);
    first
}

#[cfg(test)]
mod tests {
    use super::{Cursor, Dialled};
    use crate::types::{CallId, EvmNetwork, Timestamp, Wallet};

    fn wallet(network: EvmNetwork, last: u8) -> Wallet {
        Wallet::Evm { network, address: alloy_primitives::Address::with_last_byte(last) }
    }

    fn place(second: i64, bits: u128) -> Dialled {
        Dialled { at: Timestamp::from_second(second).unwrap(), call: CallId::from_bits(bits) }
    }

    #[test]
    fn a_cursor_is_of_one_wallet_on_one_network() {
        let owner = wallet(EvmNetwork::Base, 1);
        for place in [place(0, 0), place(1_800_000_000, u128::MAX), place(253_402_207_200, 7)] {
            let text = Cursor::behind(&place, &owner).text();
            assert_eq!(text.len(), 68);
            let read = Cursor::read(&text).unwrap();
            assert_eq!(read.place_of(&owner), Some(&place));
            for other in [wallet(EvmNetwork::Base, 2), wallet(EvmNetwork::BaseSepolia, 1)] {
                assert_eq!(read.place_of(&other), None);
            }
        }
    }

    #[test]
    fn a_cursor_that_was_bent_is_none() {
        let text = Cursor::behind(&place(1_800_000_000, 7), &wallet(EvmNetwork::Base, 1)).text();
        for at in 0..text.len() {
            for other in "AQgw0_-zZ".chars().filter(|other| !text[at..].starts_with(*other)) {
                let bent = format!("{}{other}{}", &text[..at], &text[at + 1..]);
                assert_eq!(Cursor::read(&bent), None, "{bent}");
            }
            assert_eq!(Cursor::read(&text[..at]), None);
            assert_eq!(Cursor::read(&text[at + 1..]), None);
        }
        for other in [format!("{text}="), format!("{text}A"), format!(" {text}"), text.to_lowercase(), "é".repeat(34)]
        {
            assert_eq!(Cursor::read(&other), None, "{other}");
        }
    }
}
