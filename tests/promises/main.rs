//! What this project promises, each in a file of its own, in one program: it compiles and links once.

#[path = "../support/mod.rs"]
mod support;

mod batch;
mod blind_endpoints;
mod case;
mod chain_command;
mod chain_identities;
mod chain_quorum;
mod chain_source;
mod chain_stores;
mod citations;
mod cli;
mod codes;
mod did_signed;
mod did_tamper;
mod did_web;
mod dns_source;
mod dns_transport;
mod dnssec;
mod evidence_tamper;
mod fragments;
mod hidden_fields;
mod kinds_of_documents;
mod library;
mod log_limits;
mod output;
mod pending_changes;
mod pending_on_a_chain;
mod policy;
mod proof_bytes;
mod proof_verdicts;
mod proxies;
mod readme;
mod refused_batches;
mod sealed_files;
mod secrets;
mod store_verdicts;
mod tamper;
mod testchain;
mod testchain_clients;
mod testchain_rpc;
mod title_command;
mod title_history;
mod w3c;
mod web_source;
