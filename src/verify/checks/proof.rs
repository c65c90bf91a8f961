//! What a state proof does to the findings about a registry (chain.md §5.4). One that holds, in a block whose hash somebody
//! else than the endpoint vouches for, makes them `proven`. One that contradicts the endpoint's answers leaves nothing
//! known, whatever was asked for. Anything else matters only where a proof is required.

use super::{Examination, endpoint_strength, instead};
use crate::evidence::{Entry, Finality, Found, ProofQuestion, RegistryReading};
use crate::primitives::{Address, TokenId};
use crate::title::proof::{NotProven, Proven, prove};
use crate::verify::codes::{self, Code};
use crate::verify::report::{
    Check, CheckName, Outcome, ProofFacts, ProofResult, Strength, Title, TitleStateName, Voucher,
};
use crate::verify::{Policy, ProofMode, WarningKind};

/// A proof, judged.
pub(super) struct Judged {
    facts: ProofFacts,
    /// The registry and its title by the proof alone, where it holds.
    proven: Option<Proven>,
}

impl Examination {
    /// Judges the answer to `Question::Proof`; `None` where no proof was asked for. `served` is what calls answered, if they
    /// did.
    pub(super) fn judged_proof(
        &self,
        policy: &Policy,
        found: Option<Found<'_, ProofQuestion>>,
        served: Option<&RegistryReading>,
        (registry, token): (Address, TokenId),
    ) -> Option<Judged> {
        let Found { entry, answer } = found.filter(|_| policy.proof != ProofMode::Off)?;
        let proof = match answer {
            Ok(proof) => proof,
            Err(why) => {
                let host = why.host.as_ref().map(|host| format!("{host}: ")).unwrap_or_default();
                return Some(Judged::without(ProofResult::Missing, format!("{host}{}", why.detail)));
            }
        };
        let hash = proof.block.hash;
        if let Some(trusted) = policy.trusted_block.filter(|trusted| *trusted != hash) {
            let detail = format!("the state was read at block {hash}, you trust {trusted}");
            return Some(Judged::without(ProofResult::Invalid, detail));
        }
        Some(match prove(proof, served, registry, token) {
            Err(why) => Judged::without(result(&why), why.to_string()),
            Ok(proven) => {
                let voucher = voucher(policy, entry);
                let (result, detail) = match voucher {
                    Voucher::Caller | Voucher::Quorum => (ProofResult::Proven, None),
                    Voucher::Endpoint => {
                        let number = proof.block.number;
                        let detail =
                            format!("it holds within block {number}, whose hash only the endpoint vouches for");
                        (ProofResult::Unvouched, Some(detail))
                    }
                };
                let accounts = proven.accounts.clone();
                Judged {
                    facts: ProofFacts { result, vouched_by: Some(voucher), accounts, detail },
                    proven: Some(proven),
                }
            }
        })
    }

    /// Applies a proof to what calls say of registry, issuance and title, before that counts as found.
    pub(super) fn apply_proof(&mut self, judged: Option<Judged>, mode: ProofMode, checks: &mut [Check]) {
        let Some(judged) = judged else { return };
        let overruled = judged.overrules(mode);
        let facts = judged.facts;
        match (facts.result, code(facts.result)) {
            (_, None) => {
                for check in checks {
                    check.strength = Some(Strength::Proven);
                }
            }
            (_, Some(code)) if overruled => self.nothing_is_known(&facts, code, checks),
            (ProofResult::Invalid, _) => {
                let detail = facts.detail.as_deref().unwrap_or_default();
                self.warn(WarningKind::ProofInvalid, format!("the endpoint's state proof is no proof: {detail}"));
            }
            _ => {}
        }
        if let Some(as_of) = &mut self.as_of {
            as_of.proof = Some(facts);
        }
    }

    /// What is read of the chain for other documents than titles is not proven here: where a proof is required, that is
    /// not enough. A document that rests on no chain needs none.
    pub(super) fn without_proof(&mut self, detail: &str, mode: ProofMode, issuance: &mut [Check]) {
        let on_chain = self.findings.outcome(CheckName::Chain) != Outcome::NotApplicable;
        if mode == ProofMode::Off || !on_chain {
            return;
        }
        let Judged { facts, .. } = Judged::without(ProofResult::NotPossible, detail.into());
        if mode == ProofMode::Require {
            for check in issuance.iter_mut().filter(|check| check.outcome != Outcome::Unknown) {
                overrule(check, &facts, &codes::CHAIN_PROOF_NOT_POSSIBLE);
            }
        }
        if let Some(as_of) = &mut self.as_of {
            as_of.proof = Some(facts);
        }
    }

    fn nothing_is_known(&mut self, facts: &ProofFacts, code: &'static Code, checks: &mut [Check]) {
        for check in checks {
            // What is unknown without a proof stays so for its own reason, unless the proof says that it is a lie.
            if check.outcome != Outcome::Unknown || facts.result == ProofResult::Contradicts {
                overrule(check, facts, code);
            }
        }
        self.title = Title::without_parties(TitleStateName::Unknown);
        self.registry = None;
    }
}

impl Judged {
    fn without(result: ProofResult, detail: String) -> Self {
        let facts = ProofFacts { result, vouched_by: None, accounts: Vec::new(), detail: Some(detail) };
        Self { facts, proven: None }
    }

    /// Whether nothing that the endpoint said of the registry may stand.
    pub(super) fn overrules(&self, mode: ProofMode) -> bool {
        match self.facts.result {
            ProofResult::Proven => false,
            ProofResult::Contradicts => true,
            _ => mode == ProofMode::Require,
        }
    }

    /// Whether it is proven, and not only within a block that the endpoint may have made up.
    pub(super) fn counts(&self) -> bool {
        self.facts.result == ProofResult::Proven
    }

    /// Whether its block is one that the caller named, beside which no newer one needs to be looked at (chain.md §5.3). Of
    /// any other, `latest` too, an endpoint may know a newer one: how settled a block is, is what the most modest says.
    pub(super) fn is_of_a_chosen_block(&self) -> bool {
        self.proven().is_some_and(|proven| proven.reading.block.finality == Finality::Chosen)
    }

    /// What the proof says of the registry, where it holds.
    pub(super) fn proven(&self) -> Option<&Proven> {
        self.proven.as_ref()
    }
}

fn overrule(check: &mut Check, facts: &ProofFacts, code: &'static Code) {
    let detail = facts.detail.clone().unwrap_or_else(|| code.meaning.trim_end_matches('.').to_owned());
    instead(check, Outcome::Unknown, code, detail);
}

/// Who says that the block is one of the chain.
fn voucher(policy: &Policy, entry: &Entry) -> Voucher {
    if policy.trusted_block.is_some() {
        Voucher::Caller
    } else if endpoint_strength(entry) == Strength::Quorum {
        Voucher::Quorum
    } else {
        Voucher::Endpoint
    }
}

fn result(why: &NotProven) -> ProofResult {
    match why {
        NotProven::HeaderForm(_) | NotProven::Incomplete(_) => ProofResult::Missing,
        NotProven::LayoutUnknown { .. } => ProofResult::NotPossible,
        NotProven::Contradicts { .. } => ProofResult::Contradicts,
        _ => ProofResult::Invalid,
    }
}

/// What is amiss with a proof that ended so.
fn code(result: ProofResult) -> Option<&'static Code> {
    Some(match result {
        ProofResult::Proven => return None,
        ProofResult::Unvouched => &codes::CHAIN_PROOF_UNVOUCHED,
        ProofResult::Missing => &codes::CHAIN_PROOF_MISSING,
        ProofResult::NotPossible => &codes::CHAIN_PROOF_NOT_POSSIBLE,
        ProofResult::Invalid => &codes::CHAIN_PROOF_INVALID,
        ProofResult::Contradicts => &codes::CHAIN_PROOF_CONTRADICTS,
    })
}
