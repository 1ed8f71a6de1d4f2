//! What a hook answers, and what becomes of the command by it. Pure.

use crate::model::{Command, Content, Line, Text, UserId};
use serde::Deserialize;

/// Longest reason that a user is told, in characters; more is cut.
const REASON_CHARS_MAX: usize = 300;
/// What a user is told without a reason.
const NO_REASON: &str = "This was refused by the rules of this app.";

/// What a hook says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Go on.
    Allow,
    /// Not so, and why.
    Refuse(String),
    /// This in its place.
    Replace(Replacement),
}

/// What is put in the place of what a user wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Replacement {
    /// The words of a message.
    text: Option<String>,
    /// What is said with a request; nothing when empty.
    greeting: Option<String>,
    /// Who becomes a member.
    users: Option<Vec<UserId>>,
}

#[derive(Deserialize)]
struct Said {
    decision: Decision,
    #[serde(default)]
    reason: Option<String>,
    #[serde(flatten)]
    replacement: Replacement,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Decision {
    Allow,
    Refuse,
    Replace,
}

/// Reads the body of an answer whose status says that all is well. None at all allows.
pub fn read(body: &[u8]) -> Result<Answer, String> {
    if body.is_empty() {
        return Ok(Answer::Allow);
    }
    let said: Said = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    Ok(match said.decision {
        Decision::Allow => Answer::Allow,
        Decision::Refuse => Answer::Refuse(reason(said.reason.as_deref().unwrap_or_default())),
        Decision::Replace if said.replacement == Replacement::default() => {
            return Err("`replace` comes with `text`, `greeting` or `users`".to_owned());
        }
        Decision::Replace => Answer::Replace(said.replacement),
    })
}

/// A reason as a user may be told it.
fn reason(text: &str) -> String {
    let words: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(REASON_CHARS_MAX).collect();
    match words.trim() {
        "" => NO_REASON.to_owned(),
        words => words.to_owned(),
    }
}

/// The command with something else in it; none when that cannot be put into it.
pub fn replaced(command: &Command, replacement: &Replacement) -> Option<Command> {
    let Replacement { text, greeting, users } = replacement;
    match (command.clone(), text, greeting, users) {
        (Command::Send { to, content }, Some(words), None, None) => {
            Some(Command::Send { to, content: with_words(content, words) })
        }
        (Command::Edit { conversation, seq, .. }, Some(words), None, None) => {
            Some(Command::Edit { conversation, seq, text: words.clone() })
        }
        (Command::EditButtons { conversation, seq, rows, .. }, Some(words), None, None) => {
            Some(Command::EditButtons { conversation, seq, text: words.clone(), rows })
        }
        (Command::RequestContact { user, remark, source, .. }, None, Some(words), None) => {
            let greeting = if words.is_empty() { None } else { Some(Line::new(words).ok()?) };
            Some(Command::RequestContact { user, greeting, remark, source })
        }
        (Command::AddMembers { conversation, .. }, None, None, Some(users)) => {
            Some(Command::AddMembers { conversation, users: users.clone() })
        }
        (Command::CreateGroup { title, rules, .. }, None, None, Some(members)) => {
            Some(Command::CreateGroup { title, members: members.clone(), rules })
        }
        _ => None,
    }
}

/// The same message with other words: those of a text or beside a file. What has no words becomes a text.
fn with_words(content: Content, words: &str) -> Content {
    let reply_to = content.reply_to();
    match content {
        Content::Text(text) => Content::Text(Text { text: words.to_owned(), ..text }),
        Content::Media(mut attach) => {
            words.clone_into(&mut attach.caption.text);
            Content::Media(attach)
        }
        Content::Buttons(mut buttons) => {
            words.clone_into(&mut buttons.text.text);
            Content::Buttons(buttons)
        }
        Content::Custom(_) | Content::Location(_) | Content::ContactCard(_) | Content::Sticker(_) => {
            Content::Text(Text { reply_to, ..Text::plain(words) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConversationId, Custom, Seq, Target};
    use serde_json::json;

    fn said(value: &serde_json::Value) -> Result<Answer, String> {
        read(value.to_string().as_bytes())
    }

    #[test]
    fn an_answer_is_one_of_three() {
        assert_eq!(read(b""), Ok(Answer::Allow));
        assert_eq!(said(&json!({"decision": "allow", "note": "whatever"})), Ok(Answer::Allow));
        assert_eq!(said(&json!({"decision": "refuse"})), Ok(Answer::Refuse(NO_REASON.to_owned())));
        let long = "x\u{0}y".to_owned() + &"z".repeat(400);
        let Ok(Answer::Refuse(words)) = said(&json!({"decision": "refuse", "reason": long})) else { panic!() };
        assert!(words.starts_with("x yzz") && words.chars().count() == REASON_CHARS_MAX);
        let Ok(Answer::Replace(with)) = said(&json!({"decision": "replace", "text": "***"})) else { panic!() };
        assert_eq!(with.text.as_deref(), Some("***"));
    }

    #[test]
    fn what_is_none_of_them_is_no_answer() {
        for body in [
            json!({}),
            json!([]),
            json!("allow"),
            json!({"decision": "maybe"}),
            json!({"decision": "replace"}),
            json!({"decision": "replace", "text": 7}),
            json!({"decision": "replace", "users": ["no such id!"]}),
            json!({"decision": "refuse", "reason": {"en": "no"}}),
        ] {
            assert!(said(&body).is_err(), "{body}");
        }
        assert!(read(b"<html>Welcome!</html>").is_err());
    }

    #[test]
    fn what_is_replaced_keeps_the_rest() {
        let (to, seq) = (Target::Conversation(ConversationId(7)), Some(Seq(3)));
        let text = |words: &str| Text { markdown: true, reply_to: seq, ..Text::plain(words) };
        let command = Command::Send { to: to.clone(), content: Content::Text(text("darn")) };
        let with = Replacement { text: Some("d***".to_owned()), ..Replacement::default() };
        let expected = Command::Send { to: to.clone(), content: Content::Text(text("d***")) };
        assert_eq!(replaced(&command, &with), Some(expected));
        let custom = Custom {
            kind: "x".to_owned(),
            json: "{}".to_owned(),
            reply_to: seq,
            ..serde_json::from_value(json!({"kind": "x", "json": "{}"})).unwrap()
        };
        let command = Command::Send { to: to.clone(), content: Content::Custom(custom) };
        let expected = Content::Text(Text { reply_to: seq, ..Text::plain("d***") });
        assert_eq!(replaced(&command, &with), Some(Command::Send { to: to.clone(), content: expected }));
        let forward = Command::Forward { from: ConversationId(1), seq: Seq(1), to };
        assert_eq!(replaced(&forward, &with), None);
        let users = Replacement { users: Some(Vec::new()), ..with };
        assert_eq!(replaced(&command, &users), None, "what belongs to another command is no replacement");
    }

    #[test]
    fn a_greeting_is_replaced_or_taken_away() {
        let ask = |greeting: Option<&str>| Command::RequestContact {
            user: "bob".parse().unwrap(),
            greeting: greeting.map(|words| Line::new(words).unwrap()),
            remark: None,
            source: None,
        };
        let with = |words: &str| Replacement { greeting: Some(words.to_owned()), ..Replacement::default() };
        assert_eq!(replaced(&ask(Some("darn")), &with("hello")), Some(ask(Some("hello"))));
        assert_eq!(replaced(&ask(Some("darn")), &with("")), Some(ask(None)));
        assert_eq!(replaced(&ask(Some("darn")), &with("two\nlines")), None);
    }
}
