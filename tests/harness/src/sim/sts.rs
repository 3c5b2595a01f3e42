//! AWS STS, as far as `GetCallerIdentity` goes: whose credentials a request is signed with.

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use crate::template::ACCOUNT;

/// `POST /`.
pub fn router() -> Router {
    Router::new().route("/", post(handle))
}

/// Who signs with the access key of this name.
pub fn arn(access_key: &str) -> String {
    format!("arn:aws:sts::{ACCOUNT}:assumed-role/Operators/{access_key}")
}

async fn handle(headers: HeaderMap, body: Bytes) -> Response {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let signed = text(header::AUTHORIZATION.as_str()).strip_prefix("AWS4-HMAC-SHA256 Credential=");
    let scope: Vec<&str> = signed.unwrap_or_default().split([',', '/']).collect();
    let [key, _, _, "sts", "aws4_request", ..] = scope.as_slice() else {
        return answer(403, "<ErrorResponse><Error><Code>MissingAuthenticationToken</Code></Error></ErrorResponse>");
    };
    let is_form = text(header::CONTENT_TYPE.as_str()).starts_with("application/x-www-form-urlencoded");
    if !is_form || body.as_ref() != b"Action=GetCallerIdentity&Version=2011-06-15" {
        return answer(400, "<ErrorResponse><Error><Code>InvalidAction</Code></Error></ErrorResponse>");
    }
    let told = format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>{}</Arn><UserId>AROA:{key}</UserId><Account>{ACCOUNT}</Account></GetCallerIdentityResult>\
         </GetCallerIdentityResponse>",
        arn(key)
    );
    answer(200, &told)
}

fn answer(status: u16, xml: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "text/xml")], xml.to_owned()).into_response()
}
