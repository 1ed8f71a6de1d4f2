//! The power goes: at any moment, with any part of what was not synced lost or torn. Nothing that was acknowledged is lost, and
//! the next start always works.

#[path = "support/crash_backend.rs"]
mod crash_backend;

use super::protocol::frames;
use crash_backend::{CrashDisk, Lasting};
use frames::Dice;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tidings::engine::{Engine, EngineOptions, Health};
use tidings::ledger::{self, Accepted, Order, Stop};
use tidings::model::{
    Actor, AnyCommand, AppId, AppSettings, Attach, Clock, Code, Command, CommandResult, Content, ConversationId,
    CursorMove, Device, DeviceId, Emoji, Epoch, GroupRules, Key, MediaId, MediaInfo, MediaKind, Name, Platform, Seq,
    SystemCommand, Target, Text, Timestamp, TokenHash, UserActor, UserFlags, UserHandle, UserId, UserKind, limits,
};
use tidings::store::{Fault, Read, Store, StoreOptions, check_view, dump};

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
        for _ in 0..=dice.below(19) {
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

// ---- The store and the ledger on that disk --------------------------------------------------------------------------------

/// How many moments the power goes at in one run of the tests.
const CRASH_POINTS: usize = 10_000;
const OPTIONS: StoreOptions = StoreOptions { cache_bytes: 1 << 20, quick_repair_always: false, new_epoch: Epoch(7) };
const PEOPLE: u64 = 4;
const START: u64 = 1_700_000_000_000;

/// What the commands decided, as one number.
fn logical(store: &Store) -> u64 {
    let mut hash = xxhash_rust::xxh3::Xxh3::new();
    for line in dump(store.view()).unwrap() {
        hash.update(line.as_bytes());
    }
    hash.digest()
}

/// A command that was accepted and acknowledged.
#[derive(Clone)]
struct Done {
    batch: usize,
    order: Order,
    accepted: Accepted,
}

/// A state that was acknowledged.
struct State {
    /// How many operations the disk had done by then.
    operations: usize,
    /// What the commands had decided by then.
    logical: u64,
}

/// A store at work, with everything that it acknowledged.
struct Run {
    disk: CrashDisk,
    /// Gone only while it is opened again.
    store: Option<Store>,
    now: u64,
    /// The time of each step, and how many operations the disk had done before it.
    clock: Vec<(usize, u64)>,
    people: Vec<UserActor>,
    groups: Vec<ConversationId>,
    /// The state at the start and after each batch.
    states: Vec<State>,
    done: Vec<Done>,
}

impl Run {
    /// A founded server with a few people who know each other.
    fn start(dice: &mut Dice) -> Self {
        let disk = CrashDisk::empty();
        let store = Store::open_on(disk.clone(), OPTIONS).unwrap();
        let mut run = Self {
            disk,
            store: Some(store),
            now: START,
            clock: vec![],
            people: vec![],
            groups: vec![],
            states: vec![],
            done: vec![],
        };
        // Little is kept, so that there is always something to trim.
        let settings = AppSettings { retention_entries: 4, ..AppSettings::default() };
        let found = SystemCommand::Found { epoch: Epoch(7), settings };
        run.batch(vec![(Actor::Server, None, found.into())]).unwrap();
        for number in 1..=PEOPLE {
            let id = UserId::new(format!("user-{number}")).unwrap();
            let add = SystemCommand::AddUser {
                app: AppId::HOME,
                id: id.clone(),
                name: None,
                password: None,
                administrator: false,
                kind: UserKind::Person,
            };
            let added = run.batch(vec![(Actor::Operator, None, add.into())]).unwrap();
            let Some(Ok(Accepted { result: CommandResult::User { user }, .. })) = added.into_iter().next() else {
                panic!("nobody was added")
            };
            let logged_in = run.batch(vec![(Actor::Server, None, log_in(user, number).into())]).unwrap();
            let Some(Ok(Accepted { result: CommandResult::Session { session }, .. })) = logged_in.into_iter().next()
            else {
                panic!("nobody logged in")
            };
            run.people.push(UserActor { app: AppId::HOME, user, id, session });
        }
        let members = run.people[1..].iter().map(|person| person.id.clone()).collect();
        let create = Command::CreateGroup { title: Name::new("All").unwrap(), members, rules: GroupRules::default() };
        let created =
            run.batch(vec![(Actor::User(run.people[0].clone()), Some(run.key(dice)), create.into())]).unwrap();
        let Some(Ok(Accepted { result: CommandResult::Conversation { conversation }, .. })) =
            created.into_iter().next()
        else {
            panic!("no group")
        };
        run.groups.push(conversation);
        run.begin();
        run
    }

    /// What came before is taken as durable; from here on it is recorded.
    fn begin(&mut self) {
        self.disk.take_recording();
        self.done.iter_mut().for_each(|done| done.batch = 0);
        self.clock = vec![(0, self.now)];
        self.states = vec![State { operations: 0, logical: logical(self.store()) }];
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    /// A key of few seconds and few first bytes, so that many keys share a row on disk.
    fn key(&self, dice: &mut Dice) -> Key {
        let mut bytes = [0; 16];
        bytes[8..].copy_from_slice(&dice.next().to_be_bytes());
        bytes[..6].copy_from_slice(&(self.now / 20_000 * 20_000).to_be_bytes()[2..]);
        bytes[6] = 0x70 | dice.below(16) as u8;
        bytes[7] = dice.next() as u8;
        bytes[8] = 0x80 | dice.below(2) as u8;
        bytes[9] = dice.below(2) as u8;
        Key(bytes)
    }

    /// Applies and commits one batch, and remembers what was acknowledged.
    fn batch(
        &mut self,
        commands: Vec<(Actor, Option<Key>, AnyCommand)>,
    ) -> Result<Vec<Result<Accepted, tidings::model::Refusal>>, Fault> {
        let store = self.store.as_mut().unwrap();
        let at = Timestamp(self.now).max(store.last_at());
        let mut lsn = store.lsn();
        let mut tables = store.batch();
        let (mut outcomes, mut fresh) = (Vec::new(), Vec::new());
        for (actor, key, command) in commands {
            let hash = xxhash_rust::xxh3::xxh3_64(format!("{command:?}").as_bytes());
            let order = Order { lsn: lsn.next(), at, actor, key, hash, command };
            match ledger::execute(&mut tables, &order, &mut Vec::new()) {
                Ok(accepted) => {
                    if !accepted.duplicate {
                        lsn = order.lsn;
                        fresh.push((order, accepted.clone()));
                    }
                    outcomes.push(Ok(accepted));
                }
                Err(Stop::Refused(refusal)) => outcomes.push(Err(refusal)),
                Err(Stop::Fault(fault)) => return Err(fault),
            }
        }
        let staged = tables.finish();
        store.commit(staged, lsn, at)?;
        if !fresh.is_empty() {
            let operations = self.disk.operations();
            self.states.push(State { operations, logical: logical(self.store()) });
            let batch = self.states.len() - 1;
            self.done.extend(fresh.into_iter().map(|(order, accepted)| Done { batch, order, accepted }));
        }
        Ok(outcomes)
    }

    /// Something that somebody does.
    fn command(&self, dice: &mut Dice) -> (Actor, Option<Key>, AnyCommand) {
        let person = dice.pick(&self.people).clone();
        let other = dice.pick(&self.people).clone();
        let talks = self.store().view().range::<tidings::store::records::ConversationRow>(
            &ConversationId(0),
            &ConversationId(u64::MAX),
            100,
        );
        let talks: Vec<_> = talks.unwrap().into_iter().map(|(talk, _)| talk).collect();
        let conversation = *dice.pick(&talks);
        let head = self.store().view().head(conversation).unwrap().seq.0;
        let seq = Seq(1 + dice.next() % head.max(1));
        let emoji = Emoji::new(dice.pick(&["👍", "❤️", "🎉"])).unwrap();
        let words = |dice: &mut Dice| format!("{} {}", dice.next(), "x".repeat(dice.below(200)));
        let text = |dice: &mut Dice| Content::Text(Text::plain(words(dice)));
        let command: AnyCommand = match dice.below(32) {
            0..=7 => Command::Send { to: Target::User(other.id), content: text(dice) }.into(),
            8..=12 => Command::Send { to: Target::Conversation(conversation), content: text(dice) }.into(),
            13 => Command::Edit { conversation, seq, text: words(dice) }.into(),
            14 => Command::Recall { conversation, seq }.into(),
            15 | 16 => Command::React { conversation, seq, emoji, on: dice.chance(2) }.into(),
            17 => Command::CreateGroup {
                title: Name::new("Some").unwrap(),
                members: vec![other.id],
                rules: GroupRules::default(),
            }
            .into(),
            18 => Command::AddMembers { conversation, users: vec![other.id] }.into(),
            19 => Command::RemoveMember { conversation, user: other.id }.into(),
            20 => Command::Pin { conversation, pinned: dice.chance(2) }.into(),
            21 => {
                let flags = UserFlags { suspended: false, silenced: dice.chance(2), contacts_disabled: false };
                return (Actor::Operator, None, SystemCommand::SetFlags { user: other.user, flags }.into());
            }
            24..=26 => {
                let first = Seq(1 + dice.next() % (head + 1));
                return (Actor::Server, None, SystemCommand::Trim { conversation, first }.into());
            }
            27 => Command::PinEntry { conversation, seq, on: dice.chance(2) }.into(),
            28 => Command::Forward { from: conversation, seq, to: Target::User(other.id) }.into(),
            29 => Command::ClearHistory { conversation }.into(),
            30 => {
                let number = dice.below(4) as u8;
                let owner = self.people[usize::from(number)].user;
                return (Actor::Server, None, file(owner, number).into());
            }
            31 => {
                let number = self.people.iter().position(|other| other.user == person.user).unwrap() as u8;
                let media = MediaId([number; 16]);
                let content = Content::Media(Attach { kind: MediaKind::Image, media, caption: Text::default() });
                Command::Send { to: Target::Conversation(conversation), content }.into()
            }
            22 => return (Actor::Server, None, log_in(person.user, 1_000 + dice.next() % 1_000_000).into()),
            _ => {
                let moved = CursorMove {
                    user: person.user,
                    session: Some(person.session),
                    conversation,
                    delivered: Some(Seq(head)),
                    read: dice.chance(2).then_some(seq),
                };
                return (Actor::Server, None, SystemCommand::Cursors { moves: vec![moved] }.into());
            }
        };
        (Actor::User(person), Some(self.key(dice)), command)
    }

    /// One step of work: a batch, or rest, or a restart.
    fn step(&mut self, dice: &mut Dice) -> Result<(), Fault> {
        self.now += match dice.below(60) {
            0 => limits::KEY_WINDOW_MS + 61_000,
            1..=10 => 61_000,
            11..=20 => dice.next() % 30_000,
            _ => dice.next() % 1_000,
        };
        self.clock.push((self.disk.operations(), self.now));
        match dice.below(12) {
            0 | 1 => {
                let now = Timestamp(self.now);
                self.store.as_mut().unwrap().rest(now)
            }
            2 => {
                let store = self.store.take().unwrap();
                // A clean stop, or a process that just ends.
                if dice.chance(2) {
                    store.close()?;
                } else {
                    drop(store);
                }
                self.store = Some(Store::open_on(self.disk.clone(), OPTIONS)?);
                Ok(())
            }
            _ => {
                let commands = (0..=dice.below(5)).map(|_| self.command(dice)).collect();
                self.batch(commands).map(drop)
            }
        }
    }

    /// Crashes at operation `at`, opens what is left, and finds everything that was acknowledged by then; then goes on working
    /// there, and sometimes crashes again. The words of the error say what was lost.
    fn survive(&self, image: Vec<u8>, at: usize, dice: &mut Dice, deeper: usize) -> Result<(), String> {
        let acknowledged = self.states.iter().rposition(|state| state.operations <= at).unwrap();
        let disk = CrashDisk::holding(image);
        let store = Store::open_on(disk.clone(), OPTIONS).map_err(|fault| format!("it does not start: {fault}"))?;
        // Reading everything for the logical state checks what it reads; now and then the rest is checked as well.
        if dice.chance(8) {
            let problems = check_view(store.view()).map_err(|fault| fault.to_string())?.problems;
            if !problems.is_empty() {
                return Err(problems.join("; "));
            }
        }
        let found = logical(&store);
        let mut allowed = self.states[acknowledged..].iter().take(2).map(|state| state.logical);
        let Some(more) = allowed.position(|state| state == found) else {
            return Err(format!("batch {acknowledged} was acknowledged, and the state is neither that nor the next"));
        };
        let there = acknowledged + more;
        let mut next = Self {
            disk,
            store: Some(store),
            // A clock that went on: what was expired by then may be forgotten.
            now: self.clock.iter().rfind(|(operations, _)| *operations <= at).map_or(self.now, |(_, now)| *now),
            clock: vec![],
            people: self.people.clone(),
            groups: self.groups.clone(),
            states: vec![State { operations: 0, logical: found }],
            done: self
                .done
                .iter()
                .filter(|done| done.batch <= there)
                .map(|done| Done { batch: 0, ..done.clone() })
                .collect(),
        };
        next.resend(dice)?;
        if deeper > 0 && dice.chance(4) {
            for _ in 0..=dice.below(4) {
                next.step(dice).map_err(|fault| format!("it does not work after the crash: {fault}"))?;
            }
            next.resend(dice)?;
            let mut recording = next.disk.take_recording();
            let at = dice.below(recording.operations() + 1);
            recording.advance_to(at);
            next.store = None;
            return next
                .survive(recording.crash(dice), at, dice, deeper - 1)
                .map_err(|error| format!("again: {error}"));
        }
        Ok(())
    }

    /// Sends commands again that were acknowledged: each must be known, with its first outcome.
    fn resend(&mut self, dice: &mut Dice) -> Result<(), String> {
        let known = |done: &&Done| {
            done.order.key.is_some_and(|key| self.now.saturating_sub(key.time().0) <= limits::KEY_WINDOW_MS)
        };
        let keyed: Vec<_> = self.done.iter().filter(known).collect();
        let newest = keyed.len().saturating_sub(2)..keyed.len();
        let random = (0..4).filter(|_| !keyed.is_empty()).map(|_| dice.below(keyed.len()));
        let store = self.store.as_ref().unwrap();
        let mut tables = store.batch();
        for at in newest.chain(random) {
            let Done { order, accepted, .. } = keyed[at];
            let again = Order { lsn: store.lsn().next(), at: Timestamp(self.now), ..order.clone() };
            let expected = Accepted { duplicate: true, ..accepted.clone() };
            match ledger::execute(&mut tables, &again, &mut Vec::new()) {
                Ok(outcome) if outcome == expected => {}
                other => return Err(format!("sent again, {order:?} gave {other:?} instead of {expected:?}")),
            }
        }
        Ok(())
    }
}

/// A file of somebody's.
fn file(owner: UserHandle, number: u8) -> SystemCommand {
    let info = MediaInfo {
        media: MediaId([number; 16]),
        name: Name::new("A picture").unwrap(),
        content_type: "image/png".to_owned(),
        bytes: 1_000,
        width: None,
        height: None,
        duration_ms: None,
        thumbnail: false,
        created: Timestamp(0),
    };
    SystemCommand::AddMedia { app: AppId::HOME, owner, info, sha256: [number; 32] }
}

fn log_in(user: UserHandle, number: u64) -> SystemCommand {
    let mut token = [0; 32];
    token[..8].copy_from_slice(&number.to_be_bytes());
    token[8..16].copy_from_slice(&user.0.to_be_bytes());
    let device = Device {
        id: DeviceId::new(format!("device-{number}")).unwrap(),
        platform: Platform::Linux,
        name: Name::new("A device").unwrap(),
    };
    SystemCommand::LogIn { user, credential: 1, device, token: TokenHash(token), address: "192.0.2.1".to_owned() }
}

#[test]
fn ten_thousand_crashes_lose_nothing_that_was_acknowledged() {
    let mut crashes = 0;
    let mut seed = 0;
    while crashes < CRASH_POINTS {
        seed += 1;
        let mut dice = Dice(seed);
        let mut run = Run::start(&mut dice);
        for _ in 0..40 {
            run.step(&mut dice).unwrap();
        }
        run.store = None;
        let mut recording = run.disk.take_recording();
        let operations = recording.operations();
        let mut points: Vec<usize> = (0..500.min(CRASH_POINTS - crashes)).map(|_| dice.below(operations + 1)).collect();
        points.sort_unstable();
        for at in points {
            recording.advance_to(at);
            let image = recording.crash(&mut dice);
            if let Err(words) = run.survive(image, at, &mut dice, 3) {
                panic!("history {seed}, power lost after operation {at} of {operations}: {words}");
            }
            crashes += 1;
        }
    }
}

#[test]
fn with_the_syncs_left_out_the_same_test_goes_red() {
    let mut dice = Dice(99);
    let mut run = Run::start(&mut dice);
    run.disk.leave_out_syncs(true);
    for _ in 0..40 {
        run.step(&mut dice).unwrap();
    }
    run.store = None;
    let mut recording = run.disk.take_recording();
    let mut lost = 0;
    for at in (0..=recording.operations()).step_by(5) {
        recording.advance_to(at);
        let image = recording.crash(&mut dice);
        // What such a disk holds is so wrong that redb itself may panic on it; that is a loss as well.
        let survived = std::panic::catch_unwind(AssertUnwindSafe(|| run.survive(image, at, &mut dice, 0)));
        lost += usize::from(!matches!(survived, Ok(Ok(()))));
    }
    assert!(lost > 10, "a test that cannot see a loss proves nothing; it saw {lost}");
}

/// The crash test found this: a commit without a batch that trims the journal writes its number into `meta`, but the next start
/// took the number of the last journal row, which is lower. So the next trimming commit had the same number again, its row of
/// `idempotency` replaced the one of the first, and the keys in that were forgotten: a message sent again was sent twice.
#[test]
fn keys_that_were_trimmed_before_a_restart_are_not_forgotten() {
    let mut dice = Dice(7);
    let mut run = Run::start(&mut dice);
    let key = |random: u8| {
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&START.to_be_bytes()[2..]);
        (bytes[6], bytes[8], bytes[15]) = (0x70, 0x80, random);
        Some(Key(bytes))
    };
    // Each to another person: entries of one conversation are folded together.
    let send = |run: &Run, random: u8| {
        let to = Target::User(run.people[usize::from(random)].id.clone());
        let content = Content::Text(Text::plain("once"));
        (Actor::User(run.people[0].clone()), key(random), AnyCommand::from(Command::Send { to, content }))
    };
    let first = vec![send(&run, 1)];
    run.batch(first).unwrap();
    run.now += 50_000;
    let second = vec![send(&run, 2)];
    run.batch(second).unwrap();
    for later in [61_000, 111_000] {
        run.now = START + later;
        for _ in 0..3 {
            run.store.as_mut().unwrap().rest(Timestamp(START + later)).unwrap();
        }
        run.store = None;
        run.store = Some(Store::open_on(run.disk.clone(), OPTIONS).unwrap());
    }
    for random in [1, 2] {
        let again = vec![send(&run, random)];
        let outcome = run.batch(again).unwrap().remove(0).unwrap();
        assert!(outcome.duplicate, "the key of message {random} is forgotten");
    }
}

// ---- The engine on that disk ----------------------------------------------------------------------------------------------

/// An engine on `disk`, which opens it again after a fault.
fn engine(disk: &CrashDisk) -> Engine {
    let disk = disk.clone();
    let options = EngineOptions { clock: Clock::system(), ..EngineOptions::new("unused") };
    Engine::open_with(options, Box::new(move || Store::open_on(disk.clone(), OPTIONS)), vec![]).unwrap()
}

/// Two people who are logged in.
fn two_people(engine: &Engine) -> Vec<UserActor> {
    (1..=2)
        .map(|number| {
            let id = UserId::new(format!("user-{number}")).unwrap();
            let add = SystemCommand::AddUser {
                app: AppId::HOME,
                id: id.clone(),
                name: None,
                password: None,
                administrator: false,
                kind: UserKind::Person,
            };
            let added = engine.execute_blocking(Actor::Operator, None, add.into()).unwrap();
            let CommandResult::User { user } = added.result else { panic!("nobody was added") };
            let logged_in = engine.execute_blocking(Actor::Server, None, log_in(user, number).into()).unwrap();
            let CommandResult::Session { session } = logged_in.result else { panic!("nobody logged in") };
            UserActor { app: AppId::HOME, user, id, session }
        })
        .collect()
}

fn message(to: &UserActor, text: &str) -> AnyCommand {
    Command::Send { to: Target::User(to.id.clone()), content: Content::Text(Text::plain(text)) }.into()
}

/// Every thread sends its messages one after another, again and again under the same key while the outcome is unknown. Gives what
/// was acknowledged: the key, the outcome, and how many operations the disk had done by then.
fn send_from_threads(
    engine: &Engine,
    disk: &CrashDisk,
    people: &[UserActor],
    threads: usize,
    each: usize,
) -> Vec<(Key, Accepted, usize)> {
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn(move || {
                    let mut acknowledged = Vec::new();
                    for number in 0..each {
                        let key = Key::new(engine.clock().now());
                        let command = message(&people[1], &format!("{thread}.{number}"));
                        loop {
                            let actor = Actor::User(people[0].clone());
                            match engine.execute_blocking(actor, Some(key), command.clone()) {
                                Ok(accepted) => {
                                    acknowledged.push((key, accepted, disk.operations()));
                                    break;
                                }
                                Err(refusal) if refusal.code == Code::Unavailable => {}
                                Err(refusal) => panic!("{refusal}"),
                            }
                        }
                    }
                    acknowledged
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    })
}

/// The seqs of the direct chat are 1 … `count`, and each text is there once.
fn check_conversation(store: &Store, count: usize) {
    // The first conversations are the feeds of the two.
    let entries = store.view().entries(ConversationId(3), Seq(1), Seq(u64::MAX), usize::MAX).unwrap();
    assert_eq!(entries.iter().map(|entry| entry.seq.0).collect::<Vec<_>>(), (1..=count as u64).collect::<Vec<_>>());
    let texts: std::collections::BTreeSet<_> = entries.iter().map(|entry| format!("{:?}", entry.body)).collect();
    assert_eq!(texts.len(), count, "a message is there twice");
    assert_eq!(check_view(store.view()).unwrap().problems, Vec::<String>::new());
}

#[test]
fn the_engine_gets_over_a_disk_that_fails_and_every_message_is_there_once() {
    for round in 0..12 {
        let disk = CrashDisk::empty();
        let engine = engine(&disk);
        let people = two_people(&engine);
        disk.fail_after(round * 7, Lasting::Once);
        let acknowledged = send_from_threads(&engine, &disk, &people, 4, 30);
        assert_eq!((acknowledged.len(), disk.faults()), (120, 1), "round {round}");
        assert_eq!(engine.health(), Health::Live);
        engine.stop();
        check_conversation(&Store::open_on(disk, OPTIONS).unwrap(), 120);
    }
}

#[test]
fn while_the_disk_is_broken_nothing_is_acknowledged_and_afterwards_it_goes_on() {
    let disk = CrashDisk::empty();
    let engine = engine(&disk);
    let people = two_people(&engine);
    send_from_threads(&engine, &disk, &people, 2, 5);
    disk.fail_after(0, Lasting::ForEver);
    let key = Some(Key::new(engine.clock().now()));
    let command = message(&people[1], "in between");
    let refused = engine.execute_blocking(Actor::User(people[0].clone()), key, command.clone());
    assert_eq!(refused.unwrap_err().code, Code::Unavailable);
    assert!(matches!(engine.health(), Health::Down(_)));
    disk.heal();
    let began = tidings::model::clock::monotonic();
    while engine.execute_blocking(Actor::User(people[0].clone()), key, command.clone()).is_err() {
        assert!(began.elapsed() < Duration::from_mins(1), "the engine does not get over it");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(engine.health(), Health::Live);
    engine.stop();
    check_conversation(&Store::open_on(disk, OPTIONS).unwrap(), 11);
}

#[test]
fn what_the_engine_acknowledged_under_load_survives_a_crash_at_any_moment() {
    let mut dice = Dice(11);
    let disk = CrashDisk::empty();
    let engine = engine(&disk);
    let people = two_people(&engine);
    disk.take_recording();
    let acknowledged = send_from_threads(&engine, &disk, &people, 8, 40);
    engine.stop();
    let mut recording = disk.take_recording();
    let mut points: Vec<usize> = (0..300).map(|_| dice.below(recording.operations() + 1)).collect();
    points.sort_unstable();
    for at in points {
        recording.advance_to(at);
        let store = Store::open_on(CrashDisk::holding(recording.crash(&mut dice)), OPTIONS).unwrap();
        let count = store.view().head(ConversationId(3)).unwrap().seq.0;
        check_conversation(&store, count as usize);
        let tables = store.batch();
        for (key, accepted, _) in acknowledged.iter().filter(|(_, _, done)| *done <= at) {
            let remembered = tables.remembered(people[0].user, key).unwrap();
            let remembered = remembered.unwrap_or_else(|| panic!("after operation {at}: {accepted:?} is lost"));
            assert_eq!((remembered.lsn, remembered.result), (accepted.lsn, accepted.result.clone()));
        }
    }
}

// ---- Creation -------------------------------------------------------------------------------------------------------------

#[test]
fn a_crash_while_the_data_folder_is_created_leaves_one_that_works() {
    let mut dice = Dice(5);
    let disk = CrashDisk::empty();
    drop(Store::open_on(disk.clone(), OPTIONS).unwrap());
    let mut recording = disk.take_recording();
    for at in 0..=recording.operations() {
        recording.advance_to(at);
        // Until its first commit is on disk the file has another name, whatever is in it by then.
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("tidings.redb.new"), recording.crash(&mut dice)).unwrap();
        let created = Store::open(folder.path(), StoreOptions { new_epoch: Epoch(8), ..OPTIONS }).unwrap();
        assert_eq!((created.epoch(), created.lsn().0), (Epoch(8), 0));
        drop(created);
        let again = Store::open(folder.path(), StoreOptions { new_epoch: Epoch(9), ..OPTIONS }).unwrap();
        assert_eq!(again.epoch(), Epoch(8));
    }
}
