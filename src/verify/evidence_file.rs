//! Evidence to keep: what a report was judged from, in one file, so that anybody can judge it again without asking anybody
//! (`schemas/evidence-file.schema.json`, docs/evidence.md).
//!
//! The file is a record of what was said. It proves nothing by itself, and nothing in it makes anybody trusted: trust that a
//! report was judged with (registries, a block, contexts, a DID) is written down, and counts only if whoever judges it again
//! gives it, too.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::policy::{AcceptedState, IssuerName, Policy, ProofMode, Rule};
use super::{Arrival, Case, ContentWanted, LinkFollowed, Report, Step, examine};
use crate::address_book::AddressBook;
use crate::block_age::MaxBlockAge;
use crate::date_time::rfc3339_seconds;
use crate::dnssec::{self, TrustAnchor};
use crate::document::{self, Key, Limits, ReadError, json};
use crate::evidence::{Cause, DnsTxtQuestion, Entry, Evidence, Fact, Provenance, Question, Unavailable};
use crate::primitives::{Address, ChainId, Digest32, rfc3339};

/// What a report was judged from.
#[derive(Debug, Clone, PartialEq)]
pub struct EvidenceFile {
    written: Written,
}

/// How it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    schema: String,
    tool: Tool,
    document: OfDocument,
    judged: Judged,
    evidence: Evidence,
    /// SHA-256 of the report's JSON on one line.
    report_sha256: Digest32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tool {
    name: String,
    version: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfDocument {
    /// As the report names it.
    file: Option<String>,
    sha256: Digest32,
    /// In bytes.
    size: u64,
    /// The file itself in base64, where it was to be kept.
    bytes: Option<String>,
    /// The link that led to it, without what only those who may read the document should know.
    link: Option<FollowedLink>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FollowedLink {
    host: String,
    chain: Option<ChainId>,
}

/// On what terms, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Judged {
    at: String,
    chain: Option<ChainId>,
    as_of: Option<String>,
    accept_unauthenticated_falsy: bool,
    all_checks: bool,
    require_dnssec: bool,
    proof: ProofMode,
    max_block_age: MaxBlockAge,
    challenge: Option<String>,
    domain: Option<String>,
    policy_given: bool,
    rules: Vec<Rule>,
    names: BTreeMap<Address, String>,
    content: bool,
    trust: Trust,
}

/// Whom and what the caller trusted. No file makes anybody trusted: whoever judges again says so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trust {
    /// Registries whose code is not known.
    pub registries: BTreeSet<(ChainId, Address)>,
    /// DID registries of chains.
    pub did_registries: BTreeMap<ChainId, Address>,
    /// A block of the chain.
    pub block: Option<Digest32>,
    /// Contexts of W3C credentials, by their name, with the SHA-256 of their bytes.
    pub contexts: BTreeMap<String, Digest32>,
    /// DIDs that are issuers the caller knows.
    pub dids: BTreeSet<String>,
    /// DNSSEC keys beside the root's.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dns_anchors: BTreeSet<TrustAnchor>,
}

impl Trust {
    /// What a policy trusts.
    pub fn of(policy: &Policy) -> Self {
        let dids = policy.rules.iter().filter_map(|rule| match rule {
            Rule::Issuers(names) => Some(names),
            _ => None,
        });
        let dids = dids.flatten().filter_map(|name| match name {
            IssuerName::Did(did) => Some(did.clone()),
            _ => None,
        });
        Self {
            registries: policy.trusted_registries.clone(),
            did_registries: policy.did_registries.clone(),
            block: policy.trusted_block,
            contexts: policy.contexts.added().map(|(url, sha256)| (url.to_owned(), sha256)).collect(),
            dids: dids.collect(),
            dns_anchors: policy.dns_anchors.iter().cloned().collect(),
        }
    }

    /// Without what had nothing to do with this report.
    fn narrowed_to(mut self, report: &Report, evidence: &Evidence, policy: &Policy) -> Self {
        let named: BTreeSet<Address> =
            std::iter::once(report).chain(&report.parts).flat_map(Report::addresses).collect();
        self.registries.retain(|(_, address)| named.contains(address));
        let asked = |chain: &ChainId| {
            let mut questions = evidence.entries().iter().map(Entry::question);
            questions.any(|question| matches!(question, Question::DidEthr(asked) if asked.chain == *chain))
        };
        self.did_registries.retain(|chain, _| asked(chain));
        let resting = rests_on(report, evidence, policy);
        self.dns_anchors.retain(|anchor| resting.contains(anchor));
        self
    }

    /// What of `other` is missing here.
    fn lacks(&self, other: &Self) -> Vec<Reliance> {
        let registries = other.registries.difference(&self.registries);
        let registries = registries.map(|(chain, address)| Reliance::Registry(*chain, *address));
        let of_dids =
            other.did_registries.iter().filter(|(chain, found)| self.did_registries.get(chain) != Some(found));
        let of_dids = of_dids.map(|(chain, address)| Reliance::DidRegistry(*chain, *address));
        let block = other.block.filter(|block| self.block != Some(*block)).map(Reliance::Block);
        let contexts = other.contexts.iter().filter(|(url, sha256)| self.contexts.get(*url) != Some(sha256));
        let contexts = contexts.map(|(url, sha256)| Reliance::Context(url.clone(), *sha256));
        let dids = other.dids.difference(&self.dids).cloned().map(Reliance::Did);
        let anchors = other.dns_anchors.difference(&self.dns_anchors).cloned().map(Reliance::DnsAnchor);
        registries.chain(of_dids).chain(block).chain(contexts).chain(dids).chain(anchors).collect()
    }
}

impl Judged {
    /// What more than `caller` accepts it was judged with: no file makes a rule laxer.
    fn leniency_beyond(&self, caller: &Policy) -> Vec<Reliance> {
        let judged = Policy { rules: self.rules.clone(), ..Policy::default() };
        let states = [AcceptedState::Returned, AcceptedState::Ended].into_iter();
        let states = states.filter(|state| judged.accepts(*state) && !caller.accepts(*state)).map(Reliance::TitleState);
        let falsy = self.accept_unauthenticated_falsy && !caller.accept_unauthenticated_falsy;
        let is_within = match (self.max_block_age, caller.max_block_age) {
            (MaxBlockAge::OfChain, _) | (_, MaxBlockAge::Off) => true,
            (MaxBlockAge::Seconds(judged), MaxBlockAge::Seconds(caller)) => judged <= caller,
            _ => false,
        };
        let age = (!is_within).then_some(Reliance::BlockAge(self.max_block_age));
        states.chain(falsy.then_some(Reliance::UnprotectedFalsy)).chain(age).collect()
    }
}

/// What a report rests on that only the caller can give: trust, or a leniency.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reliance {
    /// A registry of unknown code.
    Registry(ChainId, Address),
    /// The DID registry of a chain.
    DidRegistry(ChainId, Address),
    /// A block.
    Block(Digest32),
    /// The meaning of a context, by the SHA-256 of its bytes.
    Context(String, Digest32),
    /// A DID that is an issuer the caller knows.
    Did(String),
    /// A DNSSEC key beside the root's.
    DnsAnchor(TrustAnchor),
    /// A state other than live.
    TitleState(AcceptedState),
    /// Falsy values that no digest protects.
    UnprotectedFalsy,
    /// A bound of a block's age other than its chain's.
    BlockAge(MaxBlockAge),
}

impl fmt::Display for Reliance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry(chain, address) => write!(f, "the registry {chain}:{address}"),
            Self::DidRegistry(chain, address) => write!(f, "the DID registry {chain}:{address}"),
            Self::Block(hash) => write!(f, "the block {hash}"),
            Self::Context(url, sha256) => write!(f, "the context {url} with SHA-256 {sha256}"),
            Self::Did(did) => write!(f, "the issuer {did}"),
            Self::DnsAnchor(anchor) => write!(f, "the DNSSEC key {anchor}"),
            Self::TitleState(state) => write!(f, "a title that is {state}"),
            Self::UnprotectedFalsy => f.write_str("a document without its unprotected falsy values"),
            Self::BlockAge(MaxBlockAge::Off) => f.write_str("a block of any age"),
            Self::BlockAge(age) => write!(f, "a block that is {age} old"),
        }
    }
}

/// The DNSSEC keys of the caller's that chains of this evidence lead to.
fn rests_on(report: &Report, evidence: &Evidence, policy: &Policy) -> BTreeSet<TrustAnchor> {
    let Some(now) = rfc3339_seconds(&report.checked_at) else { return BTreeSet::new() };
    let found = evidence.entries().iter().filter_map(|entry| match (entry.question(), entry.answer()) {
        (Question::DnsTxt(DnsTxtQuestion { name }), Ok(Fact::DnsTxt(reading))) => {
            dnssec::check(reading.chain.as_ref()?, name, now, &policy.dns_anchors).ok()
        }
        _ => None,
    });
    found.flat_map(|proven| proven.rests_on).collect()
}

/// Whether an evidence file holds its document, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepDocument {
    /// The whole file, as it came.
    Yes,
    /// Its hash alone.
    No,
}

impl EvidenceFile {
    /// Of a document's bytes, the report on it, what that was judged from, and the terms. The report is as it was shown, with the
    /// name of its file.
    pub fn of(
        bytes: &[u8],
        keep: KeepDocument,
        report: &Report,
        evidence: Evidence,
        (policy, names, content): (&Policy, &AddressBook, ContentWanted),
        link: Option<&LinkFollowed>,
    ) -> Self {
        let document = OfDocument {
            file: report.file.clone(),
            sha256: sha256(bytes),
            size: bytes.len() as u64,
            bytes: (keep == KeepDocument::Yes).then(|| STANDARD.encode(bytes)),
            link: link.map(|link| FollowedLink { host: link.host.clone(), chain: link.chain }),
        };
        let judged = Judged {
            at: report.checked_at.clone(),
            chain: policy.chain,
            as_of: policy.at.map(rfc3339),
            accept_unauthenticated_falsy: policy.accept_unauthenticated_falsy,
            all_checks: policy.all_checks,
            require_dnssec: policy.require_dnssec,
            proof: policy.proof,
            max_block_age: policy.max_block_age,
            challenge: policy.challenge.clone(),
            domain: policy.domain.clone(),
            policy_given: policy.given,
            rules: policy.rules.clone(),
            // Those that the report names and no others: an address book is nobody else's business.
            names: names.names_of(report.addresses()),
            content: content == ContentWanted::Yes,
            trust: Trust::of(policy).narrowed_to(report, &evidence, policy),
        };
        let tool = Tool { name: "ebl-verifier".into(), version: env!("CARGO_PKG_VERSION").into() };
        let report_sha256 = sha256_of_report(report);
        Self { written: Written { schema: SCHEMA.into(), tool, document, judged, evidence, report_sha256 } }
    }

    /// As it is kept: JSON, with a hash over all of it that tells a damaged file.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let mut value = serde_json::to_value(&self.written)?;
        let seal = seal(&value);
        if let Some(members) = value.as_object_mut() {
            members.insert(SEAL.into(), serde_json::to_value(seal)?);
        }
        let mut text = serde_json::to_string_pretty(&value)?;
        text.push('\n');
        Ok(text)
    }

    /// Reads a file that [`Self::to_json`] wrote.
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Self, InvalidEvidenceFile> {
        // A member that stands twice has two readings; no reader of ours has a choice.
        json::parse(bytes, &Limits { max_depth: MOST_DEPTH, ..*limits }).map_err(InvalidEvidenceFile::NotRead)?;
        let mut value: serde_json::Value =
            serde_json::from_slice(bytes).map_err(|why| InvalidEvidenceFile::Form(why.to_string()))?;
        let schema = value.get("schema").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        if schema != SCHEMA {
            return Err(match schema.strip_prefix(FAMILY) {
                Some(version) => InvalidEvidenceFile::OtherVersion(crate::text::repeatable(version)),
                None => InvalidEvidenceFile::NotEvidence,
            });
        }
        let stated = value.as_object_mut().and_then(|members| members.remove(SEAL));
        let stated: Option<Digest32> = stated.and_then(|stated| serde_json::from_value(stated).ok());
        if stated != Some(seal(&value)) {
            return Err(InvalidEvidenceFile::Changed);
        }
        let written = serde_json::from_value(value).map_err(|why| InvalidEvidenceFile::Form(why.to_string()))?;
        Ok(Self { written })
    }

    /// The document that it is about, by its SHA-256.
    pub fn document_sha256(&self) -> Digest32 {
        self.written.document.sha256
    }

    /// The document, where it was kept.
    pub fn document(&self) -> Option<Result<Vec<u8>, InvalidEvidenceFile>> {
        let text = self.written.document.bytes.as_ref()?;
        let bytes = STANDARD.decode(text).ok().filter(|bytes| sha256(bytes) == self.written.document.sha256);
        Some(bytes.ok_or(InvalidEvidenceFile::Changed))
    }

    /// What it was judged from.
    pub fn evidence(&self) -> &Evidence {
        &self.written.evidence
    }

    /// Judges it again, from what it holds and nothing else, on the terms that it was judged on and with the trust of `caller`. A
    /// rule of the caller's holds besides.
    ///
    /// ```
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use ebl_verifier::document::Limits;
    /// use ebl_verifier::verify::{ContentWanted, EvidenceFile, KeepDocument, Policy};
    /// use ebl_verifier::{Verifier, Wishes};
    ///
    /// let (verifier, wishes) = (Verifier::builder().offline().build()?, Wishes::default());
    /// let bill = std::fs::read("fixtures/documents/bill-v2.json")?;
    /// let (report, evidence) = verifier.verify_with_evidence(&bill, &wishes).await?;
    /// let terms = (&wishes.policy, &wishes.names, ContentWanted::No);
    /// let kept = EvidenceFile::of(&bill, KeepDocument::No, &report, evidence, terms, None).to_json()?;
    ///
    /// let kept = EvidenceFile::read(kept.as_bytes(), &Limits::default())?;
    /// let replayed = kept.replay(&bill, None, &Policy::default(), &Limits::default())?;
    /// assert!(replayed.same_report && replayed.report == report);
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
    /// ```
    pub fn replay(
        &self,
        bytes: &[u8],
        key: Option<&Key>,
        caller: &Policy,
        limits: &Limits,
    ) -> Result<Replayed, NotReplayed> {
        let Written { document: of, judged, evidence, report_sha256, .. } = &self.written;
        let found = sha256(bytes);
        if found != of.sha256 {
            return Err(NotReplayed::OtherDocument { wanted: of.sha256, found });
        }
        let lacking = [Trust::of(caller).lacks(&judged.trust), judged.leniency_beyond(caller)].concat();
        if !lacking.is_empty() {
            return Err(NotReplayed::TrustMissing(lacking));
        }
        let time = |text: &str| rfc3339_seconds(text).ok_or_else(|| NotReplayed::Form("a time is none".into()));
        let now = time(&judged.at)?;
        let mut policy = Policy {
            chain: judged.chain,
            trusted_registries: judged.trust.registries.clone(),
            did_registries: judged.trust.did_registries.clone(),
            trusted_block: judged.trust.block,
            accept_unauthenticated_falsy: judged.accept_unauthenticated_falsy,
            all_checks: judged.all_checks,
            require_dnssec: judged.require_dnssec || caller.require_dnssec,
            dns_anchors: judged.trust.dns_anchors.iter().cloned().collect(),
            proof: if caller.proof == ProofMode::Require { caller.proof } else { judged.proof },
            max_block_age: judged.max_block_age,
            at: judged.as_of.as_deref().map(time).transpose()?,
            contexts: caller.contexts.clone(),
            challenge: judged.challenge.clone(),
            domain: judged.domain.clone(),
            given: judged.policy_given || caller.given,
            rules: judged.rules.clone(),
        };
        policy.rules.extend(caller.rules.iter().filter(|rule| !judged.rules.contains(rule)).cloned());
        let names = AddressBook::of(judged.names.clone());
        let file = document::open(bytes, key, limits)?;
        let document = file.document()?;
        let link = of.link.as_ref().map(|link| LinkFollowed { host: link.host.clone(), chain: link.chain });
        let arrival = Arrival { link, ..Arrival::of(bytes, &file) };
        let content = if judged.content { ContentWanted::Yes } else { ContentWanted::No };
        let case = Case::new(&document, &policy, now).arrived(arrival).named(&names).telling(content);
        let mut evidence = evidence.clone();
        let mut unanswered = 0;
        let report = loop {
            match examine(&case, &evidence) {
                Step::Report(report) => break *report,
                Step::Ask(questions) => {
                    unanswered += questions.len();
                    for question in questions {
                        evidence.record(Entry::unanswered(question, no_answer(), Provenance::default()));
                    }
                }
            }
        };
        let report = Report { file: of.file.clone(), ..report };
        let same_report = sha256_of_report(&report) == *report_sha256;
        Ok(Replayed { report, same_report, unanswered })
    }
}

/// What judging again came to.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Replayed {
    /// The report.
    pub report: Report,
    /// Whether it is the one that the evidence was kept of.
    pub same_report: bool,
    /// How many questions the evidence holds no answer to.
    pub unanswered: usize,
}

/// A file that is no evidence that can be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidEvidenceFile {
    /// It is not JSON as we read it: truncated, too large, a member twice.
    #[error("the evidence cannot be read: {0}")]
    NotRead(ReadError),
    /// Another kind of file.
    #[error("this is no evidence file of ours")]
    NotEvidence,
    /// A later or an unknown version.
    #[error("the evidence is of version {0:?}, this program reads version 1")]
    OtherVersion(String),
    /// Its hash is not that of its content.
    #[error("the evidence is not what was written: its hash does not fit its content")]
    Changed,
    /// Its members are not those of an evidence file.
    #[error("the evidence is not built as it must be: {0}")]
    Form(String),
}

/// Why evidence was not judged again.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NotReplayed {
    /// The document is another one.
    #[error("this is evidence of another document: of the one with SHA-256 {wanted}, not {found}")]
    OtherDocument {
        /// The document that the evidence is of.
        wanted: Digest32,
        /// The one given.
        found: Digest32,
    },
    /// It was judged with trust, or with a leniency, that whoever judges again did not give.
    #[error("it was judged by somebody who trusted or accepted {}; no file can make you do so: say that you do, too", in_a_row(.0))]
    TrustMissing(Vec<Reliance>),
    /// The document cannot be read.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// A member of the evidence makes no sense.
    #[error("the evidence is not built as it must be: {0}")]
    Form(String),
}

fn in_a_row(all: &[Reliance]) -> String {
    all.iter().map(Reliance::to_string).collect::<Vec<_>>().join(", ")
}

fn no_answer() -> Unavailable {
    Unavailable { cause: Cause::NoSource, host: None, detail: "the evidence holds no answer to this".into() }
}

fn sha256(bytes: &[u8]) -> Digest32 {
    Digest32(Sha256::digest(bytes).into())
}

fn sha256_of_report(report: &Report) -> Digest32 {
    sha256(&serde_json::to_vec(report).unwrap_or_default())
}

/// Over the members in the order of their names, without blanks: how the text is laid out does not matter.
fn seal(value: &serde_json::Value) -> Digest32 {
    sha256(&serde_json::to_vec(value).unwrap_or_default())
}

const FAMILY: &str = "ebl-verifier/evidence-file/";
const SCHEMA: &str = "ebl-verifier/evidence-file/1";
const SEAL: &str = "sha256";
/// Readings are not as deep.
const MOST_DEPTH: usize = 64;
