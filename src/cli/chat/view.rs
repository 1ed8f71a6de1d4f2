//! The model drawn into a buffer.
//!
//! From top to bottom: who and where and how the connection is; the list and the conversation beside each other (one of them where
//! there is little room); the line that is being written; help, or what there is to say.

use super::model::{Model, Pane};
use super::picture::Chat;
use super::transcript::{self, BAD, DIM};
use super::{text, words};
use crate::client::Link;
use crate::model::PresenceState;
use crate::model::{Body, ConversationKind, UserId};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

/// From this many columns on the list and the conversation stand beside each other.
pub const TWO_PANES_COLUMNS: u16 = 60;
/// The list's columns at least and at most.
const LIST_COLUMNS: (u16, u16) = (20, 34);
/// Rows of the line that is being written, at most.
const EDITOR_ROWS_MAX: usize = 4;
/// Rows of what there is to say, at most.
const NOTE_ROWS_MAX: usize = 3;
/// What stands before the line that is being written.
const PROMPT: &str = "> ";
const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);

/// Where everything is.
struct Areas {
    header: Rect,
    /// The list and the conversation together.
    body: Rect,
    list: Rect,
    title: Rect,
    transcript: Rect,
    typing: Rect,
    editor: Rect,
    footer: Rect,
}

fn areas(model: &Model) -> Areas {
    let (columns, rows) = model.size;
    let whole = Rect::new(0, 0, columns, rows);
    let footer_rows = (footer(model).len() as u16).min(rows);
    let editor_rows = (editor(model).0.len() as u16).min(rows - footer_rows);
    let header_rows = 1.min(rows - footer_rows - editor_rows);
    let body_rows = rows - footer_rows - editor_rows - header_rows;
    let body = Rect::new(0, header_rows, columns, body_rows);
    let list_columns = match (model.is_narrow(), model.pane) {
        (true, Pane::List) => columns,
        (true, Pane::Chat) => 0,
        (false, _) => (columns * 3 / 10).clamp(LIST_COLUMNS.0, LIST_COLUMNS.1),
    };
    // One column between them is the line that parts them.
    let chat_x = if list_columns == 0 { 0 } else { (list_columns + 1).min(columns) };
    // A narrow list hides the conversation, which is measured nevertheless as if it were there.
    let chat = if model.is_narrow() { body } else { Rect::new(chat_x, body.y, columns - chat_x, body_rows) };
    let title_rows = 1.min(chat.height);
    let typing_rows = 1.min(chat.height - title_rows);
    Areas {
        header: Rect::new(0, 0, columns, header_rows),
        body,
        list: Rect::new(0, body.y, list_columns, body_rows),
        title: Rect { height: title_rows, ..chat },
        transcript: Rect { y: chat.y + title_rows, height: chat.height - title_rows - typing_rows, ..chat },
        typing: Rect { y: chat.bottom() - typing_rows, height: typing_rows, ..chat },
        editor: Rect::new(0, body.bottom(), columns, editor_rows),
        footer: Rect::new(0, body.bottom() + editor_rows, columns, footer_rows),
    }
    .within(whole)
}

impl Areas {
    fn within(mut self, whole: Rect) -> Self {
        for area in [
            &mut self.header,
            &mut self.list,
            &mut self.title,
            &mut self.transcript,
            &mut self.typing,
            &mut self.editor,
            &mut self.footer,
        ] {
            *area = area.intersection(whole);
        }
        self
    }
}

/// Columns and rows of the conversation.
pub fn transcript_size(model: &Model) -> (u16, u16) {
    let area = areas(model).transcript;
    (area.width, area.height)
}

/// Draws everything; gives the place of the cursor.
pub fn draw(model: &Model, buffer: &mut Buffer) -> Position {
    let areas = areas(model);
    draw_header(model, areas.header, buffer);
    if model.panel.is_some() {
        draw_panel(model, areas.body, buffer);
    } else {
        if areas.list.width > 0 {
            draw_list(model, areas.list, buffer);
        }
        if !model.is_narrow() {
            let x = areas.list.right();
            for y in areas.list.top()..areas.list.bottom() {
                buffer.set_string(x, y, "│", DIM);
            }
        }
        if model.shows_chat() {
            draw_chat(model, &areas, buffer);
        }
    }
    for (row, line) in (areas.footer.top()..areas.footer.bottom()).zip(footer(model)) {
        buffer.set_line(0, row, &line, areas.footer.width);
    }
    draw_editor(model, areas.editor, buffer)
}

fn draw_header(model: &Model, area: Rect, buffer: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let style = Style::new().add_modifier(Modifier::REVERSED);
    buffer.set_style(area, style);
    let me = model.picture.me.as_ref().unwrap_or(&model.user);
    let left = format!(" tidings  {me}");
    let columns = usize::from(area.width);
    let state = text::fit(&link(model), columns.saturating_sub(text::width(&left) + 2));
    buffer.set_stringn(0, area.y, &left, columns, style);
    let x = columns.saturating_sub(text::width(&state) + 1);
    let style = if model.is_online() { style } else { style.add_modifier(Modifier::BOLD) };
    buffer.set_stringn(x as u16, area.y, &state, columns - x, style);
}

/// How the connection is, in a few words.
fn link(model: &Model) -> String {
    match &model.link {
        Link::Connecting => format!("connecting to {}…", model.server),
        Link::Online if model.synced => format!("{} · catching up…", model.server),
        Link::Online => format!("{} · loading…", model.server),
        Link::Synced => format!("{} · online", model.server),
        Link::Offline { retry_in_ms, .. } => {
            let left_ms = retry_in_ms.saturating_sub(model.now.since_ms(model.link_since));
            format!("offline · trying again in {} s", left_ms.div_ceil(1_000))
        }
        Link::Over => "offline".to_owned(),
    }
}

fn draw_list(model: &Model, area: Rect, buffer: &mut Buffer) {
    let chats = &model.picture.chats;
    if chats.is_empty() {
        let words = match (&model.link, model.synced) {
            (_, true) => "no conversations yet: /dm NAME",
            (Link::Offline { .. } | Link::Over, false) => "not connected yet",
            (Link::Connecting | Link::Online | Link::Synced, false) => "loading…",
        };
        for (y, row) in (area.top()..area.bottom()).zip(text::wrap(words, usize::from(area.width).saturating_sub(1))) {
            buffer.set_stringn(area.x + 1, y, row, usize::from(area.width.saturating_sub(1)), DIM);
        }
        return;
    }
    let marked = if model.is_narrow() { model.selected } else { model.open };
    let at = chats.iter().position(|chat| Some(chat.about.id) == marked).unwrap_or(0);
    let room = usize::from(area.height / 2).max(1);
    let first = at.saturating_sub(room - 1);
    for (index, chat) in chats.iter().skip(first).take(room).enumerate() {
        let row = Rect { y: area.y + 2 * index as u16, height: 2, ..area }.intersection(area);
        draw_row(model, chat, Some(chat.about.id) == marked, row, buffer);
    }
}

fn draw_row(model: &Model, chat: &Chat, marked: bool, area: Rect, buffer: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let columns = usize::from(area.width);
    let inbox = &chat.about.inbox;
    let muted = inbox.muted_until.is_some_and(|until| until > model.now);
    let mut right = String::new();
    if inbox.pinned {
        right.push_str(" pin");
    }
    if muted {
        right.push_str(" mute");
    }
    let mut count = match (inbox.unread, inbox.marked_unread) {
        (0, false) => String::new(),
        (0, true) => " •".to_owned(),
        (unread, _) => format!(" {unread}"),
    };
    if inbox.mentions > 0 {
        count.push('@');
    }
    let (dot, dot_style) = presence_dot(model, chat);
    let name_style = if chat.is_unread() && !muted { BOLD } else { Style::new() };
    let name_cells = columns.saturating_sub(2 + text::width(&right) + text::width(&count) + 1);
    let name = text::fit(&chat.name(), name_cells);
    let gap = " ".repeat(name_cells.saturating_sub(text::width(&name)));
    let line = Line::from(vec![
        Span::styled(dot, dot_style),
        Span::raw(" "),
        Span::styled(name, name_style),
        Span::raw(gap),
        Span::styled(right, DIM),
        Span::styled(count, if muted { DIM } else { BOLD.fg(Color::Yellow) }),
    ]);
    buffer.set_line(area.x, area.y, &line, area.width);
    if area.height > 1 {
        let newest = text::fit(&newest(model, chat), columns.saturating_sub(3));
        buffer.set_stringn(area.x + 2, area.y + 1, newest, columns.saturating_sub(2), DIM);
    }
    if marked {
        buffer.set_style(area, Style::new().add_modifier(Modifier::REVERSED));
    }
}

fn presence_dot(model: &Model, chat: &Chat) -> (&'static str, Style) {
    match chat.about.peer.as_ref().and_then(|peer| model.presence(peer)).map(|presence| presence.state) {
        Some(PresenceState::Online) => ("●", Style::new().fg(Color::Green)),
        Some(PresenceState::Away) => ("◐", Style::new().fg(Color::Yellow)),
        Some(PresenceState::Busy) => ("●", Style::new().fg(Color::Red)),
        Some(PresenceState::Offline) => ("○", DIM),
        None if chat.about.kind == ConversationKind::Group => ("#", DIM),
        None => (" ", DIM),
    }
}

/// The newest line of a conversation, for the list.
fn newest(model: &Model, chat: &Chat) -> String {
    let typists = model.typists(chat.about.id);
    if !typists.is_empty() && model.open != Some(chat.about.id) {
        return words::typing(&typists);
    }
    let Some(entry) = &chat.newest else { return String::new() };
    let me = model.picture.me.as_ref();
    let body = text::one_line(&words::body(entry, me));
    let mine = model.picture.is_me(&entry.author);
    match (&entry.body, chat.about.kind) {
        (Body::Text(_) | Body::Custom(_), _) if mine => format!("you: {body}"),
        (Body::Text(_) | Body::Custom(_) | Body::Answer(_), ConversationKind::Group) => {
            format!("{}: {body}", entry.author)
        }
        _ => body,
    }
}

fn draw_chat(model: &Model, areas: &Areas, buffer: &mut Buffer) {
    let area = areas.transcript;
    let Some(open) = model.open else {
        let words = if model.picture.chats.is_empty() {
            "Write /dm NAME to talk to somebody, or /help to see what else there is."
        } else {
            "Choose a conversation with Tab or the arrows, or write /dm NAME."
        };
        let room = usize::from(area.width).saturating_sub(2);
        for (y, row) in (area.top()..area.bottom()).zip(text::wrap(words, room)) {
            buffer.set_stringn(area.x + 1, y, row, room, DIM);
        }
        return;
    };
    if !areas.title.is_empty() {
        let (title, about) = title(model);
        let cells = usize::from(area.width);
        let title = text::fit(&title, cells);
        let about = text::fit(&about, cells.saturating_sub(text::width(&title) + 2));
        let line = Line::from(vec![Span::styled(title, BOLD), Span::raw("  "), Span::styled(about, DIM)]);
        buffer.set_line(areas.title.x, areas.title.y, &line, areas.title.width);
    }
    let height = usize::from(area.height);
    let rows = transcript::tail(model, model.scroll + height);
    let end = rows.len().saturating_sub(model.scroll);
    let start = end.saturating_sub(height);
    // A short conversation stands at the bottom, next to the line that is being written.
    let top = area.bottom().saturating_sub((end - start) as u16);
    for (y, row) in (top..area.bottom()).zip(&rows[start..end]) {
        buffer.set_line(area.x, y, row, area.width);
    }
    if !areas.typing.is_empty() {
        let below = if model.scroll > 0 { "↓ newer messages below (Esc)" } else { "" };
        let typing = words::typing(&model.typists(open));
        let words = if typing.is_empty() { below.to_owned() } else { typing };
        buffer.set_stringn(areas.typing.x, areas.typing.y, words, usize::from(areas.typing.width), DIM);
    }
}

/// What the open conversation is called, and what there is to say about it.
fn title(model: &Model) -> (String, String) {
    let Some(chat) = model.chat() else { return ("…".to_owned(), "loading".to_owned()) };
    let about = match (&chat.about.kind, &chat.about.peer) {
        _ if chat.about.inbox.gone => "you are no longer in this group".to_owned(),
        (ConversationKind::Direct, Some(peer)) => peer_state(model, peer),
        (ConversationKind::Direct, None) | (ConversationKind::Feed, _) => String::new(),
        (ConversationKind::Assistant, _) => "a chat with an assistant".to_owned(),
        (ConversationKind::Group, _) => match chat.about.members {
            1 => "1 member".to_owned(),
            members => format!("{members} members"),
        },
    };
    (chat.name(), about)
}

fn peer_state(model: &Model, peer: &UserId) -> String {
    model.presence(peer).map(|presence| words::presence(presence, model.offset, model.now)).unwrap_or_default()
}

/// Columns and rows of what is in the window, without its title.
pub fn panel_room(model: &Model) -> (usize, usize) {
    let area = areas(model).body;
    (usize::from(area.width).saturating_sub(2), usize::from(area.height).saturating_sub(1))
}

/// The rows of the window, as wide as there is room.
pub fn panel_rows(model: &Model) -> Vec<String> {
    let columns = panel_room(model).0;
    model.panel.iter().flat_map(|panel| &panel.rows).flat_map(|row| text::wrap(row, columns)).collect()
}

fn draw_panel(model: &Model, area: Rect, buffer: &mut Buffer) {
    let Some(panel) = &model.panel else { return };
    let cells = usize::from(area.width).saturating_sub(1);
    let rows = panel_rows(model).into_iter().skip(panel.scroll);
    let all = std::iter::once((text::fit(&panel.title, cells), BOLD)).chain(rows.map(|row| (row, Style::new())));
    for (y, (row, style)) in (area.top()..area.bottom()).zip(all) {
        buffer.set_stringn(area.x + 1, y, row, cells, style);
    }
}

/// The rows of the editor that are shown, and the row and column of the cursor in them.
fn editor(model: &Model) -> (Vec<String>, usize, usize) {
    let columns = usize::from(model.size.0).saturating_sub(PROMPT.len());
    let (rows, row, column) = model.editor.rows(columns);
    let first = row.saturating_sub(EDITOR_ROWS_MAX - 1);
    (rows.into_iter().skip(first).take(EDITOR_ROWS_MAX).collect(), row - first, column)
}

fn draw_editor(model: &Model, area: Rect, buffer: &mut Buffer) -> Position {
    let (rows, row, column) = editor(model);
    for (index, (y, text)) in (area.top()..area.bottom()).zip(rows).enumerate() {
        let prompt = if index == 0 { PROMPT } else { "  " };
        buffer.set_stringn(area.x, y, prompt, usize::from(area.width), BOLD);
        let x = area.x + PROMPT.len() as u16;
        buffer.set_stringn(x, y, text, usize::from(area.right().saturating_sub(x)), Style::new());
    }
    let (right, bottom) = (area.right().saturating_sub(1), area.bottom().saturating_sub(1));
    Position::new((area.x + (PROMPT.len() + column) as u16).min(right), (area.y + row as u16).min(bottom))
}

/// What stands at the bottom: what there is to say, why there is no connection, or which keys there are.
fn footer(model: &Model) -> Vec<Line<'static>> {
    let columns = usize::from(model.size.0);
    let said = |words: &str, style: Style| -> Vec<Line<'static>> {
        text::wrap(words, columns).into_iter().take(NOTE_ROWS_MAX).map(|row| Line::styled(row, style)).collect()
    };
    if let Some(note) = &model.note {
        return said(&note.text, if note.bad { BAD } else { Style::new() });
    }
    if let Some(trouble) = &model.trouble {
        return said(&format!("{trouble} What you write is kept and sent when the connection is back."), BAD);
    }
    let keys = match (model.is_narrow(), model.pane) {
        _ if model.panel.is_some() => "Esc close  Up/Down scroll",
        (true, Pane::List) => "Up/Down choose  Enter open  /help",
        (true, Pane::Chat) => "Enter send  Esc list  PgUp older  /help",
        (false, _) => "Enter send  Tab next conversation  PgUp/PgDn scroll  Esc back  /help  /quit",
    };
    vec![Line::styled(text::fit(keys, columns), DIM)]
}
