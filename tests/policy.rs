//! Rules of a policy: each against evidence written by hand, where `examine` needs no network, and every flag through the
//! real binary against the embedded chain.
#![cfg(feature = "testchain")]

#[path = "policy/command.rs"]
mod command;
#[path = "policy/issuers.rs"]
mod issuers;
#[path = "policy/never_wider.rs"]
mod never_wider;
#[path = "support/rpc_node.rs"]
mod rpc_node;
#[path = "support/rpc_server.rs"]
mod rpc_server;
#[path = "policy/rules.rs"]
mod rules;
#[path = "support/running_testchain.rs"]
mod running_testchain;
#[path = "support/signing.rs"]
mod signing;
#[path = "policy/world.rs"]
mod world;
#[path = "support/wrapping.rs"]
mod wrapping;
