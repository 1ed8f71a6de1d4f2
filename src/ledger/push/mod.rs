//! Where devices are reached by push. An address belongs to one device at a time: a browser in which somebody else logs in takes it
//! along, so that nobody gets the notifications of another.

pub(super) mod note;
pub(super) mod set;

use crate::model::{Secret, SessionId, TokenHash, UserHandle};
use crate::store::records::{PushEndpointRow, PushRow};
use crate::store::{Fault, Read, Tables};
use sha2::{Digest, Sha256};

/// What finds the device of an address.
fn hash(endpoint: &Secret) -> TokenHash {
    TokenHash(Sha256::digest(endpoint.reveal()).into())
}

/// Takes away what is known of a device; nothing happens when that is nothing.
pub(super) fn forget(tables: &mut Tables<'_>, user: UserHandle, session: SessionId) -> Result<(), Fault> {
    let Some(row) = tables.get::<PushRow>(&(user, session))? else { return Ok(()) };
    tables.remove::<PushRow>(&(user, session))?;
    let endpoint = hash(&row.subscription.endpoint);
    if tables.get::<PushEndpointRow>(&endpoint)?.is_some_and(|row| row.session == session) {
        tables.remove::<PushEndpointRow>(&endpoint)?;
    }
    Ok(())
}
