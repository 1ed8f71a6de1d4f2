//! What a model is given: the conversation as far as whoever asks may see it, the oldest cut first, by an estimate of tokens. Nothing
//! else is ever in it: no other conversation, nothing that was recalled, nothing from before they joined.

use super::wire::{MESSAGE_TOKENS, Message, Speaker, message_tokens, tokens};
use crate::engine::{Engine, MayBeStale};
use crate::ledger::read::assistants::{newest, visible};
use crate::media::{Media, Variant};
use crate::model::growing::shortened;
use crate::model::{
    AssistantSettings, Body, ConversationId, ConversationKind, Entry, MediaId, MediaKind, Seq, UserHandle, UserId,
};
use crate::store::records::{ConversationRow, UserIdKey, UserIdRow, UserRow};
use crate::store::{Fault, Read, View};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Entries that are looked through, …
const ENTRIES_MAX: usize = 600;
/// … so many at once.
const PIECE: usize = 32;
/// Pictures that a model is given, the newest.
const IMAGES_MAX: usize = 4;
/// Largest picture that is given as it is; of larger ones the small one.
const IMAGE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Bytes of a message that a question replies to and that is quoted with it.
const QUOTE_BYTES_MAX: usize = 1_000;

/// A question of somebody to an assistant.
#[derive(Clone, Debug)]
pub struct Question {
    /// Where it was asked.
    pub conversation: ConversationId,
    /// Its entry.
    pub seq: Seq,
    /// Who asked.
    pub asker: UserHandle,
    /// Who is asked.
    pub assistant: UserId,
}

/// What stands for one entry before its pictures are read.
struct Line {
    speaker: Speaker,
    text: String,
    image: Option<(MediaId, Variant, String)>,
}

impl Line {
    fn tokens(&self) -> u64 {
        let image = if self.image.is_some() { super::wire::IMAGE_TOKENS } else { 0 };
        MESSAGE_TOKENS + tokens(&self.text) + image
    }
}

/// Why there is nothing to give.
#[derive(Debug)]
pub enum NoContext {
    /// Whoever asked does not see the question any more.
    Over,
    /// It does not fit; the words say so.
    TooLong(String),
    /// The store failed.
    Fault(Fault),
}

impl From<Fault> for NoContext {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl MayBeStale for NoContext {
    fn is_stale(&self) -> bool {
        matches!(self, Self::Fault(Fault::Stale))
    }
}

/// The messages for a question, the system prompt first. Blocks; never call it from a task.
pub fn for_question(
    engine: &Engine,
    media: &Media,
    settings: &AssistantSettings,
    question: &Question,
) -> Result<Vec<Message>, NoContext> {
    let (system, lines) = engine.fresh(|view| lines_of(view, settings, question))?;
    let mut messages = vec![];
    if !system.is_empty() {
        messages.push(Message::new(Speaker::System, system));
    }
    let images = lines.iter().filter(|line| line.image.is_some()).count();
    let mut passed_over = images.saturating_sub(IMAGES_MAX);
    for line in lines {
        let Line { speaker, mut text, image } = line;
        let mut images = Vec::new();
        if let Some((id, variant, content_type)) = image {
            let read = if passed_over > 0 { None } else { read_image(media, id, variant, &content_type) };
            passed_over = passed_over.saturating_sub(1);
            match read {
                Some(url) => images.push(url),
                None => text.push_str("\n(a picture that is not shown to you)"),
            }
        }
        add(&mut messages, Message { speaker, text, images });
    }
    Ok(messages)
}

/// Puts a message at the end. Two in a row by the same speaker are one: many models insist on turns.
fn add(messages: &mut Vec<Message>, message: Message) {
    match messages.last_mut() {
        Some(last) if last.speaker == message.speaker && message.speaker != Speaker::System => {
            if !message.text.is_empty() {
                if !last.text.is_empty() {
                    last.text.push_str("\n\n");
                }
                last.text.push_str(&message.text);
            }
            last.images.extend(message.images);
        }
        Some(_) | None => messages.push(message),
    }
}

fn lines_of(view: &View, settings: &AssistantSettings, question: &Question) -> Result<(String, Vec<Line>), NoContext> {
    let Question { conversation, seq, asker, assistant } = question;
    let Some((floor, head, _)) = visible(view, *asker, *conversation)? else { return Err(NoContext::Over) };
    let Some(row) = view.get::<ConversationRow>(conversation)? else { return Err(NoContext::Over) };
    let mut names = Names::new(row.app);
    let group = row.kind == ConversationKind::Group;
    let system = system_prompt(view, settings, &row, assistant, &mut names)?;
    let room = u64::from(settings.context_tokens).saturating_sub(u64::from(settings.reply_tokens));
    let mut left = room.saturating_sub(MESSAGE_TOKENS + tokens(&system));
    // Answers to questions that were asked before this one may stand after it.
    let wanted = |entry: &Entry| is_given(entry) && place(entry) <= (*seq, false);
    let mut said = back(view, *conversation, (floor, head), left, wanted)?;
    if !said.iter().any(|entry| entry.seq == *seq) {
        // An old question that is answered again.
        said = back(view, *conversation, (floor, *seq), left, wanted)?;
    }
    said.sort_by_key(|entry| place(entry));
    if said.last().is_none_or(|entry| entry.seq != *seq) {
        return Err(NoContext::Over);
    }
    let mut lines = Vec::new();
    for entry in said.iter().rev() {
        let mut line = line_of(view, settings, entry, group.then_some(&mut names), assistant)?;
        if entry.seq == *seq
            && let Some(quote) = quote(view, *conversation, (floor, head), entry, &mut names)?
        {
            line.text = format!("{quote}\n\n{}", line.text);
        }
        let cost = line.tokens();
        if cost > left {
            if lines.is_empty() {
                return Err(NoContext::TooLong(format!(
                    "The question is longer than this assistant takes (about {cost} tokens, and it has room for {left}); ask in \
                     parts."
                )));
            }
            break;
        }
        left -= cost;
        lines.push(line);
    }
    lines.reverse();
    Ok((system, lines))
}

/// The newest entries with `floor` ≤ seq ≤ `top` that are wanted, in no order: until they have more than `room` tokens, so that no more
/// of a conversation is in memory than a model can be given.
pub(super) fn back(
    view: &View,
    conversation: ConversationId,
    (floor, top): (Seq, Seq),
    room: u64,
    wanted: impl Fn(&Entry) -> bool,
) -> Result<Vec<Arc<Entry>>, Fault> {
    let (mut found, mut cost, mut seen, mut to) = (Vec::new(), 0, 0, top);
    while to >= floor && cost <= room && seen < ENTRIES_MAX {
        let piece = newest(view, conversation, (floor, to), PIECE)?;
        let Some(first) = piece.first().map(|entry| entry.seq) else { break };
        seen += piece.len();
        for entry in piece.into_iter().rev().filter(|entry| wanted(entry)) {
            cost += MESSAGE_TOKENS + tokens(&words(&entry.body));
            found.push(entry);
            if cost > room {
                break;
            }
        }
        to = Seq(first.0.saturating_sub(1));
    }
    Ok(found)
}

/// Where an entry stands in what is given: an answer right after its question.
fn place(entry: &Entry) -> (Seq, bool) {
    match &entry.body {
        Body::Answer(answer) => (answer.question, true),
        _ => (entry.seq, false),
    }
}

/// Messages, but not what is left of those that were recalled, nor answers without words.
fn is_given(entry: &Entry) -> bool {
    match &entry.body {
        Body::Recalled {} => false,
        Body::Answer(answer) => !answer.text.is_empty(),
        body => body.is_message(),
    }
}

fn system_prompt(
    view: &View,
    settings: &AssistantSettings,
    row: &ConversationRow,
    assistant: &UserId,
    names: &mut Names,
) -> Result<String, Fault> {
    let mut system = settings.system_prompt.as_ref().map(|text| text.as_str().to_owned()).unwrap_or_default();
    if row.kind == ConversationKind::Group {
        let name = names.of(view, assistant)?;
        let about = format!(
            "You are “{name}” in a group chat. Each message begins with the name of who says it. Answer the last message; do not \
             begin with your name."
        );
        system = if system.is_empty() { about } else { format!("{system}\n\n{about}") };
    }
    Ok(system)
}

fn line_of(
    view: &View,
    settings: &AssistantSettings,
    entry: &Entry,
    names: Option<&mut Names>,
    assistant: &UserId,
) -> Result<Line, Fault> {
    let own = matches!(entry.body, Body::Answer(_)) && entry.author.folded() == assistant.folded();
    let mut text = words(&entry.body);
    if let (Some(names), false) = (names, own) {
        text = format!("{}: {text}", names.of(view, &entry.author)?);
    }
    let image = if settings.images { image_of(&entry.body) } else { None };
    Ok(Line { speaker: if own { Speaker::Assistant } else { Speaker::User }, text, image })
}

/// What a message says, in words.
pub fn words(body: &Body) -> String {
    match body {
        Body::Text(text) => text.text.clone(),
        Body::Buttons(buttons) => buttons.text.text.clone(),
        Body::Answer(answer) => answer.text.clone(),
        Body::Media(file) => {
            let kind = match file.kind {
                MediaKind::Image => "picture",
                MediaKind::File => "file",
                MediaKind::Voice => "voice message",
                MediaKind::Video => "film",
            };
            format!("({kind}: {}) {}", file.info.name, file.caption.text).trim_end().to_owned()
        }
        Body::Location(place) => {
            let degrees = |e6: i32| f64::from(e6) / 1e6;
            let name = place.name.as_ref().map(|name| format!("{name}, ")).unwrap_or_default();
            format!("(place: {name}{:.5} {:.5})", degrees(place.latitude_e6), degrees(place.longitude_e6))
        }
        Body::ContactCard(card) => format!("(contact: {})", card.user),
        Body::Sticker(sticker) => sticker.name.to_string(),
        Body::Post(post) => post.words().join("\n"),
        Body::Custom(custom) => format!("({})", custom.kind),
        _ => String::new(),
    }
}

/// The picture of a message that models take.
fn image_of(body: &Body) -> Option<(MediaId, Variant, String)> {
    let Body::Media(file) = body else { return None };
    let info = &file.info;
    let known = matches!(info.content_type.as_str(), "image/png" | "image/jpeg" | "image/webp" | "image/gif");
    if file.kind != MediaKind::Image || !known {
        return None;
    }
    let variant = if info.bytes <= IMAGE_BYTES_MAX { Variant::Original } else { Variant::Thumbnail };
    (variant == Variant::Original || info.thumbnail).then(|| (info.media, variant, info.content_type.clone()))
}

fn read_image(media: &Media, id: MediaId, variant: Variant, content_type: &str) -> Option<String> {
    let (bytes, found_type) = media.whole(id, variant, IMAGE_BYTES_MAX)?;
    let content_type = found_type.unwrap_or(content_type);
    Some(format!("data:{content_type};base64,{}", STANDARD.encode(&bytes)))
}

/// The message that a question replies to, quoted, when whoever asks sees it.
fn quote(
    view: &View,
    conversation: ConversationId,
    (floor, head): (Seq, Seq),
    question: &Entry,
    names: &mut Names,
) -> Result<Option<String>, Fault> {
    let reply_to = match &question.body {
        Body::Text(text) => text.reply_to,
        Body::Media(file) => file.caption.reply_to,
        _ => None,
    };
    let Some(target) = reply_to.filter(|seq| (floor..=head).contains(seq)) else { return Ok(None) };
    let Some(entry) = view.entry(conversation, target)?.filter(|entry| is_given(entry)) else { return Ok(None) };
    let said = shortened(words(&entry.body), QUOTE_BYTES_MAX);
    let quoted: Vec<String> = said.lines().map(|line| format!("> {line}")).collect();
    Ok(Some(format!("(in reply to {})\n{}", names.of(view, &entry.author)?, quoted.join("\n"))))
}

/// Display names, each looked up once.
pub(super) struct Names {
    app: crate::model::AppId,
    known: BTreeMap<UserId, String>,
}

impl Names {
    pub(super) fn new(app: crate::model::AppId) -> Self {
        Self { app, known: BTreeMap::new() }
    }

    pub(super) fn of(&mut self, view: &View, id: &UserId) -> Result<String, Fault> {
        if let Some(name) = self.known.get(id) {
            return Ok(name.clone());
        }
        let row = match view.get::<UserIdRow>(&UserIdKey::new(self.app, id))? {
            Some(found) => view.get::<UserRow>(&found.user)?,
            None => None,
        };
        let name = row.map_or_else(|| id.to_string(), |row| row.name.to_string());
        self.known.insert(id.clone(), name.clone());
        Ok(name)
    }
}

/// About how many tokens messages have, for budgets when the provider does not say.
pub fn estimate(messages: &[Message], answer: &str) -> u64 {
    messages.iter().map(message_tokens).sum::<u64>() + tokens(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_in_a_row_by_one_speaker_are_one_message() {
        let mut messages = Vec::new();
        for (speaker, text) in [
            (Speaker::System, "s"),
            (Speaker::User, "a"),
            (Speaker::User, "b"),
            (Speaker::Assistant, "c"),
            (Speaker::User, "d"),
        ] {
            add(&mut messages, Message::new(speaker, text));
        }
        let texts: Vec<&str> = messages.iter().map(|message| message.text.as_str()).collect();
        assert_eq!(texts, ["s", "a\n\nb", "c", "d"]);
    }
}
