//! The only code that opens a socket. It fetches and reports what it got; it never judges.

pub mod chain;
pub mod dns;
mod http;
mod network;
mod place;
mod proxy;
mod shared;
mod tls;
mod usage;
mod waiting;
pub mod web;

use crate::evidence::{Entry, Question};

pub use network::{Network, NetworkError, SourcesProbe};
pub use proxy::{InvalidProxy, Proxy, ProxyRules};
pub use tls::{RootCertificate, TlsRoots};
pub use usage::HostUse;

/// Whoever finds answers: our own [`Network`], a cache, a recording, a test, a caller's own client.
///
/// ```
/// use ebl_verifier::evidence::{Cause, Entry, Provenance, Question, Unavailable};
/// use ebl_verifier::sources::Source;
/// use ebl_verifier::verify::Verdict;
/// use ebl_verifier::{Verifier, Wishes};
///
/// /// A desk without any network: whatever is asked, nobody answers.
/// struct Desk;
///
/// impl Source for Desk {
///     async fn ask(&self, questions: Vec<Question>) -> Vec<Entry> {
///         let nobody = Unavailable { cause: Cause::NoSource, host: None, detail: "nobody to ask".into() };
///         let unanswered = |question| Entry::unanswered(question, nobody.clone(), Provenance::default());
///         questions.into_iter().map(unanswered).collect()
///     }
/// }
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let bytes = std::fs::read("fixtures/documents/bill-v2.json")?;
/// let report = Verifier::over(Desk).verify(&bytes, &Wishes::default()).await?;
/// assert_eq!(report.verdict, Verdict::Indeterminate);
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
/// ```
pub trait Source: Send + Sync {
    /// Asks these questions, best all at once: those about one chain belong to one block of it. What is left out of the
    /// answers counts as not to be had.
    fn ask(&self, questions: Vec<Question>) -> impl Future<Output = Vec<Entry>> + Send;
}

/// Seconds since the Unix epoch.
pub(crate) fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
