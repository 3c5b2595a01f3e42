//! What one call takes of the shipped functions, counted in a world of the tests.

use std::path::Path;
use std::time::Duration;

use harness::life::{self, Life};
use harness::{Binaries, Stack};

/// As a client polls that knows nothing of `Retry-After`, and as one that does.
const OFTEN: Duration = Duration::from_secs(5);
const AS_TOLD: Duration = Duration::from_secs(10);

/// What is played: how a row is called, how long it lasts, and how often it is polled.
pub(crate) const PLAYED: [(&str, Duration, Duration); 3] = [
    ("2 minutes, polled every 5 s", Duration::from_mins(2), OFTEN),
    ("30 minutes, polled every 5 s", Duration::from_mins(30), OFTEN),
    ("30 minutes, polled every 10 s, as `Retry-After` says", Duration::from_mins(30), AS_TOLD),
];

/// As many of them, one after the other, by a wallet that has a number.
pub(crate) fn of_the_first(many: usize) -> Vec<Life> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let stack = Stack::builder(functions()).told().start().await;
        let wallet = stack.wallet();
        stack.buys(&wallet).await;
        stack.minutes(25).await;
        let idle = life::of_nothing(&stack).await;
        let mut lives = Vec::new();
        for (_, length, every) in PLAYED.into_iter().take(many) {
            lives.push(life::of_a_call(&stack, &wallet, idle, length, every).await);
        }
        lives
    })
}

/// Those that the tests drive, which cargo builds beside this program.
fn functions() -> Binaries {
    let own = std::env::current_exe().expect("this program has a path");
    let directory = own.parent().and_then(Path::parent).expect("cargo's layout");
    let functions = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../functions"));
    let names = functions.expect("functions/").filter_map(|entry| {
        let path = entry.ok()?.path();
        Some(path.file_stem()?.to_str()?.to_owned())
    });
    let names: Vec<_> = names.collect();
    assert!(
        names.iter().all(|name| directory.join(name).exists()),
        "the functions are not built: `cargo build --workspace --bins` first"
    );
    Binaries::of_directory(directory, names)
}
