//! `/metrics`: what the engine and the gateway count, in the text format of Prometheus (version 0.0.4). Nothing in it names a
//! user or a conversation.

use super::Site;
use crate::engine::Health;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::fmt::Write;

/// How a figure behaves.
#[derive(Clone, Copy)]
enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
}

/// All figures.
pub async fn metrics(State(site): State<Site>) -> Response {
    let engine = site.engine.stats();
    let gateway = site.gateway.stats();
    let push = site.push.stats();
    let assistants = site.assistants.stats();
    let webhooks = site.webhooks.stats();
    let before_hooks = site.before_hooks.stats();
    let up = u64::from(site.engine.health() == Health::Live && !site.gateway.is_draining());
    let micros = |us: u64| us as f64 / 1e6;
    let counters = [
        ("commands_accepted_total", "Commands accepted.", engine.accepted),
        ("commands_refused_total", "Commands refused.", engine.refused),
        ("commands_duplicate_total", "Commands answered with the outcome of an earlier one.", engine.duplicates),
        ("commits_total", "Commits to the disk.", engine.commits),
        ("storage_reopened_total", "Times the storage was opened again after a fault.", engine.reopened),
        ("connections_accepted_total", "Connections accepted.", gateway.accepted),
        ("connections_turned_away_total", "Connections turned away because of a limit.", gateway.turned_away),
        ("logins_total", "Log-ins, with password or token.", gateway.logins),
        ("logins_refused_total", "Log-ins refused.", gateway.logins_refused),
        (
            "guesses_throttled_total",
            "Tries to guess a password, code or link that were not let through.",
            gateway.throttled,
        ),
        ("frames_received_total", "Frames read from clients.", gateway.frames),
        ("lagging_total", "Times a connection was too slow and lost its pushes.", gateway.lagging),
        ("protocol_errors_total", "Connections closed for breaking the protocol.", gateway.protocol_errors),
        ("timeouts_total", "Connections closed for silence.", gateway.timeouts),
        ("push_sent_total", "Pushes that a push service took.", push.sent),
        ("push_failed_total", "Tries to push that failed.", push.failed),
        ("push_expired_total", "Subscriptions that a push service did not know any more.", push.expired),
        ("webhook_taken_total", "Events that webhooks took.", webhooks.taken),
        ("webhook_failed_total", "Tries to post an event to a webhook that failed.", webhooks.failed),
        ("webhook_dead_total", "Events of webhooks that were given up.", webhooks.dead),
        ("assistant_questions_total", "Questions to assistants that were begun.", assistants.questions),
        ("assistant_complete_total", "Answers that ended well.", assistants.complete),
        ("assistant_stopped_total", "Answers that somebody stopped.", assistants.stopped),
        ("assistant_limit_total", "Answers that were cut because they were too long.", assistants.limit),
        ("assistant_failed_total", "Answers that failed.", assistants.failed),
        (
            "assistant_tokens_total",
            "Tokens of questions and answers, estimated where a provider does not say.",
            assistants.tokens,
        ),
        ("before_hook_asked_total", "Questions to before-hooks.", before_hooks.asked),
        ("before_hook_allowed_total", "Answers of before-hooks that allowed.", before_hooks.allowed),
        ("before_hook_refused_total", "Answers of before-hooks that refused.", before_hooks.refused),
        (
            "before_hook_replaced_total",
            "Answers of before-hooks that put something else in its place.",
            before_hooks.replaced,
        ),
        (
            "before_hook_failed_total",
            "Questions to before-hooks without an answer that could be understood.",
            before_hooks.failed,
        ),
        ("task_panics_total", "Tasks that panicked.", site.tasks.panics()),
    ];
    let gauges = [
        ("ready", "1 while commands are taken.", up),
        ("connections", "Open connections.", gateway.connections),
        ("sessions", "Connected sessions.", gateway.sessions),
        ("tasks", "Running tasks.", site.tasks.running() as u64),
        ("queued_bytes", "Bytes that wait to be written to clients.", gateway.queued_bytes),
        ("uploads", "Uploads on their way.", site.media.uploads() as u64),
        ("push_waiting", "Pushes that wait to be tried again.", push.waiting),
        ("webhooks", "Webhooks that are posted to.", webhooks.running),
        ("assistant_open", "Questions to assistants that are not answered yet.", assistants.open),
        ("assistant_running", "Answers that are being written.", assistants.running),
        ("before_hook_waiting", "Commands that wait for a before-hook.", before_hooks.waiting),
        ("commands_queued", "Commands that wait for the writer.", engine.queued),
        ("tail_entries", "Entries that are in the journal only.", engine.tail_entries),
        ("journal_rows", "Rows of the journal.", engine.journal_rows),
        ("storage_bytes", "Bytes of the database file.", engine.file_bytes),
        ("last_lsn", "The last lsn.", engine.lsn.0),
    ];
    let mut text = String::with_capacity(4 * 1024);
    for (name, help, value) in counters {
        figure(&mut text, Kind::Counter, name, help, &value);
    }
    for (name, help, value) in gauges {
        figure(&mut text, Kind::Gauge, name, help, &value);
    }
    figure(&mut text, Kind::Gauge, "commit_p50_seconds", "Median of the last commits.", &micros(engine.commit_p50_us));
    figure(
        &mut text,
        Kind::Gauge,
        "commit_p99_seconds",
        "99th percentile of the last commits.",
        &micros(engine.commit_p99_us),
    );
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

fn figure(text: &mut String, kind: Kind, name: &str, help: &str, value: &dyn std::fmt::Display) {
    let kind = match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
    };
    // Writing to a string does not fail.
    write!(
        text,
        "# HELP tidings_{name} {help}
# TYPE tidings_{name} {kind}
tidings_{name} {value}
"
    )
    .ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_has_its_help_and_type() {
        let mut text = String::new();
        figure(&mut text, Kind::Counter, "x_total", "Something.", &7);
        assert_eq!(text, "# HELP tidings_x_total Something.\n# TYPE tidings_x_total counter\ntidings_x_total 7\n");
    }
}
