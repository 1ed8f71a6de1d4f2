//! What comes out.

use super::target::Target;
use super::{Args, Scenario};
use hdrhistogram::Histogram;
use serde::{Serialize, Serializer};
use std::fmt;

/// Longest latency that is told apart, in microseconds.
const LATENCY_MAX_US: u64 = 600_000_000;

/// Latencies, in microseconds.
pub(super) fn histogram() -> Histogram<u64> {
    // The bounds are constants that hdrhistogram takes; were they not, one without bounds still counts.
    Histogram::new_with_bounds(1, LATENCY_MAX_US, 3).unwrap_or_else(|_| {
        let mut histogram = Histogram::new(3).unwrap_or_else(|_| unreachable!("three digits are allowed"));
        histogram.auto(true);
        histogram
    })
}

/// One run. Every field is one key of the flat JSON object; what a scenario does not measure is null.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    pub scenario: &'static str,
    pub version: &'static str,
    pub server: String,
    pub frames: &'static str,
    pub limits_lifted: bool,
    pub receipts: bool,
    pub pairs: Option<u32>,
    pub window: Option<u32>,
    pub members: Option<u32>,
    pub connections: Option<u32>,
    pub message_bytes: Option<u32>,
    #[serde(serialize_with = "two")]
    pub seconds: f64,
    pub acknowledged: u64,
    pub delivered: u64,
    #[serde(serialize_with = "maybe_two")]
    pub sends_per_second: Option<f64>,
    #[serde(serialize_with = "maybe_two")]
    pub deliveries_per_second: Option<f64>,
    #[serde(serialize_with = "maybe_three")]
    pub ack_p50_ms: Option<f64>,
    #[serde(serialize_with = "maybe_three")]
    pub ack_p99_ms: Option<f64>,
    #[serde(serialize_with = "maybe_three")]
    pub ack_p999_ms: Option<f64>,
    #[serde(serialize_with = "maybe_three")]
    pub delivery_p50_ms: Option<f64>,
    #[serde(serialize_with = "maybe_three")]
    pub delivery_p99_ms: Option<f64>,
    #[serde(serialize_with = "maybe_three")]
    pub delivery_p999_ms: Option<f64>,
    #[serde(serialize_with = "maybe_two")]
    pub server_cpu_s_per_million: Option<f64>,
    #[serde(serialize_with = "maybe_two")]
    pub generator_cpu_s_per_million: Option<f64>,
    pub server_empty_rss_bytes: u64,
    pub server_rss_bytes: u64,
    #[serde(serialize_with = "maybe_two")]
    pub bytes_per_connection: Option<f64>,
    #[serde(serialize_with = "maybe_two")]
    pub resumes_per_second: Option<f64>,
    #[serde(serialize_with = "maybe_two")]
    pub history_pages_per_second: Option<f64>,
    pub rounds: Option<u32>,
    #[serde(serialize_with = "maybe_two")]
    pub without_sends_per_second: Option<f64>,
    #[serde(serialize_with = "maybe_two")]
    pub with_sends_per_second: Option<f64>,
    /// Sends with a webhook by those without: the cost to chat.
    #[serde(serialize_with = "maybe_three")]
    pub with_by_without: Option<f64>,
    #[serde(serialize_with = "maybe_three")]
    pub without_ack_p50_ms: Option<f64>,
    #[serde(serialize_with = "maybe_three")]
    pub with_ack_p50_ms: Option<f64>,
    #[serde(serialize_with = "maybe_three")]
    pub without_ack_p99_ms: Option<f64>,
    #[serde(serialize_with = "maybe_three")]
    pub with_ack_p99_ms: Option<f64>,
    #[serde(serialize_with = "maybe_two")]
    pub posts_per_second: Option<f64>,
    /// Server's processor time of each second, in seconds.
    #[serde(serialize_with = "maybe_three")]
    pub without_server_cpu: Option<f64>,
    #[serde(serialize_with = "maybe_three")]
    pub with_server_cpu: Option<f64>,
    /// That of the generator, with whoever takes the posts.
    #[serde(serialize_with = "maybe_three")]
    pub without_generator_cpu: Option<f64>,
    #[serde(serialize_with = "maybe_three")]
    pub with_generator_cpu: Option<f64>,
    #[serde(serialize_with = "three")]
    pub device_sync_p50_ms: f64,
    pub refused: u64,
    pub lagging: u64,
    pub read_back: u64,
    pub lost: u64,
    pub duplicated: u64,
    pub reordered: u64,
}

impl Report {
    pub(super) fn new(args: &Args, target: &Target) -> Self {
        let of = |scenarios: &[Scenario], value: u32| scenarios.contains(&args.scenario).then_some(value);
        Self {
            scenario: args.scenario.name(),
            version: env!("CARGO_PKG_VERSION"),
            server: target.url.to_string(),
            frames: if args.json_frames { "json" } else { "postcard" },
            limits_lifted: target.limits_lifted,
            receipts: args.receipts || args.scenario == Scenario::Mixed,
            pairs: of(&[Scenario::Pairs, Scenario::Mixed, Scenario::Webhook], args.pairs),
            window: of(&[Scenario::Pairs, Scenario::Group, Scenario::Mixed, Scenario::Webhook], args.window),
            rounds: of(&[Scenario::Webhook], args.rounds),
            members: of(&[Scenario::Group, Scenario::Mixed], args.members),
            connections: of(&[Scenario::Idle, Scenario::Mixed], args.connections),
            message_bytes: (args.scenario != Scenario::Idle).then_some(args.bytes),
            server_empty_rss_bytes: target.empty_rss_bytes,
            ..Self::default()
        }
    }

    pub(super) fn acks(&mut self, latencies: &Histogram<u64>) {
        (self.ack_p50_ms, self.ack_p99_ms, self.ack_p999_ms) = quantiles_ms(latencies);
    }

    pub(super) fn deliveries(&mut self, latencies: &Histogram<u64>) {
        (self.delivery_p50_ms, self.delivery_p99_ms, self.delivery_p999_ms) = quantiles_ms(latencies);
    }

    /// Whether everything acknowledged is there, once, in order.
    pub(super) const fn is_sound(&self) -> bool {
        self.lost == 0 && self.duplicated == 0 && self.reordered == 0
    }
}

fn quantiles_ms(latencies: &Histogram<u64>) -> (Option<f64>, Option<f64>, Option<f64>) {
    let at = |quantile| (!latencies.is_empty()).then(|| latencies.value_at_quantile(quantile) as f64 / 1_000.0);
    (at(0.5), at(0.99), at(0.999))
}

fn rounded(value: f64, digits: i32) -> f64 {
    let factor = 10f64.powi(digits);
    (value * factor).round() / factor
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn two<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(rounded(*value, 2))
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn three<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(rounded(*value, 3))
}

#[allow(clippy::ref_option, reason = "serde asks for a reference")]
fn maybe_two<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    value.map(|value| rounded(value, 2)).serialize(serializer)
}

#[allow(clippy::ref_option, reason = "serde asks for a reference")]
fn maybe_three<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    value.map(|value| rounded(value, 3)).serialize(serializer)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The same names as in JSON, one a line, without those that were not measured.
        let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(self) else { return Err(fmt::Error) };
        for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
            match value {
                serde_json::Value::String(text) => writeln!(f, "{name:28} {text}")?,
                value => writeln!(f, "{name:28} {value}")?,
            }
        }
        Ok(())
    }
}
