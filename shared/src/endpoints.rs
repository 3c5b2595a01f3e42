//! What is sold and what is free, one file each: requests, answers, and which parts of the domain
//! stand behind them. Each reads like its section of the specification; `functions/` holds a binary
//! for every one, which only calls it, so that what is generic here is compiled once and not in
//! each of them.

pub mod discovery;
mod listed;
mod listed_calls;
pub mod mcp;
pub mod numbers;
pub mod numbers_buy;
pub mod numbers_list;
pub mod numbers_renew;
pub mod rounds;
pub mod voice_call;
pub mod voice_call_ended;
pub mod voice_call_hangup;
pub mod voice_call_status;
pub mod voice_calls;
pub mod voice_calls_list;
