//! TXT records through the configured resolvers (checks.md §5.1, §5.4).
//!
//! NOERROR and NXDOMAIN are answers, if the reply is one (`reply`). Every other RCODE, a timeout or a malformed packet is
//! not: the next resolver is asked, and in the end the question stays open. Each answer is validated in this process as far
//! as the resolver lets it (`validate`); who denies something without proof is asked what it knows at all (`top_level`); and
//! several resolvers must give the same record set, unless one answer is validated (`agreement`).

mod agreement;
mod aliases;
mod anchor;
mod bare_refusal;
mod canned;
mod chain;
mod checked;
mod probe;
mod reply;
mod resolver;
mod top_level;
mod validate;
mod wildcard;

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;

#[doc(hidden)]
pub use canned::texts_in_reply;
pub use probe::ResolverProbe;
pub use resolver::{InvalidResolver, Resolver};

use super::place;
use crate::dnssec::TrustAnchors;
use crate::evidence::{Answer, Cause, Provenance};
use crate::sources::{ProxyRules, RootCertificate, TlsRoots};
use top_level::KnownTopLevels;

/// Which resolvers are asked, and how.
#[derive(Debug, Clone)]
pub struct DnsConfig {
    /// Empty: the system's.
    pub resolvers: Vec<Resolver>,
    /// Time for one query to one resolver.
    pub timeout: Duration,
    /// Root certificates beside the public ones, for DNS over HTTPS.
    pub extra_roots: Vec<RootCertificate>,
    /// Whose root certificates are trusted.
    pub tls_roots: TlsRoots,
    /// Proxies.
    pub proxy: ProxyRules,
    /// Host, port and the address to use instead, for DNS over HTTPS.
    pub resolve: Vec<(String, u16, SocketAddr)>,
    /// DNSSEC keys that are trusted beside the root's. Whoever judges needs them, too
    /// (`Policy::dns_anchors`).
    pub trust_anchors: TrustAnchors,
}

impl Default for DnsConfig {
    fn default() -> Self {
        Self {
            resolvers: Vec::new(),
            timeout: Duration::from_secs(5),
            extra_roots: Vec::new(),
            tls_roots: TlsRoots::default(),
            proxy: ProxyRules::default(),
            resolve: Vec::new(),
            trust_anchors: TrustAnchors::default(),
        }
    }
}

/// Why a [`DnsSource`] cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The system's settings could not be read.
    #[error("the system's resolver settings cannot be read; name a resolver with --dns")]
    System,
    /// A resolver's host name has no address.
    #[error("the resolver {0} has no address; give it with --resolve HOST:PORT=ADDR:PORT")]
    NoAddress(String),
    /// TLS could not be set up.
    #[error("TLS for DNS over HTTPS could not be set up")]
    Tls,
}

/// Answers [`Question::DnsTxt`](crate::evidence::Question::DnsTxt).
#[derive(Debug)]
pub struct DnsSource {
    config: DnsConfig,
    known: KnownTopLevels,
}

impl DnsSource {
    /// A source that has not asked anything yet.
    pub fn new(config: DnsConfig) -> Result<Self, ConfigError> {
        Ok(Self { config, known: KnownTopLevels::default() })
    }

    /// The TXT records of `name` (A-labels, no trailing dot), from all configured resolvers at once.
    pub async fn txt(&self, name: &str) -> (Answer, Provenance) {
        let resolvers = self.distinct_resolvers().await;
        let mut lookups = tokio::task::JoinSet::new();
        for (index, resolver) in resolvers.iter().cloned().enumerate() {
            let (config, known, name) = (self.config.clone(), self.known.clone(), name.to_owned());
            lookups.spawn(async move { (index, validate::ask(&resolver, &config, &known, &name).await) });
        }
        let mut asked: Vec<Option<validate::Asked>> = resolvers.iter().map(|_| None).collect();
        while let Some(joined) = lookups.join_next().await {
            if let Ok((index, answer)) = joined
                && let Some(place) = asked.get_mut(index)
            {
                *place = Some(answer);
            }
        }
        let mut queries = 0_u32;
        let said = resolvers.iter().zip(asked).map(|(resolver, asked)| {
            let Some(asked) = asked else {
                return (
                    resolver,
                    Err(validate::unavailable(resolver, Cause::NotAnAnswer, "the look-up was cut short")),
                );
            };
            queries = queries.saturating_add(asked.queries);
            (resolver, asked.said)
        });
        let (answer, provenance) = agreement::combine(said.collect());
        let answered_at = u64::try_from(crate::sources::now()).ok();
        (answer, Provenance { requests: queries, answered_at, ..provenance })
    }

    /// One of each, whatever it is called: nobody agrees with himself.
    async fn distinct_resolvers(&self) -> Vec<Resolver> {
        let resolvers = self.resolvers();
        if resolvers.len() < 2 {
            return resolvers.to_vec();
        }
        let places = join_all(resolvers.iter().map(|resolver| resolver::place(resolver, &self.config))).await;
        place::distinct(&places).into_iter().filter_map(|index| resolvers.get(index).cloned()).collect()
    }

    /// Who is asked, as shown to people.
    pub(crate) fn hosts(&self) -> Vec<String> {
        self.resolvers().iter().map(ToString::to_string).collect()
    }

    /// Those that are asked.
    fn resolvers(&self) -> &[Resolver] {
        match self.config.resolvers.as_slice() {
            [] => &[Resolver::System],
            given => given,
        }
    }
}
