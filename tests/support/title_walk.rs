//! A title's life as a simple model, and random walks through it, for tests that compare histories. The model is written
//! from the rules of chain.md §1.7 alone and shares no code with what it checks.

use ebl_verifier::primitives::{Address, TokenId};
use ebl_verifier::testchain::contracts::TitleWrite;
use ebl_verifier::title::Generation;

/// Whoever acts, by number.
pub type Actor = usize;

/// The accounts that can become party to the title; the last one is the issuer, too.
pub const ACTORS: usize = 4;
pub const ISSUER: Actor = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    Nominate(Option<Actor>),
    TransferBeneficiary(Actor),
    TransferHolder(Actor),
    TransferOwners(Actor, Actor),
    RejectTransferBeneficiary,
    RejectTransferHolder,
    RejectTransferOwners,
    Return,
    Restore,
    Accept,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Held,
    Returned,
    Ended,
}

/// What the contract must record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Model {
    pub generation: Generation,
    pub place: Place,
    pub beneficiary: Actor,
    pub holder: Actor,
    pub nominee: Option<Actor>,
    pub previous_beneficiary: Option<Actor>,
    pub previous_holder: Option<Actor>,
}

/// One operation that must be in the history, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub name: &'static str,
    pub owner: Option<Address>,
    pub holder: Option<Address>,
    pub nominee: Option<Address>,
    pub remark: Vec<u8>,
}

impl Model {
    pub fn issued(generation: Generation, beneficiary: Actor, holder: Actor) -> Self {
        Self {
            generation,
            place: Place::Held,
            beneficiary,
            holder,
            nominee: None,
            previous_beneficiary: None,
            previous_holder: None,
        }
    }

    fn one_account(&self) -> bool {
        self.beneficiary == self.holder
    }

    /// Everything that the contract allows now.
    pub fn legal(&self) -> Vec<Move> {
        match self.place {
            Place::Ended => return Vec::new(),
            // A walk is to go on more often than to end.
            Place::Returned => return vec![Move::Restore, Move::Restore, Move::Restore, Move::Accept],
            Place::Held => {}
        }
        let mut moves = Vec::new();
        let may_endorse_to = |to: Actor| self.one_account() || self.nominee == Some(to);
        for to in 0..ACTORS {
            if to != self.beneficiary && Some(to) != self.nominee {
                moves.push(Move::Nominate(Some(to)));
            }
            if may_endorse_to(to) {
                moves.push(Move::TransferBeneficiary(to));
            }
            if to != self.holder {
                moves.push(Move::TransferHolder(to));
                moves.extend((0..ACTORS).filter(|&b| may_endorse_to(b)).map(|b| Move::TransferOwners(b, to)));
            }
        }
        if self.nominee.is_some() {
            moves.push(Move::Nominate(None));
        }
        if self.one_account() {
            moves.extend([Move::Return; 3]);
        }
        if self.generation == Generation::V5 {
            let (b, h) = (self.previous_beneficiary.is_some(), self.previous_holder.is_some());
            moves.extend([Move::RejectTransferBeneficiary; 4].iter().filter(|_| b && !self.one_account()));
            moves.extend([Move::RejectTransferHolder; 4].iter().filter(|_| h && !self.one_account()));
            moves.extend([Move::RejectTransferOwners; 4].iter().filter(|_| b && h && self.one_account()));
        }
        moves
    }

    /// Who can make this move.
    pub fn actor(&self, next: Move) -> Actor {
        match next {
            Move::Nominate(_) | Move::RejectTransferBeneficiary => self.beneficiary,
            Move::Restore | Move::Accept => ISSUER,
            _ => self.holder,
        }
    }

    pub fn make(&mut self, next: Move) {
        match next {
            Move::Nominate(nominee) => {
                self.nominee = nominee;
                self.previous_beneficiary = None;
                if self.one_account() {
                    self.previous_holder = None;
                }
            }
            Move::TransferBeneficiary(to) => {
                self.previous_beneficiary = Some(self.beneficiary);
                self.previous_holder = None;
                self.nominee = None;
                self.beneficiary = to;
            }
            Move::TransferHolder(to) => {
                if self.one_account() {
                    self.previous_beneficiary = None;
                }
                self.previous_holder = Some(self.holder);
                self.holder = to;
            }
            Move::TransferOwners(beneficiary, holder) => {
                self.make(Move::TransferBeneficiary(beneficiary));
                self.make(Move::TransferHolder(holder));
            }
            Move::RejectTransferBeneficiary => {
                self.beneficiary = self.previous_beneficiary.take().expect("a right to reject");
            }
            Move::RejectTransferHolder => self.holder = self.previous_holder.take().expect("a right to reject"),
            Move::RejectTransferOwners => {
                self.beneficiary = self.previous_beneficiary.take().expect("a right to reject");
                self.holder = self.previous_holder.take().expect("a right to reject");
            }
            Move::Return => {
                self.place = Place::Returned;
                (self.nominee, self.previous_beneficiary, self.previous_holder) = (None, None, None);
            }
            Move::Restore => self.place = Place::Held,
            Move::Accept => self.place = Place::Ended,
        }
    }

    fn name(&self, next: Move) -> &'static str {
        let v5 = self.generation == Generation::V5;
        match next {
            Move::Nominate(_) => "NOMINATION",
            Move::TransferBeneficiary(_) => "TRANSFER_BENEFICIARY",
            Move::TransferHolder(_) => "TRANSFER_HOLDER",
            Move::TransferOwners(..) => "TRANSFER_OWNERS",
            Move::RejectTransferBeneficiary => "REJECT_TRANSFER_BENEFICIARY",
            Move::RejectTransferHolder => "REJECT_TRANSFER_HOLDER",
            Move::RejectTransferOwners => "REJECT_TRANSFER_OWNERS",
            Move::Return => {
                if v5 {
                    "RETURNED_TO_ISSUER"
                } else {
                    "SURRENDERED"
                }
            }
            Move::Restore => {
                if v5 {
                    "RETURN_TO_ISSUER_REJECTED"
                } else {
                    "SURRENDER_REJECTED"
                }
            }
            Move::Accept => {
                if v5 {
                    "RETURN_TO_ISSUER_ACCEPTED"
                } else {
                    "SURRENDER_ACCEPTED"
                }
            }
        }
    }

    /// The state, as an entry tells it.
    pub fn told(&self, name: &'static str, accounts: &[Address; ACTORS], remark: &[u8]) -> Told {
        let ended = self.place == Place::Ended;
        let party = |actor: Actor| Some(accounts[actor]).filter(|_| !ended);
        let remark = if self.generation == Generation::V5 { remark.to_vec() } else { Vec::new() };
        let nominee = self.nominee.map(|nominee| accounts[nominee]);
        Told { name, owner: party(self.beneficiary), holder: party(self.holder), nominee, remark }
    }
}

/// One step of a walk: which of the legal moves, with which remark, and whether in a transaction of its own.
#[derive(Debug, Clone)]
pub struct Choice {
    pub pick: usize,
    pub remark: u8,
    pub new_transaction: bool,
}

/// A walk with everything that has to be sent for it.
#[derive(Debug)]
pub struct Walk {
    /// Transactions of one or more acts: who acts, and how.
    pub transactions: Vec<Vec<(Actor, TitleWrite)>>,
    pub told: Vec<Told>,
    pub end: Model,
}

/// From the issuance to actors 0 and 1, with the moves that are chosen.
pub fn walk(generation: Generation, accounts: &[Address; ACTORS], token: TokenId, choices: &[Choice]) -> Walk {
    let mut model = Model::issued(generation, 0, 1);
    let mint = TitleWrite::Mint { beneficiary: accounts[0], holder: accounts[1], token, remark: b"on board".to_vec() };
    let mut told = vec![model.told("INITIAL", accounts, b"on board")];
    let mut transactions = vec![vec![(ISSUER, mint)]];
    // A beneficiary's and a holder's transfer with equal remarks in one transaction are one to everybody.
    let mut lone_endorsement: Option<Vec<u8>> = None;
    let mut moves: Vec<Move> = Vec::new();
    for choice in choices {
        let legal = model.legal();
        let Some(&next) = legal.get(choice.pick % legal.len().max(1)) else { break };
        let remark: Vec<u8> = [&b""[..], b"a", b"a longer remark, of more than thirty-two bytes", b"0x"]
            [usize::from(choice.remark) % 4]
            .to_vec();
        let actor = model.actor(next);
        let write = write(next, accounts, token, remark.clone());
        if choice.new_transaction {
            transactions.push(Vec::new());
        }
        transactions.last_mut().expect("the issuance").push((actor, write));
        let logged = if generation == Generation::V5 { remark.clone() } else { Vec::new() };
        model.make(next);
        let mut entry = model.told(model.name(next), accounts, &remark);
        let merges = matches!(next, Move::TransferHolder(_))
            && !choice.new_transaction
            && lone_endorsement.as_ref() == Some(&logged);
        if merges {
            told.pop();
            entry.name = "TRANSFER_OWNERS";
        }
        told.push(entry);
        lone_endorsement = matches!(next, Move::TransferBeneficiary(_)).then_some(logged);
        moves.push(next);
    }
    Walk { transactions, told, end: model }
}

fn write(next: Move, accounts: &[Address; ACTORS], token: TokenId, remark: Vec<u8>) -> TitleWrite {
    match next {
        Move::Nominate(nominee) => {
            TitleWrite::Nominate { nominee: nominee.map_or(Address::ZERO, |nominee| accounts[nominee]), remark }
        }
        Move::TransferBeneficiary(to) => TitleWrite::TransferBeneficiary { beneficiary: accounts[to], remark },
        Move::TransferHolder(to) => TitleWrite::TransferHolder { holder: accounts[to], remark },
        Move::TransferOwners(beneficiary, holder) => {
            TitleWrite::TransferOwners { beneficiary: accounts[beneficiary], holder: accounts[holder], remark }
        }
        Move::RejectTransferBeneficiary => TitleWrite::RejectTransferBeneficiary { remark },
        Move::RejectTransferHolder => TitleWrite::RejectTransferHolder { remark },
        Move::RejectTransferOwners => TitleWrite::RejectTransferOwners { remark },
        Move::Return => TitleWrite::ReturnToIssuer { remark },
        Move::Restore => TitleWrite::Restore { token, remark },
        Move::Accept => TitleWrite::Accept { token, remark },
    }
}
