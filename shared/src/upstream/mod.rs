//! The vendors, each in a module with its own vocabulary and its own errors; none knows another,
//! and none knows what a sale is. All of them speak over [`crate::wire`].

pub mod alarms;
pub mod bland;
pub mod bucket;
pub mod heard;
pub mod kms;
pub mod twilio;

mod repeatable;
