//! From raw call results to a title state (chain.md §1.6), with every answer checked against the others (chain.md
//! 6.11–6.14): one word, twelve clean bytes before an address, a boolean that is 0 or 1, an escrow that stands at its
//! CREATE2 address, is a clone of the factory's implementation and points back.

use serde::Serialize;

use crate::contracts::clone::{clone_code, escrow_address};
use crate::contracts::token_registry::{ERC721_NONEXISTENT_TOKEN, not_minted_revert};
use crate::evidence::{CallReading, NotAWord, RegistryReading};
use crate::primitives::{Address, TokenId};

/// Reads the state of one token. Never consults what the registry claims to be.
pub(super) fn read(reading: &RegistryReading, registry: Address, token: TokenId) -> TitleFinding {
    if says_yes(reading, [0xff; 4]) {
        return TitleFinding::Contradiction(Contradiction::SaysYesToEverything);
    }
    if !reading.title.owner_of.success {
        return refusal(&reading.title.owner_of.data);
    }
    match owned(reading, registry, token) {
        Ok(title) => TitleFinding::Known(title),
        Err(contradiction) => TitleFinding::Contradiction(contradiction),
    }
}

/// What the registry says of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TitleFinding {
    /// The token exists.
    Known(TitleState),
    /// `ownerOf` says that this id was never minted.
    NotMinted,
    /// `ownerOf` reverted with something else: the raw revert data.
    Refused(Vec<u8>),
    /// The answers do not fit together.
    Contradiction(Contradiction),
    /// There is no contract to answer.
    Unreadable,
}

/// A minted token's state. States that cannot exist cannot be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TitleState {
    /// The escrow holds the token for these parties.
    Live(Parties),
    /// Returned to the issuer, who may accept or restore it; the last parties are still recorded.
    Returned(Parties),
    /// Accepted by the issuer: ended for good, no parties.
    Ended,
}

/// Who is recorded, as read at the pinned block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parties {
    /// The recorded beneficiary (owner).
    pub beneficiary: Address,
    /// The recorded holder (possession).
    pub holder: Address,
    /// Nominated as the next beneficiary, if anybody is.
    pub nominee: Option<Address>,
    /// v5: the previous beneficiary, while the transfer can still be rejected.
    pub previous_beneficiary: Option<Address>,
    /// v5: the previous holder, while the transfer can still be rejected.
    pub previous_holder: Option<Address>,
    /// The title escrow that keeps these records.
    pub escrow: Address,
    /// Whether the registry is paused: nothing can be transferred, returned or restored (chain.md 6.8).
    pub paused: bool,
}

impl Parties {
    /// Who gets the title back if the last transfer is rejected now, which its receiver may still do. Who holds both
    /// roles rejects both at once or not at all (chain.md §1.7).
    pub fn rejection(&self) -> Rejection {
        let open = Rejection { beneficiary: self.previous_beneficiary, holder: self.previous_holder };
        let both = self.beneficiary == self.holder;
        let possible = !both || (open.beneficiary.is_some() && open.holder.is_some());
        if possible { open } else { Rejection::default() }
    }
}

/// The parties that a rejection of the last transfer would put back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rejection {
    /// The previous beneficiary.
    pub beneficiary: Option<Address>,
    /// The previous holder.
    pub holder: Option<Address>,
}

/// Answers that cannot come from a genuine v4 or v5 registry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Contradiction {
    /// `supportsInterface(0xffffffff)` must be false.
    #[error("it says yes to the interface id that must be refused")]
    SaysYesToEverything,
    /// Not exactly one 32-byte word.
    #[error("{call} answered {length} bytes instead of one 32-byte word")]
    WrongLength {
        /// The function that was called.
        call: &'static str,
        /// How many bytes came back.
        length: usize,
    },
    /// A call that genuine code always answers reverted.
    #[error("{call} was refused")]
    Reverted {
        /// The function that was called.
        call: &'static str,
    },
    /// Bits above the 160 of an address, or a boolean other than 0 and 1.
    #[error("{call} answered a word that is not {expected}")]
    DirtyWord {
        /// The function that was called.
        call: &'static str,
        /// What it should have been.
        expected: &'static str,
    },
    /// `ownerOf` must never answer the zero address.
    #[error("the token's owner is the zero address")]
    OwnerZero,
    /// The token is held by something that is neither its escrow, nor the registry, nor the burn address.
    #[error("the token is held by {0}, which is not its title escrow")]
    ForeignOwner(Address),
    /// The escrow is not where CREATE2 of the factory puts it.
    #[error("the title escrow is not at the address that its factory derives")]
    EscrowElsewhere,
    /// The escrow's code is not a clone of the factory's implementation.
    #[error("the title escrow is not a clone of the factory's implementation")]
    EscrowForeignCode,
    /// `registry()` or `tokenId()` of the escrow name something else.
    #[error("the title escrow names another registry or token")]
    EscrowPointsElsewhere,
    /// Genuine code that claims another generation than its own, or answers by another's functions.
    #[error("it answers for another generation than its code is of")]
    OtherClaims,
    /// Genuine code in whose account the slots of an upgradeable proxy are set.
    #[error("its code is no upgradeable proxy, but the slots of one are set")]
    ProxySlots,
    /// The code that was read is not that of the factory or escrow implementation that was named.
    #[error("the code that was read is of another account than the one that was named")]
    CodeOfOtherAccount,
    /// The recorded parties or flags do not fit the place of the token.
    #[error("the escrow's records do not fit the place of the token: {0}")]
    RecordsDoNotFit(&'static str),
}

impl Contradiction {
    /// Whether there is no answer that could contradict another: the call was refused, or nothing came back.
    pub(super) fn is_no_answer(&self) -> bool {
        matches!(self, Self::Reverted { .. } | Self::WrongLength { length: 0, .. })
    }
}

/// Whether an ERC-165 answer is a clean yes.
pub(super) fn says_yes(reading: &RegistryReading, id: [u8; 4]) -> bool {
    reading
        .contract
        .interfaces
        .iter()
        .find(|interface| interface.id == id)
        .is_some_and(|interface| flag("supportsInterface", &interface.answer) == Ok(true))
}

fn refusal(revert: &[u8]) -> TitleFinding {
    let not_minted = revert == not_minted_revert() || revert.starts_with(&ERC721_NONEXISTENT_TOKEN);
    if not_minted { TitleFinding::NotMinted } else { TitleFinding::Refused(revert.to_vec()) }
}

fn owned(reading: &RegistryReading, registry: Address, token: TokenId) -> Result<TitleState, Contradiction> {
    let owner = address("ownerOf", &reading.title.owner_of)?;
    let escrow = checked_escrow(reading, registry, token)?;
    let records = Records::read(reading, escrow)?;
    match owner {
        owner if owner.is_zero() => Err(Contradiction::OwnerZero),
        owner if owner == escrow => records.live(),
        owner if owner == registry => records.returned(),
        Address::DEAD => records.ended(),
        owner => Err(Contradiction::ForeignOwner(owner)),
    }
}

/// The escrow's address derived here, not taken from any answer (chain.md §1.9).
fn checked_escrow(reading: &RegistryReading, registry: Address, token: TokenId) -> Result<Address, Contradiction> {
    let factory = address("titleEscrowFactory", &reading.contract.factory)?;
    let implementation = address("implementation", &reading.contract.escrow_implementation)?;
    let escrow = escrow_address(factory, registry, token, implementation);
    if reading.title.escrow != escrow {
        return Err(Contradiction::EscrowElsewhere);
    }
    if reading.title.escrow_code != clone_code(implementation.0) || reading.title.escrow_code_size != 45 {
        return Err(Contradiction::EscrowForeignCode);
    }
    let points_back = address("registry", &reading.title.escrow_registry)? == registry
        && word("tokenId", &reading.title.escrow_token_id)? == &token.0;
    if points_back { Ok(escrow) } else { Err(Contradiction::EscrowPointsElsewhere) }
}

struct Records {
    parties: Parties,
    active: bool,
    holding: bool,
}

impl Records {
    fn read(reading: &RegistryReading, escrow: Address) -> Result<Self, Contradiction> {
        let parties = Parties {
            beneficiary: address("beneficiary", &reading.title.beneficiary)?,
            holder: address("holder", &reading.title.holder)?,
            nominee: some_address("nominee", &reading.title.nominee)?,
            previous_beneficiary: v5_address("prevBeneficiary", &reading.title.prev_beneficiary)?,
            previous_holder: v5_address("prevHolder", &reading.title.prev_holder)?,
            escrow,
            paused: flag("paused", &reading.contract.paused)?,
        };
        Ok(Self {
            parties,
            active: flag("active", &reading.title.active)?,
            holding: flag("isHoldingToken", &reading.title.is_holding_token)?,
        })
    }

    fn live(self) -> Result<TitleState, Contradiction> {
        self.require(self.has_parties(), "no beneficiary or holder")?;
        self.require(self.active && self.holding, "the escrow says that it does not hold the token")?;
        Ok(TitleState::Live(self.parties))
    }

    fn returned(self) -> Result<TitleState, Contradiction> {
        self.require(self.has_parties(), "no beneficiary or holder")?;
        self.require(self.active && !self.holding, "the escrow says that it still holds the token")?;
        Ok(TitleState::Returned(self.parties))
    }

    fn ended(self) -> Result<TitleState, Contradiction> {
        let parties = &self.parties;
        self.require(parties.beneficiary.is_zero() && parties.holder.is_zero(), "an ended title still has parties")?;
        self.require(!self.active && !self.holding, "an ended title is still active")?;
        Ok(TitleState::Ended)
    }

    fn has_parties(&self) -> bool {
        !self.parties.beneficiary.is_zero() && !self.parties.holder.is_zero()
    }

    fn require(&self, holds: bool, otherwise: &'static str) -> Result<(), Contradiction> {
        if holds { Ok(()) } else { Err(Contradiction::RecordsDoNotFit(otherwise)) }
    }
}

fn word<'a>(call: &'static str, reading: &'a CallReading) -> Result<&'a [u8; 32], Contradiction> {
    reading.word().map_err(|why| contradiction(call, why, "one word"))
}

fn address(call: &'static str, reading: &CallReading) -> Result<Address, Contradiction> {
    reading.address().map_err(|why| contradiction(call, why, "an address"))
}

fn some_address(call: &'static str, reading: &CallReading) -> Result<Option<Address>, Contradiction> {
    Ok(Some(address(call, reading)?).filter(|address| !address.is_zero()))
}

/// v4 escrows do not have this function: a revert without data means that there is nothing to read.
fn v5_address(call: &'static str, reading: &CallReading) -> Result<Option<Address>, Contradiction> {
    if !reading.success && reading.data.is_empty() { Ok(None) } else { some_address(call, reading) }
}

fn flag(call: &'static str, reading: &CallReading) -> Result<bool, Contradiction> {
    reading.flag().map_err(|why| contradiction(call, why, "true or false"))
}

fn contradiction(call: &'static str, why: NotAWord, expected: &'static str) -> Contradiction {
    match why {
        NotAWord::Reverted => Contradiction::Reverted { call },
        NotAWord::WrongLength(length) => Contradiction::WrongLength { call, length },
        NotAWord::OutOfRange => Contradiction::DirtyWord { call, expected },
    }
}
