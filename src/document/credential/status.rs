//! `credentialStatus` (documents.md §9.5): a title on a chain, or entries of lists, never both.

use super::{FormRule, is_url, texts};
use crate::document::BrokenRule;
use crate::document::json::{Kind, Value};
use crate::document::view::Network;
use crate::primitives::{Address, ChainId, Digest32, TokenId, plain_decimal};
use crate::text::clipped;

/// What a credential says about where its status is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialStatus {
    /// Nothing.
    Absent,
    /// A title of a token registry.
    TransferableRecord(TransferableRecord),
    /// A bill of exchange of an obligation registry, which answers like a token registry and is none.
    Obligation(TransferableRecord),
    /// Entries of status lists, at least one.
    Lists(Vec<StatusEntry>),
}

/// A token of a registry on a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferableRecord {
    /// The chain, which is always named.
    pub network: Network,
    /// The registry.
    pub registry: Address,
    /// The same as written.
    pub registry_text: String,
    /// The token.
    pub token: TokenId,
}

/// One entry of a status list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusEntry {
    /// Which kind of list.
    pub kind: StatusListKind,
    /// What the bit means.
    pub purpose: StatusPurpose,
    /// Which bit.
    pub index: u64,
    /// Bits per entry: more than one carry a message.
    pub size: u64,
    /// The list's URL, which is also the id of the list credential.
    pub list: String,
    /// The entry's own id.
    pub id: Option<String>,
}

/// Kinds of status lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusListKind {
    /// `BitstringStatusListEntry`.
    Bitstring,
    /// `StatusList2021Entry`.
    StatusList2021,
}

/// What a bit of a list means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatusPurpose {
    /// Revoked for good.
    Revocation,
    /// Not valid for the time being.
    Suspension,
    /// Anything else: its bit is not judged.
    Other(String),
}

impl StatusPurpose {
    /// As written.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Revocation => "revocation",
            Self::Suspension => "suspension",
            Self::Other(text) => text,
        }
    }
}

/// Whether members are missing that a holder may have left out, rather than written wrongly: what is left says nothing.
pub(super) fn is_in_part(status: Value<'_>) -> bool {
    let lacks = |item: Value<'_>, names: &[&str]| names.iter().any(|name| item.get(name).is_none());
    super::items(Some(status)).any(|item| {
        let record = is_of_type(item, TRANSFERABLE_RECORDS);
        let network = item.get("tokenNetwork");
        let registry = item.get("tokenRegistry").or_else(|| item.get("obligationRegistry"));
        match (item.get("type"), record) {
            (None, _) => item.as_object().is_some(),
            (_, true) => {
                registry.is_none()
                    || lacks(item, &["tokenId", "tokenNetwork"])
                    || network.is_some_and(|it| lacks(it, &["chainId"]))
            }
            (_, false) => lacks(item, &["statusPurpose", "statusListIndex", "statusListCredential"]),
        }
    })
}

impl CredentialStatus {
    /// The member, if there is one.
    pub(super) fn read(status: Option<Value<'_>>) -> Result<Self, BrokenRule> {
        match status.map(|status| (status, status.kind())) {
            None => Ok(Self::Absent),
            Some((_, Kind::Array(items))) => {
                if items.count() > MOST_ENTRIES {
                    return Err(FormRule::TooMany.broken(format!("there are more than {MOST_ENTRIES} status entries")));
                }
                if items.into_iter().any(|item| is_of_type(item, TRANSFERABLE_RECORDS)) {
                    return Err(FormRule::StatusMixed.broken("a transferable record stands beside another status"));
                }
                items.map(StatusEntry::read).collect::<Result<_, _>>().map(Self::Lists)
            }
            Some((status, _)) if is_of_type(status, TRANSFERABLE_RECORDS) => record(status),
            Some((status, _)) => Ok(Self::Lists(vec![StatusEntry::read(status)?])),
        }
    }

    /// Every text in it that a report may repeat.
    pub(super) fn claims(&self) -> impl Iterator<Item = &str> {
        let (record, entries) = match self {
            Self::Absent => (None, &[][..]),
            Self::TransferableRecord(record) | Self::Obligation(record) => (Some(record), &[][..]),
            Self::Lists(entries) => (None, entries.as_slice()),
        };
        let record = record.into_iter().flat_map(|record| [&record.network.chain, &record.network.chain_id]);
        let entries = entries.iter().flat_map(|it| [Some(it.purpose.as_str()), Some(&it.list), it.id.as_deref()]);
        record.filter_map(Option::as_deref).chain(entries.flatten())
    }
}

const TRANSFERABLE_RECORDS: &str = "TransferableRecords";
/// Each list may be a request to a server that the document chooses (checks.md §9).
const MOST_ENTRIES: usize = 16;

fn record(status: Value<'_>) -> Result<CredentialStatus, BrokenRule> {
    let network = status.get("tokenNetwork");
    let chain_id = network.and_then(|network| network.get("chainId")).map(Value::kind).and_then(|id| match id {
        Kind::String(text) => Some(text.decoded()),
        Kind::Number(token) => Some(token.into()),
        _ => None,
    });
    let chain_id = chain_id.filter(|text| text.parse::<ChainId>().is_ok()).ok_or_else(|| {
        FormRule::StatusChain.broken("`credentialStatus.tokenNetwork.chainId` must be a positive whole number")
    })?;
    let chain = match network.and_then(|network| network.get("chain")) {
        None => None,
        Some(chain) => Some(
            chain
                .as_str()
                .ok_or_else(|| FormRule::StatusChain.broken("`credentialStatus.tokenNetwork.chain` must be a text"))?,
        ),
    };
    let (token, obligation) = (status.get("tokenRegistry"), status.get("obligationRegistry"));
    if token.is_some() && obligation.is_some() {
        let why = "`credentialStatus` names a token registry and an obligation registry, which no title has";
        return Err(FormRule::StatusRegistry.broken(why));
    }
    let text = token.or(obligation).and_then(Value::as_str).filter(|text| text.starts_with("0x"));
    let registry = text.as_deref().and_then(|text| text.parse().ok());
    let (registry_text, registry) = text.zip(registry).ok_or_else(|| {
        FormRule::StatusRegistry.broken("`credentialStatus` must name its registry: 0x and 40 hexadecimal digits")
    })?;
    let id = status.get("tokenId").and_then(Value::as_str);
    let id = id.and_then(|id| Digest32::from_hex64(&id)).ok_or_else(|| {
        FormRule::StatusTokenId
            .broken("`credentialStatus.tokenId` must be 64 hexadecimal digits, lower case, without 0x")
    })?;
    let record = TransferableRecord {
        network: Network { chain: chain.map(Into::into), chain_id: Some(chain_id.into_owned()) },
        registry,
        registry_text: registry_text.into_owned(),
        token: id.into(),
    };
    Ok(match obligation {
        Some(_) => CredentialStatus::Obligation(record),
        None => CredentialStatus::TransferableRecord(record),
    })
}

impl StatusEntry {
    /// One entry, as it stands in a credential.
    pub fn read(entry: Value<'_>) -> Result<Self, BrokenRule> {
        let kinds = [
            ("BitstringStatusListEntry", StatusListKind::Bitstring),
            ("StatusList2021Entry", StatusListKind::StatusList2021),
        ];
        let kind = kinds.into_iter().find(|(name, _)| is_of_type(entry, name)).map(|(_, kind)| kind);
        let kind = kind.ok_or_else(|| {
            let found = entry.get("type").and_then(Value::as_str);
            let found = found.map_or_else(|| "no type".to_owned(), |found| format!("the type {:?}", clipped(&found)));
            FormRule::StatusType.broken(format!("a `credentialStatus` has {found}, which is none that is known"))
        })?;
        let purpose = entry.get("statusPurpose").and_then(Value::as_str).filter(|purpose| !purpose.is_empty());
        let purpose = match purpose.as_deref() {
            Some("revocation") => StatusPurpose::Revocation,
            Some("suspension") => StatusPurpose::Suspension,
            Some(other) => StatusPurpose::Other(other.to_owned()),
            None => return Err(FormRule::StatusPurpose.broken("a status entry must say what for: `statusPurpose`")),
        };
        let index = entry.get("statusListIndex").and_then(Value::as_str).and_then(|text| plain_decimal(&text));
        let index = index.ok_or_else(|| {
            FormRule::StatusIndex.broken("`statusListIndex` must be a text of plain digits: a whole number from 0 on")
        })?;
        let size = match entry.get("statusSize").map(Value::kind) {
            None => Some(1),
            Some(Kind::Number(token)) => plain_decimal(token).filter(|size| *size > 0),
            Some(_) => None,
        };
        let list = entry.get("statusListCredential").and_then(Value::as_str).filter(|list| is_url(list));
        let id = match entry.get("id") {
            None => None,
            Some(id) => Some(
                id.as_str()
                    .filter(|id| is_url(id))
                    .ok_or_else(|| FormRule::IdForm.broken("the `id` of a status entry must be a URL"))?,
            ),
        };
        Ok(Self {
            kind,
            purpose,
            index,
            size: size.ok_or_else(|| FormRule::StatusSize.broken("`statusSize` must be a positive whole number"))?,
            list: list
                .ok_or_else(|| FormRule::StatusList.broken("`statusListCredential` must be the URL of a list"))?
                .into_owned(),
            id: id.map(Into::into),
        })
    }
}

/// Whether its type is this one and no other.
fn is_of_type(status: Value<'_>, wanted: &str) -> bool {
    let mut types = texts(status.get("type"));
    types.next().is_some_and(|kind| kind.is(wanted)) && types.next().is_none()
}
