//! Time passes by shifting what was stored: no function has a clock that a test could turn.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::Offset;
use serde_json::{Map, Value, json};

use super::Dynamo;

/// Attributes that hold an instant in epoch seconds, wherever in an item they stand.
pub const TIMES: &[&str] = &[
    "asked_at",
    "blocked_at",
    "broke_at",
    "busy_until",
    "counted_at",
    "created_at",
    "day_since",
    "due_at",
    "ended_at",
    "ends_at",
    "expires_at",
    "hangup_requested_at",
    "looked_at",
    "opted_out_at",
    "paused_at",
    "poor_since",
    "prefix_since",
    "seen_at",
    "settled_at",
    "shows_at",
    "started_at",
    "sum_since",
    "taken_at",
    "ttl",
    "unpaid_at",
    "waited_until",
    "written_at",
];

/// An instant in milliseconds.
const MILLISECONDS: &str = "renewed_at_ms";

/// A block of the chain.
const BLOCKS: &str = "progress";

/// The end of a payment's window. It is part of what the payer signed, so while it can still be
/// used it must stay as it is: it is shifted only once it lies in the past, and then by everything
/// that has passed since it was written.
const SIGNED: &str = "valid_before";

/// On Solana no time is signed: these say when a payment was first seen, and until when it was
/// thought to be good. Its slots go on as time does, so what counts them stays as it is.
const SEEN: [&str; 2] = ["valid_after", SIGNED];

/// By partition key and signed end, how much of the past has not been taken off it yet. An item can
/// have two of them: of the payment, and of the one that gives it back.
pub(super) type Travelled = Arc<Mutex<BTreeMap<(String, i64), i64>>>;

impl Dynamo {
    /// Makes everything that is stored look as if it had been written this much earlier, when the
    /// chain was this many blocks shorter.
    pub fn travel(&self, by: Duration, blocks: u64) {
        let blocks = i64::try_from(blocks).unwrap_or(i64::MAX);
        let seconds = i64::try_from(by.as_secs()).unwrap_or(i64::MAX);
        #[expect(clippy::disallowed_methods, reason = "the functions read the machine's clock, so the harness does")]
        let now = Timestamp::now().as_second();
        let mut items = self.items();
        for item in &mut items {
            let [pk, sk] =
                ["pk", "sk"].map(|name| item.get(name).and_then(|key| key["S"].as_str()).unwrap_or_default());
            let stands = dialled_earlier(pk, sk, seconds).or_else(|| booked_earlier(pk, sk, seconds));
            let stands = stands.map(|earlier| (pk.to_owned(), sk.to_owned(), earlier));
            let (pk, on_solana) = (pk.to_owned(), [pk, sk].iter().any(|key| key.contains("#solana")));
            let mut travelled = self.travelled.lock().unwrap_or_else(PoisonError::into_inner);
            Shift { seconds, blocks, now, pk: &pk, on_solana, travelled: &mut travelled }.map(item);
            drop(travelled);
            if let Some((pk, sk, (earlier_pk, earlier_sk))) = stands {
                self.delete(&pk, &sk);
                item.insert("pk".to_owned(), json!({"S": earlier_pk}));
                item.insert("sk".to_owned(), json!({"S": earlier_sk}));
            }
        }
        self.put_all(items);
    }
}

/// In the list of a wallet's calls the time stands in the key: that key, so many seconds earlier.
fn dialled_earlier(pk: &str, sk: &str, seconds: i64) -> Option<(String, String)> {
    let (at, call) = sk.split_once('#').filter(|_| pk.starts_with("CALLS#"))?;
    Some((pk.to_owned(), format!("{:012}#{call}", at.parse::<i64>().ok()?.saturating_sub(seconds))))
}

/// What was booked lies in the partition of its day, by its time.
fn booked_earlier(pk: &str, sk: &str, seconds: i64) -> Option<(String, String)> {
    let (at, what) = sk.split_once('#').filter(|_| pk.starts_with("BOOK#"))?;
    let at = at.parse::<i64>().ok()?.saturating_sub(seconds);
    let day = Offset::UTC.to_datetime(Timestamp::from_second(at).ok()?).date();
    Some((format!("BOOK#{day}"), format!("{at:012}#{what}")))
}

struct Shift<'a> {
    seconds: i64,
    blocks: i64,
    now: i64,
    pk: &'a str,
    on_solana: bool,
    travelled: &'a mut BTreeMap<(String, i64), i64>,
}

impl Shift<'_> {
    fn map(&mut self, map: &mut Map<String, Value>) {
        for (name, value) in map {
            if let Some(nested) = value.get_mut("M").and_then(Value::as_object_mut) {
                self.map(nested);
            } else if let Some(list) = value.get_mut("L").and_then(Value::as_array_mut) {
                list.iter_mut().filter_map(|member| member.get_mut("M")?.as_object_mut()).for_each(|map| self.map(map));
            } else if let Some(second) = value["N"].as_str().and_then(|digits| digits.parse::<i64>().ok()) {
                if self.on_solana && SEEN.contains(&name.as_str()) {
                    *value = json!({"N": second.saturating_sub(self.seconds).max(0).to_string()});
                } else if TIMES.contains(&name.as_str()) {
                    *value = json!({"N": second.saturating_sub(self.seconds).to_string()});
                } else if name == MILLISECONDS {
                    *value = json!({"N": second.saturating_sub(self.seconds.saturating_mul(1_000)).to_string()});
                } else if name == BLOCKS && !self.on_solana {
                    *value = json!({"N": second.saturating_sub(self.blocks).to_string()});
                } else if name == SIGNED && !self.on_solana {
                    *value = json!({"N": self.signed(second).to_string()});
                }
            }
        }
    }

    fn signed(&mut self, end: i64) -> i64 {
        let key = (self.pk.to_owned(), end);
        let owed = self.travelled.remove(&key).unwrap_or_default().saturating_add(self.seconds);
        let shifted = end.saturating_sub(owed);
        if shifted <= self.now {
            return shifted;
        }
        self.travelled.insert(key, owed);
        end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shifted(seconds: i64, before: i64, item: Value) -> Value {
        let mut item = item;
        let mut travelled = BTreeMap::from([(("SALE#1".to_owned(), 1_300), before)]);
        let mut shift = Shift {
            seconds,
            blocks: seconds / 2,
            now: 1_000,
            pk: "SALE#1",
            on_solana: false,
            travelled: &mut travelled,
        };
        if let Some(item) = item.as_object_mut() {
            shift.map(item);
        }
        item
    }

    #[test]
    fn instants_are_shifted_wherever_they_stand_and_nothing_else_is() {
        let item = json!({"due_at": {"N": "500"}, "value": {"N": "500"}, "settled": {"M": {"settled_at": {"N": "7"}}},
            "numbers": {"L": [{"M": {"expires_at": {"N": "9"}}}]}});
        let expected = json!({"due_at": {"N": "495"}, "value": {"N": "500"}, "settled": {"M": {"settled_at": {"N": "2"}}},
            "numbers": {"L": [{"M": {"expires_at": {"N": "4"}}}]}});
        assert_eq!(shifted(5, 0, item), expected);
    }

    #[test]
    fn a_listed_call_was_dialled_earlier_and_other_keys_stay() {
        let earlier = |pk: &str, sk: &str| Some((pk.to_owned(), sk.to_owned()));
        assert_eq!(dialled_earlier("CALLS#w", "001800000000#C", 60), earlier("CALLS#w", "001799999940#C"));
        let booked = booked_earlier("BOOK#2027-01-15", "001800000000#sold#p", 86_400);
        assert_eq!(booked, earlier("BOOK#2027-01-14", "001799913600#sold#p"));
        assert_eq!(booked_earlier("CALLS#w", "001800000000#C", 60), None);
        assert_eq!(dialled_earlier("CALL#w", "001800000000#C", 60), None);
    }

    #[test]
    fn a_payment_keeps_the_end_it_was_signed_with_until_that_is_over() {
        let item = || json!({"payment": {"M": {"valid_before": {"N": "1300"}}}});
        assert_eq!(shifted(200, 0, item()), item());
        assert_eq!(shifted(200, 200, item()), json!({"payment": {"M": {"valid_before": {"N": "900"}}}}));
        // What was written later has less of the past behind it.
        let later = || json!({"refund": {"M": {"valid_before": {"N": "1290"}}}});
        assert_eq!(shifted(200, 200, later()), later());
    }

    #[test]
    fn on_solana_nothing_is_signed_and_slots_go_on() {
        let shift = |on_solana: bool, mut item: Value| {
            let mut travelled = BTreeMap::new();
            let mut shift =
                Shift { seconds: 100, blocks: 50, now: 1_000, pk: "SALE#1", on_solana, travelled: &mut travelled };
            if let Some(map) = item.as_object_mut() {
                shift.map(map);
            }
            item
        };
        let seen = |after: &str, before: &str| json!({"payment": {"M": {"valid_after": {"N": after}, "valid_before": {"N": before}}}});
        assert_eq!(shift(true, seen("1000", "1180")), seen("900", "1080"));
        assert_eq!(shift(false, seen("1000", "1180")), seen("1000", "1180"));
        let progress = |at: &str| json!({"progress": {"N": at}});
        assert_eq!(shift(true, progress("1000")), progress("1000"));
        assert_eq!(shift(false, progress("1000")), progress("950"));
    }
}
