//! What the machine does: the disk's sync, a process's time and memory.

use super::super::{Failure, exit};
use crate::model::clock::monotonic;
use std::io::Write;
use std::path::Path;

/// Appends and syncs of one probe.
const SYNCS: usize = 100;
/// Bytes of each append.
const BYTES: usize = 4 * 1024;
/// Ticks a second in /proc/PID/stat; Linux fixes it at 100 for programs on every architecture that Tidings runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// How long appending 4 KiB and syncing takes in `folder`: many measurements, in milliseconds.
pub(super) fn device_sync(folder: &Path) -> Result<Vec<f64>, Failure> {
    let path = folder.join("bench-sync.tmp");
    let failed = |error: std::io::Error| {
        Failure::new(exit::CANNOT_CREATE, format!("The disk of {} cannot be measured: {error}.", folder.display()))
    };
    let mut file = std::fs::File::create(&path).map_err(failed)?;
    let block = [b'x'; BYTES];
    let mut times_ms = Vec::with_capacity(SYNCS);
    let mut measure = || {
        for _ in 0..SYNCS {
            let start = monotonic();
            file.write_all(&block)?;
            file.sync_data()?;
            times_ms.push(start.elapsed().as_secs_f64() * 1_000.0);
        }
        Ok(())
    };
    let measured = measure();
    std::fs::remove_file(&path).map_err(failed)?;
    measured.map_err(failed)?;
    Ok(times_ms)
}

/// The median of both probes.
pub(super) fn median_ms(mut before: Vec<f64>, after: Vec<f64>) -> f64 {
    before.extend(after);
    before.sort_by(f64::total_cmp);
    before.get(before.len() / 2).copied().unwrap_or_default()
}

/// Processor time of a process so far, in seconds (user and system); 0 when it cannot be read.
pub(super) fn cpu_s(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name in parentheses may hold anything; what follows it is numbers. utime and stime are fields 14 and 15.
    let fields: Vec<_> = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) / TICKS_PER_SECOND
}

/// Resident memory of a process, in bytes; 0 when it cannot be read.
pub(super) fn rss_bytes(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.trim().strip_suffix("kB"))
        .and_then(|number| number.trim().parse::<u64>().ok())
        .map_or(0, |kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_used_time_and_memory() {
        let start = monotonic();
        while start.elapsed().as_millis() < 30 {}
        assert!(cpu_s(std::process::id()) > 0.0);
        assert!(rss_bytes(std::process::id()) > 100_000);
    }

    #[test]
    fn a_probe_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let times_ms = device_sync(folder.path()).unwrap();
        assert!(median_ms(times_ms, Vec::new()) > 0.0);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
