//! Who may do what at the services that only an operator asks: `CloudFormation`, Lambda, SNS,
//! `CloudWatch` and the logs.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Form, FromRequest, Request, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use serde_json::Value;

use super::{Policies, forbidden};
use crate::sim::aws_json_error;
use crate::sim::s3::refused;
use crate::template::{ACCOUNT, REGION};

/// Asks before a request reaches what is simulated of an account.
pub fn guard_account(policies: &Policies, router: Router) -> Router {
    router.layer(from_fn_with_state(policies.clone(), guard))
}

async fn guard(State(policies): State<Policies>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, 64 * 1024 * 1024).await else { return forbidden("the request is too large") };
    let service = service(&parts.headers);
    let wanted = match service.as_str() {
        "lambda" => Some(function(&parts)),
        "logs" => Some(log(&parts.headers, &body)),
        "monitoring" => Some(("cloudwatch:DescribeAlarms".to_owned(), "*".to_owned())),
        "cloudformation" | "sns" => {
            let again = Request::from_parts(parts.clone(), Body::from(body.clone()));
            let form = Form::<Vec<(String, String)>>::from_request(again, &()).await;
            Some(asked(&service, &form.map(|Form(form)| form).unwrap_or_default()))
        }
        // Who asks may ask who it is.
        _ => None,
    };
    let why = wanted.and_then(|(action, on)| policies.refusal(&parts.headers, &action, &on, &[]));
    match (why, service.as_str()) {
        (Some(why), "lambda") => forbidden(&why),
        (Some(why), "logs") => aws_json_error(400, "AccessDeniedException", &why),
        (Some(why), _) => refused(
            403,
            &format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>{why}</Message></Error></ErrorResponse>"
            ),
        ),
        (None, _) => next.run(Request::from_parts(parts, Body::from(body))).await,
    }
}

/// The service that a request is signed for.
fn service(headers: &HeaderMap) -> String {
    let authorization = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let scope = authorization.split(',').next().unwrap_or_default();
    scope.rsplit('/').nth(1).unwrap_or_default().to_owned()
}

fn function(parts: &Parts) -> (String, String) {
    let path = parts.uri.path().trim_end_matches('/');
    match path.strip_suffix("/configuration").and_then(|path| path.rsplit('/').next()) {
        Some(name) => {
            let on = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}");
            ("lambda:GetFunctionConfiguration".to_owned(), on)
        }
        None if path.ends_with("/account-settings") => ("lambda:GetAccountSettings".to_owned(), "*".to_owned()),
        None => ("lambda:ListFunctions".to_owned(), "*".to_owned()),
    }
}

fn log(headers: &HeaderMap, body: &[u8]) -> (String, String) {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let group = json["logGroupName"].as_str().unwrap_or_default();
    let on = format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:*");
    (format!("logs:{}", target.rsplit('.').next().unwrap_or_default()), on)
}

/// A form of the query protocol. A stack that is asked for by its name has no other id to be judged
/// by than any.
fn asked(service: &str, form: &[(String, String)]) -> (String, String) {
    let said = |name: &str| form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    let on = match said("StackName") {
        "" => said("TopicArn").to_owned(),
        arn if arn.starts_with("arn:") => arn.to_owned(),
        name => format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/*"),
    };
    (format!("{service}:{}", said("Action")), on)
}
