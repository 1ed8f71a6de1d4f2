//! Pages of entries: bounded in number and in bytes, with the entries that notices among them rewrote.

use super::size::shown_bytes;
use super::window::Window;
use crate::model::{ConversationId, Entry, Seq};
use crate::store::{Fault, Read};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Which end of a range is kept when not all of it fits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    Lowest,
    Highest,
}

/// Which entries are asked for.
pub(super) struct Range {
    pub from: Seq,
    pub to: Seq,
    pub limit: usize,
    pub bytes: usize,
    pub keep: Keep,
}

/// The entries of a range within a window, oldest first, at least one if there is one; before them those outside of it that
/// notices among them rewrote, as far as they fit.
pub(super) fn entries(
    state: &impl Read,
    conversation: ConversationId,
    window: &Window,
    range: &Range,
) -> Result<Vec<Entry>, Fault> {
    let (mut from, to) = (range.from.max(window.floor), range.to.min(window.head));
    if from > to || range.limit == 0 {
        return Ok(Vec::new());
    }
    if range.keep == Keep::Highest {
        from = from.max(Seq((to.0 + 1).saturating_sub(range.limit as u64)));
    }
    let found = state.entries(conversation, from, to, range.limit)?;
    let mut left = range.bytes;
    let kept = cut(found, range.keep, &mut left);
    let mut page = targets(state, conversation, window, &kept, left)?;
    page.extend(kept.into_iter().map(Arc::unwrap_or_clone));
    Ok(page)
}

/// Keeps what fits, from one end on, but at least one.
fn cut(mut entries: Vec<Arc<Entry>>, keep: Keep, left: &mut usize) -> Vec<Arc<Entry>> {
    if keep == Keep::Highest {
        entries.reverse();
    }
    let mut fitting = 0;
    for entry in &entries {
        let bytes = shown_bytes(entry);
        if fitting > 0 && bytes > *left {
            break;
        }
        *left = left.saturating_sub(bytes);
        fitting += 1;
    }
    entries.truncate(fitting);
    if keep == Keep::Highest {
        entries.reverse();
    }
    entries
}

/// The entries below the page that its notices name, oldest first. The newest come first into what is left of the page; whoever
/// misses one fetches it, as its notice tells them to.
fn targets(
    state: &impl Read,
    conversation: ConversationId,
    window: &Window,
    page: &[Arc<Entry>],
    mut left: usize,
) -> Result<Vec<Entry>, Fault> {
    let Some(first) = page.first().map(|entry| entry.seq) else { return Ok(Vec::new()) };
    let wanted: BTreeSet<Seq> = page
        .iter()
        .filter_map(|entry| entry.body.target())
        .filter(|target| window.holds(*target) && *target < first)
        .collect();
    let mut found = Vec::new();
    for seq in wanted.into_iter().rev() {
        let Some(entry) = state.entry(conversation, seq)? else { continue };
        let bytes = shown_bytes(&entry);
        if bytes > left {
            break;
        }
        left -= bytes;
        found.push(Arc::unwrap_or_clone(entry));
    }
    found.reverse();
    Ok(found)
}
