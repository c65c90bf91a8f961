//! Rules of a policy: each against evidence written by hand, where `examine` needs no network, and every flag through the
//! real binary against the embedded chain.
#![cfg(feature = "testchain")]

#[path = "policy/command.rs"]
mod command;
#[path = "policy/issuers.rs"]
mod issuers;
#[path = "policy/never_wider.rs"]
mod never_wider;
use crate::support::rpc_node;
#[path = "policy/rules.rs"]
mod rules;
use crate::support::running_testchain;
use crate::support::signing;
#[path = "policy/world.rs"]
mod world;
use crate::support::wrapping;
