//! Whether a payment is what we offered, and who signed it. Each field is compared with our own
//! quote, never with what the client repeats of it, and whatever this passes on is taken from the
//! quote and from the signed bytes.

use super::read::{Accepted, Authorized};
use super::window::{LONGEST_WINDOW, not_yet_valid, window_too_long};
use super::{Misfit, Presented, Unproven, Verified};
use crate::types::{Network, Timestamp, Usdc, Wallet};
use crate::x402::exact_evm::{self, ECDSA};
use crate::x402::exact_svm::{NotATransfer, Transfer, token_account};
use crate::x402::{Payload, PaymentRefused, Quote, SignedAuthorization, wire_v2};

/// A payment whose signature was looked at.
#[derive(Debug)]
pub enum Checked {
    /// Signed by the payer's own key, as recovered here.
    Authentic(Verified),
    /// Signed as smart wallets sign. Nothing may be read or done on this payer's behalf before it
    /// is confirmed.
    Unknown(Unproven),
    /// Signed, and not for what is sold here: refused, unless it has paid for something already.
    Misfit(Misfit),
}

impl Presented {
    /// Finds the quote that this payment is for and checks it against that quote field by field,
    /// then its signature. No neighbour is asked. Times are left to [`Verified::window`], because a
    /// payment that was taken before stays taken after it expired.
    ///
    /// One that does not fit, and is to us, may have paid for something else, so its signature is
    /// looked at before it is refused.
    pub fn check(self, quotes: &[Quote], now: Timestamp) -> Result<Checked, PaymentRefused> {
        if self.claim.scheme != wire_v2::EXACT {
            return Err(PaymentRefused::new(
                "unsupported_scheme",
                "Only the payment scheme \"exact\" is accepted here.",
            ));
        }
        let not_here = || PaymentRefused::new("network_mismatch", wrong_network(quotes));
        let Some(signed) = self.signed else { return Err(not_here()) };
        let ours = quotes.iter().find(|quote| quote.network() == signed.network()).ok_or_else(not_here)?;
        let quote =
            self.claim.accepted.as_ref().map_or(Ok(()), |accepted| matches_demand(accepted, ours)).map(|()| ours);
        let (fits, proof, payload) = match signed {
            Authorized::Evm(signed) => {
                let fits = quote.and_then(|quote| pays(&signed, quote));
                // What we cannot read cannot have been signed as we read it.
                let whole = readable(&signed).is_ok() && signed.authorization.value != Usdc::micros(u64::MAX);
                let proof = if whole { proof(&signed) } else { Proof::None };
                (fits, proof, Payload::Evm(signed.normalized()))
            }
            Authorized::Solana { network, transaction } => {
                let seconds = u64::try_from(now.as_second()).unwrap_or(0);
                match (Transfer::read(network, transaction, seconds), quote) {
                    (Ok(transfer), quote) => {
                        let fits = quote.and_then(|quote| transfers(&transfer, quote));
                        (fits, Proof::OwnKey, Payload::Solana(transfer))
                    }
                    (Err(_), Err(why)) => return Err(why),
                    (Err(why), Ok(_)) => return Err(no_transfer(&why)),
                }
            }
        };
        let version = self.version;
        let verified = |quote: &Quote, payload| Verified { version, quote: quote.clone(), payload };
        match (fits, proof) {
            (Ok(quote), Proof::OwnKey) => Ok(Checked::Authentic(verified(quote, payload))),
            (Ok(quote), Proof::Contract) => Ok(Checked::Unknown(Unproven(verified(quote, payload)))),
            (Ok(_), Proof::None) => Err(PaymentRefused::not_signed()),
            (Err(why), Proof::None) => Err(why),
            // What was never ours to take has bought nothing here.
            (Err(why), _) if !is_to(&payload, &ours.pay_to) => Err(why),
            (Err(why), proof) => Ok(Checked::Misfit(Misfit { why, version, payload, proven: proof == Proof::OwnKey })),
        }
    }
}

/// Whether a payment goes to this payee, whatever it is for.
fn is_to(payload: &Payload, payee: &Wallet) -> bool {
    match (payload, payee) {
        (Payload::Evm(signed), Wallet::Evm { address, .. }) => signed.authorization.to == *address,
        (Payload::Solana(transfer), Wallet::Solana { network, address }) => {
            transfer.destination == token_account(*network, *address)
        }
        (Payload::Evm(_), Wallet::Solana { .. }) | (Payload::Solana(_), Wallet::Evm { .. }) => false,
    }
}

fn wrong_network(quotes: &[Quote]) -> String {
    let names: Vec<_> = quotes.iter().map(|quote| quote.network().caip2()).collect();
    format!("This network is not accepted here; pay on one of: {}.", names.join(", "))
}

/// What version 2 repeats of our demand. Only the fields that say what is paid, to whom and where:
/// clients rebuild `extra`, add extensions and rewrite `resource`, all without harm.
fn matches_demand(accepted: &Accepted, quote: &Quote) -> Result<(), PaymentRefused> {
    let asset = match quote.network() {
        // Its case is only a checksum.
        Network::Evm(network) => accepted.asset.eq_ignore_ascii_case(&network.usdc().to_string()),
        Network::Solana(network) => accepted.asset == network.usdc().to_string(),
    };
    if !asset {
        return Err(wrong_asset(quote.network()));
    }
    if !quote.pay_to.is_spelled(&accepted.pay_to) {
        return Err(wrong_recipient(quote));
    }
    if accepted.amount != quote.amount.atomic() {
        return Err(wrong_value(quote));
    }
    Ok(())
}

/// What was signed, on an EVM chain.
fn pays<'a>(signed: &SignedAuthorization, quote: &'a Quote) -> Result<&'a Quote, PaymentRefused> {
    readable(signed)?;
    let to = Wallet::Evm { network: signed.network, address: signed.authorization.to };
    matches_quote(&signed.wallet(), &to, signed.authorization.value, quote)
}

/// Later than we can read is later than we take.
fn readable(signed: &SignedAuthorization) -> Result<(), PaymentRefused> {
    if signed.authorization.valid_before == u64::MAX {
        return Err(window_too_long(LONGEST_WINDOW));
    }
    if signed.authorization.valid_after == u64::MAX { Err(not_yet_valid()) } else { Ok(()) }
}

/// [`pays`] for a transfer, which names a token account where the quote names its owner.
fn transfers<'a>(transfer: &Transfer, quote: &'a Quote) -> Result<&'a Quote, PaymentRefused> {
    let Wallet::Solana { network, address } = quote.pay_to else { return Err(wrong_recipient(quote)) };
    if transfer.destination != token_account(network, address) {
        return Err(wrong_recipient(quote));
    }
    matches_quote(&transfer.wallet(), &quote.pay_to, transfer.amount, quote)
}

fn matches_quote<'a>(from: &Wallet, to: &Wallet, value: Usdc, quote: &'a Quote) -> Result<&'a Quote, PaymentRefused> {
    if *to != quote.pay_to {
        return Err(wrong_recipient(quote));
    }
    // Not "at least": too much is a mistake that a payer would want back.
    if value != quote.amount {
        return Err(wrong_value(quote));
    }
    if *from == quote.pay_to {
        return Err(PaymentRefused::new("self_payment", "The payer is the payee; nothing would be paid."));
    }
    Ok(quote)
}

fn no_transfer(why: &NotATransfer) -> PaymentRefused {
    let reason = match why {
        NotATransfer::Unreadable | NotATransfer::Rule(_) => "transaction_mismatch",
        NotATransfer::Unsigned => "invalid_signature",
    };
    PaymentRefused::new(reason, why.to_string())
}

fn wrong_asset(network: Network) -> PaymentRefused {
    PaymentRefused::new("asset_mismatch", format!("Pay with USDC, {} on {}.", network.asset(), network.caip2()))
}

fn wrong_recipient(quote: &Quote) -> PaymentRefused {
    PaymentRefused::new("recipient_mismatch", format!("The payment must go to {}.", quote.pay_to))
}

fn wrong_value(quote: &Quote) -> PaymentRefused {
    PaymentRefused::new(
        "value_mismatch",
        format!("The payment must be exactly {} atomic units of USDC ({}).", quote.amount.atomic(), quote.amount),
    )
}

/// The proof that a signature gives.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// The payer's own key made it.
    OwnKey,
    /// Only the payer's contract can tell.
    Contract,
    /// Nothing.
    None,
}

/// Sixty-five bytes are a key's signature, so they are right or forged, and a forger costs us no
/// neighbour's time. Longer ones are a smart wallet's business.
fn proof(signed: &SignedAuthorization) -> Proof {
    if signed.signature.len() > ECDSA {
        return Proof::Contract;
    }
    let by = <&[u8; ECDSA]>::try_from(signed.signature.as_slice())
        .ok()
        .and_then(|signature| exact_evm::signer(signed.network, &signed.authorization, signature));
    if by == Some(signed.authorization.from) { Proof::OwnKey } else { Proof::None }
}
