//! Renderings of a [`Report`](crate::verify::Report): for people, as JSON, and as fragments. They fetch nothing and decide nothing.

pub mod fragments;
pub mod human;
pub mod json;
