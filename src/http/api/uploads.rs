//! `/uploads`: files that come in several requests, each going on where the last one stopped, also after a restart of the server.

use super::answers::{created, replayed};
use super::caller::Caller;
use super::extract::{At, Json, invalid};
use super::problem::Problem;
use super::{ApiState, ROOT};
use crate::media::{Begun, NewUpload, Upload, Writing};
use crate::model::clock::monotonic;
use crate::model::{Code, MediaId, MediaInfo, Timestamp};
use axum::body::{Body, BodyDataStream};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Where an upload goes on.
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
/// How many bytes it will have.
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
/// Bytes a second that a body has to come with on average, after [`MediaOptions::body_idle`](crate::media::MediaOptions).
const BYTES_PER_SECOND_MIN: u64 = 4 * 1024;
/// What is read of a body that is not wanted, so that its sender gets to the answer.
const UNWANTED_BYTES_MAX: usize = 1024 * 1024;
/// And how long.
const UNWANTED_WITHIN: Duration = Duration::from_secs(2);

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(begin)).routes(routes!(state, go_on, give_up))
}

/// A file that will come.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUploadBody {
    /// Its name; what could harm in it is taken out.
    name: String,
    /// How many bytes it will have.
    #[schema(minimum = 1)]
    bytes: u64,
}

/// An upload.
#[derive(Serialize, ToSchema)]
pub struct UploadState {
    /// Its id, and that of the file when it is complete.
    id: MediaId,
    /// How many bytes it will have.
    bytes: u64,
    /// How many are here: where it goes on.
    offset: u64,
    /// When it is forgotten unless it is complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    expires: Option<Timestamp>,
    /// The file, once it is complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    media: Option<MediaInfo>,
}

impl IntoResponse for UploadState {
    fn into_response(self) -> Response {
        let (offset, length) = (HeaderValue::from(self.offset), HeaderValue::from(self.bytes));
        let mut response = Json(self).into_response();
        response.headers_mut().insert(OFFSET, offset);
        response.headers_mut().insert(LENGTH, length);
        response
    }
}

impl From<Upload> for UploadState {
    fn from(Upload { id, bytes, offset, expires, media }: Upload) -> Self {
        Self { id, bytes, offset, expires, media }
    }
}

/// Begin an upload
///
/// Its bytes follow with PATCH. The room for them is kept for a day.
#[utoipa::path(post, path = "/uploads", tag = "media",
    request_body = NewUploadBody,
    responses((status = 201, description = "It is begun.", body = UploadState)))]
async fn begin(caller: Caller, Json(new): Json<NewUploadBody>) -> Result<Response, Problem> {
    let api = caller.api();
    api.gateway.take_turn(&caller.actor)?;
    let new = NewUpload { name: new.name, bytes: new.bytes, whole: false, key: caller.key };
    let (upload, duplicate) = match api.media.begin(&caller.actor, new).await? {
        Begun::New(writing) => (writing.end().await?, false),
        Begun::Known(upload) => (upload, true),
    };
    let state = UploadState::from(upload);
    let location = format!("{ROOT}/uploads/{}", state.id);
    Ok(replayed(created(&location, state), duplicate))
}

/// Where an upload stands
///
/// HEAD gives the same in `Upload-Offset` and `Upload-Length`. A complete one has its file in `media`.
#[utoipa::path(get, path = "/uploads/{upload}", tag = "media",
    params(("upload" = MediaId, Path, description = "The upload.")),
    responses((status = 200, description = "How far it has come.", body = UploadState)))]
async fn state(caller: Caller, At(upload): At<MediaId>) -> Result<UploadState, Problem> {
    Ok(caller.api().media.upload(&caller.actor, upload)?.into())
}

/// Go on with an upload
///
/// `Upload-Offset` says where; it must be how far the upload has come. A request that breaks off keeps what has come. The last byte
/// makes the file, which is then in `media`.
#[utoipa::path(patch, path = "/uploads/{upload}", tag = "media",
    params(
        ("upload" = MediaId, Path, description = "The upload."),
        ("Upload-Offset" = u64, Header, description = "How many bytes have come before these.")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The next bytes."),
    responses((status = 200, description = "They are on disk.", body = UploadState)))]
async fn go_on(caller: Caller, At(upload): At<MediaId>, request: Request) -> Result<UploadState, Problem> {
    let offset = wanted_offset(request.headers());
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(number);
    let (api, body) = (caller.api(), request.into_body());
    let begun = async {
        // First of all, so that whose it is not is told nothing more.
        api.media.upload(&caller.actor, upload)?;
        let writing = api.media.go_on(&caller.actor, upload, offset?).await?;
        let missing = writing.missing();
        if length.is_some_and(|length| length > missing) {
            let words = format!("This upload misses {missing} bytes, and more were announced; send no more than that.");
            return Err(Problem::new(Code::TooLarge, words));
        }
        Ok(writing)
    };
    let mut writing = match begun.await {
        Ok(writing) => writing,
        Err(problem) => {
            drain(body).await;
            return Err(problem);
        }
    };
    let received = receive(api, body, &mut writing).await;
    let state = writing.end().await?;
    received?;
    Ok(state.into())
}

/// Give an upload up
#[utoipa::path(delete, path = "/uploads/{upload}", tag = "media",
    params(("upload" = MediaId, Path, description = "The upload.")),
    responses((status = 204, description = "It is gone.")))]
async fn give_up(caller: Caller, At(upload): At<MediaId>) -> Result<StatusCode, Problem> {
    caller.api().media.give_up(&caller.actor, upload).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Writes a body into an upload as it comes. A body that stands still, or is too slow on average, is not waited for.
pub(super) async fn receive(api: &ApiState, body: Body, writing: &mut Writing) -> Result<(), Problem> {
    let mut body = body.into_data_stream();
    let mut pace = Pace::new(api.media.options().body_idle);
    loop {
        let chunk = match tokio::time::timeout(pace.patience(monotonic()), body.next()).await {
            Ok(Some(Ok(chunk))) => chunk,
            Ok(None) => return Ok(()),
            Ok(Some(Err(_))) => {
                let words = "The body broke off before its end; send it again, or go on where the upload stands.";
                return Err(Problem::new(Code::Invalid, words));
            }
            Err(_) => {
                let words = "The body did not come in time; send it faster, or go on where the upload stands.";
                return Err(Problem::new(Code::Invalid, words).with_status(StatusCode::REQUEST_TIMEOUT));
            }
        };
        pace.came(chunk.len());
        if let Err(refusal) = writing.write(chunk).await {
            drain_stream(body).await;
            return Err(refusal.into());
        }
    }
}

/// Reads a little of a body that is not wanted: whoever sends it reads the answer only afterwards.
pub(super) async fn drain(body: Body) {
    drain_stream(body.into_data_stream()).await;
}

async fn drain_stream(mut body: BodyDataStream) {
    let reading = async {
        let mut read = 0;
        while let Some(Ok(chunk)) = body.next().await {
            read += chunk.len();
            if read > UNWANTED_BYTES_MAX {
                break;
            }
        }
    };
    // Who is slower than that has had its chance.
    drop(tokio::time::timeout(UNWANTED_WITHIN, reading).await);
}

/// How long a body is waited for.
struct Pace {
    idle: Duration,
    started: Instant,
    bytes: u64,
}

impl Pace {
    fn new(idle: Duration) -> Self {
        Self { idle, started: monotonic(), bytes: 0 }
    }

    fn came(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }

    /// How long to wait for the next bytes: until it has stood still for too long, or is too slow on the whole.
    fn patience(&self, now: Instant) -> Duration {
        let earned = Duration::from_millis(self.bytes.saturating_mul(1_000) / BYTES_PER_SECOND_MIN);
        let end = self.idle * 2 + earned;
        end.saturating_sub(now.duration_since(self.started)).min(self.idle)
    }
}

/// The length that a request says its body has.
pub(super) fn wanted_length(headers: &HeaderMap) -> Result<u64, Problem> {
    headers.get(header::CONTENT_LENGTH).and_then(number).ok_or_else(|| {
        let words = "The length of the file must be known: send `Content-Length`, or begin an upload.";
        Problem::new(Code::Invalid, words).with_status(StatusCode::LENGTH_REQUIRED)
    })
}

fn wanted_offset(headers: &HeaderMap) -> Result<u64, Problem> {
    headers.get(OFFSET).and_then(number).ok_or_else(|| {
        invalid("The header `Upload-Offset` must say how many bytes have come before; HEAD tells it.".to_owned())
    })
}

fn number(value: &HeaderValue) -> Option<u64> {
    value.to_str().ok().filter(|text| text.bytes().all(|c| c.is_ascii_digit()))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_waited_for_while_it_comes_fast_enough() {
        let idle = Duration::from_secs(30);
        let mut pace = Pace::new(idle);
        let after = |pace: &Pace, seconds| pace.patience(pace.started + Duration::from_secs(seconds));
        assert_eq!(after(&pace, 0), idle);
        assert_eq!(after(&pace, 50), Duration::from_secs(10));
        assert_eq!(after(&pace, 61), Duration::ZERO);
        pace.came(1024 * 1024);
        assert_eq!(after(&pace, 61), idle, "a megabyte is worth 256 seconds");
        assert_eq!(after(&pace, 317), Duration::ZERO);
    }
}
