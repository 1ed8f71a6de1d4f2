//! What must hold after any number of kills, as a pure function of the record of what was asked and answered, and of what the
//! server shows. No sockets, no files, so that a test can prove that it goes red.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use tidings::model::{
    Body, Code, Command, CommandResult, Content, ConversationId, Entry, Key, Lsn, Ordinal, Reaction, Seq, UserId,
};

/// Sentences that are kept of what was found.
const NOTES_MAX: usize = 20;

/// One line of the record. A line is written before what it says counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// A command is about to be sent for the first time.
    Asked { user: UserId, key: Key, command: Command },
    /// Its outcome came.
    Acknowledged { user: UserId, key: Key, lsn: Lsn, duplicate: bool, result: CommandResult },
    /// It was refused for good.
    Refused { user: UserId, key: Key, code: Code },
    /// An entry of somebody else was pushed.
    Seen { conversation: ConversationId, seq: Seq, lsn: Lsn },
}

/// Whose command.
type Id = (UserId, Key);

struct Asked {
    /// Its place among all that were asked; grows with each user's commands.
    index: usize,
    command: Command,
}

/// All lines so far.
#[derive(Default)]
pub struct Record {
    asked: BTreeMap<Id, Asked>,
    acknowledged: BTreeMap<Id, (Lsn, CommandResult)>,
    refused: BTreeSet<Id>,
    seen: BTreeMap<(ConversationId, Seq), Lsn>,
    contradictions: Vec<String>,
}

impl Record {
    /// Adds a line.
    pub fn take(&mut self, line: Line) {
        match line {
            Line::Asked { user, key, command } => {
                let index = self.asked.len();
                self.asked.insert((user, key), Asked { index, command });
            }
            Line::Acknowledged { user, key, lsn, duplicate, result } => {
                let id = (user, key);
                match self.acknowledged.get(&id) {
                    None => drop(self.acknowledged.insert(id, (lsn, result))),
                    Some(first) if *first != (lsn, result.clone()) => {
                        self.contradictions.push(format!("{key} was answered with {first:?}, then with {result:?}"));
                    }
                    Some(_) if !duplicate => {
                        self.contradictions.push(format!("{key} was accepted twice, not answered as a duplicate"));
                    }
                    Some(_) => {}
                }
            }
            Line::Refused { user, key, .. } => drop(self.refused.insert((user, key))),
            Line::Seen { conversation, seq, lsn } => drop(self.seen.insert((conversation, seq), lsn)),
        }
    }

    /// Commands whose outcome came.
    pub fn acknowledged(&self) -> usize {
        self.acknowledged.len()
    }
}

/// A conversation as the server showed it to one of its members, while nobody wrote.
pub struct Shown {
    pub reader: UserId,
    pub conversation: ConversationId,
    pub head: Seq,
    pub entries: Vec<Entry>,
}

/// What is wrong; all zero when nothing is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Findings {
    /// Acknowledged, or shown to a client, and not there as it was acknowledged; or there with another content.
    pub lost: u64,
    /// There twice, or there although nobody asked for it or it was refused.
    pub duplicated: u64,
    /// Seqs without an entry, orders that are broken, members who are shown different things.
    pub gaps: u64,
    /// The first of them, in words.
    #[serde(skip)]
    pub notes: Vec<String>,
}

impl Findings {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        (self.lost, self.duplicated, self.gaps) == (0, 0, 0)
    }

    fn note(&mut self, what: impl FnOnce() -> String) {
        if self.notes.len() < NOTES_MAX {
            self.notes.push(what());
        }
    }

    fn lost(&mut self, what: impl FnOnce() -> String) {
        self.lost += 1;
        self.note(what);
    }

    fn duplicated(&mut self, what: impl FnOnce() -> String) {
        self.duplicated += 1;
        self.note(what);
    }

    fn gap(&mut self, missing: u64, what: impl FnOnce() -> String) {
        self.gaps += missing;
        self.note(what);
    }
}

/// Compares what is recorded with what is shown.
pub fn check(record: &Record, shown: &[Shown]) -> Findings {
    let mut findings = Findings::default();
    for contradiction in &record.contradictions {
        findings.duplicated(|| contradiction.clone());
    }
    let mut first: BTreeMap<ConversationId, &Shown> = BTreeMap::new();
    for shown in shown {
        check_order(shown, &mut findings);
        match first.get(&shown.conversation) {
            None => drop(first.insert(shown.conversation, shown)),
            Some(other) => check_same(other, shown, &mut findings),
        }
    }
    let mut there: BTreeMap<Id, (ConversationId, &Entry)> = BTreeMap::new();
    for (conversation, shown) in &first {
        check_identities(record, *conversation, &shown.entries, &mut there, &mut findings);
        check_contents(record, *conversation, &shown.entries, &mut findings);
    }
    check_acknowledged(record, &there, &mut findings);
    check_seen(record, &first, &mut findings);
    check_sent_order(record, &there, &mut findings);
    findings
}

/// Seqs without gaps, lsns that grow, ordinals that count messages.
fn check_order(shown: &Shown, findings: &mut Findings) {
    let Shown { reader, conversation, head, entries } = shown;
    let (mut seq, mut lsn, mut ordinal) = (Seq(0), Lsn(0), Ordinal(0));
    for entry in entries {
        if entry.seq != seq.next() {
            let missing = entry.seq.0.abs_diff(seq.0 + 1).max(1);
            findings.gap(missing, || format!("conversation {conversation}: {reader} sees {} after {seq}", entry.seq));
        }
        if entry.lsn <= lsn {
            findings.gap(1, || format!("conversation {conversation}: the lsn of {} does not grow", entry.seq));
        }
        ordinal = if entry.body.is_message() { ordinal.next() } else { ordinal };
        if entry.ordinal != ordinal {
            findings.gap(1, || format!("conversation {conversation}: {} has ordinal {}", entry.seq, entry.ordinal));
            ordinal = entry.ordinal;
        }
        (seq, lsn) = (entry.seq, entry.lsn);
    }
    if seq != *head {
        let missing = head.0.abs_diff(seq.0);
        findings.gap(missing, || format!("conversation {conversation}: the head is {head}, the last entry {seq}"));
    }
}

/// Every member is shown the same.
fn check_same(one: &Shown, other: &Shown, findings: &mut Findings) {
    let differing = one.entries.iter().zip(&other.entries).filter(|(left, right)| left != right).count()
        + one.entries.len().abs_diff(other.entries.len());
    if differing > 0 {
        findings.gap(differing as u64, || {
            let Shown { conversation, .. } = one;
            format!(
                "conversation {conversation}: {} and {} see {differing} entries differently",
                one.reader, other.reader
            )
        });
    }
}

/// Everything that is there was asked for, and is there once.
fn check_identities<'a>(
    record: &Record,
    conversation: ConversationId,
    entries: &'a [Entry],
    there: &mut BTreeMap<Id, (ConversationId, &'a Entry)>,
    findings: &mut Findings,
) {
    for entry in entries {
        let place = || format!("conversation {conversation}, entry {}", entry.seq);
        let Some(key) = entry.key else {
            findings.duplicated(|| format!("{}: nobody asked for it, it has no key", place()));
            continue;
        };
        let id = (entry.author.clone(), key);
        if !record.asked.contains_key(&id) {
            findings.duplicated(|| format!("{}: nobody asked for it", place()));
        }
        if record.refused.contains(&id) {
            findings.duplicated(|| format!("{}: it was refused", place()));
        }
        if let Some((other, first)) = there.insert(id, (conversation, entry)) {
            findings.duplicated(|| format!("{}: it is in {other} as {} too", place(), first.seq));
        }
    }
}

/// Every entry says what the commands behind it make it say: texts, edits, recalls and reactions are done over again here.
fn check_contents(record: &Record, conversation: ConversationId, entries: &[Entry], findings: &mut Findings) {
    let mut expected: BTreeMap<Seq, Entry> = BTreeMap::new();
    for entry in entries {
        let asked = entry.key.and_then(|key| record.asked.get(&(entry.author.clone(), key)));
        // Entries that nobody asked for are counted already.
        let Some(Asked { command, .. }) = asked else { continue };
        let Some(body) = apply(command, conversation, entry, &mut expected) else {
            findings.lost(|| format!("conversation {conversation}, entry {}: {command:?} cannot give it", entry.seq));
            continue;
        };
        let fresh = Entry {
            body,
            changed: entry.lsn,
            reactions: Vec::new(),
            edited_at: None,
            recalled_at: None,
            origin: None,
            ..entry.clone()
        };
        expected.insert(entry.seq, fresh);
    }
    for entry in entries {
        if let Some(expected) = expected.get(&entry.seq)
            && entry != expected
        {
            findings
                .lost(|| format!("conversation {conversation}, entry {}: {entry:?} should be {expected:?}", entry.seq));
        }
    }
}

/// The body of the entry that `command` made, after it rewrote what it rewrites; none when it cannot have made this one.
fn apply(command: &Command, place: ConversationId, entry: &Entry, expected: &mut BTreeMap<Seq, Entry>) -> Option<Body> {
    match command {
        Command::Send { content, .. } => content.body(),
        Command::CreateGroup { title, members, rules: _ } => {
            let members = std::iter::once(&entry.author).chain(members).cloned().collect();
            Some(Body::GroupCreated { title: title.clone(), members })
        }
        Command::Rename { conversation, title } if *conversation == place => {
            Some(Body::Renamed { title: title.clone() })
        }
        Command::Edit { conversation, seq, text: words } if *conversation == place => {
            let target = expected.get_mut(seq)?;
            let Body::Text(text) = &mut target.body else { return None };
            text.text.clone_from(words);
            (target.changed, target.edited_at) = (entry.lsn, Some(entry.at));
            Some(Body::Edited { target: *seq })
        }
        Command::Recall { conversation, seq } if *conversation == place => {
            let target = expected.get_mut(seq)?;
            target.body = Body::Recalled {};
            target.reactions.clear();
            (target.changed, target.edited_at, target.recalled_at) = (entry.lsn, None, Some(entry.at));
            Some(Body::RecalledEntry { target: *seq })
        }
        Command::React { conversation, seq, emoji, on } if *conversation == place => {
            let target = expected.get_mut(seq)?;
            target.changed = entry.lsn;
            let found = target.reactions.iter_mut().find(|reaction| reaction.emoji == *emoji);
            match (found, on) {
                (Some(reaction), true) => reaction.users.push(entry.author.clone()),
                (Some(reaction), false) => reaction.users.retain(|user| *user != entry.author),
                (None, true) => {
                    target.reactions.push(Reaction { emoji: emoji.clone(), users: vec![entry.author.clone()] });
                }
                (None, false) => return None,
            }
            target.reactions.retain(|reaction| !reaction.users.is_empty());
            Some(Body::Reacted { target: *seq, emoji: emoji.clone(), on: *on })
        }
        _ => None,
    }
}

/// Every outcome is still true.
fn check_acknowledged(record: &Record, there: &BTreeMap<Id, (ConversationId, &Entry)>, findings: &mut Findings) {
    for (id, (lsn, result)) in &record.acknowledged {
        let found = there.get(id);
        let fine = match (result, found) {
            (CommandResult::Appended { conversation, seq, ordinal, at }, Some((place, entry))) => {
                (conversation, seq, ordinal, at, lsn) == (place, &entry.seq, &entry.ordinal, &entry.at, &entry.lsn)
            }
            (CommandResult::Conversation { conversation }, Some((place, _))) => conversation == place,
            (CommandResult::Done {}, None) => true,
            (CommandResult::Done {}, Some((place, entry))) => {
                let seq = entry.seq;
                findings.duplicated(|| format!("{} changed nothing, but is in {place} as {seq}", id.1));
                true
            }
            _ => false,
        };
        if !fine {
            findings.lost(|| format!("{} of {} was acknowledged with {result:?}; there is {found:?}", id.1, id.0));
        }
    }
}

/// What was pushed to a client is there.
fn check_seen(record: &Record, first: &BTreeMap<ConversationId, &Shown>, findings: &mut Findings) {
    for ((conversation, seq), lsn) in &record.seen {
        let entry = first.get(conversation).and_then(|shown| {
            let at = shown.entries.binary_search_by_key(seq, |entry| entry.seq).ok()?;
            shown.entries.get(at)
        });
        if entry.is_none_or(|entry| entry.lsn != *lsn) {
            findings
                .lost(|| format!("conversation {conversation}: {seq} was pushed with lsn {lsn}; there is {entry:?}"));
        }
    }
}

/// One user's commands took effect in the order in which they were asked for.
fn check_sent_order(record: &Record, there: &BTreeMap<Id, (ConversationId, &Entry)>, findings: &mut Findings) {
    let mut asked: Vec<(&UserId, usize, Lsn)> =
        there.iter().filter_map(|(id, (_, entry))| Some((&id.0, record.asked.get(id)?.index, entry.lsn))).collect();
    asked.sort_unstable();
    for pair in asked.windows(2) {
        if let [(user, _, before), (same, _, after)] = pair
            && user == same
            && before >= after
        {
            findings.gap(1, || format!("two commands of {user} took effect in the wrong order: {before}, {after}"));
        }
    }
}

/// The words of a message, for those who make one up.
pub fn words(text: impl Into<String>) -> Content {
    Content::Text(tidings::model::Text::plain(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidings::model::{Emoji, Target, Text, Timestamp};

    const PLACE: ConversationId = ConversationId(1);

    /// What a server does: gives out seqs and lsns, and rewrites.
    #[derive(Default)]
    struct Scene {
        record: Record,
        entries: Vec<Entry>,
        next: u64,
        ordinal: Ordinal,
    }

    fn user(id: &str) -> UserId {
        UserId::new(id).unwrap()
    }

    impl Scene {
        fn ask(&mut self, author: &str, command: Command) -> Key {
            self.next += 1;
            let key = Key::new(Timestamp(1_730_000_000_000 + self.next));
            self.record.take(Line::Asked { user: user(author), key, command });
            key
        }

        fn append(&mut self, author: &str, key: Key, body: Body) -> Line {
            let (seq, lsn) = (Seq(self.entries.len() as u64 + 1), Lsn(self.next + 10));
            if body.is_message() {
                self.ordinal = self.ordinal.next();
            }
            let (at, ordinal) = (Timestamp(self.next), self.ordinal);
            self.entries.push(Entry {
                seq,
                lsn,
                changed: lsn,
                ordinal,
                at,
                author: user(author),
                key: Some(key),
                body,
                reactions: Vec::new(),
                edited_at: None,
                recalled_at: None,
                origin: None,
            });
            let result = CommandResult::Appended { conversation: PLACE, seq, ordinal, at };
            Line::Acknowledged { user: user(author), key, lsn, duplicate: false, result }
        }

        fn send(&mut self, author: &str, text: &str) -> Line {
            let key = self.ask(author, Command::Send { to: Target::Conversation(PLACE), content: words(text) });
            self.append(author, key, Body::Text(Text::plain(text)))
        }

        fn edit(&mut self, author: &str, seq: Seq, text: &str) -> Line {
            let key = self.ask(author, Command::Edit { conversation: PLACE, seq, text: text.to_owned() });
            let line = self.append(author, key, Body::Edited { target: seq });
            let (changed, at) = self.entries.last().map(|notice| (notice.lsn, notice.at)).unwrap();
            let target = &mut self.entries[seq.0 as usize - 1];
            target.body = Body::Text(Text::plain(text));
            (target.changed, target.edited_at) = (changed, Some(at));
            line
        }

        fn findings(&self) -> Findings {
            let shown = |reader| Shown {
                reader: user(reader),
                conversation: PLACE,
                head: Seq(self.entries.len() as u64),
                entries: self.entries.clone(),
            };
            check(&self.record, &[shown("ada"), shown("bob")])
        }
    }

    /// Two messages, an edit, and all of it acknowledged.
    fn scene() -> Scene {
        let mut scene = Scene::default();
        for line in [scene.send("ada", "Tea?"), scene.send("bob", "Yes!"), scene.edit("ada", Seq(1), "Coffee?")] {
            scene.record.take(line);
        }
        scene
    }

    fn counts(findings: &Findings) -> (u64, u64, u64) {
        (findings.lost, findings.duplicated, findings.gaps)
    }

    #[test]
    fn a_server_that_keeps_its_word_is_clean() {
        let scene = scene();
        assert_eq!(scene.findings(), Findings::default());
        assert_eq!(scene.record.acknowledged(), 3);
    }

    #[test]
    fn what_was_asked_and_not_acknowledged_may_be_there_or_not() {
        let mut scene = scene();
        scene.ask("ada", Command::Send { to: Target::Conversation(PLACE), content: words("Hello?") });
        drop(scene.send("ada", "Are you there?"));
        assert!(scene.findings().is_clean());
    }

    #[test]
    fn an_acknowledgement_that_the_server_lacks_is_lost() {
        let mut scene = scene();
        let line = scene.send("bob", "With milk.");
        scene.entries.pop();
        scene.record.take(line);
        assert_eq!(counts(&scene.findings()), (1, 0, 0));
    }

    #[test]
    fn a_push_that_the_server_lacks_is_lost() {
        let mut scene = scene();
        scene.record.take(Line::Seen { conversation: PLACE, seq: Seq(2), lsn: scene.entries[1].lsn });
        assert!(scene.findings().is_clean());
        scene.record.take(Line::Seen { conversation: PLACE, seq: Seq(4), lsn: Lsn(99) });
        assert_eq!(counts(&scene.findings()), (1, 0, 0));
    }

    #[test]
    fn an_edit_that_is_announced_and_not_there_is_lost() {
        let mut scene = scene();
        scene.entries[0].body = Body::Text(Text::plain("Tea?"));
        assert_eq!(counts(&scene.findings()).0, 1);
    }

    #[test]
    fn a_reaction_that_is_gone_is_lost() {
        let mut scene = scene();
        let emoji = Emoji::new("👍").unwrap();
        let command = Command::React { conversation: PLACE, seq: Seq(2), emoji: emoji.clone(), on: true };
        let key = scene.ask("ada", command);
        let line = scene.append("ada", key, Body::Reacted { target: Seq(2), emoji: emoji.clone(), on: true });
        scene.record.take(line);
        assert_eq!(counts(&scene.findings()), (1, 0, 0));
        scene.entries[1].reactions = vec![Reaction { emoji, users: vec![user("ada")] }];
        scene.entries[1].changed = scene.entries[3].lsn;
        assert!(scene.findings().is_clean(), "{:?}", scene.findings());
    }

    #[test]
    fn the_same_key_in_two_entries_is_duplicated() {
        let mut scene = scene();
        let again = scene.entries[1].clone();
        let key = again.key.unwrap();
        scene.next += 1;
        drop(scene.append("bob", key, again.body));
        let findings = scene.findings();
        assert!(findings.duplicated > 0, "{findings:?}");
    }

    #[test]
    fn another_outcome_for_the_same_key_is_duplicated() {
        let mut scene = scene();
        let line = scene.send("ada", "Again.");
        scene.record.take(line.clone());
        let Line::Acknowledged { user, key, lsn, result, .. } = line else { unreachable!() };
        let again =
            |lsn, duplicate| Line::Acknowledged { user: user.clone(), key, lsn, duplicate, result: result.clone() };
        scene.record.take(again(lsn, true));
        assert!(scene.findings().is_clean());
        scene.record.take(again(lsn, false));
        assert_eq!(counts(&scene.findings()), (0, 1, 0));
        scene.record.take(again(lsn.next(), true));
        assert_eq!(counts(&scene.findings()), (0, 2, 0));
    }

    #[test]
    fn what_was_refused_or_never_asked_for_must_not_be_there() {
        let mut scene = scene();
        let (author, key) = (scene.entries[1].author.clone(), scene.entries[1].key.unwrap());
        scene.record.take(Line::Refused { user: author, key, code: Code::Conflict });
        assert_eq!(counts(&scene.findings()), (0, 1, 0));
        scene.next += 1;
        drop(scene.append("bob", Key::new(Timestamp(1)), Body::MemberLeft {}));
        assert_eq!(counts(&scene.findings()), (0, 2, 0));
    }

    #[test]
    fn a_hole_is_a_gap_also_at_the_end() {
        let mut scene = scene();
        let second = scene.entries.remove(1);
        scene.record = std::mem::take(&mut scene.record);
        let shown = |entries: Vec<Entry>, head| Shown { reader: user("ada"), conversation: PLACE, head, entries };
        let middle = check(&scene.record, &[shown(scene.entries.clone(), Seq(3))]);
        assert!(middle.gaps > 0 && middle.lost > 0, "{middle:?}");
        scene.entries.insert(1, second);
        let end = check(&scene.record, &[shown(scene.entries.clone(), Seq(4))]);
        assert_eq!(counts(&end), (0, 0, 1));
    }

    #[test]
    fn members_who_see_different_things_and_orders_that_are_broken_are_gaps() {
        let scene = scene();
        let shown = |reader: &str, entries: Vec<Entry>| Shown {
            reader: user(reader),
            conversation: PLACE,
            head: Seq(3),
            entries,
        };
        let mut other = scene.entries.clone();
        other[2].at = Timestamp(0);
        let findings = check(&scene.record, &[shown("ada", scene.entries.clone()), shown("bob", other)]);
        assert_eq!(counts(&findings), (0, 0, 1));
        let mut swapped = scene.entries.clone();
        (swapped[0].lsn, swapped[2].lsn) = (swapped[2].lsn, swapped[0].lsn);
        assert!(check(&scene.record, &[shown("ada", swapped)]).gaps > 0);
    }
}
