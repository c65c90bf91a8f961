//! Who has been asked and has not answered yet, for whoever shows progress.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Everybody who is asked now; twice where two questions are open.
#[derive(Debug, Default)]
pub(super) struct Waiting(Mutex<Vec<String>>);

impl Waiting {
    /// Each host once, in the order of asking.
    pub(super) fn hosts(&self) -> Vec<String> {
        let mut hosts: Vec<String> = Vec::new();
        for host in self.list().iter() {
            if !hosts.contains(host) {
                hosts.push(host.clone());
            }
        }
        hosts
    }

    /// Notes who is asked until the guard is dropped, which it also is when nobody waits for the answer any more.
    pub(super) fn asking(&self, hosts: Vec<String>) -> Asking<'_> {
        self.list().extend(hosts.iter().cloned());
        Asking { waiting: self, hosts }
    }

    fn list(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct Asking<'w> {
    waiting: &'w Waiting,
    hosts: Vec<String>,
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        let mut list = self.waiting.list();
        for host in &self.hosts {
            if let Some(at) = list.iter().position(|known| known == host) {
                list.remove(at);
            }
        }
    }
}
