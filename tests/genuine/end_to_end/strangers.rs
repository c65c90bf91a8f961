//! Contracts that are not a genuine registry: none at all, look-alikes, code that nobody knows, rules that can change.

use ebl_verifier::primitives::Address;
use ebl_verifier::testchain::contracts::Contract;
use ebl_verifier::testchain::sandbox::Party::{Carrier, Consignee, Shipper};
use ebl_verifier::title::Generation;
use libtest_mimic::Failed;

use super::command::Expected;
use super::stage::{Format, Registry, Stage, account, call, registry_arguments, trusted};

const LIVE: Expected = (0, "valid", "live", "title.live");
const UNRECOGNISED: Expected = (3, "indeterminate", "unknown", "registry.unrecognised_code");
const CONTRADICTION: Expected = (1, "invalid", "unknown", "registry.contradicts_itself");
const CAN_CHANGE: Expected = (3, "indeterminate", "unknown", "registry.upgradeable_proxy");

pub fn other_contracts(stage: &mut Stage) -> Result<(), Failed> {
    let at = |address| Registry { address, factory: Address::ZERO, generation: Generation::V5 };

    let nobody = Address([0x77; 20]);
    let bill = stage.bill("no-contract", at(nobody), Format::Oa2)?;
    stage.publish(nobody);
    stage.told("no contract", &bill, &[], (1, "invalid", "unknown", "registry.no_contract"))?;

    let look_alike = stage.deploy_ours(Contract::Lookalike, &[account(Shipper.address())])?;
    let bill = stage.bill("look-alike", at(look_alike), Format::Oa3)?;
    stage.publish(look_alike);
    stage.told("a look-alike", &bill, &[], CONTRADICTION)?;
    let vouched = trusted(look_alike);
    stage.told("a look-alike that is trusted", &bill, &["--trust-registry", &vouched], CONTRADICTION)?;

    let another_kind = stage.deploy(&largest_contract(Shipper.address()))?;
    let bill = stage.bill("another-kind", at(another_kind), Format::Oa2)?;
    stage.publish(another_kind);
    stage.told("a contract of another kind", &bill, &[], UNRECOGNISED)?.must_say("/as_of/method", "lens")?;
    let vouched = trusted(another_kind);
    stage.told("a contract of another kind that is trusted", &bill, &["--trust-registry", &vouched], UNRECOGNISED)?;

    let unknown = stage.our_registry(stage.setting.generation)?;
    let bill = stage.bill("unknown-code", unknown, Format::Oa2)?;
    stage.publish(unknown.address);
    stage.mint(&bill)?;
    stage.told("unknown code", &bill, &[], UNRECOGNISED)?;
    let elsewhere = format!("1:{}", unknown.address);
    stage.told(
        "unknown code that is trusted on another chain",
        &bill,
        &["--trust-registry", &elsewhere],
        UNRECOGNISED,
    )?;
    stage.told("unknown code that is trusted", &bill, &["--trust-registry", &trusted(unknown.address)], LIVE)?;

    let (proxy, rules) = upgradeable_registry(stage)?;
    let bill = stage.bill("upgradeable", proxy, Format::Oa2)?;
    stage.publish(proxy.address);
    stage.mint(&bill)?;
    let who = format!("can be changed by {}", Consignee.address());
    let report = stage.told("rules that can change", &bill, &[], CAN_CHANGE)?;
    let message = report.check("registry")["message"].as_str().unwrap_or_default();
    if !message.contains(&who) {
        return Err(format!("it does not say who can change the rules: {message:?}").into());
    }
    let behind = trusted(rules);
    stage.told(
        "rules that can change, with trust in those of now",
        &bill,
        &["--trust-registry", &behind],
        CAN_CHANGE,
    )?;
    let vouched = trusted(proxy.address);
    let report = stage.told("rules that can change, trusted", &bill, &["--trust-registry", &vouched], LIVE)?;
    match report.warnings().as_slice() {
        [warning] if warning.contains(&who) => Ok(()),
        other => Err(format!("trust hides who can change the rules: {other:?}").into()),
    }
}

/// A v5 registry behind an ERC-1967 proxy whose rules the consignee can change, and the rules of now (chain.md 6.9).
pub fn upgradeable_registry(stage: &Stage) -> Result<(Registry, Address), Failed> {
    let factory = stage.deploy_ours(Contract::TitleEscrowFactoryV5, &[])?;
    let rules = stage.deploy_ours(Contract::UpgradeableRegistryV5, &registry_arguments(factory))?;
    let proxy = stage.deploy_ours(Contract::UpgradeableProxy, &[account(rules), account(Consignee.address())])?;
    let [name, symbol, _] = registry_arguments(factory);
    let initialize = call("initialize(string,string,address)", &[name, symbol, account(Carrier.address())]);
    stage.write(Carrier, proxy, &initialize)?;
    Ok((Registry { address: proxy, factory, generation: Generation::V5 }, rules))
}

/// Creation code of a contract that answers every call with one address, as a careless `ownerOf` would, filled up to
/// the size limit of EIP-170.
fn largest_contract(owner: Address) -> Vec<u8> {
    let mut runtime = [&[0x73], owner.0.as_slice(), &[0x60, 0, 0x52, 0x60, 0x20, 0x60, 0, 0xf3]].concat();
    runtime.resize(0x6000, 0);
    [&[0x61, 0x60, 0, 0x80, 0x60, 0x0a, 0x3d, 0x39, 0x3d, 0xf3], runtime.as_slice()].concat()
}
