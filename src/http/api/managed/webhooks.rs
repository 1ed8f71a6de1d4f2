//! `…/webhooks`: addresses of the other system that are told what happens in its app, as it happens.

use super::{Manager, of_apps};
use crate::administration::MadeWebhook;
use crate::http::api::ApiState;
use crate::http::api::admin::users::limit;
use crate::http::api::extract::{At, Find, Json, invalid};
use crate::http::api::problem::Problem;
use crate::model::{DeadLetter, EventPosition, Secret, WebhookId, WebhookInfo, WebhookSettings};
use crate::webhooks::Delivery;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .merge(of_apps(routes!(list, create)))
        .merge(of_apps(routes!(one, set, delete)))
        .merge(of_apps(routes!(rotate)))
        .merge(of_apps(routes!(test)))
        .merge(of_apps(routes!(deliveries)))
        .merge(of_apps(routes!(dead)))
        .merge(of_apps(routes!(replay)))
}

/// Which webhook.
#[derive(Deserialize)]
struct OfWebhook {
    webhook: WebhookId,
}

/// The webhooks of an app.
#[derive(Serialize, ToSchema)]
pub struct WebhookList {
    /// Oldest first.
    pub webhooks: Vec<WebhookInfo>,
}

/// A webhook with its secret.
#[derive(Serialize, ToSchema)]
pub struct WebhookWithSecret {
    /// The webhook.
    #[serde(flatten)]
    webhook: WebhookInfo,
    /// What signs, told this once: give it to a library of Standard Webhooks as it is.
    #[schema(value_type = String, example = "whsec_…")]
    secret: Secret,
}

impl From<MadeWebhook> for WebhookWithSecret {
    fn from(MadeWebhook { webhook, secret }: MadeWebhook) -> Self {
        Self { webhook, secret }
    }
}

/// The last posts to a webhook.
#[derive(Serialize, ToSchema)]
pub struct DeliveryList {
    /// Newest first, at most 50; since the server was started.
    pub deliveries: Vec<Delivery>,
}

/// Which events that were given up.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Start after this one: `next` of the page before.
    pub after: Option<String>,
    /// How many at most (1–200).
    #[serde(default = "limit")]
    #[param(minimum = 1, maximum = 200)]
    pub limit: u32,
}

/// Events that were given up.
#[derive(Serialize, ToSchema)]
pub struct DeadLetterPage {
    /// Oldest first.
    pub dead: Vec<DeadLetter>,
    /// Ask on with `after` set to this; none at the end.
    pub next: Option<String>,
}

/// Which events are posted once more.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Replay {
    /// The `id` of the one; all that were given up when absent.
    pub event: Option<String>,
}

/// How many events are posted once more.
#[derive(Serialize, ToSchema)]
pub struct Replayed {
    /// So many.
    pub replayed: u32,
}

/// List the webhooks of an app
#[utoipa::path(get, path = "/webhooks",
    responses((status = 200, description = "All of them, without their secrets.", body = WebhookList)))]
async fn list(State(api): State<ApiState>, manager: Manager) -> Result<Json<WebhookList>, Problem> {
    Ok(Json(WebhookList { webhooks: api.office.webhooks(&manager.by(), manager.app()).await? }))
}

/// Make a webhook of an app
///
/// From now on each event of `GET /apps/{app}/events` that it wants is posted to its address, signed per Standard Webhooks. At most 20.
#[utoipa::path(post, path = "/webhooks",
    request_body = WebhookSettings,
    responses((status = 201, description = "The webhook with its secret, which is told this once.", body = WebhookWithSecret)))]
async fn create(
    State(api): State<ApiState>,
    manager: Manager,
    Json(settings): Json<WebhookSettings>,
) -> Result<Response, Problem> {
    manager.count(&api)?;
    // Who may not make one learns nothing of where this server may connect to.
    api.office.webhooks(&manager.by(), manager.app()).await?;
    api.webhooks.check(&settings)?;
    let made = api.office.create_webhook(&manager.by(), manager.app(), settings).await?;
    api.webhooks.changed();
    let place = format!("/webhooks/{}", made.webhook.webhook);
    Ok(manager.made(&place, Json(WebhookWithSecret::from(made))))
}

/// Show a webhook of an app
///
/// How it is, how far it has got, how many events wait, and how many were given up.
#[utoipa::path(get, path = "/webhooks/{webhook}",
    params(("webhook" = WebhookId, Path, description = "The number of the webhook.")),
    responses((status = 200, description = "The webhook.", body = WebhookInfo)))]
async fn one(
    State(api): State<ApiState>,
    manager: Manager,
    At(OfWebhook { webhook }): At<OfWebhook>,
) -> Result<Json<WebhookInfo>, Problem> {
    Ok(Json(api.office.webhook(&manager.by(), manager.app(), webhook).await?.1))
}

/// Change how a webhook of an app is
///
/// All of it. With `enabled` it is on again after the server has turned it off, and goes on where it stopped.
#[utoipa::path(put, path = "/webhooks/{webhook}",
    params(("webhook" = WebhookId, Path, description = "The number of the webhook.")),
    request_body = WebhookSettings,
    responses((status = 200, description = "The webhook as it is now.", body = WebhookInfo)))]
async fn set(
    State(api): State<ApiState>,
    manager: Manager,
    At(OfWebhook { webhook }): At<OfWebhook>,
    Json(settings): Json<WebhookSettings>,
) -> Result<Json<WebhookInfo>, Problem> {
    manager.count(&api)?;
    api.office.webhook(&manager.by(), manager.app(), webhook).await?;
    api.webhooks.check(&settings)?;
    let set = api.office.set_webhook(&manager.by(), manager.app(), webhook, settings).await?;
    api.webhooks.changed();
    Ok(Json(set))
}

/// Delete a webhook of an app
///
/// Nothing is posted to it any more; what waits and what was given up is forgotten.
#[utoipa::path(delete, path = "/webhooks/{webhook}",
    params(("webhook" = WebhookId, Path, description = "The number of the webhook.")),
    responses((status = 204, description = "It is deleted.")))]
async fn delete(
    State(api): State<ApiState>,
    manager: Manager,
    At(OfWebhook { webhook }): At<OfWebhook>,
) -> Result<StatusCode, Problem> {
    manager.count(&api)?;
    api.office.delete_webhook(&manager.by(), manager.app(), webhook).await?;
    api.webhooks.changed();
    Ok(StatusCode::NO_CONTENT)
}

/// Give a webhook of an app another secret
///
/// For 24 hours what is posted is signed with both, so that whoever verifies can change over.
#[utoipa::path(post, path = "/webhooks/{webhook}/rotation",
    params(("webhook" = WebhookId, Path, description = "The number of the webhook.")),
    responses((status = 200, description = "The webhook with its new secret.", body = WebhookWithSecret)))]
async fn rotate(
    State(api): State<ApiState>,
    manager: Manager,
    At(OfWebhook { webhook }): At<OfWebhook>,
) -> Result<Json<WebhookWithSecret>, Problem> {
    manager.count(&api)?;
    let made = api.office.rotate_webhook(&manager.by(), manager.app(), webhook).await?;
    api.webhooks.changed();
    Ok(Json(made.into()))
}

/// Post a test to a webhook of an app
///
/// Once, also when it is off: an event of the type `test`. Waits for the answer.
#[utoipa::path(post, path = "/webhooks/{webhook}/test",
    params(("webhook" = WebhookId, Path, description = "The number of the webhook.")),
    responses((status = 200, description = "What came of it.", body = Delivery)))]
async fn test(
    State(api): State<ApiState>,
    manager: Manager,
    At(OfWebhook { webhook }): At<OfWebhook>,
) -> Result<Json<Delivery>, Problem> {
    manager.count_call(&api)?;
    let (app, _) = api.office.webhook(&manager.by(), manager.app(), webhook).await?;
    Ok(Json(api.webhooks.test((app, webhook)).await?))
}

/// The last posts to a webhook of an app
///
/// When, which event, what was answered, how long it took.
#[utoipa::path(get, path = "/webhooks/{webhook}/deliveries",
    params(("webhook" = WebhookId, Path, description = "The number of the webhook.")),
    responses((status = 200, description = "The last ones.", body = DeliveryList)))]
async fn deliveries(
    State(api): State<ApiState>,
    manager: Manager,
    At(OfWebhook { webhook }): At<OfWebhook>,
) -> Result<Json<DeliveryList>, Problem> {
    let (app, _) = api.office.webhook(&manager.by(), manager.app(), webhook).await?;
    Ok(Json(DeliveryList { deliveries: api.webhooks.deliveries((app, webhook)) }))
}

/// List events of a webhook of an app that were given up
///
/// At most 1,000 are kept of a webhook; the oldest make room.
#[utoipa::path(get, path = "/webhooks/{webhook}/dead",
    params(("webhook" = WebhookId, Path, description = "The number of the webhook."), Which),
    responses((status = 200, description = "A page of them.", body = DeadLetterPage)))]
async fn dead(
    State(api): State<ApiState>,
    manager: Manager,
    At(OfWebhook { webhook }): At<OfWebhook>,
    Find(Which { after, limit }): Find<Which>,
) -> Result<Json<DeadLetterPage>, Problem> {
    let after = after.map(|after| position("after", &after)).transpose()?;
    let (dead, more) = api.office.dead_letters(&manager.by(), manager.app(), webhook, (after, limit)).await?;
    let next = dead.last().filter(|_| more).map(|last| last.id.clone());
    Ok(Json(DeadLetterPage { dead, next }))
}

/// Post events of a webhook of an app that were given up once more
///
/// As they are now, before whatever else of their conversations waits.
#[utoipa::path(post, path = "/webhooks/{webhook}/replay",
    params(("webhook" = WebhookId, Path, description = "The number of the webhook.")),
    request_body = Replay,
    responses((status = 200, description = "They wait to be posted.", body = Replayed)))]
async fn replay(
    State(api): State<ApiState>,
    manager: Manager,
    At(OfWebhook { webhook }): At<OfWebhook>,
    Json(Replay { event }): Json<Replay>,
) -> Result<Json<Replayed>, Problem> {
    manager.count(&api)?;
    let event = event.map(|event| position("event", &event)).transpose()?;
    let replayed = api.office.replay_webhook(&manager.by(), manager.app(), webhook, event).await?;
    api.webhooks.replayed(webhook);
    Ok(Json(Replayed { replayed }))
}

/// Reads the place of an event; `name` is what it was given as.
pub fn position(name: &str, text: &str) -> Result<EventPosition, Problem> {
    text.parse().map_err(|error| invalid(format!("`{name}` is not right: {error}.")))
}
