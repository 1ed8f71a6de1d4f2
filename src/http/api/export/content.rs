//! What an export has in it. Everything is asked for in the user's own name, a page at a time, so nothing is in it that they could
//! not read, and nobody waits behind a long one.

use super::archive::{Archive, Ended};
use crate::http::api::caller::Caller;
use crate::media::Variant;
use crate::model::{
    Answer, AppId, Body, Code, ConversationId, Epoch, MediaId, Query, Refusal, Seq, Timestamp, UserId, limits,
};
use futures_util::TryStreamExt;
use serde::Serialize;
use std::collections::BTreeSet;
use std::pin::pin;

/// Files in one export; those beyond are counted in `export.json`, so that what is remembered of them is bounded.
const FILES_MAX: usize = 100_000;
/// Rows in one page of contacts and requests.
const PAGE_LIMIT: u32 = 200;

/// `export.json`, the last file: an archive without it is not complete.
#[derive(Serialize)]
struct Summary {
    server: String,
    epoch: Epoch,
    app: AppId,
    user: UserId,
    began: Timestamp,
    ended: Timestamp,
    conversations: u64,
    messages: u64,
    files: u64,
    /// Files that messages name and that are not in it: forgotten meanwhile, or too many.
    files_missing: u64,
}

/// Writes everything of a user.
pub async fn write(caller: Caller, mut archive: Archive) -> Result<(), Ended> {
    let began = caller.api().engine().clock().now();
    let mut export = Export { caller: &caller, archive: &mut archive, files: BTreeSet::new(), missing: 0, messages: 0 };
    export.oneself().await?;
    export.people().await?;
    let conversations = export.conversations().await?;
    let files = export.media().await?;
    let Export { missing: files_missing, messages, .. } = export;
    let engine = caller.api().engine();
    archive.text("export.json")?;
    let summary = Summary {
        server: caller.api().gateway.options().server_name.clone(),
        epoch: engine.epoch(),
        app: caller.actor.app,
        user: caller.actor.id.clone(),
        began,
        ended: engine.clock().now(),
        conversations,
        messages,
        files,
        files_missing,
    };
    archive.line(&summary).await?;
    Box::pin(archive.finish()).await
}

struct Export<'a> {
    caller: &'a Caller,
    archive: &'a mut Archive,
    /// The files that were met on the way.
    files: BTreeSet<MediaId>,
    missing: u64,
    messages: u64,
}

impl Export<'_> {
    async fn ask(&self, query: Query) -> Result<Answer, Refusal> {
        let api = self.caller.api();
        if api.gateway.is_draining() {
            return Err(Refusal::new(Code::Unavailable, "The server is stopping; begin the export again shortly."));
        }
        api.gateway.query(&self.caller.actor, query).await
    }

    async fn oneself(&mut self) -> Result<(), Ended> {
        let Answer::Me { profile, settings, presence, .. } = self.ask(Query::Me {}).await? else { return Err(other()) };
        if let Some(avatar) = profile.card.avatar {
            self.note(avatar);
        }
        self.archive.text("profile.jsonl")?;
        self.archive.line(&profile).await?;
        self.archive.text("settings.jsonl")?;
        self.archive.line(&settings).await?;
        self.archive.text("presence.jsonl")?;
        self.archive.line(&presence).await?;
        let Answer::Sessions { sessions } = self.ask(Query::Sessions {}).await? else { return Err(other()) };
        self.archive.text("sessions.jsonl")?;
        for session in sessions {
            self.archive.line(&session).await?;
        }
        Ok(())
    }

    async fn people(&mut self) -> Result<(), Ended> {
        for (name, blocked) in [("contacts.jsonl", false), ("blocks.jsonl", true)] {
            self.archive.text(name)?;
            let mut after = None;
            loop {
                let query = Query::Contacts { after, limit: PAGE_LIMIT, since: None, blocked };
                let Answer::Contacts { contacts, more, .. } = self.ask(query).await? else { return Err(other()) };
                for contact in &contacts {
                    self.archive.line(contact).await?;
                }
                after = contacts.last().map(|contact| contact.user.clone());
                if !more || after.is_none() {
                    break;
                }
            }
        }
        for (name, sent) in [("contact-requests.jsonl", false), ("contact-requests-sent.jsonl", true)] {
            self.archive.text(name)?;
            let mut after = None;
            loop {
                let query = Query::ContactRequests { sent, after, limit: PAGE_LIMIT };
                let Answer::ContactRequests { requests, more, .. } = self.ask(query).await? else {
                    return Err(other());
                };
                for request in &requests {
                    self.archive.line(request).await?;
                }
                after = requests.last().map(|last| if sent { last.to.clone() } else { last.from.clone() });
                if !more || after.is_none() {
                    break;
                }
            }
        }
        let Answer::Labels { labels, .. } = self.ask(Query::Labels {}).await? else { return Err(other()) };
        self.archive.text("labels.jsonl")?;
        for label in labels {
            self.archive.line(&label).await?;
        }
        Ok(())
    }

    async fn conversations(&mut self) -> Result<u64, Ended> {
        let ids = self.caller.api().engine().conversations_of(self.caller.actor.user).await?;
        let mut shown = Vec::with_capacity(ids.len());
        self.archive.text("conversations.jsonl")?;
        for id in ids {
            match self.ask(Query::Conversation { conversation: id }).await {
                Ok(Answer::Conversation { mut conversation, .. }) => {
                    conversation.entries.clear();
                    self.archive.line(&conversation).await?;
                    shown.push(id);
                }
                Err(refusal) if refusal.code == Code::NotFound => {}
                Ok(_) => return Err(other()),
                Err(refusal) => return Err(refusal.into()),
            }
        }
        for id in &shown {
            self.entries(*id).await?;
        }
        Ok(shown.len() as u64)
    }

    /// Everything that the user may read of a conversation, oldest first.
    async fn entries(&mut self, conversation: ConversationId) -> Result<(), Ended> {
        self.archive.text(&format!("messages/{conversation}.jsonl"))?;
        let mut from = Seq(1);
        loop {
            let limit = limits::PAGE_ENTRIES_MAX as u32;
            let query = Query::Entries { conversation, from: Some(from), to: None, limit };
            let Answer::Entries { entries, .. } = self.ask(query).await? else { return Err(other()) };
            // Before them come those that they rewrote, which were there already.
            let new = entries.iter().filter(|entry| entry.seq >= from);
            let mut last = None;
            for entry in new {
                self.archive.line(entry).await?;
                self.messages += u64::from(entry.body.is_message());
                if let Body::Media(attachment) = &entry.body {
                    self.note(attachment.info.media);
                }
                last = Some(entry.seq);
            }
            match last {
                Some(last) => from = last.next(),
                None => return Ok(()),
            }
        }
    }

    fn note(&mut self, media: MediaId) {
        if self.files.len() < FILES_MAX || self.files.contains(&media) {
            self.files.insert(media);
        } else {
            self.missing += 1;
        }
    }

    async fn media(&mut self) -> Result<u64, Ended> {
        let mut written = 0;
        for media in std::mem::take(&mut self.files) {
            let served = match self.caller.api().media.read(&self.caller.actor, media, Variant::Original).await {
                Ok(served) => served,
                Err(refusal) if refusal.code == Code::NotFound => {
                    self.missing += 1;
                    continue;
                }
                Err(refusal) => return Err(refusal.into()),
            };
            self.archive.bytes_as_they_are(&format!("media/{media}-{}", served.info.name), served.bytes)?;
            let mut pieces = pin!(served.bytes(0, served.bytes));
            while let Some(piece) = pieces.try_next().await? {
                self.archive.write(&piece).await?;
            }
            written += 1;
        }
        Ok(written)
    }
}

fn other() -> Ended {
    std::io::Error::other("the engine gave another kind of answer than was asked for").into()
}
