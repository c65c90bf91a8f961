//! A real `anvil` and the genuine published contracts, from the npm packages of `tests/genuine`.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use ebl_verifier::primitives::decode_hex;
use serde_json::Value;

/// Where the packages are, or would be: `EBL_GENUINE_NODE_MODULES`, or the folder that `npm ci` fills.
pub fn node_modules() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/genuine/node_modules");
    std::env::var_os("EBL_GENUINE_NODE_MODULES").map_or(here, PathBuf::from)
}

/// The program inside the npm package for this machine.
pub fn anvil_binary(modules: &Path) -> PathBuf {
    let (system, program) = match std::env::consts::OS {
        "macos" => ("darwin", "anvil"),
        "windows" => ("win32", "anvil.exe"),
        other => (other, "anvil"),
    };
    let processor = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    modules.join(format!("@foundry-rs/anvil-{system}-{processor}/bin/{program}"))
}

/// The rules of the embedded chain: Prague, and gas for nothing.
pub const RULES: [&str; 6] = ["--hardfork", "prague", "--block-base-fee-per-gas", "0", "--gas-price", "0"];

/// A running node on a port of its own; it ends with this value.
pub struct Anvil {
    process: Child,
    pub url: String,
}

impl Anvil {
    pub fn start(modules: &Path, arguments: &[&str]) -> Self {
        let mut process = Command::new(anvil_binary(modules))
            .args(["--port", "0"])
            .args(arguments)
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
        Self { process, url: format!("http://{address}") }
    }
}

impl Drop for Anvil {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The creation code of a contract in a token registry package, such as `presets/TradeTrustTokenStandard`.
pub fn registry_code(modules: &Path, package: &str, contract: &str) -> Vec<u8> {
    let name = contract.rsplit('/').next().unwrap_or(contract);
    artefact_code(&modules.join(package).join(format!("dist/artifacts/{contract}.sol/{name}.json")))
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
