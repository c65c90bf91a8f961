//! One reply, read as if a resolver had sent it: no network, for the fuzzer (`fuzz/fuzz_targets/dns.rs`).

use std::pin::Pin;

use futures_util::FutureExt as _;
use futures_util::stream::{self, Stream};
use hickory_proto::op::{DnsRequest, DnsResponse, Message};
use hickory_proto::rr::Name;
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::xfer::DnsHandle;

use super::{aliases, reply};

/// The TXT records that `message` gives of `name`, whatever question it repeats; `None` where it gives no answer.
#[doc(hidden)]
pub fn texts_in_reply(name: &str, message: &[u8]) -> Option<Vec<String>> {
    let name = Name::from_ascii(name).ok()?;
    let message = Message::from_vec(message).ok()?;
    // Nothing here waits.
    aliases::txt(&Canned(message), &name).now_or_never()?.ok().map(|found| found.records)
}

/// A resolver that has one answer for everybody.
#[derive(Clone)]
struct Canned(Message);

impl DnsHandle for Canned {
    type Response = Pin<Box<dyn Stream<Item = Result<DnsResponse, NetError>> + Send>>;
    type Runtime = TokioRuntimeProvider;

    fn send(&self, request: DnsRequest) -> Self::Response {
        let mut message = self.0.clone();
        message.queries = request.queries.clone();
        let asked = request.queries.first().cloned().unwrap_or_default();
        let checked = reply::check(&asked, &message).map_err(|why| NetError::Message(why.in_words()));
        let response = checked.and_then(|()| DnsResponse::from_message(message).map_err(NetError::from));
        Box::pin(stream::once(std::future::ready(response)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_proto::op::{MessageType, OpCode};
    use hickory_proto::rr::rdata::{CNAME, TXT};
    use hickory_proto::rr::{RData, Record};

    fn name(text: &str) -> Name {
        Name::from_ascii(text).unwrap()
    }

    fn texts(answers: Vec<Record>) -> Option<Vec<String>> {
        let mut reply = Message::new(7, MessageType::Response, OpCode::Query);
        reply.metadata.recursion_available = true;
        reply.answers = answers;
        texts_in_reply("carrier.example.", &reply.to_vec().unwrap())
    }

    #[test]
    fn a_reply_is_read_as_one_from_a_resolver() {
        let text =
            |owner: &str| Record::from_rdata(name(owner), 60, RData::TXT(TXT::new(vec!["a".into(), "b".into()])));
        let alias = |owner: &str, to: &str| Record::from_rdata(name(owner), 60, RData::CNAME(CNAME(name(to))));
        assert_eq!(texts(vec![text("carrier.example.")]), Some(vec!["ab".into()]));
        assert_eq!(texts(vec![alias("carrier.example.", "b.example."), text("b.example.")]), Some(vec!["ab".into()]));
        assert_eq!(texts(Vec::new()), Some(Vec::new()));
        // Another's records, and aliases that run in a circle, are no answer.
        assert_eq!(texts(vec![text("other.example.")]), None);
        assert_eq!(texts(vec![alias("carrier.example.", "carrier.example.")]), None);
        assert_eq!(texts_in_reply("carrier.example.", b"no message"), None);
    }
}
