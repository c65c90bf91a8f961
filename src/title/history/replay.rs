//! The rules of a title escrow, run over its operations (chain.md §1.7): every value must be what the one before left, and
//! every act must have been allowed.

use super::event::Step;
use super::operation::{Act, Pending, Received};
use crate::primitives::Address;

/// What an escrow records. `None` is what a history without its beginning does not tell; the zero address is nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Records {
    pub place: Place,
    pub beneficiary: Option<Address>,
    pub holder: Option<Address>,
    pub nominee: Option<Address>,
    pub previous_beneficiary: Option<Address>,
    pub previous_holder: Option<Address>,
    /// The remark of the last operation.
    pub remark: Option<Vec<u8>>,
}

/// Where the token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    NotMinted,
    InEscrow,
    Returned,
    Ended,
    Unknown,
}

/// The rule that an operation breaks, as the end of a sentence.
pub(super) type Broken = &'static str;

impl Records {
    /// Before anything happened.
    pub(super) fn fresh() -> Self {
        let nobody = Some(Address::ZERO);
        Self {
            place: Place::NotMinted,
            beneficiary: nobody,
            holder: nobody,
            nominee: nobody,
            previous_beneficiary: nobody,
            previous_holder: nobody,
            remark: Some(Vec::new()),
        }
    }

    /// At some time after the title was issued.
    pub(super) fn unknown() -> Self {
        Self {
            place: Place::Unknown,
            beneficiary: None,
            holder: None,
            nominee: None,
            previous_beneficiary: None,
            previous_holder: None,
            remark: None,
        }
    }

    pub(super) fn pending(&self) -> Pending {
        match self.nominee {
            None => Pending::Unknown,
            Some(nominee) if nominee.is_zero() => Pending::No,
            Some(_) => Pending::Yes,
        }
    }

    /// One operation.
    pub(super) fn apply(&mut self, act: &Act<'_>) -> Result<(), Broken> {
        match act {
            Act::Mint { beneficiary, holder, received } => self.mint(beneficiary, holder, received),
            Act::Nominate(step) => self.nominate(step),
            Act::TransferBeneficiary { beneficiary, cleared } => self.transfer_beneficiary(beneficiary, *cleared),
            Act::TransferHolder(step) => self.transfer_holder(step),
            Act::TransferOwners { beneficiary, cleared, holder } => {
                self.transfer_beneficiary(beneficiary, *cleared)?;
                self.transfer_holder(holder)
            }
            Act::RejectTransferBeneficiary { beneficiary, cleared, rejection } => {
                require(same_step(beneficiary, rejection), "the two logs of a rejection differ")?;
                self.reject_beneficiary(beneficiary, *cleared)
            }
            Act::RejectTransferHolder { holder, rejection } => {
                require(same_step(holder, rejection), "the two logs of a rejection differ")?;
                self.reject_holder(holder)
            }
            Act::RejectTransferOwners { moved: [beneficiary, holder], cleared, rejection: [b, h] } => {
                let same = same_step(beneficiary, b) && same_step(holder, h);
                require(same, "the logs of a rejection differ")?;
                self.reject_owners(beneficiary, *cleared, holder)
            }
            Act::Return { cleared, by, remark } => self.return_to_issuer(cleared, *by, remark),
            Act::Restore(received) => self.restore(received),
            Act::Accept { beneficiary, cleared, holder, remark } => self.accept(beneficiary, *cleared, holder, remark),
        }
    }

    fn mint(&mut self, beneficiary: &Step, holder: &Step, received: &Received<'_>) -> Result<(), Broken> {
        // Where the beginning is missing, an issuance that comes first is the beginning: no title is issued twice.
        if self.place == Place::Unknown {
            *self = Self::fresh();
        }
        require(self.place == Place::NotMinted, "the title is issued a second time")?;
        let named = (beneficiary.to, holder.to) == (received.beneficiary, received.holder);
        require(beneficiary.from.is_zero() && holder.from.is_zero() && named, "the logs of the issuance differ")?;
        require(!beneficiary.to.is_zero() && !holder.to.is_zero(), "it is issued to nobody")?;
        self.place = Place::InEscrow;
        (self.beneficiary, self.holder) = (Some(beneficiary.to), Some(holder.to));
        self.noted(received.remark)
    }

    fn nominate(&mut self, step: &Step) -> Result<(), Broken> {
        self.in_escrow()?;
        agrees(&mut self.nominee, step.from, NOT_THE_NOMINEE)?;
        require(step.to != step.from, "the nominee is nominated a second time")?;
        require(self.beneficiary != Some(step.to), "the beneficiary is nominated as beneficiary")?;
        self.nominee = Some(step.to);
        self.previous_beneficiary = NOBODY;
        // Who holds both roles accepts both by any act.
        match self.one_account() {
            Some(true) => self.previous_holder = NOBODY,
            Some(false) => {}
            None => self.previous_holder = None,
        }
        self.noted(&step.remark)
    }

    fn transfer_beneficiary(&mut self, step: &Step, cleared: Option<&Step>) -> Result<(), Broken> {
        self.in_escrow()?;
        agrees(&mut self.beneficiary, step.from, NOT_THE_BENEFICIARY)?;
        require(!step.to.is_zero(), "the title is endorsed to nobody")?;
        let allowed = self.one_account() != Some(false) || self.nominee.is_none_or(|nominee| nominee == step.to);
        require(allowed, "the new beneficiary was not nominated")?;
        self.clear_nominee(cleared)?;
        self.previous_beneficiary = self.beneficiary;
        self.previous_holder = NOBODY;
        self.beneficiary = Some(step.to);
        self.noted(&step.remark)
    }

    fn transfer_holder(&mut self, step: &Step) -> Result<(), Broken> {
        self.in_escrow()?;
        agrees(&mut self.holder, step.from, NOT_THE_HOLDER)?;
        require(!step.to.is_zero() && step.to != step.from, "possession passes to nobody, or to the same account")?;
        match self.one_account() {
            Some(true) => self.previous_beneficiary = NOBODY,
            Some(false) => {}
            None => self.previous_beneficiary = None,
        }
        self.previous_holder = self.holder;
        self.holder = Some(step.to);
        self.noted(&step.remark)
    }

    fn reject_beneficiary(&mut self, step: &Step, cleared: Option<&Step>) -> Result<(), Broken> {
        self.in_escrow()?;
        agrees(&mut self.beneficiary, step.from, NOT_THE_BENEFICIARY)?;
        agrees(&mut self.previous_beneficiary, step.to, NOT_THE_PREVIOUS)?;
        require(!step.to.is_zero() && self.one_account() != Some(true), NO_RIGHT)?;
        self.clear_nominee(cleared)?;
        (self.beneficiary, self.previous_beneficiary) = (Some(step.to), NOBODY);
        self.noted(&step.remark)
    }

    fn reject_holder(&mut self, step: &Step) -> Result<(), Broken> {
        self.in_escrow()?;
        agrees(&mut self.holder, step.from, NOT_THE_HOLDER)?;
        agrees(&mut self.previous_holder, step.to, NOT_THE_PREVIOUS)?;
        require(!step.to.is_zero() && self.one_account() != Some(true), NO_RIGHT)?;
        (self.holder, self.previous_holder) = (Some(step.to), NOBODY);
        self.noted(&step.remark)
    }

    fn reject_owners(&mut self, beneficiary: &Step, cleared: Option<&Step>, holder: &Step) -> Result<(), Broken> {
        self.in_escrow()?;
        agrees(&mut self.beneficiary, beneficiary.from, NOT_THE_BENEFICIARY)?;
        agrees(&mut self.holder, holder.from, NOT_THE_HOLDER)?;
        agrees(&mut self.previous_beneficiary, beneficiary.to, NOT_THE_PREVIOUS)?;
        agrees(&mut self.previous_holder, holder.to, NOT_THE_PREVIOUS)?;
        let right = !beneficiary.to.is_zero() && !holder.to.is_zero() && beneficiary.from == holder.from;
        require(right, NO_RIGHT)?;
        self.clear_nominee(cleared)?;
        (self.beneficiary, self.holder) = (Some(beneficiary.to), Some(holder.to));
        (self.previous_beneficiary, self.previous_holder) = (NOBODY, NOBODY);
        self.noted(&beneficiary.remark)
    }

    fn return_to_issuer(&mut self, cleared: &Step, by: Address, remark: &[u8]) -> Result<(), Broken> {
        self.in_escrow()?;
        agrees(&mut self.beneficiary, by, NOT_THE_BENEFICIARY)?;
        agrees(&mut self.holder, by, NOT_THE_HOLDER)?;
        self.clear_nominee(Some(cleared))?;
        (self.previous_beneficiary, self.previous_holder) = (NOBODY, NOBODY);
        self.place = Place::Returned;
        self.noted(remark)
    }

    fn restore(&mut self, received: &Received<'_>) -> Result<(), Broken> {
        self.returned()?;
        agrees(&mut self.beneficiary, received.beneficiary, NOT_THE_BENEFICIARY)?;
        agrees(&mut self.holder, received.holder, NOT_THE_HOLDER)?;
        self.place = Place::InEscrow;
        self.noted(received.remark)
    }

    fn accept(
        &mut self,
        beneficiary: &Step,
        cleared: Option<&Step>,
        holder: &Step,
        remark: &[u8],
    ) -> Result<(), Broken> {
        self.returned()?;
        agrees(&mut self.beneficiary, beneficiary.from, NOT_THE_BENEFICIARY)?;
        agrees(&mut self.holder, holder.from, NOT_THE_HOLDER)?;
        require(beneficiary.to.is_zero() && holder.to.is_zero(), "an ended title passes to somebody")?;
        self.clear_nominee(cleared)?;
        let remark = Some(remark.to_vec());
        *self = Self { place: Place::Ended, remark, ..Self::fresh() };
        Ok(())
    }

    fn in_escrow(&mut self) -> Result<(), Broken> {
        self.at(Place::InEscrow, "the title is not in its escrow then")
    }

    /// A returned title has one owner, no nominee and nothing to reject.
    fn returned(&mut self) -> Result<(), Broken> {
        self.at(Place::Returned, "the title was not returned then")?;
        for cleared in [&mut self.nominee, &mut self.previous_beneficiary, &mut self.previous_holder] {
            *cleared = NOBODY;
        }
        Ok(())
    }

    fn at(&mut self, place: Place, otherwise: Broken) -> Result<(), Broken> {
        if self.place == Place::Unknown {
            self.place = place;
        }
        require(self.place == place, otherwise)
    }

    fn clear_nominee(&mut self, cleared: Option<&Step>) -> Result<(), Broken> {
        if let Some(step) = cleared {
            agrees(&mut self.nominee, step.from, NOT_THE_NOMINEE)?;
            require(step.to.is_zero(), "a nomination that must end goes on")?;
        }
        self.nominee = NOBODY;
        Ok(())
    }

    fn one_account(&self) -> Option<bool> {
        Some(self.beneficiary? == self.holder?)
    }

    fn noted(&mut self, remark: &[u8]) -> Result<(), Broken> {
        self.remark = Some(remark.to_vec());
        Ok(())
    }
}

const NOBODY: Option<Address> = Some(Address::ZERO);
const NOT_THE_BENEFICIARY: Broken = "it names another beneficiary than the one before it left";
const NOT_THE_HOLDER: Broken = "it names another holder than the one before it left";
const NOT_THE_NOMINEE: Broken = "it names another nominee than the one before it left";
const NOT_THE_PREVIOUS: Broken = "the rejected title goes to another account than it came from";
const NO_RIGHT: Broken = "there was no right to reject";

/// A known value must be the one found; an unknown one is known from now on.
fn agrees(known: &mut Option<Address>, found: Address, otherwise: Broken) -> Result<(), Broken> {
    require(*known.get_or_insert(found) == found, otherwise)
}

fn same_step(one: &Step, other: &Step) -> bool {
    (one.from, one.to) == (other.from, other.to)
}

fn require(holds: bool, otherwise: Broken) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(otherwise) }
}
