//! Why the embedded world could not do something.

use std::io;
use std::net::SocketAddr;

use super::chain::ChainError;
use crate::sources::chain::InvalidEndpoint;

/// Why the sandbox could not do something.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// A port could not be opened.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// What was tried.
        address: SocketAddr,
        /// Why not.
        error: io::Error,
    },
    /// The chain refused.
    #[error("the embedded chain refused: {0}")]
    Chain(#[from] ChainError),
    /// A contract refused an act.
    #[error("the contract refused {0}")]
    Refused(String),
    /// The sandbox's own addresses cannot be used as settings.
    #[error("the embedded chain's address is not an endpoint: {0}")]
    Endpoint(#[from] InvalidEndpoint),
}
