//! The sample bill of lading: one content in both document formats, with everything that decides about it as fields.

use serde_json::{Value, json};

use super::wrap::{Salts, Wrapped, wrap_oa2, wrap_oa3};
use crate::primitives::{Address, ChainId};

/// What differs between sample bills.
#[derive(Debug, Clone)]
pub struct Bill {
    /// The carrier's number.
    pub number: String,
    /// The registry that is to issue its title.
    pub registry: Address,
    /// The domain that should publish a record for the registry.
    pub domain: String,
    /// The chain of the registry.
    pub chain: ChainId,
    /// OpenAttestation 3.0 only: the end of its validity, RFC 3339.
    pub expires: Option<String>,
}

impl Bill {
    /// Wrapped as OpenAttestation 2.0.
    pub fn oa2(&self, salts: &mut Salts) -> Wrapped {
        let mut data = content(&self.number);
        data["issuers"] = json!([{
            "name": CARRIER,
            "tokenRegistry": self.registry.to_string(),
            "identityProof": {"type": "DNS-TXT", "location": self.domain},
        }]);
        data["network"] = self.network();
        data["$template"] = template();
        wrap_oa2(data, salts)
    }

    /// Wrapped as OpenAttestation 3.0.
    pub fn oa3(&self, salts: &mut Salts) -> Wrapped {
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
                "proof": {"type": "OpenAttestationProofMethod", "method": "TOKEN_REGISTRY",
                    "value": self.registry.to_string()},
                "identityProof": {"type": "DNS-TXT", "identifier": self.domain},
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
