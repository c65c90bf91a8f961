//! Renderings of a [`Report`](crate::verify::Report): for people and as JSON. They fetch nothing and decide nothing.

pub mod human;
pub mod json;
