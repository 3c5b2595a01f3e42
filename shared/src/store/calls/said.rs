//! What was said in a call, in parts beside the call's own item: a look that heard one more line writes the last of them, and
//! one that heard nothing new writes none. The call's item names each part by its digest, so a reader knows whether what it
//! has read belongs together.
//!
//! `docs/decisions.md`: Why does what was said lie beside the call, and in parts?

use alloy_primitives::hex;
use sha2::{Digest, Sha256};

use crate::store::change::{Change, Step};
use crate::store::item::Item;
use crate::store::rows::{LINES, SaidRow, TTL, UtteranceRow, Value};
use crate::store::{StoreFault, keys};
use crate::types::CallId;
use crate::types::call::Utterance;

/// Bytes of a part, but for its last line: what is written anew with each line.
const PART: usize = 4 * 1024;
/// What a line takes beside its words.
const LINE: usize = 32;
/// A transaction writes a hundred items at most. The last part takes what is left.
const PARTS: usize = 80;
/// Bytes of a digest: enough to tell two versions of a part apart.
const DIGEST: usize = 6;

/// A part of what was said.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Part<'a> {
    lines: &'a [Utterance],
}

/// The parts of a transcript. One that grows at its end changes its last part, or begins another one.
pub(super) fn parts(mut transcript: &[Utterance]) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    while !transcript.is_empty() {
        let most = if parts.len() + 1 < PARTS { fitting(transcript) } else { transcript.len() };
        let (lines, rest) = transcript.split_at_checked(most).unwrap_or((transcript, &[]));
        parts.push(Part { lines });
        transcript = rest;
    }
    parts
}

/// How many lines fit into a part: one at least.
fn fitting(transcript: &[Utterance]) -> usize {
    let mut bytes = 0_usize;
    let fits = |line: &&Utterance| {
        bytes = bytes.saturating_add(line.text.len() + LINE);
        bytes <= PART
    };
    transcript.iter().take_while(fits).count().max(1)
}

impl Part<'_> {
    /// What the call's item knows it by.
    pub(super) fn digest(&self) -> String {
        let mut digest = Sha256::new();
        for Utterance { role, text } in self.lines {
            digest.update(role.as_str());
            digest.update(text.len().to_be_bytes());
            digest.update(text);
        }
        let digest: [u8; 32] = digest.finalize().into();
        hex::encode(digest.get(..DIGEST).unwrap_or_default())
    }
}

/// The writes that make one transcript of another. A part that is no longer needed stays, unread, until its time is up.
pub(super) fn changed(
    call: &CallId,
    known: &[Part<'_>],
    now: &[Part<'_>],
    kept_until: i64,
) -> Result<Vec<Step>, StoreFault> {
    let new = now.iter().enumerate().filter(|(number, part)| known.get(*number) != Some(*part));
    new.map(|(number, part)| {
        let lines: Vec<UtteranceRow> = part.lines.iter().map(UtteranceRow::from).collect();
        let change = Change::update(keys::said(call, number)).set(LINES, Value::row(&lines)?);
        Ok(change.set(TTL, kept_until).anyway())
    })
    .collect()
}

/// What was said, from the items that were read, up to the first that is not the part that the call's item names; and whether that
/// is all of it.
pub(super) fn whole(call: &CallId, named: &[String], items: &[Item]) -> Result<(Vec<Utterance>, bool), StoreFault> {
    let mut transcript = Vec::new();
    for (number, digest) in named.iter().enumerate() {
        let key = keys::said(call, number);
        let item = items.iter().find(|item| keys::Key::of(item).as_ref() == Some(&key));
        let row: SaidRow = serde_dynamo::from_item(item.cloned().unwrap_or_default())?;
        let lines: Vec<Utterance> = row.lines.into_iter().map(Utterance::from).collect();
        // What comes after a part that is not there is left out, too: a conversation with a gap says what was not said.
        if (Part { lines: &lines }).digest() != *digest {
            return Ok((transcript, false));
        }
        transcript.extend(lines);
    }
    Ok((transcript, true))
}

#[cfg(test)]
mod tests {
    use super::{Item, LINES, PART, PARTS, Part, UtteranceRow, Value, parts, whole};
    use crate::store::keys;
    use crate::types::CallId;
    use crate::types::call::{Role, Utterance};

    fn lines(many: usize, bytes: usize) -> Vec<Utterance> {
        let line = |number: usize| Utterance { role: Role::User, text: format!("{number}{}", "-".repeat(bytes)) };
        (0..many).map(line).collect()
    }

    #[test]
    fn a_transcript_that_grows_changes_its_last_part_alone() {
        let all = lines(400, 80);
        for many in 1..all.len() {
            let (before, after) = (parts(&all[..many]), parts(&all[..=many]));
            let same = before.iter().zip(&after).filter(|(before, after)| before == after).count();
            assert!(same + 1 >= before.len() && after.len() <= before.len() + 1, "{many}");
        }
        let parts = parts(&all);
        assert_eq!(parts.iter().map(|part| part.lines.len()).sum::<usize>(), all.len());
        assert!(parts.iter().all(|part| part.lines.iter().map(|line| line.text.len()).sum::<usize>() <= PART));
    }

    #[test]
    fn whatever_is_said_fits_into_one_transaction() {
        for (many, bytes) in [(0, 1), (1, 256 * 1024), (100, PART), (200, PART - 1), (9_000, 1)] {
            let all = lines(many, bytes);
            let parts = parts(&all);
            assert!(parts.len() <= PARTS, "{many} {bytes}");
            assert_eq!(parts.iter().map(|part| part.lines.len()).sum::<usize>(), many);
        }
    }

    /// The items of a transcript, as the table has them.
    fn items(call: &CallId, parts: &[Part<'_>]) -> Vec<Item> {
        let item = |(number, part): (usize, &Part<'_>)| {
            let lines: Vec<UtteranceRow> = part.lines.iter().map(UtteranceRow::from).collect();
            let mut item = Item::from(keys::said(call, number).into_attributes());
            item.insert(LINES.as_str().to_owned(), Value::row(&lines).unwrap().into());
            item
        };
        parts.iter().enumerate().map(item).collect()
    }

    #[test]
    fn what_was_read_in_the_middle_of_a_write_is_known_not_to_belong_together() {
        let call = CallId::from_bits(1);
        let all = lines(200, 80);
        let (before, after) = (parts(&all[..150]), parts(&all));
        let named = |parts: &[Part<'_>]| parts.iter().map(Part::digest).collect::<Vec<_>>();
        for said in [&before, &after] {
            let lines: Vec<Utterance> = said.iter().flat_map(|part| part.lines).cloned().collect();
            assert_eq!(whole(&call, &named(said), &items(&call, said)).unwrap(), (lines, true));
        }
        // The call's item from one side of the write, a part from the other.
        for (named, items) in [(named(&before), items(&call, &after)), (named(&after), items(&call, &before))] {
            let (transcript, is_whole) = whole(&call, &named, &items).unwrap();
            assert!(!is_whole && transcript.len() < all.len());
        }
        // A part in the middle that is not there yet: what comes after it is not said either.
        let mut gap = items(&call, &after);
        gap.remove(1);
        assert!(after.len() > 2);
        assert_eq!(whole(&call, &named(&after), &gap).unwrap(), (after[0].lines.to_vec(), false));
        // Parts that were needed once and are not named any more are not read.
        assert!(whole(&call, &named(&after[..1]), &items(&call, &after)).unwrap().1);
        assert_eq!(whole(&call, &[], &items(&call, &after)).unwrap(), (Vec::new(), true));
    }

    #[test]
    fn a_part_is_known_by_every_word_and_by_who_said_it() {
        let line = |role, text: &str| Utterance { role, text: text.to_owned() };
        let digest = |lines: &[Utterance]| parts(lines)[0].digest();
        let said = [line(Role::User, "Yes."), line(Role::Assistant, "Good.")];
        for other in [
            vec![line(Role::User, "Yes.")],
            vec![line(Role::Assistant, "Yes."), line(Role::Assistant, "Good.")],
            vec![line(Role::User, "Yes.Good.")],
            vec![line(Role::User, "Yes"), line(Role::Assistant, ".Good.")],
        ] {
            assert_ne!(digest(&said), digest(&other));
        }
        assert_eq!(digest(&said), digest(&said.clone()));
    }
}
