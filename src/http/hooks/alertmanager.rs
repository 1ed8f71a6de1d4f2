//! Prometheus Alertmanager's webhook (`version` 4). Each alert is a post of its own, found again by its fingerprint: when it
//! resolves, the post that announced it is changed.

use super::words::{line, link, one_line, plain, said, url_of};
use super::{Incoming, list};
use crate::model::{Post, PostAttachment, PostField};
use serde_json::Value;

/// Alerts of one call; the rest is counted.
const ALERTS_MAX: usize = 20;
/// Labels that are shown of one alert.
const LABELS_MAX: usize = 20;

/// Whether a payload is of this dialect.
pub fn is(body: &Value) -> bool {
    body.get("alerts").is_some_and(Value::is_array) && body.get("groupKey").is_some()
}

/// What it says.
pub fn read(body: &Value) -> Vec<Incoming> {
    let alerts: Vec<&Value> = list(body.get("alerts")).collect();
    let mut found: Vec<Incoming> = alerts.iter().take(ALERTS_MAX).map(|alert| one(body, alert)).collect();
    // Alertmanager leaves some out by itself when it is told to.
    let left_out = body.get("truncatedAlerts").and_then(Value::as_u64).unwrap_or(0);
    let more = (alerts.len().saturating_sub(ALERTS_MAX) as u64).saturating_add(left_out);
    if more > 0 {
        let text = format!("… and {more} more alerts.");
        found.push(Incoming::alone(Post { text, ..Post::default() }));
    }
    found
}

/// One alert, of Alertmanager or of Grafana, which speaks the same language.
pub fn one(body: &Value, alert: &Value) -> Incoming {
    let none = Value::Null;
    let (labels, annotations) = (alert.get("labels").unwrap_or(&none), alert.get("annotations").unwrap_or(&none));
    let resolved = said(alert, "status") == "resolved";
    let name = Some(line(labels, "alertname")).filter(|name| !name.is_empty()).unwrap_or_else(|| "Alert".to_owned());
    let severity = line(labels, "severity");
    let color = match (resolved, severity.as_str()) {
        (true, _) => "#2eb886",
        (false, "warning") => "#daa038",
        (false, "info" | "none") => "#439fe0",
        (false, _) => "#a30200",
    };
    let mut parts: Vec<String> = ["summary", "description", "message"]
        .iter()
        .map(|member| said(annotations, member))
        .filter(|words| !words.is_empty())
        .map(|words| plain(&words))
        .collect();
    let values = said(alert, "valueString");
    if !values.is_empty() {
        parts.push(plain(&values));
    }
    let fields = labels.as_object().into_iter().flatten().filter(|(key, _)| *key != "alertname").take(LABELS_MAX);
    let fields =
        fields.map(|(key, _)| PostField { title: one_line(key), value: plain(&line(labels, key)), short: true });
    // What else somebody has written of it; what Grafana notes for itself is between two lines each.
    let shown = ["summary", "description", "message", "runbook_url"];
    let noted = annotations
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, _)| !shown.contains(&key.as_str()) && !key.starts_with("__"));
    let noted = noted
        .map(|(key, _)| PostField { title: one_line(key), value: plain(&said(annotations, key)), short: false })
        .filter(|field| !field.value.is_empty())
        .take(LABELS_MAX);
    let links = [("Dashboard", "dashboardURL"), ("Panel", "panelURL"), ("Silence", "silenceURL")];
    let links = links.iter().filter_map(|(words, member)| Some(link(words, &url_of(alert, member)?)));
    let runbook = url_of(annotations, "runbook_url").map(|address| link("Runbook", &address));
    let links: Vec<String> = links.chain(runbook).collect();
    if !links.is_empty() {
        parts.push(links.join(" · "));
    }
    let state = if resolved { "Resolved" } else { "Firing" };
    let attachment = PostAttachment {
        color: Some(color.to_owned()),
        title: format!("{state}: {name}"),
        title_url: url_of(alert, "generatorURL").or_else(|| url_of(body, "externalURL")),
        text: parts.join("\n"),
        fields: fields.chain(noted).collect(),
        image: super::words::image_of(alert, "imageURL", name),
        footer: line(body, "receiver"),
        ..PostAttachment::default()
    };
    let post = Post { attachments: vec![attachment], ..Post::default() };
    let fingerprint = line(alert, "fingerprint");
    Incoming { post, group: (!fingerprint.is_empty()).then_some(fingerprint), closes: resolved }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The payload of Alertmanager's own documentation.
    pub fn payload(status: &str) -> Value {
        json!({
            "version": "4", "groupKey": "{}:{alertname=\"InstanceDown\"}", "status": status, "receiver": "team",
            "groupLabels": {"alertname": "InstanceDown"}, "commonLabels": {}, "commonAnnotations": {},
            "externalURL": "http://alertmanager:9093", "alerts": [{
                "status": status, "labels": {"alertname": "InstanceDown", "severity": "critical", "instance": "a:9100"},
                "annotations": {"summary": "Instance a is down", "runbook_url": "https://example.org/runbook"},
                "startsAt": "2026-01-01T00:00:00Z", "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "http://prometheus:9090/graph?g0.expr=up", "fingerprint": "c0ffee"}]
        })
    }

    #[test]
    fn an_alert_fires_and_resolves_under_one_name() {
        let fired = read(&payload("firing")).pop().unwrap();
        assert_eq!((fired.group.as_deref(), fired.closes), (Some("c0ffee"), false));
        let shown = &fired.post.attachments[0];
        assert_eq!((shown.title.as_str(), shown.color.as_deref()), ("Firing: InstanceDown", Some("#a30200")));
        assert!(
            shown.text.contains("Instance a is down") && shown.text.contains("[Runbook](https://example.org/runbook)")
        );
        let resolved = read(&payload("resolved")).pop().unwrap();
        assert_eq!((resolved.group.as_deref(), resolved.closes), (Some("c0ffee"), true));
        assert!(resolved.post.attachments[0].title.starts_with("Resolved"));
        let mut many = payload("firing");
        many["alerts"] = json!(vec![many["alerts"][0].clone(); 30]);
        assert_eq!(read(&many).len(), ALERTS_MAX + 1);
        let mut cut = payload("firing");
        cut["truncatedAlerts"] = json!(3);
        cut["alerts"][0]["annotations"] = json!({"impact": "see https://wiki.example/a_b", "__value_string__": "x"});
        let found = read(&cut);
        let fields: Vec<(&str, &str)> = found[0].post.attachments[0]
            .fields
            .iter()
            .map(|field| (field.title.as_str(), field.value.as_str()))
            .collect();
        assert_eq!((fields.len(), fields.last().copied()), (3, Some(("impact", "see https://wiki.example/a_b"))));
        assert_eq!(found[1].post.text, "… and 3 more alerts.");
    }
}
