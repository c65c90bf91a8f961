//! The only code that opens a socket. It fetches and reports what it got; it never judges.

pub mod chain;
pub mod dns;
mod http;
mod place;
mod proxy;
mod tls;
pub mod web;

pub use proxy::{InvalidProxy, Proxy, ProxyRules};
pub use tls::TlsRoots;

/// Seconds since the Unix epoch.
pub(crate) fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
