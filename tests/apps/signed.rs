//! Users whom their app has signed in: the way in over REST and over the socket, and every attack on tokens.

use super::{administrator, key, start};
use crate::support::http::Api;
use crate::support::in_process::Server;
use crate::support::peer::{Peer, Way, hello};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tidings::model::{Secret, Timestamp};
use tidings::protocol::{Auth, Encoding, ServerFrame};

/// Base64url without padding (RFC 4648, section 5).
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token as an app signs it.
pub fn token(secret: &str, header: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(claims.to_string().as_bytes()));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    format!("{message}.{}", base64url(&mac.finalize().into_bytes()))
}

fn seconds(server: &Server) -> u64 {
    server.engine.clock().now().0 / 1_000
}

pub fn claims(server: &Server, app: u32, user: &str) -> Value {
    let now = seconds(server);
    json!({"iss": app.to_string(), "sub": user, "aud": "tidings", "iat": now, "exp": now + 300})
}

pub fn header(key: u64) -> Value {
    json!({"alg": "HS256", "kid": key.to_string(), "typ": "JWT"})
}

async fn exchange(server: &Server, token: &str) -> crate::support::http::Reply {
    Api::at(server.http).post("/sessions", json!({"signed": token})).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_user_is_made_on_first_sight_and_chats_over_rest_and_socket() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    admin.post("/admin/apps", json!({"name": "shop"})).await.ok(201);
    let (kid, secret) = key(&admin, "shop", "hs256").await;
    let mut named = claims(&server, 2, "customer-17");
    named["name"] = json!("Ada Lovelace");
    let opened = exchange(&server, &token(&secret, &header(kid), &named)).await.ok(201);
    assert_eq!((&opened["user"], &opened["app"]), (&json!("customer-17"), &json!(2)));
    let ada = Api::with_token(server.http, &Secret::new(opened["token"].as_str().unwrap()));
    assert_eq!(ada.get("/me").await.ok(200)["profile"]["name"], "Ada Lovelace");

    // The socket takes it, too; the session has a token of its own from then on.
    for encoding in [Encoding::Json, Encoding::Postcard] {
        let bob = token(&secret, &header(kid), &claims(&server, 2, "support"));
        let mut peer = Peer::connect(&server, Way::Tcp(encoding)).await;
        peer.send(&hello(Auth::Signed(Secret::new(bob)), None)).await;
        let ServerFrame::Welcome(welcome) = peer.frame().await else { panic!() };
        assert_eq!((welcome.app.0, welcome.user.as_str()), (2, "support"));
        assert!(welcome.token.unwrap().reveal().starts_with("tds_"));
        ada.post("/users/support/entries", super::text("Where is my parcel?")).await.ok(201);
        let (_, entry) = peer.entry().await;
        assert_eq!(entry.author.as_str(), "customer-17");
    }
    // Nobody is made when the app does not want that.
    admin.patch("/admin/apps/shop/access", json!({"signed_users": false})).await.ok(200);
    let new = exchange(&server, &token(&secret, &header(kid), &claims(&server, 2, "nobody"))).await;
    assert_eq!(new.problem(), (404, "not_found".to_owned()));
    exchange(&server, &token(&secret, &header(kid), &claims(&server, 2, "SUPPORT"))).await.ok(201);
    // Both at once, or neither, is no log-in.
    for body in [json!({}), json!({"user": "ada"}), json!({"signed": "x", "user": "ada", "password": "y"})] {
        assert_eq!(Api::at(server.http).post("/sessions", body).await.problem().0, 400);
    }
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_is_not_right_in_every_way_opens_nothing() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    for name in ["shop", "other"] {
        admin.post("/admin/apps", json!({"name": name})).await.ok(201);
    }
    let (kid, secret) = key(&admin, "shop", "hs256").await;
    let (foreign, foreign_secret) = key(&admin, "other", "hs256").await;
    let (api, api_secret) = key(&admin, "shop", "api").await;
    // The public key of RFC 8037, appendix A.
    let public = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let eddsa = json!({"kind": "eddsa", "public_key": public});
    let eddsa = admin.post("/admin/apps/shop/keys", eddsa).await.ok(201)["key"].as_u64().unwrap();
    let right = claims(&server, 2, "ada");
    let with = |changes: Value| {
        let mut claims = right.clone();
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims
    };
    let now = seconds(&server);
    let head = |alg: &str, kid: u64| json!({"alg": alg, "kid": kid.to_string()});
    let more = |name: &str, value: Value| {
        let mut header = header(kid);
        header[name] = value;
        header
    };
    let unsigned = |token: &str| token.rsplit_once('.').unwrap().0.to_owned();
    let good = token(&secret, &header(kid), &right);
    let mut attacks = vec![
        ("alg none", format!("{}.", unsigned(&token(&secret, &head("none", kid), &right)))),
        ("alg None", format!("{}.", unsigned(&token(&secret, &head("None", kid), &right)))),
        ("no signature", format!("{}.", unsigned(&good))),
        ("alg of another family", token(&secret, &head("RS256", kid), &right)),
        ("a longer hash", token(&secret, &head("HS512", kid), &right)),
        ("EdDSA said of an HS256 key", token(&secret, &head("EdDSA", kid), &right)),
        ("HS256 with the public key", token(public, &head("HS256", eddsa), &right)),
        ("HS256 of an EdDSA key", token(&secret, &head("HS256", eddsa), &right)),
        ("a key of the API", token(&api_secret, &head("HS256", api), &right)),
        ("the key of another app", token(&foreign_secret, &header(foreign), &right)),
        ("another app's key under this kid", token(&foreign_secret, &header(kid), &right)),
        ("the app of another key", token(&secret, &header(kid), &with(json!({"iss": "3"})))),
        ("an app that is not there", token(&secret, &header(kid), &with(json!({"iss": "77"})))),
        ("an app by name", token(&secret, &header(kid), &with(json!({"iss": "shop"})))),
        ("home", token(&secret, &header(kid), &with(json!({"iss": "1", "sub": "grace"})))),
        ("no such key", token(&secret, &header(9_999), &right)),
        ("a wrong secret", token("tdh_wrong", &header(kid), &right)),
        ("an empty secret", token("", &header(kid), &right)),
        ("jwk", token(&secret, &more("jwk", json!({"kty": "oct"})), &right)),
        ("jku", token(&secret, &more("jku", json!("https://127.0.0.1/")), &right)),
        ("x5c", token(&secret, &more("x5c", json!([])), &right)),
        ("crit", token(&secret, &more("crit", json!(["exp"])), &right)),
        ("another typ", token(&secret, &more("typ", json!("JWE")), &right)),
        ("kid as a path", token(&secret, &more("kid", json!("../../secrets.key")), &right)),
        ("another server", token(&secret, &header(kid), &with(json!({"aud": "elsewhere"})))),
        ("exp as text", token(&secret, &header(kid), &with(json!({"exp": (now + 300).to_string()})))),
        ("exp as a huge number", token(&secret, &header(kid), &with(json!({"exp": 1e300})))),
        ("exp beyond all time", token(&secret, &header(kid), &with(json!({"exp": u64::MAX})))),
        ("expired", token(&secret, &header(kid), &with(json!({"iat": now - 900, "exp": now - 600})))),
        ("too long a life", token(&secret, &header(kid), &with(json!({"exp": now + 90_000})))),
        ("from the future", token(&secret, &header(kid), &with(json!({"iat": now + 600, "exp": now + 900})))),
        ("not yet", token(&secret, &header(kid), &with(json!({"nbf": now + 600})))),
        ("nbf as text", token(&secret, &header(kid), &with(json!({"nbf": "x"})))),
        ("a jti that is no text", token(&secret, &header(kid), &with(json!({"jti": 7})))),
        ("a jti of nothing", token(&secret, &header(kid), &with(json!({"jti": null})))),
        ("an empty jti", token(&secret, &header(kid), &with(json!({"jti": ""})))),
        ("a long jti", token(&secret, &header(kid), &with(json!({"jti": "x".repeat(256)})))),
        ("jti in the header", token(&secret, &more("jti", json!("x")), &right)),
        ("a picture to fetch", token(&secret, &header(kid), &with(json!({"avatar": "http://127.0.0.1:9/face.png"})))),
        ("no user", token(&secret, &header(kid), &with(json!({"sub": ""})))),
        ("a user of another kind", token(&secret, &header(kid), &with(json!({"sub": {"id": "ada"}})))),
        ("too large", token(&secret, &header(kid), &with(json!({"padding": "x".repeat(64 * 1024)})))),
        ("two signatures", format!("{good}.{}", good.rsplit_once('.').unwrap().1)),
        ("padding", format!("{good}=")),
        ("nothing", String::new()),
    ];
    for missing in ["iss", "sub", "aud", "iat", "exp"] {
        let mut claims = right.clone();
        claims.as_object_mut().unwrap().remove(missing);
        attacks.push((missing, token(&secret, &header(kid), &claims)));
    }
    for (what, token) in &attacks {
        let reply = exchange(&server, token).await;
        let (status, code) = reply.problem();
        assert!(matches!(status, 401 | 413), "{what}: {status} {code}");
        assert!(!String::from_utf8_lossy(&reply.body).contains(secret.as_str()), "{what}");
        let mut peer = Peer::connect(&server, Way::Tcp(Encoding::Json)).await;
        peer.send(&hello(Auth::Signed(Secret::new(token.clone())), None)).await;
        assert!(matches!(peer.next_frame().await, None | Some(ServerFrame::Refused(_))), "{what}");
    }
    assert_eq!(admin.get("/admin/users?app=shop").await.ok(200)["users"], json!([]), "nobody was made");
    exchange(&server, &good).await.ok(201);
    // Whoever runs the server proves it with a password.
    let (own, own_secret) = key(&admin, "home", "hs256").await;
    let grace = token(&own_secret, &header(own), &claims(&server, 1, "grace"));
    assert_eq!(exchange(&server, &grace).await.problem(), (403, "forbidden".to_owned()));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_and_keys_end_when_somebody_says_so() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    admin.post("/admin/apps", json!({"name": "shop"})).await.ok(201);
    let (kid, secret) = key(&admin, "shop", "hs256").await;
    let of = |user: &str| token(&secret, &header(kid), &claims(&server, 2, user));
    let (ada, bob) = (of("ada"), of("bob"));
    for token in [&ada, &bob] {
        exchange(&server, token).await.ok(201);
    }
    // Of one user, then of all. What was opened stays until it is ended.
    let later = Timestamp((seconds(&server) + 1) * 1_000);
    let revoke = async |user: Value| {
        let body = json!({"user": user, "before": later});
        admin.post("/admin/apps/shop/token-revocation", body).await.ok(200)
    };
    revoke(json!("ada")).await;
    assert_eq!(exchange(&server, &ada).await.problem(), (401, "token_expired".to_owned()));
    exchange(&server, &bob).await.ok(201);
    // A time before that takes nothing back, and one that has not come is none.
    let at = async |before: u64| {
        admin.post("/admin/apps/shop/token-revocation", json!({"user": "ada", "before": before})).await
    };
    assert_eq!(at(1_000).await.ok(200)["before"], json!(later));
    assert_eq!(exchange(&server, &ada).await.problem(), (401, "token_expired".to_owned()));
    assert_eq!(at(later.0 + 3_600_000).await.problem(), (400, "invalid".to_owned()));
    revoke(Value::Null).await;
    assert_eq!(exchange(&server, &bob).await.problem(), (401, "token_expired".to_owned()));
    let sessions = admin.get("/admin/users/ada/sessions?app=shop").await.ok(200);
    assert_eq!(sessions["sessions"].as_array().unwrap().len(), 1);
    // A key that is revoked signs nothing any more.
    let (kid, secret) = key(&admin, "shop", "hs256").await;
    let later = |user: &str| {
        let mut claims = claims(&server, 2, user);
        claims["iat"] = json!(seconds(&server) + 5);
        token(&secret, &header(kid), &claims)
    };
    exchange(&server, &later("cy")).await.ok(201);
    admin.delete(&format!("/admin/apps/shop/keys/{kid}")).await;
    assert_eq!(exchange(&server, &later("cy")).await.problem(), (401, "unauthenticated".to_owned()));
    // Nor does anybody come who is suspended or deleted.
    let (kid, secret) = key(&admin, "shop", "hs256").await;
    let later = |user: &str| {
        let mut claims = claims(&server, 2, user);
        claims["iat"] = json!(seconds(&server) + 5);
        token(&secret, &header(kid), &claims)
    };
    admin.patch("/admin/users/bob/flags?app=shop", json!({"suspended": true})).await.ok(200);
    assert_eq!(exchange(&server, &later("bob")).await.problem(), (403, "suspended".to_owned()));
    assert_eq!(admin.delete("/admin/users/cy?app=shop").await.status, 204);
    assert_eq!(exchange(&server, &later("cy")).await.problem(), (404, "not_found".to_owned()));
    assert!(server.stop().await);
}
