//! `tidings assistant`: assistants set up, changed, tested and removed.

use super::place::Place;
use super::{Failure, exit, print, unexpected};
use crate::control::{Request, Response};
use crate::model::{
    ASSISTANT_PRESETS, AssistantAccess, AssistantCheck, AssistantInfo, AssistantPreset, AssistantSettings, KeySource,
    Line, Name, Paragraph, UserId,
};
use std::path::PathBuf;
use std::process::ExitCode;

/// What stands under the help.
pub const AFTER_HELP: &str = "\
An assistant is a user that answers: in chats with it every message is a question, in groups
one that mentions it or replies to it. It asks a provider that speaks OpenAI's chat
completions. The provider's key is never an argument and never in the data: name the variable
of the server's environment that holds it, or a file.

Examples:
  tidings assistant presets
  tidings assistant add assistant --preset ollama --model llama3.2
  tidings assistant add qwen --preset dashscope --key env:DASHSCOPE_API_KEY
  tidings assistant test qwen
  tidings assistant set qwen --temperature 0.3 --questions-per-day 50
  tidings assistant remove qwen

docs/assistant.md has a section for each provider.";

/// What `tidings assistant` is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List the assistants.
    List {
        /// In which app [default: home].
        #[arg(long)]
        app: Option<Name>,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Set an assistant up.
    Add {
        /// Its user; `assistant` is the usual one.
        id: UserId,
        /// In which app [default: home].
        #[arg(long)]
        app: Option<Name>,
        #[command(flatten)]
        changes: Box<Changes>,
        #[command(flatten)]
        place: Place,
    },
    /// Show how an assistant is.
    Show {
        /// Its user.
        id: UserId,
        /// In which app [default: home].
        #[arg(long)]
        app: Option<Name>,
        /// One JSON object.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Change how an assistant is; it counts from the next question.
    Set {
        /// Its user.
        id: UserId,
        /// In which app [default: home].
        #[arg(long)]
        app: Option<Name>,
        #[command(flatten)]
        changes: Box<Changes>,
        #[command(flatten)]
        place: Place,
    },
    /// Let an assistant answer no more; what it said stays.
    Remove {
        /// Its user.
        id: UserId,
        /// In which app [default: home].
        #[arg(long)]
        app: Option<Name>,
        #[command(flatten)]
        place: Place,
    },
    /// Test an assistant, and say exactly which step failed and what to change.
    Test {
        /// Its user.
        #[arg(default_value = "assistant")]
        id: UserId,
        /// In which app [default: home].
        #[arg(long)]
        app: Option<Name>,
        /// One JSON object.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// List the providers whose address is known.
    Presets {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
}

/// How it is to be; what is not named stays, or is that of the preset.
#[derive(Debug, clap::Args)]
struct Changes {
    /// Begin with what is known of this provider (`tidings assistant presets`).
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    /// Its display name.
    #[arg(long)]
    name: Option<Name>,
    /// Where the provider's API is, such as <https://api.openai.com/v1>.
    #[arg(long, value_name = "URL")]
    base_url: Option<Line>,
    /// The model, as the provider calls it.
    #[arg(long)]
    model: Option<Line>,
    /// Where the provider's key is: `env:VARIABLE`, `file:NAME` (in the folder `keys` of the data folder, or a path), or `none`.
    #[arg(long, value_name = "PLACE")]
    key: Option<String>,
    /// What the model is told before every conversation; an empty text: nothing.
    #[arg(long, value_name = "TEXT", conflicts_with = "system_prompt_file")]
    system_prompt: Option<String>,
    /// The same from a file.
    #[arg(long, value_name = "FILE")]
    system_prompt_file: Option<PathBuf>,
    /// How freely it writes, 0 to 2; `default`: as the provider does by itself.
    #[arg(long, value_name = "NUMBER")]
    temperature: Option<String>,
    /// How much of a conversation it is given, in tokens, its answer included.
    #[arg(long, value_name = "TOKENS")]
    context_tokens: Option<u32>,
    /// How long an answer may be, in tokens.
    #[arg(long, value_name = "TOKENS")]
    reply_tokens: Option<u32>,
    /// Who may use it: `everyone`, `administrators`, or ids with commas between them.
    #[arg(long, value_name = "WHO")]
    access: Option<String>,
    /// Questions of one user in a day; 0: as many as they like.
    #[arg(long, value_name = "NUMBER")]
    questions_per_day: Option<u32>,
    /// Tokens of one user in a day; 0: as many as they like.
    #[arg(long, value_name = "NUMBER")]
    tokens_per_day: Option<u64>,
    /// Whether the model takes pictures.
    #[arg(long, value_name = "YES/NO", value_parser = clap::builder::BoolishValueParser::new())]
    images: Option<bool>,
    /// Answers that are written at the same time.
    #[arg(long, value_name = "NUMBER")]
    parallel: Option<u16>,
}

/// Does it.
pub async fn run(args: Args) -> Result<ExitCode, Failure> {
    match args.action {
        Action::List { app, json, place } => {
            let found = all(&place, app).await?;
            let lines: Result<Vec<String>, Failure> =
                found.iter().map(|one| if json { super::json(one) } else { Ok(line(one)) }).collect();
            let head = if json { String::new() } else { format!("{:<20} {:<24} URL\n", "USER", "MODEL") };
            if found.is_empty() && !json {
                let words = "There is no assistant yet. `tidings assistant presets` shows where one can ask, and `tidings \
                             assistant add` sets it up.\n";
                print(words)?;
            } else {
                print(&lines?.iter().fold(head, |text, line| text + line + "\n"))?;
            }
        }
        Action::Add { id, app, changes, place } => {
            if all(&place, app.clone()).await?.iter().any(|one| one.id.folded() == id.folded()) {
                let message = format!("There is an assistant {id} already; `tidings assistant set {id}` changes it.");
                return Err(Failure::new(exit::DATA, message));
            }
            let before = changes.begin()?;
            let settings = Box::new(changes.apply(before)?);
            place.ask(Request::AssistantSet { app, id: id.clone(), name: changes.name, settings }, true).await?;
            print(&format!("The assistant {id} is set up. `tidings assistant test {id}` tells whether it works.\n"))?;
        }
        Action::Show { id, app, json, place } => {
            let found = one(&place, app, &id).await?;
            print(&if json { format!("{}\n", super::json(&found)?) } else { shown(&found) })?;
        }
        Action::Set { id, app, changes, place } => {
            let before = one(&place, app.clone(), &id).await?.settings;
            let before = if changes.preset.is_some() { changes.begin()? } else { before };
            let settings = Box::new(changes.apply(before)?);
            let (name, wanted) = (changes.name, app.clone());
            place.ask(Request::AssistantSet { app: wanted, id: id.clone(), name, settings }, false).await?;
            print(&shown(&one(&place, app, &id).await?))?;
        }
        Action::Remove { id, app, place } => {
            place.ask(Request::AssistantRemove { app, id: id.clone() }, false).await?;
            print(&format!("The assistant {id} answers no more.\n"))?;
        }
        Action::Test { id, app, json, place } => {
            let check = match place.ask(Request::AssistantTest { app, id }, false).await? {
                Response::AssistantCheck(check) => *check,
                _ => return Err(unexpected()),
            };
            print(&if json { format!("{}\n", super::json(&check)?) } else { steps(&check) })?;
            if !check.ok {
                return Ok(ExitCode::from(exit::UNAVAILABLE));
            }
        }
        Action::Presets { json } => {
            let lines: Result<Vec<String>, Failure> =
                ASSISTANT_PRESETS.iter().map(|one| if json { super::json(one) } else { Ok(preset(one)) }).collect();
            print(&(lines?.join("\n") + "\n"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn all(place: &Place, app: Option<Name>) -> Result<Vec<AssistantInfo>, Failure> {
    match place.ask(Request::AssistantList { app }, true).await? {
        Response::Assistants { assistants } => Ok(assistants),
        _ => Err(unexpected()),
    }
}

async fn one(place: &Place, app: Option<Name>, id: &UserId) -> Result<AssistantInfo, Failure> {
    let found = all(place, app).await?.into_iter().find(|one| one.id.folded() == id.folded());
    found.ok_or_else(|| {
        Failure::new(
            exit::DATA,
            format!("There is no assistant `{id}`; `tidings assistant list` shows those there are."),
        )
    })
}

impl Changes {
    /// What it begins with: the preset, or nothing but where and what is asked.
    fn begin(&self) -> Result<AssistantSettings, Failure> {
        if let Some(name) = &self.preset {
            let Some(preset) = AssistantPreset::find(name) else {
                let known: Vec<&str> = ASSISTANT_PRESETS.iter().map(|preset| preset.name).collect();
                let message = format!("There is no preset {name}; there are {}.", known.join(", "));
                return Err(Failure::new(exit::USAGE, message));
            };
            return preset.settings().map_err(|error| Failure::new(exit::DATA, error.to_string()));
        }
        match (&self.base_url, &self.model) {
            (Some(base_url), Some(model)) => Ok(AssistantSettings::new(base_url.clone(), model.clone())),
            _ => Err(Failure::new(
                exit::USAGE,
                "Name a --preset, or both --base-url and --model; `tidings assistant presets` shows the presets.",
            )),
        }
    }

    /// Everything that is named.
    fn apply(&self, before: AssistantSettings) -> Result<AssistantSettings, Failure> {
        let wrong = |message: String| Failure::new(exit::USAGE, message);
        let mut settings = before;
        let take = |value: &Option<Line>, into: &mut Line| {
            if let Some(value) = value {
                *into = value.clone();
            }
        };
        take(&self.base_url, &mut settings.base_url);
        take(&self.model, &mut settings.model);
        if let Some(key) = &self.key {
            settings.key = match key.as_str() {
                "none" => None,
                place => Some(place.parse::<KeySource>().map_err(|error| wrong(format!("--key: {error}, or none.")))?),
            };
        }
        if let Some(prompt) = self.prompt()? {
            let text = prompt.trim();
            let paragraph = || Paragraph::new(text).map_err(|error| wrong(format!("--system-prompt: {error}.")));
            settings.system_prompt = if text.is_empty() { None } else { Some(paragraph()?) };
        }
        if let Some(temperature) = &self.temperature {
            let hundredths = |text: &str| {
                let number: Option<f64> = text.parse().ok().filter(|number| (0.0..=2.0).contains(number));
                number.map(|number| (number * 100.0).round() as u16)
            };
            settings.temperature_hundredths = match temperature.as_str() {
                "default" => None,
                text => Some(hundredths(text).ok_or_else(|| wrong("--temperature goes from 0 to 2.".to_owned()))?),
            };
        }
        settings.context_tokens = self.context_tokens.unwrap_or(settings.context_tokens);
        settings.reply_tokens = self.reply_tokens.unwrap_or(settings.reply_tokens);
        settings.questions_per_day = self.questions_per_day.unwrap_or(settings.questions_per_day);
        settings.tokens_per_day = self.tokens_per_day.unwrap_or(settings.tokens_per_day);
        settings.images = self.images.unwrap_or(settings.images);
        settings.parallel = self.parallel.unwrap_or(settings.parallel);
        if let Some(access) = &self.access {
            settings.access = match access.as_str() {
                "everyone" => AssistantAccess::Everyone,
                "administrators" => AssistantAccess::Administrators,
                ids => {
                    let ids: Result<Vec<UserId>, _> = ids.split(',').map(|id| UserId::new(id.trim())).collect();
                    AssistantAccess::Listed(ids.map_err(|error| wrong(format!("--access: {error}.")))?)
                }
            };
        }
        settings.check(true).map_err(|words| Failure::new(exit::DATA, words))?;
        Ok(settings)
    }

    fn prompt(&self) -> Result<Option<String>, Failure> {
        match &self.system_prompt_file {
            None => Ok(self.system_prompt.clone()),
            Some(file) => std::fs::read_to_string(file)
                .map(Some)
                .map_err(|error| Failure::new(exit::DATA, format!("{}: {error}.", file.display()))),
        }
    }
}

fn line(one: &AssistantInfo) -> String {
    format!("{:<20} {:<24} {}", one.id.as_str(), one.settings.model.as_str(), one.settings.base_url)
}

fn shown(one: &AssistantInfo) -> String {
    let settings = &one.settings;
    let or = |value: Option<String>, none: &str| value.unwrap_or_else(|| none.to_owned());
    let limit = |number: u64| if number == 0 { "no limit".to_owned() } else { number.to_string() };
    let access = match &settings.access {
        AssistantAccess::Everyone => "everyone".to_owned(),
        AssistantAccess::Administrators => "administrators".to_owned(),
        AssistantAccess::Listed(ids) => ids.iter().map(UserId::as_str).collect::<Vec<_>>().join(","),
    };
    let temperature = settings.temperature_hundredths.map(|number| (f64::from(number) / 100.0).to_string());
    let lines = [
        ("user", one.id.to_string()),
        ("name", one.name.to_string()),
        ("base_url", settings.base_url.to_string()),
        ("model", settings.model.to_string()),
        ("key", or(settings.key.as_ref().map(ToString::to_string), "none")),
        ("system_prompt", or(settings.system_prompt.as_ref().map(|text| text.as_str().replace('\n', " ")), "none")),
        ("temperature", or(temperature, "default")),
        ("context_tokens", settings.context_tokens.to_string()),
        ("reply_tokens", settings.reply_tokens.to_string()),
        ("access", access),
        ("questions_per_day", limit(settings.questions_per_day.into())),
        ("tokens_per_day", limit(settings.tokens_per_day)),
        ("images", if settings.images { "yes" } else { "no" }.to_owned()),
        ("parallel", settings.parallel.to_string()),
    ];
    lines.iter().fold(String::new(), |text, (key, value)| text + &format!("{key} = {value}\n"))
}

fn steps(check: &AssistantCheck) -> String {
    let line = |step: &crate::model::CheckStep| {
        format!("{} {:<8} {}\n", if step.ok { "ok  " } else { "FAIL" }, step.step, step.detail)
    };
    let steps: String = check.steps.iter().map(line).collect();
    steps + if check.ok { "The assistant works.\n" } else { "The assistant does not work.\n" }
}

fn preset(preset: &AssistantPreset) -> String {
    let key = preset.key_environment.map_or_else(|| "no key".to_owned(), |key| format!("key in {key}"));
    format!(
        "{:<10} {}\n           {}  model {}  {key}\n           {}\n",
        preset.name, preset.title, preset.base_url, preset.model, preset.note
    )
}
