//! The index on disk: which messages have which words. It knows places (conversation and seq) and no text; what is shown is taken
//! from the entry itself.
//!
//! Messages are kept newest first in every segment, so that the newest hits of a common word are found without looking at the rest.

use super::asked::{Asked, Place};
use super::document;
use super::words::{Term as WordTerm, Words};
use crate::model::clock::monotonic;
use crate::model::{ConversationId, Entry, Epoch, Lsn, Seq};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashSet};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use tantivy::columnar::ColumnValues;
use tantivy::indexer::{IndexWriterOptions, LogMergePolicy};
use tantivy::query::{
    AllQuery, BooleanQuery, EnableScoring, Occur, PhraseQuery, Query, TermQuery, TermSetQuery, Weight,
};
use tantivy::schema::{BytesOptions, Field, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{PreTokenizedString, Token};
use tantivy::{
    DocSet, IndexReader, IndexSettings, IndexSortByField, Order, ReloadPolicy, Searcher, SegmentReader, TERMINATED,
    TantivyDocument, TantivyError, Term,
};

/// Raised when schema, words or places change, so that an older index is made anew.
const VERSION: u32 = 1;
/// Memory of the thread that indexes; it writes a segment when that is full.
const WRITER_BYTES: usize = 32 * 1024 * 1024;
/// A segment is rewritten when this share of it is gone, so that words of recalled messages leave the disk.
const GONE_SHARE_MAX: f32 = 0.1;
/// So many messages with the right words are looked at before those of other conversations are left out by the index itself: that
/// takes a while, and most searches have found what they want by then.
const TRIED_FIRST: u64 = if cfg!(test) { 100 } else { 20_000 };
/// Messages of one search that are looked at between two looks at the clock.
const CLOCK_EVERY: u64 = 1_024;

/// How far the index has got; written with every commit of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    version: u32,
    /// The data that it is about.
    pub epoch: Epoch,
    /// Everything up to here was followed.
    pub lsn: Lsn,
    /// While older entries are still being walked through.
    pub walk: Option<Walk>,
}

/// A walk through all entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    /// What was changed after this is met by following the log instead.
    pub began: Lsn,
    /// Goes on in this conversation …
    pub conversation: ConversationId,
    /// … from this entry.
    pub seq: Seq,
}

impl Progress {
    /// Nothing is indexed: entries that are there are walked through, and what happens from now on is followed.
    pub fn anew(epoch: Epoch, lsn: Lsn) -> Self {
        let walk = Walk { began: lsn, conversation: ConversationId(0), seq: Seq(0) };
        Self { version: VERSION, epoch, lsn, walk: Some(walk) }
    }
}

#[derive(Clone, Copy)]
struct Fields {
    key: Field,
    conversation: Field,
    seq: Field,
    lsn: Field,
    at: Field,
    author: Field,
    has: Field,
    words: Field,
    singles: Field,
}

/// The names of the columns that are read by name.
const CONVERSATION: &str = "conversation";
const SEQ: &str = "seq";
const LSN: &str = "lsn";
const AT: &str = "at";

fn schema() -> (Schema, Fields) {
    let text = |option: IndexRecordOption| {
        let indexing = TextFieldIndexing::default().set_tokenizer("raw").set_fieldnorms(false).set_index_option(option);
        TextOptions::default().set_indexing_options(indexing)
    };
    let mut schema = Schema::builder();
    let fields = Fields {
        key: schema.add_bytes_field("key", BytesOptions::default().set_indexed()),
        conversation: schema.add_u64_field(CONVERSATION, NumericOptions::default().set_indexed().set_fast()),
        seq: schema.add_u64_field(SEQ, NumericOptions::default().set_fast()),
        lsn: schema.add_u64_field(LSN, NumericOptions::default().set_fast()),
        at: schema.add_u64_field(AT, NumericOptions::default().set_fast()),
        author: schema.add_text_field("author", text(IndexRecordOption::Basic)),
        has: schema.add_text_field("has", text(IndexRecordOption::Basic)),
        words: schema.add_text_field("words", text(IndexRecordOption::WithFreqsAndPositions)),
        singles: schema.add_text_field("singles", text(IndexRecordOption::Basic)),
    };
    (schema.build(), fields)
}

/// The index, open for reading.
pub struct Index {
    #[allow(clippy::struct_field_names, reason = "it is tantivy's own word")]
    index: tantivy::Index,
    fields: Fields,
    reader: IndexReader,
}

impl Index {
    /// Opens the index of a folder; `None` when there is none, it cannot be read, or another version wrote it.
    pub fn open(folder: &Path) -> Option<(Self, Progress)> {
        let (schema, fields) = schema();
        if !folder.join("meta.json").exists() {
            return None;
        }
        let opened = tantivy::Index::open_in_dir(folder).and_then(|index| {
            let progress = index.load_metas()?.payload;
            Ok((Self::read(index, fields)?, progress))
        });
        match opened {
            Ok((index, progress)) => {
                let progress: Progress = serde_json::from_str(&progress.unwrap_or_default()).ok()?;
                (index.index.schema() == schema && progress.version == VERSION).then_some((index, progress))
            }
            Err(error) => {
                tracing::warn!(%error, "The search index cannot be read; it is made anew.");
                None
            }
        }
    }

    /// Makes an empty index in a folder, in place of whatever is there.
    pub fn create(folder: &Path) -> Result<Self, TantivyError> {
        match std::fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let (schema, fields) = schema();
        let sort = IndexSortByField { field: LSN.to_owned(), order: Order::Desc };
        let settings = IndexSettings { sort_by_field: Some(sort), ..IndexSettings::default() };
        let index = tantivy::Index::builder().schema(schema).settings(settings).create_in_dir(folder)?;
        Self::read(index, fields)
    }

    fn read(index: tantivy::Index, fields: Fields) -> Result<Self, TantivyError> {
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self { index, fields, reader })
    }

    /// Opens it for writing. There is one writer at a time.
    pub fn writer(&self) -> Result<Writer, TantivyError> {
        let options = IndexWriterOptions::builder()
            .memory_budget_per_thread(WRITER_BYTES)
            .num_worker_threads(1)
            .num_merge_threads(1)
            .build();
        let writer = self.index.writer_with_options(options)?;
        let mut merging = LogMergePolicy::default();
        merging.set_del_docs_ratio_before_merge(GONE_SHARE_MAX);
        writer.set_merge_policy(Box::new(merging));
        Ok(Writer { writer, fields: self.fields })
    }

    /// What was committed last.
    pub fn newest(&self) -> Result<Found, TantivyError> {
        self.reader.reload()?;
        Ok(Found { searcher: self.reader.searcher(), fields: self.fields })
    }
}

/// Writes to the index. Nothing of it is seen, or survives, before the commit.
pub struct Writer {
    writer: tantivy::IndexWriter,
    fields: Fields,
}

impl Writer {
    /// Adds a message that the index does not have.
    pub fn add(&self, conversation: ConversationId, entry: &Entry) -> Result<(), TantivyError> {
        let fields = &self.fields;
        let mut document = TantivyDocument::new();
        document.add_bytes(fields.key, &key(conversation, entry.seq));
        document.add_u64(fields.conversation, conversation.0);
        document.add_u64(fields.seq, entry.seq.0);
        document.add_u64(fields.lsn, entry.lsn.0);
        document.add_u64(fields.at, entry.at.0);
        document.add_text(fields.author, entry.author.folded());
        for has in document::has(entry) {
            document.add_text(fields.has, has.as_str());
        }
        let mut singles = BTreeSet::new();
        for (_, text) in document::parts(entry).unwrap_or_default() {
            let words = Words::of(text);
            let mut tokens = Vec::with_capacity(words.len());
            for term in words.stored() {
                match term {
                    WordTerm::Placed(at, text) => tokens.push(Token {
                        position: at as usize,
                        text: text.to_owned(),
                        position_length: 1,
                        ..Token::default()
                    }),
                    WordTerm::Single(text) => drop(singles.insert(text.to_owned())),
                }
            }
            if !tokens.is_empty() {
                document.add_pre_tokenized_text(fields.words, PreTokenizedString { text: String::new(), tokens });
            }
        }
        for single in singles {
            document.add_text(fields.singles, single);
        }
        self.writer.add_document(document).map(drop)
    }

    /// Takes a message out.
    pub fn remove(&self, conversation: ConversationId, seq: Seq) {
        self.writer.delete_term(Term::from_field_bytes(self.fields.key, &key(conversation, seq)));
    }

    /// Makes durable what was written, and how far that goes.
    pub fn commit(&mut self, progress: &Progress) -> Result<(), TantivyError> {
        let mut commit = self.writer.prepare_commit()?;
        commit.set_payload(&serde_json::to_string(progress).map_err(io::Error::from)?);
        commit.commit().map(drop)
    }
}

fn key(conversation: ConversationId, seq: Seq) -> [u8; 16] {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&conversation.0.to_be_bytes());
    key[8..].copy_from_slice(&seq.0.to_be_bytes());
    key
}

/// One committed state of the index.
pub struct Found {
    searcher: Searcher,
    fields: Fields,
}

/// How much one search may cost.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// When it must end.
    pub deadline: Instant,
    /// How many more messages it may look at.
    pub messages: u64,
}

impl Budget {
    /// Whether it is used up.
    pub fn is_over(&self) -> bool {
        self.messages == 0 || monotonic() >= self.deadline
    }
}

/// Places that may be hits, and whether there may be more below them.
pub struct Candidates {
    /// Newest first.
    pub places: Vec<Place>,
    /// All there are, below where the search began, are in `places`.
    pub all: bool,
}

impl Found {
    /// How many messages there are.
    pub fn messages(&self) -> u64 {
        self.searcher.num_docs()
    }

    /// The newest `count` messages below `below` that have the terms of what is asked for, in these conversations. That they are hits
    /// has to be looked up in the messages themselves.
    pub fn candidates(
        &self,
        asked: &Asked,
        conversations: &HashSet<u64>,
        below: Option<Place>,
        count: usize,
        budget: &mut Budget,
    ) -> Result<Candidates, TantivyError> {
        let look = Look { asked, conversations, below, count };
        let mut first = Budget { messages: budget.messages.min(TRIED_FIRST), ..*budget };
        let tried = first.messages;
        let found = self.look(&look, conversations.len() == 1, &mut first)?;
        budget.messages -= tried - first.messages;
        if first.messages > 0 || conversations.len() == 1 && budget.is_over() {
            return Ok(found);
        }
        self.look(&look, true, budget)
    }

    /// The same; with `narrow`, messages of other conversations are left out by the index.
    fn look(&self, look: &Look<'_>, narrow: bool, budget: &mut Budget) -> Result<Candidates, TantivyError> {
        let query = self.query(look.asked, narrow.then_some(look.conversations));
        let weight = query.weight(EnableScoring::disabled_from_searcher(&self.searcher))?;
        let mut heap = BinaryHeap::with_capacity(look.count + 1);
        let mut segments = Vec::new();
        for segment in self.searcher.segment_readers() {
            let columns = Columns::of(segment)?;
            segments.push((columns.lsn.max_value(), segment, columns));
        }
        // The newest first: it may well make the others needless.
        segments.sort_by_key(|(newest, ..)| Reverse(*newest));
        let mut all = true;
        for (newest, segment, columns) in segments {
            let needless = is_full(&heap, look.count).is_some_and(|Reverse(lowest)| newest < lowest.lsn.0);
            if needless || budget.messages == 0 {
                all = false;
                break;
            }
            all &= look.at_segment(weight.as_ref(), segment, &columns, &mut heap, budget)?;
        }
        let places = heap.into_sorted_vec().into_iter().map(|Reverse(place)| place).collect();
        Ok(Candidates { places, all })
    }

    fn query(&self, asked: &Asked, conversations: Option<&HashSet<u64>>) -> BooleanQuery {
        let fields = &self.fields;
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        let mut must = |query: Box<dyn Query>| clauses.push((Occur::Must, query));
        let one = |term: Term| Box::new(TermQuery::new(term, IndexRecordOption::Basic));
        for phrase in &asked.phrases {
            let mut placed = Vec::new();
            for term in phrase.wanted() {
                match term {
                    WordTerm::Placed(at, text) => {
                        placed.push((at as usize, Term::from_field_text(fields.words, text)));
                    }
                    WordTerm::Single(text) => must(one(Term::from_field_text(fields.singles, text))),
                }
            }
            match <[_; 1]>::try_from(placed) {
                Ok([(_, term)]) => must(one(term)),
                Err(placed) if placed.is_empty() => {}
                Err(placed) => must(Box::new(PhraseQuery::new_with_offset(placed))),
            }
        }
        if let Some(author) = &asked.from {
            must(one(Term::from_field_text(fields.author, author)));
        }
        for has in &asked.has {
            must(one(Term::from_field_text(fields.has, has.as_str())));
        }
        if let Some(conversations) = conversations {
            let terms = conversations.iter().map(|id| Term::from_field_u64(fields.conversation, *id));
            must(Box::new(TermSetQuery::new(terms)));
        }
        if clauses.is_empty() {
            clauses.push((Occur::Must, Box::new(AllQuery)));
        }
        BooleanQuery::new(clauses)
    }
}

type Heap = BinaryHeap<Reverse<Place>>;

/// The lowest of the places that count, when there are as many as are wanted.
fn is_full(heap: &Heap, count: usize) -> Option<Reverse<Place>> {
    (heap.len() >= count).then(|| heap.peek().copied()).flatten()
}

/// What a segment says of its messages without their words.
struct Columns {
    lsn: Arc<dyn ColumnValues<u64>>,
    conversation: Arc<dyn ColumnValues<u64>>,
    seq: Arc<dyn ColumnValues<u64>>,
    at: Arc<dyn ColumnValues<u64>>,
}

impl Columns {
    fn of(segment: &SegmentReader) -> Result<Self, TantivyError> {
        let column = |name| segment.fast_fields().u64(name).map(|column| column.first_or_default_col(0));
        Ok(Self { lsn: column(LSN)?, conversation: column(CONVERSATION)?, seq: column(SEQ)?, at: column(AT)? })
    }
}

struct Look<'a> {
    asked: &'a Asked,
    conversations: &'a HashSet<u64>,
    below: Option<Place>,
    count: usize,
}

impl Look<'_> {
    /// Adds the candidates of one segment; false when there may be more of them.
    fn at_segment(
        &self,
        weight: &dyn Weight,
        segment: &SegmentReader,
        columns: &Columns,
        heap: &mut Heap,
        budget: &mut Budget,
    ) -> Result<bool, TantivyError> {
        let mut scorer = weight.scorer(segment, 1.0)?;
        let start = self.start(segment, columns);
        let mut all = true;
        if start >= segment.max_doc() {
            return Ok(all);
        }
        if scorer.doc() < start {
            scorer.seek(start);
        }
        loop {
            let message = scorer.doc();
            if message == TERMINATED {
                return Ok(all);
            }
            budget.messages = budget.messages.saturating_sub(1);
            if budget.messages.is_multiple_of(CLOCK_EVERY) && budget.is_over() {
                budget.messages = 0;
                return Ok(false);
            }
            let lsn = columns.lsn.get_val(message);
            let full = is_full(heap, self.count);
            if full.is_some_and(|Reverse(lowest)| lsn < lowest.lsn.0) {
                return Ok(false);
            }
            if self.asked.after.is_some_and(|after| columns.at.get_val(message) < after.0) {
                return Ok(all);
            }
            let conversation = columns.conversation.get_val(message);
            let place = Place {
                lsn: Lsn(lsn),
                conversation: ConversationId(conversation),
                seq: Seq(columns.seq.get_val(message)),
            };
            let wanted = self.conversations.contains(&conversation)
                && self.below.is_none_or(|below| place < below)
                && self.asked.before.is_none_or(|before| columns.at.get_val(message) < before.0)
                && !segment.is_deleted(message);
            if wanted {
                heap.push(Reverse(place));
                if heap.len() > self.count {
                    heap.pop();
                    all = false;
                }
            }
            scorer.advance();
        }
    }

    /// The first message that can count: they are sorted by lsn, the highest first, and times follow the lsn.
    fn start(&self, segment: &SegmentReader, columns: &Columns) -> u32 {
        let (mut low, mut high) = (0, segment.max_doc());
        while low < high {
            let middle = low + (high - low) / 2;
            let too_new = self.below.is_some_and(|below| columns.lsn.get_val(middle) > below.lsn.0)
                || self.asked.before.is_some_and(|before| columns.at.get_val(middle) >= before.0);
            if too_new {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Body, Ordinal, Search, Text, Timestamp, UserId};
    use crate::search::find::matches;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::time::Duration;

    const WORDS: [&str; 10] = ["a", "b", "rare", "明天", "北京", "大学", "京", "タワー", "http://x", "b a"];

    fn entry(number: u64, conversation: u64, words: &[usize]) -> Entry {
        let text: Vec<&str> = words.iter().map(|word| WORDS[*word]).collect();
        Entry {
            seq: Seq(number),
            lsn: Lsn(number),
            changed: Lsn(number),
            ordinal: Ordinal(number),
            at: Timestamp(number / 3 * 10),
            author: UserId::new(if conversation.is_multiple_of(2) { "Ada" } else { "bob" }).unwrap(),
            key: None,
            origin: None,
            body: Body::Text(Text::plain(text.join(if number.is_multiple_of(2) { " " } else { "" }))),
            reactions: Vec::new(),
            edited_at: None,
            recalled_at: None,
        }
    }

    /// A message: its conversation, its words, and whether it is taken out or written anew later on.
    fn message() -> impl Strategy<Value = (u64, Vec<usize>, u8)> {
        (1..6u64, prop::collection::vec(0..WORDS.len(), 1..5), 0..12u8)
    }

    fn asked() -> impl Strategy<Value = (String, Option<u64>, Option<u64>, Option<u64>)> {
        let line = prop::collection::vec((0..WORDS.len(), any::<bool>()), 0..3).prop_map(|words| {
            let quoted = |(word, quoted): (usize, bool)| {
                if quoted { format!("\"{}\"", WORDS[word]) } else { WORDS[word].to_owned() }
            };
            words.into_iter().map(quoted).collect::<Vec<_>>().join(" ")
        });
        let line = (line, 0..5u8).prop_map(|(line, filter)| match filter {
            0 => format!("{line} from:ada"),
            1 => format!("{line} has:link"),
            _ => format!("{line} after:0"),
        });
        (line, prop::option::of(0..300u64), prop::option::of(0..1_000u64), prop::option::of(0..1_000u64))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
        #[test]
        fn the_newest_candidates_hold_every_hit_however_the_messages_came_into_segments(
            messages in prop::collection::vec(message(), 1..300),
            every in 20..120usize,
            searches in prop::collection::vec(asked(), 12),
            conversations in prop::collection::hash_set(1..6u64, 0..5),
            count in 1..40usize,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let index = Index::create(&folder.path().join("search")).unwrap();
            let mut writer = index.writer().unwrap();
            let mut there: BTreeMap<u64, (u64, Entry)> = BTreeMap::new();
            let progress = Progress::anew(Epoch(1), Lsn(1));
            for (number, (conversation, words, fate)) in messages.iter().enumerate() {
                let number = number as u64 + 1;
                let new = entry(number, *conversation, words);
                writer.add(ConversationId(*conversation), &new).unwrap();
                there.insert(number, (*conversation, new));
                // Now and then an older one goes, or comes anew with other words and its old place.
                let older = number.saturating_sub(u64::from(*fate) * 7);
                match fate {
                    0 | 1 => {
                        if let Some((conversation, _)) = there.remove(&older) {
                            writer.remove(ConversationId(conversation), Seq(older));
                        }
                    }
                    2 | 3 => {
                        if let Some((conversation, known)) = there.get_mut(&older) {
                            writer.remove(ConversationId(*conversation), Seq(older));
                            *known = entry(older, *conversation, words);
                            writer.add(ConversationId(*conversation), known).unwrap();
                        }
                    }
                    _ => {}
                }
                if (number as usize).is_multiple_of(every) {
                    writer.commit(&progress).unwrap();
                }
            }
            writer.commit(&progress).unwrap();
            let found = index.newest().unwrap();
            prop_assert_eq!(found.messages(), there.len() as u64);
            for (q, below, before, after) in searches {
                let search = Search {
                    q,
                    before: before.map(Timestamp),
                    after: after.map(Timestamp),
                    limit: 1,
                    ..Search::default()
                };
                let asked = Asked::read(&search).unwrap();
                let below = below.map(|lsn| Place { lsn: Lsn(lsn), conversation: ConversationId(3), seq: Seq(lsn) });
                let mut budget = Budget { deadline: monotonic() + Duration::from_mins(1), messages: 1 << 40 };
                let candidates = found.candidates(&asked, &conversations, below, count, &mut budget).unwrap();
                prop_assert!(candidates.places.windows(2).all(|pair| pair[0] > pair[1]));
                prop_assert!(candidates.all || candidates.places.len() == count);
                let lowest = if candidates.all { None } else { candidates.places.last() };
                let hit = |place: &Place| {
                    let (conversation, entry) = &there[&place.seq.0];
                    assert_eq!(*conversation, place.conversation.0);
                    matches(&asked, entry).is_some()
                };
                let hits: Vec<_> = candidates.places.iter().copied().filter(hit).collect();
                let expected: Vec<_> = there
                    .iter()
                    .rev()
                    .map(|(number, (conversation, _))| {
                        Place { lsn: Lsn(*number), conversation: ConversationId(*conversation), seq: Seq(*number) }
                    })
                    .filter(|place| conversations.contains(&place.conversation.0) && hit(place))
                    .filter(|place| below.is_none_or(|below| *place < below))
                    .filter(|place| lowest.is_none_or(|lowest| place >= lowest))
                    .collect();
                prop_assert_eq!(hits, expected, "{:?} below {:?}", search, below);
            }
        }
    }

    #[test]
    fn what_is_not_an_index_of_this_version_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("search");
        assert!(Index::open(&place).is_none());
        let index = Index::create(&place).unwrap();
        assert!(Index::open(&place).is_none(), "it says nothing about how far it goes");
        let progress = Progress::anew(Epoch(1), Lsn(7));
        index.writer().unwrap().commit(&progress).unwrap();
        assert_eq!(Index::open(&place).map(|(_, progress)| progress), Some(progress.clone()));
        let newer = Progress { version: VERSION + 1, ..progress };
        index.writer().unwrap().commit(&newer).unwrap();
        assert!(Index::open(&place).is_none());
    }
}
