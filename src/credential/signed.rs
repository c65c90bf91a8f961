//! What the signature of a credential or presentation is over: its statements and those of its proof, in their canonical
//! form (documents.md §9.3, §9.4). Decided from the file alone; whose key fits is another question.

use std::sync::OnceLock;

use super::proof::{self, Content, InvalidProofValue, ProofValue, PublicKey, SignatureRefusal};
use super::rdf::{self, Canonical, Contexts, Escaping, Statement};
use crate::document::BrokenRule;
use crate::document::credential::{Credential, FormRule, Proof, Suite};
use crate::document::json::Value;
use crate::document::presentation::Presentation;

/// The statements of a document, with the proof that is said to be over them.
#[derive(Debug)]
pub(crate) struct Signed<'d> {
    document: Canonical<'d>,
    /// Canonical N-Quads of the proof without its value, without line ends.
    proof: Vec<String>,
    value: ProofValue,
    /// What the first key that was tried came to: rounds of questions look at the same one again.
    tried: OnceLock<(PublicKey, Result<(), SignatureRefusal>)>,
}

/// Why there is nothing that a signature could be held against.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotSigned {
    /// A rule of form that another room knows.
    #[error("{0}")]
    Form(BrokenRule),
    /// Words without a meaning.
    #[error("{0}")]
    UndefinedTerm(String),
    /// The value of the proof is not one of its suite.
    #[error("{0}")]
    ProofValue(String),
    /// Nothing speaks against the file, but its suite is not checked.
    #[error("signatures of the suite {0:?} are not checked")]
    Suite(String),
    /// Nothing speaks against the file, but an option of its suite is not checked.
    #[error("{0}")]
    Option(String),
    /// Nothing speaks against the file, but it would take too long.
    #[error("{0}")]
    TooComplex(String),
}

impl<'d> Signed<'d> {
    pub(crate) fn of_credential(credential: &'d Credential<'_>, known: &Contexts) -> Result<Self, NotSigned> {
        credential.check_contexts(|url| known.knows(url)).map_err(NotSigned::Form)?;
        Self::of(credential.whole(), credential.contexts(), credential.proof(), known)
    }

    pub(crate) fn of_presentation(presentation: &'d Presentation<'_>, known: &Contexts) -> Result<Self, NotSigned> {
        presentation.check_contexts(|url| known.knows(url)).map_err(NotSigned::Form)?;
        Self::of(presentation.whole(), presentation.contexts(), presentation.proof(), known)
    }

    fn of(whole: Value<'d>, contexts: &[String], proof: &Proof, known: &Contexts) -> Result<Self, NotSigned> {
        let suite = &proof.suite;
        if let Suite::Other(name) = suite {
            return Err(NotSigned::Suite(name.clone()));
        }
        let legacy = matches!(suite, Suite::BbsBlsSignature2020 | Suite::BbsBlsSignatureProof2020);
        let object = whole.get("proof").ok_or_else(|| shape("there is no proof"))?;
        let text = object.get("proofValue").and_then(Value::as_str);
        let text = text.ok_or_else(|| shape("the proof has no value"))?;
        let value = ProofValue::parse(suite, &text, proof.nonce.as_deref()).map_err(|why| match why {
            InvalidProofValue::UnsupportedSuite(name) => NotSigned::Suite(name),
            InvalidProofValue::UnsupportedFeature(_)
            | InvalidProofValue::TooManyHidden { .. }
            | InvalidProofValue::TooManyPointers { .. } => NotSigned::Option(why.to_string()),
            why => NotSigned::ProofValue(why.to_string()),
        })?;
        let escaping = if legacy { Escaping::Legacy } else { Escaping::Canonical };
        let document = canonical(whole, contexts, known, &["proof"], escaping)?;
        let proof = match legacy {
            // The nonce of a derived proof is the holder's, and bound by the proof itself.
            true if *suite == Suite::BbsBlsSignatureProof2020 => {
                canonical(object, &LEGACY_CONTEXTS, known, &["proofValue", "nonce"], escaping)?
            }
            true => canonical(object, &LEGACY_CONTEXTS, known, &["proofValue"], escaping)?,
            false => canonical(object, contexts, known, &["proofValue"], escaping)?,
        };
        let mut proof = proof.into_lines();
        if legacy && let Some(line) = proof.iter_mut().find(|line| line.ends_with(DERIVED_TYPE)) {
            line.truncate(line.len() - DERIVED_TYPE.len());
            line.push_str(BASE_TYPE);
        }
        Ok(Self { document, proof, value, tried: OnceLock::new() })
    }

    /// Whether this key made the proof over all of it.
    pub(crate) fn verify(&self, key: &PublicKey) -> Result<(), SignatureRefusal> {
        let (tried, result) = self.tried.get_or_init(|| (key.clone(), self.verified(key)));
        if tried == key { result.clone() } else { self.verified(key) }
    }

    fn verified(&self, key: &PublicKey) -> Result<(), SignatureRefusal> {
        let selected = |pointer: &str| self.document.selected(pointer);
        let content = Content { document: self.lines(), proof: &self.proof, selected: &selected };
        proof::verify(&self.value, key, content).map(drop)
    }

    /// Whether the holder chose what is shown.
    pub(crate) fn is_derived(&self) -> bool {
        self.value.is_derived()
    }

    /// How many signed statements are not shown, where the proof says so.
    pub(crate) fn withheld(&self) -> Option<usize> {
        self.value.withheld()
    }

    /// How many statements there are.
    pub(crate) fn statements(&self) -> usize {
        self.lines().len()
    }

    /// Canonical N-Quads, without line ends.
    pub(crate) fn lines(&self) -> &[String] {
        self.document.lines()
    }

    /// The same with their meaning, in no particular order.
    pub(super) fn said(&self) -> &[Statement<'d>] {
        self.document.statements()
    }

    /// The same in their canonical order.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = &Statement<'d>> {
        (0..self.lines().len()).filter_map(|line| self.document.statement(line))
    }

    /// Whether a word of this statement has its meaning from a context that the caller added.
    pub(crate) fn is_by_added_context(&self, line: usize) -> bool {
        self.document.statement(line).is_some_and(|statement| statement.from_caller)
    }
}

fn canonical<'d>(
    object: Value<'d>,
    contexts: &[impl AsRef<str>],
    known: &Contexts,
    leave_out: &[&str],
    escaping: Escaping,
) -> Result<Canonical<'d>, NotSigned> {
    let dataset = rdf::statements(object, contexts, known, leave_out).map_err(|why| {
        let text = why.to_string();
        match why {
            rdf::Unreadable::TooMany { .. } => NotSigned::TooComplex(text),
            rdf::Unreadable::DescribedTwice(_) | rdf::Unreadable::SaidTwice(_) => {
                NotSigned::Form(FormRule::DuplicateValue.broken(text))
            }
            _ => NotSigned::UndefinedTerm(text),
        }
    })?;
    dataset.canonical(escaping).map_err(|why| NotSigned::TooComplex(why.to_string()))
}

fn shape(why: &str) -> NotSigned {
    NotSigned::Form(BrokenRule::Shape(why.to_owned()))
}

/// What gives the words of a legacy proof their meaning, whatever the contexts of its document.
const LEGACY_CONTEXTS: [&str; 2] = ["https://w3id.org/security/v2", "https://w3id.org/security/bbs/v1"];
/// Ends of lines.
const DERIVED_TYPE: &str = "#type> <https://w3id.org/security#BbsBlsSignatureProof2020> .";
const BASE_TYPE: &str = "#type> <https://w3id.org/security#BbsBlsSignature2020> .";
