//! What things are called on the screen: notices, times, states and refusals in words.

use super::picture::Picture;
use super::text;
use crate::cli::notice;
use crate::model::{Body, Cursor, EndReason, Entry, Name, Refusal, Seq, Timestamp, UserId};
use crate::model::{Conversation, ConversationKind};
use crate::model::{PresenceOf, PresenceState};

/// Milliseconds of a day.
const DAY_MS: u64 = 24 * 3_600_000;
/// Names listed before the rest is counted.
const NAMES_MAX: usize = 5;

/// Minutes that the shown time is ahead of UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offset(pub i32);

impl std::str::FromStr for Offset {
    type Err = &'static str;

    /// Reads `+02:00`, `-0330`, `+2` or `UTC`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "an offset from UTC is written like +02:00 or -03:30, at most 14 hours";
        if text.eq_ignore_ascii_case("utc") || text.eq_ignore_ascii_case("z") {
            return Ok(Self(0));
        }
        let (sign, digits) = match (text.strip_prefix('+'), text.strip_prefix('-')) {
            (Some(digits), _) => (1, digits),
            (None, Some(digits)) => (-1, digits),
            (None, None) => return Err(WRONG),
        };
        let (hours, minutes) = match (digits.split_once(':'), digits.len()) {
            (Some(parts), _) => parts,
            (None, 4) if digits.is_ascii() => digits.split_at(2),
            (None, _) => (digits, "0"),
        };
        let number = |part: &str| part.parse::<u16>().map(i32::from).map_err(|_| WRONG);
        let (hours, minutes) = (number(hours)?, number(minutes)?);
        if hours * 60 + minutes > 14 * 60 || minutes > 59 {
            Err(WRONG)
        } else {
            Ok(Self(sign * (hours * 60 + minutes)))
        }
    }
}

impl Offset {
    const fn shift(self, time: Timestamp) -> Timestamp {
        Timestamp(time.0.saturating_add_signed(self.0 as i64 * 60_000))
    }

    /// The day, `2026-01-31`.
    pub fn day(self, time: Timestamp) -> String {
        let mut date = crate::cli::date(self.shift(time));
        date.truncate(10);
        date
    }

    /// The time of day, `12:34`.
    pub fn minute(self, time: Timestamp) -> String {
        crate::cli::date(self.shift(time)).split_off(11)
    }

    /// The time of day when that is today, else the day.
    pub fn short(self, time: Timestamp, now: Timestamp) -> String {
        if self.is_same_day(time, now) { self.minute(time) } else { self.day(time) }
    }

    /// Whether both are on one day.
    pub const fn is_same_day(self, a: Timestamp, b: Timestamp) -> bool {
        self.shift(a).0 / DAY_MS == self.shift(b).0 / DAY_MS
    }
}

/// Names in a row: "ada, bob and cy"; long rows are counted.
pub fn names<'a>(users: impl IntoIterator<Item = &'a UserId>, me: Option<&UserId>) -> String {
    let all: Vec<String> = users.into_iter().map(|user| name(user, me)).collect();
    let shown = if all.len() > NAMES_MAX { NAMES_MAX - 1 } else { all.len() };
    let rest = all.len() - shown;
    match (&all[..shown], rest) {
        ([], _) => "nobody".to_owned(),
        ([one], 0) => one.clone(),
        ([most @ .., last], 0) => format!("{} and {last}", most.join(", ")),
        (some, rest) => format!("{} and {rest} others", some.join(", ")),
    }
}

/// What somebody is called: "you", or the id.
pub fn name(user: &UserId, me: Option<&UserId>) -> String {
    if me.is_some_and(|me| super::picture::same(me, user)) { "you".to_owned() } else { user.to_string() }
}

fn title(title: &Name) -> String {
    text::one_line(title.as_str())
}

/// What an entry says, without its author when it is a message, as a whole sentence when it is a notice.
pub fn body(entry: &Entry, me: Option<&UserId>) -> String {
    let who = name(&entry.author, me);
    if let Some(rest) = notice::rest(&entry.body) {
        return text::one_line(&format!("{who} {rest}"));
    }
    match &entry.body {
        Body::Text(words) => text::clean(&words.text),
        Body::Answer(answer) => match &answer.problem {
            None => text::clean(&answer.text),
            Some(problem) if answer.text.is_empty() => format!("({})", text::one_line(problem.as_str())),
            Some(problem) => format!("{} ({})", text::clean(&answer.text), text::one_line(problem.as_str())),
        },
        Body::Custom(custom) => {
            format!("[{}] {}", text::one_line(&custom.kind), text::one_line(&custom.json))
        }
        Body::Recalled {} => format!("{who} recalled this message"),
        Body::GroupCreated { title: first, members } => {
            let others: Vec<_> = members.iter().filter(|user| **user != entry.author).collect();
            if others.is_empty() {
                format!("{who} created the group “{}”", title(first))
            } else {
                format!("{who} created the group “{}” with {}", title(first), names(others, me))
            }
        }
        Body::MembersAdded { users } => format!("{who} added {}", names(users, me)),
        Body::MemberRemoved { user } => format!("{who} removed {}", name(user, me)),
        Body::MemberLeft {} => format!("{who} left"),
        Body::Renamed { title: new } => format!("{who} renamed the group to “{}”", title(new)),
        Body::Edited { .. } => format!("{who} edited a message"),
        Body::RecalledEntry { .. } => format!("{who} recalled a message"),
        Body::Reacted { emoji, on: true, .. } => format!("{who} reacted with {emoji}"),
        Body::Reacted { emoji, on: false, .. } => format!("{who} took {emoji} back"),
        _ => "(a newer version of tidings is needed to show this)".to_owned(),
    }
}

/// Whether an entry is said by its author, and not about them.
pub const fn is_said(body: &Body) -> bool {
    matches!(body, Body::Text(_) | Body::Custom(_) | Body::Answer(_) | Body::Unreadable(_))
}

/// How far an own message has got.
pub fn state(about: &Conversation, picture: &Picture, seq: Seq) -> String {
    let others = || about.cursors.iter().filter(|cursor| !picture.is_me(&cursor.user));
    let readers = others().filter(|cursor| cursor.read >= seq).count();
    match about.kind {
        ConversationKind::Group if readers > 0 => format!("read by {readers}"),
        ConversationKind::Group | ConversationKind::Assistant => "sent".to_owned(),
        ConversationKind::Feed => String::new(),
        ConversationKind::Direct if readers > 0 => "read".to_owned(),
        ConversationKind::Direct => {
            let delivered = |cursor: &Cursor| cursor.delivered.is_some_and(|delivered| delivered >= seq);
            if others().any(delivered) { "delivered".to_owned() } else { "sent".to_owned() }
        }
    }
}

/// Whether somebody is there.
pub fn presence(presence: &PresenceOf, offset: Offset, now: Timestamp) -> String {
    let state = match (presence.state, presence.last_seen) {
        (PresenceState::Online, _) => "online".to_owned(),
        (PresenceState::Away, _) => "away".to_owned(),
        (PresenceState::Busy, _) => "busy".to_owned(),
        (PresenceState::Offline, None) => "offline".to_owned(),
        (PresenceState::Offline, Some(seen)) => format!("last seen {}", offset.short(seen, now)),
    };
    match &presence.text {
        Some(words) => format!("{state}: {}", text::one_line(words.as_str())),
        None => state,
    }
}

/// Who is typing.
pub fn typing(users: &[&UserId]) -> String {
    match users {
        [] => String::new(),
        [one] => format!("{one} is typing…"),
        [one, two] => format!("{one} and {two} are typing…"),
        many => format!("{} people are typing…", many.len()),
    }
}

/// A text of the server or of a library as a sentence: with a capital and an end.
pub fn sentence(text: &str) -> String {
    let text = text::one_line(text);
    let mut rest = text.chars();
    let Some(first) = rest.next() else { return String::new() };
    let end = if text.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    format!("{}{}{end}", first.to_uppercase(), rest.as_str())
}

/// A refusal as a sentence.
pub fn refusal(refusal: &Refusal) -> String {
    sentence(&refusal.message)
}

/// Why the session ended, and what to do.
pub fn ended(reason: EndReason, by: Option<&Name>) -> String {
    let by = by.map(|name| format!(" ({})", title(name))).unwrap_or_default();
    match reason {
        EndReason::LoggedOut => "You logged out on this device.".to_owned(),
        EndReason::Revoked => format!("This session was ended from another device{by}. Start again to log in."),
        EndReason::ReplacedByDevice => {
            format!("Another device of yours logged in{by}, and only one of them may be. Start again to come back.")
        }
        EndReason::ReplacedBySameDevice => {
            "This chat was opened in another window, which goes on with it; one device is one window. Use another --state \
             folder to be a second device."
                .to_owned()
        }
        EndReason::PasswordChanged => "Your password was changed. Start again and log in with the new one.".to_owned(),
        EndReason::Expired => "This session has expired. Start again to log in.".to_owned(),
        EndReason::AccountDeleted => "Your account was deleted.".to_owned(),
        EndReason::Suspended => "Your account was suspended by an administrator; ask them why.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_read_and_move_the_day() {
        for (text, minutes) in [("+02:00", 120), ("-0330", -210), ("+2", 120), ("utc", 0), ("-00:15", -15)] {
            assert_eq!(text.parse(), Ok(Offset(minutes)));
        }
        for text in ["", "2", "+", "+15:00", "+1:60", "+1:-1", "+日本", "Europe/Paris"] {
            assert!(text.parse::<Offset>().is_err(), "{text}");
        }
        let midnight = Timestamp(1_767_225_600_000);
        assert_eq!((Offset(0).day(midnight), Offset(0).minute(midnight)), ("2026-01-01".into(), "00:00".into()));
        assert_eq!((Offset(-60).day(midnight), Offset(-60).minute(midnight)), ("2025-12-31".into(), "23:00".into()));
        assert!(!Offset(-60).is_same_day(midnight, Timestamp(midnight.0 + 3_600_000)));
    }

    #[test]
    fn names_are_listed_as_people_do() {
        let users: Vec<UserId> = ["ada", "bob", "cy", "di", "ed", "flo"].iter().map(|id| id.parse().unwrap()).collect();
        assert_eq!(names(&users[..1], None), "ada");
        assert_eq!(names(&users[..3], Some(&users[0])), "you, bob and cy");
        assert_eq!(names(&users, None), "ada, bob, cy, di and 2 others");
    }

    #[test]
    fn sentences_start_and_end_like_sentences() {
        assert_eq!(sentence("no such user"), "No such user.");
        assert_eq!(sentence("Wait.\n"), "Wait.");
        assert_eq!(sentence(""), "");
    }
}
