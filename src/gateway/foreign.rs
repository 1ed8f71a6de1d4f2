//! Pages of other systems: what a browser says of where a page comes from, and which app lets it in.
//!
//! An app lists the origins of its pages. Before it is known who asks, an origin is let in when any app that is in use lists it; from
//! then on that of whoever asks has to.

use super::{Gateway, login};
use crate::engine::Engine;
use crate::ledger::apps::origins;
use crate::model::{AppId, Code, Refusal, WebOrigin};

/// A page that is not this server's own, as its browser says in `Origin`. Some come from nowhere that can be listed (`null`).
#[derive(Clone, Debug)]
pub struct ForeignPage(Option<WebOrigin>);

impl ForeignPage {
    /// The page of an `Origin`.
    pub fn new(origin: &str) -> Self {
        Self(WebOrigin::new(origin).ok())
    }

    /// Where it comes from, when that can be listed.
    pub const fn origin(&self) -> Option<&WebOrigin> {
        self.0.as_ref()
    }
}

/// Refuses a page that uses an app which does not list its origin.
pub(super) fn check(engine: &Engine, app: AppId, page: Option<&ForeignPage>) -> Result<(), Refusal> {
    let Some(page) = page else { return Ok(()) };
    let listed = page.origin().map(|origin| origins::is_listed(&*engine.view(), app, origin)).transpose();
    if listed.map_err(|fault| login::unreadable(&fault))?.unwrap_or(false) { Ok(()) } else { Err(unlisted()) }
}

fn unlisted() -> Refusal {
    Refusal::new(
        Code::Forbidden,
        "Pages of this origin may not use this app. The app, or an administrator, lists the origins that may (`tidings app origins`).",
    )
}

impl Gateway {
    /// Refuses a page that uses an app which does not list its origin.
    pub fn check_page(&self, app: AppId, page: &ForeignPage) -> Result<(), Refusal> {
        check(self.engine(), app, Some(page))
    }

    /// Refuses a page whose origin no app lists: all that can be said before it is known who asks.
    pub fn check_any(&self, page: &ForeignPage) -> Result<(), Refusal> {
        let listed = page.origin().map(|origin| origins::is_listed_by_any(&*self.engine().view(), origin)).transpose();
        if listed.map_err(|fault| login::unreadable(&fault))?.unwrap_or(false) { Ok(()) } else { Err(unlisted()) }
    }
}
