//! Answers, bounded in bytes and time.

use super::Limits;
use super::error::{OutboundError, Wait};
use crate::model::clock::monotonic;
use bytes::{Bytes, BytesMut};
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

/// Headers that are kept of an answer, …
const HEADERS_MAX: usize = 64;
/// … and bytes of each value; longer ones are left out.
const HEADER_BYTES_MAX: usize = 1_024;
/// Longest wait that an answer can ask for.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(24);

/// The headers of an answer, names in small letters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnswerHeaders(Vec<(String, String)>);

impl AnswerHeaders {
    fn of(answer: &reqwest::Response) -> Self {
        let fits = answer.headers().iter().filter_map(|(name, value)| {
            let value = value.to_str().ok().filter(|value| value.len() <= HEADER_BYTES_MAX)?;
            Some((name.as_str().to_owned(), value.to_owned()))
        });
        Self(fits.take(HEADERS_MAX).collect())
    }

    /// The first value of a header; `name` in small letters.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// How long to wait, when `Retry-After` says so in seconds; a day at most.
    pub fn retry_after(&self) -> Option<Duration> {
        let seconds = self.get("retry-after")?.trim().parse().ok()?;
        Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX))
    }
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: AnswerHeaders,
    /// Its body, as far as the limit reaches.
    pub body: Bytes,
    /// The body is whole.
    pub complete: bool,
}

impl Reply {
    /// Whether the status says that it was done.
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }
}

/// An answer whose body is on its way.
#[derive(Debug)]
pub struct StreamedReply {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: AnswerHeaders,
    /// Its body.
    pub body: BoundedStream,
}

impl StreamedReply {
    pub(super) fn new(answer: reqwest::Response, limits: Limits, until: Instant, place: OwnedSemaphorePermit) -> Self {
        Self {
            status: answer.status().as_u16(),
            headers: AnswerHeaders::of(&answer),
            body: BoundedStream { answer: Some((answer, place)), limits, until, received: 0 },
        }
    }

    /// Whether the status says that it was done.
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// Waits for the rest. A body beyond the limit is cut.
    pub async fn collect(mut self) -> Result<Reply, OutboundError> {
        let mut body = BytesMut::new();
        let mut complete = true;
        loop {
            match self.body.piece().await {
                Some(Ok((piece, fits))) => {
                    body.extend_from_slice(&piece);
                    if !fits {
                        complete = false;
                        break;
                    }
                }
                Some(Err(error)) => return Err(error),
                None => break,
            }
        }
        Ok(Reply { status: self.status, headers: self.headers, body: body.freeze(), complete })
    }
}

/// A body, piece by piece, within its limits. After an error there is nothing more.
pub struct BoundedStream {
    /// Until the end, with the place among the requests that are on their way.
    answer: Option<(reqwest::Response, OwnedSemaphorePermit)>,
    limits: Limits,
    until: Instant,
    received: usize,
}

impl BoundedStream {
    /// The next piece; none at the end.
    pub async fn next(&mut self) -> Option<Result<Bytes, OutboundError>> {
        match self.piece().await? {
            Ok((piece, true)) => Some(Ok(piece)),
            Ok((_, false)) => Some(Err(OutboundError::TooLarge(self.limits.body_bytes_max))),
            Err(error) => Some(Err(error)),
        }
    }

    /// The next piece, and false with the last one when there is more than the limit.
    async fn piece(&mut self) -> Option<Result<(Bytes, bool), OutboundError>> {
        let (answer, _) = self.answer.as_mut()?;
        let silence = Instant::from_std(monotonic()) + self.limits.silence;
        let (by, wait) = if silence < self.until { (silence, Wait::Silence) } else { (self.until, Wait::Total) };
        let piece = match tokio::time::timeout_at(by, answer.chunk()).await {
            Ok(Ok(Some(piece))) => piece,
            Ok(Ok(None)) => {
                self.answer = None;
                return None;
            }
            Ok(Err(error)) => {
                self.answer = None;
                return Some(Err(OutboundError::of(&error.without_url())));
            }
            Err(_) => {
                self.answer = None;
                return Some(Err(OutboundError::TimedOut(wait)));
            }
        };
        let left = self.limits.body_bytes_max - self.received;
        if piece.len() > left {
            self.answer = None;
            return Some(Ok((piece.slice(..left), false)));
        }
        self.received += piece.len();
        Some(Ok((piece, true)))
    }
}

impl std::fmt::Debug for BoundedStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BoundedStream").field("received", &self.received).finish_non_exhaustive()
    }
}
