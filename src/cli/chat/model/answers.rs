//! What came of what was asked.

use super::{Action, Asked, Failed, Model, Panel};
use crate::cli::chat::editor::Editor;
use crate::cli::chat::{text, words};
use crate::client::ClientError;
use crate::model::{Answer, CommandResult, ConversationId, Outcome};

/// Messages that were refused and are still shown.
const FAILED_MAX: usize = 50;

impl Model {
    pub(super) fn done(&mut self, asked: Asked, outcome: &Outcome, actions: &mut Vec<Action>) {
        match (asked, &outcome.result) {
            (Asked::Open(_) | Asked::Group(_), CommandResult::Conversation { conversation }) => {
                self.open_chat(*conversation, actions);
                self.wanted = Some(*conversation);
            }
            // Whatever appends to a conversation shows there.
            (Asked::Other(words), CommandResult::Done {}) if !words.is_empty() => self.say(words),
            (Asked::Message(..) | Asked::Open(_) | Asked::Group(_) | Asked::Other(_), _) => {}
        }
    }

    pub(super) fn refused(&mut self, asked: Asked, why: String) {
        if let Asked::Message(conversation, text) = asked {
            if self.open == Some(conversation) && self.editor.is_empty() {
                // It is there again, to be sent another way.
                self.editor = Editor::with(text);
                self.complain(format!("Not sent: {why}"));
                return;
            }
            if self.failed.len() >= FAILED_MAX {
                self.failed.remove(0);
            }
            self.failed.push(Failed { conversation, text, why });
        } else {
            self.complain(why);
        }
    }

    pub(super) fn answered(&mut self, answer: Result<Answer, ClientError>) {
        let (title, rows) = match answer {
            Ok(Answer::Sessions { sessions }) => {
                let row = |info: crate::model::SessionInfo| {
                    format!(
                        "{} {} on {:?}, logged in {}, last used {}, from {}",
                        if info.current { "*" } else { " " },
                        text::one_line(info.device.name.as_str()),
                        info.device.platform,
                        self.offset.day(info.created),
                        self.offset.day(info.seen),
                        text::one_line(&info.address),
                    )
                };
                ("Your devices (* is this one)".to_owned(), sessions.into_iter().map(row).collect())
            }
            Ok(Answer::Members { members, more, .. }) => {
                let mut rows: Vec<String> = members
                    .into_iter()
                    .map(|member| {
                        let alias = member.alias.as_ref().map(|alias| format!(" “{}”", text::one_line(alias.as_str())));
                        let role = match member.role {
                            crate::model::Role::Member => "",
                            crate::model::Role::Manager => " (manager)",
                            crate::model::Role::Owner => " (owner)",
                        };
                        format!("{}{}{role}", member.user, alias.unwrap_or_default())
                    })
                    .collect();
                if more {
                    rows.push("… and more".to_owned());
                }
                ("Members".to_owned(), rows)
            }
            Ok(_) => {
                return self.complain("The server answered something else than was asked; is it of another version?");
            }
            Err(error) => return self.complain(words::sentence(&error_text(&error))),
        };
        self.panel = Some(Panel { title, rows, scroll: 0 });
    }

    pub(super) fn older(&mut self, id: ConversationId, result: Result<usize, ClientError>) {
        if self.loading == Some(id) {
            self.loading = None;
        }
        if !matches!(result, Ok(1..)) {
            self.enough = Some(id);
        }
        if let Err(error) = result {
            self.complain(format!("Older messages could not be loaded: {}", words::sentence(&error_text(&error))));
        }
    }
}

/// An error of the client in words. A refusal's own sentence says it better than its code.
fn error_text(error: &ClientError) -> String {
    match error {
        ClientError::Refused(refusal) => refusal.message.clone().into_owned(),
        other => other.to_string(),
    }
}
