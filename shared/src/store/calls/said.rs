//! What was said in a call, in parts beside the call's own item. A part is written once and never changed: its key is the digest of
//! what is in it. The call's item names the parts in their order, and is written after them, so a reader that has read it finds
//! them all; a look that heard one more line writes that line, and one that heard nothing new writes nothing.
//!
//! `docs/decisions.md`: Why does what was said lie beside the call, and in parts?

use sha2::{Digest, Sha256};

use crate::store::StoreFault;
use crate::store::change::Change;
use crate::store::item::Item;
use crate::store::keys::{self, Key};
use crate::store::rows::{Bytes, LINES, SaidRow, TTL, UtteranceRow, Value};
use crate::types::CallId;
use crate::types::call::Utterance;

/// Bytes of a digest: enough for the parts of one call, of which one that is like another by design harms its own caller alone.
const DIGEST: usize = 6;

/// After as many parts with fewer lines than this they become one, so that the call's item stays below a kilobyte: each line is written
/// twice at most.
const FOLD: usize = 24;

/// What a part is known by.
pub(super) type Name = [u8; DIGEST];

/// A part that is on record: its name, and how many lines it has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Said {
    name: Name,
    lines: usize,
}

/// A part that is not there yet.
pub(super) struct New<'a> {
    said: Said,
    lines: &'a [Utterance],
}

/// What there is of a transcript already, from its beginning, and what is new behind that.
pub(super) fn grown<'a>(known: &[Said], before: &[Utterance], now: &'a [Utterance]) -> (Vec<Said>, Option<New<'a>>) {
    let (mut kept, mut at) = (Vec::new(), 0);
    for part in known {
        let end = at + part.lines;
        if before.get(at..end).is_none_or(|lines| now.get(at..end) != Some(lines)) {
            break;
        }
        kept.push(*part);
        at = end;
    }
    let small = kept.iter().rev().take_while(|part| part.lines < FOLD).count();
    if small >= FOLD && now.len() > at {
        for part in kept.drain(kept.len() - small..) {
            at -= part.lines;
        }
    }
    let rest = now.get(at..).unwrap_or_default();
    let said = Said { name: digest(rest), lines: rest.len() };
    (kept, (!rest.is_empty()).then_some(New { said, lines: rest }))
}

impl New<'_> {
    /// What it is known by from now on.
    pub(super) fn said(&self) -> Said {
        self.said
    }

    /// The write that makes it: the same however often it is made.
    pub(super) fn put(&self, call: &CallId, kept_until: i64) -> Result<Change, StoreFault> {
        let lines: Vec<UtteranceRow> = self.lines.iter().map(UtteranceRow::from).collect();
        let change = Change::update(keys::said(call, &self.said.name)).set(LINES, Value::row(&lines)?);
        Ok(change.set(TTL, kept_until))
    }
}

/// How the call's item names its parts.
pub(super) fn names(parts: &[Said]) -> Bytes {
    Bytes(parts.iter().flat_map(|part| part.name).collect())
}

fn digest(lines: &[Utterance]) -> Name {
    let mut digest = Sha256::new();
    for Utterance { role, text } in lines {
        digest.update(role.as_str());
        digest.update(text.len().to_be_bytes());
        digest.update(text);
    }
    let digest: [u8; 32] = digest.finalize().into();
    let mut name = Name::default();
    name.copy_from_slice(digest.first_chunk::<DIGEST>().unwrap_or(&[0; DIGEST]));
    name
}

/// What was said, and in which parts, from the items that were read. A part is missing only where it is forgotten, and then what comes
/// after it is left out, too: a conversation with a gap says what was not said.
pub(super) fn whole(call: &CallId, named: &Bytes, items: &[Item]) -> Result<(Vec<Utterance>, Vec<Said>), StoreFault> {
    let (mut transcript, mut parts) = (Vec::new(), Vec::new());
    for name in named.0.chunks_exact(DIGEST) {
        let Some(name) = name.first_chunk::<DIGEST>() else { break };
        let key = keys::said(call, name);
        let Some(item) = items.iter().find(|item| Key::of(item).as_ref() == Some(&key)) else { break };
        let row: SaidRow = serde_dynamo::from_item(item.clone())?;
        parts.push(Said { name: *name, lines: row.lines.len() });
        transcript.extend(row.lines.into_iter().map(Utterance::from));
    }
    Ok((transcript, parts))
}

#[cfg(test)]
mod tests {
    use super::{FOLD, Item, LINES, New, Said, UtteranceRow, Value, digest, grown, names, whole};
    use crate::store::keys;
    use crate::types::CallId;
    use crate::types::call::{Role, Utterance};

    fn lines(many: usize) -> Vec<Utterance> {
        let line = |number: usize| Utterance { role: Role::User, text: format!("{number}: a table for two.") };
        (0..many).map(line).collect()
    }

    /// A table that keeps what is written.
    #[derive(Default)]
    struct Kept {
        said: Vec<Said>,
        transcript: Vec<Utterance>,
        items: Vec<Item>,
    }

    impl Kept {
        /// How many lines a look has written that has heard this.
        fn hears(&mut self, now: &[Utterance]) -> usize {
            let (mut said, new) = grown(&self.said, &self.transcript, now);
            let written = new.as_ref().map_or(0, |new| new.lines.len());
            self.items.extend(new.as_ref().map(item));
            said.extend(new.map(|new| new.said()));
            let (transcript, parts) = whole(&call(), &names(&said), &self.items).unwrap();
            assert_eq!((&transcript, &parts), (&now.to_vec(), &said));
            (self.said, self.transcript) = (said, transcript);
            written
        }
    }

    fn call() -> CallId {
        CallId::from_bits(1)
    }

    fn item(new: &New<'_>) -> Item {
        let lines: Vec<UtteranceRow> = new.lines.iter().map(UtteranceRow::from).collect();
        let mut item = Item::from(keys::said(&call(), &new.said.name).into_attributes());
        item.insert(LINES.as_str().to_owned(), Value::row(&lines).unwrap().into());
        item
    }

    #[test]
    fn only_what_is_new_is_written_and_all_of_it_is_read() {
        let (all, mut kept) = (lines(400), Kept::default());
        assert_eq!(kept.hears(&[]), 0);
        for many in [1, 1, 2, 5, 5, 200, 201, 400] {
            let before = kept.transcript.len();
            assert_eq!(kept.hears(&all[..many]), many - before, "{many}");
        }
        // What is corrected in the middle, or is less than it was, takes the place of its part and of those behind it.
        let mut other = lines(150);
        other[3].text = "Hello?".to_owned();
        assert_eq!(kept.hears(&other), 148, "two parts of one line stay");
        assert_eq!(kept.hears(&lines(1)), 0, "what was there before is there still");
        assert_eq!(kept.hears(&all), 399);
    }

    #[test]
    fn many_short_parts_become_one_so_that_few_have_to_be_named() {
        let (all, mut kept) = (lines(1_000), Kept::default());
        let written: usize = (1..=all.len()).map(|many| kept.hears(&all[..many])).sum();
        assert!(written <= 2 * all.len(), "{written} lines");
        assert!(kept.said.len() <= all.len() / FOLD + FOLD, "{} parts", kept.said.len());
    }

    #[test]
    fn what_was_said_twice_is_one_item_and_two_parts() {
        let (yes, mut kept) = (lines(1)[0].clone(), Kept::default());
        for many in 1..5 {
            assert_eq!(kept.hears(&vec![yes.clone(); many]), 1);
        }
        assert!(kept.items.iter().all(|item| *item == kept.items[0]));
    }

    #[test]
    fn nothing_is_read_behind_a_part_that_is_forgotten() {
        let (all, mut kept) = (lines(9), Kept::default());
        for many in [3, 6, 9] {
            kept.hears(&all[..many]);
        }
        let named = names(&kept.said);
        kept.items.remove(1);
        assert_eq!(whole(&call(), &named, &kept.items).unwrap().0, all[..3]);
    }

    #[test]
    fn a_part_is_known_by_every_word_and_by_who_said_it() {
        let line = |role, text: &str| Utterance { role, text: text.to_owned() };
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
