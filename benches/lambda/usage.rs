//! What a process has used, from `/proc`: processor time to the nanosecond, and its largest memory.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

/// Longer than anything that a function still does after it has asked for work.
const RESTLESS: Duration = Duration::from_secs(2);

/// The processor time of all threads so far, once all of them are asleep: the scheduler adds a
/// thread's time when it stops running.
pub(crate) fn cpu_at_rest(pid: u32) -> Duration {
    let began = Instant::now();
    loop {
        let before = cpu(pid);
        thread::yield_now();
        if asleep(pid) && cpu(pid) == before {
            return before;
        }
        assert!(began.elapsed() < RESTLESS, "process {pid} does not come to rest");
    }
}

/// `VmHWM`, in bytes.
pub(crate) fn peak_memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}

fn cpu(pid: u32) -> Duration {
    let nanoseconds =
        threads(pid, "schedstat").into_iter().filter_map(|text| text.split(' ').next()?.parse::<u64>().ok());
    Duration::from_nanos(nanoseconds.sum())
}

fn asleep(pid: u32) -> bool {
    // The state follows the name, which is in parentheses.
    threads(pid, "stat").iter().all(|text| text.rsplit(") ").next().is_some_and(|rest| rest.starts_with('S')))
}

fn threads(pid: u32, file: &str) -> Vec<String> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    threads.filter_map(|thread| fs::read_to_string(thread.path().join(file)).ok()).collect()
}
