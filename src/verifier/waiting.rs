//! Who has been asked and has not answered yet, for whoever shows progress.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Group, Sources, Verifier};
use crate::evidence::Question;
use crate::web_address::{Reach, WebAddress};

impl Verifier {
    /// Whether this verifier asks nobody.
    pub fn is_offline(&self) -> bool {
        self.sources.is_none()
    }

    /// Who is being asked at this moment, by host, each once, in the order of asking. Safe to show: no URL, no key.
    ///
    /// ```
    /// let verifier = ebl_verifier::Verifier::builder().offline().build()?;
    /// assert!(verifier.is_offline() && verifier.waiting_for().is_empty());
    /// # Ok::<(), ebl_verifier::BuildError>(())
    /// ```
    pub fn waiting_for(&self) -> Vec<String> {
        let mut hosts: Vec<String> = Vec::new();
        for host in self.sources.iter().flat_map(|sources| sources.waiting.list().clone()) {
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        hosts
    }
}

/// Everybody who is asked now; twice where two questions are open.
#[derive(Default)]
pub(super) struct Waiting(Mutex<Vec<String>>);

impl Waiting {
    fn list(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sources {
    /// Notes who is asked until the guard is dropped, which it also is when nobody waits for the answer any more.
    pub(super) fn asking(&self, group: &Group) -> Asking<'_> {
        let hosts = match group {
            Group::Chain(chain, _) => self.chain.hosts(*chain),
            Group::Other(Question::DnsTxt { .. }) => self.dns.hosts(),
            Group::Other(Question::Web { url, .. }) => {
                WebAddress::parse(url, Reach::Anywhere).map(|address| address.host().to_owned()).into_iter().collect()
            }
            Group::Other(_) => Vec::new(),
        };
        self.waiting.list().extend(hosts.iter().cloned());
        Asking { waiting: &self.waiting, hosts }
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
