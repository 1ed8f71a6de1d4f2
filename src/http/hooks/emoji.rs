//! Names of emoji between colons (`:rocket:`) as the characters themselves. Slack, Mattermost, GitHub and ntfy share most names.

/// Longest name that is looked up, in bytes.
const NAME_BYTES_MAX: usize = 64;

/// The emoji with a name, without its colons.
pub fn named(name: &str) -> Option<&'static str> {
    emojis::get_by_shortcode(name).map(emojis::Emoji::as_str)
}

/// The emoji whose name stands between colons at the beginning of a text, and how long that is.
pub fn first(text: &str) -> Option<(usize, &'static str)> {
    let inner = text.strip_prefix(':')?;
    let end = inner.bytes().take(NAME_BYTES_MAX + 1).position(|byte| byte == b':')?;
    Some((end + 2, named(&inner[..end])?))
}

/// A text with its emoji in place of their names. A colon right behind a letter or digit (`10:30:00`) begins none.
pub fn drawn(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(':') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (taken, emoji) = after(&out, rest).unwrap_or((1, ":"));
        out.push_str(emoji);
        rest = &rest[taken..];
    }
    out.push_str(rest);
    out
}

/// The emoji at the beginning of `rest`, unless what stands before it is part of the same word.
pub fn after(before: &str, rest: &str) -> Option<(usize, &'static str)> {
    if before.chars().next_back().is_some_and(|c| c.is_ascii_alphanumeric()) { None } else { first(rest) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_characters_and_nothing_else_changes() {
        for (text, expected) in [
            (":rocket: Deployed :tada:", "🚀 Deployed 🎉"),
            (":+1::-1:", "👍👎"),
            (":white_check_mark:", "✅"),
            ("at 10:30:00, 1:100:2", "at 10:30:00, 1:100:2"),
            (":nobody_calls_it_this: :a b: ::: :", ":nobody_calls_it_this: :a b: ::: :"),
            ("https://example.org:8080:star:", "https://example.org:8080:star:"),
            ("né:star:", "né:star:".replace(":star:", "⭐").as_str()),
            ("", ""),
        ] {
            assert_eq!(drawn(text), expected, "{text}");
        }
        assert_eq!(drawn(&":".repeat(1_000)), ":".repeat(1_000));
    }
}
