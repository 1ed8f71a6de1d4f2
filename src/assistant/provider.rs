//! Asking a provider: one streamed chat completion, within the limits of time and bytes, tried again only while nothing of an answer
//! has come. Dropping what is returned ends the connection.

use super::key::Keys;
use super::problem::Problem;
use super::sse::Events;
use super::thoughts::Thoughts;
use super::wire::{self, Dialect, Finish, Message, Piece};
use crate::model::{AssistantSettings, Secret, TokenUsage};
use crate::outbound::{BoundedStream, Limits, Outbound, Request, StreamedReply, Trust};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::time::Duration;

/// Bytes of one answer, with everything around its words.
const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Bytes that are read of an error.
const ERROR_BYTES_MAX: usize = 16 * 1024;
/// And the time for that.
const ERROR_WAIT: Duration = Duration::from_secs(5);
/// How often a question is sent until something of an answer has come.
const TRIES_MAX: u32 = 3;
/// Pauses between these, when the provider names none.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];
/// Longest pause that a provider may ask for; beyond it the question is given up.
const PAUSE_MAX: Duration = Duration::from_secs(20);

/// Times of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// Until its first byte: models that are loaded first take a while.
    pub first_byte: Duration,
    /// Between two pieces.
    pub silence: Duration,
    /// The whole.
    pub total: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self { first_byte: Duration::from_mins(2), silence: Duration::from_mins(1), total: Duration::from_mins(10) }
    }
}

/// Asks providers; cheap to clone.
#[derive(Clone)]
pub struct Provider {
    pub(super) outbound: Outbound,
    pub(super) keys: Keys,
    pub(super) times: Times,
}

impl Provider {
    /// Asks; what is returned gives the answer piece by piece.
    pub async fn ask(
        &self,
        settings: &AssistantSettings,
        messages: &[Message],
        reply_tokens: u32,
    ) -> Result<Answering, Problem> {
        let key = self.keys.of(settings).await.map_err(Problem::Key)?;
        let (mut dialect, mut tries) = (Dialect::default(), 1);
        loop {
            let problem = match self.once(settings, key.as_ref(), dialect, messages, reply_tokens).await {
                Ok(answering) => return Ok(answering),
                Err(problem) => problem,
            };
            if let Problem::Status { status, words, .. } = &problem
                && let Some(other) = dialect.after(*status, words)
            {
                dialect = other;
                continue;
            }
            let pause = problem.retry_after().unwrap_or(PAUSES[(tries as usize - 1).min(PAUSES.len() - 1)]);
            if !problem.may_pass() || tries >= TRIES_MAX || pause > PAUSE_MAX {
                return Err(problem);
            }
            tries += 1;
            tokio::time::sleep(pause).await;
        }
    }

    async fn once(
        &self,
        settings: &AssistantSettings,
        key: Option<&Secret>,
        dialect: Dialect,
        messages: &[Message],
        reply_tokens: u32,
    ) -> Result<Answering, Problem> {
        let body = wire::request(settings, dialect, messages, reply_tokens);
        let url = format!("{}/chat/completions", settings.base_url.as_str().trim_end_matches('/'));
        let request = Request::post(Trust::Operator, url, body)
            .header("content-type", "application/json")
            .header("accept", "text/event-stream");
        let reply = self.outbound.stream(Self::with_key(request, key).limits(self.limits())).await?;
        if !reply.is_success() {
            return Err(refused(reply, key).await);
        }
        let content_type = reply.headers.get("content-type").unwrap_or_default().to_ascii_lowercase();
        if content_type.contains("html") {
            return Err(Problem::Garbage);
        }
        let whole = content_type.contains("json") && !content_type.contains("event-stream");
        Ok(Answering {
            body: reply.body,
            events: Events::default(),
            pieces: VecDeque::new(),
            thoughts: Thoughts::default(),
            whole: whole.then(Vec::new),
            key: key.cloned(),
            state: State::default(),
        })
    }

    fn limits(&self) -> Limits {
        Limits {
            first_byte: self.times.first_byte,
            silence: self.times.silence,
            total: self.times.total,
            body_bytes_max: ANSWER_BYTES_MAX,
        }
    }

    /// A request with the key, if there is one.
    pub(super) fn with_key(request: Request, key: Option<&Secret>) -> Request {
        match key {
            Some(key) => request.header("authorization", format!("Bearer {}", key.reveal())),
            None => request,
        }
    }
}

/// What a status that is an error means.
pub(super) async fn refused(reply: StreamedReply, key: Option<&Secret>) -> Problem {
    let StreamedReply { status, headers, mut body } = reply;
    let mut read = Vec::new();
    let reading = async {
        while let Some(Ok(piece)) = body.next().await {
            let room = ERROR_BYTES_MAX - read.len();
            read.extend_from_slice(&piece[..piece.len().min(room)]);
            if piece.len() >= room {
                break;
            }
        }
    };
    // What has come until then is enough for words.
    drop(tokio::time::timeout(ERROR_WAIT, reading).await);
    let read = String::from_utf8_lossy(&read);
    let said = without(key, &read);
    Problem::Status { status, words: wire::error_words(said.as_bytes()), retry_after: headers.retry_after() }
}

/// What a provider says, without the key that it was asked with: before anything is cut, so that no part of it is left.
fn without<'a>(key: Option<&Secret>, said: &'a str) -> Cow<'a, str> {
    match key {
        Some(key) if said.contains(key.reveal()) => said.replace(key.reveal(), "(the key)").into(),
        Some(_) | None => said.into(),
    }
}

/// How far an answer has come.
#[derive(Debug, Default)]
struct State {
    /// Something was said, be it thoughts.
    said: bool,
    /// The answer has words.
    words: bool,
    finish: Option<Finish>,
    usage: Option<TokenUsage>,
    done: bool,
}

/// An answer on its way.
#[derive(Debug)]
pub struct Answering {
    body: BoundedStream,
    events: Events,
    pieces: VecDeque<String>,
    thoughts: Thoughts,
    /// The bytes of an answer that is not streamed.
    whole: Option<Vec<u8>>,
    /// Which never stands in the words of an error.
    key: Option<Secret>,
    state: State,
}

/// How an answer that was read to its end has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// It reached the longest answer there may be.
    pub cut: bool,
}

/// What comes next of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Words.
    Words(String),
    /// Nothing more.
    End(Ended),
}

impl Answering {
    /// What it cost, as far as the provider has said so.
    pub const fn usage(&self) -> Option<TokenUsage> {
        self.state.usage
    }

    /// What comes next. Can be dropped and called again without losing anything. After an error or the end there is nothing more.
    pub async fn next(&mut self) -> Result<Next, Problem> {
        loop {
            if let Some(words) = self.pieces.pop_front() {
                return Ok(Next::Words(words));
            }
            if self.state.done {
                // What looked like thoughts, and was none.
                let words = self.thoughts.finish();
                self.say(words);
                if self.pieces.is_empty() {
                    return self.end();
                }
                continue;
            }
            match self.body.next().await {
                Some(Ok(bytes)) => self.take(&bytes)?,
                Some(Err(error)) => return Err(error.into()),
                None => self.close()?,
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        if let Some(whole) = &mut self.whole {
            whole.extend_from_slice(bytes);
            return Ok(());
        }
        for event in self.events.push(bytes).map_err(|_| Problem::Garbage)? {
            if event.trim() == "[DONE]" {
                self.state.done = true;
                break;
            }
            if event.trim().is_empty() {
                continue;
            }
            self.note(wire::piece(&without(self.key.as_ref(), &event)).ok_or(Problem::Garbage)?)?;
        }
        Ok(())
    }

    /// The body has ended.
    fn close(&mut self) -> Result<(), Problem> {
        self.state.done = true;
        if let Some(whole) = self.whole.take() {
            let piece =
                std::str::from_utf8(&whole).ok().and_then(|text| wire::piece(&without(self.key.as_ref(), text)));
            let piece = piece.ok_or(Problem::Garbage)?;
            self.note(piece)?;
            self.state.finish.get_or_insert(Finish::Stop);
        } else if self.state.finish.is_none() {
            return Err(if self.state.said { Problem::BrokeOff } else { Problem::Garbage });
        }
        Ok(())
    }

    fn note(&mut self, piece: Piece) -> Result<(), Problem> {
        if let Some(words) = piece.error {
            return Err(Problem::Reported(words));
        }
        if piece.usage.is_some() {
            self.state.usage = piece.usage;
        }
        if piece.finish.is_some() {
            self.state.finish = piece.finish;
        }
        if !piece.text.is_empty() {
            self.state.said = true;
            let words = self.thoughts.push(&piece.text);
            self.say(words);
        }
        Ok(())
    }

    fn say(&mut self, words: String) {
        if !words.is_empty() {
            self.state.words = true;
            self.pieces.push_back(words);
        }
    }

    fn end(&self) -> Result<Next, Problem> {
        match self.state.finish {
            Some(Finish::Filtered) => Err(Problem::Filtered),
            Some(Finish::Length) => Ok(Next::End(Ended { cut: true })),
            Some(Finish::Stop) | None if self.state.words => Ok(Next::End(Ended { cut: false })),
            Some(Finish::Stop) | None => Err(Problem::Empty),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_of_a_key_is_in_what_a_provider_says() {
        let key = Secret::new("sk-secret");
        let said = |before: usize| format!(r#"{{"error":{{"message":"{}sk-secret is wrong"}}}}"#, "x".repeat(before));
        // Also where the words are cut.
        for before in 225..245 {
            let words = wire::error_words(without(Some(&key), &said(before)).as_bytes());
            assert!(!words.contains("sk"), "{words}");
            let reported = wire::piece(&without(Some(&key), &said(before))).unwrap().error.unwrap();
            assert!(!reported.contains("sk"), "{reported}");
        }
        assert_eq!(without(None, "as it is"), "as it is");
    }
}
