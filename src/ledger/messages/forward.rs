//! Send a message that the caller can see to another place. It keeps where it was said first, however often it is passed on; what
//! it answered and whom it named stay behind.

use super::send::{Message, target};
use super::{check_not_recalled, content};
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::place::Place;
use crate::ledger::refuse::refuse;
use crate::model::{
    Attachment, Body, Code, CommandResult, ContactCard, ConversationId, Custom, Effect, Entry, Location, Origin, Seq,
    Sticker, Target, Text, UserId,
};
use crate::store::records::MediaRow;
use crate::store::{Read, Tables};

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    from: (ConversationId, Seq),
    to: &Target,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let message = decide(tables, caller, from, to)?;
    message.apply(tables, caller, effects)
}

/// Where it would go, the other side of a direct chat, and what would be said there; else why it would be refused.
pub(in crate::ledger) fn look(
    state: &impl Read,
    caller: &Caller<'_>,
    from: (ConversationId, Seq),
    to: &Target,
) -> Result<(Option<ConversationId>, Option<UserId>, Body), Stop> {
    decide(state, caller, from, to)?.looked_at(state, caller)
}

fn decide(
    state: &impl Read,
    caller: &Caller<'_>,
    (conversation, seq): (ConversationId, Seq),
    to: &Target,
) -> Result<Message, Stop> {
    let to = target(state, caller, to)?;
    // Whoever has left may pass on what they can still read.
    let said = Place::known(state, caller, conversation)?.message(state, seq)?;
    check_not_recalled(&said)?;
    let body = alone(&said)?;
    content::check_body(&body, caller.app(state)?.settings.message_bytes_max)?;
    if let Body::Media(attachment) = &body
        && state.get::<MediaRow>(&attachment.info.media)?.is_none()
    {
        return refuse(Code::NotFound, "The file of this message is not there any more.");
    }
    let origin = said.origin.clone().unwrap_or_else(|| Origin { author: said.author.clone(), at: said.at });
    Message::forwarded(state, caller, to, body, origin)
}

/// What a message says without the conversation it was said in.
fn alone(said: &Entry) -> Result<Body, Stop> {
    let words = |text: &Text| Text { text: text.text.clone(), markdown: text.markdown, ..Text::default() };
    Ok(match &said.body {
        Body::Text(text) => Body::Text(words(text)),
        // Buttons are for those to whom the bot gave them.
        Body::Buttons(buttons) => Body::Text(words(&buttons.text)),
        Body::Answer(answer) if !answer.text.is_empty() => {
            Body::Text(Text { text: answer.text.clone(), markdown: true, ..Text::default() })
        }
        Body::Media(attachment) => {
            Body::Media(Attachment { caption: words(&attachment.caption), ..attachment.clone() })
        }
        Body::Custom(custom) => Body::Custom(Custom { reply_to: None, ..custom.clone() }),
        Body::Location(location) => Body::Location(Location { reply_to: None, ..location.clone() }),
        Body::ContactCard(card) => Body::ContactCard(ContactCard { reply_to: None, ..card.clone() }),
        Body::Post(post) => Body::Post(post.clone()),
        Body::Sticker(sticker) => Body::Sticker(Sticker { reply_to: None, ..sticker.clone() }),
        _ => return refuse(Code::Invalid, format!("What stands at seq {} cannot be forwarded.", said.seq)),
    })
}
