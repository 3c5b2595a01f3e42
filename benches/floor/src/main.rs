//! The least that a function can be: Lambda's runtime, one thread, and an answer in JSON. `cargo
//! bench-lambda` measures the real functions against it.
//!
//! It has the functions' runtime and the same versions and features of all libraries. It is lower
//! than any of them can come: it writes no line of log, which is a system call, and its answer of
//! 155 bytes is a twentieth of a price.

use lambda_http::{Body, Error, Request, Response, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_http::run(service_fn(hello)).await
}

async fn hello(_: Request) -> Result<Response<Body>, Error> {
    Ok(Response::builder().header("content-type", "application/json").body(Body::from("{\"hello\":\"world\"}"))?)
}
