//! The types of the wire for the web client, `web/src/core/protocol.ts`: made from the same schemas as the description of REST.
//!
//! `UPDATE_EXAMPLES=1 cargo test --test tidings typescript` writes the file anew.

use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use tidings::protocol::{ClientFrame, ServerFrame};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// What stands at the top of the file.
const HEAD: &str = "\
// Made from the Rust types by tests/typescript.rs; do not edit. `UPDATE_EXAMPLES=1 cargo test --test tidings typescript` writes it.
//
// One of several kinds is an object with one field that names the kind: `{ text: … }`; ask with `'text' in body`. What is absent
// is `null`; a client may leave it out.

/** A kind without fields. */
export type Nothing = Record<string, never>;
/** The caller, as the query `me` tells. */
export type Me = Extract<Answer, { me: unknown }>['me'];
";
/// Longest line of the file: an object that fits stands on one.
const COLUMNS_MAX: usize = 130;

/// Every named schema that the frames reach, the frames first, each once.
fn schemas() -> Vec<(String, Value)> {
    let mut found: Vec<(String, RefOr<Schema>)> = vec![
        (ClientFrame::name().into_owned(), ClientFrame::schema()),
        (ServerFrame::name().into_owned(), ServerFrame::schema()),
    ];
    ClientFrame::schemas(&mut found);
    ServerFrame::schemas(&mut found);
    let mut seen = BTreeSet::new();
    found.retain(|(name, _)| seen.insert(name.clone()));
    found.into_iter().map(|(name, schema)| (name, serde_json::to_value(schema).unwrap())).collect()
}

fn comment(schema: &Value, indent: &str) -> String {
    let Some(words) = schema["description"].as_str() else { return String::new() };
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ").replace("*/", "* /");
    format!("{indent}/** {words} */\n")
}

/// A schema as a type; `null` stands last.
fn type_of(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        return name.rsplit('/').next().unwrap().to_owned();
    }
    if let Some(kinds) = schema["oneOf"].as_array() {
        return union(kinds.iter().map(type_of));
    }
    if let Some(parts) = schema["allOf"].as_array() {
        return parts.iter().map(type_of).collect::<Vec<_>>().join(" & ");
    }
    if let Some(texts) = schema["enum"].as_array() {
        return union(texts.iter().map(|text| text.as_str().map_or("null".to_owned(), |text| format!("'{text}'"))));
    }
    match &schema["type"] {
        Value::Array(kinds) => union(kinds.iter().map(|kind| plain(kind.as_str().unwrap(), schema))),
        Value::String(kind) => plain(kind, schema),
        // Any JSON.
        Value::Null => "unknown".to_owned(),
        _ => panic!("a schema of no known form: {schema}"),
    }
}

fn union(kinds: impl Iterator<Item = String>) -> String {
    let (null, mut kinds): (Vec<String>, Vec<String>) = kinds.partition(|kind| kind == "null");
    kinds.extend(null.into_iter().take(1));
    kinds.join(" | ")
}

fn plain(kind: &str, schema: &Value) -> String {
    match kind {
        "integer" | "number" => "number".to_owned(),
        "string" | "boolean" | "null" => kind.to_owned(),
        "array" => {
            let element = type_of(&schema["items"]);
            if element.contains(' ') { format!("({element})[]") } else { format!("{element}[]") }
        }
        "object" => match (schema["properties"].as_object(), &schema["additionalProperties"]) {
            (Some(fields), _) if !fields.is_empty() => {
                let fields = fields.iter().map(|(name, field)| format!("{name}: {}", type_of(field)));
                format!("{{ {} }}", fields.collect::<Vec<_>>().join("; "))
            }
            (_, Value::Object(values)) => format!("Record<string, {}>", type_of(&Value::Object(values.clone()))),
            _ => "Nothing".to_owned(),
        },
        other => panic!("a schema of the unknown type {other}"),
    }
}

fn interface(name: &str, fields: &Map<String, Value>) -> String {
    let line = |(name, field): (&String, &Value)| format!("{}  {name}: {};\n", comment(field, "  "), type_of(field));
    let fields = fields.iter().map(line).collect::<Vec<_>>().concat();
    format!("export interface {name} {{\n{fields}}}\n")
}

fn declaration(name: &str, schema: &Value) -> String {
    if let Some(kinds) = schema["oneOf"].as_array() {
        let line = |kind| format!("{}  | {}", comment(kind, "  "), type_of(kind));
        let kinds = kinds.iter().map(line).collect::<Vec<_>>().join("\n");
        return format!("export type {name} =\n{kinds};\n");
    }
    match schema["properties"].as_object() {
        Some(fields) if !fields.is_empty() => interface(name, fields),
        _ => {
            let line = format!("export type {name} = {};\n", type_of(schema));
            if line.len() <= COLUMNS_MAX { line } else { line.replace(" | ", "\n  | ").replacen(" = ", " =\n  | ", 1) }
        }
    }
}

fn protocol() -> String {
    let mut file = HEAD.to_owned();
    for (name, schema) in schemas() {
        write!(file, "\n{}{}", comment(&schema, ""), declaration(&name, &schema)).unwrap();
    }
    file
}

#[test]
fn the_types_of_the_web_client_are_those_of_the_wire() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/src/core/protocol.ts");
    let made = protocol();
    if std::env::var_os("UPDATE_EXAMPLES").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(there == made, "web/src/core/protocol.ts is not what the Rust types say; UPDATE_EXAMPLES=1 writes it anew");
}
