//! What is a reply to a query (checks.md §5.1), decided on the message as it came: of a denial, the library's client keeps
//! neither the flags nor the answer section.

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, Record, RecordType};

/// Why a message says nothing about what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotAReply {
    OtherOperation,
    OtherQuestion,
    NobodyAnswersForIt,
    Referral,
    RecordsOfWhatDoesNotExist,
    ForeignZone,
}

impl NotAReply {
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Self::OtherOperation => "the reply belongs to another operation than a query",
            Self::OtherQuestion => "the answer is to another question",
            Self::NobodyAnswersForIt => "the server neither looks names up for others nor answers for this zone itself",
            Self::Referral => "it refers to other servers instead of answering",
            Self::RecordsOfWhatDoesNotExist => "it says that the name does not exist, and gives records of it",
            Self::ForeignZone => "it answers for a zone that the name does not belong to",
        }
    }
}

/// Other codes than NOERROR and NXDOMAIN speak for themselves, and what is truncated is asked for again.
pub(super) fn check(asked: &Query, reply: &Message) -> Result<(), NotAReply> {
    let flags = &reply.metadata;
    if flags.message_type != MessageType::Response || flags.op_code != OpCode::Query {
        return Err(NotAReply::OtherOperation);
    }
    let says_something = matches!(flags.response_code, ResponseCode::NoError | ResponseCode::NXDomain);
    // A server that could not read the query has nothing to repeat (RFC 1035 §4.1.1).
    let repeats_nothing = reply.queries.is_empty() && !says_something;
    if reply.queries.as_slice() != std::slice::from_ref(asked) && !repeats_nothing {
        return Err(NotAReply::OtherQuestion);
    }
    if flags.truncation || !says_something {
        return Ok(());
    }
    if !flags.recursion_available && !flags.authoritative {
        return Err(NotAReply::NobodyAnswersForIt);
    }
    if flags.response_code == ResponseCode::NXDomain && !reply.answers.iter().all(is_part_of_an_alias) {
        return Err(NotAReply::RecordsOfWhatDoesNotExist);
    }
    if reply.answers.is_empty() { check_denial(asked.name(), reply) } else { Ok(()) }
}

/// The forms that a denial can have (RFC 2308 §2.1, §2.2). One behind aliases is asked for by itself.
fn check_denial(name: &Name, reply: &Message) -> Result<(), NotAReply> {
    let of_kind = |kind| reply.authorities.iter().filter(move |record| record.record_type() == kind);
    let (mut starts, mut servers) = (of_kind(RecordType::SOA), of_kind(RecordType::NS));
    if of_kind(RecordType::SOA).chain(of_kind(RecordType::NS)).any(|record| !record.name.zone_of(name)) {
        return Err(NotAReply::ForeignZone);
    }
    let refers = starts.next().is_none() && servers.next().is_some();
    if refers && reply.metadata.response_code == ResponseCode::NoError {
        return Err(NotAReply::Referral);
    }
    Ok(())
}

/// The code of a reply is that of the name at the end of its aliases (RFC 6604 §3).
fn is_part_of_an_alias(record: &Record) -> bool {
    matches!(record.record_type(), RecordType::CNAME | RecordType::DNAME | RecordType::RRSIG)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_proto::rr::RData;
    use hickory_proto::rr::rdata::{A, CNAME, NS, SOA};

    fn name(text: &str) -> Name {
        Name::from_ascii(text).unwrap()
    }

    fn asked() -> Query {
        Query::query(name("carrier.example."), RecordType::TXT)
    }

    fn denial(code: ResponseCode) -> Message {
        let mut reply = Message::new(7, MessageType::Response, OpCode::Query);
        reply.metadata.recursion_available = true;
        reply.metadata.response_code = code;
        reply.queries.push(asked());
        reply
    }

    fn soa(owner: &str) -> Record {
        Record::from_rdata(name(owner), 60, RData::SOA(SOA::new(name("ns."), name("post."), 1, 1, 1, 1, 1)))
    }

    fn ns(owner: &str) -> Record {
        Record::from_rdata(name(owner), 60, RData::NS(NS(name("ns."))))
    }

    fn judged(code: ResponseCode, change: impl FnOnce(&mut Message)) -> Result<(), NotAReply> {
        let mut reply = denial(code);
        change(&mut reply);
        check(&asked(), &reply)
    }

    type Change = fn(&mut Message);

    const BOTH: [ResponseCode; 2] = [ResponseCode::NoError, ResponseCode::NXDomain];

    #[test]
    fn every_form_of_a_denial_is_a_reply() {
        for code in BOTH {
            for zone in [".", "example.", "carrier.example."] {
                assert_eq!(judged(code, |reply| reply.authorities.push(soa(zone))), Ok(()), "{code} {zone}");
                let both = |reply: &mut Message| reply.authorities.extend([ns(zone), soa(zone)]);
                assert_eq!(judged(code, both), Ok(()), "{code} {zone}");
            }
            assert_eq!(judged(code, |_| {}), Ok(()), "{code}");
            let by_the_zone = |reply: &mut Message| {
                reply.metadata.recursion_available = false;
                reply.metadata.authoritative = true;
            };
            assert_eq!(judged(code, by_the_zone), Ok(()), "{code}");
        }
        assert_eq!(judged(ResponseCode::NXDomain, |reply| reply.authorities.push(ns("example."))), Ok(()));
    }

    #[test]
    fn what_only_looks_like_a_denial_is_none() {
        for code in BOTH {
            let cases: [(NotAReply, Change); 7] = [
                (NotAReply::NobodyAnswersForIt, |reply| reply.metadata.recursion_available = false),
                (NotAReply::ForeignZone, |reply| reply.authorities.push(soa("other."))),
                (NotAReply::ForeignZone, |reply| reply.authorities.push(soa("www.carrier.example."))),
                (NotAReply::ForeignZone, |reply| reply.authorities.extend([soa("example."), ns("other.example.")])),
                (NotAReply::OtherOperation, |reply| reply.metadata.op_code = OpCode::Notify),
                (NotAReply::OtherQuestion, |reply| reply.queries[0].query_type = RecordType::A),
                (NotAReply::OtherQuestion, |reply| reply.queries.clear()),
            ];
            for (wanted, change) in cases {
                assert_eq!(judged(code, change), Err(wanted), "{code}");
            }
        }
        let referral = judged(ResponseCode::NoError, |reply| reply.authorities.push(ns("example.")));
        assert_eq!(referral, Err(NotAReply::Referral));
    }

    #[test]
    fn beside_a_name_that_does_not_exist_stand_aliases_at_most() {
        let alias = Record::from_rdata(name("carrier.example."), 60, RData::CNAME(CNAME(name("nowhere.example."))));
        let address = Record::from_rdata(name("carrier.example."), 60, RData::A(A::new(192, 0, 2, 1)));
        assert_eq!(judged(ResponseCode::NXDomain, |reply| reply.answers.push(alias.clone())), Ok(()));
        let both = judged(ResponseCode::NXDomain, |reply| reply.answers.extend([alias, address]));
        assert_eq!(both, Err(NotAReply::RecordsOfWhatDoesNotExist));
    }

    #[test]
    fn other_codes_speak_for_themselves_and_the_truncated_is_asked_for_again() {
        let bare = |reply: &mut Message| {
            reply.metadata.recursion_available = false;
            reply.queries.clear();
        };
        assert_eq!(judged(ResponseCode::FormErr, bare), Ok(()));
        let cut = |reply: &mut Message| {
            reply.metadata.recursion_available = false;
            reply.metadata.truncation = true;
        };
        assert_eq!(judged(ResponseCode::NoError, cut), Ok(()));
    }
}
