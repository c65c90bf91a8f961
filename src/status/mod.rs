//! Whether a document was issued and not revoked, as document stores and status services answer (checks.md §3.3, §3.5).

mod ocsp;
mod store;

pub use ocsp::{NotAResponder, OcspFinding, RevocationReason, judge_ocsp, ocsp_url};
pub use store::{
    Family, Issued, Position, Revocation, RevokedNode, StoreContradiction, StoreFinding, Unreadable, judge_store,
};
