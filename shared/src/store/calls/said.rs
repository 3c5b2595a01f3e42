//! What was said in a call, in parts beside the call's own item. A part is written once and never
//! changed: its key is its place and the digest of what is in it. The call's item names the parts
//! in their order, and is written after them, so a reader that has read it finds them all; a look
//! that heard one more line writes that line, and one that heard nothing new writes nothing.
//!
//! A reader knows from the call's item what there is to be found, so it asks for the parts as they
//! may have been a moment ago, which costs half, and once more where one is missing. Short parts
//! lie before long ones, and those that a long one has replaced before all others: what lies behind
//! the first part that is named is nearly nothing but what is named.
//!
//! `docs/decisions.md`: Why does what was said lie beside the call, and in parts?

use sha2::{Digest, Sha256};

use crate::store::change::Change;
use crate::store::item::Item;
use crate::store::keys::{self, Key};
use crate::store::rows::{Bytes, LINES, SaidRow, TTL, UtteranceRow, Value};
use crate::store::{Store, StoreFault};
use crate::types::CallId;
use crate::types::call::Utterance;

/// Bytes of a digest: enough for the parts that begin at one line of one call, of which one that is
/// like another by design harms its own caller alone.
const DIGEST: usize = 4;
/// How a call's item names a part: its digest, and how many lines it has.
const NAME: usize = DIGEST + 2;

/// After as many parts with fewer lines than this they become one, so that the call's item stays
/// below a kilobyte: each line is written twice at most.
const FOLD: usize = 24;

/// A part that is on record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Said {
    digest: [u8; DIGEST],
    /// Which line of the transcript is its first.
    from: u16,
    lines: u16,
}

/// A part that is not there yet.
pub(super) struct New<'a> {
    said: Said,
    lines: &'a [Utterance],
}

impl Said {
    fn new(from: usize, lines: &[Utterance]) -> Self {
        // A call has no sixty-five thousand lines: an item with as many is longer than one can be.
        let short = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        Self { digest: digest(lines), from: short(from), lines: short(lines.len()) }
    }

    fn is_long(self) -> bool {
        usize::from(self.lines) >= FOLD
    }

    fn key(self, call: &CallId) -> Key {
        keys::said(call, self.is_long(), self.from, &self.digest)
    }
}

/// What there is of a transcript already, from its beginning, and what is new behind that.
pub(super) fn grown<'a>(known: &[Said], before: &[Utterance], now: &'a [Utterance]) -> (Vec<Said>, Option<New<'a>>) {
    let (mut kept, mut at) = (Vec::new(), 0);
    for part in known {
        let end = at + usize::from(part.lines);
        if before.get(at..end).is_none_or(|lines| now.get(at..end) != Some(lines)) {
            break;
        }
        kept.push(*part);
        at = end;
    }
    let small = kept.iter().rev().take_while(|part| !part.is_long()).count();
    if small >= FOLD && now.len() > at {
        for part in kept.drain(kept.len() - small..) {
            at -= usize::from(part.lines);
        }
    }
    let rest = now.get(at..).unwrap_or_default();
    (kept, (!rest.is_empty()).then(|| New { said: Said::new(at, rest), lines: rest }))
}

impl New<'_> {
    /// What it is known by from now on.
    pub(super) fn said(&self) -> Said {
        self.said
    }

    /// The write that makes it: the same however often it is made.
    pub(super) fn put(&self, call: &CallId, kept_until: i64) -> Result<Change, StoreFault> {
        let lines: Vec<UtteranceRow> = self.lines.iter().map(UtteranceRow::from).collect();
        let change = Change::update(self.said.key(call)).set(LINES, Value::row(&lines)?);
        Ok(change.set(TTL, kept_until))
    }
}

/// How the call's item names its parts.
pub(super) fn names(parts: &[Said]) -> Bytes {
    let name = |part: &Said| part.digest.into_iter().chain(part.lines.to_be_bytes());
    Bytes(parts.iter().flat_map(name).collect())
}

/// The parts that a call's item names.
pub(super) fn named(names: &Bytes) -> Vec<Said> {
    let (mut parts, mut from) = (Vec::new(), 0);
    for [a, b, c, d, high, low] in names.0.as_chunks::<NAME>().0 {
        let lines = u16::from_be_bytes([*high, *low]);
        parts.push(Said { digest: [*a, *b, *c, *d], from, lines });
        from = from.saturating_add(lines);
    }
    parts
}

fn digest(lines: &[Utterance]) -> [u8; DIGEST] {
    let mut digest = Sha256::new();
    for Utterance { role, text } in lines {
        digest.update(role.as_str());
        digest.update(text.len().to_be_bytes());
        digest.update(text);
    }
    let digest: [u8; 32] = digest.finalize().into();
    digest.first_chunk().copied().unwrap_or_default()
}

/// What was said, and in which parts, from the items that were read. Where a part is missing, what
/// comes after it is left out, too: a conversation with a gap says what was not said.
fn whole(call: &CallId, named: &[Said], items: &[Item]) -> Result<(Vec<Utterance>, Vec<Said>), StoreFault> {
    let (mut transcript, mut parts) = (Vec::new(), Vec::new());
    for part in named {
        let key = part.key(call);
        let Some(item) = items.iter().find(|item| Key::of(item).as_ref() == Some(&key)) else { break };
        let row: SaidRow = serde_dynamo::from_item(item.clone())?;
        parts.push(*part);
        transcript.extend(row.lines.into_iter().map(Utterance::from));
    }
    Ok((transcript, parts))
}

impl Store {
    /// What was said, and in which parts, of those that the call's item names. What a read that may
    /// be behind does not show is asked for once more, since it was there before it was named; what
    /// is missing then is forgotten.
    pub(super) async fn said(&self, call: &CallId, names: &Bytes) -> Result<(Vec<Utterance>, Vec<Said>), StoreFault> {
        let parts = named(names);
        let Some(first) = parts.iter().map(|part| part.key(call)).min_by(|one, other| one.sk.cmp(&other.sk)) else {
            return Ok((Vec::new(), Vec::new()));
        };
        let found = whole(call, &parts, &self.partition_from(first.clone(), false).await?)?;
        if found.1.len() == parts.len() {
            return Ok(found);
        }
        whole(call, &parts, &self.partition_from(first, true).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::{FOLD, Item, LINES, New, Said, UtteranceRow, Value, digest, grown, named, names, whole};
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
            let (transcript, parts) = whole(&call(), &named(&names(&said)), &self.items).unwrap();
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
        let mut item = Item::from(new.said.key(&call()).into_attributes());
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
        // What is corrected in the middle, or is less than it was, takes the place of its part and
        // of those behind it.
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

    /// What is read is what lies behind the first part that is named.
    #[test]
    fn parts_that_a_longer_one_has_replaced_are_not_read() {
        let (all, mut kept) = (lines(1_000), Kept::default());
        for many in (0..=all.len()).step_by(6) {
            kept.hears(&all[..many]);
            let keys: Vec<String> = kept.said.iter().map(|part| part.key(&call()).sk).collect();
            let first = keys.iter().min();
            let sort_key = |item: &Item| item["sk"].as_s().expect("a text").clone();
            let read = kept.items.iter().filter(|item| first.is_some_and(|first| sort_key(item) >= *first)).count();
            assert_eq!(read, keys.len(), "{many} lines");
        }
        assert!(kept.items.len() > kept.said.len() + 5 * FOLD, "some were replaced");
    }

    #[test]
    fn nothing_is_read_behind_a_part_that_is_forgotten() {
        let (all, mut kept) = (lines(9), Kept::default());
        for many in [3, 6, 9] {
            kept.hears(&all[..many]);
        }
        kept.items.remove(1);
        assert_eq!(whole(&call(), &kept.said, &kept.items).unwrap().0, all[..3]);
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
