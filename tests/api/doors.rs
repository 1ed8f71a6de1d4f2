//! Every door of the REST interface, and what somebody without a right gets there.

use super::text;
use serde_json::{Value, json};

/// What somebody without a right gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gets {
    /// What is their own, or nobody's: no refusal.
    Own,
    /// 404 `not_found`, and word for word the same for what does not exist at all.
    Hidden,
    /// A refusal with this code.
    No(u16, &'static str),
}
use Gets::{Hidden, No, Own};

/// A door: what is asked of it, and what a user of the same app, a former member, and a user of another app get.
pub struct Door {
    pub method: &'static str,
    pub path: &'static str,
    pub body: Option<Value>,
    pub stranger: Gets,
    pub former: Gets,
    pub other_app: Gets,
    /// Nobody needs to be logged in.
    pub open: bool,
}

fn door(method: &'static str, path: &'static str, gets: [Gets; 3]) -> Door {
    let [stranger, former, other_app] = gets;
    Door { method, path, body: None, stranger, former, other_app, open: false }
}

impl Door {
    fn with(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    fn open(mut self) -> Self {
        self.open = true;
        self
    }
}

/// What belongs to nobody or to the caller.
const OWN: [Gets; 3] = [Own, Own, Own];
/// What members read, and former members still do.
const READ: [Gets; 3] = [Hidden, Own, Hidden];
/// What members do.
const MEMBERS: [Gets; 3] = [Hidden, No(403, "not_member"), Hidden];
/// What nobody else learns of.
const HIDDEN: [Gets; 3] = [Hidden; 3];

/// What is somebody's alone; the refusal names the label that was asked for.
const LABEL: [Gets; 3] = [No(404, "not_found"); 3];

/// What other systems do with a key of their app.
const KEYS: [Gets; 3] = [No(403, "forbidden"); 3];

/// What administrators do.
const ADMIN: [Gets; 3] = [No(403, "forbidden"); 3];

/// Every door. `{conversation}` is a group of Ada and Bob, `{seq}` a message of hers there, `{user}` Bob, `{session}` a session
/// of hers.
pub fn doors() -> Vec<Door> {
    let group = json!({"group": {"title": "mine"}});
    vec![
        door("POST", "/sessions", OWN).with(json!({"user": "nobody", "password": "no such user"})).open(),
        door("GET", "/server", OWN).open(),
        door("GET", "/sessions", OWN),
        door("DELETE", "/sessions/{session}", [No(404, "not_found"); 3]),
        door("GET", "/me", OWN),
        door("GET", "/users?ids=ada,bob", OWN),
        door("GET", "/users/{user}", [Own, Own, Hidden]),
        door("POST", "/users/{user}/entries", [Own, Own, Hidden]).with(text("hello")),
        door("GET", "/conversations", OWN),
        door("POST", "/conversations", OWN).with(group),
        door("GET", "/conversations/{conversation}", READ),
        door("PATCH", "/conversations/{conversation}", READ).with(json!({"pinned": true})),
        door("PUT", "/conversations/{conversation}/read", READ).with(json!({"seq": 1})),
        door("PUT", "/conversations/{conversation}/delivered", READ).with(json!({"seq": 1})),
        door("GET", "/conversations/{conversation}/entries", READ),
        door("POST", "/conversations/{conversation}/entries", MEMBERS).with(text("hello")),
        door("GET", "/conversations/{conversation}/entries/{seq}", READ),
        door("PATCH", "/conversations/{conversation}/entries/{seq}", MEMBERS).with(json!({"text": "forged"})),
        door("DELETE", "/conversations/{conversation}/entries/{seq}", MEMBERS),
        door("GET", "/conversations/{conversation}/entries/{seq}/receipts", [Hidden, No(403, "not_member"), Hidden]),
        door("PUT", "/conversations/{conversation}/entries/{seq}/reactions/{emoji}", MEMBERS),
        door("DELETE", "/conversations/{conversation}/entries/{seq}/reactions/{emoji}", MEMBERS),
        door("GET", "/conversations/{conversation}/members", [Hidden, No(403, "not_member"), Hidden]),
        door("POST", "/conversations/{conversation}/members", MEMBERS).with(json!({"users": ["eve"]})),
        door("DELETE", "/conversations/{conversation}/members/{user}", MEMBERS),
        door("POST", "/media?name=x", OWN).with(json!("a file")),
        door("GET", "/media/{media}", HIDDEN),
        door("GET", "/media/{media}/content", HIDDEN),
        door("GET", "/media/{media}/thumbnail", HIDDEN),
        door("POST", "/media/{media}/link", HIDDEN).with(json!({})),
        door("POST", "/uploads", OWN).with(json!({"name": "x", "bytes": 9})),
        door("GET", "/uploads/{upload}", HIDDEN),
        door("PATCH", "/uploads/{upload}", HIDDEN),
        door("DELETE", "/uploads/{upload}", HIDDEN),
        door("GET", "/search?q=colour", OWN),
        door("GET", "/search?q=colour&conversation={conversation}", READ),
        // Assistants, of which there is none here.
        door("GET", "/assistants", OWN),
        door("POST", "/assistants/{user}/conversations", [No(400, "invalid"), No(400, "invalid"), Hidden])
            .with(json!({})),
        door("POST", "/assistants/{user}/tasks", [No(404, "not_found"); 3])
            .with(json!({"summarise": {"conversation": 1}})),
        door("GET", "/conversations/{conversation}/drafts", READ),
        door("DELETE", "/conversations/{conversation}/drafts", MEMBERS),
        door("POST", "/conversations/{conversation}/entries/{seq}/regenerate", MEMBERS).with(json!({})),
        door("GET", "/stream?after=wrong", [No(400, "invalid"); 3]),
        // The history.
        door("DELETE", "/conversations/{conversation}/entries", READ),
        door("GET", "/conversations/{conversation}/place?at=0", READ),
        door("GET", "/conversations/{conversation}/gallery", READ),
        door("GET", "/conversations/{conversation}/pins", READ),
        door("PUT", "/conversations/{conversation}/pins/{seq}", MEMBERS),
        door("DELETE", "/conversations/{conversation}/pins/{seq}", MEMBERS),
        door("POST", "/conversations/{conversation}/entries/{seq}/forward", READ).with(json!({"to": {"user": "bob"}})),
        // The group.
        door("DELETE", "/groups/{conversation}", MEMBERS),
        door("PUT", "/groups/{conversation}/title", MEMBERS).with(json!({"title": "mine"})),
        door("PUT", "/groups/{conversation}/rules", MEMBERS).with(json!({})),
        door("PUT", "/groups/{conversation}/card", MEMBERS).with(json!({})),
        door("PUT", "/groups/{conversation}/owner", MEMBERS).with(json!({"user": "bob"})),
        door("PUT", "/groups/{conversation}/mute", MEMBERS),
        door("DELETE", "/groups/{conversation}/mute", MEMBERS),
        door("PUT", "/groups/{conversation}/managers/{user}", MEMBERS),
        door("DELETE", "/groups/{conversation}/managers/{user}", MEMBERS),
        door("PUT", "/groups/{conversation}/silences/{user}", MEMBERS).with(json!({"until": 4_000_000_000_000_u64})),
        door("DELETE", "/groups/{conversation}/silences/{user}", MEMBERS),
        door("PUT", "/groups/{conversation}/aliases/{user}", MEMBERS).with(json!({"alias": "x"})),
        door("POST", "/groups/{conversation}/join", [Hidden, No(403, "closed_group"), Hidden]).with(json!({})),
        door("GET", "/groups/{conversation}/join-requests", [Hidden, No(403, "not_member"), Hidden]),
        door("PUT", "/groups/{conversation}/join-requests/{user}", MEMBERS).with(json!({"accept": true})),
        door("GET", "/groups/{conversation}/invites", [Hidden, No(403, "not_member"), Hidden]),
        door("POST", "/groups/{conversation}/invites", MEMBERS).with(json!({})),
        door("DELETE", "/groups/{conversation}/invites/{code}", MEMBERS),
        door("GET", "/invites/{code}", [Own, Own, Hidden]),
        // What people keep for themselves.
        door("GET", "/contacts", OWN),
        door("DELETE", "/contacts", OWN),
        door("GET", "/contacts/{user}", [No(404, "not_found"), No(404, "not_found"), Hidden]),
        door("PUT", "/contacts/{user}", [No(404, "not_contact"), No(404, "not_contact"), Hidden]).with(json!({})),
        door("DELETE", "/contacts/{user}", [Own, Own, Hidden]),
        door("GET", "/contact-requests", OWN),
        door("POST", "/contact-requests", [Own, Own, Hidden]).with(json!({"user": "bob"})),
        door("PUT", "/contact-requests/{user}", [No(404, "not_found"), No(404, "not_found"), Hidden])
            .with(json!({"accept": true})),
        door("GET", "/contact-labels", OWN),
        door("POST", "/contact-labels", OWN).with(json!({"name": "mine"})),
        door("PUT", "/contact-labels/{label}", LABEL).with(json!({"name": "stolen"})),
        door("DELETE", "/contact-labels/{label}", LABEL),
        door("POST", "/contact-labels/{label}/contacts", LABEL).with(json!({"remove": ["bob"]})),
        door("GET", "/blocks", OWN),
        door("PUT", "/blocks/{user}", [Own, Own, Hidden]),
        door("DELETE", "/blocks/{user}", [Own, Own, Hidden]),
        door("GET", "/relations?ids=bob", OWN),
        door("GET", "/directory/users?text=bob", OWN),
        door("GET", "/directory/groups?text=Door", OWN),
        door("GET", "/presence?ids=bob", OWN),
        door("GET", "/me/export", OWN),
        door("PUT", "/me/profile", OWN).with(json!({"name": "Somebody"})),
        door("PUT", "/me/settings", OWN).with(json!({})),
        door("GET", "/push/key", OWN),
        door("POST", "/me/push/test", [No(404, "not_found"); 3]),
        door("PUT", "/me/push", OWN).with(json!({
            "endpoint": "http://127.0.0.1:1025/nobody",
            "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "auth": "BTBZMqHH6r4Tts7J_aSIgg",
        })),
        door("DELETE", "/me/push", OWN),
        door("PUT", "/me/presence", OWN).with(json!({})),
        door("POST", "/accounts", OWN).with(json!({"user": "new", "password": "a quiet afternoon"})).open(),
        door("PUT", "/me/password", [No(403, "forbidden"); 3]).with(json!({"old": "x", "new": "a quiet afternoon"})),
        door("POST", "/me/deletion", [No(403, "forbidden"); 3]).with(json!({"password": "x"})),
        // Webhooks into the group.
        door("GET", "/conversations/{conversation}/hooks", MEMBERS),
        door("POST", "/conversations/{conversation}/hooks", MEMBERS).with(json!({"name": "mine"})),
        door("DELETE", "/conversations/{conversation}/hooks/{hook}", MEMBERS),
        door("POST", "/conversations/{conversation}/hooks/{hook}/rotation", MEMBERS).with(json!({})),
        door("GET", "/conversations/{conversation}/hooks/{hook}/calls", MEMBERS),
        // Tokens for MCP.
        door("GET", "/mcp-tokens", OWN),
        door("POST", "/mcp-tokens", [No(404, "not_found"); 3]).with(json!({"name": "mine", "conversations": [1]})),
        door("DELETE", "/mcp-tokens/{token}", HIDDEN),
        // What another system does.
        door("GET", "/apps/{app}", KEYS),
        door("GET", "/apps/{app}/origins", KEYS),
        door("PUT", "/apps/{app}/origins", KEYS).with(json!({"origins": []})),
        door("GET", "/apps/{app}/users", KEYS),
        door("POST", "/apps/{app}/users", KEYS).with(json!({"user": "mine"})),
        door("GET", "/apps/{app}/users/{user}", KEYS),
        door("PUT", "/apps/{app}/users/{user}", KEYS).with(json!({"name": "mine"})),
        door("DELETE", "/apps/{app}/users/{user}", KEYS),
        door("PATCH", "/apps/{app}/users/{user}/flags", KEYS).with(json!({"suspended": true})),
        door("GET", "/apps/{app}/users/{user}/sessions", KEYS),
        door("DELETE", "/apps/{app}/users/{user}/sessions", KEYS),
        door("GET", "/apps/{app}/presence?ids=bob", KEYS),
        door("POST", "/apps/{app}/token-revocation", KEYS).with(json!({})),
        door("GET", "/apps/{app}/events", KEYS),
        door("POST", "/apps/{app}/imports/users", KEYS).with(json!({"users": [{"user": "mine"}]})),
        door("POST", "/apps/{app}/imports/contacts", KEYS)
            .with(json!({"contacts": [{"user": "bob", "contact": "eve"}]})),
        door("POST", "/apps/{app}/imports/members", KEYS)
            .with(json!({"conversation": 1, "by": "ada", "users": ["eve"]})),
        door("GET", "/apps/{app}/webhooks", KEYS),
        door("POST", "/apps/{app}/webhooks", KEYS).with(json!({"url": "https://example.org/"})),
        door("GET", "/apps/{app}/webhooks/{webhook}", KEYS),
        door("PUT", "/apps/{app}/webhooks/{webhook}", KEYS).with(json!({"url": "https://example.org/"})),
        door("DELETE", "/apps/{app}/webhooks/{webhook}", KEYS),
        door("POST", "/apps/{app}/webhooks/{webhook}/rotation", KEYS).with(json!({})),
        door("POST", "/apps/{app}/webhooks/{webhook}/test", KEYS).with(json!({})),
        door("GET", "/apps/{app}/webhooks/{webhook}/deliveries", KEYS),
        door("GET", "/apps/{app}/webhooks/{webhook}/dead", KEYS),
        door("POST", "/apps/{app}/webhooks/{webhook}/replay", KEYS).with(json!({})),
        door("POST", "/apps/{app}/entries", KEYS).with(json!({"to": {"user": "bob"}, "content": text("mine")})),
        door("POST", "/apps/{app}/push", KEYS).with(json!({"users": ["bob"], "kind": "mine"})),
        // What administrators do.
        door("GET", "/apps/{app}/before-hook", KEYS),
        door("PUT", "/apps/{app}/before-hook", KEYS)
            .with(json!({"url": "https://example.org/", "actions": ["message_send"]})),
        door("DELETE", "/apps/{app}/before-hook", KEYS),
        door("POST", "/apps/{app}/before-hook/rotation", KEYS).with(json!({})),
        door("POST", "/apps/{app}/before-hook/test", KEYS).with(json!({})),
        door("GET", "/admin/apps/{app}/before-hook", ADMIN),
        door("PUT", "/admin/apps/{app}/before-hook", ADMIN)
            .with(json!({"url": "https://example.org/", "actions": ["message_send"]})),
        door("DELETE", "/admin/apps/{app}/before-hook", ADMIN),
        door("POST", "/admin/apps/{app}/before-hook/rotation", ADMIN).with(json!({})),
        door("POST", "/admin/apps/{app}/before-hook/test", ADMIN).with(json!({})),
        door("DELETE", "/admin/apps/{app}", ADMIN),
        door("GET", "/admin/apps/{app}/access", ADMIN),
        door("PATCH", "/admin/apps/{app}/access", ADMIN).with(json!({"users_max": 1})),
        door("GET", "/admin/apps/{app}/origins", ADMIN),
        door("PUT", "/admin/apps/{app}/origins", ADMIN).with(json!({"origins": []})),
        door("GET", "/admin/apps/{app}/webhooks", ADMIN),
        door("POST", "/admin/apps/{app}/webhooks", ADMIN).with(json!({"url": "https://example.org/"})),
        door("GET", "/admin/apps/{app}/webhooks/{webhook}", ADMIN),
        door("PUT", "/admin/apps/{app}/webhooks/{webhook}", ADMIN).with(json!({"url": "https://example.org/"})),
        door("DELETE", "/admin/apps/{app}/webhooks/{webhook}", ADMIN),
        door("POST", "/admin/apps/{app}/webhooks/{webhook}/rotation", ADMIN).with(json!({})),
        door("POST", "/admin/apps/{app}/webhooks/{webhook}/test", ADMIN).with(json!({})),
        door("GET", "/admin/apps/{app}/webhooks/{webhook}/deliveries", ADMIN),
        door("GET", "/admin/apps/{app}/webhooks/{webhook}/dead", ADMIN),
        door("POST", "/admin/apps/{app}/webhooks/{webhook}/replay", ADMIN).with(json!({})),
        door("PUT", "/admin/apps/{app}/suspension", ADMIN),
        door("DELETE", "/admin/apps/{app}/suspension", ADMIN),
        door("GET", "/admin/apps/{app}/keys", ADMIN),
        door("POST", "/admin/apps/{app}/keys", ADMIN).with(json!({"kind": "api"})),
        door("DELETE", "/admin/apps/{app}/keys/{key}", ADMIN),
        door("POST", "/admin/apps/{app}/token-revocation", ADMIN).with(json!({})),
        door("GET", "/admin/apps", ADMIN),
        door("POST", "/admin/apps", ADMIN).with(json!({"name": "mine"})),
        door("GET", "/admin/apps/{app}", ADMIN),
        door("GET", "/admin/apps/{app}/settings", ADMIN),
        door("PATCH", "/admin/apps/{app}/settings", ADMIN).with(json!({"hold": true})),
        door("GET", "/admin/users", ADMIN),
        door("POST", "/admin/users", ADMIN).with(json!({"user": "mine"})),
        door("GET", "/admin/users/{user}", ADMIN),
        door("DELETE", "/admin/users/{user}", ADMIN),
        door("PATCH", "/admin/users/{user}/flags", ADMIN).with(json!({"suspended": true})),
        door("PUT", "/admin/users/{user}/administrator", ADMIN).with(json!({"administrator": true})),
        door("PUT", "/admin/users/{user}/password", ADMIN).with(json!({"password": "a quiet afternoon"})),
        door("GET", "/admin/users/{user}/sessions", ADMIN),
        door("DELETE", "/admin/users/{user}/sessions", ADMIN),
        door("POST", "/admin/users/{user}/password-link", ADMIN).with(json!({})),
        door("GET", "/admin/assistants", ADMIN),
        door("GET", "/admin/assistant-presets", ADMIN),
        door("GET", "/admin/assistants/{user}", ADMIN),
        door("PUT", "/admin/assistants/{user}", ADMIN)
            .with(json!({"settings": {"base_url": "http://127.0.0.1:1/v1", "model": "m"}})),
        door("DELETE", "/admin/assistants/{user}", ADMIN),
        door("POST", "/admin/assistants/{user}/test", ADMIN).with(json!({})),
        door("GET", "/admin/audit", ADMIN),
        door("GET", "/admin/conversations/{conversation}/retention", ADMIN),
        door("PUT", "/admin/conversations/{conversation}/retention", ADMIN).with(json!({"hold": true})),
        door("GET", "/admin/invites", ADMIN),
        door("POST", "/admin/invites", ADMIN).with(json!({})),
        door("DELETE", "/admin/invites/{code}", ADMIN),
        door("GET", "/admin/status", ADMIN),
        door("GET", "/admin/status/history", ADMIN),
        door("POST", "/setup", OWN).with(json!({"token": "x", "user": "mine", "password": "a quiet afternoon"})).open(),
        door("POST", "/password-links", OWN).with(json!({"token": "x", "password": "a quiet afternoon"})).open(),
        // Bots: what they offer, their buttons, their tokens.
        door("PUT", "/me/commands", [No(403, "forbidden"); 3]).with(json!({"commands": []})),
        door("GET", "/conversations/{conversation}/commands", [Hidden, No(403, "not_member"), Hidden]),
        door("PUT", "/conversations/{conversation}/entries/{seq}/buttons", MEMBERS).with(json!({"text": "forged"})),
        door("POST", "/conversations/{conversation}/entries/{seq}/presses", MEMBERS).with(json!({"button": "x"})),
        door("GET", "/apps/{app}/users/{user}/tokens", KEYS),
        door("POST", "/apps/{app}/users/{user}/tokens", KEYS).with(json!({})),
        door("DELETE", "/apps/{app}/users/{user}/tokens/{token}", KEYS),
        door("POST", "/apps/{app}/users/{user}/tokens/{token}/rotation", KEYS).with(json!({})),
        door("GET", "/admin/users/{user}/tokens", ADMIN),
        door("POST", "/admin/users/{user}/tokens", ADMIN).with(json!({})),
        door("DELETE", "/admin/users/{user}/tokens/{token}", ADMIN),
        door("POST", "/admin/users/{user}/tokens/{token}/rotation", ADMIN).with(json!({})),
        // Last, because whoever has the code gets in.
        door("POST", "/invites/{code}/join", [Own, Own, Hidden]),
    ]
}
