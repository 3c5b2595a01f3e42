//! What a client wants, what may go wrong, what a client does then, and what has to hold
//! afterwards: the parts that the matrix of faults, the random walk and the soak are made of. It
//! knows the published API and the table as it is written down, and nothing of the code behind
//! them.

pub(crate) mod client;
pub(crate) mod dice;
pub(crate) mod harm;
pub(crate) mod kills;
pub(crate) mod life;
pub(crate) mod truth;

pub(crate) use client::Conduct;
pub(crate) use dice::Dice;
pub(crate) use harm::{Blow, Harm};
