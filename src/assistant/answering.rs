//! Carrying one turn out: begin, gather, ask, show what comes, finish. Whatever happens, the turn ends with an entry that says so, or
//! stays a row for the next look.

use super::context::{self, NoContext, Question};
use super::problem::Problem;
use super::provider::Next;
use super::wire::Message;
use super::{Assistants, DraftId};
use crate::auth;
use crate::engine::Engine;
use crate::hub::{DRAFT_MEMBERS_MAX, Window};
use crate::model::clock::monotonic;
use crate::model::growing::shortened;
use crate::model::{
    AnswerDone, AnswerEnd, AssistantSettings, Code, ConversationId, Line, SystemCommand, TokenUsage, TurnState, UserId,
    limits, text,
};
use crate::shutdown::Shutdown;
use crate::store::records::{AssistantRow, ConversationRow, TurnRow, UserRow};
use crate::store::{Fault, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Pieces are gathered for this long before they are told, …
const TELL_EVERY: Duration = Duration::from_millis(50);
/// … or until there are so many bytes of them.
const TELL_BYTES: usize = 2 * 1024;
/// Pause before something is tried again that the engine had no room for.
const PAUSE: Duration = Duration::from_secs(1);
/// Pauses grow up to this while the end of an answer cannot be written, …
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// … which is tried for so long. Meanwhile its words are here and nowhere else; later the row is still there.
const FINISH_FOR: Duration = Duration::from_hours(1);
/// How often it is still tried when the server stops.
const LAST_TRIES: u32 = 5;

/// Carries a turn out.
pub async fn carry_out(
    assistants: &Assistants,
    id: DraftId,
    turn: Arc<TurnRow>,
    stop: watch::Receiver<bool>,
    shutdown: Shutdown,
) {
    let (settings, name) = match about(assistants, &turn) {
        Ok(Some(found)) => found,
        Ok(None) => return finish(assistants, id, removed(assistants, &turn), &shutdown).await,
        Err(fault) => {
            // The turn is a row still; the next look finds it.
            tracing::error!(%fault, "an assistant could not be read");
            return tokio::time::sleep(PAUSE).await;
        }
    };
    let done = |end, problem: Option<String>| AnswerDone {
        text: String::new(),
        model: settings.model.clone(),
        end,
        problem: problem.and_then(|words| line(&words)),
        usage: None,
        tokens: 0,
    };
    if turn.stop {
        assistants.count_end(AnswerEnd::Stopped);
        finish(assistants, id, Some(done(AnswerEnd::Stopped, None)), &shutdown).await;
        return;
    }
    if turn.state == TurnState::Answering {
        // Nobody carries it out any more, so the server has ended in between, and nothing of it is left but this.
        tracing::info!(assistant = %name, "an answer was being written when the server ended; it says so now");
        assistants.count_end(AnswerEnd::Failed);
        let words = "The server was restarted while this answer was being written. Try again.";
        finish(assistants, id, Some(done(AnswerEnd::Failed, Some(words.to_owned()))), &shutdown).await;
        return;
    }
    let command = SystemCommand::BeginAnswer { conversation: id.0, question: id.1 };
    match assistants.0.engine.execute(auth::server(), None, command.into()).await {
        Ok(_) => {}
        Err(refusal) => {
            match refusal.code {
                Code::NotFound => finish(assistants, id, None, &shutdown).await,
                Code::Conflict | Code::Overloaded | Code::Unavailable => tokio::time::sleep(PAUSE).await,
                _ => {
                    assistants.count_end(AnswerEnd::Failed);
                    let answer = done(AnswerEnd::Failed, Some(refusal.message.into_owned()));
                    finish(assistants, id, Some(answer), &shutdown).await;
                }
            }
            return;
        }
    }
    assistants.count_question();
    let question = Question { conversation: id.0, seq: id.1, asker: turn.asker, assistant: name.clone() };
    let gathered = gather(assistants, &settings, question).await;
    // Until the end is written: whoever comes late finds what is there.
    let mut drafted = None;
    let answer = match gathered {
        Err(NoContext::Over) => None,
        Err(NoContext::TooLong(words)) => Some(done(AnswerEnd::Failed, Some(words))),
        Err(NoContext::Fault(fault)) => {
            tracing::error!(%fault, "a conversation could not be read for an assistant");
            Some(done(AnswerEnd::Failed, Some("The conversation could not be read. Try again.".to_owned())))
        }
        Ok(messages) => {
            drafted = Some(Drafted::begin(assistants, id, &name));
            let writing = Writing::new(assistants, id, &settings, &messages);
            Some(writing.run(&name, stop, shutdown.clone()).await)
        }
    };
    if let Some(answer) = &answer {
        assistants.count_end(answer.end);
        assistants.count_tokens(answer.tokens);
    }
    finish(assistants, id, answer, &shutdown).await;
    drop(drafted);
}

/// That an answer is shown as it is written; over when this is dropped, whatever became of the task.
struct Drafted<'a> {
    assistants: &'a Assistants,
    id: DraftId,
}

impl<'a> Drafted<'a> {
    fn begin(assistants: &'a Assistants, id: DraftId, author: &UserId) -> Self {
        let engine = &assistants.0.engine;
        assistants.0.hub.begin_draft(id, author.clone(), |conversation| members(engine, conversation));
        Self { assistants, id }
    }
}

impl Drop for Drafted<'_> {
    fn drop(&mut self) {
        let engine = &self.assistants.0.engine;
        self.assistants.0.hub.end_draft(self.id, |conversation| members(engine, conversation));
    }
}

/// How an assistant is now, and its id; none when it was removed.
fn about(assistants: &Assistants, turn: &TurnRow) -> Result<Option<(AssistantSettings, UserId)>, Fault> {
    let view = assistants.0.engine.view();
    let row = view.get::<AssistantRow>(&(turn.app, turn.assistant))?;
    let user = view.get::<UserRow>(&turn.assistant)?;
    Ok(row.zip(user).map(|(row, user)| (row.settings.clone(), user.id.clone())))
}

/// What an assistant that was removed leaves to say.
fn removed(assistants: &Assistants, turn: &TurnRow) -> Option<AnswerDone> {
    if turn.stop {
        return None;
    }
    assistants.count_end(AnswerEnd::Failed);
    Some(AnswerDone {
        text: String::new(),
        model: Line::new("?").ok()?,
        end: AnswerEnd::Failed,
        problem: Line::new("This assistant answers no more: it was removed.").ok(),
        usage: None,
        tokens: 0,
    })
}

async fn gather(
    assistants: &Assistants,
    settings: &AssistantSettings,
    question: Question,
) -> Result<Vec<Message>, NoContext> {
    let (engine, media, settings) = (assistants.0.engine.clone(), assistants.0.media.clone(), settings.clone());
    let gathering = tokio::task::spawn_blocking(move || context::for_question(&engine, &media, &settings, &question));
    let panicked = crate::store::Fault::Misuse("gathering a conversation for an assistant panicked");
    gathering.await.unwrap_or(Err(NoContext::Fault(panicked)))
}

/// Writes the end of a turn down, as long as it takes while the storage is down. What cannot be written then stays a row, and is ended
/// when the server starts again.
pub async fn finish(
    assistants: &Assistants,
    (conversation, question): DraftId,
    answer: Option<AnswerDone>,
    shutdown: &Shutdown,
) {
    let answer = answer.map(Box::new);
    let (since, mut pause, mut last_tries) = (monotonic(), PAUSE, 0);
    loop {
        let command = SystemCommand::FinishAnswer { conversation, question, answer: answer.clone() };
        let Err(refusal) = assistants.0.engine.execute(auth::server(), None, command.into()).await else { return };
        let later = matches!(refusal.code, Code::Overloaded | Code::Unavailable);
        let stops = shutdown.is_triggered();
        last_tries += u32::from(stops);
        if !later || last_tries > LAST_TRIES || monotonic().duration_since(since) >= FINISH_FOR {
            tracing::error!(%refusal, %conversation, %question, "the end of an answer could not be written");
            return;
        }
        if stops {
            tokio::time::sleep(PAUSE).await;
            continue;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = shutdown.wait() => {}
        }
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// The members of a conversation, for those who hear of drafts; none of one that is too large for that, whose rows are not read.
pub fn members(engine: &Engine, conversation: ConversationId) -> Option<Vec<Window>> {
    let view = engine.view();
    let row = view.get::<ConversationRow>(&conversation).ok().flatten()?;
    if row.members as usize > DRAFT_MEMBERS_MAX {
        return None;
    }
    let members = Engine::members(&view, conversation).ok()?;
    let window = |member: crate::ledger::read::MemberWindow| Window {
        user: member.user,
        from: member.from,
        until: member.until,
    };
    Some(members.into_iter().map(window).collect())
}

/// Words as a line; what is too long is cut.
pub fn line(words: &str) -> Option<Line> {
    let plain: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    Line::new(shortened(plain, text::LINE_BYTES_MAX - 4)).ok()
}

/// An answer that is being written.
struct Writing<'a> {
    assistants: &'a Assistants,
    id: DraftId,
    settings: &'a AssistantSettings,
    messages: &'a [Message],
    text: String,
    /// How much of `text` was told.
    told: usize,
    told_at: Instant,
    usage: Option<TokenUsage>,
}

impl<'a> Writing<'a> {
    fn new(assistants: &'a Assistants, id: DraftId, settings: &'a AssistantSettings, messages: &'a [Message]) -> Self {
        Self { assistants, id, settings, messages, text: String::new(), told: 0, told_at: monotonic(), usage: None }
    }

    /// Writes until it ends, is stopped, or the server stops.
    async fn run(mut self, name: &UserId, mut stop: watch::Receiver<bool>, shutdown: Shutdown) -> AnswerDone {
        let began = monotonic();
        let (end, problem) = tokio::select! {
            end = self.write() => match end {
                Ok(end) => (end, None),
                Err(problem) => {
                    tracing::warn!(assistant = %name, step = problem.step(), "an answer failed: {}", problem.words());
                    (AnswerEnd::Failed, Some(problem.words()))
                }
            },
            stopped = stop.wait_for(|stop| *stop) => {
                drop(stopped);
                (AnswerEnd::Stopped, None)
            }
            () = shutdown.wait() => {
                let words = "The server was stopped while this answer was being written. Try again.";
                (AnswerEnd::Failed, Some(words.to_owned()))
            }
        };
        self.tell();
        tracing::debug!(assistant = %name, ?end, ms = began.elapsed().as_millis() as u64, "an answer has ended");
        let estimate = || context::estimate(self.messages, &self.text);
        let tokens = self.usage.map_or_else(estimate, TokenUsage::total);
        let problem = problem.and_then(|words| line(&words));
        AnswerDone { tokens, text: self.text, model: self.settings.model.clone(), end, problem, usage: self.usage }
    }

    async fn write(&mut self) -> Result<AnswerEnd, Problem> {
        let asking = self.assistants.0.provider.ask(self.settings, self.messages, self.settings.reply_tokens);
        let mut answering = Box::pin(asking).await?;
        loop {
            let next = if self.told == self.text.len() {
                answering.next().await
            } else {
                let due = TELL_EVERY.saturating_sub(self.told_at.elapsed());
                let Ok(next) = tokio::time::timeout(due, answering.next()).await else {
                    self.tell();
                    continue;
                };
                next
            };
            self.usage = answering.usage();
            match next? {
                Next::Words(words) => {
                    if !self.add(&words) {
                        return Ok(AnswerEnd::Limit);
                    }
                }
                Next::End(ended) => return Ok(if ended.cut { AnswerEnd::Limit } else { AnswerEnd::Complete }),
            }
        }
    }

    /// Takes words; false when the answer is as long as it may be.
    fn add(&mut self, words: &str) -> bool {
        let room = limits::ANSWER_BYTES_MAX - self.text.len();
        let fits = words.len() <= room;
        let end =
            if fits { words.len() } else { (0..=room).rev().find(|end| words.is_char_boundary(*end)).unwrap_or(0) };
        self.text.push_str(&words[..end]);
        if self.text.len() - self.told >= TELL_BYTES || self.told_at.elapsed() >= TELL_EVERY {
            self.tell();
        }
        fits
    }

    /// Tells what was not told yet.
    fn tell(&mut self) {
        if self.told < self.text.len() {
            let engine = &self.assistants.0.engine;
            let piece = &self.text[self.told..];
            self.assistants.0.hub.add_to_draft(self.id, piece, |conversation| members(engine, conversation));
            self.told = self.text.len();
        }
        self.told_at = monotonic();
    }
}
