//! What some models think aloud before they answer, between `<think>` and `</think>`: it is no part of the answer. A pure state
//! machine: words in as they come, cut anywhere; the words of the answer out. Only what stands before the answer is taken for
//! thoughts, so that an answer may speak of such marks.

/// The marks that models set, with those that end them.
const MARKS: [(&str, &str); 2] = [("<think>", "</think>"), ("<thinking>", "</thinking>")];
/// More blanks than this before an answer belong to it.
const BLANKS_MAX: usize = 256;

/// How far an answer has come.
#[derive(Debug)]
enum At {
    /// Nothing of the answer has come; what is held may be the beginning of a mark.
    Before { held: String },
    /// In thoughts, until this mark; what is held may be its beginning.
    Within { end: &'static str, held: String },
    /// In the answer.
    Answer,
}

/// Takes the thoughts out of one answer.
#[derive(Debug)]
pub struct Thoughts {
    at: At,
    /// Blanks between thoughts and answer belong to neither.
    thought: bool,
}

impl Default for Thoughts {
    fn default() -> Self {
        Self { at: At::Before { held: String::new() }, thought: false }
    }
}

impl Thoughts {
    /// What of these words belongs to the answer.
    pub fn push(&mut self, words: &str) -> String {
        let mut rest = words.to_owned();
        loop {
            match &mut self.at {
                At::Answer => return rest,
                At::Before { held } => {
                    held.push_str(&rest);
                    let begun = held.trim_start();
                    if let Some((begin, end)) = MARKS.iter().find(|(begin, _)| begun.starts_with(begin)) {
                        begun[begin.len()..].clone_into(&mut rest);
                        self.thought = true;
                        self.at = At::Within { end, held: String::new() };
                        continue;
                    }
                    let may_begin = MARKS.iter().any(|(begin, _)| begin.starts_with(begun));
                    if may_begin && held.len() <= BLANKS_MAX {
                        return String::new();
                    }
                    return self.answer();
                }
                At::Within { end, held } => {
                    held.push_str(&rest);
                    let Some(at) = held.find(*end) else {
                        // What may be the beginning of the mark stays; the marks are ASCII, so a cut at one of their bytes is none
                        // inside of a character.
                        let kept = (1..end.len()).rev().find(|kept| held.ends_with(&end[..*kept])).unwrap_or(0);
                        *held = held.split_off(held.len() - kept);
                        return String::new();
                    };
                    rest = held.split_off(at + end.len());
                    self.at = At::Before { held: String::new() };
                }
            }
        }
    }

    /// What is left when nothing more comes: what looked like the beginning of a mark, and was none.
    pub fn finish(&mut self) -> String {
        match self.at {
            At::Before { .. } => self.answer(),
            At::Within { .. } | At::Answer => String::new(),
        }
    }

    /// The answer begins with what is held.
    fn answer(&mut self) -> String {
        match std::mem::replace(&mut self.at, At::Answer) {
            At::Before { held } if self.thought => held.trim_start().to_owned(),
            At::Before { held } => held,
            At::Within { .. } | At::Answer => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(pieces: &[&str]) -> String {
        let mut thoughts = Thoughts::default();
        let mut answer: String = pieces.iter().map(|piece| thoughts.push(piece)).collect();
        answer.push_str(&thoughts.finish());
        answer
    }

    const CASES: [(&str, &str); 14] = [
        ("Hello!", "Hello!"),
        ("<think>Hm.</think>Hello!", "Hello!"),
        ("\n <think>\nHm, < or </thin?\n</think>\n\nHello!", "Hello!"),
        ("<thinking>你好</thinking> 你好", "你好"),
        ("<think></think><think>more</think> Yes.", "Yes."),
        ("<think>it never ends", ""),
        ("<think>Hm.</think>", ""),
        ("", ""),
        ("  indented", "  indented"),
        ("<thin ice>", "<thin ice>"),
        ("<th", "<th"),
        (
            "The mark `<think>` begins thoughts, `</think>` ends them.",
            "The mark `<think>` begins thoughts, `</think>` ends them.",
        ),
        ("<think>a</think>b<think>c</think>d", "b<think>c</think>d"),
        ("</think>late", "</think>late"),
    ];

    #[test]
    fn thoughts_before_an_answer_are_no_part_of_it() {
        for (all, answer) in CASES {
            assert_eq!(of(&[all]), answer, "{all}");
        }
    }

    #[test]
    fn what_is_the_answer_is_not_held_back() {
        let mut thoughts = Thoughts::default();
        assert_eq!(thoughts.push("<"), "");
        assert_eq!(thoughts.push("b"), "<b");
        assert_eq!(thoughts.push(">"), ">");
        let mut thoughts = Thoughts::default();
        assert_eq!((thoughts.push("<think>a</think>\n"), thoughts.push("b")), (String::new(), "b".to_owned()));
        let blanks = " ".repeat(BLANKS_MAX + 1);
        assert_eq!(Thoughts::default().push(&blanks), blanks);
    }

    proptest! {
        #[test]
        fn it_is_the_same_however_the_words_are_cut(case in 0..CASES.len(), cuts in prop::collection::vec(0usize..60, 0..8)) {
            let (all, answer) = CASES[case];
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| all.is_char_boundary(*cut)).collect();
            cuts.extend([0, all.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&str> = cuts.windows(2).map(|cut| &all[cut[0]..cut[1]]).collect();
            prop_assert_eq!(of(&pieces), answer);
        }
    }
}
