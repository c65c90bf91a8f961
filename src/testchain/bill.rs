//! The sample bill of lading: one content in both document formats, with everything that decides about it as fields.

use serde_json::{Value, json};

use super::wrap::{Salts, Wrapped, wrap_oa2, wrap_oa3};
use crate::primitives::{Address, ChainId};

/// What differs between sample bills.
#[derive(Debug, Clone)]
pub struct Bill {
    /// The carrier's number.
    pub number: String,
    /// How it is to be issued.
    pub issuance: Issuance,
    /// The domain that should publish a record for the contract, or for the key.
    pub domain: String,
    /// The chain of the registry.
    pub chain: ChainId,
    /// OpenAttestation 3.0 only: the end of its validity, RFC 3339.
    pub expires: Option<String>,
}

/// How a bill is issued (documents.md §7.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issuance {
    /// As a title in this token registry.
    TokenRegistry(Address),
    /// By its hash in this document store.
    DocumentStore(Address),
    /// By a signature of this DID's controller.
    Signature(String),
}

impl Bill {
    /// Wrapped as OpenAttestation 2.0.
    pub fn oa2(&self, salts: &mut Salts) -> Wrapped {
        let mut data = content(&self.number);
        let by_record = json!({"type": "DNS-TXT", "location": self.domain});
        let issuer = match &self.issuance {
            Issuance::TokenRegistry(address) => {
                json!({"name": CARRIER, "tokenRegistry": address.to_string(), "identityProof": by_record})
            }
            Issuance::DocumentStore(address) => {
                json!({"name": CARRIER, "documentStore": address.to_string(), "identityProof": by_record})
            }
            Issuance::Signature(did) => json!({
                "name": CARRIER,
                "id": did,
                "identityProof": {"type": "DNS-DID", "location": self.domain, "key": format!("{did}#controller")},
                "revocation": {"type": "NONE"},
            }),
        };
        data["issuers"] = json!([issuer]);
        data["network"] = self.network();
        data["$template"] = template();
        wrap_oa2(data, salts)
    }

    /// Wrapped as OpenAttestation 3.0.
    pub fn oa3(&self, salts: &mut Salts) -> Wrapped {
        let (method, value, identity) = match &self.issuance {
            Issuance::TokenRegistry(address) => ("TOKEN_REGISTRY", address.to_string(), "DNS-TXT"),
            Issuance::DocumentStore(address) => ("DOCUMENT_STORE", address.to_string(), "DNS-TXT"),
            Issuance::Signature(did) => ("DID", did.clone(), "DNS-DID"),
        };
        let mut proof = json!({"type": "OpenAttestationProofMethod", "method": method, "value": value});
        if method == "DID" {
            proof["revocation"] = json!({"type": "NONE"});
        }
        let mut document = json!({
            "version": "https://schema.openattestation.com/3.0/schema.json",
            "@context": ["https://www.w3.org/2018/credentials/v1",
                "https://schemata.openattestation.com/com/openattestation/1.0/OpenAttestation.v3.json"],
            "type": ["VerifiableCredential", "OpenAttestationCredential"],
            "issuanceDate": "2026-03-01T08:00:00Z",
            "issuer": {"id": format!("https://{}", self.domain), "name": CARRIER},
            "credentialSubject": content(&self.number),
            "openAttestationMetadata": {
                "template": template(),
                "proof": proof,
                "identityProof": {"type": identity, "identifier": self.domain},
            },
            "network": self.network(),
        });
        if let Some(expires) = &self.expires {
            document["expirationDate"] = json!(expires);
        }
        wrap_oa3(document, salts)
    }

    fn network(&self) -> Value {
        json!({"chain": "ETH", "chainId": self.chain.to_string()})
    }
}

const CARRIER: &str = "Nordsee Carrier GmbH";

fn template() -> Value {
    json!({"name": "BILL_OF_LADING", "type": "EMBEDDED_RENDERER", "url": "https://render.example"})
}

fn content(number: &str) -> Value {
    json!({
        "scac": "NDSE",
        "blNumber": number,
        "vessel": "MV Havgard",
        "voyageNo": "026W",
        "portOfLoading": "Singapore, SG",
        "portOfDischarge": "Shenzhen, CN",
        "shipper": {"name": "Kallang Coffee Traders", "address": {"street": "1 Quay Street", "country": "SG"}},
        "consignee": {"name": "To order"},
        "notifyParty": {"name": "Shenzhen Roasters", "phone": "+86 755 0000 0000"},
        "packages": [{"description": "Green coffee, 60 kg bags", "weight": "19200 KGS", "measurement": "33 CBM"}],
    })
}
