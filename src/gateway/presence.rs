//! Tells who came and who went: one task that takes changes from the hub, compares them with what was told, and tells.

use super::Gateway;
use crate::model::UserHandle;
use std::collections::HashSet;
use std::time::Duration;

/// Runs until it is aborted. Nothing is told before everybody had the time to come back after a start.
pub async fn run(gateway: Gateway) {
    tokio::time::sleep(Duration::from_millis(gateway.options().presence_settle_ms)).await;
    let mut told: HashSet<UserHandle> = HashSet::new();
    loop {
        let (user, id) = gateway.hub().presence_changed().await;
        let online = gateway.hub().is_online(user);
        // Whoever was told to be there and is, or came and went in between, is no news.
        if told.contains(&user) == online {
            continue;
        }
        if online {
            told.insert(user);
        } else {
            told.remove(&user);
        }
        let peers = gateway.peers(user).await;
        gateway.hub().tell_presence(user, gateway.hub().presence(user, &id), &peers);
    }
}
