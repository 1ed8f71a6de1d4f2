//! `[[assistant]]`: assistants that are set up at the start when they are not there yet. Afterwards they are changed where everything
//! else is: in the data, with `tidings assistant set` or by an administrator.

use super::problem::{Problem, did_you_mean};
use crate::model::{AssistantAccess, AssistantPreset, AssistantSettings, KeySource, Line, Name, Paragraph, UserId};
use std::str::FromStr;
use toml_edit::{Item, Table, Value};

/// The name of the tables.
pub(super) const NAME: &str = "assistant";
/// Every key of such a table.
const KEYS: [&str; 15] = [
    "id",
    "name",
    "preset",
    "base_url",
    "model",
    "key",
    "system_prompt",
    "temperature",
    "context_tokens",
    "reply_tokens",
    "access",
    "questions_per_day",
    "tokens_per_day",
    "images",
    "parallel",
];

/// An assistant that is set up at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssistantSeed {
    /// Its user, `assistant` when nothing else is said.
    pub id: UserId,
    /// Its display name.
    pub name: Option<Name>,
    /// How it is.
    pub settings: AssistantSettings,
}

impl AssistantSeed {
    /// As a table of a file.
    pub(super) fn lines(&self) -> Vec<String> {
        let settings = &self.settings;
        let text = |text: &str| Value::from(text).to_string();
        let key = settings.key.as_ref().map(|key| text(&key.to_string()));
        let temperature = settings.temperature_hundredths.map(|number| format!("{:.2}", f64::from(number) / 100.0));
        let access = match &settings.access {
            AssistantAccess::Everyone => text("everyone"),
            AssistantAccess::Administrators => text("administrators"),
            AssistantAccess::Listed(ids) => {
                format!("[{}]", ids.iter().map(|id| text(id.as_str())).collect::<Vec<_>>().join(", "))
            }
        };
        let values = [
            ("id", Some(text(self.id.as_str()))),
            ("name", self.name.as_ref().map(|name| text(name.as_str()))),
            ("base_url", Some(text(settings.base_url.as_str()))),
            ("model", Some(text(settings.model.as_str()))),
            ("key", key),
            ("system_prompt", settings.system_prompt.as_ref().map(|prompt| text(prompt.as_str()))),
            ("temperature", temperature),
            ("context_tokens", Some(settings.context_tokens.to_string())),
            ("reply_tokens", Some(settings.reply_tokens.to_string())),
            ("access", Some(access)),
            ("questions_per_day", Some(settings.questions_per_day.to_string())),
            ("tokens_per_day", Some(settings.tokens_per_day.to_string())),
            ("images", Some(settings.images.to_string())),
            ("parallel", Some(settings.parallel.to_string())),
        ];
        let lines = values.into_iter().filter_map(|(key, value)| Some(format!("{key} = {}", value?)));
        std::iter::once("[[assistant]]".to_owned()).chain(lines).collect()
    }
}

/// Reads the tables; whatever is wrong is a problem with its line.
pub(super) fn read(
    path: &str,
    item: &Item,
    line_of: &impl Fn(Option<std::ops::Range<usize>>) -> usize,
    problems: &mut Vec<Problem>,
) -> Vec<AssistantSeed> {
    let Item::ArrayOfTables(tables) = item else {
        let message = "assistant is a list of tables; write [[assistant]] in a line of its own.".to_owned();
        problems.push(Problem::in_file(path, line_of(item.span()), message));
        return Vec::new();
    };
    let mut seeds = Vec::new();
    for table in tables {
        let mut wrong = Vec::new();
        let seed = one(table, &mut wrong);
        let begin = line_of(table.span());
        for (key, message) in wrong {
            let line = key.and_then(|key| table.key(key)).map_or(begin, |key| line_of(key.span()));
            problems.push(Problem::in_file(path, line, message));
        }
        seeds.extend(seed);
    }
    seeds
}

/// What is wrong, and with which key.
type Wrong = Vec<(Option<&'static str>, String)>;

fn one(table: &Table, wrong: &mut Wrong) -> Option<AssistantSeed> {
    let before = wrong.len();
    for (name, _) in table {
        if !KEYS.contains(&name) {
            let hint = did_you_mean(name, KEYS).map_or_else(String::new, |meant| format!(" Did you mean {meant}?"));
            wrong.push((None, format!("[[assistant]] has no key {name}.{hint}")));
        }
    }
    let id = text::<UserId>(table, "id", wrong).or_else(|| UserId::new(NAME).ok())?;
    let name = text::<Name>(table, "name", wrong);
    let mut settings = begin(table, wrong)?;
    if let Some(key) = text::<KeySource>(table, "key", wrong) {
        settings.key = Some(key);
    }
    if let Some(prompt) = text::<Paragraph>(table, "system_prompt", wrong) {
        settings.system_prompt = Some(prompt);
    }
    settings.temperature_hundredths = temperature(table, wrong);
    let mut number = |key: &'static str, most: u64| match table.get(key) {
        None => None,
        Some(Item::Value(Value::Integer(number)))
            if u64::try_from(*number.value()).is_ok_and(|found| found <= most) =>
        {
            u64::try_from(*number.value()).ok()
        }
        Some(_) => {
            wrong.push((Some(key), format!("{key} must be a number from 0 to {most}.")));
            None
        }
    };
    let narrow = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    if let Some(tokens) = number("context_tokens", 10_000_000) {
        settings.context_tokens = narrow(tokens);
    }
    if let Some(tokens) = number("reply_tokens", 131_072) {
        settings.reply_tokens = narrow(tokens);
    }
    if let Some(questions) = number("questions_per_day", 1_000_000) {
        settings.questions_per_day = narrow(questions);
    }
    if let Some(tokens) = number("tokens_per_day", 1_000_000_000_000) {
        settings.tokens_per_day = tokens;
    }
    if let Some(parallel) = number("parallel", 64) {
        settings.parallel = parallel as u16;
    }
    match table.get("images") {
        None => {}
        Some(Item::Value(Value::Boolean(images))) => settings.images = *images.value(),
        Some(_) => wrong.push((Some("images"), "images must be true or false.".to_owned())),
    }
    access(table, &mut settings, wrong);
    if wrong.len() == before
        && let Err(words) = settings.check(true)
    {
        wrong.push((None, words));
    }
    (wrong.len() == before).then_some(AssistantSeed { id, name, settings })
}

/// The preset, or nothing but where and what is asked.
fn begin(table: &Table, wrong: &mut Wrong) -> Option<AssistantSettings> {
    let base_url = text::<Line>(table, "base_url", wrong);
    let model = text::<Line>(table, "model", wrong);
    let mut settings = if let Some(item) = table.get("preset") {
        let preset = item.as_str().and_then(AssistantPreset::find).and_then(|preset| preset.settings().ok());
        if preset.is_none() {
            let known: Vec<&str> = crate::model::ASSISTANT_PRESETS.iter().map(|preset| preset.name).collect();
            wrong.push((Some("preset"), format!("preset must be one of {}.", known.join(", "))));
        }
        preset?
    } else {
        let (Some(base_url), Some(model)) = (base_url.clone(), model.clone()) else {
            wrong.push((None, "[[assistant]] needs a preset, or base_url and model.".to_owned()));
            return None;
        };
        AssistantSettings::new(base_url, model)
    };
    settings.base_url = base_url.unwrap_or(settings.base_url);
    settings.model = model.unwrap_or(settings.model);
    Some(settings)
}

fn text<T: FromStr<Err = crate::model::TextError>>(table: &Table, key: &'static str, wrong: &mut Wrong) -> Option<T> {
    let item = table.get(key)?;
    let read = match item.as_str() {
        Some(text) => text.parse().map_err(|error: crate::model::TextError| error.to_string()),
        None => Err("it stands in quotes".to_owned()),
    };
    read.map_err(|words| wrong.push((Some(key), format!("{key} is not right: {words}.")))).ok()
}

fn temperature(table: &Table, wrong: &mut Wrong) -> Option<u16> {
    let found = match table.get("temperature")? {
        Item::Value(Value::Float(number)) => Some(*number.value()),
        Item::Value(Value::Integer(number)) => Some(*number.value() as f64),
        _ => None,
    };
    let right = found.filter(|number| (0.0..=2.0).contains(number));
    if right.is_none() {
        wrong.push((Some("temperature"), "temperature must be a number from 0 to 2, such as 0.7.".to_owned()));
    }
    right.map(|number| (number * 100.0).round() as u16)
}

fn access(table: &Table, settings: &mut AssistantSettings, wrong: &mut Wrong) {
    let Some(item) = table.get("access") else { return };
    let listed = |array: &toml_edit::Array| -> Option<Vec<UserId>> {
        array.iter().map(|value| value.as_str().and_then(|id| UserId::new(id).ok())).collect()
    };
    settings.access = match item {
        Item::Value(Value::String(text)) if text.value() == "everyone" => AssistantAccess::Everyone,
        Item::Value(Value::String(text)) if text.value() == "administrators" => AssistantAccess::Administrators,
        Item::Value(Value::Array(array)) if listed(array).is_some() => {
            AssistantAccess::Listed(listed(array).unwrap_or_default())
        }
        _ => {
            let message = "access must be \"everyone\", \"administrators\" or a list of user ids.".to_owned();
            wrong.push((Some("access"), message));
            return;
        }
    };
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Sources};

    fn load(text: &str) -> Result<Config, String> {
        let sources = Sources { text: Some(("x.toml".into(), text.to_owned())), ..Sources::default() };
        Config::load(&sources).map_err(|problems| problems.to_string())
    }

    #[test]
    fn an_assistant_is_a_preset_and_what_differs_from_it() {
        let text = "[[assistant]]\npreset = \"dashscope\"\nmodel = \"qwen-plus\"\ntemperature = 0.7\naccess = [\"ada\"]\n\
                    \n[[assistant]]\nid = \"local\"\nbase_url = \"http://127.0.0.1:1/v1\"\nmodel = \"m\"\nkey = \"env:ANY\"\n";
        let seeds = load(text).unwrap().seeded_assistants;
        assert_eq!(seeds.len(), 2);
        assert_eq!((seeds[0].id.as_str(), seeds[0].settings.model.as_str()), ("assistant", "qwen-plus"));
        assert_eq!(seeds[0].settings.temperature_hundredths, Some(70));
        assert!(seeds[0].settings.base_url.as_str().contains("dashscope"));
        assert_eq!(seeds[1].settings.key.as_ref().unwrap().to_string(), "env:ANY");
        let shown = load(text).unwrap().show(true);
        assert_eq!(load(&shown).unwrap().seeded_assistants, seeds, "what is shown can be read back");
    }

    #[test]
    fn every_problem_is_told_with_its_line() {
        for (text, words) in [
            ("[[assistant]]\npreset = \"nobody\"\n", "x.toml:2"),
            ("[[assistant]]\nmodel = \"m\"\n", "base_url and model"),
            ("[[assistant]]\npreset = \"ollama\"\ntemprature = 1\n", "Did you mean temperature?"),
            ("[[assistant]]\npreset = \"ollama\"\nkey = \"secret\"\n", "env:VARIABLE"),
            ("[[assistant]]\npreset = \"ollama\"\nimages = 1\n", "x.toml:3"),
            ("[[assistant]]\npreset = \"ollama\"\nbase_url = \"ftp://x\"\n", "http://"),
            ("[assistant]\npreset = \"ollama\"\n", "[[assistant]]"),
        ] {
            let problems = load(text).unwrap_err();
            assert!(problems.contains(words), "{text}: {problems}");
        }
    }
}
