//! What a request costs in numbers that are the same on every machine: which neighbour it asks for
//! what, how often, and what the table charges for it. Times are for a quiet machine; these hold in
//! every check.

use std::collections::BTreeMap;

use harness::measure::Meter;

use crate::cost::{Subject, WARM_UP};
use crate::paths::CriticalPath;
use crate::report::say;
use crate::scene::Scene;

/// Requests that are counted, each for itself.
pub(crate) const COUNTED: usize = 3;

/// What the table charges at most for one warm request, in halves of read units and in write units.
/// Written down from a count, so that the author of a change that makes a request dearer knows and
/// says so here.
const UNITS: [(&str, u64, u64); 26] = [
    // All four shards of it. Five units are looks whether it is time for what is done once in a
    // while; without them they would be writes that are refused, which DynamoDB charges with two
    // units each, and the engine does not.
    ("reaper, nothing due", 49, 0),
    ("list, unpaid", 0, 0),
    ("list, forged", 0, 0),
    ("list, paid", 10, 5),
    ("calls, unpaid", 0, 0),
    ("calls, paid", 12, 5),
    ("numbers, unpaid", 0, 0),
    ("numbers, bungled, forged", 0, 0),
    ("numbers, forged", 0, 0),
    ("numbers, Solana, forged", 0, 0),
    ("numbers, Solana, signed", 2, 0),
    ("numbers, signed in", 2, 0),
    ("list, dry run", 12, 0),
    ("buy, dry run", 23, 0),
    ("call, dry run", 36, 0),
    ("own calls, unpaid", 0, 0),
    ("own calls, forged", 0, 0),
    ("own calls, signed in", 4, 0),
    ("renew, unpaid", 0, 0),
    ("renew, paid", 10, 13),
    ("buy, unpaid", 0, 0),
    ("buy, pooled", 15, 17),
    ("buy, carried", 15, 26),
    ("call, unpaid", 0, 0),
    ("call, paid", 22, 28),
    ("status, poll", 2, 0),
];

/// What a request asked for, and how that differs from what it may.
struct Counts {
    asked: BTreeMap<String, usize>,
    read_halves: u64,
    writes: u64,
    wrong: Vec<String>,
}

/// Counts a few warm requests, and says what they are. Returns whether all is as it should be.
pub(crate) fn hold(subject: &Subject<'_>, path: Option<&'static CriticalPath>, scene: &Scene) -> bool {
    let mut process = subject.start();
    for _ in 0..WARM_UP {
        subject.ask(&mut process);
    }
    let mut right = true;
    let meter = &scene.stack.meter;
    for number in 0..COUNTED {
        meter.start();
        scene.stack.dynamo.count_units();
        subject.ask(&mut process);
        let counts = of_one(subject.name, path, scene, meter);
        if number == 0 {
            let asked: Vec<_> = counts.asked.iter().map(|(class, times)| format!("{class} {times}")).collect();
            let asked = if asked.is_empty() { "nothing".to_owned() } else { asked.join(", ") };
            let Counts { read_halves, writes, .. } = counts;
            let read = format!("{}{}", read_halves / 2, if read_halves % 2 == 1 { ".5" } else { "" });
            say(&format!("{:<20} read units {read:>4}, write units {writes:>3}: {asked}", subject.name));
        }
        for wrong in &counts.wrong {
            say(&format!("    NOT SO: {wrong}"));
        }
        right &= counts.wrong.is_empty();
    }
    right
}

fn of_one(name: &str, path: Option<&'static CriticalPath>, scene: &Scene, meter: &Meter) -> Counts {
    let (all, units) = (meter.asked(), scene.stack.dynamo.units());
    let mut asked = BTreeMap::new();
    for one in &all {
        *asked.entry(format!("{:?} {}", one.neighbour, one.class)).or_default() += 1;
    }
    let mut wrong = Vec::new();
    let free = name.ends_with("unpaid") || name.ends_with("forged");
    if let Some(path) = path {
        let measured = path.hold(all);
        wrong.extend(measured.missing.iter().map(|what| format!("it did not ask for {what}")));
        wrong.extend(measured.besides.iter().map(|what| format!("it asked besides: {what}")));
    } else if free && !all.is_empty() {
        wrong.push("it asked a neighbour, and it is not paid for".to_owned());
    }
    if meter.connections() > 0 {
        wrong.push(format!("it opened {} connections when it was warm", meter.connections()));
    }
    match UNITS.iter().find(|(known, ..)| *known == name) {
        Some((_, reads, writes)) if units.read_halves <= *reads && units.writes <= *writes => {}
        Some((_, reads, writes)) => wrong.push(format!(
            "{} halves of read units and {} write units were used, of at most {reads} and {writes}",
            units.read_halves, units.writes
        )),
        None => wrong.push("what it may use is not written down".to_owned()),
    }
    Counts { asked, read_halves: units.read_halves, writes: units.writes, wrong }
}
