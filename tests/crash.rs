//! The power goes: at any moment, with any part of what was not synced lost or torn. Nothing that was acknowledged is lost, and
//! the next start always works.

#[path = "support/crash_backend.rs"]
mod crash_backend;

use super::protocol::frames;
use crash_backend::{CrashDisk, Lasting};
use frames::Dice;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

const ROWS: TableDefinition<u64, &[u8]> = TableDefinition::new("rows");
const COUNT: TableDefinition<u64, u64> = TableDefinition::new("count");

// ---- The model of the disk, shown on plain redb ---------------------------------------------------------------------------

fn open(disk: &CrashDisk) -> Result<Database, redb::DatabaseError> {
    Database::builder().set_cache_size(1 << 20).create_with_backend(disk.clone())
}

/// Transaction `number`: some rows, and the number itself.
fn commit(database: &Database, number: u64, dice: &mut Dice) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    {
        let mut rows = transaction.open_table(ROWS)?;
        for _ in 0..1 + dice.below(20) {
            let row = dice.next() % 500;
            rows.insert(row, vec![number as u8; dice.below(900)].as_slice())?;
        }
        transaction.open_table(COUNT)?.insert(0, number)?;
    }
    transaction.commit()?;
    Ok(())
}

/// The last transaction that is there, after reading everything.
fn last(database: &Database) -> Result<u64, redb::Error> {
    let read = database.begin_read()?;
    let rows = match read.open_table(ROWS) {
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(0),
        rows => rows?,
    };
    for row in rows.iter()? {
        row?;
    }
    Ok(read.open_table(COUNT)?.get(0)?.map_or(0, |count| count.value()))
}

/// Runs `transactions` and tells how many operations the disk had done when each was acknowledged.
fn record(disk: &CrashDisk, transactions: u64, dice: &mut Dice) -> Vec<usize> {
    let database = open(disk).unwrap();
    (1..=transactions)
        .map(|number| {
            commit(&database, number, dice).unwrap();
            disk.operations()
        })
        .collect()
}

#[test]
fn plain_redb_keeps_what_was_synced() {
    let mut dice = Dice(1);
    let disk = CrashDisk::empty();
    let created = {
        let database = open(&disk).unwrap();
        commit(&database, 0, &mut dice).unwrap();
        drop(database);
        disk.take_recording().operations()
    };
    assert!(created > 0);
    let acknowledged = record(&disk, 40, &mut dice);
    let mut recording = disk.take_recording();
    for at in 0..=recording.operations() {
        recording.advance_to(at);
        let survivor = CrashDisk::holding(recording.crash(&mut dice));
        let database = open(&survivor).unwrap_or_else(|error| panic!("after operation {at}: {error}"));
        let promised = acknowledged.iter().filter(|done| **done <= at).count() as u64;
        let found = last(&database).unwrap();
        assert!(found >= promised && found <= promised + 1, "after operation {at}: {found} of {promised}");
    }
}

#[test]
fn a_crash_during_the_repair_after_a_crash_loses_nothing_either() {
    let mut dice = Dice(2);
    let disk = CrashDisk::empty();
    drop(open(&disk).unwrap());
    disk.take_recording();
    let acknowledged = record(&disk, 10, &mut dice);
    let mut recording = disk.take_recording();
    for at in (0..=recording.operations()).step_by(7) {
        recording.advance_to(at);
        let promised = acknowledged.iter().filter(|done| **done <= at).count() as u64;
        let mut image = recording.crash(&mut dice);
        for _ in 0..3 {
            let survivor = CrashDisk::holding(image);
            assert!(last(&open(&survivor).unwrap()).unwrap() >= promised, "after operation {at}");
            let mut repair = survivor.take_recording();
            repair.advance_to(dice.below(repair.operations() + 1));
            image = repair.crash(&mut dice);
        }
    }
}

#[test]
fn without_syncs_the_model_shows_the_loss() {
    let mut dice = Dice(3);
    let disk = CrashDisk::empty();
    drop(open(&disk).unwrap());
    disk.take_recording();
    disk.leave_out_syncs(true);
    let acknowledged = record(&disk, 40, &mut dice);
    let mut recording = disk.take_recording();
    let mut lost = 0;
    for at in (0..=recording.operations()).step_by(5) {
        recording.advance_to(at);
        let promised = acknowledged.iter().filter(|done| **done <= at).count() as u64;
        let found =
            open(&CrashDisk::holding(recording.crash(&mut dice))).ok().and_then(|database| last(&database).ok());
        lost += usize::from(found.is_none_or(|found| found < promised));
    }
    assert!(lost > 0, "a test that cannot see a loss proves nothing");
}

#[test]
fn a_disk_that_fails_stops_the_database_and_what_was_acknowledged_is_there_after_reopening() {
    let mut dice = Dice(4);
    for round in 0..120 {
        let disk = CrashDisk::empty();
        drop(open(&disk).unwrap());
        disk.take_recording();
        let mut promised = 0;
        {
            let database = open(&disk).unwrap();
            match round % 4 {
                0 => disk.stop_after(round * 3),
                1 => disk.stop_at_sync(round / 12),
                2 => disk.fail_after(round * 3, Lasting::Once),
                _ => disk.fail_after(round * 3, Lasting::ForEver),
            }
            for number in 1..=12 {
                match commit(&database, number, &mut dice) {
                    Ok(()) => promised = number,
                    Err(_) => break,
                }
            }
        }
        assert!(disk.faults() > 0 || promised == 12);
        disk.heal();
        let found = last(&open(&disk).unwrap()).unwrap();
        assert!(found == promised || found == promised + 1, "round {round}: {found} of {promised}");
    }
}
