//! The only code that opens a socket: it answers [`Question`](crate::evidence::Question)s and judges nothing.

pub mod chain;
