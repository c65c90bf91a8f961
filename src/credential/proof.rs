//! Proofs and the keys that made them (documents.md §9.4).
