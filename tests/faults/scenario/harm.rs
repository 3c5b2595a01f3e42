//! What may go wrong with one request to a neighbour, in the words of a line that replays it:
//! `dynamo/3/lose-answer`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use harness::sim::{Answer, Fault};
use harness::{Neighbour, World};

/// How far a node is behind the others: all that happens in a scenario.
const BEHIND: Duration = Duration::from_mins(10);

/// What happens to a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Harm {
    /// Refused in the neighbour's own words for "too much at once", before any effect.
    Overload,
    /// Refused by the load balancer before it, with a 503 and a page.
    Refuse,
    /// The connection closes before any effect.
    Drop,
    /// The connection closes after the effect.
    Lose,
    /// Never answered and never applied: the caller's own time limit ends it.
    Hang,
    /// Applied, and answered with 200 and a page.
    Garbage,
    /// Applied, and answered with half of the answer.
    Half,
    /// Applied after the caller has given up and drawn its conclusions: when time next passes.
    Late,
    /// The caller's process is killed before the effect.
    KillBefore,
    /// The caller's process is killed after the effect.
    KillAfter,
    /// Answered by one of a chain's nodes that is behind the others.
    Stale,
}

impl Harm {
    /// All of them.
    pub(crate) const ALL: [Self; 11] = [
        Self::Overload,
        Self::Refuse,
        Self::Drop,
        Self::Lose,
        Self::Hang,
        Self::Garbage,
        Self::Half,
        Self::Late,
        Self::KillBefore,
        Self::KillAfter,
        Self::Stale,
    ];

    /// One of each sort: what goes wrong twice in a pair. The others differ from these in words
    /// only.
    pub(crate) const SORTS: [Self; 7] =
        [Self::Overload, Self::Lose, Self::Hang, Self::Garbage, Self::Late, Self::KillBefore, Self::KillAfter];

    /// Its name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Overload => "overload",
            Self::Refuse => "refuse",
            Self::Drop => "drop",
            Self::Lose => "lose-answer",
            Self::Hang => "hang",
            Self::Garbage => "garbage",
            Self::Half => "half",
            Self::Late => "late",
            Self::KillBefore => "kill-before",
            Self::KillAfter => "kill-after",
            Self::Stale => "stale",
        }
    }

    /// Whether it can befall a request to this neighbour: of the others none is many.
    pub(crate) const fn befalls(self, neighbour: Neighbour) -> bool {
        !matches!(self, Self::Stale) || matches!(neighbour, Neighbour::Chain | Neighbour::Solana)
    }

    /// Whether the caller learns of it from its own time limit, and from nothing before.
    pub(crate) const fn takes_long(self) -> bool {
        matches!(self, Self::Hang | Self::Late)
    }

    /// What the simulators call it.
    pub(crate) fn fault(self) -> Fault {
        match self {
            Self::Overload => Fault::Overload,
            Self::Refuse => Fault::Refuse(Answer::html(503)),
            Self::Drop => Fault::Drop,
            Self::Lose => Fault::LoseAnswer,
            Self::Hang => Fault::Hang,
            Self::Garbage => Fault::Html,
            Self::Half => Fault::Truncate,
            Self::Late => Fault::Adrift,
            Self::KillBefore => Fault::HaltBefore,
            Self::KillAfter => Fault::HaltAfter,
            Self::Stale => Fault::Behind(BEHIND),
        }
    }
}

/// A harm, and which request it befalls: the `nth` one to a neighbour, from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Blow {
    /// The neighbour that the request is for.
    pub(crate) neighbour: Neighbour,
    /// Which one.
    pub(crate) nth: u64,
    /// What happens to it.
    pub(crate) harm: Harm,
}

impl Blow {
    /// Waits for its request from now on.
    pub(crate) fn arm(self, world: &World) {
        world.faults_of(self.neighbour).nth("*", self.nth, self.harm.fault());
    }
}

/// A neighbour's name.
pub(crate) const fn name(neighbour: Neighbour) -> &'static str {
    match neighbour {
        Neighbour::Chain => "chain",
        Neighbour::Facilitator => "facilitator",
        Neighbour::Twilio => "twilio",
        Neighbour::Bland => "bland",
        Neighbour::Scheduler => "scheduler",
        Neighbour::Dynamo => "dynamo",
        Neighbour::Kms => "kms",
        Neighbour::SecretsManager => "secrets",
        Neighbour::S3 => "s3",
        Neighbour::Solana => "solana",
    }
}

impl fmt::Display for Blow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", name(self.neighbour), self.nth, self.harm.name())
    }
}

impl FromStr for Blow {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split('/');
        let mut next = || parts.next().ok_or_else(|| format!("{text:?} is not NEIGHBOUR/NTH/HARM"));
        let (whom, nth, what) = (next()?, next()?, next()?);
        Ok(Self {
            neighbour: Neighbour::ALL
                .into_iter()
                .find(|neighbour| name(*neighbour) == whom)
                .ok_or_else(|| format!("{whom:?} is no neighbour"))?,
            nth: nth.parse().map_err(|_| format!("{nth:?} is no number"))?,
            harm: Harm::ALL
                .into_iter()
                .find(|harm| harm.name() == what)
                .ok_or_else(|| format!("{what:?} is no harm"))?,
        })
    }
}
