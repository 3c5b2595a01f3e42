//! Why a payment header cannot be read.

/// The largest payment header that is read. The gateway's limit for all headers together is 10 KB.
pub const LONGEST: usize = 8 * 1024;

/// Why a payment header cannot be read. Nothing of the header is repeated, since its contents are
/// money.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Malformed {
    /// Two payments that differ: which one was meant is not ours to guess.
    #[error(
        "there are two different payments; send one, as PAYMENT-SIGNATURE (x402 version 2) or X-PAYMENT (version 1)"
    )]
    Several,
    /// One of two, where the other may be good.
    #[error("of two payments the one in {place} cannot be read: {why}; leave it out, or send the same one twice")]
    OneOfTwo {
        /// The header that it stands in.
        place: &'static str,
        /// What is wrong with it.
        why: Box<Malformed>,
    },
    /// The document as it is, where its base64 belongs.
    #[error("it is JSON; send that JSON encoded as base64")]
    PlainJson,
    /// Over [`LONGEST`].
    #[error("it is longer than {} bytes", LONGEST)]
    TooLong,
    /// Not base64.
    #[error("it is not base64, without whitespace")]
    NotBase64,
    /// Written as a part of an address.
    #[error("it is escaped as in an address, with `%3D` for `=`; send the base64 as it is")]
    Escaped,
    /// Bytes that are not text: what a client has that it has not put into a payment.
    #[error(
        "it is a signature, a hash, a transaction or other bytes alone; send the whole x402 payment, which is JSON, encoded as \
         base64"
    )]
    Bare,
    /// Text of another kind, as some systems write it.
    #[error("it does not decode to UTF-8; encode the UTF-8 bytes of the JSON as base64")]
    NotUtf8,
    /// The decoded header is not JSON.
    #[error("it does not decode to JSON")]
    NotJson,
    /// Nested deeper than any payment is.
    #[error("its JSON is nested too deeply")]
    TooDeep,
    /// Neither version 1 nor version 2.
    #[error("it is not an x402 payment: `x402Version` must be 1 or 2")]
    UnknownVersion,
    /// A field is missing, repeated, or not what it should be.
    #[error("it is not an x402 payment: {0}")]
    Shape(String),
}

impl Malformed {
    /// The same of one among as many payments.
    pub(super) fn of(self, several: usize, place: &'static str) -> Self {
        if several > 1 { Self::OneOfTwo { place, why: Box::new(self) } } else { self }
    }
}
