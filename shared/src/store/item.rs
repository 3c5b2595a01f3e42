//! An item in DynamoDB's own terms.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

/// Attributes by their names.
pub(super) type Item = HashMap<String, AttributeValue>;
