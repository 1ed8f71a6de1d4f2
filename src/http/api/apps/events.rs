//! `/apps/{app}/events`: what happened in an app, pulled: page by page with a wait for news, or as server-sent events. It is read from
//! the log, so whoever remembers how far they are loses nothing and gets nothing twice.

use crate::http::api::ApiState;
use crate::http::api::caller::AppCaller;
use crate::http::api::extract::{Find, Json, invalid};
use crate::http::api::problem::Problem;
use crate::http::api::sse;
use crate::model::{AppEvent, AppEvents, AppKeyId, Code, Epoch, Lsn, Refusal};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Events in an answer when the caller does not say.
const PAGE_EVENTS: u32 = 100;
/// Longest wait for news, in seconds.
const WAIT_S_MAX: u32 = 60;
/// Streams of one key that are open at once.
const STREAMS_MAX: usize = 8;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(events))
}

/// From where on, and how.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct From {
    /// `EPOCH.LSN`, as `next` of the last answer: everything up to there is processed. Absent: from now on.
    #[serde(default)]
    #[param(example = "4503599627370496.17")]
    after: Option<String>,
    /// About how many at most; the events of one command come together.
    #[serde(default)]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// Seconds to wait when there is none yet.
    #[serde(default)]
    #[param(minimum = 0, maximum = 60)]
    wait: Option<u32>,
    /// Only events whose `type` is one of these, or begins with one that ends in `*`; separated by commas.
    #[serde(default)]
    #[param(example = "entry.text,entry.member_*")]
    types: Option<String>,
}

/// What happened.
#[derive(Serialize, ToSchema)]
pub struct EventPage {
    /// In the one order.
    events: Vec<AppEvent>,
    /// Ask on with `after` set to this.
    next: String,
    /// Events that came right after `after` are not kept any more (they are for seven days): look at state once, then go on.
    gap: bool,
}

/// Follow what happens in an app
///
/// With `Accept: text/event-stream` as server-sent events: each with its `type` as name and `EPOCH.LSN` as id, at the last event of a
/// command; `gap` when events are missing, with the place where those begin that are still there. `Last-Event-ID` goes on after it; it
/// moves on while nothing happens, too.
#[utoipa::path(get, path = "/apps/{app}/events", tag = "apps",
    params(("app" = String, Path, description = "The app of the key.", example = "shop"), From),
    responses((status = 200, description = "What happened.", body = EventPage)))]
async fn events(
    State(api): State<ApiState>,
    caller: AppCaller,
    headers: HeaderMap,
    Find(from): Find<From>,
) -> Result<Response, Problem> {
    let engine = api.engine();
    let epoch = engine.epoch();
    let after = match sse::last_id(&headers, from.after) {
        Some(last) => place(&last, (epoch, engine.view().lsn()))?,
        None => engine.view().lsn(),
    };
    let limit = from.limit.unwrap_or(PAGE_EVENTS).clamp(1, 1_000) as usize;
    let wanted = Wanted::read(from.types.as_deref());
    let streams = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    if streams.is_some_and(|accept| accept.contains(sse::CONTENT_TYPE)) {
        let place = api.event_streams.enter(caller.0.key)?;
        let stream = Stream { api: api.clone(), news: engine.news(), caller, after, wanted, limit, _place: place };
        return Ok(stream.into_response());
    }
    let wait = Duration::from_secs(u64::from(from.wait.unwrap_or(0).min(WAIT_S_MAX)));
    let mut news = engine.news();
    let deadline = tokio::time::Instant::now() + wait;
    let (mut at, mut gap) = (after, false);
    loop {
        news.mark_unchanged();
        still_may(&api, caller).await?;
        let mut found = engine.events(caller.0.app, at, limit).await?;
        gap |= found.gap;
        found.events.retain(|event| wanted.holds(&event.kind));
        let behind = found.upto < engine.view().lsn();
        at = found.upto;
        if !found.events.is_empty() || gap {
            return Ok(Json(EventPage { events: found.events, next: id(epoch, at), gap }).into_response());
        }
        let closing = api.gateway.is_draining() || tokio::time::Instant::now() >= deadline;
        if closing || !behind && wait_for(&api, &mut news, deadline).await == Woken::Over {
            return Ok(Json(EventPage { events: Vec::new(), next: id(epoch, at), gap }).into_response());
        }
    }
}

/// Why a wait for news ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Woken {
    /// Something was committed.
    News,
    /// The time is over, or the server stops.
    Over,
}

/// Waits for news.
async fn wait_for(api: &ApiState, news: &mut watch::Receiver<Lsn>, deadline: tokio::time::Instant) -> Woken {
    tokio::select! {
        changed = news.changed() => if changed.is_ok() { Woken::News } else { Woken::Over },
        () = tokio::time::sleep_until(deadline) => Woken::Over,
        () = api.gateway.drains() => Woken::Over,
    }
}

/// The streams that are open of each key.
#[derive(Debug, Default)]
pub struct EventStreams {
    /// Guards how many there are.
    open: Mutex<BTreeMap<AppKeyId, usize>>,
}

/// One of the streams of a key; it is counted as long as this lives.
struct StreamPlace {
    streams: Arc<EventStreams>,
    key: AppKeyId,
}

impl EventStreams {
    /// A place for one more stream of a key.
    fn enter(self: &Arc<Self>, key: AppKeyId) -> Result<StreamPlace, Refusal> {
        let mut open = self.open.lock();
        let count = open.entry(key).or_default();
        if *count >= STREAMS_MAX {
            let words = format!(
                "This key follows the events on {STREAMS_MAX} streams already, as many as it may; end one, or read them page by page."
            );
            return Err(Refusal::new(Code::Overloaded, words).retry_after_ms(10_000));
        }
        *count += 1;
        Ok(StreamPlace { streams: Arc::clone(self), key })
    }
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        let mut open = self.streams.open.lock();
        match open.get_mut(&self.key) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(open.remove(&self.key)),
        }
    }
}

/// Reads a place in the one order, which ends at `newest`.
fn place(text: &str, (epoch, newest): (Epoch, Lsn)) -> Result<Lsn, Problem> {
    let parts = text.split_once('.').and_then(|(epoch, lsn)| Some((epoch.parse().ok()?, lsn.parse().ok()?)));
    let Some((found, lsn)) = parts else {
        return Err(invalid("`after` is `EPOCH.LSN`, as `next` tells it (and no event's `id`).".to_owned()));
    };
    if Epoch(found) != epoch {
        return Err(Problem::new(
            Code::Conflict,
            "This server's data is another since then (a backup was restored); look at state once, and begin without `after`.",
        ));
    }
    if Lsn(lsn) > newest {
        return Err(Problem::new(
            Code::Conflict,
            "`after` is ahead of all that has happened here: it is no place that this server has told, or its data is an older \
             copy; look at state once, and begin without `after`.",
        ));
    }
    Ok(Lsn(lsn))
}

fn id(epoch: Epoch, lsn: Lsn) -> String {
    format!("{epoch}.{lsn}")
}

/// Which events are wanted; all when it is empty.
#[derive(Clone, Debug, Default)]
struct Wanted(Vec<String>);

impl Wanted {
    fn read(text: Option<&str>) -> Self {
        let words = text.unwrap_or_default().split(',').map(str::trim).filter(|word| !word.is_empty());
        Self(words.take(64).map(str::to_owned).collect())
    }

    fn holds(&self, kind: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|word| crate::model::event::is_of(kind, word))
    }
}

/// Events as they come.
struct Stream {
    api: ApiState,
    news: watch::Receiver<Lsn>,
    caller: AppCaller,
    after: Lsn,
    wanted: Wanted,
    limit: usize,
    _place: StreamPlace,
}

/// Refuses a key that was revoked, or an app that was suspended, since the request began.
async fn still_may(api: &ApiState, caller: AppCaller) -> Result<(), Refusal> {
    api.office.app(&caller.by(), caller.app()).await.map(drop)
}

impl Stream {
    fn into_response(self) -> Response {
        let epoch = self.api.engine().epoch();
        sse::answer(futures_util::stream::unfold(Some(self), move |stream| async move {
            let mut stream = stream?;
            match stream.next(epoch).await {
                Ok(text) => Some((Ok::<_, io::Error>(Bytes::from(text)), Some(stream))),
                Err(refusal) => {
                    tracing::debug!(%refusal, "a stream of an app's events ends");
                    None
                }
            }
        }))
    }

    /// The next piece of the stream; a sign of life when there is no news.
    async fn next(&mut self, epoch: Epoch) -> Result<String, Refusal> {
        let deadline = tokio::time::Instant::now() + sse::ALIVE_EVERY;
        loop {
            self.news.mark_unchanged();
            still_may(&self.api, self.caller).await?;
            if self.api.gateway.is_draining() {
                return Err(Refusal::new(Code::Overloaded, "The server is stopping; come back shortly."));
            }
            let engine = self.api.engine();
            let AppEvents { mut events, upto, gap } = engine.events(self.caller.0.app, self.after, self.limit).await?;
            // Whoever goes on after this one is not told of the gap again, and has all that is still there.
            let gap = gap.then(|| events.first().map_or(upto, |first| Lsn(first.lsn.0.saturating_sub(1))));
            events.retain(|event| self.wanted.holds(&event.kind));
            let behind = upto < engine.view().lsn();
            self.after = upto;
            let text = told(epoch, &events, gap);
            if !text.is_empty() {
                return Ok(text);
            }
            if !behind && wait_for(&self.api, &mut self.news, deadline).await == Woken::Over {
                // The id takes whoever comes back past what was not told: nothing of the app, or nothing that is wanted.
                return Ok(format!(": \nid: {}\n\n", id(epoch, self.after)));
            }
        }
    }
}

/// Events as they are written. Whoever goes on after an id has all of its command, so the last event of each command has one; that
/// something is missing has the place before all that is still there.
fn told(epoch: Epoch, events: &[AppEvent], gap: Option<Lsn>) -> String {
    let mut text = gap.map_or_else(String::new, |before| sse::event("gap", Some(&id(epoch, before)), "{}"));
    for (nth, event) in events.iter().enumerate() {
        let data = serde_json::to_string(event).unwrap_or_default();
        let ends = events.get(nth + 1).is_none_or(|next| next.lsn != event.lsn);
        let id = ends.then(|| id(epoch, event.lsn));
        text.push_str(&sse::event(&event.kind, id.as_deref(), &data));
    }
    text
}
