//! The line that is being written.

use super::text::{self, Piece};

/// Longest text that is taken, in bytes; the server's own limit is lower or equal and says so itself.
const BYTES_MAX: usize = 96 * 1024;

/// A text and the place in it where the next character goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Editor {
    text: String,
    /// A byte between two graphemes of `text`.
    at: usize,
}

impl Editor {
    /// One that holds `text`, with the cursor at its end.
    pub fn with(text: String) -> Self {
        Self { at: text.len(), text }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether there is nothing in it.
    pub const fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Takes the text out.
    pub fn take(&mut self) -> String {
        self.at = 0;
        std::mem::take(&mut self.text)
    }

    /// Writes at the cursor. What would not show is left out.
    pub fn insert(&mut self, text: &str) {
        let text = text::clean(&text.replace("\r\n", "\n").replace('\r', "\n"));
        if self.text.len() + text.len() <= BYTES_MAX {
            self.text.insert_str(self.at, &text);
            self.at += text.len();
            // A combining mark joins what stands before or behind it.
            self.at = self.stops().into_iter().find(|stop| *stop >= self.at).unwrap_or(self.text.len());
        }
    }

    /// Every place where the cursor can stand.
    fn stops(&self) -> Vec<usize> {
        let mut stops = vec![0];
        let mut start = 0;
        for line in self.text.split('\n') {
            if start > 0 {
                stops.push(start);
            }
            stops.extend(text::pieces(line).into_iter().map(|Piece { end, .. }| start + end));
            start += line.len() + 1;
        }
        stops
    }

    fn before(&self) -> usize {
        self.stops().into_iter().rev().find(|stop| *stop < self.at).unwrap_or(0)
    }

    fn after(&self) -> usize {
        self.stops().into_iter().find(|stop| *stop > self.at).unwrap_or(self.text.len())
    }

    fn word_before(&self) -> usize {
        let before = self.text[..self.at].trim_end();
        before.rfind(char::is_whitespace).map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8))
    }

    fn cut(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.at = from;
    }

    /// One character to the left.
    pub fn left(&mut self) {
        self.at = self.before();
    }

    /// One character to the right.
    pub fn right(&mut self) {
        self.at = self.after();
    }

    /// To the start.
    pub const fn home(&mut self) {
        self.at = 0;
    }

    /// To the end.
    pub const fn end(&mut self) {
        self.at = self.text.len();
    }

    /// Takes away the character before the cursor.
    pub fn backspace(&mut self) {
        self.cut(self.before(), self.at);
    }

    /// Takes away the character behind the cursor.
    pub fn delete(&mut self) {
        self.cut(self.at, self.after());
    }

    /// Takes away the word before the cursor.
    pub fn cut_word(&mut self) {
        self.cut(self.word_before(), self.at);
    }

    /// Takes away everything before the cursor.
    pub fn cut_to_start(&mut self) {
        self.cut(0, self.at);
    }

    /// Takes away everything behind the cursor.
    pub fn cut_to_end(&mut self) {
        self.cut(self.at, self.text.len());
    }

    /// The text in rows of at most `cells`, and the row and column of the cursor. A cursor behind a full row stands in a new one.
    pub fn rows(&self, cells: usize) -> (Vec<String>, usize, usize) {
        let cells = cells.max(2);
        let mut rows = vec![String::new()];
        let (mut used, mut cursor, mut start) = (0, (0, 0), 0);
        for (index, line) in self.text.split('\n').enumerate() {
            if index > 0 {
                rows.push(String::new());
                used = 0;
            }
            for piece in text::pieces(line) {
                if used + piece.width > cells {
                    rows.push(String::new());
                    used = 0;
                }
                if start + piece.start == self.at {
                    cursor = (rows.len() - 1, used);
                }
                used += piece.width;
                if let Some(row) = rows.last_mut() {
                    row.push_str(&line[piece.start..piece.end]);
                }
            }
            start += line.len();
            if start == self.at {
                if used >= cells {
                    rows.push(String::new());
                    used = 0;
                }
                cursor = (rows.len() - 1, used);
            }
            start += 1;
        }
        (rows, cursor.0, cursor.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_moves_by_characters_as_they_are_seen() {
        let mut editor = Editor::default();
        editor.insert("aé日👩‍👩‍👧");
        assert_eq!(editor.rows(20), (vec!["aé日👩‍👩‍👧".to_owned()], 0, 6));
        editor.left();
        assert_eq!(editor.rows(20).2, 4);
        editor.backspace();
        assert_eq!(editor.text(), "aé👩‍👩‍👧");
        editor.delete();
        assert_eq!(editor.text(), "aé");
        editor.delete();
        editor.home();
        editor.backspace();
        editor.right();
        editor.insert("x");
        assert_eq!(editor.text(), "axé");
    }

    #[test]
    fn words_and_lines_are_cut_at_once() {
        let mut editor = Editor::with("one two  ".to_owned());
        editor.cut_word();
        assert_eq!(editor.text(), "one ");
        editor.cut_to_start();
        assert!(editor.is_empty());
        editor.insert("a\r\nb\x1b");
        assert_eq!(editor.text(), "a\nb");
        assert_eq!(editor.rows(9), (vec!["a".to_owned(), "b".to_owned()], 1, 1));
        editor.left();
        editor.left();
        assert_eq!((editor.rows(9).1, editor.rows(9).2), (0, 1));
        editor.cut_to_end();
        assert_eq!(editor.take(), "a");
    }

    #[test]
    fn a_long_line_goes_on_in_the_next_row_with_the_cursor() {
        let editor = Editor::with("日本語".to_owned());
        assert_eq!(editor.rows(5), (vec!["日本".to_owned(), "語".to_owned()], 1, 2));
        let editor = Editor::with("abcd".to_owned());
        assert_eq!(editor.rows(4), (vec!["abcd".to_owned(), String::new()], 1, 0));
    }
}
