//! A device that was away: messages wait, it connects, and has them.

use super::super::{Failure, exit, unexpected};
use super::peer::{Peer, Phase, Shared};
use super::report::Report;
use super::sender::{Record, read_mark, send};
use super::target::Target;
use super::verify::read_back;
use super::{Args, probe};
use crate::model::limits::PAGE_ENTRIES_MAX;
use crate::model::{Answer, Body, Command, CommandResult, ConversationId, Lsn, Query, Secret, Seq};
use crate::protocol::{ClientFrame, Resume, ServerFrame};
use std::rc::Rc;

/// How often it is repeated; the median counts.
const ROUNDS: usize = 9;
/// Bytes of messages in one page, roughly, so that no page is cut short.
const PAGE_BYTES: usize = 256 * 1024;
/// Queries in flight.
const PIPELINE: usize = 4;

/// Runs `catchup`.
pub(super) async fn run(args: &Args, target: &Target, report: &mut Report) -> Result<(), Failure> {
    let shared = Shared::new(args.encoding());
    let endpoint = target.endpoint(args, 0)?;
    let prefix = format!("away-{}-", &uuid::Uuid::new_v4().simple().to_string()[..10]);
    let mut users = target.users(2, &prefix).await?;
    let (Some(reader), Some(writer)) = (users.pop(), users.pop()) else { return Err(unexpected()) };
    let mut peer = Peer::log_in(&shared, &endpoint, &writer.token, None).await?;
    let CommandResult::Conversation { conversation } = peer.execute(Command::OpenDirect { user: reader.user }).await?.1
    else {
        return Err(unexpected());
    };
    // The device was there before the messages came.
    let away = Peer::log_in(&shared, &endpoint, &reader.token, None).await?;
    let resume = Resume { epoch: away.welcome.epoch, cursor: Lsn(away.welcome.cursor.0.saturating_sub(1)) };
    drop(away);
    let record = Record::new(0, conversation);
    let window = peer.welcome.limits.window.min(64);
    shared.phase.set(Phase::Counted);
    let start_us = shared.now_us();
    let mut writer = send(peer, Rc::clone(&record), window, args.bytes, args.messages).await?;
    // Nobody else looks at it any more.
    let record = record.replace(Record { sender: 0, conversation, acked: Vec::new() });
    let sending_s = (shared.now_us() - start_us) as f64 / 1e6;
    report.sends_per_second = Some(f64::from(args.messages) / sending_s);
    report.acks(&shared.ack_latencies.borrow());

    let server_cpu_s = probe::cpu_s(target.pid);
    let mut rounds_s = Vec::new();
    for _ in 0..ROUNDS {
        let start_us = shared.now_us();
        let limit = (PAGE_BYTES / args.bytes as usize).clamp(1, PAGE_ENTRIES_MAX) as u32;
        let place = (conversation, record.head(), limit);
        let found = drain(&shared, &endpoint, &reader.token, resume, place).await?;
        rounds_s.push((shared.now_us() - start_us) as f64 / 1e6);
        report.delivered += found.came;
        report.lost += u64::from(args.messages) - found.came.min(u64::from(args.messages));
        report.reordered += found.reordered;
    }
    let server_cpu_s = probe::cpu_s(target.pid) - server_cpu_s;
    report.seconds = rounds_s.iter().sum();
    rounds_s.sort_by(f64::total_cmp);
    report.deliveries_per_second = Some(f64::from(args.messages) / rounds_s[ROUNDS / 2]);
    report.server_cpu_s_per_million = Some(server_cpu_s * 1e6 / report.delivered.max(1) as f64);
    report.acknowledged = u64::from(args.messages);
    report.refused = shared.refused.get();
    report.server_rss_bytes = probe::rss_bytes(target.pid);
    let found = read_back(&mut writer, conversation, record.head(), &[&record]).await?;
    report.read_back = found.read_back;
    report.lost += found.lost;
    report.duplicated += found.duplicated;
    report.reordered += found.reordered;
    Ok(())
}

#[derive(Default)]
struct Drained {
    came: u64,
    reordered: u64,
}

/// Connects, resumes, and fetches until everything up to `head` is here.
async fn drain(
    shared: &Rc<Shared>,
    endpoint: &crate::client::wire::Endpoint,
    token: &Secret,
    resume: Resume,
    (conversation, head, limit): (ConversationId, u64, u32),
) -> Result<Drained, Failure> {
    let mut peer = Peer::log_in(shared, endpoint, token, Some(resume)).await?;
    let mut drained = Drained::default();
    let mut last = None;
    // The first page tells the head and brings the newest entries; the hole below them is fetched, as any client does.
    let newest = loop {
        match peer.receive().await? {
            ServerFrame::Changes(changes) => {
                let found = changes.conversations.into_iter().find(|found| found.id == conversation);
                break found.map(|found| found.entries).unwrap_or_default();
            }
            ServerFrame::Refused(refused) => return Err(Failure::new(exit::UNAVAILABLE, refused.message)),
            _ => {}
        }
    };
    let to = newest.first().map_or(head, |entry| entry.seq.0 - 1);
    let (mut asked, mut waiting) = (0, 0);
    while asked < to || waiting > 0 {
        while asked < to && waiting < PIPELINE {
            let end = (asked + u64::from(limit)).min(to);
            let query = Query::Entries { conversation, from: Some(Seq(asked + 1)), to: Some(Seq(end)), limit };
            let request = peer.request();
            peer.connection.push(&ClientFrame::Query { request, query });
            (asked, waiting) = (end, waiting + 1);
        }
        if let ServerFrame::Answer { answer: Answer::Entries { entries, .. }, .. } = peer.receive().await? {
            waiting -= 1;
            for entry in &entries {
                drained.take(&entry.body, entry.seq, &mut last);
            }
        }
    }
    for entry in &newest {
        drained.take(&entry.body, entry.seq, &mut last);
    }
    Ok(drained)
}

impl Drained {
    fn take(&mut self, body: &Body, seq: Seq, last: &mut Option<u64>) {
        if last.is_some_and(|last| seq.0 != last + 1) {
            self.reordered += 1;
        }
        *last = Some(seq.0);
        if matches!(body, Body::Text(text) if read_mark(text.text.as_bytes()).is_some()) {
            self.came += 1;
        }
    }
}
