//! The driver: examine, ask what is still open, examine again (ARCHITECTURE.md §1). The only place where the judge and the
//! network meet.

mod builder;
mod challenge;
mod content;
mod histories;
mod title;
mod watch;

use std::num::NonZeroUsize;
use std::sync::Arc;

use futures_util::stream::{Stream, StreamExt as _};

use crate::address_book::AddressBook;
use crate::dnssec::TrustAnchors;
use crate::document::link::{InvalidLink, Link};
use crate::document::{self, Key, Limits, ReadError};
use crate::evidence::{Cause, Entry, Evidence, Fact, Provenance, Question, Unavailable, WebQuestion};
use crate::primitives::ChainId;
use crate::sources::{HostUse, Network, Source, SourcesProbe, now};
use crate::verify::codes::{self, Code};
use crate::verify::{Arrival, Case, ContentWanted, Policy, Report, Step, examine};
use crate::web_address::{DOCUMENT_LIMIT, Reach};

pub use builder::VerifierBuilder;

/// Verifies documents against the network, against a [`Source`] of the caller's, or offline. It holds what is costly and
/// shared; what a caller wants to know of one document, and is held to, comes with each call.
///
/// ```
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use ebl_verifier::verify::{Policy, Rule};
/// use ebl_verifier::{Verifier, Wishes};
///
/// let verifier = Verifier::builder().offline().build()?;
/// let error = verifier.verify(b"{}", &Wishes::default()).await.unwrap_err();
/// assert_eq!(error.code(), "read.not_a_document");
///
/// // Two policies over one verifier.
/// let bill = std::fs::read("fixtures/documents/bill-v2.json")?;
/// let desks = [Rule::Issuers(["carrier.example".parse()?].into()), Rule::HiddenFields(0)];
/// for rule in desks {
///     let wishes = Wishes { policy: Policy { rules: vec![rule], ..Policy::default() }, ..Wishes::default() };
///     let report = verifier.verify(&bill, &wishes).await?;
///     assert_eq!(report.policy.len(), 1);
/// }
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
/// ```
pub struct Verifier<S = Network> {
    /// Absent offline.
    source: Option<Arc<S>>,
    limits: Limits,
    reach: Reach,
    /// Trusted beside those of each policy.
    dns_anchors: TrustAnchors,
}

/// What a caller wants of one document.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// What it is held to.
    pub policy: Policy,
    /// The key of a sealed file; one that a link carries goes before it.
    pub key: Option<Key>,
    /// The caller's own names for addresses, shown beside them.
    pub names: AddressBook,
    /// Whether the report repeats what the document says.
    pub content: ContentWanted,
}

impl Verifier {
    /// Starts with the defaults: embedded public endpoints, the system's resolver.
    pub fn builder() -> VerifierBuilder {
        VerifierBuilder::default()
    }

    /// Tries out the endpoints of these chains and the resolvers, all at the same time; `None` offline. It judges no
    /// document.
    pub async fn probe(&self, chains: &[ChainId]) -> Option<SourcesProbe> {
        Some(self.source.as_ref()?.probe(chains).await)
    }

    /// Who is being asked at this moment, by host, each once, in the order of asking. Safe to show: no URL, no key.
    ///
    /// ```
    /// let verifier = ebl_verifier::Verifier::builder().offline().build()?;
    /// assert!(verifier.is_offline() && verifier.waiting_for().is_empty());
    /// # Ok::<(), ebl_verifier::sources::NetworkError>(())
    /// ```
    pub fn waiting_for(&self) -> Vec<String> {
        self.source.as_ref().map(|network| network.waiting_for()).unwrap_or_default()
    }

    /// What asking each host came to so far, in the order of their names; nothing offline.
    pub fn usage(&self) -> Vec<HostUse> {
        self.source.as_ref().map(|network| network.usage()).unwrap_or_default()
    }
}

impl<S: Source> Verifier<S> {
    /// A verifier that asks `source`, with the usual limits.
    pub fn over(source: S) -> Self {
        Self {
            source: Some(Arc::new(source)),
            limits: Limits::default(),
            reach: Reach::default(),
            dns_anchors: TrustAnchors::default(),
        }
    }

    /// Whether this verifier asks nobody.
    pub fn is_offline(&self) -> bool {
        self.source.is_none()
    }

    /// Reads, asks and judges one document, sealed or not. An error means that the bytes are not a document we can read;
    /// everything else, outages included, is in the report.
    pub async fn verify(&self, bytes: &[u8], wishes: &Wishes) -> Result<Report, ReadError> {
        self.verify_with_evidence(bytes, wishes).await.map(|(report, _)| report)
    }

    /// As [`Verifier::verify`], with the evidence that the report rests on.
    ///
    /// ```
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use ebl_verifier::{Verifier, Wishes};
    ///
    /// let sealed = br#"{"type": "OPEN-ATTESTATION-TYPE-1", "cipherText": "a7amHQ==",
    ///     "iv": "AQIDBAUGBwgJCgsM", "tag": "57mDBrf73zkjVqs0FLsvOw=="}"#;
    /// let verifier = Verifier::builder().offline().build()?;
    /// let error = verifier.verify_with_evidence(sealed, &Wishes::default()).await.unwrap_err();
    /// assert_eq!(error.code(), "read.key_missing");
    ///
    /// let wishes = Wishes { key: Some("00".repeat(32).parse()?), ..Wishes::default() };
    /// let error = verifier.verify_with_evidence(sealed, &wishes).await.unwrap_err();
    /// assert_eq!(error.code(), "read.wrong_key_or_damaged");
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
    /// ```
    pub async fn verify_with_evidence(&self, bytes: &[u8], wishes: &Wishes) -> Result<(Report, Evidence), ReadError> {
        self.verify_file(bytes, None, wishes).await
    }

    /// Any number of documents, at most `at_once` of them at a time; the reports come in the order of the documents, and a
    /// document is taken from the stream only when there is room for it. With [`VerifierBuilder::share_answers`] what those
    /// at work ask about a chain goes together: a hundred take as many requests as one.
    ///
    /// ```
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::num::NonZeroUsize;
    /// use std::time::Duration;
    ///
    /// use ebl_verifier::{Verifier, Wishes};
    /// use futures_util::stream::{self, StreamExt};
    ///
    /// let verifier = Verifier::builder().offline().share_answers(Duration::from_secs(60)).build()?;
    /// let bill = std::fs::read("fixtures/documents/bill-v2.json")?;
    /// let documents = stream::iter(vec![bill, b"{}".to_vec()]);
    /// let wishes = Wishes::default();
    /// let reports: Vec<_> = verifier.verify_many(documents, &wishes, NonZeroUsize::MIN).collect().await;
    /// assert!(reports[0].is_ok());
    /// assert_eq!(reports[1].as_ref().unwrap_err().code(), "read.not_a_document");
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
    /// ```
    pub fn verify_many<B: AsRef<[u8]>>(
        &self,
        documents: impl Stream<Item = B>,
        wishes: &Wishes,
        at_once: NonZeroUsize,
    ) -> impl Stream<Item = Result<Report, ReadError>> {
        let report = async move |bytes: B| self.verify(bytes.as_ref(), wishes).await;
        documents.map(report).buffered(at_once.get())
    }

    /// Reads a universal action link as far as this verifier may follow it. Nothing is fetched.
    pub fn read_link(&self, text: &str) -> Result<Link, InvalidLink> {
        Link::parse(text, self.reach)
    }

    /// Fetches the document that a link leads to and verifies it; the document must be on the link's chain.
    ///
    /// ```
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use ebl_verifier::{Verifier, VerifyLinkError, Wishes};
    ///
    /// let verifier = Verifier::builder().offline().build()?;
    /// let link = verifier.read_link(r#"https://actions.tradetrust.io?q={"type":"DOCUMENT","payload":
    ///     {"uri":"https://docs.example/d/1","chainId":"137"}}"#)?;
    /// let error = verifier.verify_link(&link, &Wishes::default()).await.unwrap_err();
    /// assert!(matches!(error, VerifyLinkError::NotFetched(_)));
    /// assert_eq!(error.code(), "check.offline");
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
    /// ```
    pub async fn verify_link(&self, link: &Link, wishes: &Wishes) -> Result<Report, VerifyLinkError> {
        self.verify_link_with_evidence(link, wishes).await.map(|(report, ..)| report)
    }

    /// As [`Verifier::verify_link`], with the evidence that the report rests on and the bytes that were fetched.
    pub async fn verify_link_with_evidence(
        &self,
        link: &Link,
        wishes: &Wishes,
    ) -> Result<(Report, Evidence, Vec<u8>), VerifyLinkError> {
        let bytes = self.fetch(link).await.map_err(VerifyLinkError::NotFetched)?;
        let found = self.verify_file(&bytes, Some(link), wishes).await;
        let (report, evidence) = found.map_err(VerifyLinkError::Unreadable)?;
        Ok((report, evidence, bytes))
    }

    async fn verify_file(
        &self,
        bytes: &[u8],
        link: Option<&Link>,
        wishes: &Wishes,
    ) -> Result<(Report, Evidence), ReadError> {
        let file = self.open(bytes, link, wishes)?;
        let document = file.document()?;
        Ok(self.judged(self.case(bytes, &file, &document, link, wishes)).await)
    }

    /// Asks what a case needs until there is a report on it.
    async fn judged(&self, mut case: Case<'_>) -> (Report, Evidence) {
        let mut evidence = Evidence::new();
        loop {
            match examine(&case, &evidence) {
                Step::Report(report) => return (*report, evidence),
                Step::Ask(questions) => self.ask(questions, &mut evidence).await,
            }
            case = case.at(now());
        }
    }

    /// A file within the limits, opened with the key of its link or the caller's.
    fn open<'b>(
        &self,
        bytes: &'b [u8],
        link: Option<&Link>,
        wishes: &Wishes,
    ) -> Result<document::OpenedFile<'b>, ReadError> {
        let key = link.and_then(|link| link.key.as_ref()).or(wishes.key.as_ref());
        document::open(bytes, key, &self.limits)
    }

    /// All open questions at once. Every question gets an answer, so that the loops around this end.
    async fn ask(&self, questions: Vec<Question>, evidence: &mut Evidence) {
        if let Some(source) = &self.source {
            for entry in source.ask(questions.clone()).await {
                if questions.contains(entry.question()) {
                    evidence.record(entry);
                }
            }
        }
        let why = if self.source.is_some() { unanswered() } else { offline() };
        for question in questions {
            if evidence.about(&question).is_none() {
                evidence.record(Entry::unanswered(question, why.clone(), Provenance::default()));
            }
        }
    }

    /// The document of a file that was opened, as it arrived, with what the caller wants of it.
    fn case<'c>(
        &'c self,
        bytes: &[u8],
        file: &document::OpenedFile<'_>,
        document: &'c document::Document<'c>,
        link: Option<&Link>,
        wishes: &'c Wishes,
    ) -> Case<'c> {
        let arrival = Arrival { link: link.map(Into::into), ..Arrival::of(bytes, file) };
        let case = Case::new(document, &wishes.policy, now()).arrived(arrival).trusting(&self.dns_anchors);
        case.named(&wishes.names).telling(wishes.content)
    }

    async fn fetch(&self, link: &Link) -> Result<Vec<u8>, Unavailable> {
        let max_bytes = DOCUMENT_LIMIT.min(self.limits.max_bytes as u64);
        let question = Question::Web(WebQuestion { url: link.address.as_str().to_owned(), max_bytes });
        let mut found = Evidence::new();
        self.ask(vec![question.clone()], &mut found).await;
        let no_document = |detail: String| Unavailable {
            cause: Cause::NotAnAnswer,
            host: Some(link.address.host().to_owned()),
            detail,
        };
        match found.about(&question).map(|entry| entry.answer()) {
            Some(Ok(Fact::Web(reading))) if (200..=299).contains(&reading.status) => Ok(reading.body.clone()),
            Some(Ok(Fact::Web(reading))) => {
                Err(no_document(format!("it answered with HTTP status {}", reading.status)))
            }
            Some(Err(why)) => Err(why.clone()),
            _ => Err(no_document("it did not answer".into())),
        }
    }
}

impl<S> std::fmt::Debug for Verifier<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Endpoints may hold keys.
        f.debug_struct("Verifier").field("offline", &self.source.is_none()).field("limits", &self.limits).finish()
    }
}

fn unanswered() -> Unavailable {
    Unavailable { cause: Cause::NoSource, host: None, detail: "nobody who was asked could answer this".into() }
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
            Self::NotFetched(why) if why.cause == Cause::Offline => &codes::OFFLINE,
            Self::NotFetched(_) => &codes::READ_FETCH_FAILED,
            Self::Unreadable(error) => error.explanation(),
        }
    }
}

fn named(why: &Unavailable) -> String {
    why.host.as_ref().map_or_else(|| why.detail.clone(), |host| format!("{host}: {}", why.detail))
}
