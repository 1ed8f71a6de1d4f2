//! What an app has and is managed through two doors: by the app itself with a key of it, at `/apps/{app}/…`, and by administrators, at
//! `/admin/…`. Each resource here has one set of handlers, which take a [`Manager`]; their descriptions leave the door out.

mod before_hooks;
mod bot_tokens;
mod origins;
mod signed_tokens;
mod users;
mod webhooks;

use super::admin::InApp;
use super::answers::created;
use super::caller::{AppCaller, Caller, unexpected};
use super::extract::{At, Find, Json};
use super::problem::Problem;
use super::{ApiState, ROOT};
use crate::model::{Actor, AppRef, Refusal};
use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, RefOr, Required, Type};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

/// The routes of these resources, through both doors.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .merge(webhooks::router())
        .merge(before_hooks::router())
        .merge(origins::router())
        .merge(bot_tokens::router())
        .merge(signed_tokens::router())
        .merge(users::router())
}

/// Through which door an app is managed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    /// The app's own, with a key of it.
    Key,
    /// The administrators', to what an app has: the path names the app.
    App,
    /// The administrators', to a user: the query names the app, and without it is `home`.
    User,
}

impl Door {
    /// Where what is behind it begins.
    const fn root(self) -> &'static str {
        match self {
            Self::Key => "/apps/{app}",
            Self::App => "/admin/apps/{app}",
            Self::User => "/admin",
        }
    }

    const fn tag(self) -> &'static str {
        match self {
            Self::Key => "apps",
            Self::App | Self::User => "administration",
        }
    }

    /// What says which app.
    fn parameters(self) -> Vec<Parameter> {
        let words = match self {
            Self::Key => "The app of the key, by name or number.",
            Self::App => "The app by name or number.",
            Self::User => return InApp::into_params(|| None),
        };
        let parameter = ParameterBuilder::new()
            .name("app")
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description(Some(words))
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
            .example(Some("shop".into()));
        vec![parameter.build()]
    }

    /// Routes as they are behind it.
    fn before(self, (schemas, mut paths, handlers): UtoipaMethodRouter<ApiState>) -> UtoipaMethodRouter<ApiState> {
        let found = std::mem::take(&mut paths.paths);
        for (path, mut item) in found {
            let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
            operations.into_iter().flatten().for_each(|operation| self.describe(operation));
            paths.paths.insert(format!("{}{path}", self.root()), item);
        }
        (schemas, paths, handlers)
    }

    fn describe(self, operation: &mut Operation) {
        operation.tags = Some(vec![self.tag().into()]);
        let app = self.parameters().into_iter().map(RefOr::T);
        operation.parameters.get_or_insert_default().splice(0..0, app);
    }
}

/// Routes to something that an app has, through both doors.
fn of_apps(routes: UtoipaMethodRouter<ApiState>) -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(Door::Key.before(routes.clone())).routes(Door::App.before(routes))
}

/// Routes to a user of an app, through both doors.
fn of_users(routes: UtoipaMethodRouter<ApiState>) -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(Door::Key.before(routes.clone())).routes(Door::User.before(routes))
}

/// Who manages an app, and which one: the app itself, or an administrator, as the door wants.
struct Manager {
    app: AppRef,
    who: Who,
}

enum Who {
    App(AppCaller),
    Administrator(Box<Caller>, Door),
}

/// What the path says of the app.
#[derive(Deserialize)]
struct OfApp {
    app: String,
}

impl FromRequestParts<ApiState> for Manager {
    type Rejection = Problem;
    /// The route that has led here says which door it is; who acts is found out as everywhere.
    async fn from_request_parts(parts: &mut Parts, api: &ApiState) -> Result<Self, Problem> {
        let path = parts.extensions.get::<MatchedPath>().and_then(|path| path.as_str().strip_prefix(ROOT));
        let behind = |door: &Door| path.is_some_and(|path| path.starts_with(door.root()));
        let door = [Door::Key, Door::App, Door::User].into_iter().find(behind).ok_or_else(unexpected)?;
        let app = match door {
            Door::Key => {
                let caller = AppCaller::from_request_parts(parts, api).await?;
                return Ok(Self { app: caller.app(), who: Who::App(caller) });
            }
            Door::App => AppRef(At::<OfApp>::from_request_parts(parts, api).await?.0.app),
            Door::User => Find::<InApp>::from_request_parts(parts, api).await?.0.app(),
        };
        let caller = Caller::from_request_parts(parts, api).await?;
        Ok(Self { app, who: Who::Administrator(Box::new(caller), door) })
    }
}

impl Manager {
    /// Who asks, as commands take it.
    fn by(&self) -> Actor {
        match &self.who {
            Who::App(caller) => caller.by(),
            Who::Administrator(caller, _) => caller.by(),
        }
    }

    /// The app that they manage.
    fn app(&self) -> AppRef {
        self.app.clone()
    }

    /// Counts a change by the app as its commands count. Administrators change as often as they may ask.
    fn count(&self, api: &ApiState) -> Result<(), Refusal> {
        match &self.who {
            Who::App(caller) => caller.take_turn(api),
            Who::Administrator(..) => Ok(()),
        }
    }

    /// Counts what makes this server ask another one; of administrators, too.
    fn count_call(&self, api: &ApiState) -> Result<(), Refusal> {
        match &self.who {
            Who::App(caller) => caller.take_turn(api),
            Who::Administrator(caller, _) => caller.take_turn(),
        }
    }

    /// The answer that something was made; `place` is where it is, behind the door.
    fn made(&self, place: &str, body: Json<impl Serialize>) -> Response {
        let door = match self.who {
            Who::App(_) => Door::Key,
            Who::Administrator(_, door) => door,
        };
        created(&format!("{ROOT}{}{place}", door.root().replace("{app}", &self.app.0)), body)
    }
}
