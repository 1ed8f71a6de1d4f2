//! What bots offer, and what people do with it: commands, and buttons under messages.

use super::ApiState;
use super::answers::Changed;
use super::caller::{Caller, unexpected};
use super::extract::{At, Json};
use super::problem::Problem;
use crate::model::{Answer, BotCommand, ButtonId, ButtonRow, Command, ConversationId, Lsn, OfferedCommand, Query, Seq};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(set)).routes(routes!(offered)).routes(routes!(edit)).routes(routes!(press))
}

/// What a bot offers.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnCommands {
    /// All of its commands, at most 64.
    commands: Vec<BotCommand>,
}

/// What is offered in a conversation.
#[derive(Serialize, ToSchema)]
pub struct OfferedCommands {
    /// The commands by name, those of the same name by bot.
    commands: Vec<OfferedCommand>,
    /// Whether there are more than these 512.
    more: bool,
    /// Everything up to this lsn is in it.
    as_of: Lsn,
}

/// The words and buttons of a message.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewButtons {
    /// The words.
    #[schema(min_length = 1)]
    text: String,
    /// The buttons; none when absent.
    #[serde(default)]
    rows: Vec<ButtonRow>,
}

/// Which button.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PressedButton {
    /// Its id.
    button: ButtonId,
}

/// Set the commands that one offers
///
/// For bots. The list replaces the one before.
#[utoipa::path(put, path = "/me/commands", tag = "bots",
    request_body = OwnCommands,
    responses((status = 200, description = "They are offered from now on.", body = Changed)))]
async fn set(caller: Caller, Json(OwnCommands { commands }): Json<OwnCommands>) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::SetCommands { commands }).await?.into())
}

/// List the commands that are offered in a conversation
///
/// By the bots that belong to it. One is used by sending a text that begins with `/` and its name.
#[utoipa::path(get, path = "/conversations/{conversation}/commands", tag = "bots",
    responses((status = 200, description = "The commands.", body = OfferedCommands)))]
async fn offered(caller: Caller, At(conversation): At<ConversationId>) -> Result<Json<OfferedCommands>, Problem> {
    match caller.ask(Query::BotCommands { conversation }).await? {
        Answer::BotCommands { commands, more, as_of } => Ok(Json(OfferedCommands { commands, more, as_of })),
        _ => Err(unexpected()),
    }
}

/// Edit an own message with buttons
///
/// Its words and its buttons, at any time.
#[utoipa::path(put, path = "/conversations/{conversation}/entries/{seq}/buttons", tag = "bots",
    request_body = NewButtons,
    responses((status = 200, description = "It is as it was sent now.", body = Changed)))]
async fn edit(
    caller: Caller,
    At((conversation, seq)): At<(ConversationId, Seq)>,
    Json(NewButtons { text, rows }): Json<NewButtons>,
) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::EditButtons { conversation, seq, text, rows }).await?.into())
}

/// Press a button of a message
///
/// Whoever wrote the message is told in their feed, with `pressed`.
#[utoipa::path(post, path = "/conversations/{conversation}/entries/{seq}/presses", tag = "bots",
    request_body = PressedButton,
    responses((status = 200, description = "It is pressed: on the server's disk.", body = Changed)))]
async fn press(
    caller: Caller,
    At((conversation, seq)): At<(ConversationId, Seq)>,
    Json(PressedButton { button }): Json<PressedButton>,
) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::Press { conversation, seq, button }).await?.into())
}
