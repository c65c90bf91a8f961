//! One answer from several resolvers (checks.md §5.4).
//!
//! Resolvers must give the same record set. A validated answer goes before all others: it cannot have been changed on
//! the way, so whoever says something else is set aside, and the report names them. Without one, a resolver whose answer
//! failed validation leaves the question open: that somebody else delivers an unvalidated answer does not repair it.
//!
//! Who denies the name and shows nothing of the top-level domain either counts only where nobody else answers.

use super::resolver::Resolver;
use super::validate::{Reading, unavailable};
use crate::evidence::{Answer, Cause, Dnssec, Fact, Provenance, TxtReading, Unavailable};

pub(super) fn combine(said: Vec<(&Resolver, Result<Reading, Unavailable>)>) -> (Answer, Provenance) {
    let mut provenance = Provenance::default();
    let mut readings = Vec::new();
    for (resolver, said) in said {
        match said {
            Ok(reading) => readings.push((resolver, reading)),
            Err(why) => provenance.failed.push(why),
        }
    }
    let (validated, others): (Vec<_>, Vec<_>) =
        readings.into_iter().partition(|(_, reading)| reading.dnssec == Dnssec::Secure);
    let bogus = provenance.failed.iter().find(|why| why.cause == Cause::Bogus).cloned();
    let (mut agreeing, others) = match (validated.is_empty(), bogus) {
        (true, Some(bogus)) => {
            provenance.hosts = hosts(&others);
            return (Err(bogus), provenance);
        }
        (true, None) => {
            let (knowing, blind): (Vec<_>, Vec<_>) =
                others.into_iter().partition(|(_, reading)| !reading.shows_nothing());
            if knowing.is_empty() {
                (blind, Vec::new())
            } else {
                let set_aside = blind.iter().map(|(resolver, reading)| {
                    let top_level = reading.top_level.as_ref().map_or("", |top_level| &top_level.name);
                    let detail = format!("it says {} and knows nothing of {top_level:?} either", shown(reading));
                    unavailable(resolver, Cause::NotAnAnswer, &detail)
                });
                provenance.failed.extend(set_aside);
                (knowing, Vec::new())
            }
        }
        (false, _) => (validated, others),
    };
    let Some((first_resolver, first)) = agreeing.first().cloned() else {
        let nobody = Unavailable { cause: Cause::NoSource, host: None, detail: "no resolver was asked".into() };
        return (Err(provenance.failed.first().cloned().unwrap_or(nobody)), provenance);
    };
    if let Some((resolver, other)) = agreeing.iter().find(|(_, other)| !other.says_the_same_as(&first)) {
        let detail = format!("{first_resolver} and {resolver} differ: {} against {}", shown(&first), shown(other));
        let disagreement = unavailable(resolver, Cause::Disagreement, &detail);
        provenance.hosts = hosts(&agreeing);
        return (Err(disagreement), provenance);
    }
    for (resolver, other) in others {
        if other.says_the_same_as(&first) {
            agreeing.push((resolver, other));
        } else {
            let detail = format!("it says {}, against the validated answer of {first_resolver}", shown(&other));
            provenance.failed.push(unavailable(resolver, Cause::Disagreement, &detail));
        }
    }
    provenance.hosts = hosts(&agreeing);
    let reading = TxtReading {
        name_exists: first.exists,
        dnssec: strongest(agreeing.iter().map(|(_, reading)| reading.dnssec)),
        chain: agreeing.iter().find_map(|(_, reading)| reading.chain.clone()),
        records: first.records,
        agreeing: u32::try_from(agreeing.len()).unwrap_or(u32::MAX),
        top_level: first.top_level,
    };
    (Ok(Fact::DnsTxt(reading)), provenance)
}

impl Reading {
    fn says_the_same_as(&self, other: &Self) -> bool {
        (self.exists, &self.records) == (other.exists, &other.records)
    }
}

/// The same records, so what one resolver's chain of trust proves holds for all.
fn strongest(states: impl Iterator<Item = Dnssec>) -> Dnssec {
    let weight = |state: &Dnssec| match state {
        Dnssec::Secure => 2,
        Dnssec::Insecure => 1,
        Dnssec::NotChecked => 0,
    };
    states.max_by_key(weight).unwrap_or(Dnssec::NotChecked)
}

fn hosts(readings: &[(&Resolver, Reading)]) -> Vec<String> {
    readings.iter().map(|(resolver, _)| resolver.to_string()).collect()
}

fn shown(reading: &Reading) -> String {
    if !reading.exists {
        return "no such domain".into();
    }
    let text: String = reading.records.join(" | ").chars().take(SHOWN).collect();
    format!("{} record(s) [{text}]", reading.records.len())
}

const SHOWN: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    fn resolver(port: u16) -> Resolver {
        Resolver::Plain(([127, 0, 0, 1], port).into())
    }

    fn reading(record: &str, dnssec: Dnssec) -> Result<Reading, Unavailable> {
        Ok(Reading { exists: true, records: vec![record.to_owned()], dnssec, chain: None, top_level: None })
    }

    fn bogus() -> Result<Reading, Unavailable> {
        Err(Unavailable { cause: Cause::Bogus, host: None, detail: String::new() })
    }

    fn combined(said: Vec<Result<Reading, Unavailable>>) -> (Answer, Provenance) {
        let resolvers: Vec<_> = (1..).take(said.len()).map(resolver).collect();
        combine(resolvers.iter().zip(said).collect())
    }

    fn facts((answer, _): &(Answer, Provenance)) -> Result<(String, Dnssec, u32), Cause> {
        match answer {
            Ok(Fact::DnsTxt(reading)) => Ok((reading.records.concat(), reading.dnssec, reading.agreeing)),
            Ok(other) => panic!("{other:?}"),
            Err(why) => Err(why.cause),
        }
    }

    #[test]
    fn a_validated_answer_counts_against_any_number_of_others() {
        use Dnssec::{Insecure, NotChecked, Secure};
        let said = vec![reading("b", NotChecked), reading("a", Secure), reading("b", Insecure), bogus()];
        let result = combined(said);
        assert_eq!(facts(&result), Ok(("a".into(), Secure, 1)));
        assert_eq!(result.1.hosts, ["127.0.0.1:2"]);
        let set_aside: Vec<_> = result.1.failed.iter().map(|why| why.cause).collect();
        assert_eq!(set_aside, [Cause::Bogus, Cause::Disagreement, Cause::Disagreement]);
    }

    #[test]
    fn who_says_the_same_as_the_validated_answer_is_validated_with_it() {
        let said = vec![reading("a", Dnssec::NotChecked), reading("a", Dnssec::Secure)];
        assert_eq!(facts(&combined(said)), Ok(("a".into(), Dnssec::Secure, 2)));
        let said = vec![reading("a", Dnssec::NotChecked), reading("a", Dnssec::Insecure)];
        assert_eq!(facts(&combined(said)), Ok(("a".into(), Dnssec::Insecure, 2)));
    }

    #[test]
    fn the_chain_is_of_whoever_has_one() {
        let with_chain = reading("a", Dnssec::Secure).map(|reading| Reading { chain: Some(vec![1]), ..reading });
        let said = vec![reading("a", Dnssec::NotChecked), reading("a", Dnssec::Secure), with_chain];
        let Ok(Fact::DnsTxt(reading)) = combined(said).0 else { panic!("they agree") };
        assert_eq!((reading.chain, reading.dnssec, reading.agreeing), (Some(vec![1]), Dnssec::Secure, 3));
    }

    #[test]
    fn two_validated_answers_that_differ_decide_nothing() {
        let said = vec![reading("a", Dnssec::Secure), reading("b", Dnssec::Secure), reading("a", Dnssec::NotChecked)];
        assert_eq!(facts(&combined(said)), Err(Cause::Disagreement));
    }

    #[test]
    fn an_unvalidated_answer_does_not_hide_a_bogus_one() {
        for dnssec in [Dnssec::NotChecked, Dnssec::Insecure] {
            assert_eq!(facts(&combined(vec![reading("a", dnssec), bogus()])), Err(Cause::Bogus));
        }
    }
}
