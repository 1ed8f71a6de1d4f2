//! Formatted text of Slack's newer editor (`rich_text`) as Markdown.

use super::emoji::drawn;
use super::list;
use super::mrkdwn::decoded;
use super::words::{code, code_block, cut, line, link, plain, said, url_of};
use serde_json::Value;

/// Parts of one text, pieces of one part.
const PARTS_MAX: usize = 50;
const PIECES_MAX: usize = 200;

/// What a block says.
pub fn markdown(block: &Value) -> String {
    let mut out = String::new();
    for part in list(block.get("elements")).take(PARTS_MAX) {
        let (words, apart) = self::part(part);
        if words.is_empty() {
            continue;
        }
        // What is no list or quote any more begins another paragraph.
        if !out.is_empty() {
            out.push_str(if apart { "\n\n" } else { "\n" });
        }
        out.push_str(&words);
    }
    cut(out.trim_matches('\n'))
}

/// One part, and whether it must not go on with what stands above it.
fn part(part: &Value) -> (String, bool) {
    let kind = part.get("type").and_then(Value::as_str);
    let inner = || list(part.get("elements")).take(PIECES_MAX);
    match kind {
        Some("rich_text_list") => {
            let ordered = part.get("style").and_then(Value::as_str) == Some("ordered");
            let depth = part.get("indent").and_then(Value::as_u64).unwrap_or(0).min(8) as usize;
            let begin = part.get("offset").and_then(Value::as_u64).unwrap_or(0).min(1_000_000) + 1;
            let items = inner().zip(begin..).map(|(item, number)| {
                let mark = if ordered { format!("{number}.") } else { "-".to_owned() };
                format!("{}{mark} {}", "   ".repeat(depth), pieces(item).replace('\n', " "))
            });
            (items.collect::<Vec<_>>().join("\n"), false)
        }
        Some("rich_text_quote") => {
            (pieces(part).split('\n').map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n"), false)
        }
        Some("rich_text_preformatted") => {
            let words: String = inner().map(|piece| decoded(&as_it_is(piece))).collect();
            (if words.is_empty() { words } else { code_block(&words) }, false)
        }
        _ => (pieces(part).trim_matches('\n').to_owned(), true),
    }
}

fn pieces(part: &Value) -> String {
    list(part.get("elements")).take(PIECES_MAX).map(piece).collect()
}

/// A piece without its style.
fn as_it_is(piece: &Value) -> String {
    let words = said(piece, "text");
    if words.is_empty() { url_of(piece, "url").unwrap_or_default() } else { words }
}

fn piece(piece: &Value) -> String {
    let named = |mark: char, member: &str| format!("{mark}{}", plain(&line(piece, member)));
    match piece.get("type").and_then(Value::as_str) {
        Some("text") => styled(piece, &decoded(&said(piece, "text"))),
        Some("link") => {
            let address = url_of(piece, "url").unwrap_or_default();
            let words = decoded(&said(piece, "text"));
            match (words.is_empty(), address.is_empty()) {
                (true, _) => address,
                (false, true) => styled(piece, &words),
                (false, false) => link(&words, &address),
            }
        }
        Some("emoji") => {
            character(&said(piece, "unicode")).unwrap_or_else(|| drawn(&format!(":{}:", line(piece, "name"))))
        }
        Some("user") => named('@', "user_id"),
        Some("usergroup") => named('@', "usergroup_id"),
        Some("channel") => named('#', "channel_id"),
        Some("broadcast") => named('@', "range"),
        Some("color") => plain(&line(piece, "value")),
        Some("date") => plain(&line(piece, "fallback")),
        _ => pieces(piece),
    }
}

/// The emoji of code points in hexadecimal, `-` between them.
fn character(points: &str) -> Option<String> {
    if points.is_empty() {
        return None;
    }
    points.split('-').map(|point| u32::from_str_radix(point, 16).ok().and_then(char::from_u32)).collect()
}

/// Words with their style. Markdown's marks stand at the words themselves: blanks around them stay outside.
fn styled(piece: &Value, words: &str) -> String {
    let style =
        |name: &str| piece.get("style").and_then(|style| style.get(name)).and_then(Value::as_bool) == Some(true);
    let bare = words.trim();
    let marks: String = [("bold", "**"), ("italic", "_"), ("strike", "~~")]
        .iter()
        .filter(|(name, _)| style(name))
        .map(|(_, mark)| *mark)
        .collect();
    if bare.is_empty() || marks.is_empty() && !style("code") {
        return plain(words);
    }
    let (before, after) = (words.len() - words.trim_start().len(), words.trim_end().len());
    let inner = if style("code") { code(bare) } else { plain(bare) };
    let back: String = [("strike", "~~"), ("italic", "_"), ("bold", "**")]
        .iter()
        .filter(|(name, _)| style(name))
        .map(|(_, mark)| *mark)
        .collect();
    format!("{}{marks}{inner}{back}{}", &words[..before], &words[after..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_documented_piece_says_what_it_says() {
        // https://api.slack.com/reference/block-kit/blocks#rich_text
        let text = |words: &str| json!({"type": "text", "text": words});
        let section = |elements: Value| json!({"type": "rich_text_section", "elements": elements});
        for (parts, expected) in [
            (
                json!([section(
                    json!([text("Hello "), {"type": "text", "text": "there, ", "style": {"bold": true, "italic": true}}, text("a*b")])
                )]),
                r"Hello **_there,_** a\*b",
            ),
            (
                json!([section(
                    json!([{"type": "text", "text": "gone", "style": {"strike": true}}, text(" "), {"type": "text", "text": "x`y", "style": {"code": true}}])
                )]),
                "~~gone~~ ``x`y``",
            ),
            (
                json!([section(
                    json!([{"type": "user", "user_id": "U12"}, text(" "), {"type": "channel", "channel_id": "C1"}, text(" "),
                {"type": "broadcast", "range": "here"}, text(" "), {"type": "usergroup", "usergroup_id": "S1"}])
                )]),
                "@U12 #C1 @here @S1",
            ),
            (
                json!([section(
                    json!([{"type": "emoji", "name": "basketball", "unicode": "1f3c0"}, {"type": "emoji", "name": "own"}])
                )]),
                "🏀:own:",
            ),
            (
                json!([section(
                    json!([{"type": "link", "url": "https://example.org/a_b"}, text(" "), {"type": "link", "url": "https://example.org", "text": "it [x]"}])
                )]),
                r"https://example.org/a_b [it \[x\]](https://example.org)",
            ),
            (
                json!([section(
                    json!([{"type": "date", "timestamp": 1, "format": "{date}", "fallback": "1970"}, {"type": "color", "value": "#F405B3"}])
                )]),
                r"1970\#F405B3",
            ),
            (
                json!([{"type": "rich_text_list", "style": "ordered", "elements": [section(json!([text("one")])), section(json!([text("two")]))]},
                {"type": "rich_text_list", "style": "bullet", "indent": 1, "elements": [section(json!([text("in")]))]}, section(json!([text("after")]))]),
                "1. one\n2. two\n   - in\n\nafter",
            ),
            (json!([{"type": "rich_text_quote", "elements": [text("two\nlines")]}]), "> two\n> lines"),
            (
                json!([{"type": "rich_text_preformatted", "elements": [text("a &lt; *b*\n"), {"type": "link", "url": "https://example.org"}]}]),
                "```\na < *b*\nhttps://example.org\n```",
            ),
        ] {
            assert_eq!(markdown(&json!({"type": "rich_text", "elements": parts})), expected);
        }
    }
}
