//! One process of a function, and the runtime API that it alone talks to.
//!
//! Each process has a port of its own, so that a request says by where it arrives which process it
//! comes from.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path as PathParameter, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{Mutex as AsyncMutex, mpsc, oneshot, watch};

use super::{InvokeError, Logs};
use crate::iam::{SECRET_ACCESS_KEY, access_key};
use crate::template::{Function, REGION};

/// Lambda's limit for a synchronous answer.
const ANSWER_LIMIT: usize = 6 * 1024 * 1024;

static REQUESTS: AtomicU64 = AtomicU64::new(0);

/// Where an invocation's outcome goes.
type Answer = oneshot::Sender<Result<String, InvokeError>>;

/// One event on its way to the process and back.
pub(super) struct Work {
    id: String,
    event: String,
    timeout: Duration,
    taken: oneshot::Sender<()>,
    answer: Answer,
}

impl Work {
    pub(super) fn new(event: String, timeout: Duration, taken: oneshot::Sender<()>, answer: Answer) -> Self {
        let number = REQUESTS.fetch_add(1, Ordering::Relaxed);
        let id = format!("8476a536-e9f4-11e8-9739-{:012x}", number & 0xffff_ffff_ffff);
        Self { id, event, timeout, taken, answer }
    }
}

/// A running process.
pub(super) struct Instance {
    inbox: mpsc::UnboundedSender<Work>,
    pid: Option<u32>,
    kill: watch::Sender<bool>,
    /// How it ended, once it has and everything it wrote has been read.
    ended: watch::Receiver<Option<String>>,
}

/// What the runtime API of one process shares with its watcher.
struct Api {
    arn: String,
    logs: Logs,
    inbox: AsyncMutex<mpsc::UnboundedReceiver<Work>>,
    current: Mutex<Option<(String, Answer)>>,
}

impl Instance {
    pub(super) fn start(function: &Function, program: &Path, logs: &Logs) -> Self {
        // Bound before the process starts: its first connection waits in the backlog.
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))
            .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
            .and_then(TcpListener::from_std)
            .unwrap_or_else(|error| panic!("no port for a runtime API: {error}"));
        let address = listener.local_addr().unwrap_or_else(|error| panic!("a port without a number: {error}"));
        let mut child = command(function, program, address)
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
        let (inbox, outbox) = mpsc::unbounded_channel();
        let api = Arc::new(Api {
            arn: function.arn(),
            logs: logs.clone(),
            inbox: AsyncMutex::new(outbox),
            current: Mutex::new(None),
        });
        let server = tokio::spawn(axum::serve(listener, router(Arc::clone(&api))).into_future());
        let readers =
            [logs.read(&function.binary, child.stdout.take()), logs.read(&function.binary, child.stderr.take())];
        let pid = child.id();
        let (kill, killed) = watch::channel(false);
        let (ended, how) = watch::channel(None);
        tokio::spawn(async move {
            let status = watch_over(&mut child, killed).await;
            server.abort();
            // Its unanswered work fails only now that nothing it wrote can be missed.
            for reader in readers {
                let _ = reader.await;
            }
            let _ = ended.send(Some(status));
            api.drop_work().await;
        });
        Self { inbox, pid, kill, ended: how }
    }

    /// If the process is gone, the work is dropped, which its sender notices.
    pub(super) fn hand(&self, work: Work) {
        let _ = self.inbox.send(work);
    }

    pub(super) fn kill(&self) {
        let _ = self.kill.send(true);
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.pid.filter(|_| self.alive())
    }

    pub(super) fn alive(&self) -> bool {
        self.ended.borrow().is_none() && !*self.kill.borrow()
    }

    /// Waits for the process's end and says how it came.
    pub(super) async fn gone(&self) -> String {
        let mut ended = self.ended.clone();
        match ended.wait_for(Option::is_some).await {
            Ok(how) => how.clone().unwrap_or_default(),
            Err(_) => "its watcher is gone".to_owned(),
        }
    }
}

/// A function's process before it is started: Lambda's own variables, and the function's. Nothing
/// of this machine's environment.
pub fn command(function: &Function, program: &Path, api: SocketAddr) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", api.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", &function.name)
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory.to_string())
        .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", function.name))
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "local")
        .env("AWS_REGION", REGION)
        .env("AWS_DEFAULT_REGION", REGION)
        .env("AWS_ACCESS_KEY_ID", access_key(&function.binary))
        .env("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)
        .env("AWS_SESSION_TOKEN", "local-session-token")
        .env("_HANDLER", "bootstrap")
        .env("LAMBDA_TASK_ROOT", "/var/task")
        .env("LAMBDA_RUNTIME_DIR", "/var/runtime")
        .env("LANG", "en_US.UTF-8")
        .env("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin")
        .env("TZ", ":UTC")
        .envs(function.log_format.iter().map(|format| ("AWS_LAMBDA_LOG_FORMAT", format)))
        .envs(function.log_level.iter().map(|level| ("AWS_LAMBDA_LOG_LEVEL", level)))
        .envs(&function.environment)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Waits until the process ends, by itself or because it is to be killed.
async fn watch_over(child: &mut Child, mut killed: watch::Receiver<bool>) -> String {
    let killed = async {
        // An error means that the instance is not held any more.
        let _ = killed.wait_for(|kill| *kill).await;
    };
    let status = tokio::select! {
        status = child.wait() => status,
        () = killed => {
            let _ = child.start_kill();
            child.wait().await
        }
    };
    status.map_or_else(|error| error.to_string(), |status| status.to_string())
}

fn router(api: Arc<Api>) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
        .route("/2018-06-01/runtime/init/error", post(init_error))
        .layer(DefaultBodyLimit::disable())
        .with_state(api)
}

impl Api {
    fn finish(&self, id: &str, outcome: Result<String, InvokeError>) -> Response {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        match current.take_if(|(running, _)| running == id) {
            Some((_, answer)) => {
                if outcome.is_ok() {
                    self.logs.was_answered(id);
                }
                // The caller may have given up.
                let _ = answer.send(outcome);
                status(StatusCode::ACCEPTED, &json!({"status": "OK"}))
            }
            None => status(StatusCode::BAD_REQUEST, &json!({"errorType": "InvalidRequestID"})),
        }
    }

    /// The caller that waits for an answer learns that there will be none.
    async fn drop_work(&self) {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.inbox.lock().await.close();
        while self.inbox.lock().await.recv().await.is_some() {}
    }
}

async fn next(State(api): State<Arc<Api>>) -> Response {
    let Some(work) = api.inbox.lock().await.recv().await else {
        return status(StatusCode::INTERNAL_SERVER_ERROR, &json!({"errorType": "Runtime.Stopped"}));
    };
    let Work { id, event, timeout, taken, answer } = work;
    let deadline = epoch_millis() + timeout.as_millis();
    let response = Response::builder()
        .header("content-type", "application/json")
        .header("lambda-runtime-aws-request-id", &id)
        .header("lambda-runtime-deadline-ms", deadline.to_string())
        .header("lambda-runtime-invoked-function-arn", &api.arn)
        .header("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0")
        .body(Body::from(event));
    *api.current.lock().unwrap_or_else(PoisonError::into_inner) = Some((id, answer));
    let _ = taken.send(());
    response.unwrap_or_else(|error| panic!("an event that cannot be handed out: {error}"))
}

async fn response(State(api): State<Arc<Api>>, PathParameter(id): PathParameter<String>, body: String) -> Response {
    if body.len() > ANSWER_LIMIT {
        let kind = "Function.ResponseSizeTooLarge".to_owned();
        let message = format!("Response payload size ({} bytes) exceeded maximum allowed", body.len());
        let _ = api.finish(&id, Err(InvokeError::Reported { kind, message }));
        return status(StatusCode::PAYLOAD_TOO_LARGE, &json!({"errorType": "RequestEntityTooLarge"}));
    }
    api.finish(&id, Ok(body))
}

async fn error(
    State(api): State<Arc<Api>>,
    PathParameter(id): PathParameter<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    api.finish(&id, Err(reported(&headers, &body)))
}

/// The process will end now: what it was started for fails with what it says here.
async fn init_error(State(api): State<Arc<Api>>, headers: HeaderMap, body: String) -> Response {
    let waiting = api.inbox.lock().await.try_recv();
    if let Ok(Work { taken, answer, .. }) = waiting {
        let _ = taken.send(());
        let _ = answer.send(Err(reported(&headers, &body)));
    }
    status(StatusCode::ACCEPTED, &json!({"status": "OK"}))
}

fn reported(headers: &HeaderMap, body: &str) -> InvokeError {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let header = headers.get("lambda-runtime-function-error-type").and_then(|value| value.to_str().ok());
    InvokeError::Reported {
        kind: body["errorType"].as_str().or(header).unwrap_or("Unknown").to_owned(),
        message: body["errorMessage"].as_str().unwrap_or_default().to_owned(),
    }
}

fn status(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response
}

fn epoch_millis() -> u128 {
    #[expect(clippy::disallowed_methods, reason = "Lambda tells its functions the wall-clock time of their deadline")]
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()
}
