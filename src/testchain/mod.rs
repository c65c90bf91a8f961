//! The embedded local chain: an EVM in process, a JSON-RPC server, a resolver and a web server on loopback, and sample
//! bills in every title state (ARCHITECTURE.md §3). It exists so that a fresh machine with only Rust can see the main job work. The library
//! does not need it; the feature `testchain` (on by default) brings it.

pub mod accounts;
pub mod bill;
#[doc(hidden)]
pub mod chain;
#[doc(hidden)]
pub mod contracts;
pub(crate) mod credentials;
mod error;
#[doc(hidden)]
pub mod resolver;
#[doc(hidden)]
pub mod rpc;
pub mod samples;
pub mod sandbox;
mod web;
#[doc(hidden)]
pub mod wrap;
