//! Words: how a text is taken apart, the same for what is stored in the index, for what is asked for, and for finding the place of it
//! in a text that is shown.
//!
//! A text is folded (Unicode NFKC, lower case, without invisible characters) and cut into *atoms*: a run of letters and digits with
//! their marks; or a single character of a script that writes without spaces (Han, Kana, Hangul, Bopomofo, Thai, Lao, Khmer, Burmese);
//! or an emoji. Everything else only separates. A phrase is found where its atoms follow each other, whatever separates them.
//!
//! In the index an atom has its number as its position. A word is a term. Two neighbouring characters are a term together (a
//! *pair*, at the position of the first), so that a phrase of several is few and rare terms; a single character is one without a
//! position.

use std::ops::Range;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

/// A word is known to the index by so many of its first characters.
pub const TERM_CHARS_MAX: usize = 64;

/// What an atom is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// Letters and digits that make a word together with their neighbours.
    Word,
    /// A character that stands for itself.
    Single,
    /// Nothing to search for.
    Separator,
}

/// A piece of a text that is looked for as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Atom {
    class: Class,
    /// Where it is in the folded text, in bytes.
    folded: Range<usize>,
    /// Where it comes from in the text itself, in bytes.
    place: Range<usize>,
}

/// A text taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    folded: String,
    atoms: Vec<Atom>,
}

/// A term of the index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Term<'a> {
    /// A word, or a pair of neighbouring characters, and its position.
    Placed(u32, &'a str),
    /// A single character.
    Single(&'a str),
}

impl Words {
    /// Takes a text apart.
    pub fn of(text: &str) -> Self {
        let mut words = Self { folded: String::with_capacity(text.len()), atoms: Vec::new() };
        let mut joins = false;
        let mut rest = 0;
        while let Some(first) = text.as_bytes().get(rest) {
            // What is ASCII and is followed by ASCII stands alone; nearly all of many texts.
            let plain = first.is_ascii() && text.as_bytes().get(rest + 1).is_none_or(u8::is_ascii);
            let length = if plain { 1 } else { text[rest..].graphemes(true).next().map_or(1, str::len) };
            let place = rest..rest + length;
            if plain {
                words.push(char::from(first.to_ascii_lowercase()), &place, &mut joins);
            } else {
                let letters = text[place.clone()].nfkc().flat_map(char::to_lowercase).nfkc();
                for letter in letters.filter(|letter| !is_invisible(*letter)) {
                    match letter {
                        // The same letter at the end of a word, and one that is two.
                        'ς' => words.push('σ', &place, &mut joins),
                        'ß' => {
                            words.push('s', &place, &mut joins);
                            words.push('s', &place, &mut joins);
                        }
                        letter => words.push(letter, &place, &mut joins),
                    }
                }
            }
            rest += length;
        }
        words
    }

    /// Adds a folded character that comes from `place`; `joins`: the atom before it goes on.
    fn push(&mut self, letter: char, place: &Range<usize>, joins: &mut bool) {
        // A mark belongs to what it stands on.
        if *joins && !letter.is_ascii() && is_combining_mark(letter) {
            self.extend(letter, place);
            return;
        }
        let class = class(letter);
        if class == Class::Separator {
            *joins = false;
            return;
        }
        if class == Class::Word && *joins && self.atoms.last().is_some_and(|last| last.class == Class::Word) {
            self.extend(letter, place);
            return;
        }
        let from = self.folded.len();
        self.folded.push(letter);
        self.atoms.push(Atom { class, folded: from..self.folded.len(), place: place.clone() });
        *joins = true;
    }

    fn extend(&mut self, letter: char, place: &Range<usize>) {
        self.folded.push(letter);
        if let Some(last) = self.atoms.last_mut() {
            last.folded.end = self.folded.len();
            last.place.end = place.end;
        }
    }

    /// How many atoms there are.
    pub fn len(&self) -> usize {
        self.atoms.len()
    }

    /// Whether there is nothing to search for.
    pub fn is_empty(&self) -> bool {
        self.atoms.is_empty()
    }

    fn atom(&self, at: usize) -> &str {
        self.atoms.get(at).map_or("", |atom| &self.folded[atom.folded.clone()])
    }

    fn is_single(&self, at: usize) -> bool {
        self.atoms.get(at).is_some_and(|atom| atom.class == Class::Single)
    }

    /// Every term under which a text with these words stands in the index.
    pub fn stored(&self) -> impl Iterator<Item = Term<'_>> {
        (0..self.len()).flat_map(move |at| {
            let single = self.is_single(at).then(|| Term::Single(self.atom(at)));
            self.placed(at).into_iter().chain(single)
        })
    }

    /// The terms that a text must have for these words to be found in it as a phrase. That it really has them next to each other is
    /// looked up in the text itself.
    pub fn wanted(&self) -> impl Iterator<Item = Term<'_>> {
        (0..self.len()).filter_map(move |at| match self.placed(at) {
            Some(placed) => Some(placed),
            // The second of a pair needs no term of its own.
            None if at > 0 && self.is_single(at - 1) => None,
            None => Some(Term::Single(self.atom(at))),
        })
    }

    /// The term with a position that begins at an atom.
    fn placed(&self, at: usize) -> Option<Term<'_>> {
        let atom = self.atoms.get(at)?;
        if atom.class == Class::Word {
            return Some(Term::Placed(at as u32, cut(self.atom(at))));
        }
        let next = self.atoms.get(at + 1).filter(|next| next.class == Class::Single)?;
        // Neighbours in the text are neighbours in the folded text, which has no separators.
        Some(Term::Placed(at as u32, &self.folded[atom.folded.start..next.folded.end]))
    }

    /// Where a phrase is in the text that these words are from: byte ranges, in order, none within another; at most `limit`.
    pub fn find(&self, phrase: &Self, limit: usize) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        if phrase.is_empty() || phrase.len() > self.len() {
            return found;
        }
        let mut at = 0;
        while at + phrase.len() <= self.len() && found.len() < limit {
            if (0..phrase.len()).all(|nth| self.atom(at + nth) == phrase.atom(nth)) {
                let last = at + phrase.len() - 1;
                found.push(self.atoms[at].place.start..self.atoms[last].place.end);
                at = last + 1;
            } else {
                at += 1;
            }
        }
        found
    }
}

/// The part of a word that the index knows.
fn cut(word: &str) -> &str {
    word.char_indices().nth(TERM_CHARS_MAX).map_or(word, |(end, _)| &word[..end])
}

fn class(letter: char) -> Class {
    if letter.is_ascii() {
        return if letter.is_ascii_alphanumeric() { Class::Word } else { Class::Separator };
    }
    if stands_alone(letter) {
        return Class::Single;
    }
    if letter.is_alphanumeric() { Class::Word } else { Class::Separator }
}

/// Scripts written without spaces between words, and emoji.
const fn stands_alone(letter: char) -> bool {
    matches!(letter as u32,
        // Thai, Lao, Burmese, Khmer (their own marks belong to the letter before them).
        0x0E01..=0x0E3A | 0x0E40..=0x0E4E | 0x0E81..=0x0ECD | 0x1000..=0x103F | 0x1780..=0x17D3
        // Hangul.
        | 0x1100..=0x11FF | 0x3131..=0x318E | 0xA960..=0xA97C | 0xAC00..=0xD7FB
        // Han: radicals, marks of repetition, numbers, ideographs.
        | 0x2E80..=0x2FD5 | 0x3005..=0x3007 | 0x3021..=0x3029 | 0x3031..=0x3035 | 0x3038..=0x303C
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF
        // Hiragana, Katakana with the mark of a long vowel, Bopomofo.
        | 0x3041..=0x3096 | 0x309D..=0x309F | 0x30A1..=0x30FA | 0x30FC..=0x312F | 0x31A0..=0x31BF | 0x31F0..=0x31FF
        | 0x1AFF0..=0x1B16F
        // Symbols and pictures.
        | 0x2600..=0x27BF | 0x1F000..=0x1FAFF
    )
}

/// Characters that are not seen: joiners, marks of direction, variation selectors, soft hyphens. (A space without width separates.)
const fn is_invisible(letter: char) -> bool {
    matches!(letter as u32,
        0xAD | 0x034F | 0x061C | 0x180B..=0x180F | 0x200C..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F
        | 0xFE00..=0xFE0F | 0xFEFF | 0xE0000..=0xE0FFF
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atoms(text: &str) -> Vec<String> {
        let words = Words::of(text);
        (0..words.len()).map(|at| words.atom(at).to_owned()).collect()
    }

    fn found<'a>(text: &'a str, phrase: &str) -> Vec<&'a str> {
        Words::of(text).find(&Words::of(phrase), 100).into_iter().map(|place| &text[place]).collect()
    }

    fn stored(text: &str) -> Vec<String> {
        Words::of(text)
            .stored()
            .map(|term| match term {
                Term::Placed(at, term) => format!("{at}:{term}"),
                Term::Single(term) => term.to_owned(),
            })
            .collect()
    }

    fn wanted(text: &str) -> Vec<String> {
        Words::of(text)
            .wanted()
            .map(|term| match term {
                Term::Placed(at, term) => format!("{at}:{term}"),
                Term::Single(term) => term.to_owned(),
            })
            .collect()
    }

    #[test]
    fn a_text_is_cut_into_words_and_single_characters() {
        for (text, expected) in [
            ("", vec![]),
            (" \t\n.,;!?…", vec![]),
            ("Hello, World!", vec!["hello", "world"]),
            ("can't e-mail a_b", vec!["can", "t", "e", "mail", "a", "b"]),
            ("v2.0 10:30", vec!["v2", "0", "10", "30"]),
            ("Größe STRASSE straße", vec!["grösse", "strasse", "strasse"]),
            ("ΟΔΥΣΣΕΥΣ Ὀδυσσεύς", vec!["οδυσσευσ", "ὀδυσσεύσ"]),
            ("cafe\u{301} CAFÉ", vec!["café", "café"]),
            ("ｆｕｌｌ　ｗｉｄｔｈ", vec!["full", "width"]),
            ("今日は", vec!["今", "日", "は"]),
            ("iPhone手机16", vec!["iphone", "手", "机", "16"]),
            ("ｶﾞｷﾞ", vec!["ガ", "ギ"]),
            ("カ\u{3099}", vec!["ガ"]),
            ("サーバー", vec!["サ", "ー", "バ", "ー"]),
            ("한국어", vec!["한", "국", "어"]),
            ("\u{1112}\u{1161}\u{11ab}", vec!["한"]),
            ("हिन्दी", vec!["हिन्दी"]),
            ("ที่นี่", vec!["ที่", "นี่"]),
            ("الْعَرَبِيَّة", vec!["الْعَرَبِيَّة"]),
            ("ok 👍🏽 ❤️", vec!["ok", "👍", "🏽", "❤"]),
            ("soft\u{ad}hyphen a\u{200d}b", vec!["softhyphen", "ab"]),
            ("℡ ㎏ Ⅷ", vec!["tel", "kg", "viii"]),
        ] {
            assert_eq!(atoms(text), expected, "{text}");
        }
    }

    #[test]
    fn neighbouring_characters_are_pairs_and_single_ones_are_kept_too() {
        assert_eq!(stored("新手机 ok"), ["0:新手", "新", "1:手机", "手", "机", "3:ok"]);
        assert_eq!(wanted("手机"), ["0:手机"]);
        assert_eq!(wanted("新手机"), ["0:新手", "1:手机"]);
        assert_eq!(wanted("机"), ["机"]);
        assert_eq!(wanted("买iPhone手机"), ["买", "1:iphone", "2:手机"]);
        assert_eq!(wanted("good morning"), ["0:good", "1:morning"]);
    }

    #[test]
    fn every_wanted_term_of_a_phrase_inside_a_text_is_stored_with_it() {
        let text = "昨日、東京タワーでiPhoneを買った。That was fun 👍 말했다";
        let words = Words::of(text);
        let stored: Vec<_> = words.stored().collect();
        for from in 0..words.len() {
            for to in from + 1..=words.len() {
                let part = &text[words.atoms[from].place.start..words.atoms[to - 1].place.end];
                let phrase = Words::of(part);
                assert_eq!(words.find(&phrase, 1).len(), 1, "{part}");
                for term in phrase.wanted() {
                    let shifted = match term {
                        Term::Placed(at, term) => Term::Placed(at + from as u32, term),
                        Term::Single(term) => Term::Single(term),
                    };
                    let there = match &shifted {
                        Term::Placed(..) if from == 0 => stored.contains(&shifted),
                        Term::Placed(_, term) => {
                            stored.iter().any(|known| matches!(known, Term::Placed(_, other) if other == term))
                        }
                        Term::Single(_) => stored.contains(&shifted),
                    };
                    assert!(there, "{part}: {shifted:?}");
                }
            }
        }
    }

    #[test]
    fn a_phrase_is_found_in_its_place_whatever_the_case_and_the_marks() {
        assert_eq!(found("Hello hello HELLO", "hello"), ["Hello", "hello", "HELLO"]);
        assert_eq!(found("A good-morning to you", "GOOD MORNING"), ["good-morning"]);
        assert_eq!(found("Das Cafe\u{301}, das", "café"), ["Cafe\u{301}"]);
        assert_eq!(found("我们明天去北京大学", "北京"), ["北京"]);
        assert_eq!(found("東京タワーとタワー", "タワー"), ["タワー", "タワー"]);
        assert_eq!(found("ｶﾞﾝﾊﾞﾙ", "ガン"), ["ｶﾞﾝ"]);
        assert_eq!(found("哈哈哈", "哈哈"), ["哈哈"]);
        assert_eq!(found("morning good", "good morning"), Vec::<&str>::new());
        assert_eq!(found("goods", "good"), Vec::<&str>::new());
        assert_eq!(found("Thanks 👍🏽!", "👍"), ["👍🏽"]);
        assert_eq!(found("x", ""), Vec::<&str>::new());
    }

    #[test]
    fn a_long_word_is_known_by_its_beginning() {
        let long = "x".repeat(1_000);
        let words = Words::of(&long);
        assert_eq!(words.stored().collect::<Vec<_>>(), [Term::Placed(0, "x".repeat(TERM_CHARS_MAX).as_str())]);
        assert!(words.find(&Words::of(&"x".repeat(999)), 1).is_empty());
    }
}
