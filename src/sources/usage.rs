//! How often each host was asked, and how long it took: for a summary of a run. No verdict rests on it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// What asking one host came to so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostUse {
    /// Without path or credentials, with a port where one was written.
    pub host: String,
    /// Requests that have ended; of a resolver or a web server questions, with whatever they took.
    pub requests: u64,
    /// How many of them gave no answer.
    pub failed: u64,
    /// All of them together, as if one after the other.
    pub time: Duration,
    /// The longest of them.
    pub longest: Duration,
}

/// All hosts that were asked.
#[derive(Debug, Default)]
pub(super) struct Usage(Mutex<BTreeMap<String, HostUse>>);

impl Usage {
    /// Does the work, and notes how long this host took for it and whether it answered.
    pub(super) async fn of<T>(&self, host: &str, answered: impl Fn(&T) -> bool, work: impl Future<Output = T>) -> T {
        let begun = Instant::now();
        let done = work.await;
        self.note(host, answered(&done), begun.elapsed());
        done
    }

    fn note(&self, host: &str, answered: bool, took: Duration) {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= MOST_HOSTS && !hosts.contains_key(host) {
            return;
        }
        let noted =
            hosts.entry(host.to_owned()).or_insert_with(|| HostUse { host: host.to_owned(), ..HostUse::default() });
        noted.requests += 1;
        noted.failed += u64::from(!answered);
        noted.time = noted.time.saturating_add(took);
        noted.longest = noted.longest.max(took);
    }

    /// In the order of their names.
    pub(super) fn hosts(&self) -> Vec<HostUse> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}

/// Documents name web servers, any number of them; of more than so many nothing is noted.
const MOST_HOSTS: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_host_took_adds_up_and_hosts_are_bounded() {
        let usage = Usage::default();
        let second = Duration::from_secs(1);
        usage.note("a.example", true, second);
        usage.note("a.example", false, 3 * second);
        for number in 0..2 * MOST_HOSTS {
            usage.note(&format!("{number}.example"), true, second);
        }
        let hosts = usage.hosts();
        assert_eq!(hosts.len(), MOST_HOSTS);
        let host = "a.example".to_owned();
        let noted = HostUse { host, requests: 2, failed: 1, time: 4 * second, longest: 3 * second };
        assert!(hosts.contains(&noted), "{hosts:?}");
    }
}
