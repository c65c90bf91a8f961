//! Our contracts against the genuine published ones: both are deployed in the same block of one real `anvil`, every
//! operation is tried on both by every party in every state, and every answer, revert, log and getter must be the same,
//! up to the addresses. Needs the npm packages of `tests/genuine`; without them the suite says that it did not run.

mod support {
    pub mod anvil;
}

use std::path::Path;
use std::process::Command;

use ebl_verifier::primitives::{Address, Digest32, TokenId, decode_hex, encode_hex, keccak256};
use ebl_verifier::testchain::contracts::{
    Contract, DidWrite, Recipient, StoreWrite, TitleWrite, bytes32_name, creation_code,
};
use ebl_verifier::title::Generation;
use ethers::abi::{Token, encode};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Value, json};
use support::anvil::{Anvil, anvil_binary, artefact_code, node_modules, script_code};

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
    ("creation_json_is_what_the_sources_compile_to", creation_is_current),
];

const DS3: &str = "ds3/dist/contracts/factories/contracts/DocumentStore__factory.js";
const DS4: &str = "ds4/dist/contracts/factories/DocumentStore__factory.js";
const TRUSTVC: &str = "@trustvc/document-store/index.js";
const DID: &str = "ethr-did-registry/artifacts/contracts/EthereumDIDRegistry.sol/EthereumDIDRegistry.json";

fn main() {
    let arguments = Arguments::from_args();
    let modules = node_modules();
    let ready = anvil_binary(&modules).exists() && modules.join("solc").exists();
    let trials = PROMISES.iter().map(|&(name, promise)| {
        let modules = modules.clone();
        Trial::test(name, move || promise(&modules)).with_ignored_flag(!ready)
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    if !ready {
        println!("NOT RUN: the comparison of our contracts with the genuine ones needs npm packages.");
        println!("To run it: (cd tests/genuine && npm ci --ignore-scripts) && cargo test --test contracts");
    }
    conclusion.exit();
}

struct Edition {
    generation: Generation,
    package: &'static str,
    registry: Contract,
    factory: Contract,
    escrow_lookup: &'static str,
}

const V5: Edition = Edition {
    generation: Generation::V5,
    package: "@tradetrust-tt/token-registry",
    registry: Contract::RegistryV5,
    factory: Contract::TitleEscrowFactoryV5,
    escrow_lookup: "getEscrowAddress(address,uint256)",
};

const V4: Edition = Edition {
    generation: Generation::V4,
    package: "tr4",
    registry: Contract::RegistryV4,
    factory: Contract::TitleEscrowFactoryV4,
    escrow_lookup: "getAddress(address,uint256)",
};

fn title_story(edition: &Edition, modules: &Path) -> Result<(), Failed> {
    let mut twins = Twins::start(modules);
    let genuine = |name: &str| {
        artefact_code(&modules.join(edition.package).join(format!("dist/artifacts/{name}.sol/{name}.json")))
    };
    let factory = twins.deploy(&genuine("TitleEscrowFactory"), edition.factory, &[])?;
    let implementation = twins.address_answer(factory, call("implementation()", &[]))?;
    let name = |text: &str| Token::String(text.into());
    let arguments = [name("Nordsee Registry"), name("NDSE"), Token::Address(factory.0.into())];
    let registry = twins.deploy(&genuine("TradeTrustToken"), edition.registry, &arguments)?;
    let mut story =
        TitleStory { twins, edition, factory, registry, escrow: Address::ZERO, token: TokenId([0; 32]), seen: 0 };
    let [admin, b, h, other, stranger] = story.twins.parties();
    let remark = || b"on board".to_vec();
    story.choose(UNUSED)?;
    let token = keccak256("bill 1").into();
    story.choose(token)?;
    story.observe_everything()?;
    story.illegal(b, &mint(b, h, token, remark()))?;
    story.illegal(admin, &mint(Address::ZERO, h, token, remark()))?;
    story.illegal(admin, &mint(b, Address::ZERO, token, remark()))?;
    story.illegal(admin, &TitleWrite::Restore { token, remark: remark() })?;
    story.illegal(admin, &TitleWrite::Accept { token, remark: remark() })?;
    story.legal(admin, &mint(b, h, token, remark()))?;
    story.twins.same_code(implementation)?;
    story.illegal(admin, &mint(b, h, token, remark()))?;

    // Nominations: only by the beneficiary, and a pending one binds the holder.
    let nominate = |nominee| TitleWrite::Nominate { nominee, remark: remark() };
    let transfer_beneficiary = |beneficiary| TitleWrite::TransferBeneficiary { beneficiary, remark: remark() };
    let transfer_holder = |holder| TitleWrite::TransferHolder { holder, remark: remark() };
    let transfer_owners = |beneficiary, holder| TitleWrite::TransferOwners { beneficiary, holder, remark: remark() };
    let give_back = || TitleWrite::ReturnToIssuer { remark: remark() };
    story.illegal(h, &nominate(other))?;
    story.illegal(h, &transfer_beneficiary(other))?;
    story.illegal(h, &transfer_owners(other, stranger))?;
    story.illegal(b, &give_back())?;
    story.legal(b, &nominate(other))?;
    story.illegal(b, &nominate(other))?;
    story.legal(b, &nominate(Address::ZERO))?;
    story.illegal(h, &transfer_beneficiary(other))?;
    story.legal(b, &nominate(other))?;
    story.legal(h, &transfer_beneficiary(other))?;
    story.rejected(other, &TitleWrite::RejectTransferBeneficiary { remark: remark() }, &[(h, transfer_holder(b))])?;
    story.legal(if edition.is_v5() { h } else { b }, &transfer_holder(admin))?;
    story.rejected(admin, &TitleWrite::RejectTransferHolder { remark: remark() }, &[(admin, transfer_holder(h))])?;
    story.illegal(stranger, &transfer_holder(stranger))?;

    // A transfer of both with a nominee, refused as a whole; then accepted by the next act.
    let owner = if edition.is_v5() { b } else { other };
    story.legal(owner, &nominate(stranger))?;
    story.legal(h, &transfer_owners(stranger, stranger))?;
    let refusal = TitleWrite::RejectTransferOwners { remark: remark() };
    story.rejected(stranger, &refusal, &[(stranger, transfer_owners(owner, h))])?;
    story.legal(owner, &nominate(stranger))?;
    story.legal(h, &transfer_owners(stranger, other))?;
    story.legal(other, &transfer_holder(stranger))?;
    // One account in both roles endorses without a nominee, and again in one act to a single new account.
    story.legal(stranger, &transfer_beneficiary(b))?;
    story.legal(b, &nominate(stranger))?;
    story.legal(stranger, &transfer_owners(stranger, b))?;
    story.legal(b, &transfer_holder(stranger))?;
    story.legal(stranger, &transfer_owners(b, h))?;
    story.legal(h, &transfer_holder(b))?;
    story.legal(b, &nominate(other))?;
    story.legal(b, &transfer_beneficiary(b))?;
    story.legal(b, &nominate(other))?;

    // Paused: nothing moves, on the registry or on the escrow.
    story.illegal(stranger, &TitleWrite::Pause { remark: remark() })?;
    story.illegal(admin, &TitleWrite::Unpause { remark: remark() })?;
    story.legal(admin, &TitleWrite::Pause { remark: remark() })?;
    story.illegal(b, &give_back())?;
    story.illegal(admin, &mint(b, h, keccak256("bill 9").into(), remark()))?;
    story.illegal(stranger, &TitleWrite::Unpause { remark: remark() })?;
    story.legal(admin, &TitleWrite::Unpause { remark: Vec::new() })?;

    // Returned, restored, returned and accepted: the end.
    story.legal(b, &give_back())?;
    story.illegal(b, &transfer_holder(other))?;
    story.illegal(b, &TitleWrite::Restore { token, remark: remark() })?;
    story.legal(admin, &TitleWrite::Restore { token, remark: remark() })?;
    story.illegal(admin, &TitleWrite::Accept { token, remark: remark() })?;
    story.legal(b, &give_back())?;
    story.legal(admin, &TitleWrite::Pause { remark: remark() })?;
    story.illegal(admin, &TitleWrite::Accept { token, remark: remark() })?;
    story.illegal(admin, &TitleWrite::Restore { token, remark: remark() })?;
    story.legal(admin, &TitleWrite::Unpause { remark: remark() })?;
    story.illegal(b, &TitleWrite::Accept { token, remark: remark() })?;
    story.legal(admin, &TitleWrite::Accept { token, remark: remark() })?;
    story.illegal(admin, &mint(b, h, token, remark()))?;
    story.illegal(admin, &TitleWrite::Restore { token, remark: remark() })?;
    story.illegal(b, &give_back())?;

    // A second title in the same registry, with the longest remark and with none; a rejection ended by a nomination.
    let token = keccak256("bill 2").into();
    story.choose(token)?;
    story.legal(admin, &mint(b, b, token, vec![0xff; 120]))?;
    story.legal(b, &TitleWrite::TransferHolder { holder: h, remark: Vec::new() })?;
    story.legal(b, &nominate(other))?;
    story.legal(h, &transfer_beneficiary(other))?;
    story.legal(other, &nominate(b))?;
    story.legal(h, &transfer_holder(other))?;
    story.legal(other, &transfer_owners(b, h))?;
    story.legal(b, &nominate(h))?;
    story.legal(h, &transfer_owners(h, b))?;
    if edition.is_v5() {
        let long = vec![0x61; 121];
        story.illegal(h, &TitleWrite::Nominate { nominee: stranger, remark: long.clone() })?;
        story.illegal(admin, &mint(b, h, keccak256("bill 3").into(), long.clone()))?;
        story.illegal(admin, &TitleWrite::Pause { remark: long })?;
    }

    // Roles move between accounts.
    let minter = Token::FixedBytes(keccak256("MINTER_ROLE").0.to_vec());
    let to_other = [minter, Token::Address(other.0.into())];
    let token = keccak256("bill 4").into();
    story.choose(token)?;
    story.twins.must_fail(b, registry, call("grantRole(bytes32,address)", &to_other))?;
    story.illegal(other, &mint(b, h, token, remark()))?;
    story.twins.must_work(admin, registry, call("grantRole(bytes32,address)", &to_other))?;
    story.twins.must_work(admin, registry, call("grantRole(bytes32,address)", &to_other))?;
    story.legal(other, &mint(b, h, token, remark()))?;
    story.twins.must_work(admin, registry, call("revokeRole(bytes32,address)", &to_other))?;
    story.twins.must_work(admin, registry, call("revokeRole(bytes32,address)", &to_other))?;
    story.illegal(other, &mint(b, h, keccak256("bill 5").into(), remark()))?;
    println!("{} answers of {:?} compared", story.twins.compared, edition.generation);
    Ok(())
}

impl Edition {
    fn is_v5(&self) -> bool {
        self.generation == Generation::V5
    }
}

/// Never minted.
const UNUSED: TokenId = TokenId([9; 32]);

fn mint(beneficiary: Address, holder: Address, token: TokenId, remark: Vec<u8>) -> TitleWrite {
    TitleWrite::Mint { beneficiary, holder, token, remark }
}

struct TitleStory<'a> {
    twins: Twins,
    edition: &'a Edition,
    factory: Address,
    registry: Address,
    escrow: Address,
    token: TokenId,
    seen: usize,
}

impl TitleStory<'_> {
    /// Turns to another title; its two escrows stand for each other from now on.
    fn choose(&mut self, token: TokenId) -> Result<(), Failed> {
        let id = Token::Uint(token.0.into());
        let arguments = [Token::Address(self.registry.0.into()), id];
        self.token = token;
        self.escrow = self.twins.address_answer(self.factory, call(self.edition.escrow_lookup, &arguments))?;
        Ok(())
    }

    /// Works on both, with the same logs, and leaves both in the same state.
    fn legal(&mut self, from: Address, write: &TitleWrite) -> Result<(), Failed> {
        let (to, data) = self.call_of(write).ok_or("not an act of this generation")?;
        self.twins.must_work(from, to, data).map_err(|error| in_step(write, error))?;
        self.observe_everything().map_err(|error| in_step(write, error))
    }

    /// Reverts on both, with the same data.
    fn illegal(&mut self, from: Address, write: &TitleWrite) -> Result<(), Failed> {
        let (to, data) = self.call_of(write).ok_or("not an act of this generation")?;
        self.twins.must_fail(from, to, data).map_err(|error| in_step(write, error))
    }

    /// A rejection where the generation knows it, else the writes that lead to a comparable state.
    fn rejected(
        &mut self,
        from: Address,
        write: &TitleWrite,
        otherwise: &[(Address, TitleWrite)],
    ) -> Result<(), Failed> {
        if self.edition.is_v5() {
            return self.legal(from, write);
        }
        assert_eq!(write.call_data(self.edition.generation), None);
        otherwise.iter().try_for_each(|(from, write)| self.legal(*from, write))
    }

    fn call_of(&self, write: &TitleWrite) -> Option<(Address, Vec<u8>)> {
        let to = match write.recipient() {
            Recipient::Registry => self.registry,
            Recipient::TitleEscrow => self.escrow,
        };
        write.call_data(self.edition.generation).map(|data| (to, data))
    }

    /// Every getter, every interface id, and every act by every party, tried without being sent.
    fn observe_everything(&mut self) -> Result<(), Failed> {
        let parties = self.twins.parties();
        let [admin, ..] = parties;
        let mut calls = Vec::new();
        let id = Token::Uint(self.token.0.into());
        let address = |address: Address| Token::Address(address.0.into());
        for name in ["titleEscrowFactory", "genesis", "paused", "name", "symbol", "remark"] {
            calls.push((admin, self.registry, call(&format!("{name}()"), &[])));
        }
        for name in ["MINTER_ROLE", "ACCEPTER_ROLE", "RESTORER_ROLE", "DEFAULT_ADMIN_ROLE"] {
            calls.push((admin, self.registry, call(&format!("{name}()"), &[])));
            let role = match name {
                "DEFAULT_ADMIN_ROLE" => Digest32([0; 32]),
                name => keccak256(name),
            };
            let role = Token::FixedBytes(role.0.to_vec());
            calls.push((admin, self.registry, call("getRoleAdmin(bytes32)", std::slice::from_ref(&role))));
            for party in parties {
                calls.push((admin, self.registry, call("hasRole(bytes32,address)", &[role.clone(), address(party)])));
            }
        }
        for signature in ["ownerOf(uint256)", "tokenURI(uint256)"] {
            calls.push((admin, self.registry, call(signature, std::slice::from_ref(&id))));
        }
        for owner in [self.escrow, self.registry, Address::DEAD, Address::ZERO] {
            calls.push((admin, self.registry, call("balanceOf(address)", &[address(owner)])));
        }
        let getters =
            "beneficiary holder nominee active registry tokenId isHoldingToken prevBeneficiary prevHolder remark";
        for name in getters.split(' ') {
            calls.push((admin, self.escrow, call(&format!("{name}()"), &[])));
        }
        calls.push((admin, self.factory, call("implementation()", &[])));
        let lookup = [address(self.registry), id.clone()];
        calls.push((admin, self.factory, call(self.edition.escrow_lookup, &lookup)));
        for contract in [self.registry, self.escrow, self.factory] {
            for interface in INTERFACES {
                calls.push((admin, contract, supports(interface)));
            }
        }
        let acts = self.acts();
        for from in parties {
            for (to, data) in &acts {
                calls.push((from, *to, data.clone()));
            }
        }
        self.twins.same_answers(&calls)?;
        self.seen += calls.len();
        Ok(())
    }

    /// Every act with every plausible party as its object, allowed or not.
    fn acts(&self) -> Vec<(Address, Vec<u8>)> {
        let [_, b, h, other, stranger] = self.twins.parties();
        let token = self.token;
        let mut writes = Vec::new();
        for remark in [vec![0x72], vec![0x61; 121]] {
            let remark = || remark.clone();
            for target in [Address::ZERO, b, h, other, stranger] {
                writes.push(TitleWrite::Nominate { nominee: target, remark: remark() });
                writes.push(TitleWrite::TransferBeneficiary { beneficiary: target, remark: remark() });
                writes.push(TitleWrite::TransferHolder { holder: target, remark: remark() });
                for holder in [Address::ZERO, b, h] {
                    writes.push(TitleWrite::TransferOwners { beneficiary: target, holder, remark: remark() });
                }
                writes.push(mint(target, h, token, remark()));
                writes.push(mint(b, target, token, remark()));
            }
            writes.extend([
                mint(b, h, UNUSED, remark()),
                TitleWrite::RejectTransferBeneficiary { remark: remark() },
                TitleWrite::RejectTransferHolder { remark: remark() },
                TitleWrite::RejectTransferOwners { remark: remark() },
                TitleWrite::ReturnToIssuer { remark: remark() },
                TitleWrite::Restore { token, remark: remark() },
                TitleWrite::Accept { token, remark: remark() },
                TitleWrite::Pause { remark: remark() },
                TitleWrite::Unpause { remark: remark() },
            ]);
        }
        let mut acts: Vec<_> = writes.iter().filter_map(|write| self.call_of(write)).collect();
        // Calls that only the contracts make to each other.
        let address = |address: Address| Token::Address(address.0.into());
        let id = Token::Uint(token.0.into());
        let (shred, transfer, rest) = match self.edition.is_v5() {
            true => ("shred(bytes)", "transferFrom(address,address,uint256,bytes)", vec![Token::Bytes(vec![0x72])]),
            false => ("shred()", "transferFrom(address,address,uint256)", vec![]),
        };
        acts.push((self.escrow, call(shred, &rest)));
        for to in [self.registry, self.escrow, b, Address::DEAD] {
            let arguments = [address(self.escrow), address(to), id.clone()];
            acts.push((self.registry, call(transfer, &[arguments.as_slice(), &rest].concat())));
        }
        let received = "onERC721Received(address,address,uint256,bytes)";
        for id in [id.clone(), Token::Uint(1.into())] {
            let arguments = [address(b), address(b), id.clone(), Token::Bytes(vec![])];
            acts.extend([self.registry, self.escrow].map(|to| (to, call(received, &arguments))));
        }
        let arguments = [address(self.registry), id.clone()];
        acts.push((self.escrow, call("initialize(address,uint256)", &arguments)));
        acts.push((self.factory, call("create(uint256)", &[id])));
        acts
    }
}

fn in_step(write: &TitleWrite, error: Failed) -> Failed {
    format!("at {write:?}: {}", error.message().unwrap_or_default()).into()
}

/// Every id of chain.md §1.5 and §3, and some that nobody may claim.
const INTERFACES: [u32; 33] = [
    0x01ffc9a7, 0xffffffff, 0x00000000, 0x80ac58cd, 0x5b5e139f, 0x7965db0b, 0x95a63a27, 0xb8950977, 0x304ad1f2,
    0x6010a5e7, 0xfe9d9303, 0x5e089da7, 0xc6c3bbe6, 0x42966c68, 0x9bea62ad, 0x3e143f7b, 0x079dff60, 0xdcce2211,
    0x9f9e69f3, 0x1676e9e0, 0x14ac11d9, 0xfcd7c1df, 0xb1262be0, 0x735d3c47, 0x150b7a02, 0x780e9d63, 0xb9391097,
    0xdcfd0745, 0x7bf252b0, 0xb45a3c0e, 0x49064906, 0x7f5828d0, 0x5c60da1b,
];

fn supports(interface: u32) -> Vec<u8> {
    call("supportsInterface(bytes4)", &[Token::FixedBytes(interface.to_be_bytes().to_vec())])
}

fn legacy_store_story(genuine: &[u8], modules: &Path) -> Result<(), Failed> {
    let mut twins = Twins::start(modules);
    let [admin, owner, _, _, stranger] = twins.parties();
    let arguments = [Token::String("Nordsee Store".into()), Token::Address(owner.0.into())];
    let store = twins.deploy(genuine, Contract::LegacyDocumentStore, &arguments)?;
    let [a, b, c] = ["a", "b", "c"].map(keccak256);
    let mut observe = |twins: &mut Twins| {
        let mut calls = Vec::new();
        for read in ["name", "version", "owner", "ISSUER_ROLE", "REVOKER_ROLE", "DEFAULT_ADMIN_ROLE"] {
            calls.push((stranger, store, call(&format!("{read}()"), &[])));
        }
        for hash in [a, b, c, Digest32([0; 32])] {
            for read in ["isIssued", "isRevoked", "isActive", "documentIssued", "documentRevoked", "getIssuedBlock"] {
                calls.push((stranger, store, call(&format!("{read}(bytes32)"), &[word(hash)])));
            }
            for block in 0..8 {
                for read in ["isIssuedBefore(bytes32,uint256)", "isRevokedBefore(bytes32,uint256)"] {
                    calls.push((stranger, store, call(read, &[word(hash), Token::Uint(block.into())])));
                }
            }
            let in_batch = [word(hash), word(hash), Token::Array(vec![])];
            calls.push((stranger, store, call("isIssued(bytes32,bytes32,bytes32[])", &in_batch)));
            for from in [owner, admin] {
                for write in [StoreWrite::Issue { root: hash }, StoreWrite::Revoke { root: hash }] {
                    calls.push((from, store, write.call_data()));
                }
            }
        }
        calls.extend(role_calls(store, &["ISSUER_ROLE", "REVOKER_ROLE"], &[admin, owner]));
        calls.extend(INTERFACES.map(|interface| (stranger, store, supports(interface))));
        twins.same_answers(&calls)
    };
    observe(&mut twins)?;
    let issue = |root| StoreWrite::Issue { root }.call_data();
    let revoke = |root| StoreWrite::Revoke { root }.call_data();
    twins.must_fail(stranger, store, issue(a))?;
    twins.must_work(owner, store, issue(a))?;
    observe(&mut twins)?;
    twins.must_fail(owner, store, issue(a))?;
    twins.must_fail(owner, store, StoreWrite::IssueAll { roots: vec![b, a] }.call_data())?;
    twins.must_work(owner, store, StoreWrite::IssueAll { roots: vec![b, c] }.call_data())?;
    observe(&mut twins)?;
    twins.must_fail(stranger, store, revoke(a))?;
    twins.must_work(owner, store, revoke(a))?;
    observe(&mut twins)?;
    twins.must_fail(owner, store, revoke(a))?;
    twins.must_fail(owner, store, StoreWrite::RevokeAll { roots: vec![b, b] }.call_data())?;
    twins.must_work(owner, store, StoreWrite::RevokeAll { roots: vec![b, keccak256("never issued")] }.call_data())?;
    observe(&mut twins)?;
    let role = [word(keccak256("ISSUER_ROLE")), Token::Address(admin.0.into())];
    twins.must_fail(admin, store, call("grantRole(bytes32,address)", &role))?;
    twins.must_work(owner, store, call("grantRole(bytes32,address)", &role))?;
    twins.must_work(admin, store, issue(keccak256("d")))?;
    twins.must_work(owner, store, call("revokeRole(bytes32,address)", &role))?;
    observe(&mut twins)
}

fn batchable_store_story(modules: &Path) -> Result<(), Failed> {
    let mut twins = Twins::start(modules);
    let [admin, owner, _, _, stranger] = twins.parties();
    let genuine = script_code(&modules.join(TRUSTVC), "DocumentStore");
    let name = Token::String("Nordsee Store".into());
    twins.cannot_deploy(&genuine, Contract::BatchableDocumentStore, &[name.clone(), Token::Address([0; 20].into())])?;
    let arguments = [name, Token::Address(owner.0.into())];
    let store = twins.deploy(&genuine, Contract::BatchableDocumentStore, &arguments)?;
    // Two trees that share the documents a and b; `ab` is the node between them and either root.
    let [a, b, c, d, alone] = ["a", "b", "c", "d", "alone"].map(keccak256);
    let ab = joined(a, b);
    let (root, second) = (joined(ab, c), joined(ab, d));
    let positions = [
        (root, root, vec![]),
        (root, ab, vec![c]),
        (root, a, vec![b, c]),
        (root, b, vec![a, c]),
        (root, c, vec![ab]),
        (second, second, vec![]),
        (second, a, vec![b, d]),
        (second, b, vec![a, d]),
        (second, d, vec![ab]),
        (alone, alone, vec![]),
        (root, a, vec![c, b]),
        (root, a, vec![]),
        (root, Digest32([0; 32]), vec![b, c]),
        (Digest32([0; 32]), a, vec![]),
        (Digest32([0; 32]), Digest32([0; 32]), vec![]),
    ];
    let mut observe = |twins: &mut Twins| {
        let mut calls = Vec::new();
        for read in ["name", "version", "ISSUER_ROLE", "REVOKER_ROLE", "DEFAULT_ADMIN_ROLE"] {
            calls.push((stranger, store, call(&format!("{read}()"), &[])));
        }
        for (root, target, proof) in &positions {
            let path = [word(*root), word(*target), Token::Array(proof.iter().copied().map(word).collect())];
            for read in ["isIssued", "isRevoked", "isActive"] {
                calls.push((stranger, store, call(&format!("{read}(bytes32)"), &[word(*root)])));
                calls.push((stranger, store, call(&format!("{read}(bytes32,bytes32,bytes32[])"), &path)));
            }
            for from in [owner, stranger] {
                let in_batch = StoreWrite::RevokeInBatch { root: *root, target: *target, proof: proof.clone() };
                for write in [StoreWrite::Issue { root: *root }, StoreWrite::Revoke { root: *root }, in_batch] {
                    calls.push((from, store, write.call_data()));
                }
            }
        }
        calls.extend(role_calls(store, &["ISSUER_ROLE", "REVOKER_ROLE"], &[admin, owner]));
        calls.extend(INTERFACES.map(|interface| (stranger, store, supports(interface))));
        twins.same_answers(&calls)
    };
    observe(&mut twins)?;
    let issue = |root| StoreWrite::Issue { root }.call_data();
    let revoke = |root| StoreWrite::Revoke { root }.call_data();
    let revoke_in = |root, target, proof: &[Digest32]| {
        StoreWrite::RevokeInBatch { root, target, proof: proof.to_vec() }.call_data()
    };
    twins.must_fail(stranger, store, issue(root))?;
    twins.must_fail(owner, store, revoke(root))?;
    for hash in [root, second, alone] {
        twins.must_work(owner, store, issue(hash))?;
        twins.must_fail(owner, store, issue(hash))?;
        observe(&mut twins)?;
    }
    twins.must_work(owner, store, revoke_in(root, ab, &[c]))?;
    observe(&mut twins)?;
    twins.must_work(owner, store, revoke_in(root, a, &[b, c]))?;
    observe(&mut twins)?;
    twins.must_fail(owner, store, revoke_in(root, a, &[b, c]))?;
    twins.must_fail(owner, store, revoke_in(root, a, &[c, b]))?;
    twins.must_work(owner, store, revoke(root))?;
    observe(&mut twins)?;
    twins.must_work(owner, store, revoke(alone))?;
    observe(&mut twins)
}

fn transferable_store_story(modules: &Path) -> Result<(), Failed> {
    let mut twins = Twins::start(modules);
    let [admin, owner, a, b, stranger] = twins.parties();
    let genuine = script_code(&modules.join(TRUSTVC), "TransferableDocumentStore");
    let text = |text: &str| Token::String(text.into());
    let arguments = [text("Nordsee Store"), text("NDSE"), Token::Address(owner.0.into())];
    let store = twins.deploy(&genuine, Contract::TransferableDocumentStore, &arguments)?;
    let documents = ["free", "locked", "later"].map(keccak256);
    let [free, locked, later] = documents;
    let transfer = |from: Address, to: Address, document: Digest32| {
        let arguments = [from, to].map(|address| Token::Address(address.0.into()));
        call(
            "transferFrom(address,address,uint256)",
            &[arguments.as_slice(), &[Token::Uint(document.0.into())]].concat(),
        )
    };
    let mut observe = |twins: &mut Twins| {
        let mut calls = Vec::new();
        for read in ["name", "symbol", "version", "ISSUER_ROLE", "REVOKER_ROLE", "DEFAULT_ADMIN_ROLE"] {
            calls.push((stranger, store, call(&format!("{read}()"), &[])));
        }
        for account in [a, b, stranger] {
            calls.push((stranger, store, call("balanceOf(address)", &[Token::Address(account.0.into())])));
        }
        for document in [free, locked, later, Digest32([0; 32])] {
            for read in ["isIssued", "isRevoked", "isActive"] {
                calls.push((stranger, store, call(&format!("{read}(bytes32)"), &[word(document)])));
            }
            for read in ["ownerOf", "locked"] {
                let id = Token::Uint(document.0.into());
                calls.push((stranger, store, call(&format!("{read}(uint256)"), &[id])));
            }
            for from in [owner, a, b, stranger] {
                for to in [a, b, Address::ZERO] {
                    calls.push((from, store, StoreWrite::IssueToken { owner: to, document }.call_data()));
                    calls.push((from, store, StoreWrite::IssueLockedToken { owner: to, document }.call_data()));
                    calls.push((from, store, transfer(a, to, document)));
                    calls.push((from, store, transfer(b, to, document)));
                }
                calls.push((from, store, StoreWrite::Revoke { root: document }.call_data()));
            }
        }
        calls.extend(role_calls(store, &["ISSUER_ROLE", "REVOKER_ROLE"], &[admin, owner]));
        calls.extend(INTERFACES.map(|interface| (stranger, store, supports(interface))));
        twins.same_answers(&calls)
    };
    observe(&mut twins)?;
    let issue_free = StoreWrite::IssueToken { owner: a, document: free }.call_data();
    twins.must_fail(stranger, store, issue_free.clone())?;
    twins.must_work(owner, store, issue_free)?;
    twins.must_work(owner, store, StoreWrite::IssueLockedToken { owner: a, document: locked }.call_data())?;
    observe(&mut twins)?;
    twins.must_fail(stranger, store, transfer(a, b, free))?;
    twins.must_fail(a, store, transfer(a, b, locked))?;
    twins.must_work(a, store, transfer(a, b, free))?;
    observe(&mut twins)?;
    for document in [free, locked] {
        let revoke = StoreWrite::Revoke { root: document }.call_data();
        twins.must_work(owner, store, revoke.clone())?;
        observe(&mut twins)?;
        twins.must_fail(owner, store, revoke)?;
    }
    Ok(())
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
    let mut observe = |twins: &mut Twins| {
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
    let mint = mint(b, h, token, vec![]).call_data(Generation::V5).ok_or("v5 mints")?;
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

/// Two contracts that must behave alike, always addressed by the genuine one. What is done to both is done in the same
/// block, so that block numbers and times agree.
struct Twins {
    anvil: Anvil,
    accounts: Vec<Address>,
    /// Genuine and ours.
    pairs: Vec<(Address, Address)>,
    compared: usize,
}

type Call = (Address, Address, Vec<u8>);

impl Twins {
    fn start(modules: &Path) -> Self {
        let anvil = Anvil::start(modules);
        anvil.rpc("evm_setAutomine", json!([false]));
        let accounts = anvil.accounts();
        Self { anvil, accounts, pairs: Vec::new(), compared: 0 }
    }

    /// The deployer and admin, and four others.
    fn parties(&self) -> [Address; 5] {
        self.accounts[..5].try_into().expect("five accounts")
    }

    fn deploy(&mut self, genuine: &[u8], ours: Contract, arguments: &[Token]) -> Result<Address, Failed> {
        let arguments = encode(arguments);
        let data = [[genuine, &arguments].concat(), creation_code(ours, &self.to_ours(&arguments))];
        let receipts = self.mine(data.map(|data| json!({"from": self.accounts[0], "data": hex(&data)})))?;
        let created = |receipt: &Value| serde_json::from_value::<Address>(receipt["contractAddress"].clone());
        let pair = (created(&receipts[0])?, created(&receipts[1])?);
        self.pairs.extend([pair, (first_created_by(pair.0), first_created_by(pair.1))]);
        self.same_logs(&receipts)?;
        Ok(pair.0)
    }

    fn cannot_deploy(&mut self, genuine: &[u8], ours: Contract, arguments: &[Token]) -> Result<(), Failed> {
        let arguments = encode(arguments);
        let data = [[genuine, &arguments].concat(), creation_code(ours, &arguments)];
        let calls = data.map(|data| ("eth_call", json!([{"data": hex(&data)}, "latest"])));
        let replies = self.anvil.batch(&calls);
        let [genuine, ours] = [outcome(&replies[0])?, outcome(&replies[1])?];
        if !matches!(genuine, Outcome::Revert(_)) {
            return Err("the deployment works".into());
        }
        equal(ours, genuine)
    }

    /// Tries the call on both and compares; then sends it to both and compares the logs.
    fn must_work(&mut self, from: Address, to: Address, data: Vec<u8>) -> Result<(), Failed> {
        if let Outcome::Revert(reason) = self.same_answer(from, to, data.clone())? {
            return Err(format!("reverts: {}", String::from_utf8_lossy(&reason)).into());
        }
        let transactions = [(to, data.clone()), (self.ours_of(to), self.to_ours(&data))];
        let receipts = self.mine(
            transactions.map(|(to, data)| json!({"from": from, "to": to, "data": hex(&data), "gas": "0x4c4b40"})),
        )?;
        self.same_logs(&receipts)
    }

    fn must_fail(&mut self, from: Address, to: Address, data: Vec<u8>) -> Result<(), Failed> {
        match self.same_answer(from, to, data)? {
            Outcome::Revert(_) => Ok(()),
            Outcome::Answer(_) => Err("works, and must not".into()),
        }
    }

    fn same_answers(&mut self, calls: &[Call]) -> Result<(), Failed> {
        self.compare(calls).map(drop)
    }

    fn same_answer(&mut self, from: Address, to: Address, data: Vec<u8>) -> Result<Outcome, Failed> {
        self.compare(&[(from, to, data)])?.pop().ok_or_else(|| "no answer".into())
    }

    /// What our contract answers, equal to the genuine one's.
    fn answer(&mut self, to: Address, data: Vec<u8>) -> Result<Vec<u8>, Failed> {
        match self.same_answer(self.accounts[0], to, data)? {
            Outcome::Answer(data) => Ok(data),
            Outcome::Revert(_) => Err("reverts".into()),
        }
    }

    /// An address that each side answers: from now on the two stand for each other. Returns the genuine one.
    fn address_answer(&mut self, to: Address, data: Vec<u8>) -> Result<Address, Failed> {
        let calls = [(to, data.clone()), (self.ours_of(to), self.to_ours(&data))];
        let replies =
            self.anvil.batch(&calls.map(|(to, data)| ("eth_call", json!([{"to": to, "data": hex(&data)}, "latest"]))));
        let address = |reply: &Value| match outcome(reply) {
            Ok(Outcome::Answer(word)) if word.len() == 32 => Ok(Address(word[12..].try_into().expect("20 bytes"))),
            other => Err(Failed::from(format!("no address: {other:?}"))),
        };
        let pair = (address(&replies[0])?, address(&replies[1])?);
        self.pairs.push(pair);
        Ok(pair.0)
    }

    /// Both of the last pair have the same code, up to the addresses in it, and it names `part`.
    fn same_code(&mut self, part: Address) -> Result<(), Failed> {
        let &(genuine, ours) = self.pairs.last().ok_or("no pair")?;
        let code = [genuine, ours].map(|account| self.anvil.rpc("eth_getCode", json!([account, "latest"])));
        let [genuine, ours] = code.map(|code| decode_hex(code.as_str().expect("code")).expect("hexadecimal"));
        assert!(encode_hex(&genuine).contains(&encode_hex(&part.0)), "the escrow is a clone of {part}");
        equal(ours, self.to_ours(&genuine))
    }

    /// The address in a storage slot.
    fn slot(&self, account: Address, slot: &str) -> Address {
        let word = self.anvil.rpc("eth_getStorageAt", json!([account, slot, "latest"]));
        let word = decode_hex(word.as_str().expect("a word")).expect("hexadecimal");
        Address(word[12..].try_into().expect("20 bytes"))
    }

    fn compare(&mut self, calls: &[Call]) -> Result<Vec<Outcome>, Failed> {
        let mut requests = Vec::with_capacity(calls.len() * 2);
        for (from, to, data) in calls {
            requests.push(("eth_call", json!([{"from": from, "to": to, "data": hex(data)}, "latest"])));
            let (to, data) = (self.ours_of(*to), self.to_ours(data));
            requests.push(("eth_call", json!([{"from": from, "to": to, "data": hex(&data)}, "latest"])));
        }
        let replies = self.anvil.batch(&requests);
        self.compared += calls.len();
        let mut outcomes = Vec::with_capacity(calls.len());
        let mut differences = Vec::new();
        for ((from, to, data), replies) in calls.iter().zip(replies.chunks_exact(2)) {
            let expected = match outcome(&replies[0])? {
                Outcome::Answer(data) => Outcome::Answer(self.to_ours(&data)),
                Outcome::Revert(data) => Outcome::Revert(self.to_ours(&data)),
            };
            let found = outcome(&replies[1])?;
            if found != expected {
                let data = encode_hex(data);
                differences.push(format!("{data} from {from} to {to}:\n  genuine {expected:?}\n  ours    {found:?}"));
            }
            outcomes.push(found);
        }
        if differences.is_empty() { Ok(outcomes) } else { Err(differences.join("\n").into()) }
    }

    /// Both transactions in one block, which must succeed.
    fn mine(&self, transactions: [Value; 2]) -> Result<[Value; 2], Failed> {
        let mut transactions = transactions;
        for transaction in &mut transactions {
            if transaction["gas"].is_null() {
                transaction["gas"] = json!("0xb71b00");
            }
        }
        let hashes = transactions.map(|transaction| self.anvil.rpc("eth_sendTransaction", json!([transaction])));
        self.anvil.rpc("evm_mine", json!([]));
        let receipts = hashes.map(|hash| self.anvil.rpc("eth_getTransactionReceipt", json!([hash])));
        for receipt in &receipts {
            equal(&receipt["status"], &json!("0x1"))?;
        }
        equal(&receipts[0]["blockHash"], &receipts[1]["blockHash"])?;
        Ok(receipts)
    }

    fn same_logs(&mut self, receipts: &[Value; 2]) -> Result<(), Failed> {
        let facts = |receipt: &Value| -> Vec<String> {
            let logs = receipt["logs"].as_array().expect("logs");
            logs.iter().map(|log| format!("{} {} {}", log["address"], log["topics"], log["data"])).collect()
        };
        let [genuine, ours] = receipts.each_ref().map(facts);
        let expected: Vec<_> = genuine.iter().map(|log| self.text_to_ours(log)).collect();
        self.compared += 1;
        if ours == expected {
            return Ok(());
        }
        Err(format!("logs differ:\ngenuine\n  {}\nours\n  {}", expected.join("\n  "), ours.join("\n  ")).into())
    }

    fn ours_of(&self, genuine: Address) -> Address {
        self.pairs.iter().find(|pair| pair.0 == genuine).map_or(genuine, |pair| pair.1)
    }

    fn to_ours(&self, data: &[u8]) -> Vec<u8> {
        decode_hex(&self.text_to_ours(&encode_hex(data))).expect("hexadecimal")
    }

    fn text_to_ours(&self, text: &str) -> String {
        self.pairs
            .iter()
            .fold(text.to_owned(), |text, (genuine, ours)| text.replace(&encode_hex(&genuine.0), &encode_hex(&ours.0)))
    }
}

#[derive(PartialEq, Eq)]
enum Outcome {
    Answer(Vec<u8>),
    Revert(Vec<u8>),
}

impl std::fmt::Debug for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, data) = match self {
            Self::Answer(data) => ("answers", data),
            Self::Revert(data) => ("reverts", data),
        };
        let text: String =
            data.iter().map(|&b| if b.is_ascii_graphic() || b == b' ' { b as char } else { '.' }).collect();
        write!(f, "{kind} {} {text}", encode_hex(data))
    }
}

/// A reply is an answer or revert data; anything else is the node's fault.
fn outcome(reply: &Value) -> Result<Outcome, Failed> {
    if let Some(data) = reply["result"].as_str() {
        return Ok(Outcome::Answer(decode_hex(data).ok_or("hexadecimal")?));
    }
    if reply["error"]["code"] != 3 {
        return Err(format!("neither an answer nor a revert: {reply}").into());
    }
    Ok(Outcome::Revert(decode_hex(reply["error"]["data"].as_str().unwrap_or("0x")).ok_or("hexadecimal")?))
}

/// The address of the first contract that a new contract deploys: keccak of the RLP list of its address and nonce 1.
fn first_created_by(creator: Address) -> Address {
    let hash = keccak256([&[0xd6, 0x94], creator.0.as_slice(), &[1]].concat());
    Address(hash.0[12..].try_into().expect("20 bytes"))
}

/// Who has which role.
fn role_calls(contract: Address, roles: &[&str], accounts: &[Address]) -> Vec<Call> {
    let roles = roles.iter().map(keccak256).chain([Digest32([0; 32])]);
    let mut calls = Vec::new();
    for role in roles {
        calls.push((accounts[0], contract, call("getRoleAdmin(bytes32)", &[word(role)])));
        for account in accounts {
            let arguments = [word(role), Token::Address(account.0.into())];
            calls.push((accounts[0], contract, call("hasRole(bytes32,address)", &arguments)));
        }
    }
    calls
}

fn call(signature: &str, arguments: &[Token]) -> Vec<u8> {
    [&keccak256(signature).0[..4], &encode(arguments)].concat()
}

fn word(digest: Digest32) -> Token {
    Token::FixedBytes(digest.0.to_vec())
}

fn joined(a: Digest32, b: Digest32) -> Digest32 {
    keccak256([a.min(b).0, a.max(b).0].concat())
}

fn hex(data: &[u8]) -> String {
    format!("0x{}", encode_hex(data))
}

fn equal<T: PartialEq + std::fmt::Debug>(found: T, wanted: T) -> Result<(), Failed> {
    if found == wanted { Ok(()) } else { Err(format!("found {found:?}, wanted {wanted:?}").into()) }
}
