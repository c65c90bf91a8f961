//! Registries and title escrows of v4 and v5 (chain.md §1.3–1.8).

use std::path::Path;

use ebl_verifier::primitives::{Address, TokenId, keccak256};
use ebl_verifier::testchain::contracts::{Contract, Recipient, TitleWrite};
use ebl_verifier::title::Generation;
use ethers::abi::Token;
use libtest_mimic::Failed;

use super::anvil::registry_code;
use super::twins::{INTERFACES, Twins, call, role_calls, supports, word};

pub struct Edition {
    pub generation: Generation,
    package: &'static str,
    pub registry: Contract,
    pub factory: Contract,
    pub escrow_lookup: &'static str,
}

pub const V5: Edition = Edition {
    generation: Generation::V5,
    package: "@tradetrust-tt/token-registry",
    registry: Contract::RegistryV5,
    factory: Contract::TitleEscrowFactoryV5,
    escrow_lookup: "getEscrowAddress(address,uint256)",
};

pub const V4: Edition = Edition {
    generation: Generation::V4,
    package: "tr4",
    registry: Contract::RegistryV4,
    factory: Contract::TitleEscrowFactoryV4,
    escrow_lookup: "getAddress(address,uint256)",
};

pub fn title_story(edition: &Edition, modules: &Path) -> Result<(), Failed> {
    let mut twins = Twins::start(modules);
    let genuine = |name: &str| registry_code(modules, edition.package, name);
    let factory = twins.deploy(&genuine("TitleEscrowFactory"), edition.factory, &[])?;
    let implementation = twins.address_answer(factory, call("implementation()", &[]))?;
    let name = |text: &str| Token::String(text.into());
    let arguments = [name("Nordsee Registry"), name("NDSE"), Token::Address(factory.0.into())];
    let registry = twins.deploy(&genuine("TradeTrustToken"), edition.registry, &arguments)?;
    let mut story = TitleStory { twins, edition, factory, registry, escrow: Address::ZERO, token: TokenId([0; 32]) };
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
    let minter = word(keccak256("MINTER_ROLE"));
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
        let roles = ["MINTER_ROLE", "ACCEPTER_ROLE", "RESTORER_ROLE"];
        calls.extend(role_calls(self.registry, &roles, &parties));
        for name in roles.into_iter().chain(["DEFAULT_ADMIN_ROLE"]) {
            calls.push((admin, self.registry, call(&format!("{name}()"), &[])));
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
        self.twins.same_answers(&calls)
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
