//! Whether a request is meant.

/// The mode of a request: meant, or rehearsed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Run {
    /// It is meant.
    Real,
    /// A dry run: what would come of it is found out by reading the table. No neighbour is asked,
    /// and nothing is written.
    Dry,
}
