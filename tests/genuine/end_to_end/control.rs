//! Proof of control by a genuine Safe, whose owner signs, before and after it is deployed (checks.md §11.3).

use std::path::Path;
use std::process::Command;

use ebl_verifier::challenge::Challenge;
use ebl_verifier::primitives::{Address, Digest32, keccak256};
use ebl_verifier::testchain::contracts::TitleWrite;
use ebl_verifier::testchain::sandbox::Party;
use ethers::abi::{Token, encode};
use k256::ecdsa::SigningKey;
use libtest_mimic::Failed;
use serde_json::{Value, json};

use super::anvil::{artefact_code, node_modules};
use super::node::hex;
use super::stage::{CHAIN, Format, Issued, Setting, Stage, account, call};
use crate::support::schema;
use crate::support::signing::{address, key};

/// Where the package has what it was built to.
pub const PACKAGE: &str = "@safe-global/safe-smart-account";

/// An account of one owner.
struct Safe {
    address: Address,
    factory: Address,
    /// What the factory is called with to deploy it.
    deployment: Vec<u8>,
}

pub fn a_safe_proves_control_before_and_after_it_is_deployed(setting: Setting) -> Result<(), Failed> {
    let mut stage = Stage::set(setting)?;
    let (owner, stranger) = (key(1), key(2));
    let safe = planned(&stage, &owner)?;
    let bill = stage.bill("SAFE-1", stage.registry, Format::Oa2)?;
    let mint = TitleWrite::Mint {
        beneficiary: safe.address,
        holder: safe.address,
        token: bill.token,
        remark: b"issued on board".to_vec(),
    };
    stage.act(Party::Carrier, &bill, &mint)?;

    let challenge = challenged(&stage, &bill)?;
    if challenge.subject.account != safe.address {
        return Err(format!("challenged {}", challenge.subject.account).into());
    }
    let (signature, forged) = (safe.signed(&owner, &challenge), safe.signed(&stranger, &challenge));
    expect(&stage, &bill, &safe.wrapped(&signature), 0, "challenge.signed", "contract_to_be")?;
    expect(&stage, &bill, &safe.wrapped(&forged), 1, "challenge.not_accepted", "unconfirmed")?;
    expect(&stage, &bill, &signature, 1, "challenge.other_signer", "unconfirmed")?;
    let factory = safe.factory;
    let other = Safe { factory: stage.registry.factory, ..safe };
    expect(&stage, &bill, &other.wrapped(&signature), 1, "challenge.not_deployed", "unconfirmed")?;

    let safe = Safe { factory, ..other };
    stage.write(Party::Carrier, safe.factory, &safe.deployment)?;
    expect(&stage, &bill, &signature, 0, "challenge.signed", "contract")?;
    expect(&stage, &bill, &safe.wrapped(&signature), 0, "challenge.signed", "contract")?;
    expect(&stage, &bill, &forged, 1, "challenge.not_accepted", "unconfirmed")?;
    // The owner's signature of the text itself is not one of the Safe.
    let own = signed(&owner, challenge.digest());
    expect(&stage, &bill, &own, 1, "challenge.not_accepted", "unconfirmed")?;
    // Nothing was signed on the chain either.
    expect(&stage, &bill, &[], 1, "challenge.not_accepted", "unconfirmed")
}

/// The published contracts, and where they will put the account of this owner.
fn planned(stage: &Stage, owner: &SigningKey) -> Result<Safe, Failed> {
    let artefacts = node_modules().join(PACKAGE).join("build/artifacts/contracts");
    let deploy = |file: &str| stage.deploy(&artefact_code(&artefacts.join(file)));
    let singleton = deploy("Safe.sol/Safe.json")?;
    let handler = deploy("handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler.json")?;
    let factory = deploy("proxies/SafeProxyFactory.sol/SafeProxyFactory.json")?;
    let nobody = account(Address::ZERO);
    let setup = call(
        "setup(address[],uint256,address,bytes,address,address,uint256,address)",
        &[
            Token::Array(vec![account(address(owner))]),
            Token::Uint(1.into()),
            nobody.clone(),
            Token::Bytes(Vec::new()),
            account(handler),
            nobody.clone(),
            Token::Uint(0.into()),
            nobody,
        ],
    );
    let arguments = [account(singleton), Token::Bytes(setup), Token::Uint(7.into())];
    let deployment = call("createProxyWithNonce(address,bytes,uint256)", &arguments);
    // The factory says where, as often as it is only asked.
    let asked = json!([{"to": factory, "data": hex(&deployment)}, "latest"]);
    let answer = stage.node.ask("eth_call", asked);
    let address = format!("0x{}", answer.as_str().and_then(|text| text.get(26..)).ok_or("an address")?).parse()?;
    Ok(Safe { address, factory, deployment })
}

impl Safe {
    /// The owner's signature of what a Safe makes of a message (its EIP-712 `SafeMessage`).
    fn signed(&self, owner: &SigningKey, challenge: &Challenge) -> Vec<u8> {
        let domain = keccak256(encode(&[
            hash(keccak256("EIP712Domain(uint256 chainId,address verifyingContract)")),
            Token::Uint(CHAIN.into()),
            account(self.address),
        ]));
        let message = keccak256(encode(&[hash(challenge.digest())]));
        let message = keccak256(encode(&[hash(keccak256("SafeMessage(bytes message)")), hash(message)]));
        signed(owner, keccak256([&[0x19, 0x01], &domain.0[..], &message.0].concat()))
    }

    /// With what would deploy it (ERC-6492).
    fn wrapped(&self, signature: &[u8]) -> Vec<u8> {
        let tokens = [account(self.factory), Token::Bytes(self.deployment.clone()), Token::Bytes(signature.to_vec())];
        [encode(&tokens), [0x64, 0x92].repeat(16)].concat()
    }
}

fn signed(key: &SigningKey, digest: Digest32) -> Vec<u8> {
    let (signature, recovery) = key.sign_prehash_recoverable(&digest.0);
    let mut bytes = signature.to_bytes().to_vec();
    bytes.push(27 + recovery.to_byte());
    bytes
}

fn hash(digest: Digest32) -> Token {
    Token::FixedBytes(digest.0.to_vec())
}

/// Kept beside the bill.
fn text_of(bill: &Issued) -> std::path::PathBuf {
    bill.file.with_extension("txt")
}

fn challenged(stage: &Stage, bill: &Issued) -> Result<Challenge, Failed> {
    let text = text_of(bill);
    let output = ebl(stage, "new")
        .arg(&bill.file)
        .args(["--role", "holder", "--for", "Bank X, case 17", "--domain", "bank.example", "-o"])
        .arg(&text)
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(Challenge::read(&std::fs::read(text)?)?)
}

fn expect(stage: &Stage, bill: &Issued, signature: &[u8], exit: i32, code: &str, kind: &str) -> Result<(), Failed> {
    let text: &Path = &text_of(bill);
    let output =
        ebl(stage, "verify").arg(text).arg(hex(signature)).arg(&bill.file).args(["--format", "json"]).output()?;
    let report: Value = serde_json::from_slice(&output.stdout)
        .map_err(|_| format!("no report: {}", String::from_utf8_lossy(&output.stderr)))?;
    schema::follows("challenge", &report);
    let has_code = report["checks"].as_array().into_iter().flatten().any(|check| check["code"] == code);
    if output.status.code() == Some(exit) && has_code && report["signature"]["kind"] == kind {
        return Ok(());
    }
    Err(format!("wanted {exit} {code} {kind}, found {:?}: {report:#}", output.status.code()).into())
}

fn ebl(stage: &Stage, command: &str) -> Command {
    let mut ebl = Command::new(env!("CARGO_BIN_EXE_ebl"));
    ebl.args(["challenge", command, "--rpc", &stage.rpc()]).env_clear().env("HOME", "/nonexistent");
    ebl
}
