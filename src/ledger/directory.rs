//! The directory: the terms by which users are found. Whoever writes a user's name, phone number or e-mail address rewrites their
//! terms in the same command with [`rewrite`].

use crate::model::{AppId, Card, Name, UserHandle, UserId};
use crate::store::records::{CardRow, DirectoryKey, DirectoryRow, Listed, UserRow};
use crate::store::{Fault, Tables};
use std::collections::BTreeSet;

/// Words of a name that are terms.
const WORDS_MAX: usize = 8;

/// Text as it is compared: lower case.
pub(super) fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

/// The words of a text as they are compared.
pub(super) fn words(text: &str) -> Vec<String> {
    let text = folded(text);
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.take(WORDS_MAX).map(str::to_owned).collect()
}

/// A phone number as it is compared: its digits, and the `+` before them.
pub(super) fn phone(text: &str) -> String {
    text.chars().enumerate().filter(|(at, c)| c.is_ascii_digit() || *at == 0 && *c == '+').map(|(_, c)| c).collect()
}

/// What somebody is found by.
fn terms(app: AppId, user: UserHandle, id: &UserId, name: &Name, card: &Card) -> BTreeSet<(bool, String)> {
    let mut terms: BTreeSet<(bool, String)> = words(name.as_str()).into_iter().map(|word| (false, word)).collect();
    terms.insert((false, id.folded().into()));
    terms.extend(card.phone.as_ref().map(|line| (true, phone(line.as_str()))));
    terms.extend(card.email.as_ref().map(|line| (true, folded(line.as_str()))));
    // As they stand in the table, so that two that are cut alike are one.
    let cut = |(exactly, term): (bool, String)| (exactly, key(app, user, &(exactly, term)).term);
    terms.into_iter().map(cut).filter(|(_, term)| !term.is_empty()).collect()
}

fn key(app: AppId, user: UserHandle, (exactly, term): &(bool, String)) -> DirectoryKey {
    DirectoryKey::new(app, term, if *exactly { Listed::UserExactly(user) } else { Listed::User(user) })
}

/// A user is found by other terms than before: `before` none for somebody new, `after` none for somebody who is gone.
pub(super) fn rewrite(
    tables: &mut Tables<'_>,
    user: UserHandle,
    before: Option<(&UserRow, &CardRow)>,
    after: Option<(&UserRow, &CardRow)>,
) -> Result<(), Fault> {
    let all = |found: Option<(&UserRow, &CardRow)>| {
        found.map_or_else(BTreeSet::new, |(row, card)| terms(row.app, user, &row.id, &row.name, &card.card))
    };
    let Some(app) = after.or(before).map(|(row, _)| row.app) else { return Ok(()) };
    let (before, after) = (all(before), all(after));
    for term in before.difference(&after) {
        tables.remove::<DirectoryRow>(&key(app, user, term))?;
    }
    for term in after.difference(&before) {
        tables.put(&key(app, user, term), DirectoryRow {})?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_are_compared_without_their_dress() {
        assert_eq!(words(" Ada  Lovelace-King "), ["ada", "lovelace", "king"]);
        assert_eq!(words("张伟"), ["张伟"]);
        assert_eq!(phone("+49 (30) 12-34"), "+493012".to_owned() + "34");
        assert_eq!(folded(" ADA@Example.org"), "ada@example.org");
    }
}
