//! Devices against the real server: whatever breaks, all devices of a user end with the same log, which is the server's; a key
//! has one effect; what was shown or acknowledged survives a kill.

use crate::proxy::{Proxy, Trouble};
use crate::random::Random;
use crate::server::{PASSWORD, Server};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use tidings::client::{Backlog, BackoffOptions, Client, ClientError, ClientOptions, Credentials, Event, Events};
use tidings::model::text::DeviceId;
use tidings::model::{
    Answer, Body, Code, Command, CommandResult, Content, Conversation, ConversationId, Device, Emoji, Entry, GroupCard,
    GroupRules, GroupView, InviteCode, Key, Name, Outcome, Paragraph, Platform, Query, Role, Secret, Seq, Target, Text,
    Timestamp, UserId,
};

/// Everything is where it belongs within this time, however busy the machine is.
const PATIENCE: Duration = Duration::from_mins(1);
/// Limits that one busy test must not run into.
const NO_LIMITS: &[(&str, &str)] = &[
    ("TIDINGS_LIMITS_RATE_PER_SECOND", "0"),
    ("TIDINGS_LIMITS_RATE_BURST", "0"),
    ("TIDINGS_LIMITS_CONNECTIONS_PER_ADDRESS", "0"),
];

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

fn words(text: impl Into<String>) -> Content {
    Content::Text(Text::plain(text))
}

fn options(device: &str) -> ClientOptions {
    let mut options = ClientOptions::new(Device {
        id: DeviceId::new(device).unwrap(),
        platform: Platform::Linux,
        name: Name::new(device).unwrap(),
    });
    options.state.follow = Some(Backlog::Everything);
    options.state.entries_kept = 100_000;
    options.state.hole_max = 100_000;
    options.backoff = BackoffOptions { first: Duration::from_millis(5), longest: Duration::from_millis(50) };
    options.events_max = 100_000;
    options
}

/// A device of a user, logged in with the password.
async fn device(address: SocketAddr, id: &str, device: &str) -> (Client, Events) {
    let url = format!("tcp://{address}").parse().unwrap();
    let credentials = Credentials::password(user(id), Secret::new(PASSWORD));
    in_time("log in", Client::connect(&url, credentials, options(device))).await.unwrap()
}

async fn in_time<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("{what}: not in time"))
}

fn appended(outcome: &Outcome) -> (ConversationId, Seq) {
    match outcome.result {
        CommandResult::Appended { conversation, seq, .. } => (conversation, seq),
        ref other => panic!("{other:?} is no entry"),
    }
}

/// The whole of a conversation, as the server answers.
async fn history(client: &Client, conversation: ConversationId) -> Vec<Entry> {
    let mut found: Vec<Entry> = Vec::new();
    let mut next = Seq(1);
    loop {
        let query = Query::Entries { conversation, from: Some(next), to: None, limit: 200 };
        let Answer::Entries { entries, floor, head, .. } = in_time("entries", client.query(query)).await.unwrap()
        else {
            panic!("something else than entries");
        };
        next = next.max(floor);
        found.extend(entries.into_iter().filter(|entry| entry.seq >= next));
        next = found.last().map_or(next, |entry| entry.seq.next());
        if next > head {
            return found;
        }
    }
}

// One log on all devices.

/// What a device shows of one conversation, in words that can be compared.
#[derive(Debug, PartialEq)]
struct Shown {
    title: Option<Name>,
    members: u32,
    role: Role,
    group: Option<GroupView>,
    head: Seq,
    floor: Seq,
    gone: bool,
    read: Seq,
    unread: u64,
    pinned: bool,
    hidden: bool,
    entries: Vec<Entry>,
}

impl Shown {
    fn new(about: &Conversation, floor: Seq, head: Seq, entries: Vec<Entry>) -> Self {
        let inbox = &about.inbox;
        // Of a group that was left, only the history is there; its title and members may change unseen.
        let gone = inbox.gone;
        Self {
            title: about.title.clone().filter(|_| !gone),
            members: if gone { 0 } else { about.members },
            role: about.role,
            group: about.group.as_deref().cloned(),
            head,
            floor,
            gone,
            read: inbox.read,
            unread: inbox.unread,
            pinned: inbox.pinned,
            hidden: inbox.hidden,
            entries,
        }
    }
}

/// Everything as the server answers.
async fn shown_by_server(client: &Client) -> BTreeMap<ConversationId, Shown> {
    let ids: Vec<_> = client.look(|replica| replica.iter().map(tidings::client::Local::id).collect());
    let mut shown = BTreeMap::new();
    for id in ids {
        let entries = history(client, id).await;
        let query = Query::Conversation { conversation: id };
        let Answer::Conversation { conversation, .. } = in_time("conversation", client.query(query)).await.unwrap()
        else {
            panic!("something else than a conversation");
        };
        let (floor, head) = (conversation.inbox.floor, conversation.head);
        shown.insert(id, Shown::new(&conversation, floor, head, entries));
    }
    shown
}

/// Everything as a device has it.
fn shown_by_device(client: &Client) -> BTreeMap<ConversationId, Shown> {
    client.look(|replica| {
        let known = replica.iter().filter_map(|local| Some((local, local.about()?)));
        known
            .map(|(local, about)| {
                let entries = local.entries().map(|entry| (**entry).clone()).collect();
                (local.id(), Shown::new(about, local.floor(), local.head(), entries))
            })
            .collect()
    })
}

/// The first difference, or nothing.
fn difference(server: &BTreeMap<ConversationId, Shown>, device: &BTreeMap<ConversationId, Shown>) -> Option<String> {
    for (id, expected) in server {
        let Some(shown) = device.get(id) else { return Some(format!("conversation {id} is not known")) };
        // Whoever has left is told nothing more: a rewrite of what they still may see shows when they ask.
        let departure = expected.entries.last().filter(|_| expected.gone).map(|entry| entry.lsn);
        for (ours, theirs) in shown.entries.iter().zip(&expected.entries) {
            let unseen = departure.is_some_and(|departure| theirs.changed > departure);
            let same = if unseen { (ours.seq, ours.lsn) == (theirs.seq, theirs.lsn) } else { ours == theirs };
            if !same {
                return Some(format!("conversation {id}: the device has\n{ours:?}\nthe server\n{theirs:?}"));
            }
        }
        let without = |shown: &Shown| Shown {
            entries: Vec::new(),
            title: shown.title.clone(),
            group: shown.group.clone(),
            ..*shown
        };
        let (ours, theirs) = (shown.entries.len(), expected.entries.len());
        if ours != theirs || without(shown) != without(expected) {
            let (shown, expected) = (without(shown), without(expected));
            return Some(format!(
                "conversation {id}: the device has {ours} entries, the server {theirs}\n{shown:?}\n{expected:?}"
            ));
        }
    }
    (device.len() != server.len()).then(|| "the device knows conversations that the server does not".to_owned())
}

/// What a listener of the events puts together is what the device has: each entry once, in order.
fn check_events(who: &str, client: &Client, events: &mut Events) {
    let mut heard: BTreeMap<ConversationId, BTreeMap<Seq, Entry>> = BTreeMap::new();
    while let Some(event) = events.try_next() {
        match event {
            Event::Entry { conversation, entry, rewritten } => {
                let log = heard.entry(conversation).or_default();
                let head = log.last_key_value().map_or(Seq(0), |(seq, _)| *seq);
                let fits = if rewritten { log.contains_key(&entry.seq) } else { entry.seq > head };
                assert!(fits, "{who}: {entry:?} was told after {head}, rewritten: {rewritten}");
                log.insert(entry.seq, (*entry).clone());
            }
            Event::Missed | Event::Reset | Event::Kicked { .. } | Event::Fatal(_) => panic!("{who}: {event:?}"),
            _ => {}
        }
    }
    client.look(|replica| {
        for local in replica.iter() {
            for entry in local.entries() {
                let told = heard.get(&local.id()).and_then(|log| log.get(&entry.seq));
                assert_eq!(told, Some(&**entry), "{who}, conversation {}: what was told", local.id());
            }
        }
    });
}

/// Where an entry is.
type Spot = (ConversationId, Seq);

struct Station {
    who: &'static str,
    client: Client,
    events: Events,
    proxy: Proxy,
}

impl Station {
    async fn start(server: SocketAddr, id: &str, name: &'static str, seed: u64) -> Self {
        let proxy = Proxy::start(server, seed).await;
        let (client, events) = device(proxy.address, id, name).await;
        Self { who: name, client, events, proxy }
    }

    /// A text of this user that was not recalled, and one of anybody.
    fn texts(&self, random: &mut Random) -> (Option<Spot>, Option<Spot>) {
        let (mut own, mut all) = (Vec::new(), Vec::new());
        self.client.look(|replica| {
            for local in replica.iter() {
                for entry in local.entries().filter(|entry| matches!(entry.body, Body::Text(_))) {
                    all.push((local.id(), entry.seq));
                    if replica.is_me(&entry.author) {
                        own.push((local.id(), entry.seq));
                    }
                }
            }
        });
        (random.one_of(&own).copied(), random.one_of(&all).copied())
    }

    /// Changes the group, if this user may.
    fn change(&self, number: u64, conversation: ConversationId, random: &mut Random) -> Command {
        let until = Some(Timestamp(tidings::model::Clock::system().now().0 + 3_600_000));
        let members_max = random.percent(50).then_some(100 + number as u32);
        let notice = Some(Paragraph::new(format!("notice {number}")).unwrap());
        match random.below(9) {
            0 => Command::Rename { conversation, title: Name::new(format!("title {number}")).unwrap() },
            1 => Command::SetGroupCard { conversation, card: GroupCard { notice, ..GroupCard::default() } },
            2 => Command::SetGroupRules { conversation, rules: GroupRules { members_max, ..GroupRules::default() } },
            3 => Command::MuteGroup { conversation, on: random.percent(30) },
            4 => Command::SetManager { conversation, user: user("bob"), manager: random.percent(70) },
            5 => Command::Transfer { conversation, user: user(["ada", "bob"][random.below(2) as usize]) },
            6 => {
                Command::SilenceMember { conversation, user: user("cyd"), until: until.filter(|_| random.percent(50)) }
            }
            7 => Command::SetAlias {
                conversation,
                user: user(["ada", "bob", "cyd"][random.below(3) as usize]),
                alias: random.percent(70).then(|| Name::new(format!("alias {number}")).unwrap()),
            },
            _ => Command::CreateInvite {
                conversation,
                code: InviteCode::new(format!("code-of-devices-{number}")).unwrap(),
                expires: None,
                uses_max: None,
            },
        }
    }

    /// Asks for something; what the server says to it does not matter here.
    fn act(&self, number: u64, group: ConversationId, random: &mut Random) {
        let partner = user(if matches!(self.who, "phone" | "laptop") { "bob" } else { "ada" });
        let (own, any) = self.texts(random);
        let text = format!("{} {number}", self.who);
        let to_group = Command::Send { to: Target::Conversation(group), content: words(text.clone()) };
        let command = match random.below(100) {
            0..30 => Command::Send { to: Target::User(partner), content: words(text) },
            30..55 => to_group,
            55..65 => own.map_or(to_group, |(conversation, seq)| Command::Edit { conversation, seq, text }),
            65..70 => own.map_or(to_group, |(conversation, seq)| Command::Recall { conversation, seq }),
            70..82 => any.map_or(to_group, |(conversation, seq)| Command::React {
                conversation,
                seq,
                emoji: Emoji::new(["👍", "🎉"][random.below(2) as usize]).unwrap(),
                on: random.percent(70),
            }),
            82..86 => self.change(number, group, random),
            86..90 => Command::AddMembers { conversation: group, users: vec![user("cyd")] },
            90..92 => Command::RemoveMember { conversation: group, user: user("cyd") },
            92..94 => Command::Pin { conversation: group, pinned: random.percent(50) },
            94..95 => Command::Hide { conversation: group, hidden: random.percent(50) },
            _ => {
                if let Some((conversation, seq)) = any {
                    self.client.read(conversation, seq);
                }
                return;
            }
        };
        self.client.submit(command).unwrap();
    }
}

async fn devices_agree(seed: u64, operations: u64) {
    let mut random = Random::new(seed);
    let mut server = Server::with(NO_LIMITS);
    for id in ["ada", "bob", "cyd"] {
        server.add_user(id);
    }
    let mut stations = Vec::new();
    for (id, name) in [("ada", "phone"), ("ada", "laptop"), ("bob", "desktop"), ("cyd", "tablet")] {
        stations.push(Station::start(server.tcp, id, name, random.next()).await);
    }
    let create = Command::CreateGroup {
        title: Name::new("all").unwrap(),
        members: vec![user("bob"), user("cyd")],
        rules: GroupRules::default(),
    };
    let outcome = in_time("create the group", stations[0].client.execute(create)).await.unwrap();
    let CommandResult::Conversation { conversation: group } = outcome.result else { panic!("{outcome:?}") };

    let kill_at = random.below(operations);
    for number in 0..operations {
        let at = random.below(stations.len() as u64) as usize;
        stations[at].act(number, group, &mut random);
        match random.below(100) {
            0..5 => stations[at].proxy.make(Trouble::Cut),
            5..7 => stations[at].proxy.make(Trouble::CloseTowardsClient),
            7..9 => stations[at].proxy.make(Trouble::CloseTowardsServer),
            9..11 => stations[at].proxy.make(Trouble::Delay(Duration::from_millis(random.below(20)))),
            11..20 => stations[at].proxy.make(Trouble::None),
            // Not for correctness: it lets devices and server be at different points.
            20..60 => tokio::time::sleep(Duration::from_millis(random.below(8))).await,
            _ => {}
        }
        if number == kill_at {
            server.kill();
            server.restart();
            for station in &stations {
                station.proxy.move_to(server.tcp);
            }
        }
    }

    for station in &stations {
        station.proxy.make(Trouble::None);
    }
    for station in &stations {
        in_time(station.who, station.client.settled()).await.unwrap();
    }
    // Everything is decided; what was decided arrives by itself, and the devices never ask for it.
    let mut expected = Vec::new();
    for station in &stations {
        let mut agreed = Err("never compared".to_owned());
        let deadline = tidings::model::clock::monotonic() + PATIENCE;
        while agreed.is_err() && tidings::model::clock::monotonic() < deadline {
            let server = shown_by_server(&station.client).await;
            agreed = difference(&server, &shown_by_device(&station.client)).map_or(Ok(server), Err);
            if agreed.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        expected.push(agreed.unwrap_or_else(|error| panic!("seed {seed}, {}: {error}", station.who)));
    }
    assert_eq!(expected[0], expected[1], "seed {seed}: two devices of one user");
    assert!(expected[0].values().map(|shown| shown.entries.len()).sum::<usize>() as u64 > operations / 3);
    for station in &mut stations {
        check_events(station.who, &station.client, &mut station.events);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn devices_whose_connections_break_at_random_end_with_the_log_of_the_server() {
    // DEVICES_SEEDS=100 tries many more histories than every run does.
    let seeds = std::env::var("DEVICES_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(3);
    for seed in 1..=seeds {
        devices_agree(seed, 200).await;
    }
}

// One effect a key.

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_key_gives_the_same_entry_over_any_connection_and_across_a_kill() {
    let mut server = Server::with(NO_LIMITS);
    server.add_user("ada");
    server.add_user("bob");
    let (phone, _phone_events) = device(server.tcp, "ada", "phone").await;
    let (laptop, _laptop_events) = device(server.tcp, "ada", "laptop").await;
    let send = |text: &str| Command::Send { to: Target::User(user("bob")), content: words(text) };
    let repeat = async |client: &Client, key: Key, first: &Outcome| {
        let again = in_time("again", client.execute_with_key(key, send("Tea?"))).await.unwrap();
        assert_eq!(again, Outcome { duplicate: true, ..first.clone() });
        let other = in_time("another text", client.execute_with_key(key, send("Coffee?"))).await;
        assert!(
            matches!(&other, Err(ClientError::Refused(refusal)) if refusal.code == Code::IdempotencyConflict),
            "{other:?}"
        );
    };

    let key = phone.new_key();
    let first = in_time("send", phone.execute_with_key(key, send("Tea?"))).await.unwrap();
    assert!(!first.duplicate);
    repeat(&phone, key, &first).await;
    repeat(&laptop, key, &first).await;

    // Both at once: one of them is first, both are told the same.
    let both = laptop.new_key();
    let (left, right) = tokio::join!(
        in_time("left", phone.execute_with_key(both, send("At once."))),
        in_time("right", laptop.execute_with_key(both, send("At once.")))
    );
    let (left, right) = (left.unwrap(), right.unwrap());
    assert_eq!((left.lsn, &left.result), (right.lsn, &right.result));
    assert!(left.duplicate != right.duplicate, "{left:?}, {right:?}");

    // Keys are each user's own.
    let (bob, _bob_events) = device(server.tcp, "bob", "desktop").await;
    let command = Command::Send { to: Target::User(user("ada")), content: words("Tea?") };
    let his = in_time("bob", bob.execute_with_key(key, command)).await.unwrap();
    assert!(!his.duplicate);

    drop((phone, laptop, bob));
    server.kill();
    server.restart();
    let (phone, _phone_events) = device(server.tcp, "ada", "phone").await;
    repeat(&phone, key, &first).await;
    server.stop();
    server.restart();
    let (laptop, _laptop_events) = device(server.tcp, "ada", "laptop").await;
    repeat(&laptop, key, &first).await;
    let (conversation, seq) = appended(&first);
    let log = history(&laptop, conversation).await;
    let found: Vec<_> = log.iter().filter(|entry| entry.key == Some(key) && entry.author == user("ada")).collect();
    assert_eq!(found.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [seq]);
    assert_eq!(log.len(), 3, "{log:?}");
}

// Durable before visible.

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_or_shown_is_there_after_a_kill_in_that_moment() {
    let mut server = Server::with(NO_LIMITS);
    server.add_user("ada");
    server.add_user("bob");
    let (ada_proxy, bob_proxy) = (Proxy::start(server.tcp, 1).await, Proxy::start(server.tcp, 2).await);
    let (ada, _ada_events) = device(ada_proxy.address, "ada", "phone").await;
    let (bob, _bob_events) = device(bob_proxy.address, "bob", "desktop").await;
    let send = |text: String| Command::Send { to: Target::User(user("bob")), content: words(text) };
    let first = in_time("first", ada.execute(send("first".to_owned()))).await.unwrap();
    let (conversation, mut head) = appended(&first);
    for round in 0..6 {
        // More than one commit takes, so that the kill finds some of them done and some not.
        for number in 0..40 {
            ada.submit(send(format!("{round} {number}"))).unwrap();
        }
        let (seq, lsn) = if round % 2 == 0 {
            let outcome = in_time("outcome", ada.execute(send(format!("{round} last")))).await.unwrap();
            server.kill();
            (appended(&outcome).1, outcome.lsn)
        } else {
            let entry = in_time(
                "shown",
                bob.wait_for(|state| {
                    let local = state.replica().get(conversation)?;
                    local.entries().next_back().filter(|entry| entry.seq > head).cloned()
                }),
            )
            .await
            .unwrap();
            server.kill();
            (entry.seq, entry.lsn)
        };
        // Whatever bob was shown up to the kill counts too.
        let shown: Vec<Entry> = bob.look(|replica| {
            replica
                .get(conversation)
                .into_iter()
                .flat_map(|local| local.entries().map(|entry| (**entry).clone()))
                .collect()
        });
        server.restart();
        for proxy in [&ada_proxy, &bob_proxy] {
            proxy.move_to(server.tcp);
            proxy.make(Trouble::Cut);
        }
        let log = history(&bob, conversation).await;
        assert_eq!(log.iter().find(|entry| entry.seq == seq).map(|entry| entry.lsn), Some(lsn), "round {round}");
        assert_eq!(log[..shown.len()], shown, "round {round}");
        // What was not acknowledged is sent again by itself.
        in_time("settled", ada.settled()).await.unwrap();
        let log = history(&bob, conversation).await;
        assert_eq!(log.len(), 1 + (0..=round).map(|round| 40 + usize::from(round % 2 == 0)).sum::<usize>());
        head = log.last().unwrap().seq;
    }
}
