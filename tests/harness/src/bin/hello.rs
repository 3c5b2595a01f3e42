//! The least a function can be: it answers with what it was asked. The harness's own tests run it,
//! and the benchmark measures the real functions against it.

use lambda_http::{Body, Error, Request, RequestExt, Response, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_http::run(service_fn(hello)).await
}

async fn hello(request: Request) -> Result<Response<Body>, Error> {
    match request.uri().path() {
        "/die" => std::process::exit(3),
        "/fail" => return Err("as asked".into()),
        "/hang" => {
            eprintln!("hanging");
            std::future::pending::<()>().await;
        }
        _ => {}
    }
    let echo = serde_json::json!({
        "path": request.uri().path(),
        "id": request.path_parameters().first("id"),
        "body": std::str::from_utf8(request.body()).ok(),
        "environment": std::env::vars().map(|(name, _)| name).collect::<Vec<_>>(),
        "process": std::process::id(),
    });
    Ok(Response::builder().header("content-type", "application/json").body(Body::from(echo.to_string()))?)
}
