//! What does a W3C credential say, and who signed it? (documents.md §9.) Pure: contexts are embedded or given by the caller,
//! keys come as the bytes of DID documents.

mod proof;
mod rdf;
mod said;
mod signed;
mod statements;
pub mod status_list;
#[cfg(test)]
mod tests;

pub use self::rdf::{Contexts, InvalidContext};
pub use self::statements::{NoStatements, Statements};

#[cfg(feature = "testchain")]
pub(crate) use self::proof::sign;
pub(crate) use self::proof::{InvalidKey, PublicKey, SignatureRefusal, from_method};
pub(crate) use self::rdf::{LiteralKind, RDF_TYPE, Statement, Term};
pub(crate) use self::said::SUBJECT;
pub(crate) use self::signed::{NotSigned, Signed};

/// The key that a verification method of did:key is itself (checks.md §6.3); `None` for other methods.
pub(crate) fn did_key(method: &str) -> Option<Result<PublicKey, InvalidKey>> {
    let named = method.strip_prefix("did:key:")?;
    // Its only key has the name of the DID.
    let key = named.split_once('#').filter(|(did, fragment)| did == fragment).map(|(did, _)| did);
    Some(key.ok_or(InvalidKey::Malformed).and_then(proof::from_multibase))
}
