//! Why a payment is not taken.

/// A payment that can be read and will not be taken; answered with 402, since signing anew is the
/// remedy. Reasons are `unsupported_scheme`, `network_mismatch`, `asset_mismatch`,
/// `recipient_mismatch`, `value_mismatch`, `self_payment`, `transaction_mismatch`,
/// `invalid_signature`, `not_yet_valid`, `expired`, `window_too_long` and
/// `declined_by_facilitator`.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct PaymentRefused {
    /// A code for programs.
    pub reason: &'static str,
    /// A sentence that says what to do instead. ASCII, like everything in a 402.
    pub message: String,
}

impl PaymentRefused {
    pub(super) fn new(reason: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { reason, message }
    }

    /// Neither the key nor the contract of the payer has signed this.
    pub(super) fn not_signed() -> Self {
        Self::new(
            "invalid_signature",
            "The signature is not by the address in authorization.from. Sign EIP-712 TransferWithAuthorization with the \
             domain in accepts[].extra and a low s.",
        )
    }
}
