//! The tables.

use std::path::PathBuf;
use std::time::Duration;

use crate::artefacts;
use crate::cost::{Cost, Typical};
use crate::latency::{Latency, Timed};
use crate::paths::{CriticalPath, Step};

/// Targets, in hundredths of what the floor needs. They are what is promised, and not what is
/// reached: the last table says which of them are not met.
const UNPAID_CPU: u128 = 130;
const COLD_CPU: u128 = 350;
const COLD_AIM: u128 = 250;
const MEMORY: u128 = 300;
/// In thousandths of the critical path.
const LATENCY: u128 = 1020;

pub(crate) fn say(line: &str) {
    #[expect(clippy::print_stdout, reason = "the tables are what this program is for")]
    {
        println!("{line}");
    }
}

/// What the artefacts weigh.
pub(crate) fn artefacts<'a>(programs: impl Iterator<Item = (&'a String, &'a PathBuf)>) {
    say("Artefacts, as built for this machine with the profile that ships");
    say(&format!("{:<20} {:>10} {:>10}", "", "binary kB", "zipped kB"));
    for (name, program) in programs {
        let (bytes, zipped) = artefacts::weigh(program);
        let zipped = zipped.map_or_else(|| "no gzip".to_owned(), |zipped| (zipped / 1000).to_string());
        say(&format!("{name:<20} {:>10} {zipped:>10}", bytes / 1000));
    }
}

/// What requests cost.
pub(crate) fn costs(costs: &[Cost]) {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    say(&format!("\nCores: {cores}; load average after measuring: {}", load.trim_end()));
    say("\nCost when neighbours answer at once (medians; each measured in turns with the floor; ×: ratio to it then)");
    say(&format!(
        "{:<20} {:>8} {:>8} {:>8} {:>8} {:>15} {:>8} {:>14} {:>14} {:>7} {:>6}",
        "",
        "start ms",
        "CPU ms",
        "first ms",
        "CPU ms",
        "start+first CPU",
        "warm µs",
        "CPU µs",
        "peak MiB",
        "facil.",
        "conn."
    ));
    if let Some(cost) = costs.first() {
        row("floor", &cost.floor, &cost.floor, cost);
    }
    for cost in costs {
        row(cost.name, &cost.own, &cost.floor, cost);
    }
    say("(facil.: questions to the facilitator per warm request; conn.: new connections during all warm requests)");
}

fn row(name: &str, own: &Typical, floor: &Typical, cost: &Cost) {
    let of_floor = std::ptr::eq(own, floor);
    let count = |count: u64| if of_floor { String::new() } else { count.to_string() };
    say(&format!(
        "{name:<20} {:>8} {:>8} {:>8} {:>8} {:>15} {:>8} {:>14} {:>14} {:>7} {:>6}",
        millis(own.start.wall),
        millis(own.start.cpu),
        millis(own.first.wall),
        millis(own.first.cpu),
        format!("{} ×{}", millis(own.cold_cpu), hundredths(cold(own, floor))),
        own.warm.wall.as_micros(),
        format!("{} ×{}", own.warm.cpu.as_micros(), hundredths(warm(own, floor))),
        format!("{} ×{}", mebibytes(own.memory), hundredths(memory(own, floor))),
        count(cost.facilitator),
        count(cost.connections),
    ));
}

/// How long paid requests take, and which paths they are held against.
pub(crate) fn latencies(latencies: &[Latency]) {
    say("\nLatency under delays: verify 50 ms, settle 200, Twilio 150, Bland 150, DynamoDB 5, scheduler 50 (medians)");
    say("least: the delays along the path; sum: what the neighbours took along it in that request; ×: took / sum");
    say(&format!("{:<30} {:>6} {:>26} {:>26}", "", "least", "first request (sum) ms", "warm request (sum) ms"));
    for latency in latencies {
        let least = latency.path.nominal();
        say(&format!("{:<30} {least:>6} {:>26} {:>26}", latency.name, timed(&latency.first), timed(&latency.warm)));
        say(&format!("    {}", steps(latency.path)));
        if !latency.missing.is_empty() {
            say(&format!("    not asked: {}", latency.missing.join(", ")));
        }
        if !latency.besides.is_empty() {
            say(&format!("    asked besides: {}", latency.besides.join(", ")));
        }
    }
}

/// Whether the targets are met. Returns whether all are.
pub(crate) fn targets(costs: &[Cost], latencies: &[Latency]) -> bool {
    let mut all = true;
    let mut target = |what: String, value: u128, limit: u128, shown: fn(u128) -> String| {
        let met = value <= limit;
        all &= met;
        let verdict = if met { "met" } else { "NOT MET" };
        say(&format!("{verdict:>8}  {what}: {} of at most {}", shown(value), shown(limit)));
    };
    say("\nTargets");
    for cost in costs {
        let (name, own, floor) = (cost.name, &cost.own, &cost.floor);
        if name.ends_with("unpaid") {
            target(format!("{name}, warm CPU / floor"), warm(own, floor), UNPAID_CPU, hundredths);
        }
        let aim = if cold(own, floor) <= COLD_AIM { " (so is the aim of 2.5)" } else { "" };
        target(format!("{name}, start and first request, CPU / floor{aim}"), cold(own, floor), COLD_CPU, hundredths);
        target(format!("{name}, memory / floor"), memory(own, floor), MEMORY, hundredths);
        if let Some(questions) = facilitator_questions(name) {
            target(format!("{name}, questions to the facilitator"), cost.facilitator.into(), questions, plain);
        }
        target(format!("{name}, new connections when warm"), cost.connections.into(), 0, plain);
    }
    for latency in latencies {
        let name = latency.name;
        target(format!("{name}, first request / critical path"), latency.first.permille, LATENCY, thousandths);
        target(format!("{name}, warm request / critical path"), latency.warm.permille, LATENCY, thousandths);
    }
    all
}

/// How many are allowed, by what the subject's name says.
fn facilitator_questions(name: &str) -> Option<u128> {
    match name.split_once(", ")? {
        (_, "unpaid" | "forged") => Some(0),
        ("list" | "renew", "paid") => Some(1),
        ("buy" | "call", _) => Some(2),
        _ => None,
    }
}

fn warm(own: &Typical, floor: &Typical) -> u128 {
    ratio(own.warm.cpu.as_nanos(), floor.warm.cpu.as_nanos())
}

fn cold(own: &Typical, floor: &Typical) -> u128 {
    ratio(own.cold_cpu.as_nanos(), floor.cold_cpu.as_nanos())
}

fn memory(own: &Typical, floor: &Typical) -> u128 {
    ratio(own.memory.into(), floor.memory.into())
}

/// In hundredths, rounded up: what is a little over a target has not met it.
fn ratio(value: u128, of: u128) -> u128 {
    (value * 100).div_ceil(of.max(1))
}

fn timed(timed: &Timed) -> String {
    format!("{} ({}) ×{}", tenths(timed.took), tenths(timed.sum), thousandths(timed.permille))
}

fn steps(path: &CriticalPath) -> String {
    let step = |step: &Step| {
        let chains: Vec<_> = step
            .iter()
            .map(|chain| {
                let links: Vec<_> = chain.iter().map(|link| format!("{} {}", link.what, link.milliseconds)).collect();
                links.join(" + ")
            })
            .collect();
        chains.join(" | ")
    };
    path.0.iter().map(step).collect::<Vec<_>>().join("  →  ")
}

fn millis(time: Duration) -> String {
    hundredths(time.as_micros() / 10)
}

fn tenths(time: Duration) -> String {
    let tenths = time.as_micros() / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn mebibytes(bytes: u64) -> String {
    let tenths = bytes * 10 / (1 << 20);
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn hundredths(value: u128) -> String {
    format!("{}.{:02}", value / 100, value % 100)
}

fn thousandths(value: u128) -> String {
    format!("{}.{:03}", value / 1000, value % 1000)
}

fn plain(value: u128) -> String {
    value.to_string()
}
