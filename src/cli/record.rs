//! What a run keeps of one document once its report is printed: enough to count it, to compare it with others, and to count
//! it again in a later run (`--resume`) or elsewhere (`ebl summary`).

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::exit::Exit;
use super::no_document::NoDocument;
use crate::evidence::{Cause, Unavailable};
use crate::primitives::{Address, Digest32, TokenId};
use crate::verify::{Check, Outcome, Report, TitleStateName, Verdict};

/// One document of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    /// As reports name it.
    pub file: String,
    /// SHA-256 of the file, where it held a document.
    pub sha256: Option<String>,
    pub result: CameTo,
    /// What failed or is not known, each code once.
    pub codes: Vec<String>,
    /// The titles that it names: several in a presentation.
    pub titles: Vec<TitleRecord>,
    /// The batches that it was wrapped in.
    pub batches: Vec<Digest32>,
    /// Where chains were read.
    pub blocks: Vec<BlockRecord>,
    /// Hosts that answered.
    pub answered: Vec<String>,
    /// Hosts that did not, and why.
    pub failed: Vec<(String, Cause)>,
    pub checked_at: String,
}

/// What a document came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CameTo {
    Verdict(Verdict),
    /// There is no document in it.
    Unreadable,
    /// A link's document that could not be had.
    NotFetched,
}

impl CameTo {
    pub(super) fn exit(self) -> Exit {
        match self {
            Self::Verdict(verdict) => Exit::Verdict(verdict),
            Self::Unreadable => Exit::Unreadable,
            Self::NotFetched => Exit::NotFetched,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Verdict(verdict) => verdict.name(),
            Self::Unreadable => "unreadable",
            Self::NotFetched => "not_fetched",
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        let others = || [Self::Unreadable, Self::NotFetched].into_iter().find(|known| known.name() == name);
        Verdict::of_name(name).map(Self::Verdict).or_else(others)
    }
}

impl Serialize for CameTo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for CameTo {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<str>::deserialize(deserializer)?;
        Self::of_name(&name).ok_or_else(|| serde::de::Error::custom("not a result that is known"))
    }
}

/// A title, as a document names it and as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TitleRecord {
    pub chain_id: u64,
    pub registry: Address,
    pub token_id: TokenId,
    /// The bill's number and who issued it, where both are known.
    pub bill: Option<(String, String)>,
    pub state: TitleStateName,
    pub holder: Option<Address>,
    pub beneficiary: Option<Address>,
    /// The block that it was read at.
    pub block: Option<u64>,
}

/// A block of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BlockRecord {
    pub chain_id: u64,
    pub block: u64,
}

impl Record {
    pub(super) fn of_no_document(file: &str, why: &NoDocument, checked_at: String) -> Self {
        let result = if why.exit() == Exit::NotFetched { CameTo::NotFetched } else { CameTo::Unreadable };
        Self::without_document(file, result, why.code().id, checked_at)
    }

    pub(super) fn without_document(file: &str, result: CameTo, code: &str, checked_at: String) -> Self {
        Self {
            file: file.to_owned(),
            sha256: None,
            result,
            codes: vec![code.to_owned()],
            titles: Vec::new(),
            batches: Vec::new(),
            blocks: Vec::new(),
            answered: Vec::new(),
            failed: Vec::new(),
            checked_at,
        }
    }

    /// Of what a report says, and of its parts.
    pub(super) fn of(report: &ReportView<'_>, verdict: Verdict) -> Self {
        let mut codes: BTreeSet<&str> = BTreeSet::new();
        let mut answered: BTreeSet<&str> = BTreeSet::new();
        let mut failed: Vec<(&str, Cause)> = Vec::new();
        let mut blocks = BTreeSet::new();
        let (mut titles, mut batches) = (Vec::new(), Vec::new());
        for part in std::iter::once(report).chain(&report.parts) {
            for finding in part.checks.iter().flat_map(|check| std::iter::once(check).chain(&check.also)) {
                if matches!(finding.outcome, Outcome::Fail | Outcome::Unknown) {
                    codes.insert(&finding.code);
                }
                answered.extend(finding.answered_by.iter().map(|host| &**host));
                failed.extend(finding.unavailable.iter().filter_map(|why| Some((why.host.as_deref()?, why.cause))));
            }
            if let Some(as_of) = &part.as_of {
                blocks.insert(BlockRecord { chain_id: as_of.chain_id, block: as_of.block });
                answered.extend(as_of.endpoints.iter().map(|host| &**host));
            }
            titles.extend(part.title());
            batches.extend(part.batch());
        }
        failed.sort_by_key(|(host, cause)| (*host, *cause as u8));
        failed.dedup();
        batches.sort_unstable();
        batches.dedup();
        let owned = |texts: BTreeSet<&str>| texts.into_iter().map(str::to_owned).collect();
        Self {
            file: report.file.as_deref().unwrap_or_default().to_owned(),
            sha256: report.document.sha256.as_deref().map(str::to_owned),
            result: CameTo::Verdict(verdict),
            codes: owned(codes),
            titles,
            batches,
            blocks: blocks.into_iter().collect(),
            answered: owned(answered),
            failed: failed.into_iter().map(|(host, cause)| (host.to_owned(), cause)).collect(),
            checked_at: report.checked_at.clone().into_owned(),
        }
    }
}

/// A report as far as records need it: one of this run, or one read again from its JSON.
#[derive(Debug, Deserialize)]
pub(super) struct ReportView<'r> {
    #[serde(borrow)]
    file: Option<Cow<'r, str>>,
    #[serde(borrow)]
    checked_at: Cow<'r, str>,
    #[serde(borrow)]
    document: DocumentView<'r>,
    #[serde(borrow)]
    checks: Vec<FindingView<'r>>,
    #[serde(borrow)]
    issuer: Vec<IssuerView<'r>>,
    title: TitleView,
    #[serde(borrow)]
    as_of: Option<AsOfView<'r>>,
    #[serde(borrow)]
    parts: Vec<ReportView<'r>>,
}

#[derive(Debug, Deserialize)]
struct DocumentView<'r> {
    #[serde(borrow)]
    sha256: Option<Cow<'r, str>>,
    target_hash: Option<Digest32>,
    merkle_root: Option<Digest32>,
    token_id: Option<TokenId>,
    #[serde(borrow)]
    bl_number: Option<Cow<'r, str>>,
    network: Option<NetworkView>,
    claims: Vec<ClaimView>,
}

#[derive(Debug, Deserialize)]
struct NetworkView {
    chain_id: u64,
}

#[derive(Debug, Deserialize)]
struct ClaimView {
    contract: Option<ContractView>,
}

#[derive(Debug, Deserialize)]
struct ContractView {
    address: Address,
}

#[derive(Debug, Deserialize)]
struct FindingView<'r> {
    outcome: Outcome,
    #[serde(borrow)]
    code: Cow<'r, str>,
    #[serde(borrow)]
    answered_by: Vec<Cow<'r, str>>,
    #[serde(borrow)]
    unavailable: Vec<UnavailableView<'r>>,
    /// Of a finding that speaks for its check.
    #[serde(borrow, default)]
    also: Vec<FindingView<'r>>,
}

#[derive(Debug, Deserialize)]
struct UnavailableView<'r> {
    cause: Cause,
    #[serde(borrow)]
    host: Option<Cow<'r, str>>,
}

#[derive(Debug, Deserialize)]
struct IssuerView<'r> {
    #[serde(borrow)]
    domain: Option<Cow<'r, str>>,
    #[serde(borrow)]
    did: Option<Cow<'r, str>>,
}

#[derive(Debug, Deserialize)]
struct TitleView {
    state: TitleStateName,
    holder: Option<Address>,
    beneficiary: Option<Address>,
}

#[derive(Debug, Deserialize)]
struct AsOfView<'r> {
    chain_id: u64,
    block: u64,
    #[serde(borrow)]
    endpoints: Vec<Cow<'r, str>>,
}

impl ReportView<'_> {
    fn title(&self) -> Option<TitleRecord> {
        let document = &self.document;
        let chain_id = document.network.as_ref()?.chain_id;
        let issuer = self.issuer.first().and_then(|issuer| issuer.domain.as_deref().or(issuer.did.as_deref()));
        let bill = document.bl_number.as_deref().zip(issuer);
        Some(TitleRecord {
            chain_id,
            registry: document.claims.iter().find_map(|claim| claim.contract.as_ref())?.address,
            token_id: document.token_id?,
            bill: bill.map(|(number, issuer)| (number.to_owned(), issuer.to_owned())),
            state: self.title.state,
            holder: self.title.holder,
            beneficiary: self.title.beneficiary,
            block: self.as_of.as_ref().filter(|as_of| as_of.chain_id == chain_id).map(|as_of| as_of.block),
        })
    }

    /// The root of the batch that it was wrapped in together with others.
    fn batch(&self) -> Option<Digest32> {
        self.document.merkle_root.filter(|root| Some(*root) != self.document.target_hash)
    }
}

impl<'r> From<&'r Report> for ReportView<'r> {
    fn from(report: &'r Report) -> Self {
        let document = &report.document;
        let contract = |address| ContractView { address };
        let claims = document.claims.iter();
        let issuers = report.issuer.iter();
        Self {
            file: report.file.as_deref().map(Cow::from),
            checked_at: report.checked_at.as_str().into(),
            document: DocumentView {
                sha256: document.sha256.as_deref().map(Cow::from),
                target_hash: document.target_hash,
                merkle_root: document.merkle_root,
                token_id: document.token_id,
                bl_number: document.bl_number.as_deref().map(Cow::from),
                network: document.network.as_ref().map(|network| NetworkView { chain_id: network.chain_id }),
                claims: claims
                    .map(|claim| ClaimView { contract: claim.contract.map(|found| contract(found.address)) })
                    .collect(),
            },
            checks: report.checks.iter().map(FindingView::from).collect(),
            issuer: issuers
                .map(|issuer| IssuerView {
                    domain: issuer.domain.as_deref().map(Cow::from),
                    did: issuer.did.as_deref().map(Cow::from),
                })
                .collect(),
            title: TitleView {
                state: report.title.state,
                holder: report.title.holder,
                beneficiary: report.title.beneficiary,
            },
            as_of: report.as_of.as_ref().map(|as_of| AsOfView {
                chain_id: as_of.chain_id,
                block: as_of.block,
                endpoints: as_of.endpoints.iter().map(Cow::from).collect(),
            }),
            parts: report.parts.iter().map(Self::from).collect(),
        }
    }
}

impl<'r> From<&'r Check> for FindingView<'r> {
    fn from(check: &'r Check) -> Self {
        let view = |outcome, code: &'r str, answered_by: &'r [String], unavailable: &'r [Unavailable], also| Self {
            outcome,
            code: code.into(),
            answered_by: answered_by.iter().map(Cow::from).collect(),
            unavailable: unavailable
                .iter()
                .map(|why| UnavailableView { cause: why.cause, host: why.host.as_deref().map(Cow::from) })
                .collect(),
            also,
        };
        let also = check.also.iter();
        let also = also.map(|also| view(also.outcome, also.code.id, &also.answered_by, &also.unavailable, Vec::new()));
        view(check.outcome, check.code.id, &check.answered_by, &check.unavailable, also.collect())
    }
}
