//! Parameters as a person has typed them, where the template cannot tell what is wrong: who is
//! paid, since an address with a typing error is paid all the same, and what it was paid is lost;
//! and countries and prices, without which functions do not start.

use std::time::Instant;

use alloy_primitives::{Address, hex};
use shared::limits::prices::{Prices, dollars};
use shared::types::{Country, EvmNetwork, SolanaNetwork, Wallet};
use shared::x402::{Nodes, Reach};

use crate::show::ASK;

/// A parameter's value as it is to be kept: that of a payee in its own spelling, or what is wrong
/// with it.
pub(crate) fn parameter(name: &str, value: &str) -> Result<String, String> {
    match name {
        "EvmPayee" => return evm(value),
        "SolanaPayee" if !value.is_empty() => return solana(value),
        "NumberPrices" => drop(Prices::with(value).map_err(|wrong| wrong.to_string())?),
        "PoolCountries" => {
            if let Some(wrong) = value.split(',').find(|name| Country::parse(name.trim()).is_err()) {
                return Err(format!("{wrong} is not a country: two capitals, such as GB"));
            }
        }
        "BlandMinutePrice" if !value.is_empty() && dollars(value).is_none() => {
            return Err("it is not a number of dollars that is more than nothing, such as 0.09".to_owned());
        }
        _ => {}
    }
    Ok(value.to_owned())
}

/// What is wrong with these parameters together, of which each by itself is right.
pub(crate) fn together<'a>(value: impl Fn(&str) -> Option<&'a str>) -> Result<(), String> {
    let dearest = Prices::with(value("NumberPrices").unwrap_or_default()).map(|prices| prices.highest());
    let budget = value("DailyNumberBudget").and_then(dollars);
    match (dearest, budget) {
        (Ok(dearest), Some(budget)) if dearest > budget => Err(format!(
            "a number that costs ${} is never bought with a DailyNumberBudget of ${}",
            dearest.dollars(),
            budget.dollars()
        )),
        _ => Ok(()),
    }
}

/// What is wrong with a node that says what a payee holds, and not what it was paid, as the reaper
/// will ask; nothing, if it says both. It is asked twice: one time-out, or one connection that
/// breaks, is not its answer.
pub(crate) async fn unwatched(nodes: &Nodes, payee: &Wallet) -> Option<String> {
    let mut is_slow = false;
    for _ in 0..2 {
        let begun = Instant::now();
        if nodes.received(payee, None, Reach::default(), None, ASK).await.is_ok() {
            return None;
        }
        is_slow |= begun.elapsed() >= ASK;
    }
    Some(if is_slow {
        format!("the node did not answer within {} seconds what was paid, asked twice; try again", ASK.as_secs())
    } else {
        lacking(payee)
    })
}

fn lacking(payee: &Wallet) -> String {
    let lacks = match payee {
        Wallet::Evm { .. } => {
            "it does not answer eth_getBlockByNumber and eth_getLogs in one request (a JSON-RPC batch)"
        }
        Wallet::Solana { .. } => "it does not answer getSignaturesForAddress",
    };
    format!("the node says what is held, and not what was paid: {lacks}. Payments cannot be looked up with it")
}

/// An address in the spelling of EIP-55. Capitals and small letters together are its checksum,
/// which has to be right; letters of one size have none.
pub(crate) fn evm(text: &str) -> Result<String, String> {
    let digits = text.strip_prefix("0x").filter(|digits| digits.len() == 40);
    let bytes = digits.and_then(|digits| hex::decode_to_array::<_, 20>(digits).ok());
    let address = Address::from(bytes.ok_or("it is not an address: 0x and 40 hexadecimal digits")?);
    let has = |of: fn(&char) -> bool| digits.is_some_and(|digits| digits.chars().any(|it| of(&it)));
    let is_mixed = has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase);
    if is_mixed && text != address.to_checksum(None) {
        return Err("its capitals do not fit its digits (EIP-55): one of them was mistyped".to_owned());
    }
    if address.is_zero() || [EvmNetwork::Base, EvmNetwork::BaseSepolia].map(EvmNetwork::usdc).contains(&address) {
        return Err("it does not belong to any wallet: what is sent there is lost".to_owned());
    }
    Ok(address.to_checksum(None))
}

/// A wallet on Solana: 32 bytes in base58, which has one spelling and no checksum.
fn solana(text: &str) -> Result<String, String> {
    let wallet =
        Wallet::on(SolanaNetwork::Mainnet.into(), text).map_err(|_| "it is not a wallet: 32 bytes in base58")?;
    let Wallet::Solana { address, .. } = wallet else { return Err("it is not a wallet on Solana".to_owned()) };
    let nowhere = address.to_bytes() == [0; 32];
    if nowhere || [SolanaNetwork::Mainnet, SolanaNetwork::Devnet].map(SolanaNetwork::usdc).contains(&address) {
        return Err("it does not belong to any wallet: what is sent there is lost".to_owned());
    }
    Ok(address.to_string())
}

#[cfg(test)]
mod tests {
    use super::{parameter, together};

    const PAYEE: &str = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";

    #[test]
    fn an_address_with_a_typing_error_is_refused_and_one_without_is_shown_with_its_checksum() {
        let (small, capitals) = (PAYEE.to_lowercase(), format!("0x{}", PAYEE[2..].to_uppercase()));
        for spelled in [PAYEE, &small, &capitals] {
            assert_eq!(parameter("EvmPayee", spelled).as_deref(), Ok(PAYEE), "{spelled}");
        }
        for (mistyped, why) in [
            // A digit, a letter, a capital, two that changed places.
            (PAYEE.replace("a9", "a8"), "EIP-55"),
            (PAYEE.replace("fa2b", "fa2c"), "EIP-55"),
            (PAYEE.replace("FA42", "fA42"), "EIP-55"),
            (PAYEE.replace("Cd", "dC"), "EIP-55"),
            (PAYEE.replace("3C44", "3C4"), "40 hexadecimal digits"),
            (PAYEE.replace("0x", ""), "40 hexadecimal digits"),
            (PAYEE.replace("0x", "0X"), "40 hexadecimal digits"),
            (PAYEE.replace("3C44", "3O44"), "40 hexadecimal digits"),
            (format!("0x{}", "0".repeat(40)), "not belong to any wallet"),
            ("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913".to_owned(), "not belong to any wallet"),
        ] {
            assert!(parameter("EvmPayee", &mistyped).is_err_and(|it| it.contains(why)), "{mistyped}");
        }
    }

    #[test]
    fn a_wallet_on_solana_has_32_bytes() {
        let wallet = "9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM";
        assert_eq!(parameter("SolanaPayee", wallet).as_deref(), Ok(wallet));
        assert_eq!(parameter("SolanaPayee", "").as_deref(), Ok(""));
        for (mistyped, why) in [
            (&wallet[..40], "32 bytes"),
            ("9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWW0", "32 bytes"),
            ("11111111111111111111111111111111", "not belong to any wallet"),
            ("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", "not belong to any wallet"),
        ] {
            assert!(parameter("SolanaPayee", mistyped).is_err_and(|it| it.contains(why)), "{mistyped}");
        }
        assert_eq!(parameter("DailyCallBudget", "1").as_deref(), Ok("1"), "what is not a payee is left alone");
    }

    #[test]
    fn a_country_or_a_price_with_a_typing_error_is_refused() {
        for (name, right, wrong) in [
            ("NumberPrices", &["", "GB=1.15", "GB=1.15,DE=2"][..], &["UK=1.15", "GB=0", "GB=1.15,UK=2", "GB"][..]),
            ("PoolCountries", &["US", "US,GB"], &["UK", "US,UK", "", "US,"]),
            ("BlandMinutePrice", &["", "0.09", "0.000001", "99.999999"], &["0", "0.0", "00.000000", "x"]),
        ] {
            for right in right {
                assert_eq!(parameter(name, right).as_deref(), Ok(*right), "{name}");
            }
            for wrong in wrong {
                assert!(parameter(name, wrong).is_err(), "{name}={wrong}");
            }
        }
    }

    #[test]
    fn a_days_budget_holds_the_dearest_number() {
        for (prices, budget, fits) in [
            (None, Some("2"), true),
            (None, Some("1"), false),
            (Some("GB=6"), Some("6"), true),
            (Some("GB=6.01"), Some("6"), false),
            (Some("GB=6.01"), None, true),
        ] {
            let value = |name: &str| if name == "NumberPrices" { prices } else { budget };
            assert_eq!(together(value).is_ok(), fits, "{prices:?} {budget:?}");
        }
    }
}
