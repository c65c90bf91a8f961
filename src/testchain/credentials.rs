//! Sample W3C credentials (documents.md §9), signed by parties whose keys everybody knows, and what these publish on their
//! web servers: their DID documents and a list of what the carrier revoked.

use std::io::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::GzEncoder;
use p256::ecdsa::SigningKey;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::error::SandboxError;
use super::sandbox::{CHAIN, DOMAIN};
use super::web::WebServer;
use crate::credential::{Contexts, Statements, sign};
use crate::document::{Limits, json as strict};
use crate::primitives::{Address, TokenId, encode_hex};

/// A key of a party, under the name that proofs give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Signer {
    domain: &'static str,
    fragment: &'static str,
}

/// The carrier's key.
pub(crate) const CARRIER: Signer = Signer { domain: DOMAIN, fragment: "keys-1" };
/// The carrier's key for signing in, which is not for signing documents.
pub(crate) const CARRIER_LOGIN: Signer = Signer { domain: DOMAIN, fragment: "keys-2" };
/// The key of the shipper, who presents credentials.
pub(crate) const SHIPPER: Signer = Signer { domain: "shipper.example", fragment: "keys-1" };

/// The hosts that have a web server.
pub(crate) const HOSTS: [&str; 2] = [CARRIER.domain, SHIPPER.domain];

impl Signer {
    pub(crate) fn did(self) -> String {
        format!("did:web:{}", self.domain)
    }

    fn method(self) -> String {
        format!("{}#{}", self.did(), self.fragment)
    }

    /// Signs all of a credential with ecdsa-sd-2023: a holder can derive from it.
    pub(crate) fn sign(self, credential: &Value) -> Result<Value, SandboxError> {
        let proof = self.proof("ecdsa-sd-2023", "assertionMethod");
        let value = self.over(credential, &proof, |issuer, content| issuer.sign(content, &MANDATORY))?;
        Ok(with_proof(credential, proof, value))
    }

    /// What a holder makes of the signed credential who shows no more than `shown`.
    pub(crate) fn derive(self, credential: &Value, shown: &Value) -> Result<Value, SandboxError> {
        let proof = self.proof("ecdsa-sd-2023", "assertionMethod");
        let lines = statements(shown, |shown| Ok(shown.lines().to_vec()))?;
        let value = self.over(credential, &proof, |issuer, content| issuer.derive(content, &MANDATORY, &lines))?;
        Ok(with_proof(shown, proof, value))
    }

    /// Signs a presentation with ecdsa-rdfc-2019.
    pub(crate) fn present(self, presentation: &Value) -> Result<Value, SandboxError> {
        let proof = self.proof("ecdsa-rdfc-2019", "authentication");
        let value = self.over(presentation, &proof, |issuer, content| Some(issuer.sign_whole(content)))?;
        Ok(with_proof(presentation, proof, value))
    }

    fn proof(self, suite: &str, purpose: &str) -> Value {
        json!({
            "type": "DataIntegrityProof",
            "created": ISSUED,
            "verificationMethod": self.method(),
            "cryptosuite": suite,
            "proofPurpose": purpose,
        })
    }

    fn over(
        self,
        document: &Value,
        proof: &Value,
        sign: impl FnOnce(&sign::Issuer, sign::Content<'_>) -> Option<String>,
    ) -> Result<Value, SandboxError> {
        let issuer = sign::Issuer {
            key: key_named(&self.method())?,
            ephemeral: key_named(&format!("{} once", self.method()))?,
            hmac_key: Sha256::digest(self.method()).into(),
        };
        // A proof has its words from the contexts of what it is over.
        let mut proof = proof.clone();
        proof["@context"] = document["@context"].clone();
        statements(document, |document| {
            statements(&proof, |proof| {
                let selected = |pointer: &str| document.selected(pointer);
                let content = sign::Content { document: document.lines(), proof: proof.lines(), selected: &selected };
                sign(&issuer, content).map(Value::from).ok_or_else(|| refused("the document has nothing to be signed"))
            })
        })
    }

    fn verification_method(self) -> Result<Value, SandboxError> {
        let key = key_named(&self.method())?;
        let multikey = [&[0x80, 0x24], key.verifying_key().to_sec1_point(true).as_bytes()].concat();
        Ok(json!({
            "id": self.method(),
            "type": "Multikey",
            "controller": self.did(),
            "publicKeyMultibase": format!("z{}", bs58::encode(multikey).into_string()),
        }))
    }
}

/// What no holder can leave out.
const MANDATORY: [&str; 2] = ["/issuer", "/validFrom"];

const ISSUED: &str = "2026-03-01T08:00:00Z";
const UNTIL: &str = "2046-03-01T08:00:00Z";

/// No secret: it is the same for everybody.
fn key_named(name: &str) -> Result<SigningKey, SandboxError> {
    let secret = Sha256::digest(format!("ebl testchain: {name}"));
    SigningKey::from_slice(&secret).map_err(|_| refused("the sample key is none"))
}

fn refused(why: &str) -> SandboxError {
    SandboxError::Refused(format!("the signature of a sample credential: {why}"))
}

fn statements<T>(
    object: &Value,
    of: impl FnOnce(&Statements<'_>) -> Result<T, SandboxError>,
) -> Result<T, SandboxError> {
    let text = object.to_string();
    let tree = strict::parse(text.as_bytes(), &Limits::default()).map_err(|why| refused(&why.to_string()))?;
    let statements = Statements::of(tree.root(), &Contexts::default(), &["proof"]);
    of(&statements.map_err(|why| refused(&why.to_string()))?)
}

fn with_proof(document: &Value, mut proof: Value, value: Value) -> Value {
    let mut signed = document.clone();
    proof["proofValue"] = value;
    signed["proof"] = proof;
    signed
}

/// A bill of lading as a transferable record of this registry, by the carrier, without its signature.
pub(crate) fn bill(number: &str, registry: Address) -> Value {
    let mut bill = json!({
        "@context": [V2, DATA_INTEGRITY, TRANSFERABLE_RECORDS, BILL_OF_LADING_CARRIER],
        "id": id(number),
        "type": ["VerifiableCredential"],
        "issuer": CARRIER.did(),
        "validFrom": ISSUED,
        "validUntil": UNTIL,
        "credentialStatus": {
            "type": "TransferableRecords",
            "tokenNetwork": {"chain": "ETH", "chainId": CHAIN.to_string()},
            "tokenRegistry": registry.to_string(),
        },
        "credentialSubject": {
            "type": ["BillOfLadingCarrier"],
            "blNumber": number,
            "scac": "NDSE",
            "carrierName": "Nordsee Carrier GmbH",
            "shipperName": "Kallang Coffee Traders",
            "consigneeName": "To order",
            "notifyPartyName": "Shenzhen Roasters",
            "vessel": "MV Havgard",
            "voyageNo": "026W",
            "portOfLoading": "Singapore, SG",
            "portOfDischarge": "Shenzhen, CN",
            "packages": [
                {"packagesDescription": "Green coffee, 60 kg bags", "packagesWeight": "19200 KGS",
                    "packagesMeasurement": "33 CBM"},
            ],
        },
    });
    bill["credentialStatus"]["tokenId"] = encode_hex(&token_of(&bill).0).into();
    bill
}

/// The title of a credential (chain.md §1.2).
pub(crate) fn token_of(credential: &Value) -> TokenId {
    TokenId(Sha256::digest(credential["id"].as_str().unwrap_or_default()).into())
}

/// What a holder shows of a bill who shows its number, its title and the end of its validity.
pub(crate) fn part(bill: &Value) -> Value {
    let mut part = bill.clone();
    let subject = &bill["credentialSubject"];
    part["credentialSubject"] = json!({"type": subject["type"], "blNumber": subject["blNumber"]});
    part
}

/// The same for one who keeps the title back.
pub(crate) fn without_title(mut bill: Value) -> Value {
    if let Some(members) = bill.as_object_mut() {
        members.remove("credentialStatus");
    }
    bill
}

/// A bill with another weight than was signed.
pub(crate) fn altered(mut bill: Value) -> Value {
    let weight = &mut bill["credentialSubject"]["packages"][0]["packagesWeight"];
    *weight = weight.as_str().map(|text| text.replace("19200", "19800")).into();
    bill
}

/// A certificate of origin that the carrier can revoke, without its signature. `index` is its place in the list.
pub(crate) fn certificate(number: &str, index: usize) -> Value {
    json!({
        "@context": [V2, DATA_INTEGRITY, CERTIFICATE_OF_ORIGIN],
        "id": id(number),
        "type": ["VerifiableCredential"],
        "issuer": CARRIER.did(),
        "validFrom": ISSUED,
        "validUntil": UNTIL,
        "credentialStatus": {
            "id": format!("{}#{index}", list_url()),
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": index.to_string(),
            "statusListCredential": list_url(),
        },
        "credentialSubject": {
            "type": ["Coo"],
            "cooId": number,
            "exporterName": "Kallang Coffee Traders",
            "exportCountryCode": "SG",
            "importerName": "Shenzhen Roasters",
            "importCountryCode": "CN",
        },
    })
}

/// Of a presentation by the shipper, without its signature.
pub(crate) fn presentation(number: &str, credentials: &[Value]) -> Value {
    json!({
        "@context": [V2, DATA_INTEGRITY],
        "id": id(number),
        "type": ["VerifiablePresentation"],
        "holder": SHIPPER.did(),
        "verifiableCredential": credentials,
    })
}

/// Another one for each number.
fn id(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    format!("urn:uuid:019e807a-ec00-7000-8000-{digits:0>12}")
}

/// Puts on the web what a verifier needs: the DID documents, and the list of what is revoked.
pub(crate) fn publish(web: &WebServer) -> Result<(), SandboxError> {
    for (keys, assertion, authentication) in
        [(&[CARRIER, CARRIER_LOGIN][..], CARRIER, CARRIER_LOGIN), (&[SHIPPER], SHIPPER, SHIPPER)]
    {
        let methods = keys.iter().map(|key| key.verification_method()).collect::<Result<Vec<_>, _>>()?;
        let document = json!({
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
            "id": assertion.did(),
            "verificationMethod": methods,
            "assertionMethod": [assertion.method()],
            "authentication": [authentication.method()],
        });
        web.publish(assertion.domain, "/.well-known/did.json", &document);
    }
    web.publish(DOMAIN, LIST, &CARRIER.sign(&status_list()?)?);
    Ok(())
}

/// The only place in the list that is marked.
pub(crate) const REVOKED: usize = 94_567;

const LIST: &str = "/status/1";

fn list_url() -> String {
    format!("https://{DOMAIN}{LIST}")
}

fn status_list() -> Result<Value, SandboxError> {
    let mut bits = vec![0_u8; LIST_BITS / 8];
    bits[REVOKED / 8] |= 0x80 >> (REVOKED % 8);
    let compressed = compressed(&bits).map_err(|why| refused(&why.to_string()))?;
    Ok(json!({
        "@context": [V2, DATA_INTEGRITY],
        "id": list_url(),
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": CARRIER.did(),
        "validFrom": ISSUED,
        "credentialSubject": {
            "id": format!("{}#list", list_url()),
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": format!("u{}", URL_SAFE_NO_PAD.encode(compressed)),
        },
    }))
}

/// The shortest that lists may be, so that nobody is found by being in a short one.
const LIST_BITS: usize = 131_072;

fn compressed(bits: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bits)?;
    encoder.finish()
}

const V2: &str = "https://www.w3.org/ns/credentials/v2";
const DATA_INTEGRITY: &str = "https://w3id.org/security/data-integrity/v2";
const TRANSFERABLE_RECORDS: &str = "https://trustvc.io/context/transferable-records-context.json";
const BILL_OF_LADING_CARRIER: &str = "https://trustvc.io/context/bill-of-lading-carrier.json";
const CERTIFICATE_OF_ORIGIN: &str = "https://trustvc.io/context/coo.json";
