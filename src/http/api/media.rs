//! `/media`: files. What is known of one, its bytes, its small picture, and links that load without a header.

use super::answers::{created, replayed};
use super::caller::{Caller, unexpected};
use super::extract::{At, Find, Json};
use super::problem::Problem;
use super::uploads::{drain, receive, wanted_length};
use super::{ApiState, ROOT};
use crate::http::file;
use crate::media::{Begun, NewUpload, Variant};
use crate::model::{MediaId, MediaInfo, Timestamp};
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .routes(routes!(upload))
        .routes(routes!(describe))
        .routes(routes!(content))
        .routes(routes!(thumbnail))
        .routes(routes!(link))
}

/// A file that comes in one request.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NewFile {
    /// Its name; what could harm in it is taken out.
    #[serde(default)]
    name: String,
}

/// Which link.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewLink {
    /// To what.
    variant: LinkTo,
}

/// What a link leads to.
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkTo {
    /// The file.
    #[default]
    Content,
    /// The small picture.
    Thumbnail,
}

/// A link that loads without a header.
#[derive(Serialize, ToSchema)]
pub struct SignedLink {
    /// Its path on this server, with its query. It is for the caller alone: whoever has it reads the file.
    url: String,
    /// When it ends. It ends before that with the caller's session, or when the caller may not see the file any more.
    expires: Timestamp,
}

/// Upload a file in one request
///
/// The body is the file, as it is; its length must be known (`Content-Length`). Large ones are better sent with `/uploads`, which
/// can be gone on with. What the file is, is found out from its content. It is the caller's alone until a message, a profile or a
/// group shows it, and it is forgotten when none has for a day.
#[utoipa::path(post, path = "/media", tag = "media", params(NewFile),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The file."),
    responses(
        (status = 201, description = "It is kept; send it with its id.", body = MediaInfo),
        (status = 411, description = "The length of the body is not known.", body = Problem,
            content_type = "application/problem+json")))]
async fn upload(caller: Caller, Find(new): Find<NewFile>, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let api = caller.api();
    let begun = async {
        api.gateway.take_turn(&caller.actor)?;
        let (bytes, key) = (wanted_length(&parts.headers)?, caller.key);
        Ok(api.media.begin(&caller.actor, NewUpload { name: new.name, bytes, whole: true, key }).await?)
    };
    let (info, duplicate) = match begun.await {
        Ok(Begun::New(mut writing)) => {
            receive(api, body, &mut writing).await?;
            (writing.end_whole().await?, false)
        }
        Ok(Begun::Known(known)) => {
            drain(body).await;
            (known.media.ok_or_else(unexpected)?, true)
        }
        Err(problem) => {
            drain(body).await;
            return Err(problem);
        }
    };
    Ok(replayed(created(&format!("{ROOT}/media/{}", info.media), Json(info)), duplicate))
}

/// What is known of a file
///
/// For who uploaded it, who can see a message that shows it, and everybody of the app while it is the picture of a user or a group.
#[utoipa::path(get, path = "/media/{media}", tag = "media",
    params(("media" = MediaId, Path, description = "The file.")),
    responses((status = 200, description = "What is known of it.", body = MediaInfo)))]
async fn describe(caller: Caller, At(media): At<MediaId>) -> Result<Json<MediaInfo>, Problem> {
    Ok(Json(caller.api().media.info(&caller.actor, media).await?))
}

/// The file
///
/// With `Range` a part of it. Pictures, sound and films of a few types are shown by browsers; everything else is only saved.
#[utoipa::path(get, path = "/media/{media}/content", tag = "media",
    params(
        ("media" = MediaId, Path, description = "The file."),
        ("Range" = Option<String>, Header, description = "One range of bytes, for example `bytes=0-1023`.")),
    responses(
        (status = 200, description = "The file, byte for byte.", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 206, description = "The range.", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 304, description = "It is the one with the tag in `If-None-Match`."),
        (status = 416, description = "It has no such range.")))]
async fn content(caller: Caller, At(media): At<MediaId>, headers: HeaderMap) -> Result<Response, Problem> {
    let served = caller.api().media.read(&caller.actor, media, Variant::Original).await?;
    Ok(file::answer(&headers, &served, 0))
}

/// The small picture of a picture
///
/// At most 480 pixels wide and high, JPEG or WebP, without the original's metadata.
#[utoipa::path(get, path = "/media/{media}/thumbnail", tag = "media",
    params(
        ("media" = MediaId, Path, description = "The file."),
        ("Range" = Option<String>, Header, description = "One range of bytes, for example `bytes=0-1023`.")),
    responses(
        (status = 200, description = "The small picture.", body = Vec<u8>, content_type = "image/jpeg"),
        (status = 206, description = "The range.", body = Vec<u8>, content_type = "image/jpeg"),
        (status = 304, description = "It is the one with the tag in `If-None-Match`."),
        (status = 416, description = "It has no such range.")))]
async fn thumbnail(caller: Caller, At(media): At<MediaId>, headers: HeaderMap) -> Result<Response, Problem> {
    let served = caller.api().media.read(&caller.actor, media, Variant::Thumbnail).await?;
    Ok(file::answer(&headers, &served, 0))
}

/// Get a link to a file
///
/// It loads without a header, for example in `<img src>`, for ten minutes.
#[utoipa::path(post, path = "/media/{media}/link", tag = "media",
    params(("media" = MediaId, Path, description = "The file.")),
    request_body = NewLink,
    responses((status = 200, description = "The link.", body = SignedLink)))]
async fn link(caller: Caller, At(media): At<MediaId>, Json(new): Json<NewLink>) -> Result<Json<SignedLink>, Problem> {
    caller.check_session()?;
    let variant = match new.variant {
        LinkTo::Content => Variant::Original,
        LinkTo::Thumbnail => Variant::Thumbnail,
    };
    let (url, expires_s) = caller.api().media.link(&caller.actor, media, variant).await?;
    Ok(Json(SignedLink { url, expires: Timestamp(expires_s * 1_000) }))
}
