//! Contracts made to be taken for a token registry. None of them is ever valid unless the caller vouches for it, and not
//! even then if its answers do not hold together (chain.md 6.2, 6.3, 6.9, 6.11–6.14).

use ebl_verifier::primitives::{Address, keccak256};
use ebl_verifier::testchain::contracts::Contract;
use ebl_verifier::testchain::sandbox::Party::{Bank, Carrier, Consignee, Shipper};
use ebl_verifier::title::Generation;
use ethers::abi::{Token, encode};
use libtest_mimic::Failed;
use serde_json::json;

use super::command::Expected;
use super::stage::{Contracts, Format, Issued, Registry, Setting, Stage, account, call, registry_arguments, trusted};
use super::strangers::upgradeable_registry;

/// Builds every look-alike, and holds the command to the table.
pub fn none_is_taken_for_a_registry(setting: Setting) -> Result<(), Failed> {
    let mut stage = Stage::set(setting)?;
    for look_alike in LOOK_ALIKES {
        let name = look_alike.name;
        let in_case = |failed: Failed| format!("{name}: {}", failed.message().unwrap_or_default());
        let registry = (look_alike.built)(&stage).map_err(in_case)?;
        let bill = stage.bill(&name.replace(' ', "-"), registry, Format::Oa2)?;
        stage.publish(registry.address);
        (look_alike.issued)(&stage, &bill).map_err(in_case)?;
        let report = stage.told(name, &bill, &[], look_alike.alone)?;
        let message = report.check("registry")["message"].as_str().unwrap_or_default();
        if !message.contains(look_alike.because) {
            return Err(format!("{name}: wanted {:?} as the reason, found {message:?}", look_alike.because).into());
        }
        let vouched = trusted(registry.address);
        let step = format!("{name}, trusted");
        stage.told(&step, &bill, &["--trust-registry", &vouched], look_alike.vouched_for)?;
    }
    Ok(())
}

struct LookAlike {
    name: &'static str,
    /// The contract that the document names as its registry.
    built: fn(&Stage) -> Result<Registry, Failed>,
    /// What is done for this one document.
    issued: fn(&Stage, &Issued) -> Result<(), Failed>,
    /// What the command says.
    alone: Expected,
    /// Part of its message about the registry, so that no case is refused for another's reason.
    because: &'static str,
    /// What it says with `--trust-registry` for this contract.
    vouched_for: Expected,
}

const LIVE: Expected = (0, "valid", "live", "title.live");
const UNRECOGNISED: Expected = (3, "indeterminate", "unknown", "registry.unrecognised_code");
const CAN_CHANGE: Expected = (3, "indeterminate", "unknown", "registry.upgradeable_proxy");
const CONTRADICTION: Expected = (1, "invalid", "unknown", "registry.contradicts_itself");

const LOOK_ALIKES: &[LookAlike] = &[
    LookAlike {
        name: "any owner and yes to everything",
        built: |stage| {
            let address = stage.deploy_ours(Contract::Lookalike, &[account(Shipper.address())])?;
            Ok(Registry { address, ..stage.registry })
        },
        issued: |_, _| Ok(()),
        alone: CONTRADICTION,
        because: "yes to the interface id that must be refused",
        vouched_for: CONTRADICTION,
    },
    LookAlike {
        name: "right interfaces and a wallet as owner",
        built: impostor,
        issued: |stage, bill| {
            hand_to_genuine_escrow(stage, bill)?;
            teach(stage, bill.registry.address, "ownerOf(uint256)", &address_word(Bank.address()))
        },
        alone: CONTRADICTION,
        because: "which is not its title escrow",
        vouched_for: CONTRADICTION,
    },
    LookAlike {
        name: "right interfaces and nothing else",
        built: impostor,
        issued: |stage, bill| {
            claim(stage, bill)?;
            teach(stage, bill.registry.address, "ownerOf(uint256)", &address_word(Bank.address()))?;
            teach(stage, bill.registry.address, "titleEscrowFactory()", &address_word(Bank.address()))
        },
        alone: CONTRADICTION,
        because: "implementation answered 0 bytes",
        vouched_for: CONTRADICTION,
    },
    LookAlike {
        name: "genuine factory and escrow",
        built: impostor,
        issued: hand_to_genuine_escrow,
        alone: UNRECOGNISED,
        because: "is not in the list of known registries",
        vouched_for: LIVE,
    },
    LookAlike {
        name: "owner is a look-alike escrow",
        built: impostor,
        issued: |stage, bill| {
            hand_to_genuine_escrow(stage, bill)?;
            let escrow = stage.deploy_ours(Contract::Impostor, &[])?;
            record_live(stage, bill, escrow)?;
            teach(stage, bill.registry.address, "ownerOf(uint256)", &address_word(escrow))
        },
        alone: CONTRADICTION,
        because: "which is not its title escrow",
        vouched_for: CONTRADICTION,
    },
    LookAlike {
        name: "owner of 31 bytes",
        built: impostor,
        issued: |stage, bill| owner_altered(stage, bill, |owner| owner[1..].to_vec()),
        alone: CONTRADICTION,
        because: "ownerOf answered 31 bytes",
        vouched_for: CONTRADICTION,
    },
    LookAlike {
        name: "owner of 64 bytes",
        built: impostor,
        issued: |stage, bill| owner_altered(stage, bill, |owner| [owner, owner].concat()),
        alone: CONTRADICTION,
        because: "ownerOf answered 64 bytes",
        vouched_for: CONTRADICTION,
    },
    LookAlike {
        name: "owner with a dirty upper byte",
        built: impostor,
        issued: |stage, bill| owner_altered(stage, bill, |owner| [&[1], &owner[1..]].concat()),
        alone: CONTRADICTION,
        because: "ownerOf answered a word that is not an address",
        vouched_for: CONTRADICTION,
    },
    LookAlike {
        name: "owner zero",
        built: impostor,
        issued: |stage, bill| owner_altered(stage, bill, |_| vec![0; 32]),
        alone: CONTRADICTION,
        because: "owner is the zero address",
        vouched_for: CONTRADICTION,
    },
    LookAlike {
        name: "a genuine escrow that never received the token",
        built: impostor,
        issued: |stage, bill| {
            claim(stage, bill)?;
            create_escrow(stage, bill).map(drop)
        },
        alone: CONTRADICTION,
        because: "no beneficiary or holder",
        vouched_for: CONTRADICTION,
    },
    LookAlike {
        name: "escrow of another registry",
        built: impostor_with_forged_escrows,
        issued: |stage, bill| {
            let another = stage.registry.address;
            hand_to_forged_escrow(stage, bill, "registry()", &address_word(another))
        },
        alone: CONTRADICTION,
        because: "names another registry or token",
        vouched_for: CONTRADICTION,
    },
    LookAlike {
        name: "escrow of another token",
        built: impostor_with_forged_escrows,
        issued: |stage, bill| hand_to_forged_escrow(stage, bill, "tokenId()", &[7; 32]),
        alone: CONTRADICTION,
        because: "names another registry or token",
        vouched_for: CONTRADICTION,
    },
    LookAlike {
        name: "no beneficiary while live",
        built: impostor_with_forged_escrows,
        issued: |stage, bill| hand_to_forged_escrow(stage, bill, "beneficiary()", &[0; 32]),
        alone: CONTRADICTION,
        because: "no beneficiary or holder",
        vouched_for: CONTRADICTION,
    },
    LookAlike {
        name: "no holder while live",
        built: impostor_with_forged_escrows,
        issued: |stage, bill| hand_to_forged_escrow(stage, bill, "holder()", &[0; 32]),
        alone: CONTRADICTION,
        because: "no beneficiary or holder",
        vouched_for: CONTRADICTION,
    },
    LookAlike {
        name: "forged from end to end",
        built: impostor_with_forged_escrows,
        issued: |stage, bill| hand_to_forged_escrow(stage, bill, "nominee()", &[0; 32]),
        alone: UNRECOGNISED,
        because: "is not in the list of known registries",
        vouched_for: LIVE,
    },
    LookAlike {
        name: "upgradeable proxy of the rules of a registry",
        built: proxied_registry,
        issued: |stage, bill| stage.mint(bill),
        alone: CAN_CHANGE,
        because: "can be changed by",
        vouched_for: LIVE,
    },
    LookAlike {
        name: "clone of a fake implementation",
        built: |stage| {
            let implementation = stage.deploy_ours(Contract::Impostor, &[])?;
            let address = stage.deploy(&clone_creation(implementation))?;
            Ok(Registry { address, ..stage.registry })
        },
        issued: hand_to_genuine_escrow,
        alone: UNRECOGNISED,
        because: "is not in the list of known registries",
        vouched_for: LIVE,
    },
    LookAlike {
        name: "clone of the rules with a fake factory of fake escrows",
        built: clone_with_forged_escrows,
        issued: |stage, bill| {
            stage.mint(bill)?;
            record_live(stage, bill, stage.escrow(bill)?)
        },
        alone: UNRECOGNISED,
        because: "is not in the list of known registries",
        vouched_for: LIVE,
    },
    LookAlike {
        name: "registry code with a fake factory of real escrows",
        built: |stage| {
            let implementation = asked_address(stage, stage.registry.factory, "implementation()")?;
            stage.registry_with(forged_factory(stage, implementation)?)
        },
        issued: |stage, bill| stage.mint(bill),
        alone: UNRECOGNISED,
        because: "is not in the list of known registries",
        vouched_for: LIVE,
    },
    LookAlike {
        name: "registry code with a fake factory of fake escrows",
        built: |stage| {
            let implementation = stage.deploy_ours(Contract::Impostor, &[])?;
            stage.registry_with(forged_factory(stage, implementation)?)
        },
        issued: |stage, bill| {
            stage.mint(bill)?;
            record_live(stage, bill, stage.escrow(bill)?)
        },
        alone: UNRECOGNISED,
        because: "is not in the list of known registries",
        vouched_for: LIVE,
    },
];

/// A contract with prepared answers, which will name the factory of the registry on the stage.
fn impostor(stage: &Stage) -> Result<Registry, Failed> {
    Ok(Registry { address: stage.deploy_ours(Contract::Impostor, &[])?, ..stage.registry })
}

/// The same with a factory whose escrows have prepared answers too.
fn impostor_with_forged_escrows(stage: &Stage) -> Result<Registry, Failed> {
    let implementation = stage.deploy_ours(Contract::Impostor, &[])?;
    Ok(Registry { factory: forged_factory(stage, implementation)?, ..impostor(stage)? })
}

fn forged_factory(stage: &Stage, implementation: Address) -> Result<Address, Failed> {
    stage.deploy_ours(Contract::ForgedFactory, &[account(implementation)])
}

/// The rules of the stage's kind of registry behind an ERC-1967 proxy.
fn proxied_registry(stage: &Stage) -> Result<Registry, Failed> {
    if stage.setting.contracts == Contracts::Ours {
        return upgradeable_registry(stage).map(|(registry, _)| registry);
    }
    let rules = stage.deploy(&stage.published("presets/TradeTrustTokenStandard"))?;
    let admin = account(Consignee.address());
    let address = stage.deploy_ours(Contract::UpgradeableProxy, &[account(rules), admin])?;
    initialized(stage, Registry { address, ..stage.registry })
}

/// An EIP-1167 clone of the rules of the stage's kind of registry, set up with a factory whose escrows say anything.
fn clone_with_forged_escrows(stage: &Stage) -> Result<Registry, Failed> {
    let factory = forged_factory(stage, stage.deploy_ours(Contract::Impostor, &[])?)?;
    if stage.setting.contracts == Contracts::Ours {
        let arguments = registry_arguments(factory);
        let rules = stage.deploy_ours(Contract::UpgradeableRegistryV5, &arguments)?;
        let address = stage.deploy(&clone_creation(rules))?;
        let [name, symbol, _] = arguments;
        let initialize = call("initialize(string,string,address)", &[name, symbol, account(Carrier.address())]);
        stage.write(Carrier, address, &initialize)?;
        return Ok(Registry { address, factory, generation: Generation::V5 });
    }
    let rules = stage.deploy(&stage.published("presets/TradeTrustTokenStandard"))?;
    let address = stage.deploy(&clone_creation(rules))?;
    initialized(stage, Registry { address, factory, ..stage.registry })
}

/// Sets the published contract for clones up (chain.md §1.3).
fn initialized(stage: &Stage, registry: Registry) -> Result<Registry, Failed> {
    let [name, symbol, factory] = registry_arguments(registry.factory);
    let inner = encode(&[name, symbol, account(Carrier.address())]);
    let parameters = Token::Bytes(encode(&[Token::Bytes(inner), factory]));
    stage.write(Carrier, registry.address, &call("initialize(bytes)", &[parameters]))?;
    Ok(registry)
}

/// All that a registry of this generation answers of itself (chain.md §1.5), and the predicted escrow as the owner.
fn claim(stage: &Stage, bill: &Issued) -> Result<(), Failed> {
    let Registry { address, factory, generation } = bill.registry;
    let own: [u8; 4] = if generation == Generation::V5 { [0xb8, 0x95, 0x09, 0x77] } else { [0x30, 0x4a, 0xd1, 0xf2] };
    for (interface, yes) in [([0x01, 0xff, 0xc9, 0xa7], 1), (own, 1)] {
        let question = call("supportsInterface(bytes4)", &[Token::FixedBytes(interface.to_vec())]);
        teach_exactly(stage, address, &question, &number_word(yes))?;
    }
    teach(stage, address, "supportsInterface(bytes4)", &[0; 32])?;
    teach(stage, address, "titleEscrowFactory()", &address_word(factory))?;
    teach(stage, address, "genesis()", &number_word(1))?;
    teach(stage, address, "paused()", &[0; 32])?;
    teach(stage, address, "ownerOf(uint256)", &address_word(stage.escrow(bill)?))
}

/// Makes the impostor have its factory make the escrow.
fn create_escrow(stage: &Stage, bill: &Issued) -> Result<Address, Failed> {
    let create = call("create(uint256)", &[Token::Uint(bill.token.0.into())]);
    act(stage, bill, bill.registry.factory, create)?;
    stage.escrow(bill)
}

/// Everything as a genuine registry does it, with an escrow that the registry's own factory made for the impostor.
fn hand_to_genuine_escrow(stage: &Stage, bill: &Issued) -> Result<(), Failed> {
    claim(stage, bill)?;
    let escrow = create_escrow(stage, bill)?;
    let shipper = account(Shipper.address());
    let mut parties = vec![shipper.clone(), shipper];
    if bill.registry.generation == Generation::V5 {
        parties.push(Token::Bytes(b"issued".to_vec()));
    }
    let received = [
        account(Carrier.address()),
        account(Address::ZERO),
        Token::Uint(bill.token.0.into()),
        Token::Bytes(encode(&parties)),
    ];
    act(stage, bill, escrow, call("onERC721Received(address,address,uint256,bytes)", &received))
}

fn hand_to_forged_escrow(stage: &Stage, bill: &Issued, but: &str, answer: &[u8]) -> Result<(), Failed> {
    claim(stage, bill)?;
    let escrow = create_escrow(stage, bill)?;
    record_live(stage, bill, escrow)?;
    teach(stage, escrow, but, answer)
}

/// Teaches a look-alike escrow the answers of one that holds the token.
fn record_live(stage: &Stage, bill: &Issued, escrow: Address) -> Result<(), Failed> {
    teach(stage, escrow, "registry()", &address_word(bill.registry.address))?;
    teach(stage, escrow, "tokenId()", &bill.token.0)?;
    teach(stage, escrow, "beneficiary()", &address_word(Shipper.address()))?;
    teach(stage, escrow, "holder()", &address_word(Shipper.address()))?;
    teach(stage, escrow, "nominee()", &[0; 32])?;
    teach(stage, escrow, "active()", &number_word(1))?;
    teach(stage, escrow, "isHoldingToken()", &number_word(1))?;
    if bill.registry.generation == Generation::V5 {
        teach(stage, escrow, "prevBeneficiary()", &[0; 32])?;
        teach(stage, escrow, "prevHolder()", &[0; 32])?;
    }
    Ok(())
}

/// Everything as a genuine registry does it, but for the bytes of the owner.
fn owner_altered(stage: &Stage, bill: &Issued, altered: impl Fn(&[u8]) -> Vec<u8>) -> Result<(), Failed> {
    hand_to_genuine_escrow(stage, bill)?;
    let owner = address_word(stage.escrow(bill)?);
    teach(stage, bill.registry.address, "ownerOf(uint256)", &altered(&owner))
}

fn teach(stage: &Stage, impostor: Address, signature: &str, answer: &[u8]) -> Result<(), Failed> {
    teach_exactly(stage, impostor, &keccak256(signature).0[..4], answer)
}

fn teach_exactly(stage: &Stage, impostor: Address, question: &[u8], answer: &[u8]) -> Result<(), Failed> {
    let arguments = [Token::Bytes(question.to_vec()), Token::Bytes(answer.to_vec())];
    stage.write(Carrier, impostor, &call("teach(bytes,bytes)", &arguments)).map(drop)
}

fn act(stage: &Stage, bill: &Issued, to: Address, data: Vec<u8>) -> Result<(), Failed> {
    let data = call("act(address,bytes)", &[account(to), Token::Bytes(data)]);
    stage.write(Carrier, bill.registry.address, &data).map(drop)
}

fn asked_address(stage: &Stage, contract: Address, signature: &str) -> Result<Address, Failed> {
    let question = super::node::hex(&call(signature, &[]));
    let answer = stage.node.ask("eth_call", json!([{"to": contract, "data": question}, "latest"]));
    Ok(format!("0x{}", answer.as_str().and_then(|text| text.get(26..)).ok_or("an address")?).parse()?)
}

/// Creation code of an EIP-1167 clone.
fn clone_creation(implementation: Address) -> Vec<u8> {
    let head = [
        0x3d, 0x60, 0x2d, 0x80, 0x60, 0x0a, 0x3d, 0x39, 0x81, 0xf3, 0x36, 0x3d, 0x3d, 0x37, 0x3d, 0x3d, 0x3d, 0x36,
        0x3d, 0x73,
    ];
    let tail = [0x5a, 0xf4, 0x3d, 0x82, 0x80, 0x3e, 0x90, 0x3d, 0x91, 0x60, 0x2b, 0x57, 0xfd, 0x5b, 0xf3];
    [head.as_slice(), &implementation.0, &tail].concat()
}

fn address_word(address: Address) -> [u8; 32] {
    let mut word = [0; 32];
    word[12..].copy_from_slice(&address.0);
    word
}

fn number_word(number: u8) -> [u8; 32] {
    let mut word = [0; 32];
    word[31] = number;
    word
}
