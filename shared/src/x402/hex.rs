//! Bytes as the wire and the nodes write them: `0x` and hexadecimal digits.

use alloy_primitives::hex;

/// `0x` and exactly this many bytes in hexadecimal.
pub(super) fn hex_bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    hex_string(text)?.try_into().ok()
}

/// `0x` and any number of bytes in hexadecimal.
pub(super) fn hex_string(text: &str) -> Option<Vec<u8>> {
    // The decoder would do without a prefix, and skip a second one.
    text.strip_prefix("0x").filter(|digits| !digits.starts_with("0x")).and_then(|digits| hex::decode(digits).ok())
}
