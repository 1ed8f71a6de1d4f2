//! The hub without sockets and without an engine: what each session finds in its outbox.

use super::*;
use crate::model::{AppId, Body, Inbox, Ordinal, PresenceState, Refusal, Seq, Text, Timestamp};
use crate::protocol::{Deframer, Encoding};
use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

const C: ConversationId = ConversationId(7);
const NOW: Timestamp = Timestamp(1_000);

fn hub() -> Hub {
    Hub::new(HubOptions { clock: Clock::manual(NOW), ..HubOptions::default() })
}

fn arrival(user: u64, session: u64) -> Arrival {
    Arrival {
        user: UserHandle(user),
        id: UserId::new(format!("user{user}")).unwrap(),
        session: SessionId(session),
        platform: Platform::Linux,
    }
}

fn connect(hub: &Hub, user: u64, session: u64, encoding: Encoding, bytes_max: usize) -> (Arc<Outbox>, Encoding) {
    let outbox = hub.outbox(bytes_max);
    outbox.set_encoding(encoding);
    hub.arrive(&arrival(user, session), &outbox);
    (outbox, encoding)
}

fn frames((outbox, encoding): &(Arc<Outbox>, Encoding)) -> Vec<ServerFrame> {
    let mut pieces = VecDeque::new();
    outbox.take(&mut pieces);
    let mut deframer = Deframer::new(1 << 20);
    let mut frames = Vec::new();
    for piece in pieces {
        deframer
            .feed(piece.bytes(), |frame| {
                frames.push(encoding.decode(frame).unwrap());
                true
            })
            .unwrap();
        outbox.wrote(piece.bytes().len());
        outbox.give_back(piece);
    }
    assert_eq!(outbox.held_bytes(), 0);
    frames
}

fn entry(seq: u64, lsn: u64, changed: u64, text: &str) -> Effect {
    Effect::Entry {
        app: AppId::HOME,
        conversation: C,
        entry: Arc::new(Entry {
            seq: Seq(seq),
            lsn: Lsn(lsn),
            changed: Lsn(changed),
            ordinal: Ordinal(seq),
            at: NOW,
            author: UserId::new("user1").unwrap(),
            key: None,
            body: Body::Text(Text::plain(text)),
            reactions: Vec::new(),
            edited_at: None,
            recalled_at: None,
            origin: None,
        }),
    }
}

fn seqs(frames: &[ServerFrame]) -> Vec<u64> {
    frames
        .iter()
        .filter_map(|frame| match frame {
            ServerFrame::Entry { entry, .. } => Some(entry.seq.0),
            _ => None,
        })
        .collect()
}

/// Users 1, 2 and 3 belong to the conversation; 3 has left after entry 5.
#[allow(clippy::unnecessary_wraps, reason = "what the publisher takes")]
fn windows(_: ConversationId) -> Option<Vec<Window>> {
    let window = |user, until| Window { user: UserHandle(user), from: Seq(0), until };
    Some(vec![window(1, None), window(2, None), window(3, Some(Seq(5)))])
}

fn publish(hub: &Hub, lsn: u64, origin: Option<u64>, effects: &[Effect]) {
    hub.publisher().publish(Lsn(lsn), origin.map(SessionId), effects, windows);
}

#[test]
fn an_entry_goes_to_those_whose_window_holds_it_but_not_to_the_session_that_sent_it() {
    let hub = hub();
    let sender = connect(&hub, 1, 11, Encoding::Postcard, 1 << 20);
    let other_device = connect(&hub, 1, 12, Encoding::Json, 1 << 20);
    let member = connect(&hub, 2, 21, Encoding::Postcard, 1 << 20);
    let left = connect(&hub, 3, 31, Encoding::Json, 1 << 20);
    let stranger = connect(&hub, 4, 41, Encoding::Json, 1 << 20);
    for seq in 4..=7 {
        let text = if seq == 6 { "long ".repeat(1_000) } else { "short".to_owned() };
        publish(&hub, seq + 100, Some(11), &[entry(seq, seq + 100, seq + 100, &text)]);
    }
    assert_eq!(seqs(&frames(&sender)), [0; 0]);
    assert_eq!(seqs(&frames(&other_device)), [4, 5, 6, 7]);
    assert_eq!(seqs(&frames(&member)), [4, 5, 6, 7]);
    assert_eq!(seqs(&frames(&left)), [4, 5]);
    assert_eq!(seqs(&frames(&stranger)), [0; 0]);
}

#[test]
fn a_large_group_of_whom_few_are_there_is_heard_by_those() {
    let hub = hub();
    let sender = connect(&hub, 1, 11, Encoding::Postcard, 1 << 20);
    let member = connect(&hub, 500, 21, Encoding::Json, 1 << 20);
    let left = connect(&hub, 501, 31, Encoding::Json, 1 << 20);
    let stranger = connect(&hub, 5_000, 41, Encoding::Json, 1 << 20);
    let load = |_| {
        let until = |user| (user == 501).then_some(Seq(3));
        Some((1..1_000).rev().map(|user| Window { user: UserHandle(user), from: Seq(0), until: until(user) }).collect())
    };
    hub.publisher().publish(Lsn(9), Some(SessionId(11)), &[entry(4, 9, 9, "x")], load);
    assert_eq!(seqs(&frames(&member)), [4]);
    assert_eq!((frames(&sender).len(), frames(&left).len(), frames(&stranger).len()), (0, 0, 0));
}

#[test]
fn a_rewritten_entry_goes_to_the_session_that_asked_too_but_not_to_those_who_left() {
    let hub = hub();
    let sender = connect(&hub, 1, 11, Encoding::Postcard, 1 << 20);
    let left = connect(&hub, 3, 31, Encoding::Json, 1 << 20);
    publish(&hub, 110, Some(11), &[entry(2, 102, 110, "edited"), entry(8, 110, 110, "notice")]);
    assert_eq!(seqs(&frames(&sender)), [2]);
    assert_eq!(seqs(&frames(&left)), [0; 0]);
}

#[test]
fn too_much_drops_pushes_once_and_never_replies() {
    for encoding in [Encoding::Postcard, Encoding::Json] {
        let hub = hub();
        let slow = connect(&hub, 2, 21, encoding, 4_096);
        slow.0.started();
        slow.0.reply(&ServerFrame::Pong { nonce: 1, time: NOW });
        publish(&hub, 101, None, &[entry(1, 101, 101, &"shared ".repeat(200))]);
        let refusal = Refusal::new(crate::model::Code::Muted, "no");
        slow.0.complete(5, Some(&refusal), &refused(Some(5), refusal.clone(), false));
        for seq in 2..100 {
            publish(&hub, seq + 100, None, &[entry(seq, seq + 100, seq + 100, &"word ".repeat(20))]);
        }
        assert_eq!(slow.0.in_flight(), 0);
        assert!(slow.0.held_bytes() <= 4_096);
        let kinds: Vec<_> = frames(&slow)
            .into_iter()
            .map(|frame| match frame {
                ServerFrame::Pong { .. } => "pong",
                ServerFrame::Refused(_) => "refused",
                ServerFrame::Lagging {} => "lagging",
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(kinds, ["pong", "refused", "lagging"]);
        assert_eq!(hub.lagging(), 1);
        publish(&hub, 300, None, &[entry(200, 300, 300, "still dropped")]);
        assert_eq!(frames(&slow), []);
        slow.0.resume_pushes();
        publish(&hub, 301, None, &[entry(201, 301, 301, "heard again")]);
        assert_eq!(seqs(&frames(&slow)), [201]);
    }
}

#[test]
fn a_lag_between_the_last_view_and_its_page_is_said_again_after_the_page() {
    let hub = hub();
    let slow = connect(&hub, 2, 21, Encoding::Postcard, 2_048);
    slow.0.resume_pushes();
    for seq in 1..100 {
        publish(&hub, seq, None, &[entry(seq, seq, seq, "word")]);
    }
    slow.0.reply_page(&ServerFrame::Pong { nonce: 9, time: NOW }, true);
    let last = frames(&slow);
    assert_eq!(last.len(), 3);
    assert_eq!(last[0], ServerFrame::Lagging {});
    assert_eq!(last[2], ServerFrame::Lagging {});
}

#[test]
fn welcome_comes_before_what_was_pushed_meanwhile() {
    let hub = hub();
    let new = connect(&hub, 2, 21, Encoding::Json, 1 << 20);
    publish(&hub, 1, None, &[entry(1, 1, 1, &"large ".repeat(400))]);
    publish(&hub, 2, None, &[entry(2, 2, 2, "small")]);
    new.0.welcome(&ServerFrame::Pong { nonce: 1, time: NOW });
    let all = frames(&new);
    assert!(matches!(all[0], ServerFrame::Pong { .. }));
    assert_eq!(seqs(&all), [1, 2]);
}

#[test]
fn who_is_turned_away_late_hears_nothing_of_what_was_pushed_meanwhile() {
    let hub = hub();
    let late = connect(&hub, 2, 21, Encoding::Postcard, 1 << 20);
    late.0.reply(&ServerFrame::Pong { nonce: 1, time: NOW });
    publish(&hub, 1, None, &[entry(1, 1, 1, "not for a session that has ended")]);
    late.0.turn_away(&fatal(crate::model::Code::SessionRevoked, "no"));
    assert!(matches!(frames(&late)[..], [ServerFrame::Pong { .. }, ServerFrame::Refused(_)]));
    assert!(late.0.is_ended());
}

#[test]
fn after_the_end_of_a_session_nothing_more_is_written() {
    let hub = hub();
    let one = connect(&hub, 2, 21, Encoding::Json, 1 << 20);
    let ended = Effect::SessionEnded {
        user: UserHandle(2),
        session: SessionId(21),
        reason: EndReason::ReplacedByDevice,
        by: Some(Name::new("phone").unwrap()),
    };
    publish(&hub, 1, None, &[entry(1, 1, 1, "before"), ended]);
    publish(&hub, 2, None, &[entry(2, 2, 2, "after")]);
    one.0.started();
    one.0.complete(1, None, &ServerFrame::Lagging {});
    let all = frames(&one);
    assert_eq!(seqs(&all), [1]);
    assert!(
        matches!(&all[1], ServerFrame::Kicked { reason: EndReason::ReplacedByDevice, by: Some(name) } if name.as_str() == "phone")
    );
    assert_eq!(all.len(), 2);
    assert!(!one.0.is_open());
    assert_eq!(hub.sessions(), 0);
    hub.depart(SessionId(21), &one.0);
}

#[test]
fn a_second_connection_of_a_session_replaces_the_first_and_the_first_ones_end_changes_nothing() {
    let hub = hub();
    let first = connect(&hub, 2, 21, Encoding::Json, 1 << 20);
    let second = connect(&hub, 2, 21, Encoding::Json, 1 << 20);
    assert!(matches!(frames(&first)[..], [ServerFrame::Kicked { reason: EndReason::ReplacedBySameDevice, .. }]));
    hub.depart(SessionId(21), &first.0);
    assert_eq!(hub.sessions(), 1);
    assert!(hub.is_online(UserHandle(2)));
    publish(&hub, 1, None, &[entry(1, 1, 1, "x")]);
    assert_eq!(seqs(&frames(&second)), [1]);
    hub.depart(SessionId(21), &second.0);
    assert!(!hub.is_online(UserHandle(2)));
    assert!(hub.platforms(UserHandle(2)).is_empty());
}

#[test]
fn a_task_is_woken_once_a_batch_and_only_when_it_sleeps() {
    struct Count(std::sync::atomic::AtomicUsize);
    impl std::task::Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let count = Arc::new(Count(std::sync::atomic::AtomicUsize::new(0)));
    let waker = Waker::from(Arc::clone(&count));
    let cx = Context::from_waker(&waker);
    let hub = hub();
    let one = connect(&hub, 2, 21, Encoding::Json, 1 << 20);
    assert_eq!(one.0.poll_due(&cx, false), Poll::Pending);
    let mut publisher = hub.publisher();
    for seq in 1..10 {
        publisher.publish(Lsn(seq), None, &[entry(seq, seq, seq, "x")], windows);
    }
    assert_eq!(count.0.load(Ordering::SeqCst), 0);
    publisher.flush();
    publisher.flush();
    assert_eq!(count.0.load(Ordering::SeqCst), 1);
    assert_eq!(one.0.poll_due(&cx, false), Poll::Ready(Due { write: true, ..Due::default() }));
    assert_eq!(frames(&one).len(), 9);
    assert_eq!(one.0.poll_due(&cx, false), Poll::Pending);
    one.0.poke();
    assert_eq!(one.0.poll_due(&cx, false), Poll::Ready(Due { poked: true, ..Due::default() }));
    assert_eq!(count.0.load(Ordering::SeqCst), 2);
}

#[test]
fn an_answer_counts_as_written_when_its_bytes_are() {
    let hub = hub();
    let (outbox, _) = connect(&hub, 2, 21, Encoding::Json, 1 << 20);
    outbox.reply(&ServerFrame::Pong { nonce: 1, time: NOW });
    let mark = outbox.mark();
    outbox.reply(&ServerFrame::Pong { nonce: 2, time: NOW });
    let mut pieces = VecDeque::new();
    outbox.take(&mut pieces);
    assert!(!outbox.is_written(mark));
    outbox.wrote(mark as usize - 1);
    assert!(!outbox.is_written(mark));
    outbox.wrote(1);
    assert!(outbox.is_written(mark));
}

#[test]
fn draining_lets_outcomes_in_flight_through() {
    let hub = hub();
    let one = connect(&hub, 2, 21, Encoding::Json, 1 << 20);
    one.0.started();
    one.0.drain(&ServerFrame::Closing { reason: "restart".to_owned(), retry_after_ms: 5 });
    assert!(!one.0.is_open());
    publish(&hub, 1, None, &[entry(1, 1, 1, "push")]);
    one.0.complete(1, None, &ServerFrame::Pong { nonce: 1, time: NOW });
    assert!(matches!(frames(&one)[..], [ServerFrame::Closing { .. }, ServerFrame::Pong { .. }]));
    let waker = Waker::noop();
    assert!(matches!(one.0.poll_due(&Context::from_waker(waker), false), Poll::Ready(Due { ended: true, .. })));
}

#[tokio::test]
async fn whoever_may_see_a_presence_is_told_once_also_when_they_watch() {
    let hub = hub();
    let peer = connect(&hub, 1, 11, Encoding::Json, 1 << 20);
    let watcher = connect(&hub, 3, 31, Encoding::Json, 1 << 20);
    let other = connect(&hub, 4, 41, Encoding::Json, 1 << 20);
    hub.watch((UserHandle(1), SessionId(11)), &peer.0, &[UserHandle(2)], Timestamp(5_000));
    hub.watch((UserHandle(3), SessionId(31)), &watcher.0, &[UserHandle(2)], Timestamp(5_000));
    let presence = PresenceOf {
        user: UserId::new("user2").unwrap(),
        state: PresenceState::Offline,
        text: None,
        emoji: None,
        until: None,
        platforms: Vec::new(),
        last_seen: Some(NOW),
    };
    hub.tell_presence(UserHandle(2), &presence, &[(UserHandle(1), true), (UserHandle(3), false)]);
    let (to_peer, to_watcher) = (frames(&peer), frames(&watcher));
    assert!(matches!(&to_peer[..], [ServerFrame::Presence(told)] if told.last_seen == Some(NOW)));
    assert!(matches!(&to_watcher[..], [ServerFrame::Presence(told)] if told.last_seen.is_none()));
    assert!(frames(&other).is_empty());
    assert_eq!(hub.presence_changed().await, PresenceChange::Came(UserHandle(1)));
}

#[test]
fn what_is_ones_own_goes_to_all_devices() {
    let hub = hub();
    let one = connect(&hub, 2, 21, Encoding::Json, 1 << 20);
    let two = connect(&hub, 2, 22, Encoding::Postcard, 1 << 20);
    let other = connect(&hub, 1, 11, Encoding::Postcard, 1 << 20);
    let inbox = Inbox {
        conversation: C,
        lsn: Lsn(3),
        read: Seq(1),
        unread: 0,
        mentions: 0,
        pinned: true,
        muted_until: None,
        hidden: false,
        marked_unread: false,
        floor: Seq(1),
        gone: false,
    };
    publish(&hub, 3, Some(21), &[Effect::Inbox { user: UserHandle(2), inbox }]);
    assert_eq!((frames(&one).len(), frames(&two).len(), frames(&other).len()), (1, 1, 0));
}
