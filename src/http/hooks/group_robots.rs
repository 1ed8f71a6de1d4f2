//! What is posted to the group robots of `WeCom` (企业微信), `DingTalk` (钉钉) and Feishu (飞书): `msgtype` with a member of that name, or
//! `msg_type` with `content` or `card`. Programs that speak to one of them look into the answer, so each gets its own.

use super::words::{color, cut, image_of, line, one_line, plain, said, url_of};
use super::{Incoming, list};
use crate::model::{Post, PostAttachment, PostBlock, PostButton};
use serde_json::{Value, json};

/// Parts of one card, pieces of one line, articles of one post; the rest is left out.
const PARTS_MAX: usize = 50;

/// The dialect of a payload, when it is one of these.
pub fn dialect(body: &Value) -> Option<&'static str> {
    match (body.get("msgtype"), body.get("msg_type")) {
        (Some(Value::String(_)), _) => Some("wecom_dingtalk"),
        (_, Some(Value::String(_))) => Some("feishu"),
        _ => None,
    }
}

/// What these programs take for a yes.
pub fn yes(dialect: &str) -> Value {
    match dialect {
        "feishu" => json!({"code": 0, "msg": "success", "StatusCode": 0, "StatusMessage": "success"}),
        _ => json!({"errcode": 0, "errmsg": "ok"}),
    }
}

/// What a payload says; else what is wrong with it.
pub fn read(body: &Value) -> Result<Vec<Incoming>, String> {
    let kind = Some(said(body, "msgtype")).filter(|kind| !kind.is_empty()).unwrap_or_else(|| said(body, "msg_type"));
    let none = Value::Null;
    let inner = body.get(&kind).or_else(|| body.get("content")).unwrap_or(&none);
    let post = match kind.as_str() {
        "text" => words(plain(&tagless(
            &Some(said(inner, "content")).filter(|text| !text.is_empty()).unwrap_or_else(|| said(inner, "text")),
        ))),
        "markdown" | "markdown_v2" => titled(
            inner,
            tagless(
                &Some(said(inner, "content")).filter(|text| !text.is_empty()).unwrap_or_else(|| said(inner, "text")),
            ),
        ),
        "link" => article(inner, "messageUrl", "picUrl", "text"),
        "actionCard" => action_card(inner),
        "feedCard" => articles(list(inner.get("links")), "messageURL", "picURL", "text"),
        "news" => articles(list(inner.get("articles")), "url", "picurl", "description"),
        "post" => rich(inner),
        "interactive" => card(body.get("card").unwrap_or(&none)),
        other => {
            let kinds = "text, markdown, link, actionCard, feedCard, news, post and interactive";
            return Err(format!(
                "Messages of the kind `{}` cannot be shown here; send one of {kinds}.",
                one_line(other)
            ));
        }
    };
    Ok(vec![Incoming::alone(post)])
}

fn words(text: String) -> Post {
    Post { text, ..Post::default() }
}

fn boxed(attachment: PostAttachment) -> Post {
    Post { attachments: vec![attachment], ..Post::default() }
}

/// Markdown below a title, which the words often repeat as their heading.
fn titled(value: &Value, text: String) -> Post {
    let title = line(value, "title");
    if title.is_empty() || text.contains(&title) {
        words(text)
    } else {
        boxed(PostAttachment { title, text, ..PostAttachment::default() })
    }
}

/// A box with a title that leads somewhere, a picture and words.
fn article(value: &Value, url: &str, picture: &str, text: &str) -> Post {
    articles(std::iter::once(value), url, picture, text)
}

fn articles<'a>(all: impl Iterator<Item = &'a Value>, url: &str, picture: &str, text: &str) -> Post {
    let one = |value: &Value| PostAttachment {
        title: line(value, "title"),
        title_url: url_of(value, url),
        text: plain(&said(value, text)),
        image: image_of(value, picture, line(value, "title")),
        ..PostAttachment::default()
    };
    Post { attachments: all.take(PARTS_MAX).map(one).collect(), ..Post::default() }
}

fn action_card(value: &Value) -> Post {
    let single = [(line(value, "singleTitle"), url_of(value, "singleURL"))];
    let several = list(value.get("btns")).map(|button| (line(button, "title"), url_of(button, "actionURL")));
    boxed(PostAttachment {
        title: line(value, "title"),
        text: tagless(&said(value, "text")),
        buttons: single.into_iter().chain(several.take(PARTS_MAX)).filter_map(button).collect(),
        ..PostAttachment::default()
    })
}

fn button((label, url): (String, Option<String>)) -> Option<PostButton> {
    Some(PostButton { label: Some(label).filter(|label| !label.is_empty())?, url: url? })
}

/// Feishu's rich text: lines of pieces, in the first language that is there.
fn rich(content: &Value) -> Post {
    let post = content.get("post").unwrap_or(content);
    let in_a_language = post.as_object().and_then(|all| all.values().find(|one| one.get("content").is_some()));
    let post = in_a_language.unwrap_or(post);
    let lines = list(post.get("content")).take(PARTS_MAX);
    let lines = lines.map(|pieces| list(Some(pieces)).take(PARTS_MAX).map(piece).collect::<String>());
    titled(post, lines.collect::<Vec<_>>().join("\n"))
}

/// A piece of a line.
fn piece(value: &Value) -> String {
    match value.get("tag").and_then(Value::as_str) {
        Some("a") => match url_of(value, "href") {
            Some(address) => super::words::link(&said(value, "text"), &address),
            None => plain(&said(value, "text")),
        },
        Some("at") => {
            let name = Some(line(value, "user_name")).filter(|name| !name.is_empty());
            format!("@{}", plain(&name.unwrap_or_else(|| line(value, "user_id"))))
        }
        Some("md") => tagless(&said(value, "text")),
        _ => plain(&said(value, "text")),
    }
}

/// Feishu's card: a coloured heading above parts.
fn card(value: &Value) -> Post {
    let heading = value.get("header");
    let title =
        heading.and_then(|heading| heading.get("title")).map(|title| line(title, "content")).unwrap_or_default();
    let edge = heading.map(|heading| said(heading, "template")).and_then(|name| template(&name));
    let elements = value.get("elements").or_else(|| value.get("body")?.get("elements"));
    let blocks = list(elements).take(PARTS_MAX).filter_map(element).collect();
    let attachment = PostAttachment { color: edge, title, ..PostAttachment::default() };
    let boxed = attachment.title.is_empty() && attachment.color.is_none();
    match (boxed, blocks) {
        (true, blocks) => Post { blocks, ..Post::default() },
        (false, blocks) => Post { attachments: vec![with_blocks(attachment, blocks)], ..Post::default() },
    }
}

/// A box with the words and buttons of parts in it; a box has no parts of its own.
fn with_blocks(mut attachment: PostAttachment, blocks: Vec<PostBlock>) -> PostAttachment {
    let mut text = Vec::new();
    for block in blocks {
        match block {
            PostBlock::Section { text: words, fields, .. } => {
                text.extend(std::iter::once(words).chain(fields).filter(|words| !words.is_empty()));
            }
            PostBlock::Context { elements } => attachment.footer = one_line(&elements.join(" ")),
            PostBlock::Buttons { buttons } => attachment.buttons.extend(buttons),
            PostBlock::Divider {} => text.push("---".to_owned()),
            PostBlock::Header { text: words } => text.push(words),
            PostBlock::Image(image) => attachment.image = Some(image),
        }
    }
    attachment.text = cut(&text.join("\n\n"));
    attachment
}

fn element(value: &Value) -> Option<PostBlock> {
    let text = |value: &Value| match value.get("tag").and_then(Value::as_str) {
        Some("plain_text") => plain(&said(value, "content")),
        _ => tagless(&said(value, "content")),
    };
    match value.get("tag")?.as_str()? {
        "hr" => Some(PostBlock::Divider {}),
        "markdown" => Some(PostBlock::Section { text: text(value), fields: Vec::new(), image: None }),
        "div" => {
            let fields = list(value.get("fields")).take(PARTS_MAX).filter_map(|field| field.get("text")).map(text);
            let words = value.get("text").map(text).unwrap_or_default();
            Some(PostBlock::Section { text: words, fields: fields.collect(), image: None })
        }
        "note" => {
            let elements: Vec<String> =
                list(value.get("elements")).take(PARTS_MAX).map(text).filter(|words| !words.is_empty()).collect();
            (!elements.is_empty()).then_some(PostBlock::Context { elements })
        }
        "action" => {
            let buttons = list(value.get("actions")).take(PARTS_MAX);
            let buttons: Vec<PostButton> = buttons
                .filter_map(|one| button((one.get("text").map(|text| line(text, "content"))?, url_of(one, "url"))))
                .collect();
            (!buttons.is_empty()).then_some(PostBlock::Buttons { buttons })
        }
        _ => None,
    }
}

/// The colours of Feishu's headings.
fn template(name: &str) -> Option<String> {
    let known = match name {
        "red" | "carmine" => "danger",
        "orange" | "yellow" => "warning",
        "green" => "good",
        "blue" | "wathet" | "turquoise" => "#439fe0",
        "purple" | "violet" | "indigo" => "#7b5cd6",
        "grey" => "#9e9e9e",
        _ => "",
    };
    color(known)
}

/// Words without the few tags that these programs know (`<font color="warning">`, `<at user_id="all">`); their contents stay.
fn tagless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let tag = ["<font", "</font", "<at", "</at", "<@"].iter().find(|tag| rest.starts_with(**tag));
        let end = rest[1..].find(['<', '>']).map(|end| end + 1).filter(|end| rest[*end..].starts_with('>'));
        if let Some((tag, end)) = tag.zip(end) {
            out.push_str(match *tag {
                "<at" => "@",
                "<@" => &rest[1..end],
                _ => "",
            });
            rest = &rest[end + 1..];
        } else {
            out.push('<');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    cut(&out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(body: &Value) -> Post {
        assert!(dialect(body).is_some());
        read(body).unwrap().pop().unwrap().post
    }

    #[test]
    fn words_and_markdown_of_all_three() {
        for (body, expected) in [
            (
                json!({"msgtype": "text", "text": {"content": "广州今日天气: 29度", "mentioned_list": ["@all"]}}),
                "广州今日天气: 29度",
            ),
            (json!({"msgtype": "text", "text": {"content": "@150 me_too"}, "at": {"isAtAll": false}}), "@150 me\\_too"),
            (
                json!({"msg_type": "text", "content": {"text": "<at user_id=\"all\">所有人</at> 新版本"}}),
                "@所有人 新版本",
            ),
            (
                json!({"msgtype": "markdown", "markdown": {"content": "实时新增<font color=\"warning\">132例</font>\n> 类型:<font color=\"comment\">反馈</font> a < b"}}),
                "实时新增132例\n> 类型:反馈 a < b",
            ),
            (
                json!({"msgtype": "markdown", "markdown": {"title": "杭州天气", "text": "#### 杭州天气 @150\n> 9度"}}),
                "#### 杭州天气 @150\n> 9度",
            ),
        ] {
            assert_eq!(post(&body).text, expected, "{body}");
        }
    }

    #[test]
    fn cards_keep_titles_links_and_buttons() {
        let link = post(
            &json!({"msgtype": "link", "link": {"title": "时代的火车", "text": "这个即将发布", "picUrl": "https://x.org/p.png", "messageUrl": "https://x.org/m"}}),
        );
        let one = &link.attachments[0];
        assert_eq!(
            (one.title.as_str(), one.title_url.as_deref(), one.text.as_str()),
            ("时代的火车", Some("https://x.org/m"), "这个即将发布")
        );
        assert!(one.image.is_some());

        let card = post(
            &json!({"msgtype": "actionCard", "actionCard": {"title": "乔布斯", "text": "### 20 年", "btnOrientation": "0",
            "btns": [{"title": "内容不错", "actionURL": "https://x.org/1"}, {"title": "不感兴趣", "actionURL": "javascript:1"}]}}),
        );
        assert_eq!(card.attachments[0].buttons.len(), 1);
        let news = json!({"msgtype": "news", "news": {"articles": [{"title": "中秋节礼品领取", "description": "今年", "url": "https://x.org/", "picurl": "https://x.org/p.jpg"}, {"title": "二"}]}});
        assert_eq!(post(&news).attachments.len(), 2);
    }

    #[test]
    fn feishus_rich_text_and_cards_are_drawn() {
        let rich = post(
            &json!({"msg_type": "post", "content": {"post": {"zh_cn": {"title": "项目更新通知", "content": [
            [{"tag": "text", "text": "项目有更新: "}, {"tag": "a", "text": "请查看", "href": "http://www.example.com/"}, {"tag": "at", "user_id": "ou_1", "user_name": "小明"}],
            [{"tag": "text", "text": "完"}]]}}}}),
        );
        assert_eq!(rich.attachments[0].title, "项目更新通知");
        assert_eq!(rich.attachments[0].text, "项目有更新: [请查看](http://www.example.com/)@小明\n完");

        let card = post(
            &json!({"msg_type": "interactive", "card": {"header": {"title": {"tag": "plain_text", "content": "今日旅游推荐"}, "template": "red"},
            "elements": [{"tag": "div", "text": {"content": "**西湖**,位于杭州", "tag": "lark_md"}}, {"tag": "hr"},
                {"tag": "action", "actions": [{"tag": "button", "text": {"content": "更多", "tag": "lark_md"}, "url": "https://www.example.com", "type": "default"}]},
                {"tag": "note", "elements": [{"tag": "plain_text", "content": "小结"}]}]}}),
        );
        let one = &card.attachments[0];
        assert_eq!(
            (one.color.as_deref(), one.title.as_str(), one.footer.as_str()),
            (Some("#a30200"), "今日旅游推荐", "小结")
        );
        assert_eq!((one.text.as_str(), one.buttons.len()), ("**西湖**,位于杭州\n\n---", 1));
    }

    #[test]
    fn what_cannot_be_shown_is_named() {
        assert!(read(&json!({"msgtype": "image", "image": {"base64": "x"}})).unwrap_err().contains("`image`"));
        for body in [
            json!({"msgtype": "text"}),
            json!({"msg_type": "post", "content": 5}),
            json!({"msg_type": "interactive", "card": []}),
            json!({"msgtype": "actionCard", "actionCard": {"btns": [1, {}]}}),
        ] {
            read(&body).unwrap();
        }
        assert_eq!(dialect(&json!({"text": "x"})), None);
    }
}
