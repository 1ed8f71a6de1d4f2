//! Finding one's way in a history: by time, by kind, by what is pinned. Only what the reader may see.

use super::own::Own;
use super::page_limit;
use super::size::{PAGE_BYTES_MAX, shown_bytes};
use crate::ledger::Stop;
use crate::model::{Answer, Entry, Lsn, MediaKind, Seq, Timestamp, limits};
use crate::store::records::{GalleryRow, PinRow};
use crate::store::{Fault, Read};

/// Entries of the gallery in one page.
const GALLERY_ENTRIES_MAX: usize = 100;
/// Rows of the gallery that are looked through for one page.
const GALLERY_ROWS_MAX: usize = 10_000;
/// Rows that are read at once.
const PIECE: usize = 500;

/// The first entry that was accepted at or after a time; the newest when none was. Times never step back, so this is a binary
/// search.
pub(super) fn entry_at(state: &impl Read, as_of: Lsn, own: &Own, at: Timestamp) -> Result<Answer, Stop> {
    let window = own.window();
    if window.floor > window.head {
        return Ok(Answer::Place { seq: Seq(0), as_of });
    }
    let (mut low, mut high) = (window.floor, window.head);
    while low < high {
        let middle = Seq(low.0.midpoint(high.0));
        if state.entry(own.id, middle)?.is_none_or(|entry| entry.at < at) {
            low = middle.next();
        } else {
            high = middle;
        }
    }
    Ok(Answer::Place { seq: low, as_of })
}

/// Messages with files, newest first.
pub(super) fn gallery(
    state: &impl Read,
    as_of: Lsn,
    own: &Own,
    kinds: &[MediaKind],
    before: Option<Seq>,
    limit: u32,
) -> Result<Answer, Stop> {
    let window = own.window();
    let limit = page_limit(limit, GALLERY_ENTRIES_MAX);
    let mut end = before.map_or(window.head, |before| Seq(before.0.saturating_sub(1)).min(window.head));
    let (mut found, mut rows) = (Vec::new(), 0);
    while end >= window.floor && found.len() < limit && rows < GALLERY_ROWS_MAX {
        let piece = state.range_back::<GalleryRow>(&(own.id, window.floor), &(own.id, end), PIECE)?;
        rows += piece.len();
        let last = piece.len() < PIECE;
        for ((_, seq), row) in piece {
            end = Seq(seq.0 - 1);
            if found.len() < limit && (kinds.is_empty() || kinds.contains(&row.kind)) {
                found.push(seq);
            }
        }
        if last {
            break;
        }
    }
    Ok(shown(state, as_of, own, &found)?)
}

/// Pinned messages, newest first.
pub(super) fn pins(state: &impl Read, as_of: Lsn, own: &Own) -> Result<Answer, Stop> {
    let window = own.window();
    if window.floor > window.head {
        return Ok(shown(state, as_of, own, &[])?);
    }
    let pins = state.range_back::<PinRow>(&(own.id, window.floor), &(own.id, window.head), limits::PINS_MAX)?;
    let seqs: Vec<Seq> = pins.into_iter().map(|((_, seq), _)| seq).collect();
    Ok(shown(state, as_of, own, &seqs)?)
}

/// The entries of some seqs, as many as fit into a page, at least one if there is one.
fn shown(state: &impl Read, as_of: Lsn, own: &Own, seqs: &[Seq]) -> Result<Answer, Fault> {
    let window = own.window();
    let (mut entries, mut left): (Vec<Entry>, _) = (Vec::new(), PAGE_BYTES_MAX);
    for seq in seqs {
        let Some(entry) = state.entry(own.id, *seq)? else { continue };
        let bytes = shown_bytes(&entry);
        if bytes > left && !entries.is_empty() {
            break;
        }
        left = left.saturating_sub(bytes);
        entries.push((*entry).clone());
    }
    Ok(Answer::Entries { conversation: own.id, entries, floor: window.floor, head: window.head, as_of })
}
