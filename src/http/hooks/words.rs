//! Words of others as ours: Slack's markup as Markdown, addresses that may be opened, colours, lengths.

use super::emoji;
use crate::model::growing::shortened;
use crate::model::{Emoji, Name, PostImage, Timestamp};
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

/// Slack's markup (`*bold*`, `~struck~`, `<https://…|words>`, `&amp;`, `:tada:`) as Markdown. What is Markdown already stays so.
pub fn markdown(text: &str) -> String {
    let text = cut(text);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find(['<', '*', '~', '&', '`', ':']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let taken = if let Some(code) = code_span(rest) {
            out.push_str(&rest[..code]);
            code
        } else if let Some((taken, emoji)) = emoji::after(&out, rest) {
            out.push_str(emoji);
            taken
        } else if let Some((taken, words)) = special(rest) {
            out.push_str(&words);
            taken
        } else {
            let first = rest.chars().next().map_or(1, char::len_utf8);
            out.push_str(&rest[..first]);
            first
        };
        rest = &rest[taken..];
    }
    out.push_str(rest);
    out
}

/// The length of code at the beginning, with its marks; in it nothing is markup.
fn code_span(text: &str) -> Option<usize> {
    let ticks = text.bytes().take_while(|byte| *byte == b'`').count();
    if ticks == 0 {
        return None;
    }
    let fence = &text[..ticks];
    text[ticks..].find(fence).map_or(Some(ticks), |end| Some(ticks + end + ticks))
}

/// What Slack writes in its own way at the beginning of a text: how long that is, and the same in ours.
fn special(text: &str) -> Option<(usize, String)> {
    for (entity, plain) in [("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")] {
        if text.starts_with(entity) {
            return Some((entity.len(), plain.to_owned()));
        }
    }
    if let Some(inner) = text.strip_prefix('<') {
        let end = inner.find('>')?;
        return reference(&inner[..end]).map(|words| (end + 2, words));
    }
    for (mark, ours) in [('*', "**"), ('~', "~~")] {
        let Some(inner) = text.strip_prefix(mark) else { continue };
        if inner.starts_with(mark) {
            // Markdown's own: both marks stay.
            let run = text.chars().take_while(|c| *c == mark).count();
            return Some((run, text[..run].to_owned()));
        }
        let end = inner.find([mark, '\n']).filter(|end| inner[*end..].starts_with(mark))?;
        let words = &inner[..end];
        let tight = !words.is_empty() && !words.starts_with(' ') && !words.ends_with(' ');
        return tight.then(|| (end + 2, format!("{ours}{}{ours}", markdown(words))));
    }
    None
}

/// A reference between angle brackets.
fn reference(inner: &str) -> Option<String> {
    let (target, words) = inner.split_once('|').map_or((inner, None), |(target, words)| (target, Some(words)));
    if let Some(special) = target.strip_prefix('!') {
        return Some(format!("@{}", words.unwrap_or(special)));
    }
    if let Some(id) = target.strip_prefix('@').or_else(|| target.strip_prefix('#')) {
        return Some(words.map_or_else(|| format!("{}{id}", &target[..1]), str::to_owned));
    }
    if let Some(address) = target.strip_prefix("mailto:") {
        return Some(words.unwrap_or(address).to_owned());
    }
    let address = url(target)?;
    let Some(words) = words.filter(|words| !words.is_empty()) else { return Some(address) };
    Some(link(words, &address))
}

/// A link in Markdown.
pub fn link(words: &str, address: &str) -> String {
    let words: String = emoji::drawn(&one_line(words))
        .chars()
        .flat_map(|c| if matches!(c, '[' | ']') { vec!['\\', c] } else { vec![c] })
        .collect();
    format!("[{words}]({})", address.replace('(', "%28").replace(')', "%29"))
}

/// A text as it is, in Markdown: what would be markup is not.
pub fn plain(text: &str) -> String {
    let escape = |c: char| {
        if matches!(c, '\\' | '*' | '_' | '`' | '[' | ']' | '~' | '#' | '>' | '|') { vec!['\\', c] } else { vec![c] }
    };
    cut(text).chars().flat_map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slacks_markup_becomes_markdown() {
        for (slack, expected) in [
            ("plain", "plain"),
            ("*bold* and _italic_ and ~gone~", "**bold** and _italic_ and ~~gone~~"),
            ("**bold already** ~~gone already~~", "**bold already** ~~gone already~~"),
            ("<https://example.org/x|the page>", "[the page](https://example.org/x)"),
            ("<https://example.org/x>", "https://example.org/x"),
            ("<https://example.org/a_(b)|x [y]>", "[x \\[y\\]](https://example.org/a_%28b%29)"),
            ("<!here> <!channel|all> <@U123|ada> <#C1|general>", "@here @all ada general"),
            ("a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"),
            ("`*code* <x>` and ```\n*more*\n```", "`*code* <x>` and ```\n*more*\n```"),
            ("2 * 3 * 4", "2 * 3 * 4"),
            ("* a list\n* of two", "* a list\n* of two"),
            ("<javascript:alert(1)|click>", "<javascript:alert(1)|click>"),
            ("<mailto:a@b.c|Mail>", "Mail"),
            ("ends with <", "ends with <"),
            (":tada: *:rocket: now* `:tada:` <https://x.org|:star:>", "🎉 **🚀 now** `:tada:` [⭐](https://x.org)"),
            ("héllo *wörld*", "héllo **wörld**"),
        ] {
            assert_eq!(markdown(slack), expected, "{slack}");
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
