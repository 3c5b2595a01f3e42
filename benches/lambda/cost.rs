//! What a request costs on its own: neighbours answer at once, so what is left is the function's own work.

use std::path::Path;
use std::time::Duration;

use harness::Neighbour;
use harness::measure::Meter;
use harness::template::Function;
use serde_json::Value;

use crate::process::{Process, Used};

/// Before the warm invocations are measured: connections are made, caches are filled.
pub(crate) const WARM_UP: usize = 3;

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

/// Medians.
pub(crate) struct Cost {
    pub(crate) name: &'static str,
    pub(crate) start: Used,
    pub(crate) first: Used,
    /// Start and first request together.
    pub(crate) cold_cpu: Duration,
    pub(crate) warm: Used,
    /// Bytes, the largest of all processes.
    pub(crate) memory: u64,
    /// Per warm request.
    pub(crate) facilitator: u64,
    /// While warm.
    pub(crate) connections: u64,
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

    /// Measures it.
    pub(crate) fn cost(&self, meter: &Meter) -> Cost {
        let (mut starts, mut firsts, mut colds) = (Vec::new(), Vec::new(), Vec::new());
        let mut memory = 0;
        let mut last = None;
        for _ in 0..self.effort.starts.max(1) {
            let mut process = self.start();
            let first = self.ask(&mut process);
            starts.push(process.started);
            firsts.push(first);
            colds.push(process.started.cpu + first.cpu);
            memory = memory.max(process.peak_memory());
            last = Some(process);
        }
        let mut process = last.expect("at least one");
        for _ in 0..WARM_UP {
            self.ask(&mut process);
        }
        meter.start();
        let warm: Vec<_> = (0..self.effort.warm).map(|_| self.ask(&mut process)).collect();
        let asked = meter.asked();
        let facilitator = asked.iter().filter(|asked| asked.neighbour == Neighbour::Facilitator).count();
        Cost {
            name: self.name,
            start: typical(&starts),
            first: typical(&firsts),
            cold_cpu: median(colds),
            warm: typical(&warm),
            memory: memory.max(process.peak_memory()),
            facilitator: u64::try_from(facilitator.div_ceil(warm.len().max(1))).unwrap_or(u64::MAX),
            connections: meter.connections(),
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
