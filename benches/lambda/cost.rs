//! What a request costs on its own: neighbours answer at once, so what is left is the function's
//! own work.

use std::path::Path;
use std::time::Duration;

use harness::Neighbour;
use harness::measure::Meter;
use harness::template::Function;
use serde_json::Value;

use crate::process::{Process, Used};

/// Before the warm invocations are measured: connections are made, caches are filled.
pub(crate) const WARM_UP: usize = 3;
/// Warm invocations before it is the other's turn.
const BLOCK: usize = 10;

/// How often each thing is done.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    /// New processes.
    pub(crate) starts: usize,
    /// Invocations of a warm one.
    pub(crate) warm: usize,
}

/// A request that is measured.
pub(crate) struct Subject<'a> {
    pub(crate) name: &'static str,
    pub(crate) function: &'a Function,
    pub(crate) program: &'a Path,
    /// A fresh event each time: a payment can be used once.
    pub(crate) event: Box<dyn Fn() -> Value + 'a>,
    /// The status of a right answer; nothing where the answer is not HTTP.
    pub(crate) status: Option<u64>,
    pub(crate) effort: Effort,
}

/// What a request costs, and what the floor cost meanwhile.
pub(crate) struct Cost {
    pub(crate) name: &'static str,
    pub(crate) own: Typical,
    pub(crate) floor: Typical,
    /// Per warm request.
    pub(crate) facilitator: u64,
    /// While warm.
    pub(crate) connections: u64,
}

/// Medians.
pub(crate) struct Typical {
    pub(crate) start: Used,
    pub(crate) first: Used,
    /// Start and first request together.
    pub(crate) cold_cpu: Duration,
    pub(crate) warm: Used,
    /// Bytes, the largest of all processes.
    pub(crate) memory: u64,
}

impl Subject<'_> {
    pub(crate) fn start(&self) -> Process {
        Process::start(self.function, self.program)
    }

    pub(crate) fn ask(&self, process: &mut Process) -> Used {
        let (answer, used) = process.invoke(&(self.event)());
        if let Some(status) = self.status {
            assert_eq!(answer["statusCode"], status, "{}: {answer}\n{}", self.name, process.wrote());
        }
        used
    }

    /// Measures it and the floor in turns, so that both meet the same machine: how fast a processor
    /// is changes from one second to the next with what its neighbours do.
    pub(crate) fn cost(&self, floor: &Subject<'_>, meter: &Meter) -> Cost {
        let (mut own, mut least) = (Runs::default(), Runs::default());
        let (mut process, mut floor_process) = (None, None);
        for _ in 0..self.effort.starts.max(1) {
            floor_process = Some(least.start(floor));
            process = Some(own.start(self));
        }
        let mut process = process.expect("at least one");
        let mut floor_process = floor_process.expect("at least one");
        for _ in 0..WARM_UP {
            floor.ask(&mut floor_process);
            self.ask(&mut process);
        }
        meter.start();
        // Some at a time, so that neither finds the other's memory in the caches each time.
        while own.warm.len() < self.effort.warm {
            for _ in 0..BLOCK {
                least.warm.push(floor.ask(&mut floor_process));
            }
            for _ in 0..BLOCK.min(self.effort.warm - own.warm.len()) {
                own.warm.push(self.ask(&mut process));
            }
        }
        let asked = meter.asked();
        let facilitator = asked.iter().filter(|asked| asked.neighbour == Neighbour::Facilitator).count();
        own.memory = own.memory.max(process.peak_memory());
        least.memory = least.memory.max(floor_process.peak_memory());
        Cost {
            name: self.name,
            own: own.typical(),
            floor: least.typical(),
            facilitator: u64::try_from(facilitator.div_ceil(own.warm.len().max(1))).unwrap_or(u64::MAX),
            connections: meter.connections(),
        }
    }
}

#[derive(Default)]
struct Runs {
    starts: Vec<Used>,
    firsts: Vec<Used>,
    colds: Vec<Duration>,
    warm: Vec<Used>,
    memory: u64,
}

impl Runs {
    fn start(&mut self, subject: &Subject<'_>) -> Process {
        let mut process = subject.start();
        let first = subject.ask(&mut process);
        self.starts.push(process.started);
        self.firsts.push(first);
        self.colds.push(process.started.cpu + first.cpu);
        self.memory = self.memory.max(process.peak_memory());
        process
    }

    fn typical(&self) -> Typical {
        Typical {
            start: typical(&self.starts),
            first: typical(&self.firsts),
            cold_cpu: median(self.colds.clone()),
            warm: typical(&self.warm),
            memory: self.memory,
        }
    }
}

pub(crate) fn median<T: Ord + Copy + Default>(mut values: Vec<T>) -> T {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn typical(all: &[Used]) -> Used {
    Used {
        wall: median(all.iter().map(|used| used.wall).collect()),
        cpu: median(all.iter().map(|used| used.cpu).collect()),
    }
}
