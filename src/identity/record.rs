//! The grammar of issuer records, with the near misses told apart (checks.md §5.2).

use crate::primitives::Address;

/// A record that follows the grammar.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Record {
    /// `openatts net=ethereum netId=<decimal> addr=0x<40 hex>`.
    Contract {
        /// The contract.
        address: Address,
        /// Its chain id.
        chain: u64,
    },
    /// `openatts a=dns-did; p=<key>; v=1.0;`.
    DecentralizedIdentifier {
        /// The key.
        key: String,
    },
}

/// Reads one TXT record. `Err(None)` is somebody else's record; `Err(Some(_))` was perhaps meant to be ours.
pub fn parse_record(text: &str) -> Result<Record, Option<NearMiss>> {
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let Some(rest) = text.strip_prefix("openatts ") else { return Err(near_miss_of_start(text)) };
    let mut fields: Vec<(&str, &str)> = Vec::new();
    for field in rest.split(' ').filter(|field| !field.is_empty()) {
        if field.chars().any(|character| character.is_control() || character.is_whitespace()) {
            return Err(Some(NearMiss::Blank));
        }
        let Some((key, value)) = field.split_once('=') else { return Err(Some(NearMiss::NotAField(field.to_owned()))) };
        if fields.iter().any(|(known, _)| *known == key) {
            return Err(Some(NearMiss::DuplicateKey(key.to_owned())));
        }
        fields.push((key, value.strip_suffix(';').unwrap_or(value)));
    }
    let get = |name: &str| fields.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    match (get("a"), get("net")) {
        (Some("dns-did"), _) => decentralized_identifier(get("p"), get("v")),
        (_, Some("ethereum")) => contract(get("netId"), get("addr")),
        (_, Some(other)) => Err(Some(NearMiss::Network(other.to_owned()))),
        (_, None) => {
            let other_case = fields
                .iter()
                .find(|(key, _)| ["net", "netid", "addr", "a"].contains(&key.to_ascii_lowercase().as_str()));
            Err(other_case.map(|(key, _)| NearMiss::MissingOrMisspelt { wanted: "net", found: (*key).to_owned() }))
        }
    }
}

fn contract(net_id: Option<&str>, address: Option<&str>) -> Result<Record, Option<NearMiss>> {
    let missing = |wanted| Some(NearMiss::MissingOrMisspelt { wanted, found: String::new() });
    let net_id = net_id.ok_or_else(|| missing("netId"))?;
    let address = address.ok_or_else(|| missing("addr"))?;
    let decimal = net_id.bytes().all(|byte| byte.is_ascii_digit()) && !net_id.is_empty() && !net_id.starts_with('0');
    let chain = net_id.parse().ok().filter(|_| decimal).ok_or_else(|| Some(NearMiss::ChainId(net_id.to_owned())))?;
    let address = address
        .starts_with("0x")
        .then(|| address.parse().ok())
        .flatten()
        .ok_or_else(|| Some(NearMiss::Address(address.to_owned())))?;
    Ok(Record::Contract { address, chain })
}

fn decentralized_identifier(key: Option<&str>, version: Option<&str>) -> Result<Record, Option<NearMiss>> {
    let missing = |wanted| Some(NearMiss::MissingOrMisspelt { wanted, found: String::new() });
    version.ok_or_else(|| missing("v"))?;
    Ok(Record::DecentralizedIdentifier { key: key.ok_or_else(|| missing("p"))?.to_owned() })
}

/// Whether a text that does not begin as it must is one of ours all the same.
fn near_miss_of_start(text: &str) -> Option<NearMiss> {
    let trimmed = text.trim_start();
    let word = trimmed.get(..8).unwrap_or_default();
    if !word.eq_ignore_ascii_case("openatts") {
        let before = text.find("openatts ").and_then(|at| text.get(..at))?;
        Some(NearMiss::Before(clipped(before)))
    } else if trimmed.len() != text.len() {
        Some(NearMiss::LeadingBlank)
    } else if word != "openatts" {
        Some(NearMiss::Capitalisation(word.to_owned()))
    } else {
        Some(NearMiss::Blank)
    }
}

impl NearMiss {
    /// What is wrong with a record that is known, by what else is in it, to be meant as one of ours.
    pub(super) fn of_beginning(text: &str) -> Self {
        Self::Beginning(clipped(text.split_whitespace().next().unwrap_or_default()))
    }
}

fn clipped(text: &str) -> String {
    const LONGEST: usize = 40;
    let start: String = text.chars().take(LONGEST).collect();
    if start.len() < text.len() { start + "…" } else { start }
}

/// The rule that a record breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NearMiss {
    /// Blanks before `openatts`.
    #[error("it starts with a blank")]
    LeadingBlank,
    /// `OpenAtts` or the like.
    #[error("it starts with {0:?} instead of \"openatts\"")]
    Capitalisation(String),
    /// Something before `openatts`: a quotation mark, another record, a line of a zone file, a character that cannot be seen.
    #[error("before \"openatts\" stands {0:?}: it must be the first word of a record of its own")]
    Before(String),
    /// Another first word, or none.
    #[error("it begins with {0:?} instead of \"openatts\"")]
    Beginning(String),
    /// A tab or another separator than a blank.
    #[error("its parts are not separated by plain blanks")]
    Blank,
    /// Text that is not `key=value`.
    #[error("{0:?} is not of the form key=value")]
    NotAField(String),
    /// The same key twice.
    #[error("the key {0:?} stands twice")]
    DuplicateKey(String),
    /// Another `net`.
    #[error("its net is {0:?}, not \"ethereum\"")]
    Network(String),
    /// A required key is not there, perhaps because it is written otherwise.
    #[error("the key {wanted:?} is missing")]
    MissingOrMisspelt {
        /// The key.
        wanted: &'static str,
        /// What may have been meant.
        found: String,
    },
    /// Hexadecimal, zero-padded or not a number.
    #[error("its chain id {0:?} is not a plain decimal number")]
    ChainId(String),
    /// Without `0x`, too short, too long.
    #[error("its address {0:?} is not 0x and 40 hexadecimal characters")]
    Address(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "0xabababababababababababababababababababab";

    #[test]
    fn harmless_differences_are_accepted() {
        let wanted = Ok(Record::Contract { address: Address([0xab; 20]), chain: 137 });
        for text in [
            format!("openatts net=ethereum netId=137 addr={ADDRESS}"),
            format!("\"openatts net=ethereum netId=137 addr={ADDRESS}\""),
            format!("openatts  addr={ADDRESS};  netId=137;  net=ethereum; "),
            format!("openatts net=ethereum netId=137 addr={} other=1", ADDRESS.to_uppercase().replace("0X", "0x")),
        ] {
            assert_eq!(parse_record(&text), wanted, "{text}");
        }
        assert!(matches!(
            parse_record("openatts a=dns-did; p=did:ethr:0xab#controller; v=1.0;"),
            Ok(Record::DecentralizedIdentifier { .. })
        ));
    }

    #[test]
    fn near_misses_are_refused_and_explained() {
        for text in [
            format!(" openatts net=ethereum netId=1 addr={ADDRESS}"),
            format!("OpenAtts net=ethereum netId=1 addr={ADDRESS}"),
            format!("openatts\tnet=ethereum netId=1 addr={ADDRESS}"),
            format!("openatts net=Ethereum netId=1 addr={ADDRESS}"),
            format!("openatts Net=ethereum netId=1 addr={ADDRESS}"),
            format!("openatts net=ethereum netid=1 addr={ADDRESS}"),
            format!("openatts net=ethereum netId=0x1 addr={ADDRESS}"),
            format!("openatts net=ethereum netId=01 addr={ADDRESS}"),
            format!("openatts net=ethereum netId=1 addr={}", &ADDRESS[2..]),
            format!("openatts net=ethereum netId=1 addr={ADDRESS}00"),
            format!("openatts net=ethereum netId=1 addr={ADDRESS} trailing"),
            format!("openatts net=ethereum netId=1 netId=1 addr={ADDRESS}"),
            "openatts a=dns-did; p=did:ethr:0xab#controller;".to_owned(),
        ] {
            assert!(matches!(parse_record(&text), Err(Some(_))), "{text}: {:?}", parse_record(&text));
        }
        assert_eq!(parse_record("v=spf1 -all"), Err(None));
    }
}
