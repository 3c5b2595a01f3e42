//! Writes the signed payments, the documents of sign-ins and the messages to the MCP server into
//! the fuzzer's corpus. They cannot be typed by hand, and the fuzzer cannot invent them; to be run
//! again when they have changed: `cargo run -p fuzz-targets --example seeds`.

use std::fs;
use std::io;
use std::path::Path;

use fuzz_targets::signed::{ALL, encode};
use fuzz_targets::{mcp, sign_in};

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/payment_header");
    fs::create_dir_all(&corpus)?;
    for (place, payment) in ALL.iter().enumerate() {
        // The byte before says for which endpoint, in which header, and how it is written: see
        // `payment_header`.
        let endpoint = match payment.transfer.value {
            5_000_000 => '4',
            1_000 => '<',
            _ => '0',
        };
        fs::write(corpus.join(format!("seed-{place}-v1")), format!("{endpoint}{}", payment.v1()))?;
        fs::write(corpus.join(format!("seed-{place}-header")), format!("3{}", encode(&payment.v1())))?;
        fs::write(corpus.join(format!("seed-{place}-v2")), format!("{endpoint}{}", payment.v2()))?;
    }
    let corpus = corpus.with_file_name("sign_in");
    fs::create_dir_all(&corpus)?;
    for (place, document) in sign_in::seeds().into_iter().enumerate() {
        // To be signed, and as it is.
        fs::write(corpus.join(format!("seed-{place}-signed")), format!("0{document}"))?;
        fs::write(corpus.join(format!("seed-{place}-unsigned")), format!("1{document}"))?;
    }
    let corpus = corpus.with_file_name("mcp");
    fs::create_dir_all(&corpus)?;
    for (place, message) in mcp::seeds().into_iter().enumerate() {
        fs::write(corpus.join(format!("seed-{place}")), message)?;
    }
    Ok(())
}
