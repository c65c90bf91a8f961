//! From a DID to its document: what to ask, and what the answer comes to (checks.md §6.1, §6.2, §8).

use std::collections::BTreeMap;

use super::{Did, DidDocument, InvalidDidDocument, UnreliableHistory, did_ethr, did_registry};
use crate::evidence::{DidEthrQuestion, Fact, Question, WebQuestion};
use crate::primitives::{Address, ChainId};
use crate::web_address::RECORD_LIMIT;

/// What has to be asked to find out a DID's document; the chain where no registry of it is known. `registries` go
/// before the registries that the field agrees on.
pub fn did_question(did: &Did, registries: &BTreeMap<ChainId, Address>) -> Result<Question, ChainId> {
    match did {
        Did::Ethr(did) => {
            let chain = did.chain();
            let registry = registries.get(&chain).copied().or_else(|| did_registry(chain)).ok_or(chain)?;
            Ok(Question::DidEthr(DidEthrQuestion { chain, registry, identity: did.address() }))
        }
        Did::Web(did) => Ok(Question::Web(WebQuestion { url: did.url().to_string(), max_bytes: RECORD_LIMIT })),
    }
}

/// The document that an answer to that question leads to.
pub fn resolve_did(did: &Did, fact: &Fact) -> Result<DidDocument, Unresolved> {
    match (did, fact) {
        (Did::Ethr(did), Fact::DidEthr(reading)) => Ok(did_ethr::replay(did, reading)?),
        (Did::Web(_), Fact::Web(reading)) => match reading.status {
            200..=299 => DidDocument::parse(&reading.body, did).map_err(|why| match why {
                InvalidDidDocument::OtherId { found } => Unresolved::OtherDocument { found },
                why => Unresolved::NotADocument(why),
            }),
            status @ (404 | 410) => Err(Unresolved::NotThere { status }),
            status => Err(Unresolved::Status { status }),
        },
        _ => Err(Unresolved::AnotherQuestion),
    }
}

/// Why an answer leads to no document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unresolved {
    /// The web server says that there is nothing.
    #[error("there is no DID document there (HTTP status {status})")]
    NotThere {
        /// 404 or 410.
        status: u16,
    },
    /// The document of another DID.
    #[error("the document there is that of {found:?}")]
    OtherDocument {
        /// Its id.
        found: String,
    },
    /// Another HTTP status than success.
    #[error("the web server answered with HTTP status {status}")]
    Status {
        /// The status.
        status: u16,
    },
    /// Something else than a DID document.
    #[error("what is there is no DID document: {0}")]
    NotADocument(InvalidDidDocument),
    /// The registry's records lead to no document.
    #[error(transparent)]
    History(#[from] UnreliableHistory),
    /// The evidence is of another kind.
    #[error("the evidence answers another question")]
    AnotherQuestion,
}

impl Unresolved {
    /// Whether this speaks against the DID (checks.md §8); else nothing could be found out.
    pub fn contradicts(&self) -> bool {
        matches!(self, Self::NotThere { .. } | Self::OtherDocument { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::WebReading;

    fn web(status: u16, body: &str) -> Result<DidDocument, Unresolved> {
        let did = Did::parse("did:web:carrier.example").unwrap();
        resolve_did(&did, &Fact::Web(WebReading { status, body: body.into() }))
    }

    #[test]
    fn a_missing_or_foreign_document_contradicts_and_an_outage_does_not() {
        let good = r#"{"id": "did:web:carrier.example"}"#;
        assert!(web(200, good).is_ok());
        for (status, body, contradicts) in [
            (404, good, true),
            (410, "", true),
            (200, r#"{"id": "did:web:other.example"}"#, true),
            (200, "<html>", false),
            (200, "", false),
            (301, good, false),
            (403, "", false),
            (500, good, false),
        ] {
            let why = web(status, body).unwrap_err();
            assert_eq!(why.contradicts(), contradicts, "{status} {body}: {why}");
        }
    }

    #[test]
    fn a_named_registry_goes_before_the_usual_one() {
        let did = Did::parse("did:ethr:0xabababababababababababababababababababab").unwrap();
        let asked = |registries: &BTreeMap<ChainId, Address>| match did_question(&did, registries) {
            Ok(Question::DidEthr(DidEthrQuestion { registry, .. })) => registry,
            other => panic!("{other:?}"),
        };
        let mainnet = ChainId::try_from(1).unwrap();
        assert_eq!(Some(asked(&BTreeMap::new())), did_registry(mainnet));
        assert_eq!(asked(&BTreeMap::from([(mainnet, Address([7; 20]))])), Address([7; 20]));
        let local = Did::parse("did:ethr:0x7a69:0xabababababababababababababababababababab").unwrap();
        assert_eq!(did_question(&local, &BTreeMap::new()), Err(ChainId::try_from(31_337).unwrap()));
    }
}
