//! placeholder
pub mod control;
pub mod sim;
