//! What is judged: a document with the result of its own integrity check, how its file arrived, what the caller holds it
//! to, and the time. Everything that a report says which no answer from outside could say.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};

use super::{ContentReport, Policy};
use crate::address_book::AddressBook;
use crate::content::{AttachmentFile, Content};
use crate::credential::Signed;
use crate::dnssec::TrustAnchors;
use crate::document::link::Link;
use crate::document::{Document, OpenedFile, SealedBy};
use crate::integrity::{self, Integrity};
use crate::primitives::{Address, ChainId, Digest32, TokenId};

/// A document to be judged. The document and the result of its integrity check cannot be mixed up; the check is made once,
/// however many rounds of questions follow.
///
/// ```
/// use ebl_verifier::document::{self, Limits};
/// use ebl_verifier::evidence::Evidence;
/// use ebl_verifier::verify::{Arrival, Case, Policy, Step, examine};
///
/// let bytes = std::fs::read("fixtures/documents/bill-v2.json")?;
/// let file = document::open(&bytes, None, &Limits::default())?;
/// let document = file.document()?;
/// let policy = Policy::default();
/// let case = Case::new(&document, &policy, 1_780_000_000).arrived(Arrival::of(&bytes, &file));
/// let Step::Ask(questions) = examine(&case, &Evidence::new()) else { panic!("nothing is known yet") };
/// assert_eq!(questions.len(), 2, "the issuer's records and the registry");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Case<'c> {
    document: &'c Document<'c>,
    integrity: Integrity,
    /// What the signature of a W3C document is over.
    signed: Option<Signed<'c>>,
    /// The credentials of a presentation.
    parts: Vec<Case<'c>>,
    /// Whether it is one of these itself.
    is_part: bool,
    /// How the file arrived.
    pub arrival: Arrival,
    /// What the caller holds it to.
    pub policy: &'c Policy,
    /// The caller's own names for addresses.
    pub names: &'c AddressBook,
    /// Trusted besides those of the policy.
    dns_anchors: Option<&'c TrustAnchors>,
    /// Whether its report repeats what it says.
    content: ContentWanted,
    /// Seconds since the Unix epoch. Decides about validity periods that the document states, and about the ages that
    /// chains and the policy allow.
    now: i64,
}

impl<'c> Case<'c> {
    /// Checks the document's integrity. Nothing is said of how it arrived, and no address has a name.
    pub fn new(document: &'c Document<'c>, policy: &'c Policy, now: i64) -> Self {
        let (integrity, signed) = integrity::look(document, &policy.contexts);
        let parts = match document {
            Document::Presentation(presentation) => {
                let part = |part| Self { is_part: true, ..Self::new(part, policy, now) };
                presentation.credentials().iter().map(part).collect()
            }
            _ => Vec::new(),
        };
        let (arrival, names) = (Arrival::default(), AddressBook::nobody());
        let content = ContentWanted::No;
        let dns_anchors = None;
        Self { document, integrity, signed, parts, is_part: false, arrival, policy, names, dns_anchors, content, now }
    }

    /// The same, of a file that arrived so.
    pub fn arrived(self, arrival: Arrival) -> Self {
        // What a link says of the whole it says of each part.
        let of_part = Arrival { link: arrival.link.clone(), ..Arrival::default() };
        let parts = self.parts.into_iter().map(|part| part.arrived(of_part.clone())).collect();
        Self { arrival, parts, ..self }
    }

    /// The same, with the caller's own names for addresses.
    pub fn named(self, names: &'c AddressBook) -> Self {
        let parts = self.parts.into_iter().map(|part| part.named(names)).collect();
        Self { names, parts, ..self }
    }

    /// The same, with DNSSEC keys that are trusted besides those of the policy.
    pub fn trusting(self, dns_anchors: &'c TrustAnchors) -> Self {
        let parts = self.parts.into_iter().map(|part| part.trusting(dns_anchors)).collect();
        Self { dns_anchors: Some(dns_anchors), parts, ..self }
    }

    /// The same, with what it says in the report, where that is covered.
    pub fn telling(self, content: ContentWanted) -> Self {
        let parts = self.parts.into_iter().map(|part| part.telling(content)).collect();
        Self { content, parts, ..self }
    }

    /// The same, judged at another time.
    pub fn at(self, now: i64) -> Self {
        let parts = self.parts.into_iter().map(|part| part.at(now)).collect();
        Self { now, parts, ..self }
    }

    /// When it is looked at, in seconds since the Unix epoch.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// What it is judged as of: the time that the caller's policy names, else now.
    pub(super) fn judged_at(&self) -> i64 {
        self.policy.at.unwrap_or(self.now)
    }

    /// The caller's DNSSEC keys.
    pub(super) fn dns_anchors(&self) -> Cow<'_, TrustAnchors> {
        let mut all = Cow::Borrowed(&self.policy.dns_anchors);
        if let Some(more) = self.dns_anchors.filter(|more| !more.is_empty()) {
            all.to_mut().extend(more);
        }
        all
    }

    /// The document.
    pub fn document(&self) -> &'c Document<'c> {
        self.document
    }

    /// What its integrity check came to.
    pub fn integrity(&self) -> &Integrity {
        &self.integrity
    }

    /// What a W3C document states; nothing for other families, and where it cannot be told.
    pub fn statements(&self) -> impl Iterator<Item = Stated<'_>> {
        self.signed.iter().flat_map(|signed| {
            let lines = signed.lines().iter().enumerate();
            lines.map(|(index, line)| Stated { line, by_added_context: signed.is_by_added_context(index) })
        })
    }

    /// The files in it and in its parts, as far as its report says that they are covered; in the order of the report.
    pub fn attachments(&self, report: &ContentReport) -> Vec<AttachmentFile> {
        let own = match &report.content {
            Some(_) => Content::files(self.document, &self.integrity, self.signed()),
            None => Vec::new(),
        };
        let parts = self.parts.iter().zip(&report.parts).flat_map(|(part, report)| part.attachments(report));
        own.into_iter().chain(parts).collect()
    }

    /// Whether its report repeats what it says.
    pub(super) fn content_wanted(&self) -> ContentWanted {
        self.content
    }

    /// Whether it is a credential of a presentation.
    pub(super) fn is_part(&self) -> bool {
        self.is_part
    }

    /// What the signature of a W3C document is over; absent where it cannot be told.
    pub(super) fn signed(&self) -> Option<&Signed<'c>> {
        self.signed.as_ref()
    }

    /// The credentials of a presentation, on the terms of the whole.
    pub fn parts(&self) -> &[Case<'c>] {
        &self.parts
    }
}

/// One statement of a W3C document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stated<'c> {
    /// The canonical N-Quad that the signature covers, without its line end (documents.md §9.3).
    pub line: &'c str,
    /// Whether a word in it has its meaning from a context that the caller added.
    pub by_added_context: bool,
}

/// How a document's file came to whoever judges it. What is not known is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arrival {
    /// SHA-256 of the file as it came.
    pub sha256: Option<Digest32>,
    /// By whose key it was opened, if it was sealed (documents.md §8.1).
    pub sealed: Option<SealedBy>,
    /// Whether a storage envelope was around it (documents.md §8.3).
    pub enveloped: bool,
    /// The link that led to it (documents.md §8.3).
    pub link: Option<LinkFollowed>,
}

impl Arrival {
    /// Of a file that was read from bytes at hand.
    pub fn of(bytes: &[u8], file: &OpenedFile<'_>) -> Self {
        let sha256 = Some(Digest32(Sha256::digest(bytes).into()));
        Self { sha256, sealed: file.sealed_by(), enveloped: file.is_enveloped(), link: None }
    }
}

/// What a link says that was followed to a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkFollowed {
    /// The host that the document was fetched from.
    pub host: String,
    /// The chain that the document must be on, where the link names one.
    pub chain: Option<ChainId>,
}

impl From<&Link> for LinkFollowed {
    fn from(link: &Link) -> Self {
        Self { host: link.address.host().to_owned(), chain: link.chain }
    }
}

/// A title to be reported on, of a document or without one.
///
/// ```
/// use ebl_verifier::evidence::Evidence;
/// use ebl_verifier::primitives::{Address, ChainId, TokenId};
/// use ebl_verifier::verify::{Policy, PowersWanted, TitleCase, TitleStep, TokenOfChain, examine_title};
///
/// let token = TokenOfChain { chain: ChainId::try_from(1)?, registry: Address([7; 20]), token: TokenId([9; 32]) };
/// let policy = Policy::default();
/// let case = TitleCase::of_token(token, PowersWanted::No, &policy, 1_780_000_000);
/// let TitleStep::Ask(questions) = examine_title(&case, &Evidence::new()) else { panic!("nothing is known yet") };
/// assert_eq!(questions.len(), 2, "the state and the history");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TitleCase<'c> {
    pub(super) subject: TitleSubject<'c>,
    pub(super) powers: PowersWanted,
    pub(super) history: HistoryWanted,
    pub(super) policy: &'c Policy,
    pub(super) names: &'c AddressBook,
    pub(super) now: i64,
}

/// Which title.
#[derive(Debug)]
pub(super) enum TitleSubject<'c> {
    Document(&'c Case<'c>),
    Token(TokenOfChain),
}

impl<'c> TitleCase<'c> {
    /// The title of a document, on the terms of its case.
    pub fn of_document(case: &'c Case<'c>, powers: PowersWanted) -> Self {
        let &Case { policy, names, now, .. } = case;
        Self { subject: TitleSubject::Document(case), powers, history: HistoryWanted::Yes, policy, names, now }
    }

    /// The title of a token that is named without a document.
    pub fn of_token(token: TokenOfChain, powers: PowersWanted, policy: &'c Policy, now: i64) -> Self {
        let (history, names) = (HistoryWanted::Yes, AddressBook::nobody());
        Self { subject: TitleSubject::Token(token), powers, history, policy, names, now }
    }

    /// The same, with the caller's own names for addresses.
    pub fn named(self, names: &'c AddressBook) -> Self {
        Self { names, ..self }
    }

    /// The same, without its history: who is recorded, and nothing of how it came to that.
    pub fn without_history(self) -> Self {
        Self { history: HistoryWanted::No, ..self }
    }

    /// The same, judged at another time.
    pub fn at(self, now: i64) -> Self {
        Self { now, ..self }
    }

    /// The link that led to the document, if one did.
    pub(super) fn link(&self) -> Option<&LinkFollowed> {
        match &self.subject {
            TitleSubject::Document(case) => case.arrival.link.as_ref(),
            TitleSubject::Token(_) => None,
        }
    }
}

/// Whether it is asked how a title came to those who are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HistoryWanted {
    Yes,
    No,
}

/// A token of a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenOfChain {
    /// The registry's chain.
    pub chain: ChainId,
    /// The token registry.
    pub registry: Address,
    /// The token.
    pub token: TokenId,
}

/// Whether a report repeats what its document says (documents.md §10).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ContentWanted {
    /// It does, as far as digest or signature cover it.
    Yes,
    /// It does not: it would be as large as the document.
    #[default]
    No,
}

/// Whether the bytes of the files in a document are wanted beside what it says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FilesWanted {
    /// They are: each is decoded once more, and kept in memory.
    Yes,
    /// Their sizes and hashes are enough.
    #[default]
    No,
}

/// Whether it is asked who has which power over the registry, and, of a document, whether its domain names the registry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PowersWanted {
    /// It is asked: up to two more rounds of requests.
    Yes,
    /// It is not.
    #[default]
    No,
}
