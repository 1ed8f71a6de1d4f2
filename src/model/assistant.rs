//! Assistants: users of their own kind that answer, what they are told about their provider, and their answers.

use super::{AppId, Line, MediaId, Name, Paragraph, Seq, TextError, Timestamp, UserHandle, UserId};
use serde::{Deserialize, Serialize};

/// How an assistant is: where it asks, as what, and for whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssistantSettings {
    /// Where the provider's API is, up to and with its version: `https://api.openai.com/v1`. `/chat/completions` is put after it.
    pub base_url: Line,
    /// The model, as the provider calls it.
    pub model: Line,
    /// Where the provider's key is; none: it takes none. The key itself is never kept in the data.
    #[serde(default)]
    pub key: Option<KeySource>,
    /// What the model is told before every conversation.
    #[serde(default)]
    pub system_prompt: Option<Paragraph>,
    /// How freely it writes, in hundredths (70 is 0.7), 0 to 200; none: as the provider does by itself.
    #[serde(default)]
    pub temperature_hundredths: Option<u16>,
    /// How much of a conversation it is given, in tokens (estimated), its answer included; 1,024 to 10,000,000.
    #[serde(default = "AssistantSettings::context_tokens_default")]
    pub context_tokens: u32,
    /// How long an answer may be, in tokens; 16 to 131,072.
    #[serde(default = "AssistantSettings::reply_tokens_default")]
    pub reply_tokens: u32,
    /// Who may use it.
    #[serde(default)]
    pub access: AssistantAccess,
    /// Questions of one user in one day (UTC); 0: as many as they like.
    #[serde(default = "AssistantSettings::questions_per_day_default")]
    pub questions_per_day: u32,
    /// Tokens of one user in one day (UTC), questions and answers together; 0: as many as they like.
    #[serde(default)]
    pub tokens_per_day: u64,
    /// Whether the model takes pictures.
    #[serde(default)]
    pub images: bool,
    /// Answers that are written at the same time; the other questions wait; 1 to 64.
    #[serde(default = "AssistantSettings::parallel_default")]
    pub parallel: u16,
}

impl AssistantSettings {
    /// The tokens of a conversation when nothing is said.
    pub const fn context_tokens_default() -> u32 {
        16_384
    }

    /// The tokens of an answer when nothing is said.
    pub const fn reply_tokens_default() -> u32 {
        2_048
    }

    /// The questions of a day when nothing is said.
    pub const fn questions_per_day_default() -> u32 {
        200
    }

    /// The answers at once when nothing is said.
    pub const fn parallel_default() -> u16 {
        4
    }

    /// For a provider and a model, with nothing else said.
    pub fn new(base_url: Line, model: Line) -> Self {
        Self {
            base_url,
            model,
            key: None,
            system_prompt: None,
            temperature_hundredths: None,
            context_tokens: Self::context_tokens_default(),
            reply_tokens: Self::reply_tokens_default(),
            access: AssistantAccess::default(),
            questions_per_day: Self::questions_per_day_default(),
            tokens_per_day: 0,
            images: false,
            parallel: Self::parallel_default(),
        }
    }

    /// Says, in a sentence, the first thing in it that cannot be. `by_operator`: it comes from the command line or the configuration,
    /// whose owner may name any variable and any file.
    pub fn check(&self, by_operator: bool) -> Result<(), String> {
        check_url(self.base_url.as_str())?;
        if let Some(key) = &self.key {
            key.check(by_operator)?;
        }
        let range = |field: &str, value: u64, least: u64, most: u64| {
            if (least..=most).contains(&value) {
                Ok(())
            } else {
                Err(format!("`{field}` is {value}, and goes from {least} to {most}; correct it."))
            }
        };
        range("temperature_hundredths", self.temperature_hundredths.unwrap_or(0).into(), 0, 200)?;
        range("context_tokens", self.context_tokens.into(), 1_024, 10_000_000)?;
        range("reply_tokens", self.reply_tokens.into(), 16, 131_072)?;
        range("parallel", self.parallel.into(), 1, 64)?;
        if self.reply_tokens.saturating_mul(2) > self.context_tokens {
            return Err(
                "`reply_tokens` is more than half of `context_tokens`, which leaves too little for questions; \
                        lower it, or raise `context_tokens` to what the model takes."
                    .to_owned(),
            );
        }
        if let AssistantAccess::Listed(users) = &self.access
            && (users.is_empty() || users.len() > super::limits::USERS_PER_COMMAND_MAX)
        {
            let most = super::limits::USERS_PER_COMMAND_MAX;
            return Err(format!("`access.listed` names {} users, and it can be 1 to {most}.", users.len()));
        }
        Ok(())
    }
}

/// Refuses what is no address of an API. Which addresses are reached is decided when it is asked.
fn check_url(url: &str) -> Result<(), String> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let host = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let wrong = match host {
        None => "it begins with http:// or https://",
        Some("") => "the name of the machine is missing",
        Some(host) if host.contains('@') => "it must have no user name or password in it; name the key in `key`",
        Some(_) if url.contains(['?', '#', ' ']) => "it must have no `?`, `#` or space in it",
        Some(_) => return Ok(()),
    };
    Err(format!("`base_url` is not right: {wrong}. An example: https://api.openai.com/v1"))
}

/// Where the key of a provider is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeySource {
    /// A variable of the server's environment.
    #[schema(example = "OPENAI_API_KEY")]
    Environment(Line),
    /// A file: a plain name is one in the folder `keys` of the data folder.
    File(Line),
}

impl KeySource {
    /// Refuses what an administrator in a browser may not name: whatever is read here is sent to an address of their choice.
    fn check(&self, by_operator: bool) -> Result<(), String> {
        match self {
            Self::Environment(name) => {
                let name = name.as_str();
                let plain = name.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b'_');
                if by_operator || plain && name.ends_with("_API_KEY") {
                    return Ok(());
                }
                Err("`key.environment` can name a variable that ends with _API_KEY; the operator can name any other with \
                     `tidings assistant set`."
                    .to_owned())
            }
            Self::File(name) => {
                let name = name.as_str();
                if by_operator || !name.contains(['/', '\\']) && !name.starts_with('.') {
                    return Ok(());
                }
                Err("`key.file` can name a file in the folder `keys` of the data folder, without any `/`; the operator can \
                     name any other with `tidings assistant set`."
                    .to_owned())
            }
        }
    }
}

impl std::fmt::Display for KeySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "env:{name}"),
            Self::File(name) => write!(f, "file:{name}"),
        }
    }
}

impl std::str::FromStr for KeySource {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        match text.split_once(':') {
            Some(("env", name)) => Line::new(name).map(Self::Environment),
            Some(("file", name)) => Line::new(name).map(Self::File),
            Some(_) | None => Err(TextError("where the key is stands as env:VARIABLE or file:NAME")),
        }
    }
}

/// Who may use an assistant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssistantAccess {
    /// Everybody of its app.
    #[default]
    Everyone,
    /// Administrators of this server.
    Administrators,
    /// These users, and administrators.
    Listed(#[serde(deserialize_with = "super::list::read")] Vec<UserId>),
}

/// A provider whose address and usual model are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct AssistantPreset {
    /// What it is called.
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    /// Where its API is.
    pub base_url: &'static str,
    /// A model to begin with.
    pub model: &'static str,
    /// The variable of the environment with the key, by its own convention; none: it needs none.
    pub key_environment: Option<&'static str>,
    /// How much the model takes, in tokens.
    pub context_tokens: u32,
    /// Whether the model takes pictures.
    pub images: bool,
    /// What to know.
    pub note: &'static str,
}

/// The providers whose address is known.
pub const ASSISTANT_PRESETS: &[AssistantPreset] = &[
    AssistantPreset {
        name: "dashscope",
        title: "Tongyi Qianwen (DashScope)",
        base_url: "https://dashscope.aliyuncs.com/compatible-mode/v1",
        model: "qwen-max",
        key_environment: Some("DASHSCOPE_API_KEY"),
        context_tokens: 30_000,
        images: false,
        note: "Outside of mainland China the address is https://dashscope-intl.aliyuncs.com/compatible-mode/v1.",
    },
    AssistantPreset {
        name: "openai",
        title: "OpenAI",
        base_url: "https://api.openai.com/v1",
        model: "gpt-4o-mini",
        key_environment: Some("OPENAI_API_KEY"),
        context_tokens: 64_000,
        images: true,
        note: "Any other service that speaks OpenAI's chat completions works the same way with its own address.",
    },
    AssistantPreset {
        name: "ollama",
        title: "Ollama",
        base_url: "http://127.0.0.1:11434/v1",
        model: "llama3.2",
        key_environment: None,
        context_tokens: 4_096,
        images: false,
        note: "Fetch the model first with `ollama pull`. Ollama gives a model 4,096 tokens unless it is told otherwise (OLLAMA_CONTEXT_LENGTH).",
    },
    AssistantPreset {
        name: "vllm",
        title: "vLLM",
        base_url: "http://127.0.0.1:8001/v1",
        model: "default",
        key_environment: None,
        context_tokens: 16_384,
        images: false,
        note: "vLLM listens on port 8000 by itself, as Tidings does: start one of them on another. The model is what was given to `vllm serve`.",
    },
    AssistantPreset {
        name: "llama.cpp",
        title: "llama.cpp server",
        base_url: "http://127.0.0.1:8080/v1",
        model: "default",
        key_environment: None,
        context_tokens: 4_096,
        images: false,
        note: "`llama-server` answers with the model it was started with, whatever the name; its context is set with -c.",
    },
];

impl AssistantPreset {
    /// The preset of a name.
    pub fn find(name: &str) -> Option<&'static Self> {
        ASSISTANT_PRESETS.iter().find(|preset| preset.name == name)
    }

    /// The settings that it stands for.
    pub fn settings(&self) -> Result<AssistantSettings, TextError> {
        let key = self.key_environment.map(Line::new).transpose()?.map(KeySource::Environment);
        let settings = AssistantSettings::new(Line::new(self.base_url)?, Line::new(self.model)?);
        let reply_tokens = settings.reply_tokens.min(self.context_tokens / 4);
        Ok(AssistantSettings {
            key,
            context_tokens: self.context_tokens,
            reply_tokens,
            images: self.images,
            ..settings
        })
    }
}

/// An assistant as those who run the server see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AssistantInfo {
    /// Its handle; it never leaves the server.
    #[serde(skip)]
    pub handle: UserHandle,
    /// Its app.
    pub app: AppId,
    /// Its user.
    pub id: UserId,
    /// Its display name.
    pub name: Name,
    /// How it is.
    pub settings: AssistantSettings,
    /// When it was set up.
    pub created: Timestamp,
}

/// An assistant as those who may use it see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AssistantView {
    /// Its user.
    pub user: UserId,
    /// Its display name.
    pub name: Name,
    /// Its picture.
    pub avatar: Option<MediaId>,
    /// The model that answers.
    pub model: Line,
    /// Whether it takes pictures.
    pub images: bool,
    /// How many questions the caller has left today; none: as many as they like.
    pub questions_left: Option<u32>,
    /// How many tokens the caller has left today; none: as many as they like.
    pub tokens_left: Option<u64>,
}

/// An answer that is being written, or a question that waits for its turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DraftView {
    /// The question, whose seq is also the number of the draft.
    pub question: Seq,
    /// Who asked.
    pub asker: UserId,
    /// The assistant.
    pub assistant: UserId,
    /// Where it stands.
    pub state: TurnState,
    /// The answer that this one will stand in place of.
    pub replaces: Option<Seq>,
    /// What is written so far; frames go on at its end (its length in bytes of UTF-8).
    pub text: String,
}

/// Where an open turn stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TurnState {
    /// Others are before it.
    #[default]
    Waiting,
    /// The model is asked, or writes.
    Answering,
}

/// What an assistant answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AssistantAnswer {
    /// The entry that it answers.
    pub question: Seq,
    /// The words, in Markdown; may be empty when it did not end well.
    pub text: String,
    /// The model that wrote it.
    pub model: Line,
    /// How it ended.
    pub end: AnswerEnd,
    /// What went wrong, in words, when `end` is `failed`.
    #[serde(default)]
    pub problem: Option<Line>,
    /// What it cost, as far as the provider says.
    #[serde(default)]
    pub usage: Option<TokenUsage>,
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnswerEnd {
    /// The model said all it had to say.
    Complete,
    /// Somebody stopped it; what had come stands here.
    Stopped,
    /// It was longer than it may be; what had come stands here.
    Limit,
    /// It went wrong; what had come stands here. Asking again may help.
    Failed,
}

/// How many tokens an answer cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TokenUsage {
    /// What the model was given.
    pub prompt_tokens: u32,
    /// What it wrote.
    pub answer_tokens: u32,
}

impl TokenUsage {
    /// Both together.
    pub fn total(self) -> u64 {
        u64::from(self.prompt_tokens) + u64::from(self.answer_tokens)
    }
}

/// What was found when an assistant was tested: every step up to the first that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AssistantCheck {
    /// Whether all steps went well.
    pub ok: bool,
    /// The steps, in order.
    pub steps: Vec<CheckStep>,
    /// Models that the provider offers, as far as it says; at most 100.
    pub models: Vec<String>,
}

/// One step of a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CheckStep {
    /// What was tried: `key`, `address`, `connect`, `models`, `answer`.
    pub step: String,
    /// Whether it went well.
    pub ok: bool,
    /// What was found, and what to change when it went wrong.
    pub detail: String,
}

/// How a turn ended, as whoever carried it out says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerDone {
    /// The words.
    pub text: String,
    /// The model.
    pub model: Line,
    /// How it ended.
    pub end: AnswerEnd,
    /// What went wrong.
    pub problem: Option<Line>,
    /// What it cost.
    pub usage: Option<TokenUsage>,
    /// Tokens that count against the budget: those of `usage`, or an estimate when the provider does not say.
    pub tokens: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> AssistantSettings {
        AssistantSettings::new(Line::new("http://127.0.0.1:1/v1").unwrap(), Line::new("m").unwrap())
    }

    #[test]
    fn every_preset_is_right_for_an_administrator() {
        for preset in ASSISTANT_PRESETS {
            assert_eq!(preset.settings().unwrap().check(false), Ok(()), "{}", preset.name);
            assert_eq!(AssistantPreset::find(preset.name), Some(preset));
        }
    }

    #[test]
    fn an_administrator_cannot_have_any_secret_of_the_machine_sent_away() {
        for (key, administrator) in [
            ("env:OPENAI_API_KEY", true),
            ("env:TIDINGS_QWEN_API_KEY", true),
            ("env:AWS_SECRET_ACCESS_KEY", false),
            ("env:TIDINGS_PASSWORD", false),
            ("env:PATH", false),
            ("env:x_API_KEY", false),
            ("file:qwen", true),
            ("file:../tidings.redb", false),
            ("file:/etc/shadow", false),
            ("file:.hidden", false),
            ("file:a\\b", false),
        ] {
            let with = AssistantSettings { key: Some(key.parse().unwrap()), ..settings() };
            assert_eq!(with.check(true), Ok(()), "{key}");
            assert_eq!(with.check(false).is_ok(), administrator, "{key}");
        }
    }

    #[test]
    fn an_address_is_one_of_http_without_secrets_in_it() {
        for (url, right) in [
            ("https://api.openai.com/v1", true),
            ("http://[::1]:8080/v1/", true),
            ("ftp://example.org", false),
            ("api.openai.com/v1", false),
            ("https://", false),
            ("https://user:secret@example.org/v1", false),
            ("https://example.org/v1?key=secret", false),
        ] {
            let with = AssistantSettings { base_url: Line::new(url).unwrap(), ..settings() };
            assert_eq!(with.check(true).is_ok(), right, "{url}");
        }
    }
}
