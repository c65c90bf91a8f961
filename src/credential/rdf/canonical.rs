//! RDFC-1.0 with SHA-256 (W3C Recommendation of 2024), within a budget.

pub(super) mod labels;

use super::nquads::{self, Escaping};
use super::{Dataset, Statement, TooComplex};
use crate::document::json::Place;

/// The statements of a document in their canonical order, with a canonical label for every blank node.
#[derive(Debug, Clone)]
pub(crate) struct Canonical<'t> {
    pub(super) dataset: Dataset<'t>,
    /// By number of the blank node: `n` of `c14nN`.
    #[cfg(test)]
    labels: Vec<u32>,
    lines: Vec<String>,
    /// By line: which statement it is.
    order: Vec<usize>,
    /// Where the statements come from, by place, with their lines.
    pub(super) origins: Vec<(Place, usize)>,
}

impl<'t> Canonical<'t> {
    pub(super) fn of(dataset: Dataset<'t>, escaping: Escaping) -> Result<Self, TooComplex> {
        let labels = labels::of(&dataset.statements, dataset.blank_nodes, escaping)?;
        let mut numbered: Vec<(String, usize)> = Vec::with_capacity(dataset.statements.len());
        for (number, statement) in dataset.statements.iter().enumerate() {
            let label = |node: u32, line: &mut String| line.push_str(&label(labels[node as usize]));
            numbered.push((nquads::line(statement, escaping, label), number));
        }
        match escaping {
            // UTF-8 sorts as its code points do.
            Escaping::Canonical => numbered.sort_unstable(),
            // Signers of that time sorted as ECMAScript does.
            Escaping::Legacy => numbered.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16())),
        }
        let (lines, order): (Vec<String>, Vec<usize>) = numbered.into_iter().unzip();
        let place = |(line, &number): (usize, &usize)| (dataset.statements[number].origin, line);
        let mut origins: Vec<(Place, usize)> = order.iter().enumerate().map(place).collect();
        origins.sort_unstable();
        Ok(Self {
            dataset,
            #[cfg(test)]
            labels,
            lines,
            order,
            origins,
        })
    }

    /// Canonical N-Quads in their canonical order, without line ends.
    pub(crate) fn lines(&self) -> &[String] {
        &self.lines
    }

    /// The same, where nothing else is wanted.
    pub(crate) fn into_lines(self) -> Vec<String> {
        self.lines
    }

    /// All of them, as they are written.
    pub(crate) fn statements(&self) -> &[Statement<'t>] {
        &self.dataset.statements
    }

    /// What a line says, and where it is written.
    pub(crate) fn statement(&self, line: usize) -> Option<&Statement<'t>> {
        self.dataset.statements.get(*self.order.get(line)?)
    }

    /// The canonical label of a blank node, `_:c14nN`.
    #[cfg(test)]
    pub(super) fn label(&self, blank_node: u32) -> Option<String> {
        self.labels.get(blank_node as usize).copied().map(label)
    }
}

fn label(number: u32) -> String {
    format!("_:c14n{number}")
}
