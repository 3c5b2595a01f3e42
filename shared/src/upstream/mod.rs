//! The vendors, each in a module with its own vocabulary and its own errors; none knows another, and none knows what a
//! sale is. All of them speak through [`http`].

pub mod alarms;
pub mod bland;
pub mod http;
pub mod kms;
pub mod secrets;
pub mod signature;
pub mod twilio;

mod repeatable;

#[cfg(test)]
mod canned;
