//! Room for connections. A connection on which nothing is asked is kept for its client's next question, but it holds no
//! place against others: where there are too many, the one that has rested the longest is closed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// The connections at rest.
#[derive(Default)]
pub(super) struct Resting {
    list: Mutex<List>,
    added: Notify,
}

#[derive(Default)]
struct List {
    next: u64,
    /// By when the rest began.
    resting: BTreeMap<u64, Arc<Notify>>,
}

/// One connection's part in it.
pub(super) struct Connection {
    all: Arc<Resting>,
    leave: Arc<Notify>,
    rests_since: Mutex<Option<u64>>,
}

impl Resting {
    /// A new connection, at rest.
    pub(super) fn connection(self: &Arc<Self>) -> Connection {
        let (leave, rests_since) = (Arc::default(), Mutex::default());
        let connection = Connection { all: Arc::clone(self), leave, rests_since };
        connection.rest();
        connection
    }

    /// Asks the connection to leave that rests the longest, and since before `newcomer`. Whether there was one.
    pub(super) fn make_room(&self, newcomer: u64) -> bool {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = list.resting.first_entry().filter(|entry| *entry.key() < newcomer) else { return false };
        entry.remove().notify_one();
        true
    }

    /// Waits until a connection begins to rest.
    pub(super) async fn changed(&self) {
        self.added.notified().await;
    }
}

impl Connection {
    /// Nothing is asked any more.
    pub(super) fn rest(&self) {
        let mut list = self.all.list.lock().unwrap_or_else(PoisonError::into_inner);
        list.next += 1;
        let since = list.next;
        list.resting.insert(since, Arc::clone(&self.leave));
        drop(list);
        *self.rests_since.lock().unwrap_or_else(PoisonError::into_inner) = Some(since);
        self.all.added.notify_one();
    }

    /// Something is asked.
    pub(super) fn work(&self) {
        if let Some(since) = self.rests_since.lock().unwrap_or_else(PoisonError::into_inner).take() {
            self.all.list.lock().unwrap_or_else(PoisonError::into_inner).resting.remove(&since);
        }
    }

    /// When it began to rest; nothing is older than 0.
    pub(super) fn since(&self) -> u64 {
        self.rests_since.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or_default()
    }

    /// Waits until its place is needed.
    pub(super) async fn asked_to_leave(&self) {
        self.leave.notified().await;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.work();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_one_that_rests_the_longest_makes_room_and_nobody_who_works() {
        let all = Arc::new(Resting::default());
        let [first, second, newcomer] = [(); 3].map(|()| all.connection());
        first.work();
        assert!(all.make_room(newcomer.since()));
        second.asked_to_leave().await;
        // Only the newcomer is at rest.
        assert!(!all.make_room(newcomer.since()));
        first.rest();
        assert!(!all.make_room(newcomer.since()) && all.make_room(u64::MAX) && all.make_room(u64::MAX));
        first.asked_to_leave().await;
        newcomer.asked_to_leave().await;
        drop(all.connection());
        assert!(!all.make_room(u64::MAX));
    }
}
