//! A dry run of what is paid for: how it is asked for, and how it is refused where the request that
//! it rehearses would ask for the price. What it answers is in `rehearsed.rs`.

use super::codes::{
    Code, SIGN_IN_REQUIRED, SIWX_EXPIRED, SIWX_INVALID_SIGNATURE, SIWX_MALFORMED, SIWX_NOT_YET_VALID, SIWX_WRONG_CHAIN,
    SIWX_WRONG_DOMAIN, SIWX_WRONG_STATEMENT, SIWX_WRONG_URI,
};
use super::{Field, Kind};

/// What asks for it, in the address.
pub const DRY_RUN: Field = Field::maybe(
    "dry_run",
    Kind::Boolean,
    "`true`: a rehearsal, free of charge. Nothing is bought, dialled or written; the answer says what would happen (`would`), or is \
     the refusal that would come. Sign in (`SIGN-IN-WITH-X`), or send the payment, which is not used and stays good. Any other \
     spelling or value is a 400.",
);

/// What it is refused with besides, in the order in which they win.
pub(super) const UNKNOWN_CALLER: &[Code] = &[
    SIGN_IN_REQUIRED,
    SIWX_MALFORMED,
    SIWX_WRONG_DOMAIN,
    SIWX_WRONG_URI,
    SIWX_WRONG_STATEMENT,
    SIWX_WRONG_CHAIN,
    SIWX_NOT_YET_VALID,
    SIWX_EXPIRED,
    SIWX_INVALID_SIGNATURE,
];

#[cfg(test)]
mod tests {
    use super::UNKNOWN_CALLER;
    use crate::api::codes::{NOT_SIGNED_IN, SIGN_IN_REQUIRED};

    #[test]
    fn a_dry_run_is_refused_as_a_sign_in_is() {
        assert_eq!(UNKNOWN_CALLER.split_first(), Some((&SIGN_IN_REQUIRED, &NOT_SIGNED_IN[..])));
    }
}
