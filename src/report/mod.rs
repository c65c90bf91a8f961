//! Renderings of a [`Report`](crate::verify::Report), a [`TitleReport`](crate::verify::TitleReport), a
//! [`ContentReport`](crate::verify::ContentReport) or a [`ChallengeReport`](crate::verify::ChallengeReport): for people, as JSON,
//! as fragments, a history as CSV, and the events of a watch. They fetch nothing and decide nothing.

pub mod challenge;
pub mod content;
pub mod fragments;
pub mod history_csv;
pub mod html;
pub mod human;
pub mod json;
pub mod title;
pub(crate) mod view;
pub mod watch;
