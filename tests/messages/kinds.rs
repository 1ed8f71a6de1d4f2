//! Every kind of message: it arrives as it was sent, or is refused for a reason that says which.

use super::{Site, attach, forward};
use tidings::model::{
    Answer, Attach, Attachment, Body, Code, Command, ContactCard, Content, Custom, Emoji, GroupRules, Line, Location,
    MediaId, MediaKind, Name, Query, Sticker, Target, Text, UserId,
};

fn place(latitude_e6: i32, longitude_e6: i32) -> Content {
    Content::Location(Location { latitude_e6, longitude_e6, name: Some(Line::new("here").unwrap()), reply_to: None })
}

fn card(user: &str) -> Content {
    Content::ContactCard(ContactCard { user: UserId::new(user).unwrap(), reply_to: None })
}

fn sticker(set: Option<&str>, name: &str) -> Content {
    let set = set.map(|set| Name::new(set).unwrap());
    Content::Sticker(Sticker { set, name: Emoji::new(name).unwrap(), reply_to: None })
}

#[tokio::test]
async fn every_kind_of_message_arrives_as_it_was_sent_live_and_from_history() {
    let site = Site::start().await;
    let (mut ada, mut bob) = (site.talker("ada").await, site.talker("bob").await);
    let image = site.file(&ada, 1, "image/png").await;
    let sound = site.file(&ada, 2, "audio/ogg").await;
    let film = site.file(&ada, 3, "video/mp4").await;
    let file = site.file(&ada, 4, "application/pdf").await;
    let (chat, first) = ada.say_to(&bob, "the beginning").await;
    let shown = |kind, info: &tidings::model::MediaInfo, caption: &str| {
        Body::Media(Attachment { kind, info: info.clone(), caption: Text::plain(caption) })
    };
    let markdown = Text { markdown: true, reply_to: Some(first), ..Text::plain("**bold**") };
    let custom = Custom { kind: "order.shipped".to_owned(), json: r#"{ "id" : 7 }"#.to_owned(), reply_to: None };
    let plain = |content: Content| (content.clone(), content.body().unwrap());
    for (content, expected) in [
        plain(Content::Text(markdown)),
        plain(Content::Custom(custom)),
        (attach(MediaKind::Image, &image, "look"), shown(MediaKind::Image, &image, "look")),
        (attach(MediaKind::Voice, &sound, ""), shown(MediaKind::Voice, &sound, "")),
        (attach(MediaKind::Video, &film, ""), shown(MediaKind::Video, &film, "")),
        (attach(MediaKind::File, &file, ""), shown(MediaKind::File, &file, "")),
        (attach(MediaKind::File, &image, ""), shown(MediaKind::File, &image, "")),
        plain(place(-90_000_000, 180_000_000)),
        // The card has the id as it was created.
        (card("BOB"), card("bob").body().unwrap()),
        plain(sticker(Some("cats"), "sleepy")),
        plain(sticker(None, "👩‍👩‍👧‍👦")),
    ] {
        let (_, seq) = ada.send(Target::User(bob.id.clone()), content.clone()).await.unwrap();
        let entry = bob.peer.until(|frame| match frame {
            tidings::protocol::ServerFrame::Entry { entry, .. } if entry.seq == seq => Some((**entry).clone()),
            _ => None,
        });
        let entry = entry.await;
        assert_eq!(entry.body, expected, "{content:?}");
        assert_eq!(bob.entry(chat, seq).await, entry);
    }
    assert_eq!(bob.conversation(chat).await.inbox.unread, 12);
    site.stop().await;
}

#[tokio::test]
async fn a_message_that_breaks_a_limit_is_refused_with_words_that_say_which() {
    let site = Site::start().await;
    let (mut ada, bob) = (site.talker("ada").await, site.talker("bob").await);
    site.set(|settings| settings.message_bytes_max = 20).await;
    let own = site.file(&ada, 1, "image/png").await;
    let others = site.file(&bob, 2, "image/png").await;
    let nothing = Content::Media(Attach { kind: MediaKind::File, media: MediaId([9; 16]), caption: Text::default() });
    let custom = |json: &str| Content::Custom(Custom { kind: "k".to_owned(), json: json.to_owned(), reply_to: None });
    let named = |count| Text { mentions: vec![bob.id.clone(); count], ..Text::plain("hello") };
    let captioned = |caption| Content::Media(Attach { kind: MediaKind::Image, media: own.media, caption });
    for (content, code, words) in [
        (Content::Text(Text::plain("")), Code::Invalid, "`text`"),
        (Content::Text(Text::plain("é".repeat(11))), Code::TooLarge, "22 bytes"),
        (Content::Text(named(51)), Code::TooLarge, "50 users"),
        (
            Content::Text(Text { reply_to: Some(tidings::model::Seq(9)), ..Text::plain("a") }),
            Code::Invalid,
            "`reply_to`",
        ),
        (custom("{"), Code::Invalid, "JSON"),
        (custom(r#"{"name":"a long one"}"#), Code::TooLarge, "`message_bytes_max`"),
        (attach(MediaKind::Image, &own, "a caption of 21 bytes"), Code::TooLarge, "`caption`"),
        (captioned(named(51)), Code::TooLarge, "50 users"),
        (attach(MediaKind::Voice, &own, ""), Code::Invalid, "`image/png`"),
        (attach(MediaKind::Video, &own, ""), Code::Invalid, "`image/png`"),
        (attach(MediaKind::Image, &others, ""), Code::NotFound, "uploaded"),
        (nothing, Code::NotFound, "uploaded"),
        (place(90_000_001, 0), Code::Invalid, "`latitude_e6`"),
        (place(0, -180_000_001), Code::Invalid, "`longitude_e6`"),
        (card("nobody"), Code::NotFound, "`nobody`"),
        (Content::Text(Text { mention_all: true, ..Text::plain("all") }), Code::Forbidden, "`mention_all`"),
    ] {
        let to = Target::User(bob.id.clone());
        let refused = ada.peer.execute(Command::Send { to, content: content.clone() }).await.unwrap_err();
        assert_eq!(refused.code, code, "{content:?}: {}", refused.message);
        assert!(refused.message.contains(words), "{content:?}: {}", refused.message);
    }
    site.stop().await;
}

#[tokio::test]
async fn any_valid_text_survives_byte_for_byte() {
    let site = Site::start().await;
    let (mut ada, mut bob) = (site.talker("ada").await, site.talker("bob").await);
    let (chat, _) = ada.say_to(&bob, "hello").await;
    for text in [
        "👩🏽‍🚀👨‍👩‍👧‍👦🏳️‍🌈🇯🇵",
        "e\u{301}\u{323} is not \u{e9}; Å is not Å",
        "مرحبا \u{202e}right to left\u{202c} שלום",
        "日本語と한국어、中文",
        "Z\u{310}\u{308}a\u{320}\u{315}l\u{31b}g\u{362}o\u{34f}",
        "\u{0}\u{1}\u{7f}\u{feff}\u{fffd}\u{10ffff}",
        "line\nline\r\nline\u{2028}\u{2029}\ttab   ",
        " ",
    ] {
        let seq = ada.say(chat, text).await;
        let entry = bob.entry(chat, seq).await;
        assert_eq!(entry.body, Body::Text(Text::plain(text)));
        // In words that are edited, in captions and in JSON as well.
        let edited = format!("{text}{text}");
        ada.append(Command::Edit { conversation: chat, seq, text: edited.clone() }).await.unwrap();
        let json = serde_json::to_string(text).unwrap();
        let custom = Custom { kind: "k".to_owned(), json: json.clone(), reply_to: None };
        let (_, other) = ada.send(Target::Conversation(chat), Content::Custom(custom.clone())).await.unwrap();
        assert_eq!(bob.entry(chat, seq).await.body, Body::Text(Text::plain(edited)));
        assert_eq!(bob.entry(chat, other).await.body, Body::Custom(custom));
    }
    site.stop().await;
}

#[tokio::test]
async fn a_file_is_seen_by_its_owner_and_by_whoever_sees_a_message_with_it() {
    let site = Site::start().await;
    let (mut ada, mut bob) = (site.talker("ada").await, site.talker("bob").await);
    let (mut cyd, mut dan) = (site.talker("cyd").await, site.talker("dan").await);
    let file = site.file(&ada, 1, "image/png").await;
    let query = || Query::Media { media: file.media };
    assert_eq!(ada.ask(query()).await, Ok(Answer::Media { media: Box::new(file.clone()) }));
    assert_eq!(bob.ask(query()).await, Err(Code::NotFound));

    let (chat, seq) = ada.send(Target::User(bob.id.clone()), attach(MediaKind::Image, &file, "")).await.unwrap();
    assert!(bob.ask(query()).await.is_ok());
    assert_eq!(cyd.ask(query()).await, Err(Code::NotFound));

    // A forward shows it to others, and goes on doing so when the first message is recalled.
    let group = bob.group(&[&cyd], GroupRules::default()).await;
    let (_, there) = bob.append(forward(chat, seq, Target::Conversation(group))).await.unwrap();
    assert!(cyd.ask(query()).await.is_ok());
    ada.append(Command::Recall { conversation: chat, seq }).await.unwrap();
    assert!(bob.ask(query()).await.is_ok(), "bob sees the forward");
    assert!(cyd.ask(query()).await.is_ok());

    // Who joins later does not see what was before; who leaves keeps what they saw.
    let add = Command::AddMembers { conversation: group, users: vec![dan.id.clone()] };
    bob.append(add).await.unwrap();
    assert_eq!(dan.ask(query()).await, Err(Code::NotFound));
    cyd.append(Command::Leave { conversation: group }).await.unwrap();
    assert!(cyd.ask(query()).await.is_ok());
    bob.append(Command::Recall { conversation: group, seq: there }).await.unwrap();
    for who in [&mut bob, &mut cyd, &mut dan] {
        assert_eq!(who.ask(query()).await, Err(Code::NotFound), "{}", who.id);
    }
    assert!(ada.ask(query()).await.is_ok(), "it is still hers");
    // A message without its file cannot be made of a recalled one.
    assert_eq!(ada.append(forward(chat, seq, Target::User(dan.id.clone()))).await, Err(Code::Conflict));
    site.stop().await;
}
