//! The genuine published contracts and a real `anvil`, from the npm packages of `tests/genuine`.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ebl_verifier::primitives::decode_hex;
use serde_json::Value;

/// Where the packages are: `EBL_GENUINE_NODE_MODULES`, or the folder that `npm ci` fills.
pub fn node_modules() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/genuine/node_modules");
    std::env::var_os("EBL_GENUINE_NODE_MODULES").map_or(here, PathBuf::from)
}

pub fn anvil_binary(modules: &Path) -> PathBuf {
    modules.join("@foundry-rs/anvil-linux-amd64/bin/anvil")
}

/// The creation code in a published package; the name may have folders before it.
pub fn creation(modules: &Path, package: &str, name: &str) -> Vec<u8> {
    let contract = name.rsplit('/').next().unwrap_or_default();
    let file = modules.join(package).join(format!("dist/artifacts/{name}.sol/{contract}.json"));
    let artefact: Value = serde_json::from_slice(&std::fs::read(file).expect("the artefact")).expect("JSON");
    decode_hex(artefact["bytecode"].as_str().expect("code")).expect("hexadecimal")
}

/// A running `anvil` that ends with this value.
pub struct Anvil {
    process: Child,
    pub url: String,
}

impl Anvil {
    pub fn start(modules: &Path, arguments: &[&str]) -> Self {
        let port =
            std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port();
        let process = Command::new(anvil_binary(modules))
            .args(["--port", &port.to_string()])
            .args(arguments)
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
}

impl Drop for Anvil {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
