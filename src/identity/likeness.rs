//! Whether a text carries an account's address, or the address with one slip of the pen: what a record was perhaps meant
//! for, though it proves nothing (checks.md §5.2).

use crate::primitives::{Address, encode_hex};
use crate::text::is_deceptive;

/// How a text carries an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Likeness {
    /// In all its digits, in whatever company.
    Same,
    /// But for one digit that is another, missing or too much.
    OneDigitOff,
}

impl Likeness {
    /// The nearest that a text comes to an address.
    pub(super) fn of(text: &str, address: Address) -> Option<Self> {
        let wanted = encode_hex(&address.0);
        // What cannot be seen may stand between any two digits.
        let seen: String = text.chars().filter(|character| !is_deceptive(*character)).collect();
        let seen = seen.to_ascii_lowercase();
        if seen.contains(&wanted) {
            return Some(Self::Same);
        }
        let words = seen.split(|character: char| !character.is_ascii_alphanumeric());
        let digits = words.map(|word| word.strip_prefix("0x").or(word.strip_prefix("xdc")).unwrap_or(word));
        digits
            .into_iter()
            .any(|digits| one_edit_apart(digits.as_bytes(), wanted.as_bytes()))
            .then_some(Self::OneDigitOff)
    }
}

/// Whether one byte replaced, left out or put in makes the one of the other.
fn one_edit_apart(one: &[u8], other: &[u8]) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    if long.len() - short.len() > 1 || short == long {
        return false;
    }
    let alike = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let replaced = usize::from(short.len() == long.len());
    short.get(alike + replaced..) == long.get(alike + 1..)
}

/// A record as it may be quoted: a long one from a little before where `address` or nearly that begins.
pub(super) fn excerpt(record: &str, address: Address) -> String {
    const LONGEST: usize = 200;
    const BEFORE: usize = 80;
    if record.chars().count() <= LONGEST {
        return record.to_owned();
    }
    let characters: Vec<char> = record.chars().collect();
    let found = (0..characters.len()).step_by(BEFORE / 2).find(|&at| {
        let end = characters.len().min(at + LONGEST);
        Likeness::of(&characters[at..end].iter().collect::<String>(), address).is_some()
    });
    let start = found.unwrap_or(0);
    let end = characters.len().min(start + LONGEST);
    let part: String = characters[start..end].iter().collect();
    let (before, after) = (if start > 0 { "…" } else { "" }, if end < characters.len() { "…" } else { "" });
    format!("{before}{part}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512";

    fn likeness(text: &str) -> Option<Likeness> {
        Likeness::of(text, ADDRESS.parse().unwrap())
    }

    #[test]
    fn every_single_slip_is_near_and_two_are_not() {
        assert_eq!(likeness(&format!("wallet={}", ADDRESS.to_uppercase())), Some(Likeness::Same));
        assert_eq!(likeness(&format!("{}\u{200b}{}", &ADDRESS[..20], &ADDRESS[20..])), Some(Likeness::Same));
        for at in 2..ADDRESS.len() {
            let (before, after) = (&ADDRESS[..at], &ADDRESS[at + 1..]);
            for slip in [format!("{before}O{after}"), format!("{before}{after}")] {
                assert_eq!(likeness(&format!("x addr={slip};")), Some(Likeness::OneDigitOff), "{slip}");
            }
            // A digit too much before or behind leaves the address whole.
            let longer = format!("{before}O{}", &ADDRESS[at..]);
            let wanted = if at == 2 { Likeness::Same } else { Likeness::OneDigitOff };
            assert_eq!(likeness(&longer), Some(wanted), "{longer}");
        }
        for text in ["", "0x", &ADDRESS[..40], &ADDRESS.replace("e7f1", "e8f0"), "v=spf1 -all"] {
            assert_eq!(likeness(text), None, "{text}");
        }
    }

    #[test]
    fn of_a_long_record_the_part_that_matters_is_quoted() {
        let address = ADDRESS.parse().unwrap();
        let long = format!("{}openatts net=ethereum netId=1 addr={ADDRESS} {}", "a ".repeat(2000), "b ".repeat(2000));
        let part = excerpt(&long, address);
        assert!(part.contains(ADDRESS) && part.chars().count() <= 202, "{part}");
        assert_eq!(excerpt("short", address), "short");
    }
}
