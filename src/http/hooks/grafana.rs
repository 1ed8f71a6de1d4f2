//! Grafana's webhook: today's (alerts as Alertmanager has them, with `orgId`), and that of the older alerting (`ruleName`).

use super::words::{image_of, line, plain, said, url_of};
use super::{Incoming, alertmanager, list};
use crate::model::{Post, PostAttachment, PostField};
use serde_json::Value;

/// Measurements that are shown of one alert.
const MATCHES_MAX: usize = 20;

/// Whether a payload is of this dialect.
pub fn is(body: &Value) -> bool {
    body.get("orgId").is_some() && (body.get("alerts").is_some() || body.get("ruleName").is_some())
}

/// What it says.
pub fn read(body: &Value) -> Vec<Incoming> {
    let alerts = alertmanager::read(body);
    if alerts.is_empty() { vec![older(body)] } else { alerts }
}

fn older(body: &Value) -> Incoming {
    let state = line(body, "state");
    let over = state == "ok";
    let color = match state.as_str() {
        "ok" => "#2eb886",
        "no_data" | "paused" | "pending" => "#daa038",
        _ => "#a30200",
    };
    let matches = list(body.get("evalMatches")).take(MATCHES_MAX);
    let fields =
        matches.map(|one| PostField { title: line(one, "metric"), value: plain(&line(one, "value")), short: true });
    let attachment = PostAttachment {
        color: Some(color.to_owned()),
        title: line(body, "title"),
        title_url: url_of(body, "ruleUrl"),
        text: plain(&said(body, "message")),
        fields: fields.collect(),
        image: image_of(body, "imageUrl", line(body, "ruleName")),
        ..PostAttachment::default()
    };
    let post = Post { attachments: vec![attachment], ..Post::default() };
    let rule = line(body, "ruleId");
    Incoming { post, group: (!rule.is_empty()).then(|| format!("rule {rule}")), closes: over }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn grafanas_documented_payloads_are_read() {
        let new = json!({
            "receiver": "My Super Webhook", "status": "firing", "orgId": 1, "groupKey": "{}:{}", "title": "[FIRING:1]",
            "state": "alerting", "message": "…", "alerts": [{
                "status": "firing", "labels": {"alertname": "High memory usage", "team": "blue"},
                "annotations": {"description": "The system has high memory usage"},
                "valueString": "[ metric='' labels={} value=14151 ]", "fingerprint": "6e1f",
                "dashboardURL": "https://grafana.example.org/d/abc", "silenceURL": "https://grafana.example.org/silence"}]
        });
        assert!(is(&new));
        let found = read(&new).pop().unwrap();
        assert_eq!(found.group.as_deref(), Some("6e1f"));
        assert!(found.post.attachments[0].text.contains("[Dashboard]"), "{found:?}");
        let mut many = new.clone();
        many["alerts"] = json!(vec![new["alerts"][0].clone(); 25]);
        assert_eq!(read(&many).pop().unwrap().post.text, "… and 5 more alerts.");
        let old = json!({"orgId": 1, "ruleId": 3, "ruleName": "My alert", "state": "ok", "title": "[OK] My alert",
            "message": "Someone is testing", "evalMatches": [{"metric": "High value", "value": 100}]});
        let found = read(&old).pop().unwrap();
        assert_eq!((found.group.as_deref(), found.closes), (Some("rule 3"), true));
    }
}
