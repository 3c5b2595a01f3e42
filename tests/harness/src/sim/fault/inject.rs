//! The layer itself: what each fault does to a request and its answer.

use std::future::pending;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use tokio::sync::oneshot;

use super::{Answer, Behind, Fault, Faults};
use crate::history::Met;

/// More than any request of ours, so that a body is never cut by the harness.
const BODY_LIMIT: usize = 16 * 1024 * 1024;

pub(super) async fn meet(State(faults): State<Faults>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    // Read first: a caller that goes away is only noticed once its body has been taken.
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return Answer::html(413).into_response();
    };
    let class = (faults.classify)(&parts, &body);
    let met = parts.extensions.get::<Met>().cloned();
    let request = Request::from_parts(parts, Body::from(body));
    let released = faults.release_signal();
    let (fault, latency) = faults.arrive(&class);
    let _over = Over(faults.clone());
    if let Some(latency) = latency {
        tokio::time::sleep(latency).await;
    }
    let Some(fault) = fault else {
        return apply(&faults, request, next).await;
    };
    if let Some(met) = met {
        met.fault(fault.name());
    }
    match fault {
        Fault::Refuse(answer) => answer.into_response(),
        Fault::Overload => faults.overload.clone().into_response(),
        Fault::Drop => cut(),
        Fault::Hang => {
            released.await;
            apply(&faults, request, next).await
        }
        Fault::Stall => {
            let response = apply(&faults, request, next).await;
            released.await;
            response
        }
        Fault::LoseAnswer => {
            apply(&faults, request, next).await;
            cut()
        }
        Fault::Replace(answer) => {
            apply(&faults, request, next).await;
            answer.into_response()
        }
        Fault::Html => {
            apply(&faults, request, next).await;
            Answer::html(200).into_response()
        }
        Fault::Truncate => halve(apply(&faults, request, next).await).await,
        Fault::Delay(latency) => {
            tokio::time::sleep(latency).await;
            apply(&faults, request, next).await
        }
        Fault::Behind(far) => {
            let mut request = request;
            request.extensions_mut().insert(Behind(far));
            apply(&faults, request, next).await
        }
        Fault::Late => late(&faults, released, true, request, next).await,
        Fault::Adrift => late(&faults, released, false, request, next).await,
        Fault::HaltBefore => {
            faults.halt();
            pending().await
        }
        Fault::HaltAfter => {
            apply(&faults, request, next).await;
            faults.halt();
            pending().await
        }
    }
}

/// What has arrived is done, even if its caller goes away meanwhile: no neighbour takes a half-done
/// request back. It is under way until it is done.
async fn apply(faults: &Faults, request: Request, next: Next) -> Response {
    let over = Over(faults.clone());
    faults.begun();
    let done = tokio::spawn(async move {
        let _over = over;
        next.run(request).await
    });
    done.await.unwrap_or_else(|_| cut())
}

/// A request is over when this is dropped: it was answered, or its caller has gone.
struct Over(Faults);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.over();
    }
}

/// Hands the request to a task that applies it when it is let go, or as soon as this connection is
/// gone if that is enough.
async fn late(
    faults: &Faults,
    released: impl Future<Output = ()> + Send + 'static,
    at_once: bool,
    request: Request,
    next: Next,
) -> Response {
    let (connected, gone) = oneshot::channel::<()>();
    let (answer, answered) = oneshot::channel();
    let task = faults.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = gone, if at_once => {}
            () = released => {}
        }
        // There may be no listener any more; that is the point.
        let _ = answer.send(next.run(request).await);
        task.late_no_more();
    });
    let response = answered.await;
    drop(connected);
    response.unwrap_or_else(|_| cut())
}

/// A body that fails before its first byte: the connection closes and not even a status line is
/// sent.
fn cut() -> Response {
    let broken = futures_util::stream::once(async { Err::<Bytes, _>(std::io::Error::other("answer lost")) });
    Response::new(Body::from_stream(broken))
}

async fn halve(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, BODY_LIMIT).await.unwrap_or_default();
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(body.slice(..body.len() / 2)))
}
