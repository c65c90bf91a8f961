//! A part of a run's documents, for one of several machines (`--shard K/N`). Which part a document belongs to follows from
//! its bytes alone, so every machine comes to the same whatever it calls the files and in whatever order it finds them.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::primitives::{Digest32, plain_decimal};

/// Part `index` of `of`, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, try_from = "Written")]
pub(super) struct Shard {
    pub index: u32,
    pub of: u32,
}

impl Shard {
    fn checked(self) -> Result<Self, &'static str> {
        let Self { index, of } = self;
        if (1..=MOST).contains(&of) && (1..=of).contains(&index) { Ok(self) } else { Err(WANTED) }
    }

    /// Whether the document with this SHA-256 belongs to it.
    pub(super) fn has(self, content: Digest32) -> bool {
        let [a, b, c, d, e, f, g, h, ..] = content.0;
        let number = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
        number % u64::from(self.of) + 1 == u64::from(self.index)
    }
}

/// As a summary says it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    index: u32,
    of: u32,
}

impl TryFrom<Written> for Shard {
    type Error = &'static str;

    fn try_from(Written { index, of }: Written) -> Result<Self, Self::Error> {
        Self { index, of }.checked()
    }
}

impl FromStr for Shard {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (index, of) = text.split_once('/').ok_or(WANTED)?;
        let (Some(index), Some(of)) = (plain_decimal(index), plain_decimal(of)) else { return Err(WANTED) };
        Self { index, of }.checked()
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

const MOST: u32 = 65536;
const WANTED: &str = "expected K/N: this part, from 1 to N, and how many parts there are, 65536 at most";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_content_belongs_to_exactly_one_part() {
        for seed in 0..=255 {
            let content = Digest32([seed; 32]);
            for of in [1, 2, 3, 7, 65536] {
                let parts = (1..=of).filter(|&index| Shard { index, of }.has(content));
                assert_eq!(parts.count(), 1);
            }
        }
    }

    #[test]
    fn only_parts_that_there_are_can_be_named() {
        assert_eq!("2/8".parse(), Ok(Shard { index: 2, of: 8 }));
        assert_eq!(serde_json::from_str::<Shard>(r#"{"index":2,"of":8}"#).unwrap(), Shard { index: 2, of: 8 });
        assert!(serde_json::from_str::<Shard>(r#"{"index":9,"of":4294967295}"#).is_err());
        for wrong in ["0/8", "9/8", "1/0", "1", "/", "1/2/3", "-1/2", "1/65537", "+1/2", " 1/2"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
