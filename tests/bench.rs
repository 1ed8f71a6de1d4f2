//! The load generator through its front door: what it prints can be relied on, and what it measures it verifies.

use super::server::run;
use serde_json::Value;

/// Runs one scenario shortly and gives its object.
fn bench(arguments: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let mut all = vec!["bench", "--seconds", "1", "--json"];
    all.extend(arguments);
    let out = run(folder.path(), &all, &[], "").ok();
    assert_eq!(out.lines().count(), 1, "{out}");
    let object: Value = serde_json::from_str(&out).unwrap();
    assert!(object.as_object().unwrap().values().all(|value| !value.is_object() && !value.is_array()), "{out}");
    for name in ["lost", "duplicated", "reordered"] {
        assert_eq!(object[name], 0, "{out}");
    }
    assert_eq!(object["limits_lifted"], true, "the output says that the limits are lifted");
    assert!(object["device_sync_p50_ms"].as_f64().unwrap() > 0.0, "{out}");
    assert!(object["server_rss_bytes"].as_u64().unwrap() > 1_000_000, "{out}");
    object
}

fn positive(object: &Value, names: &[&str]) {
    for name in names {
        assert!(object[name].as_f64().is_some_and(|value| value > 0.0), "{name} in {object}");
    }
}

#[test]
fn pairs_are_measured_and_everything_acknowledged_is_read_back() {
    let object = bench(&["--scenario", "pairs", "--pairs", "3", "--window", "4"]);
    positive(&object, &["sends_per_second", "deliveries_per_second", "ack_p50_ms", "ack_p99_ms", "ack_p999_ms"]);
    positive(&object, &["delivery_p50_ms", "delivery_p99_ms", "delivery_p999_ms"]);
    let number = |name: &str| object[name].as_u64().unwrap();
    assert!(number("read_back") >= number("acknowledged"), "the warm-up is read back too: {object}");
}

#[test]
fn a_group_is_measured_over_an_encrypted_web_socket_in_json() {
    let object = bench(&["--scenario", "group", "--members", "5", "--transport", "wss", "--json-frames"]);
    positive(&object, &["sends_per_second", "deliveries_per_second", "read_back"]);
    let number = |name: &str| object[name].as_f64().unwrap();
    assert!(number("deliveries_per_second") > 2.0 * number("sends_per_second"), "four receivers: {object}");
}

#[test]
fn idle_connections_waiting_messages_and_everything_together_are_measured() {
    positive(&bench(&["--scenario", "idle", "--connections", "20"]), &["resumes_per_second"]);
    let object = bench(&["--scenario", "catchup", "--messages", "500"]);
    positive(&object, &["deliveries_per_second", "sends_per_second"]);
    assert_eq!(object["read_back"], 500, "{object}");
    let mixed = ["--scenario", "mixed", "--pairs", "2", "--members", "6", "--connections", "10"];
    positive(&bench(&mixed), &["sends_per_second", "history_pages_per_second", "resumes_per_second"]);
}

#[test]
fn a_webhook_is_measured_against_none_in_the_same_run() {
    let object = bench(&["--scenario", "webhook", "--pairs", "2", "--rounds", "1"]);
    positive(&object, &["without_sends_per_second", "with_sends_per_second", "with_by_without", "read_back"]);
    assert!(object["posts_per_second"].is_number(), "{object}");
}

#[test]
fn a_server_that_runs_already_needs_its_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let done = run(folder.path(), &["bench", "--server", "tcp://127.0.0.1:1"], &[], "");
    let words = done.fails_with(64);
    assert!(words.contains("--data"), "{words}");
}
