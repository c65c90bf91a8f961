//! Bills whose title stands in a registry: every state, and every common fault.

use ethers::abi::Token;

use super::Row;
use crate::primitives::{Address, ChainId, TokenId};
use crate::testchain::contracts::{Contract, TitleWrite};
use crate::testchain::sandbox::{DOMAIN, Party, Registry, Sandbox, SandboxError};
use crate::testchain::wrap::{Wrapped, hide_oa2, in_one_batch};
use crate::title::Generation;
use crate::verify::{TitleStateName, Verdict};

pub(super) const ROWS: &[Row<Wrapped>] = &[
    Row {
        file: "live.json",
        shows: "issued to the shipper, on a v5 registry",
        verdict: Verdict::Valid,
        title: TitleStateName::Live,
        code: "title.live",
        key: None,
        make: |sandbox, number| live(sandbox, sandbox.v5, number),
    },
    Row {
        file: "live-v4.json",
        shows: "the same on a v4 registry",
        verdict: Verdict::Valid,
        title: TitleStateName::Live,
        code: "title.live",
        key: None,
        make: |sandbox, number| live(sandbox, sandbox.v4, number),
    },
    Row {
        file: "live-oa3.json",
        shows: "the same in the OpenAttestation 3.0 format",
        verdict: Verdict::Valid,
        title: TitleStateName::Live,
        code: "title.live",
        key: None,
        make: |sandbox, number| {
            let wrapped = sandbox.bill(number, sandbox.v5.address).oa3(&mut sandbox.salts);
            minted(sandbox, sandbox.v5, wrapped)
        },
    },
    Row {
        file: "hidden-fields.json",
        shows: "the holder has hidden the notify party and the packages; the rest is still protected",
        verdict: Verdict::Valid,
        title: TitleStateName::Live,
        code: "integrity.intact",
        key: None,
        make: |sandbox, number| {
            let mut wrapped = live(sandbox, sandbox.v5, number)?;
            hide_oa2(&mut wrapped, "notifyParty");
            hide_oa2(&mut wrapped, "packages");
            Ok(wrapped)
        },
    },
    Row {
        file: "transferred.json",
        shows: "passed on to the bank, which may still reject it",
        verdict: Verdict::Valid,
        title: TitleStateName::Live,
        code: "title.live",
        key: None,
        make: |sandbox, number| after(sandbox, number, &[(Party::Shipper, to_bank())]),
    },
    Row {
        file: "nominated.json",
        shows: "the shipper has nominated the consignee as the next beneficiary",
        verdict: Verdict::Valid,
        title: TitleStateName::Live,
        code: "title.live",
        key: None,
        make: |sandbox, number| {
            let nominee = Party::Consignee.address();
            after(sandbox, number, &[(Party::Shipper, TitleWrite::Nominate { nominee, remark: Vec::new() })])
        },
    },
    Row {
        file: "restored.json",
        shows: "returned to the carrier, who gave it back",
        verdict: Verdict::Valid,
        title: TitleStateName::Live,
        code: "title.live",
        key: None,
        make: |sandbox, number| {
            let wrapped = after(sandbox, number, &[(Party::Shipper, returned())])?;
            let token = TokenId::from(wrapped.target_hash);
            sandbox.act(sandbox.v5, token, Party::Carrier, &TitleWrite::Restore { token, remark: Vec::new() })?;
            Ok(wrapped)
        },
    },
    Row {
        file: "paused-registry.json",
        shows: "live, but its registry is paused: nothing can be transferred or returned now",
        verdict: Verdict::Valid,
        title: TitleStateName::Live,
        code: "title.live",
        key: None,
        make: |sandbox, number| {
            let registry = sandbox.another_registry(Generation::V5)?;
            sandbox.publish("paused.example", &[registry.address]);
            let mut bill = sandbox.bill(number, registry.address);
            bill.domain = "paused.example".into();
            let wrapped = bill.oa2(&mut sandbox.salts);
            let wrapped = minted(sandbox, registry, wrapped)?;
            let token = TokenId::from(wrapped.target_hash);
            sandbox.act(registry, token, Party::Carrier, &TitleWrite::Pause { remark: Vec::new() })?;
            Ok(wrapped)
        },
    },
    Row {
        file: "returned.json",
        shows: "returned to the carrier, not accepted yet",
        verdict: Verdict::NotLive,
        title: TitleStateName::Returned,
        code: "title.returned",
        key: None,
        make: |sandbox, number| after(sandbox, number, &[(Party::Shipper, returned())]),
    },
    Row {
        file: "ended.json",
        shows: "returned and accepted: the goods were delivered against it",
        verdict: Verdict::NotLive,
        title: TitleStateName::Ended,
        code: "title.ended",
        key: None,
        make: |sandbox, number| {
            let wrapped = after(sandbox, number, &[(Party::Shipper, returned())])?;
            let token = TokenId::from(wrapped.target_hash);
            sandbox.act(sandbox.v5, token, Party::Carrier, &TitleWrite::Accept { token, remark: Vec::new() })?;
            Ok(wrapped)
        },
    },
    Row {
        file: "not-issued.json",
        shows: "written and wrapped, but the registry never issued its title",
        verdict: Verdict::Invalid,
        title: TitleStateName::NotIssued,
        code: "issuance.not_minted",
        key: None,
        make: |sandbox, number| Ok(sandbox.bill(number, sandbox.v5.address).oa2(&mut sandbox.salts)),
    },
    Row {
        file: "changed.json",
        shows: "one digit of the weight was changed after issuance",
        verdict: Verdict::Invalid,
        title: TitleStateName::Unknown,
        code: "integrity.digest_mismatch",
        key: None,
        make: |sandbox, number| {
            let mut wrapped = live(sandbox, sandbox.v5, number)?;
            let weight = &mut wrapped.document["data"]["packages"][0]["weight"];
            *weight = weight.as_str().map(|text| text.replace("19200", "19800")).into();
            Ok(wrapped)
        },
    },
    Row {
        file: "batch.json",
        shows: "wrapped together with another bill, so that one title would stand for both",
        verdict: Verdict::Invalid,
        title: TitleStateName::Unknown,
        code: "integrity.batch_token",
        key: None,
        make: |sandbox, number| {
            let bill = sandbox.bill(number, sandbox.v5.address);
            let mut pair = [bill.oa2(&mut sandbox.salts), bill.oa2(&mut sandbox.salts)];
            in_one_batch(&mut pair);
            let [first, _] = pair;
            Ok(first)
        },
    },
    Row {
        file: "expired.json",
        shows: "an OpenAttestation 3.0 bill whose own validity is over",
        verdict: Verdict::Invalid,
        title: TitleStateName::Live,
        code: "issuance.expired",
        key: None,
        make: |sandbox, number| {
            let mut bill = sandbox.bill(number, sandbox.v5.address);
            bill.expires = Some("2026-06-01T00:00:00Z".into());
            let wrapped = bill.oa3(&mut sandbox.salts);
            minted(sandbox, sandbox.v5, wrapped)
        },
    },
    Row {
        file: "no-record.json",
        shows: "the domain it names publishes nothing about this registry",
        verdict: Verdict::Invalid,
        title: TitleStateName::Live,
        code: "issuer.no_record",
        key: None,
        make: |sandbox, number| {
            sandbox.publish_records("elsewhere.example", &["v=spf1 -all".into()]);
            issued_under(sandbox, number, "elsewhere.example")
        },
    },
    Row {
        file: "other-chain-record.json",
        shows: "the domain names the registry's address, but on another chain",
        verdict: Verdict::Invalid,
        title: TitleStateName::Live,
        code: "issuer.record_for_other_chain",
        key: None,
        make: |sandbox, number| {
            let record = format!("openatts net=ethereum netId=1 addr={}", sandbox.v5.address);
            sandbox.publish_records("mainnet.example", &[record]);
            issued_under(sandbox, number, "mainnet.example")
        },
    },
    Row {
        file: "no-such-domain.json",
        shows: "the domain it names does not exist",
        verdict: Verdict::Invalid,
        title: TitleStateName::Live,
        code: "issuer.domain_does_not_exist",
        key: None,
        make: |sandbox, number| issued_under(sandbox, number, "no-such-carrier.example"),
    },
    Row {
        file: "no-contract.json",
        shows: "an ordinary account stands where the registry should be",
        verdict: Verdict::Invalid,
        title: TitleStateName::Unknown,
        code: "registry.no_contract",
        key: None,
        make: |sandbox, number| {
            let account = Party::Bank.address();
            sandbox.publish("account.example", &[account]);
            elsewhere(sandbox, number, account, "account.example")
        },
    },
    Row {
        file: "look-alike.json",
        shows: "a contract that answers every question about a title with yes",
        verdict: Verdict::Invalid,
        title: TitleStateName::Unknown,
        code: "registry.contradicts_itself",
        key: None,
        make: |sandbox, number| {
            let owner = Token::Address(Party::Shipper.address().0.into());
            let contract = sandbox.deploy(Contract::Lookalike, &[owner])?;
            sandbox.publish("look-alike.example", &[contract]);
            elsewhere(sandbox, number, contract, "look-alike.example")
        },
    },
    Row {
        file: "upgradeable.json",
        shows: "live, on a registry behind a proxy: somebody can change its rules at any time",
        verdict: Verdict::Indeterminate,
        title: TitleStateName::Unknown,
        code: "registry.upgradeable_proxy",
        key: None,
        make: |sandbox, number| {
            let registry = sandbox.upgradeable_registry()?;
            sandbox.publish("upgradeable.example", &[registry.address]);
            let wrapped = elsewhere(sandbox, number, registry.address, "upgradeable.example")?;
            minted(sandbox, registry, wrapped)
        },
    },
    Row {
        file: "other-chain.json",
        shows: "on a chain that nobody can be asked about here",
        verdict: Verdict::Indeterminate,
        title: TitleStateName::Unknown,
        code: "chain.no_endpoint",
        key: None,
        make: |sandbox, number| {
            let mut bill = sandbox.bill(number, sandbox.v5.address);
            bill.chain = ChainId::try_from(137).unwrap_or(bill.chain);
            bill.domain = "polygon.example".into();
            let record = format!("openatts net=ethereum netId=137 addr={}", sandbox.v5.address);
            sandbox.publish_records("polygon.example", &[record]);
            Ok(bill.oa2(&mut sandbox.salts))
        },
    },
];

pub(super) fn live(sandbox: &mut Sandbox, registry: Registry, number: &str) -> Result<Wrapped, SandboxError> {
    let wrapped = sandbox.bill(number, registry.address).oa2(&mut sandbox.salts);
    minted(sandbox, registry, wrapped)
}

fn minted(sandbox: &Sandbox, registry: Registry, wrapped: Wrapped) -> Result<Wrapped, SandboxError> {
    sandbox.mint(registry, TokenId::from(wrapped.target_hash), [Party::Shipper, Party::Shipper])?;
    Ok(wrapped)
}

fn after(sandbox: &mut Sandbox, number: &str, acts: &[(Party, TitleWrite)]) -> Result<Wrapped, SandboxError> {
    let wrapped = live(sandbox, sandbox.v5, number)?;
    for (by, act) in acts {
        sandbox.act(sandbox.v5, TokenId::from(wrapped.target_hash), *by, act)?;
    }
    Ok(wrapped)
}

/// Issued like [`live`], under another domain than [`DOMAIN`].
fn issued_under(sandbox: &mut Sandbox, number: &str, domain: &str) -> Result<Wrapped, SandboxError> {
    debug_assert_ne!(domain, DOMAIN);
    let mut bill = sandbox.bill(number, sandbox.v5.address);
    bill.domain = domain.to_owned();
    let wrapped = bill.oa2(&mut sandbox.salts);
    minted(sandbox, sandbox.v5, wrapped)
}

/// Wrapped for something that is not a registry of this sandbox.
fn elsewhere(sandbox: &mut Sandbox, number: &str, registry: Address, domain: &str) -> Result<Wrapped, SandboxError> {
    let mut bill = sandbox.bill(number, registry);
    bill.domain = domain.to_owned();
    Ok(bill.oa2(&mut sandbox.salts))
}

fn to_bank() -> TitleWrite {
    let bank = Party::Bank.address();
    TitleWrite::TransferOwners { beneficiary: bank, holder: bank, remark: b"Pledged".to_vec() }
}

fn returned() -> TitleWrite {
    TitleWrite::ReturnToIssuer { remark: b"For delivery".to_vec() }
}
