//! What ntfy and Gotify publish: a title, words, a priority, tags and an address; of ntfy as headers around plain words or as JSON,
//! of Gotify as JSON or as a form.

use super::emoji::named;
use super::words::{header_words, image_of, line, one_line, plain, said, url, url_of};
use super::{Incoming, list};
use crate::model::{Post, PostAttachment, PostButton};
use axum::http::HeaderMap;
use serde_json::Value;

/// Tags that are shown.
const TAGS_MAX: usize = 10;

/// The parts of what is published.
#[derive(Default)]
struct Parts {
    title: String,
    message: String,
    markdown: bool,
    /// From 1 to 5.
    priority: u64,
    tags: Vec<String>,
    click: Option<String>,
    attach: Option<crate::model::PostImage>,
    buttons: Vec<PostButton>,
}

/// Whether a payload in JSON is of this dialect.
pub fn is(body: &Value) -> bool {
    body.get("message").is_some() || body.get("topic").is_some()
}

/// What JSON says.
pub fn read(body: &Value) -> Vec<Incoming> {
    // ntfy counts from 1 to 5, Gotify from 0 to 10.
    let given = body.get("priority").and_then(|given| given.as_u64().or_else(|| given.as_str()?.trim().parse().ok()));
    let priority = match given {
        Some(given) if body.get("topic").is_none() => 1 + given.min(10) * 4 / 10,
        Some(given) => given,
        None => 3,
    };
    let extras = |path: &[&str]| path.iter().try_fold(body.get("extras")?, |at, part| at.get(part));
    let markdown = body.get("markdown").and_then(Value::as_bool) == Some(true)
        || extras(&["client::display", "contentType"]).and_then(Value::as_str) == Some("text/markdown");
    let click = extras(&["client::notification", "click", "url"]).and_then(Value::as_str).and_then(url);
    post(Parts {
        title: line(body, "title"),
        message: said(body, "message"),
        markdown,
        priority,
        tags: list(body.get("tags")).filter_map(Value::as_str).map(one_line).collect(),
        click: url_of(body, "click").or(click),
        attach: image_of(body, "attach", line(body, "filename")),
        buttons: views(body.get("actions")),
    })
}

/// What plain words say, with ntfy's headers around them; also what has none of them.
pub fn plain_words(headers: &HeaderMap, words: &str) -> Vec<Incoming> {
    let header = |names: &[&str]| {
        let found = names.iter().find_map(|name| headers.get(*name))?;
        Some(one_line(&header_words(&String::from_utf8_lossy(found.as_bytes()))))
    };
    let kind = header(&["content-type"]).unwrap_or_default().to_ascii_lowercase();
    let priority = match header(&["x-priority", "priority", "prio", "p"]).as_deref() {
        Some("1" | "min") => 1,
        Some("2" | "low") => 2,
        Some("4" | "high") => 4,
        Some("5" | "max" | "urgent") => 5,
        _ => 3,
    };
    let tags = header(&["x-tags", "tags", "tag", "ta"]).unwrap_or_default();
    post(Parts {
        title: header(&["x-title", "title", "t"]).unwrap_or_default(),
        message: header(&["x-message", "message", "m"])
            .filter(|_| words.is_empty())
            .unwrap_or_else(|| words.to_owned()),
        markdown: header(&["x-markdown", "markdown", "md"])
            .is_some_and(|yes| matches!(yes.as_str(), "1" | "yes" | "true"))
            || kind.starts_with("text/markdown"),
        priority,
        tags: tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect(),
        click: header(&["x-click", "click"]).as_deref().and_then(url),
        attach: header(&["x-attach", "attach", "a"])
            .as_deref()
            .and_then(url)
            .map(|url| crate::model::PostImage { url, alt: String::new() }),
        buttons: actions(&header(&["x-actions", "actions", "action"]).unwrap_or_default()),
    })
}

/// The buttons that open an address, of ntfy's header: JSON as in its body, or `view, label, address, clear=true; …`.
fn actions(text: &str) -> Vec<PostButton> {
    if text.starts_with('[') {
        let all = serde_json::from_str::<Value>(text).unwrap_or_default();
        return views(Some(&all));
    }
    let all = text.split(';').filter_map(|action| {
        let mut parts = action.split(',').map(|part| part.trim().trim_matches(['"', '\'']));
        let view = parts.next()?.trim_start_matches("action=") == "view";
        let (mut label, mut address) = (None, None);
        for part in parts {
            match part.split_once('=') {
                Some(("label", words)) => label = Some(words),
                Some(("url", words)) => address = url(words),
                Some(("clear", _)) => {}
                _ if label.is_none() => label = Some(part),
                _ => address = address.or_else(|| url(part)),
            }
        }
        let label = label.map(one_line).filter(|label| view && !label.is_empty())?;
        Some(PostButton { label, url: address? })
    });
    all.take(TAGS_MAX).collect()
}

/// The same of a list in JSON.
fn views(all: Option<&Value>) -> Vec<PostButton> {
    let views = list(all).filter(|action| said(action, "action") == "view");
    let button = |action| Some(PostButton { label: line(action, "label"), url: url_of(action, "url")? });
    views.filter_map(button).filter(|button| !button.label.is_empty()).take(TAGS_MAX).collect()
}

fn post(parts: Parts) -> Vec<Incoming> {
    let Parts { title, message, markdown, priority, tags, click, attach, buttons } = parts;
    let words = if markdown { super::words::cut(&message) } else { plain(&message) };
    let color = match priority {
        0..=2 => Some("#9e9e9e"),
        4 => Some("#daa038"),
        5.. => Some("#a30200"),
        3 => None,
    };
    // As ntfy does: tags that name an emoji stand before the title, the others below.
    let (emoji, tags): (Vec<_>, Vec<_>) = tags.into_iter().take(TAGS_MAX).partition(|tag| named(tag).is_some());
    let emoji = emoji.iter().filter_map(|tag| named(tag));
    let title = emoji.chain(Some(title.as_str()).filter(|title| !title.is_empty())).collect::<Vec<_>>().join(" ");
    let bare = title.is_empty() && tags.is_empty() && click.is_none() && attach.is_none() && buttons.is_empty();
    if bare && color.is_none() {
        return vec![Incoming::alone(Post { text: words, ..Post::default() })];
    }
    let attachment = PostAttachment {
        color: color.map(str::to_owned),
        title: if title.is_empty() && click.is_some() { "Open".to_owned() } else { title },
        title_url: click,
        text: words,
        image: attach,
        footer: tags.join(" "),
        buttons,
        ..PostAttachment::default()
    };
    vec![Incoming::alone(Post { attachments: vec![attachment], ..Post::default() })]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn headers(all: &[(&'static str, &'static str)]) -> HeaderMap {
        all.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn ntfy_publishes_with_headers_and_with_json() {
        let sent = headers(&[
            ("title", "Backup"),
            ("priority", "urgent"),
            ("tags", "warning,disk"),
            ("click", "https://x.org"),
        ]);
        let found = plain_words(&sent, "It *failed*").pop().unwrap().post;
        let shown = &found.attachments[0];
        assert_eq!((shown.title.as_str(), shown.text.as_str()), ("⚠️ Backup", "It \\*failed\\*"));
        assert_eq!((shown.color.as_deref(), shown.footer.as_str()), (Some("#a30200"), "disk"));
        assert_eq!(shown.title_url.as_deref(), Some("https://x.org"));
        let json = json!({"topic": "mytopic", "message": "Disk space is low", "title": "Low disk", "priority": 4,
            "actions": [{"action": "view", "label": "Admin", "url": "https://x.org/admin"}, {"action": "http", "url": "https://y"}]});
        assert!(is(&json));
        let shown = read(&json).pop().unwrap().post.attachments[0].clone();
        assert_eq!((shown.title.as_str(), shown.buttons.len()), ("Low disk", 1));
        assert_eq!(plain_words(&headers(&[]), "just words").pop().unwrap().post.text, "just words");
        // https://docs.ntfy.sh/publish: each with its prefix, words in RFC 2047, buttons, Markdown by its type.
        let sent = headers(&[
            ("x-title", "=?UTF-8?B?8J+HqfCfh6ogRG9vcg==?="),
            ("x-priority", "4"),
            ("x-tags", "door, warning"),
            ("x-click", "https://home.example.com/?a=1"),
            (
                "x-actions",
                "view, Open portal, https://home.example.com/, clear=true; http, Close, https://api.example.com",
            ),
            ("content-type", "text/markdown"),
        ]);
        let shown = plain_words(&sent, "It is **open**").pop().unwrap().post.attachments[0].clone();
        assert_eq!((shown.title.as_str(), shown.text.as_str()), ("🚪 ⚠️ 🇩🇪 Door", "It is **open**"));
        assert_eq!((shown.color.as_deref(), shown.footer.as_str()), (Some("#daa038"), ""));
        let open = PostButton { label: "Open portal".to_owned(), url: "https://home.example.com/".to_owned() };
        assert_eq!(
            (shown.buttons, shown.title_url.as_deref()),
            (vec![open.clone()], Some("https://home.example.com/?a=1"))
        );
        let json = r#"[{"action": "view", "label": "Open portal", "url": "https://home.example.com/"}]"#;
        assert_eq!(
            (actions(json), actions("action=view, label=Open portal, url=https://home.example.com/")),
            (vec![open.clone()], vec![open])
        );
        assert_eq!(
            (actions("view, x, javascript:alert(1)"), actions("[oops"), actions("")),
            (Vec::new(), Vec::new(), Vec::new())
        );
    }

    #[test]
    fn gotify_publishes_markdown_when_it_says_so() {
        let json = json!({"title": "T", "message": "**bold**", "priority": 8,
            "extras": {"client::display": {"contentType": "text/markdown"}}});
        let shown = read(&json).pop().unwrap().post.attachments[0].clone();
        assert_eq!((shown.text.as_str(), shown.color.as_deref()), ("**bold**", Some("#daa038")));
    }
}
