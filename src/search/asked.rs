//! What is asked for: words, phrases and filters, from the line that a person writes and from the fields beside it.

use super::words::Words;
use crate::model::{Code, ConversationId, Has, Lsn, Refusal, Search, Seq, Timestamp, UserId, limits};
use std::str::FromStr;

/// Words and phrases of one search.
pub const PHRASES_MAX: usize = 16;
/// Words and single characters in all of them.
const ATOMS_MAX: usize = 128;
/// Milliseconds of a day.
const DAY_MS: u64 = 24 * 3_600 * 1_000;

/// Where a message stands among all: newest first is from the highest down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The command that made it.
    pub lsn: Lsn,
    /// Its conversation.
    pub conversation: ConversationId,
    /// Its place there.
    pub seq: Seq,
}

/// A search that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// All of them must be there.
    pub phrases: Vec<Words>,
    /// In this conversation alone.
    pub conversation: Option<ConversationId>,
    /// By this author, in lower case.
    pub from: Option<String>,
    /// Accepted before this time.
    pub before: Option<Timestamp>,
    /// Accepted at this time or later.
    pub after: Option<Timestamp>,
    /// With all of this in it.
    pub has: Vec<Has>,
    /// Older than this one.
    pub below: Option<Place>,
    /// How many.
    pub limit: usize,
}

impl Asked {
    /// Understands a search, or says what is wrong with it.
    pub fn read(search: &Search) -> Result<Self, Refusal> {
        if search.q.len() > limits::SEARCH_BYTES_MAX {
            let limit = limits::SEARCH_BYTES_MAX;
            return Err(invalid(format!("`q` is longer than {limit} bytes; ask with fewer words.")));
        }
        let mut asked = Self {
            phrases: Vec::new(),
            conversation: search.conversation,
            from: search.from.as_ref().map(|user| user.folded().into()),
            before: search.before,
            after: search.after,
            has: search.has.into_iter().collect(),
            below: search.cursor.as_deref().map(read_cursor).transpose()?,
            limit: (search.limit as usize).clamp(1, limits::SEARCH_HITS_MAX),
        };
        let mut unsearchable = false;
        for term in terms(&search.q) {
            let words = match term {
                Term::Plain(text) if asked.filter(text)? => continue,
                Term::Plain(text) | Term::Quoted(text) => Words::of(text),
            };
            if words.is_empty() {
                unsearchable = true;
            } else {
                asked.phrases.push(words);
            }
        }
        if asked.phrases.len() > PHRASES_MAX || asked.phrases.iter().map(Words::len).sum::<usize>() > ATOMS_MAX {
            return Err(invalid(format!("`q` has more than {PHRASES_MAX} words; leave some out.")));
        }
        if asked.phrases.is_empty() && unsearchable {
            return Err(invalid("`q` has neither a letter nor a digit to look for."));
        }
        let filtered = asked.conversation.is_some()
            || asked.from.is_some()
            || asked.before.is_some()
            || asked.after.is_some()
            || !asked.has.is_empty();
        if asked.phrases.is_empty() && !filtered {
            return Err(invalid("There is nothing to look for; give words in `q`, or a filter such as `from`."));
        }
        Ok(asked)
    }

    /// Takes a filter such as `from:ada`; false when it is none, and its words are meant.
    fn filter(&mut self, text: &str) -> Result<bool, Refusal> {
        let Some((name, value)) = text.split_once(':') else { return Ok(false) };
        if value.is_empty() {
            return Ok(false);
        }
        match name.to_ascii_lowercase().as_str() {
            "from" => {
                let user = UserId::new(value.trim_start_matches('@'))
                    .map_err(|error| invalid(format!("`from:` names nobody: {error}.")))?;
                self.from = Some(user.folded().into());
            }
            "in" => {
                let id = u64::from_str(value).map_err(|_| {
                    invalid(
                        "`in:` takes the number of a conversation, such as `in:12`; quote it to look for the words.",
                    )
                })?;
                self.conversation = Some(ConversationId(id));
            }
            "before" => self.before = Some(read_time(value)?),
            "after" => self.after = Some(read_time(value)?),
            "has" => {
                let has =
                    Has::ALL.into_iter().find(|has| has.as_str().eq_ignore_ascii_case(value)).ok_or_else(|| {
                        invalid(
                            "`has:` takes one of image, file, voice, video and link; quote it to look for the words.",
                        )
                    })?;
                self.has.push(has);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> Refusal {
    Refusal::new(Code::Invalid, message)
}

/// A part of the line.
#[derive(Debug, PartialEq, Eq)]
enum Term<'a> {
    Plain(&'a str),
    Quoted(&'a str),
}

/// Splits a line at white space; what is in quotation marks stays together. A mark that is not closed goes to the end.
fn terms(line: &str) -> Vec<Term<'_>> {
    let is_quote = |letter: char| matches!(letter, '"' | '“' | '”' | '„' | '＂');
    let mut found = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        if is_quote(first) {
            let inside = &rest[first.len_utf8()..];
            let end = inside.find(is_quote).unwrap_or(inside.len());
            found.push(Term::Quoted(&inside[..end]));
            rest = inside[end..].strip_prefix(is_quote).unwrap_or_default();
        } else {
            let end = rest.find(|letter: char| letter.is_whitespace() || is_quote(letter)).unwrap_or(rest.len());
            found.push(Term::Plain(&rest[..end]));
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    found
}

/// Days of a common year before each of its months.
const BEFORE: [u64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/// A day (`2026-01-31`, from its beginning in UTC), or a time in milliseconds since 1970.
fn read_time(value: &str) -> Result<Timestamp, Refusal> {
    let wrong = || {
        invalid(format!(
            "`{value}` is no day; write it as 2026-01-31 (from midnight UTC), or a time in milliseconds since 1970."
        ))
    };
    if let Ok(ms) = u64::from_str(value) {
        return Ok(Timestamp(ms));
    }
    let mut numbers = value.split('-').map(u64::from_str);
    match (numbers.next(), numbers.next(), numbers.next(), numbers.next()) {
        (Some(Ok(year)), Some(Ok(month)), Some(Ok(day)), None) => {
            days(year, month, day).map(|days| Timestamp(days * DAY_MS)).ok_or_else(wrong)
        }
        _ => Err(wrong()),
    }
}

/// Days from 1970-01-01 to a day of the Gregorian calendar from then to the year 9999; none when there is no such day.
const fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    if year < 1970 || year > 9999 || month < 1 || month > 12 || day < 1 {
        return None;
    }
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let length = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if day > length {
        return None;
    }
    let past = year - 1;
    let leaps = past / 4 - past / 100 + past / 400;
    // 477 leap days before 1970.
    let whole = (year - 1970) * 365 + leaps - 477;
    let added = if leap && month > 2 { 1 } else { 0 };
    Some(whole + BEFORE[month as usize - 1] + added + day - 1)
}

/// The cursor after which an answer goes on.
pub fn write_cursor(place: Place) -> String {
    format!("{}.{}.{}", place.lsn, place.conversation, place.seq)
}

fn read_cursor(cursor: &str) -> Result<Place, Refusal> {
    let mut numbers = cursor.split('.').map(u64::from_str);
    match (numbers.next(), numbers.next(), numbers.next(), numbers.next()) {
        (Some(Ok(lsn)), Some(Ok(conversation)), Some(Ok(seq)), None) => {
            Ok(Place { lsn: Lsn(lsn), conversation: ConversationId(conversation), seq: Seq(seq) })
        }
        _ => Err(invalid("`cursor` is not one that an answer gave as `next`; start again without it.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(q: &str) -> Result<Asked, Refusal> {
        Asked::read(&Search { q: q.to_owned(), limit: 20, ..Search::default() })
    }

    #[test]
    fn words_phrases_and_filters_are_told_apart() {
        let all =
            asked("hello \"good morning\" from:@Ada in:12 before:2026-02-01 after:1000 has:IMAGE http://x").unwrap();
        let phrases: Vec<_> = ["hello", "good morning", "http x"].into_iter().map(Words::of).collect();
        assert_eq!(all.phrases.len(), 3);
        for (found, expected) in all.phrases.iter().zip(&phrases) {
            assert_eq!(expected.find(found, 1).len(), 1);
        }
        assert_eq!(all.from.as_deref(), Some("ada"));
        assert_eq!(all.conversation, Some(ConversationId(12)));
        assert_eq!(all.before, Some(Timestamp(1_769_904_000_000)));
        assert_eq!(all.after, Some(Timestamp(1_000)));
        assert_eq!(all.has, [Has::Image]);
    }

    #[test]
    fn what_is_quoted_is_meant_literally() {
        let all = asked("\"from:ada\"").unwrap();
        assert_eq!((all.from, all.phrases.len()), (None, 1));
        assert_eq!(
            terms("a\"b c\"d \"open end"),
            [Term::Plain("a"), Term::Quoted("b c"), Term::Plain("d"), Term::Quoted("open end")]
        );
        assert_eq!(terms("“东京 塔”　和"), [Term::Quoted("东京 塔"), Term::Plain("和")]);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for q in [
            "",
            "   ",
            "!!!",
            "from:a,b",
            "in:here",
            "before:yesterday",
            "before:2026-02-30",
            "after:2026-13-01",
            "has:money",
        ] {
            assert_eq!(asked(q).unwrap_err().code, Code::Invalid, "{q}");
        }
        assert!(asked(&"x".repeat(513)).is_err());
        assert!(asked(&"x ".repeat(17)).is_err());
        assert!(asked(&"x ".repeat(16)).is_ok());
        assert!(asked("note: in: x").is_ok(), "an empty filter is a word");
        assert!(asked("has:link").is_ok(), "a filter alone is enough");
        let cursor = Search { q: "x".to_owned(), cursor: Some("1.2".to_owned()), limit: 1, ..Search::default() };
        assert!(Asked::read(&cursor).is_err());
    }

    #[test]
    fn days_are_counted_from_1970() {
        for (day, expected) in [
            ((1970, 1, 1), Some(0)),
            ((1970, 3, 1), Some(59)),
            ((1972, 2, 29), Some(789)),
            ((2000, 2, 29), Some(11_016)),
            ((2000, 3, 1), Some(11_017)),
            ((2026, 11, 23), Some(20_780)),
            ((2100, 2, 29), None),
            ((1969, 12, 31), None),
        ] {
            assert_eq!(days(day.0, day.1, day.2), expected, "{day:?}");
        }
    }

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        let place = Place { lsn: Lsn(u64::MAX), conversation: ConversationId(2), seq: Seq(3) };
        assert_eq!(read_cursor(&write_cursor(place)), Ok(place));
    }
}
