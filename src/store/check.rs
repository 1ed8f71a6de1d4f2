//! Is everything what was written? Walks one state and reports every record that is damaged and every rule of the layout that does
//! not hold. Changes nothing.

use super::codec;
use super::fault::Fault;
use super::file;
use super::journal::{self, ENTRIES, IDEMPOTENCY, JOURNAL, JournalRow, KeyRecord, LOG, LogRow};
use super::key::RecordKey;
use super::read::Read;
use super::records::{
    AdministratorRow, AppRow, AuditRow, ConversationRow, DeletionRow, DirectRow, Head, InboxRow, InviteListRow,
    InviteRow, LinkOwnerRow, LinkRow, MemberRow, MentionRow, Record, SessionRow, TokenRow, UserIdRow, UserRow,
    UserSessionRow,
};
use super::store::{Store, StoreOptions};
use super::view::View;
use crate::model::text::hex;
use crate::model::{ConversationId, Entry, Epoch, Seq};
use redb::ReadableTable;
use serde::de::DeserializeOwned;
use std::path::Path;

/// Most problems that are reported one by one.
const PROBLEMS_MAX: usize = 100;
/// Entries read at once.
const PAGE: usize = 1_000;

/// What a check found.
#[derive(Debug, Default)]
pub struct CheckReport {
    /// Records that were read.
    pub records: u64,
    /// What is wrong, in sentences, at most 100; empty when all is well.
    pub problems: Vec<String>,
}

impl CheckReport {
    fn problem(&mut self, problem: String) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(problem);
        }
    }
}

/// Checks a data folder that no server uses.
pub fn check(folder: &Path) -> Result<CheckReport, Fault> {
    if !folder.join(file::FILE).exists() {
        return Err(Fault::Unusable(format!(
            "there is no database in {}; name the data folder with --data",
            folder.display()
        )));
    }
    let store =
        Store::open(folder, StoreOptions { cache_bytes: 16 << 20, quick_repair_always: false, new_epoch: Epoch(0) })?;
    check_view(store.view())
}

/// Checks one committed state.
pub fn check_view(view: &View) -> Result<CheckReport, Fault> {
    let mut report = CheckReport::default();
    rows::<AppRow>(view, &mut report)?;
    rows::<UserRow>(view, &mut report)?;
    rows::<UserIdRow>(view, &mut report)?;
    rows::<SessionRow>(view, &mut report)?;
    rows::<UserSessionRow>(view, &mut report)?;
    rows::<TokenRow>(view, &mut report)?;
    rows::<ConversationRow>(view, &mut report)?;
    rows::<DirectRow>(view, &mut report)?;
    rows::<MemberRow>(view, &mut report)?;
    rows::<InboxRow>(view, &mut report)?;
    rows::<Head>(view, &mut report)?;
    rows::<MentionRow>(view, &mut report)?;
    rows::<InviteRow>(view, &mut report)?;
    rows::<InviteListRow>(view, &mut report)?;
    rows::<LinkRow>(view, &mut report)?;
    rows::<LinkOwnerRow>(view, &mut report)?;
    rows::<AuditRow>(view, &mut report)?;
    rows::<AdministratorRow>(view, &mut report)?;
    rows::<DeletionRow>(view, &mut report)?;
    values::<JournalRow>(view, JOURNAL, &mut report)?;
    values::<Entry>(view, ENTRIES, &mut report)?;
    values::<Vec<KeyRecord>>(view, IDEMPOTENCY, &mut report)?;
    values::<LogRow>(view, LOG, &mut report)?;
    conversations(view, &mut report)?;
    Ok(report)
}

fn rows<R: Record>(view: &View, report: &mut CheckReport) -> Result<(), Fault> {
    walk(view, R::TABLE.name(), report, |key, value| {
        codec::unseal::<R>(R::TABLE.name(), key, R::VERSION, value)?;
        match R::Key::from_key(key) {
            Some(_) => Ok(()),
            None => {
                Err(Fault::Damaged { table: R::TABLE.name(), key: hex(key), reason: "its key is not one".to_owned() })
            }
        }
    })
}

fn values<T: DeserializeOwned>(view: &View, table: &'static str, report: &mut CheckReport) -> Result<(), Fault> {
    walk(view, table, report, |key, value| journal::unseal::<T>(table, key, value).map(drop))
}

fn walk(
    view: &View,
    table: &'static str,
    report: &mut CheckReport,
    check: impl Fn(&[u8], &[u8]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let Some(open) = view.table(table)? else {
        return Ok(());
    };
    for row in open.iter()? {
        let (key, value) = row?;
        report.records += 1;
        if let Err(fault) = check(key.value(), value.value()) {
            report.problem(fault.to_string());
        }
    }
    Ok(())
}

/// In every conversation: seqs without gaps up to the head, ordinals that count the messages, lsns that only grow.
fn conversations(view: &View, report: &mut CheckReport) -> Result<(), Fault> {
    let mut from = ConversationId(0);
    loop {
        let page = view.range::<ConversationRow>(&from, &ConversationId(u64::MAX), PAGE)?;
        let Some((last, _)) = page.last() else {
            return Ok(());
        };
        from = last.next();
        for (conversation, _) in &page {
            match sequence(view, *conversation) {
                Ok(Some(problem)) => report.problem(format!("conversation {conversation}: {problem}")),
                Ok(None) => {}
                Err(fault) => report.problem(fault.to_string()),
            }
        }
    }
}

fn sequence(view: &View, conversation: ConversationId) -> Result<Option<String>, Fault> {
    let head = view.head(conversation)?;
    let mut next = head.first;
    let mut before: Option<(crate::model::Lsn, u64)> = None;
    while next <= head.seq {
        let page = view.entries(conversation, next, Seq(next.0 + PAGE as u64 - 1), PAGE)?;
        if page.is_empty() {
            return Ok(Some(format!("entry {next} of {} is missing", head.seq)));
        }
        for entry in page {
            if entry.seq != next {
                return Ok(Some(format!("entry {next} of {} is missing", head.seq)));
            }
            let message = u64::from(entry.body.is_message());
            if before.is_some_and(|(lsn, ordinal)| entry.lsn <= lsn || entry.ordinal.0 != ordinal + message) {
                return Ok(Some(format!("entry {next} does not follow the one before it")));
            }
            before = Some((entry.lsn, entry.ordinal.0));
            next = next.next();
        }
    }
    match before {
        Some((lsn, ordinal)) if lsn != head.lsn || ordinal != head.ordinal.0 => {
            Ok(Some("its head is not its newest entry".to_owned()))
        }
        _ => Ok(None),
    }
}

/// Everything that the commands decided, as lines of text: the same for the same commands in the same order, however they were
/// batched. Leaves out the journal, idempotency and the state of folding, which depend on batching.
pub fn dump(view: &View) -> Result<Vec<String>, Fault> {
    let mut lines = Vec::new();
    dump_rows::<AppRow>(view, &mut lines)?;
    dump_rows::<UserRow>(view, &mut lines)?;
    dump_rows::<SessionRow>(view, &mut lines)?;
    dump_rows::<DirectRow>(view, &mut lines)?;
    dump_rows::<MemberRow>(view, &mut lines)?;
    dump_rows::<InboxRow>(view, &mut lines)?;
    dump_rows::<MentionRow>(view, &mut lines)?;
    dump_rows::<ConversationRow>(view, &mut lines)?;
    for (conversation, _) in view.range::<ConversationRow>(&ConversationId(0), &ConversationId(u64::MAX), usize::MAX)? {
        let head = view.head(conversation)?;
        lines.push(format!("head {conversation}: {head:?}"));
        for entry in view.entries(conversation, Seq(0), head.seq, usize::MAX)? {
            lines.push(format!("entry {conversation}: {entry:?}"));
        }
    }
    Ok(lines)
}

fn dump_rows<R: Record + std::fmt::Debug>(view: &View, lines: &mut Vec<String>) -> Result<(), Fault> {
    let Some(table) = view.table(R::TABLE.name())? else {
        return Ok(());
    };
    for row in table.iter()? {
        let (key, value) = row?;
        let row = codec::unseal::<R>(R::TABLE.name(), key.value(), R::VERSION, value.value())?;
        lines.push(format!("{} {}: {row:?}", R::TABLE.name(), hex(key.value())));
    }
    Ok(())
}
