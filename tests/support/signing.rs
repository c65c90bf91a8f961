//! Signs documents as issuers do: a key of a DID signs the Merkle root (documents.md §3.10).

use ebl_verifier::identity::{address_of_key, eip191_digest};
use ebl_verifier::primitives::{Address, Digest32, encode_hex};
use k256::ecdsa::SigningKey;
use serde_json::{Value, json};

use super::wrapping::{Format, Wrapped, plain_v2, wrap};

pub const DOMAIN: &str = "carrier.example";

/// A document to be signed.
#[derive(Debug, Clone)]
pub struct Draft {
    pub format: Format,
    pub did: String,
    /// A DID URL.
    pub key: String,
    /// `DNS-DID` at [`DOMAIN`], or `DID`.
    pub identity: &'static str,
    pub revocation: Option<Value>,
    pub chain: u64,
    /// How many documents the batch has.
    pub batch: usize,
}

impl Draft {
    /// Alone, without a way to revoke it.
    pub fn new(format: Format, did: &str, fragment: &str, identity: &'static str) -> Self {
        Self {
            format,
            did: did.to_owned(),
            key: format!("{did}#{fragment}"),
            identity,
            revocation: Some(json!({"type": "NONE"})),
            chain: 31337,
            batch: 1,
        }
    }

    /// The document as bytes, signed by `key`.
    pub fn signed(&self, key: &SigningKey) -> Vec<u8> {
        let wrapped = self.wrapped();
        let signature = sign(key, wrapped.root());
        self.with_signature(&wrapped, &signature)
    }

    pub fn wrapped(&self) -> Wrapped {
        let documents = (0..self.batch).map(|number| match self.format {
            Format::V2 => plain_v2(vec![self.issuer()], self.chain, number),
            Format::V3 => self.plain_v3(number),
        });
        wrap(self.format, documents.collect()).swap_remove(0)
    }

    pub fn with_signature(&self, wrapped: &Wrapped, signature: &str) -> Vec<u8> {
        let mut document = wrapped.document.clone();
        match self.format {
            Format::V2 => {
                document["proof"] = json!([{
                    "type": "OpenAttestationSignature2018",
                    "created": "2026-03-01T08:00:00.000Z",
                    "proofPurpose": "assertionMethod",
                    "verificationMethod": self.key,
                    "signature": signature,
                }]);
            }
            Format::V3 => {
                document["proof"]["key"] = json!(self.key);
                document["proof"]["signature"] = json!(signature);
            }
        }
        document.to_string().into_bytes()
    }

    /// An issuer of v2.
    pub fn issuer(&self) -> Value {
        let mut issuer = json!({
            "id": self.did,
            "name": "Nordsee Carrier",
            "identityProof": {"type": self.identity, "key": self.key},
        });
        if self.identity != "DID" {
            issuer["identityProof"]["location"] = json!(DOMAIN);
        }
        if let Some(revocation) = &self.revocation {
            issuer["revocation"] = revocation.clone();
        }
        issuer
    }

    fn plain_v3(&self, number: usize) -> Value {
        let identifier = if self.identity == "DID" { &self.did } else { DOMAIN };
        let mut document = json!({
            "version": "https://schema.openattestation.com/3.0/schema.json",
            "@context": ["https://www.w3.org/2018/credentials/v1"],
            "type": ["VerifiableCredential"],
            "issuanceDate": "2026-03-01T08:00:00Z",
            "issuer": {"id": "https://carrier.example", "name": "Nordsee Carrier"},
            "credentialSubject": {"blNumber": format!("SIGNED-{number}")},
            "openAttestationMetadata": {
                "proof": {"type": "OpenAttestationProofMethod", "method": "DID", "value": self.did},
                "identityProof": {"type": self.identity, "identifier": identifier},
            },
            "network": {"chain": "ETH", "chainId": self.chain.to_string()},
        });
        if let Some(revocation) = &self.revocation {
            document["openAttestationMetadata"]["proof"]["revocation"] = revocation.clone();
        }
        document
    }
}

/// A key that is always the same for the same number.
pub fn key(number: u8) -> SigningKey {
    SigningKey::from_slice(&[number; 32]).expect("a key")
}

/// As wallets write it: 65 bytes, 27 or 28 at the end.
pub fn sign(key: &SigningKey, root: Digest32) -> String {
    let (signature, recovery) = key.sign_prehash_recoverable(&eip191_digest(root).0);
    format!("0x{}{:02x}", encode_hex(&signature.to_bytes()), 27 + recovery.to_byte())
}

pub fn address(key: &SigningKey) -> Address {
    address_of_key(key.verifying_key().to_sec1_point(false).as_bytes()).expect("a key")
}

/// A did:ethr of the local chain.
pub fn did_ethr(identity: Address) -> String {
    format!("did:ethr:0x7a69:0x{}", encode_hex(&identity.0))
}

/// A TXT record that names a key.
pub fn record(key: &str) -> String {
    format!("openatts a=dns-did; p={key}; v=1.0;")
}
