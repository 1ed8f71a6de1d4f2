//! What the notices and files of a conversation say, as the rest of a sentence that begins with their author.

use crate::model::{Body, MediaKind};

/// The rest of the sentence; none for what `chat` and `tail` put in their own words.
pub(super) fn rest(body: &Body) -> Option<String> {
    Some(match body {
        Body::Media(file) => {
            let kind = match file.kind {
                MediaKind::Image => "a picture",
                MediaKind::File => "a file",
                MediaKind::Voice => "a voice message",
                MediaKind::Video => "a film",
            };
            let caption = &file.caption.text;
            let dash = if caption.is_empty() { "" } else { ": " };
            format!("sent {kind}, {}{dash}{caption}", file.info.name)
        }
        Body::Location(place) => {
            let degrees = |e6: i32| format!("{:.6}", f64::from(e6) / 1e6);
            let name = place.name.as_ref().map(|name| format!(", {name}")).unwrap_or_default();
            format!("sent a place: {} {}{name}", degrees(place.latitude_e6), degrees(place.longitude_e6))
        }
        Body::ContactCard(card) => format!("sent the contact {}", card.user),
        Body::Sticker(sticker) => format!("sent {}", sticker.name),
        Body::Buttons(buttons) => {
            let labels: Vec<String> =
                buttons.rows.iter().flat_map(|row| &row.0).map(|button| format!("[{}]", button.label)).collect();
            format!("says: {} {}", buttons.text.text, labels.join(" ")).trim_end().to_owned()
        }
        Body::Pressed { button, .. } => format!("pressed {button}"),
        Body::Post(post) => format!("posted: {}", post.words().join(" | ")),
        Body::EntryPinned { on: true, .. } => "pinned a message".to_owned(),
        Body::EntryPinned { on: false, .. } => "took a pin away".to_owned(),
        Body::RulesChanged { .. } => "changed the rules of the group".to_owned(),
        Body::CardChanged {} => "changed what the group says of itself".to_owned(),
        Body::JoinRequested {} => "asks to join".to_owned(),
        Body::MemberJoined {} => "joined".to_owned(),
        Body::JoinAnswered { user, accepted: true, .. } => format!("let {user} in"),
        Body::JoinAnswered { user, accepted: false, .. } => format!("did not let {user} in"),
        Body::InviteChanged { on: true } => "made an invite link".to_owned(),
        Body::InviteChanged { on: false } => "revoked an invite link".to_owned(),
        Body::ManagerChanged { user, manager: true } => format!("made {user} a manager"),
        Body::ManagerChanged { user, manager: false } => format!("made {user} a plain member"),
        Body::Transferred { user } => format!("handed the group over to {user}"),
        Body::Dissolved {} => "dissolved the group".to_owned(),
        Body::GroupMuted { on: true } => "muted the group".to_owned(),
        Body::GroupMuted { on: false } => "let everybody speak again".to_owned(),
        Body::MemberSilenced { user, until: Some(_) } => format!("silenced {user} for a time"),
        Body::MemberSilenced { user, until: None } => format!("let {user} speak again"),
        Body::AliasChanged { user, alias: Some(alias) } => format!("called {user} “{alias}” here"),
        Body::AliasChanged { user, alias: None } => format!("took the alias of {user} away"),
        Body::ContactRequested { user, .. } => format!("asks {user} to be a contact"),
        Body::ContactAnswered { user, accepted: true } => format!("is a contact of {user} now"),
        Body::ContactAnswered { user, accepted: false } => format!("declined the contact request of {user}"),
        Body::ContactsChanged { .. } => "changed contacts".to_owned(),
        Body::LabelsChanged {} => "changed labels".to_owned(),
        Body::Text(_)
        | Body::Custom(_)
        | Body::Answer(_)
        | Body::Recalled {}
        | Body::Edited { .. }
        | Body::RecalledEntry { .. }
        | Body::Reacted { .. }
        | Body::GroupCreated { .. }
        | Body::MembersAdded { .. }
        | Body::MemberRemoved { .. }
        | Body::MemberLeft {}
        | Body::Renamed { .. }
        | Body::Unreadable(_) => return None,
    })
}
