//! Which neighbours are simulated, and which are the real ones because their credentials are in the environment.

use std::collections::BTreeMap;

use crate::{Trouble, say};

/// The real neighbours, as variables for the functions.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// Variables that replace the simulators'.
    pub variables: BTreeMap<String, String>,
    /// The carrier is real.
    pub twilio: bool,
    /// The dialler is real.
    pub bland: bool,
    /// The facilitator is real.
    pub facilitator: bool,
    /// The table is real.
    pub table: bool,
}

impl Neighbours {
    /// Of this process's environment.
    pub fn of_process() -> Result<Self, Trouble> {
        #[expect(clippy::disallowed_methods, reason = "this decides which of the environment the functions get")]
        Self::of(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn of(read: impl Fn(&str) -> Option<String>) -> Result<Self, Trouble> {
        let all = |names: &[&str]| names.iter().all(|name| read(name).is_some());
        let mut this = Self {
            twilio: all(&["TWILIO_ACCOUNT_SID", "TWILIO_API_KEY", "TWILIO_API_SECRET"]),
            bland: all(&["BLAND_API_KEY", "BLAND_ENCRYPTED_KEY"]),
            facilitator: all(&["FACILITATOR_URL"]),
            table: all(&["AWS_ACCESS_KEY_ID", "TABLE_NAME"]),
            variables: BTreeMap::new(),
        };
        let mut take = |name: &str, otherwise: &str| {
            this.variables.insert(name.to_owned(), read(name).unwrap_or_else(|| otherwise.to_owned()));
        };
        if this.twilio {
            take("TWILIO_URL", "https://api.twilio.com");
            for name in ["TWILIO_ACCOUNT_SID", "TWILIO_API_KEY", "TWILIO_API_SECRET"] {
                take(name, "");
            }
        }
        if this.bland {
            take("BLAND_URL", "https://api.bland.ai");
            take("BLAND_API_KEY", "");
            take("BLAND_ENCRYPTED_KEY", "");
        }
        if this.facilitator {
            if read("EVM_PAYEE").is_none() {
                return Err("FACILITATOR_URL is set, so money will move: EVM_PAYEE must say who is paid".to_owned());
            }
            take("PAYMENT_NETWORKS", "eip155:84532");
            for name in ["FACILITATOR_URL", "EVM_PAYEE", "EVM_RPC_URL", "CDP_API_KEY_ID", "CDP_API_KEY_SECRET"] {
                take(name, "");
            }
        }
        if this.table {
            for name in ["TABLE_NAME", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
                take(name, "");
            }
            take("AWS_REGION", "us-east-1");
            // Empty is the region's own.
            take("AWS_ENDPOINT_URL_DYNAMODB", "");
        }
        Ok(this)
    }

    /// Says which is which.
    pub fn tell(&self) {
        let shown = |real: bool| if real { "REAL" } else { "simulated" };
        say::heading("Neighbours");
        say::pair("facilitator", shown(self.facilitator));
        say::pair("Twilio", shown(self.twilio));
        say::pair("Bland", shown(self.bland));
        say::pair("table", shown(self.table));
        if self.facilitator {
            say::warning("payments are settled by a real facilitator: bring a wallet of your own");
        }
        if self.twilio {
            say::warning("numbers that are bought are billed to the Twilio account in TWILIO_ACCOUNT_SID");
        }
        if self.bland {
            say::warning("calls ring real phones, and are billed to the Bland account in BLAND_API_KEY");
        }
        if self.bland != self.twilio {
            say::warning("Bland only knows numbers of the Twilio account it is connected to: use both or neither");
        }
    }

    /// Whether the money is test money.
    pub fn is_play_money(&self) -> bool {
        !self.facilitator
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
        assert!(bland.bland && !bland.twilio);
        assert_eq!(bland.variables.get("BLAND_URL").map(String::as_str), Some("https://api.bland.ai"));
        Ok(())
    }

    #[test]
    fn real_money_needs_somebody_who_is_paid() {
        assert!(of(&[("FACILITATOR_URL", "https://x402.org/facilitator")]).is_err_and(|why| why.contains("EVM_PAYEE")));
    }
}
