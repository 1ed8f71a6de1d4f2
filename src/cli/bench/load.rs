//! The scenarios that send: pairs, a group, and everything together.

use super::super::{Failure, exit, unexpected};
use super::peer::{PATIENCE, Peer, Phase, Shared};
use super::receiver::{Seen, receive};
use super::report::Report;
use super::sender::{Record, send};
use super::target::Target;
use super::verify::{Findings, read_back};
use super::{Args, Scenario, idle, probe};
use crate::control::BenchUser;
use crate::model::limits::MEMBERS_PER_COMMAND_MAX;
use crate::model::{Answer, Command, CommandResult, ConversationId, GroupRules, Name, Query, Seq};
use crate::protocol::{ClientFrame, Resume, ServerFrame};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Connections and set-ups at once.
const AT_ONCE: usize = 64;
/// Time before counting begins.
pub(super) const WARM_UP: Duration = Duration::from_secs(1);
/// Pause of the device that reconnects all the time in `mixed`.
const RECONNECT_PAUSE: Duration = Duration::from_millis(50);
/// Pause of the member who reads history in `mixed`, between two pages.
const HISTORY_PAUSE: Duration = Duration::from_millis(20);
/// Messages in flight of the group's sender in `mixed`.
const MIXED_GROUP_WINDOW: u32 = 1;

/// A sender before it starts.
struct Sending {
    peer: Peer,
    record: Rc<RefCell<Record>>,
    window: u32,
}

/// A receiver before it starts.
struct Receiving {
    peer: Peer,
    seen: Rc<RefCell<Seen>>,
}

/// A sender that is done, with what it knows.
type Sent = (Peer, Rc<RefCell<Record>>);

/// Everybody who takes part.
#[derive(Default)]
struct Cast {
    sending: Vec<Sending>,
    receiving: Vec<Receiving>,
}

/// Runs `pairs`, `group` or `mixed`.
pub(super) async fn run(args: &Args, target: &Target, report: &mut Report) -> Result<(), Failure> {
    let shared = Shared::new(args.encoding());
    let mut cast = Cast::default();
    let mut background = JoinSet::new();
    let (pages, resumes) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    if args.scenario != Scenario::Group {
        pairs(args, target, &shared, &mut cast).await?;
    }
    if args.scenario != Scenario::Pairs {
        let mixed = args.scenario == Scenario::Mixed;
        let window = if mixed { MIXED_GROUP_WINDOW } else { args.window };
        let extra = group(args, target, &shared, &mut cast, window, mixed).await?;
        for (peer, token, conversation) in extra {
            let endpoint = target.endpoint(args, 0)?;
            if pages.get() == 0 {
                pages.set(1);
                background.spawn_local(read_history(peer, conversation, Rc::clone(&pages)));
            } else {
                let resume = Resume { epoch: peer.welcome.epoch, cursor: peer.welcome.cursor };
                drop(peer);
                background.spawn_local(reconnect(Rc::clone(&shared), endpoint, token, resume, Rc::clone(&resumes)));
            }
        }
        if mixed {
            for peer in idle::connect(args, target, &shared, args.connections).await?.peers {
                background.spawn_local(idle::hold(peer));
            }
        }
    }
    measure(args, target, report, &shared, cast, background, (&pages, &resumes)).await
}

async fn measure(
    args: &Args,
    target: &Target,
    report: &mut Report,
    shared: &Rc<Shared>,
    cast: Cast,
    background: JoinSet<Result<(), Failure>>,
    (pages, resumes): (&Cell<u64>, &Cell<u64>),
) -> Result<(), Failure> {
    let mut play = Play::start(args, shared, cast, background, report.receipts);
    play.run_for(WARM_UP).await?;
    let (pages_before, resumes_before) = (pages.get(), resumes.get());
    let part = play.count(target, Duration::from_secs(args.seconds)).await?;
    report.server_rss_bytes = probe::rss_bytes(target.pid);
    shared.phase.set(Phase::Drain);

    report.seconds = part.seconds;
    report.acknowledged = shared.acks.get();
    report.delivered = shared.deliveries.get();
    report.sends_per_second = Some(report.acknowledged as f64 / part.seconds);
    report.deliveries_per_second = Some(report.delivered as f64 / part.seconds);
    // What costs in a group is to deliver.
    let handled = if args.scenario == Scenario::Group { report.delivered } else { report.acknowledged };
    report.server_cpu_s_per_million = Some(part.server_cpu_s * 1e6 / handled.max(1) as f64);
    report.generator_cpu_s_per_million = Some(part.own_cpu_s * 1e6 / handled.max(1) as f64);
    report.acks(&shared.ack_latencies.borrow());
    report.deliveries(&shared.delivery_latencies.borrow());
    if args.scenario == Scenario::Mixed {
        report.history_pages_per_second = Some((pages.get() - pages_before) as f64 / part.seconds);
        report.resumes_per_second = Some((resumes.get() - resumes_before) as f64 / part.seconds);
    }
    play.end(report).await
}

/// What a counted part took.
pub(super) struct Part {
    pub seconds: f64,
    pub server_cpu_s: f64,
    pub own_cpu_s: f64,
}

/// Everybody at work.
pub(super) struct Play {
    shared: Rc<Shared>,
    senders: JoinSet<Result<Sent, Failure>>,
    receivers: JoinSet<Result<(), Failure>>,
    background: JoinSet<Result<(), Failure>>,
    seen: Vec<Rc<RefCell<Seen>>>,
    records: Vec<Rc<RefCell<Record>>>,
}

impl Play {
    /// The pairs alone.
    pub(super) async fn of_pairs(args: &Args, target: &Target, shared: &Rc<Shared>) -> Result<Self, Failure> {
        let mut cast = Cast::default();
        pairs(args, target, shared, &mut cast).await?;
        Ok(Self::start(args, shared, cast, JoinSet::new(), args.receipts))
    }

    fn start(
        args: &Args,
        shared: &Rc<Shared>,
        cast: Cast,
        background: JoinSet<Result<(), Failure>>,
        receipts: bool,
    ) -> Self {
        let seen = cast.receiving.iter().map(|receiving| Rc::clone(&receiving.seen)).collect();
        let records = cast.sending.iter().map(|sending| Rc::clone(&sending.record)).collect();
        let mut receivers = JoinSet::new();
        for Receiving { peer, seen } in cast.receiving {
            receivers.spawn_local(receive(peer, seen, receipts));
        }
        let mut senders = JoinSet::new();
        for Sending { peer, record, window } in cast.sending {
            let bytes = args.bytes;
            senders.spawn_local(async move {
                let peer = send(peer, Rc::clone(&record), window, bytes, u32::MAX / 2).await?;
                Ok((peer, record))
            });
        }
        Self { shared: Rc::clone(shared), senders, receivers, background, seen, records }
    }

    /// Lets everybody run for a time and counts.
    pub(super) async fn count(&mut self, target: &Target, time: Duration) -> Result<Part, Failure> {
        let own = std::process::id();
        let (server_cpu_s, own_cpu_s) = (probe::cpu_s(target.pid), probe::cpu_s(own));
        let start_us = self.shared.now_us();
        self.shared.phase.set(Phase::Counted);
        self.run_for(time).await?;
        self.shared.phase.set(Phase::Warm);
        Ok(Part {
            seconds: (self.shared.now_us() - start_us) as f64 / 1e6,
            server_cpu_s: probe::cpu_s(target.pid) - server_cpu_s,
            own_cpu_s: probe::cpu_s(own) - own_cpu_s,
        })
    }

    /// Lets everybody run for a time; whoever ends before has failed.
    pub(super) async fn run_for(&mut self, time: Duration) -> Result<(), Failure> {
        tokio::select! {
            () = tokio::time::sleep(time) => Ok(()),
            Some(ended) = self.senders.join_next() => joined(ended).and(Err(unexpected())),
            Some(ended) = self.receivers.join_next() => joined(ended),
            Some(ended) = self.background.join_next() => joined(ended),
        }
    }

    /// Waits for what is in flight, and reads everything back.
    pub(super) async fn end(mut self, report: &mut Report) -> Result<(), Failure> {
        self.shared.phase.set(Phase::Drain);
        let mut peers = Vec::new();
        while let Some(sender) = tokio::time::timeout(PATIENCE, self.senders.join_next()).await.map_err(|_| {
            Failure::new(exit::UNAVAILABLE, "The server did not answer what was in flight at the end of the run.")
        })? {
            peers.push(joined(sender)?);
        }
        wait_for_deliveries(&self.seen, &self.records, &mut self.receivers).await?;
        self.background.abort_all();
        report.refused = self.shared.refused.get();
        report.lagging = self.shared.lagging.get();
        let mut found = Findings::default();
        for seen in &self.seen {
            let seen = seen.borrow();
            let head = head_of(&self.records, seen.conversation);
            found.lost += seen.gaps + head.saturating_sub(seen.last);
            found.duplicated += seen.again;
        }
        found.add(verify(peers).await?);
        report.read_back = found.read_back;
        (report.lost, report.duplicated, report.reordered) = (found.lost, found.duplicated, found.reordered);
        Ok(())
    }
}

fn joined<T>(ended: Result<Result<T, Failure>, tokio::task::JoinError>) -> Result<T, Failure> {
    ended
        .unwrap_or_else(|error| Err(Failure::new(exit::TEMPORARY, format!("A part of the generator failed: {error}."))))
}

fn head_of(records: &[Rc<RefCell<Record>>], conversation: ConversationId) -> u64 {
    let heads = records.iter().map(|record| record.borrow());
    heads.filter(|record| record.conversation == conversation).map(|record| record.head()).max().unwrap_or_default()
}

/// Waits until the receivers have everything, as long as something still comes.
async fn wait_for_deliveries(
    seen: &[Rc<RefCell<Seen>>],
    records: &[Rc<RefCell<Record>>],
    receivers: &mut JoinSet<Result<(), Failure>>,
) -> Result<(), Failure> {
    let heads: Vec<_> = seen.iter().map(|seen| head_of(records, seen.borrow().conversation)).collect();
    let mut before = u64::MAX;
    let mut still = 0;
    loop {
        let missing: u64 = seen.iter().zip(&heads).map(|(seen, head)| head.saturating_sub(seen.borrow().last)).sum();
        // Five seconds without anything: it does not come any more, and counts as lost.
        if missing == 0 || still > 250 {
            receivers.abort_all();
            return Ok(());
        }
        still = if missing < before { 0 } else { still + 1 };
        before = missing;
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(20)) => {}
            Some(ended) = receivers.join_next() => joined(ended)?,
        }
    }
}

/// Reads back every conversation through its sender.
async fn verify(senders: Vec<Sent>) -> Result<Findings, Failure> {
    let mut readers = JoinSet::new();
    for (mut peer, record) in senders {
        readers.spawn_local(async move {
            // Nobody else looks at it any more.
            let record = record.replace(Record { sender: 0, conversation: ConversationId(0), acked: Vec::new() });
            read_back(&mut peer, record.conversation, record.head(), &[&record]).await
        });
    }
    let mut found = Findings::default();
    while let Some(ended) = readers.join_next().await {
        found.add(joined(ended)?);
    }
    Ok(found)
}

/// Makes the pairs: users, connections, and a direct chat for each.
async fn pairs(args: &Args, target: &Target, shared: &Rc<Shared>, cast: &mut Cast) -> Result<(), Failure> {
    let prefix = prefix();
    let senders = target.users(args.pairs, &format!("{prefix}-s")).await?;
    let receivers = target.users(args.pairs, &format!("{prefix}-r")).await?;
    let endpoint = &target.endpoint(args, 0)?;
    let made: Vec<_> = stream::iter(senders.into_iter().zip(receivers).enumerate())
        .map(|(number, (sender, receiver))| async move {
            let mut peer = Peer::log_in(shared, endpoint, &sender.token, None).await?;
            let CommandResult::Conversation { conversation } =
                peer.execute(Command::OpenDirect { user: receiver.user }).await?.1
            else {
                return Err(unexpected());
            };
            let record = Record::new(number as u32, conversation);
            let sending = Sending { peer, record, window: args.window };
            let peer = Peer::log_in(shared, endpoint, &receiver.token, None).await?;
            Ok((sending, Receiving { peer, seen: Seen::new(conversation, 0) }))
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    for (sending, receiving) in made {
        cast.sending.push(sending);
        cast.receiving.push(receiving);
    }
    Ok(())
}

/// Makes the group: users, connections, the group with all of them. In `mixed` two members do something else than receive: they are
/// given back, with their tokens.
async fn group(
    args: &Args,
    target: &Target,
    shared: &Rc<Shared>,
    cast: &mut Cast,
    window: u32,
    mixed: bool,
) -> Result<Vec<(Peer, crate::model::Secret, ConversationId)>, Failure> {
    let prefix = prefix();
    // The number of the sender is the one after those of the pairs.
    let number = cast.sending.len() as u32;
    let owner = target.users(1, &format!("{prefix}-o")).await?.remove(0);
    let members = target.users(args.members - 1, &format!("{prefix}-m")).await?;
    let endpoint = &target.endpoint(args, 0)?;
    let mut peer = Peer::log_in(shared, endpoint, &owner.token, None).await?;
    let mut chunks = members.chunks(MEMBERS_PER_COMMAND_MAX);
    let ids = |users: &[BenchUser]| users.iter().map(|user| user.user.clone()).collect::<Vec<_>>();
    let title = Name::new("bench").map_err(|error| Failure::new(exit::DATA, error.to_string()))?;
    let first = ids(chunks.next().unwrap_or_default());
    let made = peer.execute(Command::CreateGroup { title, members: first, rules: GroupRules::default() }).await?.1;
    let CommandResult::Conversation { conversation } = made else { return Err(unexpected()) };
    let mut last = 1;
    for chunk in chunks {
        let added = peer.execute(Command::AddMembers { conversation, users: ids(chunk) }).await?.1;
        if let CommandResult::Appended { seq, .. } = added {
            last = seq.0;
        }
    }
    let made: Vec<_> =
        stream::iter(members)
            .map(|user| async move {
                Peer::log_in(shared, endpoint, &user.token, None).await.map(|peer| (peer, user.token))
            })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
    let mut extra = Vec::new();
    for (peer, token) in made {
        if mixed && extra.len() < 2 {
            extra.push((peer, token, conversation));
        } else {
            cast.receiving.push(Receiving { peer, seen: Seen::new(conversation, last) });
        }
    }
    cast.sending.push(Sending { peer, record: Record::new(number, conversation), window });
    Ok(extra)
}

/// Ids of this run that no other run has.
fn prefix() -> String {
    let id = uuid::Uuid::new_v4().simple().to_string();
    format!("bench-{}", &id[..10])
}

/// A member who pages through the history of the group all the time.
async fn read_history(mut peer: Peer, conversation: ConversationId, pages: Rc<Cell<u64>>) -> Result<(), Failure> {
    let mut to = None;
    loop {
        let request = peer.request();
        let query = Query::Entries { conversation, from: None, to, limit: 50 };
        peer.connection.push(&ClientFrame::Query { request, query });
        loop {
            match peer.receive().await? {
                ServerFrame::Answer { answer: Answer::Entries { entries, floor, .. }, .. } => {
                    pages.set(pages.get() + 1);
                    let lowest = entries.first().map_or(Seq(0), |entry| entry.seq);
                    to = (lowest > floor && lowest.0 > 1).then(|| Seq(lowest.0 - 1));
                    tokio::time::sleep(HISTORY_PAUSE).await;
                    break;
                }
                ServerFrame::Refused(refused) if refused.request == Some(request) => {
                    tokio::time::sleep(Duration::from_millis(refused.retry_after_ms.unwrap_or(100))).await;
                    break;
                }
                _ => {}
            }
        }
    }
}

/// A member whose device comes back all the time and fetches what it missed.
async fn reconnect(
    shared: Rc<Shared>,
    endpoint: crate::client::wire::Endpoint,
    token: crate::model::Secret,
    mut resume: Resume,
    resumes: Rc<Cell<u64>>,
) -> Result<(), Failure> {
    loop {
        let mut peer = Peer::log_in(&shared, &endpoint, &token, Some(resume)).await?;
        loop {
            if let ServerFrame::Changes(changes) = peer.receive().await? {
                resume.cursor = changes.cursor;
                if !changes.more {
                    break;
                }
                let (request, epoch) = (peer.request(), resume.epoch);
                let sync = crate::protocol::Sync { request, epoch, cursor: resume.cursor, limit: 100 };
                peer.connection.push(&ClientFrame::Sync(sync));
            }
        }
        resumes.set(resumes.get() + 1);
        drop(peer);
        tokio::time::sleep(RECONNECT_PAUSE).await;
    }
}
