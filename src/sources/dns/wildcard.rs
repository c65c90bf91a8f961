//! Whether a record made from a wildcard was rightly made (RFC 4035 §5.3.4): nothing closer to the name exists.
//!
//! The validating library asks for a second proof that such an answer need not carry, and so takes an answer one label
//! below its wildcard for bogus. The rule is therefore applied here to what the library did validate: the signatures of
//! the record and of the NSEC records. Zones with NSEC3 are left to the library.

use hickory_proto::dnssec::Proof;
use hickory_proto::dnssec::rdata::{DNSSECRData, NSEC, RRSIG};
use hickory_proto::rr::{Name, RData, Record, RecordType};

/// The signature over a record of `name` that says it was made from a wildcard: it covers fewer labels than the name has.
pub(super) fn signature_of_expansion<'a>(answers: &'a [Record], name: &Name) -> Option<&'a RRSIG> {
    let of_name = answers.iter().filter(|record| record.name == *name);
    of_name.filter_map(signature).find(|signature| signature.input().num_labels < name.num_labels())
}

/// True when a validated NSEC record of the signer's zone denies the next closer name: the one just below the name whose
/// wildcard was used, on the way to `name`. Then neither `name` nor a closer wildcard exists.
pub(super) fn nothing_is_closer(name: &Name, expansion: &RRSIG, authorities: &[Record]) -> bool {
    let input = expansion.input();
    let next_closer = name.trim_to(usize::from(input.num_labels) + 1);
    let same_zone = |owner: &Name| {
        let mut signatures = authorities.iter().filter(|record| record.name == *owner).filter_map(signature);
        signatures.all(|other| {
            other.input().type_covered != RecordType::NSEC || other.input().signer_name == input.signer_name
        })
    };
    input.signer_name.zone_of(&next_closer)
        && authorities.iter().any(|record| {
            let RData::DNSSEC(DNSSECRData::NSEC(denial)) = &record.data else { return false };
            record.proof == Proof::Secure && same_zone(&record.name) && denies(&record.name, denial, &next_closer)
        })
}

/// RFC 4034 §6.1 order; the last NSEC record of a zone points back to its apex.
fn denies(owner: &Name, denial: &NSEC, name: &Name) -> bool {
    let next = denial.next_domain_name();
    let is_last = next <= owner;
    let within = owner < name && (name < next || is_last && next.zone_of(name));
    // What lies below a delegation is the child's to say (RFC 6840 §4.1), and a name above an existing one exists.
    let is_below_delegation = denial.is_ancestor_delegation() && owner.zone_of(name);
    within && !is_below_delegation && !name.zone_of(next)
}

fn signature(record: &Record) -> Option<&RRSIG> {
    match &record.data {
        RData::DNSSEC(DNSSECRData::RRSIG(signature)) => Some(signature),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::from_ascii(text).unwrap()
    }

    #[test]
    fn a_name_is_denied_between_two_neighbours_and_nowhere_else() {
        let kinds = [RecordType::TXT];
        let cases = [
            ("*.wild.example.", "zoo.example.", &kinds[..], "any.wild.example.", true),
            ("*.wild.example.", "example.", &kinds[..], "any.wild.example.", true),
            // Not between them.
            ("*.wild.example.", "b.wild.example.", &kinds[..], "c.wild.example.", false),
            ("c.wild.example.", "zoo.example.", &kinds[..], "any.wild.example.", false),
            ("any.wild.example.", "zoo.example.", &kinds[..], "any.wild.example.", false),
            // Of another zone.
            ("z.other.", "other.", &kinds[..], "any.wild.example.", false),
            // The name exists, for the neighbour is below it.
            ("*.wild.example.", "x.any.wild.example.", &kinds[..], "any.wild.example.", false),
            // The parent's side of a delegation.
            ("wild.example.", "zoo.example.", &[RecordType::NS, RecordType::DS][..], "any.wild.example.", false),
        ];
        for (owner, next, kinds, denied, wanted) in cases {
            let denial = NSEC::new_cover_self(name(next), kinds.iter().copied());
            assert_eq!(denies(&name(owner), &denial, &name(denied)), wanted, "{owner} {next} {denied}");
        }
    }
}
