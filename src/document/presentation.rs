//! W3C verifiable presentations, data model 2.0 (documents.md §9.6): the envelope's form, and the credentials in it, each of
//! which stands for itself: one that breaks a rule does not take the others with it.

use std::borrow::Cow;
use std::sync::Arc;

use super::credential::{
    Credential, DataModel, Disclosure, FormRule, Proof, check_content, check_members, contexts, contexts_are_known, id,
    is_url, items, types, validity,
};
use super::json::{Kind, Place, Tree, Value};
use super::{BrokenRule, Document, Family, Malformed, Validity};

/// A presentation of the right form.
#[derive(Debug, Clone, PartialEq)]
pub struct Presentation<'a> {
    tree: Arc<Tree<'a>>,
    place: Place,
    contexts: Vec<String>,
    id: Option<String>,
    holder: Option<String>,
    validity: Validity,
    proof: Proof,
    credentials: Vec<Document<'a>>,
}

impl<'a> Presentation<'a> {
    /// The presentation that a file is. An error is the first rule that it breaks.
    pub fn from_tree(tree: Tree<'a>) -> Result<Self, BrokenRule> {
        Self::read(Arc::new(tree), Place::default())
    }

    /// The object at `place` of the tree is the presentation.
    pub(crate) fn read(tree: Arc<Tree<'a>>, place: Place) -> Result<Self, BrokenRule> {
        let object = tree.value(place);
        let members = object.as_object().ok_or_else(|| FormRule::MemberForm.broken("a presentation is an object"))?;
        let (data_model, contexts) = contexts(object)?;
        if data_model == DataModel::V1 {
            let why = "this is a presentation of data model 1.1; only those of data model 2.0 are read";
            return Err(FormRule::PresentationModel.broken(why));
        }
        check_members(members, &MEMBERS)?;
        let types = types(object, "VerifiablePresentation")?;
        if types.iter().any(|kind| kind == "VerifiableCredential") {
            return Err(BrokenRule::FamilyMix("the file says to be a credential and a presentation".into()));
        }
        check_content(members, Some(CREDENTIALS), Disclosure::Whole)?;
        let (id, holder) = (id(object)?, holder(object.get("holder"))?);
        let validity = validity(object, data_model)?;
        let proof = Proof::read(object.get("proof"), &["authentication", "assertionMethod"])?;
        let places = credentials(object.get(CREDENTIALS))?;
        let credentials = places.into_iter().map(|place| credential(&tree, place)).collect();
        Ok(Self { place, contexts, id, holder, validity, proof, credentials, tree })
    }

    /// The addresses of its contexts, in order. Credentials in it have contexts of their own.
    pub fn contexts(&self) -> &[String] {
        &self.contexts
    }

    /// Every context of the envelope must be known by its address (documents.md §9.1).
    pub fn check_contexts(&self, knows: impl Fn(&str) -> bool) -> Result<(), BrokenRule> {
        contexts_are_known(&self.contexts, knows)
    }

    /// Its own id.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Who says to present; without it whoever signed.
    pub fn holder(&self) -> Option<&str> {
        self.holder.as_deref()
    }

    /// When it is valid. The members are checked and in order.
    pub fn validity(&self) -> &Validity {
        &self.validity
    }

    /// The holder's proof.
    pub fn proof(&self) -> &Proof {
        &self.proof
    }

    /// The value of its proof, as written.
    pub fn proof_value(&self) -> Option<Cow<'_, str>> {
        self.get("proof")?.get("proofValue")?.as_str()
    }

    /// What is presented, one at least: credentials, malformed ones among them.
    pub fn credentials(&self) -> &[Document<'a>] {
        &self.credentials
    }

    /// A top-level member.
    pub fn get(&self, name: &str) -> Option<Value<'_>> {
        self.whole().get(name)
    }

    /// All of it, with the proof and the credentials.
    pub fn whole(&self) -> Value<'_> {
        self.tree.value(self.place)
    }

    /// Every text of the envelope that a report may repeat.
    pub fn claims(&self) -> impl Iterator<Item = &str> {
        let single = self.id.iter().chain(&self.holder).chain(&self.contexts).map(String::as_str);
        let presented = self.credentials.iter().filter_map(|document| match document {
            Document::Credential(credential) => Some(credential.claims()),
            _ => None,
        });
        single.chain(self.validity.dates()).chain(self.proof.claims()).chain(presented.flatten())
    }
}

const CREDENTIALS: &str = "verifiableCredential";

const MEMBERS: [&str; 9] =
    ["@context", "id", "type", "holder", CREDENTIALS, "validFrom", "validUntil", "termsOfUse", "proof"];

fn credential<'a>(tree: &Arc<Tree<'a>>, place: Place) -> Document<'a> {
    let family = match tree.value(place).get("@context").and_then(|list| list.as_array()?.next()?.as_str()) {
        Some(first) => DataModel::of(&first).unwrap_or(DataModel::V2).family(),
        None => Family::W3c2,
    };
    match Credential::read(Arc::clone(tree), place) {
        Ok(credential) => Document::Credential(Box::new(credential)),
        Err(rule) => Document::Malformed(Malformed { family, rule }),
    }
}

/// One URL, or one object with such an id.
fn holder(holder: Option<Value<'_>>) -> Result<Option<String>, BrokenRule> {
    let Some(holder) = holder else { return Ok(None) };
    let id = holder.as_str().or_else(|| holder.get("id")?.as_str()).filter(|id| is_url(id));
    match id {
        Some(id) => Ok(Some(id.into_owned())),
        None => Err(FormRule::HolderForm.broken("`holder` must be one URL, or one object with an `id`")),
    }
}

/// Where the credentials stand.
fn credentials(presented: Option<Value<'_>>) -> Result<Vec<Place>, BrokenRule> {
    let credentials = || items(presented);
    if credentials().next().is_none() {
        return Err(
            FormRule::CredentialMissing.broken("nothing is presented: `verifiableCredential` is missing or empty")
        );
    }
    if credentials().count() > MOST_CREDENTIALS {
        return Err(FormRule::TooMany.broken(format!("more than {MOST_CREDENTIALS} credentials are presented")));
    }
    let mut ids = Vec::new();
    for credential in credentials() {
        match credential.kind() {
            Kind::Object(members) => {
                let kinds = || items(members.get("type"));
                if kinds().any(|kind| ENVELOPED.iter().any(|enveloped| kind.is_str(enveloped))) {
                    let why =
                        "a credential stands in an envelope of another format (JWT or the like), which is not read";
                    return Err(FormRule::CredentialEnveloped.broken(why));
                }
                ids.extend(members.get("id").and_then(Value::as_str));
            }
            Kind::String(_) => {
                let why = "a credential is presented as a text (a JWT or a link), which is not read";
                return Err(FormRule::CredentialEnveloped.broken(why));
            }
            _ => return Err(FormRule::CredentialForm.broken("`verifiableCredential` must hold credentials")),
        }
    }
    ids.sort_unstable();
    if ids.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(FormRule::DuplicateValue.broken("two credentials with one id are presented"));
    }
    Ok(credentials().map(Value::place).collect())
}

const ENVELOPED: [&str; 2] = ["EnvelopedVerifiableCredential", "EnvelopedVerifiablePresentation"];

/// Each costs a proof and perhaps a chain.
const MOST_CREDENTIALS: usize = 16;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::document::{Limits, json as strict};

    fn presentation() -> serde_json::Value {
        let proof = |purpose: &str| {
            json!({"type": "DataIntegrityProof", "cryptosuite": "ecdsa-rdfc-2019", "proofPurpose": purpose,
                "verificationMethod": "did:web:holder.example#keys-1", "proofValue": "z2", "challenge": "c",
                "domain": "bank.example"})
        };
        json!({
            "@context": ["https://www.w3.org/ns/credentials/v2"], "type": "VerifiablePresentation",
            "holder": "did:web:holder.example",
            "verifiableCredential": [
                {"@context": ["https://www.w3.org/ns/credentials/v2"], "id": "urn:x:1", "type": "VerifiableCredential",
                    "issuer": "did:web:carrier.example", "credentialSubject": {"id": "did:web:holder.example"},
                    "proof": proof("assertionMethod")},
                {"@context": ["https://www.w3.org/2018/credentials/v1"], "id": "urn:x:2", "type": "VerifiableCredential",
                    "issuer": "did:web:carrier.example", "credentialSubject": {"id": "did:web:holder.example"},
                    "issuanceDate": "2026-03-01T08:00:00Z", "proof": proof("assertionMethod")}
            ],
            "proof": proof("authentication")
        })
    }

    fn read(document: &serde_json::Value) -> Result<Presentation<'static>, BrokenRule> {
        let text: &'static str = Box::leak(document.to_string().into_boxed_str());
        Presentation::from_tree(strict::parse(text.as_bytes(), &Limits::default()).unwrap())
    }

    #[test]
    fn each_credential_of_a_presentation_stands_for_itself() {
        let mut document = presentation();
        let read_whole = read(&document).unwrap();
        assert_eq!(
            (read_whole.holder(), read_whole.proof().domains.as_slice()),
            (Some("did:web:holder.example"), &["bank.example".to_owned()][..])
        );
        let families: Vec<_> = read_whole.credentials().iter().map(Document::family).collect();
        assert_eq!(families, [Family::W3c2, Family::W3c1]);
        document["verifiableCredential"][0]["issuer"] = json!("");
        let credentials = read(&document).unwrap().credentials;
        let broken = Malformed {
            family: Family::W3c2,
            rule: FormRule::IssuerMissing.broken("`issuer` is missing or names nobody"),
        };
        assert_eq!(credentials[0], Document::Malformed(broken));
        assert!(matches!(credentials[1], Document::Credential(_)));
        document["verifiableCredential"] = document["verifiableCredential"][1].clone();
        assert_eq!(read(&document).unwrap().credentials().len(), 1);
    }

    #[test]
    fn an_envelope_of_another_form_is_refused() {
        for (member, value, rule) in [
            ("@context", json!(["https://www.w3.org/2018/credentials/v1"]), FormRule::PresentationModel),
            ("@context", json!([]), FormRule::ContextMissing),
            ("type", json!("Presentation"), FormRule::TypeMissing),
            ("holder", json!("holder"), FormRule::HolderForm),
            ("holder", json!({"name": "Holder"}), FormRule::HolderForm),
            ("holder", json!(["did:web:a", "did:web:b"]), FormRule::HolderForm),
            ("holder", json!(null), FormRule::NullValue),
            ("note", json!("x"), FormRule::MemberUnknown),
            ("validUntil", json!("2026"), FormRule::DateForm),
            ("issuanceDate", json!("2026-03-01T08:00:00Z"), FormRule::MemberUnknown),
            ("proof", json!([{"type": "DataIntegrityProof"}]), FormRule::ProofMultiple),
            ("verifiableCredential", json!([]), FormRule::CredentialMissing),
            ("verifiableCredential", json!([7]), FormRule::CredentialForm),
            ("verifiableCredential", json!(["ey.ey.ey"]), FormRule::CredentialEnveloped),
            ("verifiableCredential", json!({"type": "EnvelopedVerifiableCredential"}), FormRule::CredentialEnveloped),
            ("verifiableCredential", json!([{"id": "urn:x:1"}, {"id": "urn:x:1"}]), FormRule::DuplicateValue),
            ("verifiableCredential", json!(vec![json!({}); 17]), FormRule::TooMany),
        ] {
            let mut document = presentation();
            document[member] = value;
            let found = read(&document);
            assert!(
                matches!(&found, Err(BrokenRule::Form { rule: found, .. }) if *found == rule),
                "{member}: {found:?}"
            );
        }
        let mut purpose = presentation();
        purpose["proof"]["proofPurpose"] = json!("keyAgreement");
        assert!(matches!(read(&purpose), Err(BrokenRule::Form { rule: FormRule::ProofPurpose, .. })));
        purpose["proof"]["proofPurpose"] = json!("assertionMethod");
        assert!(read(&purpose).is_ok());
    }
}
