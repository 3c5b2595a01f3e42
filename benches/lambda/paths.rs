//! Critical paths: what each paid endpoint has to ask for, one after the other, with what can be
//! asked side by side.
//!
//! Written by hand from the specification, not read off the code: a request that is not here is a
//! deviation, and is reported as one.

use std::time::Duration;

use harness::Neighbour;
use harness::measure::Asked;

/// The injected delays, in milliseconds. The scheduler's is ours: it must not be seen at all.
pub(crate) const DELAYS: &[(Neighbour, &str, u64)] = &[
    (Neighbour::Facilitator, "POST */verify", 50),
    (Neighbour::Facilitator, "POST */settle", 200),
    (Neighbour::Twilio, "*", 150),
    (Neighbour::Bland, "*", 150),
    (Neighbour::Dynamo, "*", 5),
    (Neighbour::Scheduler, "*", 50),
    (Neighbour::Chain, "*", 5),
];

/// One request to a neighbour.
#[derive(Clone, Copy)]
pub(crate) struct Link {
    pub(crate) what: &'static str,
    neighbour: Neighbour,
    /// The class begins so, and ends so.
    class: (&'static str, &'static str),
    pub(crate) milliseconds: u64,
}

/// Chains that go side by side; the longest is what the step takes.
pub(crate) type Step = &'static [&'static [Link]];

/// What an endpoint has to do.
pub(crate) struct CriticalPath(pub(crate) &'static [Step]);

const fn dynamo(what: &'static str, operation: &'static str) -> Link {
    Link { what, neighbour: Neighbour::Dynamo, class: (operation, ""), milliseconds: 5 }
}

const fn twilio(what: &'static str, class: (&'static str, &'static str)) -> Link {
    Link { what, neighbour: Neighbour::Twilio, class, milliseconds: 150 }
}

const fn bland(what: &'static str, class: &'static str) -> Link {
    Link { what, neighbour: Neighbour::Bland, class: (class, ""), milliseconds: 150 }
}

/// An earlier sale with this payment, whether the wallet is served, and whether anything is paused:
/// one question.
const RECORD: Link = dynamo("earlier sale", "BatchGetItem");
/// What was counted of this wallet, this destination and this day.
const COUNTERS: Link = dynamo("counters", "BatchGetItem");
const LEASES: Link = dynamo("leases", "Query");
/// Whether the payer holds the price, which our own node knows before any other neighbour is asked.
const HOLDS: Link = Link { what: "balance", neighbour: Neighbour::Chain, class: ("POST /rpc", ""), milliseconds: 5 };
/// Whether code speaks for the payer, which is asked while the facilitator verifies.
const CODE: Link = Link { what: "code", neighbour: Neighbour::Chain, class: ("POST /rpc", ""), milliseconds: 5 };
const CLAIM: Link = dynamo("claim", "TransactWriteItems");
const FENCE: Link = dynamo("fence", "TransactWriteItems");
const CLOSE: Link = dynamo("close", "TransactWriteItems");
/// A call's fence is a write of its sale, and the call is told in the next one.
const FENCE_ALONE: Link = dynamo("fence", "UpdateItem");
const PLACED: Link = dynamo("placed", "UpdateItem");
/// A sale that holds nothing beside itself is claimed and closed by itself.
const CLAIM_ALONE: Link = dynamo("claim", "PutItem");
const CLOSE_ALONE: Link = dynamo("close", "UpdateItem");
const VERIFY: Link =
    Link { what: "verify", neighbour: Neighbour::Facilitator, class: ("POST ", "/verify"), milliseconds: 50 };
const SETTLE: Link =
    Link { what: "settle", neighbour: Neighbour::Facilitator, class: ("POST ", "/settle"), milliseconds: 200 };
const ALARM: Link =
    Link { what: "alarm", neighbour: Neighbour::Scheduler, class: ("POST /schedules/", ""), milliseconds: 50 };
/// The alarm is there already: it is moved.
const MOVE: Link =
    Link { what: "moved", neighbour: Neighbour::Scheduler, class: ("PUT /schedules/", ""), milliseconds: 50 };

pub(crate) const LIST: CriticalPath =
    CriticalPath(&[&[&[RECORD], &[LEASES], &[HOLDS]], &[&[CLAIM_ALONE]], &[&[SETTLE]], &[&[CLOSE_ALONE]]]);

pub(crate) const CALLS: CriticalPath = CriticalPath(&[
    &[&[RECORD], &[dynamo("entries", "Query"), dynamo("calls", "BatchGetItem")], &[HOLDS]],
    &[&[CLAIM_ALONE]],
    &[&[SETTLE]],
    &[&[CLOSE_ALONE]],
]);

pub(crate) const RENEW: CriticalPath =
    CriticalPath(&[&[&[RECORD], &[LEASES], &[HOLDS]], &[&[CLAIM]], &[&[SETTLE], &[ALARM, MOVE]], &[&[CLOSE]]]);

pub(crate) const BUY_POOLED: CriticalPath = CriticalPath(&[
    &[&[RECORD], &[COUNTERS], &[dynamo("pool", "Query")], &[HOLDS, VERIFY], &[CODE]],
    &[&[CLAIM]],
    &[&[SETTLE], &[ALARM, MOVE]],
    &[&[CLOSE]],
]);

/// The carrier is not asked before it is known that the payer can pay.
pub(crate) const BUY_CARRIED: CriticalPath = CriticalPath(&[
    &[&[RECORD], &[COUNTERS], &[dynamo("pool", "Query")], &[HOLDS, VERIFY], &[CODE]],
    &[&[twilio("search", ("GET ", "/Local.json"))]],
    &[&[CLAIM]],
    &[&[twilio("buy", ("POST ", "/IncomingPhoneNumbers.json"))]],
    &[&[bland("import", "POST /v1/inbound/insert")]],
    &[&[FENCE]],
    &[&[SETTLE], &[ALARM]],
    &[&[CLOSE]],
]);

pub(crate) const PLACE_CALL: CriticalPath = CriticalPath(&[
    &[&[RECORD], &[LEASES], &[COUNTERS], &[HOLDS, VERIFY], &[CODE]],
    &[&[CLAIM]],
    &[&[bland("dial", "POST /v1/calls")]],
    &[&[FENCE_ALONE]],
    &[&[PLACED]],
    &[&[SETTLE]],
    &[&[CLOSE]],
]);

/// What was asked, held against the path.
pub(crate) struct Measured {
    /// What the neighbours took, along the path.
    pub(crate) sum: Duration,
    /// In the path, and not asked.
    pub(crate) missing: Vec<&'static str>,
    /// Asked, and not in the path.
    pub(crate) besides: Vec<String>,
}

impl CriticalPath {
    /// The injected delays along the path, in milliseconds.
    pub(crate) fn nominal(&self) -> u64 {
        let longest = |step: &Step| {
            step.iter().map(|chain| chain.iter().map(|link| link.milliseconds).sum::<u64>()).max().unwrap_or(0)
        };
        self.0.iter().map(longest).sum()
    }

    /// Takes each link's own measured time, which is the injected delay and the neighbour's own
    /// work.
    pub(crate) fn hold(&self, mut asked: Vec<Asked>) -> Measured {
        let mut measured = Measured { sum: Duration::ZERO, missing: Vec::new(), besides: Vec::new() };
        for step in self.0 {
            let mut longest = Duration::ZERO;
            for chain in *step {
                let mut sum = Duration::ZERO;
                for link in *chain {
                    match asked.iter().position(|asked| link.is(asked)) {
                        Some(at) => sum += asked.remove(at).took,
                        None => measured.missing.push(link.what),
                    }
                }
                longest = longest.max(sum);
            }
            measured.sum += longest;
        }
        measured.besides = asked.into_iter().map(|asked| asked.class).collect();
        measured
    }
}

impl Link {
    fn is(&self, asked: &Asked) -> bool {
        let (head, tail) = self.class;
        asked.neighbour == self.neighbour && asked.class.starts_with(head) && asked.class.ends_with(tail)
    }
}
