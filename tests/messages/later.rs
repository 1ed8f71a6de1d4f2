//! What happens to a message later: forwarded, pinned, edited, recalled; and whom it names.

use super::{Site, Talker, attach, forward, later};
use crate::support::peer::text;
use std::time::Duration;
use tidings::model::limits::PINS_MAX;
use tidings::model::{
    Attach, Body, Code, Command, CommandResult, Content, ConversationId, GroupRules, MediaKind, Origin, Query, Seq,
    Target, Text, UserFlags, Who,
};

fn pin(conversation: ConversationId, seq: Seq, on: bool) -> Command {
    Command::PinEntry { conversation, seq, on }
}

async fn pins(who: &mut Talker, conversation: ConversationId) -> Vec<u64> {
    who.seqs(Query::Pins { conversation }).await
}

#[tokio::test]
async fn a_forward_keeps_who_said_it_first_over_several_hops_and_leaves_the_rest_behind() {
    let site = Site::start().await;
    let (mut ada, mut bob) = (site.talker("ada").await, site.talker("bob").await);
    let (mut cyd, mut dan) = (site.talker("cyd").await, site.talker("dan").await);
    let (chat, first) = ada.say_to(&bob, "first").await;
    let words =
        Text { markdown: true, reply_to: Some(first), mentions: vec![bob.id.clone()], ..Text::plain("*pass it on*") };
    let (_, seq) = ada.send(Target::Conversation(chat), Content::Text(words)).await.unwrap();
    let said = bob.entry(chat, seq).await;
    site.clock.advance(Duration::from_mins(1));
    let (hop, at) = bob.append(forward(chat, seq, Target::User(cyd.id.clone()))).await.unwrap();
    site.clock.advance(Duration::from_mins(1));
    let (last, there) = cyd.append(forward(hop, at, Target::User(dan.id.clone()))).await.unwrap();
    let entry = dan.entry(last, there).await;
    assert_eq!(entry.author, cyd.id);
    assert_eq!(entry.origin, Some(Origin { author: ada.id.clone(), at: said.at }));
    assert_eq!(entry.at, later(said.at, 120_000));
    assert_eq!(entry.body, Body::Text(Text { markdown: true, ..Text::plain("*pass it on*") }));
    let inbox = dan.conversation(last).await.inbox;
    assert_eq!((inbox.unread, inbox.mentions), (1, 0));
    // It is a message of whoever forwarded it: they edit and recall it, and what it came from stays.
    cyd.append(Command::Edit { conversation: last, seq: there, text: "changed".to_owned() }).await.unwrap();
    assert_eq!(text(&dan.entry(last, there).await), "changed");
    assert_eq!(text(&bob.entry(chat, seq).await), "*pass it on*");
    site.stop().await;
}

#[tokio::test]
async fn only_what_one_sees_and_what_is_not_recalled_can_be_forwarded() {
    let site = Site::start().await;
    let (mut ada, mut bob, mut cyd) = (site.talker("ada").await, site.talker("bob").await, site.talker("cyd").await);
    let (chat, seq) = ada.say_to(&bob, "between us").await;
    let to_self = |who: &Talker| Target::User(who.id.clone());
    let to = to_self(&cyd);
    assert_eq!(cyd.append(forward(chat, seq, to.clone())).await, Err(Code::NotFound), "not cyd's conversation");
    assert_eq!(bob.append(forward(chat, Seq(99), to.clone())).await, Err(Code::NotFound));
    let group = ada.group(&[], GroupRules::default()).await;
    let early = ada.say(group, "before bob came").await;
    ada.append(Command::AddMembers { conversation: group, users: vec![bob.id.clone()] }).await.unwrap();
    assert_eq!(bob.append(forward(group, early, to.clone())).await, Err(Code::NotFound), "before bob came");
    assert_eq!(ada.append(forward(group, Seq(1), to.clone())).await, Err(Code::Invalid), "a notice");
    ada.append(Command::Recall { conversation: chat, seq }).await.unwrap();
    assert_eq!(bob.append(forward(chat, seq, to.clone())).await, Err(Code::Conflict));

    // The same checks as for any other message at the place where it goes.
    let here = ada.say(group, "in the group").await;
    ada.execute(Command::MuteGroup { conversation: group, on: true }).await.unwrap();
    assert_eq!(bob.append(forward(group, here, Target::Conversation(group))).await, Err(Code::Muted));
    assert!(bob.append(forward(group, here, to.clone())).await.is_ok());
    assert_eq!(bob.append(forward(group, here, Target::Conversation(ConversationId(999)))).await, Err(Code::NotFound));
    ada.append(Command::RemoveMember { conversation: group, user: bob.id.clone() }).await.unwrap();
    assert!(bob.append(forward(group, here, to.clone())).await.is_ok(), "what one still reads can be passed on");
    assert_eq!(bob.append(forward(group, here, Target::Conversation(group))).await, Err(Code::NotMember));
    site.flag(&bob, UserFlags { silenced: true, ..UserFlags::default() }).await;
    assert_eq!(bob.append(forward(group, here, to)).await, Err(Code::Silenced));
    site.stop().await;
}

#[tokio::test]
async fn the_owner_and_managers_name_everybody_and_each_such_message_counts_once() {
    let site = Site::start().await;
    let (mut ada, mut bob, mut cyd) = (site.talker("ada").await, site.talker("bob").await, site.talker("cyd").await);
    let group = ada.group(&[&bob, &cyd], GroupRules::default()).await;
    let all = |text: &str| Content::Text(Text { mention_all: true, ..Text::plain(text) });
    let here = Target::Conversation(group);
    assert_eq!(cyd.send(here.clone(), all("not for members")).await, Err(Code::Forbidden));
    ada.append(Command::SetManager { conversation: group, user: bob.id.clone(), manager: true }).await.unwrap();
    bob.send(here.clone(), all("a manager")).await.unwrap();
    let both = Text { mention_all: true, mentions: vec![cyd.id.clone()], ..Text::plain("all, and cyd") };
    let (_, second) = ada.send(here.clone(), Content::Text(both)).await.unwrap();
    let named = Text { mentions: vec![cyd.id.clone()], ..Text::plain("cyd") };
    ada.send(here.clone(), Content::Text(named.clone())).await.unwrap();
    let image = site.file(&ada, 1, "image/png").await;
    let captioned = Content::Media(Attach { kind: MediaKind::Image, media: image.media, caption: named });
    ada.send(here.clone(), captioned).await.unwrap();
    assert_eq!(cyd.conversation(group).await.inbox.mentions, 4);
    // A recalled one is no mention any more, and reading takes them all away.
    ada.append(Command::Recall { conversation: group, seq: second }).await.unwrap();
    assert_eq!(cyd.conversation(group).await.inbox.mentions, 3);
    let head = cyd.conversation(group).await.head;
    cyd.peer.send(&tidings::protocol::ClientFrame::Read { conversation: group, seq: head }).await;
    cyd.told(|inbox| inbox.read == head && inbox.mentions == 0 && inbox.unread == 0).await;
    // Who joins later is not named by what was before.
    let mut dan = site.talker("dan").await;
    ada.append(Command::AddMembers { conversation: group, users: vec![dan.id.clone()] }).await.unwrap();
    assert_eq!(dan.conversation(group).await.inbox.mentions, 0);
    let (chat, _) = ada.say_to(&dan, "hello").await;
    assert_eq!(ada.send(Target::Conversation(chat), all("both of us")).await, Err(Code::Forbidden));
    site.stop().await;
}

#[tokio::test]
async fn both_sides_of_a_direct_chat_pin_and_in_a_group_whom_its_rules_name() {
    let site = Site::start().await;
    let (mut ada, mut bob) = (site.talker("ada").await, site.talker("bob").await);
    let (chat, first) = ada.say_to(&bob, "first").await;
    let second = bob.say(chat, "second").await;
    let (_, notice) = ada.append(pin(chat, first, true)).await.unwrap();
    assert_eq!(bob.entry(chat, notice).await.body, Body::EntryPinned { entry: first, on: true });
    bob.append(pin(chat, second, true)).await.unwrap();
    assert_eq!(pins(&mut ada, chat).await, [second.0, first.0], "newest first");
    assert_eq!(ada.execute(pin(chat, first, true)).await, Ok(CommandResult::Done {}), "it is so already");
    bob.append(pin(chat, first, false)).await.unwrap();
    assert_eq!(bob.execute(pin(chat, first, false)).await, Ok(CommandResult::Done {}));
    assert_eq!(pins(&mut ada, chat).await, [second.0]);
    assert_eq!(ada.append(pin(chat, notice, true)).await, Err(Code::Invalid), "a notice");
    assert_eq!(ada.append(pin(chat, Seq(99), true)).await, Err(Code::NotFound));
    bob.append(Command::Recall { conversation: chat, seq: second }).await.unwrap();
    assert_eq!(pins(&mut ada, chat).await, [] as [u64; 0], "a recalled message is not pinned");
    assert_eq!(ada.append(pin(chat, second, true)).await, Err(Code::Conflict));

    let open = GroupRules { pin: Who::Members, ..GroupRules::default() };
    for (rules, expected) in [(GroupRules::default(), Some(Code::Forbidden)), (open, None)] {
        let group = ada.group(&[&bob], rules).await;
        let seq = bob.say(group, "pin me").await;
        assert_eq!(bob.append(pin(group, seq, true)).await.err(), expected);
        if expected.is_some() {
            ada.append(pin(group, seq, true)).await.unwrap();
        }
        assert_eq!(pins(&mut bob, group).await, [seq.0]);
        // Who comes later sees no pin of what was before.
        let mut late = site.talker(&format!("late{group}")).await;
        ada.append(Command::AddMembers { conversation: group, users: vec![late.id.clone()] }).await.unwrap();
        assert_eq!(pins(&mut late, group).await, [] as [u64; 0]);
    }
    site.stop().await;
}

#[tokio::test]
async fn a_conversation_has_so_many_pins_and_no_more() {
    let site = Site::start().await;
    let (mut ada, bob) = (site.talker("ada").await, site.talker("bob").await);
    let (chat, first) = ada.say_to(&bob, "0").await;
    ada.append(pin(chat, first, true)).await.unwrap();
    for number in 1..PINS_MAX {
        let seq = ada.say(chat, &number.to_string()).await;
        ada.append(pin(chat, seq, true)).await.unwrap();
    }
    let last = ada.say(chat, "one too many").await;
    assert_eq!(ada.append(pin(chat, last, true)).await, Err(Code::Full));
    assert_eq!(pins(&mut ada, chat).await.len(), PINS_MAX);
    ada.append(pin(chat, first, false)).await.unwrap();
    ada.append(pin(chat, last, true)).await.unwrap();
    assert_eq!(pins(&mut ada, chat).await[0], last.0);
    site.stop().await;
}

#[tokio::test]
async fn edits_and_recalls_have_their_time_by_the_servers_clock() {
    let site = Site::start().await;
    let (mut ada, mut bob) = (site.talker("ada").await, site.talker("bob").await);
    site.set(|settings| (settings.edit_window_ms, settings.recall_window_ms) = (60_000, 30_000)).await;
    let (chat, seq) = ada.say_to(&bob, "words").await;
    let edit = |text: &str| Command::Edit { conversation: chat, seq, text: text.to_owned() };
    let recall = || Command::Recall { conversation: chat, seq };
    assert_eq!(bob.append(edit("not mine")).await, Err(Code::Forbidden));
    assert_eq!(bob.append(recall()).await, Err(Code::Forbidden));
    site.clock.advance(Duration::from_millis(30_001));
    assert_eq!(ada.append(recall()).await, Err(Code::Expired));
    site.clock.advance(Duration::from_millis(29_999));
    ada.append(edit("on the last millisecond")).await.unwrap();
    site.clock.advance(Duration::from_millis(1));
    assert_eq!(ada.append(edit("too late")).await, Err(Code::Expired));
    let entry = bob.entry(chat, seq).await;
    assert_eq!(text(&entry), "on the last millisecond");
    assert_eq!(entry.edited_at, Some(later(entry.at, 60_000)));

    // A recalled message keeps its place and nothing of what it said; a reply to it has its seq alone.
    let gone = ada.say(chat, "take this back").await;
    let reply = Text { reply_to: Some(gone), ..Text::plain("really?") };
    let (_, answer) = bob.send(Target::Conversation(chat), Content::Text(reply.clone())).await.unwrap();
    ada.append(Command::Recall { conversation: chat, seq: gone }).await.unwrap();
    assert_eq!(ada.execute(Command::Recall { conversation: chat, seq: gone }).await, Ok(CommandResult::Done {}));
    let entry = bob.entry(chat, gone).await;
    assert_eq!((entry.body, entry.recalled_at.is_some()), (Body::Recalled {}, true));
    assert_eq!(bob.entry(chat, answer).await.body, Body::Text(reply));
    let edit = Command::Edit { conversation: chat, seq: gone, text: "again".to_owned() };
    assert_eq!(ada.append(edit).await, Err(Code::Conflict));
    site.stop().await;
}

#[tokio::test]
async fn what_a_recalled_message_said_is_nowhere_in_the_file_once_its_journal_row_went_and_its_pages_are_used_again() {
    const WORDS: &str = "a sentence that nobody else would ever say: xyzzy-plugh-4711";
    let site = Site::start().await;
    let (mut ada, bob) = (site.talker("ada").await, site.talker("bob").await);
    let image = site.file(&ada, 1, "image/png").await;
    let file = site.data.join("tidings.redb");
    let holds = || {
        let bytes = std::fs::read(&file).unwrap();
        bytes.windows(WORDS.len()).any(|window| window == WORDS.as_bytes())
    };
    let (chat, seq) = ada.say_to(&bob, WORDS).await;
    let (_, captioned) = ada.send(Target::Conversation(chat), attach(MediaKind::Image, &image, WORDS)).await.unwrap();
    assert!(holds(), "what was never there proves nothing");
    for seq in [seq, captioned] {
        ada.append(Command::Recall { conversation: chat, seq }).await.unwrap();
    }
    // A minute later the row of the journal goes; what is written afterwards takes its pages.
    let deadline = tokio::time::Instant::now() + Duration::from_mins(1);
    while holds() {
        assert!(tokio::time::Instant::now() < deadline, "it is still there");
        site.clock.advance(Duration::from_secs(61));
        for number in 0..20 {
            ada.say(chat, &format!("{number} {}", "other words ".repeat(300))).await;
        }
    }
    let _folder = site.stop().await;
    let report = tidings::store::check(file.parent().unwrap()).unwrap();
    assert_eq!(report.problems, [] as [String; 0]);
}
