//! Lambda: runs the shipped binaries, one process per concurrent request, each with its function's
//! environment only.
//!
//! A process that has answered is used again; if none is idle a new one is started, as Lambda does.
//! A time-out kills the process, and a test may kill it at any point. Nothing here knows what the
//! functions do, nor who calls them.

mod instance;
mod logs;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;

use crate::history::{History, What};
use crate::template::{Deployment, Function};
pub use instance::command;
use instance::{Instance, Work};
pub use logs::{Line, Logs};

/// Lambda's own limit for the time before a function first asks for work.
const INIT_LIMIT: Duration = Duration::from_secs(10);

/// How an invocation failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum InvokeError {
    /// The function itself reported an error, while starting or while handling the event.
    Reported {
        /// `errorType`.
        kind: String,
        /// `errorMessage`.
        message: String,
    },
    /// The process ended before it answered.
    Died(String),
    /// The process was still at work when its time was over, and was killed.
    TimedOut(Duration),
    /// The answer was not JSON.
    NotJson(String),
}

impl fmt::Display for InvokeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reported { kind, message } => write!(f, "the function reported {kind}: {message}"),
            Self::Died(how) => write!(f, "the process ended before it answered ({how})"),
            Self::TimedOut(after) => write!(f, "timed out after {after:?} and was killed"),
            Self::NotJson(text) => write!(f, "the answer is no JSON: {text}"),
        }
    }
}

impl std::error::Error for InvokeError {}

/// All functions of a deployment. Clones share the processes.
#[derive(Clone)]
pub struct Lambda {
    pools: Arc<BTreeMap<String, Pool>>,
    logs: Logs,
    history: History,
    /// Where processes are watched over, whatever invokes them: a test's own runtime stands still
    /// while it waits for the world's end.
    runtime: Handle,
}

struct Pool {
    function: Function,
    program: PathBuf,
    processes: Mutex<Processes>,
    /// Turns, where only this many requests are served at once.
    turns: Option<Arc<Semaphore>>,
}

/// A request's turn at a function, as long as it is held.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "it is held, not read")] Option<OwnedSemaphorePermit>);

#[derive(Default)]
struct Processes {
    started: u64,
    /// Variables that were changed since the deployment.
    changed: BTreeMap<String, String>,
    all: Vec<Arc<Instance>>,
    idle: Vec<Arc<Instance>>,
}

impl Lambda {
    /// Nothing is started before it is needed. Lives on the runtime that it is made on. Functions
    /// without a program cannot be invoked.
    pub fn new(deployment: &Deployment, programs: &BTreeMap<String, PathBuf>) -> Self {
        let pools = deployment.functions.iter().filter_map(|(name, function)| {
            let program = programs.get(name)?.clone();
            Some((name.clone(), Pool { function: function.clone(), program, processes: Mutex::default(), turns: None }))
        });
        let (logs, history) = (Logs::default(), History::default());
        Self { pools: Arc::new(pools.collect()), logs, history, runtime: Handle::current() }
    }

    /// Writes down what it does.
    #[must_use]
    pub fn remembering_in(mut self, history: &History) -> Self {
        self.history = history.clone();
        self
    }

    /// At most this many requests to a function have their [`turn`](Self::turn) at the same time:
    /// reserved concurrency, except that the others wait instead of being refused. A machine with
    /// two cores is not a region of AWS.
    #[must_use]
    pub fn serving_at_once(mut self, requests: usize) -> Self {
        let pools = Arc::get_mut(&mut self.pools).unwrap_or_else(|| panic!("it is in use already"));
        for pool in pools.values_mut() {
            pool.turns = Some(Arc::new(Semaphore::new(requests)));
        }
        self
    }

    /// Waits for a request's turn at a function, before any of its time counts.
    pub async fn turn(&self, function: &str) -> Turn {
        let Some(turns) = self.pool(function).turns.clone() else { return Turn(None) };
        Turn(turns.acquire_owned().await.ok())
    }

    /// Invokes a function by the name of its binary, and waits for its answer.
    pub async fn invoke(&self, function: &str, event: &Value) -> Result<Value, InvokeError> {
        let answer = self.invoke_raw(function, event.to_string()).await?;
        serde_json::from_str(&answer).map_err(|_| InvokeError::NotJson(answer))
    }

    /// The same, with the event and the answer as they travel.
    pub async fn invoke_raw(&self, function: &str, event: String) -> Result<String, InvokeError> {
        let work = || (What::Worked { function: function.to_owned(), trouble: None }, Vec::new());
        let place = self.history.begin(work);
        let outcome = self.work(function, event).await;
        if let Some(place) = place {
            self.history.end(place, |event| {
                if let (What::Worked { trouble, .. }, Err(error)) = (&mut event.what, &outcome) {
                    *trouble = Some(error.to_string());
                }
            });
        }
        outcome
    }

    async fn work(&self, function: &str, event: String) -> Result<String, InvokeError> {
        let pool = self.pool(function);
        let instance = pool.idle().unwrap_or_else(|| self.start(pool));
        let (taken, was_taken) = oneshot::channel();
        let (answer, answered) = oneshot::channel();
        instance.hand(Work::new(event, pool.function.timeout, taken, answer));
        // The time-out counts from when the process takes the event, not from its start.
        if timeout(INIT_LIMIT, was_taken).await.is_err() {
            pool.end(&instance);
            return Err(InvokeError::TimedOut(INIT_LIMIT));
        }
        match timeout(pool.function.timeout, answered).await {
            Ok(Ok(outcome)) => {
                pool.put_back(&instance);
                outcome
            }
            Ok(Err(_)) => {
                let how = instance.gone().await;
                pool.forget(&instance);
                Err(InvokeError::Died(how))
            }
            Err(_) => {
                pool.end(&instance);
                Err(InvokeError::TimedOut(pool.function.timeout))
            }
        }
    }

    /// `kill -9` for all processes of a function, whatever they are doing. Returns how many there
    /// were.
    pub fn kill(&self, function: &str) -> usize {
        let pool = self.pool(function);
        let all = pool.lock().take();
        self.history.note(|| (What::Killed { function: function.to_owned(), processes: all.len() }, Vec::new()));
        for instance in &all {
            instance.kill();
        }
        all.len()
    }

    /// Changes a variable of a function, as an update of the stack does: processes that are started
    /// from now on have it.
    pub fn set_variable(&self, function: &str, name: &str, value: &str) {
        self.pool(function).lock().changed.insert(name.to_owned(), value.to_owned());
    }

    /// How many processes of a function have been started so far.
    pub fn started(&self, function: &str) -> u64 {
        self.pool(function).lock().started
    }

    /// The process ids of a function's living processes.
    pub fn pids(&self, function: &str) -> Vec<u32> {
        self.pool(function).lock().all.iter().filter_map(|instance| instance.pid()).collect()
    }

    /// What the functions have written so far; lines may still be under way.
    pub fn logs(&self) -> &Logs {
        &self.logs
    }

    /// The names of all functions.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        self.pools.keys().map(String::as_str)
    }

    /// Ends all processes and waits until they and everything they wrote have come in.
    pub async fn stop(&self) {
        let mut all = Vec::new();
        for pool in self.pools.values() {
            all.append(&mut pool.lock().take());
        }
        for instance in &all {
            instance.kill();
        }
        for instance in all {
            instance.gone().await;
        }
    }

    fn start(&self, pool: &Pool) -> Arc<Instance> {
        self.history.note(|| (What::Started { function: pool.function.binary.clone() }, Vec::new()));
        let _here = self.runtime.enter();
        let mut function = pool.function.clone();
        function.environment.extend(pool.lock().changed.clone());
        let instance = Arc::new(Instance::start(&function, &pool.program, &self.logs));
        let mut processes = pool.lock();
        processes.started += 1;
        processes.all.push(Arc::clone(&instance));
        instance
    }

    /// Whether a function can be invoked.
    pub fn has(&self, function: &str) -> bool {
        self.pools.contains_key(function)
    }

    fn pool(&self, function: &str) -> &Pool {
        self.pools.get(function).unwrap_or_else(|| {
            let known: Vec<_> = self.functions().collect();
            panic!("no function {function}; the template and the binaries given have {known:?} in common")
        })
    }
}

impl Processes {
    /// All of them, to be ended.
    fn take(&mut self) -> Vec<Arc<Instance>> {
        self.idle.clear();
        std::mem::take(&mut self.all)
    }
}

impl Pool {
    fn lock(&self) -> MutexGuard<'_, Processes> {
        self.processes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The process that was used last, as the one most likely to be warm.
    fn idle(&self) -> Option<Arc<Instance>> {
        let mut processes = self.lock();
        while let Some(instance) = processes.idle.pop() {
            if instance.alive() {
                return Some(instance);
            }
        }
        None
    }

    fn put_back(&self, instance: &Arc<Instance>) {
        let mut processes = self.lock();
        // Unless it was killed meanwhile.
        if instance.alive() && processes.all.iter().any(|one| Arc::ptr_eq(one, instance)) {
            processes.idle.push(Arc::clone(instance));
        }
    }

    fn forget(&self, instance: &Arc<Instance>) {
        self.lock().all.retain(|one| !Arc::ptr_eq(one, instance));
    }

    fn end(&self, instance: &Arc<Instance>) {
        instance.kill();
        self.forget(instance);
    }
}
