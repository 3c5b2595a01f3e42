//! The table in the hands of an operator, for tests that write what no request can.

use aws_credential_types::Credentials;
use harness::Stack;
use shared::store::Store;
use shared::types::{AttemptId, Timestamp};
use shared::wire::aws::Service;

/// The table, with every right.
pub(crate) fn operator(stack: &Stack) -> Store {
    let service = Service {
        region: "us-east-1".to_owned(),
        credentials: Credentials::new("operator", "operator", None, None, "test"),
        endpoint: Some(stack.urls.dynamo.clone()),
    };
    Store::new(service, stack.dynamo.table().to_owned())
}

/// An attempt of the operator's.
pub(crate) fn by(name: u128) -> AttemptId {
    AttemptId::from_bits(name)
}

/// Some instant: what is written so has no other.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).expect("a time")
}
