//! What endpoints are refused with alike, in the order in which it wins: what is paid for, and what
//! a wallet signs in for.

/// The refusals of what is paid for, with an endpoint's own ones where they come: the body is read,
/// and nothing is counted yet.
macro_rules! of_paid {
    ($($own:expr),* $(,)?) => {
        &[
            $crate::api::codes::METHOD_NOT_ALLOWED,
            $crate::api::codes::TOO_LARGE,
            $crate::api::codes::INVALID_PAYMENT,
            $crate::api::codes::PAYMENT_REQUIRED,
            $crate::api::codes::PAYMENT_CONFLICT,
            $crate::api::codes::IDEMPOTENCY_CONFLICT,
            $crate::api::codes::PAYMENT_IN_PROGRESS,
            $crate::api::codes::PAYMENT_RETURNED,
            $crate::api::codes::WALLET_BLOCKED,
            $crate::api::codes::SELLING_PAUSED,
            $crate::api::codes::BAD_REQUEST,
            $($own,)*
            $crate::api::codes::RATE_LIMITED,
            $crate::api::codes::UPSTREAM_RATE_LIMITED,
            $crate::api::codes::UPSTREAM_ERROR,
            $crate::api::codes::NOT_SETTLED,
            $crate::api::codes::PAYMENT_PENDING,
            $crate::api::codes::INTERNAL_ERROR,
        ]
    };
}

/// The refusals of what a wallet signs in for, with an endpoint's own ones.
macro_rules! of_signed_in {
    ($($own:expr),* $(,)?) => {
        &[
            $crate::api::codes::METHOD_NOT_ALLOWED,
            $crate::api::codes::SIGN_IN_REQUIRED,
            $crate::api::codes::SIWX_MALFORMED,
            $crate::api::codes::SIWX_WRONG_DOMAIN,
            $crate::api::codes::SIWX_WRONG_URI,
            $crate::api::codes::SIWX_WRONG_STATEMENT,
            $crate::api::codes::SIWX_WRONG_CHAIN,
            $crate::api::codes::SIWX_NOT_YET_VALID,
            $crate::api::codes::SIWX_EXPIRED,
            $crate::api::codes::SIWX_INVALID_SIGNATURE,
            $($own,)*
            $crate::api::codes::INTERNAL_ERROR,
        ]
    };
}

pub(super) use {of_paid, of_signed_in};
