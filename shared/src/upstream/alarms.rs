//! stub
use crate::types::*; use std::time::Duration;
pub struct Alarms; pub struct AlarmsConfig { pub group: String, pub role_arn: String, pub target_arn: String, pub region: String, pub credentials: aws_credential_types::Credentials, pub endpoint: Option<String> }
impl Alarms { pub fn new(_: AlarmsConfig) -> Self { Self } pub async fn set(&self, _: &Wallet, _: &PhoneNumber, _: Timestamp, _: Duration) -> Result<(), String> { Ok(()) } }
