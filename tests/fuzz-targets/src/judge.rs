//! What a payment header is, by another reading of the same rules: base64 and JSON decoded by hand,
//! and the signature looked up among those that were made ([`signed::ALL`]) instead of being
//! verified.

use alloy_primitives::{Address, B256, hex};

use crate::json::{self, Json};
use crate::signed::{self, Chain, PAYEE, Transfer};

/// Both chains.
pub static EVERYWHERE: [&Chain; 2] = signed::CHAINS;
/// Base only.
pub static ON_BASE: [&Chain; 1] = [&signed::BASE];
/// Its test network only.
pub static ON_SEPOLIA: [&Chain; 1] = [&signed::SEPOLIA];

/// What a function sells.
pub struct Sells {
    /// Where it can be paid for.
    pub chains: &'static [&'static Chain],
    /// For how much.
    pub price: u64,
}

/// What a header is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Judgement {
    /// Nothing that buys anything.
    Nothing,
    /// A payment that its payer signed for exactly what is sold.
    Authentic(Claim),
    /// The same, but that only the chain knows whether the signature is good: it is longer than a
    /// key's.
    Unproven(Claim),
    /// Signed, or perhaps signed, for something else than what is sold: it may have bought that.
    Misfit(Claim),
}

/// What a payment says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// Where.
    pub chain: &'static Chain,
    /// What was signed.
    pub transfer: Transfer,
    /// As the contract takes it.
    pub signature: Vec<u8>,
    /// Whether the document can be read in one way only.
    pub plain: bool,
    /// The version of the protocol.
    pub version: u8,
    /// The purchase's name, where it has one.
    pub name: Option<String>,
}

impl Claim {
    /// See [`signed::id`].
    pub fn id(&self) -> String {
        signed::id(self.chain, &self.transfer)
    }
}

/// Judges the values of the payment headers of a request: one payment, however often and in
/// whatever dress it stands there.
pub fn judge(header: &[u8], sells: &Sells) -> Judgement {
    let mut said: Vec<&[u8]> = Vec::new();
    for one in header.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
        let one = match one {
            [b'"', within @ .., b'"'] | [b'\'', within @ .., b'\''] => within.trim_ascii(),
            _ => one,
        };
        let word = one.to_ascii_lowercase();
        let is_nothing = ["", "null", "undefined", "none", "nil", "nan", "[object object]"].map(str::as_bytes);
        if !is_nothing.contains(&word.as_slice()) && !said.contains(&one) {
            said.push(one);
        }
    }
    let judged: Vec<Judgement> = said.iter().filter_map(|one| claim(one, sells)).collect();
    let claims: Vec<&Claim> = judged.iter().filter_map(Judgement::claim).collect();
    let [first, others @ ..] = &claims[..] else { return Judgement::Nothing };
    let signed = |claim: &Claim| (claim.chain, claim.transfer.clone(), claim.signature.clone());
    let mut names: Vec<&String> = claims.iter().filter_map(|claim| claim.name.as_ref()).collect();
    names.dedup();
    let one = claims.len() == said.len() && said.len() <= 4 && names.len() <= 1;
    if !one || others.iter().any(|other| signed(other) != signed(first)) {
        return Judgement::Nothing;
    }
    // Version 2 is the one that is answered.
    let second = claims.iter().position(|claim| claim.version == 2).unwrap_or(0);
    let plain = claims.iter().all(|claim| claim.plain);
    judged[second].clone().read_as(plain)
}

impl Judgement {
    fn claim(&self) -> Option<&Claim> {
        match self {
            Self::Nothing => None,
            Self::Authentic(claim) | Self::Unproven(claim) | Self::Misfit(claim) => Some(claim),
        }
    }

    /// The same, for documents that can be read in one way only; or not.
    fn read_as(mut self, plain: bool) -> Self {
        if let Self::Authentic(claim) | Self::Unproven(claim) | Self::Misfit(claim) = &mut self {
            claim.plain = plain;
        }
        self
    }
}

/// What was written as the purchase's name: the `id` in `info`, or beside it, or what stands in the
/// place of one of them.
fn id(extensions: &Json) -> Option<&Json> {
    let said = |value: &Json| *value != Json::Null && value.text() != Some("");
    let sent = extensions.get("payment-identifier").filter(|sent| **sent != Json::Null)?;
    let Json::Object(_) = sent else { return Some(sent).filter(|sent| said(sent)) };
    let info = sent.get("info").filter(|info| **info != Json::Null);
    let named = match info {
        Some(info @ Json::Object(_)) => info.get("id").filter(|id| **id != Json::Null),
        info => info,
    };
    named.or_else(|| sent.get("id")).filter(|id| said(id))
}

/// Whether something is called what names a purchase, in another place than the one that is read,
/// and has a text or a number in it.
fn names_elsewhere(json: &Json) -> bool {
    let plain = |text: &str| text.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "");
    let is_called = |name: &str| {
        let name = plain(name);
        name.contains("idempot") || name.contains("paymentidentifier") || name.trim_start_matches("x402") == "paymentid"
    };
    match json {
        Json::Object(members) => {
            let is_name = |value: &Json| value.text().is_some_and(|text| !text.contains([' ', ':']) && is_called(text));
            let is_named = members.iter().any(|(_, value)| is_name(value));
            members.iter().any(|(name, value)| {
                let is_echo = plain(name) == "bazaar" || plain(name).ends_with("schema");
                let is_meant = is_called(name) || is_named && !is_name(value);
                !is_echo && (is_meant && says(value) || names_elsewhere(value))
            })
        }
        Json::List(items) => items.iter().any(names_elsewhere),
        _ => false,
    }
}

/// Whether there is a text or a number in it, where none is declared.
fn says(json: &Json) -> bool {
    match json {
        Json::Object(members) => members.iter().any(|(name, value)| {
            let declared = ["schema", "required", "description", "version"];
            !declared.contains(&name.to_lowercase().as_str()) && says(value)
        }),
        Json::List(items) => items.iter().any(says),
        Json::Text(text) => !text.trim().is_empty(),
        Json::Number(_) => true,
        _ => false,
    }
}

/// Whether the purchase has a name that the extension `payment-identifier` does not allow, or in
/// another place.
fn is_misnamed(root: &Json) -> bool {
    // Which of two extensions is meant cannot be known.
    if root.has("extensions") && root.get("extensions").is_none() {
        return true;
    }
    match root.get("extensions").and_then(id) {
        None => names_elsewhere(root),
        Some(Json::Text(id)) => {
            let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            !(16..=128).contains(&id.len()) || !id.chars().all(allowed)
        }
        Some(_) => true,
    }
}

fn claim(header: &[u8], sells: &Sells) -> Option<Judgement> {
    if header.len() > 8 * 1024 {
        return None;
    }
    let decoded = base64(header)?;
    let document = json::read(decoded.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&decoded))?;
    if document.depth > 16 {
        return None;
    }
    let root = &document.root;
    let choice = match root.get("x402Version")? {
        version if whole(version) == Some(1) => root,
        version if whole(version) == Some(2) => root.get("accepted")?,
        _ => return None,
    };
    let network = choice.text_of("network")?;
    let chain = EVERYWHERE.iter().find(|chain| [chain.caip2, chain.v1].contains(&network))?;
    let is_sold_there = sells.chains.contains(chain);
    let repeated = if std::ptr::eq(choice, root) { true } else { is_the_demand(choice, chain, sells)? };
    if choice.text_of("scheme")? != "exact" {
        return None;
    }
    let payload = root.get("payload")?;
    let transfer = transfer(payload.get("authorization")?)?;
    let signature = bytes(payload.text_of("signature")?)?;
    // Neither what is good for ever is taken, nor more than there is.
    if is_misnamed(root) || [transfer.valid_before, transfer.valid_after, transfer.value].contains(&u64::MAX) {
        return None;
    }
    // What was never ours to take is nothing, wherever else it may have been good.
    if transfer.to != PAYEE || !is_sold_there {
        return None;
    }
    let fits = repeated && transfer.value == sells.price && transfer.from != PAYEE;
    let version = if std::ptr::eq(choice, root) { 1 } else { 2 };
    let name = match root.get("extensions").and_then(id) {
        Some(Json::Text(name)) => Some(name.clone()),
        _ => None,
    };
    let claim = |signature| {
        let (transfer, name) = (transfer.clone(), name.clone());
        Claim { chain, transfer, signature, plain: document.plain, version, name }
    };
    match signature.len() {
        66.. if fits => Some(Judgement::Unproven(claim(signature))),
        66.. => Some(Judgement::Misfit(claim(signature))),
        65 => {
            let made = signed::ALL.iter().find(|made| made.chain == *chain && made.transfer == transfer)?;
            let (rs, v) = signature.split_at(64);
            let same = rs == &made.signature[..64] && [made.signature[64], made.signature[64] - 27].contains(&v[0]);
            let judged = if fits { Judgement::Authentic } else { Judgement::Misfit };
            same.then(|| judged(claim(made.signature.to_vec())))
        }
        _ => None,
    }
}

/// Whether what version 2 repeats is what is asked for; none, if it cannot be read.
fn is_the_demand(accepted: &Json, chain: &Chain, sells: &Sells) -> Option<bool> {
    let same =
        |key, address: Address| accepted.text_of(key).map(|text| text.to_ascii_lowercase() == format!("{address:#x}"));
    let amount = accepted.get("amount")?;
    let amount = if is_huge(amount) { u64::MAX } else { decimal(amount)? };
    let (asset, pay_to) = (same("asset", chain.usdc)?, same("payTo", PAYEE)?);
    Some(asset && pay_to && amount == sells.price)
}

fn transfer(authorization: &Json) -> Option<Transfer> {
    let word = |key| bytes(authorization.text_of(key)?);
    let number = |key| decimal(authorization.get(key)?);
    Some(Transfer {
        from: Address::try_from(word("from")?.as_slice()).ok()?,
        to: Address::try_from(word("to")?.as_slice()).ok()?,
        value: number("value")?,
        valid_after: number("validAfter")?,
        valid_before: number("validBefore")?,
        nonce: B256::try_from(word("nonce")?.as_slice()).ok()?,
    })
}

/// Digits in a string, below 2^64 and one spelling each; or a number that is whole, however it is
/// written.
fn decimal(value: &Json) -> Option<u64> {
    let Json::Text(digits) = value else { return whole(value) };
    let number: u64 = digits.parse().ok()?;
    (number.to_string() == *digits).then_some(number)
}

/// A number without a sign and without a fraction: `2`, `2.0` and `0.2e1` are the same.
fn whole(value: &Json) -> Option<u64> {
    let Json::Number(written) = value else { return None };
    if written.starts_with('-') {
        return None;
    }
    let read = || written.parse::<f64>().ok().filter(|number| number.fract() == 0.0)?.to_string().parse().ok();
    written.parse().ok().or_else(read)
}

/// Whether it is a `uint256` of 2^64 or more, in digits or a number: good to read, and no price of
/// ours.
fn is_huge(value: &Json) -> bool {
    let digits = match value {
        Json::Text(digits) => digits.clone(),
        Json::Number(written) => match written.parse::<f64>() {
            Ok(number) if number.fract() == 0.0 && !written.starts_with('-') => number.to_string(),
            _ => return false,
        },
        _ => return false,
    };
    let canonical = !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
    canonical && (1..=78).contains(&digits.len()) && digits.parse::<u64>().is_err()
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x")?;
    // Asked here, because the decoder skips a second prefix.
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| hex::decode(digits).ok())?
}

/// RFC 4648, either alphabet but not both, with or without its padding; each content has one
/// spelling in each.
pub fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let unpadded = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    let padding = text.len() - unpadded.len();
    if (padding > 0 && !text.len().is_multiple_of(4)) || unpadded.len() % 4 == 1 {
        return None;
    }
    let of_either = |bytes: [u8; 2]| unpadded.iter().any(|byte| bytes.contains(byte));
    if of_either(*b"+/") && of_either(*b"-_") {
        return None;
    }
    let mut decoded = Vec::new();
    let (mut bits, mut held) = (0_u32, 0);
    for byte in unpadded {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            decoded.push(u8::try_from(bits >> held).ok()?);
            bits &= (1 << held) - 1;
        }
    }
    (bits == 0).then_some(decoded)
}

#[cfg(test)]
mod tests {
    use super::{EVERYWHERE, Judgement, ON_BASE, Sells, base64, judge};
    use crate::signed::{ALL, encode};

    #[test]
    fn what_was_signed_for_what_is_sold_is_authentic_and_nothing_else_is() {
        for payment in ALL.iter() {
            for (chains, price) in [(&EVERYWHERE[..], 540_000), (&ON_BASE[..], 5_000_000), (&ON_BASE[..], 1_000)] {
                let sells = Sells { chains, price };
                let is_to_us = chains.contains(&payment.chain) && payment.transfer.to == super::PAYEE;
                let meant = is_to_us && payment.transfer.value == price;
                for document in [payment.v1(), payment.v2()] {
                    let judged = judge(encode(&document).as_bytes(), &sells);
                    assert_eq!(matches!(judged, Judgement::Authentic(_)), meant, "{document}");
                    assert_eq!(matches!(judged, Judgement::Misfit(_)), is_to_us && !meant, "{document}");
                    let forged = document.replace("1700000900", "1700000901");
                    assert_eq!(judge(encode(&forged).as_bytes(), &sells), Judgement::Nothing);
                }
            }
        }
    }

    #[test]
    fn base64_has_one_spelling_but_for_its_padding() {
        for (text, bytes) in [("", ""), ("YQ==", "a"), ("YQ", "a"), ("YWI=", "ab"), ("YWJj", "abc")] {
            assert_eq!(base64(text.as_bytes()).as_deref(), Some(bytes.as_bytes()), "{text}");
        }
        for text in ["Y", "YR==", "YQ=", "YQ===", "Y Q=", "YQ==YQ==", "=", "YWJj=", "Pz8_Pz8/"] {
            assert_eq!(base64(text.as_bytes()), None, "{text}");
        }
    }
}
