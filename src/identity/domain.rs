//! Host names, and nothing that only looks like one (checks.md §5.1).

/// A host name in lower-case A-labels, without a trailing dot.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DomainName(String);

impl DomainName {
    /// Letters, digits, hyphens and dots after IDNA; no URL, port, path, address or blank.
    pub fn parse(text: &str) -> Result<Self, NotADomainName> {
        if let Some(found) = text.chars().find(|character| "/?#@:%_".contains(*character) || character.is_whitespace())
        {
            return Err(NotADomainName::Character(found));
        }
        let ascii =
            idna::domain_to_ascii_strict(text.strip_suffix('.').unwrap_or(text)).map_err(|_| NotADomainName::Label)?;
        let labels: Vec<&str> = ascii.split('.').collect();
        let plain = |label: &&str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        if ascii.len() > 253 || !labels.iter().all(plain) {
            return Err(NotADomainName::Label);
        }
        if labels.last().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit())) {
            return Err(NotADomainName::Address);
        }
        Ok(Self(ascii))
    }

    /// The name as it is asked for.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is not a host name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotADomainName {
    /// A character that no host name has.
    #[error("it contains {0:?}")]
    Character(char),
    /// A label is empty, too long or not valid under IDNA.
    #[error("a part of it is empty, too long or not allowed")]
    Label,
    /// An IP address.
    #[error("it is an address, not a name")]
    Address,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_normalised() {
        for (text, name) in
            [("Carrier.Example.", "carrier.example"), ("bücher.example", "xn--bcher-kva.example"), ("a-b.c1", "a-b.c1")]
        {
            assert_eq!(DomainName::parse(text).map(|name| name.0), Ok(name.to_owned()));
        }
    }

    #[test]
    fn urls_ports_addresses_and_blanks_are_refused() {
        let long = "a".repeat(64);
        for text in [
            "",
            ".",
            "a..b",
            "https://a.example",
            "a.example/x",
            "a.example:53",
            "u@a.example",
            "a b",
            " a.example",
            "a.example#",
            "a%2eexample",
            "127.0.0.1",
            "1.2.3",
            "[::1]",
            "-a.example",
            "a-.example",
            &long,
            "a_b.example",
        ] {
            assert!(DomainName::parse(text).is_err(), "{text:?}");
        }
    }
}
