//! What came of commands: outcomes and refusals.

use super::events::{Event, Reply, Verdict};
use super::{AGAIN_MS, Moment, Purpose, State};
use crate::client::outbox::{Item, Refused as RefusedAs};
use crate::model::{Body, Code, Command, CommandResult, Content, Entry, Key, Outcome, Refusal};
use crate::protocol::Refused;
use std::sync::Arc;

impl State {
    pub(super) fn outcome(&mut self, now: Moment, request: u32, outcome: Outcome) {
        let Some(item) = self.outbox.accepted(request) else { return };
        let key = item.key;
        if self.options.follow.is_some() {
            self.apply_own(now, item, &outcome);
            if !outcome.duplicate {
                self.move_cursor(outcome.lsn);
            }
        }
        self.settle(key, Ok(outcome));
    }

    /// The server sends a device the outcome of its own command instead of the entry: make the entry from what was asked for, or
    /// note that it is there to be fetched.
    fn apply_own(&mut self, now: Moment, item: Item, outcome: &Outcome) {
        match outcome.result {
            CommandResult::Appended { conversation, seq, ordinal, at } => {
                let me = self.replica.me().cloned();
                let body = if outcome.duplicate { None } else { own_body(item.command) };
                if let (Some(author), Some(body)) = (me, body) {
                    let (lsn, key) = (outcome.lsn, Some(item.key));
                    let entry = Entry {
                        seq,
                        lsn,
                        changed: lsn,
                        ordinal,
                        at,
                        author,
                        key,
                        body,
                        reactions: Vec::new(),
                        edited_at: None,
                        recalled_at: None,
                        origin: None,
                    };
                    self.entry(now, conversation, Arc::new(entry));
                } else {
                    self.replica.get_or_insert(conversation).exists(seq, outcome.lsn);
                    self.changed(now, conversation, Vec::new());
                }
            }
            CommandResult::Conversation { conversation } => {
                self.replica.get_or_insert(conversation);
                self.changed(now, conversation, Vec::new());
            }
            CommandResult::Done {} => self.apply_done(&item.command),
            CommandResult::App { .. }
            | CommandResult::User { .. }
            | CommandResult::Session { .. }
            | CommandResult::Label { .. }
            | CommandResult::Removed { .. }
            | CommandResult::Unreadable(_) => {}
        }
    }

    /// The server does not tell a device of its own changes to its side of a conversation.
    fn apply_done(&mut self, command: &Command) {
        let (Command::Pin { conversation: id, .. }
        | Command::Mute { conversation: id, .. }
        | Command::Hide { conversation: id, .. }
        | Command::MarkUnread { conversation: id }) = *command
        else {
            return;
        };
        let Some(local) = self.replica.get_mut(id) else { return };
        local.change_inbox(|inbox| match *command {
            Command::Pin { pinned, .. } => inbox.pinned = pinned,
            Command::Mute { until, .. } => inbox.muted_until = until,
            Command::Hide { hidden, .. } => inbox.hidden = hidden,
            _ => inbox.marked_unread = true,
        });
        self.events.push_back(Event::Conversation(id));
    }

    fn settle(&mut self, key: Key, result: Result<Outcome, Refusal>) {
        self.events.push_back(match &result {
            Ok(outcome) => Event::Done { key, outcome: outcome.clone() },
            Err(refusal) => Event::Refused { key, refusal: refusal.clone() },
        });
        self.replies.push_back(Reply::Outcome(key, result));
    }

    pub(super) fn refused(&mut self, now: Moment, refused: Refused) {
        let Refused { request, code, message, retry_after_ms, fatal } = refused;
        let refusal = Refusal { code, message, retry_after_ms };
        if fatal {
            self.fatal(refusal);
            return;
        }
        let Some(request) = request else { return };
        match self.outbox.refused(request, &refusal, now.ms) {
            Some(RefusedAs::Later | RefusedAs::Expired) => return,
            Some(RefusedAs::Final(item)) => {
                self.settle(item.key, Err(refusal));
                return;
            }
            None => {}
        }
        if self.sync_request == Some(request) {
            self.sync_request = None;
            self.sync_at_ms = Some(now.ms + refusal.retry_after_ms.unwrap_or(AGAIN_MS));
            return;
        }
        let Some((_, purpose)) = self.asked.remove(&request) else { return };
        match purpose {
            Purpose::Caller(ticket) => self.replies.push_back(Reply::Answer(ticket, Err(refusal))),
            Purpose::Older(ticket, _) => self.replies.push_back(Reply::Older(ticket, Err(refusal))),
            Purpose::Fetch(id, missing) => self.fetch_refused(now, id, missing, &refusal),
            Purpose::Forgotten => {}
        }
    }

    fn fatal(&mut self, refusal: Refusal) {
        self.verdict = Some(match refusal.code {
            Code::Unauthenticated | Code::TokenExpired | Code::SessionRevoked => Verdict::LogIn(refusal),
            _ if refusal.retry_after_ms.is_some()
                || matches!(refusal.code, Code::Overloaded | Code::RateLimited | Code::Unavailable) =>
            {
                let after_ms = refusal.retry_after_ms.unwrap_or(0);
                Verdict::Reconnect { reason: refusal.message.into_owned(), after_ms }
            }
            _ => {
                self.events.push_back(Event::Fatal(refusal));
                Verdict::Over
            }
        });
    }

    /// What became of commands whose key is too old shows in the log once it is complete: an own entry carries its key.
    pub(super) fn settle_expired(&mut self) {
        if !self.is_synced() && self.options.follow.is_some() {
            return;
        }
        for item in self.outbox.take_expired() {
            let found = self.replica.iter().find_map(|local| {
                let entry = local.entries().rev().find(|entry| entry.key == Some(item.key))?;
                let result = CommandResult::Appended {
                    conversation: local.id(),
                    seq: entry.seq,
                    ordinal: entry.ordinal,
                    at: entry.at,
                };
                Some(Outcome { lsn: entry.lsn, duplicate: true, result })
            });
            let result = found.ok_or_else(|| {
                Refusal::new(
                    Code::KeyExpired,
                    "this waited for too long and did not arrive; send it again if it still matters",
                )
            });
            self.settle(item.key, result);
        }
    }
}

/// The body of the entry that an own command made, where it is certain what the server made of it.
fn own_body(command: Command) -> Option<Body> {
    match command {
        // The server may write the names of mentioned users differently.
        Command::Send { content: Content::Text(text), .. } if !text.mentions.is_empty() => None,
        Command::Send { content, .. } => content.body(),
        Command::Edit { seq, .. } | Command::EditButtons { seq, .. } => Some(Body::Edited { target: seq }),
        Command::Recall { seq, .. } => Some(Body::RecalledEntry { target: seq }),
        Command::React { seq, emoji, on, .. } => Some(Body::Reacted { target: seq, emoji, on }),
        Command::OpenDirect { .. }
        | Command::CreateGroup { .. }
        | Command::AddMembers { .. }
        | Command::RemoveMember { .. }
        | Command::Leave { .. }
        | Command::Rename { .. }
        | Command::Pin { .. }
        | Command::Mute { .. }
        | Command::Hide { .. }
        | Command::MarkUnread { .. }
        | Command::EndSession { .. }
        | Command::LogOut {}
        | Command::Forward { .. }
        | Command::PinEntry { .. }
        | Command::ClearHistory { .. }
        | Command::SetProfile { .. }
        | Command::SetSettings { .. }
        | Command::SetPresence { .. }
        | Command::RequestContact { .. }
        | Command::AnswerContact { .. }
        | Command::SetContact { .. }
        | Command::DeleteContacts { .. }
        | Command::DeleteAllContacts {}
        | Command::Block { .. }
        | Command::CreateLabel { .. }
        | Command::RenameLabel { .. }
        | Command::DeleteLabel { .. }
        | Command::LabelContacts { .. }
        | Command::SetGroupRules { .. }
        | Command::SetGroupCard { .. }
        | Command::Join { .. }
        | Command::JoinByCode { .. }
        | Command::AnswerJoin { .. }
        | Command::CreateInvite { .. }
        | Command::RevokeInvite { .. }
        | Command::SetManager { .. }
        | Command::Transfer { .. }
        | Command::Dissolve { .. }
        | Command::MuteGroup { .. }
        | Command::SilenceMember { .. }
        | Command::SetAlias { .. }
        | Command::SetPush { .. }
        | Command::OpenAssistant { .. }
        | Command::StopAnswer { .. }
        | Command::Regenerate { .. }
        | Command::SetCommands { .. }
        | Command::Press { .. }
        | Command::Unreadable(_) => None,
    }
}
