//! Slack's markup, which it calls `mrkdwn`, as Markdown.

use super::emoji;
use super::words::{code_block, cut, link, url};

/// Slack's markup (`*bold*`, `~struck~`, `<https://…|words>`, `&amp;`, `:tada:`) as Markdown. What is Markdown already stays so.
pub fn markdown(text: &str) -> String {
    let text = cut(text);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(found) = text[at..].find(['<', '*', '~', '&', '`', ':']) {
        out.push_str(&text[at..at + found]);
        at += found;
        let rest = &text[at..];
        let inside = text[..at].chars().next_back().is_some_and(char::is_alphanumeric);
        let named = || emoji::first(rest).filter(|_| !inside).map(|(taken, emoji)| (taken, emoji.to_owned()));
        let (taken, words) =
            code_span(rest, &out).or_else(named).or_else(|| special(rest, inside)).unwrap_or_else(|| {
                let first = rest.chars().next().map_or(1, char::len_utf8);
                (first, rest[..first].to_owned())
            });
        out.push_str(&words);
        at += taken;
    }
    out.push_str(&text[at..]);
    out
}

/// Slack's plain words: of its markup there are only `&amp;`, `&lt;` and `&gt;`.
pub fn decoded(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// Code at the beginning of a text, after `before`: how long it is with its marks, and the same in ours. In it nothing is markup.
fn code_span(text: &str, before: &str) -> Option<(usize, String)> {
    let ticks = text.bytes().take_while(|byte| *byte == b'`').count();
    if ticks == 0 {
        return None;
    }
    let fence = &text[..ticks];
    let Some(end) = text[ticks..].find(fence) else { return Some((ticks, fence.to_owned())) };
    let (inner, taken) = (decoded(&text[ticks..ticks + end]), ticks + end + ticks);
    if ticks < 3 || !inner.contains('\n') || is_block(&inner) && (before.is_empty() || before.ends_with('\n')) {
        return Some((taken, format!("{fence}{inner}{fence}")));
    }
    // Slack's blocks begin and end anywhere; Markdown's have lines of their own, and would take the first words for a language.
    let begin = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
    let end = if text[taken..].is_empty() || text[taken..].starts_with('\n') { "" } else { "\n" };
    Some((taken, format!("{begin}{}{end}", code_block(&inner))))
}

/// Whether what stands between marks of code is as Markdown has it: a language or nothing behind the first, the last on its own line.
fn is_block(inner: &str) -> bool {
    let first = inner.split('\n').next().unwrap_or_default().trim_end();
    let language =
        first.len() <= 20 && first.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '#' | '-' | '_'));
    language && inner.trim_end_matches(' ').ends_with('\n')
}

/// What Slack writes in its own way at the beginning of a text, `inside` a word perhaps: how long that is, and the same in ours.
fn special(text: &str, inside: bool) -> Option<(usize, String)> {
    for (entity, plain) in [("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")] {
        if text.starts_with(entity) {
            return Some((entity.len(), plain.to_owned()));
        }
    }
    if let Some(inner) = text.strip_prefix('<') {
        let end = inner.find(['<', '>']).filter(|end| inner[*end..].starts_with('>'))?;
        return reference(&inner[..end]).map(|words| (end + 2, words));
    }
    for (mark, ours) in [('*', "**"), ('~', "~~")] {
        let Some(inner) = text.strip_prefix(mark) else { continue };
        if inner.starts_with(mark) {
            // Markdown's own: both marks stay.
            let run = text.chars().take_while(|c| *c == mark).count();
            return Some((run, text[..run].to_owned()));
        }
        // Between two letters or digits it is none; to Markdown it would be.
        if inside && inner.starts_with(char::is_alphanumeric) {
            return Some((1, format!("\\{mark}")));
        }
        let end = inner.find([mark, '\n']).filter(|end| inner[*end..].starts_with(mark))?;
        let words = &inner[..end];
        let tight = !words.is_empty() && !words.starts_with(' ') && !words.ends_with(' ');
        let ends = !inner[end + 1..].starts_with(char::is_alphanumeric);
        return (tight && ends).then(|| (end + 2, format!("{ours}{}{ours}", markdown(words))));
    }
    None
}

/// A reference between angle brackets.
fn reference(inner: &str) -> Option<String> {
    let (target, words) = inner.split_once('|').map_or((inner, None), |(target, words)| (target, Some(words)));
    if let Some(special) = target.strip_prefix('!') {
        // A date has words for those who cannot write it: in them nobody is called.
        if special.starts_with("date^") {
            return Some(words.unwrap_or_default().to_owned());
        }
        let group = special.strip_prefix("subteam^").unwrap_or(special);
        return Some(format!("@{}", words.unwrap_or(group).trim_start_matches('@')));
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
            ("`*code* <x>` and ```\n*more*\n```", "`*code* <x>` and \n```\n*more*\n```"),
            ("2 * 3 * 4", "2 * 3 * 4"),
            ("* a list\n* of two", "* a list\n* of two"),
            ("<javascript:alert(1)|click>", "<javascript:alert(1)|click>"),
            ("<mailto:a@b.c|Mail>", "Mail"),
            ("ends with <", "ends with <"),
            ("héllo *wörld*", "héllo **wörld**"),
            ("5*2 and 3*4", "5\\*2 and 3\\*4"),
            ("(*bold*), *two words*.", "(**bold**), **two words**."),
            ("<!subteam^S1|@devs> <!everyone> <@U1>", "@devs @everyone @U1"),
            ("<!date^1392734382^Posted {date_num}|Posted 2014-02-18>", "Posted 2014-02-18"),
            ("`a &amp;&amp; b`", "`a && b`"),
            ("```{\n  \"a\": 1\n}```", "```\n{\n  \"a\": 1\n}\n```"),
            ("Log: ```one\ntwo``` end", "Log: \n```\none\ntwo\n```\n end"),
            ("```json\n{}\n```", "```json\n{}\n```"),
            ("```one line```", "```one line```"),
            (":tada: *:rocket: now* `:tada:` <https://x.org|:star:>", "🎉 **🚀 now** `:tada:` [⭐](https://x.org)"),
        ] {
            assert_eq!(markdown(slack), expected, "{slack}");
        }
    }
}
