//! Renderings of a [`Report`](crate::verify::Report) or a [`TitleReport`](crate::verify::TitleReport): for people, as JSON,
//! and a history as CSV. They fetch nothing and decide nothing.

pub mod history_csv;
pub mod human;
pub mod json;
pub mod title;
