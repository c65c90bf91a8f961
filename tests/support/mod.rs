//! What several suites work with: servers that lie, nodes, documents that are made and signed, worlds written by hand.
#![allow(dead_code, reason = "each binary uses its part")]

pub mod anvil;
pub mod archive;
pub mod authority;
pub mod batch;
pub mod bill;
pub mod challenge_world;
pub mod challenged;
pub mod connect_proxy;
pub mod dns_server;
pub mod embedded;
pub mod html;
pub mod https;
pub mod kept;
pub mod node;
pub mod proven_bill;
pub mod proxy;
pub mod resolver;
pub mod rpc_node;
pub mod rpc_server;
pub mod running_testchain;
pub mod schema;
pub mod signed_world;
pub mod signing;
pub mod situation;
pub mod title_logs;
pub mod title_walk;
pub mod twins;
pub mod w3c;
pub mod w3c_credentials;
pub mod w3c_signer;
pub mod wrapping;
pub mod zones;
