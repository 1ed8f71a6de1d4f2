//! Every "no" of the REST interface: problem details (RFC 9457), with the refusal's stable code.

use crate::model::{Code, Refusal};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::borrow::Cow;
use utoipa::ToSchema;

/// What problem details travel as.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Why a request was refused (RFC 9457), sent as `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// The kind of problem as a URI: `urn:tidings:problem:` and the code.
    #[serde(rename = "type")]
    #[schema(example = "urn:tidings:problem:not_found")]
    kind: String,
    /// The kind of problem in a few words.
    #[schema(example = "Not found")]
    title: String,
    /// The status of the answer, again.
    #[schema(example = 404, minimum = 400, maximum = 599)]
    status: u16,
    /// What is wrong here and what to do about it, for people.
    #[schema(value_type = String, example = "There is no such conversation, or you do not belong to it.")]
    detail: Cow<'static, str>,
    /// The stable code of the refusal, the same as on the socket.
    #[schema(value_type = String, example = "not_found")]
    code: Code,
    /// Try again after so many milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
}

impl Problem {
    /// A problem with the status that belongs to its code.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::from(Refusal::new(code, detail))
    }

    /// The same problem with another status, where HTTP has a more exact one.
    #[must_use]
    pub const fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status.as_u16();
        self
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let Refusal { code, message, retry_after_ms } = refusal;
        let words = code.as_str().replace('_', " ");
        let title = words[..1].to_uppercase() + &words[1..];
        Self {
            kind: format!("urn:tidings:problem:{code}"),
            title,
            status: status(code).as_u16(),
            detail: message,
            code,
            retry_after_ms,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // A problem is plain data: writing it as JSON does not fail.
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, PROBLEM_JSON)], body).into_response();
        if let Some(ms) = self.retry_after_ms {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(ms.div_ceil(1_000).max(1)));
        }
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer realm=\"tidings\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}

/// The status of each code. A new code does not compile without its line here.
pub const fn status(code: Code) -> StatusCode {
    match code {
        Code::Invalid | Code::Unsupported | Code::UnknownFrame | Code::BadFrame | Code::ProtocolVersion => {
            StatusCode::BAD_REQUEST
        }
        Code::Unauthenticated | Code::TokenExpired | Code::SessionRevoked => StatusCode::UNAUTHORIZED,
        Code::Suspended
        | Code::Silenced
        | Code::ContactsDisabled
        | Code::Forbidden
        | Code::NotMember
        | Code::Blocked
        | Code::Stranger
        | Code::Muted
        | Code::SilencedInGroup
        | Code::ClosedGroup
        | Code::QuotaExceeded
        | Code::HookRefused => StatusCode::FORBIDDEN,
        Code::NotFound | Code::NotContact => StatusCode::NOT_FOUND,
        Code::Dissolved | Code::Full | Code::Conflict => StatusCode::CONFLICT,
        Code::Expired => StatusCode::GONE,
        Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::IdempotencyConflict | Code::KeyExpired => StatusCode::UNPROCESSABLE_ENTITY,
        Code::RateLimited | Code::WindowExceeded => StatusCode::TOO_MANY_REQUESTS,
        Code::Overloaded | Code::Unavailable | Code::ReadOnly => StatusCode::SERVICE_UNAVAILABLE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_has_its_code_title_and_status() {
        let problem = Problem::from(Refusal::new(Code::RateLimited, "Slow down.").retry_after_ms(1_500));
        let json = serde_json::to_value(&problem).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "type": "urn:tidings:problem:rate_limited",
                "title": "Rate limited",
                "status": 429,
                "detail": "Slow down.",
                "code": "rate_limited",
                "retry_after_ms": 1_500,
            })
        );
        let response = problem.into_response();
        assert_eq!(response.headers()[header::RETRY_AFTER], "2");
        assert_eq!(response.headers()[header::CONTENT_TYPE], PROBLEM_JSON);
    }

    #[test]
    fn every_code_is_an_error_of_http() {
        for code in Code::ALL {
            let status = status(*code);
            assert!(status.is_client_error() || status == StatusCode::SERVICE_UNAVAILABLE, "{code}");
        }
    }
}
