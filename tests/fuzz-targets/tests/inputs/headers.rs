//! A million payment headers that are almost right: none of them makes a function ask a neighbour
//! anything, unless it still is the payment that was signed, and then it is looked for under the
//! same id; or unless it is signed as only a contract can judge, and then this many are counted and
//! asked about in a minute and no more. No panic, and no other write.
//!
//! The functions are the shipped ones, in this process; DynamoDB, the facilitator, the node,
//! Twilio, Bland and the scheduler are one listener that counts. Which headers still are a payment
//! is for `fuzz_targets::judge` to say, which reads by itself and looks signatures up.
//!
//! `cargo test` tries ten thousand. The million:
//! `cargo test --profile bench --workspace --test inputs headers:: -- --ignored --nocapture`.

mod mutate;
mod neighbour;
mod rng;
mod values;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use fuzz_targets::functions::{Functions, Paid, UNPROVEN_PER_MINUTE};
use fuzz_targets::judge::{Claim, Judgement, judge};
use fuzz_targets::opened;
use fuzz_targets::signed::{ALL, Payment};
use http::{HeaderName, HeaderValue};

use self::neighbour::{Asked, Neighbour};
use self::rng::Rng;

#[test]
fn no_header_but_a_payment_makes_us_ask_anybody() {
    let tally = World::open().run(1, 10_000);
    // All kinds came up, or nothing was tried. Each world is paid on one chain, and payments are
    // drawn for both.
    let Tally { nothing, authentic, unproven, counted, misfit, .. } = tally;
    let tried = nothing > 5_000 && authentic > 800 && unproven > 50 && misfit > 300;
    assert!(tried && counted >= UNPROVEN_PER_MINUTE / 3, "{tally:?}");
}

#[test]
#[ignore = "minutes; see the head of this file"]
fn no_header_in_a_million_but_a_payment_makes_us_ask_anybody() {
    let began = Instant::now();
    let tally = World::open().run(2, 1_000_000);
    tally.say(began.elapsed());
}

/// What was tried.
#[derive(Default, Debug)]
struct Tally {
    /// Headers that are not a payment for what is sold, and what they were answered.
    nothing: usize,
    answers: BTreeMap<(u16, String), usize>,
    /// Headers that still are the payment.
    authentic: usize,
    /// Headers of which only the chain could say; and how many of them were counted.
    unproven: usize,
    counted: usize,
    /// Headers with a payment for something else.
    misfit: usize,
    /// What all this made us ask, and over how many connections.
    asked: usize,
    connections: usize,
    /// How long a header that is not a payment took: half of them, all but one in a hundred, and
    /// the slowest.
    times: [Duration; 3],
}

impl Tally {
    fn say(&self, took: Duration) {
        let Self { nothing, answers, authentic, unproven, counted, misfit, asked, connections, times } = self;
        let [half, most, slowest] = times;
        eprintln!(
            "{nothing} were no payment, {authentic} still the payment, {unproven} for the chain to judge ({counted} \
             of them counted), {misfit} for something else"
        );
        eprintln!(
            "{asked} questions for those over {connections} connections, none for the others; {took:.1?} together"
        );
        eprintln!("half of the others took less than {half:.1?}, 99 % less than {most:.1?}, the slowest {slowest:.1?}");
        for ((status, code), times) in answers {
            eprintln!("{times:>8}  {status} {code}");
        }
    }
}

struct World {
    neighbour: Neighbour,
    runtime: tokio::runtime::Runtime,
    /// On two chains without a node, and on one with a node.
    functions: [Functions; 2],
}

impl World {
    fn open() -> Self {
        let neighbour = Neighbour::listen();
        let functions = [false, true].map(|node| Functions::with_neighbours_at(neighbour.url(), node));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { neighbour, runtime, functions }
    }

    fn run(self, seed: u64, count: u64) -> Tally {
        let mut tally = Tally::default();
        let mut times = Vec::new();
        let began = Instant::now();
        for case in 0..count {
            let mut rng = Rng::new(seed, case);
            let functions = &self.functions[rng.below(2)];
            let payment = rng.pick(&ALL);
            let function = shop(&mut rng, functions, payment);
            let headers = mutate::headers(&mut rng, payment);
            let body = if rng.one_in(8) { "{\"task\":" } else { function.body };
            let tried = catch_unwind(AssertUnwindSafe(|| {
                self.one(function, &headers, body.as_bytes(), &mut tally, &mut times);
            }));
            assert!(tried.is_ok(), "seed {seed}, case {case}: {} {headers:?}", function.name);
        }
        drop(self.runtime);
        let counted = self.neighbour.counted();
        let minutes = usize::try_from(began.elapsed().as_secs() / 60).expect("few") + 1;
        assert!(counted <= minutes * UNPROVEN_PER_MINUTE, "{counted} in {minutes} minutes");
        let (connections, unasked_for) = self.neighbour.close();
        assert_eq!(unasked_for, 0, "something was asked after its request had been answered");
        times.sort_unstable();
        let at = |share: usize| times.get(times.len() * share / 100).or(times.last()).copied().unwrap_or_default();
        Tally { counted, connections, times: [at(50), at(99), at(100)], ..tally }
    }

    fn one(
        &self,
        function: &Paid,
        headers: &[(HeaderName, HeaderValue)],
        body: &[u8],
        tally: &mut Tally,
        times: &mut Vec<Duration>,
    ) {
        // The same payment may come several times, and under both names.
        let values: Vec<_> = headers.iter().map(|(_, value)| value.as_bytes()).collect();
        let judged = judge(&values.join(&b","[..]), &function.sells);
        let counted = self.neighbour.counted();
        let began = Instant::now();
        let response = self.runtime.block_on(function.post(headers, body));
        let took = began.elapsed();
        let (status, answer) = opened(&response);
        let code = answer.text_of("reason").or(answer.text_of("code")).unwrap_or_default().to_owned();
        let asked = self.neighbour.asked();
        tally.asked += asked.len();
        match judged {
            Judgement::Nothing => {
                assert!(asked.is_empty(), "{asked:?} for a header that is not a payment");
                assert!(matches!(status, 400 | 402), "{status} {code}");
                tally.nothing += 1;
                *tally.answers.entry((status, code)).or_default() += 1;
                times.push(took);
            }
            Judgement::Authentic(claim) => {
                tally.authentic += 1;
                recognised(&claim, status, &code, &["expired"], &asked);
            }
            // Its times are not signed, so they can be any.
            Judgement::Unproven(claim) => {
                tally.unproven += 1;
                doubted(&claim, status, &code, self.neighbour.counted() - counted, &asked);
            }
            // It may have bought something else.
            Judgement::Misfit(claim) => {
                tally.misfit += 1;
                let reasons =
                    ["network_mismatch", "asset_mismatch", "recipient_mismatch", "value_mismatch", "self_payment"];
                recognised(&claim, status, &code, &reasons, &asked);
            }
        }
    }
}

/// Where the payment is tried: as a rule where it would be the right amount.
fn shop<'a>(rng: &mut Rng, functions: &'a Functions, payment: &Payment) -> &'a Paid {
    let fitting: Vec<&Paid> = functions.paid.iter().filter(|paid| paid.sells.price == payment.transfer.value).collect();
    if fitting.is_empty() || rng.one_in(4) { rng.pick(&functions.paid) } else { fitting[rng.below(fitting.len())] }
}

/// A signature that only a contract can judge: its record is looked for; and where it is in time
/// and can be one at all, it is counted. No other neighbour is asked about it where it was not, and
/// none twice.
fn doubted(claim: &Claim, status: u16, code: &str, counted: usize, asked: &[Asked]) {
    let is_update = |asked: &&Asked| asked.what == "DynamoDB_20120810.UpdateItem";
    let (of_dynamo, others): (Vec<&Asked>, Vec<&Asked>) =
        asked.iter().partition(|asked| asked.what.starts_with("DynamoDB_20120810."));
    let updates = of_dynamo.iter().copied().filter(is_update).count();
    if updates == 0 {
        let reasons = ["expired", "window_too_long", "not_yet_valid", "invalid_signature", "rate_limited"];
        assert!(others.is_empty() && counted == 0, "{asked:?}");
        if status == 429 {
            assert_eq!(code, "rate_limited");
            return;
        }
        return recognised(claim, status, code, &reasons, asked);
    }
    // In all names and in one, and each may be the first of its minute.
    assert!(updates <= 4 && counted <= 1, "{asked:?}");
    assert!(asked.iter().filter(is_update).all(|asked| asked.body.contains("LIMIT#UNPROVEN")), "{asked:?}");
    let about: Vec<&str> = others.iter().map(|asked| asked.what.as_str()).collect();
    if counted == 0 || status == 429 {
        assert_eq!((status, code, about), (429, "rate_limited", vec![]));
        return;
    }
    // The node, where there is one, gives no answer here, and so the facilitator is asked; it gives
    // none either.
    assert!(matches!(about[..], ["POST /verify HTTP/1.1"] | ["POST / HTTP/1.1", "POST /verify HTTP/1.1"]), "{about:?}");
    assert_eq!((status, code), (502, "upstream_error"));
}

/// It was looked for, under its own id and nothing else, and then refused for its times: a document
/// that not every parser would read may also be refused as such.
fn recognised(claim: &Claim, status: u16, code: &str, reasons: &[&str], asked: &[Asked]) {
    if !claim.plain && asked.is_empty() {
        assert_eq!(status, 400, "{code}");
        return;
    }
    assert!(status == 402 && reasons.contains(&code), "{status} {code}");
    assert!((1..=2).contains(&asked.len()), "{asked:?}");
    let key = format!("\"SALE#{}\"", claim.id());
    for Asked { what, body } in asked {
        let reads = matches!(what.as_str(), "DynamoDB_20120810.GetItem" | "DynamoDB_20120810.BatchGetItem");
        assert!(reads && body.contains(&key), "{what} {body} instead of {key}");
    }
}
