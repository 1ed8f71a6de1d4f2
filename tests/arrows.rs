//! The arrows between the rooms: who may know whom, held by reading the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Every room and the rooms it may use. A new line here, or a new word in one, is an architectural decision; docs/architecture.md
/// draws the same picture.
const ARROWS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("protocol", &["model"]),
    ("config", &["model"]),
    ("store", &["model"]),
    ("auth", &["model"]),
    ("ledger", &["model", "store"]),
    ("engine", &["model", "store", "ledger", "protocol"]),
    ("administration", &["model", "auth", "store", "ledger", "engine"]),
    ("shutdown", &[]),
    ("outbound", &["model"]),
    ("workers", &["model", "auth", "store", "ledger", "engine", "shutdown"]),
    ("push", &["model", "auth", "store", "ledger", "engine", "shutdown", "outbound", "workers"]),
    ("webhooks", &["model", "auth", "store", "ledger", "engine", "shutdown", "outbound", "workers"]),
    ("before_hooks", &["model", "auth", "store", "ledger", "engine", "shutdown", "outbound"]),
    ("telemetry", &["config"]),
    ("search", &["model", "store", "ledger", "engine", "shutdown"]),
    ("hub", &["model", "protocol"]),
    ("net", &["model"]),
    ("hot", &["model"]),
    ("media", &["model", "store", "auth", "engine", "shutdown"]),
    ("pictures", &["model", "media", "outbound", "shutdown"]),
    ("assistant", &["model", "auth", "store", "ledger", "engine", "hub", "media", "outbound", "shutdown"]),
    ("gateway", &["model", "protocol", "store", "ledger", "engine", "auth", "hot", "hub", "net", "shutdown"]),
    (
        "http",
        &[
            "model",
            "protocol",
            "engine",
            "administration",
            "hub",
            "auth",
            "gateway",
            "net",
            "media",
            "pictures",
            "push",
            "assistant",
            "before_hooks",
            "shutdown",
            "webhooks",
        ],
    ),
    ("control", &["model", "auth", "store", "engine", "administration", "shutdown"]),
    ("client", &["model", "protocol"]),
    (
        "app",
        &[
            "model",
            "config",
            "store",
            "auth",
            "engine",
            "administration",
            "search",
            "workers",
            "hub",
            "net",
            "outbound",
            "pictures",
            "push",
            "before_hooks",
            "hot",
            "media",
            "assistant",
            "gateway",
            "http",
            "control",
            "shutdown",
            "telemetry",
            "webhooks",
        ],
    ),
    (
        "cli",
        &[
            "model",
            "config",
            "auth",
            "administration",
            "net",
            "control",
            "client",
            "protocol",
            "shutdown",
            "telemetry",
            "app",
        ],
    ),
    ("main", &["cli"]),
];

/// Libraries that only some rooms may name.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("redb", &["store"]),
    ("axum", &["http"]),
    ("utoipa_axum", &["http"]),
    ("utoipa_swagger_ui", &["http"]),
    ("hyper", &["http"]),
    ("hyper_util", &["http"]),
    ("reqwest", &["outbound"]),
    ("rmcp", &["http/mcp/mod.rs", "http/mcp/tools.rs", "http/mcp/calls.rs"]),
    ("rustls", &["net", "client/tls.rs", "outbound"]),
    ("tokio_rustls", &["net", "client/tls.rs"]),
    ("rcgen", &["net"]),
    ("argon2", &["auth"]),
    ("ring", &["auth", "push", "net", "client/tls.rs"]),
    ("image", &["media"]),
    ("infer", &["media"]),
    ("sled", &["hot"]),
    ("symphonia", &["media"]),
    ("tantivy", &["search"]),
    ("unicode_normalization", &["search"]),
    ("unicode_segmentation", &["search"]),
    ("clap", &["cli"]),
    ("toml_edit", &["config"]),
    ("ratatui", &["cli"]),
    ("crossterm", &["cli"]),
];

/// Rooms that never wait: the core is synchronous.
const SYNCHRONOUS: &[&str] = &["model", "protocol", "store", "ledger", "config"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// A source file: its path below `src`, its room, and its code without comments, texts and tests.
struct Source {
    path: String,
    room: String,
    code: String,
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let below = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
                let room = below.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
                let is_test = below.ends_with("/tests.rs") || below.contains("/tests/");
                if room != "lib" && !is_test {
                    found.push(Source { path: below, room, code: code(&std::fs::read_to_string(&path).unwrap()) });
                }
            }
        }
    }
    assert!(found.len() > 50, "the sources were not found");
    found
}

/// The code of a file without its comments, texts and tests, so that a word in a sentence is no use of a room.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| match line.find("// ") {
        Some(comment) => &line[..comment],
        None => line,
    });
    // Texts go too: what stands between two quotation marks.
    let code = lines.collect::<Vec<_>>().join("\n");
    code.split('"').step_by(2).collect::<Vec<_>>().join("\"\"")
}

/// The rooms that a file names: `crate::room`, also inside `use crate::{…}`, and `tidings::room` in main.rs.
fn rooms_named(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for start in ["crate::", "tidings::"] {
        for (at, _) in code.match_indices(start) {
            let rest = &code[at + start.len()..];
            let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
            if let Some(list) = rest.strip_prefix('{') {
                // The first words of each element at the outermost level of the braces.
                let (mut depth, mut element) = (1, String::new());
                for c in list.chars() {
                    match c {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        ',' if depth == 1 => found.extend([word(std::mem::take(&mut element).trim())]),
                        _ if depth == 1 => element.push(c),
                        _ => {}
                    }
                    if depth == 0 {
                        found.extend([word(element.trim())]);
                        break;
                    }
                }
            } else {
                found.extend([word(rest)]);
            }
        }
    }
    found
}

#[test]
fn every_room_uses_only_those_it_may_know() {
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let mut wrong = Vec::new();
    for source in sources() {
        let Some(may) = allowed.get(source.room.as_str()) else {
            wrong.push(format!("src/{}: the room {} has no line in tests/arrows.rs", source.path, source.room));
            continue;
        };
        for room in rooms_named(&source.code) {
            // Macros and constants of the crate's root are no rooms.
            if allowed.contains_key(room.as_str()) && room != source.room && !may.contains(&room.as_str()) {
                wrong.push(format!("src/{}: {} must not know {room}", source.path, source.room));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_arrows_go_one_way() {
    // Each room may only use rooms that stand above it, so there is no circle.
    let mut above = BTreeSet::new();
    for (room, may) in ARROWS {
        for other in *may {
            assert!(above.contains(other), "{room} uses {other}, which stands below it");
        }
        above.insert(*room);
    }
}

#[test]
fn each_library_is_named_only_where_it_belongs() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (library, places) in LIBRARIES {
            let at_home = places.iter().any(|place| source.room == *place || source.path == *place);
            let names = |code: &str| {
                code.match_indices(&format!("{library}::")).any(|(at, _)| {
                    !code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':')
                })
            };
            if !at_home && names(&source.code) {
                wrong.push(format!("src/{}: names {library}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_core_never_waits() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| SYNCHRONOUS.contains(&source.room.as_str())) {
        for word in ["async ", ".await", "tokio::"] {
            if source.code.contains(word) {
                wrong.push(format!("src/{}: contains `{}`", source.path, word.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_crates_documentation_shows_every_room() {
    let lib = std::fs::read_to_string(root().join("lib.rs")).unwrap();
    let documentation: Vec<&str> = lib.lines().filter_map(|line| line.strip_prefix("//!")).collect();
    for (room, _) in ARROWS {
        let begins = |line: &&str| line.trim_start().split([' ', '/', '.']).next() == Some(room);
        assert!(documentation.iter().any(begins), "src/lib.rs does not say what {room} is for");
    }
}

#[test]
fn a_use_inside_braces_or_a_path_is_seen_and_a_comment_is_not() {
    let code = code(
        "use crate::{store::{View, Read}, hub};\nlet x = crate::net::bind(); // crate::http\nlet y = \"crate::cli\";",
    );
    let named: Vec<String> = rooms_named(&code).into_iter().collect();
    assert_eq!(named, ["hub", "net", "store"]);
}
