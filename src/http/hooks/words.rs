//! Words of others as ours: as Markdown in which nothing of theirs is markup, addresses that may be opened, colours, lengths.

use super::emoji;
use crate::model::growing::shortened;
use crate::model::{Emoji, Name, PostImage, Timestamp};
use base64::Engine as _;
use serde_json::Value;

/// Longest address that is kept, in bytes.
const URL_BYTES_MAX: usize = 2_048;
/// Longest piece of text that is kept, in bytes; the whole post has its own limit.
const TEXT_BYTES_MAX: usize = 32 * 1024;
/// Longest label, title or other single line, in bytes.
const LINE_BYTES_MAX: usize = 1_024;

/// A text that stands in a member of a JSON object; nothing when it is no text. Numbers and booleans are said as they are.
pub fn said(value: &Value, member: &str) -> String {
    match value.get(member) {
        Some(Value::String(text)) => cut(text),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(yes)) => yes.to_string(),
        _ => String::new(),
    }
}

/// The same as one line.
pub fn line(value: &Value, member: &str) -> String {
    one_line(&said(value, member))
}

/// A text without line breaks and other controls, not too long.
pub fn one_line(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    shortened(plain.trim().to_owned(), LINE_BYTES_MAX)
}

/// A text without what no text has, not too long.
pub fn cut(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    shortened(plain, TEXT_BYTES_MAX)
}

/// An address that may be opened: `http` or `https`, in ASCII, without spaces and controls.
pub fn url(text: &str) -> Option<String> {
    let text = text.trim();
    let begins = |scheme: &str| text.len() > scheme.len() && text[..scheme.len()].eq_ignore_ascii_case(scheme);
    let open = text.is_ascii() && (begins("http://") || begins("https://"));
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'`'));
    (open && plain && text.len() <= URL_BYTES_MAX).then(|| text.to_owned())
}

/// An address in a member of a JSON object.
pub fn url_of(value: &Value, member: &str) -> Option<String> {
    url(value.get(member)?.as_str()?)
}

/// A picture at an address in a member of a JSON object.
pub fn image_of(value: &Value, member: &str, alt: String) -> Option<PostImage> {
    Some(PostImage { url: url_of(value, member)?, alt })
}

/// A name that people see.
pub fn name(text: &str) -> Option<Name> {
    Name::new(shortened(one_line(text), 128)).ok()
}

/// An emoji: the character itself, or its name between colons.
pub fn icon(text: &str) -> Option<Emoji> {
    let drawn = emoji::drawn(text.trim());
    if drawn.is_ascii() { None } else { Emoji::new(drawn).ok() }
}

/// `#` and six digits in lower case, out of what Slack and others take for a colour.
pub fn color(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    let named = match text.as_str() {
        "good" => "#2eb886",
        "warning" => "#daa038",
        "danger" => "#a30200",
        _ => "",
    };
    if !named.is_empty() {
        return Some(named.to_owned());
    }
    let digits = text.strip_prefix('#').unwrap_or(&text);
    let all = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    match digits.len() {
        6 if all => Some(format!("#{digits}")),
        3 if all => Some(digits.chars().fold("#".to_owned(), |text, c| text + &c.to_string() + &c.to_string())),
        _ => None,
    }
}

/// Seconds since 1970, whole or not, as a number or as text.
pub fn seconds(value: &Value, member: &str) -> Option<Timestamp> {
    let seconds = match value.get(member)? {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.parse().ok()?,
        _ => return None,
    };
    (0.0..2e11).contains(&seconds).then_some(Timestamp((seconds * 1_000.0) as u64))
}

/// A link in Markdown. Its words are no markup, whoever wrote them.
pub fn link(words: &str, address: &str) -> String {
    let words = escaped(&emoji::drawn(&one_line(words)), r"\[]*_`~<&");
    format!("[{words}]({})", address.replace('(', "%28").replace(')', "%29"))
}

/// A text as it is, in Markdown: what would be markup is not. Addresses in it stay whole.
pub fn plain(text: &str) -> String {
    let text = cut(text);
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        let is_address = url(word).is_some() && !word.contains(['[', ']', '(', '*', '|']);
        out.push_str(&if is_address { piece.to_owned() } else { escaped(piece, r"\*_`[]~#>|<&") });
    }
    out
}

/// Code in Markdown: a line with marks around it that do not stand in it.
pub fn code(text: &str) -> String {
    let text = one_line(text);
    let longest = text.split(|c: char| c != '`').map(str::len).max().unwrap_or(0);
    let marks = "`".repeat(longest + 1);
    let room = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    if text.is_empty() { text } else { format!("{marks}{room}{text}{room}{marks}") }
}

/// A block of code in Markdown.
pub fn code_block(text: &str) -> String {
    let longest = text.split(|c: char| c != '`').map(str::len).max().unwrap_or(0);
    let marks = "`".repeat(longest.max(2) + 1);
    format!("{marks}\n{}\n{marks}", text.trim_matches('\n'))
}

/// The words of a header, in which what is no ASCII may be written as RFC 2047 has it: `=?UTF-8?B?…?=`, `=?UTF-8?Q?…?=`.
pub fn header_words(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("=?") {
        let (before, word) = rest.split_at(at);
        let mut parts = word[2..].splitn(4, '?');
        let taken = (parts.next(), parts.next(), parts.next(), parts.next().and_then(|rest| rest.strip_prefix('=')));
        let (Some(charset), Some(coding), Some(words), Some(after)) = taken else { break };
        let Some(words) = encoded_word(charset, coding, words) else { break };
        // Blanks between two of them are none.
        if out.is_empty() || !before.trim().is_empty() {
            out.push_str(before);
        }
        out.push_str(&words);
        rest = after;
    }
    out.push_str(rest);
    out
}

fn encoded_word(charset: &str, coding: &str, words: &str) -> Option<String> {
    let bytes = match coding {
        "B" | "b" => base64::engine::general_purpose::STANDARD.decode(words).ok()?,
        "Q" | "q" => {
            percent_encoding::percent_decode_str(&words.replace('%', "=25").replace('_', " ").replace('=', "%"))
                .collect()
        }
        _ => return None,
    };
    match charset.to_ascii_lowercase().as_str() {
        "utf-8" | "us-ascii" => String::from_utf8(bytes).ok(),
        "iso-8859-1" => Some(bytes.into_iter().map(char::from).collect()),
        _ => None,
    }
}

fn escaped(text: &str, marks: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if marks.contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_others_are_no_markup_and_their_addresses_stay_whole() {
        for (text, expected) in [
            ("2 * 3 _x_ `y`", r"2 \* 3 \_x\_ \`y\`"),
            ("see https://wiki.example/a_b#c, and more_", r"see https://wiki.example/a_b#c, and more\_"),
            ("<b>R&amp;D</b>", r"\<b\>R\&amp;D\</b\>"),
            ("https://x.org/[a](https://evil.org)", r"https://x.org/\[a\](https://evil.org)"),
        ] {
            assert_eq!(plain(text), expected, "{text}");
        }
        // A backslash of theirs does not free a bracket.
        assert_eq!(link(r"x\](https://evil.org)", "https://ok.org"), r"[x\\\](https://evil.org)](https://ok.org)");
        assert_eq!(
            (code("a"), code("a`b"), code("`"), code("")),
            ("`a`".into(), "``a`b``".into(), "`` ` ``".into(), String::new())
        );
        assert_eq!(code_block("a\n```\nb"), "````\na\n```\nb\n````");
    }

    #[test]
    fn headers_say_what_is_no_ascii_in_their_own_way() {
        for (text, expected) in [
            ("plain", "plain"),
            ("=?UTF-8?B?SMOpbGxv?= w", "Héllo w"),
            ("=?utf-8?Q?H=C3=A9llo_there?=  =?utf-8?q?!?=", "Héllo there!"),
            ("=?ISO-8859-1?Q?caf=E9?=", "café"),
            ("=?UTF-8?B?not base64?=", "=?UTF-8?B?not base64?="),
            ("a =? b", "a =? b"),
        ] {
            assert_eq!(header_words(text), expected, "{text}");
        }
    }

    #[test]
    fn only_addresses_of_pages_are_opened() {
        for (text, opens) in [
            ("https://example.org/x?y=1#z", true),
            ("HTTP://EXAMPLE.ORG", true),
            ("javascript:alert(1)", false),
            ("java\nscript:alert(1)", false),
            ("https://", false),
            ("data:text/html,x", false),
            ("file:///etc/passwd", false),
            ("https://example.org/\"onerror", false),
            ("https://exa mple.org", false),
            ("//example.org", false),
            ("", false),
        ] {
            assert_eq!(url(text).is_some(), opens, "{text}");
        }
    }

    #[test]
    fn colours_have_one_form() {
        for (text, expected) in [
            ("good", Some("#2eb886")),
            ("#F00", Some("#ff0000")),
            ("36A64F", Some("#36a64f")),
            ("red;background:url(x)", None),
            ("", None),
        ] {
            assert_eq!(color(text).as_deref(), expected, "{text}");
        }
    }
}
