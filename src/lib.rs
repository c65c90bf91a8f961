//! Verifies TradeTrust-style electronic Bills of Lading.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod evidence;
pub mod primitives;
pub mod sources;
