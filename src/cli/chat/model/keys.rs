//! Keys and what they do.

use super::{Action, End, Model, Pane};
use crate::cli::chat::command::{self};
use crate::cli::chat::editor::Editor;
use crate::cli::chat::{transcript, view};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

impl Model {
    pub(super) fn key(&mut self, key: KeyEvent, actions: &mut Vec<Action>) {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            KeyCode::Char('c' | 'q') if control => actions.push(Action::End(End::Quit)),
            KeyCode::Char('d') if control && self.editor.is_empty() => actions.push(Action::End(End::Quit)),
            KeyCode::Esc => self.escape(actions),
            KeyCode::PageUp => self.page(true, actions),
            KeyCode::PageDown => self.page(false, actions),
            KeyCode::Up if self.panel.is_some() => self.scroll_panel(-1),
            KeyCode::Down if self.panel.is_some() => self.scroll_panel(1),
            KeyCode::Tab | KeyCode::Down => self.step(1, actions),
            KeyCode::BackTab | KeyCode::Up => self.step(-1, actions),
            KeyCode::Char('n') if control => self.step(1, actions),
            KeyCode::Char('p') if control => self.step(-1, actions),
            KeyCode::Enter if alt => self.write(|editor| editor.insert("\n"), actions),
            KeyCode::Char('j') if control => self.write(|editor| editor.insert("\n"), actions),
            KeyCode::Enter => self.enter(actions),
            KeyCode::Left => self.editor.left(),
            KeyCode::Right => self.editor.right(),
            KeyCode::Home => self.editor.home(),
            KeyCode::End => self.editor.end(),
            KeyCode::Char('a') if control => self.editor.home(),
            KeyCode::Char('e') if control => self.editor.end(),
            KeyCode::Char('b') if control => self.editor.left(),
            KeyCode::Char('f') if control => self.editor.right(),
            KeyCode::Char('w') if control => self.write(Editor::cut_word, actions),
            KeyCode::Char('u') if control => self.write(Editor::cut_to_start, actions),
            KeyCode::Char('k') if control => self.write(Editor::cut_to_end, actions),
            KeyCode::Backspace if control || alt => self.write(Editor::cut_word, actions),
            KeyCode::Char('h') if control => self.write(Editor::backspace, actions),
            KeyCode::Backspace => self.write(Editor::backspace, actions),
            KeyCode::Delete => self.write(Editor::delete, actions),
            KeyCode::Char('d') if control => self.write(Editor::delete, actions),
            KeyCode::Char(typed) if !control && !alt => {
                let mut bytes = [0; 4];
                let typed: &str = typed.encode_utf8(&mut bytes);
                self.write(|editor| editor.insert(typed), actions);
            }
            _ => {}
        }
    }

    fn write(&mut self, change: impl FnOnce(&mut Editor), actions: &mut Vec<Action>) {
        change(&mut self.editor);
        self.tell_typing(actions);
    }

    fn escape(&mut self, actions: &mut Vec<Action>) {
        if self.panel.take().is_some() || self.note.take().is_some() {
            return;
        }
        let failed = self.failed.len();
        if self.scroll > 0 {
            self.scroll = 0;
            return;
        }
        self.failed.retain(|failed| Some(failed.conversation) != self.open);
        if self.failed.len() == failed && self.open.is_some() && (self.is_narrow() || self.editor.is_empty()) {
            self.close_chat(actions);
        }
    }

    fn scroll_panel(&mut self, by: isize) {
        let rows = view::panel_rows(self).len();
        let room = view::panel_room(self).1;
        if let Some(panel) = &mut self.panel {
            panel.scroll = panel.scroll.saturating_add_signed(by).min(rows.saturating_sub(room));
        }
    }

    fn page(&mut self, up: bool, actions: &mut Vec<Action>) {
        let height = usize::from(view::transcript_size(self).1).max(2);
        if self.panel.is_some() {
            let by = view::panel_room(self).1.cast_signed();
            self.scroll_panel(if up { -by } else { by });
            return;
        }
        if !up {
            self.scroll = self.scroll.saturating_sub(height - 1);
            return;
        }
        let Some(opened) = self.picture.opened.as_ref().filter(|opened| Some(opened.id) == self.open) else { return };
        let (id, has_older) = (opened.id, opened.has_older);
        let wanted = self.scroll + height - 1;
        let there = transcript::tail(self, wanted + height).len();
        self.scroll = wanted.min(there.saturating_sub(height));
        if has_older && there < wanted + height && self.loading.is_none() {
            if self.is_online() {
                self.loading = Some(id);
                actions.push(Action::LoadOlder(id));
            } else {
                self.complain("Older messages are loaded when the connection is back.");
            }
        }
    }

    fn enter(&mut self, actions: &mut Vec<Action>) {
        if self.editor.is_empty() {
            if self.panel.take().is_none()
                && self.is_narrow()
                && self.pane == Pane::List
                && let Some(id) = self.selected
            {
                self.open_chat(id, actions);
            }
            return;
        }
        if self.editor.text().trim().is_empty() {
            self.editor.take();
            return;
        }
        self.note = None;
        self.panel = None;
        let text = self.editor.take();
        self.stop_typing(actions);
        if let Err(sentence) = command::parse(&text).and_then(|line| self.carry_out(line, actions)) {
            // It stays there to be put right.
            self.editor = Editor::with(text);
            self.complain(sentence);
        }
    }
}
