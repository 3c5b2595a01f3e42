//! What the carrier and the dialler say when numbers are bought, as what a buyer is told. Their trouble with our account is
//! for the log.

use crate::refusal::Refusal;
use crate::telemetry::{self, Neighbour};
use crate::upstream::bland::BlandError;
use crate::upstream::twilio::{BuyError, TwilioError};

pub(super) fn twilio_failed(error: TwilioError) -> Refusal {
    match error {
        TwilioError::RateLimited { retry_after } => {
            Refusal::UpstreamRateLimited { vendor: Neighbour::Twilio, retry_after }
        }
        TwilioError::Refused(said) => Refusal::Upstream { vendor: Neighbour::Twilio, message: said.message },
        TwilioError::Account(said) => {
            telemetry::locked_out(Neighbour::Twilio, &said);
            Refusal::Upstream {
                vendor: Neighbour::Twilio,
                message: "number purchases are not available at the moment".to_owned(),
            }
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
            Refusal::Upstream { vendor: Neighbour::Bland, message: "calls are not available at the moment".to_owned() }
        }
        other => failed(Neighbour::Bland, &other),
    }
}

/// A vendor that says nothing of use, whatever it was asked.
fn failed(vendor: Neighbour, error: &dyn std::error::Error) -> Refusal {
    telemetry::vendor_failed(vendor);
    Refusal::Upstream { vendor, message: error.to_string() }
}
