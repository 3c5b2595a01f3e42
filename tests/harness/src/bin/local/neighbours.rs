//! Which neighbours are simulated, and which are the real ones because their credentials are in the
//! environment.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Trouble, say};

/// A neighbour that may be the real one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Real {
    /// The carrier.
    Twilio,
    /// The dialler.
    Bland,
    /// The facilitator, and with it the money.
    Facilitator,
    /// The table.
    Table,
}

/// The real neighbours, and what the functions have to know of them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Neighbours {
    /// Variables that replace the simulators'.
    pub(crate) variables: BTreeMap<String, String>,
    real: BTreeSet<Real>,
}

impl Neighbours {
    /// Of this process's environment.
    pub(crate) fn of_process() -> Result<Self, Trouble> {
        #[expect(clippy::disallowed_methods, reason = "this decides which of the environment the functions get")]
        Self::of(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn of(look_up: impl Fn(&str) -> Option<String>) -> Result<Self, Trouble> {
        let all = |names: &[&str]| names.iter().all(|name| look_up(name).is_some());
        let needs: [(Real, &[&str]); 4] = [
            (Real::Twilio, &["TWILIO_ACCOUNT_SID", "TWILIO_API_KEY", "TWILIO_API_SECRET"]),
            (Real::Bland, &["BLAND_API_KEY", "BLAND_ENCRYPTED_KEY"]),
            (Real::Facilitator, &["FACILITATOR_URL"]),
            (Real::Table, &["AWS_ACCESS_KEY_ID", "TABLE_NAME"]),
        ];
        let real: BTreeSet<Real> = needs.into_iter().filter(|(_, names)| all(names)).map(|(real, _)| real).collect();
        let mut variables = BTreeMap::new();
        let mut take = |name: &str, otherwise: &str| {
            variables.insert(name.to_owned(), look_up(name).unwrap_or_else(|| otherwise.to_owned()));
        };
        if real.contains(&Real::Twilio) {
            take("TWILIO_URL", "https://api.twilio.com");
            for name in ["TWILIO_ACCOUNT_SID", "TWILIO_API_KEY", "TWILIO_API_SECRET"] {
                take(name, "");
            }
        }
        if real.contains(&Real::Bland) {
            take("BLAND_URL", "https://api.bland.ai");
            take("BLAND_API_KEY", "");
            take("BLAND_ENCRYPTED_KEY", "");
        }
        if real.contains(&Real::Facilitator) {
            if look_up("EVM_PAYEE").is_none() {
                return Err("FACILITATOR_URL is set, so money will move: EVM_PAYEE must say who is paid".to_owned());
            }
            take("PAYMENT_NETWORKS", "eip155:84532");
            take("FACILITATOR_AUTH", if look_up("CDP_API_KEY_ID").is_some() { "cdp" } else { "none" });
            for name in ["FACILITATOR_URL", "EVM_PAYEE", "EVM_RPC_URL", "CDP_API_KEY_ID", "CDP_API_KEY_SECRET"] {
                take(name, "");
            }
            for name in ["SOLANA_PAYEE", "SOLANA_RPC_URL", "REFUND_SOLANA_KEY"] {
                take(name, "");
            }
        }
        if real.contains(&Real::Table) {
            for name in ["TABLE_NAME", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
                take(name, "");
            }
            take("AWS_REGION", "us-east-1");
            // Empty is the region's own.
            take("AWS_ENDPOINT_URL_DYNAMODB", "");
        }
        Ok(Self { variables, real })
    }

    /// Says which is which.
    pub(crate) fn tell(&self) {
        let shown = |real: bool| if real { "REAL" } else { "simulated" };
        say::heading("Neighbours");
        say::pair("facilitator", shown(self.is_real(Real::Facilitator)));
        say::pair("Twilio", shown(self.is_real(Real::Twilio)));
        say::pair("Bland", shown(self.is_real(Real::Bland)));
        say::pair("table", shown(self.is_real(Real::Table)));
        if self.is_real(Real::Facilitator) {
            say::warning("payments are settled by a real facilitator: bring a wallet of your own");
        }
        if self.is_real(Real::Twilio) {
            say::warning("numbers that are bought are billed to the Twilio account in TWILIO_ACCOUNT_SID");
        }
        if self.is_real(Real::Bland) {
            say::warning("calls ring real phones, and are billed to the Bland account in BLAND_API_KEY");
        }
        if self.is_real(Real::Bland) != self.is_real(Real::Twilio) {
            say::warning("Bland only knows numbers of the Twilio account it is connected to: use both or neither");
        }
    }

    /// Whether a neighbour is the real one.
    pub(crate) fn is_real(&self, which: Real) -> bool {
        self.real.contains(&which)
    }

    /// Whether the money is test money.
    pub(crate) fn is_play_money(&self) -> bool {
        !self.is_real(Real::Facilitator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(environment: &[(&str, &str)]) -> Result<Neighbours, Trouble> {
        let environment: BTreeMap<_, _> = environment.iter().copied().collect();
        Neighbours::of(|name| environment.get(name).map(|value| (*value).to_owned()))
    }

    #[test]
    fn nothing_is_real_by_itself() {
        assert_eq!(of(&[("TWILIO_ACCOUNT_SID", "AC1"), ("AWS_ACCESS_KEY_ID", "x")]), Ok(Neighbours::default()));
    }

    #[test]
    fn a_neighbour_is_real_when_all_its_credentials_are_there() -> Result<(), Trouble> {
        let bland = of(&[("BLAND_API_KEY", "k"), ("BLAND_ENCRYPTED_KEY", "e")])?;
        assert!(bland.is_real(Real::Bland) && !bland.is_real(Real::Twilio));
        assert_eq!(bland.variables.get("BLAND_URL").map(String::as_str), Some("https://api.bland.ai"));
        Ok(())
    }

    #[test]
    fn real_money_needs_a_payee() {
        assert!(of(&[("FACILITATOR_URL", "https://x402.org/facilitator")]).is_err_and(|why| why.contains("EVM_PAYEE")));
    }
}
