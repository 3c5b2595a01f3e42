//! What decides whether a change lands is the same here and at the forge: each stage of `.ci/run`
//! is one of a job's, once.

use std::path::Path;

use super::source::read;

#[test]
fn the_forge_runs_each_stage_of_the_gate_once_and_no_other() {
    let (gate, forge) = (read(Path::new(".ci/run")), read(Path::new(".github/workflows/ci.yml")));
    let lines = gate.lines().filter_map(|line| line.trim().strip_prefix("stage ")?.split_once(" \""));
    let mut stages: Vec<&str> = lines.map(|(name, _)| name).collect();
    let jobs = forge.lines().filter_map(|line| line.split_once(", stages: ")?.1.strip_suffix('}'));
    let mut run: Vec<&str> = jobs.flat_map(str::split_whitespace).collect();
    stages.sort_unstable();
    run.sort_unstable();
    assert!(stages.len() > 10, "{stages:?}");
    assert_eq!(run, stages, "the stages of .github/workflows/ci.yml, and those of .ci/run");
}
