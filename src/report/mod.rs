//! Renderings of a [`Report`](crate::verify::Report), a [`TitleReport`](crate::verify::TitleReport) or a
//! [`ChallengeReport`](crate::verify::ChallengeReport): for people, as JSON, as fragments, and a history as CSV. They fetch nothing and decide nothing.

pub mod challenge;
pub mod fragments;
pub mod history_csv;
pub mod human;
pub mod json;
pub mod title;
