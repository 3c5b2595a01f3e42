//! A facilitator's word for why a payment is not good, and all that we read into it. There is no
//! list of these words: facilitators differ, and change them. So each is known by a part of it, and
//! here alone.

use std::borrow::Cow;
use std::fmt;

use crate::types::Network;

/// Longest reason that is passed on.
pub(super) const LONGEST: usize = 80;
/// The reason of one that gave none.
const UNSPECIFIED: &str = "unspecified";
/// Words for a nonce that is spent.
const USED: [&str; 3] = ["already_used", "nonce_used", "duplicate"];
/// What a facilitator says of a payment that it tried without sending it.
const SIMULATION: &str = "simulation";
/// Words for a wallet that holds too little.
const POOR: [&str; 3] = ["insufficient", "balance", "exceeds"];

/// A reason why a payment is not good: a word of the facilitator's, or one of ours for what we
/// found out ourselves. Only `a-z`, `0-9`, `_` and `:`, since it goes into headers, logs and other
/// people's terminals.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reason(Cow<'static, str>);

impl Reason {
    /// It expired before it was paid.
    pub const EXPIRED: Self = Self(Cow::Borrowed("payment_expired"));
    /// Its payer has cancelled it.
    pub const CANCELLED: Self = Self(Cow::Borrowed("payment_cancelled"));
    /// The payer holds too little.
    pub const INSUFFICIENT: Self = Self(Cow::Borrowed("insufficient_funds"));
    /// It is spent.
    pub const USED: Self = Self(Cow::Borrowed("nonce_already_used"));

    /// It was made before it came with a request.
    pub const EARLIER: Self = Self(Cow::Borrowed("payment_made_earlier"));
    /// What becomes of a payment that may have been made, in place of a word that it was not.
    pub const GOES_BACK: &str = "If it was made before, it goes back to the wallet by itself.";

    /// Reads a reason. Facilitators have been seen to put whole node dumps there; what follows the
    /// first foreign character (`: <program>`) is dropped.
    pub fn read(said: &str) -> Self {
        let code: String = said
            .chars()
            .map(|c| c.to_ascii_lowercase())
            .take_while(|c| matches!(c, 'a'..='z' | '0'..='9' | '_' | ':'))
            .take(LONGEST)
            .collect();
        let code = code.trim_end_matches(':');
        if code.is_empty() { Self(Cow::Borrowed(UNSPECIFIED)) } else { Self(Cow::Owned(code.to_owned())) }
    }

    /// The word itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it says in so many words that the nonce is used. It does not say for whom.
    pub fn says_used(&self) -> bool {
        self.has(&USED)
    }

    /// Whether the payment was only tried, and never sent to the chain.
    pub fn was_only_tried(&self) -> bool {
        self.has(&[SIMULATION])
    }

    /// Whether the wallet that pays holds too little.
    pub fn says_poor(&self) -> bool {
        self.has(&["insufficient"])
    }

    /// Whether it is said in the same words of a payment that was made long ago: on Solana that
    /// fails when it is tried, since its block is past.
    pub fn may_be_late(&self, network: Network) -> bool {
        matches!(network, Network::Solana(_)) && (self.was_only_tried() || self.has(&["blockhash"]))
    }

    /// What a payer can do about it.
    pub fn remedy(&self) -> &'static str {
        if self.has(&["valid_after", "not_yet_valid"]) {
            "The chain's clock is some seconds behind: set authorization.validAfter a minute into the past, and sign again."
        } else if self.has(&["expired", "valid_before", "blockhash"]) {
            "It came too late: sign a new payment and send it at once."
        } else if self.has(&POOR) {
            "The wallet has too little USDC on this network: top it up and sign a new payment."
        } else if self.has(&["cancel"]) {
            "Its payer has cancelled it: sign a new payment."
        } else if self.has(&["signature"]) {
            "Sign with the key of the wallet that pays, and with the domain in accepts[].extra."
        } else {
            "Check the wallet's USDC and sign a new payment."
        }
    }

    /// Submitted, or perhaps submitted, with the end not seen. `block_height_exceeded` is Solana's
    /// way to say so.
    pub(super) fn is_pending(&self) -> bool {
        self.has(&["pending", "timed_out", "timeout", "block_height_exceeded", "not_confirmed"])
    }

    /// Something went wrong over there, at a point that it does not tell.
    pub(super) fn is_the_facilitators_trouble(&self) -> bool {
        self.has(&["node_failure"])
            || self.0.starts_with("unexpected")
            || matches!(self.as_str(), "unknown_error" | "internal_error" | UNSPECIFIED)
    }

    /// The nonce is spent, or spending it again did not work: by whom and for whom is for the chain
    /// to say. A reverted transaction and a failed simulation are what a facilitator sees when
    /// another submitted the same payment first.
    pub(super) fn may_be_our_own_success(&self) -> bool {
        self.says_used()
            || self.was_only_tried()
            || self.has(&[
                "transaction_failed",
                "failed_onchain",
                "transfer_event_mismatch",
                "invalid_transaction_state",
            ])
    }

    fn has(&self, parts: &[&str]) -> bool {
        parts.iter().any(|part| self.0.contains(part))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, Reason};

    #[test]
    fn a_reason_is_short_and_plain() {
        assert_eq!(Reason::read(&"a".repeat(1_000_000)).as_str(), "a".repeat(LONGEST));
        for (reason, shown) in
            [("a:b_c9", "a:b_c9"), ("née", "n"), ("", "unspecified"), (": x", "unspecified"), ("a::", "a")]
        {
            assert_eq!(Reason::read(reason).as_str(), shown);
        }
    }

    #[test]
    fn a_used_nonce_is_told_from_a_trial_and_from_an_empty_wallet() {
        for (reason, used, tried, poor) in [
            ("invalid_exact_evm_nonce_already_used", true, false, false),
            ("duplicate_settlement", true, false, false),
            ("invalid_exact_evm_transaction_simulation_failed", false, true, false),
            ("invalid_exact_evm_transaction_failed", false, false, false),
            ("invalid_exact_evm_insufficient_balance", false, false, true),
            ("insufficient_funds", false, false, true),
            ("unspecified", false, false, false),
        ] {
            let reason = Reason::read(reason);
            assert_eq!(
                (reason.says_used(), reason.was_only_tried(), reason.says_poor()),
                (used, tried, poor),
                "{reason}"
            );
        }
    }

    #[test]
    fn our_own_words_mean_what_they_say() {
        assert!(Reason::USED.says_used() && Reason::INSUFFICIENT.says_poor());
        assert!(Reason::EXPIRED.remedy().contains("too late") && Reason::CANCELLED.remedy().contains("cancelled"));
        assert!(Reason::INSUFFICIENT.remedy().contains("too little USDC"));
    }
}
