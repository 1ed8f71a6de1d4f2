//! The directory of public groups: by which words each is found.

use crate::model::{AppId, ConversationId, GroupKind, Name};
use crate::store::records::{ConversationRow, DirectoryKey, DirectoryRow, Listed};
use crate::store::{Fault, Read, Tables};
use std::collections::BTreeSet;

/// Most words by which one group is found: together with a hundred first members they stay below 256 rows.
const TERMS_MAX: usize = 48;
/// The largest character: what follows every beginning.
const LAST: char = '\u{10ffff}';

/// The words of a text as they are compared: in lower case, without what is no letter or digit.
pub(in crate::ledger) fn words(text: &str) -> Vec<String> {
    let folded = text.to_lowercase();
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The terms by which a title is found: its words, and in writing without spaces what begins at each character.
pub(in crate::ledger) fn terms(title: &Name) -> BTreeSet<String> {
    let mut terms = BTreeSet::new();
    for word in words(title.as_str()) {
        let inner = word.char_indices().skip(1).filter(|(_, c)| is_cjk(*c)).map(|(at, _)| word[at..].to_owned());
        terms.extend(inner);
        terms.insert(word);
    }
    terms.into_iter().take(TERMS_MAX).collect()
}

/// Whether a character belongs to writing without spaces between words.
const fn is_cjk(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

/// By which terms a group is found: none when it is not public, or dissolved.
fn listed(row: &ConversationRow) -> BTreeSet<String> {
    match (&row.group, &row.title) {
        (Some(group), Some(title)) if group.rules.kind == GroupKind::Public && group.dissolved.is_none() => {
            terms(title)
        }
        _ => BTreeSet::new(),
    }
}

/// Brings the directory up to date, before a group's row is replaced by `row`.
pub(in crate::ledger) fn update(
    tables: &mut Tables<'_>,
    conversation: ConversationId,
    row: &ConversationRow,
) -> Result<(), Fault> {
    let before = tables.get::<ConversationRow>(&conversation)?.map(|old| listed(&old)).unwrap_or_default();
    let after = listed(row);
    if before == after {
        return Ok(());
    }
    let key = |term: &String| DirectoryKey::new(row.app, term, Listed::Group(conversation));
    // Long words can have the same beginning, so that what goes is removed before what stays is put.
    for term in before.iter().filter(|term| !after.contains(*term)) {
        tables.remove::<DirectoryRow>(&key(term))?;
    }
    for term in &after {
        tables.put(&key(term), DirectoryRow {})?;
    }
    Ok(())
}

/// The groups with a term that begins with `word`, at most `rows` rows of them; every group for an empty word.
pub(in crate::ledger) fn find(
    state: &impl Read,
    app: AppId,
    word: &str,
    rows: usize,
) -> Result<BTreeSet<ConversationId>, Fault> {
    let from = DirectoryKey::new(app, word, Listed::Group(ConversationId(0)));
    let to = DirectoryKey { term: format!("{}{LAST}", from.term), id: u64::MAX, ..from.clone() };
    let mut found = BTreeSet::new();
    for (key, _) in state.range::<DirectoryRow>(&from, &to, rows)? {
        if let Some(Listed::Group(group)) = key.listed() {
            found.insert(group);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_found_by_its_words_and_by_every_character_of_writing_without_spaces() {
        let terms = |title: &str| terms(&Name::new(title).unwrap()).into_iter().collect::<Vec<_>>();
        assert_eq!(terms("The Tea-Room, ÉTÉ 2026"), ["2026", "room", "tea", "the", "été"]);
        assert_eq!(terms("読書会 Tokyo"), ["tokyo", "会", "書会", "読書会"]);
        assert!(terms("—").is_empty());
        assert_eq!(terms(&"読".repeat(85)).len(), TERMS_MAX);
    }
}
