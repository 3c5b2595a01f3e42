//! How long a paid request takes when its neighbours take as long as they do in life, beside what
//! its critical path needs at least. The neighbours' own time is measured in the same request, at
//! their servers: a timer that is late, or an engine at work, is not the function's fault.
//! Everything else is: connections, the wire, its own work.

use std::time::Duration;

use harness::measure::Meter;

use crate::cost::{Subject, median};
use crate::paths::CriticalPath;
use crate::process::Process;

/// Medians.
pub(crate) struct Latency {
    pub(crate) name: &'static str,
    pub(crate) path: &'static CriticalPath,
    pub(crate) first: Timed,
    pub(crate) warm: Timed,
    /// What the code asked for differently from the path, in any of the requests.
    pub(crate) missing: Vec<&'static str>,
    /// See `missing`.
    pub(crate) besides: Vec<String>,
}

/// One request, or the median of several.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timed {
    /// In thousandths of the path's sum, rounded up. First, because medians are of this.
    pub(crate) permille: u128,
    pub(crate) took: Duration,
    pub(crate) sum: Duration,
}

/// Measures it.
pub(crate) fn measure(subject: &Subject<'_>, path: &'static CriticalPath, meter: &Meter) -> Latency {
    let mut latency = Latency {
        name: subject.name,
        path,
        first: Timed::default(),
        warm: Timed::default(),
        missing: Vec::new(),
        besides: Vec::new(),
    };
    let mut firsts = Vec::new();
    let mut last = None;
    for _ in 0..subject.effort.starts.max(1) {
        let mut process = subject.start();
        firsts.push(latency.once(subject, &mut process, meter));
        last = Some(process);
    }
    let mut process = last.expect("at least one");
    let warm = (0..subject.effort.warm).map(|_| latency.once(subject, &mut process, meter)).collect();
    latency.first = median(firsts);
    latency.warm = median(warm);
    latency
}

impl Latency {
    fn once(&mut self, subject: &Subject<'_>, process: &mut Process, meter: &Meter) -> Timed {
        meter.start();
        let took = subject.ask(process).wall;
        let measured = self.path.hold(meter.asked());
        for what in measured.missing {
            if !self.missing.contains(&what) {
                self.missing.push(what);
            }
        }
        for what in measured.besides {
            if !self.besides.contains(&what) {
                self.besides.push(what);
            }
        }
        let permille = (took.as_nanos() * 1000).div_ceil(measured.sum.as_nanos().max(1));
        Timed { permille, took, sum: measured.sum }
    }
}
