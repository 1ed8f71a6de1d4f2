//! Is everything what was written? Walks one state and reports every record that is damaged and every rule of the layout that does
//! not hold. Changes nothing.

use super::codec;
use super::fault::Fault;
use super::file;
use super::journal::{self, ENTRIES, IDEMPOTENCY, JOURNAL, JournalRow, KeyRecord, LOG, LogRow};
use super::key::RecordKey;
use super::read::Read;
use super::records::{
    ConversationRow, GalleryRow, MediaRefRow, MediaRow, MentionAllRow, PinRow, Record, Table, VisitRows, visit_all,
};
use super::store::{Store, StoreOptions};
use super::view::View;
use crate::model::text::hex;
use crate::model::{ConversationId, Entry, Epoch, Lsn, MediaId, Seq};
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
    visit_all(&mut CheckRows { view, report: &mut report })?;
    values::<JournalRow>(view, JOURNAL, &mut report)?;
    values::<Entry>(view, ENTRIES, &mut report)?;
    values::<Vec<KeyRecord>>(view, IDEMPOTENCY, &mut report)?;
    values::<LogRow>(view, LOG, &mut report)?;
    conversations(view, &mut report)?;
    media(view, &mut report)?;
    Ok(report)
}

/// Reads every row of every kind.
struct CheckRows<'a> {
    view: &'a View,
    report: &'a mut CheckReport,
}

impl VisitRows for CheckRows<'_> {
    fn visit<R: Record + std::fmt::Debug>(&mut self) -> Result<(), Fault> {
        rows::<R>(self.view, self.report)
    }
}

fn rows<R: Record>(view: &View, report: &mut CheckReport) -> Result<(), Fault> {
    walk(view, R::TABLE.name(), report, |key, value| {
        codec::unseal_row::<R>(key, value)?;
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

/// In every conversation: seqs without gaps from the first that is kept up to the head, ordinals that count the messages, lsns that
/// only grow; below the first nothing is left, nor anything that names it.
fn conversations(view: &View, report: &mut CheckReport) -> Result<(), Fault> {
    let mut from = ConversationId(0);
    loop {
        let page = view.range::<ConversationRow>(&from, &ConversationId(u64::MAX), PAGE)?;
        let Some((last, _)) = page.last() else {
            return Ok(());
        };
        from = last.next();
        for (conversation, _) in &page {
            for found in [sequence(view, *conversation), leavings(view, *conversation)] {
                match found {
                    Ok(Some(problem)) => report.problem(format!("conversation {conversation}: {problem}")),
                    Ok(None) => {}
                    Err(fault) => report.problem(fault.to_string()),
                }
            }
        }
    }
}

fn sequence(view: &View, conversation: ConversationId) -> Result<Option<String>, Fault> {
    let head = view.head(conversation)?;
    let mut next = head.first;
    let mut before: Option<(Lsn, u64)> = (head.first > Seq(1)).then_some((Lsn(0), head.first_ordinal.0));
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
        Some((Lsn(0), ordinal)) if ordinal == head.ordinal.0 => Ok(None),
        Some((lsn, ordinal)) if lsn != head.lsn || ordinal != head.ordinal.0 => {
            Ok(Some("its head is not its newest entry".to_owned()))
        }
        _ => Ok(None),
    }
}

/// What is left of entries that were trimmed: nothing may be.
fn leavings(view: &View, conversation: ConversationId) -> Result<Option<String>, Fault> {
    let head = view.head(conversation)?;
    let Some(below) = head.first.0.checked_sub(1).map(Seq).filter(|below| *below > Seq(0)) else {
        return Ok(None);
    };
    if let Some(entry) = view.folded(conversation, Seq(0), below, 1)?.first() {
        return Ok(Some(format!("entry {} was trimmed, and is still there", entry.seq)));
    }
    let (from, to) = ((conversation, Seq(0)), (conversation, below));
    let named = [
        ("a pin", view.range::<PinRow>(&from, &to, 1)?.first().map(|(key, _)| key.1)),
        ("a mention", view.range::<MentionAllRow>(&from, &to, 1)?.first().map(|(key, _)| key.1)),
        ("a gallery row", view.range::<GalleryRow>(&from, &to, 1)?.first().map(|(key, _)| key.1)),
    ];
    let left = named.into_iter().find_map(|(what, seq)| seq.map(|seq| (what, seq)));
    Ok(left.map(|(what, seq)| format!("{what} names entry {seq}, which was trimmed")))
}

/// Every file has as many references as are counted, and every reference a file and a row of its gallery.
fn media(view: &View, report: &mut CheckReport) -> Result<(), Fault> {
    let last = MediaId([0xff; 16]);
    let mut from = MediaId([0; 16]);
    loop {
        let page = view.range::<MediaRow>(&from, &last, PAGE)?;
        for (media, row) in &page {
            let (first, end) = ((*media, ConversationId(0), Seq(0)), (*media, ConversationId(u64::MAX), Seq(u64::MAX)));
            let shown = view.range::<MediaRefRow>(&first, &end, usize::MAX)?;
            if shown.len() as u64 + u64::from(row.avatars) != row.references
                || (row.references == 0) != row.unused_since.is_some()
            {
                let counted = row.references;
                report.problem(format!("file {media}: {} entries show it, and {counted} are counted", shown.len()));
            }
            for ((_, conversation, seq), _) in shown {
                if view.get::<GalleryRow>(&(conversation, seq))?.is_none_or(|row| row.media != *media) {
                    report
                        .problem(format!("file {media}: entry {seq} of conversation {conversation} does not show it"));
                }
            }
        }
        match page.last() {
            Some((media, _)) if page.len() == PAGE => from = MediaId((u128::from_be_bytes(media.0) + 1).to_be_bytes()),
            Some(_) | None => return Ok(()),
        }
    }
}

/// Everything that the commands decided, as lines of text: the same for the same commands in the same order, however they were
/// batched. Leaves out the journal, idempotency and the state of folding, which depend on batching.
pub fn dump(view: &View) -> Result<Vec<String>, Fault> {
    let mut lines = Vec::new();
    visit_all(&mut DumpRows { view, lines: &mut lines })?;
    for (conversation, _) in view.range::<ConversationRow>(&ConversationId(0), &ConversationId(u64::MAX), usize::MAX)? {
        let head = view.head(conversation)?;
        lines.push(format!("head {conversation}: {head:?}"));
        for entry in view.entries(conversation, Seq(0), head.seq, usize::MAX)? {
            lines.push(format!("entry {conversation}: {entry:?}"));
        }
    }
    Ok(lines)
}

/// Writes down every row of every kind, but those that say how far folding is.
struct DumpRows<'a> {
    view: &'a View,
    lines: &'a mut Vec<String>,
}

impl VisitRows for DumpRows<'_> {
    fn visit<R: Record + std::fmt::Debug>(&mut self) -> Result<(), Fault> {
        if R::TABLE == Table::Heads { Ok(()) } else { dump_rows::<R>(self.view, self.lines) }
    }
}

fn dump_rows<R: Record + std::fmt::Debug>(view: &View, lines: &mut Vec<String>) -> Result<(), Fault> {
    let Some(table) = view.table(R::TABLE.name())? else {
        return Ok(());
    };
    for row in table.iter()? {
        let (key, value) = row?;
        let row = codec::unseal_row::<R>(key.value(), value.value())?;
        lines.push(format!("{} {}: {row:?}", R::TABLE.name(), hex(key.value())));
    }
    Ok(())
}
