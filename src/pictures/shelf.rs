//! What is on its way, and what was fetched a moment ago: a cell for each address, so that who asks for the same picture waits for the
//! one fetch, or finds it. Each app has cells of its own: what one app looks at tells another nothing.

use super::{Failure, Picture};
use crate::model::AppId;
use crate::model::clock::monotonic;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;

/// How long a picture is kept.
const PICTURE_KEPT: Duration = Duration::from_mins(10);
/// Pictures kept, …
const KEPT_MAX: usize = 512;
/// … and their bytes, of all apps …
const KEPT_BYTES_MAX: usize = super::ALL_KIB * 1024 * 2 / 5;
/// … and of one.
const KEPT_APP_BYTES_MAX: usize = super::APP_KIB * 1024 * 2 / 5;

/// What came of a fetch.
#[derive(Debug)]
pub struct Kept {
    pub result: Result<Picture, Failure>,
    until: Instant,
}

impl Kept {
    /// What came just now. A failure is kept for a while of its own.
    pub fn now(result: Result<Picture, Failure>, failure_kept: Duration) -> Self {
        let kept = if result.is_ok() { PICTURE_KEPT } else { failure_kept };
        Self { result, until: monotonic() + kept }
    }

    fn bytes(&self) -> usize {
        self.result.as_ref().map_or(0, |picture| picture.bytes.len())
    }
}

type Cell = Arc<OnceCell<Kept>>;
type Cells = BTreeMap<(AppId, String), Cell>;

/// The cells.
#[derive(Default)]
pub struct Shelf(
    /// Held for a walk over at most [`KEPT_MAX`] cells and those on their way.
    Mutex<Cells>,
);

impl Shelf {
    /// A seat at the cell of an address, an empty one when what was there is too old.
    pub fn seat(&self, app: AppId, url: &str) -> Seat<'_> {
        let (mut cells, now, key) = (self.0.lock(), monotonic(), (app, url.to_owned()));
        let known = cells.get(&key).filter(|cell| cell.get().is_none_or(|kept| kept.until > now)).map(Arc::clone);
        let cell = known.unwrap_or_else(|| {
            let cell = Cell::default();
            cells.insert(key.clone(), Arc::clone(&cell));
            cell
        });
        drop(cells);
        Seat { shelf: self, key, cell }
    }

    /// Forgets what is too old, and the oldest of what is too much.
    pub fn tidy(&self) {
        let (mut cells, now) = (self.0.lock(), monotonic());
        cells.retain(|_, cell| cell.get().is_none_or(|kept| kept.until > now));
        let mut oldest: Vec<_> = cells
            .iter()
            .filter_map(|(key, cell)| cell.get().map(|kept| (kept.until, kept.bytes(), key.clone())))
            .collect();
        oldest.sort();
        let (mut count, mut bytes, mut of_app) = (oldest.len(), 0, BTreeMap::<AppId, usize>::new());
        for (_, size, (app, _)) in &oldest {
            bytes += size;
            *of_app.entry(*app).or_default() += size;
        }
        for (_, size, key) in oldest {
            let mine = of_app.entry(key.0).or_default();
            if count > KEPT_MAX || bytes > KEPT_BYTES_MAX || *mine > KEPT_APP_BYTES_MAX {
                (count, bytes, *mine) = (count - 1, bytes - size, *mine - size);
                cells.remove(&key);
            }
        }
    }
}

/// Somebody who waits at a cell. When all have left it before anything came, it goes.
pub struct Seat<'a> {
    shelf: &'a Shelf,
    key: (AppId, String),
    cell: Cell,
}

impl Seat<'_> {
    /// What is waited for.
    pub fn cell(&self) -> &OnceCell<Kept> {
        &self.cell
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut cells = self.shelf.0.lock();
        // Under the lock, so that of those who leave at the same time one is the last.
        drop(std::mem::take(&mut self.cell));
        let left = |cell: &Cell| !cell.initialized() && Arc::strong_count(cell) == 1;
        if cells.get(&self.key).is_some_and(left) {
            cells.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn put(shelf: &Shelf, app: u32, name: &str, bytes: usize) {
        let picture = Picture { content_type: "image/png", bytes: Bytes::from(vec![0; bytes]), tag: String::new() };
        let kept = shelf.seat(AppId(app), name).cell().set(Kept::now(Ok(picture), Duration::ZERO));
        assert!(kept.is_ok());
        shelf.tidy();
    }

    fn has(shelf: &Shelf, app: u32, name: &str) -> bool {
        shelf.seat(AppId(app), name).cell().initialized()
    }

    #[test]
    fn the_oldest_go_and_no_app_takes_what_is_anothers() {
        let shelf = Shelf::default();
        let large = crate::pictures::PICTURE_BYTES_MAX;
        put(&shelf, 1, "quiet", large);
        for n in 0..20 {
            put(&shelf, 2, &format!("{n}"), large);
        }
        assert!(has(&shelf, 1, "quiet") && has(&shelf, 2, "19") && !has(&shelf, 2, "0"));
        for n in 0..2 * KEPT_MAX {
            put(&shelf, 3, &format!("{n}"), 1);
        }
        let cells = shelf.0.lock();
        assert!(cells.values().filter(|cell| cell.initialized()).count() <= KEPT_MAX);
        let bytes: usize = cells.values().filter_map(|cell| cell.get().map(Kept::bytes)).sum();
        assert!(bytes <= KEPT_BYTES_MAX);
    }

    #[test]
    fn a_cell_that_everybody_left_goes() {
        let shelf = Shelf::default();
        let waiting = [shelf.seat(AppId(1), "waiting"), shelf.seat(AppId(1), "waiting")];
        drop(shelf.seat(AppId(1), "left"));
        assert_eq!(shelf.0.lock().len(), 1);
        let [one, other] = waiting;
        drop(one);
        assert_eq!(shelf.0.lock().len(), 1);
        drop(other);
        assert!(shelf.0.lock().is_empty());
    }
}
