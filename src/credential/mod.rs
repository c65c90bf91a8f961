//! What does a W3C credential say, and who signed it? (documents.md §9.) Pure: contexts are embedded or given by the caller,
//! keys come as the bytes of DID documents.

#[allow(dead_code, unused_imports, reason = "wired next")]
pub(crate) mod proof;
#[allow(dead_code, unused_imports, reason = "wired next")]
pub(crate) mod rdf;
mod statements;
pub mod status_list;
#[cfg(test)]
mod tests;

pub use self::rdf::{Contexts, InvalidContext};
pub use self::statements::{NoStatements, Statements};
