//! For reports that are kept: the samples of `ebl testchain`, titles with many operations, the real binary asked about them, and
//! what of a page for the screen must stand in every other form.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ebl_verifier::primitives::{Address, TokenId, keccak256};
use ebl_verifier::testchain::contracts::{Contract, TitleWrite};
use ebl_verifier::testchain::sandbox::{CHAIN, Party, Sandbox};

use super::batch;
use super::running_testchain::Running;

/// A running chain and its samples.
pub struct Samples {
    folder: tempfile::TempDir,
    _chain: Running,
}

impl Samples {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (chain, _) = Running::start(&folder.path().join("chain"));
        Self { folder, _chain: chain }
    }

    /// A folder for files of the test.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("chain").join(name)
    }

    /// Every sample file.
    pub fn all(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder.path().join("chain")).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
        paths.sort();
        paths
    }

    /// On a wide screen.
    pub fn ebl(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
        command.args(arguments).arg("--config").arg(self.path("ebl.toml"));
        command.env_clear().env("HOME", "/nonexistent").env("COLUMNS", "140");
        command.output().unwrap()
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

pub fn without_blanks(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).collect()
}

/// What a page for the screen says, line by line and without blanks, without the marks that another page has a shape or a word
/// for. Left out are the lines that a report to keep tells in more rows, and the block, which may be a newer one.
pub fn said(page: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut in_operation = false;
    let page = with_whole_reasons(page);
    for line in page.lines().map(str::trim).filter(|line| !line.is_empty()) {
        // What stands in cells elsewhere, up to the details below it.
        let is_detail = line.starts_with(['“', '”']) || line.contains(", tx 0x");
        in_operation = line.starts_with("20") && line.contains(": beneficiary ") || in_operation && !is_detail;
        if in_operation {
            continue;
        }
        if let Some(passed_over) = line.strip_prefix("-- ") {
            lines.extend(passed_over.split("; ").flat_map(|part| part.splitn(2, ": ")).map(without_blanks));
            continue;
        }
        let marks = ["ok  ", "no  ", "??  ", "note  ", "- "];
        let line = marks.iter().find_map(|mark| line.strip_prefix(mark)).unwrap_or(line);
        lines.push(without_blanks(line.trim_end_matches(':')));
    }
    let in_rows = ["Titlelive:", "Titlereturnedtotheissuer;", "Asof"];
    lines.retain(|line| !in_rows.iter().any(|start| line.starts_with(start)));
    lines
}

/// The line of what was not asked, which is broken on a narrow screen, as one.
fn with_whole_reasons(page: &str) -> String {
    let mut out = String::new();
    let mut in_reasons = false;
    for line in page.lines() {
        let goes_on = in_reasons && line.starts_with("      ");
        in_reasons = goes_on || line.starts_with("  --  ");
        out += if goes_on { " " } else { "\n" };
        out += if goes_on { line.trim_start() } else { line };
    }
    out
}

/// Two parties that pass a title on to each other; each is a contract that acts in anybody's transaction.
pub struct Titles {
    _runtime: tokio::runtime::Runtime,
    sandbox: Sandbox,
    parties: [Address; 2],
}

impl Titles {
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let sandbox = runtime.block_on(Sandbox::start(any_port, any_port)).unwrap();
        let parties = [(); 2].map(|()| sandbox.deploy(Contract::BatchAccount, &[]).unwrap());
        Self { _runtime: runtime, sandbox, parties }
    }

    pub fn parties(&self) -> [Address; 2] {
        self.parties
    }

    /// A title that was issued and passed on, with these remarks.
    pub fn passed_on(&self, remarks: &[Vec<u8>]) -> TokenId {
        let registry = self.sandbox.v5;
        let token = TokenId::from(keccak256(remarks.concat().len().to_be_bytes()));
        let [first, _] = self.parties;
        self.sandbox.mint(registry, token, [Party::Shipper; 2]).expect("a title");
        let to_the_first =
            TitleWrite::TransferOwners { beneficiary: first, holder: first, remark: b"to the first".to_vec() };
        self.sandbox.act(registry, token, Party::Shipper, &to_the_first).expect("a transfer");
        let escrow = registry.escrow(token);
        for (chunk, remarks) in remarks.chunks(MOST_AT_ONCE).enumerate() {
            let calls: Vec<_> = remarks
                .iter()
                .enumerate()
                .map(|(index, remark)| {
                    let number = chunk * MOST_AT_ONCE + index;
                    let holder = self.parties[(number + 1) % 2];
                    let write = TitleWrite::TransferHolder { holder, remark: remark.clone() };
                    let data = write.call_data(registry.generation).expect("an act of this generation");
                    (self.parties[number % 2], batch::run(&[(escrow, data)]))
                })
                .collect();
            self.sandbox.send(Party::Bank, self.parties[0], &batch::run(&calls)).expect("transfers");
        }
        token
    }

    /// `ebl title` of it.
    pub fn ebl(&self, token: TokenId, folder: &Path, arguments: &[&str]) -> Output {
        let registry = self.sandbox.v5.address.to_string();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
        command.args([
            "title",
            "--chain-id",
            &CHAIN.to_string(),
            "--registry",
            &registry,
            "--token",
            &token.to_string(),
        ]);
        command.args(["--no-default-rpc", "--rpc", &format!("{CHAIN}={}", self.sandbox.rpc_url())]);
        command.args(["--trust-registry", &format!("{CHAIN}:{registry}")]);
        command.args(arguments).current_dir(folder).env_clear().env("HOME", "/nonexistent");
        command.output().expect("the binary starts")
    }
}

/// In one transaction.
const MOST_AT_ONCE: usize = 50;
