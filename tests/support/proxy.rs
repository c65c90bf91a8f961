//! A proxy on loopback that passes JSON-RPC batches on to a node and lets a test change what comes back.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::rpc_server::{Reply, Server};

/// A server in front of `upstream`. `twist` sees each call of a batch with its reply's result, and may give another outcome.
pub fn proxy(
    upstream: &str,
    mut twist: impl FnMut(&Value, &Value) -> Option<Result<Value, Value>> + Send + 'static,
) -> Server {
    let upstream = upstream.trim_start_matches("http://").to_owned();
    Server::start(move |request| {
        let mut replies = forwarded(&upstream, &request.body);
        for call in request.body.as_array().into_iter().flatten() {
            let reply = replies.as_array_mut().expect("a list").iter_mut().find(|reply| reply["id"] == call["id"]);
            let reply = reply.expect("a reply to each call");
            match twist(call, &reply["result"]) {
                Some(Ok(result)) => *reply = json!({"jsonrpc": "2.0", "id": call["id"], "result": result}),
                Some(Err(error)) => *reply = json!({"jsonrpc": "2.0", "id": call["id"], "error": error}),
                None => {}
            }
        }
        Reply::json(&replies)
    })
}

pub fn forwarded(upstream: &str, body: &Value) -> Value {
    let body = body.to_string();
    let mut server = TcpStream::connect(upstream).expect("the node");
    let head = format!(
        "POST / HTTP/1.1\r\nhost: {upstream}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    server.write_all(format!("{head}{body}").as_bytes()).expect("sent");
    let mut reader = BufReader::new(server);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a line");
        match line.trim().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().expect("a number");
            }
            None if line.trim().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("the body");
    serde_json::from_slice(&body).expect("JSON")
}
