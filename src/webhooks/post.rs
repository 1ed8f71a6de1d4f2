//! One event on its way to one webhook, and what its answer means.

use super::Inner;
use crate::auth::webhook::{self, PURPOSE, WebhookSecret};
use crate::model::clock::monotonic;
use crate::model::{Secret, Timestamp, WebhookOf};
use crate::outbound::{Limits, OutboundError, Request, Trust, Wait};
use crate::store::records::WebhookRow;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Bytes of an answer that are read; its words are shown to nobody.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Where a webhook is, and what signs.
#[derive(Debug)]
pub struct Address {
    url: Secret,
    secrets: Vec<(WebhookSecret, Option<Timestamp>)>,
    /// The places of its app.
    places: Arc<Semaphore>,
}

/// What became of a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The status of the answer, when there was one.
    pub status: Option<u16>,
    /// How long it took, in milliseconds.
    pub ms: u32,
    /// What it came to, in words without any of the answer's own.
    pub words: String,
    /// What follows from it.
    pub verdict: Verdict,
}

/// What follows from an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was taken.
    Taken,
    /// Nothing is wanted there any more.
    Gone,
    /// It was not taken.
    Failed {
        /// There was nobody to take it: no connection came about.
        unreached: bool,
        /// The answer asks to wait for so long.
        wait: Option<Duration>,
    },
}

impl Posted {
    /// One that came to a bad end here.
    pub fn broken() -> Self {
        let words = "The server failed to post it; its log says why.".to_owned();
        Self { status: None, ms: 0, words, verdict: Verdict::Failed { unreached: false, wait: None } }
    }
}

impl Address {
    /// That of a webhook; secrets that cannot be read sign nothing.
    pub fn of(inner: &Inner, webhook: WebhookOf, row: &WebhookRow) -> Self {
        let secrets = row.secrets.iter().filter_map(|secret| {
            let opened = inner.vault.open_sealed(webhook.0, PURPOSE, &secret.sealed);
            let read = opened.and_then(|opened| WebhookSecret::parse(opened.reveal()));
            if read.is_none() {
                tracing::error!(app = %webhook.0, webhook = %webhook.1, "a secret of a webhook cannot be read");
            }
            Some((read?, secret.until))
        });
        Self { url: row.settings.url.clone(), secrets: secrets.collect(), places: inner.places_of(webhook.0) }
    }

    /// Those that sign now.
    fn signing(&self, now: Timestamp) -> Vec<WebhookSecret> {
        let signs = self.secrets.iter().filter(|(_, until)| until.is_none_or(|until| now < until));
        signs.map(|(secret, _)| secret.clone()).collect()
    }
}

/// Posts once. Waits for a place among the posts of its app first and then among all, which does not count.
pub async fn post(inner: &Inner, address: &Address, id: &str, body: Vec<u8>) -> Posted {
    // The places are never closed; without one the number is not bounded for this one post.
    let _of_app = address.places.acquire().await.ok();
    let _place = inner.places.acquire().await.ok();
    let now = inner.engine.clock().now();
    let began = monotonic();
    let failed = |words: String, unreached| Posted {
        status: None,
        ms: since(began),
        words,
        verdict: Verdict::Failed { unreached, wait: None },
    };
    let secrets = address.signing(now);
    if secrets.is_empty() {
        return failed("There is no secret that can be read to sign with; rotate it.".to_owned(), false);
    }
    // In the signature's text full stops stand between the parts.
    let id = id.replace('.', "-");
    let headers = webhook::headers(&secrets, &id, now, &body);
    let time = inner.options.time;
    let limits = Limits { first_byte: time, silence: time, total: time, body_bytes_max: ANSWER_BYTES_MAX };
    let mut request = Request::post(Trust::Tenant, address.url.reveal(), body).limits(limits);
    request = request.header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    match inner.outbound.send(request).await {
        Ok(reply) => {
            let (words, verdict) = meaning(reply.status, reply.headers.retry_after());
            Posted { status: Some(reply.status), ms: since(began), words, verdict }
        }
        Err(error) => failed(error.to_string(), is_unreached(&error)),
    }
}

fn meaning(status: u16, wait: Option<Duration>) -> (String, Verdict) {
    let failed = Verdict::Failed { unreached: false, wait: wait.filter(|_| matches!(status, 429 | 503)) };
    match status {
        200..=299 => (format!("It was taken ({status})."), Verdict::Taken),
        410 => ("It answered 410: nothing is wanted there any more.".to_owned(), Verdict::Gone),
        300..=399 => (format!("It answered {status}; redirects are not followed."), failed),
        _ => (format!("It answered {status}."), failed),
    }
}

/// Whether no connection came about, which no event can be the reason of. Who takes a connection and does not answer may be at work
/// on this very event.
const fn is_unreached(error: &OutboundError) -> bool {
    matches!(
        error,
        OutboundError::Resolve(_)
            | OutboundError::Connect(_)
            | OutboundError::Tls(_)
            | OutboundError::TimedOut(Wait::Connect)
    )
}

fn since(began: std::time::Instant) -> u32 {
    monotonic().duration_since(began).as_millis().try_into().unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_takes_a_connection_is_there() {
        for wait in [Wait::Turn, Wait::FirstByte, Wait::Silence, Wait::Total] {
            assert!(!is_unreached(&OutboundError::TimedOut(wait)), "{wait:?}");
        }
        assert!(!is_unreached(&OutboundError::Broken(String::new())));
        assert!(is_unreached(&OutboundError::TimedOut(Wait::Connect)));
        assert!(is_unreached(&OutboundError::Connect(String::new())));
    }

    #[test]
    fn two_hundreds_alone_are_taken() {
        let failed = |wait| Verdict::Failed { unreached: false, wait };
        let minute = Some(Duration::from_mins(1));
        for (status, wait, verdict) in [
            (200, None, Verdict::Taken),
            (204, minute, Verdict::Taken),
            (302, None, failed(None)),
            (304, None, failed(None)),
            (400, minute, failed(None)),
            (410, None, Verdict::Gone),
            (429, minute, failed(minute)),
            (500, minute, failed(None)),
            (503, minute, failed(minute)),
            (101, None, failed(None)),
        ] {
            assert_eq!(meaning(status, wait).1, verdict, "{status}");
        }
    }
}
