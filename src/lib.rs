//! Verifies TradeTrust-style electronic Bills of Lading (eBL): is the document intact, who issued it, what does the
//! registry say about its title right now, and what was not checked?
//!
//! An eBL is a title: whoever controls it controls the cargo. So the verdict fails closed and has more than two values:
//! a contradiction is `invalid`, an outage is `indeterminate`, and a title that was returned or has ended is `not_live`.
//!
//! # The model
//!
//! [`document::read`] turns bytes into one typed [`document::Document`] or says where reading stopped.
//! [`verify::examine`] is a pure function of a [`verify::Case`] (the document with the result of its own integrity check,
//! how it arrived, what the caller holds it to, and the time) and of the [`evidence::Evidence`] at hand. It returns a
//! whole [`verify::Report`], or the [`evidence::Question`]s whose answers it still needs, never more than one document may
//! make anybody ask. [`Verifier`] is the loop around it: examine, ask everything that is open at once, examine again.
//! Whoever brings their own network calls `examine` directly, or gives the verifier a [`sources::Source`].
//!
//! A failed fetch is an answer too ([`evidence::Unavailable`]): it makes a check `unknown`, never `fail`.
//!
//! # With a network of your own
//!
//! ```
//! use ebl_verifier::document::{self, Limits};
//! use ebl_verifier::evidence::{Answer, Cause, Dnssec, Entry, Evidence, Fact, Provenance, Question, TxtReading};
//! use ebl_verifier::evidence::Unavailable;
//! use ebl_verifier::verify::{Case, Outcome, Policy, Step, Verdict, examine};
//!
//! // Whatever finds things out for you. This one knows a domain's records and can reach no chain.
//! fn ask(question: &Question) -> Answer {
//!     match question {
//!         Question::DnsTxt(_) => Ok(Fact::DnsTxt(TxtReading {
//!             name_exists: true,
//!             records: vec!["openatts net=ethereum netId=1337 addr=0x8f9c0b5da5bf6f2c8f9e0f9b1e5b0a0a7c1d2e3f".into()],
//!             dnssec: Dnssec::NotChecked,
//!             chain: None,
//!             agreeing: 1,
//!             top_level: None,
//!         })),
//!         _ => Err(Unavailable { cause: Cause::NoSource, host: None, detail: "nobody to ask".into() }),
//!     }
//! }
//!
//! let bytes = std::fs::read("fixtures/documents/bill-v2.json")?;
//! let document = document::read(&bytes, &Limits::default())?;
//! let policy = Policy::default();
//! let case = Case::new(&document, &policy, 1_780_000_000);
//! let mut evidence = Evidence::new();
//! let report = loop {
//!     match examine(&case, &evidence) {
//!         Step::Report(report) => break report,
//!         Step::Ask(questions) => {
//!             for question in questions {
//!                 let answer = ask(&question);
//!                 evidence.record(Entry::pair(question, answer, Provenance::default())?);
//!             }
//!         }
//!     }
//! };
//! // Content and issuer are as they should be; nothing is known of the title.
//! let outcomes: Vec<Outcome> = report.checks.iter().map(|check| check.outcome).collect();
//! assert_eq!(outcomes[..3], [Outcome::Pass, Outcome::Pass, Outcome::Unknown]);
//! assert_eq!(report.verdict, Verdict::Indeterminate);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Rooms
//!
//! The core does no I/O: [`document`], [`integrity`], [`content`], [`identity`], [`dnssec`], [`title`], [`status`],
//! [`challenge`], [`verify`], [`watch`], [`evidence`], [`report`], with [`primitives`], [`text`], [`address_book`], [`block_age`] and [`web_address`] under
//! them.
//! The shell judges nothing: [`sources`], [`Verifier`], the command.
//!
//! # Features
//!
//! All are on by default. `net` brings [`sources`] and [`Verifier`], `cli` the command, `testchain` the embedded chain. Without any
//! the library is the core alone, for hosts that answer its questions themselves; it builds for `wasm32-unknown-unknown`.
#![forbid(unsafe_code)]
#![warn(missing_docs, unreachable_pub)]

pub mod address_book;
pub mod block_age;
pub mod challenge;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
pub mod content;
#[cfg_attr(not(feature = "net"), allow(dead_code, reason = "what only sources ask with"))]
mod contracts;
pub mod credential;
mod date_time;
pub mod dnssec;
pub mod document;
pub mod evidence;
pub mod identity;
pub mod integrity;
mod keccak;
pub mod merkle;
pub mod networks;
pub mod primitives;
pub mod report;
#[cfg(feature = "net")]
pub mod sources;
pub mod status;
#[cfg(feature = "testchain")]
pub mod testchain;
pub mod text;
pub mod title;
mod toml_error;
pub mod verify;
pub mod watch;
pub mod web_address;

#[cfg(feature = "net")]
mod verifier;

#[cfg(feature = "net")]
pub use verifier::{Verifier, VerifierBuilder, VerifyLinkError, Wishes};

/// The README's library example, so that it runs.
#[cfg(all(doctest, feature = "testchain", feature = "cli"))]
#[doc = include_str!("../README.md")]
struct Readme;
