//! Many cases: which there are, in which worlds they are played, and which of them failed.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Instant;

use alloy_primitives::{U256, keccak256};
use futures_util::StreamExt;
use harness::binaries;

use crate::case::{Asked, Case, Played, Scenario};
use crate::lab::Lab;
use crate::scenario::truth::Truth;
use crate::scenario::{Conduct, Harm};

/// Worlds at the same time. Most of them wait: for a time limit that something hangs until.
const ABREAST: usize = 32;
/// Into this many parts the cases can be divided.
pub(crate) const PARTS: u64 = 1_000;
/// The single faults of a push where no others are asked for: one in twenty-five, some 50.
pub(crate) const SHARE: Range<u64> = 0..40;
/// The pairs of a push, of those that begin with one of its single faults: some 90.
pub(crate) const SAMPLE: Range<u64> = 0..100;

/// A case that was played without its world coming to grief.
pub(crate) struct Done {
    pub(crate) case: Case,
    pub(crate) asked: Vec<Asked>,
}

/// What came of many cases.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) done: Vec<Done>,
    /// By the line that replays it.
    pub(crate) failures: BTreeMap<String, Vec<String>>,
}

impl Report {
    /// Fails if anything did, with the lines that replay it.
    pub(crate) fn judge(&self, what: &str, began: Instant) {
        let cases = self.done.len();
        let seconds = began.elapsed().as_secs();
        eprintln!("{what}: {cases} cases, {} failed, {seconds} s", self.failures.len());
        let lines: Vec<_> = self.failures.iter().map(|(line, findings)| told(line, findings)).collect();
        assert!(lines.is_empty(), "{what}: {} of {cases} cases failed\n\n{}", lines.len(), lines.join("\n"));
    }

    fn add(&mut self, other: Self) {
        self.done.extend(other.done);
        self.failures.extend(other.failures);
    }
}

fn told(line: &str, findings: &[String]) -> String {
    let findings: Vec<_> = findings.iter().map(|finding| format!("  - {finding}\n")).collect();
    format!("FAULT='{line}' cargo test --workspace --test faults replay\n{}", findings.concat())
}

/// Plays all of them, several worlds abreast and several cases in each.
pub(crate) async fn play(cases: Vec<Case>) -> Report {
    let mut by_scenario: BTreeMap<&str, Vec<Case>> = BTreeMap::new();
    for case in cases {
        by_scenario.entry(case.scenario.name()).or_default().push(case);
    }
    let mut worlds: Vec<Vec<Case>> = by_scenario
        .into_values()
        .flat_map(|cases| {
            let together = cases.first().map_or(1, Case::together);
            cases.chunks(together).map(<[Case]>::to_vec).collect::<Vec<_>>()
        })
        .collect();
    // Who waits most begins first, and so has company to the end.
    worlds.sort_by_key(|cases| Reverse(cases.iter().map(Case::waits).sum::<usize>()));
    let (all, began) = (worlds.len(), Instant::now());
    let mut report = Report::default();
    let mut playing = futures_util::stream::iter(worlds.into_iter().map(in_worlds)).buffer_unordered(ABREAST);
    let mut over = 0;
    while let Some(one) = playing.next().await {
        for (line, findings) in &one.failures {
            eprintln!("{}", told(line, findings));
        }
        report.add(one);
        over += 1;
        if over % 50 == 0 {
            let (cases, failures) = (report.done.len(), report.failures.len());
            eprintln!("  {over} of {all} worlds, {cases} cases, {failures} failed, {} s", began.elapsed().as_secs());
        }
    }
    report
}

/// Plays cases in one world. If that does not end well, each is played again in a world of its own,
/// to learn which it was.
async fn in_worlds(cases: Vec<Case>) -> Report {
    let (done, findings) = in_a_world(cases.clone()).await;
    if findings.is_empty() {
        return Report { done, ..Report::default() };
    }
    let mut report = Report { done, ..Report::default() };
    if cases.len() > 1 {
        for case in &cases {
            let (_, findings) = in_a_world(vec![case.clone()]).await;
            if !findings.is_empty() {
                report.failures.insert(case.to_string(), findings);
            }
        }
    }
    if report.failures.is_empty() {
        // None of them fails by itself, or not each time.
        let lines: Vec<_> = cases.iter().map(Case::to_string).collect();
        report.failures.insert(lines.join("; "), findings);
    }
    report
}

/// Plays cases in one world, ends it, and says what does not hold.
pub(crate) async fn in_a_world(cases: Vec<Case>) -> (Vec<Done>, Vec<String>) {
    let lines: Vec<_> = cases.iter().map(Case::to_string).collect();
    // A panic of the harness is a finding about its world, not the end of all others.
    match tokio::spawn(played(cases)).await {
        Ok(ended) => ended,
        Err(panic) => (Vec::new(), vec![format!("{}: {panic}", lines.join("; "))]),
    }
}

async fn played(cases: Vec<Case>) -> (Vec<Done>, Vec<String>) {
    let mut lab = Lab::open(binaries!()).await;
    let (mut done, mut findings, mut told) = (Vec::new(), Vec::new(), Vec::new());
    for case in cases {
        match case.play(&mut lab).await {
            Ok(Played { told: one, findings: some, asked }) => {
                findings.extend(some.into_iter().map(|finding| format!("{case}: {finding}")));
                told.extend(one.map(|one| (case.to_string(), one)));
                done.push(Done { case, asked });
            }
            Err(why) => findings.push(format!("{case}: {why}")),
        }
    }
    let world = (*lab.stack).clone();
    let (audited, logs) = lab.stack.close().await;
    findings.extend(audited);
    let truth = Truth::of(&world);
    for (case, one) in &told {
        findings.extend(truth.findings(one).into_iter().map(|finding| format!("{case}: {finding}")));
    }
    if std::env::args().any(|argument| argument == "replay") && !findings.is_empty() {
        eprintln!("What the functions wrote:\n{logs}");
    }
    (done, findings)
}

/// What is asked in these scenarios when nothing goes wrong, by conduct.
pub(crate) async fn calm(scenarios: &[Scenario]) -> Report {
    let calm = |scenario, conduct| Case { scenario, blows: Vec::new(), conduct };
    let cases = scenarios.iter().flat_map(|scenario| Conduct::ALL.map(|conduct| calm(*scenario, conduct)));
    play(cases.collect()).await
}

/// Each request of each scenario, with each harm, and with these conducts or with all.
pub(crate) fn singles(calm: &Report, all: bool) -> Vec<Case> {
    let mut singles = Vec::new();
    for Done { case, asked } in &calm.done {
        // What the reaper asks when nothing is left to do is the same in all: it is played where
        // there is something to do.
        let swept = matches!(case.scenario, Scenario::Reclaim | Scenario::Refund);
        for asked in asked.iter().filter(|asked| swept || !asked.swept) {
            // Of the many looks at indices one harm each is enough for every day, and one conduct
            // each always.
            let harms = if all || !asked.is_a_glance() { Harm::ALL.as_slice() } else { &[Harm::Overload] };
            let all = all && !asked.is_a_glance();
            for (place, harm) in harms.iter().copied().enumerate().filter(|(_, harm)| harm.befalls(asked.neighbour)) {
                let turn = place + usize::try_from(asked.nth).unwrap_or_default();
                let mine = Conduct::ALL.get(turn % Conduct::ALL.len()) == Some(&case.conduct);
                if all || mine {
                    singles.push(Case { blows: vec![asked.blow(harm)], ..case.clone() });
                }
            }
        }
    }
    singles
}

/// Each case with one fault, followed by each other fault at each request that came after the
/// first: of the request itself, of what the client did then, and of the reaper, save its looks at
/// indices.
pub(crate) fn pairs(singles: &Report) -> Vec<Case> {
    let mut pairs = Vec::new();
    for Done { case, asked } in &singles.done {
        let [first] = case.blows.as_slice() else { continue };
        if !matches!(case.scenario, Scenario::Buy | Scenario::Call) || !Harm::SORTS.contains(&first.harm) {
            continue;
        }
        let met = asked.iter().position(|asked| asked.neighbour == first.neighbour && asked.nth == first.nth);
        let Some(met) = met else { continue };
        for second in asked.iter().skip(met + 1).filter(|asked| !asked.is_a_glance()) {
            let blows = |harm| vec![*first, second.blow(harm)];
            pairs.extend(Harm::SORTS.map(|harm| Case { blows: blows(harm), ..case.clone() }));
        }
    }
    pairs
}

/// Those cases that fall into these of all parts. Which one is a case's depends on nothing but its
/// line, and not on what else there is, so that parts that are played on different days add up to
/// all.
pub(crate) fn part(mut cases: Vec<Case>, parts: &Range<u64>) -> Vec<Case> {
    let part = |case: &Case| (U256::from_be_bytes(keccak256(case.to_string()).0) % U256::from(PARTS)).to::<u64>();
    cases.retain(|case| parts.contains(&part(case)));
    cases
}
