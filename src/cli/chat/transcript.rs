//! A conversation as rows: authors, times, marks, quotes, reactions.
//!
//! Rows are made from the newest entry backwards and only as many as are asked for, so that a long conversation costs no more than
//! a short one.

use super::model::Model;
use super::picture::{Opened, is_shown};
use super::{text, view, words};
use crate::client::Link;
use crate::model::{Body, Command, Content, Entry, Seq, UserId};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use std::collections::VecDeque;

/// Cells of a quote, at most.
const QUOTE_CELLS_MAX: usize = 60;
/// Users named at a reaction before they are counted.
const REACTED_NAMES_MAX: usize = 3;
/// Colours of authors; readable on dark and on light.
const COLOURS: [Color; 5] = [Color::Cyan, Color::Green, Color::Magenta, Color::Yellow, Color::Blue];

/// What is less important.
pub const DIM: Style = Style::new().add_modifier(Modifier::DIM);
/// What went wrong.
pub const BAD: Style = Style::new().fg(Color::Red);

/// The colour of a user: the same everywhere.
pub fn colour(user: &UserId) -> Style {
    let sum = user.folded().bytes().fold(7_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
    Style::new().fg(COLOURS[sum % COLOURS.len()])
}

/// The last rows of the open conversation: at least `wanted` when there are so many.
pub fn tail(model: &Model, wanted: usize) -> Vec<Line<'static>> {
    let Some(opened) = opened(model) else { return Vec::new() };
    let mut rows: VecDeque<Line<'static>> = unsent(model).into();
    let shown: Vec<&Entry> = opened.entries.iter().map(AsRef::as_ref).filter(|entry| is_shown(&entry.body)).collect();
    for index in (0..shown.len()).rev() {
        if rows.len() >= wanted {
            return rows.into();
        }
        let before = index.checked_sub(1).map(|before| shown[before]);
        for row in block(model, opened, before, shown[index]).into_iter().rev() {
            rows.push_front(row);
        }
    }
    if let Some(row) = beginning(model, opened) {
        rows.push_front(row);
    }
    rows.into()
}

/// How many rows there are below the entry `seq`.
pub fn rows_after(model: &Model, seq: Seq) -> usize {
    let Some(opened) = opened(model) else { return 0 };
    let mut before = None;
    let mut rows = unsent(model).len();
    for entry in opened.entries.iter().filter(|entry| is_shown(&entry.body)) {
        if entry.seq > seq {
            rows += block(model, opened, before, entry).len();
        }
        before = Some(entry.as_ref());
    }
    rows
}

fn opened(model: &Model) -> Option<&Opened> {
    model.picture.opened.as_ref().filter(|opened| Some(opened.id) == model.open)
}

/// What stands above the oldest entry that is here.
fn beginning(model: &Model, opened: &Opened) -> Option<Line<'static>> {
    let words = if model.loading == Some(opened.id) {
        "loading older messages…"
    } else if opened.has_older {
        "PageUp loads older messages"
    } else if opened.chat.is_none() {
        "loading…"
    } else if opened.entries.is_empty() && model.picture.waiting().next().is_none() {
        "no messages yet: write the first one"
    } else {
        return None;
    };
    Some(Line::styled(words, DIM))
}

/// One entry, with what stands above it: the day when it is another one, the line above what is new.
fn block(model: &Model, opened: &Opened, before: Option<&Entry>, entry: &Entry) -> Vec<Line<'static>> {
    let columns = usize::from(view::transcript_size(model).0);
    let mut rows = Vec::new();
    if before.is_none_or(|before| !model.offset.is_same_day(before.at, entry.at)) {
        rows.push(rule(&model.offset.day(entry.at), columns, DIM));
    }
    if model.fresh_from.is_some_and(|fresh| entry.seq >= fresh && before.is_none_or(|before| before.seq < fresh)) {
        rows.push(rule("new", columns, BAD));
    }
    let me = model.picture.me.as_ref();
    let time = Span::styled(format!("{} ", model.offset.minute(entry.at)), DIM);
    if !words::is_said(&entry.body) {
        let style = DIM.add_modifier(Modifier::ITALIC);
        rows.extend(hang(&[time], &[(words::body(entry, me), style)], columns));
        rows.extend(reactions(model, entry, columns));
        return rows;
    }
    let mine = model.picture.is_me(&entry.author);
    let style = if mine { colour(&entry.author).add_modifier(Modifier::BOLD) } else { colour(&entry.author) };
    let author = Span::styled(format!("{}: ", entry.author), style);
    let mut marks = String::new();
    if entry.edited_at.is_some() {
        marks.push_str(" (edited)");
    }
    if mine && let Some(chat) = &opened.chat {
        marks.push_str("  ");
        marks.push_str(&words::state(&chat.about, &model.picture, entry.seq));
    }
    let quote = reply_to(&entry.body).map(|seq| quote(opened, seq, me));
    if let Some(quote) = quote {
        let cells = columns.saturating_sub(8).min(QUOTE_CELLS_MAX);
        rows.push(Line::from(vec![Span::raw("      "), Span::styled(format!("┃ {}", text::fit(&quote, cells)), DIM)]));
    }
    rows.extend(hang(&[time, author], &[(words::body(entry, me), Style::new()), (marks, DIM)], columns));
    rows.extend(reactions(model, entry, columns));
    rows
}

fn reply_to(body: &Body) -> Option<Seq> {
    match body {
        Body::Text(words) => words.reply_to,
        Body::Custom(custom) => custom.reply_to,
        _ => None,
    }
}

fn quote(opened: &Opened, seq: Seq, me: Option<&UserId>) -> String {
    match opened.entries.iter().find(|entry| entry.seq == seq) {
        Some(entry) if words::is_said(&entry.body) => {
            format!("{}: {}", entry.author, text::one_line(&words::body(entry, me)))
        }
        Some(entry) => words::body(entry, me),
        None => "an older message".to_owned(),
    }
}

fn reactions(model: &Model, entry: &Entry, columns: usize) -> Vec<Line<'static>> {
    if entry.reactions.is_empty() {
        return Vec::new();
    }
    let me = model.picture.me.as_ref();
    let one = |reaction: &crate::model::Reaction| {
        let emoji = text::one_line(reaction.emoji.as_str());
        match reaction.users.len() {
            count @ 0..=REACTED_NAMES_MAX if count > 0 => format!("{emoji} {}", words::names(&reaction.users, me)),
            count => format!("{emoji} {count}"),
        }
    };
    let all = entry.reactions.iter().map(one).collect::<Vec<_>>().join("  ");
    hang(&[Span::raw("      ")], &[(all, DIM)], columns)
}

/// What was written here and is not in the log: what waits, and what was refused.
fn unsent(model: &Model) -> Vec<Line<'static>> {
    let columns = usize::from(view::transcript_size(model).0);
    let mut rows = Vec::new();
    let me = model.picture.me.as_ref().unwrap_or(&model.user);
    let author = Span::styled(format!("{me}: "), colour(me).add_modifier(Modifier::BOLD));
    let state = match model.link {
        Link::Online | Link::Synced => "  sending…",
        _ => "  waits for the connection",
    };
    for (key, command) in model.picture.waiting() {
        let Command::Send { content, .. } = command else { continue };
        let words = match content {
            Content::Text(words) => text::clean(&words.text),
            Content::Custom(custom) => format!("[{}]", text::one_line(&custom.kind)),
            Content::Media(attach) => format!("[file] {}", text::clean(&attach.caption.text)),
            Content::Location(_) => "[location]".to_owned(),
            Content::ContactCard(card) => format!("[contact {}]", card.user),
            Content::Sticker(sticker) => sticker.name.to_string(),
            Content::Buttons(buttons) => text::clean(&buttons.text.text),
        };
        let time = Span::styled(format!("{} ", model.offset.minute(key.time())), DIM);
        rows.extend(hang(&[time, author.clone()], &[(words, DIM), (state.to_owned(), DIM)], columns));
    }
    for failed in model.failed.iter().filter(|failed| Some(failed.conversation) == model.open) {
        let mark = Span::styled("    ! ", BAD);
        let parts = [(text::clean(&failed.text), Style::new()), (format!("  not sent: {}", failed.why), BAD)];
        rows.extend(hang(&[mark, author.clone()], &parts, columns));
    }
    rows
}

/// A line across, with a word in it.
fn rule(word: &str, columns: usize, style: Style) -> Line<'static> {
    let rest = columns.saturating_sub(text::width(word) + 4);
    Line::styled(format!("── {word} {}", "─".repeat(rest)), style)
}

/// Text behind a head, broken into rows that start below the text (or, where there is little room, below the time).
fn hang(head: &[Span<'static>], parts: &[(String, Style)], columns: usize) -> Vec<Line<'static>> {
    let head_cells: usize = head.iter().map(|span| text::width(&span.content)).sum();
    let indent = if head_cells > columns / 3 { 2.min(columns / 2) } else { head_cells };
    // The head is wrapped together with the text, as so many characters that never break, and then taken out again.
    let whole: String = parts.iter().map(|(part, _)| part.as_str()).collect();
    let room = columns.saturating_sub(indent).max(2);
    let first_room = columns.saturating_sub(head_cells);
    let mut pieces = Vec::new();
    if first_room >= 8.min(room) {
        let filler = "\u{2588}".repeat(head_cells.saturating_sub(indent));
        for (index, row) in text::wrap(&format!("{filler}{whole}"), room).into_iter().enumerate() {
            pieces.push(if index == 0 { row.strip_prefix(&filler).unwrap_or(&row).to_owned() } else { row });
        }
    } else {
        pieces.push(String::new());
        pieces.extend(text::wrap(&whole, room));
    }
    // Breaking takes spaces and line ends away, so styles are counted off by what is left: every other character.
    let mut styles =
        parts.iter().flat_map(|(part, style)| part.chars().filter(|c| !c.is_whitespace()).map(move |_| *style));
    let mut style = parts.first().map_or_else(Style::new, |(_, style)| *style);
    let mut rows = Vec::new();
    for (index, piece) in pieces.into_iter().enumerate() {
        let mut spans = if index == 0 { head.to_vec() } else { vec![Span::raw(" ".repeat(indent))] };
        let mut run = String::new();
        for c in piece.chars() {
            let next = if c.is_whitespace() { style } else { styles.next().unwrap_or(style) };
            if next != style {
                spans.push(Span::styled(std::mem::take(&mut run), style));
                style = next;
            }
            run.push(c);
        }
        spans.push(Span::styled(run, style));
        rows.push(Line::from(spans));
    }
    rows
}
