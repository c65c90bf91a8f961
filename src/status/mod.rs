//! Whether a document was issued and not revoked, as document stores and status services answer (checks.md §3.3, §3.5).

mod ocsp;

pub use ocsp::{NotAResponder, OcspFinding, RevocationReason, judge_ocsp, ocsp_url};
