//! Note how far a follower of the log has got. Only forward: two who say so in another order than they read change nothing.

use super::Stop;
use crate::model::{CommandResult, Follower, Lsn};
use crate::store::records::FollowerRow;
use crate::store::{Fault, Read, Tables};

/// The command of its own, for those who had nothing else to write.
pub(super) fn run(tables: &mut Tables<'_>, follower: Follower, upto: Lsn) -> Result<CommandResult, Stop> {
    note(tables, follower, upto)?;
    Ok(CommandResult::Done {})
}

/// The same inside of another command, which says what the follower did.
pub(super) fn note(tables: &mut Tables<'_>, follower: Follower, upto: Lsn) -> Result<(), Fault> {
    let before = tables.get::<FollowerRow>(&follower)?.map_or(Lsn(0), |row| row.upto);
    if upto > before {
        tables.put(&follower, FollowerRow { upto })?;
    }
    Ok(())
}
