//! Who asks AWS: Signature Version 4 for the few requests that are sent without an SDK. It knows no
//! service.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;

/// The credentials and the region that requests to AWS are signed with.
pub struct Signer {
    /// The region.
    pub region: String,
    /// Who we are.
    pub credentials: Credentials,
}

/// A request before it is signed.
#[derive(Clone, Copy)]
pub struct Unsigned<'a> {
    /// The service's name in signatures.
    pub service: &'a str,
    /// `GET`, `POST`.
    pub method: &'a str,
    /// The whole URL.
    pub url: &'a str,
    /// The headers that are signed with it.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: &'a [u8],
}

impl Signer {
    /// The headers that say who asks. `None`: it is nothing that can be signed.
    pub fn sign(&self, request: Unsigned<'_>) -> Option<Vec<(String, String)>> {
        #[expect(
            clippy::disallowed_methods,
            reason = "a signature is dated, as the SDKs' are; nothing is decided by it"
        )]
        let now = SystemTime::now();
        let Unsigned { service, method, url, headers, body } = request;
        let identity = self.credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(service)
            .time(now)
            .settings(SigningSettings::default())
            .build()
            .ok()?
            .into();
        let request = SignableRequest::new(method, url, headers.iter().copied(), SignableBody::Bytes(body)).ok()?;
        let (instructions, _) = sign(request, &parameters).ok()?.into_parts();
        Some(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}
