//! The web client: the files of `web/dist`, which the binary carries, or those of a folder while somebody works on them.
//!
//! One page, `index.html`, is the answer at every address where a browser can stand; the page's own router does the rest. What it
//! loads has the version in its address (`/a/VERSION/…`) and is kept for a year; what has a fixed address (`/sw.js`, the manifest,
//! icons) is asked for again each time and mostly answered with 304. A path is looked up as it came, character by character:
//! nothing is decoded, so there is no other spelling of `..`.

use super::api::cookie;
use super::file::has_tag;
use super::{Peer, Site, nothing_here};
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use std::path::{Component, Path};

/// A file that the binary carries.
struct File {
    path: &'static str,
    kind: &'static str,
    hash: &'static str,
    raw: &'static [u8],
    brotli: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/web.rs"));
include!("media_type.rs");

/// Below these a browser finds no page.
const NO_PAGES: [&str; 12] =
    ["api", "ws", "media", "hooks", "services", "a", "embed", "healthz", "readyz", "metrics", "mcp", ".well-known"];
/// The one page.
const PAGE: &str = "index.html";
/// Lines of the page that have this are for browsers with a session: what its first page needs is asked for at once
/// (`web/scripts/ahead.mjs`).
const FOR_SESSIONS: &str = " data-inside";
/// The page that other systems show in a frame ([`framed`]), with a place for the list of those who may.
const FRAMED: &str = "embed.html";
const FRAMED_BY: &str = "data-origins=\"\"";
/// The script that other systems load into pages of theirs.
const WIDGET: &str = "widget.js";
/// The version of files that come from a folder.
const UNVERSIONED: &str = "dev";
/// Largest file that is read from a folder, in bytes.
const FOLDER_FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const KEEP: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// What a page may use besides its own scripts, styles and pictures: the microphone, for voice messages.
const PERMISSIONS: HeaderValue = HeaderValue::from_static(
    "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(self), gyroscope=(), hid=(), magnetometer=(), \
     microphone=(self), midi=(), payment=(), serial=(), usb=()",
);

/// A file as it is sent: its type, its hash (files of a folder have none), and its bytes, in brotli perhaps.
struct Found {
    kind: &'static str,
    hash: Option<&'static str>,
    bytes: Bytes,
    brotli: bool,
    /// Whether it is the page as a browser with a session gets it.
    session: bool,
}

/// The answer wherever no other route is: a file, the page, or that there is nothing.
pub async fn answer(
    State(site): State<Site>,
    Extension(peer): Extension<Peer>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return nothing_here();
    }
    let folder = site.gateway.options().web_dir.as_deref();
    let path = uri.path().trim_start_matches('/');
    let squeezed = takes_brotli(&headers);
    let (found, keep) = match versioned(path, folder.is_some()) {
        Some(path) => (find(path, folder, squeezed).await, if folder.is_some() { ASK_AGAIN } else { KEEP }),
        None if path != PAGE && path != FRAMED => (find(path, folder, squeezed).await, ASK_AGAIN),
        None => (None, ASK_AGAIN),
    };
    let mut response = match found {
        Some(found) => sent(&headers, found),
        None if is_for_page(path, &headers) => match find(PAGE, folder, false).await {
            Some(page) => {
                let session = cookie::token(&headers, peer.tls).is_some();
                sent(&headers, addressed(&page, folder.is_some(), session))
            }
            None => return no_client(),
        },
        None => return nothing_here(),
    };
    guard(response.headers_mut(), &headers, peer.tls, "");
    if path == WIDGET {
        response.headers_mut().insert(CORP, HeaderValue::from_static("cross-origin"));
    }
    let keep =
        if response.headers()[header::CONTENT_TYPE].as_bytes().starts_with(b"text/html") { ASK_AGAIN } else { keep };
    response.headers_mut().insert(header::CACHE_CONTROL, keep);
    response
}

/// The page that those at `origins` show in a frame, who are told to it; none of them: nobody does.
pub async fn framed(site: &Site, headers: &HeaderMap, tls: bool, origins: &str) -> Response {
    let folder = site.gateway.options().web_dir.as_deref();
    let Some(page) = find(FRAMED, folder, false).await else { return no_client() };
    let page = addressed(&page, folder.is_some(), false);
    let text = String::from_utf8_lossy(&page.bytes).replace(FRAMED_BY, &format!("data-origins=\"{origins}\""));
    // The list is part of the text, so that the file's hash says nothing of it.
    let mut response = sent(headers, Found { hash: None, bytes: text.into(), ..page });
    guard(response.headers_mut(), headers, tls, origins);
    response.headers_mut().insert(header::CACHE_CONTROL, ASK_AGAIN);
    response
}

/// The path of a file behind `a/VERSION/`, when that is the version there is.
fn versioned(path: &str, from_folder: bool) -> Option<&str> {
    let (version, path) = path.strip_prefix("a/")?.split_once('/')?;
    (version == version_of(from_folder)).then_some(path)
}

const fn version_of(from_folder: bool) -> &'static str {
    if from_folder { UNVERSIONED } else { BUILD_ID }
}

/// Whether a browser stands at an address of the client.
fn is_for_page(path: &str, headers: &HeaderMap) -> bool {
    let root = path.split('/').next().unwrap_or_default();
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    !NO_PAGES.contains(&root) && accepted.contains("text/html")
}

async fn find(path: &str, folder: Option<&Path>, brotli: bool) -> Option<Found> {
    if let Some(folder) = folder {
        let bytes = read(folder, path).await?;
        return Some(Found { kind: media_type(path), hash: None, bytes: bytes.into(), brotli: false, session: false });
    }
    let file = FILES.iter().find(|file| file.path == path)?;
    let squeezed = file.brotli.filter(|_| brotli);
    let bytes = Bytes::from_static(squeezed.unwrap_or(file.raw));
    Some(Found { kind: file.kind, hash: Some(file.hash), bytes, brotli: squeezed.is_some(), session: false })
}

/// Reads a file of a folder: a regular one that is really below it.
async fn read(folder: &Path, path: &str) -> Option<Vec<u8>> {
    let plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    if path.is_empty() || !plain || path.contains(['\\', '\0', '%']) {
        return None;
    }
    let folder = tokio::fs::canonicalize(folder).await.ok()?;
    let file = tokio::fs::canonicalize(folder.join(path)).await.ok()?;
    let about = tokio::fs::metadata(&file).await.ok()?;
    if !file.starts_with(&folder) || !about.is_file() || about.len() > FOLDER_FILE_BYTES_MAX {
        return None;
    }
    tokio::fs::read(file).await.ok()
}

/// The page with the version in the addresses of what it loads, and without the lines that only a session needs where there is none.
/// The manifest keeps its own: addresses in it begin there.
fn addressed(page: &Found, from_folder: bool, session: bool) -> Found {
    let text = String::from_utf8_lossy(&page.bytes);
    let lines = text.split_inclusive('\n').filter(|line| session || !line.contains(FOR_SESSIONS));
    let text = lines.collect::<String>();
    let version = format!("\"/a/{}/", version_of(from_folder));
    let text = text.replace("\"./manifest.webmanifest", "\"/manifest.webmanifest").replace("\"./", &version);
    // A new version is another page, even where its own text is the same.
    let hash = page.hash.map(|_| BUILD_ID);
    Found { kind: page.kind, hash, bytes: text.into(), brotli: false, session }
}

fn sent(headers: &HeaderMap, found: Found) -> Response {
    let Found { kind, hash, bytes, brotli, session } = found;
    let variant = if brotli {
        "-br"
    } else if session {
        "-in"
    } else {
        ""
    };
    let tag = hash.map(|hash| format!("\"{hash}{variant}\""));
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let mut response = match (&tag, known) {
        (Some(tag), Some(known)) if has_tag(known, tag) => StatusCode::NOT_MODIFIED.into_response(),
        _ => Body::from(bytes).into_response(),
    };
    let all = response.headers_mut();
    all.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let varies = if kind.starts_with("text/html") { "accept-encoding, cookie" } else { "accept-encoding" };
    all.insert(header::VARY, HeaderValue::from_static(varies));
    all.extend(tag.and_then(|tag| HeaderValue::try_from(tag).ok()).map(|tag| (header::ETAG, tag)));
    if brotli {
        all.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    response
}

/// Whether `Accept-Encoding` names brotli, and not with weight 0 (RFC 9110, section 12.5.3).
fn takes_brotli(headers: &HeaderMap) -> bool {
    let all = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    all.split(',').any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        let weight = weight.trim().strip_prefix("q=").map_or(1.0, |weight| weight.trim().parse::<f32>().unwrap_or(0.0));
        name.trim().eq_ignore_ascii_case("br") && weight > 0.0
    })
}

/// What keeps a page from running, loading or telling anything that is not its own. Scripts cannot write HTML at all: the one policy
/// they may make gives the address of the service worker and nothing else. `ancestors` may show the page in a frame.
fn guard(response: &mut HeaderMap, request: &HeaderMap, tls: bool, ancestors: &str) {
    // Some browsers do not count a WebSocket to the same host as 'self'.
    let host = request.get(header::HOST).and_then(|host| host.to_str().ok()).filter(|host| is_authority(host));
    let sockets = match host {
        Some(host) if tls => format!(" wss://{host}"),
        Some(host) => format!(" ws://{host} wss://{host}"),
        None => String::new(),
    };
    let ancestors = if ancestors.is_empty() { "'none'" } else { ancestors };
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; \
         font-src 'self'; connect-src 'self'{sockets}; worker-src 'self'; manifest-src 'self'; base-uri 'none'; \
         form-action 'self'; frame-ancestors {ancestors}; require-trusted-types-for 'script'; trusted-types tidings"
    );
    response.extend(HeaderValue::try_from(policy).ok().map(|policy| (header::CONTENT_SECURITY_POLICY, policy)));
    response.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response.insert(HeaderName::from_static("permissions-policy"), PERMISSIONS);
}

/// Whether a `Host` is a name or address with a port perhaps, and so cannot end a directive.
fn is_authority(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(|c| c.is_ascii_alphanumeric() || b".-:[]".contains(&c))
}

fn no_client() -> Response {
    let words = "This server was built without the web client. Build `web/dist` (npm --prefix web run build), then the server.\n";
    (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], words).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brotli_is_sent_to_those_who_take_it() {
        for (accepted, takes) in [
            ("gzip, deflate, br, zstd", true),
            ("br;q=0.5", true),
            ("BR", true),
            ("br;q=0", false),
            ("br;q=0.0, gzip", false),
            ("gzip", false),
            ("brotli", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted))]);
            assert_eq!(takes_brotli(&headers), takes, "{accepted}");
        }
    }

    #[test]
    fn a_host_cannot_add_to_the_policy() {
        for host in ["a.example", "127.0.0.1:8000", "[::1]:8000"] {
            assert!(is_authority(host), "{host}");
        }
        for host in ["", "a; script-src *", "a b", "a'", "a,b", "a/b", "a\"b"] {
            assert!(!is_authority(host), "{host}");
        }
    }

    #[tokio::test]
    async fn nothing_outside_of_the_folder_is_read() {
        let outside = tempfile::tempdir().unwrap();
        let folder = outside.path().join("dist");
        std::fs::create_dir_all(folder.join("sub")).unwrap();
        std::fs::write(outside.path().join("secret"), "secret").unwrap();
        std::fs::write(folder.join("sub/app.js"), "fine").unwrap();
        std::os::unix::fs::symlink(outside.path().join("secret"), folder.join("link")).unwrap();
        assert_eq!(read(&folder, "sub/app.js").await.as_deref(), Some(&b"fine"[..]));
        let absolute = outside.path().join("secret");
        for path in [
            "",
            ".",
            "..",
            "../secret",
            "sub/../../secret",
            "/secret",
            "sub",
            "link",
            "..\\secret",
            "%2e%2e/secret",
            "\0",
        ]
        .into_iter()
        .chain(absolute.to_str())
        {
            assert_eq!(read(&folder, path).await, None, "{path:?}");
        }
    }
}
