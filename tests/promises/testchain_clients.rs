//! The embedded chain as its users' tools use it: pages in a browser, many connections, filters, WebSockets, signatures,
//! snapshots and time.

use crate::support::node;

use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ebl_verifier::primitives::ChainId;
use ebl_verifier::testchain::accounts::DEV_ACCOUNTS;
use ebl_verifier::testchain::chain::Chain;
use ebl_verifier::testchain::rpc::{MAX_BODY, MAX_CONNECTIONS, MAX_SUBSCRIPTIONS, RpcServer};
use ebl_verifier::testchain::sandbox::{Party, Sandbox};
use ebl_verifier::verify::Verdict;
use ethers::types::{RecoveryMessage, Signature};
use futures_util::{SinkExt as _, StreamExt as _};
use node::{COUNTER, Node, code, hex};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

async fn started_for(pages: &[&str]) -> (RpcServer, Node) {
    let chain = Chain::new(ChainId::try_from(31337).unwrap(), 1_700_000_000);
    let pages = pages.iter().map(|page| page.parse().unwrap()).collect();
    let address = "127.0.0.1:0".parse().unwrap();
    let server = RpcServer::start_for_pages(Arc::new(Mutex::new(chain)), address, pages).await.unwrap();
    let node = Node { url: server.url() };
    (server, node)
}

async fn started() -> (RpcServer, Node) {
    started_for(&[]).await
}

async fn with_counter() -> (RpcServer, Node, String) {
    let (server, node) = started().await;
    let receipt = node.send(&me(), None, &code(COUNTER)).await;
    let counter = receipt["contractAddress"].as_str().unwrap().to_owned();
    (server, node, counter)
}

fn me() -> String {
    hex(&DEV_ACCOUNTS[0].address.0)
}

/// What a request gets, with the names of its headers in lower case. Bounded, so that a server that does not answer fails
/// the test.
async fn raw(address: SocketAddr, head: &str, body: &str) -> String {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let length = body.len();
        let request = format!("{head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        reply
    };
    tokio::time::timeout(Duration::from_secs(60), exchange).await.expect("an answer")
}

const MINE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"evm_mine"}"#;

#[tokio::test]
async fn a_page_that_was_not_named_can_do_nothing() {
    let (server, node) = started_for(&["http://localhost:3000"]).await;
    let own = format!("127.0.0.1:{}", server.address().port());
    for (host, origin) in [
        (own.as_str(), "https://evil.example"),
        (&own, "null"),
        (&own, "http://localhost:3001"),
        ("rebound.example", "http://rebound.example"),
        ("rebound.example", "http://localhost:3000"),
    ] {
        for start in ["POST /", "OPTIONS /", "GET /"] {
            let upgrade =
                "upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==";
            let head = format!("{start} HTTP/1.1\r\nhost: {host}\r\norigin: {origin}\r\n{upgrade}");
            let reply = raw(server.address(), &head, MINE).await;
            assert!(reply.starts_with("HTTP/1.1 403"), "{head}: {reply}");
            assert!(!reply.contains("access-control-allow-origin"), "{head}: {reply}");
        }
    }
    // Reached by a foreign name, without any page.
    let reply = raw(server.address(), "POST / HTTP/1.1\r\nhost: rebound.example", MINE).await;
    assert!(reply.starts_with("HTTP/1.1 403"), "{reply}");
    assert_eq!(node.ask("eth_blockNumber", json!([])).await, "0x0");
}

#[tokio::test]
async fn a_page_that_was_named_is_let_in_and_told_so() {
    let (server, _node) = started_for(&["http://localhost:3000", "https://app.example"]).await;
    let allowed = "access-control-allow-origin: https://app.example\r\n";
    let head = "OPTIONS / HTTP/1.1\r\nhost: localhost\r\norigin: https://app.example\r\n\
        access-control-request-method: POST\r\naccess-control-request-headers: content-type,x-mine\r\n\
        access-control-request-private-network: true";
    let preflight = raw(server.address(), head, "").await;
    assert!(preflight.starts_with("HTTP/1.1 204") && preflight.contains(allowed), "{preflight}");
    for line in [
        "access-control-allow-methods: GET, POST\r\n",
        "access-control-allow-headers: content-type,x-mine\r\n",
        "access-control-allow-private-network: true\r\n",
        "vary: origin\r\n",
    ] {
        assert!(preflight.contains(line), "{line}: {preflight}");
    }
    let head = "POST / HTTP/1.1\r\nhost: localhost\r\norigin: https://app.example\r\ncontent-type: application/json";
    let reply = raw(server.address(), head, MINE).await;
    assert!(reply.starts_with("HTTP/1.1 200") && reply.contains(allowed) && reply.contains("\"0x0\""), "{reply}");
    // An error that the page could not read would look like a server that is down.
    let reply = raw(server.address(), &head.replace("POST / ", "POST /other "), MINE).await;
    assert!(reply.starts_with("HTTP/1.1 404") && reply.contains(allowed), "{reply}");
    let program = raw(server.address(), "POST / HTTP/1.1\r\nhost: localhost", MINE).await;
    assert!(program.starts_with("HTTP/1.1 200") && !program.contains("access-control"), "{program}");
}

/// A client that keeps its connection.
struct KeptAlive(BufReader<TcpStream>);

impl KeptAlive {
    async fn open(address: SocketAddr) -> Self {
        Self(BufReader::new(TcpStream::connect(address).await.unwrap()))
    }

    /// The answer, or `None` where the connection was closed.
    async fn ask(&mut self, host: SocketAddr) -> Option<Value> {
        let body = r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}"#;
        let request = format!("POST / HTTP/1.1\r\nhost: {host}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        self.0.write_all(request.as_bytes()).await.ok()?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            if let Some(number) = line.strip_prefix("content-length: ") {
                length = number.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.ok()?;
        serde_json::from_slice(&body).ok()
    }
}

#[tokio::test]
async fn three_hundred_clients_that_keep_their_connections_are_all_answered() {
    let (server, node) = started().await;
    let address = server.address();
    let all = async {
        let mut clients = Vec::new();
        for _ in 0..300 {
            let mut client = KeptAlive::open(address).await;
            assert_eq!(client.ask(address).await.unwrap()["result"], "0x7a69");
            clients.push(client);
        }
        // Nobody was sent away, and who comes later is answered beside them.
        for client in &mut clients {
            assert_eq!(client.ask(address).await.unwrap()["result"], "0x7a69");
        }
        assert_eq!(node.ask("eth_chainId", json!([])).await, "0x7a69");
    };
    tokio::time::timeout(Duration::from_secs(50), all).await.expect("every client is answered");
}

/// Each with connections of its own, as so many commands would.
#[tokio::test]
async fn a_hundred_verifications_at_once_are_valid_beside_three_hundred_idle_clients() {
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut sandbox = Sandbox::start(any_port, any_port).await.unwrap();
    let wrapped = sandbox.bill("NDSE-2026-00001", sandbox.v5.address).oa2(&mut sandbox.salts);
    sandbox.mint(sandbox.v5, wrapped.target_hash.into(), [Party::Shipper, Party::Shipper]).unwrap();
    let document: Arc<[u8]> = wrapped.document.to_string().into_bytes().into();
    let address: SocketAddr = sandbox.rpc_url().trim_start_matches("http://").parse().unwrap();
    let mut idle = Vec::new();
    for _ in 0..300 {
        let mut client = KeptAlive::open(address).await;
        // A hundred have asked before, the others never do.
        if idle.len() < 100 {
            client.ask(address).await.unwrap();
        }
        idle.push(client);
    }
    let mut all = JoinSet::new();
    for _ in 0..100 {
        let verifier = sandbox.verifier().unwrap().timeout(Duration::from_secs(50)).build().unwrap();
        let (document, wishes) = (Arc::clone(&document), sandbox.wishes());
        all.spawn(async move { verifier.verify(&document, &wishes).await.unwrap().verdict });
    }
    assert_eq!(all.join_all().await, [Verdict::Valid; 100]);
    for client in &mut idle[..100] {
        assert!(client.ask(address).await.is_some());
    }
}

#[tokio::test]
async fn where_there_are_too_many_connections_the_one_idle_the_longest_goes() {
    let (server, _node) = started().await;
    let address = server.address();
    let all = async {
        let mut clients = Vec::new();
        for _ in 0..MAX_CONNECTIONS {
            clients.push(KeptAlive::open(address).await);
        }
        // Neither the one that has just asked nor the one that is in the middle of a request has to go.
        let mut busy = clients.remove(0);
        assert!(busy.ask(address).await.is_some());
        for _ in 0..20 {
            let mut newcomer = KeptAlive::open(address).await;
            assert!(newcomer.ask(address).await.is_some());
        }
        assert!(busy.ask(address).await.is_some());
        assert!(clients.first_mut().unwrap().ask(address).await.is_none());
        assert!(clients.last_mut().unwrap().ask(address).await.is_some());
    };
    tokio::time::timeout(Duration::from_secs(50), all).await.expect("every client is answered");
}

#[tokio::test]
async fn filters_tell_what_is_new_since_they_were_asked() {
    let (_server, node, counter) = with_counter().await;
    let filter = async |method: &str, params: Value| node.ask(method, params).await;
    let blocks = filter("eth_newBlockFilter", json!([])).await;
    let transactions = filter("eth_newPendingTransactionFilter", json!([])).await;
    let logs = filter("eth_newFilter", json!([{"address": counter}])).await;
    let others = filter("eth_newFilter", json!([{"address": me(), "topics": [null]}])).await;
    let late = filter("eth_newFilter", json!([{"fromBlock": "0x3"}])).await;
    let ids: HashSet<_> = [&blocks, &transactions, &logs, &others, &late].map(|id| id.as_str().unwrap()).into();
    assert_eq!(ids.len(), 5);
    let changes = async |id: &Value| node.ask("eth_getFilterChanges", json!([id])).await;
    for id in [&blocks, &transactions, &logs, &others] {
        assert_eq!(changes(id).await, json!([]));
    }
    let mut receipts = Vec::new();
    for _ in 0..2 {
        receipts.push(node.send(&me(), Some(&counter), &[]).await);
    }
    node.ask("evm_mine", json!([])).await;
    let written = json!([receipts[0]["logs"][0], receipts[1]["logs"][0]]);
    let empty = node.ask("eth_getBlockByNumber", json!(["latest", false])).await["hash"].clone();
    assert_eq!(changes(&blocks).await, json!([receipts[0]["blockHash"], receipts[1]["blockHash"], empty]));
    assert_eq!(changes(&transactions).await, json!([receipts[0]["transactionHash"], receipts[1]["transactionHash"]]));
    assert_eq!(changes(&logs).await, written);
    assert_eq!(changes(&late).await, json!([written[1]]));
    for id in [&blocks, &transactions, &logs, &others] {
        assert_eq!(changes(id).await, json!([]));
    }
    let all = node.ask("eth_newFilter", json!([{"fromBlock": "earliest", "address": counter}])).await;
    assert_eq!((changes(&all).await, node.ask("eth_getFilterLogs", json!([all])).await), (json!([]), written));
    assert_eq!(node.refusal("eth_getFilterLogs", json!([blocks])).await["code"], -32000);
    assert_eq!(node.ask("eth_uninstallFilter", json!([logs])).await, true);
    assert_eq!(node.ask("eth_uninstallFilter", json!([logs])).await, false);
    assert_eq!(node.refusal("eth_getFilterChanges", json!([logs])).await["code"], -32000);
    assert_eq!(node.refusal("eth_newFilter", json!([{"fromBlock": "0x5", "toBlock": "0x1"}])).await["code"], -32602);
}

type Socket = WebSocketStream<TcpStream>;

async fn websocket(server: &RpcServer) -> Socket {
    let stream = TcpStream::connect(server.address()).await.unwrap();
    tokio_tungstenite::client_async(server.websocket_url(), stream).await.unwrap().0
}

/// The next message; bounded, so that one that never comes fails the test.
async fn heard(socket: &mut Socket) -> Value {
    loop {
        let message = tokio::time::timeout(Duration::from_secs(60), socket.next()).await.expect("a message");
        match message.expect("an open socket").expect("a message") {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Ping(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn asked(socket: &mut Socket, method: &str, params: Value) -> Value {
    let call = json!({"jsonrpc": "2.0", "id": method, "method": method, "params": params});
    socket.send(Message::text(call.to_string())).await.unwrap();
    let reply = heard(socket).await;
    assert_eq!(reply["id"], method, "{reply}");
    reply
}

#[tokio::test]
async fn a_websocket_answers_and_tells_what_was_subscribed_to() {
    let (server, node, counter) = with_counter().await;
    let mut socket = websocket(&server).await;
    assert_eq!(asked(&mut socket, "eth_chainId", json!([])).await["result"], "0x7a69");
    let mut ids = Vec::new();
    for params in [
        json!(["newHeads"]),
        json!(["newPendingTransactions"]),
        json!(["newPendingTransactions", true]),
        json!(["logs", {"address": counter}]),
        json!(["logs", {"address": me()}]),
    ] {
        ids.push(asked(&mut socket, "eth_subscribe", params).await["result"].clone());
    }
    let receipt = node.send(&me(), Some(&counter), &[]).await;
    let mut block = node.ask("eth_getBlockByHash", json!([receipt["blockHash"], false])).await;
    let transaction = node.ask("eth_getTransactionByHash", json!([receipt["transactionHash"]])).await;
    for name in ["size", "totalDifficulty", "transactions", "uncles", "withdrawals"] {
        block.as_object_mut().unwrap().remove(name);
    }
    for (id, result) in
        ids.iter().zip([block, receipt["transactionHash"].clone(), transaction, receipt["logs"][0].clone()])
    {
        let wanted =
            json!({"jsonrpc": "2.0", "method": "eth_subscription", "params": {"subscription": id, "result": result}});
        assert_eq!(heard(&mut socket).await, wanted);
    }
    for id in &ids[1..] {
        assert_eq!(asked(&mut socket, "eth_unsubscribe", json!([id])).await["result"], true);
    }
    assert_eq!(asked(&mut socket, "eth_unsubscribe", json!([ids[1]])).await["result"], false);
    node.send(&me(), Some(&counter), &[]).await;
    node.ask("evm_mine", json!([])).await;
    for number in ["0x3", "0x4"] {
        let head = heard(&mut socket).await;
        assert_eq!((&head["params"]["subscription"], &head["params"]["result"]["number"]), (&ids[0], &json!(number)));
    }
    // A subscription ends with its socket, and belongs to nobody else.
    let mut other = websocket(&server).await;
    assert_eq!(asked(&mut other, "eth_unsubscribe", json!([ids[0]])).await["result"], false);
    assert_eq!(node.refusal("eth_subscribe", json!(["newHeads"])).await["code"], -32601);
    socket.close(None).await.unwrap();
    server.stop().await;
    assert!(!matches!(other.next().await, Some(Ok(Message::Text(_)))));
}

#[tokio::test]
async fn a_websocket_has_limits() {
    let (server, _node) = started().await;
    let mut socket = websocket(&server).await;
    for params in [json!([]), json!(["nope"]), json!(["logs", {"fromBlock": "0x0"}]), json!(["newHeads", 1])] {
        assert_eq!(asked(&mut socket, "eth_subscribe", params).await["error"]["code"], -32602);
    }
    for (text, code) in [("not json", -32700), ("[]", -32600), ("{}", -32600)] {
        socket.send(Message::text(text)).await.unwrap();
        assert_eq!(heard(&mut socket).await["error"]["code"], code, "{text}");
    }
    for _ in 0..MAX_SUBSCRIPTIONS {
        assert!(asked(&mut socket, "eth_subscribe", json!(["newHeads"])).await["result"].is_string());
    }
    assert_eq!(asked(&mut socket, "eth_subscribe", json!(["newHeads"])).await["error"]["code"], -32005);
    // The server does not read on after what is too large, so sending may fail as well.
    let _ = socket.send(Message::text(" ".repeat(MAX_BODY + 1))).await;
    while let Some(Ok(message)) = socket.next().await {
        assert!(matches!(message, Message::Close(_)), "{message:?}");
    }
    let head = "GET / HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket";
    assert!(raw(server.address(), head, "").await.starts_with("HTTP/1.1 400"));
}

#[tokio::test]
async fn messages_are_signed_with_the_key_of_the_account_that_is_named() {
    let (_server, node) = started().await;
    for account in &DEV_ACCOUNTS[..2] {
        let address = hex(&account.address.0);
        let signature = node.ask("personal_sign", json!(["0xdeadbeef", address])).await;
        assert_eq!(node.ask("eth_sign", json!([address, "0xdeadbeef"])).await, signature);
        assert_eq!(node.ask("personal_sign", json!(["0xdeadbeef", address, "password"])).await, signature);
        let signature: Signature = signature.as_str().unwrap().parse().unwrap();
        let message = RecoveryMessage::Data(vec![0xde, 0xad, 0xbe, 0xef]);
        assert_eq!(signature.recover(message).unwrap().0, account.address.0);
    }
    for (method, params) in [
        ("personal_sign", json!(["hello", me()])),
        ("personal_sign", json!(["0x00", hex(&[1; 20])])),
        ("personal_sign", json!([me(), "0x00"])),
        ("eth_sign", json!(["0x00", me()])),
        ("eth_signTypedData_v4", json!([me(), "{}"])),
    ] {
        assert_eq!(node.refusal(method, params).await["code"], -32602, "{method}");
    }
    assert_eq!(node.ask("eth_requestAccounts", json!([])).await, node.ask("eth_accounts", json!([])).await);
}

#[tokio::test]
async fn a_snapshot_takes_everything_back_once() {
    let (_server, node, counter) = with_counter().await;
    node.send(&me(), Some(&counter), &[]).await;
    let state = async || {
        let mut seen = Vec::new();
        for (method, params) in [
            ("eth_getBlockByNumber", json!(["latest", true])),
            ("eth_getStorageAt", json!([counter, "0x0", "latest"])),
            ("eth_getProof", json!([counter, ["0x0"], "latest"])),
            ("eth_getTransactionCount", json!([me(), "latest"])),
            ("eth_getLogs", json!([{"fromBlock": "0x0"}])),
        ] {
            seen.push(node.ask(method, params).await);
        }
        seen
    };
    let before = state().await;
    let first = node.ask("evm_snapshot", json!([])).await;
    let receipt = node.send(&me(), Some(&counter), &[]).await;
    let second = node.ask("anvil_snapshot", json!([])).await;
    node.send(&me(), Some(&counter), &[]).await;
    let created = node.send(&me(), None, &code(COUNTER)).await["contractAddress"].clone();
    assert_eq!(node.ask("evm_revert", json!([first])).await, true);
    assert_eq!(state().await, before);
    assert_eq!(node.ask("eth_getCode", json!([created, "latest"])).await, "0x");
    for method in ["eth_getTransactionReceipt", "eth_getTransactionByHash"] {
        assert_eq!(node.ask(method, json!([receipt["transactionHash"]])).await, Value::Null);
    }
    assert_eq!(node.ask("eth_getBlockByHash", json!([receipt["blockHash"], false])).await, Value::Null);
    // Used up, with the later one.
    for id in [&first, &second, &json!("0x77")] {
        assert_eq!(node.ask("evm_revert", json!([id])).await, false);
    }
    let again = node.send(&me(), Some(&counter), &[]).await;
    assert_eq!((&again["status"], &again["blockNumber"]), (&json!("0x1"), &receipt["blockNumber"]));
    assert_eq!(again["logs"][0]["data"], receipt["logs"][0]["data"]);
}

#[tokio::test]
async fn time_goes_forward_as_told() {
    let (_server, node) = started().await;
    let now = async || {
        let head = node.ask("eth_getBlockByNumber", json!(["latest", false])).await;
        u64::from_str_radix(&head["timestamp"].as_str().unwrap()[2..], 16).unwrap()
    };
    node.ask("evm_mine", json!([])).await;
    let start = now().await;
    let snapshot = node.ask("evm_snapshot", json!([])).await;
    assert_eq!(node.ask("evm_increaseTime", json!([1_000_000])).await, 1_000_000);
    assert_eq!(node.ask("anvil_increaseTime", json!(["0x64"])).await, 1_000_100);
    node.ask("evm_mine", json!([])).await;
    assert!((1_000_100..1_001_000).contains(&(now().await - start)));
    node.ask("evm_setNextBlockTimestamp", json!([4_000_000_000u64])).await;
    node.send(&me(), Some(&me()), &[]).await;
    assert_eq!(now().await, 4_000_000_000);
    node.ask("evm_mine", json!([])).await;
    assert!((4_000_000_001..4_000_001_000).contains(&now().await));
    node.ask("anvil_mine", json!(["0x5", "0x3e8"])).await;
    node.ask("hardhat_mine", json!([])).await;
    node.ask("evm_mine", json!([{"blocks": 2}])).await;
    assert_eq!(node.ask("eth_blockNumber", json!([])).await, "0xc");
    assert!(now().await >= 4_000_004_001);
    for (method, params) in [
        ("evm_setNextBlockTimestamp", json!([4_000_000_000u64])),
        ("evm_increaseTime", json!([-1])),
        ("evm_increaseTime", json!([u64::MAX])),
        ("evm_mine", json!([{"time": 5}])),
    ] {
        assert_eq!(node.refusal(method, params).await["code"], -32602, "{method}");
    }
    assert_eq!(node.refusal("anvil_mine", json!(["0x7fffffff"])).await["code"], -32005);
    assert_eq!(node.ask("anvil_revert", json!([snapshot])).await, true);
    node.ask("evm_mine", json!([])).await;
    assert!(now().await - start < 1_000_000);
}

#[tokio::test]
async fn an_access_list_names_what_is_looked_up_and_the_gas_that_it_leaves() {
    let (_server, node, counter) = with_counter().await;
    let zero = format!("0x{}", "00".repeat(32));
    let listed = node.ask("eth_createAccessList", json!([{"from": me(), "to": counter}, "latest"])).await;
    assert_eq!(listed["accessList"], json!([{"address": counter, "storageKeys": [zero]}]));
    let sent = json!({"from": me(), "to": counter, "accessList": listed["accessList"], "gas": "0x100000"});
    let hash = node.ask("eth_sendTransaction", json!([sent])).await;
    assert_eq!(node.receipt(&hash).await["gasUsed"], listed["gasUsed"]);
    let reverted = node.refusal("eth_createAccessList", json!([{"from": me(), "to": counter, "data": "0x01"}])).await;
    assert_eq!((&reverted["code"], &reverted["data"]), (&json!(3), &json!("0x01")));
}
