//! The list of an account's functions, as AWS Lambda gives it to a role that may see them: page by page, with what each was told.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use super::json as answer;
use crate::template::{Deployment, Function};

/// How many are in a page: few, so that there is more than one.
const PAGE: usize = 3;

/// `GET /2015-03-31/functions/`, of this deployment and of a neighbour that is none of its business.
pub fn router(deployment: &Deployment) -> Router {
    let mut all: Vec<Value> = deployment.functions.values().map(configuration).collect();
    all.insert(0, json!({"FunctionName": "other-reaper", "Environment": {"Variables": {"TABLE_NAME": "other"}}}));
    Router::new().route("/2015-03-31/functions/", get(list)).with_state(Arc::new(all))
}

fn configuration(function: &Function) -> Value {
    json!({
        "FunctionName": function.name, "FunctionArn": function.arn(), "Runtime": "provided.al2023", "Handler": "bootstrap",
        "MemorySize": function.memory, "Timeout": function.timeout.as_secs(), "PackageType": "Zip",
        "Environment": {"Variables": function.environment},
    })
}

async fn list(
    State(all): State<Arc<Vec<Value>>>,
    Query(parameters): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    let signed = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).is_some_and(|value| {
        value.starts_with("AWS4-HMAC-SHA256 Credential=") && value.contains("/lambda/aws4_request")
    });
    if !signed {
        return answer(
            403,
            &json!({"__type": "MissingAuthenticationTokenException", "Message": "Missing Authentication Token"}),
        );
    }
    let from = parameters.iter().find(|(name, _)| name == "Marker").and_then(|(_, at)| at.parse().ok()).unwrap_or(0);
    let page: Vec<&Value> = all.iter().skip(from).take(PAGE).collect();
    let next = (from + PAGE < all.len()).then(|| (from + PAGE).to_string());
    answer(200, &json!({"Functions": page, "NextMarker": next}))
}
