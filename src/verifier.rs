//! The driver: examine, ask what is still open, examine again (ARCHITECTURE.md §1). The only place where the judge and the
//! network meet.

mod title;
mod waiting;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::address_book::AddressBook;
use crate::block_age::MaxBlockAge;
use crate::document::link::{InvalidLink, Link};
use crate::document::{self, Content, Document, Key, Limits, ReadError};
use crate::evidence::{Answer, Cause, Evidence, Fact, Provenance, Question, Unavailable};
use crate::primitives::{Address, ChainId, Digest32, encode_hex};
use crate::sources::chain::{BlockChoice, ChainConfig, ChainProbe, ChainQuestion, ChainSource, Endpoint};
use crate::sources::dns::{DnsConfig, DnsSource, Resolver, ResolverProbe, TrustAnchor};
use crate::sources::now;
use crate::sources::web::{WebConfig, WebSource};
use crate::sources::{ProxyRules, TlsRoots};
use crate::verify::codes::{self, Code};
use crate::verify::{self, Checked, Policy, ProofMode, Report, Rule, Step};
use crate::web_address::{DOCUMENT_LIMIT, MOST_FETCHES, Reach};

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
    key: Option<Key>,
    reach: Reach,
    names: AddressBook,
}

struct Sources {
    chain: ChainSource,
    dns: DnsSource,
    web: WebSource,
    waiting: waiting::Waiting,
}

impl Verifier {
    /// Starts with the defaults: embedded public endpoints, the system's resolver, no policy.
    pub fn builder() -> VerifierBuilder {
        VerifierBuilder::default()
    }

    /// Reads, asks and judges one document. An error means that the bytes are not a document we can read; everything
    /// else, outages included, is in the report. A sealed file is opened with the verifier's key, if it has one.
    pub async fn verify(&self, bytes: &[u8]) -> Result<Report, ReadError> {
        self.verify_with_evidence(bytes).await.map(|(report, _)| report)
    }

    /// As [`Verifier::verify`], with the evidence that the report rests on.
    pub async fn verify_with_evidence(&self, bytes: &[u8]) -> Result<(Report, Evidence), ReadError> {
        self.open(bytes, self.key.as_ref(), None).await
    }

    /// As [`Verifier::verify`], for a sealed file with a key of its own.
    ///
    /// ```
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use ebl_verifier::Verifier;
    ///
    /// let file = br#"{"type": "OPEN-ATTESTATION-TYPE-1", "cipherText": "a7amHQ==",
    ///     "iv": "AQIDBAUGBwgJCgsM", "tag": "57mDBrf73zkjVqs0FLsvOw=="}"#;
    /// let verifier = Verifier::builder().offline().build()?;
    /// let error = verifier.verify(file).await.unwrap_err();
    /// assert_eq!(error.code(), "read.key_missing");
    ///
    /// let other_key = "00".repeat(32).parse()?;
    /// let error = verifier.verify_sealed(file, &other_key).await.unwrap_err();
    /// assert_eq!(error.code(), "read.wrong_key_or_damaged");
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
    /// ```
    pub async fn verify_sealed(&self, bytes: &[u8], key: &Key) -> Result<Report, ReadError> {
        self.open(bytes, Some(key), None).await.map(|(report, _)| report)
    }

    /// Reads a universal action link as far as this verifier may follow it. Nothing is fetched.
    pub fn read_link(&self, text: &str) -> Result<Link, InvalidLink> {
        Link::parse(text, self.reach)
    }

    /// Fetches the document that a link leads to and verifies it; the document must be on the link's chain.
    ///
    /// ```
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use ebl_verifier::{Verifier, VerifyLinkError};
    ///
    /// let verifier = Verifier::builder().offline().build()?;
    /// let link = verifier.read_link(r#"https://actions.tradetrust.io?q={"type":"DOCUMENT","payload":
    ///     {"uri":"https://docs.example/d/1","chainId":"137"}}"#)?;
    /// let error = verifier.verify_link(&link).await.unwrap_err();
    /// assert!(matches!(error, VerifyLinkError::NotFetched(_)));
    /// assert_eq!(error.code(), "read.fetch_failed");
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
    /// ```
    pub async fn verify_link(&self, link: &Link) -> Result<Report, VerifyLinkError> {
        let bytes = self.fetch(link).await.map_err(VerifyLinkError::NotFetched)?;
        let key = link.key.as_ref().or(self.key.as_ref());
        self.open(&bytes, key, Some(link)).await.map(|(report, _)| report).map_err(VerifyLinkError::Unreadable)
    }

    /// Tries out the endpoints of these chains and the resolvers, all at the same time; `None` offline. It judges no
    /// document.
    pub async fn probe(&self, chains: &[ChainId]) -> Option<SourcesProbe> {
        let sources = self.sources.as_ref()?;
        let mut tried = tokio::task::JoinSet::new();
        for (index, chain) in chains.iter().copied().enumerate() {
            let sources = Arc::clone(sources);
            tried.spawn(async move { (index, sources.chain.probe(chain).await) });
        }
        let resolvers = sources.dns.probe().await;
        let mut chains = Vec::new();
        while let Some(joined) = tried.join_next().await {
            chains.extend(joined.ok());
        }
        chains.sort_by_key(|(index, _)| *index);
        Some(SourcesProbe { chains: chains.into_iter().map(|(_, chain)| chain).collect(), resolvers })
    }

    async fn fetch(&self, link: &Link) -> Result<Vec<u8>, Unavailable> {
        let sources = self.sources.as_ref().ok_or_else(offline)?;
        let max_bytes = DOCUMENT_LIMIT.min(self.limits.max_bytes as u64);
        let no_document = |detail: String| Unavailable {
            cause: Cause::NotAnAnswer,
            host: Some(link.address.host().to_owned()),
            detail,
        };
        match sources.web.fetch(link.address.url().as_str(), max_bytes).await.0? {
            Fact::Web(reading) if (200..=299).contains(&reading.status) => Ok(reading.body),
            Fact::Web(reading) => Err(no_document(format!("it answered with HTTP status {}", reading.status))),
            _ => Err(no_document("it did not answer".into())),
        }
    }

    async fn open(
        &self,
        bytes: &[u8],
        key: Option<&Key>,
        link: Option<&Link>,
    ) -> Result<(Report, Evidence), ReadError> {
        let file = document::read_file(bytes, &self.limits)?;
        let (mut report, evidence) = match &file.content {
            Content::Document(document) => self.judge(document, self.policy.clone(), link).await,
            Content::Sealed(sealed) => {
                let opened = sealed.open(key)?;
                let policy = Policy { sealed_with_its_key: sealed.carries_its_key(), ..self.policy.clone() };
                let (mut report, evidence) = self.judge(&opened.read(&self.limits)?, policy, link).await;
                report.document.sealed = true;
                (report, evidence)
            }
        };
        report.document.sha256 = Some(encode_hex(&Sha256::digest(bytes)));
        report.document.storage_envelope = file.enveloped;
        report.document.fetched_from = link.map(|link| link.address.host().to_owned());
        report.names = self.names.names_of(report.addresses());
        Ok((report, evidence))
    }

    async fn judge(&self, document: &Document<'_>, policy: Policy, link: Option<&Link>) -> (Report, Evidence) {
        let policy = Policy { link_chain: link.and_then(|link| link.chain), ..policy };
        let checked = Checked::new(document);
        let mut evidence = Evidence::new();
        let mut fetches_left = MOST_FETCHES - usize::from(link.is_some());
        loop {
            match verify::examine_checked(&checked, &evidence, &policy, now()) {
                Step::Report(report) => return (*report, evidence),
                Step::Ask(questions) => self.ask(questions, &mut evidence, &mut fetches_left).await,
            }
        }
    }

    /// All open questions at once, those about one chain together, so that they are read at one block. Every question
    /// gets an answer, so the loop above ends.
    async fn ask(&self, mut questions: Vec<Question>, evidence: &mut Evidence, fetches_left: &mut usize) {
        questions.retain(|question| {
            let over = matches!(question, Question::Web { .. }) && *fetches_left == 0;
            if over {
                evidence.record(question.clone(), Err(too_many_fetches()), Provenance::default());
            } else if matches!(question, Question::Web { .. }) {
                *fetches_left -= 1;
            }
            !over
        });
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

/// What the sources of a [`Verifier`] can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcesProbe {
    /// In the order in which they were asked for.
    pub chains: Vec<ChainProbe>,
    /// In the order of the settings.
    pub resolvers: Vec<ResolverProbe>,
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
        let _asking = self.asking(&group);
        match group {
            Group::Chain(chain, pairs) => {
                let (questions, asked): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
                questions.into_iter().zip(self.chain.read(chain, asked).await).collect()
            }
            Group::Other(question) => {
                let answer = match &question {
                    Question::DnsTxt { name } => self.dns.txt(name).await,
                    Question::Web { url, max_bytes } => self.web.fetch(url, *max_bytes).await,
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

fn too_many_fetches() -> Unavailable {
    let detail = format!("the document names more than {MOST_FETCHES} web addresses to ask");
    Unavailable { cause: Cause::NotAllowed, host: None, detail }
}

fn offline() -> Unavailable {
    Unavailable { cause: Cause::Offline, host: None, detail: "this run was offline".into() }
}

/// Why a link led to no report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyLinkError {
    /// The document could not be fetched, which says nothing about it.
    #[error("the document could not be fetched: {}", named(.0))]
    NotFetched(Unavailable),
    /// What was fetched is not a document we can read.
    #[error(transparent)]
    Unreadable(ReadError),
}

impl VerifyLinkError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.explanation().id
    }

    /// The code with its meaning, who can act and how. A fetch that was refused by our own rules is told apart from one
    /// that failed: trying again later helps only the latter.
    pub fn explanation(&self) -> &'static Code {
        match self {
            Self::NotFetched(why) if why.cause == Cause::NotAllowed => &codes::READ_FETCH_REFUSED,
            Self::NotFetched(why) if why.cause == Cause::Proxy => &codes::PROXY,
            Self::NotFetched(_) => &codes::READ_FETCH_FAILED,
            Self::Unreadable(error) => error.explanation(),
        }
    }
}

fn named(why: &Unavailable) -> String {
    why.host.as_ref().map_or_else(|| why.detail.clone(), |host| format!("{host}: {}", why.detail))
}

/// Collects settings for a [`Verifier`].
#[derive(Debug, Clone, Default)]
pub struct VerifierBuilder {
    offline: bool,
    chain: ChainConfig,
    dns: DnsConfig,
    web: WebConfig,
    policy: Policy,
    limits: Limits,
    key: Option<Key>,
    names: AddressBook,
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

    /// How old the block may be that is read; without this, as old as its chain allows.
    pub fn max_block_age(mut self, most: MaxBlockAge) -> Self {
        self.policy.max_block_age = most;
        self
    }

    /// Whether the titles of token registries are to be proven against the block's state root.
    pub fn proof(mut self, mode: ProofMode) -> Self {
        self.policy.proof = mode;
        self
    }

    /// A block that the caller knows to be one of the chain: it is read, and what is proven within it counts as proven.
    pub fn trusted_block(mut self, hash: Digest32) -> Self {
        self.chain.block = BlockChoice::Hash(hash);
        self.policy.trusted_block = Some(hash);
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
        self.web.timeout = timeout;
        self
    }

    /// Additional root certificates for every https connection.
    pub fn roots(mut self, roots: Vec<rustls_pki_types::CertificateDer<'static>>) -> Self {
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

    /// The key of sealed files.
    pub fn key(mut self, key: Key) -> Self {
        self.key = Some(key);
        self
    }

    /// The caller's own names for addresses, shown beside them.
    pub fn names(mut self, names: AddressBook) -> Self {
        self.names = names;
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

    /// The DID registry (ERC-1056) of a chain, instead of the one that the field agrees on.
    pub fn did_registry(mut self, chain: ChainId, registry: Address) -> Self {
        self.policy.did_registries.insert(chain, registry);
        self
    }

    /// Adds a rule that every document must meet.
    ///
    /// ```
    /// use ebl_verifier::{Verifier, verify::Rule};
    ///
    /// let issuers = ["carrier.example".parse()?, "*.carrier.example".parse()?];
    /// let verifier = Verifier::builder().offline().rule(Rule::Issuers(issuers.into())).rule(Rule::HiddenFields(0)).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rule(mut self, rule: Rule) -> Self {
        self.policy.rules.push(rule);
        self
    }

    /// Limits for reading documents.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Builds the verifier. Offline, no network code is even set up.
    pub fn build(self) -> Result<Verifier, BuildError> {
        let reach = self.web.reach;
        let sources = if self.offline {
            None
        } else {
            let chain = ChainConfig { max_block_age: self.policy.max_block_age, ..self.chain };
            let (chain, dns) = (ChainSource::new(chain)?, DnsSource::new(self.dns)?);
            Some(Arc::new(Sources { chain, dns, web: WebSource::new(self.web)?, waiting: waiting::Waiting::default() }))
        };
        Ok(Verifier { sources, policy: self.policy, limits: self.limits, key: self.key, reach, names: self.names })
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
    /// In the web settings.
    #[error(transparent)]
    Web(#[from] crate::sources::web::ConfigError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_document_makes_us_fetch_no_more_than_the_limit() {
        let verifier = Verifier::builder().offline().build().unwrap();
        let question = |number: usize| Question::Web { url: format!("https://docs.example/{number}"), max_bytes: 1 };
        let dns = Question::DnsTxt { name: "carrier.example".into() };
        let (mut evidence, mut fetches_left) = (Evidence::new(), MOST_FETCHES);
        verifier.ask((0..20).map(question).collect(), &mut evidence, &mut fetches_left).await;
        let rest = (20..40).map(question).chain([dns.clone()]).collect();
        verifier.ask(rest, &mut evidence, &mut fetches_left).await;
        let cause = |question| evidence.about(&question).unwrap().answer.clone().unwrap_err().cause;
        let refused = (0..40).filter(|number| cause(question(*number)) == Cause::NotAllowed);
        assert_eq!(refused.collect::<Vec<_>>(), (MOST_FETCHES..40).collect::<Vec<_>>());
        assert_eq!(cause(dns), Cause::Offline);
    }
}
