//! The reasons in `docs/decisions.md` and the code that obeys them: each is named where it is
//! obeyed, under the title that it has.

use std::collections::BTreeSet;
use std::path::Path;

use super::source::{read, rust_files};

const MARK: &str = "`docs/decisions.md`: ";

#[test]
fn each_decision_is_named_by_the_code_that_obeys_it() {
    let decisions = read(Path::new("docs/decisions.md"));
    let titles: BTreeSet<&str> = decisions.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let files =
        ["shared/src", "operator/src", "tests/harness/src", "tests/fuzz-targets/src"].into_iter().flat_map(rust_files);
    let code: Vec<String> = files.map(|file| read(&file)).chain([read(Path::new("template.yaml"))]).collect();
    let named: BTreeSet<&str> =
        code.iter().flat_map(|text| text.lines()).filter_map(|line| Some(line.split_once(MARK)?.1)).collect();
    let unknown: Vec<_> = named.difference(&titles).collect();
    assert!(unknown.is_empty(), "no such decisions: {unknown:#?}");
    let obeyed_nowhere: Vec<_> = titles.difference(&named).collect();
    assert!(obeyed_nowhere.is_empty(), "named by no module: {obeyed_nowhere:#?}");
}
