//! Registry, issuance and title of a transferable record, from one reading of its token registry (checks.md §3.2).

use std::borrow::Cow;

use super::proof::Judged;
use super::{Examination, Ground, finding, from_entry, not_asked_yet};
use crate::document::Document;
use crate::evidence::{Cause, Entry, Evidence, Found, ProofQuestion, RegistryQuestion, RegistryReading};
use crate::integrity::IntegrityResult;
use crate::primitives::{Address, TokenId};
use crate::title::{self, Authenticity, RegistryFinding, TitleFinding, TitleState};
use crate::verify::codes;
use crate::verify::report::{Check, CheckName, Outcome, RegistryFacts, RegistryStanding, Title, TitleStateName};
use crate::verify::{Policy, ProofMode, TokenOfChain, WarningKind};

impl Examination {
    pub(super) fn judge_token_registry(&mut self, ground: &Ground<'_>, registry: Address, token: Option<TokenId>) {
        let chain = match &ground.chain {
            Ok(chain) => *chain,
            Err(check) => return self.without_chain(check.clone()),
        };
        // A document without a digest is malformed; with --all-checks there is still no token to ask for.
        let Some(token) = token else {
            return self.without_chain(not_asked_yet(CheckName::Chain, &codes::CHAIN_RPC_UNAVAILABLE));
        };
        let token = TokenOfChain { chain, registry, token };
        self.judge_title(ground.evidence, ground.policy, token, self.issued_for(ground));
    }

    pub(super) fn issued_for(&self, ground: &Ground<'_>) -> IssuedFor {
        match (&ground.integrity.result, ground.document) {
            (IntegrityResult::Broken(_), _) => IssuedFor::HashOfAnother,
            // Its token is of its id, not of its content.
            (_, Document::Credential(_)) => IssuedFor::ThisId,
            _ => IssuedFor::ThisDocument,
        }
    }

    /// The checks from the chain to the title. Returns what was judged, if anything was read.
    pub(super) fn judge_title<'e>(
        &mut self,
        evidence: &'e Evidence,
        policy: &Policy,
        TokenOfChain { chain, registry, token }: TokenOfChain,
        issued_for: IssuedFor,
    ) -> Option<(Cow<'e, RegistryReading>, RegistryFinding)> {
        let question = RegistryQuestion { chain, registry, token };
        let proof = (policy.proof != ProofMode::Off)
            .then(|| self.answer(evidence, &ProofQuestion { chain, registry, token }))
            .flatten();
        let Some(Found { entry, answer }) = self.answer(evidence, &question) else {
            self.without_chain(not_asked_yet(CheckName::Chain, &codes::CHAIN_RPC_UNAVAILABLE));
            return None;
        };
        match answer {
            Ok(reading) if reading.chain_id == chain.get() => {
                self.chain_answered(chain, &reading.block, reading.method, entry);
                let judged = self.judged_proof(policy, proof, Some(reading), (registry, token));
                let trusted = policy.trusted_registries.contains(&(chain, registry));
                let finding = match judged.as_ref().and_then(Judged::proven) {
                    Some(proven) => proven.finding.clone(),
                    None => title::judge(reading, registry, token, trusted),
                };
                let mut checks = self.judge_registry(reading, &finding, (registry, issued_for), entry);
                let stands = self.hold_against(judged, policy, &finding, &mut checks);
                if stands {
                    self.look_ahead(reading, (registry, token), trusted, policy, &mut checks);
                }
                self.findings.extend(checks);
                self.warn_of_pending_change();
                return stands.then_some((Cow::Borrowed(reading.as_ref()), finding));
            }
            Ok(reading) => self.chain_differs(chain, reading.chain_id, entry),
            Err(why) => {
                // A proof needs no answer to a call, if others than the endpoint vouch for its block. It says nothing of newer
                // blocks, so it stands alone only within one that the caller named; and never for answers that differ.
                let judged = self.judged_proof(policy, proof, None, (registry, token)).filter(Judged::counts);
                let alone = |judged: &Judged| judged.is_of_a_chosen_block() && why.cause != Cause::Disagreement;
                let judged = judged.filter(alone);
                let alone = judged.as_ref().and_then(Judged::proven).cloned().zip(proof);
                let Some((proven, Found { entry, .. })) = alone else {
                    self.chain_unavailable(chain, why, entry);
                    return None;
                };
                let text = format!("only the proof was read, the answers to calls could not be: {}", why.detail);
                self.warn(WarningKind::ProofAlone, text);
                self.chain_answered(chain, &proven.reading.block, proven.reading.method, entry);
                let mut checks = self.judge_registry(&proven.reading, &proven.finding, (registry, issued_for), entry);
                let stands = self.hold_against(judged, policy, &proven.finding, &mut checks);
                self.findings.extend(checks);
                return stands.then_some((Cow::Owned(proven.reading), proven.finding));
            }
        }
        None
    }

    /// Whether the finding stands beside the proof.
    fn hold_against(
        &mut self,
        judged: Option<Judged>,
        policy: &Policy,
        finding: &RegistryFinding,
        checks: &mut [Check],
    ) -> bool {
        let stands = judged.as_ref().is_none_or(|judged| !judged.overrules(policy.proof));
        self.apply_proof(judged, policy.proof, checks);
        if let (true, TitleFinding::Known(TitleState::Live(parties))) = (stands, &finding.title) {
            self.warn_about(parties);
        }
        stands
    }

    fn judge_registry(
        &mut self,
        reading: &RegistryReading,
        RegistryFinding { authenticity, title }: &RegistryFinding,
        (registry, issued_for): (Address, IssuedFor),
        entry: &Entry,
    ) -> Vec<Check> {
        let counts = matches!(authenticity, Authenticity::Genuine { .. } | Authenticity::TrustedByCaller { .. });
        self.registry = Some(registry_facts(authenticity, title, reading, registry));
        self.title = title_facts(title, counts);
        // Trust in today's code is no reason to be silent about who can change it (chain.md 6.9).
        if let Authenticity::TrustedByCaller { proxy: Some(proxy), .. } = authenticity {
            self.warn(WarningKind::RulesCanChange, rules_can_change(registry, proxy));
        }
        let checks =
            [registry_check(authenticity, registry), issuance(title, counts, issued_for), title_check(title, counts)];
        checks.into_iter().map(|check| from_entry(self.at_chosen_block(check), entry)).collect()
    }

    fn warn_about(&mut self, parties: &title::Parties) {
        if parties.paused {
            let text = "the registry is paused: the title cannot be transferred or returned now";
            self.warn(WarningKind::RegistryPaused, text.into());
        }
        if let Some(nominee) = parties.nominee {
            self.warn(WarningKind::NomineePending, format!("{nominee} is nominated as the next beneficiary"));
        }
        let rejection = parties.rejection();
        let back_to = match (rejection.beneficiary, rejection.holder) {
            (Some(beneficiary), Some(holder)) if beneficiary == holder => format!("beneficiary and holder {holder}"),
            (Some(beneficiary), Some(holder)) => format!("beneficiary {beneficiary} and holder {holder}"),
            (Some(beneficiary), None) => format!("beneficiary {beneficiary}"),
            (None, Some(holder)) => format!("holder {holder}"),
            (None, None) => return,
        };
        let text =
            format!("the last transfer can still be rejected, which gives the title back to the previous {back_to}");
        self.warn(WarningKind::RejectionPossible, text);
    }
}

/// What a token was issued for: only of an intact document is it known to be its own.
#[derive(Debug, Clone, Copy)]
pub(super) enum IssuedFor {
    ThisToken,
    /// Of a credential, whose token stands for its id.
    ThisId,
    ThisDocument,
    HashOfAnother,
}

/// To go after "for".
impl std::fmt::Display for IssuedFor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::ThisToken => "this token",
            Self::ThisId => "the id of this credential",
            Self::ThisDocument => "exactly this document",
            Self::HashOfAnother => "the hash that the file states, which its content does not fit",
        })
    }
}

fn registry_check(authenticity: &Authenticity, registry: Address) -> Check {
    let (outcome, code, message) = match authenticity {
        Authenticity::Genuine { generation, variant, other_build } => {
            let build = if *other_build { ", compiled with other metadata" } else { "" };
            let kind = match variant {
                title::Variant::Standalone => "full contract",
                title::Variant::Clone => "clone",
            };
            (Outcome::Pass, &codes::REGISTRY_GENUINE, format!("genuine {generation} code, {kind}{build}"))
        }
        Authenticity::TrustedByCaller { generation, code_hash, .. } => (
            Outcome::Pass,
            &codes::REGISTRY_TRUSTED,
            format!("unknown code {code_hash}, which you trust; it answers as {generation}"),
        ),
        Authenticity::Unrecognised { claims: Some(generation), .. } if !generation.is_supported() => (
            Outcome::Unknown,
            &codes::REGISTRY_GENERATION,
            format!("the registry says that it is {generation}; only v4 and v5 are read"),
        ),
        Authenticity::Unrecognised { proxy: Some(proxy), .. } => {
            (Outcome::Unknown, &codes::REGISTRY_PROXY, rules_can_change(registry, proxy))
        }
        Authenticity::Unrecognised { code_hash, claims, .. } => {
            let claims = claims
                .map_or_else(|| "it does not claim to be a registry".to_owned(), |g| format!("it claims to be {g}"));
            (
                Outcome::Unknown,
                &codes::REGISTRY_UNRECOGNISED,
                format!("code {code_hash} is not in the list of known registries; {claims}"),
            )
        }
        Authenticity::ContradictsItself(why) => (Outcome::Fail, &codes::REGISTRY_CONTRADICTS_ITSELF, why.to_string()),
        Authenticity::InconsistentAnswers(why) => (Outcome::Unknown, &codes::REGISTRY_INCONSISTENT, why.to_string()),
        Authenticity::NoCode => {
            (Outcome::Fail, &codes::REGISTRY_NO_CODE, format!("no contract at {registry} on this chain at this block"))
        }
    };
    finding(CheckName::Registry, outcome, code, message)
}

fn rules_can_change(registry: Address, proxy: &title::Proxy) -> String {
    let who = proxy.admin.map_or_else(|| "whoever controls it".to_owned(), |admin| admin.to_string());
    format!("the rules at {registry} can be changed by {who}")
}

/// The issuance check of a title.
fn issuance(title: &TitleFinding, counts: bool, issued_for: IssuedFor) -> Check {
    let (outcome, code, message) = match title {
        TitleFinding::NotMinted => {
            (Outcome::Fail, &codes::ISSUANCE_NOT_MINTED, "the registry has never issued this title".to_owned())
        }
        TitleFinding::Refused(data) => (
            Outcome::Unknown,
            &codes::ISSUANCE_REFUSED,
            format!(
                "the registry refused to answer ownerOf: 0x{}",
                crate::primitives::encode_hex(data.get(..64).unwrap_or(data))
            ),
        ),
        TitleFinding::Known(_) if counts => {
            (Outcome::Pass, &codes::ISSUANCE_MINTED, format!("the registry issued a title for {issued_for}"))
        }
        TitleFinding::Unreadable => {
            (Outcome::Fail, &codes::REGISTRY_NO_CODE, "there is no contract that could have issued it".to_owned())
        }
        TitleFinding::Known(_) | TitleFinding::Contradiction(_) => {
            (Outcome::Unknown, &codes::ISSUANCE_UNPROVEN, "the registry is not known to be genuine".to_owned())
        }
    };
    finding(CheckName::Issuance, outcome, code, message)
}

fn title_check(title: &TitleFinding, counts: bool) -> Check {
    let (outcome, code, message) = match title {
        TitleFinding::Known(state) if counts => match state {
            TitleState::Live(parties) => (
                Outcome::Pass,
                &codes::TITLE_LIVE,
                format!("the registry records {} as holder, {} as beneficiary", parties.holder, parties.beneficiary),
            ),
            TitleState::Returned(_) => (
                Outcome::Fail,
                &codes::TITLE_RETURNED,
                "returned to the issuer, who has not accepted it yet".to_owned(),
            ),
            TitleState::Ended => {
                (Outcome::Fail, &codes::TITLE_ENDED, "accepted by the issuer: this title has ended".to_owned())
            }
        },
        TitleFinding::NotMinted => (Outcome::Fail, &codes::TITLE_NOT_ISSUED, "there is no title".to_owned()),
        _ => (Outcome::Unknown, &codes::TITLE_UNKNOWN, "the state of the title is not known".to_owned()),
    };
    finding(CheckName::Title, outcome, code, message)
}

pub(super) fn title_facts(title: &TitleFinding, counts: bool) -> Title {
    let with = |state, parties: &title::Parties| Title {
        state,
        holder: Some(parties.holder),
        beneficiary: Some(parties.beneficiary),
        nominee: parties.nominee,
        previous_holder: parties.previous_holder,
        previous_beneficiary: parties.previous_beneficiary,
        escrow: Some(parties.escrow),
        pending: None,
    };
    match title {
        TitleFinding::Known(TitleState::Live(parties)) if counts => with(TitleStateName::Live, parties),
        TitleFinding::Known(TitleState::Returned(parties)) if counts => with(TitleStateName::Returned, parties),
        TitleFinding::Known(TitleState::Ended) if counts => Title::without_parties(TitleStateName::Ended),
        TitleFinding::NotMinted => Title::without_parties(TitleStateName::NotIssued),
        _ => Title::without_parties(TitleStateName::Unknown),
    }
}

fn registry_facts(
    authenticity: &Authenticity,
    title: &TitleFinding,
    reading: &RegistryReading,
    address: Address,
) -> RegistryFacts {
    let (standing, generation) = match authenticity {
        Authenticity::Genuine { generation, .. } => (RegistryStanding::Genuine, Some(*generation)),
        Authenticity::TrustedByCaller { generation, .. } => (RegistryStanding::TrustedByCaller, Some(*generation)),
        Authenticity::Unrecognised { claims, .. } => (RegistryStanding::Unrecognised, *claims),
        Authenticity::ContradictsItself(_) => (RegistryStanding::ContradictsItself, None),
        Authenticity::InconsistentAnswers(_) => (RegistryStanding::InconsistentAnswers, None),
        Authenticity::NoCode => (RegistryStanding::NoContract, None),
    };
    RegistryFacts {
        address,
        generation,
        authenticity: standing,
        code_hash: (!reading.contract.code.is_empty()).then(|| crate::primitives::keccak256(&reading.contract.code)),
        paused: match title {
            TitleFinding::Known(_) => reading.contract.paused.flag().ok(),
            _ => None,
        },
    }
}
