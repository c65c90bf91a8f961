//! A DID's document: its keys, and which of them may sign statements (checks.md §3.4 rule 3, §6.2, §6.4).
//!
//! However a DID is looked up, the result is this one type. It answers one question: which account speaks when this key
//! signs an assertion, and if none, what stands in the way.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::did::canonical;
use super::{Did, DidUrl, address_of_key};
use crate::credential::PublicKey;
use crate::date_time::rfc3339_seconds;
use crate::document::json::{self, Kind, Place, Value};
use crate::document::{Limits, ReadError};
use crate::primitives::{Address, decode_hex};

/// What is known of a DID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DidDocument {
    pub(super) did: Did,
    pub(super) methods: Vec<VerificationMethod>,
    pub(super) assertion: BTreeSet<String>,
    pub(super) authentication: BTreeSet<String>,
    /// The text that a did:web leads to, where the material of keys is found.
    pub(super) text: String,
    pub(super) former: Vec<FormerKey>,
    /// The block that gave the DID up for good.
    pub(super) deactivated_at: Option<u64>,
}

impl DidDocument {
    /// Reads the document that a did:web leads to. Its `id` must be the DID.
    pub fn parse(bytes: &[u8], did: &Did) -> Result<Self, InvalidDidDocument> {
        let tree = json::parse(bytes, &LIMITS)?;
        let whole = tree.root();
        let id = text(whole, "id").ok_or(InvalidDidDocument::Shape("its id is not text"))?;
        if canonical(&id) != did.as_str() {
            return Err(InvalidDidDocument::OtherId { found: id.into_owned() });
        }
        let mut document = Self::without_methods(did.clone());
        document.text = String::from_utf8_lossy(bytes).into_owned();
        for item in list(whole, "verificationMethod")? {
            if item.as_object().is_none() {
                return Err(InvalidDidDocument::Shape("a verification method is not an object"));
            }
            document.methods.extend(VerificationMethod::read(item, did));
        }
        for relationship in RELATIONSHIPS {
            for item in list(whole, relationship)? {
                let id = match item.kind() {
                    Kind::String(reference) => DidUrl::relative_to(did, &reference.decoded()).ok(),
                    Kind::Object(_) => VerificationMethod::read(item, did).map(|method| {
                        let id = method.id.clone();
                        document.methods.push(method);
                        id
                    }),
                    _ => return Err(InvalidDidDocument::Shape("a relationship names neither a key nor an object")),
                };
                let listed = id.map(|id| id.as_str().to_owned());
                match relationship {
                    ASSERTION => document.assertion.extend(listed),
                    AUTHENTICATION => document.authentication.extend(listed),
                    _ => {}
                }
            }
        }
        let ids: BTreeSet<&str> = document.methods.iter().map(|method| method.id.as_str()).collect();
        if ids.len() != document.methods.len() {
            return Err(InvalidDidDocument::Shape("two keys have the same id"));
        }
        Ok(document)
    }

    /// The DID.
    pub fn did(&self) -> &Did {
        &self.did
    }

    /// Its keys.
    pub fn methods(&self) -> &[VerificationMethod] {
        &self.methods
    }

    /// Keys that it had and has no more; known for did:ethr only.
    pub fn former_keys(&self) -> &[FormerKey] {
        &self.former
    }

    /// The account whose signature counts as an assertion of this DID by `key`.
    pub fn assertion_account(&self, key: &DidUrl) -> Result<Address, KeyRefusal> {
        self.method(key, Purpose::Assertion)?.account.clone().map_err(KeyRefusal::Material)
    }

    /// The public key whose signature counts for this purpose of the DID, of the kinds that sign W3C credentials
    /// (documents.md §9.4).
    ///
    /// `now` is in seconds since the Unix epoch: a key that says to be revoked or expired counts for nothing from then on,
    /// whatever time a proof by it gives.
    pub(crate) fn public_key(&self, key: &DidUrl, purpose: Purpose, now: i64) -> Result<PublicKey, KeyRefusal> {
        let method = self.method(key, purpose)?;
        let unreadable = |why: String| KeyRefusal::Material(KeyMaterial::Unreadable(why));
        let place = method.place.ok_or_else(|| unreadable("it is not written in a DID document".into()))?;
        // Read again rather than kept: keys are costly to decode, and of all of them one is needed.
        let tree = json::parse(self.text.as_bytes(), &LIMITS).map_err(|why| unreadable(why.to_string()))?;
        let value = tree.value(place);
        for (member, word) in [("revoked", "revoked"), ("expires", "expired")] {
            let Some(time) = value.get(member) else { continue };
            let text = time.as_str().unwrap_or_default();
            match rfc3339_seconds(&text) {
                Some(at) if at > now => {}
                Some(_) => return Err(KeyRefusal::Ended { word, since: text.into_owned() }),
                None => return Err(unreadable(format!("it says {member}, and not when"))),
            }
        }
        match crate::credential::from_method(value) {
            Ok(PublicKey::Other(kind)) => Err(KeyRefusal::Material(KeyMaterial::UnsupportedType(kind))),
            Ok(key) => Ok(key),
            Err(why) => Err(unreadable(why.to_string())),
        }
    }

    fn method(&self, key: &DidUrl, purpose: Purpose) -> Result<&VerificationMethod, KeyRefusal> {
        if let Some(block) = self.deactivated_at {
            return Err(KeyRefusal::Deactivated { block });
        }
        let Some(method) = self.methods.iter().find(|method| method.id == *key) else {
            let former = self.former.iter().rfind(|former| former.id.as_ref() == Some(key));
            return Err(former.map_or_else(
                || KeyRefusal::NotListed { listed: self.methods.iter().map(|method| method.id.clone()).collect() },
                |former| KeyRefusal::NoLongerListed(former.end),
            ));
        };
        if canonical(&method.controller) != self.did.as_str() {
            return Err(KeyRefusal::OtherController { found: method.controller.clone() });
        }
        let listed = match purpose {
            Purpose::Assertion => &self.assertion,
            Purpose::Authentication => &self.authentication,
        };
        match (listed.contains(method.id.as_str()), purpose) {
            (true, _) => Ok(method),
            (false, Purpose::Assertion) => Err(KeyRefusal::NotForAssertion),
            (false, Purpose::Authentication) => Err(KeyRefusal::NotForAuthentication),
        }
    }

    /// The block since which `address`, once the DID's controller, is so no more.
    pub fn lost_control(&self, address: Address) -> Option<u64> {
        self.former.iter().rev().find_map(|former| match former.end {
            KeyEnd::LostControl { block } if former.address == Some(address) => Some(block),
            _ => None,
        })
    }

    pub(super) fn without_methods(did: Did) -> Self {
        Self {
            did,
            methods: Vec::new(),
            assertion: BTreeSet::new(),
            authentication: BTreeSet::new(),
            text: String::new(),
            former: Vec::new(),
            deactivated_at: None,
        }
    }
}

/// A key of a DID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationMethod {
    /// Its name.
    pub id: DidUrl,
    /// The DID that controls it, as written.
    pub controller: String,
    /// The account that it stands for, or why none can be told.
    pub account: Result<Address, KeyMaterial>,
    /// Where its material stands in the text of the document.
    pub(super) place: Option<Place>,
}

/// What a key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To state something: `assertionMethod`.
    Assertion,
    /// To show who presents: `authentication`.
    Authentication,
}

impl VerificationMethod {
    /// `None` for a method whose id is no DID URL: nothing can refer to it.
    fn read(method: Value<'_>, did: &Did) -> Option<Self> {
        Some(Self {
            id: DidUrl::relative_to(did, &text(method, "id")?).ok()?,
            controller: text(method, "controller").unwrap_or_default().into_owned(),
            account: account(method),
            place: Some(method.place()),
        })
    }
}

/// Why a key stands for no account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyMaterial {
    /// Another kind of key than signs documents of this format.
    #[error("keys of the type {0:?} are not checked")]
    UnsupportedType(String),
    /// Missing, malformed or contradictory.
    #[error("it names no account, or two")]
    Malformed,
    /// A public key that is none.
    #[error("{0}")]
    Unreadable(String),
}

/// A key that a DID had and has no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormerKey {
    /// Its name; a former controller has none of its own.
    pub id: Option<DidUrl>,
    /// The account that it stood for.
    pub address: Option<Address>,
    /// How it ended.
    pub end: KeyEnd,
}

/// How a key ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyEnd {
    /// Another account became the controller in this block.
    LostControl {
        /// The block.
        block: u64,
    },
    /// Its time was over.
    Expired {
        /// Seconds since the Unix epoch.
        at: u64,
    },
    /// Withdrawn, or listed anew under another name, in this block.
    Withdrawn {
        /// The block.
        block: u64,
    },
}

impl std::fmt::Display for KeyEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::LostControl { block } => write!(f, "it no longer controls this DID since block {block}"),
            Self::Withdrawn { block } => write!(f, "it was withdrawn in block {block}"),
            Self::Expired { at } => {
                match i64::try_from(*at).ok().and_then(|at| jiff::Timestamp::from_second(at).ok()) {
                    Some(time) => write!(f, "it expired at {time}"),
                    None => write!(f, "it expired at second {at}"),
                }
            }
        }
    }
}

/// Why a key may not sign assertions of a DID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyRefusal {
    /// The DID was given up.
    #[error("the DID was deactivated in block {block}")]
    Deactivated {
        /// The block.
        block: u64,
    },
    /// Never a key of this DID, as far as is known.
    #[error("the DID does not list this key{}", listed_instead(.listed))]
    NotListed {
        /// The keys it lists.
        listed: Vec<DidUrl>,
    },
    /// A key that it had.
    #[error("the DID no longer lists this key: {0}")]
    NoLongerListed(KeyEnd),
    /// The DID lists a key that somebody else controls.
    #[error("the key is controlled by {found:?}")]
    OtherController {
        /// The controller.
        found: String,
    },
    /// Not under `assertionMethod`.
    #[error("the DID does not list this key for assertions")]
    NotForAssertion,
    /// The DID's document says that it counts no longer.
    #[error("the key has been {word} since {since}")]
    Ended {
        /// `revoked` or `expired`.
        word: &'static str,
        /// Since when, as written.
        since: String,
    },
    /// Not under `authentication`.
    #[error("the DID does not list this key for authentication")]
    NotForAuthentication,
    /// No account to compare with.
    #[error("the key cannot be used: {0}")]
    Material(KeyMaterial),
}

/// Why bytes are not the document of a DID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidDidDocument {
    /// Not JSON under the strict rules.
    #[error(transparent)]
    Json(#[from] ReadError),
    /// The document of another DID.
    #[error("it is the document of {found:?}")]
    OtherId {
        /// Its id.
        found: String,
    },
    /// JSON of another shape.
    #[error("{0}")]
    Shape(&'static str),
}

/// checks.md §6.4.
fn account(method: Value<'_>) -> Result<Address, KeyMaterial> {
    match text(method, "type").as_deref() {
        Some("EcdsaSecp256k1RecoveryMethod2020" | "EcdsaSecp256k1VerificationKey2019") => {}
        other => return Err(KeyMaterial::UnsupportedType(other.unwrap_or_default().to_owned())),
    }
    let named = method.get("blockchainAccountId").map(|id| id.as_str().and_then(|id| account_of_id(&id)));
    let key = method.get("publicKeyHex").map(|key| key.as_str().and_then(|key| decode_hex(&key)));
    match (named, key.map(|key| key.as_deref().and_then(address_of_key))) {
        (Some(Some(named)), Some(Some(key))) if named == key => Ok(named),
        (Some(Some(address)), None) | (None, Some(Some(address))) => Ok(address),
        _ => Err(KeyMaterial::Malformed),
    }
}

/// `0x…`, `0x…@eip155:n` or `eip155:n:0x…`.
fn account_of_id(id: &str) -> Option<Address> {
    let is_chain = |chain: &str| !chain.is_empty() && chain.bytes().all(|digit| digit.is_ascii_digit());
    let address = match (id.split_once("@eip155:"), id.strip_prefix("eip155:")) {
        (Some((address, chain)), _) if is_chain(chain) => address,
        (None, Some(rest)) => rest.split_once(':').filter(|(chain, _)| is_chain(chain))?.1,
        (None, None) => id,
        _ => return None,
    };
    address.starts_with("0x").then(|| address.parse().ok()).flatten()
}

fn text<'v>(value: Value<'v>, name: &str) -> Option<Cow<'v, str>> {
    value.get(name).and_then(Value::as_str)
}

fn list<'v>(value: Value<'v>, name: &str) -> Result<impl Iterator<Item = Value<'v>>, InvalidDidDocument> {
    let items = match value.get(name) {
        None => None,
        Some(value) => Some(value.as_array().ok_or(InvalidDidDocument::Shape("its keys are not in a list"))?),
    };
    Ok(items.into_iter().flatten())
}

fn listed_instead(listed: &[DidUrl]) -> String {
    match listed {
        [] => "; it lists none".to_owned(),
        [only] => format!("; it lists {only}"),
        [first, rest @ ..] => format!("; it lists {first} and {} more", rest.len()),
    }
}

const LIMITS: Limits = Limits { max_bytes: usize::MAX, max_depth: 32 };
const ASSERTION: &str = "assertionMethod";
const AUTHENTICATION: &str = "authentication";
const RELATIONSHIPS: [&str; 5] =
    [ASSERTION, AUTHENTICATION, "keyAgreement", "capabilityInvocation", "capabilityDelegation"];

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "0xabababababababababababababababababababab";

    fn did() -> Did {
        Did::parse("did:web:carrier.example").unwrap()
    }

    fn key(fragment: &str) -> DidUrl {
        DidUrl::parse(&format!("did:web:carrier.example#{fragment}")).unwrap()
    }

    fn document(assertion: &str, change: (&str, &str)) -> Result<DidDocument, InvalidDidDocument> {
        let text = format!(
            r##"{{"@context": "https://www.w3.org/ns/did/v1", "id": "did:web:carrier.example",
            "verificationMethod": [{{"id": "#a", "type": "EcdsaSecp256k1RecoveryMethod2020",
                "controller": "did:web:carrier.example", "blockchainAccountId": "{ACCOUNT}@eip155:1"}}],
            "assertionMethod": [{assertion}], "authentication": ["#a"]}}"##
        );
        DidDocument::parse(text.replace(change.0, change.1).as_bytes(), &did())
    }

    #[test]
    fn relative_absolute_and_embedded_keys_are_found() {
        let embedded = r##"{"id": "#b", "type": "EcdsaSecp256k1RecoveryMethod2020", "controller": "did:web:carrier.example",
            "blockchainAccountId": "eip155:137:0xcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"}"##;
        for reference in ["\"#a\"", "\"did:web:carrier.example#a\""] {
            let document = document(&format!("{reference}, {embedded}"), ("", "")).unwrap();
            assert_eq!(document.assertion_account(&key("a")), Ok(Address([0xab; 20])));
            assert_eq!(document.assertion_account(&key("b")), Ok(Address([0xcd; 20])));
        }
    }

    #[test]
    fn a_key_counts_only_with_the_right_controller_relationship_and_kind() {
        let refused = |assertion: &str, from: &str, to: &str| {
            document(assertion, (from, to)).unwrap().assertion_account(&key("a")).unwrap_err()
        };
        assert_eq!(refused("", "", ""), KeyRefusal::NotForAssertion);
        assert_eq!(refused("\"#A\"", "", ""), KeyRefusal::NotForAssertion);
        assert_eq!(refused("\"did:web:other.example#a\"", "", ""), KeyRefusal::NotForAssertion);
        assert!(matches!(refused("\"#a\"", "\"#a\", \"type\"", "\"#z\", \"type\""), KeyRefusal::NotListed { .. }));
        let other = "\"controller\": \"did:web:other.example\"";
        assert!(matches!(
            refused("\"#a\"", "\"controller\": \"did:web:carrier.example\"", other),
            KeyRefusal::OtherController { .. }
        ));
        assert!(matches!(
            refused("\"#a\"", "EcdsaSecp256k1RecoveryMethod2020", "JsonWebKey2020"),
            KeyRefusal::Material(KeyMaterial::UnsupportedType(_))
        ));
        for wrong in ["0xab", "eip155:1", "eip155:x:0xabababababababababababababababababababab"] {
            let found = refused("\"#a\"", &format!("{ACCOUNT}@eip155:1"), wrong);
            assert_eq!(found, KeyRefusal::Material(KeyMaterial::Malformed), "{wrong}");
        }
    }

    #[test]
    fn accounts_are_read_in_three_forms() {
        let address = Some(Address([0xab; 20]));
        for id in [ACCOUNT.to_owned(), format!("{ACCOUNT}@eip155:1"), format!("eip155:1:{ACCOUNT}")] {
            assert_eq!(account_of_id(&id), address, "{id}");
        }
        for id in [format!("{ACCOUNT}@eip155:"), format!("eip155:1:{ACCOUNT}@eip155:1"), ACCOUNT[2..].to_owned()] {
            assert_eq!(account_of_id(&id), None, "{id}");
        }
    }

    #[test]
    fn another_or_an_ambiguous_document_is_refused() {
        let id = ("\"id\": \"did:web:carrier.example\"", "\"id\": \"did:web:other.example\"");
        assert!(matches!(document("", id), Err(InvalidDidDocument::OtherId { .. })));
        let again = r##"{"id": "did:web:carrier.example#a", "type": "x", "controller": "did:web:carrier.example"}"##;
        assert_eq!(document(again, ("", "")), Err(InvalidDidDocument::Shape("two keys have the same id")));
        assert!(matches!(document("7", ("", "")), Err(InvalidDidDocument::Shape(_))));
        assert!(matches!(document("", ("[{", "{")), Err(InvalidDidDocument::Json(_))));
    }
}
