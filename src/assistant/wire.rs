//! Chat completions as `OpenAI` defined them and many speak: the request that is sent, and what comes back, as pure functions.

use crate::model::{AssistantSettings, TokenUsage};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Who says a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// Whoever set the assistant up.
    System,
    /// People.
    User,
    /// The assistant.
    Assistant,
}

/// A message of what the model is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who says it.
    pub speaker: Speaker,
    /// The words.
    pub text: String,
    /// Pictures, as `data:` addresses: nothing is fetched by anybody.
    pub images: Vec<String>,
}

impl Message {
    /// Words alone.
    pub fn new(speaker: Speaker, text: impl Into<String>) -> Self {
        Self { speaker, text: text.into(), images: Vec::new() }
    }

    fn json(&self) -> Value {
        if self.images.is_empty() {
            return json!({"role": self.speaker, "content": self.text});
        }
        let mut parts = Vec::with_capacity(self.images.len() + 1);
        if !self.text.is_empty() {
            parts.push(json!({"type": "text", "text": self.text}));
        }
        parts.extend(self.images.iter().map(|url| json!({"type": "image_url", "image_url": {"url": url}})));
        json!({"role": self.speaker, "content": parts})
    }
}

/// What a provider is known not to take, learnt from its refusals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dialect {
    /// It wants `max_completion_tokens` where others want `max_tokens`.
    pub completion_tokens: bool,
    /// It does not know `stream_options`.
    pub no_stream_options: bool,
    /// It does not let its `temperature` be set.
    pub no_temperature: bool,
}

impl Dialect {
    /// Another way to say the same, when a refusal's words show that the first was not understood.
    pub fn after(self, status: u16, words: &str) -> Option<Self> {
        if !matches!(status, 400 | 422) {
            return None;
        }
        let next = if words.contains("max_completion_tokens") {
            Self { completion_tokens: true, ..self }
        } else if words.contains("stream_options") {
            Self { no_stream_options: true, ..self }
        } else if words.contains("temperature") {
            Self { no_temperature: true, ..self }
        } else {
            return None;
        };
        (next != self).then_some(next)
    }
}

/// The body of a request.
pub fn request(settings: &AssistantSettings, dialect: Dialect, messages: &[Message], reply_tokens: u32) -> Vec<u8> {
    let messages: Vec<Value> = messages.iter().map(Message::json).collect();
    let mut body = json!({"model": settings.model.as_str(), "messages": messages, "stream": true});
    if let Value::Object(fields) = &mut body {
        if !dialect.no_stream_options {
            fields.insert("stream_options".to_owned(), json!({"include_usage": true}));
        }
        if let Some(hundredths) = settings.temperature_hundredths.filter(|_| !dialect.no_temperature) {
            fields.insert("temperature".to_owned(), json!(f64::from(hundredths) / 100.0));
        }
        let name = if dialect.completion_tokens { "max_completion_tokens" } else { "max_tokens" };
        fields.insert(name.to_owned(), json!(reply_tokens));
    }
    body.to_string().into_bytes()
}

/// What one event of an answer says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// Words that follow.
    pub text: String,
    /// Why the model stops here.
    pub finish: Option<Finish>,
    /// What it cost.
    pub usage: Option<TokenUsage>,
    /// The provider reports an error in the middle, in its words.
    pub error: Option<String>,
}

/// Why a model stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finish {
    /// It said all.
    Stop,
    /// It reached the longest answer there may be.
    Length,
    /// The provider withholds the rest.
    Filtered,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Chunk {
    choices: Vec<Choice>,
    usage: Option<Usage>,
    error: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Choice {
    delta: Option<Said>,
    message: Option<Said>,
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    content: Option<String>,
    refusal: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Usage {
    prompt_tokens: Option<u32>,
    completion_tokens: Option<u32>,
}

/// Reads an event of a stream, or a whole answer that was not streamed; none when it is no such thing.
pub fn piece(json: &str) -> Option<Piece> {
    let chunk: Chunk = serde_json::from_str(json).ok()?;
    if chunk.choices.is_empty() && chunk.usage.is_none() && chunk.error.is_none() {
        // An object of another kind is none; an empty piece (Azure begins with one) names its choices.
        let named = serde_json::from_str::<Value>(json).is_ok_and(|value| value.get("choices").is_some());
        return named.then(Piece::default);
    }
    let mut piece = Piece {
        // One that says nothing (some send an empty object) is none, and what it cost is estimated.
        usage: chunk.usage.filter(|usage| usage.prompt_tokens.or(usage.completion_tokens).is_some()).map(|usage| {
            let (prompt_tokens, answer_tokens) = (usage.prompt_tokens, usage.completion_tokens);
            TokenUsage { prompt_tokens: prompt_tokens.unwrap_or(0), answer_tokens: answer_tokens.unwrap_or(0) }
        }),
        error: chunk.error.map(|error| words(&error)),
        ..Piece::default()
    };
    if let Some(choice) = chunk.choices.into_iter().next() {
        if let Some(said) = choice.delta.or(choice.message) {
            piece.text = said.content.or(said.refusal).unwrap_or_default();
        }
        piece.finish = choice.finish_reason.map(|reason| match reason.as_str() {
            "length" | "max_tokens" => Finish::Length,
            "content_filter" => Finish::Filtered,
            _ => Finish::Stop,
        });
    }
    Some(piece)
}

/// What a provider says in the body of an error, in whichever of the usual shapes.
pub fn error_words(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    match serde_json::from_str::<Value>(&text) {
        Ok(value) => words(value.get("error").unwrap_or(&value)),
        Err(_) => plain(&text),
    }
}

fn words(error: &Value) -> String {
    let found = match error {
        Value::String(text) => Some(text.as_str()),
        Value::Object(fields) => ["message", "detail", "msg", "error_msg", "error"]
            .iter()
            .find_map(|name| fields.get(*name))
            .and_then(Value::as_str),
        _ => None,
    };
    found.map_or_else(|| plain(&error.to_string()), plain)
}

/// One line of plain words, not too long; what is a page for browsers is none.
fn plain(text: &str) -> String {
    if text.trim_start().starts_with('<') {
        return "a page for browsers".to_owned();
    }
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    crate::model::growing::shortened(line, 240)
}

/// The models of an answer to `GET /models`.
pub fn models(body: &[u8]) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    struct Models {
        data: Vec<Model>,
    }
    #[derive(Deserialize)]
    struct Model {
        id: String,
    }
    let found: Models = serde_json::from_slice(body).ok()?;
    Some(found.data.into_iter().map(|model| crate::model::growing::shortened(model.id, 200)).collect())
}

/// About how many tokens a text has: four letters of a Latin script make one, every other character is one.
pub fn tokens(text: &str) -> u64 {
    let ascii = text.bytes().filter(u8::is_ascii).count() as u64;
    let others = text.chars().filter(|c| !c.is_ascii()).count() as u64;
    ascii.div_ceil(4) + others
}

/// What a picture is taken to cost.
pub const IMAGE_TOKENS: u64 = 1_000;
/// What a message costs besides its words.
pub const MESSAGE_TOKENS: u64 = 4;

/// About how many tokens a message has.
pub fn message_tokens(message: &Message) -> u64 {
    MESSAGE_TOKENS + tokens(&message.text) + IMAGE_TOKENS * message.images.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Line;

    fn settings() -> AssistantSettings {
        AssistantSettings {
            temperature_hundredths: Some(70),
            ..AssistantSettings::new(Line::new("http://x/v1").unwrap(), Line::new("m").unwrap())
        }
    }

    #[test]
    fn a_request_is_what_providers_document() {
        let messages = [
            Message::new(Speaker::System, "Be brief."),
            Message { images: vec!["data:image/png;base64,AA==".to_owned()], ..Message::new(Speaker::User, "What?") },
        ];
        let body: Value = serde_json::from_slice(&request(&settings(), Dialect::default(), &messages, 100)).unwrap();
        assert_eq!(
            body,
            json!({"model": "m", "stream": true, "stream_options": {"include_usage": true}, "temperature": 0.7,
                "max_tokens": 100, "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": [{"type": "text", "text": "What?"},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]}]})
        );
    }

    #[test]
    fn what_a_provider_does_not_take_is_said_another_way_once() {
        let first = Dialect::default();
        let words = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.";
        let second = first.after(400, words).unwrap();
        assert!(second.completion_tokens && second.after(400, words).is_none());
        assert!(first.after(401, words).is_none() && first.after(400, "no such model").is_none());
        let body: Value = serde_json::from_slice(&request(&settings(), second, &[], 100)).unwrap();
        assert_eq!((body.get("max_tokens"), &body["max_completion_tokens"]), (None, &json!(100)));
    }

    #[test]
    fn pieces_are_read_in_the_shapes_that_providers_send() {
        let text = |json: &str| piece(json).unwrap().text;
        assert_eq!(text(r#"{"choices":[{"delta":{"content":"Hi"},"finish_reason":null}]}"#), "Hi");
        assert_eq!(text(r#"{"choices":[{"delta":{"role":"assistant","content":null}}]}"#), "");
        assert_eq!(text(r#"{"choices":[{"message":{"content":"whole"},"finish_reason":"stop"}]}"#), "whole");
        assert_eq!(text(r#"{"choices":[],"prompt_filter_results":[]}"#), "");
        let last = piece(r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}"#);
        assert_eq!(last.unwrap().usage, Some(TokenUsage { prompt_tokens: 9, answer_tokens: 3 }));
        let cut = piece(r#"{"choices":[{"delta":{},"finish_reason":"length"}]}"#).unwrap();
        assert_eq!(cut.finish, Some(Finish::Length));
        assert_eq!(piece(r#"{"error":{"message":"overloaded"}}"#).unwrap().error.as_deref(), Some("overloaded"));
        assert_eq!(piece(r#"{"error":"loading"}"#).unwrap().error.as_deref(), Some("loading"));
        for garbage in ["", "[DONE]", "hello", "{", "[]", "7", "{}", r#"{"a":1}"#] {
            assert_eq!(piece(garbage), None, "{garbage}");
        }
    }

    #[test]
    fn errors_are_read_in_the_shapes_that_providers_send() {
        for (body, words) in [
            (r#"{"error":{"message":"Incorrect API key provided.","type":"x"}}"#, "Incorrect API key provided."),
            (r#"{"error":"model 'x' not found"}"#, "model 'x' not found"),
            (r#"{"detail":"Not Found"}"#, "Not Found"),
            (r#"{"object":"error","message":"no such model"}"#, "no such model"),
            ("plain\nwords", "plain words"),
            ("<html><body>502</body></html>", "a page for browsers"),
            ("", ""),
        ] {
            assert_eq!(error_words(body.as_bytes()), words);
        }
        assert!(error_words("x".repeat(10_000).as_bytes()).len() < 300);
    }

    #[test]
    fn tokens_are_guessed_for_both_kinds_of_script() {
        assert_eq!((tokens(""), tokens("abcd"), tokens("abcde"), tokens("你好"), tokens("ok 👍")), (0, 1, 2, 2, 2));
    }
}
