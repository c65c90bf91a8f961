//! Renderings of a [`Report`](crate::verify::Report) or a [`TitleReport`](crate::verify::TitleReport): for people, as JSON, as
//! fragments, and a history as CSV. They fetch nothing and decide nothing.

pub mod fragments;
pub mod history_csv;
pub mod html;
pub mod human;
pub mod json;
pub mod title;
pub(crate) mod view;
