//! Names for addresses, from a file of the user's own. A name is what the user wrote down, no more: nothing on the chain
//! says it, and it decides nothing.

use std::collections::BTreeMap;

use crate::primitives::{Address, InvalidAddress};
use crate::text::repeatable;
use crate::toml_error;

/// A user's names for addresses.
///
/// ```
/// use ebl_verifier::address_book::AddressBook;
///
/// let book: AddressBook = r#""0x70997970C51812dc3A010C7d01b50e0d17dc79C8" = "Kallang Coffee Traders""#.parse()?;
/// let address = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8".parse()?;
/// assert_eq!(book.name_of(address), Some("Kallang Coffee Traders"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressBook {
    names: BTreeMap<Address, String>,
}

impl AddressBook {
    /// Without a name.
    pub fn nobody() -> &'static Self {
        static NOBODY: AddressBook = AddressBook { names: BTreeMap::new() };
        &NOBODY
    }

    /// With these names.
    pub fn of(names: BTreeMap<Address, String>) -> Self {
        Self { names }
    }

    /// The name written down for an address.
    pub fn name_of(&self, address: Address) -> Option<&str> {
        self.names.get(&address).map(String::as_str)
    }

    /// The names of those of `addresses` that have one.
    pub fn names_of(&self, addresses: impl IntoIterator<Item = Address>) -> BTreeMap<Address, String> {
        addresses.into_iter().filter_map(|address| Some((address, self.name_of(address)?.to_owned()))).collect()
    }
}

/// Reads a JSON object (`schemas/names.schema.json`) or the same as TOML: addresses and their names. A mistake in an
/// address would put a name on the wrong account, so a wrong checksum is refused, and so is a second name.
impl std::str::FromStr for AddressBook {
    type Err = InvalidAddressBook;

    fn from_str(text: &str) -> Result<Self, InvalidAddressBook> {
        if text.len() > MOST_BYTES {
            return Err(InvalidAddressBook::TooLarge);
        }
        let entries: Entries = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|error| InvalidAddressBook::Syntax(toml_error::of_json(&error)))?
        } else {
            toml::from_str(text).map_err(|error| InvalidAddressBook::Syntax(toml_error::in_words(text, &error)))?
        };
        let mut book = Self::default();
        for (text, name) in entries.0 {
            let address = Address::from_caller(&text).map_err(|why| match why {
                InvalidAddress::Form(_) => InvalidAddressBook::Address(repeatable(&text)),
                why => InvalidAddressBook::Checksum(why),
            })?;
            let name = name.trim();
            if name.is_empty() || name.chars().count() > LONGEST_NAME {
                return Err(InvalidAddressBook::Name(address));
            }
            if book.names.insert(address, name.to_owned()).is_some() {
                return Err(InvalidAddressBook::Twice(address));
            }
        }
        Ok(book)
    }
}

/// Why a text is no address book.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidAddressBook {
    /// More than a megabyte.
    #[error("it is larger than {MOST_BYTES} bytes")]
    TooLarge,
    /// Neither JSON nor TOML, or not of addresses and names.
    #[error("expected addresses and their names, as JSON or TOML: {0}")]
    Syntax(String),
    /// Not an address.
    #[error("{0:?} is not an address: 0x and 40 hexadecimal characters")]
    Address(String),
    /// An address with a mistake in it.
    #[error(transparent)]
    Checksum(InvalidAddress),
    /// A name that is empty or too long to show.
    #[error("the name of {0} is empty or longer than {LONGEST_NAME} characters")]
    Name(Address),
    /// An address with two names.
    #[error("{0} has two names")]
    Twice(Address),
}

const MOST_BYTES: usize = 1 << 20;
const LONGEST_NAME: usize = 100;

/// All entries in order, also those that a map would drop as duplicates.
struct Entries(Vec<(String, String)>);

impl<'de> serde::Deserialize<'de> for Entries {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Entries;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("addresses and their names")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

    #[test]
    fn json_and_toml_say_the_same() {
        let json: AddressBook =
            format!(r#"{{"{A}": "Shipper", "xdc3c44cdddb6a900fa2b585dd299e03d12fa4293bc": "Bank"}}"#).parse().unwrap();
        let toml: AddressBook =
            format!("\"{A}\" = \"Shipper\"\nxdc3c44cdddb6a900fa2b585dd299e03d12fa4293bc = \"Bank\"").parse().unwrap();
        assert_eq!(json, toml);
        assert_eq!(json.name_of(A.parse().unwrap()), Some("Shipper"));
        assert_eq!(json.name_of(Address::ZERO), None);
        assert_eq!("".parse::<AddressBook>(), Ok(AddressBook::default()));
    }

    #[test]
    fn a_mistake_of_form_is_told_with_its_place_and_what_would_be_right() {
        let said = |text: String| text.parse::<AddressBook>().unwrap_err().to_string();
        for (text, place) in
            [(format!("{{\"{A}\":\n  [1]}}"), "line 2, column"), (format!("\n\"{A}\" = 5"), "line 2, column 48")]
        {
            let said = said(text);
            assert!(said.contains(place) && said.contains("expected"), "{said}");
        }
    }

    #[test]
    fn a_mistake_puts_no_name_on_the_wrong_account() {
        let lower = A.to_lowercase();
        let wrong = A.replace("C51812dc", "C51812Dc");
        let refused = |text: String| text.parse::<AddressBook>().unwrap_err();
        assert!(matches!(refused(format!(r#"{{"{wrong}": "x"}}"#)), InvalidAddressBook::Checksum(_)));
        assert!(matches!(refused(format!(r#"{{"{A}": "x", "{lower}": "y"}}"#)), InvalidAddressBook::Twice(_)));
        assert!(matches!(refused(format!(r#"{{"{A}": "x", "{A}": "y"}}"#)), InvalidAddressBook::Twice(_)));
        assert!(matches!(refused(r#"{"shipper.eth": "x"}"#.into()), InvalidAddressBook::Address(_)));
        assert!(matches!(refused(format!(r#"{{"{A}": " "}}"#)), InvalidAddressBook::Name(_)));
        assert!(matches!(refused(format!(r#"{{"{A}": "{}"}}"#, "x".repeat(101))), InvalidAddressBook::Name(_)));
        assert!(matches!(refused(format!(r#"{{"{A}": 1}}"#)), InvalidAddressBook::Syntax(_)));
        assert!(matches!(refused("[names".into()), InvalidAddressBook::Syntax(_)));
        assert!(matches!(refused(" ".repeat(MOST_BYTES + 1)), InvalidAddressBook::TooLarge));
    }
}
