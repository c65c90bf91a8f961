//! What is recorded of a title at one block, and how it goes on from there: the same rules as for a whole history (chain.md
//! §2.4), begun at a state that was read instead of at the issuance.

use serde::{Deserialize, Serialize};

use super::event::Subject;
use super::replay::{Place, Records};
use super::{Entry, Gap, Generation, History, Recorded, ends_at, in_order, remark};
use crate::evidence::{BlockRange, BlockReading, LogReading, RegistryReading};
use crate::primitives::{Address, TokenId, hex_bytes};
use crate::title::{Parties, TitleFinding, TitleState};

/// A title's whole record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// Where the title is.
    pub state: StandingState,
    /// The recorded parties.
    pub parties: Recorded,
    /// v5: who gets the title back if the last endorsement is rejected.
    pub previous_beneficiary: Option<Address>,
    /// v5: who gets possession back if its last transfer is rejected.
    pub previous_holder: Option<Address>,
    /// The remark of the last operation; empty in v4.
    #[serde(with = "hex_bytes")]
    pub remark: Vec<u8>,
}

/// Where a title is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StandingState {
    /// The registry never issued it.
    NotIssued,
    /// Its escrow holds it for the parties.
    Live,
    /// Given back to the issuer.
    Returned,
    /// Accepted by the issuer, for good.
    Ended,
}

impl Standing {
    /// What a reading says, where it says anything that can go on.
    pub fn of(state: &RegistryReading, finding: &TitleFinding) -> Option<Self> {
        let of_parties = |state: StandingState, parties: &Parties, remark: Vec<u8>| {
            let Parties { beneficiary, holder, nominee, previous_beneficiary, previous_holder, .. } = *parties;
            let parties = Recorded { owner: Some(beneficiary), holder: Some(holder), nominee };
            Self { state, parties, previous_beneficiary, previous_holder, remark }
        };
        let nobody = |state, remark| Self {
            state,
            parties: Recorded::default(),
            previous_beneficiary: None,
            previous_holder: None,
            remark,
        };
        // v4 has no remarks.
        let remark = || remark(&state.title.remark).unwrap_or_default();
        match finding {
            TitleFinding::NotMinted => Some(nobody(StandingState::NotIssued, Vec::new())),
            TitleFinding::Known(TitleState::Live(parties)) => Some(of_parties(StandingState::Live, parties, remark())),
            TitleFinding::Known(TitleState::Returned(parties)) => {
                Some(of_parties(StandingState::Returned, parties, remark()))
            }
            TitleFinding::Known(TitleState::Ended) => Some(nobody(StandingState::Ended, remark())),
            TitleFinding::Refused(_) | TitleFinding::Contradiction(_) | TitleFinding::Unreadable => None,
        }
    }

    /// The operations that lead from here to what was read later, by the logs in between; or why these logs cannot be all
    /// of them. `state` is the later reading, of the block with which `blocks` ends.
    pub fn goes_on(
        &self,
        logs: &[LogReading],
        blocks: BlockRange,
        later: &Later<'_>,
        title: (Address, TokenId),
    ) -> Result<Vec<Entry>, Gap> {
        let Later { block, state, finding, generation } = *later;
        let (registry, token) = title;
        let subject = Subject { generation, registry, token, escrow: state.title.escrow };
        let mut history = History { entries: Vec::new(), gap: None };
        let mut records = self.records(generation);
        in_order(logs, blocks, block)?;
        history.extend(logs, &subject, &mut records)?;
        ends_at(&records, state, finding, generation)?;
        Ok(history.entries)
    }

    fn records(&self, generation: Generation) -> Records {
        let known = |party: Option<Address>| Some(party.unwrap_or_default());
        // v4 does not record them, so they are not known; nothing there can be rejected either.
        let previous = |party| if generation == Generation::V5 { known(party) } else { None };
        Records {
            place: match self.state {
                StandingState::NotIssued => Place::NotMinted,
                StandingState::Live => Place::InEscrow,
                StandingState::Returned => Place::Returned,
                StandingState::Ended => Place::Ended,
            },
            beneficiary: known(self.parties.owner),
            holder: known(self.parties.holder),
            nominee: known(self.parties.nominee),
            previous_beneficiary: previous(self.previous_beneficiary),
            previous_holder: previous(self.previous_holder),
            remark: Some(self.remark.clone()),
        }
    }
}

/// What was read later.
#[derive(Clone, Copy)]
pub struct Later<'r> {
    /// The block.
    pub block: &'r BlockReading,
    /// The state at it.
    pub state: &'r RegistryReading,
    /// What it says of the title.
    pub finding: &'r TitleFinding,
    /// The registry's.
    pub generation: Generation,
}
