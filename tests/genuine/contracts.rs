//! Our contracts against the genuine published ones: both are deployed in the same block of one real `anvil`, every
//! operation is tried on both by every party in every state, and every answer, revert, log and getter must be the same,
//! up to the addresses. Needs the npm packages of `tests/genuine`; without them the suite says that it did not run.

use crate::support::anvil;
#[path = "contracts/reading.rs"]
mod reading;
#[path = "contracts/stores.rs"]
mod stores;
#[path = "contracts/title.rs"]
mod title;
use crate::support::twins;

use std::path::Path;
use std::process::Command;

use anvil::{anvil_binary, artefact_code, node_modules, script_code};
use ebl_verifier::primitives::{Address, Digest32, TokenId, encode_hex, keccak256};
use ebl_verifier::testchain::contracts::{Contract, DidWrite, TitleWrite, bytes32_name, creation_code};
use ebl_verifier::title::Generation;
use ethers::abi::{Token, encode};
use libtest_mimic::{Failed, Trial};

use crate::Suite;
use reading::reading_story;
use stores::{batchable_store_story, legacy_store_story, transferable_store_story};
use title::{V4, V5, title_story};
use twins::{Twins, call, equal, supports, word};

type Promise = fn(&Path) -> Result<(), Failed>;

const PROMISES: &[(&str, Promise)] = &[
    ("a_v5_title_behaves_like_a_genuine_one", |modules| title_story(&V5, modules)),
    ("a_v4_title_behaves_like_a_genuine_one", |modules| title_story(&V4, modules)),
    ("a_legacy_store_behaves_like_store_3_0", |modules| {
        legacy_store_story(&script_code(&modules.join(DS3), "DocumentStore"), modules)
    }),
    ("a_legacy_store_behaves_like_store_4_1", |modules| {
        legacy_store_story(&script_code(&modules.join(DS4), "DocumentStore"), modules)
    }),
    ("a_batchable_store_behaves_like_a_genuine_one", batchable_store_story),
    ("a_transferable_store_behaves_like_a_genuine_one", transferable_store_story),
    ("a_did_registry_behaves_like_a_genuine_one", did_registry_story),
    ("a_lookalike_says_yes_and_a_proxy_can_change_its_rules", lookalike_story),
    ("the_verifier_reads_our_contracts_and_never_calls_them_genuine", reading_story),
    ("creation_json_is_what_the_sources_compile_to", creation_is_current),
];

const DS3: &str = "ds3/dist/contracts/factories/contracts/DocumentStore__factory.js";
const DS4: &str = "ds4/dist/contracts/factories/DocumentStore__factory.js";
const DID: &str = "ethr-did-registry/artifacts/contracts/EthereumDIDRegistry.sol/EthereumDIDRegistry.json";

pub fn suite() -> Suite {
    let modules = node_modules();
    let ready = anvil_binary(&modules).exists() && modules.join("solc").exists();
    let trials = PROMISES.iter().map(|&(name, promise)| {
        let modules = modules.clone();
        Trial::test(name, move || promise(&modules)).with_ignored_flag(!ready)
    });
    Suite::new(trials, &[(ready, "the comparison of our contracts with the genuine ones needs npm packages.")])
}

fn did_registry_story(modules: &Path) -> Result<(), Failed> {
    let mut twins = Twins::start(modules);
    let registry = twins.deploy(&artefact_code(&modules.join(DID)), Contract::EthereumDidRegistry, &[])?;
    let [_, identity, next, delegate, stranger] = twins.parties();
    let name = |text: &str| bytes32_name(text).expect("short");
    let kinds = [name("veriKey"), name("sigAuth")];
    let key = name("did/pub/Secp256k1/veriKey/hex");
    let set = DidWrite::SetAttribute { identity, name: key, value: vec![2; 33], validity: 86_400 };
    let acts = [
        DidWrite::ChangeOwner { identity, owner: next },
        DidWrite::AddDelegate { identity, kind: kinds[0], delegate, validity: 86_400 },
        DidWrite::AddDelegate { identity, kind: kinds[1], delegate, validity: 0 },
        DidWrite::RevokeDelegate { identity, kind: kinds[0], delegate },
        set.clone(),
        DidWrite::RevokeAttribute { identity, name: key, value: vec![2; 33] },
    ];
    let observe = |twins: &mut Twins| {
        let mut calls = Vec::new();
        for account in [identity, next, delegate, stranger] {
            let account = Token::Address(account.0.into());
            for read in ["identityOwner", "owners", "changed", "nonce"] {
                calls.push((stranger, registry, call(&format!("{read}(address)"), std::slice::from_ref(&account))));
            }
            for kind in kinds {
                let delegate = Token::Address(delegate.0.into());
                let kind = Digest32(kind);
                let valid = [account.clone(), word(kind), delegate.clone()];
                calls.push((stranger, registry, call("validDelegate(address,bytes32,address)", &valid)));
                for key in [kind, keccak256(kind.0)] {
                    let entry = [account.clone(), word(key), delegate.clone()];
                    calls.push((stranger, registry, call("delegates(address,bytes32,address)", &entry)));
                }
            }
        }
        for from in [identity, next, stranger] {
            calls.extend(acts.iter().map(|act| (from, registry, act.call_data())));
        }
        twins.same_answers(&calls)
    };
    observe(&mut twins)?;
    let [change, add, add_expired, revoke, set, unset] = acts.each_ref().map(DidWrite::call_data);
    twins.must_fail(stranger, registry, change.clone())?;
    for act in [&add, &add_expired, &set, &revoke, &unset, &add, &change] {
        twins.must_work(identity, registry, act.clone())?;
        observe(&mut twins)?;
    }
    twins.must_fail(identity, registry, set.clone())?;
    twins.must_work(next, registry, set)?;
    twins.must_work(next, registry, DidWrite::ChangeOwner { identity, owner: Address::ZERO }.call_data())?;
    observe(&mut twins)?;
    twins.must_work(identity, registry, add)
}

/// Look-alikes have no genuine twin, so both of the pair are ours.
fn lookalike_story(modules: &Path) -> Result<(), Failed> {
    let mut twins = Twins::start(modules);
    let [admin, b, h, _, stranger] = twins.parties();
    let address = |address: Address| Token::Address(address.0.into());
    let mut deploy = |contract, arguments: &[Token]| twins.deploy(&creation_code(contract, &[]), contract, arguments);
    let lookalike = deploy(Contract::Lookalike, &[address(stranger)])?;
    let factory = deploy(Contract::TitleEscrowFactoryV5, &[])?;
    let text = |text: &str| Token::String(text.into());
    let arguments = [text("Behind"), text("BHD"), address(factory)];
    let rules = deploy(Contract::UpgradeableRegistryV5, &arguments)?;
    let proxy = deploy(Contract::UpgradeableProxy, &[address(rules), address(stranger)])?;
    let token: TokenId = keccak256("bill").into();
    let owner_of = || call("ownerOf(uint256)", &[Token::Uint([3; 32].into())]);
    let answer = |twins: &mut Twins, to, data| twins.answer(to, data).map(|data| encode_hex(&data));

    equal(answer(&mut twins, lookalike, owner_of())?, encode_hex(&encode(&[address(stranger)])))?;
    for interface in [0xffff_ffff, 0xb895_0977] {
        equal(answer(&mut twins, lookalike, supports(interface))?, format!("{:064x}", 1))?;
    }

    let implementation_slot = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc";
    let admin_slot = "0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103";
    equal(twins.slot(proxy, implementation_slot), rules)?;
    equal(twins.slot(proxy, admin_slot), stranger)?;
    let initialize = call("initialize(string,string,address)", &[text("Nordsee"), text("NDSE"), address(admin)]);
    twins.must_fail(admin, rules, initialize.clone())?;
    twins.must_work(admin, proxy, initialize.clone())?;
    twins.must_fail(admin, proxy, initialize)?;
    let lookup = call(V5.escrow_lookup, &[address(proxy), Token::Uint(token.0.into())]);
    twins.address_answer(factory, lookup)?;
    let mint = TitleWrite::Mint { beneficiary: b, holder: h, token, remark: vec![] }
        .call_data(Generation::V5)
        .ok_or("v5 mints")?;
    twins.must_work(admin, proxy, mint)?;
    equal(answer(&mut twins, proxy, supports(0xb895_0977))?, format!("{:064x}", 1))?;
    // The one who may change the rules gives the token to anybody.
    let upgrade = call("upgradeTo(address)", &[address(lookalike)]);
    twins.must_fail(admin, proxy, upgrade.clone())?;
    twins.must_work(stranger, proxy, upgrade)?;
    equal(twins.slot(proxy, implementation_slot), lookalike)?;
    equal(answer(&mut twins, proxy, owner_of())?, encode_hex(&encode(&[address(stranger)])))
}

fn creation_is_current(modules: &Path) -> Result<(), Failed> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/testchain/contracts/build.mjs");
    let folder = modules.parent().ok_or("a folder above the packages")?;
    let output = Command::new("node").arg(script).arg("--check").arg(folder).output()?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned().into()) }
}
