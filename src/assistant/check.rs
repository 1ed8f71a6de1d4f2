//! Testing an assistant: every step of asking, one after the other, up to the first that fails, with what to change.

use super::problem::Problem;
use super::provider::{Next, Provider};
use super::wire::{self, Message, Speaker};
use crate::model::{AssistantCheck, AssistantSettings, CheckStep, Secret};
use crate::outbound::{Limits, Request, Trust};
use std::time::Duration;

/// What the answer to one step may take.
const STEP_WAIT: Duration = Duration::from_secs(15);
/// Bytes of the list of models.
const MODELS_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Models that are told.
const MODELS_MAX: usize = 100;
/// Tokens of the answer to the question that is asked: models that think first need some to say anything.
const REPLY_TOKENS: u32 = 16;

impl Provider {
    /// Goes through all steps.
    pub async fn check(&self, settings: &AssistantSettings) -> AssistantCheck {
        let mut check = AssistantCheck { ok: false, steps: Vec::new(), models: Vec::new() };
        let key = match self.check_key(settings).await {
            Ok((key, words)) => {
                step(&mut check, "key", true, words);
                key
            }
            Err(words) => {
                step(&mut check, "key", false, words);
                return check;
            }
        };
        if let Err(refused) = self.outbound.check(Trust::Operator, settings.base_url.as_str()) {
            step(&mut check, "address", false, format!("{refused} Correct base_url ({}).", settings.base_url));
            return check;
        }
        step(&mut check, "address", true, format!("{} is an address that may be asked.", settings.base_url));
        if self.check_models(settings, key.as_ref(), &mut check).await {
            self.check_answer(settings, &mut check).await;
        }
        check.ok = check.steps.iter().all(|step| step.ok);
        check
    }

    async fn check_key(&self, settings: &AssistantSettings) -> Result<(Option<Secret>, String), String> {
        let Some(source) = &settings.key else {
            return Ok((None, "No key is set; none is sent.".to_owned()));
        };
        match self.keys.of(settings).await {
            Ok(key) => {
                let words = format!(
                    "The key is there ({source}, {} characters).",
                    key.as_ref().map_or(0, |key| key.reveal().len())
                );
                Ok((key, words))
            }
            Err(words) => Err(Problem::Key(words).cure(settings)),
        }
    }

    /// Connects, and asks for the models; false when it makes no sense to go on.
    async fn check_models(
        &self,
        settings: &AssistantSettings,
        key: Option<&Secret>,
        check: &mut AssistantCheck,
    ) -> bool {
        let url = format!("{}/models", settings.base_url.as_str().trim_end_matches('/'));
        let limits =
            Limits { first_byte: STEP_WAIT, silence: STEP_WAIT, total: STEP_WAIT, body_bytes_max: MODELS_BYTES_MAX };
        let request = Self::with_key(Request::get(Trust::Operator, url), key).limits(limits);
        let reply = match self.outbound.stream(request).await {
            Ok(reply) => reply,
            Err(error) => {
                step(check, "connect", false, Problem::from(error).cure(settings));
                return false;
            }
        };
        step(check, "connect", true, "The provider is there and answers.".to_owned());
        if matches!(reply.status, 401 | 403) {
            let problem = super::provider::refused(reply, key).await;
            step(check, "models", false, problem.cure(settings));
            return false;
        }
        let status = reply.status;
        let body = if reply.is_success() {
            reply.collect().await.ok().filter(|reply| reply.complete).map(|reply| reply.body)
        } else {
            None
        };
        let Some(mut models) = body.and_then(|body| wire::models(&body)) else {
            // Not everybody lists models; the question tells.
            let words =
                format!("The provider lists no models (HTTP {status}); the question tells whether it knows this one.");
            step(check, "models", true, words);
            return true;
        };
        let known = models.iter().any(|model| model == settings.model.as_str());
        let count = models.len();
        models.truncate(MODELS_MAX);
        let shown = models.iter().take(8).cloned().collect::<Vec<_>>().join(", ");
        let words = if known {
            format!("The provider offers {count} models, `{}` among them.", settings.model)
        } else {
            format!(
                "The provider offers {count} models, and `{}` is not among them by this name: {shown}. The question tells \
                     whether it knows it.",
                settings.model
            )
        };
        check.models = models;
        step(check, "models", true, words);
        true
    }

    async fn check_answer(&self, settings: &AssistantSettings, check: &mut AssistantCheck) {
        let question = [Message::new(Speaker::User, "Say OK.")];
        let mut said = String::new();
        let asked = async {
            let mut answering = self.ask(settings, &question, REPLY_TOKENS).await?;
            loop {
                match answering.next().await {
                    Ok(Next::Words(words)) => said.push_str(&words),
                    // A model that thinks first may have said nothing yet.
                    Ok(Next::End(_)) | Err(Problem::Empty) => return Ok(answering.usage()),
                    Err(problem) => return Err(problem),
                }
            }
        };
        match tokio::time::timeout(self.times.first_byte + STEP_WAIT, asked).await {
            Ok(Ok(usage)) => {
                let cost = usage.map_or_else(String::new, |usage| format!(" It cost {} tokens.", usage.total()));
                let words = crate::model::growing::shortened(said.trim().replace(char::is_control, " "), 60);
                step(check, "answer", true, format!("`{}` answers: “{words}”.{cost}", settings.model));
            }
            Ok(Err(problem)) => step(check, "answer", false, problem.cure(settings)),
            Err(_) => {
                step(check, "answer", false, "The question was not answered in time; try again later.".to_owned());
            }
        }
    }
}

fn step(check: &mut AssistantCheck, step: &str, ok: bool, detail: String) {
    check.steps.push(CheckStep { step: step.to_owned(), ok, detail });
}
