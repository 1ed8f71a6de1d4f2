//! The user's own side of a conversation, and finding one's way in its history.

use super::{Site, Talker, attach, later};
use std::time::Duration;
use tidings::auth;
use tidings::engine::Engine;
use tidings::model::limits::MEMBERS_PER_COMMAND_MAX;
use tidings::model::{
    Answer, AppId, Code, Command, CommandResult, Content, ConversationId, CursorMove, GroupRules, MediaKind, Query,
    Seq, SystemCommand, Target, Text, Timestamp, UserHandle, UserId, UserKind,
};

#[tokio::test]
async fn a_history_is_deleted_for_one_user_alone_and_the_next_message_is_there_again() {
    let site = Site::start().await;
    let (mut ada, mut bob) = (site.talker("ada").await, site.talker("bob").await);
    let mut phone = site.second(&bob).await;
    let (chat, _) = ada.say_to(&bob, "one").await;
    let named = Text { mentions: vec![bob.id.clone()], ..Text::plain("two, bob") };
    let (_, second) = ada.send(Target::Conversation(chat), Content::Text(named)).await.unwrap();
    bob.execute(Command::MarkUnread { conversation: chat }).await.unwrap();
    let clear = Command::ClearHistory { conversation: chat };
    assert_eq!(bob.execute(clear.clone()).await, Ok(CommandResult::Done {}));
    // Every device is told the new floor.
    let told = phone.told(|inbox| inbox.floor == second.next()).await;
    assert_eq!((told.unread, told.mentions, told.marked_unread, told.read), (0, 0, false, second));
    assert_eq!(bob.entries(chat).await, []);
    assert_eq!(bob.ask(Query::Receipts { conversation: chat, seq: second }).await, Err(Code::NotFound));
    let react = Command::React { conversation: chat, seq: second, emoji: "👍".parse().unwrap(), on: true };
    assert_eq!(bob.append(react).await, Err(Code::NotFound), "what is deleted is not there for them");
    assert_eq!(ada.entries(chat).await.len(), 2, "the other side keeps it");
    assert_eq!(bob.execute(clear).await, Ok(CommandResult::Done {}), "again changes nothing");

    bob.execute(Command::Hide { conversation: chat, hidden: true }).await.unwrap();
    assert_eq!(bob.listed().await, []);
    let third = ada.say(chat, "three").await;
    assert_eq!(bob.listed().await, [chat], "a direct chat comes back with the next message");
    let seqs: Vec<_> = bob.entries(chat).await.iter().map(|entry| entry.seq).collect();
    assert_eq!(seqs, [third]);
    assert_eq!(bob.conversation(chat).await.inbox.unread, 1);
    site.stop().await;
}

#[tokio::test]
async fn the_own_side_of_a_conversation_follows_the_user_to_every_device_and_nobody_else() {
    let site = Site::start().await;
    let (mut ada, mut bob) = (site.talker("ada").await, site.talker("bob").await);
    let mut phone = site.second(&bob).await;
    let (chat, seq) = ada.say_to(&bob, "hello").await;
    // That she has read what she said is noted a moment later.
    ada.told(|inbox| inbox.read == seq).await;
    ada.peer.ping(1).await;
    ada.peer.early.clear();
    let mute = |until| Command::Mute { conversation: chat, until };
    let until = later(site.clock.now(), 3_600_000);
    bob.execute(Command::Pin { conversation: chat, pinned: true }).await.unwrap();
    phone.told(|inbox| inbox.pinned).await;
    bob.execute(mute(Some(until))).await.unwrap();
    phone.told(|inbox| inbox.muted_until == Some(until)).await;
    bob.execute(Command::MarkUnread { conversation: chat }).await.unwrap();
    phone.told(|inbox| inbox.marked_unread).await;
    bob.execute(Command::Hide { conversation: chat, hidden: true }).await.unwrap();
    phone.told(|inbox| inbox.hidden).await;
    assert!(ada.peer.hears_nothing().await, "it is bob's own");
    assert_eq!(phone.listed().await, []);
    // The mute ends by itself; one for ever does not.
    site.clock.advance(Duration::from_secs(3_601));
    assert_eq!(phone.conversation(chat).await.inbox.muted_until, None);
    bob.execute(mute(Some(Timestamp((1 << 53) - 1)))).await.unwrap();
    site.clock.advance(Duration::from_hours(24 * 6));
    assert!(phone.conversation(chat).await.inbox.muted_until.is_some());
    bob.execute(mute(None)).await.unwrap();
    assert_eq!(phone.conversation(chat).await.inbox.muted_until, None);
    site.stop().await;
}

#[tokio::test]
async fn the_list_has_pinned_conversations_first_and_then_those_with_the_newest_entries() {
    let site = Site::start().await;
    let mut ada = site.talker("ada").await;
    let mut chats = Vec::new();
    for name in ["bob", "cyd", "dan"] {
        let other = site.talker(name).await;
        chats.push(ada.say_to(&other, "hello").await.0);
        site.clock.advance(Duration::from_secs(1));
    }
    let [bob, cyd, dan] = chats[..] else { panic!("{chats:?}") };
    assert_eq!(ada.listed().await, [dan, cyd, bob]);
    ada.say(bob, "again").await;
    assert_eq!(ada.listed().await, [bob, dan, cyd]);
    ada.execute(Command::Pin { conversation: cyd, pinned: true }).await.unwrap();
    assert_eq!(ada.listed().await, [cyd, bob, dan]);
    site.stop().await;
}

#[tokio::test]
async fn a_history_is_found_by_seq_and_by_time_within_what_one_may_see() {
    let site = Site::start().await;
    let (mut ada, mut bob) = (site.talker("ada").await, site.talker("bob").await);
    let group = ada.group(&[], GroupRules::default()).await;
    let start = site.clock.now();
    for number in 0..20 {
        site.clock.advance(Duration::from_mins(1));
        ada.say(group, &number.to_string()).await;
    }
    ada.append(Command::AddMembers { conversation: group, users: vec![bob.id.clone()] }).await.unwrap();
    for number in 20..30 {
        site.clock.advance(Duration::from_mins(1));
        ada.say(group, &number.to_string()).await;
    }
    // Entry 1 is the group's making, 2 to 21 are said from minute 1 on, 22 is bob's joining, 23 to 32 come after it.
    let range = |from: Option<u64>, to: Option<u64>, limit| Query::Entries {
        conversation: group,
        from: from.map(Seq),
        to: to.map(Seq),
        limit,
    };
    assert_eq!(ada.seqs(range(None, Some(9), 3)).await, [7, 8, 9], "before 10");
    assert_eq!(ada.seqs(range(Some(11), None, 3)).await, [11, 12, 13], "after 10");
    assert_eq!(ada.seqs(range(Some(8), Some(12), 200)).await, [8, 9, 10, 11, 12], "around 10");
    assert_eq!(ada.seqs(range(None, None, 2)).await, [31, 32], "the newest");
    assert_eq!(bob.seqs(range(Some(1), Some(24), 200)).await, [22, 23, 24], "from joining on");
    for (is_ada, ms, seq) in [
        (true, 0, 1),
        (true, 1, 2),
        (true, 60_000, 2),
        (true, 60_001, 3),
        (true, 20 * 60_000, 21),
        (true, 30 * 60_000, 32),
        (true, 99 * 60_000, 32),
        (false, 0, 22),
        (false, 5 * 60_000, 22),
        (false, 21 * 60_000, 23),
    ] {
        let who = if is_ada { &mut ada } else { &mut bob };
        let got = who.ask(Query::EntryAt { conversation: group, at: later(start, ms) }).await.unwrap();
        assert!(matches!(got, Answer::Place { seq: Seq(found), .. } if found == seq), "{} {ms}: {got:?}", who.id);
    }
    let empty = match bob.execute(Command::OpenDirect { user: ada.id.clone() }).await.unwrap() {
        CommandResult::Conversation { conversation } => conversation,
        other => panic!("{other:?}"),
    };
    let got = bob.ask(Query::EntryAt { conversation: empty, at: start }).await.unwrap();
    assert!(matches!(got, Answer::Place { seq: Seq(0), .. }), "{got:?}");
    site.stop().await;
}

#[tokio::test]
async fn the_gallery_has_messages_with_files_by_kind_newest_first_page_by_page() {
    let site = Site::start().await;
    let (mut ada, mut bob) = (site.talker("ada").await, site.talker("bob").await);
    let image = site.file(&ada, 1, "image/png").await;
    let sound = site.file(&ada, 2, "audio/ogg").await;
    let (chat, _) = ada.say_to(&bob, "1").await;
    for round in 0..5 {
        ada.send(Target::Conversation(chat), attach(MediaKind::Image, &image, "")).await.unwrap();
        ada.send(Target::Conversation(chat), attach(MediaKind::Voice, &sound, "")).await.unwrap();
        ada.say(chat, &round.to_string()).await;
    }
    // Images at 2, 5, 8, 11, 14; voices one above each.
    let gallery = |kinds: &[MediaKind], before: Option<u64>, limit| Query::Gallery {
        conversation: chat,
        kinds: kinds.to_vec(),
        before: before.map(Seq),
        limit,
    };
    assert_eq!(bob.seqs(gallery(&[], None, 3)).await, [15, 14, 12]);
    assert_eq!(bob.seqs(gallery(&[], Some(12), 3)).await, [11, 9, 8]);
    assert_eq!(bob.seqs(gallery(&[MediaKind::Image], None, 2)).await, [14, 11]);
    assert_eq!(bob.seqs(gallery(&[MediaKind::Image], Some(11), 100)).await, [8, 5, 2]);
    assert_eq!(bob.seqs(gallery(&[MediaKind::Voice, MediaKind::Image], Some(4), 100)).await, [3, 2]);
    assert_eq!(bob.seqs(gallery(&[MediaKind::Video], None, 100)).await, [] as [u64; 0]);
    ada.append(Command::Recall { conversation: chat, seq: Seq(14) }).await.unwrap();
    assert_eq!(bob.seqs(gallery(&[MediaKind::Image], None, 2)).await, [11, 8], "a recalled one is gone");
    bob.execute(Command::ClearHistory { conversation: chat }).await.unwrap();
    assert_eq!(bob.seqs(gallery(&[], None, 100)).await, [] as [u64; 0]);
    let mut cyd = site.talker("cyd").await;
    assert_eq!(cyd.ask(gallery(&[], None, 100)).await, Err(Code::NotFound));
    site.stop().await;
}

/// Makes many users, many at once.
async fn crowd(engine: &Engine, count: usize) -> Vec<(UserHandle, UserId)> {
    let mut users = Vec::with_capacity(count);
    for numbers in (0..count).collect::<Vec<_>>().chunks(500) {
        let added = numbers.iter().map(|number| {
            let id = UserId::new(format!("u{number}")).unwrap();
            let command = SystemCommand::AddUser {
                app: AppId::HOME,
                id: id.clone(),
                name: None,
                password: None,
                administrator: false,
                kind: UserKind::Person,
            };
            async move {
                match engine.execute(auth::operator(), None, command.into()).await.unwrap().result {
                    CommandResult::User { user } => (user, id),
                    other => panic!("{other:?}"),
                }
            }
        });
        users.extend(futures_util::future::join_all(added).await);
    }
    users
}

async fn receipts(who: &mut Talker, conversation: ConversationId, seq: Seq) -> (usize, u32) {
    match who.ask(Query::Receipts { conversation, seq }).await.unwrap() {
        Answer::Receipts { cursors, read, .. } => {
            assert!(cursors.iter().all(|cursor| cursor.read >= seq));
            (cursors.len(), read)
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn in_a_group_of_ten_thousand_it_is_told_who_has_read_and_how_many() {
    const MEMBERS: usize = 10_000;
    const READERS: usize = 7_000;
    let site = Site::start().await;
    let (mut ada, mut stranger) = (site.talker("ada").await, site.talker("eve").await);
    let users = crowd(&site.server.engine, MEMBERS - 1).await;
    let group = ada.group(&[], GroupRules::default()).await;
    for part in users.chunks(MEMBERS_PER_COMMAND_MAX) {
        let users = part.iter().map(|(_, id)| id.clone()).collect();
        ada.append(Command::AddMembers { conversation: group, users }).await.unwrap();
    }
    let seq = ada.say(group, "hear, hear").await;
    for (count, readers) in [(10, &users[..10]), (READERS, &users[10..READERS])] {
        for part in readers.chunks(200) {
            let moves = part.iter().map(|(user, _)| CursorMove {
                user: *user,
                session: None,
                conversation: group,
                delivered: None,
                read: Some(seq),
            });
            site.system(SystemCommand::Cursors { moves: moves.collect() }).await.unwrap();
        }
        let started = tokio::time::Instant::now();
        let (listed, read) = receipts(&mut ada, group, seq).await;
        let took = started.elapsed();
        // Its sender has read it as well; that is noted a moment later.
        assert!((count..=count + 1).contains(&(read as usize)), "{read} of {count}");
        assert_eq!(listed, (read as usize).min(500));
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
    assert_eq!(stranger.ask(Query::Receipts { conversation: group, seq }).await, Err(Code::NotFound));
    site.stop().await;
}
