//! A DNS server on loopback for issuer records.

use std::net::UdpSocket;
use std::sync::{Arc, Mutex};

/// Answers every TXT question with the published records, and for every top-level domain, so that its denials count; the
/// wire format is written by hand so that nothing of the client under test is on both sides.
pub struct Resolver {
    pub address: String,
    records: Arc<Mutex<Vec<String>>>,
}

impl Resolver {
    pub fn start() -> Self {
        Self::replying(reply)
    }

    /// NXDOMAIN to every question, as on a closed network.
    #[allow(dead_code, reason = "each test binary uses its part")]
    pub fn denying_everything() -> Self {
        Self::replying(|query, _| [&query[..2], &[0x81, 0x83, 0, 1, 0, 0, 0, 0, 0, 0], question(query)].concat())
    }

    fn replying(reply: fn(&[u8], &[String]) -> Vec<u8>) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let address = socket.local_addr().expect("an address").to_string();
        let records = Arc::new(Mutex::new(Vec::<String>::new()));
        let served = Arc::clone(&records);
        std::thread::spawn(move || {
            let mut query = [0; 1500];
            while let Ok((length, peer)) = socket.recv_from(&mut query) {
                let reply = reply(&query[..length], &served.lock().expect("no panic"));
                let _ = socket.send_to(&reply, peer);
            }
        });
        Self { address, records }
    }

    pub fn publish(&self, records: &[&str]) {
        *self.records.lock().expect("no panic") = records.iter().map(|record| (*record).to_owned()).collect();
    }
}

fn question(query: &[u8]) -> &[u8] {
    let name_end = 12 + query[12..].iter().position(|&byte| byte == 0).expect("a name") + 1;
    &query[12..name_end + 4]
}

fn reply(query: &[u8], records: &[String]) -> Vec<u8> {
    let question = question(query);
    if question[question.len() - 4..] != [0, 16, 0, 1] {
        return reply_about_zones(query, question);
    }
    let count = u16::try_from(records.len()).expect("few").to_be_bytes();
    let mut out = [&query[..2], &[0x81, 0x80, 0, 1], &count, &[0, 0, 0, 0], question].concat();
    for record in records {
        let length = u8::try_from(record.len()).expect("short");
        out.extend([0xc0, 0x0c, 0, 16, 0, 1, 0, 0, 0, 60, 0, length + 1, length]);
        out.extend(record.as_bytes());
    }
    out
}

/// One NS record of the root or a top-level domain, and nothing else.
fn reply_about_zones(query: &[u8], question: &[u8]) -> Vec<u8> {
    let is_top_level = usize::from(question[0]) + 6 >= question.len();
    let asks_for_servers = question[question.len() - 4..] == [0, 2, 0, 1];
    if !is_top_level || !asks_for_servers {
        return [&query[..2], &[0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0], question].concat();
    }
    let record = [0xc0, 0x0c, 0, 2, 0, 1, 0, 0, 0, 60, 0, 1, 0];
    [&query[..2], &[0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0], question, &record].concat()
}
