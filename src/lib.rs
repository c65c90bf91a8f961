//! Verifies TradeTrust-style electronic Bills of Lading (eBL): is the document intact, who issued it, what does the
//! registry say about its title right now, and what was not checked?
//!
//! An eBL is a title: whoever controls it controls the cargo. So the verdict fails closed and has more than two values:
//! a contradiction is `invalid`, an outage is `indeterminate`, and a title that was returned or has ended is `not_live`.
//!
//! # The model
//!
//! [`document::read`] turns bytes into one typed [`document::Document`] or says where reading stopped.
//! [`verify::examine`] is a pure function of the document, the [`evidence::Evidence`] at hand, a
//! [`verify::Policy`] and the time. It returns a [`verify::Report`], or the [`evidence::Question`]s whose answers it
//! still needs. [`Verifier`] is the loop around it: examine, ask everything that is open at once, examine again.
//! Whoever brings their own network calls `examine` directly.
//!
//! A failed fetch is an answer too ([`evidence::Unavailable`]): it makes a check `unknown`, never `fail`.
//!
//! # Rooms
//!
//! The core does no I/O: [`document`], [`integrity`], [`identity`], [`title`], [`status`], [`verify`],
//! [`evidence`], [`report`], with [`primitives`], [`text`], [`address_book`] and [`web_address`] under them.
//! The shell judges nothing: [`sources`], [`Verifier`], the command.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod address_book;
#[doc(hidden)]
pub mod cli;
pub mod document;
pub mod evidence;
pub mod identity;
pub mod integrity;
pub mod networks;
pub mod primitives;
pub mod report;
pub mod sources;
pub mod status;
#[cfg(feature = "testchain")]
pub mod testchain;
pub mod text;
pub mod title;
pub mod verify;
pub mod web_address;

mod verifier;

pub use verifier::{BuildError, Verifier, VerifierBuilder, VerifyLinkError};

/// The README's library example, so that it runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
