//! The embedded chain behind its JSON-RPC server: what clients of this field send is answered in the form they read, and
//! what is wrong gets the right error.

use crate::support::node;

use std::sync::{Arc, Mutex};

use ebl_verifier::primitives::{Address, ChainId, Digest32, keccak256};
use ebl_verifier::testchain::accounts::DEV_ACCOUNTS;
use ebl_verifier::testchain::chain::{AccessListEntry, Chain, Form, Transaction};
use ebl_verifier::testchain::rpc::{MAX_BATCH, MAX_BODY, RpcServer};
use ethers::types::{Block, FeeHistory, Log, TransactionReceipt};
use ethers::utils::rlp::RlpStream;
use node::{COUNTER, Node, code, hex};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn id() -> ChainId {
    ChainId::try_from(31337).unwrap()
}

async fn started() -> (RpcServer, Node) {
    let chain = Arc::new(Mutex::new(Chain::new(id(), 1_700_000_000)));
    let server = RpcServer::start(chain, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let node = Node { url: server.url() };
    (server, node)
}

async fn with_counter() -> (RpcServer, Node, String) {
    let (server, node) = started().await;
    let receipt = node.send(&me(), None, &code(COUNTER)).await;
    assert_eq!(receipt["status"], "0x1");
    let counter = receipt["contractAddress"].as_str().unwrap().to_owned();
    (server, node, counter)
}

fn me() -> String {
    hex(&DEV_ACCOUNTS[0].address.0)
}

#[tokio::test]
async fn what_is_not_a_request_gets_the_code_of_the_standard() {
    let (_server, node) = started().await;
    for (body, code) in [
        ("not json", -32700),
        ("", -32700),
        ("[{\"jsonrpc\"", -32700),
        ("{}", -32600),
        ("[]", -32600),
        ("1", -32600),
        (r#"{"jsonrpc":"1.0","id":1,"method":"eth_chainId"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":5}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":{},"method":"eth_chainId"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":"x"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":{}}"#, -32602),
        (r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[1]}"#, -32602),
        (r#"{"jsonrpc":"2.0","id":1,"method":"eth_nope","params":[]}"#, -32601),
    ] {
        let (status, text) = node.post(body).await;
        let reply: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((status, &reply["error"]["code"], &reply["jsonrpc"]), (200, &json!(code), &json!("2.0")), "{body}");
    }
    let deep = "[".repeat(100_000);
    assert!(node.post(deep).await.1.contains("-32700"));
}

#[tokio::test]
async fn a_batch_is_answered_call_by_call_and_a_notification_not_at_all() {
    let (_server, node) = started().await;
    let batch = r#"[{"jsonrpc":"2.0","id":"a","method":"eth_chainId"},{"jsonrpc":"2.0","method":"evm_mine"},3,
        {"jsonrpc":"2.0","id":null,"method":"eth_blockNumber","params":[]}]"#;
    let replies: Value = serde_json::from_str(&node.post(batch).await.1).unwrap();
    assert_eq!(replies[0], json!({"jsonrpc": "2.0", "id": "a", "result": "0x7a69"}));
    assert_eq!((&replies[1]["id"], &replies[1]["error"]["code"]), (&Value::Null, &json!(-32600)));
    assert_eq!(replies[2], json!({"jsonrpc": "2.0", "id": null, "result": "0x1"}));
    assert_eq!(replies.as_array().unwrap().len(), 3);

    assert_eq!(node.post(r#"{"jsonrpc":"2.0","method":"evm_mine"}"#).await, (204, String::new()));
    assert_eq!(node.ask("eth_blockNumber", json!([])).await, "0x2");

    let call = r#"{"jsonrpc":"2.0","id":1,"method":"evm_mine"}"#;
    let too_many = format!("[{}]", vec![call; MAX_BATCH + 1].join(","));
    let reply: Value = serde_json::from_str(&node.post(too_many).await.1).unwrap();
    assert_eq!(reply["error"]["code"], -32600);
    assert_eq!(node.ask("eth_blockNumber", json!([])).await, "0x2");
}

#[tokio::test]
async fn http_is_post_on_the_root_and_a_word_for_people() {
    let (server, node) = started().await;
    let ask = async |method: &str, path: &str| {
        let mut stream = tokio::net::TcpStream::connect(server.address()).await.unwrap();
        let request = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        reply
    };
    let page = ask("GET", "/").await;
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("local test chain of ebl-verifier"), "{page}");
    assert!(ask("POST", "/other").await.starts_with("HTTP/1.1 404"));
    let refused = ask("PUT", "/").await;
    assert!(refused.starts_with("HTTP/1.1 405") && refused.contains("allow: GET, POST"), "{refused}");
    assert_eq!(node.post(vec![b' '; MAX_BODY + 1]).await.0, 413);
}

#[tokio::test]
async fn a_stopped_server_is_a_node_that_is_down() {
    let (server, node) = started().await;
    let address = server.address();
    let mut idle = tokio::net::TcpStream::connect(address).await.unwrap();
    assert_eq!(node.ask("eth_chainId", json!([])).await, "0x7a69");
    server.stop().await;
    assert!(!matches!(idle.read(&mut [0]).await, Ok(1..)));
    let refused = tokio::net::TcpStream::connect(address).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn the_chain_outlives_its_server() {
    let chain = Arc::new(Mutex::new(Chain::new(id(), 1_700_000_000)));
    let server = RpcServer::start(Arc::clone(&chain), "127.0.0.1:0".parse().unwrap()).await.unwrap();
    Node { url: server.url() }.ask("evm_mine", json!([])).await;
    server.stop().await;
    assert_eq!(chain.lock().unwrap().head().number, 1);
    let again = RpcServer::start(chain, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    assert_eq!(Node { url: again.url() }.ask("eth_blockNumber", json!([])).await, "0x1");
}

#[tokio::test]
async fn only_loopback_is_listened_on() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let chain = Arc::new(Mutex::new(Chain::new(id(), 0)));
        let error = RpcServer::start(chain, address.parse().unwrap()).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{address}");
    }
}

#[tokio::test]
async fn signed_transactions_of_every_form_are_taken_and_shown_as_they_were_sent() {
    let (_server, node) = started().await;
    let list = vec![AccessListEntry { address: Address::DEAD, storage_keys: vec![Digest32([1; 32])] }];
    let forms = [
        Form::Legacy { gas_price: 3 },
        Form::AccessList { gas_price: 3, access_list: list.clone() },
        Form::DynamicFee { max_fee_per_gas: 5, max_priority_fee_per_gas: 3, access_list: list },
    ];
    for (nonce, form) in (0..).zip(forms) {
        let number = form.number();
        let to = Some(Address([0x55; 20]));
        let transaction = Transaction { chain: id(), nonce, form, gas_limit: 50_000, to, value: 9, input: vec![7] };
        let signed = transaction.sign(&DEV_ACCOUNTS[1].key).unwrap();
        let hash = node.ask("eth_sendRawTransaction", json!([hex(&signed.raw)])).await;
        assert_eq!(hash, json!(signed.hash));
        let shown = node.ask("eth_getTransactionByHash", json!([hash])).await;
        // The client library of the field reads it, and gets the same hash and sender from the fields.
        let theirs: ethers::types::Transaction = serde_json::from_value(shown.clone()).unwrap();
        assert_eq!((theirs.hash().0, theirs.rlp().to_vec()), (signed.hash.0, signed.raw.clone()), "{shown}");
        assert_eq!(theirs.recover_from().unwrap().0, DEV_ACCOUNTS[1].address.0);
        let receipt = node.ask("eth_getTransactionReceipt", json!([hash])).await;
        let theirs: TransactionReceipt = serde_json::from_value(receipt.clone()).unwrap();
        assert_eq!(theirs.transaction_type.map(|number| number.as_u64()), Some(u64::from(number)));
        assert_eq!(theirs.effective_gas_price.map(|price| price.as_u64()), Some(3), "{receipt}");
        let repeated = node.refusal("eth_sendRawTransaction", json!([hex(&signed.raw)])).await;
        assert_eq!(repeated["code"], -32003, "{repeated}");
    }
    assert_eq!(node.ask("eth_getBalance", json!([Address([0x55; 20]), "latest"])).await, "0x1b");
    assert_eq!(node.ask("eth_getTransactionCount", json!([DEV_ACCOUNTS[1].address, "pending"])).await, "0x3");
}

#[tokio::test]
async fn transactions_that_must_not_be_taken_are_refused() {
    let (_server, node) = started().await;
    let right = Transaction {
        chain: id(),
        nonce: 0,
        form: Form::Legacy { gas_price: 1 },
        gas_limit: 50_000,
        to: Some(Address::DEAD),
        value: 0,
        input: Vec::new(),
    };
    let key = &DEV_ACCOUNTS[0].key;
    let raw = |transaction: Transaction| transaction.sign(key).unwrap().raw;
    let mut bad_signature = raw(right.clone());
    let last = bad_signature.len() - 33;
    bad_signature.splice(last.., [&[0xa0][..], &[0xff; 32]].concat());
    for (bytes, code) in [
        (raw(Transaction { chain: ChainId::try_from(1).unwrap(), ..right.clone() }), -32003),
        (raw(Transaction { nonce: 1, ..right.clone() }), -32003),
        (raw(Transaction { value: u128::MAX, ..right.clone() }), -32003),
        (raw(Transaction { gas_limit: 100, ..right.clone() }), -32000),
        (bad_signature, -32602),
        (Vec::new(), -32602),
        (vec![1], -32602),
        (vec![3, 0xc0], -32602),
    ] {
        let error = node.refusal("eth_sendRawTransaction", json!([hex(&bytes)])).await;
        assert_eq!(error["code"], code, "{error}");
    }
    for (asked, code) in [
        (json!({"from": Address::DEAD, "to": me()}), -32602),
        (json!({"to": me()}), -32602),
        (json!({"from": me(), "to": me(), "nonce": "0x9"}), -32003),
        (json!({"from": me(), "to": me(), "chainId": "0x1"}), -32602),
        (json!({"from": me(), "data": "0x5f5ffd"}), 3),
    ] {
        let error = node.refusal("eth_sendTransaction", json!([asked])).await;
        assert_eq!(error["code"], code, "{error}");
    }
    assert_eq!(node.ask("eth_blockNumber", json!([])).await, "0x0");
}

#[tokio::test]
async fn a_revert_carries_its_data_and_other_failures_do_not() {
    let (_server, node, counter) = with_counter().await;
    // Error("why").
    let reason = concat!(
        "08c379a0",
        "0000000000000000000000000000000000000000000000000000000000000020",
        "0000000000000000000000000000000000000000000000000000000000000003",
        "7768790000000000000000000000000000000000000000000000000000000000"
    );
    let call = json!({"to": counter, "data": format!("0x{reason}")});
    let wanted = json!({"code": 3, "message": "execution reverted: why", "data": format!("0x{reason}")});
    assert_eq!(node.refusal("eth_call", json!([call, "latest"])).await, wanted);
    assert_eq!(node.refusal("eth_estimateGas", json!([call])).await, wanted);
    let receipt = node.send(&me(), Some(&counter), &code(reason)).await;
    assert_eq!((&receipt["status"], &receipt["logs"]), (&json!("0x0"), &json!([])));
    for (data, code) in [("0xfe", -32603), ("0x5b5f56", -32603), ("0x5f5ffd", 3)] {
        let error = node.refusal("eth_call", json!([{"data": data}, "latest"])).await;
        assert_eq!((&error["code"], error.get("data").is_some()), (&json!(code), code == 3), "{error}");
    }
}

#[tokio::test]
async fn state_is_read_at_the_block_that_is_named_or_not_at_all() {
    let (_server, node, counter) = with_counter().await;
    for _ in 0..2 {
        node.send(&me(), Some(&counter), &[]).await;
    }
    let block = node.ask("eth_getBlockByNumber", json!(["0x2", false])).await;
    let slot = |at: Value| node.ask("eth_getStorageAt", json!([counter, "0x0", at]));
    let word = |n: u64| json!(format!("{:#066x}", n));
    assert_eq!(slot(json!({"blockHash": block["hash"], "requireCanonical": true})).await, word(1));
    assert_eq!(slot(json!({"blockNumber": "0x1"})).await, word(0));
    for tag in ["latest", "safe", "finalized", "pending"] {
        assert_eq!(slot(json!(tag)).await, word(2));
    }
    assert_eq!(slot(json!("earliest")).await, word(0));
    let unknown = Digest32([0x11; 32]);
    for (method, first) in
        [("eth_getStorageAt", json!([counter, "0x0"])), ("eth_getCode", json!([counter])), ("eth_call", json!([{}]))]
    {
        for (at, code) in [
            (json!({"blockHash": unknown}), -32001),
            (json!({"blockHash": unknown, "requireCanonical": false}), -32001),
            (json!(unknown), -32001),
            (json!("0x99"), -32602),
            (json!("newest"), -32602),
        ] {
            let params = [first.as_array().unwrap().clone(), vec![at]].concat();
            assert_eq!(node.refusal(method, json!(params)).await["code"], code, "{method}");
        }
    }
    // State overrides are not understood, so they are not ignored either.
    let overridden = json!([{"to": counter}, "latest", {"0x0000000000000000000000000000000000000001": {}}]);
    assert_eq!(node.refusal("eth_call", overridden).await["code"], -32602);
    for method in ["eth_getBlockByNumber", "eth_getBlockReceipts"] {
        assert_eq!(node.ask(method, json!(["0x99"])).await, Value::Null);
    }
    assert_eq!(node.ask("eth_getBlockByHash", json!([unknown, true])).await, Value::Null);
    assert_eq!(node.ask("eth_getTransactionReceipt", json!([unknown])).await, Value::Null);
}

#[tokio::test]
async fn logs_say_where_they_stand_and_a_filter_selects_exactly_them() {
    let (_server, node, counter) = with_counter().await;
    let mut written = Vec::new();
    for _ in 0..2 {
        written.extend(node.send(&me(), Some(&counter), &[]).await["logs"].as_array().unwrap().clone());
    }
    let logs = |filter: Value| node.ask("eth_getLogs", json!([filter]));
    assert_eq!(logs(json!({"fromBlock": "earliest", "address": counter})).await, json!(written));
    assert_eq!(logs(json!({})).await, json!(written[1..]));
    assert_eq!(logs(json!({"blockHash": written[0]["blockHash"]})).await, json!(written[..1]));
    let topics = json!([[written[0]["topics"][0], Digest32([1; 32])]]);
    assert_eq!(logs(json!({"fromBlock": "0x0", "toBlock": "0xffff", "topics": topics})).await, json!(written));
    assert_eq!(logs(json!({"fromBlock": "0x0", "address": [], "topics": [[], null]})).await, json!([]));
    let log: Log = serde_json::from_value(written[0].clone()).unwrap();
    assert_eq!((log.block_number.unwrap().as_u64(), log.log_index.unwrap().as_u64(), log.removed), (2, 0, Some(false)));
    let block = node.ask("eth_getBlockByHash", json!([written[0]["blockHash"], false])).await;
    assert_eq!(written[0]["blockTimestamp"], block["timestamp"]);
    for (filter, code) in [
        (json!({"blockHash": Digest32([1; 32])}), -32001),
        (json!({"blockHash": block["hash"], "fromBlock": "0x0"}), -32602),
        (json!({"fromBlock": "0x2", "toBlock": "0x1"}), -32602),
        (json!({"fromBlock": "0x99"}), -32602),
        (json!({"topics": ["0x12"]}), -32602),
    ] {
        assert_eq!(node.refusal("eth_getLogs", json!([filter])).await["code"], code, "{filter}");
    }
}

#[tokio::test]
async fn a_query_with_too_many_logs_is_refused_and_not_cut() {
    let (_server, node) = started().await;
    // Writes 256 empty logs in its creation code, 40 times over.
    let many = code("610100 5b 5f5fa0 6001 90 03 80 6003 57 00");
    for _ in 0..40 {
        assert_eq!(node.send(&me(), None, &many).await["status"], "0x1");
    }
    let error = node.refusal("eth_getLogs", json!([{"fromBlock": "0x0"}])).await;
    assert_eq!(error["code"], -32005, "{error}");
    let fewer = node.ask("eth_getLogs", json!([{"fromBlock": "0x0", "toBlock": "0x20"}])).await;
    assert_eq!(fewer.as_array().unwrap().len(), 32 * 256);
}

/// The header is put together again from what the server shows, by the order of the yellow paper.
#[tokio::test]
async fn a_block_hash_is_that_of_the_header_that_is_shown() {
    let (_server, node, counter) = with_counter().await;
    node.send(&me(), Some(&counter), &[]).await;
    node.ask("evm_mine", json!([])).await;
    let mut parent = json!(Digest32::default());
    for number in 0..4 {
        let block = node.ask("eth_getBlockByNumber", json!([format!("{number:#x}"), true])).await;
        let mut rlp = RlpStream::new_list(HEADER.len());
        for (name, is_number) in HEADER {
            let digits = block[*name].as_str().unwrap_or_else(|| panic!("{name}")).trim_start_matches("0x");
            let digits = if *is_number { digits.trim_start_matches('0') } else { digits };
            let even = if digits.len() % 2 == 1 { format!("0{digits}") } else { digits.to_owned() };
            rlp.append(&code(&even));
        }
        assert_eq!(block["hash"], json!(keccak256(rlp.out())), "{block}");
        assert_eq!(block["parentHash"], parent);
        parent = block["hash"].clone();
        let theirs: Block<ethers::types::Transaction> = serde_json::from_value(block.clone()).unwrap();
        assert_eq!(theirs.transactions.len(), usize::from(number == 1 || number == 2));
        let receipts = node.ask("eth_getBlockReceipts", json!([block["hash"]])).await;
        for (receipt, transaction) in receipts.as_array().unwrap().iter().zip(&theirs.transactions) {
            assert_eq!(receipt["transactionHash"], json!(Digest32(transaction.hash.0)));
            assert_eq!(receipt["logsBloom"], block["logsBloom"]);
            assert_eq!(receipt["gasUsed"], block["gasUsed"]);
        }
    }
}

const HEADER: &[(&str, bool)] = &[
    ("parentHash", false),
    ("sha3Uncles", false),
    ("miner", false),
    ("stateRoot", false),
    ("transactionsRoot", false),
    ("receiptsRoot", false),
    ("logsBloom", false),
    ("difficulty", true),
    ("number", true),
    ("gasLimit", true),
    ("gasUsed", true),
    ("timestamp", true),
    ("extraData", false),
    ("mixHash", false),
    ("nonce", false),
    ("baseFeePerGas", true),
    ("withdrawalsRoot", false),
    ("blobGasUsed", true),
    ("excessBlobGas", true),
    ("parentBeaconBlockRoot", false),
    ("requestsHash", false),
];

#[tokio::test]
async fn the_small_questions_of_clients_are_answered() {
    let (_server, node, counter) = with_counter().await;
    for (method, params, wanted) in [
        ("net_version", json!([]), json!("31337")),
        ("eth_chainId", json!([]), json!("0x7a69")),
        ("eth_syncing", json!([]), json!(false)),
        ("eth_gasPrice", json!([]), json!("0x0")),
        ("eth_maxPriorityFeePerGas", json!([]), json!("0x0")),
        ("eth_accounts", json!([]), json!(DEV_ACCOUNTS.map(|account| hex(&account.address.0)))),
        ("eth_getBalance", json!([me(), "latest"]), json!("0x21e19e0c9bab2400000")),
        ("eth_estimateGas", json!([{"from": me(), "to": Address::DEAD, "value": "0x1"}]), json!("0x5208")),
        ("eth_getCode", json!([counter, "latest"]), json!(hex(&code(COUNTER)[9..]))),
        ("eth_getCode", json!([me(), "latest"]), json!("0x")),
        ("evm_mine", json!([]), json!("0x0")),
        ("evm_mine", json!([{"timestamp": 4_000_000_000u64}]), json!("0x0")),
        ("eth_blockNumber", json!([]), json!("0x3")),
    ] {
        assert_eq!(node.ask(method, params).await, wanted, "{method}");
    }
    assert_eq!(node.refusal("evm_mine", json!([5])).await["code"], -32602);
    let head = node.ask("eth_getBlockByNumber", json!(["latest", false])).await;
    assert_eq!(head["timestamp"], "0xee6b2800");
    let version = node.ask("web3_clientVersion", json!([])).await;
    assert!(version.as_str().unwrap().starts_with("ebl-testchain/"));
    let history = node.ask("eth_feeHistory", json!(["0x10", "latest", [10.0, 90.0]])).await;
    let history: FeeHistory = serde_json::from_value(history).unwrap();
    assert_eq!((history.base_fee_per_gas.len(), history.gas_used_ratio.len(), history.reward.len()), (5, 4, 4));
}
