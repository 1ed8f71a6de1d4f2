//! What a key of an app opens: parts of the server API, chosen when the key is made.

use super::{Code, Refusal};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A part of what a key of an app opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AppScope {
    /// Users of the app: made, changed, imported with their contacts and members, signed out, deleted; tokens of bots.
    Users,
    /// Speaking as the app itself, with its user `system` and others of the kind `service`: messages, edits, buttons, reactions, taking
    /// back, their profiles and files. Nothing is read with it.
    Send,
    /// Everything that users do, in their names.
    Act,
    /// Reading: events, presence, users, and what users see, in their names.
    Read,
    /// How the app is set: webhooks, the before-hook, origins.
    Settings,
}

impl AppScope {
    /// Every one, in their order.
    pub const ALL: [Self; 5] = [Self::Users, Self::Send, Self::Act, Self::Read, Self::Settings];

    /// Its name, as everywhere.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Send => "send",
            Self::Act => "act",
            Self::Read => "read",
            Self::Settings => "settings",
        }
    }
}

impl FromStr for AppScope {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|scope| scope.name() == text);
        found.ok_or_else(|| "it is `users`, `send`, `act`, `read` or `settings`".to_owned())
    }
}

/// What a key of an app opens. It is set when the key is made and never changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum AppScopes {
    /// Everything, whatever there will be.
    #[default]
    All,
    /// These parts, in order, each once.
    Only(Vec<AppScope>),
}

impl AppScopes {
    /// These parts, or everything when nothing was said; else what is wrong with them.
    pub fn new(scopes: Option<Vec<AppScope>>) -> Result<Self, &'static str> {
        let Some(mut scopes) = scopes else { return Ok(Self::All) };
        scopes.sort_unstable();
        scopes.dedup();
        if scopes.is_empty() {
            return Err(
                "A key without any scope opens nothing; name some of `users`, `send`, `act`, `read` and `settings`, or leave `scopes` out for a key that opens everything.",
            );
        }
        Ok(Self::Only(scopes))
    }

    /// The parts that there are today.
    pub fn list(&self) -> Vec<AppScope> {
        match self {
            Self::All => AppScope::ALL.to_vec(),
            Self::Only(scopes) => scopes.clone(),
        }
    }

    /// Refuses when none of these is opened, and names them.
    pub fn check(&self, any_of: &[AppScope]) -> Result<(), Refusal> {
        if self.open(any_of) {
            return Ok(());
        }
        let named = named(any_of);
        let words = format!(
            "This key of the app lacks the scope {named}; use one that has it, or have an administrator make one."
        );
        Err(Refusal::new(Code::Forbidden, words))
    }

    /// Whether one of these is opened; everything that needs none is.
    pub fn open(&self, any_of: &[AppScope]) -> bool {
        match self {
            Self::All => true,
            Self::Only(scopes) => any_of.is_empty() || any_of.iter().any(|scope| scopes.contains(scope)),
        }
    }
}

/// Scopes as a refusal names them: `` `read` or `act` ``.
fn named(any_of: &[AppScope]) -> String {
    any_of.iter().map(|scope| format!("`{}`", scope.name())).collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_opens_its_own_parts_and_one_that_says_nothing_opens_all() {
        let only = AppScopes::new(Some(vec![AppScope::Read, AppScope::Users, AppScope::Read])).unwrap();
        assert_eq!(only.list(), [AppScope::Users, AppScope::Read]);
        assert!(only.open(&[]) && only.open(&[AppScope::Act, AppScope::Read]) && !only.open(&[AppScope::Send]));
        assert_eq!(AppScopes::new(None), Ok(AppScopes::All));
        assert!(AppScopes::All.open(&[AppScope::Settings]) && AppScopes::new(Some(Vec::new())).is_err());
        for scope in AppScope::ALL {
            assert_eq!(scope.name().parse(), Ok(scope));
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.name());
        }
        assert!("all".parse::<AppScope>().is_err());
        let refusal = only.check(&[AppScope::Send, AppScope::Act]).unwrap_err();
        assert!(refusal.code == Code::Forbidden && refusal.message.contains("the scope `send` or `act`;"), "{refusal}");
        assert!(only.check(&[AppScope::Read]).is_ok());
    }
}
