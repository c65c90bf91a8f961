//! The real binary on signed documents, with the genuine published DID registry (ERC-1056) on a real `anvil`. Needs the
//! npm packages of `tests/genuine`; without them the suite says that it did not run.

use crate::support::anvil;
use crate::support::node;
use crate::support::resolver;
use crate::support::signing;
use crate::support::wrapping;

use std::path::{Path, PathBuf};
use std::process::Command;

use anvil::{Anvil, RULES, anvil_binary, artefact_code, node_modules, script_code};
use ebl_verifier::primitives::{Address, keccak256};
use ethers::abi::{Token, encode};
use k256::ecdsa::SigningKey;
use libtest_mimic::{Failed, Trial};

use crate::Suite;
use node::{BlockingNode, hex};
use resolver::Resolver;
use serde_json::{Value, json};
use signing::{Draft, address, did_ethr, key, record};
use wrapping::Format;

type Test = fn(&Stage) -> Result<(), Failed>;

const TESTS: [(&str, Test); 7] = [
    ("an_identity_without_history_is_read_in_two_requests", without_history),
    ("a_delegate_signs_until_it_is_withdrawn_or_its_time_is_over", delegates),
    ("a_rotated_owner_no_longer_signs_since_that_block", rotation),
    ("several_changes_of_one_block_are_all_seen", one_block),
    ("a_revocation_store_is_read_at_the_same_block", revocation_store),
    ("a_missing_registry_and_an_outage_are_not_forgeries", outages),
    ("inspect_shows_the_key_and_what_would_be_asked", inspection),
];

pub fn suite() -> Suite {
    let modules = node_modules();
    let ready = anvil_binary(&modules).exists();
    let trials = TESTS.map(|(name, test)| {
        let modules = modules.clone();
        Trial::test(name, move || test(&Stage::new(&modules)?)).with_ignored_flag(!ready)
    });
    Suite::new(trials, &[(ready, "the signed document suite on the genuine DID registry needs npm packages.")])
}

fn without_history(stage: &Stage) -> Result<(), Failed> {
    for format in [Format::V2, Format::V3] {
        let draft = controller(format, &key(1));
        stage.publish(&draft);
        let report = stage.expect(&draft, &key(1), 0, "issuance.signed")?;
        equal(&report["verdict"], &json!("valid"))?;
        equal(&report["as_of"]["requests"], &json!(2))?;
        equal(&report["issuer"][0]["assurance"], &json!("did-ethr+dns"))?;
        equal(&report["issuer"][0]["did"], &json!(draft.did))?;
        stage.expect(&draft, &key(2), 1, "issuance.wrong_signature")?;
        stage.resolver.publish(&[]);
        let report = stage.expect(&draft, &key(1), 1, "issuance.signed")?;
        equal(&check(&report, "issuer")["code"], &json!("issuer.no_record"))?;

        let bare = Draft { identity: "DID", ..draft };
        let report = stage.expect(&bare, &key(1), 3, "issuance.signed")?;
        equal(&check(&report, "issuer")["code"], &json!("issuer.bare_key"))?;
    }
    let draft = controller(Format::V3, &key(1));
    stage.publish(&draft);
    let page = stage.page(&draft, &key(1))?;
    for part in ["VALID, no title  ", "carrier.example controls this domain", "signed by did:ethr:0x7a69:", "As of "] {
        equal(&json!([part, page.contains(part)]), &json!([part, true]))?;
    }
    Ok(())
}

fn delegates(stage: &Stage) -> Result<(), Failed> {
    let (owner, delegate) = (key(1), key(2));
    let named = |name: &str, format| Draft::new(format, &did_ethr(address(&owner)), name, "DNS-DID");
    stage.add_delegate(&owner, "veriKey", &delegate, 1000);
    let draft = named("delegate-1", Format::V2);
    stage.publish(&draft);
    let report = stage.expect(&draft, &delegate, 0, "issuance.signed")?;
    equal(&report["as_of"]["requests"], &json!(3))?;
    stage.expect(&draft, &owner, 1, "issuance.wrong_signature")?;

    // For authentication only.
    stage.add_delegate(&owner, "sigAuth", &delegate, 1000);
    let login = named("delegate-2", Format::V3);
    stage.publish(&login);
    stage.expect(&login, &delegate, 1, "issuance.key_not_for_assertion")?;

    // A public key, by its bytes.
    let point = key(3).verifying_key().to_sec1_point(true);
    let values = |validity: &[Token]| {
        let head =
            [stage.identity(&owner), text("did/pub/Secp256k1/veriKey/hex"), Token::Bytes(point.as_bytes().into())];
        [&head, validity].concat()
    };
    stage.write(&owner, "setAttribute(address,bytes32,bytes,uint256)", &values(&[Token::Uint(1000.into())]));
    let attribute = named("delegate-3", Format::V3);
    stage.publish(&attribute);
    stage.expect(&attribute, &key(3), 0, "issuance.signed")?;
    stage.write(&owner, "revokeAttribute(address,bytes32,bytes)", &values(&[]));
    stage.expect(&attribute, &key(3), 1, "issuance.key_ended")?;

    // Withdrawn.
    stage.publish(&draft);
    let values = [stage.identity(&owner), text("veriKey"), Token::Address(address(&delegate).0.into())];
    let block = stage.write(&owner, "revokeDelegate(address,bytes32,address)", &values);
    let report = stage.expect(&draft, &delegate, 1, "issuance.key_ended")?;
    let message = check(&report, "issuance")["message"].as_str().unwrap_or_default().to_owned();
    equal(&json!(message.contains(&format!("withdrawn in block {block}"))), &json!(true))?;
    // As of the block before, it was not.
    let before = (block - 1).to_string();
    let (exit, _) = stage.run(&draft.signed(&delegate), &[&stage.settings()[..], &["--block", &before]].concat())?;
    equal(&json!(exit), &json!(0))?;

    // Its time is over.
    stage.add_delegate(&owner, "veriKey", &key(4), 50);
    let short = named("delegate-6", Format::V2);
    stage.publish(&short);
    stage.expect(&short, &key(4), 0, "issuance.signed")?;
    stage.node.ask("evm_increaseTime", json!([60]));
    stage.node.ask("evm_mine", json!([]));
    stage.expect(&short, &key(4), 1, "issuance.key_ended").map(|_| ())
}

fn rotation(stage: &Stage) -> Result<(), Failed> {
    let (first, second) = (key(1), key(2));
    let draft = controller(Format::V3, &first);
    stage.publish(&draft);
    let block = stage.change_owner(&first, &first, address(&second));
    let report = stage.expect(&draft, &first, 1, "issuance.key_ended")?;
    let message = check(&report, "issuance")["message"].as_str().unwrap_or_default().to_owned();
    let wanted = format!("no longer controls {} since block {block}", draft.did);
    equal(&json!([message, message.contains(&wanted)]), &json!([message, true]))?;
    stage.expect(&draft, &second, 0, "issuance.signed")?;

    stage.change_owner(&first, &second, Address::ZERO);
    stage.expect(&draft, &first, 1, "issuance.did_deactivated")?;
    stage.expect(&draft, &second, 1, "issuance.did_deactivated").map(|_| ())
}

fn one_block(stage: &Stage) -> Result<(), Failed> {
    let owner = key(1);
    let draft = Draft::new(Format::V2, &did_ethr(address(&owner)), "delegate-3", "DNS-DID");
    stage.publish(&draft);
    stage.add_delegate(&owner, "veriKey", &key(5), 1000);
    stage.node.ask("evm_setAutomine", json!([false]));
    let sent: Vec<Value> = [key(6), key(7), key(8)]
        .iter()
        .map(|delegate| {
            let values = delegation(stage, &owner, "veriKey", delegate, 1000);
            stage.submit(&owner, "addDelegate(address,bytes32,address,uint256)", &values)
        })
        .collect();
    stage.node.ask("evm_mine", json!([]));
    stage.node.ask("evm_setAutomine", json!([true]));
    let blocks: Vec<Value> = sent
        .iter()
        .map(|hash| stage.node.ask("eth_getTransactionReceipt", json!([hash]))["blockNumber"].clone())
        .collect();
    equal(&blocks[0], &blocks[2])?;
    let report = stage.expect(&draft, &key(7), 0, "issuance.signed")?;
    // One for each of the two blocks with events.
    equal(&report["as_of"]["requests"], &json!(4))?;
    stage.expect(&draft, &key(8), 1, "issuance.wrong_signature").map(|_| ())
}

fn revocation_store(stage: &Stage) -> Result<(), Failed> {
    let script = node_modules().join("ds4/dist/contracts/factories/DocumentStore__factory.js");
    let owner = Token::Address(address(&key(1)).0.into());
    let arguments = encode(&[Token::String("Revocations".into()), owner]);
    let store = stage.deploy([script_code(&script, "DocumentStore"), arguments].concat());
    for (format, batch) in [(Format::V2, 1), (Format::V3, 3)] {
        let revocation = Some(json!({"type": "REVOCATION_STORE", "location": store.to_string()}));
        let draft = Draft { revocation, batch, ..controller(format, &key(1)) };
        stage.publish(&draft);
        let report = stage.expect(&draft, &key(1), 0, "issuance.signed")?;
        equal(&report["as_of"]["requests"], &json!(2))?;
        let root = draft.wrapped().root();
        let root = [Token::FixedBytes(root.0.to_vec())];
        // This store revokes only what it issued.
        stage.write_to(store, &key(1), "issue(bytes32)", &root);
        stage.write_to(store, &key(1), "revoke(bytes32)", &root);
        let code = if batch == 1 { "issuance.revoked" } else { "issuance.ancestor_revoked" };
        let report = stage.expect(&draft, &key(1), 1, code)?;
        let message = check(&report, "issuance")["message"].as_str().unwrap_or_default();
        let by = format!(") by {}", address(&key(1)));
        equal(&json!([message, message.contains(&by)]), &json!([message, true]))?;
    }
    Ok(())
}

fn outages(stage: &Stage) -> Result<(), Failed> {
    let draft = controller(Format::V2, &key(1));
    stage.publish(&draft);
    let bytes = draft.signed(&key(1));
    let [_, rpc, _, registry] = stage.settings();
    for (arguments, name, code) in [
        (vec!["--rpc", rpc], "chain", "chain.no_did_registry"),
        (vec!["--rpc", "31337=http://127.0.0.1:9/", "--did-registry", registry], "chain", "chain.rpc_unavailable"),
        (
            vec!["--rpc", rpc, "--did-registry", "31337:0x7777777777777777777777777777777777777777"],
            "issuance",
            "issuance.did_unresolved",
        ),
        (vec!["--offline", "--did-registry", registry], "chain", "check.offline"),
    ] {
        let (exit, report) = stage.run(&bytes, &arguments)?;
        equal(&json!([exit, check(&report, name)["code"]]), &json!([3, code]))?;
    }
    // A flag that means nothing.
    let output = stage.command(&bytes)?.args(["--did-registry", "31337"]).output()?;
    equal(&json!(output.status.code()), &json!(2))?;
    // The registry from a settings file.
    let settings = stage.folder.path().join("ebl.toml");
    let (chain, endpoint) = rpc.split_once('=').ok_or("an endpoint")?;
    std::fs::write(&settings, format!("did_registry = [\"{registry}\"]\n[rpc]\n{chain} = [\"{endpoint}\"]\n"))?;
    let (exit, _) = stage.run(&bytes, &["--config", settings.to_str().ok_or("a path")?])?;
    equal(&json!(exit), &json!(0))
}

fn inspection(stage: &Stage) -> Result<(), Failed> {
    let draft = Draft { did: did_ethr(address(&key(1))).replace("0x7a69:", ""), ..controller(Format::V2, &key(1)) };
    let draft = Draft { key: format!("{}#controller", draft.did), ..draft };
    let file = stage.folder.path().join("document.json");
    std::fs::write(&file, draft.signed(&key(1)))?;
    let output = Command::new(env!("CARGO_BIN_EXE_ebl")).arg("inspect").arg(&file).output()?;
    let page = String::from_utf8(output.stdout)?;
    let asked = format!("an endpoint of chain 1: who controls the identity {}", address(&key(1)));
    for part in [
        &draft.did,
        "identity by DNS-DID at carrier.example, key did:ethr",
        "revocation NONE",
        "signature by did:ethr",
        &asked,
    ] {
        equal(&json!([part, page.contains(part)]), &json!([part, true]))?;
    }
    Ok(())
}

fn controller(format: Format, owner: &SigningKey) -> Draft {
    Draft::new(format, &did_ethr(address(owner)), "controller", "DNS-DID")
}

fn delegation(stage: &Stage, owner: &SigningKey, kind: &str, delegate: &SigningKey, validity: u64) -> Vec<Token> {
    vec![stage.identity(owner), text(kind), Token::Address(address(delegate).0.into()), Token::Uint(validity.into())]
}

/// A word of text, padded as the registry's callers do.
fn text(text: &str) -> Token {
    let mut word = text.as_bytes().to_vec();
    word.resize(32, 0);
    Token::FixedBytes(word)
}

fn check<'r>(report: &'r Value, name: &str) -> &'r Value {
    report["checks"].as_array().expect("checks").iter().find(|check| check["name"] == name).expect("the check")
}

fn equal(found: &Value, wanted: &Value) -> Result<(), Failed> {
    if found == wanted { Ok(()) } else { Err(format!("found {found}, wanted {wanted}").into()) }
}

/// A chain with the registry, a resolver, and a folder for the file.
struct Stage {
    /// Ends with the stage.
    _anvil: Anvil,
    node: BlockingNode,
    registry: Address,
    /// `--rpc` and `--did-registry` for this chain.
    rpc: String,
    did_registry: String,
    resolver: Resolver,
    folder: tempfile::TempDir,
    validator: jsonschema::Validator,
}

impl Stage {
    fn new(modules: &Path) -> Result<Self, Failed> {
        let anvil = Anvil::start(modules, &RULES);
        let schema: Value = serde_json::from_str(include_str!("../../schemas/report.schema.json"))?;
        let mut stage = Self {
            rpc: format!("31337={}", anvil.url),
            node: BlockingNode::new(anvil.url.clone()),
            _anvil: anvil,
            registry: Address::ZERO,
            did_registry: String::new(),
            resolver: Resolver::start(),
            folder: tempfile::tempdir()?,
            validator: jsonschema::validator_for(&schema)?,
        };
        let artefact = "ethr-did-registry/artifacts/contracts/EthereumDIDRegistry.sol/EthereumDIDRegistry.json";
        stage.registry = stage.deploy(artefact_code(&modules.join(artefact)));
        stage.did_registry = format!("31337:{}", stage.registry);
        for number in 1..=8 {
            let account = address(&key(number));
            stage.node.ask("anvil_impersonateAccount", json!([account]));
        }
        Ok(stage)
    }

    fn settings(&self) -> [&str; 4] {
        ["--rpc", &self.rpc, "--did-registry", &self.did_registry]
    }

    /// The record for the draft's key.
    fn publish(&self, draft: &Draft) {
        self.resolver.publish(&[&record(&draft.key)]);
    }

    /// Exit code and issuance code of the draft, signed by `signer`; the report.
    fn expect(&self, draft: &Draft, signer: &SigningKey, exit: i32, code: &str) -> Result<Value, Failed> {
        let (found, report) = self.run(&draft.signed(signer), &self.settings())?;
        if found == exit && check(&report, "issuance")["code"] == code {
            Ok(report)
        } else {
            Err(format!("wanted {exit} {code}, found {found}: {report:#}").into())
        }
    }

    fn run(&self, document: &[u8], arguments: &[&str]) -> Result<(i32, Value), Failed> {
        let output = self.command(document)?.args(["--format", "json"]).args(arguments).output()?;
        let report: Value = serde_json::from_slice(&output.stdout)
            .map_err(|_| format!("no report: {}", String::from_utf8_lossy(&output.stderr)))?;
        let errors: Vec<_> = self.validator.iter_errors(&report).map(|error| error.to_string()).collect();
        if errors.is_empty() {
            Ok((output.status.code().ok_or("an exit code")?, report))
        } else {
            Err(format!("{errors:#?}\n{report:#}").into())
        }
    }

    fn page(&self, draft: &Draft, signer: &SigningKey) -> Result<String, Failed> {
        Ok(String::from_utf8(self.command(&draft.signed(signer))?.args(self.settings()).output()?.stdout)?)
    }

    fn command(&self, document: &[u8]) -> Result<Command, Failed> {
        let file: PathBuf = self.folder.path().join("document.json");
        std::fs::write(&file, document)?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
        command.args(["verify", "--timeout", "5", "--dns", &self.resolver.address]).arg(file);
        command.env_clear().env("HOME", "/nonexistent");
        Ok(command)
    }

    fn identity(&self, owner: &SigningKey) -> Token {
        Token::Address(address(owner).0.into())
    }

    fn add_delegate(&self, owner: &SigningKey, kind: &str, delegate: &SigningKey, validity: u64) -> u64 {
        let values = delegation(self, owner, kind, delegate, validity);
        self.write(owner, "addDelegate(address,bytes32,address,uint256)", &values)
    }

    fn change_owner(&self, identity: &SigningKey, sender: &SigningKey, owner: Address) -> u64 {
        self.write(sender, "changeOwner(address,address)", &[self.identity(identity), Token::Address(owner.0.into())])
    }

    /// The block that a write to the registry came to stand in.
    fn write(&self, sender: &SigningKey, signature: &str, values: &[Token]) -> u64 {
        self.write_to(self.registry, sender, signature, values)
    }

    fn write_to(&self, contract: Address, sender: &SigningKey, signature: &str, values: &[Token]) -> u64 {
        let data = [&keccak256(signature).0[..4], &encode(values)].concat();
        let receipt = self.node.send(&address(sender).to_string(), Some(&contract.to_string()), &data);
        assert_eq!(receipt["status"], "0x1", "{receipt}");
        let number = receipt["blockNumber"].as_str().expect("a block");
        u64::from_str_radix(number.trim_start_matches("0x"), 16).expect("a number")
    }

    /// A write to the registry that nobody waits for; its hash.
    fn submit(&self, sender: &SigningKey, signature: &str, values: &[Token]) -> Value {
        let data = hex(&[&keccak256(signature).0[..4], &encode(values)].concat());
        let transaction = json!({
            "from": address(sender), "to": self.registry, "data": data, "gas": "0x7a120",
            "maxFeePerGas": "0x0", "maxPriorityFeePerGas": "0x0",
        });
        self.node.ask("eth_sendTransaction", json!([transaction]))
    }

    fn deploy(&self, code: Vec<u8>) -> Address {
        let receipt = self.node.send(&self.node.accounts()[0].to_string(), None, &code);
        receipt["contractAddress"].as_str().expect("a contract").parse().expect("an address")
    }
}
