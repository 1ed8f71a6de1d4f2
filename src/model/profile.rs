//! What users say of themselves, how they may be reached, and how they are right now.

use super::{Emoji, Extra, Line, Lsn, MediaId, Name, Platform, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// What kind of user it is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum UserKind {
    /// Somebody.
    #[default]
    Person,
    /// A program that talks under its own name.
    Bot,
    /// An AI that answers.
    Assistant,
    /// A system that speaks, and is not spoken to.
    Service,
}

impl UserKind {
    /// The id of the user as whom an app itself speaks; of the kind `service`.
    pub const SYSTEM: &'static str = "system";
}

/// What a user says of themselves, besides id and name. All of it is optional and unverified.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Card {
    /// Their picture.
    pub avatar: Option<MediaId>,
    /// Their gender, in their own word.
    pub gender: Option<Line>,
    /// Their birthday, `YYYY-MM-DD` or `MM-DD`.
    pub birthday: Option<Line>,
    /// Where they are.
    pub location: Option<Line>,
    /// A line under the name.
    pub signature: Option<Line>,
    /// The language they prefer, as a BCP 47 tag.
    pub language: Option<Line>,
    /// For finding; shown to others only if their settings say so.
    pub phone: Option<Line>,
    /// For finding; shown to others only if their settings say so.
    pub email: Option<Line>,
    /// Whatever an integrator wants to keep with them.
    pub extra: Extra,
}

/// A user as others see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Profile {
    /// Their id.
    pub user: UserId,
    /// Their display name.
    pub name: Name,
    /// What kind of user.
    pub kind: UserKind,
    /// The rest. `phone` and `email` are left out for others unless shown.
    pub card: Card,
    /// The account is gone; messages of it stay under this id.
    pub deleted: bool,
    /// The last command that changed it.
    pub changed: Lsn,
}

/// What happens with a contact request to a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContactPolicy {
    /// It makes a contact at once.
    Open,
    /// It waits for an answer.
    #[default]
    Approve,
    /// It is refused.
    Closed,
}

/// Who may send direct messages to somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strangers {
    /// Everybody of the app.
    #[default]
    Anyone,
    /// Only those whom they have as a contact.
    Contacts,
}

/// To whom something is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Everybody who may see the user at all.
    #[default]
    Everyone,
    /// Those whom the user has as a contact.
    Contacts,
    /// Nobody.
    Nobody,
}

/// A user's own settings that rules depend on. Nobody else sees them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct UserSettings {
    /// What happens with contact requests.
    pub contact_policy: ContactPolicy,
    /// Who may send direct messages; none: as the app says.
    pub strangers: Option<Strangers>,
    /// Who sees when they were last there.
    pub last_seen: Visibility,
    /// Whether others see the phone number.
    pub show_phone: bool,
    /// Whether others see the e-mail address.
    pub show_email: bool,
}

/// What a user says about being there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// There, when a device is.
    #[default]
    Online,
    /// Not at the desk.
    Away,
    /// Not to be disturbed.
    Busy,
    /// Shown as offline.
    Invisible,
}

/// A user's own state, as they set it; it follows them to every device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct OwnPresence {
    /// How they want to be shown while a device of theirs is there.
    pub availability: Availability,
    /// A few words.
    pub text: Option<Line>,
    /// An emoji.
    pub emoji: Option<Emoji>,
    /// When all of it ends, and they are simply online again.
    pub until: Option<Timestamp>,
}

/// The presence of a user as one reader may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PresenceOf {
    /// Whose.
    pub user: UserId,
    /// How they are.
    pub state: PresenceState,
    /// A few words of theirs.
    pub text: Option<Line>,
    /// An emoji of theirs.
    pub emoji: Option<Emoji>,
    /// When `state`, `text` and `emoji` end.
    pub until: Option<Timestamp>,
    /// What they are there with.
    pub platforms: Vec<Platform>,
    /// When they were last there; none when unknown or not for this reader.
    pub last_seen: Option<Timestamp>,
}

/// How a user is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PresenceState {
    /// No device is connected (or they want to be seen so).
    #[default]
    Offline,
    /// At least one device is connected.
    Online,
    /// They said they are away.
    Away,
    /// They said they are busy.
    Busy,
}
