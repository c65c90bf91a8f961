//! Whether "there is nothing" counts (checks.md §5.3).

use crate::evidence::{Dnssec, TxtReading};

/// A denial contradicts an issuer if it is validated, or comes from a resolver that also answered for the top-level domain.
/// A closed network or a login page denies everything, and that says nothing of the domain.
pub fn denial_that_says_nothing(reading: &TxtReading) -> Option<BlindDenial> {
    let denies = !reading.name_exists || reading.records.is_empty();
    if !denies || reading.dnssec == Dnssec::Secure {
        return None;
    }
    match &reading.top_level {
        Some(top_level) if top_level.answered => None,
        Some(top_level) => Some(BlindDenial::AlsoOfTopLevel(top_level.name.clone())),
        None => Some(BlindDenial::NotTried),
    }
}

/// Why a denial says nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlindDenial {
    /// The resolver has no SOA or NS record of the top-level domain to show either.
    #[error("this resolver denies everything: it says that there is no record, and knows nothing of {0:?} either")]
    AlsoOfTopLevel(String),
    /// The evidence does not say.
    #[error("a resolver says that there is no record, but not whether it knows anything at all")]
    NotTried,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::TopLevelReading;

    fn denied(name_exists: bool, dnssec: Dnssec, answered: Option<bool>) -> TxtReading {
        let top_level = answered.map(|answered| TopLevelReading { name: "example".into(), answered });
        TxtReading { name_exists, records: Vec::new(), dnssec, chain: None, agreeing: 2, top_level }
    }

    #[test]
    fn a_denial_counts_if_validated_or_from_somebody_who_knows_the_top_level_domain() {
        for exists in [true, false] {
            for answered in [None, Some(false), Some(true)] {
                assert_eq!(denial_that_says_nothing(&denied(exists, Dnssec::Secure, answered)), None);
            }
            for dnssec in [Dnssec::Insecure, Dnssec::NotChecked] {
                assert_eq!(denial_that_says_nothing(&denied(exists, dnssec, Some(true))), None);
                let blind = denial_that_says_nothing(&denied(exists, dnssec, Some(false)));
                assert_eq!(blind, Some(BlindDenial::AlsoOfTopLevel("example".into())));
                assert_eq!(denial_that_says_nothing(&denied(exists, dnssec, None)), Some(BlindDenial::NotTried));
            }
        }
    }

    #[test]
    fn who_shows_records_denies_nothing() {
        let reading = TxtReading { records: vec!["v=spf1 -all".into()], ..denied(true, Dnssec::NotChecked, None) };
        assert_eq!(denial_that_says_nothing(&reading), None);
    }
}
