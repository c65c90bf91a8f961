//! W3C verifiable credentials, data models 1.1 and 2.0: every rule of form (documents.md §9.2, §9.5). What a term means and
//! whether the proof holds is decided elsewhere; whoever has a [`Credential`] need not look at its form again.
//!
//! ```
//! use ebl_verifier::document::credential::{Credential, DataModel, Suite};
//! use ebl_verifier::document::{Limits, json};
//!
//! let file = br#"{"@context": ["https://www.w3.org/ns/credentials/v2"], "type": "VerifiableCredential",
//!     "issuer": "did:web:carrier.example", "credentialSubject": {"type": "BillOfLading", "blNumber": "CARR-1"},
//!     "proof": {"type": "DataIntegrityProof", "cryptosuite": "ecdsa-sd-2023", "proofPurpose": "assertionMethod",
//!         "verificationMethod": "did:web:carrier.example#keys-1", "proofValue": "u2V0A"}}"#;
//! let credential = Credential::from_tree(json::parse(file, &Limits::default())?).expect("every rule of form holds");
//! assert_eq!((credential.data_model(), &credential.proof().suite), (DataModel::V2, &Suite::EcdsaSd2023));
//! assert!(credential.is_bill_of_lading());
//! # Ok::<(), ebl_verifier::document::ReadError>(())
//! ```

mod content;
mod proof;
mod rule;
mod status;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;

use super::json::{Kind, Place, Text, Tree, Value};
use super::{
    BrokenRule, ContractKind, Family, IdentityKind, IdentityProof, Issuer, IssuingContract, Network, Summary, Validity,
};
use crate::date_time::rfc3339_seconds;
use crate::text::clipped;

pub(super) use content::{Disclosure, check as check_content, check_members};
pub use proof::{Proof, Suite};
pub use rule::FormRule;
pub use status::{CredentialStatus, StatusEntry, StatusListKind, StatusPurpose, TransferableRecord};

/// A credential of the right form.
#[derive(Debug, Clone, PartialEq)]
pub struct Credential<'a> {
    tree: Arc<Tree<'a>>,
    place: Place,
    data_model: DataModel,
    contexts: Vec<String>,
    id: Option<String>,
    types: Vec<String>,
    issuer: IssuerId,
    /// The same with the title and the key, as every family says it.
    claim: Issuer,
    validity: Validity,
    status: CredentialStatus,
    proof: Proof,
    summary: Summary,
}

/// Versions of the data model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataModel {
    /// 1.1.
    V1,
    /// 2.0.
    V2,
}

impl DataModel {
    /// The context that must stand first.
    pub fn context(self) -> &'static str {
        match self {
            Self::V1 => "https://www.w3.org/2018/credentials/v1",
            Self::V2 => "https://www.w3.org/ns/credentials/v2",
        }
    }

    /// The family of its documents.
    pub fn family(self) -> Family {
        match self {
            Self::V1 => Family::W3c1,
            Self::V2 => Family::W3c2,
        }
    }

    pub(super) fn of(context: &str) -> Option<Self> {
        [Self::V1, Self::V2].into_iter().find(|model| model.context() == context)
    }
}

/// As in the titles of the specifications.
impl std::fmt::Display for DataModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::V1 => "1.1",
            Self::V2 => "2.0",
        })
    }
}

/// Who says to have issued a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerId {
    /// A URL, in practice a DID.
    pub id: String,
    /// The name: a claim.
    pub name: Option<String>,
}

impl<'a> Credential<'a> {
    /// The credential that a file is. An error is the first rule that it breaks.
    pub fn from_tree(tree: Tree<'a>) -> Result<Self, BrokenRule> {
        Self::read(Arc::new(tree), Place::default())
    }

    /// The object at `place` of the tree is the credential.
    pub(crate) fn read(tree: Arc<Tree<'a>>, place: Place) -> Result<Self, BrokenRule> {
        let object = tree.value(place);
        let members = object.as_object().ok_or_else(|| FormRule::MemberForm.broken("a credential is an object"))?;
        let (data_model, contexts) = contexts(object)?;
        check_members(members, &MEMBERS)?;
        let types = types(object, "VerifiableCredential")?;
        if types.iter().any(|kind| kind == "VerifiablePresentation") {
            return Err(BrokenRule::FamilyMix("the file says to be a credential and a presentation".into()));
        }
        subjects_are_there(object)?;
        let proof = object.get("proof");
        let selective = proof::discloses_selectively(proof);
        let disclosure = if selective { Disclosure::Selective } else { Disclosure::Whole };
        check_content(members, None, disclosure)?;
        subject_ids_are_urls(object)?;
        let id = id(object)?;
        let issuer = issuer(object.get("issuer"))?;
        let validity = validity(object, data_model)?;
        let issued = validity.not_before.iter().any(|(name, _)| *name == "issuanceDate");
        if data_model == DataModel::V1 && !issued {
            return Err(FormRule::DateMissing.broken("a credential of data model 1.1 must have an `issuanceDate`"));
        }
        for name in TYPED {
            items(object.get(name)).try_for_each(|item| is_typed(item, name))?;
        }
        let shown = object.get("credentialStatus");
        // What a holder shows of a status only in part is none, as if it were left out.
        let in_part = proof::is_of_a_selection(proof) && shown.is_some_and(status::is_in_part);
        let status = if in_part { CredentialStatus::Absent } else { CredentialStatus::read(shown)? };
        let proof = Proof::read(proof, &["assertionMethod"])?;
        let number = items(object.get("credentialSubject")).find_map(|subject| subject.get("blNumber")?.as_str());
        let summary = Summary { bl_number: number.map(Cow::into_owned) };
        let claim = claim(&issuer, &status, &proof);
        Ok(Self { place, data_model, contexts, id, types, issuer, claim, validity, status, proof, summary, tree })
    }

    /// Which data model it follows.
    pub fn data_model(&self) -> DataModel {
        self.data_model
    }

    /// The addresses of its contexts, in order.
    pub fn contexts(&self) -> &[String] {
        &self.contexts
    }

    /// Every context must be known by its address: nothing is fetched, and what an unknown one would make of the terms
    /// nobody can say (documents.md §9.1).
    pub fn check_contexts(&self, knows: impl Fn(&str) -> bool) -> Result<(), BrokenRule> {
        contexts_are_known(&self.contexts, knows)
    }

    /// Its own id.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// What it says to be; `VerifiableCredential` among them.
    pub fn types(&self) -> &[String] {
        &self.types
    }

    /// Who says to have issued it.
    pub fn issuer(&self) -> &IssuerId {
        &self.issuer
    }

    /// Who says to have issued it, through which registry, by which key: as every family says it.
    pub fn claim(&self) -> &Issuer {
        &self.claim
    }

    /// The chain that its status names.
    pub fn network(&self) -> Option<&Network> {
        match &self.status {
            CredentialStatus::TransferableRecord(record) | CredentialStatus::Obligation(record) => {
                Some(&record.network)
            }
            CredentialStatus::Absent | CredentialStatus::Lists(_) => None,
        }
    }

    /// What it is about: one object at least.
    pub fn subjects(&self) -> impl Iterator<Item = Value<'_>> {
        items(self.get("credentialSubject"))
    }

    /// The ids of its subjects, in order; one that has none is nobody in particular.
    pub fn subject_ids(&self) -> impl Iterator<Item = Option<Cow<'_, str>>> {
        self.subjects().map(|subject| subject.get("id").and_then(Value::as_str))
    }

    /// When it is valid. The members are checked and in order.
    pub fn validity(&self) -> &Validity {
        &self.validity
    }

    /// When it was issued as its signer says: `issuanceDate`, or when the proof was made.
    pub fn issued_at(&self) -> Option<&str> {
        let issuance = self.validity.not_before.iter().find(|(name, _)| *name == "issuanceDate");
        issuance.map(|(_, date)| date.as_str()).or(self.proof.created.as_deref())
    }

    /// Where its status is found.
    pub fn status(&self) -> &CredentialStatus {
        &self.status
    }

    /// Its proof.
    pub fn proof(&self) -> &Proof {
        &self.proof
    }

    /// The value of its proof, as written; every suite but [`Suite::Other`] has one.
    pub fn proof_value(&self) -> Option<Cow<'_, str>> {
        self.get("proof")?.get("proofValue")?.as_str()
    }

    /// A top-level member.
    pub fn get(&self, name: &str) -> Option<Value<'_>> {
        self.whole().get(name)
    }

    /// All of it, with the proof.
    pub fn whole(&self) -> Value<'_> {
        self.tree.value(self.place)
    }

    /// The few content members that a report shows.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Whether it has to have a title (documents.md §9.5): its subject is a bill of lading, or its status is a
    /// transferable record.
    pub fn is_bill_of_lading(&self) -> bool {
        let is_bill =
            |subject: Value<'_>| texts(subject.get("type")).any(|kind| BILLS.iter().any(|bill| kind.is(bill)));
        matches!(self.status, CredentialStatus::TransferableRecord(_)) || self.subjects().any(is_bill)
    }

    /// Every text that a report may repeat.
    pub fn claims(&self) -> impl Iterator<Item = &str> {
        let single =
            [Some(&self.issuer.id), self.id.as_ref(), self.issuer.name.as_ref(), self.summary.bl_number.as_ref()];
        let single = single.into_iter().flatten().map(String::as_str);
        let lists = self.contexts.iter().chain(&self.types).map(String::as_str);
        single.chain(lists).chain(self.validity.dates()).chain(self.status.claims()).chain(self.proof.claims())
    }
}

fn claim(issuer: &IssuerId, status: &CredentialStatus, proof: &Proof) -> Issuer {
    let contract = match status {
        CredentialStatus::TransferableRecord(record) => Some(IssuingContract {
            kind: ContractKind::TokenRegistry,
            address: record.registry,
            text: record.registry_text.clone(),
        }),
        _ => None,
    };
    let identity = IdentityProof {
        kind: IdentityKind::Did,
        location: Some(issuer.id.clone()),
        key: Some(proof.verification_method.clone()),
    };
    Issuer {
        name: issuer.name.clone(),
        id: Some(issuer.id.clone()),
        did: Some(issuer.id.clone()),
        contract,
        identity: Some(identity),
        revocation: None,
    }
}

const BILLS: [&str; 2] = ["BillOfLading", "BillOfLadingCarrier"];

/// Top-level members of both data models.
const MEMBERS: [&str; 20] = [
    "@context",
    "id",
    "type",
    "issuer",
    "validFrom",
    "validUntil",
    "issuanceDate",
    "expirationDate",
    "credentialStatus",
    "credentialSubject",
    "credentialSchema",
    "renderMethod",
    "qrCode",
    "termsOfUse",
    "evidence",
    "refreshService",
    "relatedResource",
    "name",
    "description",
    "proof",
];

/// Objects that must say what they are.
const TYPED: [&str; 4] = ["credentialSchema", "termsOfUse", "refreshService", "evidence"];

/// The data model, and the addresses of all contexts.
pub(super) fn contexts(object: Value<'_>) -> Result<(DataModel, Vec<String>), BrokenRule> {
    let items = match object.get("@context").map(Value::kind) {
        None => return Err(FormRule::ContextMissing.broken("`@context` is missing, so no term has a meaning")),
        Some(Kind::Array(items)) => items,
        Some(_) => return Err(FormRule::ContextForm.broken("`@context` must be a list")),
    };
    if items.is_empty() {
        return Err(FormRule::ContextMissing.broken("`@context` is empty, so no term has a meaning"));
    }
    if items.count() > MOST_NAMED {
        return Err(FormRule::TooMany.broken(format!("there are more than {MOST_NAMED} contexts")));
    }
    let mut contexts: Vec<String> = Vec::new();
    for (index, item) in items.enumerate() {
        let Some(context) = item.as_str() else {
            let found = item.in_words();
            let why =
                format!("`@context[{index}]` is {found}; only contexts that are known by their address are taken");
            return Err(FormRule::ContextNotAllowed.broken(why));
        };
        if contexts.iter().any(|known| *known == context) {
            return Err(FormRule::DuplicateValue.broken(format!("the context {:?} stands twice", clipped(&context))));
        }
        contexts.push(context.into_owned());
    }
    let mut models = contexts.iter().map(|context| DataModel::of(context));
    match (models.next().flatten(), models.flatten().next()) {
        (Some(model), None) => Ok((model, contexts)),
        (None, _) => {
            let why = format!("the first context must be {} or {}", DataModel::V2.context(), DataModel::V1.context());
            Err(FormRule::ContextFirst.broken(why))
        }
        (Some(_), Some(_)) => Err(FormRule::ContextFirst.broken("`@context` names both data models")),
    }
}

/// Contexts, or types. Genuine ones have less than ten.
const MOST_NAMED: usize = 32;

pub(super) fn contexts_are_known(contexts: &[String], knows: impl Fn(&str) -> bool) -> Result<(), BrokenRule> {
    let Some(unknown) = contexts.iter().find(|context| !knows(context)) else { return Ok(()) };
    let why = format!(
        "the context {:?} is not known, so what its terms mean cannot be told; nothing is fetched, but whoever has that \
         context in a file can give it along",
        clipped(unknown)
    );
    Err(FormRule::ContextNotAllowed.broken(why))
}

/// The types, among which is the one that says what the file is.
pub(super) fn types(object: Value<'_>, wanted: &str) -> Result<Vec<String>, BrokenRule> {
    let kind = object.get("type");
    let all_text = items(kind).all(|item| item.as_text().is_some());
    if !all_text {
        return Err(FormRule::TypeForm.broken("`type` must be a text or a list of texts"));
    }
    if items(kind).count() > MOST_NAMED {
        return Err(FormRule::TooMany.broken(format!("there are more than {MOST_NAMED} types")));
    }
    let types: Vec<String> = texts(kind).map(|kind| kind.decoded().into_owned()).collect();
    if types.iter().any(|kind| kind == wanted) {
        Ok(types)
    } else {
        Err(FormRule::TypeMissing.broken(format!("`type` must say that this is a {wanted}")))
    }
}

fn subjects_are_there(object: Value<'_>) -> Result<(), BrokenRule> {
    let Some(subject) = object.get("credentialSubject") else {
        return Err(FormRule::SubjectMissing.broken("`credentialSubject` is missing, so the file says nothing"));
    };
    let empty = || FormRule::SubjectEmpty.broken("`credentialSubject` is or has an empty object, which says nothing");
    if items(Some(subject)).next().is_none() {
        return Err(empty());
    }
    items(Some(subject)).try_for_each(|subject| match subject.kind() {
        Kind::Object(members) if members.is_empty() => Err(empty()),
        // That it is null is told with all others that are.
        Kind::Object(_) | Kind::Null => Ok(()),
        _ => Err(FormRule::SubjectForm.broken("`credentialSubject` must be an object or a list of objects")),
    })
}

fn subject_ids_are_urls(object: Value<'_>) -> Result<(), BrokenRule> {
    let mut ids = items(object.get("credentialSubject")).filter_map(|subject| subject.get("id"));
    if ids.all(|id| id.as_str().is_some_and(|id| is_url(&id))) {
        Ok(())
    } else {
        Err(FormRule::SubjectId.broken("the `id` of a subject must be a URL"))
    }
}

pub(super) fn id(object: Value<'_>) -> Result<Option<String>, BrokenRule> {
    let Some(id) = object.get("id") else { return Ok(None) };
    match id.as_str().filter(|id| is_url(id)) {
        Some(id) => Ok(Some(id.into_owned())),
        None => Err(FormRule::IdForm.broken("`id` must be a URL")),
    }
}

fn issuer(issuer: Option<Value<'_>>) -> Result<IssuerId, BrokenRule> {
    let missing = || FormRule::IssuerMissing.broken("`issuer` is missing or names nobody");
    let issuer = issuer.ok_or_else(missing)?;
    let (id, name) = match issuer.kind() {
        Kind::String(text) => (text.decoded(), None),
        Kind::Object(members) => {
            let id = members.get("id").ok_or_else(missing)?;
            let id = id.as_str().ok_or_else(|| FormRule::IssuerForm.broken("`issuer.id` must be a text"))?;
            (id, members.get("name").and_then(Value::as_str))
        }
        _ => {
            let why = format!("`issuer` is {}; it must be one URL, or one object with an `id`", issuer.in_words());
            return Err(FormRule::IssuerForm.broken(why));
        }
    };
    if id.is_empty() {
        return Err(missing());
    }
    if !is_url(&id) {
        return Err(FormRule::IssuerForm.broken(format!("the issuer {:?} is no URL", clipped(&id))));
    }
    Ok(IssuerId { id: id.into_owned(), name: name.map(Cow::into_owned) })
}

/// The period, by the members of its data model.
pub(super) fn validity(object: Value<'_>, model: DataModel) -> Result<Validity, BrokenRule> {
    const OF_V1: [&str; 2] = ["issuanceDate", "expirationDate"];
    const OF_V2: [&str; 2] = ["validFrom", "validUntil"];
    let (own, foreign) = match model {
        DataModel::V1 => (OF_V1, OF_V2),
        DataModel::V2 => (OF_V2, OF_V1),
    };
    // Lists of the first kind begin by both names, and not at the same time: the one counts as the other does.
    let both = model == DataModel::V1 && texts(object.get("type")).any(|kind| kind.is("StatusList2021Credential"));
    if let Some(name) = foreign.iter().find(|name| !both && object.get(name).is_some()) {
        let why =
            format!("`{name}` is not a member of data model {model}, so programs would disagree whether it counts");
        return Err(FormRule::DateOtherModel.broken(why));
    }
    let dates = |names: [&'static str; 2]| -> Result<Vec<(&'static str, String)>, BrokenRule> {
        let dated = names.into_iter().map(|name| Ok(date(object, name)?.map(|date| (name, date))));
        dated.filter_map(Result::transpose).collect()
    };
    let (not_before, expires) = (dates([own[0], foreign[0]])?, dates([own[1], foreign[1]])?);
    for (until, end) in &expires {
        for (from, start) in &not_before {
            if rfc3339_seconds(end) < rfc3339_seconds(start) {
                return Err(FormRule::DateOrder.broken(format!("`{until}` is before `{from}`")));
            }
        }
    }
    Ok(Validity { expires, not_before })
}

fn date(object: Value<'_>, name: &'static str) -> Result<Option<String>, BrokenRule> {
    let Some(value) = object.get(name) else { return Ok(None) };
    if value.as_array().is_some() {
        return Err(FormRule::DateMultiple.broken(format!("`{name}` is a list; it must be one date")));
    }
    match value.as_str().filter(|date| rfc3339_seconds(date).is_some()) {
        Some(date) => Ok(Some(date.into_owned())),
        None => {
            let why = format!("`{name}` must be a date and time with its zone, as in 2026-03-01T08:00:00Z");
            Err(FormRule::DateForm.broken(why))
        }
    }
}

fn is_typed(item: Value<'_>, name: &str) -> Result<(), BrokenRule> {
    if item.as_object().is_none() {
        return Err(FormRule::MemberForm.broken(format!("`{name}` must be an object")));
    }
    if texts(item.get("type")).next().is_none() {
        return Err(FormRule::MemberNoType.broken(format!("`{name}` must say what it is: `type`")));
    }
    if name == "credentialSchema" && !item.get("id").and_then(Value::as_str).is_some_and(|id| is_url(&id)) {
        return Err(FormRule::SchemaId.broken("the `id` of `credentialSchema` must be a URL"));
    }
    Ok(())
}

/// One value, or each of several.
pub(super) fn items(value: Option<Value<'_>>) -> impl Iterator<Item = Value<'_>> {
    let several = value.and_then(Value::as_array);
    let one = value.filter(|_| several.is_none());
    one.into_iter().chain(several.into_iter().flatten())
}

/// One text, or each of several.
fn texts(value: Option<Value<'_>>) -> impl Iterator<Item = Text<'_>> {
    items(value).filter_map(Value::as_text)
}

/// An absolute IRI as N-Quads write it: a scheme, something behind it, and nothing that would end it.
pub(super) fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let of_scheme = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let ends = |character: char| {
        character <= ' ' || matches!(character, '<' | '>' | '"' | '{' | '}' | '|' | '^' | '`' | '\\' | '\u{7f}')
    };
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(of_scheme)
        && !rest.is_empty()
        && !rest.contains(ends)
}
