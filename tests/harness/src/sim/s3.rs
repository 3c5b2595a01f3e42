//! AWS S3, as far as files go that are written once: `PutObject` with `If-None-Match: *`, and
//! `GetObject`, with AWS's validations and error names, to callers that sign as AWS wants it
//! signed. Buckets stand in the path, as they may at an endpoint of one's own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use sha2::{Digest, Sha256};

use super::clock::Clock;
use super::fault::{Answer, Faults};
use super::signature::{self, Signed};
use super::{hex, lock};

/// What AWS takes in one request.
const LARGEST: usize = 5 << 30;

#[derive(Default)]
struct Inner {
    /// Files by their names, each with all its versions, of each bucket.
    buckets: BTreeMap<String, BTreeMap<String, Vec<Vec<u8>>>>,
}

/// The buckets of an account. Clones are the same ones.
#[derive(Clone)]
pub struct S3 {
    inner: Arc<Mutex<Inner>>,
    clock: Clock,
    faults: Faults,
}

/// An error in AWS's words.
struct Refusal(u16, &'static str, &'static str);

impl S3 {
    /// An account without buckets.
    pub fn new(clock: Clock) -> Self {
        let overload = Answer::xml(503, &error("SlowDown", "Please reduce your request rate."));
        Self { inner: Arc::default(), clock, faults: Faults::new(overload) }
    }

    /// `/{bucket}/{file}`.
    pub fn router(&self) -> Router {
        let routes = Router::new().route("/{bucket}/{*file}", any(handle)).with_state(self.clone());
        self.faults.wrap(routes.layer(DefaultBodyLimit::disable()))
    }

    /// Faults of this simulator.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Makes a bucket.
    pub fn create(&self, bucket: &str) {
        let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
        assert!((3..=63).contains(&bucket.len()) && bucket.bytes().all(legal), "{bucket} is no name of a bucket");
        self.inner().buckets.entry(bucket.to_owned()).or_default();
    }

    /// The names of all files, in their order.
    pub fn names(&self) -> Vec<String> {
        self.inner().buckets.values().flat_map(|files| files.keys().cloned()).collect()
    }

    /// What is in a file, whichever bucket has it.
    pub fn text(&self, file: &str) -> Option<String> {
        let inner = self.inner();
        let found = inner.buckets.values().find_map(|files| files.get(file))?;
        String::from_utf8(found.last()?.clone()).ok()
    }

    /// Deletes a file with all its versions, as an administrator can.
    pub fn delete(&self, file: &str) {
        for files in self.inner().buckets.values_mut() {
            files.remove(file);
        }
    }

    /// How often each file was written.
    pub fn versions(&self) -> BTreeMap<String, usize> {
        let inner = self.inner();
        inner.buckets.values().flatten().map(|(name, versions)| (name.clone(), versions.len())).collect()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }

    fn put(&self, (bucket, file): (&str, &str), headers: &HeaderMap, body: &[u8]) -> Result<Response, Refusal> {
        let mut inner = self.inner();
        let files = inner.buckets.get_mut(bucket).ok_or(NO_BUCKET)?;
        match headers.get(header::IF_NONE_MATCH).map(HeaderValue::as_bytes) {
            Some(b"*") if files.contains_key(file) => {
                let why = "At least one of the pre-conditions you specified did not hold";
                return Err(Refusal(412, "PreconditionFailed", why));
            }
            None | Some(b"*") => {}
            Some(_) => {
                let why = "A header you provided implies functionality that is not implemented";
                return Err(Refusal(501, "NotImplemented", why));
            }
        }
        if body.len() > LARGEST {
            return Err(Refusal(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"));
        }
        files.entry(file.to_owned()).or_default().push(body.to_vec());
        Ok(StatusCode::OK.into_response())
    }

    fn get(&self, (bucket, file): (&str, &str)) -> Result<Response, Refusal> {
        let inner = self.inner();
        let found = inner.buckets.get(bucket).ok_or(NO_BUCKET)?.get(file).and_then(|versions| versions.last());
        let found = found.ok_or(Refusal(404, "NoSuchKey", "The specified key does not exist."))?;
        Ok(found.clone().into_response())
    }
}

const NO_BUCKET: Refusal = Refusal(404, "NoSuchBucket", "The specified bucket does not exist");

/// An error as S3 writes it.
pub(crate) fn error(code: &str, message: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    )
}

async fn handle(
    State(s3): State<S3>,
    Path((bucket, file)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match answer(&s3, (&bucket, &file), query.as_deref(), &method, &headers, &body) {
        Ok(response) => response,
        Err(Refusal(status, code, message)) => refused(status, &error(code, message)),
    }
}

/// An answer of S3's that refuses.
pub(crate) fn refused(status: u16, xml: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/xml")], xml.to_owned()).into_response()
}

fn answer(
    s3: &S3,
    place: (&str, &str),
    query: Option<&str>,
    method: &Method,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Response, Refusal> {
    if query.is_some() {
        return Err(Refusal(501, "NotImplemented", "A query you provided implies functionality that is not simulated"));
    }
    let given = headers.get("x-amz-content-sha256").and_then(|value| value.to_str().ok());
    let given = given.ok_or(Refusal(
        400,
        "InvalidRequest",
        "Missing required header for this request: x-amz-content-sha256",
    ))?;
    if given != hex(&Sha256::digest(body)) {
        let why = "The provided 'x-amz-content-sha256' header does not match what was computed.";
        return Err(Refusal(400, "XAmzContentSHA256Mismatch", why));
    }
    let path = format!("/{}/{}", place.0, place.1);
    let signed = Signed { service: "s3", method: method.as_str(), path: &path };
    if signature::check(&signed, headers, body, s3.clock.now()).is_err() {
        return Err(Refusal(403, "SignatureDoesNotMatch", "The request signature we calculated does not match."));
    }
    match *method {
        Method::PUT => s3.put(place, headers, body),
        Method::GET => s3.get(place),
        _ => Err(Refusal(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(outcome: Result<Response, Refusal>) -> Result<u16, &'static str> {
        outcome.map(|response| response.status().as_u16()).map_err(|Refusal(_, code, _)| code)
    }

    #[test]
    fn what_is_written_once_is_not_written_over() {
        let s3 = S3::new(Clock::wall());
        s3.create("books");
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("*"));
        assert_eq!(code(s3.put(("books", "a.csv"), &headers, b"1")), Ok(200));
        assert_eq!(code(s3.put(("books", "a.csv"), &headers, b"2")), Err("PreconditionFailed"));
        assert_eq!(s3.text("a.csv").as_deref(), Some("1"));
        assert_eq!(code(s3.put(("books", "a.csv"), &HeaderMap::new(), b"2")), Ok(200), "without a condition it is");
        assert_eq!(s3.versions()["a.csv"], 2);
        headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("\"etag\""));
        assert_eq!(code(s3.put(("books", "b.csv"), &headers, b"2")), Err("NotImplemented"));
        assert_eq!(code(s3.put(("other", "a.csv"), &HeaderMap::new(), b"2")), Err("NoSuchBucket"));
        assert_eq!(code(s3.get(("books", "b.csv"))), Err("NoSuchKey"));
    }

    #[test]
    fn what_is_not_signed_or_not_whole_is_refused() {
        let s3 = S3::new(Clock::wall());
        s3.create("books");
        let ask = |headers: &HeaderMap, query| answer(&s3, ("books", "a"), query, &Method::PUT, headers, b"1");
        assert_eq!(code(ask(&HeaderMap::new(), None)), Err("InvalidRequest"));
        assert_eq!(code(ask(&HeaderMap::new(), Some("acl"))), Err("NotImplemented"));
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-content-sha256", HeaderValue::from_static("0"));
        assert_eq!(code(ask(&headers, None)), Err("XAmzContentSHA256Mismatch"));
        let digest = hex(&Sha256::digest(b"1"));
        headers.insert("x-amz-content-sha256", digest.parse().unwrap_or(HeaderValue::from_static("")));
        assert_eq!(code(ask(&headers, None)), Err("SignatureDoesNotMatch"));
    }
}
