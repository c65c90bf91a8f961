//! What a web server answered to a GET that a document led to (checks.md §9).

use serde::{Deserialize, Serialize};

use crate::primitives::hex_bytes;

/// A complete answer over https, whatever its status.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebReading {
    /// The HTTP status.
    pub status: u16,
    /// The body, decompressed and within the limit of the question; empty unless the status is 2xx.
    #[serde(with = "hex_bytes")]
    pub body: Vec<u8>,
}
