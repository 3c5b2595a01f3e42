//! Who is paid, as a person has typed it: an address with a typing error is paid all the same, and what it was paid is lost.

use alloy_primitives::{Address, hex};
use shared::types::{EvmNetwork, SolanaNetwork, Wallet};

/// A parameter's value as it is to be kept: that of a payee in its own spelling, or what is wrong with it.
pub(crate) fn parameter(name: &str, value: &str) -> Result<String, String> {
    match name {
        "EvmPayee" => evm(value),
        "SolanaPayee" if !value.is_empty() => solana(value),
        _ => Ok(value.to_owned()),
    }
}

/// An address in the spelling of EIP-55. Capitals and small letters together are its checksum, which has to be right; letters of one
/// size have none.
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
        return Err("it is no wallet's: what is sent there is lost".to_owned());
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
        return Err("it is no wallet's: what is sent there is lost".to_owned());
    }
    Ok(address.to_string())
}

#[cfg(test)]
mod tests {
    use super::parameter;

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
            (format!("0x{}", "0".repeat(40)), "no wallet's"),
            ("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913".to_owned(), "no wallet's"),
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
            ("11111111111111111111111111111111", "no wallet's"),
            ("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", "no wallet's"),
        ] {
            assert!(parameter("SolanaPayee", mistyped).is_err_and(|it| it.contains(why)), "{mistyped}");
        }
        assert_eq!(parameter("DailyCallBudget", "1").as_deref(), Ok("1"), "what is no payee is left alone");
    }
}
