//! What the verifier makes of our contracts: it reads them like genuine ones, and never takes them for genuine.

use std::path::Path;

use ebl_verifier::evidence::Fact;
use ebl_verifier::primitives::{Address, ChainId, TokenId, keccak256};
use ebl_verifier::sources::chain::{ChainConfig, ChainSource};
use ebl_verifier::testchain::contracts::{Contract, Recipient, TitleWrite, creation_code};
use ebl_verifier::title::{Authenticity, Contradiction, RegistryFinding, TitleFinding, TitleState, judge};
use ethers::abi::Token;
use libtest_mimic::Failed;

use super::title::{Edition, V4, V5};
use super::twins::{Twins, call, equal};

/// Every title state, trusted and not, on both generations.
pub fn reading_story(modules: &Path) -> Result<(), Failed> {
    [V5, V4].iter().try_for_each(|edition| states_of(edition, modules))?;
    let mut twins = Twins::start(modules);
    let [_, _, _, admin, owner] = twins.parties();
    let lookalike = deploy(&mut twins, Contract::Lookalike, &[address(owner)])?;
    equal(
        judged(&twins, lookalike, TOKEN, Trust::Caller)?.title,
        TitleFinding::Contradiction(Contradiction::SaysYesToEverything),
    )?;
    let factory = deploy(&mut twins, Contract::TitleEscrowFactoryV5, &[])?;
    let rules = deploy(&mut twins, Contract::UpgradeableRegistryV5, &registry_arguments(factory))?;
    let proxy = deploy(&mut twins, Contract::UpgradeableProxy, &[address(rules), address(admin)])?;
    let finding = judged(&twins, proxy, TOKEN, Trust::Caller)?;
    equal(&finding.title, &TitleFinding::NotMinted)?;
    match finding.authenticity {
        Authenticity::TrustedByCaller { proxy: Some(found), .. } => {
            equal((found.implementation, found.admin), (rules, Some(admin)))
        }
        other => Err(format!("no proxy: {other:?}").into()),
    }
}

fn states_of(edition: &Edition, modules: &Path) -> Result<(), Failed> {
    let mut twins = Twins::start(modules);
    let [issuer, b, ..] = twins.parties();
    let factory = deploy(&mut twins, edition.factory, &[])?;
    let registry = deploy(&mut twins, edition.registry, &registry_arguments(factory))?;
    let token = TokenId::from(keccak256("bill"));
    let lookup = call(edition.escrow_lookup, &[address(registry), Token::Uint(token.0.into())]);
    let escrow = twins.address_answer(factory, lookup)?;
    let write = |twins: &mut Twins, from, write: TitleWrite| {
        let to = match write.recipient() {
            Recipient::Registry => registry,
            Recipient::TitleEscrow => escrow,
        };
        twins.must_work(from, to, write.call_data(edition.generation).ok_or("both generations know it")?)
    };
    let remark = Vec::new;

    let finding = judged(&twins, registry, token, Trust::Nobody)?;
    equal(&finding.title, &TitleFinding::NotMinted)?;
    match finding.authenticity {
        Authenticity::Unrecognised { claims, .. } => equal(claims, Some(edition.generation))?,
        other => return Err(format!("our registry is {other:?}").into()),
    }
    write(&mut twins, issuer, TitleWrite::Mint { beneficiary: b, holder: b, token, remark: remark() })?;
    let finding = judged(&twins, registry, token, Trust::Caller)?;
    match (finding.authenticity, finding.title) {
        (Authenticity::TrustedByCaller { generation, .. }, TitleFinding::Known(TitleState::Live(parties))) => {
            equal(generation, edition.generation)?;
            equal((parties.beneficiary, parties.holder, parties.escrow), (b, b, escrow))?;
        }
        other => return Err(format!("not a live title: {other:?}").into()),
    }
    write(&mut twins, b, TitleWrite::ReturnToIssuer { remark: remark() })?;
    match judged(&twins, registry, token, Trust::Caller)?.title {
        TitleFinding::Known(TitleState::Returned(parties)) => equal(parties.holder, b)?,
        other => return Err(format!("not a returned title: {other:?}").into()),
    }
    write(&mut twins, issuer, TitleWrite::Accept { token, remark: remark() })?;
    let finding = judged(&twins, registry, token, Trust::Caller)?;
    equal(finding.title, TitleFinding::Known(TitleState::Ended))
}

const TOKEN: TokenId = TokenId([3; 32]);

#[derive(Clone, Copy, PartialEq)]
enum Trust {
    Nobody,
    Caller,
}

fn judged(twins: &Twins, registry: Address, token: TokenId, trust: Trust) -> Result<RegistryFinding, Failed> {
    let chain = ChainId::try_from(31_337)?;
    let endpoints = [(chain, vec![twins.node.url().parse()?])].into();
    let source = ChainSource::new(ChainConfig { endpoints, use_embedded: false, ..ChainConfig::default() })?;
    match twins.node.wait(source.read_registry(chain, registry, token)).0 {
        Ok(Fact::Registry(reading)) => Ok(judge(&reading, registry, token, trust == Trust::Caller)),
        other => Err(format!("no reading: {other:?}").into()),
    }
}

/// Both of the pair are ours: here it is the verifier that is compared with what it should say.
fn deploy(twins: &mut Twins, contract: Contract, arguments: &[Token]) -> Result<Address, Failed> {
    twins.deploy(&creation_code(contract, &[]), contract, arguments)
}

fn registry_arguments(factory: Address) -> [Token; 3] {
    [Token::String("Nordsee Registry".into()), Token::String("NDSE".into()), address(factory)]
}

fn address(address: Address) -> Token {
    Token::Address(address.0.into())
}
