//! What bots have that people have not: commands that they offer, and buttons under their messages.

use super::text::{TextError, checked};
use super::{Line, SessionId, Text, Timestamp, UserId};
use compact_str::CompactString;
use serde::{Deserialize, Deserializer, Serialize, de};
use std::fmt;
use std::str::FromStr;

/// Longest name of a command, in characters.
pub const COMMAND_NAME_CHARS_MAX: usize = 32;
/// Longest words on a button, in bytes of UTF-8.
pub const BUTTON_LABEL_BYTES_MAX: usize = 128;
/// Longest id of a button, in bytes of UTF-8.
pub const BUTTON_ID_BYTES_MAX: usize = 64;
/// Longest address that a button opens, in bytes.
pub const BUTTON_URL_BYTES_MAX: usize = 1_024;

checked! {
    /// The name of a bot's command: 1–32 characters `a-z 0-9 _ -`; people write it behind a `/`.
    #[schema(value_type = String, min_length = 1, max_length = 32, pattern = "^[a-z0-9_-]+$", example = "deploy")]
    CommandName, |text| {
        let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'_' | b'-');
        if (1..=COMMAND_NAME_CHARS_MAX).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(())
        } else {
            Err(TextError("the name of a command has 1 to 32 characters out of a-z 0-9 _ -, without the slash"))
        }
    }
}

checked! {
    /// What stands on a button: 1–128 bytes, on one line, not only white space, nothing that turns the direction of writing.
    #[schema(value_type = String, min_length = 1, max_length = 128, example = "Approve")]
    ButtonLabel, |text| {
        let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        let bad = |c: char| c.is_control() || turns(c);
        if (1..=BUTTON_LABEL_BYTES_MAX).contains(&text.len()) && !text.chars().any(bad) && !text.trim().is_empty() {
            Ok(())
        } else {
            Err(TextError("the words on a button have 1 to 128 bytes of UTF-8, no control characters, and something to see"))
        }
    }
}

checked! {
    /// What a button is told apart by: 1–64 bytes without control characters, as the bot likes.
    #[schema(value_type = String, min_length = 1, max_length = 64, example = "approve:4711")]
    ButtonId, |text| {
        if (1..=BUTTON_ID_BYTES_MAX).contains(&text.len()) && !text.chars().any(char::is_control) {
            Ok(())
        } else {
            Err(TextError("the id of a button has 1 to 64 bytes of UTF-8 and no control characters"))
        }
    }
}

checked! {
    /// An address that a button opens: `http` or `https`, a host in ASCII, no user or password in it; at most 1,024 bytes.
    #[schema(value_type = String, max_length = 1024, pattern = "^https?://", example = "https://example.org/4711")]
    ButtonUrl, |text| {
        if text.len() <= BUTTON_URL_BYTES_MAX && is_web_address(text) {
            Ok(())
        } else {
            Err(TextError("a button opens an address of at most 1024 bytes that begins with http:// or https:// and a host"))
        }
    }
}

/// Whether every browser reads the same host out of a text: nothing before the host hides it, nothing in it is another's letter.
fn is_web_address(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else { return false };
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return false;
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b':' | b'[' | b']'));
    host && authority.bytes().any(|c| c.is_ascii_alphanumeric())
}

/// A command that a bot offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BotCommand {
    /// Its name, without the slash.
    pub name: CommandName,
    /// What it does.
    pub description: Line,
    /// What may stand behind the name, for example `<city> [days]`.
    #[serde(default)]
    pub hint: Option<Line>,
}

impl BotCommand {
    /// The bytes of its words.
    pub fn bytes(&self) -> usize {
        let hint = self.hint.as_ref().map_or(0, |hint| hint.as_str().len());
        self.name.as_str().len() + self.description.as_str().len() + hint
    }
}

/// A command as it is offered in a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OfferedCommand {
    /// The bot that offers it.
    pub bot: UserId,
    /// The command.
    pub command: BotCommand,
}

/// Words with buttons below them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Buttons {
    /// The words.
    pub text: Text,
    /// The buttons: at most [`super::limits::BUTTON_ROWS_MAX`] rows.
    #[serde(default, deserialize_with = "super::list::read")]
    pub rows: Vec<ButtonRow>,
}

/// Buttons beside each other, at most [`super::limits::BUTTONS_PER_ROW_MAX`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct ButtonRow(#[serde(deserialize_with = "super::list::read")] pub Vec<Button>);

impl ButtonRow {
    /// The bytes of what stands on and in its buttons.
    pub fn bytes(&self) -> usize {
        let of = |button: &Button| match &button.does {
            ButtonDoes::Press(id) => button.label.as_str().len() + id.as_str().len(),
            ButtonDoes::Open(url) => button.label.as_str().len() + url.as_str().len(),
        };
        self.0.iter().map(of).sum()
    }
}

/// A button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Button {
    /// What stands on it.
    pub label: ButtonLabel,
    /// How it looks.
    #[serde(default)]
    pub style: ButtonStyle,
    /// What it does.
    pub does: ButtonDoes,
}

/// How a button looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ButtonStyle {
    /// Like any other.
    #[default]
    Plain,
    /// Like the one that is meant to be pressed.
    Primary,
    /// Like one to think about before.
    Danger,
}

/// What a button does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ButtonDoes {
    /// Tells the author of the message that it was pressed; no other button of the message has the same id.
    Press(ButtonId),
    /// Opens an address. Clients show its host.
    Open(ButtonUrl),
}

impl Buttons {
    /// Whether a button with an id is there to be pressed.
    pub fn has(&self, id: &ButtonId) -> bool {
        self.ids().any(|one| one == id)
    }

    /// The bytes of its words, and of what stands on and in its buttons.
    pub fn bytes(&self) -> usize {
        self.text.text.len() + self.rows.iter().map(ButtonRow::bytes).sum::<usize>()
    }

    /// The ids of all buttons that are pressed, in their order.
    pub fn ids(&self) -> impl Iterator<Item = &ButtonId> {
        self.rows.iter().flat_map(|row| &row.0).filter_map(|button| match &button.does {
            ButtonDoes::Press(id) => Some(id),
            ButtonDoes::Open(_) => None,
        })
    }
}

/// A token of a bot, as those who manage it see it; the secret itself is told once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BotToken {
    /// Its number.
    pub token: SessionId,
    /// What it is called.
    pub name: super::Name,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last used, exact to a day; that it was made counts as use.
    pub used: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_opens_only_what_every_browser_reads_alike() {
        for good in [
            "https://example.org",
            "http://example.org/a?b=c#d",
            "https://127.0.0.1:8080/",
            "https://[::1]:8080/x",
            "https://xn--bcher-kva.example/%F0%9F%98%80",
            "https://example.org/ü",
        ] {
            assert!(ButtonUrl::new(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "https://",
            "https:///x",
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:text/html,x",
            "ftp://example.org",
            "HTTPS://example.org",
            "//example.org",
            "/x",
            " https://example.org",
            "https://example.org /x",
            "https://example.org\n",
            "https://bank.example@evil.example/",
            "https://user:word@evil.example/",
            "https://evil.example\\@bank.example/",
            "https://bücher.example/",
            "https://exa\u{202e}mple.org/",
            "https://%65xample.org/",
            "https://.:",
            "vbscript:x",
            "blob:https://example.org/x",
        ] {
            assert!(ButtonUrl::new(bad).is_err(), "{bad}");
        }
        assert!(ButtonUrl::new(format!("https://example.org/{}", "x".repeat(1_004))).is_ok());
        assert!(ButtonUrl::new(format!("https://example.org/{}", "x".repeat(1_005))).is_err());
    }

    #[test]
    fn the_words_of_bots_are_checked_where_they_are_read() {
        for (good, text) in
            [(true, "a"), (true, "roll-2_x"), (false, ""), (false, "Roll"), (false, "/roll"), (false, "ü")]
        {
            assert_eq!(CommandName::new(text).is_ok(), good, "{text}");
        }
        assert!(CommandName::new("x".repeat(32)).is_ok() && CommandName::new("x".repeat(33)).is_err());
        for (good, text) in
            [(true, "Yes"), (true, "是"), (false, " "), (false, "a\nb"), (false, "a\u{202e}b"), (false, "")]
        {
            assert_eq!(ButtonLabel::new(text).is_ok(), good, "{text:?}");
        }
        assert!(ButtonId::new("x".repeat(64)).is_ok() && ButtonId::new("x".repeat(65)).is_err());
        assert!(ButtonId::new("").is_err() && ButtonId::new("a\0").is_err());
    }
}
