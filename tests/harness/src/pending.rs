//! Stands in for two simulators that are still being written.

use std::time::Duration;

use axum::Router;

use crate::sim::{Answer, Clock, Faults, Twilio};

macro_rules! stand_in {
    ($name:ident) => {
        /// Refuses everything.
        #[derive(Clone)]
        pub struct $name {
            faults: Faults,
            credentials: Credentials,
        }

        impl $name {
            /// Its routes.
            pub fn router(&self) -> Router {
                Router::new()
            }

            /// Its faults.
            pub fn faults(&self) -> &Faults {
                &self.faults
            }

            /// Time passes.
            pub fn travel(&self, _by: Duration) {}
        }
    };
}

/// Bland's two keys.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// Key of the account.
    pub api_key: String,
    /// Handle of the Twilio account.
    pub encrypted_key: String,
}

stand_in!(Bland);

impl Bland {
    /// A new one.
    pub fn new(_twilio: Twilio, _clock: Clock) -> Self {
        Self {
            faults: Faults::new(Answer::html(429)),
            credentials: Credentials {
                api_key: "k".into(),
                encrypted_key: "e".into(),
            },
        }
    }

    /// Its keys.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }
}
