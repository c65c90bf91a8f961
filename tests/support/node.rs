//! A JSON-RPC client for tests that looks at replies as they are, errors included.
#![allow(dead_code, reason = "not every test binary uses all of it")]

use std::sync::LazyLock;

use ebl_verifier::primitives::{Address, decode_hex, encode_hex};
use serde_json::{Value, json};

/// An endpoint.
pub struct Node {
    pub url: String,
}

impl Node {
    /// The reply's result.
    pub async fn ask(&self, method: &str, params: Value) -> Value {
        let reply = self.reply(method, params).await;
        assert!(reply.get("error").is_none(), "{method}: {reply}");
        reply["result"].clone()
    }

    /// The reply's error object.
    pub async fn refusal(&self, method: &str, params: Value) -> Value {
        let reply = self.reply(method, params.clone()).await;
        assert!(reply.get("result").is_none(), "{method} {params}: {reply}");
        reply["error"].clone()
    }

    pub async fn reply(&self, method: &str, params: Value) -> Value {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
        let (status, text) = self.post(body).await;
        assert_eq!(status, 200, "{method}: {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// The replies to several requests of one batch, in order, errors included.
    pub async fn batch(&self, requests: &[(&str, Value)]) -> Vec<Value> {
        let calls = requests
            .iter()
            .enumerate()
            .map(|(id, (method, params))| json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        let (status, text) = self.post(Value::Array(calls.collect()).to_string()).await;
        assert_eq!(status, 200, "{text}");
        let mut replies: Vec<Value> = serde_json::from_str(&text).expect("a JSON array");
        replies.sort_by_key(|reply| reply["id"].as_u64());
        assert_eq!(replies.len(), requests.len());
        replies
    }

    /// Status and body of the reply to these bytes.
    pub async fn post(&self, body: impl Into<Vec<u8>>) -> (u16, String) {
        let request = CLIENT.post(&self.url).header("content-type", "application/json").body(body.into());
        let response = request.send().await.expect("a reply");
        (response.status().as_u16(), response.text().await.expect("text"))
    }

    /// Sends from a development account and gives the receipt, whatever its status.
    pub async fn send(&self, from: &str, to: Option<&str>, data: &[u8]) -> Value {
        let mut transaction = json!({
            "from": from,
            "data": hex(data),
            "gas": "0x1c9c380",
            "maxFeePerGas": "0x0",
            "maxPriorityFeePerGas": "0x0",
        });
        if let Some(to) = to {
            transaction["to"] = json!(to);
        }
        let hash = self.ask("eth_sendTransaction", json!([transaction])).await;
        self.receipt(&hash).await
    }

    /// The receipt, as soon as it is there: some nodes answer before the block is made.
    pub async fn receipt(&self, hash: &Value) -> Value {
        for _ in 0..1000 {
            let receipt = self.ask("eth_getTransactionReceipt", json!([hash])).await;
            if !receipt.is_null() {
                return receipt;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        panic!("no receipt for {hash}")
    }
}

/// A [`Node`] for tests that are not async, on a runtime of its own.
pub struct BlockingNode {
    node: Node,
    runtime: tokio::runtime::Runtime,
}

impl BlockingNode {
    pub fn new(url: String) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { node: Node { url }, runtime }
    }

    pub fn url(&self) -> &str {
        &self.node.url
    }

    pub fn ask(&self, method: &str, params: Value) -> Value {
        self.wait(self.node.ask(method, params))
    }

    pub fn batch(&self, requests: &[(&str, Value)]) -> Vec<Value> {
        self.wait(self.node.batch(requests))
    }

    pub fn post(&self, body: impl Into<Vec<u8>>) -> (u16, String) {
        self.wait(self.node.post(body))
    }

    /// The unlocked accounts.
    pub fn accounts(&self) -> Vec<Address> {
        serde_json::from_value(self.ask("eth_accounts", json!([]))).expect("addresses")
    }

    pub fn send(&self, from: &str, to: Option<&str>, data: &[u8]) -> Value {
        self.wait(self.node.send(from, to, data))
    }

    /// Runs `future` to its end.
    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }
}

pub fn hex(bytes: &[u8]) -> String {
    format!("0x{}", encode_hex(bytes))
}

/// Bytes written in hexadecimal with blanks between.
pub fn code(text: &str) -> Vec<u8> {
    decode_hex(&text.replace(' ', "")).expect("hexadecimal")
}

/// Without call data it adds one to slot 0 and logs the sum under the caller; with call data it reverts with them.
pub const COUNTER: &str = "601c8060093d393df3 36601457 5f54600101805f55 5f52 3360205fa1 00 5b365f5f37365ffd";

// It keeps no connection, so that none outlives the runtime it was made on.
static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().expect("a client")
});
