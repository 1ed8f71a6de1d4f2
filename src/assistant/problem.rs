//! Why a provider gave no answer, in words: for whoever asked, and for whoever can change it.

use crate::model::AssistantSettings;
use crate::outbound::{OutboundError, Wait};
use std::time::Duration;

/// Why there is no answer, or none that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The key is not where it should be.
    Key(String),
    /// The provider was not reached, or its answer broke off.
    Outbound(OutboundError),
    /// It said no, with its own words.
    Status {
        /// The status of HTTP.
        status: u16,
        /// Its words.
        words: String,
        /// When it may be asked again.
        retry_after: Option<Duration>,
    },
    /// It reported an error in the middle of an answer.
    Reported(String),
    /// What came is no chat completion.
    Garbage,
    /// The answer ended in the middle.
    BrokeOff,
    /// The answer has no words.
    Empty,
    /// The provider withholds the answer.
    Filtered,
}

impl From<OutboundError> for Problem {
    fn from(error: OutboundError) -> Self {
        Self::Outbound(error)
    }
}

impl Problem {
    /// Whether the same may go well a moment later, before anything of an answer has come.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Status { status, .. } => matches!(status, 429 | 500 | 502 | 503 | 504 | 529),
            Self::Outbound(error) => error.may_pass() && error.was_not_sent(),
            _ => false,
        }
    }

    /// When the provider wants to be asked again.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The step that failed, one word for log lines.
    pub const fn step(&self) -> &'static str {
        match self {
            Self::Key(_) => "key",
            Self::Outbound(error) => error.step(),
            Self::Status { .. } => "status",
            Self::Reported(_) | Self::Garbage | Self::BrokeOff | Self::Empty | Self::Filtered => "answer",
        }
    }

    /// For whoever asked: what went wrong, and whether asking again may help.
    pub fn words(&self) -> String {
        let said = |words: &str| if words.is_empty() { String::new() } else { format!(" It says: {}", ended(words)) };
        match self {
            Self::Key(_) => "The assistant has no key for its provider; tell an administrator.".to_owned(),
            Self::Outbound(OutboundError::Refused(_)) => {
                "The address of the assistant's provider is not allowed; tell an administrator.".to_owned()
            }
            Self::Outbound(OutboundError::TimedOut(Wait::FirstByte)) => {
                "The assistant's provider took the question, and no answer began in time. Try again later.".to_owned()
            }
            Self::Outbound(OutboundError::TimedOut(Wait::Silence)) => {
                "The answer stopped in the middle and did not go on. Try again.".to_owned()
            }
            Self::Outbound(OutboundError::TimedOut(Wait::Total)) => {
                "The answer took longer than it may, so it was ended. Ask for less at once.".to_owned()
            }
            Self::Outbound(OutboundError::TooLarge(_)) => {
                "The provider sent more than an answer can be, so it was ended. Try again.".to_owned()
            }
            Self::Outbound(error @ OutboundError::Broken(_)) => format!("{error} Try again."),
            Self::Outbound(error) => format!("The assistant's provider cannot be reached. {error} Try again later."),
            Self::Status { status: 401 | 403, words, .. } => {
                format!("The provider does not accept the assistant's key; tell an administrator.{}", said(words))
            }
            Self::Status { status: 404, words, .. } => {
                format!("The provider does not know this address or model; tell an administrator.{}", said(words))
            }
            Self::Status { status: 402 | 429, words, .. } => {
                format!("The provider takes no more questions for now; try again later.{}", said(words))
            }
            Self::Status { status: status @ 300..=399, .. } => {
                format!("The provider sends elsewhere (HTTP {status}), which is not followed; tell an administrator.")
            }
            Self::Status { status: status @ 500.., words, .. } => {
                format!("The provider failed (HTTP {status}); try again later.{}", said(words))
            }
            Self::Status { status, words, .. } => {
                format!("The provider does not take this question (HTTP {status}).{}", said(words))
            }
            Self::Reported(words) => {
                format!("The provider reported an error in the middle of its answer.{}", said(words))
            }
            Self::Garbage => {
                "What the provider sent is no answer that can be read; try again, or tell an administrator.".to_owned()
            }
            Self::BrokeOff => "The answer broke off in the middle. Try again.".to_owned(),
            Self::Empty => "The model gave an empty answer. Try again, or ask in other words.".to_owned(),
            Self::Filtered => "The provider withholds the rest of this answer by rules of its own.".to_owned(),
        }
    }

    /// For whoever set the assistant up: what to change.
    pub fn cure(&self, settings: &AssistantSettings) -> String {
        let url = &settings.base_url;
        let key = settings.key.as_ref().map_or_else(|| "none is set".to_owned(), |key| format!("it comes from {key}"));
        let said = |words: &str| if words.is_empty() { String::new() } else { format!(" It says: {}", ended(words)) };
        match self {
            Self::Key(words) => format!("There is no key: {words}."),
            Self::Outbound(OutboundError::Resolve(words)) => format!(
                "The name in base_url ({url}) could not be resolved: {words}. Check its spelling, and the DNS of this machine."
            ),
            Self::Outbound(OutboundError::Connect(words)) => format!(
                "Nobody answers at {url}: {words}. Check host and port, and that the provider runs and listens on an address \
                 that this machine reaches (in a container, 127.0.0.1 is the container itself)."
            ),
            Self::Outbound(OutboundError::Tls(words)) => format!(
                "The encrypted connection to {url} failed: {words}. Check that https is right there, and that its certificate is \
                 one that this machine trusts."
            ),
            Self::Outbound(error) => format!("{error} The address is {url}."),
            Self::Status { status: 401 | 403, words, .. } => {
                format!("The provider does not accept the key ({key}); put a valid one there.{}", said(words))
            }
            Self::Status { status: 404, words, .. } => format!(
                "There is nothing at {url}/chat/completions, or no model `{}` there. base_url usually ends with /v1; correct it, or \
                 the model.{}",
                settings.model,
                said(words)
            ),
            Self::Status { status: 402, words, .. } => {
                format!("The account at the provider has no money left; see to it there.{}", said(words))
            }
            Self::Status { status: 429, words, .. } => format!(
                "The provider takes no more questions now: its quota is used up, or too many come at once. Look at the account, or \
                 lower `parallel`.{}",
                said(words)
            ),
            Self::Status { status: status @ 300..=399, .. } => format!(
                "{url} sends elsewhere (HTTP {status}), which is not followed; set base_url to where it ends (https, perhaps)."
            ),
            Self::Status { status: status @ 500.., words, .. } => {
                format!("The provider failed (HTTP {status}); look at its own log, or try again later.{}", said(words))
            }
            Self::Status { status, words, .. } => {
                format!(
                    "The provider does not take the request (HTTP {status}); model, limits or temperature may be wrong.{}",
                    said(words)
                )
            }
            Self::Garbage => format!(
                "What {url} answers is no chat completion; base_url must be that of an OpenAI-compatible API, and usually ends with \
                 /v1."
            ),
            Self::Reported(_) | Self::BrokeOff | Self::Empty | Self::Filtered => self.words(),
        }
    }
}

/// With a stop at its end.
fn ended(words: &str) -> String {
    if words.ends_with(['.', '!', '?', '…']) { words.to_owned() } else { format!("{words}.") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Line;

    /// The sentences that the web client has in Chinese: what stands first in each pair of its list.
    fn translated() -> Vec<String> {
        let list = include_str!("../../web/src/i18n/zh/reasons.ts");
        let quoted = |line: &str| -> Option<String> {
            let rest = line.trim_start().strip_prefix('[')?;
            let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
            rest[1..].split(quote).next().map(ToOwned::to_owned)
        };
        list.lines().filter_map(quoted).collect()
    }

    /// Numbers as the list has them.
    fn numberless(words: &str) -> String {
        let mut out = String::new();
        for c in words.chars() {
            match c {
                '0'..='9' if out.ends_with('#') => {}
                '0'..='9' => out.push('#'),
                c => out.push(c),
            }
        }
        out
    }

    #[test]
    fn the_web_client_has_every_sentence_in_chinese() {
        let known = translated();
        assert!(known.len() > 20, "{known:?}");
        let status = |status| Problem::Status { status, words: "no".to_owned(), retry_after: None };
        let outbound = [
            OutboundError::Refused(crate::outbound::Refused::Unreadable),
            OutboundError::Request("x".to_owned()),
            OutboundError::Resolve("x".to_owned()),
            OutboundError::Connect("x".to_owned()),
            OutboundError::Tls("x".to_owned()),
            OutboundError::TooLarge(1),
            OutboundError::Broken("x".to_owned()),
        ];
        let waits =
            [Wait::Turn, Wait::Connect, Wait::FirstByte, Wait::Silence, Wait::Total].map(OutboundError::TimedOut);
        let problems = [Problem::Key("x".to_owned()), Problem::Reported("x".to_owned()), Problem::Garbage]
            .into_iter()
            .chain([Problem::BrokeOff, Problem::Empty, Problem::Filtered])
            .chain(outbound.into_iter().chain(waits).map(Problem::Outbound))
            .chain([301, 400, 401, 402, 403, 404, 418, 422, 429, 500, 503].map(status));
        let notes = crate::model::ASSISTANT_PRESETS.iter().map(|preset| preset.note.to_owned());
        for words in problems.map(|problem| problem.words()).chain(notes) {
            let here =
                |known: &String| words.starts_with(known.as_str()) || numberless(&words).starts_with(known.as_str());
            assert!(known.iter().any(here), "web/src/i18n/zh/reasons.ts has no: {words}");
        }
    }

    #[test]
    fn words_fit_into_a_line() {
        let long = "x".repeat(300);
        for status in [400, 401, 404, 429, 500] {
            let words = Problem::Status { status, words: long.clone(), retry_after: None }.words();
            assert!(Line::new(&words).is_ok(), "{words}");
        }
    }
}
