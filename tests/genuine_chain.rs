//! The genuine published contracts on anvil (chain.md §1.9).

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ebl_verifier::evidence::{Fact, ReadMethod, RegistryReading};
use ebl_verifier::primitives::{Address, ChainId, TokenId};
use ebl_verifier::sources::chain::{ChainConfig, ChainSource};
use ethers::abi::{Token, encode};
use serde_json::{Value, json};

struct Anvil(Child, String);

impl Drop for Anvil {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

#[tokio::test]
async fn genuine_v4_and_v5_registries_read_with_the_published_code_hashes() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/genuine/node_modules");
    let modules = std::env::var_os("EBL_GENUINE_NODE_MODULES").map_or(here, PathBuf::from);
    let binary = modules.join("@foundry-rs/anvil-linux-amd64/bin/anvil");
    if !binary.exists() {
        println!("genuine-contract suite NOT RUN: run npm ci --ignore-scripts in tests/genuine");
        return;
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let child = Command::new(binary).args(["--port", &port.to_string()]).stdout(Stdio::null()).spawn().unwrap();
    let anvil = Anvil(child, format!("http://127.0.0.1:{port}"));
    tokio::time::sleep(Duration::from_secs(1)).await;
    for (package, factory_hash, escrow_hash, mint) in [
        ("@tradetrust-tt/token-registry", "6d438d93", "491d14e4", [0x60, 0x10, 0xa5, 0xe7]),
        ("tr4", "e9319798", "a468c702", [0xc6, 0xc3, 0xbb, 0xe6]),
    ] {
        let factory = deploy(&anvil, &creation(&modules, package, "TitleEscrowFactory"), &[]).await;
        let name = Token::String("t".into());
        let arguments = encode(&[name.clone(), name, Token::Address(factory.0.into())]);
        let registry = deploy(&anvil, &creation(&modules, package, "TradeTrustToken"), &arguments).await;
        let token = TokenId([9; 32]);
        assert!(!read(&anvil, registry, token).await.owner_of.success, "{package}: not minted");
        let who = Token::Address([7; 20].into());
        let mut values = vec![who.clone(), who, Token::Uint(token.0.into())];
        if mint[0] == 0x60 {
            values.push(Token::Bytes(vec![]));
        }
        send(&anvil, Some(registry), &[&mint[..], &encode(&values)].concat()).await;
        let live = read(&anvil, registry, token).await;
        assert_eq!(live.method, ReadMethod::Lens, "{package}");
        assert_eq!(live.owner_of.data[12..], live.escrow.0, "{package}: escrow is the CREATE2 address");
        assert_eq!(live.holder.data[12..], [7; 20], "{package}");
        assert_eq!(live.factory_code.hash.to_hex64()[..8], *factory_hash, "{package}");
        assert_eq!(live.escrow_implementation_code.hash.to_hex64()[..8], *escrow_hash, "{package}");
    }
}

async fn read(anvil: &Anvil, registry: Address, token: TokenId) -> RegistryReading {
    let chain = ChainId::try_from(31337).unwrap();
    let endpoints = [(chain, vec![anvil.1.parse().unwrap()])].into();
    let source = ChainSource::new(ChainConfig { endpoints, ..ChainConfig::default() }).unwrap();
    let (answer, provenance) = source.read_registry(chain, registry, token).await;
    assert_eq!(provenance.requests, 2, "{provenance:?}");
    match answer {
        Ok(Fact::Registry(reading)) => *reading,
        other => panic!("{other:?}"),
    }
}

fn creation(modules: &Path, package: &str, name: &str) -> String {
    let path = modules.join(package).join(format!("dist/contracts/factories/contracts/{name}__factory.js"));
    let alternative = modules.join(package).join(format!("dist/factories/contracts/{name}__factory.js"));
    let direct = modules.join(package).join(format!("dist/contracts/factories/{name}__factory.js"));
    let found = [path, alternative, direct].into_iter().find(|path| path.exists()).expect("artefact");
    let text = std::fs::read_to_string(found).unwrap();
    text.split('"').filter(|part| part.starts_with("0x")).max_by_key(|part| part.len()).unwrap().to_owned()
}

async fn deploy(anvil: &Anvil, creation: &str, arguments: &[u8]) -> Address {
    let mut code = hex(creation);
    code.extend(arguments);
    send(anvil, None, &code).await["contractAddress"].as_str().unwrap().parse().unwrap()
}

async fn send(anvil: &Anvil, to: Option<Address>, data: &[u8]) -> Value {
    let from = rpc(anvil, "eth_accounts", json!([])).await[0].clone();
    let mut tx = json!({"from": from, "data": format!("0x{}", ebl_verifier::primitives::encode_hex(data))});
    if let Some(to) = to {
        tx["to"] = json!(to.to_string());
    }
    let hash = rpc(anvil, "eth_sendTransaction", json!([tx])).await;
    let receipt = rpc(anvil, "eth_getTransactionReceipt", json!([hash])).await;
    assert_eq!(receipt["status"], "0x1", "{hash}");
    receipt
}

fn hex(text: &str) -> Vec<u8> {
    ebl_verifier::primitives::decode_hex(text).unwrap()
}

async fn rpc(anvil: &Anvil, method: &str, params: Value) -> Value {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let request = reqwest::Client::builder().no_proxy().build().unwrap().post(&anvil.1);
    let reply = request.header("content-type", "application/json").body(body).send().await.unwrap();
    let reply: Value = serde_json::from_str(&reply.text().await.unwrap()).unwrap();
    reply["result"].clone()
}
