//! `/conversations/{conversation}/entries/{seq}/pictures/{n}`: the pictures of other servers that an entry names.

use super::ApiState;
use super::caller::Caller;
use super::entries::read;
use super::extract::At;
use super::problem::Problem;
use crate::http::file;
use crate::model::{Body, Code, ConversationId, Refusal, Seq};
use crate::pictures::Failure;
use axum::body::Body as HttpBody;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How long a browser keeps a picture, in seconds.
const KEEP_S: u64 = 3_600;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(picture))
}

/// A picture that a post names
///
/// A `post` names pictures of other servers; this server fetches them, so that those see its address and not the reader's. They are
/// numbered from 1 on: those of the blocks in their order (a picture, or the one beside a section), then of each attachment `image`
/// and `thumb`. PNG, JPEG, GIF, WebP and AVIF of at most 5 MiB, from https on the public internet or where the operator allows; no
/// redirects. Whoever reads the entry may have them, as long as it is not recalled.
#[utoipa::path(get, path = "/conversations/{conversation}/entries/{seq}/pictures/{n}", tag = "messages",
    params(("n" = u32, Path, description = "Which, from 1 on.")),
    responses(
        (status = 200, description = "The picture.", body = Vec<u8>, content_type = "image/png"),
        (status = 304, description = "It is the one with the tag in `If-None-Match`."),
        (status = 502, description = "The other server did not give it: `unavailable`, `too_large`, or `unsupported` when it is no picture.",
            body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many are on their way.", body = Problem, content_type = "application/problem+json"),
        (status = 504, description = "The other server took too long.", body = Problem, content_type = "application/problem+json")))]
async fn picture(
    caller: Caller,
    headers: HeaderMap,
    At((conversation, seq, n)): At<(ConversationId, Seq, u32)>,
) -> Result<Response, Problem> {
    let entry = read(&caller, conversation, seq).await?;
    let nth = (n as usize).checked_sub(1);
    let Some(image) = (match &entry.body {
        Body::Post(post) => nth.and_then(|nth| post.pictures().nth(nth)),
        _ => None,
    }) else {
        return Err(Problem::new(Code::NotFound, format!("The entry with seq {seq} has no picture {n}.")));
    };
    let (pictures, tasks) = (&caller.api().pictures, &caller.api().tasks);
    let fetched = pictures.fetch(&caller.actor, &image.url).await.map_err(problem)?;
    Ok(file::picture(&headers, fetched, KEEP_S, |bytes| HttpBody::from_stream(pictures.pieces(bytes, tasks))))
}

/// What another server did not give, as a gateway says it.
fn problem(failure: Failure) -> Problem {
    let status = match failure {
        Failure::Slow => Some(StatusCode::GATEWAY_TIMEOUT),
        _ if failure.is_elsewhere() => Some(StatusCode::BAD_GATEWAY),
        _ => None,
    };
    let problem = Problem::from(Refusal::from(failure));
    match status {
        Some(status) => problem.with_status(status),
        None => problem,
    }
}
