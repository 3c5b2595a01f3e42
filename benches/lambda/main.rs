//! `cargo bench-lambda`: what each function costs, beside a hello-world of the same runtime
//! measured in the same run.
//!
//! The functions are built as they ship and run as Lambda runs them, one process each behind a
//! runtime API of this program's own; the neighbours are the harness's. Processor time is the
//! kernel's, to the nanosecond, so that it holds on a busy machine as well; wall times do not.
//! Words choose: `cargo bench-lambda buy` measures only what has "buy" in its name, `quick` does
//! everything less often, and `built` measures the functions as they were built last.
//!
//! `counts` measures no time at all: it holds which neighbours each request asks, how often, and
//! what the table charges. Those are the same on every machine, and for functions that were
//! compiled in haste: `cargo counts` takes the tests' own.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement that went wrong must not be printed, and JSON is read by index"
)]

mod artefacts;
mod cost;
mod counts;
mod latency;
mod paths;
mod process;
mod report;
mod scene;
mod usage;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Value, json};

use cost::{Effort, Subject};
use paths::CriticalPath;
use scene::Payer::{Bungler, Buyer, Caller, Forger, ForgerOnSolana, OnSolana, Owner};
use scene::{Ask, BUY, CALL, CALLS, LIST, MY_CALLS, NUMBERS, RENEW, Scene};

struct Efforts {
    /// What costs nothing, and is measured most exactly.
    free: Effort,
    /// What is paid, without delays. The simulated carrier's numbers are the limit.
    paid: Effort,
    /// The same with delays.
    delayed: Effort,
}

const FULL: Efforts = Efforts {
    free: Effort { starts: 25, warm: 500 },
    paid: Effort { starts: 15, warm: 60 },
    delayed: Effort { starts: 9, warm: 15 },
};
const QUICK: Efforts = Efforts {
    free: Effort { starts: 5, warm: 100 },
    paid: Effort { starts: 3, warm: 15 },
    delayed: Effort { starts: 3, warm: 4 },
};

/// Each request is counted for itself, so a few are enough.
const COUNTS: Efforts = Efforts {
    free: Effort { starts: 1, warm: counts::COUNTED },
    paid: Effort { starts: 1, warm: counts::COUNTED },
    delayed: Effort { starts: 0, warm: 0 },
};

impl Efforts {
    /// How many requests that are paid there are of each kind, at most.
    fn requests(&self) -> usize {
        [self.paid, self.delayed].map(|effort| effort.starts + effort.warm + cost::WARM_UP).iter().sum()
    }
}

type Programs = BTreeMap<String, PathBuf>;

/// What is asked of which function, and what must come back.
struct Plan {
    name: &'static str,
    function: &'static str,
    event: Event,
    status: Option<u64>,
    /// Of those that are paid.
    path: Option<&'static CriticalPath>,
}

enum Event {
    Http(Box<Ask>),
    Plain(Value),
}

/// What was asked for on the command line.
struct Wanted {
    names: Vec<String>,
    effort: Efforts,
    counts: bool,
    built: bool,
}

impl Wanted {
    fn of_arguments() -> Self {
        let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
        let said = |known: &str| words.iter().any(|word| word == known);
        let effort = match (said("counts"), said("quick")) {
            (true, _) => COUNTS,
            (_, true) => QUICK,
            _ => FULL,
        };
        let (counts, built) = (said("counts"), said("built"));
        let names = words.into_iter().filter(|word| !["quick", "built", "counts"].contains(&word.as_str())).collect();
        Self { names, effort, counts, built }
    }

    fn has(&self, plan: &Plan) -> bool {
        self.names.is_empty() || self.names.iter().any(|word| plan.name.contains(word.as_str()))
    }
}

fn main() -> ExitCode {
    let wanted = Wanted::of_arguments();
    let programs = if wanted.built { artefacts::built() } else { artefacts::build() };
    let right = if wanted.counts { count(&wanted, &programs) } else { measure(&wanted, &programs) };
    if right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What is counted. Returns whether all is as it should be.
fn count(wanted: &Wanted, programs: &Programs) -> bool {
    let mut scene = Scene::new(programs);
    let mut right = true;
    let mut hold = |scene: &Scene, plan: &Plan| {
        let subject = plan.subject(scene, programs, wanted.effort.paid);
        right &= counts::hold(&subject, plan.path, scene);
    };
    let reaper = reaper();
    if wanted.has(&reaper) {
        hold(&scene, &reaper);
    }
    scene.set(2 * wanted.effort.requests(), wanted.effort.requests());
    for plan in plans(&scene).iter().filter(|plan| wanted.has(plan)) {
        hold(&scene, plan);
    }
    scene.hang_up();
    let scene = Scene::on_solana(programs);
    for plan in plans_on_solana(&scene).iter().filter(|plan| wanted.has(plan)) {
        hold(&scene, plan);
    }
    right
}

/// What is measured. Returns whether the targets are met.
fn measure(wanted: &Wanted, programs: &Programs) -> bool {
    let effort = &wanted.effort;
    report::artefacts(programs.iter());
    let floor = http(artefacts::FLOOR, "numbers_list", Scene::unpaid(LIST, json!({})), 200);
    let cost = |scene: &Scene, plan: &Plan| {
        let effort = if plan.path.is_some() { effort.paid } else { effort.free };
        let floor = floor.subject(scene, programs, effort);
        plan.subject(scene, programs, effort).cost(&floor, &scene.stack.meter)
    };
    let mut scene = Scene::new(programs);
    let mut costs = Vec::new();
    // It needs a world in which nothing has happened yet.
    let reaper = reaper();
    if wanted.has(&reaper) {
        costs.push(cost(&scene, &reaper));
    }
    // Each buyer whom the pool serves takes one number out of it.
    scene.set(effort.requests(), effort.requests());
    let plans: Vec<_> = plans(&scene).into_iter().filter(|plan| wanted.has(plan)).collect();
    costs.extend(plans.iter().map(|plan| cost(&scene, plan)));
    let solana = Scene::on_solana(programs);
    let signed_there: Vec<_> = plans_on_solana(&solana).into_iter().filter(|plan| wanted.has(plan)).collect();
    costs.extend(signed_there.iter().map(|plan| cost(&solana, plan)));
    report::costs(&costs);
    scene.hang_up();
    scene.delay(paths::DELAYS);
    let mut latencies = Vec::new();
    for plan in &plans {
        if let Some(path) = plan.path {
            let subject = plan.subject(&scene, programs, effort.delayed);
            latencies.push(latency::measure(&subject, path, &scene.stack.meter));
        }
    }
    report::latencies(&latencies);
    let undelayed: Vec<_> = paths::DELAYS.iter().map(|(neighbour, pattern, _)| (*neighbour, *pattern, 0)).collect();
    scene.delay(&undelayed);
    report::targets(&costs, &latencies)
}

fn reaper() -> Plan {
    let event = Event::Plain(json!({}));
    Plan { name: "reaper, nothing due", function: "reaper", event, status: None, path: None }
}

impl Plan {
    fn subject<'a>(&'a self, scene: &'a Scene, programs: &'a Programs, effort: Effort) -> Subject<'a> {
        let program = if self.name == artefacts::FLOOR { artefacts::FLOOR } else { self.function };
        let program: &Path = programs.get(program).unwrap_or_else(|| panic!("{program} was not built"));
        let event: Box<dyn Fn() -> Value + 'a> = match &self.event {
            Event::Http(ask) => Box::new(|| scene.event(ask)),
            Event::Plain(event) => Box::new(|| event.clone()),
        };
        Subject {
            name: self.name,
            function: scene.function(self.function),
            program,
            event,
            status: self.status,
            effort,
        }
    }
}

fn http(name: &'static str, function: &'static str, ask: Ask, status: u64) -> Plan {
    Plan { name, function, event: Event::Http(Box::new(ask)), status: Some(status), path: None }
}

/// Signing in on Solana. What a signature costs to verify is what a forged one costs beyond one
/// that is not looked at.
fn plans_on_solana(scene: &Scene) -> Vec<Plan> {
    vec![
        http("numbers, Solana, forged", "numbers", scene.signed_in(NUMBERS, ForgerOnSolana), 401),
        http("numbers, Solana, signed", "numbers", scene.signed_in(NUMBERS, OnSolana), 200),
    ]
}

fn plans(scene: &Scene) -> Vec<Plan> {
    let unpaid = |name, function, path, body| http(name, function, Scene::unpaid(path, body), 402);
    let paid = |name, function, ask, path| Plan { path: Some(path), ..http(name, function, ask, 200) };
    let (any, elsewhere) = (json!({}), scene::elsewhere());
    vec![
        unpaid("list, unpaid", "numbers_list", LIST, any.clone()),
        http("list, forged", "numbers_list", scene.paid(Forger, LIST, any.clone()), 402),
        paid("list, paid", "numbers_list", scene.paid(Owner, LIST, any.clone()), &paths::LIST),
        unpaid("calls, unpaid", "voice_calls_list", CALLS, any.clone()),
        paid("calls, paid", "voice_calls_list", scene.paid(Owner, CALLS, any.clone()), &paths::CALLS),
        http("numbers, unpaid", "numbers", Scene::unsigned(NUMBERS), 402),
        http("numbers, bungled, forged", "numbers", scene.signed_in(NUMBERS, Bungler), 401),
        http("numbers, forged", "numbers", scene.signed_in(NUMBERS, Forger), 401),
        http("numbers, signed in", "numbers", scene.signed_in(NUMBERS, Owner), 200),
        http("own calls, unpaid", "voice_calls", Scene::unsigned(MY_CALLS), 402),
        http("own calls, forged", "voice_calls", scene.signed_in(MY_CALLS, Forger), 401),
        http("own calls, signed in", "voice_calls", scene.signed_in(MY_CALLS, Owner), 200),
        http("list, dry run", "numbers_list", scene.rehearsed(LIST, any.clone()), 200),
        http("buy, dry run", "numbers_buy", scene.rehearsed(BUY, any.clone()), 200),
        http("call, dry run", "voice_call", scene.rehearsed(CALL, scene::call_body()), 200),
        unpaid("renew, unpaid", "numbers_renew", RENEW, scene.renewal()),
        paid("renew, paid", "numbers_renew", scene.paid(Owner, RENEW, scene.renewal()), &paths::RENEW),
        unpaid("buy, unpaid", "numbers_buy", BUY, any.clone()),
        paid("buy, pooled", "numbers_buy", scene.paid(Buyer, BUY, any), &paths::BUY_POOLED),
        paid("buy, carried", "numbers_buy", scene.paid(Buyer, BUY, elsewhere), &paths::BUY_CARRIED),
        unpaid("call, unpaid", "voice_call", CALL, scene::call_body()),
        paid("call, paid", "voice_call", scene.paid(Caller, CALL, scene::call_body()), &paths::PLACE_CALL),
        http("status, poll", "voice_call_status", scene.poll(), 200),
    ]
}
