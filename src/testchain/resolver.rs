//! A DNS resolver on loopback that knows the sample issuers' TXT records, the top-level domains they stand in, and nothing
//! else (ARCHITECTURE.md §3). Over UDP and TCP, without DNSSEC, so what it says is *not checked*.

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpListener as StdTcpListener, UdpSocket as StdUdpSocket};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use hickory_proto::op::{Edns, Message, MessageType, Metadata, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::{NS, SOA, TXT};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

/// TXT records by name: lower-case, without a trailing dot. Whoever holds it may change it at any time.
pub type TxtRecords = Arc<RwLock<BTreeMap<String, Vec<String>>>>;

/// The running resolver. It ends when this is dropped.
#[derive(Debug)]
pub struct Resolver {
    address: SocketAddr,
    records: TxtRecords,
    tasks: [JoinHandle<()>; 2],
}

impl Resolver {
    /// Listens on UDP and TCP at `address`; with port 0 at one that is free for both. Called inside a tokio runtime.
    ///
    /// ```
    /// use ebl_verifier::testchain::resolver::{Resolver, TxtRecords};
    ///
    /// # async fn run() -> std::io::Result<()> {
    /// let resolver = Resolver::start(([127, 0, 0, 1], 0).into(), TxtRecords::default())?;
    /// resolver.publish("carrier.example", &["openatts net=ethereum netId=1337 addr=0x…"]);
    /// println!("--dns {}", resolver.address());
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn start(address: SocketAddr, records: TxtRecords) -> io::Result<Self> {
        let (udp, tcp) = bind(address)?;
        let address = tcp.local_addr()?;
        udp.set_nonblocking(true)?;
        tcp.set_nonblocking(true)?;
        let (udp, tcp) = (UdpSocket::from_std(udp)?, TcpListener::from_std(tcp)?);
        let tasks =
            [tokio::spawn(serve_udp(udp, Arc::clone(&records))), tokio::spawn(serve_tcp(tcp, Arc::clone(&records)))];
        Ok(Self { address, records, tasks })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sets the TXT records of a name. Without records the name exists and has none.
    pub fn publish<T: AsRef<str>>(&self, name: &str, records: &[T]) {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let texts = records.iter().map(|text| text.as_ref().to_owned()).collect();
        self.records.write().unwrap_or_else(PoisonError::into_inner).insert(name, texts);
    }

    /// Ends it: both ports are free when this returns.
    pub async fn stop(mut self) {
        for task in &mut self.tasks {
            task.abort();
            // Aborted, which is what was asked for.
            let _ = task.await;
        }
    }
}

impl Drop for Resolver {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// A port that is free for TCP may be taken for UDP, so a free one is looked for more than once.
fn bind(address: SocketAddr) -> io::Result<(StdUdpSocket, StdTcpListener)> {
    const TRIES: usize = 16;
    let mut tries = if address.port() == 0 { TRIES } else { 1 };
    loop {
        let tcp = StdTcpListener::bind(address)?;
        tries -= 1;
        match StdUdpSocket::bind(tcp.local_addr()?) {
            Err(_) if tries > 0 => {}
            bound => return Ok((bound?, tcp)),
        }
    }
}

/// After an error of the socket itself, which would come back at once.
const PAUSE: Duration = Duration::from_millis(50);

/// A connection without a query for so long is closed.
const IDLE: Duration = Duration::from_secs(10);

const MOST_CONNECTIONS: usize = 64;

async fn serve_udp(socket: UdpSocket, records: TxtRecords) {
    let mut buffer = vec![0; usize::from(u16::MAX)];
    loop {
        let Ok((length, peer)) = socket.recv_from(&mut buffer).await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let query = buffer.get(..length).unwrap_or_default();
        if let Some(reply) = reply(query, Transport::Udp, &records) {
            // Nobody may be there any more.
            let _ = socket.send_to(&reply, peer).await;
        }
    }
}

async fn serve_tcp(listener: TcpListener, records: TxtRecords) {
    let mut connections = JoinSet::new();
    loop {
        if connections.len() >= MOST_CONNECTIONS {
            connections.join_next().await;
        }
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => drop(connections.spawn(serve_connection(stream, Arc::clone(&records)))),
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Each message is preceded by its length in two bytes (RFC 1035 §4.2.2).
async fn serve_connection(mut stream: TcpStream, records: TxtRecords) -> io::Result<()> {
    loop {
        let mut query = Vec::new();
        let length = timeout(IDLE, stream.read_u16()).await??;
        query.resize(usize::from(length), 0);
        timeout(IDLE, stream.read_exact(&mut query)).await??;
        let Some(reply) = reply(&query, Transport::Tcp, &records) else { return Ok(()) };
        let Ok(length) = u16::try_from(reply.len()) else { return Ok(()) };
        let message = [&length.to_be_bytes(), reply.as_slice()].concat();
        timeout(IDLE, stream.write_all(&message)).await??;
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Transport {
    Udp,
    Tcp,
}

/// What a client without EDNS can take over UDP (RFC 1035 §4.2.1), and the most that is sent to one with it (the size
/// that passes everywhere unfragmented).
const PLAIN_UDP: u16 = 512;
const LARGEST_UDP: u16 = 1232;

/// Nothing for what is no query: answering it could go back and forth for ever.
fn reply(query: &[u8], transport: Transport, records: &TxtRecords) -> Option<Vec<u8>> {
    let Ok(query) = Message::from_vec(query) else { return malformed(query) };
    if query.metadata.message_type != MessageType::Query {
        return None;
    }
    let mut metadata = Metadata::response_from_request(&query.metadata);
    metadata.authoritative = true;
    metadata.recursion_available = true;
    let mut reply = Message::new(metadata.id, MessageType::Response, metadata.op_code);
    reply.metadata = metadata;
    reply.queries.clone_from(&query.queries);
    if let Some(asked) = &query.edns {
        let mut edns = Edns::new();
        edns.set_max_payload(LARGEST_UDP).set_dnssec_ok(asked.flags().dnssec_ok);
        reply.set_edns(edns);
    }
    let (code, answers) = answer(&query, records);
    reply.metadata.response_code = code;
    reply.answers = answers;

    let limit = match (transport, &query.edns) {
        (Transport::Tcp, _) => u16::MAX,
        (Transport::Udp, None) => PLAIN_UDP,
        (Transport::Udp, Some(edns)) => edns.max_payload().clamp(PLAIN_UDP, LARGEST_UDP),
    };
    match reply.to_vec() {
        Ok(bytes) if bytes.len() <= usize::from(limit) => return Some(bytes),
        _ if transport == Transport::Udp => reply.metadata.truncation = true,
        _ => reply.metadata.response_code = ResponseCode::ServFail,
    }
    reply.answers.clear();
    reply.to_vec().ok()
}

fn answer(query: &Message, records: &TxtRecords) -> (ResponseCode, Vec<Record>) {
    if query.metadata.op_code != OpCode::Query {
        return (ResponseCode::Refused, Vec::new());
    }
    let [asked] = query.queries.as_slice() else { return (ResponseCode::FormErr, Vec::new()) };
    if asked.query_class() != DNSClass::IN {
        return (ResponseCode::Refused, Vec::new());
    }
    let name = asked.name().to_ascii().trim_end_matches('.').to_ascii_lowercase();
    let records = records.read().unwrap_or_else(PoisonError::into_inner);
    // Its denials count because it answers for these (checks.md §5.3).
    let is_own_zone = name.is_empty() || !name.contains('.') && records.keys().any(|known| is_below(known, &name));
    let start_of_zone = match asked.query_type() {
        RecordType::SOA if is_own_zone => Some(RData::SOA(SOA::new(Name::root(), Name::root(), 1, 60, 60, 60, 1))),
        RecordType::NS if is_own_zone => Some(RData::NS(NS(Name::root()))),
        _ => None,
    };
    if let Some(data) = start_of_zone {
        return (ResponseCode::NoError, vec![Record::from_rdata(asked.name().clone(), TTL, data)]);
    }
    match records.get(&name) {
        Some(texts) if matches!(asked.query_type(), RecordType::TXT | RecordType::ANY) => {
            (ResponseCode::NoError, texts.iter().map(|text| txt_record(asked, text)).collect())
        }
        Some(_) => (ResponseCode::NoError, Vec::new()),
        // A name with something below it exists (RFC 8020).
        None if name.is_empty() || records.keys().any(|known| is_below(known, &name)) => {
            (ResponseCode::NoError, Vec::new())
        }
        None => (ResponseCode::NXDomain, Vec::new()),
    }
}

const TTL: u32 = 1;

fn is_below(name: &str, parent: &str) -> bool {
    name.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.'))
}

/// One string of a TXT record holds 255 bytes at most.
fn txt_record(asked: &Query, text: &str) -> Record {
    let strings: Vec<&[u8]> = if text.is_empty() { vec![&[]] } else { text.as_bytes().chunks(255).collect() };
    Record::from_rdata(asked.name().clone(), TTL, RData::TXT(TXT::from_bytes(strings)))
}

/// FORMERR to what at least has the header of a query.
fn malformed(query: &[u8]) -> Option<Vec<u8>> {
    let (header, _) = query.split_first_chunk::<12>()?;
    let [high, low, flags, ..] = *header;
    let is_response = flags & 0x80 != 0;
    let message = Message::error_msg(u16::from_be_bytes([high, low]), OpCode::Query, ResponseCode::FormErr);
    if is_response { None } else { message.to_vec().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Cause, Dnssec, Fact, TxtReading};
    use crate::sources::dns::{self, DnsConfig, DnsSource};
    use hickory_proto::rr::Name;

    const LONG: usize = 700;

    fn started() -> Resolver {
        let resolver = Resolver::start(([127, 0, 0, 1], 0).into(), TxtRecords::default()).unwrap();
        resolver.publish("Carrier.Example.", &["openatts net=ethereum", "v=spf1 -all"]);
        resolver.publish("long.example", &["x".repeat(LONG), "y".repeat(LONG), "z".repeat(LONG)]);
        resolver
    }

    async fn txt(resolver: &Resolver, name: &str) -> Result<TxtReading, Cause> {
        let resolvers = vec![dns::Resolver::Plain(resolver.address())];
        match DnsSource::new(DnsConfig { resolvers, ..DnsConfig::default() }).unwrap().txt(name).await.0 {
            Ok(Fact::DnsTxt(reading)) => Ok(reading),
            Ok(other) => panic!("{other:?}"),
            Err(why) => Err(why.cause),
        }
    }

    fn query(name: &str, kind: RecordType) -> Message {
        let mut message = Message::new(7, MessageType::Query, OpCode::Query);
        message.add_query(Query::query(Name::from_ascii(name).unwrap(), kind));
        message
    }

    fn answered(resolver: &Resolver, query: &Message, transport: Transport) -> Message {
        let bytes = reply(&query.to_vec().unwrap(), transport, &resolver.records).unwrap();
        let reply = Message::from_vec(&bytes).unwrap();
        assert_eq!((reply.metadata.id, reply.metadata.message_type), (7, MessageType::Response));
        reply
    }

    #[tokio::test]
    async fn published_records_are_read_and_nothing_claims_to_be_signed() {
        let resolver = started();
        let reading = txt(&resolver, "carrier.example").await.unwrap();
        assert_eq!(reading.records, ["openatts net=ethereum", "v=spf1 -all"]);
        assert_eq!((reading.name_exists, reading.dnssec), (true, Dnssec::NotChecked));
        resolver.publish("carrier.example", &["changed"]);
        assert_eq!(txt(&resolver, "carrier.example").await.unwrap().records, ["changed"]);
        resolver.publish::<&str>("carrier.example", &[]);
        let reading = txt(&resolver, "carrier.example").await.unwrap();
        assert_eq!((reading.name_exists, reading.records.len()), (true, 0));
        let reading = txt(&resolver, "nothing.example").await.unwrap();
        assert_eq!((reading.name_exists, reading.records.len()), (false, 0));
    }

    #[tokio::test]
    async fn its_denials_count_below_its_own_top_level_domains_only() {
        let resolver = started();
        for (name, answered) in [("nothing.example", true), ("example", true), ("carrier.test", false)] {
            let top_level = txt(&resolver, name).await.unwrap().top_level.unwrap();
            assert_eq!(top_level.answered, answered, "{name}");
        }
    }

    #[tokio::test]
    async fn what_is_too_long_for_a_packet_is_read_over_tcp() {
        let resolver = started();
        let reading = txt(&resolver, "long.example").await.unwrap();
        assert_eq!(reading.records.iter().map(String::len).collect::<Vec<_>>(), [LONG; 3]);
        let over_udp = answered(&resolver, &query("long.example.", RecordType::TXT), Transport::Udp);
        assert!(over_udp.metadata.truncation && over_udp.answers.is_empty());
    }

    #[tokio::test]
    async fn edns_raises_the_size_of_a_packet_and_is_answered() {
        let resolver = started();
        resolver.publish("long.example", &["x".repeat(LONG)]);
        let mut asked = query("long.example.", RecordType::TXT);
        assert!(answered(&resolver, &asked, Transport::Udp).metadata.truncation);
        let mut edns = Edns::new();
        edns.set_max_payload(4096);
        asked.set_edns(edns);
        let reply = answered(&resolver, &asked, Transport::Udp);
        assert_eq!((reply.metadata.truncation, reply.answers.len(), reply.edns.is_some()), (false, 1, true));
    }

    #[tokio::test]
    async fn other_types_of_known_names_are_empty_and_other_operations_are_refused() {
        let resolver = started();
        let code = |query: &Message| {
            let reply = answered(&resolver, query, Transport::Tcp);
            (reply.metadata.response_code, reply.answers.len())
        };
        assert_eq!(code(&query("CARRIER.example.", RecordType::TXT)), (ResponseCode::NoError, 2));
        for (name, kind) in [
            ("carrier.example.", RecordType::A),
            ("carrier.example.", RecordType::SOA),
            ("example.", RecordType::TXT),
            (".", RecordType::DNSKEY),
        ] {
            assert_eq!(code(&query(name, kind)), (ResponseCode::NoError, 0), "{name}");
        }
        for kind in [RecordType::SOA, RecordType::NS] {
            assert_eq!(code(&query("Example.", kind)), (ResponseCode::NoError, 1));
            assert_eq!(code(&query(".", kind)), (ResponseCode::NoError, 1));
            assert_eq!(code(&query("test.", kind)), (ResponseCode::NXDomain, 0));
        }
        assert_eq!(code(&query("rier.example.", RecordType::TXT)), (ResponseCode::NXDomain, 0));
        let mut update = query("carrier.example.", RecordType::TXT);
        update.metadata.op_code = OpCode::Notify;
        assert_eq!(code(&update), (ResponseCode::Refused, 0));
        let mut none = query("carrier.example.", RecordType::TXT);
        none.queries.clear();
        assert_eq!(code(&none), (ResponseCode::FormErr, 0));
    }

    #[tokio::test]
    async fn what_is_no_query_is_not_answered() {
        let resolver = started();
        let mut response = query("carrier.example.", RecordType::TXT);
        response.metadata.message_type = MessageType::Response;
        assert_eq!(reply(&response.to_vec().unwrap(), Transport::Udp, &resolver.records), None);
        assert_eq!(reply(&[0; 11], Transport::Udp, &resolver.records), None);
        let garbage =
            reply(&[&[0, 7, 0, 0], [0xff; 20].as_slice()].concat(), Transport::Udp, &resolver.records).unwrap();
        assert_eq!(Message::from_vec(&garbage).unwrap().metadata.response_code, ResponseCode::FormErr);
    }

    #[tokio::test]
    async fn stopped_it_leaves_its_port() {
        let resolver = started();
        let (address, records) = (resolver.address(), Arc::clone(&resolver.records));
        txt(&resolver, "long.example").await.unwrap();
        resolver.stop().await;
        let again = Resolver::start(address, records).unwrap();
        assert_eq!(again.address(), address);
        assert_eq!(txt(&again, "carrier.example").await.unwrap().records.len(), 2);
    }
}
