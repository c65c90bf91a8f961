//! Where a leaf stands, as steps from the top. The text of a path is made only where somebody reads it: under a long name
//! it would be copied for every leaf.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::text::clipped;

/// The steps from the top to a value.
#[derive(Debug, Default)]
pub(super) struct Path<'v> {
    pub steps: Vec<Step<'v>>,
}

/// One step.
#[derive(Debug)]
pub(super) enum Step<'v> {
    /// To a member.
    Name(Cow<'v, str>),
    /// To an item.
    Index(usize),
}

impl Path<'_> {
    /// As OpenAttestation 2.0 joins them: `a.0.b`.
    pub(super) fn dotted(&self) -> String {
        let mut out = String::new();
        for (place, step) in self.steps.iter().enumerate() {
            if place > 0 {
                out.push('.');
            }
            match step {
                Step::Name(name) => out.push_str(name),
                Step::Index(index) => drop(write!(out, "{index}")),
            }
        }
        out
    }

    /// As OpenAttestation 3.0 joins them: `a[0].b`.
    pub(super) fn bracketed(&self) -> String {
        let mut out = String::with_capacity(self.bracketed_length());
        for (place, step) in self.steps.iter().enumerate() {
            match step {
                Step::Name(name) => {
                    out.push_str(if place > 0 { "." } else { "" });
                    out.push_str(name);
                }
                Step::Index(index) => drop(write!(out, "[{index}]")),
            }
        }
        out
    }

    /// In bytes, of [`Self::bracketed`].
    pub(super) fn bracketed_length(&self) -> usize {
        let steps = self.steps.iter().enumerate();
        steps
            .map(|(place, step)| match step {
                Step::Name(name) => usize::from(place > 0) + name.len(),
                Step::Index(index) => 2 + decimal(*index, &mut [0; 20]).len(),
            })
            .sum()
    }

    /// Whether [`Self::bracketed`] is this text. Costs no more than what the two have in common.
    pub(super) fn is_bracketed(&self, text: &str) -> bool {
        let rest = self.steps.iter().enumerate().try_fold(text, |rest, (place, step)| match step {
            Step::Name(name) => rest.strip_prefix(if place > 0 { "." } else { "" })?.strip_prefix(name.as_ref()),
            Step::Index(index) => {
                rest.strip_prefix('[')?.strip_prefix(decimal(*index, &mut [0; 20]))?.strip_prefix(']')
            }
        });
        rest == Some("")
    }

    /// For a sentence: dotted or bracketed, with what is too long cut.
    pub(super) fn shown(&self, join: fn(&Self) -> String) -> String {
        const LAST: usize = 3;
        let short = |step: &Step<'_>| match step {
            Step::Name(name) => Step::Name(Cow::Owned(clipped(name).into_owned())),
            Step::Index(index) => Step::Index(*index),
        };
        let mut steps: Vec<_> = self.steps.iter().map(short).collect();
        if steps.iter().map(|step| if let Step::Name(name) = step { name.len() } else { 1 }).sum::<usize>() > 600 {
            steps.drain(1..steps.len().saturating_sub(LAST).max(1));
            steps.insert(1, Step::Name("…".into()));
        }
        join(&Path { steps })
    }
}

/// Without an allocation.
pub(super) fn decimal(mut number: usize, buffer: &mut [u8; 20]) -> &str {
    let mut at = buffer.len();
    loop {
        at -= 1;
        buffer[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    std::str::from_utf8(&buffer[at..]).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_compared_as_it_is_written() {
        let path =
            Path { steps: vec![Step::Name("a".into()), Step::Index(10), Step::Index(0), Step::Name("b".into())] };
        assert_eq!((path.bracketed().as_str(), path.dotted().as_str()), ("a[10][0].b", "a.10.0.b"));
        assert_eq!(path.bracketed_length(), path.bracketed().len());
        assert!(path.is_bracketed("a[10][0].b"));
        for other in ["", "a[10][0]", "a[10][0].bc", "a[1][0].b", "a[010][0].b", "b[10][0].b", "a.[10][0].b"] {
            assert!(!path.is_bracketed(other), "{other}");
        }
    }

    #[test]
    fn a_long_path_is_cut_where_a_person_reads_it() {
        let steps = (0..64).map(|_| Step::Name("n".repeat(100_000).into())).collect();
        let shown = Path { steps }.shown(Path::dotted);
        assert!(shown.len() < 2000, "{}", shown.len());
    }
}
