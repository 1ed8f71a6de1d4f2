//! What is wrong with a configuration, and where.

use std::fmt;

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it is: `tidings.toml:12`, `TIDINGS_LISTEN_TCP`, `--listen-tcp`.
    pub place: String,
    /// What is wrong and what to do, in a sentence.
    pub message: String,
    /// For the order of the report: the line in the file, 0 for everything else.
    line: usize,
}

impl Problem {
    /// A problem in a line of the file.
    pub(super) fn in_file(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { place: format!("{path}:{line}"), message: message.into(), line }
    }

    /// A problem anywhere else.
    pub(super) fn at(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into(), line: 0 }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// All problems of a configuration, those of the file in the order of its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    pub(super) fn new(mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| problem.line);
        Self(problems)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        write!(f, "The configuration has {count} problem{}:", if count == 1 { "" } else { "s" })?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for Problems {}

/// The one of `known` that was probably meant by `given`, if any is near enough.
pub(super) fn did_you_mean<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A word broken off counts as one slip.
    let begun = |candidate: &str| given.len() >= 3 && candidate.starts_with(given);
    known
        .into_iter()
        .map(|candidate| (if begun(candidate) { 1 } else { distance(given, candidate) }, candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(given.len()) / 3 + 1)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The Levenshtein distance: how many characters to insert, remove or replace.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_fingers_is_recognised_and_a_foreign_word_is_not() {
        let known = ["window", "rate_per_second", "queue_kib"];
        assert_eq!(did_you_mean("windo", known), Some("window"));
        assert_eq!(did_you_mean("rate_per_secnod", known), Some("rate_per_second"));
        assert_eq!(did_you_mean("rate_per", known), Some("rate_per_second"));
        assert_eq!(did_you_mean("colour", known), None);
    }
}
