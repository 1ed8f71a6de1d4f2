//! Answering: places from the index and from the log, each looked up in the newest state before it is shown.

use super::asked::{Asked, Place, write_cursor};
use super::index::Budget;
use super::words::Words;
use super::{Shared, State, document, unavailable};
use crate::engine::{self, Engine, MayBeStale};
use crate::ledger::{Stop, read};
use crate::model::clock::monotonic;
use crate::model::{Answer, ConversationId, Entry, Highlight, Hit, Lsn, Refusal, Seq, Timestamp, UserActor, limits};
use crate::store::{Fault, LogBatch, Read, View};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// How long a search may take.
const TIME_MAX: Duration = Duration::from_secs(2);
/// Messages in the index that one search looks at.
const MESSAGES_MAX: u64 = 20_000_000;
/// Messages that one search looks up to see whether they are hits.
const LOOKED_UP_MAX: usize = 2_000;
/// Items of the log, newer than the index, that one search reads.
const ITEMS_MAX: usize = 8_192;

/// Answers a search as of the newest state.
pub fn answer(engine: &Engine, shared: &Shared, actor: &UserActor, asked: &Asked) -> Result<Answer, Refusal> {
    let found = engine::retry(|| {
        // First the index, then the View: what the index has is then in the View, too.
        let state = shared.state.load_full();
        let view = engine.view();
        Finding::new(&view, state.as_deref(), (actor, engine.clock().now()), asked).and_then(Finding::run)
    });
    found.map_err(|failed| match failed {
        Failed::Stop(Stop::Refused(refusal)) => refusal,
        Failed::Stop(Stop::Fault(Fault::Stale)) => super::overloaded(),
        Failed::Stop(Stop::Fault(fault)) => {
            tracing::error!(%fault, "A search could not read the data.");
            unavailable()
        }
        Failed::Index(error) => {
            tracing::error!(%error, "A search could not read the index; it is made anew.");
            shared.note_damaged();
            unavailable()
        }
    })
}

/// Why there is no answer.
enum Failed {
    Stop(Stop),
    Index(tantivy::TantivyError),
}

impl MayBeStale for Failed {
    fn is_stale(&self) -> bool {
        matches!(self, Self::Stop(stop) if stop.is_stale())
    }
}

impl From<Stop> for Failed {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}
impl From<Fault> for Failed {
    fn from(fault: Fault) -> Self {
        Self::Stop(Stop::Fault(fault))
    }
}
impl From<tantivy::TantivyError> for Failed {
    fn from(error: tantivy::TantivyError) -> Self {
        Self::Index(error)
    }
}

/// A search on its way.
struct Finding<'a> {
    view: &'a View,
    state: Option<&'a State>,
    actor: &'a UserActor,
    asked: &'a Asked,
    /// The asker's conversations.
    conversations: HashSet<u64>,
    /// What they may see of them, as far as it was looked up.
    windows: HashMap<ConversationId, Option<(Seq, Seq)>>,
    budget: Budget,
    hits: Vec<Hit>,
    bytes: usize,
    looked_up: usize,
    complete: bool,
}

/// How a place was dealt with.
enum Looked {
    /// It is no hit, or it is and was taken.
    Done,
    /// There is no room for it any more.
    Full,
}

impl<'a> Finding<'a> {
    fn new(
        view: &'a View,
        state: Option<&'a State>,
        (actor, now): (&'a UserActor, Timestamp),
        asked: &'a Asked,
    ) -> Result<Self, Failed> {
        let conversations = read::search::conversations(view, now, actor, asked.conversation)?;
        Ok(Self {
            view,
            state,
            actor,
            asked,
            conversations: conversations.into_iter().map(|conversation| conversation.0).collect(),
            windows: HashMap::new(),
            budget: Budget { deadline: monotonic() + TIME_MAX, messages: MESSAGES_MAX },
            hits: Vec::new(),
            bytes: 0,
            looked_up: 0,
            complete: state.is_some_and(|state| state.complete),
        })
    }

    fn run(mut self) -> Result<Answer, Failed> {
        let recent = self.recent()?;
        let mut below = self.asked.below;
        let mut next = None;
        let mut size = self.asked.limit + 8;
        'pages: loop {
            let (mut places, all) = match self.state {
                Some(state) => {
                    let found =
                        state.found.candidates(self.asked, &self.conversations, below, size, &mut self.budget)?;
                    (found.places, found.all)
                }
                None => (Vec::new(), true),
            };
            // The index says nothing about what is below the last place that it gave.
            let down_to = if all { None } else { places.last().copied() };
            let inside = |place: &&Place| {
                below.is_none_or(|below| **place < below) && down_to.is_none_or(|down_to| **place >= down_to)
            };
            places.extend(recent.iter().filter(inside));
            places.sort_unstable_by(|left, right| right.cmp(left));
            places.dedup();
            for place in places {
                if matches!(self.look(place)?, Looked::Full) {
                    next = below;
                    break 'pages;
                }
                below = Some(place);
            }
            if all {
                break;
            }
            if self.budget.is_over() || self.looked_up >= LOOKED_UP_MAX {
                // What was found is shown; whoever wants more goes on from here.
                self.complete &= !self.budget.is_over();
                next = below;
                break;
            }
            if down_to.is_none() {
                // Nothing was found before the budget was used up.
                self.complete = false;
                break;
            }
            size = (size * 2).min(LOOKED_UP_MAX);
        }
        let as_of = self.view.lsn();
        Ok(Answer::Found { hits: self.hits, next: next.map(write_cursor), complete: self.complete, as_of })
    }

    /// Places that are newer in the log than in the index.
    fn recent(&mut self) -> Result<Vec<Place>, Failed> {
        let Some(batch) = self.log()? else { return Ok(Vec::new()) };
        let changed: BTreeSet<_> = batch
            .items
            .iter()
            .filter(|item| self.conversations.contains(&item.conversation.0))
            .map(|item| (item.conversation, item.seq))
            .collect();
        let mut places = Vec::new();
        for (conversation, seq) in changed {
            let Some(entry) = self.view.entry(conversation, seq)? else { continue };
            if document::is_searchable(&entry) {
                places.push(Place { lsn: entry.lsn, conversation, seq });
            }
        }
        Ok(places)
    }

    /// What the log has that the index may lack. While that is being made, as it is on the first start, the whole log will do when
    /// it goes back to the beginning and is short.
    fn log(&mut self) -> Result<Option<LogBatch>, Failed> {
        if !self.complete {
            let whole = self.view.log_after(Lsn(0), ITEMS_MAX)?;
            if !whole.gap && whole.upto >= self.view.lsn() {
                self.complete = true;
                return Ok(Some(whole));
            }
        }
        let Some(indexed) = self.state.map(|state| state.lsn) else { return Ok(None) };
        if indexed >= self.view.lsn() {
            return Ok(None);
        }
        let batch = self.view.log_after(indexed, ITEMS_MAX)?;
        if batch.gap || batch.upto < self.view.lsn() {
            self.complete = false;
        }
        Ok(Some(batch))
    }

    /// Whether the asker may see a place.
    fn may_see(&mut self, place: Place) -> Result<bool, Failed> {
        let window = if let Some(window) = self.windows.get(&place.conversation) {
            *window
        } else {
            let window = read::search::window(self.view, self.actor, place.conversation)?;
            self.windows.insert(place.conversation, window);
            window
        };
        Ok(window.is_some_and(|(floor, head)| floor <= place.seq && place.seq <= head))
    }

    /// Looks at a message, and takes it when it is a hit.
    fn look(&mut self, place: Place) -> Result<Looked, Failed> {
        if !self.may_see(place)? {
            return Ok(Looked::Done);
        }
        self.looked_up += 1;
        let Some(entry) = self.view.entry(place.conversation, place.seq)? else { return Ok(Looked::Done) };
        let Some(highlights) = matches(self.asked, &entry) else { return Ok(Looked::Done) };
        let bytes = read::search::entry_bytes(&entry) + highlights.len() * 64;
        let over = self.bytes + bytes > read::search::PAGE_BYTES_MAX && !self.hits.is_empty();
        if self.hits.len() >= self.asked.limit || over {
            return Ok(Looked::Full);
        }
        self.bytes += bytes;
        let entry = Arc::unwrap_or_clone(entry);
        self.hits.push(Hit { conversation: place.conversation, entry, highlights });
        Ok(Looked::Done)
    }
}

/// Where a message has everything that is asked for; none when it has not.
pub(super) fn matches(asked: &Asked, entry: &Entry) -> Option<Vec<Highlight>> {
    let by_author = asked.from.as_ref().is_none_or(|from| entry.author.folded() == *from);
    let in_time =
        asked.before.is_none_or(|before| entry.at < before) && asked.after.is_none_or(|after| entry.at >= after);
    let parts = document::parts(entry)?;
    if entry.recalled_at.is_some() || !by_author || !in_time {
        return None;
    }
    if !asked.has.is_empty() {
        let has = document::has(entry);
        if !asked.has.iter().all(|wanted| has.contains(wanted)) {
            return None;
        }
    }
    if asked.phrases.is_empty() {
        return Some(Vec::new());
    }
    let parts: Vec<_> = parts.into_iter().map(|(part, text)| (part, text, Words::of(text))).collect();
    let mut there = vec![false; asked.phrases.len()];
    let mut highlights = Vec::new();
    for (part, text, words) in &parts {
        let mut places = Vec::new();
        for (nth, phrase) in asked.phrases.iter().enumerate() {
            let found = words.find(phrase, limits::HIGHLIGHTS_MAX);
            there[nth] |= !found.is_empty();
            places.extend(found);
        }
        let room = limits::HIGHLIGHTS_MAX - highlights.len();
        let characters = in_characters(text, merged(places));
        highlights.extend(characters.take(room).map(|place| Highlight {
            part: *part,
            start: place.start,
            end: place.end,
        }));
    }
    there.into_iter().all(|found| found).then_some(highlights)
}

/// The same places in order, those that touch or overlap as one.
fn merged(mut places: Vec<Range<usize>>) -> Vec<Range<usize>> {
    places.sort_unstable_by_key(|place| place.start);
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(places.len());
    for place in places {
        match merged.last_mut() {
            Some(last) if place.start <= last.end => last.end = last.end.max(place.end),
            Some(_) | None => merged.push(place),
        }
    }
    merged
}

/// Places in bytes, in order, as places in characters.
fn in_characters(text: &str, places: Vec<Range<usize>>) -> impl Iterator<Item = Range<u32>> {
    let (mut bytes, mut characters) = (0, 0);
    let mut upto = move |end: usize| {
        characters += text[bytes..end].chars().count() as u32;
        bytes = end;
        characters
    };
    places.into_iter().map(move |place| upto(place.start)..upto(place.end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Body, Has, Lsn, Ordinal, Part, Search, Text, Timestamp, UserId};

    pub fn message(text: &str) -> Entry {
        Entry {
            seq: Seq(1),
            lsn: Lsn(1),
            changed: Lsn(1),
            ordinal: Ordinal(1),
            at: Timestamp(1_000),
            author: UserId::new("Ada").unwrap(),
            key: None,
            body: Body::Text(Text::plain(text)),
            origin: None,
            reactions: Vec::new(),
            edited_at: None,
            recalled_at: None,
        }
    }

    fn highlights(text: &str, q: &str) -> Option<Vec<(u32, u32)>> {
        let asked = Asked::read(&Search { q: q.to_owned(), limit: 1, ..Search::default() }).unwrap();
        let found = matches(&asked, &message(text))?;
        assert!(found.iter().all(|place| place.part == Part::Text));
        Some(found.iter().map(|place| (place.start, place.end)).collect())
    }

    #[test]
    fn highlights_are_counted_in_characters_of_the_text_that_is_shown() {
        for (text, q, expected) in [
            ("Hello World", "world", Some(vec![(6, 11)])),
            ("ÄÖÜ Straße", "strasse", Some(vec![(4, 10)])),
            ("Ein Cafe\u{301} hier", "café", Some(vec![(4, 9)])),
            ("👨‍👩‍👧 family", "family", Some(vec![(6, 12)])),
            ("我们明天去北京大学", "北京", Some(vec![(5, 7)])),
            ("我们明天去北京大学", "北京 明天", Some(vec![(2, 4), (5, 7)])),
            ("ｶﾞﾝﾊﾞﾙ", "ガン", Some(vec![(0, 3)])),
            ("one two three", "two \"two three\"", Some(vec![(4, 13)])),
            ("one two three", "two four", None),
            ("one", "has:link", None),
            ("see http://x.org", "has:link", Some(vec![])),
        ] {
            assert_eq!(highlights(text, q), expected, "{text} / {q}");
        }
        let many = "x ".repeat(1_000);
        assert_eq!(highlights(&many, "x").unwrap().len(), limits::HIGHLIGHTS_MAX);
    }

    #[test]
    fn filters_are_checked_on_the_message_itself() {
        let asked = |search: Search| Asked::read(&Search { q: "x".to_owned(), limit: 1, ..search }).unwrap();
        let entry = message("x");
        let ada = Some(UserId::new("ADA").unwrap());
        let bob = Some(UserId::new("bob").unwrap());
        for (search, expected) in [
            (Search { from: ada, ..Search::default() }, true),
            (Search { from: bob, ..Search::default() }, false),
            (Search { before: Some(Timestamp(1_000)), ..Search::default() }, false),
            (Search { before: Some(Timestamp(1_001)), ..Search::default() }, true),
            (Search { after: Some(Timestamp(1_000)), ..Search::default() }, true),
            (Search { after: Some(Timestamp(1_001)), ..Search::default() }, false),
            (Search { has: Some(Has::Image), ..Search::default() }, false),
        ] {
            assert_eq!(matches(&asked(search.clone()), &entry).is_some(), expected, "{search:?}");
        }
        let recalled = Entry { body: Body::Recalled {}, recalled_at: Some(Timestamp(2)), ..entry };
        assert!(matches(&asked(Search::default()), &recalled).is_none());
    }
}
