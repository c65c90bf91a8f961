//! What the DNS source makes of every kind of answer, from servers on loopback that speak raw packets.

use std::net::UdpSocket;
use std::time::Duration;

use ebl_verifier::evidence::{Answer, Cause, Fact, Provenance};
use ebl_verifier::sources::dns::{DnsConfig, DnsSource, Resolver};

#[derive(Clone, Copy)]
enum Behaviour {
    Records(&'static [&'static [&'static str]]),
    Code(u8),
    Silence,
    Garbage,
}

fn server(behaviour: Behaviour) -> Resolver {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut query = [0; 1500];
        while let Ok((length, peer)) = socket.recv_from(&mut query) {
            let reply = match behaviour {
                Behaviour::Records(records) => packet(&query[..length], 0, records),
                Behaviour::Code(code) => packet(&query[..length], code, &[]),
                Behaviour::Silence => continue,
                Behaviour::Garbage => [&query[..2], &[0xff; 9]].concat(),
            };
            let _ = socket.send_to(&reply, peer);
        }
    });
    Resolver::Plain(address)
}

fn packet(query: &[u8], code: u8, records: &[&[&str]]) -> Vec<u8> {
    let name_end = 12 + query[12..].iter().position(|&byte| byte == 0).unwrap() + 1;
    let count = u16::try_from(records.len()).unwrap().to_be_bytes();
    let mut out = [&query[..2], &[0x81, 0x80 | code, 0, 1], &count, &[0, 0, 0, 0], &query[12..name_end + 4]].concat();
    for strings in records {
        let data: Vec<u8> =
            strings.iter().flat_map(|text| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()).collect();
        out.extend([0xc0, 0x0c, 0, 16, 0, 1, 0, 0, 0, 60]);
        out.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        out.extend(data);
    }
    out
}

async fn asked(resolvers: Vec<Resolver>) -> (Answer, Provenance) {
    let config = DnsConfig { resolvers, timeout: Duration::from_millis(300), ..DnsConfig::default() };
    DnsSource::new(config).unwrap().txt("carrier.example").await
}

fn reading(answer: Answer) -> (bool, Vec<String>) {
    match answer {
        Ok(Fact::DnsTxt(reading)) => (reading.name_exists, reading.records),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn records_are_answers_and_their_strings_are_joined() {
    let (answer, provenance) =
        asked(vec![server(Behaviour::Records(&[&["openatts ", "net=ethereum"], &["other"]]))]).await;
    assert_eq!(reading(answer), (true, vec!["openatts net=ethereum".into(), "other".into()]));
    assert_eq!((provenance.hosts.len(), provenance.failed.len()), (1, 0));
}

#[tokio::test]
async fn nothing_there_and_no_such_domain_are_answers_and_differ() {
    assert_eq!(reading(asked(vec![server(Behaviour::Records(&[]))]).await.0), (true, vec![]));
    assert_eq!(reading(asked(vec![server(Behaviour::Code(3))]).await.0), (false, vec![]));
}

#[tokio::test]
async fn what_is_no_answer_is_unavailable_with_host_and_cause() {
    let cases = [
        (Behaviour::Code(2), vec![Cause::ServerFailure]),
        (Behaviour::Code(5), vec![Cause::ServerFailure]),
        (Behaviour::Silence, vec![Cause::Timeout, Cause::Unreachable]),
        (Behaviour::Garbage, vec![Cause::NotAnAnswer, Cause::Timeout, Cause::Unreachable]),
    ];
    for (behaviour, wanted) in cases {
        let (answer, provenance) = asked(vec![server(behaviour)]).await;
        let why = answer.expect_err("no answer");
        assert!(wanted.contains(&why.cause), "{why:?}");
        assert!(why.host.as_deref().is_some_and(|host| host.starts_with("127.0.0.1:")), "{why:?}");
        assert_eq!(provenance.failed, [why]);
    }
}

#[tokio::test]
async fn a_resolver_that_fails_does_not_hide_one_that_answers() {
    let resolvers = vec![server(Behaviour::Code(2)), server(Behaviour::Records(&[&["x"]]))];
    let (answer, provenance) = asked(resolvers).await;
    assert_eq!(reading(answer), (true, vec!["x".into()]));
    assert_eq!((provenance.hosts.len(), provenance.failed.len()), (1, 1));
}

#[tokio::test]
async fn resolvers_agree_whatever_the_order_and_differ_over_any_record() {
    let (one, two) = (&["a"][..], &["b"][..]);
    let same = vec![
        server(Behaviour::Records(Box::leak(Box::new([one, two])))),
        server(Behaviour::Records(Box::leak(Box::new([two, one])))),
    ];
    assert_eq!(reading(asked(same).await.0), (true, vec!["a".into(), "b".into()]));
    for other in [Behaviour::Records(&[&["a"]]), Behaviour::Records(&[]), Behaviour::Code(3)] {
        let (answer, _) = asked(vec![server(Behaviour::Records(&[&["b"]])), server(other)]).await;
        assert_eq!(answer.expect_err("no agreement").cause, Cause::Disagreement);
    }
}
