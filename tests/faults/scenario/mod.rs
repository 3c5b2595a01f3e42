//! What a client wants, what may go wrong, what a client does then, and what has to hold afterwards: the parts that the
//! matrix of faults, the random walk and the soak are made of. It knows the published API and the table as it is written
//! down, and nothing of the code behind them.

pub mod client;
pub mod dice;
pub mod harm;
pub mod kills;
pub mod truth;

pub use client::{Conduct, Told};
pub use dice::Dice;
pub use harm::{Blow, Harm};
