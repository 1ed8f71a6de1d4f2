//! Set the caller's name and card. The directory and what refers to pictures follow.

use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::refuse::refuse;
use crate::ledger::{directory, media};
use crate::model::{Card, Code, CommandResult, Effect, LogKind, Name};
use crate::store::records::{CardRow, UserRow};
use crate::store::{Read, Tables};
use std::sync::Arc;

/// Fewest and most digits of a phone number (ITU-T E.164 has at most 15; extensions are longer).
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 3..=32;

/// `None` when it is so already.
struct Plan(Option<Change>);

struct Change {
    before: Arc<CardRow>,
    user: UserRow,
    card: CardRow,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    name: &Name,
    card: &Card,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, caller, name, card)?;
    apply(tables, caller, plan, effects)
}

fn decide(state: &impl Read, caller: &Caller<'_>, name: &Name, card: &Card) -> Result<Plan, Stop> {
    check(card)?;
    let before = state.get::<CardRow>(&caller.handle())?.unwrap_or_default();
    if let Some(avatar) = card.avatar.filter(|avatar| before.card.avatar != Some(*avatar)) {
        media::check_picture(state, caller, avatar)?;
    }
    if before.card == *card && caller.user.name == *name {
        return Ok(Plan(None));
    }
    let user = UserRow { name: name.clone(), changed: caller.lsn, ..(*caller.user).clone() };
    let card = CardRow { card: card.clone(), changed: caller.lsn };
    Ok(Plan(Some(Change { before, user, card })))
}

/// What has a form has that form.
fn check(card: &Card) -> Result<(), Stop> {
    if card.birthday.as_ref().is_some_and(|line| !is_birthday(line.as_str())) {
        return refuse(Code::Invalid, "`birthday` is written as `YYYY-MM-DD` or `MM-DD`.");
    }
    if card.language.as_ref().is_some_and(|line| !is_language(line.as_str())) {
        return refuse(Code::Invalid, "`language` is a language tag such as `en` or `zh-Hans` (BCP 47).");
    }
    if card.phone.as_ref().is_some_and(|line| !is_phone(line.as_str())) {
        return refuse(Code::Invalid, "`phone` is a phone number: digits, with `+ - . ( ) /` and spaces between them.");
    }
    if card.email.as_ref().is_some_and(|line| !is_email(line.as_str())) {
        return refuse(Code::Invalid, "`email` is an e-mail address such as `ada@example.org`.");
    }
    Ok(())
}

/// `YYYY-MM-DD` or `MM-DD`; the 29th of February is a day of every year.
fn is_birthday(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |part: &str, digits: usize| {
        let plain = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| part.parse::<u32>().ok()).flatten()
    };
    let (month, day) = match parts[..] {
        [year, month, day] if number(year, 4).is_some_and(|year| year > 0) => (month, day),
        [month, day] => (month, day),
        _ => return false,
    };
    let (Some(month), Some(day)) = (number(month, 2), number(day, 2)) else { return false };
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 29,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// RFC 5646, roughly: subtags of 1 to 8 letters or digits, the first of 2 or more letters.
fn is_language(text: &str) -> bool {
    let subtag = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let first = text.split('-').next().unwrap_or_default();
    let letters = first.len() >= 2 && first.bytes().all(|byte| byte.is_ascii_alphabetic());
    letters && text.len() <= 64 && text.split('-').all(subtag)
}

fn is_phone(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | '(' | ')' | '/' | ' ');
    text.chars().all(allowed) && PHONE_DIGITS.contains(&text.bytes().filter(u8::is_ascii_digit).count())
}

fn is_email(text: &str) -> bool {
    let Some((name, domain)) = text.rsplit_once('@') else { return false };
    !name.is_empty() && !domain.is_empty() && !text.chars().any(char::is_whitespace)
}

fn apply(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    Plan(change): Plan,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let Some(Change { before, user, card }) = change else { return Ok(CommandResult::Done {}) };
    media::change_picture(tables, before.card.avatar, card.card.avatar, caller.at)?;
    directory::rewrite(tables, caller.handle(), Some((&caller.user, &before)), Some((&user, &card)))?;
    tables.log_user(&user, LogKind::UserChanged);
    tables.put(&caller.handle(), user)?;
    tables.put(&caller.handle(), card)?;
    effects.push(Effect::Profile { user: caller.handle() });
    Ok(CommandResult::Done {})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_form_is_held_to_it() {
        for (text, holds) in [
            ("1815-12-10", true),
            ("12-10", true),
            ("02-29", true),
            ("02-30", false),
            ("13-01", false),
            ("0000-01-01", false),
            ("1815-1-1", false),
            ("+1-02", false),
            ("yesterday", false),
        ] {
            assert_eq!(is_birthday(text), holds, "{text}");
        }
        for (text, holds) in [("en", true), ("zh-Hans-CN", true), ("e", false), ("en_GB", false), ("en-", false)] {
            assert_eq!(is_language(text), holds, "{text}");
        }
        for (text, holds) in [("+49 (30) 1234", true), ("12", false), ("call me", false)] {
            assert_eq!(is_phone(text), holds, "{text}");
        }
        for (text, holds) in [("ada@example.org", true), ("ada", false), ("@x", false), ("a b@c", false)] {
            assert_eq!(is_email(text), holds, "{text}");
        }
    }
}
