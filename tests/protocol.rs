//! The wire protocol: every byte of it is pinned, every stream decodes the same however it is cut, nothing that a peer sends
//! harms the decoder, and the published specification says what the code does.

#[path = "support/frames.rs"]
pub mod frames;
#[path = "support/frames_domain.rs"]
pub mod frames_domain;

use frames::{Dice, client_samples, server_samples};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt::{Debug, Write as _};
use std::path::PathBuf;
use tidings::model::PresenceState;
use tidings::model::growing::{REASON_BYTES_MAX, Unreadable, names, variants};
use tidings::model::list::LIST_READ_MAX;
use tidings::model::{
    Answer, Body, Code, Command, CommandResult, Content, ConversationKind, EndReason, Platform, Query, Role, Target,
};
use tidings::protocol::{
    Auth, ClientFrame, DecodeError, Deframer, Encoding, Frame, LENGTH_BYTES, MAX_FRAME_DEFAULT, ServerFrame,
};

const ENCODINGS: [Encoding; 2] = [Encoding::Postcard, Encoding::Json];

// ---- Streams -------------------------------------------------------------------------------------------------------------

/// What comes out of a stream that is read in pieces of these sizes (the rest in one), with a stop after every `stop`th frame.
fn deframed(stream: &[u8], pieces: &[usize], stop: usize) -> Vec<Vec<u8>> {
    let mut deframer = Deframer::new(MAX_FRAME_DEFAULT);
    let mut seen = Vec::new();
    let mut rest = stream;
    for size in pieces.iter().copied().chain([usize::MAX]) {
        let (piece, after) = rest.split_at(size.min(rest.len()));
        rest = after;
        let mut each = |frame: &[u8]| {
            seen.push(frame.to_vec());
            stop == 0 || !seen.len().is_multiple_of(stop)
        };
        deframer.feed(piece, &mut each).unwrap();
        loop {
            let before = deframer.held_bytes();
            deframer.resume(&mut each).unwrap();
            if deframer.held_bytes() == before {
                break;
            }
        }
        let held = deframer.held_bytes();
        assert!(
            held < MAX_FRAME_DEFAULT + LENGTH_BYTES,
            "it holds at most one frame that is not whole yet, not {held}"
        );
    }
    assert_eq!(deframer.held_bytes(), 0);
    seen
}

fn split_and_merge<F: Frame + PartialEq + Debug>(frames: &[F], pieces: &[usize], stop: usize) {
    for encoding in ENCODINGS {
        let stream: Vec<u8> = frames.iter().flat_map(|frame| encoding.encode_framed(frame).to_vec()).collect();
        let seen = deframed(&stream, pieces, stop);
        let read: Vec<F> = seen.iter().map(|bytes| encoding.decode(bytes).unwrap()).collect();
        assert_eq!(read, frames, "{encoding:?}");
    }
}

proptest! {
    #[test]
    fn any_split_or_merge_of_frames_decodes_the_same(
        seed: u64,
        count in 0..12usize,
        pieces in prop::collection::vec(0..300usize, 0..40),
        stop in 0..4usize,
    ) {
        let mut dice = Dice(seed);
        let client: Vec<_> = (0..count).map(|_| dice.client_frame()).collect();
        split_and_merge(&client, &pieces, stop);
        let server: Vec<_> = (0..count).map(|_| dice.server_frame()).collect();
        split_and_merge(&server, &pieces, stop);
    }

    #[test]
    fn every_frame_is_read_as_it_was_written(seed: u64) {
        let mut dice = Dice(seed);
        for _ in 0..20 {
            let client = dice.client_frame();
            let server = dice.server_frame();
            for encoding in ENCODINGS {
                prop_assert_eq!(encoding.decode::<ClientFrame>(&encoding.encode(&client)), Ok(client.clone()));
                prop_assert_eq!(encoding.decode::<ServerFrame>(&encoding.encode(&server)), Ok(server.clone()));
            }
        }
    }

    #[test]
    fn no_byte_string_panics_the_decoder(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for encoding in ENCODINGS {
            survives::<ClientFrame>(encoding, &bytes);
            survives::<ServerFrame>(encoding, &bytes);
        }
        let mut deframer = Deframer::new(64);
        if deframer.feed(&bytes, |_| true).is_ok() {
            assert!(deframer.held_bytes() < 64 + LENGTH_BYTES);
        }
    }
}

/// Decodes, and checks that what was understood can be said again, and that a refusal is short.
fn survives<F: Frame + PartialEq + Debug>(encoding: Encoding, bytes: &[u8]) -> bool {
    match encoding.decode::<F>(bytes) {
        Ok(frame) => {
            // A frame with an unreadable value in it cannot be written; all others come back the same.
            if !format!("{frame:?}").contains("Unreadable(") {
                let again = encoding.encode(&frame);
                assert_eq!(encoding.decode::<F>(&again).as_ref(), Ok(&frame), "{encoding:?}");
            }
            true
        }
        Err(DecodeError::UnknownFrame(text) | DecodeError::Frame(text)) => {
            assert!(text.len() <= REASON_BYTES_MAX + 3, "{text}");
            false
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn cut_at_any_single_byte_every_sample_arrives_whole() {
    for encoding in ENCODINGS {
        let client: Vec<_> = client_samples().into_iter().map(|(_, frame)| frame).collect();
        let stream: Vec<u8> = client.iter().flat_map(|frame| encoding.encode_framed(frame).to_vec()).collect();
        let whole = deframed(&stream, &[], 0);
        for cut in 0..=stream.len() {
            assert_eq!(deframed(&stream, &[cut], 0), whole, "{encoding:?} cut at {cut}");
        }
        assert_eq!(deframed(&stream, &vec![1; stream.len()], 1), whole, "{encoding:?} byte by byte");
    }
}

// ---- Hostile bytes -------------------------------------------------------------------------------------------------------

#[test]
fn mutated_golden_bytes_never_harm_the_decoder() {
    const ROUNDS: usize = 200_000;
    let mut corpus: Vec<(Encoding, bool, Vec<u8>)> = Vec::new();
    for encoding in ENCODINGS {
        corpus.extend(client_samples().iter().map(|(_, frame)| (encoding, true, encoding.encode(frame).to_vec())));
        corpus.extend(server_samples().iter().map(|(_, frame)| (encoding, false, encoding.encode(frame).to_vec())));
    }
    let mut dice = Dice(20_261_123);
    let (mut read, mut refused) = (0, 0);
    for _ in 0..ROUNDS {
        let (encoding, client, golden) = dice.pick(&corpus).clone();
        let mut bytes = golden;
        for _ in 0..=dice.below(3) {
            mutate(&mut dice, &mut bytes, &corpus);
        }
        let ok =
            if client { survives::<ClientFrame>(encoding, &bytes) } else { survives::<ServerFrame>(encoding, &bytes) };
        *(if ok { &mut read } else { &mut refused }) += 1;
    }
    assert!(read > ROUNDS / 20 && refused > ROUNDS / 20, "mutations reach both sides: {read} read, {refused} refused");
}

fn mutate(dice: &mut Dice, bytes: &mut Vec<u8>, corpus: &[(Encoding, bool, Vec<u8>)]) {
    let at = dice.below(bytes.len());
    match dice.below(6) {
        0 if !bytes.is_empty() => bytes[at] ^= 1 << dice.below(8),
        1 if !bytes.is_empty() => bytes[at] = *dice.pick(&[0, 1, 0x7f, 0x80, 0xff, b'"', b'{', b'\\']),
        2 => bytes.truncate(at),
        3 => bytes.insert(at, dice.next() as u8),
        4 => {
            let from = &dice.pick(corpus).2.clone();
            let start = dice.below(from.len());
            let end = start + dice.below(from.len() - start + 1);
            bytes.splice(at..at, from[start..end].iter().copied());
        }
        _ => {
            let end = at + dice.below(bytes.len() - at + 1);
            bytes.drain(at..end);
        }
    }
}

/// The varint of `u64::MAX`.
const HUGE: [u8; 10] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];

#[test]
fn a_declared_length_is_never_believed() {
    // After every byte of every golden vector a huge length: wherever a list, a string or a byte string begins, it is met.
    // Believing one would end the process: there is no memory of that size.
    let mut tried = 0;
    let mut bomb = |bytes: &[u8], client: bool| {
        for at in 0..bytes.len() {
            let bytes = [&bytes[..at], &HUGE[..], &bytes[at..]].concat();
            tried += 1;
            if client {
                survives::<ClientFrame>(Encoding::Postcard, &bytes);
            } else {
                survives::<ServerFrame>(Encoding::Postcard, &bytes);
            }
        }
    };
    for (_, frame) in client_samples() {
        bomb(&Encoding::Postcard.encode(&frame), true);
    }
    for (_, frame) in server_samples() {
        bomb(&Encoding::Postcard.encode(&frame), false);
    }
    assert!(tried > 1_000);
}

/// A frame full of elements of the fewest bytes must not become a multiple of itself in memory: a client's lists end early.
#[test]
fn a_long_list_in_a_frame_of_a_client_is_cut_off_while_it_is_read() {
    let ids = |count: usize| vec!["a"; count].join(r#"",""#);
    for (count, fits) in [(LIST_READ_MAX, true), (LIST_READ_MAX + 1, false), (200_000, false)] {
        let ids = ids(count);
        let watch = format!(r#"{{"watch":{{"users":["{ids}"],"seconds":1}}}}"#);
        assert_eq!(Encoding::Json.decode::<ClientFrame>(watch.as_bytes()).is_ok(), fits);
        for inner in [
            format!(r#"{{"create_group":{{"title":"x","members":["{ids}"]}}}}"#),
            format!(r#"{{"add_members":{{"conversation":1,"users":["{ids}"]}}}}"#),
            format!(r#"{{"send":{{"to":{{"user":"b"}},"content":{{"text":{{"text":"x","mentions":["{ids}"]}}}}}}}}"#),
        ] {
            let frame = format!(
                r#"{{"submit":{{"request":1,"key":"0192d4e0-7b1a-7cc3-98c4-dc0c0c07398f","command":{inner}}}}}"#
            );
            match Encoding::Json.decode::<ClientFrame>(frame.as_bytes()) {
                Ok(ClientFrame::Submit {
                    command: Command::Unreadable(Unreadable { reason: Some(reason), .. }),
                    ..
                }) => {
                    assert!(!fits && reason.contains("more than 1024"), "{reason}");
                }
                Ok(ClientFrame::Submit { command, .. }) => assert!(fits && !matches!(command, Command::Unreadable(_))),
                other => panic!("{other:?}"),
            }
        }
        let frame = format!(r#"{{"query":{{"request":1,"query":{{"users":{{"users":["{ids}"]}}}}}}}}"#);
        match Encoding::Json.decode::<ClientFrame>(frame.as_bytes()).unwrap() {
            ClientFrame::Query { query: Query::Users { users }, .. } => assert!(fits && users.len() == count),
            ClientFrame::Query { query: Query::Unreadable(_), .. } => assert!(!fits),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn deep_nesting_in_json_is_read_without_a_deep_stack() {
    let depth = 400_000;
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let nested = format!("{}1{}", open.repeat(depth), close.repeat(depth));
        for json in [
            nested.clone(),
            format!(r#"{{"later":{nested}}}"#),
            format!(r#"{{"ping":{{"nonce":1,"later":{nested}}}}}"#),
            format!(r#"{{"query":{{"request":1,"query":{nested}}}}}"#),
            format!(r#"{{"query":{{"request":1,"query":{{"sessions":{{"later":{nested}}}}}}}}}"#),
        ] {
            survives::<ClientFrame>(Encoding::Json, json.as_bytes());
        }
    }
}

#[test]
fn an_unknown_command_leaves_the_request_readable() {
    let unknown = |kind: &str| Command::Unreadable(Unreadable { kind: kind.to_owned(), reason: None });
    let json = br#"{"submit":{"request":5,"key":"0192d4e0-7b1a-7cc3-98c4-dc0c0c07398f","command":{"later":{"x":1}}}}"#;
    let ClientFrame::Submit { request, command, .. } = Encoding::Json.decode(json).unwrap() else { panic!() };
    assert_eq!((request, command), (5, unknown("later")));

    let mut bytes = vec![1, 5];
    bytes.extend([7; 16]);
    bytes.extend([99, 3, 1, 2, 3]);
    let ClientFrame::Submit { request, command, .. } = Encoding::Postcard.decode(&bytes).unwrap() else { panic!() };
    assert_eq!((request, command), (5, unknown("99")));
}

#[test]
fn an_unknown_body_leaves_the_entry_readable() {
    let (_, sample) = server_samples().into_iter().find(|(name, _)| name == "entry member_left").unwrap();
    let json = String::from_utf8(Encoding::Json.encode(&sample).to_vec()).unwrap();
    let json = json.replace(r#"{"member_left":{}}"#, r#"{"poll":{"question":"Tea?"}}"#);
    let ServerFrame::Entry { entry, .. } = Encoding::Json.decode(json.as_bytes()).unwrap() else { panic!() };
    assert_eq!(entry.seq.0, 7);
    assert_eq!(entry.body, Body::Unreadable(Unreadable { kind: "poll".to_owned(), reason: None }));
}

// ---- Golden vectors ------------------------------------------------------------------------------------------------------

/// One frame as it stands in `tests/vectors/*.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Vector {
    name: String,
    /// The exact text of the JSON encoding.
    json: String,
    /// The exact bytes of the postcard encoding, in hexadecimal.
    postcard: String,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn vectors(file: &str) -> Vec<Vector> {
    let path = repository("tests/vectors").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// Compares the samples with the file, both ways. With `TIDINGS_UPDATE_VECTORS=1` writes the file instead: only when the protocol
/// is meant to change, which after its release means a new version.
fn check_vectors<F: Frame + PartialEq + Debug>(file: &str, samples: &[(String, F)]) {
    let now: Vec<Vector> = samples
        .iter()
        .map(|(name, frame)| Vector {
            name: name.clone(),
            json: String::from_utf8(Encoding::Json.encode(frame).to_vec()).unwrap(),
            postcard: hex(&Encoding::Postcard.encode(frame)),
        })
        .collect();
    if std::env::var_os("TIDINGS_UPDATE_VECTORS").is_some_and(|value| value == "1") {
        let text = serde_json::to_string_pretty(&now).unwrap() + "\n";
        std::fs::write(repository("tests/vectors").join(file), text).unwrap();
        return;
    }
    let pinned = vectors(file);
    for ((_, frame), (now, pinned)) in samples.iter().zip(now.iter().zip(&pinned)) {
        assert_eq!(now, pinned, "the encoding changed; is that meant? (see `check_vectors`)");
        assert_eq!(Encoding::Json.decode::<F>(pinned.json.as_bytes()).as_ref(), Ok(frame), "{}", pinned.name);
        assert_eq!(Encoding::Postcard.decode::<F>(&unhex(&pinned.postcard)).as_ref(), Ok(frame), "{}", pinned.name);
    }
    assert_eq!(now.len(), pinned.len(), "a sample or a vector is missing in {file}");
}

#[test]
fn golden_vectors_of_clients_are_unchanged() {
    check_vectors("client.json", &client_samples());
}

#[test]
fn golden_vectors_of_the_server_are_unchanged() {
    check_vectors("server.json", &server_samples());
}

/// The tags that stand at `path` (keys of objects; `*` for every element of a list) in the vectors of one direction.
fn tags(vectors: &[Vector], path: &[&str]) -> BTreeSet<String> {
    fn walk(value: &serde_json::Value, path: &[&str], found: &mut BTreeSet<String>) {
        match (path.split_first(), value) {
            (None, serde_json::Value::Object(map)) => found.extend(map.keys().cloned()),
            (None, serde_json::Value::String(text)) => {
                found.insert(text.clone());
            }
            (Some((&"*", rest)), serde_json::Value::Array(list)) => {
                for value in list {
                    walk(value, rest, found);
                }
            }
            (Some((key, rest)), value) => {
                if let Some(value) = value.get(key) {
                    walk(value, rest, found);
                }
            }
            (None, _) => {}
        }
    }
    let mut found = BTreeSet::new();
    for vector in vectors {
        walk(&serde_json::from_str(&vector.json).unwrap(), path, &mut found);
    }
    found
}

#[test]
fn every_variant_has_a_golden_vector() {
    let client = vectors("client.json");
    let server = vectors("server.json");
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(tags(&client, &[]), set(ClientFrame::kinds()));
    assert_eq!(tags(&server, &[]), set(ServerFrame::kinds()));
    assert_eq!(tags(&client, &["submit", "command"]), set(variants::<Command>()));
    assert_eq!(tags(&client, &["query", "query"]), set(variants::<Query>()));
    assert_eq!(tags(&server, &["outcome", "result"]), set(variants::<CommandResult>()));
    assert_eq!(tags(&server, &["answer", "answer"]), set(variants::<Answer>()));
    assert_eq!(tags(&server, &["entry", "entry", "body"]), set(variants::<Body>()));
    let codes: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(tags(&server, &["refused", "code"]), set(&codes));
    // Closed enums: the samples' own lists are complete because serde knows all names.
    assert_eq!(tags(&client, &["hello", "auth"]), set(names::<Auth>()));
    assert_eq!(tags(&client, &["hello", "device", "platform"]), set(names::<Platform>()));
    assert_eq!(tags(&client, &["submit", "command", "send", "to"]), set(names::<Target>()));
    assert_eq!(tags(&client, &["submit", "command", "send", "content"]), set(names::<Content>()));
    assert_eq!(tags(&server, &["kicked", "reason"]), set(names::<EndReason>()));
    assert_eq!(tags(&server, &["presence", "state"]), set(names::<PresenceState>()));
    assert_eq!(tags(&server, &["changes", "conversations", "*", "kind"]), set(names::<ConversationKind>()));
    assert_eq!(tags(&server, &["answer", "answer", "members", "members", "*", "role"]), set(names::<Role>()));
}

// ---- The published specification -----------------------------------------------------------------------------------------

fn specification() -> String {
    std::fs::read_to_string(repository("docs/protocol.md")).unwrap()
}

/// The lines of every fenced block of this language.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<Vec<&'a str>> {
    let mut found = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if line == format!("```{language}") {
            found.push(lines.by_ref().take_while(|line| *line != "```").collect());
        } else if line.starts_with("```") {
            lines.by_ref().find(|line| *line == "```");
        }
    }
    found
}

fn readable(frame: &impl Debug) -> bool {
    !format!("{frame:?}").contains("Unreadable(")
}

/// A frame of the specification is one that the code understands; one of the server is exactly what the server would write.
fn check_example(json: &str, by_client: Option<bool>) {
    let client = Encoding::Json.decode::<ClientFrame>(json.as_bytes());
    let server = Encoding::Json.decode::<ServerFrame>(json.as_bytes());
    let as_client = client.as_ref().is_ok_and(readable);
    let as_server =
        server.as_ref().is_ok_and(|frame| readable(frame) && Encoding::Json.encode(frame) == json.as_bytes());
    let ok = match by_client {
        Some(true) => as_client,
        Some(false) => as_server,
        None => as_client || as_server,
    };
    assert!(ok, "an example in docs/protocol.md is wrong:\n{json}\n{client:?}\n{server:?}");
}

#[test]
fn every_example_of_the_specification_is_what_the_code_says() {
    let page = specification();
    let examples = blocks(&page, "json");
    assert!(examples.len() > 40);
    for block in examples {
        assert_eq!(block.len(), 1, "one frame a block: {block:?}");
        check_example(block[0], None);
    }
    let mut told = 0;
    for line in blocks(&page, "text").into_iter().flatten() {
        if let Some((side @ ("C" | "S"), json)) = line.split_once(' ') {
            check_example(json, Some(side == "C"));
            told += 1;
        }
    }
    assert!(told > 10);
}

#[test]
fn the_postcard_example_of_the_specification_is_right() {
    let page = specification();
    let block = blocks(&page, "text").into_iter().find(|block| block[0].contains("kind 1: submit")).unwrap();
    let bytes: Vec<u8> = block
        .iter()
        .flat_map(|line| {
            line.split_whitespace().take_while(|word| word.len() == 2 && word.bytes().all(|b| b.is_ascii_hexdigit()))
        })
        .flat_map(unhex)
        .collect();
    let frame = Encoding::Postcard.decode::<ClientFrame>(&bytes).unwrap();
    let json = page.lines().find_map(|line| line.strip_prefix("`{\"submit\"")?.strip_suffix("`, is")).unwrap();
    let told = Encoding::Json.decode::<ClientFrame>(format!("{{\"submit\"{json}").as_bytes()).unwrap();
    assert_eq!(frame, told);
    assert_eq!(Encoding::Postcard.encode(&frame), bytes);
}

/// The rows of the tables under a heading (up to the next heading of any level).
fn rows<'a>(page: &'a str, heading: &str) -> Vec<Vec<&'a str>> {
    let section = page.lines().skip_while(|line| *line != heading).skip(1).take_while(|line| !line.starts_with('#'));
    section
        .filter(|line| line.starts_with("| "))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect()
}

/// The numbered kinds under a heading are these, in this order.
fn check_kinds(page: &str, heading: &str, kinds: &[&str]) {
    let numbered: Vec<_> = rows(page, heading)
        .into_iter()
        .filter_map(|row| Some((row[0].parse::<usize>().ok()?, row[1].trim_matches('`'))))
        .collect();
    let expected: Vec<_> = kinds.iter().copied().enumerate().collect();
    assert_eq!(numbered, expected, "{heading}");
}

#[test]
fn the_specification_lists_every_kind_with_its_number() {
    let page = specification();
    check_kinds(&page, "## What a client says", ClientFrame::kinds());
    check_kinds(&page, "## What a server says", ServerFrame::kinds());
    check_kinds(&page, "## Commands", variants::<Command>());
    check_kinds(&page, "## Queries", variants::<Query>());
    check_kinds(&page, "## Results", variants::<CommandResult>());
    check_kinds(&page, "## Answers", variants::<Answer>());
    check_kinds(&page, "## Bodies", variants::<Body>());
    let hello = [names::<Auth>(), names::<Platform>()].concat();
    let numbered: Vec<_> = rows(&page, "### `hello`")
        .into_iter()
        .filter(|row| row[0].parse::<usize>().is_ok())
        .map(|row| row[1].trim_matches('`').to_owned())
        .collect();
    assert_eq!(numbered, hello);
    check_kinds(&page, "### `kicked`", names::<EndReason>());
    for words in [names::<ConversationKind>(), names::<Role>(), names::<PresenceState>()] {
        let list: Vec<_> = words.iter().enumerate().map(|(number, word)| format!("{number} `{word}`")).collect();
        assert!(page.contains(&list.join(", ")), "{list:?}");
    }
    let numbered = |words: &[&'static str]| words.iter().copied().enumerate().collect::<Vec<_>>();
    for (number, word) in numbered(names::<Target>()).into_iter().chain(numbered(names::<Content>())) {
        assert!(page.contains(&format!("{number} `{word}`")), "{word}");
    }
}

#[test]
fn the_specification_lists_every_refusal_with_its_meaning() {
    let page = specification();
    let listed: Vec<_> = rows(&page, "## Refusals").into_iter().filter(|row| row[0].parse::<usize>().is_ok()).collect();
    assert_eq!(listed.len(), Code::ALL.len());
    for (number, (row, code)) in listed.iter().zip(Code::ALL).enumerate() {
        assert_eq!(row[0], number.to_string());
        assert_eq!(row[1], format!("`{code}`"));
        assert_eq!(row[2], code.meaning().trim());
        assert!(row.len() == 5 && !row[3].is_empty() && !row[4].is_empty(), "cause and cure of {code}");
    }
}

#[test]
fn every_field_of_every_frame_is_in_the_specification() {
    fn walk(value: &serde_json::Value, names: &mut BTreeSet<String>) {
        match value {
            serde_json::Value::Object(map) => {
                for (name, value) in map {
                    names.insert(name.clone());
                    walk(value, names);
                }
            }
            serde_json::Value::Array(list) => list.iter().for_each(|value| walk(value, names)),
            _ => {}
        }
    }
    let page = specification();
    let mut names = BTreeSet::new();
    for vector in vectors("client.json").iter().chain(&vectors("server.json")) {
        walk(&serde_json::from_str(&vector.json).unwrap(), &mut names);
    }
    let missing: Vec<_> = names.iter().filter(|name| !page.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "docs/protocol.md does not explain {missing:?}");
}
