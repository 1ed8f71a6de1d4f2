//! Retention: what is old or too much goes for good, for everybody, and its space is used again.

use super::{Site, Talker, attach};
use crate::support::peer::soon;
use std::time::Duration;
use tidings::model::limits::{FEED_ENTRIES_KEPT, TRIM_ENTRIES_MAX};
use tidings::model::{
    Actor, Answer, AppId, Code, Command, CommandResult, Content, ConversationId, GroupRules, Key, MediaKind, Query,
    Seq, SystemCommand, Target, Text, UserActor,
};
use tidings::shutdown::Shutdown;
use tidings::workers::retention::{self, Trimmed};

const HOUR_MS: u64 = 3_600_000;
const HOUR: Duration = Duration::from_hours(1);

impl Site {
    /// One round of the worker. Gives the number of entries that went.
    async fn round(&self) -> u64 {
        let (_trigger, shutdown) = Shutdown::new();
        retention::round(&self.server.engine, &shutdown).await.entries
    }

    async fn keep(&self, conversation: ConversationId, keep_ms: Option<u64>, keep_entries: Option<u64>, hold: bool) {
        let set = SystemCommand::SetRetention { conversation, keep_ms, keep_entries, hold };
        assert_eq!(self.system(set).await, Ok(CommandResult::Done {}));
    }

    async fn trim(&self, conversation: ConversationId, first: u64) -> Result<(u32, bool), Code> {
        match self.system(SystemCommand::Trim { conversation, first: Seq(first) }).await? {
            CommandResult::Removed { count, more } => Ok((count, more)),
            other => panic!("{other:?}"),
        }
    }
}

/// The first entry that somebody may see, and the seqs of all.
async fn left(who: &mut Talker, conversation: ConversationId) -> (u64, Vec<u64>) {
    let query = Query::Entries { conversation, from: None, to: None, limit: 200 };
    match who.ask(query).await.unwrap() {
        Answer::Entries { entries, floor, .. } => (floor.0, entries.iter().map(|entry| entry.seq.0).collect()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn old_entries_go_with_all_that_names_them_and_everybody_learns_of_it() {
    let site = Site::start().await;
    let (mut ada, mut bob) = (site.talker("ada").await, site.talker("bob").await);
    let group = ada.group(&[&bob], GroupRules::default()).await;
    let image = site.file(&ada, 1, "image/png").await;
    let here = Target::Conversation(group);
    let named = Text { mentions: vec![bob.id.clone()], ..Text::plain("bob") };
    ada.send(here.clone(), Content::Text(named)).await.unwrap();
    ada.send(here.clone(), Content::Text(Text { mention_all: true, ..Text::plain("all") })).await.unwrap();
    let (_, shown) = ada.send(here.clone(), attach(MediaKind::Image, &image, "")).await.unwrap();
    ada.append(Command::PinEntry { conversation: group, seq: shown, on: true }).await.unwrap();
    site.clock.advance(HOUR);
    let kept = ada.say(group, "kept").await;
    assert_eq!(site.round().await, 0, "nothing goes unless somebody says so");
    assert_eq!(bob.conversation(group).await.inbox.mentions, 2);

    site.set(|settings| settings.retention_ms = HOUR_MS / 2).await;
    assert_eq!(site.round().await, kept.0 - 1);
    let told = bob.told(|inbox| inbox.floor == kept).await;
    assert_eq!((told.unread, told.mentions), (1, 0));
    for who in [&mut ada, &mut bob] {
        assert_eq!(left(who, group).await, (kept.0, vec![kept.0]));
        assert_eq!(who.seqs(Query::Pins { conversation: group }).await, [] as [u64; 0]);
        let gallery = Query::Gallery { conversation: group, kinds: Vec::new(), before: None, limit: 10 };
        assert_eq!(who.seqs(gallery).await, [] as [u64; 0]);
    }
    assert_eq!(bob.ask(Query::Media { media: image.media }).await, Err(Code::NotFound));
    // What refers to what is gone stays as it is; what would touch it finds nothing.
    let pin = Command::PinEntry { conversation: group, seq: shown, on: false };
    assert_eq!(ada.append(pin).await, Err(Code::NotFound));
    let conversation = bob.conversation(group).await;
    assert_eq!((conversation.inbox.floor, conversation.head), (kept, kept));
    // A day later nobody refers to the file, and it may be forgotten.
    site.clock.advance(HOUR * 25);
    let forgotten = site.system(SystemCommand::ForgetMedia { media: vec![image.media] }).await;
    assert_eq!(forgotten, Ok(CommandResult::Removed { count: 1, more: false }));
    // Everything may go; what comes then goes on with the next seq.
    assert_eq!(site.round().await, 1);
    assert_eq!(left(&mut ada, group).await, (kept.0 + 1, vec![]));
    assert_eq!(ada.listed().await, [group]);
    let next = ada.say(group, "on").await;
    assert_eq!(next, kept.next());
    assert_eq!(bob.conversation(group).await.inbox.unread, 1);
    let data = site.data.clone();
    let _folder = site.stop().await;
    assert_eq!(tidings::store::check(&data).unwrap().problems, [] as [String; 0]);
}

#[tokio::test]
async fn only_the_newest_are_kept_and_a_conversation_may_have_rules_of_its_own() {
    let site = Site::start().await;
    let (mut ada, bob) = (site.talker("ada").await, site.talker("bob").await);
    let cyd = site.talker("cyd").await;
    let (first, _) = ada.say_to(&bob, "1").await;
    let (second, _) = ada.say_to(&cyd, "1").await;
    for number in 2..=20 {
        ada.say(first, &number.to_string()).await;
        ada.say(second, &number.to_string()).await;
    }
    site.set(|settings| settings.retention_entries = 5).await;
    site.keep(second, None, Some(0), false).await;
    assert_eq!(site.round().await, 15);
    assert_eq!(left(&mut ada, first).await, (16, (16..=20).collect()));
    assert_eq!(left(&mut ada, second).await, (1, (1..=20).collect()), "all, whatever the app says");
    site.keep(second, None, Some(2), false).await;
    // A step goes no further than it is asked, nor than the rules allow.
    assert_eq!(site.trim(second, 3).await, Ok((2, false)));
    assert_eq!(site.trim(second, 1_000).await, Ok((16, false)));
    assert_eq!(site.trim(second, 1_000).await, Ok((0, false)));
    assert_eq!(left(&mut ada, second).await, (19, vec![19, 20]));
    site.keep(second, None, None, false).await;
    assert_eq!(site.round().await, 0, "as the app says again");
    assert_eq!(site.trim(ConversationId(999), 5).await, Err(Code::NotFound));
    site.stop().await;
}

#[tokio::test]
async fn nothing_goes_while_a_legal_hold_is_on() {
    let site = Site::start().await;
    let (mut ada, bob) = (site.talker("ada").await, site.talker("bob").await);
    let (chat, _) = ada.say_to(&bob, "1").await;
    ada.say(chat, "2").await;
    site.keep(chat, None, Some(1), true).await;
    assert_eq!(site.round().await, 0);
    assert_eq!(site.trim(chat, 2).await, Err(Code::Forbidden));
    site.keep(chat, None, Some(1), false).await;
    site.set(|settings| settings.hold = true).await;
    assert_eq!(site.round().await, 0);
    assert_eq!(site.trim(chat, 2).await, Err(Code::Forbidden));
    site.set(|_| {}).await;
    assert_eq!(site.round().await, 1);
    assert_eq!(left(&mut ada, chat).await, (2, vec![2]));
    site.stop().await;
}

#[tokio::test]
async fn one_step_is_small_and_the_worker_goes_on_by_itself() {
    let site = Site::start().await;
    let (mut ada, bob) = (site.talker("ada").await, site.talker("bob").await);
    let (chat, _) = ada.say_to(&bob, "1").await;
    let mentions = vec![bob.id.clone(); 50];
    for _ in 2..=500 {
        let text = Content::Text(Text { mentions: mentions.clone(), ..Text::plain("named") });
        ada.send(Target::Conversation(chat), text).await.unwrap();
    }
    site.keep(chat, None, Some(10), false).await;
    let (count, more) = site.trim(chat, 1_000).await.unwrap();
    assert!(more && (1..=TRIM_ENTRIES_MAX as u32).contains(&count), "{count}");
    let (trigger, shutdown) = Shutdown::new();
    site.server
        .tasks
        .spawn("retention", retention::run(site.server.engine.clone(), Duration::from_millis(10), shutdown));
    let engine = site.server.engine.clone();
    let first = move || tidings::store::Read::head(&*engine.view(), chat).unwrap().first;
    soon("the worker has trimmed", || first() == Seq(491)).await;
    ada.say(chat, "one more").await;
    soon("and goes on", || first() > Seq(491)).await;
    trigger.fire();
    site.stop().await;
}

#[tokio::test]
async fn a_dissolved_group_is_deleted_when_its_time_is_over() {
    let site = Site::start().await;
    let (mut ada, mut bob) = (site.talker("ada").await, site.talker("bob").await);
    site.set(|settings| settings.retention_ms = HOUR_MS).await;
    let group = ada.group(&[&bob], GroupRules::default()).await;
    ada.say(group, "the last words").await;
    ada.append(Command::Dissolve { conversation: group }).await.unwrap();
    site.clock.advance(HOUR);
    assert_eq!(site.round().await, 0);
    assert_eq!(bob.entries(group).await.len(), 3, "it can be read until then");
    site.clock.advance(Duration::from_millis(1));
    assert_eq!(site.round().await, 3);
    assert!(bob.told(|inbox| inbox.floor == Seq(4)).await.hidden);
    for who in [&mut ada, &mut bob] {
        assert_eq!(who.listed().await, [], "nothing is left to list");
        assert_eq!(left(who, group).await, (4, vec![]));
    }
    site.stop().await;
}

#[tokio::test]
async fn a_feed_keeps_its_newest_entries_whatever_the_app_says_of_time() {
    let site = Site::start().await;
    let mut ada = site.talker("ada").await;
    site.set(|settings| settings.retention_ms = 1_000).await;
    let Answer::Me { feed, .. } = ada.ask(Query::Me {}).await.unwrap() else { panic!() };
    let asked = SystemCommand::SetRetention { conversation: feed, keep_ms: None, keep_entries: Some(5), hold: false };
    assert_eq!(site.system(asked).await, Err(Code::Invalid));
    let name = |number: u64| tidings::model::Name::new(format!("label {number}")).unwrap();
    ada.execute(Command::CreateLabel { name: name(0) }).await.unwrap();
    let Answer::Labels { labels, .. } = ada.ask(Query::Labels {}).await.unwrap() else { panic!() };
    let label = labels[0].label;
    for number in 1..=FEED_ENTRIES_KEPT + 20 {
        ada.execute(Command::RenameLabel { label, name: name(number) }).await.unwrap();
    }
    site.clock.advance(HOUR);
    assert!(site.round().await >= 20);
    let head = ada.conversation(feed).await;
    assert_eq!(head.head.0 - head.inbox.floor.0 + 1, FEED_ENTRIES_KEPT);
    site.stop().await;
}

#[tokio::test]
async fn the_file_stays_bounded_while_messages_keep_coming() {
    let site = Site::start().await;
    let (mut ada, bob) = (site.talker("ada").await, site.talker("bob").await);
    site.set(|settings| settings.retention_entries = 200).await;
    let (chat, _) = ada.say_to(&bob, "the first").await;
    let file = site.data.join("tidings.redb");
    let words = "words ".repeat(800);
    let actor = Actor::User(UserActor {
        app: AppId::HOME,
        user: ada.person.handle,
        id: ada.id.clone(),
        session: ada.person.session,
    });
    let mut sizes = Vec::new();
    for _ in 0..60 {
        for _ in 0..10 {
            let sent = (0..25).map(|_| {
                let content = Content::Text(Text::plain(&words));
                let command = Command::Send { to: Target::Conversation(chat), content };
                let key = Key::new(site.clock.now());
                site.server.engine.execute(actor.clone(), Some(key), command.into())
            });
            assert!(futures_util::future::join_all(sent).await.iter().all(Result::is_ok));
        }
        // The journal goes within a minute, keys and the log of effects within a week.
        site.clock.advance(Duration::from_hours(24));
        assert!(site.round().await > 0);
        sizes.push(std::fs::metadata(&file).unwrap().len());
    }
    let said = 60 * 250 * words.len() as u64;
    println!("{said} bytes were said, 250 messages a day of which 200 are kept; the file had {sizes:?} bytes");
    // Kept are about 1 MB of messages and a week of effects. The file grows by doubling, a step or two more when folding comes late on
    // a busy machine; one that gave nothing back would hold each message in its conversation, in the log and beside them.
    assert!(sizes.iter().all(|size| *size < said), "{sizes:?}");
    let Trimmed { entries, .. } = {
        let (_trigger, shutdown) = Shutdown::new();
        retention::round(&site.server.engine, &shutdown).await
    };
    assert_eq!(entries, 0);
    site.stop().await;
}
