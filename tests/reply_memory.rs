//! What a node can make us hold: for the worst shapes of a reply, in every place of it, a small multiple of the reply's
//! size. Counted by the allocator of this test binary, the pages of the server not included: it holds none.

#[allow(dead_code, reason = "a part of it is enough here")]
#[path = "support/counting.rs"]
mod counting;
#[allow(dead_code, reason = "a part of it is enough here")]
#[path = "support/rpc_node.rs"]
mod rpc_node;
#[allow(dead_code, reason = "a part of it is enough here")]
#[path = "support/rpc_server.rs"]
mod rpc_server;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use counting::Counting;
use ebl_verifier::primitives::{Address, ChainId, Digest32, TokenId, encode_hex};
use ebl_verifier::sources::chain::{ChainConfig, ChainQuestion, ChainSource};
use rpc_node::{Node, REGISTRY};
use rpc_server::{Reply, Request};
use serde_json::{Value, json};

const TOKEN: TokenId = TokenId([0x55; 32]);
/// Of one reply.
const LIMIT: usize = 256 << 10;
/// Body, its text, and what is read of it.
const MULTIPLE: usize = 4;
/// Of everything that has another reason: the buffers of the connection above all.
const BESIDE: usize = 1 << 20;

#[global_allocator]
static COUNTED: Counting = Counting::new();

/// A value of about the reply's size: what it begins with, what is repeated, what it ends with.
#[derive(Debug, Clone, Copy)]
struct Shape(&'static str, &'static str, &'static str);

const SHAPES: [Shape; 13] = [
    Shape("[", "[],", "[]]"),
    Shape("[", "{},", "{}]"),
    Shape("[", "0,", "0]"),
    Shape("[", "\"\",", "\"\"]"),
    Shape("[", "{\"removed\":true},", "{}]"),
    Shape("[", "{\"id\":0,\"result\":0},", "{}]"),
    Shape("{", "\"a\":[],", "\"b\":0}"),
    Shape("{\"accountProof\":[", "[],", "\"0x\"]}"),
    Shape("{\"storageProof\":[", "{},", "{}]}"),
    Shape("{\"topics\":[", "\"0x\",", "\"0x\"]}"),
    Shape("\"0x", "00", "\""),
    Shape("\"", "\\u0030", "\""),
    Shape("", "[", ""),
];

/// Where a reply has it.
#[derive(Debug, Clone, Copy)]
enum Place {
    Body,
    ResultOf(&'static str),
    ErrorOf(&'static str),
}

const METHODS: [&str; 7] = [
    "eth_chainId",
    "eth_getBlockByNumber",
    "eth_call",
    "eth_getCode",
    "eth_getStorageAt",
    "eth_getLogs",
    "eth_getProof",
];

/// All in one, so that nothing else is counted.
#[test]
fn whatever_a_node_replies_a_small_multiple_of_its_size_is_held() {
    let results = METHODS.map(Place::ResultOf).into_iter();
    let places = results.chain([Place::Body, Place::ErrorOf("eth_call"), Place::ErrorOf("eth_getLogs")]);
    let mut worst = (0, String::new());
    for place in places {
        for shape in SHAPES {
            let name = format!("{place:?} {shape:?}");
            worst = worst.max((held_for(place, shape.0, shape.1, shape.2), name));
        }
    }
    let bomb = bomb();
    worst = worst.max((held_for(Place::ResultOf("eth_call"), &bomb, "", ""), "offsets to the same bytes".into()));
    let most = MULTIPLE * LIMIT + BESIDE;
    assert!(worst.0 <= most, "{} bytes for a reply of {LIMIT}: {}", worst.0, worst.1);
    // The count sees what it is there to see.
    assert!(worst.0 > LIMIT, "{worst:?}");
}

/// The most that was held beside what was held before, with this value in the replies.
fn held_for(place: Place, head: &str, repeated: &str, tail: &str) -> usize {
    let filler = Filler { place, head: head.into(), repeated: repeated.into(), tail: tail.into() };
    let url = serve(filler);
    let chain = ChainId::try_from(31337).unwrap();
    let config = ChainConfig {
        endpoints: [(chain, vec![url.parse().unwrap()])].into(),
        use_embedded: false,
        max_response: LIMIT,
        retries: 0,
        ..ChainConfig::default()
    };
    let (registry, token) = (REGISTRY, TOKEN);
    let source = ChainSource::new(config).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let asked = || async {
        // One after the other: each conversation holds a reply of its own.
        for question in [
            ChainQuestion::History { registry, token },
            ChainQuestion::Powers { registry },
            ChainQuestion::Proof { registry, token },
            ChainQuestion::DocumentStore { store: REGISTRY, target_hash: Digest32([7; 32]), proof: Vec::new() },
            ChainQuestion::DidEthr { registry, identity: Address([0x44; 20]) },
        ] {
            drop(source.read(chain, vec![question]).await);
        }
    };
    let ((), taken) = COUNTED.of(|| runtime.block_on(asked()));
    taken.peak
}

struct Filler {
    place: Place,
    head: String,
    repeated: String,
    tail: String,
}

/// Answers as a good node would, but for one place.
fn serve(filler: Filler) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let filler = Arc::new(filler);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let filler = Arc::clone(&filler);
            std::thread::spawn(move || reply(stream, &filler));
        }
    });
    url
}

fn reply(stream: TcpStream, filler: &Filler) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        match line.trim().to_ascii_lowercase().split_once(':') {
            Some(("content-length", value)) => length = value.trim().parse().ok()?,
            None if line.trim().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body: Value = serde_json::from_slice(&body).ok()?;
    let request = Request { line: String::new(), headers: Vec::new(), body };
    let good = Node::live(TOKEN).reply_but(&request, |method, _| match filler.place {
        Place::ResultOf(wanted) if method == wanted => Some(Ok(json!(PLACE))),
        Place::ErrorOf(wanted) if method == wanted => {
            Some(Err(json!({"code": -32000, "message": "no", "data": PLACE})))
        }
        // The slots that a proof looks for, too.
        _ if method == "eth_getStorageAt" => Some(Ok(json!(rpc_node::hex(&[0; 32])))),
        _ => None,
    });
    let Reply::Http(_, _, good) = good else { return None };
    let marker = format!("\"{PLACE}\"");
    let (before, after) = match filler.place {
        Place::Body => ("", ""),
        // Once is enough: the size of the whole reply is limited.
        _ => good.split_once(&marker).unwrap_or((&good, "")),
    };
    let after = after.replace(&marker, "null");
    let fixed = before.len() + filler.head.len() + filler.tail.len() + after.len();
    let fills = matches!(filler.place, Place::Body) || good.contains(&marker);
    let room = if fills { LIMIT.saturating_sub(fixed) } else { 0 };
    let times = room.checked_div(filler.repeated.len()).unwrap_or_default();
    let (head, tail) = if fills { (filler.head.as_str(), filler.tail.as_str()) } else { ("", "") };
    let length = before.len() + head.len() + times * filler.repeated.len() + tail.len() + after.len();
    let stream = reader.get_mut();
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{before}{head}").ok()?;
    let some = filler.repeated.repeat(1000);
    for _ in 0..times / 1000 {
        stream.write_all(some.as_bytes()).ok()?;
    }
    let rest = some.get(..times % 1000 * filler.repeated.len())?;
    write!(stream, "{rest}{tail}{after}").ok()
}

/// Stands where the value goes.
const PLACE: &str = "the value";

/// An answer of the lens whose calls all have the same data: each is small as it is written, and large as it is read.
fn bomb() -> String {
    const CALLS: usize = 4000;
    const LENGTH: usize = 64 << 10;
    let word = |value: usize| {
        let mut word = [0; 32];
        word[24..].copy_from_slice(&(value as u64).to_be_bytes());
        word
    };
    let mut words = vec![word(32)];
    words.extend([word(0); 18]);
    // The escrow's code, its size, and the calls.
    words.extend([word(21 * 32), word(0), word(22 * 32), word(0), word(CALLS)]);
    words.extend(vec![word(CALLS * 32); CALLS]);
    words.extend([word(1), word(64), word(LENGTH)]);
    words.extend(vec![[0xab; 32]; LENGTH / 32]);
    format!("\"0x{}\"", encode_hex(&words.concat()))
}
