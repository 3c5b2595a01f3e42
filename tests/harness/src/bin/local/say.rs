//! Everything that `cargo local` says to a person. The only module that prints.

#![expect(clippy::print_stdout, reason = "this is where the program speaks")]

use std::time::Duration;

use harness::gateway::Exchange;
use serde_json::Value;

/// How it is used.
pub(crate) fn usage() {
    println!("cargo local         runs the API with simulated neighbours until it is interrupted");
    println!("cargo local demo    buys a number, places calls, hangs up and renews, with test money");
    println!("cargo local outage  has the dialler refuse a call: what a customer is told, what rings, how it ends");
    println!("  --solana          payable on Solana as well");
    println!("  --main            by the names of the main networks, with play money all the same");
    println!("  --chain           on a real node with the real USDC, through a published facilitator (needs Node)");
    println!("  --audit           holds all ledgers against each other when it ends");
    println!("  --facts FILE      beside another one: on ports that are free, which FILE tells");
}

/// A heading.
pub(crate) fn heading(text: &str) {
    println!("\n{text}");
}

/// A name and a value.
pub(crate) fn pair(name: &str, value: &str) {
    println!("  {name:<16}{value}");
}

/// A line of its own.
pub(crate) fn line(text: &str) {
    println!("  {text}");
}

/// Something to type, and what it does.
pub(crate) fn command(command: &str, does: &str) {
    println!("\n  {does}:\n    {command}");
}

/// Something that costs money or will surprise.
pub(crate) fn warning(text: &str) {
    println!("  ! {text}");
}

/// Why it stops.
pub(crate) fn trouble(text: &str) {
    eprintln!("\nerror: {text}");
}

/// A request that went through the gateway.
pub(crate) fn exchange(exchange: &Exchange) {
    let Exchange { method, path, status, took, .. } = exchange;
    println!("  {method} {path} → {status} ({})", span(*took));
}

/// A line in the life of a call.
pub(crate) fn call(call: &str, text: &str) {
    let short: String = call.chars().take(8).collect();
    println!("  call {short}…  {text}");
}

/// A JSON document.
pub(crate) fn document(document: &Value) {
    let text = serde_json::to_string_pretty(document).unwrap_or_default();
    for line in text.lines() {
        println!("      {line}");
    }
}

/// Micro-dollars as dollars.
pub(crate) fn dollars(micros: u64) -> String {
    let (whole, rest) = (micros / 1_000_000, micros % 1_000_000);
    let digits = format!("{rest:06}");
    // Cents are always shown, smaller parts only where there are some.
    let shown = digits.trim_end_matches('0');
    let shown = if shown.len() < 2 { digits.get(..2).unwrap_or_default() } else { shown };
    format!("${whole}.{shown}")
}

fn span(took: Duration) -> String {
    format!("{} ms", took.as_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_show_cents_and_no_more_than_there_is() {
        let shown: Vec<_> = [5_000_000, 540_000, 1_000, 0].into_iter().map(dollars).collect();
        assert_eq!(shown, ["$5.00", "$0.54", "$0.001", "$0.00"]);
    }
}
