//! `/admin/apps/{app}/webhooks`: the webhooks of an app, for administrators. What they show and take is as in `/apps/{app}/webhooks`,
//! which the app itself uses.

use crate::http::api::answers::created;
use crate::http::api::apps::webhooks::{
    DeadLetterPage, DeliveryList, Replay, Replayed, WebhookList, WebhookWithSecret, Which, position,
};
use crate::http::api::caller::Caller;
use crate::http::api::extract::{At, Find, Json};
use crate::http::api::problem::Problem;
use crate::http::api::{ApiState, ROOT};
use crate::model::{AppRef, WebhookId, WebhookInfo, WebhookSettings};
use crate::webhooks::Delivery;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .routes(routes!(list, create))
        .routes(routes!(one, set, delete))
        .routes(routes!(rotate))
        .routes(routes!(test))
        .routes(routes!(deliveries))
        .routes(routes!(dead))
        .routes(routes!(replay))
}

/// List the webhooks of an app
#[utoipa::path(get, path = "/admin/apps/{app}/webhooks", tag = "administration",
    params(("app" = String, Path, description = "The app by name or number.", example = "shop")),
    responses((status = 200, description = "All of them, without their secrets.", body = WebhookList)))]
async fn list(State(api): State<ApiState>, caller: Caller, At(app): At<String>) -> Result<Json<WebhookList>, Problem> {
    Ok(Json(WebhookList { webhooks: api.office.webhooks(&caller.by(), AppRef(app)).await? }))
}

/// Make a webhook of an app
///
/// From now on each event of the app that it wants is posted to its address, signed per Standard Webhooks. At most 20.
#[utoipa::path(post, path = "/admin/apps/{app}/webhooks", tag = "administration",
    params(("app" = String, Path, description = "The app by name or number.", example = "shop")),
    request_body = WebhookSettings,
    responses((status = 201, description = "The webhook with its secret, which is told this once.", body = WebhookWithSecret)))]
async fn create(
    State(api): State<ApiState>,
    caller: Caller,
    At(app): At<String>,
    Json(settings): Json<WebhookSettings>,
) -> Result<Response, Problem> {
    // Who may not make one learns nothing of where this server may connect to.
    api.office.webhooks(&caller.by(), AppRef(app.clone())).await?;
    api.webhooks.check(&settings)?;
    let made = api.office.create_webhook(&caller.by(), AppRef(app.clone()), settings).await?;
    api.webhooks.changed();
    let location = format!("{ROOT}/admin/apps/{app}/webhooks/{}", made.webhook.webhook);
    Ok(created(&location, Json(WebhookWithSecret::from(made))))
}

/// Show a webhook of an app
///
/// How it is, how far it has got, how many events wait, and how many were given up.
#[utoipa::path(get, path = "/admin/apps/{app}/webhooks/{webhook}", tag = "administration",
    params(
        ("app" = String, Path, description = "The app by name or number.", example = "shop"),
        ("webhook" = WebhookId, Path, description = "The number of the webhook.")),
    responses((status = 200, description = "The webhook.", body = WebhookInfo)))]
async fn one(
    State(api): State<ApiState>,
    caller: Caller,
    At((app, webhook)): At<(String, WebhookId)>,
) -> Result<Json<WebhookInfo>, Problem> {
    Ok(Json(api.office.webhook(&caller.by(), AppRef(app), webhook).await?.1))
}

/// Change how a webhook of an app is
///
/// All of it. With `enabled` it is on again after the server has turned it off, and goes on where it stopped.
#[utoipa::path(put, path = "/admin/apps/{app}/webhooks/{webhook}", tag = "administration",
    params(
        ("app" = String, Path, description = "The app by name or number.", example = "shop"),
        ("webhook" = WebhookId, Path, description = "The number of the webhook.")),
    request_body = WebhookSettings,
    responses((status = 200, description = "The webhook as it is now.", body = WebhookInfo)))]
async fn set(
    State(api): State<ApiState>,
    caller: Caller,
    At((app, webhook)): At<(String, WebhookId)>,
    Json(settings): Json<WebhookSettings>,
) -> Result<Json<WebhookInfo>, Problem> {
    api.office.webhook(&caller.by(), AppRef(app.clone()), webhook).await?;
    api.webhooks.check(&settings)?;
    let set = api.office.set_webhook(&caller.by(), AppRef(app), webhook, settings).await?;
    api.webhooks.changed();
    Ok(Json(set))
}

/// Delete a webhook of an app
///
/// Nothing is posted to it any more; what waits and what was given up is forgotten.
#[utoipa::path(delete, path = "/admin/apps/{app}/webhooks/{webhook}", tag = "administration",
    params(
        ("app" = String, Path, description = "The app by name or number.", example = "shop"),
        ("webhook" = WebhookId, Path, description = "The number of the webhook.")),
    responses((status = 204, description = "It is deleted.")))]
async fn delete(
    State(api): State<ApiState>,
    caller: Caller,
    At((app, webhook)): At<(String, WebhookId)>,
) -> Result<StatusCode, Problem> {
    api.office.delete_webhook(&caller.by(), AppRef(app), webhook).await?;
    api.webhooks.changed();
    Ok(StatusCode::NO_CONTENT)
}

/// Give a webhook of an app another secret
///
/// For 24 hours what is posted is signed with both, so that whoever verifies can change over.
#[utoipa::path(post, path = "/admin/apps/{app}/webhooks/{webhook}/rotation", tag = "administration",
    params(
        ("app" = String, Path, description = "The app by name or number.", example = "shop"),
        ("webhook" = WebhookId, Path, description = "The number of the webhook.")),
    responses((status = 200, description = "The webhook with its new secret.", body = WebhookWithSecret)))]
async fn rotate(
    State(api): State<ApiState>,
    caller: Caller,
    At((app, webhook)): At<(String, WebhookId)>,
) -> Result<Json<WebhookWithSecret>, Problem> {
    let made = api.office.rotate_webhook(&caller.by(), AppRef(app), webhook).await?;
    api.webhooks.changed();
    Ok(Json(made.into()))
}

/// Post a test to a webhook of an app
///
/// Once, also when it is off: an event of the type `test`. Waits for the answer.
#[utoipa::path(post, path = "/admin/apps/{app}/webhooks/{webhook}/test", tag = "administration",
    params(
        ("app" = String, Path, description = "The app by name or number.", example = "shop"),
        ("webhook" = WebhookId, Path, description = "The number of the webhook.")),
    responses((status = 200, description = "What came of it.", body = Delivery)))]
async fn test(
    State(api): State<ApiState>,
    caller: Caller,
    At((app, webhook)): At<(String, WebhookId)>,
) -> Result<Json<Delivery>, Problem> {
    caller.take_turn()?;
    let (app, _) = api.office.webhook(&caller.by(), AppRef(app), webhook).await?;
    Ok(Json(api.webhooks.test((app, webhook)).await?))
}

/// The last posts to a webhook of an app
///
/// When, which event, what was answered, how long it took.
#[utoipa::path(get, path = "/admin/apps/{app}/webhooks/{webhook}/deliveries", tag = "administration",
    params(
        ("app" = String, Path, description = "The app by name or number.", example = "shop"),
        ("webhook" = WebhookId, Path, description = "The number of the webhook.")),
    responses((status = 200, description = "The last ones.", body = DeliveryList)))]
async fn deliveries(
    State(api): State<ApiState>,
    caller: Caller,
    At((app, webhook)): At<(String, WebhookId)>,
) -> Result<Json<DeliveryList>, Problem> {
    let (app, _) = api.office.webhook(&caller.by(), AppRef(app), webhook).await?;
    Ok(Json(DeliveryList { deliveries: api.webhooks.deliveries((app, webhook)) }))
}

/// List events of a webhook of an app that were given up
///
/// At most 1,000 are kept of a webhook; the oldest make room.
#[utoipa::path(get, path = "/admin/apps/{app}/webhooks/{webhook}/dead", tag = "administration",
    params(
        ("app" = String, Path, description = "The app by name or number.", example = "shop"),
        ("webhook" = WebhookId, Path, description = "The number of the webhook."),
        Which),
    responses((status = 200, description = "A page of them.", body = DeadLetterPage)))]
async fn dead(
    State(api): State<ApiState>,
    caller: Caller,
    At((app, webhook)): At<(String, WebhookId)>,
    Find(Which { after, limit }): Find<Which>,
) -> Result<Json<DeadLetterPage>, Problem> {
    let after = after.map(|after| position("after", &after)).transpose()?;
    let (dead, more) = api.office.dead_letters(&caller.by(), AppRef(app), webhook, (after, limit)).await?;
    let next = dead.last().filter(|_| more).map(|last| last.id.clone());
    Ok(Json(DeadLetterPage { dead, next }))
}

/// Post events of a webhook of an app that were given up once more
///
/// As they are now, before whatever else of their conversations waits.
#[utoipa::path(post, path = "/admin/apps/{app}/webhooks/{webhook}/replay", tag = "administration",
    params(
        ("app" = String, Path, description = "The app by name or number.", example = "shop"),
        ("webhook" = WebhookId, Path, description = "The number of the webhook.")),
    request_body = Replay,
    responses((status = 200, description = "They wait to be posted.", body = Replayed)))]
async fn replay(
    State(api): State<ApiState>,
    caller: Caller,
    At((app, webhook)): At<(String, WebhookId)>,
    Json(Replay { event }): Json<Replay>,
) -> Result<Json<Replayed>, Problem> {
    let event = event.map(|event| position("event", &event)).transpose()?;
    let replayed = api.office.replay_webhook(&caller.by(), AppRef(app), webhook, event).await?;
    api.webhooks.replayed(webhook);
    Ok(Json(Replayed { replayed }))
}
