//! Lines that were entered: messages and commands.

use super::{Action, Asked, End, FOR_EVER, Model, Panel};
use crate::cli::chat::command::{self, Line};
use crate::cli::chat::picture::{Chat, same};
use crate::cli::chat::words::Offset;
use crate::model::{
    Body, Command, Content, ConversationId, ConversationKind, Entry, GroupRules, Query, Seq, Target, Text, UserId,
};
use std::sync::Arc;

/// Members that `/members` shows.
const MEMBERS_SHOWN: u32 = 200;

impl Model {
    /// Carries out a line. The error is a sentence; then nothing was done.
    pub(super) fn carry_out(&mut self, line: Line, actions: &mut Vec<Action>) -> Result<(), String> {
        match line {
            Line::Say(text) => self.send(text, None, actions)?,
            Line::Reply(text) => {
                let to = self
                    .last_message(|model, entry| !model.picture.is_me(&entry.author))
                    .ok_or("There is no message of somebody else here that could be answered.")?;
                self.send(text, Some(to.seq), actions)?;
            }
            Line::Direct(user) => self.direct(user, actions)?,
            Line::Group(title, members) => {
                // Who leaves the quotes out names the rest of the title as users.
                let hint = match members.first() {
                    Some(user) => format!("A title of several words goes in quotes: /group \"{title} {user}\" USER.."),
                    None => String::new(),
                };
                let command = Command::CreateGroup { title, members, rules: GroupRules::default() };
                self.submit(command, Asked::Group(hint), actions);
            }
            Line::Add(users) => {
                let conversation = self.group()?;
                // The notice in the conversation says who joined; nothing comes when all are there already.
                self.other(Command::AddMembers { conversation, users }, "They are in the group already.", actions);
            }
            Line::Remove(user) => {
                let conversation = self.group()?;
                self.other(Command::RemoveMember { conversation, user }, "", actions);
            }
            Line::Leave => {
                let conversation = self.group()?;
                self.other(Command::Leave { conversation }, "", actions);
            }
            Line::Rename(title) => {
                let conversation = self.group()?;
                self.other(Command::Rename { conversation, title }, "", actions);
            }
            Line::Members => {
                let conversation = self.here()?.about.id;
                actions.push(Action::Query(Query::Members { conversation, after: None, limit: MEMBERS_SHOWN }));
            }
            Line::Edit(text) => {
                let conversation = self.here()?.about.id;
                let last = self.last_message(|model, entry| {
                    model.picture.is_me(&entry.author) && matches!(entry.body, Body::Text(_))
                });
                let seq = last.ok_or("There is no message of yours here that could be edited.")?.seq;
                self.other(Command::Edit { conversation, seq, text }, "", actions);
            }
            Line::Recall => {
                let conversation = self.here()?.about.id;
                let last = self.last_message(|model, entry| model.picture.is_me(&entry.author));
                let seq = last.ok_or("There is no message of yours here that could be recalled.")?.seq;
                self.other(Command::Recall { conversation, seq }, "", actions);
            }
            Line::React(emoji) => {
                let conversation = self.here()?.about.id;
                let last = self
                    .last_message(|model, entry| !model.picture.is_me(&entry.author))
                    .or_else(|| self.last_message(|_, _| true));
                let entry = last.ok_or("There is no message here to react to.")?;
                let mine = |reaction: &crate::model::Reaction| {
                    reaction.emoji == emoji && reaction.users.iter().any(|user| self.picture.is_me(user))
                };
                let on = !entry.reactions.iter().any(mine);
                self.other(Command::React { conversation, seq: entry.seq, emoji, on }, "", actions);
            }
            Line::Mute => {
                let inbox = &self.here()?.about.inbox;
                let (conversation, muted) =
                    (inbox.conversation, inbox.muted_until.is_some_and(|until| until > self.now));
                let (until, words) = if muted { (None, "No longer muted.") } else { (Some(FOR_EVER), "Muted.") };
                self.other(Command::Mute { conversation, until }, words, actions);
            }
            Line::Pin => {
                let inbox = &self.here()?.about.inbox;
                let (conversation, pinned) = (inbox.conversation, !inbox.pinned);
                let words = if pinned { "Pinned to the top." } else { "No longer pinned." };
                self.other(Command::Pin { conversation, pinned }, words, actions);
            }
            Line::Hide => {
                let conversation = self.here()?.about.id;
                let words = "Hidden until its next message.";
                self.other(Command::Hide { conversation, hidden: true }, words, actions);
                self.close_chat(actions);
            }
            Line::Devices => actions.push(Action::Query(Query::Sessions {})),
            Line::Help => self.panel = Some(help(self.offset)),
            Line::Quit => actions.push(Action::End(End::Quit)),
        }
        Ok(())
    }

    fn submit(&mut self, command: Command, asked: Asked, actions: &mut Vec<Action>) {
        if !self.is_online() && !matches!(asked, Asked::Message(..)) {
            self.say("There is no connection; this is done when it is back.");
        }
        actions.push(Action::Submit(command, asked));
    }

    pub(super) fn other(&mut self, command: Command, words: &str, actions: &mut Vec<Action>) {
        self.submit(command, Asked::Other(words.to_owned()), actions);
    }

    fn send(&mut self, text: String, reply_to: Option<Seq>, actions: &mut Vec<Action>) -> Result<(), String> {
        let chat = self.here()?;
        if chat.about.inbox.gone {
            return Err("You are no longer in this group; it can only be read.".to_owned());
        }
        let id = chat.about.id;
        let content = Content::Text(Text { reply_to, ..Text::plain(text.clone()) });
        self.submit(Command::Send { to: Target::Conversation(id), content }, Asked::Message(id, text), actions);
        self.scroll = 0;
        self.fresh_from = None;
        Ok(())
    }

    fn direct(&mut self, user: UserId, actions: &mut Vec<Action>) -> Result<(), String> {
        if same(&user, &self.user) {
            return Err("That is you; name somebody else.".to_owned());
        }
        if let Some(id) = self.picture.direct_with(&user).map(|chat| chat.about.id) {
            self.open_chat(id, actions);
        } else {
            let name = user.to_string();
            self.submit(Command::OpenDirect { user }, Asked::Open(name), actions);
        }
        Ok(())
    }

    /// The conversation that is open; the error is a sentence.
    fn here(&self) -> Result<&Chat, String> {
        match (self.open, self.chat()) {
            (_, Some(chat)) => Ok(chat),
            (Some(_), None) => Err("This conversation is still being loaded; try again in a moment.".to_owned()),
            (None, None) if self.picture.chats.is_empty() => {
                Err("No conversation is open. Start one with /dm NAME.".to_owned())
            }
            (None, None) => Err("No conversation is open. Choose one with Tab, or start one with /dm NAME.".to_owned()),
        }
    }

    fn group(&self) -> Result<ConversationId, String> {
        let about = &self.here()?.about;
        match about.kind {
            ConversationKind::Group => Ok(about.id),
            ConversationKind::Direct | ConversationKind::Feed | ConversationKind::Assistant => {
                Err("This is a chat of two; a group is made with /group TITLE USER..".to_owned())
            }
        }
    }

    /// The newest message here that is like this and was not recalled.
    fn last_message(&self, like: impl Fn(&Self, &Entry) -> bool) -> Option<Arc<Entry>> {
        let opened = self.picture.opened.as_ref().filter(|opened| Some(opened.id) == self.open)?;
        let is_it = |entry: &&Arc<Entry>| {
            matches!(entry.body, Body::Text(_) | Body::Custom(_) | Body::Answer(_)) && like(self, entry)
        };
        opened.entries.iter().rev().find(is_it).cloned()
    }
}

fn help(offset: Offset) -> Panel {
    let rows = |pairs: &[(&str, &str)]| -> Vec<String> {
        pairs.iter().map(|(left, right)| format!("{left:<22}{right}")).collect()
    };
    let mut all = rows(command::HELP);
    all.push(String::new());
    all.extend(rows(command::KEYS));
    all.push(String::new());
    let zone = match offset.0 {
        0 => "UTC".to_owned(),
        minutes => {
            format!("UTC{}{:02}:{:02}", if minutes < 0 { '-' } else { '+' }, minutes.abs() / 60, minutes.abs() % 60)
        }
    };
    all.push(format!("Times are in {zone}; --offset +02:00 changes that."));
    Panel { title: "Help (Esc closes, Up and Down scroll)".to_owned(), rows: all, scroll: 0 }
}
