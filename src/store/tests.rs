//! The store against a plain map, with commits, folding, trimming, rest and restarts in between.

use super::records::{ConversationRow, DirectRow, Remembered};
use super::{LogItem, LogKind, Read, Store, StoreOptions, View};
use crate::model::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

const OPTIONS: StoreOptions = StoreOptions { cache_bytes: 4 << 20, quick_repair_always: false, new_epoch: Epoch(7) };

#[derive(Clone, Debug)]
enum Step {
    Append(u64),
    Rewrite(u64, u64),
    Put(u64, u64),
    Remove(u64),
    Commit,
    Rest(u64),
    Reopen,
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (1..5u64).prop_map(Step::Append),
        2 => (1..5u64, 0..100u64).prop_map(|(c, n)| Step::Rewrite(c, n)),
        2 => (1..9u64, 0..50u64).prop_map(|(k, v)| Step::Put(k, v)),
        1 => (1..9u64).prop_map(Step::Remove),
        4 => Just(Step::Commit),
        1 => (0..100_000u64).prop_map(Step::Rest),
        1 => Just(Step::Reopen),
        1 => Just(Step::Crash),
    ]
}

/// What the store should hold.
#[derive(Clone, Default)]
struct Model {
    entries: BTreeMap<u64, Vec<Entry>>,
    rows: BTreeMap<u64, u64>,
    keys: Vec<(Key, Lsn)>,
    log: Vec<LogItem>,
    lsn: u64,
    now: u64,
}

fn entry(model: &Model, conversation: u64, lsn: u64) -> Entry {
    let log = model.entries.get(&conversation);
    let seq = Seq(log.map_or(0, Vec::len) as u64 + 1);
    Entry {
        seq,
        lsn: Lsn(lsn),
        changed: Lsn(lsn),
        ordinal: Ordinal(seq.0),
        at: Timestamp(model.now),
        author: UserId::new("ada").unwrap(),
        key: None,
        body: Body::Text(Text::plain(format!("entry {lsn}"))),
        reactions: Vec::new(),
        edited_at: None,
        recalled_at: None,
        origin: None,
    }
}

fn same(state: &impl Read, model: &Model) {
    for conversation in 1..5 {
        let expected = model.entries.get(&conversation).cloned().unwrap_or_default();
        let id = ConversationId(conversation);
        let head = state.head(id).unwrap();
        assert_eq!(head.seq.0, expected.len() as u64);
        assert_eq!(head.lsn.0, expected.last().map_or(0, |entry| entry.lsn.0));
        let all: Vec<Entry> =
            state.entries(id, Seq(0), Seq(u64::MAX), usize::MAX).unwrap().iter().map(|e| (**e).clone()).collect();
        assert_eq!(all, expected);
        let middle = state.entries(id, Seq(2), Seq(4), 2).unwrap();
        assert_eq!(middle.len(), expected.len().saturating_sub(1).min(2));
    }
    let rows: Vec<_> = state.range::<DirectRow>(&key(0), &key(u64::MAX), 100).unwrap();
    let rows: Vec<_> = rows.into_iter().map(|((at, _), row)| (at.0, row.conversation.0)).collect();
    assert_eq!(rows, model.rows.iter().map(|(k, v)| (*k, *v)).collect::<Vec<_>>());
    for at in 0..10 {
        assert_eq!(
            state.get::<DirectRow>(&key(at)).unwrap().map(|row| row.conversation.0),
            model.rows.get(&at).copied()
        );
    }
}

/// Whoever follows the log in pieces, from anywhere, meets everything once and in order.
fn same_log(view: &View, model: &Model) {
    for (from, limit) in [(0, 1), (0, 3), (0, 1_000), (model.lsn / 2, 2), (model.lsn, 5)] {
        let (mut after, mut seen) = (Lsn(from), Vec::new());
        loop {
            let batch = view.log_after(after, limit).unwrap();
            assert!(!batch.gap);
            if after < view.lsn() {
                assert_eq!(view.stored_log_after(after, limit).unwrap(), batch, "in memory as in the file");
            }
            seen.extend(batch.items.iter().copied());
            if batch.upto == view.lsn() {
                break;
            }
            assert!(batch.items.len() >= limit && batch.upto > after);
            after = batch.upto;
        }
        let expected: Vec<_> = model.log.iter().filter(|item| item.lsn.0 > from).copied().collect();
        assert_eq!(seen, expected, "from {from} by {limit}");
    }
}

fn item(lsn: u64, conversation: u64, seq: Seq, kind: LogKind) -> LogItem {
    LogItem { lsn: Lsn(lsn), app: AppId(0), conversation: ConversationId(conversation), seq, kind }
}

fn key(at: u64) -> (UserHandle, UserHandle) {
    (UserHandle(at), UserHandle(0))
}

fn run(steps: Vec<Step>) {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path(), OPTIONS).unwrap();
    let mut durable = Model { now: 1_700_000_000_000, ..Model::default() };
    let mut steps = steps.into_iter().peekable();
    while steps.peek().is_some() {
        let mut model = durable.clone();
        let mut tables = store.batch();
        let mut end = None;
        for step in steps.by_ref() {
            model.now += 1;
            model.lsn += 1;
            let lsn = model.lsn;
            match step {
                Step::Append(conversation) => {
                    let new = entry(&model, conversation, lsn);
                    tables.append(ConversationId(conversation), new.clone()).unwrap();
                    model.log.push(item(lsn, conversation, new.seq, LogKind::Appended));
                    model.entries.entry(conversation).or_default().push(new);
                    let remembered = Remembered { hash: lsn, lsn: Lsn(lsn), result: CommandResult::Done {} };
                    let key = Key::new(Timestamp(model.now));
                    tables.remember(UserHandle(1), &key, remembered).unwrap();
                    model.keys.push((key, Lsn(lsn)));
                }
                Step::Rewrite(conversation, which) => {
                    let log = model.entries.entry(conversation).or_default();
                    if !log.is_empty() {
                        let at = which as usize % log.len();
                        log[at].changed = Lsn(lsn);
                        log[at].body = Body::Text(Text::plain(format!("rewritten {lsn}")));
                        tables.rewrite(ConversationId(conversation), log[at].clone()).unwrap();
                        model.log.push(item(lsn, conversation, log[at].seq, LogKind::Rewritten));
                    }
                }
                Step::Put(at, value) => {
                    tables.put(&key(at), DirectRow { conversation: ConversationId(value) }).unwrap();
                    model.rows.insert(at, value);
                }
                Step::Remove(at) => {
                    tables.remove::<DirectRow>(&key(at)).unwrap();
                    model.rows.remove(&at);
                }
                other => {
                    end = Some(other);
                    break;
                }
            }
            same(&tables, &model);
        }
        if matches!(end, Some(Step::Crash)) {
            // The batch never reached its commit: nothing of it may be seen, now or after a restart.
            drop(tables);
            drop(store);
            store = Store::open(folder.path(), OPTIONS).unwrap();
        } else {
            let batch = tables.finish();
            store.commit(batch, Lsn(model.lsn), Timestamp(model.now)).unwrap();
            durable = model;
        }
        match end {
            Some(Step::Rest(later)) => {
                durable.now += later;
                store.rest(Timestamp(durable.now)).unwrap();
            }
            Some(Step::Reopen) => {
                store.close().unwrap();
                store = Store::open(folder.path(), OPTIONS).unwrap();
            }
            _ => {}
        }
        same(&**store.view(), &durable);
        same_log(store.view(), &durable);
        same(&store.batch(), &durable);
        for (key, lsn) in &durable.keys {
            assert_eq!(store.batch().remembered(UserHandle(1), key).unwrap().map(|found| found.lsn), Some(*lsn));
            assert_eq!(store.batch().remembered(UserHandle(2), key).unwrap(), None);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn the_store_holds_what_was_committed_and_nothing_else(steps in prop::collection::vec(step(), 1..60)) {
        run(steps);
    }
}

#[test]
fn a_view_keeps_its_state_while_the_writer_goes_on_or_says_that_it_is_stale() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path(), OPTIONS).unwrap();
    let mut model = Model { now: 1_700_000_000_000, ..Model::default() };
    let mut views = Vec::new();
    for round in 0..200u64 {
        let mut tables = store.batch();
        for conversation in 1..5 {
            model.lsn += 1;
            let new = entry(&model, conversation, model.lsn);
            tables.append(ConversationId(conversation), new.clone()).unwrap();
            model.entries.entry(conversation).or_default().push(new);
        }
        let batch = tables.finish();
        store.commit(batch, Lsn(model.lsn), Timestamp(model.now)).unwrap();
        model.now += 2_000;
        if round % 10 == 0 {
            store.rest(Timestamp(model.now)).unwrap();
        }
        views.push((Arc::clone(store.view()), model.clone()));
    }
    assert!(store.stats().journal_entries < 300, "{:?}", store.stats());
    let fresh = views.iter().filter(|(view, _)| view.head(ConversationId(1)).is_ok()).count();
    assert!(fresh >= 64, "the newest Views can be read: {fresh}");
    for (view, model) in &views[views.len() - fresh..] {
        same(&**view, model);
    }
}

#[test]
fn a_follower_that_is_older_than_the_log_is_told_of_the_gap() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path(), OPTIONS).unwrap();
    let mut model = Model { now: 1_700_000_000_000, ..Model::default() };
    let day = 24 * 3_600 * 1_000;
    for _ in 0..20 {
        let mut tables = store.batch();
        for _ in 0..3 {
            model.lsn += 2;
            let new = entry(&model, 1, model.lsn);
            tables.append(ConversationId(1), new.clone()).unwrap();
            model.log.push(item(model.lsn, 1, new.seq, LogKind::Appended));
            model.entries.entry(1).or_default().push(new);
        }
        model.lsn += 5;
        let batch = tables.finish();
        store.commit(batch, Lsn(model.lsn), Timestamp(model.now)).unwrap();
        model.now += day;
        store.rest(Timestamp(model.now)).unwrap();
    }
    let view = store.view();
    let all = view.log_after(Lsn(0), 1_000).unwrap();
    assert!(all.gap && all.upto == view.lsn());
    let first = all.items[0].lsn;
    assert!((7 * 3..=8 * 3).contains(&all.items.len()), "{}", all.items.len());
    for lsn in 0..=model.lsn {
        let lost = model.log.iter().any(|item| item.lsn.0 > lsn && item.lsn < first);
        assert_eq!(view.log_after(Lsn(lsn), 1).unwrap().gap, lost, "after {lsn}");
    }
}

#[test]
fn the_place_survives_a_close_that_trims_the_whole_journal() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path(), OPTIONS).unwrap();
    let mut tables = store.batch();
    let row = ConversationRow {
        app: AppId::HOME,
        kind: ConversationKind::Direct,
        title: None,
        pair: None,
        members: 0,
        created: Timestamp(1),
        created_lsn: Lsn(1),
        group: None,
        retention: None,
        changed: Lsn(1),
    };
    let id = tables.next_id(super::records::Counter::Conversation).unwrap();
    tables.put(&ConversationId(id), row).unwrap();
    let batch = tables.finish();
    store.commit(batch, Lsn(5), Timestamp(9)).unwrap();
    store.close().unwrap();
    let store = Store::open(folder.path(), OPTIONS).unwrap();
    assert_eq!((store.lsn(), store.last_at(), store.epoch()), (Lsn(5), Timestamp(9), Epoch(7)));
    assert_eq!(store.batch().next_id(super::records::Counter::Conversation).unwrap(), 2);
}

#[test]
fn a_second_process_is_told_who_holds_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let _store = Store::open(folder.path(), OPTIONS).unwrap();
    let refused = Store::open(folder.path(), OPTIONS).err().map(|fault| fault.to_string()).unwrap();
    assert!(refused.contains(&std::process::id().to_string()), "{refused}");
}

#[test]
fn data_of_another_format_is_refused_by_its_number() {
    for (format, words) in [(1u32, "this program reads format"), (9, "newer version")] {
        let folder = tempfile::tempdir().unwrap();
        Store::open(folder.path(), OPTIONS).unwrap().close().unwrap();
        let database = redb::Database::open(folder.path().join("tidings.redb")).unwrap();
        let write = database.begin_write().unwrap();
        // As an older or newer program would have written it: the number, and then something else.
        let facts = super::journal::seal(super::journal::META, super::journal::META_KEY, &(format, 7u64)).unwrap();
        let mut table = write.open_table(super::journal::definition(super::journal::META)).unwrap();
        table.insert(super::journal::META_KEY, facts.as_slice()).unwrap();
        drop(table);
        write.commit().unwrap();
        drop(database);
        let Err(fault) = Store::open(folder.path(), OPTIONS) else { panic!("format {format} was opened") };
        assert!(fault.to_string().contains(words), "{fault}");
    }
}

#[test]
fn a_foreign_file_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tidings.redb");
    for content in [&b""[..], b"hello, this is not a database", &[0; 8192]] {
        std::fs::write(&file, content).unwrap();
        assert!(Store::open(folder.path(), OPTIONS).is_err());
        assert_eq!(std::fs::read(&file).unwrap(), content);
    }
}

#[test]
fn a_row_of_the_version_before_is_read_as_it_is_now_and_written_anew_when_it_changes() {
    use super::records::{AppKeyRow, Record};
    let (app, key) = (AppId(2), AppKeyId(7));
    let (name, secret) = (Name::new("backend").ok(), AppKeySecret::Eddsa([7; 32]));
    // What version 1 wrote: the same without scopes, which came last.
    let old = (name.clone(), secret.clone(), Timestamp(5), Some(Timestamp(6)));
    let at = super::key::RecordKey::to_key(&(app, key));
    let bytes = super::codec::seal(AppKeyRow::TABLE.name(), at.as_slice(), 1, &old).unwrap();
    let row: AppKeyRow = super::codec::unseal_row(at.as_slice(), &bytes).unwrap();
    let (created, used) = (Timestamp(5), Some(Timestamp(6)));
    assert_eq!(row, AppKeyRow { name, secret, created, used, scopes: AppScopes::All });
    let anew = super::codec::seal(AppKeyRow::TABLE.name(), at.as_slice(), AppKeyRow::VERSION, &row).unwrap();
    assert_eq!((anew[0], super::codec::unseal_row::<AppKeyRow>(at.as_slice(), &anew).unwrap()), (2, row));
    // A version that this program does not know is no row, and neither is a version 1 with something else behind it.
    for version in [0, 3] {
        let bytes = super::codec::seal(AppKeyRow::TABLE.name(), at.as_slice(), version, &old).unwrap();
        assert!(super::codec::unseal_row::<AppKeyRow>(at.as_slice(), &bytes).is_err());
    }
    let bytes = super::codec::seal(AppKeyRow::TABLE.name(), at.as_slice(), 1, &(old, 1u8)).unwrap();
    assert!(super::codec::unseal_row::<AppKeyRow>(at.as_slice(), &bytes).is_err());
}
