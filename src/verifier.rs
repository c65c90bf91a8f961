//! The driver: examine, ask what is still open, examine again (DESIGN.md §1). The only place where the judge and the
//! network meet.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sha2::{Digest as _, Sha256};

use crate::document::{self, Limits, ReadError};
use crate::evidence::{Answer, Cause, Evidence, Provenance, Question, Unavailable};
use crate::primitives::{Address, ChainId, encode_hex};
use crate::sources::chain::{BlockChoice, ChainConfig, ChainQuestion, ChainSource, Endpoint};
use crate::sources::dns::{DnsConfig, DnsSource, Resolver, TrustAnchor};
use crate::verify::{self, Checked, Policy, Report, Step};

/// Verifies documents against the network, or offline.
///
/// ```
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use ebl_verifier::Verifier;
///
/// let verifier = Verifier::builder().offline().build()?;
/// let error = verifier.verify(b"{}").await.unwrap_err();
/// assert_eq!(error.code(), "read.not_a_document");
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
/// ```
pub struct Verifier {
    sources: Option<Arc<Sources>>,
    policy: Policy,
    limits: Limits,
}

struct Sources {
    chain: ChainSource,
    dns: DnsSource,
}

impl Verifier {
    /// Starts with the defaults: embedded public endpoints, the system's resolver, no policy.
    pub fn builder() -> VerifierBuilder {
        VerifierBuilder::default()
    }

    /// Reads, asks and judges one document. An error means that the bytes are not a document we can read; everything
    /// else, outages included, is in the report.
    pub async fn verify(&self, bytes: &[u8]) -> Result<Report, ReadError> {
        self.verify_with_evidence(bytes).await.map(|(report, _)| report)
    }

    /// As [`Verifier::verify`], with the evidence that the report rests on.
    pub async fn verify_with_evidence(&self, bytes: &[u8]) -> Result<(Report, Evidence), ReadError> {
        let document = document::read(bytes, &self.limits)?;
        let checked = Checked::new(&document);
        let mut evidence = Evidence::new();
        loop {
            match verify::examine_checked(&checked, &evidence, &self.policy, now()) {
                Step::Report(mut report) => {
                    report.document.sha256 = Some(encode_hex(&Sha256::digest(bytes)));
                    return Ok((*report, evidence));
                }
                Step::Ask(questions) => self.ask(questions, &mut evidence).await,
            }
        }
    }

    /// All open questions at once, those about one chain together, so that they are read at one block. Every question
    /// gets an answer, so the loop above ends.
    async fn ask(&self, questions: Vec<Question>, evidence: &mut Evidence) {
        if let Some(sources) = &self.sources {
            let mut answers = tokio::task::JoinSet::new();
            for group in grouped(&questions) {
                let sources = Arc::clone(sources);
                answers.spawn(async move { sources.fetch(group).await });
            }
            while let Some(joined) = answers.join_next().await {
                for (question, (answer, provenance)) in joined.unwrap_or_default() {
                    evidence.record(question, answer, provenance);
                }
            }
        }
        let why = if self.sources.is_some() { nobody_to_ask() } else { offline() };
        for question in questions {
            if evidence.about(&question).is_none() {
                evidence.record(question, Err(why.clone()), Provenance::default());
            }
        }
    }
}

/// Questions that are asked in one go.
enum Group {
    Chain(ChainId, Vec<(Question, ChainQuestion)>),
    Other(Question),
}

/// The questions about each chain together, all others alone, in the order of the questions.
fn grouped(questions: &[Question]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for question in questions {
        let Some((chain, asked)) = ChainQuestion::of(question) else {
            groups.push(Group::Other(question.clone()));
            continue;
        };
        let pair = (question.clone(), asked);
        let known = groups.iter_mut().find_map(|group| match group {
            Group::Chain(known, pairs) if *known == chain => Some(pairs),
            _ => None,
        });
        match known {
            Some(pairs) => pairs.push(pair),
            None => groups.push(Group::Chain(chain, vec![pair])),
        }
    }
    groups
}

/// Endpoints may hold keys, so only the settings that hold none are shown.
impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier")
            .field("offline", &self.sources.is_none())
            .field("policy", &self.policy)
            .field("limits", &self.limits)
            .finish()
    }
}

impl Sources {
    async fn fetch(&self, group: Group) -> Vec<(Question, (Answer, Provenance))> {
        match group {
            Group::Chain(chain, pairs) => {
                let (questions, asked): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
                questions.into_iter().zip(self.chain.read(chain, asked).await).collect()
            }
            Group::Other(question) => {
                let answer = match &question {
                    Question::DnsTxt { name } => self.dns.txt(name).await,
                    _ => (Err(nobody_to_ask()), Provenance::default()),
                };
                vec![(question, answer)]
            }
        }
    }
}

fn nobody_to_ask() -> Unavailable {
    Unavailable { cause: Cause::NoSource, host: None, detail: "this version cannot ask this".into() }
}

fn offline() -> Unavailable {
    Unavailable { cause: Cause::Offline, host: None, detail: "this run was offline".into() }
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// Collects settings for a [`Verifier`].
#[derive(Debug, Clone, Default)]
pub struct VerifierBuilder {
    offline: bool,
    chain: ChainConfig,
    dns: DnsConfig,
    policy: Policy,
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

    /// Adds a resolver; without any the system's are used. Several must agree.
    pub fn resolver(mut self, resolver: Resolver) -> Self {
        self.dns.resolvers.push(resolver);
        self
    }

    /// DNSSEC keys that are trusted beside the root's.
    pub fn dns_anchor(mut self, anchor: TrustAnchor) -> Self {
        self.dns.trust_anchor = Some(anchor);
        self
    }

    /// Longest time for one request.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.chain.timeout = timeout;
        self.dns.timeout = timeout;
        self
    }

    /// Additional root certificates for every https connection.
    pub fn roots(mut self, roots: Vec<rustls_pki_types::CertificateDer<'static>>) -> Self {
        self.chain.extra_roots.clone_from(&roots);
        self.dns.extra_roots = roots;
        self
    }

    /// Connects to `to` whenever `host:port` is meant; `host` is a name, not an address.
    pub fn resolve(mut self, host: String, port: u16, to: SocketAddr) -> Self {
        self.chain.resolve.push((host.clone(), port, to));
        self.dns.resolve.push((host, port, to));
        self
    }

    /// What the caller wants to be held to.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Accepts this registry though its code is not in the known list.
    pub fn trust_registry(mut self, chain: ChainId, registry: Address) -> Self {
        self.policy.trusted_registries.insert((chain, registry));
        self
    }

    /// Limits for reading documents.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Builds the verifier. Offline, no network code is even set up.
    pub fn build(self) -> Result<Verifier, BuildError> {
        let sources = if self.offline {
            None
        } else {
            Some(Arc::new(Sources { chain: ChainSource::new(self.chain)?, dns: DnsSource::new(self.dns)? }))
        };
        Ok(Verifier { sources, policy: self.policy, limits: self.limits })
    }
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// In the chain settings.
    #[error(transparent)]
    Chain(#[from] crate::sources::chain::ConfigError),
    /// In the DNS settings.
    #[error(transparent)]
    Dns(#[from] crate::sources::dns::ConfigError),
}
