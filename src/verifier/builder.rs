//! Settings of a [`Verifier`].

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::Verifier;
use crate::block_age::MaxBlockAge;
use crate::dnssec::TrustAnchors;
use crate::document::Limits;
use crate::primitives::ChainId;
use crate::sources::chain::{BlockChoice, ChainConfig, Endpoint};
use crate::sources::dns::{DnsConfig, Resolver};
use crate::sources::web::WebConfig;
use crate::sources::{Network, NetworkError, ProxyRules, RootCertificate, TlsRoots};
use crate::web_address::Reach;

/// Collects settings for a [`Verifier`].
#[derive(Debug, Clone, Default)]
pub struct VerifierBuilder {
    offline: bool,
    chain: ChainConfig,
    dns: DnsConfig,
    web: WebConfig,
    shared: Duration,
    limits: Limits,
}

impl VerifierBuilder {
    /// Opens no socket; whatever needs the network stays unknown.
    pub fn offline(mut self) -> Self {
        self.offline = true;
        self
    }

    /// Adds an endpoint for a chain; several are tried in order.
    pub fn endpoint(mut self, chain: ChainId, endpoint: Endpoint) -> Self {
        self.chain.endpoints.entry(chain).or_default().push(endpoint);
        self
    }

    /// Whether to use the embedded table of public endpoints for chains without one of their own. On by default.
    pub fn default_endpoints(mut self, use_them: bool) -> Self {
        self.chain.use_embedded = use_them;
        self
    }

    /// How many endpoints of different host and port must agree about the chain; 1 by default.
    pub fn quorum(mut self, endpoints: usize) -> Self {
        self.chain.quorum = endpoints;
        self
    }

    /// Which block to read at.
    pub fn block(mut self, block: BlockChoice) -> Self {
        self.chain.block = block;
        self
    }

    /// How old the newest block of an endpoint may be for the endpoint to be read; without this, as old as its chain allows.
    /// How old a block may be to count is [`Policy::max_block_age`](crate::verify::Policy::max_block_age).
    pub fn max_block_age(mut self, most: MaxBlockAge) -> Self {
        self.chain.max_block_age = most;
        self
    }

    /// Adds a resolver; without any the system's are used. Several must agree.
    pub fn resolver(mut self, resolver: Resolver) -> Self {
        self.dns.resolvers.push(resolver);
        self
    }

    /// DNSSEC keys that are trusted beside the root's, of every document. Whoever keeps evidence names them in
    /// [`Policy::dns_anchors`](crate::verify::Policy::dns_anchors), too: there they are part of what the report rests on.
    pub fn dns_anchors(mut self, anchors: TrustAnchors) -> Self {
        self.dns.trust_anchors = anchors;
        self
    }

    /// For several documents of one run: what a resolver or a web server answers counts for this time and is asked for once, and
    /// a chain is read at one block for this time, for all documents together. Without this every document asks anew.
    pub fn share_answers(mut self, time: Duration) -> Self {
        self.shared = time;
        self
    }

    /// Longest time for one request.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.chain.timeout = timeout;
        self.dns.timeout = timeout;
        self.web.timeout = timeout;
        self
    }

    /// Additional root certificates for every https connection.
    pub fn roots(mut self, roots: Vec<RootCertificate>) -> Self {
        self.chain.extra_roots.clone_from(&roots);
        self.dns.extra_roots.clone_from(&roots);
        self.web.extra_roots = roots;
        self
    }

    /// Connects to `to` whenever `host:port` is meant; `host` is a name, not an address.
    pub fn resolve(mut self, host: String, port: u16, to: SocketAddr) -> Self {
        self.chain.resolve.push((host.clone(), port, to));
        self.dns.resolve.push((host.clone(), port, to));
        self.web.resolve.push((host, port, to));
        self
    }

    /// Whose root certificates are trusted for https; the bundled ones by default.
    pub fn tls_roots(mut self, roots: TlsRoots) -> Self {
        self.chain.tls_roots = roots;
        self.dns.tls_roots = roots;
        self.web.tls_roots = roots;
        self
    }

    /// Proxies for endpoints, resolvers over HTTPS and the web addresses of documents; none by default.
    pub fn proxy(mut self, rules: ProxyRules) -> Self {
        self.chain.proxy.clone_from(&rules);
        self.dns.proxy.clone_from(&rules);
        self.web.proxy = rules;
        self
    }

    /// How far the web addresses that documents and links choose may reach; public hosts only, by default.
    pub fn reach(mut self, reach: Reach) -> Self {
        self.web.reach = reach;
        self
    }

    /// Limits for reading documents.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Builds the verifier. Offline, no network code is even set up.
    pub fn build(self) -> Result<Verifier, NetworkError> {
        let (reach, dns_anchors) = (self.web.reach, self.dns.trust_anchors.clone());
        let network =
            (!self.offline).then(|| Network::sharing(self.chain, self.dns, self.web, self.shared)).transpose()?;
        Ok(Verifier { source: network.map(Arc::new), limits: self.limits, reach, dns_anchors })
    }
}
