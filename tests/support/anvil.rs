//! A real `anvil` and the published contracts of `tests/genuine`, for the suites that compare with genuine code.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use ebl_verifier::primitives::{Address, decode_hex};
use serde_json::{Value, json};

/// Where the npm packages are, or would be.
pub fn node_modules() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/genuine/node_modules");
    std::env::var_os("EBL_GENUINE_NODE_MODULES").map_or(here, PathBuf::from)
}

/// The program inside the npm package.
pub fn anvil_binary(modules: &Path) -> PathBuf {
    modules.join("@foundry-rs/anvil-linux-amd64/bin/anvil")
}

/// A running node on a port of its own; it ends with this value.
pub struct Anvil {
    process: Child,
    pub url: String,
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
}

impl Anvil {
    pub fn start(modules: &Path) -> Self {
        let mut process = Command::new(anvil_binary(modules))
            .args(["--port", "0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("anvil starts");
        let mut output = BufReader::new(process.stdout.take().expect("a pipe"));
        let address = loop {
            let mut line = String::new();
            assert_ne!(output.read_line(&mut line).expect("text"), 0, "anvil ended before it listened");
            if let Some((_, address)) = line.split_once("Listening on ") {
                break address.trim().to_owned();
            }
        };
        // It prints every request; nobody reads on, so the pipe must not fill.
        std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            process,
            url: format!("http://{address}"),
            client: reqwest::Client::builder().no_proxy().build().expect("a client"),
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime"),
        }
    }

    /// The result of one request that must succeed.
    pub fn rpc(&self, method: &str, params: Value) -> Value {
        let reply = self.batch(&[(method, params)]).remove(0);
        assert!(reply["error"].is_null(), "{method}: {reply}");
        reply["result"].clone()
    }

    /// The replies to several requests, in order, errors included.
    pub fn batch(&self, requests: &[(&str, Value)]) -> Vec<Value> {
        let calls = requests
            .iter()
            .enumerate()
            .map(|(id, (method, params))| json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        let body = Value::Array(calls.collect()).to_string();
        let request = self.client.post(&self.url).header("content-type", "application/json").body(body);
        let text = self.wait(async { request.send().await.expect("a reply").text().await.expect("text") });
        let mut replies: Vec<Value> = serde_json::from_str(&text).expect("a JSON array");
        replies.sort_by_key(|reply| reply["id"].as_u64());
        assert_eq!(replies.len(), requests.len());
        replies
    }

    /// Runs `future` to its end on this value's runtime.
    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// The unlocked accounts.
    pub fn accounts(&self) -> Vec<Address> {
        serde_json::from_value(self.rpc("eth_accounts", json!([]))).expect("addresses")
    }
}

impl Drop for Anvil {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The creation code in a JSON artefact of a published package.
pub fn artefact_code(file: &Path) -> Vec<u8> {
    let artefact: Value = serde_json::from_slice(&std::fs::read(file).expect("the artefact")).expect("JSON");
    decode_hex(artefact["bytecode"].as_str().expect("code")).expect("hexadecimal")
}

/// The creation code in a published JavaScript file: the literal nearest before, else after, the class `<name>__factory`.
pub fn script_code(file: &Path, name: &str) -> Vec<u8> {
    let text = std::fs::read_to_string(file).expect("the script");
    let class = text.find(&format!("class {name}__factory ")).expect("the class");
    let start = "= \"0x60";
    let literal = text[..class].rfind(start).or_else(|| text[class..].find(start).map(|at| class + at));
    let digits = &text[literal.expect("code") + "= \"".len()..];
    decode_hex(&digits[..digits.find('"').expect("an end")]).expect("hexadecimal")
}
