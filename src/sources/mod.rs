//! The only code that opens a socket. It fetches and reports what it got; it never judges.

pub mod chain;
pub mod dns;
mod tls;
pub mod web;
