//! What the gateway is handed back, payload format 2.0. An answer that is the same each time is
//! written once: its body and its headers are JSON within JSON, and escaping them cost more than
//! all else that is done to say a price. It knows nothing of what was asked.

use std::sync::{Arc, OnceLock};

use http::header::VARY;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use lambda_http::{Body, Response};
use serde::ser::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

/// An answer as it goes out, where it is the same each time. Put into the extensions of such an
/// answer; all answers with the same one must be equal.
#[derive(Clone, Default)]
pub(crate) struct Written(Arc<OnceLock<Box<RawValue>>>);

/// An answer on its way out.
pub(super) enum Reply {
    /// Written for this request.
    Fresh(Box<ApiGatewayV2httpResponse>),
    /// Written before.
    Again(Written),
}

impl From<Response<Body>> for Reply {
    fn from(mut response: Response<Body>) -> Self {
        let written = response.extensions_mut().remove::<Written>();
        // What varies with the request is not the same each time.
        let Some(written) = written.filter(|_| !response.headers().contains_key(VARY)) else {
            return Self::Fresh(Box::new(told(response)));
        };
        if written.0.get().is_none() {
            let told = told(response);
            let Ok(text) = to_raw_value(&told) else { return Self::Fresh(Box::new(told)) };
            // Another request may have been quicker: its words are the same.
            let _ = written.0.set(text);
        }
        Self::Again(written)
    }
}

/// As the gateway reads it. None of our answers has a cookie.
fn told(response: Response<Body>) -> ApiGatewayV2httpResponse {
    let (parts, body) = response.into_parts();
    let mut told = ApiGatewayV2httpResponse::default();
    told.status_code = parts.status.as_u16().into();
    told.headers = parts.headers;
    told.is_base64_encoded = matches!(body, Body::Binary(_));
    told.body = Some(body).filter(|body| !matches!(body, Body::Empty));
    told
}

impl Serialize for Reply {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Fresh(told) => told.serialize(serializer),
            Self::Again(written) => written.0.get().serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::header::{CONTENT_TYPE, VARY};
    use http::{HeaderValue, StatusCode};
    use lambda_http::{Body, Response};
    use serde_json::{Value, json};

    use super::{Reply, Written};

    fn response(body: Body) -> Response<Body> {
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::PAYMENT_REQUIRED;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }

    fn written(response: Response<Body>) -> Value {
        serde_json::from_str(&serde_json::to_string(&Reply::from(response)).unwrap()).unwrap()
    }

    #[test]
    fn an_answer_is_written_as_the_gateway_reads_it() {
        for (body, text, is_base64) in [
            (Body::from("{\"a\":\"\u{e9}\"}"), Some("{\"a\":\"\u{e9}\"}"), false),
            (Body::from(b"a=1".to_vec()), Some("YT0x"), true),
            (Body::Empty, None, false),
        ] {
            let answer = written(response(body));
            assert_eq!((&answer["statusCode"], answer["body"].as_str()), (&json!(402), text));
            assert_eq!(answer["headers"], json!({"content-type": "application/json"}));
            assert_eq!(answer["isBase64Encoded"], json!(is_base64));
        }
    }

    #[test]
    fn what_is_the_same_each_time_is_written_once_unless_it_varies_with_the_request() {
        let once = Written::default();
        let with = |text: &str| {
            let mut response = response(Body::from(text));
            response.extensions_mut().insert(once.clone());
            response
        };
        let first = written(with("first"));
        assert_eq!(first, written(response(Body::from("first"))));
        assert_eq!(written(with("second")), first);
        let mut varied = with("third");
        varied.headers_mut().insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        assert_eq!(written(varied)["body"], "third");
    }
}
