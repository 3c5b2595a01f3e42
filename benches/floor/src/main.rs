//! The least that a function can be: Lambda's runtime, one thread, and an answer in JSON. `cargo bench-lambda` measures
//! the real functions against it.

use lambda_http::{Body, Error, Request, Response, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_http::run(service_fn(hello)).await
}

async fn hello(_: Request) -> Result<Response<Body>, Error> {
    Ok(Response::builder().header("content-type", "application/json").body(Body::from("{\"hello\":\"world\"}"))?)
}
