//! What the carrier and the dialler say when numbers are bought, as what a buyer is told. Their
//! trouble with our account is for the log.

use crate::refusal::Refusal;
use crate::telemetry::{self, Neighbour};
use crate::upstream::bland::BlandError;
use crate::upstream::twilio::{BuyError, TwilioError};

/// What a buyer is told where a vendor refuses our account, whichever of the two it is: both are
/// needed for a number.
const NOT_NOW: &str = "number purchases are not available at the moment";

pub(super) fn twilio_failed(error: TwilioError) -> Refusal {
    match error {
        TwilioError::RateLimited { retry_after } => {
            Refusal::UpstreamRateLimited { vendor: Neighbour::Twilio, retry_after }
        }
        TwilioError::Refused(said) => Refusal::Upstream { vendor: Neighbour::Twilio, message: said.message },
        TwilioError::Account(said) => {
            telemetry::locked_out(Neighbour::Twilio, &said);
            Refusal::Upstream { vendor: Neighbour::Twilio, message: NOT_NOW.to_owned() }
        }
        TwilioError::NotOffered => Refusal::Upstream { vendor: Neighbour::Twilio, message: error.to_string() },
        TwilioError::NotSent | TwilioError::Unknown => failed(Neighbour::Twilio, &error),
    }
}

pub(super) fn buy_failed(error: BuyError) -> Refusal {
    match error {
        BuyError::RateLimited { retry_after } => twilio_failed(TwilioError::RateLimited { retry_after }),
        BuyError::Refused(said) => twilio_failed(TwilioError::Refused(said)),
        BuyError::Account(said) => twilio_failed(TwilioError::Account(said)),
        BuyError::Taken => Refusal::Upstream { vendor: Neighbour::Twilio, message: error.to_string() },
        BuyError::NotSent | BuyError::Unknown => failed(Neighbour::Twilio, &error),
    }
}

pub(super) fn bland_failed(error: BlandError) -> Refusal {
    match error {
        BlandError::RateLimited { retry_after } => {
            Refusal::UpstreamRateLimited { vendor: Neighbour::Bland, retry_after }
        }
        BlandError::Account { message } => {
            telemetry::locked_out(Neighbour::Bland, &message);
            Refusal::Upstream { vendor: Neighbour::Bland, message: NOT_NOW.to_owned() }
        }
        other => failed(Neighbour::Bland, &other),
    }
}

/// A vendor that says nothing of use, whatever it was asked.
fn failed(vendor: Neighbour, error: &dyn std::error::Error) -> Refusal {
    telemetry::vendor_failed(vendor);
    Refusal::Upstream { vendor, message: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::twilio::Said;

    #[test]
    fn a_buyer_is_told_of_numbers_and_never_of_calls_or_of_our_account() {
        let said = Said { code: Some(20003), message: "our secret balance".to_owned() };
        for refusal in [
            bland_failed(BlandError::Account { message: said.message.clone() }),
            twilio_failed(TwilioError::Account(said.clone())),
            buy_failed(BuyError::Account(said)),
        ] {
            let Refusal::Upstream { message, .. } = refusal else { panic!("{refusal:?}") };
            assert_eq!(message, "number purchases are not available at the moment");
        }
    }
}
