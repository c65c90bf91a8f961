//! Evidence to keep: what a report was judged from, in one file, so that anybody can judge it again without asking anybody
//! (`schemas/evidence-file.schema.json`, docs/evidence.md).
//!
//! The file is a record of what was said. It proves nothing by itself, and nothing in it makes anybody trusted or a rule
//! laxer: what a report was judged with that only the caller can say (registries, a block, contexts, a DID, a time) is written
//! down, and counts only if whoever judges it again says so, too.

mod seal;
mod terms;

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::policy::{Policy, ProofMode};
use super::{Arrival, Case, ContentWanted, LinkFollowed, Report, Step, examine};
use crate::address_book::AddressBook;
use crate::document::{self, Limits, ReadError, json};
use crate::evidence::{Cause, Entry, Evidence, Provenance, Unavailable};
use crate::primitives::{ChainId, Digest32, rfc3339};
use seal::seal;
use terms::{Judged, ensure_possible, seconds, unvouched};

pub use terms::{NamedBlock, Reliance, ReplayTerms, Trust};

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
    /// Over all of it: see [`seal`], which has looked at it.
    #[serde(default, rename = "sha256", skip_serializing)]
    seal: IgnoredAny,
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
            names: names.names_of(report.with_parts().flat_map(Report::addresses)),
            content: content == ContentWanted::Yes,
            trust: Trust::of(policy).narrowed_to(report, &evidence, policy),
        };
        let tool = Tool { name: "ebl-verifier".into(), version: env!("CARGO_PKG_VERSION").into() };
        let report_sha256 = sha256_of_report(report);
        let (schema, seal) = (SCHEMA.into(), IgnoredAny);
        Self { written: Written { schema, tool, document, judged, evidence, report_sha256, seal } }
    }

    /// As it is kept: JSON, with a hash over all of it that tells a damaged file.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let mut value = serde_json::to_value(&self.written)?;
        let seal = sha256(&serde_json::to_vec(&value)?);
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
        let limits = Limits { max_depth: MOST_DEPTH, ..*limits };
        let tree = json::parse(bytes, &limits).map_err(InvalidEvidenceFile::NotRead)?;
        let schema = tree.root().get("schema").and_then(json::Value::as_str).unwrap_or_default();
        if schema != SCHEMA {
            return Err(match schema.strip_prefix(FAMILY) {
                Some(version) => InvalidEvidenceFile::OtherVersion(crate::text::repeatable(version)),
                None => InvalidEvidenceFile::NotEvidence,
            });
        }
        let found = seal(tree.root()).map_err(|why| InvalidEvidenceFile::Form(why.to_string()))?;
        let stated = tree.root().get(SEAL).and_then(json::Value::as_str);
        if stated.as_deref() != Some(&*found.to_string()) {
            return Err(InvalidEvidenceFile::Changed);
        }
        drop(tree);
        let written = serde_json::from_slice(bytes).map_err(|why| InvalidEvidenceFile::Form(why.to_string()))?;
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

    /// Judges it again, from what it holds and nothing else, on the terms that it was judged on. Of these the caller must say
    /// himself what he alone can say: whom he trusts, and whatever makes a rule laxer. A rule of his holds besides.
    ///
    /// ```
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use ebl_verifier::document::Limits;
    /// use ebl_verifier::verify::{ContentWanted, EvidenceFile, KeepDocument, Policy, ReplayTerms};
    /// use ebl_verifier::{Verifier, Wishes};
    ///
    /// let (verifier, wishes) = (Verifier::builder().offline().build()?, Wishes::default());
    /// let bill = std::fs::read("fixtures/documents/bill-v2.json")?;
    /// let (report, evidence) = verifier.verify_with_evidence(&bill, &wishes).await?;
    /// let terms = (&wishes.policy, &wishes.names, ContentWanted::No);
    /// let kept = EvidenceFile::of(&bill, KeepDocument::No, &report, evidence, terms, None).to_json()?;
    ///
    /// let kept = EvidenceFile::read(kept.as_bytes(), &Limits::default())?;
    /// let now = jiff::Timestamp::now().as_second();
    /// let replayed = kept.replay(&bill, &ReplayTerms::new(&Policy::default(), now))?;
    /// assert!(replayed.same_report && replayed.report == report);
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
    /// ```
    pub fn replay(&self, bytes: &[u8], terms: &ReplayTerms<'_>) -> Result<Replayed, NotReplayed> {
        let Written { document: of, judged, evidence, report_sha256, .. } = &self.written;
        let &ReplayTerms { key, policy: caller, ref limits, .. } = terms;
        let found = sha256(bytes);
        if found != of.sha256 {
            return Err(NotReplayed::OtherDocument { wanted: of.sha256, found });
        }
        let now = seconds(&judged.at)?;
        let mut lacking = judged.beyond(caller)?;
        // What was read in a block that the caller knows was read at his word, whatever a server says of how settled it is.
        let mut evidence = match caller.trusted_block {
            Some(block) => Cow::Owned(evidence.of_chosen_block(block)),
            None => Cow::Borrowed(evidence),
        };
        ensure_possible(now, caller.at, terms.now)?;
        lacking
            .extend(terms.not_chosen(&evidence).into_iter().map(|(chain, block)| Reliance::ChosenBlock(chain, block)));
        lacking.extend(unvouched(&evidence, caller).map(Reliance::Block));
        if !lacking.is_empty() {
            lacking.dedup();
            return Err(NotReplayed::TrustMissing(lacking));
        }
        let mut policy = Policy {
            chain: caller.chain,
            trusted_registries: judged.trust.registries.clone(),
            did_registries: judged.trust.did_registries.clone(),
            trusted_block: caller.trusted_block,
            accept_unauthenticated_falsy: judged.accept_unauthenticated_falsy,
            all_checks: judged.all_checks,
            require_dnssec: judged.require_dnssec || caller.require_dnssec,
            dns_anchors: judged.trust.dns_anchors.iter().cloned().collect(),
            proof: if caller.proof == ProofMode::Require { caller.proof } else { judged.proof },
            max_block_age: judged.max_block_age(caller, &evidence),
            at: caller.at,
            contexts: caller.contexts.clone(),
            challenge: caller.challenge.clone(),
            domain: caller.domain.clone(),
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
        let mut unanswered = 0;
        let report = loop {
            match examine(&case, &evidence) {
                Step::Report(report) => break *report,
                Step::Ask(questions) => {
                    unanswered += questions.len();
                    for question in questions {
                        evidence.to_mut().record(Entry::unanswered(question, no_answer(), Provenance::default()));
                    }
                }
            }
        };
        let report = Report { file: of.file.clone(), ..report }.named_by_evidence(terms.names);
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

/// The first few of them: a file may name any number.
fn in_a_row(all: &[Reliance]) -> String {
    const SHOWN: usize = 6;
    let shown = all.iter().take(SHOWN).map(Reliance::to_string);
    let more = all.len().checked_sub(SHOWN).filter(|more| *more > 0).map(|more| format!("{more} more"));
    shown.chain(more).collect::<Vec<_>>().join(", ")
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

const FAMILY: &str = "ebl-verifier/evidence-file/";
const SCHEMA: &str = "ebl-verifier/evidence-file/1";
const SEAL: &str = "sha256";
/// Readings are not as deep.
const MOST_DEPTH: usize = 64;
