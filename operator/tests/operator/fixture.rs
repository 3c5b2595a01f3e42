//! A world with the functions in it, and the command beside it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command as Cargo, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

pub(crate) use harness::spec::{BUY, CALL};
use harness::stack::Builder;
use harness::{Binaries, Stack};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

pub(crate) const CALLEE: &str = "+12133610872";
pub(crate) const MINUTE: Duration = Duration::from_mins(1);
pub(crate) const DAY: Duration = Duration::from_hours(24);

/// The functions, which belong to another package: cargo builds them if they are not as their
/// sources are.
pub(crate) fn functions() -> Binaries {
    static BUILT: OnceLock<()> = OnceLock::new();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    BUILT.get_or_init(|| {
        let mut cargo = Cargo::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--workspace", "--bins"]).current_dir(root).stdin(Stdio::null());
        for told in Binaries::OF_ANOTHER_PACKAGE {
            cargo.env_remove(told);
        }
        let built = cargo.status();
        assert!(built.expect("cargo starts").success(), "the functions do not build");
    });
    let listing = std::fs::read_dir(Path::new(root).join("functions")).expect("functions/");
    let names = listing
        .filter_map(|entry| Some(entry.expect("an entry").file_name().to_str()?.strip_suffix(".rs")?.to_owned()));
    let beside = Path::new(env!("CARGO_BIN_EXE_dialtone")).parent().expect("a directory");
    Binaries::of_directory(beside, names)
}

pub(crate) fn world() -> Builder {
    Stack::builder(functions())
}

/// What the command said, and how it ended.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// It ended with this code.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        self
    }

    /// It said all of this.
    #[track_caller]
    pub(crate) fn says(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.out.contains(part), "{part:?} is not in:\n{}\n{}", self.out, self.err);
        }
        self
    }

    /// What it said is JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.out, self.err))
    }
}

/// The command, in the environment of an operator of this world.
#[derive(Clone)]
pub(crate) struct Dialtone {
    environment: BTreeMap<String, String>,
}

impl Dialtone {
    pub(crate) fn of(stack: &Stack) -> Self {
        Self { environment: stack.operator() }
            .with("AWS_ACCESS_KEY_ID", Some("alice"))
            .with("ALARM_EMAIL", Some("alice@example.com"))
    }

    /// Nothing but who he is, and where this machine's AWS is.
    pub(crate) fn bare(stack: &Stack) -> Self {
        let all = Self::of(stack);
        let kept = |name: &str| name.starts_with("AWS_") || name.starts_with("TWILIO_") && name.ends_with("_URL");
        Self { environment: all.environment.into_iter().filter(|(name, _)| kept(name)).collect() }
    }

    /// With a variable that is something else, or not there.
    pub(crate) fn with(mut self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.environment.insert(name.to_owned(), value.to_owned()),
            None => self.environment.remove(name),
        };
        self
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Said {
        self.told(arguments, "").await
    }

    /// With something on its standard input.
    pub(crate) async fn told(&self, arguments: &[&str], input: &str) -> Said {
        let mut child = self.begun(arguments);
        let mut stdin = child.stdin.take().expect("a pipe");
        // It may not want to hear anything.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        let output = child.wait_with_output().await.expect("it ends");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Said { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }

    /// It goes on until it has written this line, and is ended then: what it has written, and on
    /// its standard error.
    pub(crate) async fn follows(
        &self,
        arguments: &[&str],
        line: &str,
        meanwhile: impl Future<Output = ()>,
    ) -> (String, String) {
        let mut child = self.begun(arguments);
        let (out, mut err) = (child.stdout.take().expect("a pipe"), child.stderr.take().expect("a pipe"));
        let read = async {
            let (mut lines, mut told) = (BufReader::new(out).lines(), String::new());
            while let Some(next) = lines.next_line().await.expect("UTF-8") {
                told = told + &next + "\n";
                if next == line {
                    break;
                }
            }
            told
        };
        let (told, ()) = tokio::join!(read, meanwhile);
        child.kill().await.expect("it runs");
        let mut said = String::new();
        err.read_to_string(&mut said).await.expect("UTF-8");
        (told, said)
    }

    fn begun(&self, arguments: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_dialtone"))
            .args(arguments)
            .env_clear()
            .envs(&self.environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("it starts")
    }

    /// It is killed, which nothing can catch, once this has happened.
    pub(crate) async fn killed(&self, arguments: &[&str], happened: impl Future<Output = ()>) {
        // A process that is not waited for any more is killed.
        tokio::select! {
            said = self.run(arguments) => panic!("it ended first, with {}: {}", said.code, said.out),
            () = happened => {}
        }
    }

    pub(crate) async fn json(&self, arguments: &[&str]) -> Value {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
        self.run(&arguments).await.json()
    }
}

/// The id of the only sale that a path has sold.
pub(crate) fn sale_of(stack: &Stack, endpoint: &str) -> String {
    let rows = stack.dynamo.rows();
    let of = |row: &&Value| row["endpoint"].as_str().is_some_and(|path| endpoint.ends_with(path));
    let sale = rows.iter().find(of).expect("a sale");
    sale["pk"].as_str().expect("a key").trim_start_matches("SALE#").to_owned()
}
