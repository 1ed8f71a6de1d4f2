//! `/admin/status/history`: how the server was in the last hour, for the charts of the console.
//!
//! A sample every ten seconds, in memory alone: a restart begins anew. Who keeps figures for longer reads `/metrics`.

use crate::http::api::ApiState;
use crate::http::api::caller::Caller;
use crate::http::api::extract::{Find, Json};
use crate::http::api::problem::Problem;
use crate::model::clock::monotonic;
use crate::model::{AdminQuery, Timestamp};
use crate::shutdown::Shutdown;
use axum::extract::State;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use tokio::time::MissedTickBehavior;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A sample is taken so often.
const EVERY: Duration = Duration::from_secs(10);
/// Samples that are kept: an hour of them.
const SAMPLES_MAX: usize = 360;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(history))
}

/// Which samples.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Since {
    /// Only those taken later than this; all when absent.
    #[param(value_type = Option<u64>)]
    after: Option<Timestamp>,
}

/// How the server was, the oldest first. Every list has one number for each sample.
#[derive(Default, Serialize, ToSchema)]
pub struct History {
    /// Milliseconds between two samples.
    every_ms: u64,
    /// When each was taken.
    at: Vec<Timestamp>,
    /// Open connections.
    connections: Vec<u64>,
    /// Accepted commands per second since the sample before.
    commands_per_second: Vec<f64>,
    /// 99th percentile of the last 1,024 commits, in microseconds.
    commit_p99_us: Vec<u64>,
    /// Commands waiting for the writer.
    commands_queued: Vec<u64>,
    /// Bytes that wait for slow readers.
    queued_bytes: Vec<u64>,
    /// Bytes of the database file.
    file_bytes: Vec<u64>,
}

/// Show how the server was in the last hour
#[utoipa::path(get, path = "/admin/status/history", tag = "administration", params(Since),
    responses((status = 200, description = "A sample for every ten seconds.", body = History)))]
async fn history(
    State(api): State<ApiState>,
    caller: Caller,
    Find(Since { after }): Find<Since>,
) -> Result<Json<History>, Problem> {
    api.office.read(&caller.by(), AdminQuery::AnyAdministrator).await?;
    Ok(Json(api.trend.after(after)))
}

/// One look at the server.
#[derive(Clone, Debug)]
struct Sample {
    at: Timestamp,
    connections: u64,
    commands_per_second: f64,
    commit_p99_us: u64,
    commands_queued: u64,
    queued_bytes: u64,
    file_bytes: u64,
}

/// The samples of the last hour.
#[derive(Default)]
pub struct Trend(
    /// The oldest first. Held for a push or a copy.
    Mutex<VecDeque<Sample>>,
);

impl Trend {
    fn push(&self, sample: Sample) {
        let mut samples = self.0.lock();
        if samples.len() == SAMPLES_MAX {
            samples.pop_front();
        }
        samples.push_back(sample);
    }

    fn after(&self, after: Option<Timestamp>) -> History {
        let mut history = History { every_ms: EVERY.as_millis() as u64, ..History::default() };
        for sample in self.0.lock().iter().filter(|sample| after.is_none_or(|after| sample.at > after)) {
            history.at.push(sample.at);
            history.connections.push(sample.connections);
            history.commands_per_second.push(sample.commands_per_second);
            history.commit_p99_us.push(sample.commit_p99_us);
            history.commands_queued.push(sample.commands_queued);
            history.queued_bytes.push(sample.queued_bytes);
            history.file_bytes.push(sample.file_bytes);
        }
        history
    }
}

/// Takes samples until `shutdown`, the first at once.
pub async fn keep(api: ApiState, shutdown: Shutdown) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut before = None;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = shutdown.wait() => return,
        }
        let (engine, gateway) = (api.engine().stats(), api.gateway.stats());
        let now = (monotonic(), engine.accepted);
        api.trend.push(Sample {
            at: api.engine().clock().now(),
            connections: gateway.connections,
            commands_per_second: before.map_or(0.0, |before| per_second(before, now)),
            commit_p99_us: engine.commit_p99_us,
            commands_queued: engine.queued,
            queued_bytes: gateway.queued_bytes,
            file_bytes: engine.file_bytes,
        });
        before = Some(now);
    }
}

/// How fast a counter grew, to a hundredth.
fn per_second((since, had): (Instant, u64), (now, has): (Instant, u64)) -> f64 {
    let seconds = now.duration_since(since).as_secs_f64();
    if seconds > 0.0 { (has.saturating_sub(had) as f64 / seconds * 100.0).round() / 100.0 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at: u64) -> Sample {
        Sample {
            at: Timestamp(at),
            connections: at,
            commands_per_second: 0.5,
            commit_p99_us: 1,
            commands_queued: 2,
            queued_bytes: 3,
            file_bytes: 4,
        }
    }

    #[test]
    fn an_hour_is_kept_and_no_more() {
        let trend = Trend::default();
        for at in 0..SAMPLES_MAX as u64 + 5 {
            trend.push(sample(at));
        }
        let all = trend.after(None);
        assert_eq!(all.at.len(), SAMPLES_MAX);
        assert_eq!((all.at.first(), all.at.last()), (Some(&Timestamp(5)), Some(&Timestamp(364))));
        let new = trend.after(Some(Timestamp(362)));
        assert_eq!(new.at, [Timestamp(363), Timestamp(364)]);
        assert_eq!(new.connections, [363, 364]);
        let lengths = [
            new.commands_per_second.len(),
            new.commit_p99_us.len(),
            new.commands_queued.len(),
            new.queued_bytes.len(),
            new.file_bytes.len(),
        ];
        assert_eq!(lengths, [2; 5], "every list has one number for each sample");
        assert!(trend.after(Some(Timestamp(364))).at.is_empty());
    }

    #[test]
    fn a_rate_is_of_the_time_between_two_samples() {
        let since = monotonic();
        let later = since + Duration::from_secs(4);
        assert!((per_second((since, 10), (later, 15)) - 1.25).abs() < f64::EPSILON);
        assert!(per_second((since, 10), (since, 15)).abs() < f64::EPSILON, "no time has passed");
        assert!(per_second((since, 15), (later, 10)).abs() < f64::EPSILON, "a counter does not shrink");
    }
}
