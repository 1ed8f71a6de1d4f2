//! Keys of rows as bytes whose order is the order of what they mean.

use super::records::{
    AssistantUseKey, DeadLetterKey, DirectoryKey, InviteKey, InviteListKey, InviteTo, OutboxKey, UserIdKey,
};
use crate::model::{
    self, AppId, AppKeyId, ConversationId, EventPosition, Follower, HookId, InviteCode, LabelId, Lsn, McpTokenId,
    MediaId, Seq, SessionId, Timestamp, TokenHash, UserHandle, UserId, WebhookId,
};

/// Longest key: an app and a folded user id.
pub const KEY_BYTES_MAX: usize = 4 + crate::model::text::USER_ID_CHARS_MAX;

/// The bytes of a key, kept in place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    bytes: [u8; KEY_BYTES_MAX],
    length: u8,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for byte in self.as_slice() {
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl std::hash::Hash for Key {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write(self.as_slice());
    }
}

impl Key {
    /// An empty key.
    pub const fn empty() -> Self {
        Self { bytes: [0; KEY_BYTES_MAX], length: 0 }
    }

    /// The same with `part` after it; what does not fit is left out (the checked types rule that out).
    #[must_use]
    pub fn then(mut self, part: &[u8]) -> Self {
        let start = usize::from(self.length);
        let end = (start + part.len()).min(KEY_BYTES_MAX);
        self.bytes[start..end].copy_from_slice(&part[..end - start]);
        self.length = end as u8;
        self
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

/// A type that can be the key of a row.
pub trait RecordKey: Sized + Clone + std::hash::Hash + Eq {
    /// As bytes.
    fn to_key(&self) -> Key;
    /// From bytes; `None` when they are not such a key.
    fn from_key(bytes: &[u8]) -> Option<Self>;
}

fn number(bytes: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.try_into().ok()?))
}

macro_rules! numeric {
    ($($name:ident),+) => {
        $(impl RecordKey for $name {
            fn to_key(&self) -> Key {
                Key::empty().then(&self.0.to_be_bytes())
            }
            fn from_key(bytes: &[u8]) -> Option<Self> {
                number(bytes).map(Self)
            }
        })+
    };
}
numeric!(UserHandle, SessionId, ConversationId, Lsn, HookId, WebhookId);

impl RecordKey for MediaId {
    fn to_key(&self) -> Key {
        Key::empty().then(&self.0)
    }
    fn from_key(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl RecordKey for AppId {
    fn to_key(&self) -> Key {
        Key::empty().then(&self.0.to_be_bytes())
    }
    fn from_key(bytes: &[u8]) -> Option<Self> {
        Some(Self(u32::from_be_bytes(bytes.try_into().ok()?)))
    }
}

impl RecordKey for Follower {
    fn to_key(&self) -> Key {
        Key::empty().then(&[*self as u8])
    }
    fn from_key(bytes: &[u8]) -> Option<Self> {
        let [number] = bytes else { return None };
        Self::ALL.get(usize::from(*number)).copied()
    }
}

impl RecordKey for TokenHash {
    fn to_key(&self) -> Key {
        Key::empty().then(&self.0)
    }
    fn from_key(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl RecordKey for UserIdKey {
    fn to_key(&self) -> Key {
        Key::empty().then(&self.app.0.to_be_bytes()).then(self.folded.as_bytes())
    }
    fn from_key(bytes: &[u8]) -> Option<Self> {
        let (app, folded) = bytes.split_first_chunk::<4>()?;
        let folded = std::str::from_utf8(folded).ok()?;
        UserId::new(folded).ok()?;
        Some(Self { app: AppId(u32::from_be_bytes(*app)), folded: folded.to_owned() })
    }
}

macro_rules! pair {
    ($first:ident, $second:ident) => {
        impl RecordKey for ($first, $second) {
            fn to_key(&self) -> Key {
                Key::empty().then(&self.0.0.to_be_bytes()).then(&self.1.0.to_be_bytes())
            }
            fn from_key(bytes: &[u8]) -> Option<Self> {
                let (first, second) = bytes.split_at_checked(8)?;
                Some(($first(number(first)?), $second(number(second)?)))
            }
        }
    };
}
pair!(UserHandle, SessionId);
pair!(UserHandle, UserHandle);
pair!(UserHandle, ConversationId);
pair!(ConversationId, UserHandle);
pair!(ConversationId, Seq);
pair!(UserHandle, LabelId);
pair!(ConversationId, HookId);
pair!(UserHandle, McpTokenId);

impl RecordKey for (HookId, u64) {
    fn to_key(&self) -> Key {
        self.0.to_key().then(&self.1.to_be_bytes())
    }
    fn from_key(bytes: &[u8]) -> Option<Self> {
        let (hook, group) = bytes.split_at_checked(8)?;
        Some((HookId(number(hook)?), number(group)?))
    }
}

impl RecordKey for (AppId, AppKeyId) {
    fn to_key(&self) -> Key {
        self.0.to_key().then(&self.1.0.to_be_bytes())
    }
    fn from_key(bytes: &[u8]) -> Option<Self> {
        let (app, key) = bytes.split_first_chunk::<4>()?;
        Some((AppId(u32::from_be_bytes(*app)), AppKeyId(number(key)?)))
    }
}
pair!(SessionId, ConversationId);

impl RecordKey for (AppId, UserHandle) {
    fn to_key(&self) -> Key {
        self.0.to_key().then(&self.1.0.to_be_bytes())
    }
    fn from_key(bytes: &[u8]) -> Option<Self> {
        let (app, user) = bytes.split_at_checked(4)?;
        Some((AppId::from_key(app)?, UserHandle(number(user)?)))
    }
}

impl RecordKey for (AppId, TokenHash) {
    fn to_key(&self) -> Key {
        self.0.to_key().then(&self.1.0)
    }
    fn from_key(bytes: &[u8]) -> Option<Self> {
        let (app, hash) = bytes.split_first_chunk::<4>()?;
        Some((AppId(u32::from_be_bytes(*app)), TokenHash::from_key(hash)?))
    }
}

impl RecordKey for (Timestamp, AppId, TokenHash) {
    fn to_key(&self) -> Key {
        Key::empty().then(&self.0.0.to_be_bytes()).then(&self.1.0.to_be_bytes()).then(&self.2.0)
    }
    fn from_key(bytes: &[u8]) -> Option<Self> {
        let (at, rest) = bytes.split_at_checked(8)?;
        let (app, hash) = <(AppId, TokenHash)>::from_key(rest)?;
        Some((Timestamp(number(at)?), app, hash))
    }
}

impl RecordKey for AssistantUseKey {
    fn to_key(&self) -> Key {
        Key::empty()
            .then(&self.assistant.0.to_be_bytes())
            .then(&self.user.0.to_be_bytes())
            .then(&self.day.to_be_bytes())
    }
    fn from_key(bytes: &[u8]) -> Option<Self> {
        let (assistant, rest) = bytes.split_at_checked(8)?;
        let (user, day) = rest.split_at_checked(8)?;
        let day = u32::from_be_bytes(day.try_into().ok()?);
        Some(Self { assistant: UserHandle(number(assistant)?), user: UserHandle(number(user)?), day })
    }
}

impl RecordKey for (MediaId, ConversationId, Seq) {
    fn to_key(&self) -> Key {
        self.0.to_key().then(&self.1.0.to_be_bytes()).then(&self.2.0.to_be_bytes())
    }
    fn from_key(bytes: &[u8]) -> Option<Self> {
        let (media, rest) = bytes.split_at_checked(16)?;
        let (conversation, seq) = rest.split_at_checked(8)?;
        Some((MediaId::from_key(media)?, ConversationId(number(conversation)?), Seq(number(seq)?)))
    }
}

/// `app · kind · term · 0 · id`: the zero ends the term, so that "an" stands before "ann" whatever follows.
impl RecordKey for DirectoryKey {
    fn to_key(&self) -> Key {
        let head = Key::empty().then(&self.app.0.to_be_bytes()).then(&[self.kind]);
        head.then(self.term.as_bytes()).then(&[0]).then(&self.id.to_be_bytes())
    }
    fn from_key(bytes: &[u8]) -> Option<Self> {
        let (app, rest) = bytes.split_first_chunk::<4>()?;
        let (kind, rest) = rest.split_first()?;
        let (term, id) = rest.split_last_chunk::<8>()?;
        let (0, term) = term.split_last().map(|(zero, term)| (*zero, term))? else { return None };
        let term = std::str::from_utf8(term).ok()?.to_owned();
        Some(Self { app: AppId(u32::from_be_bytes(*app)), kind: *kind, term, id: u64::from_be_bytes(*id) })
    }
}

impl RecordKey for InviteKey {
    fn to_key(&self) -> Key {
        Key::empty().then(self.0.as_str().as_bytes())
    }
    fn from_key(bytes: &[u8]) -> Option<Self> {
        InviteCode::new(std::str::from_utf8(bytes).ok()?).ok().map(Self)
    }
}

impl RecordKey for InviteListKey {
    fn to_key(&self) -> Key {
        let (kind, id) = match self.to {
            InviteTo::Group(group) => (0, group.0),
            InviteTo::App(app) => (1, u64::from(app.0)),
        };
        let code = self.code.as_ref().map_or(&[][..], |code| code.as_str().as_bytes());
        Key::empty().then(&[kind]).then(&id.to_be_bytes()).then(code)
    }
    fn from_key(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        let (id, code) = rest.split_first_chunk::<8>()?;
        let id = u64::from_be_bytes(*id);
        let to = match kind {
            0 => InviteTo::Group(ConversationId(id)),
            1 => InviteTo::App(AppId(u32::try_from(id).ok()?)),
            _ => return None,
        };
        let code = match code {
            [] => None,
            code => Some(InviteCode::new(std::str::from_utf8(code).ok()?).ok()?),
        };
        Some(Self { to, code })
    }
}

impl RecordKey for (AppId, WebhookId) {
    fn to_key(&self) -> Key {
        self.0.to_key().then(&self.1.0.to_be_bytes())
    }
    fn from_key(bytes: &[u8]) -> Option<Self> {
        let (app, webhook) = bytes.split_first_chunk::<4>()?;
        Some((AppId(u32::from_be_bytes(*app)), WebhookId(number(webhook)?)))
    }
}

fn position(bytes: &[u8]) -> Option<EventPosition> {
    let (lsn, nth) = bytes.split_at_checked(8)?;
    Some(EventPosition { lsn: Lsn(number(lsn)?), nth: u32::from_be_bytes(nth.try_into().ok()?) })
}

impl RecordKey for OutboxKey {
    fn to_key(&self) -> Key {
        let head = self.webhook.to_key().then(&self.conversation.0.to_be_bytes());
        head.then(&self.position.lsn.0.to_be_bytes()).then(&self.position.nth.to_be_bytes())
    }
    fn from_key(bytes: &[u8]) -> Option<Self> {
        let (webhook, rest) = bytes.split_at_checked(8)?;
        let (conversation, rest) = rest.split_at_checked(8)?;
        let (webhook, conversation) = (WebhookId(number(webhook)?), ConversationId(number(conversation)?));
        Some(Self { webhook, conversation, position: position(rest)? })
    }
}

impl RecordKey for DeadLetterKey {
    fn to_key(&self) -> Key {
        self.webhook.to_key().then(&self.position.lsn.0.to_be_bytes()).then(&self.position.nth.to_be_bytes())
    }
    fn from_key(bytes: &[u8]) -> Option<Self> {
        let (webhook, rest) = bytes.split_at_checked(8)?;
        Some(Self { webhook: WebhookId(number(webhook)?), position: position(rest)? })
    }
}

impl RecordKey for (UserHandle, model::Key) {
    fn to_key(&self) -> Key {
        self.0.to_key().then(&self.1.0)
    }
    fn from_key(bytes: &[u8]) -> Option<Self> {
        let (user, key) = bytes.split_at_checked(8)?;
        Some((UserHandle(number(user)?), model::Key(key.try_into().ok()?)))
    }
}

impl RecordKey for (model::Key, UserHandle) {
    fn to_key(&self) -> Key {
        Key::empty().then(&self.0.0).then(&self.1.0.to_be_bytes())
    }
    fn from_key(bytes: &[u8]) -> Option<Self> {
        let (key, user) = bytes.split_at_checked(16)?;
        Some((model::Key(key.try_into().ok()?), UserHandle(number(user)?)))
    }
}

impl RecordKey for (UserHandle, ConversationId, Seq) {
    fn to_key(&self) -> Key {
        Key::empty().then(&self.0.0.to_be_bytes()).then(&self.1.0.to_be_bytes()).then(&self.2.0.to_be_bytes())
    }
    fn from_key(bytes: &[u8]) -> Option<Self> {
        let (user, rest) = bytes.split_at_checked(8)?;
        let (conversation, seq) = rest.split_at_checked(8)?;
        Some((UserHandle(number(user)?), ConversationId(number(conversation)?), Seq(number(seq)?)))
    }
}
