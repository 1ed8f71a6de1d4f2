//! The web client as the server gives it to browsers: whatever is in the binary, and a folder in its place.

use crate::support::http::{Api, Reply};
use crate::support::in_process::{Server, quick};
use tempfile::TempDir;
use tidings::gateway::GatewayOptions;

/// A small client in a folder.
fn client() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let page = concat!(
        "<link rel=\"manifest\" href=\"./manifest.webmanifest\"><script type=\"module\" src=\"./app.js\"></script>\n",
        "<link rel=\"modulepreload\" href=\"./chat.js\" data-inside>\n",
    );
    let framed = r#"<html data-origins=""><script type="module" src="./embed.js"></script></html>"#;
    for (name, text) in [
        ("dist/index.html", page),
        ("dist/app.js", "let a;"),
        ("dist/sw.js", "let b;"),
        ("dist/embed.html", framed),
        ("dist/widget.js", "let c;"),
        ("secret", "SECRET"),
    ] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// A server with that client.
async fn from_folder() -> (TempDir, TempDir, Server) {
    let (folder, client) = (tempfile::tempdir().unwrap(), client());
    let options = GatewayOptions { web_dir: Some(client.path().join("dist")), ..quick() };
    let server = Server::start(folder.path(), options).await;
    (folder, client, server)
}

/// A server with what the binary carries.
async fn from_binary() -> (TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), quick()).await;
    (folder, server)
}

fn browser(server: &Server) -> Api {
    Api::at(server.http).header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
}

fn text(reply: &Reply) -> String {
    String::from_utf8(reply.body.clone()).unwrap()
}

/// Addresses where a browser can stand.
const PAGES: [&str; 13] = [
    "/",
    "/login",
    "/register",
    "/setup",
    "/password",
    "/join/abc",
    "/c/12/m/3",
    "/contacts/new",
    "/u/ada",
    "/g/4/manage",
    "/settings/devices?x=1",
    "/console/users",
    "/i/Code-1",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_stands_at_every_address_of_the_client_and_at_no_other() {
    let (_folder, _client, server) = from_folder().await;
    for path in PAGES {
        let page = browser(&server).at_root("GET", path).await;
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"), "{path}");
        assert_eq!(page.header("cache-control"), Some("no-cache"), "{path}");
        assert!(text(&page).contains(r#"src="/a/dev/app.js""#), "{}", text(&page));
        assert!(text(&page).contains(r#"href="/manifest.webmanifest""#), "{}", text(&page));
        let head = browser(&server).at_root("HEAD", path).await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        assert_eq!(head.header("content-length"), Some(&*page.body.len().to_string()), "{path}");
    }
    let below =
        ["/api", "/api/v1/nothing", "/media/x", "/metrics/x", "/hooks/x/y/z", "/a/dev/none.js", "/a/0123/app.js"];
    for path in below {
        let reply = browser(&server).at_root("GET", path).await;
        assert_eq!(reply.status, 404, "{path}");
        assert_eq!(reply.json()["code"], "not_found", "{path}");
    }
    let program = Api::at(server.http).header("accept", "application/json");
    assert_eq!(program.at_root("GET", "/login").await.status, 404, "only browsers are shown a page");
    assert_eq!(browser(&server).at_root("POST", "/login").await.status, 404);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_with_a_session_is_told_at_once_what_its_first_page_needs() {
    let (_folder, _client, server) = from_folder().await;
    let stranger = text(&browser(&server).at_root("GET", "/").await);
    assert!(stranger.contains("/a/dev/app.js") && !stranger.contains("chat.js"), "{stranger}");
    let other = browser(&server).header("cookie", "theme=dark; nottidings=1").at_root("GET", "/").await;
    assert_eq!(text(&other), stranger);
    let known = browser(&server).header("cookie", "theme=dark; tidings=tds_1").at_root("GET", "/").await;
    assert!(text(&known).contains(r#"href="/a/dev/chat.js" data-inside"#), "{}", text(&known));
    assert_eq!(known.header("vary"), Some("accept-encoding, cookie"));
    assert!(server.stop().await);

    // One is never taken for the other.
    let (_folder, server) = from_binary().await;
    let [stranger, known] = [browser(&server), browser(&server).header("cookie", "tidings=tds_1")];
    let tag = stranger.at_root("GET", "/").await.header("etag").map(str::to_owned);
    if let Some(tag) = tag {
        assert_eq!(known.header("if-none-match", &tag).at_root("GET", "/").await.status, 200);
    }
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_runs_and_loads_nothing_but_its_own() {
    let (_folder, _client, server) = from_folder().await;
    for path in ["/login", "/a/dev/app.js", "/sw.js"] {
        let reply = browser(&server).at_root("GET", path).await;
        let policy = reply.header("content-security-policy").unwrap();
        let sockets = format!("connect-src 'self' ws://{0} wss://{0};", server.http);
        let parts = [
            "default-src 'none'",
            "script-src 'self';",
            "style-src 'self';",
            "img-src 'self' blob: data:",
            "media-src 'self' blob:",
            &sockets,
            "worker-src 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types tidings",
        ];
        for part in parts {
            assert!(policy.contains(part), "{path}: {part} is not in {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("referrer-policy"), Some("same-origin"));
        assert_eq!(reply.header("cross-origin-opener-policy"), Some("same-origin"));
        assert!(reply.header("permissions-policy").unwrap().contains("microphone=(self)"));
    }
    let rest = browser(&server).get("/me").await;
    assert_eq!(rest.header("cache-control"), Some("no-store"), "REST keeps its own headers");
    assert!(rest.header("content-security-policy").unwrap().starts_with("default-src 'none'; base-uri 'none'"));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_path_leads_out_of_the_client() {
    let (_folder, client, server) = from_folder().await;
    std::os::unix::fs::symlink(client.path().join("secret"), client.path().join("dist/link")).unwrap();
    let absolute = client.path().join("secret");
    let tails = [
        "../secret",
        "..%2fsecret",
        "%2e%2e/secret",
        "%2e%2e%2fsecret",
        "%252e%252e%252fsecret",
        "..\\secret",
        "..%5csecret",
        "x/../../secret",
        "./../secret",
        "link",
        "secret%00.js",
        absolute.to_str().unwrap(),
    ];
    for tail in tails {
        for path in [format!("/a/dev/{tail}"), format!("/{tail}")] {
            let reply = Api::at(server.http).at_root("GET", &path).await;
            assert!(matches!(reply.status, 400 | 404), "{path}: {}", reply.status);
            assert!(!text(&reply).contains("SECRET"), "{path}");
        }
    }
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_binary_carries_its_client_or_says_that_it_has_none() {
    let (_folder, server) = from_binary().await;
    let page = browser(&server).at_root("GET", "/login").await;
    if page.status == 404 {
        assert!(text(&page).contains("without the web client"), "{}", text(&page));
        assert!(server.stop().await);
        return;
    }
    let page_text = text(&page);
    let script = page_text.split('"').find(|part| part.starts_with("/a/") && part.contains(".js")).unwrap();
    let version = script.split('/').nth(2).unwrap();
    assert!(version.len() == 12 && version.bytes().all(|c| c.is_ascii_hexdigit()), "{version}");

    // Kept for a year, because another version has another address.
    let plain = browser(&server).at_root("GET", script).await;
    assert_eq!(plain.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!((plain.status, plain.header("content-encoding")), (200, None));
    let small = browser(&server).header("accept-encoding", "gzip, br").at_root("GET", script).await;
    assert_eq!(small.header("vary"), Some("accept-encoding"));
    assert!(small.body.len() <= plain.body.len());
    let other = script.replace(version, "0123456789ab");
    assert_eq!(browser(&server).at_root("GET", &other).await.status, 404);

    // Asked for again each time, and not sent again.
    for path in ["/login", "/sw.js", script] {
        for encoding in ["identity", "br"] {
            let api = browser(&server).header("accept-encoding", encoding);
            let tag = api.at_root("GET", path).await.header("etag").unwrap().to_owned();
            let again = api.header("if-none-match", &tag).at_root("GET", path).await;
            assert_eq!((again.status, again.body.len()), (304, 0), "{path} {encoding}");
            assert_eq!(again.header("etag"), Some(&*tag));
        }
    }
    assert_eq!(browser(&server).at_root("GET", "/sw.js").await.header("cache-control"), Some("no-cache"));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_server_says_of_itself_before_anybody_is_logged_in() {
    let (_folder, server) = from_binary().await;
    let said = Api::at(server.http).get("/server").await.ok(200);
    assert_eq!(said["name"], "tidings");
    assert_eq!(said["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(said["needs_setup"], true);
    assert!(said["registration"].is_string() && said["url"].is_string());
    assert_eq!(said["password_chars_min"], 8);
    let before = said.clone();
    server.person("ada").await;
    assert_eq!(Api::at(server.http).get("/server").await.ok(200), before, "it tells of no user");
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_sites_load_the_script_of_the_widget_and_nothing_else() {
    let (_folder, _client, server) = from_folder().await;
    let page = Api::at(server.http).header("origin", "https://shop.example").header("sec-fetch-site", "cross-site");
    for (path, policy) in [
        ("/widget.js", "cross-origin"),
        ("/a/dev/widget.js", "same-origin"),
        ("/app.js", "same-origin"),
        ("/a/dev/app.js", "same-origin"),
        ("/embed/shop", "same-origin"),
    ] {
        let reply = page.at_root("GET", path).await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.header("cross-origin-resource-policy"), Some(policy), "{path}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(reply.header("access-control-allow-origin"), None, "{path}");
    }
    let script = page.at_root("GET", "/widget.js").await;
    assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(script.header("cache-control"), Some("no-cache"), "another version is loaded with the next page");
    // The framed page loads what has the version in its address, is asked for each time, and is nowhere else.
    let framed = browser(&server).at_root("GET", "/embed/shop").await;
    assert!(text(&framed).contains("\"/a/dev/embed.js\""), "{}", text(&framed));
    assert_eq!((framed.header("cache-control"), framed.header("etag")), (Some("no-cache"), None));
    let policy = framed.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self'") && policy.contains("require-trusted-types-for 'script'"), "{policy}");
    assert_eq!(page.at_root("GET", "/embed.html").await.status, 404);
    assert_eq!(page.at_root("GET", "/embed").await.status, 404);
    assert_eq!(page.at_root("POST", "/embed/shop").await.status, 405);
    assert!(server.stop().await);
}
