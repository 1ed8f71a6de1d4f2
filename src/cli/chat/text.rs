//! Text as a terminal shows it: cleaned, measured in cells, broken into rows.
//!
//! A character on the screen is a grapheme; it takes no, one or two cells. Everything here counts as ratatui's buffer does, so
//! that what is laid out is what is drawn.

use ratatui::buffer::CellWidth;
use ratatui::style::Style;
use ratatui::text::Span;

/// A grapheme of a text: where it ends and how many cells it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its first byte.
    pub start: usize,
    /// The byte after it.
    pub end: usize,
    /// Cells.
    pub width: usize,
}

/// The graphemes of `line`, which holds no control characters (see [`clean`]).
pub fn pieces(line: &str) -> Vec<Piece> {
    let mut start = 0;
    let span = Span::raw(line);
    span.styled_graphemes(Style::new())
        .map(|grapheme| {
            let piece =
                Piece { start, end: start + grapheme.symbol.len(), width: usize::from(grapheme.symbol.cell_width()) };
            start = piece.end;
            piece
        })
        .collect()
}

/// How many cells `line` takes.
pub fn width(line: &str) -> usize {
    pieces(line).iter().map(|piece| piece.width).sum()
}

/// What of `line` fits into `cells`, with `…` at its end when something was left out.
pub fn fit(line: &str, cells: usize) -> String {
    if width(line) <= cells {
        return line.to_owned();
    }
    let mut used = 0;
    let mut end = 0;
    for piece in pieces(line) {
        if used + piece.width + 1 > cells {
            break;
        }
        used += piece.width;
        end = piece.end;
    }
    if cells == 0 { String::new() } else { format!("{}…", &line[..end]) }
}

/// Takes out of a foreign text what would move the cursor, ring the bell or turn the reading direction. Lines stay lines.
pub fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => cleaned.push('\n'),
            '\t' => cleaned.push_str("    "),
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            c if c.is_control() => {}
            c => cleaned.push(c),
        }
    }
    cleaned
}

/// A foreign text in one line.
pub fn one_line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Breaks `text` into rows of at most `cells`, at spaces where there are any; a word that is too long is cut.
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(2);
    let mut rows = Vec::new();
    for line in text.split('\n') {
        wrap_line(line, cells, &mut rows);
    }
    rows
}

fn wrap_line(line: &str, cells: usize, rows: &mut Vec<String>) {
    let (mut start, mut used) = (0, 0);
    // Where the row may end: the byte after its last space, and the cells up to there.
    let mut space: Option<(usize, usize)> = None;
    for piece in pieces(line) {
        let blank = &line[piece.start..piece.end] == " ";
        if used + piece.width > cells && !blank {
            let (end, cells_before) = space.take().unwrap_or((piece.start, used));
            rows.push(line[start..end].trim_end_matches(' ').to_owned());
            start = end;
            used -= cells_before;
        }
        used += piece.width;
        if blank {
            space = Some((piece.end, used));
        }
    }
    rows.push(line[start..].trim_end_matches(' ').to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_take_two_cells_and_are_never_cut_in_half() {
        assert_eq!(width("日本語"), 6);
        assert_eq!(width("e\u{301}"), 1);
        assert_eq!(width("👩‍👩‍👧"), 2);
        assert_eq!(fit("日本語", 6), "日本語");
        assert_eq!(fit("日本語", 5), "日本…");
        assert_eq!(fit("日本語", 4), "日…");
        assert_eq!(wrap("日本語日本", 5), ["日本", "語日", "本"]);
    }

    #[test]
    fn rows_break_at_spaces_and_long_words_are_cut() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("one two three", 5), ["one", "two", "three"]);
        assert_eq!(wrap("abcdefgh ij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("a\n\nb", 9), ["a", "", "b"]);
        assert_eq!(wrap("", 9), [""]);
    }

    #[test]
    fn no_row_is_wider_than_asked_for() {
        let text = "a 日本 語 emoji 👍🏽 words 混ざった文章 and a verylongwordthatdoesnotfit";
        for cells in 2..40 {
            for row in wrap(text, cells) {
                assert!(width(&row) <= cells, "{row:?} in {cells}");
            }
            assert!(width(&fit(text, cells)) <= cells);
        }
    }

    #[test]
    fn a_message_cannot_move_the_cursor_or_turn_the_text() {
        assert_eq!(clean("a\x1b[2Jb\r\u{202e}c\u{9b}d"), "a[2Jbcd");
        assert_eq!(one_line(" two\n\tlines "), "two lines");
    }
}
