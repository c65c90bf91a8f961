//! Whether resolvers answer, and whether their answers can be validated (checks.md §5.4). It says nothing about issuers.

use super::{DnsSource, Resolver, validate};
use crate::evidence::{Cause, Dnssec, Unavailable};

/// What is known of one resolver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolverProbe {
    /// Host and port, or that it is the system's.
    pub resolver: String,
    /// What DNSSEC says of its answer, or why it cannot be used.
    pub found: Result<Dnssec, Unavailable>,
    /// Whether it knows the root, or proves what it says of it: nobody can rely on the denials of another.
    pub knows_the_root: bool,
    /// DNS queries made.
    pub queries: u32,
}

impl DnsSource {
    /// Asks every resolver, all at the same time, about the root: the one name that exists wherever there is DNS, and is
    /// signed wherever there is DNSSEC.
    pub async fn probe(&self) -> Vec<ResolverProbe> {
        let mut tried = tokio::task::JoinSet::new();
        for (index, resolver) in self.resolvers().iter().cloned().enumerate() {
            let (config, known) = (self.config.clone(), self.known.clone());
            tried.spawn(async move { (index, validate::ask(&resolver, &config, &known, ROOT).await) });
        }
        let mut found: Vec<_> = self.resolvers().iter().map(unasked).collect();
        while let Some(joined) = tried.join_next().await {
            if let Ok((index, asked)) = joined
                && let Some(place) = found.get_mut(index)
            {
                place.knows_the_root = asked.said.as_ref().is_ok_and(|reading| !reading.shows_nothing());
                place.found = asked.said.map(|reading| reading.dnssec);
                place.queries = asked.queries;
            }
        }
        found
    }
}

/// The name without its last dot.
const ROOT: &str = "";

fn unasked(resolver: &Resolver) -> ResolverProbe {
    let found = Err(validate::unavailable(resolver, Cause::NotAnAnswer, "the look-up was cut short"));
    ResolverProbe { resolver: resolver.to_string(), found, knows_the_root: false, queries: 0 }
}
