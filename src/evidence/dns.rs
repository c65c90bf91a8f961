//! What resolvers answered about a name, unjudged (checks.md §5).

use serde::{Deserialize, Serialize};

/// The TXT records of a name. NXDOMAIN is an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TxtReading {
    /// Whether the name exists at all (NXDOMAIN says no).
    pub name_exists: bool,
    /// One entry a record, its character strings joined; not UTF-8 is replaced by U+FFFD.
    pub records: Vec<String>,
    /// What DNSSEC says of this answer.
    pub dnssec: Dnssec,
    /// Where it is secure: the signatures from a trusted key down to the records, in the wire form of RFC 9102 §3.2
    /// ([`dnssec::check`](crate::dnssec::check)). Absent where they cannot be checked by themselves.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "optional_base64")]
    pub chain: Option<Vec<u8>>,
    /// Number of resolvers that gave exactly this record set.
    pub agreeing: u32,
    /// Where there is no record and nothing validates that: what the same resolver said of the top-level domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_level: Option<TopLevelReading>,
}

/// What a resolver that denies a name said of the top-level domain of that name (checks.md §5.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopLevelReading {
    /// Of the name at the end of the aliases; without dots.
    pub name: String,
    /// Whether it answered with SOA or NS records of it.
    pub answered: bool,
}

/// DNSSEC state of an answer (checks.md §5.4). A bogus answer is [`Cause::Bogus`](super::Cause::Bogus), not a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dnssec {
    /// Validated in this process from the root's key or one that the caller trusts beside it.
    Secure,
    /// The zone is provably not signed.
    Insecure,
    /// The resolver gave nothing to validate with.
    NotChecked,
}

/// Bytes in base64.
mod optional_base64 {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(bytes: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
        match bytes {
            Some(bytes) => serializer.serialize_str(&STANDARD.encode(bytes)),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| STANDARD.decode(text).map_err(|_| de::Error::custom("a chain that is not base64"))).transpose()
    }
}
