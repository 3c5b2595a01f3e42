//! The words that everything else is written in. They know how to be read and written, and nothing
//! about payment, storage or HTTP.

mod area_code;
pub mod areas;
mod blank;
pub mod call;
mod country;
mod decimal;
mod ids;
mod json;
mod left_over;
mod letters;
mod network;
mod phone_number;
mod place;
mod question;
mod run;
mod slip;
mod time;
mod usdc;
mod wallet;
mod words;

pub use area_code::{AreaCode, FREEPHONE_AREAS, NotAnAreaCode};
pub use blank::{AROUND_A_CODE, BLANKS, bare, is_blank, leaves_no_mark, trimmed, unreadable, visible, without_width};
pub use country::{Country, NotACountry};
pub use decimal::Decimal;
pub use ids::{AttemptId, CallId, NotACallId, PaymentId, TransactionId};
pub use json::{Object, nesting, whole};
pub use left_over::{LEFT_OVER, WORDS_FOR_NOTHING, is_a_word_for_nothing, is_left_over};
pub use letters::{LONGEST_READ, in_latin};
pub use network::{EvmNetwork, Network, SolanaNetwork};
pub use phone_number::{NotE164, PhoneNumber};
pub use place::{Before, Place, Searched};
pub use question::{AnswerKind, Question};
pub use run::Run;
pub use slip::{is_misspelt, is_one_slip_from};
pub use solana_address::Address as SolanaAddress;
pub use time::{DAY, Timestamp, instant, parsed, rfc3339, whole_days};
pub use usdc::Usdc;
pub use wallet::{NotAnAccount, NotAnAddress, Wallet};
pub(crate) use words::words;
