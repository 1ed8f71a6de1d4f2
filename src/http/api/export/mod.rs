//! `/me/export`: everything that a user may read, as one file to keep.

mod archive;
mod content;

use super::ApiState;
use super::caller::Caller;
use super::problem::Problem;
use crate::model::{Code, Refusal, Timestamp, UserHandle};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use lru::LruCache;
use parking_lot::Mutex;
use std::num::NonZeroUsize;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Time between two exports of one user, in milliseconds: 10 minutes.
const PAUSE_MS: u64 = 10 * 60 * 1_000;
/// Users whose last export is remembered; the longest unused are forgotten first.
const REMEMBERED_MAX: NonZeroUsize = NonZeroUsize::new(32 * 1024).unwrap();

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(export))
}

/// Take everything along
///
/// A ZIP with JSON lines (profile, settings, presence, sessions, contacts, blocks, requests, labels, conversations, and what you may read of each in
/// `messages/`) and the files in `media/`. It is made while it is read; `export.json`, its last file, says that it is complete. One
/// at a time, and one in ten minutes.
#[utoipa::path(get, path = "/me/export", tag = "me",
    responses((status = 200, description = "The archive.", body = Vec<u8>, content_type = "application/zip")))]
async fn export(caller: Caller) -> Result<Response, Problem> {
    let api = caller.api();
    let turn = api.exports.begin(caller.actor.user, api.engine().clock().now())?;
    let body = archive::body(move |archive| async move {
        let _turn = turn;
        Box::pin(content::write(caller, archive)).await
    });
    let headers = [
        (header::CONTENT_TYPE, "application/zip"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"tidings-export.zip\""),
    ];
    Ok((headers, body).into_response())
}

/// Who exports, and who did lately.
#[derive(Clone)]
pub struct Exports(Arc<Mutex<LruCache<UserHandle, Export>>>);

/// The last export of a user.
#[derive(Clone, Copy)]
struct Export {
    began: Timestamp,
    running: bool,
}

/// A user's turn; it ends when this is dropped, with the answer.
struct Turn {
    exports: Exports,
    user: UserHandle,
}

impl Exports {
    /// Nobody does.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(LruCache::new(REMEMBERED_MAX))))
    }

    fn begin(&self, user: UserHandle, now: Timestamp) -> Result<Turn, Refusal> {
        let mut known = self.0.lock();
        if let Some(last) = known.get(&user) {
            if last.running {
                let words = "An export of yours is on its way; wait for its end, or end it.";
                return Err(Refusal::new(Code::Conflict, words));
            }
            let since_ms = now.since_ms(last.began);
            if since_ms < PAUSE_MS {
                let words = "You have exported your data a short time ago; wait a little before you do it again.";
                return Err(Refusal::new(Code::RateLimited, words).retry_after_ms(PAUSE_MS - since_ms));
            }
        }
        known.put(user, Export { began: now, running: true });
        Ok(Turn { exports: self.clone(), user })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(export) = self.exports.0.lock().get_mut(&self.user) {
            export.running = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_user_has_one_at_a_time_and_one_in_ten_minutes() {
        let (exports, ada, bob) = (Exports::new(), UserHandle(1), UserHandle(2));
        let code = |user, at| exports.begin(user, Timestamp(at)).map(drop).map_err(|refusal| refusal.code);
        let turn = exports.begin(ada, Timestamp(1_000)).ok();
        assert_eq!(code(ada, 2 * PAUSE_MS), Err(Code::Conflict));
        assert_eq!(code(bob, 1_000), Ok(()));
        drop(turn);
        assert_eq!(code(ada, 1_000 + PAUSE_MS - 1), Err(Code::RateLimited));
        assert_eq!(code(ada, 1_000 + PAUSE_MS), Ok(()));
    }
}
