//! What a request carries besides its caller: path, query and body, each refused with a problem that names what is wrong.

use super::ApiState;
use super::problem::Problem;
use crate::model::Code;
use axum::extract::path::ErrorKind;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody, PathRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// How long the body of a request may take to come.
const BODY_WITHIN: Duration = Duration::from_secs(30);

/// The parameters of the path.
pub struct At<T>(pub T);

/// The parameters of the query.
pub struct Find<T>(pub T);

/// A body, or an answer, in JSON.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<ApiState> for At<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(value)) => Ok(Self(value)),
            Err(PathRejection::FailedToDeserializePathParams(wrong)) => Err(match wrong.into_kind() {
                ErrorKind::InvalidUtf8InPathParam { key } => {
                    invalid(format!("The part `{key}` of the path is not UTF-8 once its percent signs are decoded."))
                }
                kind => invalid(format!("The path is not right: {kind}.")),
            }),
            Err(rejection) => Err(invalid(format!("The path is not right: {}.", rejection.body_text()))),
        }
    }
}

impl<T: DeserializeOwned + Send> FromRequestParts<ApiState> for Find<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(invalid(format!("The query is not right: {}.", plain(&rejection.body_text())))),
        }
    }
}

impl<T: DeserializeOwned> FromRequest<ApiState> for Json<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &ApiState) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            let words = "The body must be JSON, and say so: `Content-Type: application/json`.";
            return Err(Problem::new(Code::Invalid, words).with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let bytes = match tokio::time::timeout(BODY_WITHIN, Bytes::from_request(request, state)).await {
            Ok(Ok(bytes)) => bytes,
            Ok(Err(rejection)) => return Err(unread(&rejection)),
            Err(_) => {
                let words = "The body did not come in time; send it faster or in smaller pieces.";
                return Err(Problem::new(Code::Invalid, words).with_status(StatusCode::REQUEST_TIMEOUT));
            }
        };
        match serde_json::from_slice(&bytes) {
            Ok(value) => Ok(Self(value)),
            Err(error) => Err(invalid(format!("The body is not right: {error}."))),
        }
    }
}

impl<T: Serialize> axum::response::IntoResponse for Json<T> {
    fn into_response(self) -> axum::response::Response {
        axum::Json(self.0).into_response()
    }
}

/// A problem about what was sent.
pub fn invalid(words: String) -> Problem {
    Problem::new(Code::Invalid, words)
}

/// Why a body could not be read.
fn unread(rejection: &BytesRejection) -> Problem {
    match rejection {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
            Problem::new(Code::TooLarge, "The body is larger than this address takes; send less at once.")
        }
        _ => Problem::new(Code::Invalid, "The body could not be read to its end; send it again."),
    }
}

/// Whether a request says that its body is JSON.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()) else { return false };
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.starts_with("application/") && kind.ends_with("+json")
}

/// What axum says of a query without its own preface.
fn plain(text: &str) -> &str {
    text.strip_prefix("Failed to deserialize query string: ").unwrap_or(text)
}
