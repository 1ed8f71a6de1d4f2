//! What is written after a slash.

use crate::model::{Emoji, Name, UserId};

/// What stands in `/help`: how it is written, and what it does.
pub const HELP: &[(&str, &str)] = &[
    ("/dm USER", "open the direct chat with a user"),
    ("/group TITLE USER..", "create a group; a title of several words in \"quotes\""),
    ("/add USER..", "add users to this group"),
    ("/remove USER", "remove somebody from this group"),
    ("/leave", "leave this group"),
    ("/rename TITLE", "give this group another title"),
    ("/members", "show who is in this conversation"),
    ("/reply TEXT", "answer the last message of somebody else"),
    ("/edit TEXT", "replace the words of your last message"),
    ("/recall", "take your last message back"),
    ("/react EMOJI", "react to the last message; again takes it away"),
    ("/mute", "silence this conversation, or end that"),
    ("/pin", "keep this conversation at the top, or end that"),
    ("/hide", "take it out of the list until its next message"),
    ("/devices", "show where you are logged in"),
    ("/help", "show this"),
    ("/quit", "leave the program; you stay logged in"),
];

/// What stands below it: the keys.
pub const KEYS: &[(&str, &str)] = &[
    ("Enter", "send; Alt-Enter begins a new line"),
    ("Tab, Ctrl-N, Down", "the next conversation"),
    ("Shift-Tab, Ctrl-P, Up", "the one before"),
    ("PageUp, PageDown", "scroll; older messages are loaded at the top"),
    ("Esc", "back: to the newest message, out of a window, to the list"),
    ("Ctrl-C, Ctrl-Q", "leave the program"),
];

/// A line that was entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Words to send.
    Say(String),
    /// Open the direct chat with a user.
    Direct(UserId),
    /// Create a group.
    Group(Name, Vec<UserId>),
    /// Add users to the group.
    Add(Vec<UserId>),
    /// Remove a member.
    Remove(UserId),
    /// Leave the group.
    Leave,
    /// Rename the group.
    Rename(Name),
    /// Show the members.
    Members,
    /// Answer the last message of somebody else.
    Reply(String),
    /// Edit the last own message.
    Edit(String),
    /// Recall the last own message.
    Recall,
    /// React to the last message.
    React(Emoji),
    /// Silence the conversation or end that.
    Mute,
    /// Pin the conversation or end that.
    Pin,
    /// Take the conversation out of the list.
    Hide,
    /// List the sessions.
    Devices,
    /// Show the help.
    Help,
    /// End the program.
    Quit,
}

/// Reads a line. A line that starts with two slashes is a message that starts with one. The error is a sentence.
pub fn parse(line: &str) -> Result<Line, String> {
    let Some(command) = line.strip_prefix('/') else { return Ok(Line::Say(line.to_owned())) };
    if command.starts_with('/') {
        return Ok(Line::Say(command.to_owned()));
    }
    let (word, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
    let rest = rest.trim();
    let needs = |usage: &str| Err(format!("Write it like this: {usage}."));
    match word {
        "dm" | "msg" => match users(rest)?.as_slice() {
            [user] => Ok(Line::Direct(user.clone())),
            _ => needs("/dm USER"),
        },
        "group" => {
            let (title, rest) = quoted(rest);
            if title.is_empty() {
                return needs("/group TITLE USER..");
            }
            Ok(Line::Group(name(title)?, users(rest)?))
        }
        "add" => match users(rest)? {
            users if users.is_empty() => needs("/add USER.."),
            users => Ok(Line::Add(users)),
        },
        "remove" => match users(rest)?.as_slice() {
            [user] => Ok(Line::Remove(user.clone())),
            _ => needs("/remove USER"),
        },
        "rename" if rest.is_empty() => needs("/rename TITLE"),
        "rename" => match quoted(rest) {
            (title, "") => Ok(Line::Rename(name(title)?)),
            // Without quotes the title is the whole line.
            _ => Ok(Line::Rename(name(rest)?)),
        },
        "edit" if rest.is_empty() => needs("/edit TEXT"),
        "edit" => Ok(Line::Edit(rest.to_owned())),
        "reply" if rest.is_empty() => needs("/reply TEXT"),
        "reply" => Ok(Line::Reply(rest.to_owned())),
        "react" if rest.is_empty() => needs("/react EMOJI"),
        "react" => match Emoji::new(rest) {
            Ok(emoji) => Ok(Line::React(emoji)),
            Err(error) => Err(super::words::sentence(&error.to_string())),
        },
        "leave" => Ok(Line::Leave),
        "members" => Ok(Line::Members),
        "recall" => Ok(Line::Recall),
        "mute" => Ok(Line::Mute),
        "pin" => Ok(Line::Pin),
        "hide" => Ok(Line::Hide),
        "devices" => Ok(Line::Devices),
        "help" | "?" => Ok(Line::Help),
        "quit" | "exit" | "q" => Ok(Line::Quit),
        other => Err(format!(
            "There is no command /{}; /help lists them. To send a text that starts with a slash, write two.",
            super::text::one_line(other)
        )),
    }
}

/// Splits off the first word, or what stands in quotes.
fn quoted(text: &str) -> (&str, &str) {
    for (open, close) in [('"', '"'), ('“', '”')] {
        if let Some((title, rest)) = text.strip_prefix(open).and_then(|rest| rest.split_once(close)) {
            return (title.trim(), rest.trim());
        }
    }
    text.split_once(char::is_whitespace).map_or((text, ""), |(title, rest)| (title, rest.trim()))
}

fn name(text: &str) -> Result<Name, String> {
    Name::new(text).map_err(|error| super::words::sentence(&error.to_string()))
}

fn users(text: &str) -> Result<Vec<UserId>, String> {
    let words = text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
    let mut users = Vec::new();
    for word in words {
        // People write @ada where the id is ada.
        let id = word.strip_prefix('@').unwrap_or(word);
        let user = UserId::new(id).map_err(|error| {
            super::words::sentence(&format!("“{}” is no user id: {error}", super::text::one_line(word)))
        })?;
        if !users.contains(&user) {
            users.push(user);
        }
    }
    Ok(users)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: &str) -> UserId {
        id.parse().unwrap()
    }

    #[test]
    fn commands_are_read() {
        let group =
            |title: &str, ids: &[&str]| Line::Group(title.parse().unwrap(), ids.iter().map(|id| user(id)).collect());
        for (text, line) in [
            ("hello /quit", Line::Say("hello /quit".into())),
            ("//help", Line::Say("/help".into())),
            ("/dm @bob", Line::Direct(user("bob"))),
            ("/group team ada, bob", group("team", &["ada", "bob"])),
            ("/group \"two words\" ada ada", group("two words", &["ada"])),
            ("/group alone", group("alone", &[])),
            ("/rename two words", Line::Rename("two words".parse().unwrap())),
            ("/rename \"two words\"", Line::Rename("two words".parse().unwrap())),
            ("/edit  a  b", Line::Edit("a  b".into())),
            ("/react 👍🏽", Line::React("👍🏽".parse().unwrap())),
            ("/leave", Line::Leave),
            ("/quit", Line::Quit),
        ] {
            assert_eq!(parse(text), Ok(line), "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_answered_with_a_sentence() {
        for text in ["/", "/nosuch", "/dm", "/dm a b", "/dm b%b", "/group", "/add", "/rename", "/edit", "/react a b"] {
            let sentence = parse(text).unwrap_err();
            assert!(sentence.ends_with('.') && sentence.len() > 20, "{text}: {sentence}");
        }
    }
}
