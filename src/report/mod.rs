//! Renderings of a [`Report`](crate::verify::Report) or a [`TitleReport`](crate::verify::TitleReport): for people, as JSON, as
//! fragments, a history as CSV, and the events of a watch. They fetch nothing and decide nothing.

pub mod content;
pub mod fragments;
pub mod history_csv;
pub mod human;
pub mod json;
pub mod title;
pub mod watch;
