//! Whether a document was issued and not revoked, as document stores and status services answer (checks.md §3.3, §3.5).

mod ocsp;
mod revocation;
mod store;

pub use crate::contracts::document_store::revocation_topics;
pub use ocsp::{NotAResponder, OcspFinding, RevocationReason, judge_ocsp, ocsp_url};
pub use revocation::{RevocationRecord, judge_revocation, revocation_event};
pub use store::{
    Family, Issued, Position, Revocation, RevokedNode, StoreContradiction, StoreFinding, Unreadable, judge_store,
};
