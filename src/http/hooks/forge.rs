//! Webhooks of GitHub, Gitea, Forgejo and Gogs: what happened is named by a header, the rest is alike.

use super::words::{line, link, one_line, plain, said, url_of};
use super::{Incoming, list};
use crate::model::{Post, PostAttachment};
use axum::http::HeaderMap;
use serde_json::Value;

/// Commits that are named of one push.
const COMMITS_MAX: usize = 10;
/// Characters of a commit's name that are shown.
const COMMIT_CHARS: usize = 8;
/// Characters of a longer text that are shown.
const TEXT_CHARS: usize = 1_000;

/// What happened, when a request is of this dialect.
pub fn event(headers: &HeaderMap) -> Option<String> {
    let names = ["x-gitea-event", "x-forgejo-event", "x-gogs-event", "x-github-event"];
    let found = names.iter().find_map(|name| headers.get(*name))?;
    Some(found.to_str().ok()?.to_ascii_lowercase())
}

/// What it says; nothing of what nobody wants to hear of.
pub fn read(event: &str, body: &Value) -> Vec<Incoming> {
    let none = Value::Null;
    let repository = body.get("repository").unwrap_or(&none);
    let place = named(repository, "full_name", "html_url");
    let sender = body.get("sender").or_else(|| body.get("pusher")).unwrap_or(&none);
    let who = [line(sender, "login"), line(sender, "username"), line(sender, "name")];
    let who = plain(&who.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| "Somebody".to_owned()));
    let action = line(body, "action").replace('_', " ");
    let about = |member: &str| body.get(member).unwrap_or(&none).clone();
    let said_so = match event {
        "push" => push(body, &who, &place),
        "pull_request" | "issues" => {
            let (member, what) = if event == "issues" { ("issue", "issue") } else { ("pull_request", "pull request") };
            let subject = about(member);
            let merged = subject.get("merged").and_then(Value::as_bool) == Some(true);
            let did = if merged && action == "closed" { "merged".to_owned() } else { did(&action) };
            Some((format!("{who} {did} the {what} {} in {place}", titled(&subject)), opening(&action, &subject)))
        }
        "issue_comment" | "pull_request_comment" | "commit_comment" | "pull_request_review_comment" => {
            let subject = ["issue", "pull_request"].iter().map(|member| about(member)).find(|one| !one.is_null());
            let subject = subject.map_or_else(|| "a commit".to_owned(), |subject| titled(&subject));
            let below = if action == "deleted" { String::new() } else { words(&about("comment")) };
            let did = match action.as_str() {
                "edited" => "edited a comment",
                "deleted" => "deleted a comment",
                _ => "commented",
            };
            Some((format!("{who} {did} on {subject} in {place}"), below))
        }
        "pull_request_review" => {
            let state = line(&about("review"), "state").replace('_', " ");
            let text = format!("{who} reviewed {} in {place}: {state}", titled(&about("pull_request")));
            Some((text, words(&about("review"))))
        }
        "release" => {
            let release = about("release");
            let name = [line(&release, "name"), line(&release, "tag_name")].into_iter().find(|name| !name.is_empty());
            let name = linked(&name.unwrap_or_default(), url_of(&release, "html_url"));
            Some((format!("{who} {action} the release {name} of {place}"), words(&release)))
        }
        "create" | "delete" => {
            let (kind, name) = (line(body, "ref_type"), plain(&line(body, "ref")));
            Some((format!("{who} {event}d the {kind} {name} of {place}"), String::new()))
        }
        "fork" => Some((format!("{who} forked {place}"), String::new())),
        // GitHub tells with `star` that one went, too; with `watch` only that one came.
        "star" | "watch" => {
            let starred = if action == "deleted" { "took the star from" } else { "starred" };
            Some((format!("{who} {starred} {place}"), String::new()))
        }
        "workflow_run" | "workflow_job" | "check_run" | "check_suite" | "status" => run(event, body, &place),
        "ping" => {
            let place =
                if place.is_empty() { named(body.get("organization").unwrap_or(&none), "login", "") } else { place };
            let of = if place.is_empty() { String::new() } else { format!(" of {place}") };
            Some((format!("The webhook{of} works."), plain(&said(body, "zen"))))
        }
        other => Some((format!("{who}: {} {action} in {place}", plain(&other.replace('_', " "))), String::new())),
    };
    let Some((text, below)) = said_so else { return Vec::new() };
    let attachments =
        if below.is_empty() { Vec::new() } else { vec![PostAttachment { text: below, ..PostAttachment::default() }] };
    vec![Incoming::alone(Post { text, attachments, ..Post::default() })]
}

fn linked(words: &str, address: Option<String>) -> String {
    match address {
        Some(address) if !words.is_empty() => link(words, &address),
        _ => plain(words),
    }
}

fn named(value: &Value, name: &str, address: &str) -> String {
    linked(&line(value, name), url_of(value, address))
}

fn titled(value: &Value) -> String {
    linked(&format!("#{} {}", line(value, "number"), line(value, "title")), url_of(value, "html_url"))
}

/// What was done, as a sentence says it: of what GitHub and Gitea call it, what is none.
fn did(action: &str) -> String {
    match action {
        "synchronize" | "synchronized" => "pushed to".to_owned(),
        "review requested" => "asked for a review of".to_owned(),
        "review request removed" => "asked no more for a review of".to_owned(),
        "ready for review" => "made ready for review".to_owned(),
        "converted to draft" => "made a draft of".to_owned(),
        "label updated" | "label cleared" => "changed the labels of".to_owned(),
        "milestoned" | "demilestoned" => "changed the milestone of".to_owned(),
        other => plain(other),
    }
}

/// The words of something that was just opened.
fn opening(action: &str, subject: &Value) -> String {
    if action == "opened" { words(subject) } else { String::new() }
}

fn words(value: &Value) -> String {
    let text = said(value, "body");
    let cut: String = text.chars().take(TEXT_CHARS).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { cut }
}

fn push(body: &Value, who: &str, place: &str) -> Option<(String, String)> {
    let branch = line(body, "ref").trim_start_matches("refs/heads/").trim_start_matches("refs/tags/").to_owned();
    let commits: Vec<&Value> = list(body.get("commits")).collect();
    if commits.is_empty() {
        // Of a branch that came or went another event tells.
        return None;
    }
    let count = if commits.len() == 1 { "a commit".to_owned() } else { format!("{} commits", commits.len()) };
    let compare = url_of(body, "compare").or_else(|| url_of(body, "compare_url"));
    let text = format!("{who} pushed {} to {} of {place}", linked(&count, compare), plain(&branch));
    let one = |commit: &&Value| {
        let id: String = line(commit, "id").chars().take(COMMIT_CHARS).collect();
        let first = said(commit, "message").lines().next().map(one_line).unwrap_or_default();
        format!("{} {}", linked(&id, url_of(commit, "url")), plain(&first))
    };
    let mut lines: Vec<String> = commits.iter().take(COMMITS_MAX).map(one).collect();
    if commits.len() > COMMITS_MAX {
        lines.push(format!("… and {} more", commits.len() - COMMITS_MAX));
    }
    Some((text, lines.join("\n")))
}

/// The end of a run; its beginning is not told.
fn run(event: &str, body: &Value, place: &str) -> Option<(String, String)> {
    let none = Value::Null;
    let run = body.get(event).unwrap_or(&none);
    let end =
        [line(run, "conclusion"), line(body, "state")].into_iter().find(|end| !end.is_empty() && end != "pending")?;
    let name = [line(run, "name"), line(body, "context")].into_iter().find(|name| !name.is_empty()).unwrap_or_default();
    let address = url_of(run, "html_url").or_else(|| url_of(body, "target_url"));
    Some((format!("{} of {place}: {}", linked(&name, address), plain(&end.replace('_', " "))), String::new()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn text(event: &str, body: &Value) -> String {
        read(event, body).pop().map(|found| found.post.text).unwrap_or_default()
    }

    #[test]
    fn a_push_names_its_commits() {
        let push = json!({
            "ref": "refs/heads/main", "compare": "https://github.com/a/b/compare/1...2",
            "repository": {"full_name": "a/b", "html_url": "https://github.com/a/b"}, "sender": {"login": "ada"},
            "commits": [{"id": "0123456789abcdef", "message": "docs: A *sentence*\n\nbody", "url": "https://github.com/a/b/commit/0"}]
        });
        let found = read("push", &push).pop().unwrap().post;
        assert_eq!(
            found.text,
            "ada pushed [a commit](https://github.com/a/b/compare/1...2) to main of [a/b](https://github.com/a/b)"
        );
        assert_eq!(found.attachments[0].text, "[01234567](https://github.com/a/b/commit/0) docs: A \\*sentence\\*");
        assert!(read("push", &json!({"ref": "refs/heads/x"})).is_empty());
    }

    #[test]
    fn what_happens_to_issues_and_runs_is_a_sentence() {
        let base = json!({"repository": {"full_name": "a/b", "html_url": "https://git.example.org/a/b"}, "sender": {"username": "bob"}});
        let with = |more: Value| {
            let mut body = base.clone();
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        let issue = json!({"number": 7, "title": "It [breaks]", "html_url": "https://git.example.org/a/b/issues/7", "body": "How"});
        let opened = text("issues", &with(json!({"action": "opened", "issue": issue})));
        assert_eq!(
            opened,
            "bob opened the issue [#7 It \\[breaks\\]](https://git.example.org/a/b/issues/7) in [a/b](https://git.example.org/a/b)"
        );
        let merged = json!({"number": 8, "title": "x", "merged": true});
        assert!(
            text("pull_request", &with(json!({"action": "closed", "pull_request": merged})))
                .contains("merged the pull")
        );
        let run = json!({"name": "CI", "conclusion": "failure", "html_url": "https://git.example.org/run/1"});
        assert!(text("workflow_run", &with(json!({ "workflow_run": run }))).ends_with(": failure"));
        assert!(read("workflow_run", &with(json!({"workflow_run": {"name": "CI"}}))).is_empty(), "not over yet");
        assert!(text("star", &with(json!({"action": "created"}))).starts_with("bob starred "));
        assert!(text("star", &with(json!({"action": "deleted"}))).starts_with("bob took the star from "));
        assert!(text("something_new", &base).contains("something new"));
        let pull = |action: &str| {
            text("pull_request", &with(json!({"action": action, "pull_request": {"number": 8, "title": "x"}})))
        };
        assert!(pull("synchronize").starts_with(r"bob pushed to the pull request \#8 x"), "{}", pull("synchronize"));
        assert!(pull("review_requested").starts_with("bob asked for a review of the pull request"));
        let job = json!({"name": "test", "conclusion": null});
        assert!(read("workflow_job", &with(json!({"action": "queued", "workflow_job": job}))).is_empty());
        let comment = |action: &str| {
            read("issue_comment", &with(json!({"action": action, "issue": issue, "comment": {"body": "Words"}})))
                .remove(0)
                .post
        };
        assert_eq!(comment("created").attachments[0].text, "Words");
        assert!(
            comment("deleted").text.starts_with("bob deleted a comment on ")
                && comment("deleted").attachments.is_empty()
        );
        let ping = json!({"zen": "Keep it *logically* awesome.", "hook_id": 1, "organization": {"login": "octo"}, "sender": {"login": "ada"}});
        let ping = read("ping", &ping).remove(0).post;
        assert_eq!(
            (ping.text.as_str(), ping.attachments[0].text.as_str()),
            ("The webhook of octo works.", r"Keep it \*logically\* awesome.")
        );
    }
}
