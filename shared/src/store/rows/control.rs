//! How what an operator switches, and what is done once in a while, stands in its rows.

use serde::Deserialize;

use crate::types::words;

/// `CONTROL` / `CONTROL`: what the operator has switched.
#[derive(Debug, Default, Deserialize)]
pub(in crate::store) struct ControlRow {
    pub paused: Option<Pause>,
    pub paused_at: Option<i64>,
    pub paused_for: Option<String>,
    /// Micro-dollars that were granted and are not on the chain, since selling was last resumed.
    pub missing: Option<u64>,
    /// What destinations are hashed with. It is made once and never changes: another one would
    /// forget the whole list.
    pub salt: Option<String>,
}

/// `OPTOUT#<hash of the E.164 number>` / `OPTOUT`: a person who does not want to be called.
#[derive(Debug, Deserialize)]
pub(in crate::store) struct OptOutRow {
    pub opted_out_at: i64,
    pub opted_out_for: String,
}

words! {
    /// The part of the selling that is paused.
    pub enum Pause {
        /// Neither numbers nor calls. Who has a number keeps it: it is listed and renewed.
        New = "new",
        /// Nothing that is paid for.
        All = "all",
    }
}

/// `TURN` / the name of something regular: when it was last done, and how far it has come.
#[derive(Debug, Default, Deserialize)]
pub(in crate::store) struct TurnRow {
    pub taken_at: Option<i64>,
    /// Since when a chain is watched.
    pub created_at: Option<i64>,
    /// How far a watch has come.
    pub progress: Option<u64>,
    /// How many blocks its next stretch may have,
    pub blocks: Option<u64>,
    /// and how many transactions of its first block are done with.
    pub inside: Option<u64>,
    /// Where a history is being read backwards: from here,
    pub top: Option<u64>,
    /// down to here;
    pub before: Option<String>,
    /// while the watch stood there.
    pub behind: Option<u64>,
    /// How many pages of a list are done with, while it is gone through;
    pub walked: Option<u64>,
    /// what the next one is called,
    pub page: Option<String>,
    /// and what was counted on them, by country: `CA=2,US=40`.
    pub by_country: Option<String>,
    /// What was known of each of the last days' bills: `2026-11-29=1230000,2026-11-30=0`.
    pub by_day: Option<String>,
    /// Until when the files of the books are written.
    pub written_at: Option<i64>,
    /// How many parts of that day are written.
    pub parts: Option<u32>,
}
