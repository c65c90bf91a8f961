//! The real binary against the genuine published v4 and v5 contracts on a real `anvil`, with issuer records from a
//! resolver on loopback. Needs the npm packages of `tests/genuine`; without them the suite says that it did not run.

#[path = "support/bill.rs"]
mod bill;
#[path = "support/resolver.rs"]
mod resolver;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bill::wrapped_bill;
use ebl_verifier::primitives::{Address, decode_hex, encode_hex};
use ethers::abi::{Token, encode};
use libtest_mimic::{Arguments, Failed, Trial};
use resolver::Resolver;
use serde_json::{Value, json};

fn main() {
    let arguments = Arguments::from_args();
    let modules = node_modules();
    let ready = anvil_binary(&modules).exists();
    let compiles = modules.join("solc").exists() && Command::new("node").arg("--version").output().is_ok();
    let mut trials: Vec<Trial> = GENERATIONS
        .iter()
        .map(|generation| {
            let modules = modules.clone();
            let name = format!("the_command_tells_every_title_state_of_a_genuine_{}_registry", generation.name);
            Trial::test(name, move || story(generation, &modules)).with_ignored_flag(!ready)
        })
        .collect();
    let solc = modules.clone();
    let lens = move || the_lens_is_rebuilt(&solc);
    trials.push(
        Trial::test("the_lens_in_the_repository_is_what_its_source_compiles_to", lens).with_ignored_flag(!compiles),
    );
    let conclusion = libtest_mimic::run(&arguments, trials);
    if !ready || !compiles {
        println!("NOT RUN: the end-to-end suite on genuine contracts needs npm packages.");
        println!("To run it: (cd tests/genuine && npm ci --ignore-scripts) && cargo test --test end_to_end");
    }
    conclusion.exit();
}

fn the_lens_is_rebuilt(modules: &Path) -> Result<(), Failed> {
    let lens = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sources/chain/lens");
    let folder = tempfile::tempdir()?;
    let rebuilt = folder.path().join("creation.hex");
    let packages = modules.parent().ok_or("a folder")?;
    let output = Command::new("node").arg(lens.join("build.mjs")).arg(packages).arg(&rebuilt).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    if std::fs::read(lens.join("creation.hex"))? == std::fs::read(rebuilt)? {
        Ok(())
    } else {
        Err("creation.hex is not what Lens.sol compiles to: run node src/sources/chain/lens/build.mjs".into())
    }
}

struct Generation {
    name: &'static str,
    package: &'static str,
    mint: [u8; 4],
    return_to_issuer: [u8; 4],
    restore: [u8; 4],
    accept: [u8; 4],
    transfer_holder: [u8; 4],
    /// v5 takes a remark in every write.
    remark: bool,
}

/// Selectors of chain.md §1.3.
const GENERATIONS: &[Generation] = &[
    Generation {
        name: "v5",
        package: "@tradetrust-tt/token-registry",
        mint: [0x60, 0x10, 0xa5, 0xe7],
        return_to_issuer: [0x83, 0xd3, 0x8f, 0xcb],
        restore: [0x5e, 0x08, 0x9d, 0xa7],
        accept: [0xfe, 0x9d, 0x93, 0x03],
        transfer_holder: [0xba, 0xf1, 0x39, 0x75],
        remark: true,
    },
    Generation {
        name: "v4",
        package: "tr4",
        mint: [0xc6, 0xc3, 0xbb, 0xe6],
        return_to_issuer: [0xb7, 0x1c, 0x47, 0xa2],
        restore: [0x9b, 0xea, 0x62, 0xad],
        accept: [0x42, 0x96, 0x6c, 0x68],
        transfer_holder: [0xfd, 0x4c, 0x9b, 0x96],
        remark: false,
    },
];

fn story(generation: &Generation, modules: &Path) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut anvil = Anvil::start(modules);
    let resolver = Resolver::start();
    let folder = tempfile::tempdir()?;
    let chain = Chain { anvil: &anvil, runtime: &runtime, generation };

    let registry = chain.deploy_registry(modules);
    let (bill, token) = wrapped_bill(registry, "carrier.example", "31337");
    let token = Token::Uint(token.0.into());
    let file = folder.path().join("bill.json");
    std::fs::write(&file, &bill)?;
    let verify = |arguments: &[&str]| ebl(&file, &anvil_url(&chain), &resolver.address, arguments);
    let other_chain = format!("openatts net=ethereum netId=1 addr={registry}");
    let good = format!("openatts net=ethereum netId=31337 addr={registry}");

    resolver.publish(&[&good]);
    let report = verify(&[]);
    expect(&report, 1, "invalid", "not_issued", "issuance.not_minted")?;

    let me = chain.account(0);
    chain.registry_write(registry, generation.mint, vec![me.clone(), me.clone(), token.clone()]);
    let report = verify(&[]);
    expect(&report, 0, "valid", "live", "title.live")?;
    let facts = &report.json["registry"];
    equal(&facts["authenticity"], &json!("genuine"))?;
    equal(&facts["generation"], &json!(generation.name))?;
    equal(&report.json["as_of"]["requests"], &json!(2))?;
    equal(&report.json["issuer"][0]["confirmed"], &json!(true))?;
    let page = Command::new(env!("CARGO_BIN_EXE_ebl"))
        .args(["verify", "--rpc", &anvil_url(&chain), "--dns", &resolver.address])
        .arg(&file)
        .env_clear()
        .output()?;
    let page = String::from_utf8(page.stdout)?;
    for part in
        ["VALID  ", "live: holder 0x", "carrier.example controls this domain", "genuine", "one endpoint (127.0.0.1:"]
    {
        if !page.contains(part) {
            return Err(format!("{part:?} is not on the page:\n{page}").into());
        }
    }
    let escrow: Address = report.json["title"]["escrow"].as_str().ok_or("an escrow")?.parse()?;

    resolver.publish(&["v=spf1 -all", &other_chain]);
    expect(&verify(&[]), 1, "invalid", "live", "issuer.record_for_other_chain")?;
    resolver.publish(&[]);
    expect(&verify(&[]), 1, "invalid", "live", "issuer.no_record")?;
    resolver.publish(&[&good]);

    let other = chain.account(1);
    chain.registry_write(escrow, generation.transfer_holder, vec![other.clone()]);
    let report = verify(&[]);
    expect(&report, 0, "valid", "live", "title.live")?;
    equal(&json!(report.json["title"]["holder"].as_str().map(str::to_lowercase)), &json!(format!("0x{other}")))?;
    chain.write_as(1, escrow, generation.transfer_holder, vec![me]);

    // A node that refuses the lens is read by plain calls, with the same result.
    let without_lens = refuse_lens(&anvil.url);
    let report = ebl(&file, &format!("31337={without_lens}"), &resolver.address, &[]);
    expect(&report, 0, "valid", "live", "title.live")?;
    equal(&report.json["as_of"]["method"], &json!("calls"))?;

    // Both ways of reading see the same, so that the two endpoints agree.
    let (live, other) = (anvil_url(&chain), format!("31337={without_lens}"));
    let arguments = ["--rpc", &live, "--rpc", &other, "--quorum", "2", "--dns", &resolver.address];
    let report = run(&file, &arguments);
    expect(&report, 0, "valid", "live", "title.live")?;
    equal(&report.check("title")["strength"], &json!("quorum"))?;

    // An endpoint that fails is passed over, and the report says so.
    let dead = "31337=http://127.0.0.1:9/";
    let live = anvil_url(&chain);
    let report = run(&file, &["--rpc", dead, "--rpc", &live, "--dns", &resolver.address]);
    expect(&report, 0, "valid", "live", "title.live")?;
    equal(&report.check("chain")["unavailable"][0]["cause"], &json!("unreachable"))?;

    // Two resolvers that differ leave the issuer unknown.
    let second = Resolver::start();
    second.publish(&[&other_chain]);
    expect(&verify(&["--dns", &second.address]), 3, "indeterminate", "live", "issuer.dns_disagreement")?;

    chain.registry_write(escrow, generation.return_to_issuer, vec![]);
    expect(&verify(&[]), 4, "not_live", "returned", "title.returned")?;
    chain.registry_write(registry, generation.restore, vec![token.clone()]);
    expect(&verify(&[]), 0, "valid", "live", "title.live")?;
    chain.registry_write(escrow, generation.return_to_issuer, vec![]);
    chain.registry_write(registry, generation.accept, vec![token]);
    expect(&verify(&[]), 4, "not_live", "ended", "title.ended")?;

    // Another registry address without code, and one that is a contract of another kind, as large as contracts can be.
    let (elsewhere, _) = wrapped_bill(Address([0x77; 20]), "carrier.example", "31337");
    std::fs::write(&file, elsewhere)?;
    expect(&verify(&[]), 1, "invalid", "unknown", "registry.no_contract")?;
    let (lookalike, _) = wrapped_bill(chain.deploy_lookalike(), "carrier.example", "31337");
    std::fs::write(&file, lookalike)?;
    resolver.publish(&[]);
    let report = verify(&["--trust-registry", "1:0x7777777777777777777777777777777777777777"]);
    equal(&report.check("registry")["code"], &json!("registry.unrecognised_code"))?;
    equal(&report.json["as_of"]["method"], &json!("lens"))?;
    equal(&report.check("title")["outcome"], &json!("unknown"))?;

    // The wrong chain and a dead endpoint are outages, not forgeries.
    let (other_network, _) = wrapped_bill(registry, "carrier.example", "1");
    std::fs::write(&file, other_network)?;
    resolver.publish(&[&other_chain]);
    let url = anvil.url.clone();
    let report = run(&file, &["--rpc", &format!("1={url}"), "--dns", &resolver.address]);
    expect(&report, 3, "indeterminate", "unknown", "chain.wrong_endpoint")?;
    std::fs::write(&file, &bill)?;
    resolver.publish(&[&good]);
    anvil.kill();
    let report = run(&file, &["--rpc", &format!("31337={url}"), "--dns", &resolver.address]);
    expect(&report, 3, "indeterminate", "unknown", "chain.rpc_unavailable")
}

fn anvil_url(chain: &Chain<'_>) -> String {
    format!("31337={}", chain.anvil.url)
}

struct Reported {
    json: Value,
    exit: i32,
}

impl Reported {
    fn check(&self, name: &str) -> &Value {
        self.json["checks"].as_array().expect("checks").iter().find(|check| check["name"] == name).expect("the check")
    }
}

fn ebl(file: &Path, rpc: &str, dns: &str, more: &[&str]) -> Reported {
    run(file, &[&["--rpc", rpc, "--dns", dns], more].concat())
}

fn run(file: &Path, arguments: &[&str]) -> Reported {
    let output = Command::new(env!("CARGO_BIN_EXE_ebl"))
        .args(["verify", "--format", "json", "--timeout", "5"])
        .args(arguments)
        .arg(file)
        .env_clear()
        .env("HOME", "/nonexistent")
        .output()
        .expect("the binary starts");
    let json: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("no report: {}", String::from_utf8_lossy(&output.stderr)));
    let schema: Value = serde_json::from_str(include_str!("../schemas/report.schema.json")).expect("a schema");
    let errors: Vec<_> =
        jsonschema::validator_for(&schema).expect("a schema").iter_errors(&json).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    Reported { json, exit: output.status.code().expect("an exit code") }
}

/// Some check carries `code`, and exit code, verdict and title state are these.
fn expect(report: &Reported, exit: i32, verdict: &str, state: &str, code: &str) -> Result<(), Failed> {
    let json = &report.json;
    let has_code = json["checks"].as_array().expect("checks").iter().any(|check| check["code"] == code);
    let holds = report.exit == exit && json["verdict"] == verdict && json["title"]["state"] == state && has_code;
    if holds {
        Ok(())
    } else {
        Err(format!("wanted {exit} {verdict} {state} {code}, found {}: {json:#}", report.exit).into())
    }
}

fn equal(found: &Value, wanted: &Value) -> Result<(), Failed> {
    if found == wanted { Ok(()) } else { Err(format!("found {found}, wanted {wanted}").into()) }
}

fn node_modules() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/genuine/node_modules");
    std::env::var_os("EBL_GENUINE_NODE_MODULES").map_or(here, PathBuf::from)
}

fn anvil_binary(modules: &Path) -> PathBuf {
    modules.join("@foundry-rs/anvil-linux-amd64/bin/anvil")
}

struct Anvil {
    process: Child,
    url: String,
}

impl Anvil {
    fn start(modules: &Path) -> Self {
        let port =
            std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port();
        let process = Command::new(anvil_binary(modules))
            .args(["--port", &port.to_string()])
            .stdout(Stdio::null())
            .spawn()
            .expect("anvil starts");
        let started = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(30), "anvil does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { process, url: format!("http://127.0.0.1:{port}") }
    }

    fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Anvil {
    fn drop(&mut self) {
        self.kill();
    }
}

struct Chain<'a> {
    anvil: &'a Anvil,
    runtime: &'a tokio::runtime::Runtime,
    generation: &'a Generation,
}

impl Chain<'_> {
    fn deploy_registry(&self, modules: &Path) -> Address {
        let factory = self.deploy(creation(modules, self.generation.package, "TitleEscrowFactory"));
        let name = Token::String("Test registry".into());
        let arguments = encode(&[name.clone(), name, Token::Address(factory.0.into())]);
        let mut code = creation(modules, self.generation.package, "TradeTrustToken");
        code.extend(arguments);
        self.deploy(code)
    }

    /// Answers every call with the address of account 0, as a careless `ownerOf` would. Filled up to the size limit of
    /// EIP-170.
    fn deploy_lookalike(&self) -> Address {
        let Token::Address(owner) = self.account(0) else { unreachable!("accounts are addresses") };
        let mut runtime = [&[0x73], owner.as_bytes(), &[0x60, 0, 0x52, 0x60, 0x20, 0x60, 0, 0xf3]].concat();
        runtime.resize(0x6000, 0);
        self.deploy([&[0x61, 0x60, 0, 0x80, 0x60, 0x0a, 0x3d, 0x39, 0x3d, 0xf3], runtime.as_slice()].concat())
    }

    fn deploy(&self, code: Vec<u8>) -> Address {
        let receipt = self.send(0, None, &code);
        receipt["contractAddress"].as_str().expect("a contract").parse().expect("an address")
    }

    fn registry_write(&self, to: Address, selector: [u8; 4], values: Vec<Token>) {
        self.write_as(0, to, selector, values);
    }

    fn write_as(&self, account: usize, to: Address, selector: [u8; 4], mut values: Vec<Token>) {
        if self.generation.remark {
            values.push(Token::Bytes(Vec::new()));
        }
        self.send(account, Some(to), &[&selector, encode(&values).as_slice()].concat());
    }

    fn account(&self, index: usize) -> Token {
        let accounts = self.rpc("eth_accounts", json!([]));
        let address: Address = accounts[index].as_str().expect("an account").parse().expect("an address");
        Token::Address(address.0.into())
    }

    fn send(&self, account: usize, to: Option<Address>, data: &[u8]) -> Value {
        let from = self.rpc("eth_accounts", json!([]))[account].clone();
        let mut transaction = json!({"from": from, "data": format!("0x{}", encode_hex(data))});
        if let Some(to) = to {
            transaction["to"] = json!(to.to_string());
        }
        let hash = self.rpc("eth_sendTransaction", json!([transaction]));
        let receipt = self.rpc("eth_getTransactionReceipt", json!([hash]));
        assert_eq!(receipt["status"], "0x1", "{hash}");
        receipt
    }

    fn rpc(&self, method: &str, params: Value) -> Value {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let request = reqwest::Client::builder().no_proxy().build().expect("a client").post(&self.anvil.url);
        let request = request.header("content-type", "application/json").body(body);
        let text = self.runtime.block_on(async { request.send().await.expect("a reply").text().await.expect("text") });
        let reply: Value = serde_json::from_str(&text).expect("JSON");
        assert!(reply["error"].is_null(), "{method}: {reply}");
        reply["result"].clone()
    }
}

/// A proxy on loopback that passes everything on to `upstream`, except calls without a destination.
fn refuse_lens(upstream: &str) -> String {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let upstream = upstream.trim_start_matches("http://").to_owned();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.expect("a connection");
            let mut reader = BufReader::new(client.try_clone().expect("a handle"));
            let body = |reader: &mut BufReader<std::net::TcpStream>| {
                let mut length = 0;
                let mut line = String::new();
                while reader.read_line(&mut line).expect("a line") > 2 {
                    let (name, value) = line.split_once(':').unwrap_or_default();
                    if name.eq_ignore_ascii_case("content-length") {
                        length = value.trim().parse().expect("a number");
                    }
                    line.clear();
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).expect("a body");
                body
            };
            let asked: Value = serde_json::from_slice(&body(&mut reader)).expect("JSON");
            let mut server = std::net::TcpStream::connect(&upstream).expect("anvil");
            let text = asked.to_string();
            write!(server, "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}", text.len()).expect("sent");
            let mut answers: Value = serde_json::from_slice(&body(&mut BufReader::new(server))).expect("JSON");
            for call in asked.as_array().into_iter().flatten() {
                if call["method"] == "eth_call" && call["params"][0]["to"].is_null() {
                    let answer =
                        answers.as_array_mut().expect("a list").iter_mut().find(|answer| answer["id"] == call["id"]);
                    *answer.expect("an answer") =
                        json!({"jsonrpc": "2.0", "id": call["id"], "error": {"code": -32602, "message": "missing to"}});
                }
            }
            let text = answers.to_string();
            let _ = write!(
                client,
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
                text.len()
            );
        }
    });
    url
}

/// The creation code in a published package.
fn creation(modules: &Path, package: &str, name: &str) -> Vec<u8> {
    let file = modules.join(package).join(format!("dist/artifacts/{name}.sol/{name}.json"));
    let artefact: Value = serde_json::from_slice(&std::fs::read(file).expect("the artefact")).expect("JSON");
    decode_hex(artefact["bytecode"].as_str().expect("code")).expect("hexadecimal")
}
