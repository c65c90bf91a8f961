//! Signed and derived W3C credentials, for every suite, from JSON without a proof.

use std::collections::BTreeSet;

use ebl_verifier::credential::{Contexts, Statements};
use ebl_verifier::document::{Limits, json};
use p256::ecdsa::SigningKey;
use serde_json::{Value, json};

use super::w3c_signer::{self as signer, Content, Mandatory};

/// How a credential is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suite {
    EcdsaSd2023,
    EcdsaRdfc2019,
    Bbs2023,
    BbsBlsSignature2020,
}

/// A key with the name that proofs give it.
#[derive(Debug, Clone)]
pub struct Issuer {
    pub suite: Suite,
    /// A DID URL.
    pub method: String,
    pub secret: [u8; 32],
}

impl Issuer {
    /// A did:key of its own.
    pub fn did_key(suite: Suite, secret: [u8; 32]) -> Self {
        let multibase = Self { suite, method: String::new(), secret }.multibase();
        Self { suite, method: format!("did:key:{multibase}#{multibase}"), secret }
    }

    /// A key of a did:web.
    pub fn did_web(suite: Suite, did: &str, fragment: &str, secret: [u8; 32]) -> Self {
        Self { suite, method: format!("{did}#{fragment}"), secret }
    }

    pub fn did(&self) -> &str {
        self.method.split_once('#').unwrap().0
    }

    pub fn multibase(&self) -> String {
        match self.suite {
            Suite::EcdsaSd2023 | Suite::EcdsaRdfc2019 => signer::p256_multibase(&self.p256()),
            Suite::Bbs2023 | Suite::BbsBlsSignature2020 => signer::bbs_multibase(&self.secret),
        }
    }

    /// The DID document with this key, for assertions.
    pub fn did_document(&self) -> Value {
        let did = self.did();
        json!({
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
            "id": did,
            "verificationMethod": [
                {"id": self.method, "type": "Multikey", "controller": did, "publicKeyMultibase": self.multibase()}
            ],
            "assertionMethod": [self.method],
        })
    }

    /// Signs everything. `pointers` cannot be left out by a holder, where the suite lets holders leave things out.
    pub fn sign(&self, credential: &Value, created: &str, pointers: &[&str]) -> Value {
        let proof = json!({
            "type": "DataIntegrityProof",
            "created": created,
            "verificationMethod": self.method,
            "cryptosuite": self.cryptosuite(),
            "proofPurpose": "assertionMethod",
        });
        self.sign_with(credential, proof, pointers)
    }

    /// Signs with a proof of the caller's, whatever it says.
    pub fn sign_with(&self, credential: &Value, mut proof: Value, pointers: &[&str]) -> Value {
        let document = lines(credential);
        if self.suite == Suite::BbsBlsSignature2020 {
            proof["type"] = "BbsBlsSignature2020".into();
            proof.as_object_mut().unwrap().remove("cryptosuite");
        }
        let proof_lines = lines(&self.under_contexts(&proof, credential));
        let content = Content { document: &document, proof: &proof_lines };
        let selected = selected(credential, pointers);
        let mandatory = Mandatory { pointers, lines: &selected };
        let value = match self.suite {
            Suite::EcdsaSd2023 => signer::ecdsa_sd_base(&self.p256(), content, mandatory),
            Suite::EcdsaRdfc2019 => signer::ecdsa_rdfc(&self.p256(), content),
            Suite::Bbs2023 => signer::bbs_base(&self.secret, content, mandatory),
            Suite::BbsBlsSignature2020 => signer::bbs_plus_base(&self.secret, content),
        };
        with_proof(credential, proof, value)
    }

    /// What a holder makes of a signed credential: `shown` is the part of it that is disclosed, without its proof.
    pub fn derive(&self, signed: &Value, shown: &Value, pointers: &[&str]) -> Value {
        let mut credential = signed.clone();
        let mut proof = credential.as_object_mut().unwrap().remove("proof").unwrap();
        let base = proof.as_object_mut().unwrap().remove("proofValue").unwrap();
        let (document, derived) = (lines(&credential), lines(shown));
        let proof_lines = lines(&self.under_contexts(&proof, &credential));
        let content = Content { document: &document, proof: &proof_lines };
        let selected = selected(&credential, pointers);
        let mandatory = Mandatory { pointers, lines: &selected };
        let base = base.as_str().unwrap();
        let value = match self.suite {
            Suite::EcdsaSd2023 => signer::ecdsa_sd_derived(base, content, mandatory, &derived),
            Suite::Bbs2023 => signer::bbs_derived(base, content, mandatory, &derived, b"for one verifier"),
            Suite::EcdsaRdfc2019 | Suite::BbsBlsSignature2020 => {
                panic!("nothing is derived from {:?} here", self.suite)
            }
        };
        with_proof(shown, proof, value)
    }

    fn cryptosuite(&self) -> &'static str {
        match self.suite {
            Suite::EcdsaSd2023 => "ecdsa-sd-2023",
            Suite::EcdsaRdfc2019 => "ecdsa-rdfc-2019",
            Suite::Bbs2023 => "bbs-2023",
            Suite::BbsBlsSignature2020 => "",
        }
    }

    /// The proof as it is signed.
    fn under_contexts(&self, proof: &Value, credential: &Value) -> Value {
        let mut proof = proof.clone();
        proof["@context"] = match self.suite {
            Suite::BbsBlsSignature2020 => json!(["https://w3id.org/security/v2", "https://w3id.org/security/bbs/v1"]),
            _ => credential["@context"].clone(),
        };
        proof
    }

    fn p256(&self) -> SigningKey {
        SigningKey::from_slice(&self.secret).unwrap()
    }
}

fn with_proof(credential: &Value, mut proof: Value, value: String) -> Value {
    let mut signed = credential.clone();
    proof["proofValue"] = value.into();
    signed["proof"] = proof;
    signed
}

fn lines(object: &Value) -> Vec<String> {
    with_statements(object, |statements| statements.lines().to_vec())
}

fn selected(object: &Value, pointers: &[&str]) -> Vec<usize> {
    let select = |statements: &Statements<'_>| -> BTreeSet<usize> {
        pointers
            .iter()
            .flat_map(|pointer| statements.selected(pointer).expect("the pointer leads to something"))
            .collect()
    };
    with_statements(object, select).into_iter().collect()
}

fn with_statements<T>(object: &Value, of: impl FnOnce(&Statements<'_>) -> T) -> T {
    let text = object.to_string();
    let tree = json::parse(text.as_bytes(), &Limits::default()).unwrap();
    of(&Statements::of(tree.root(), &Contexts::default(), &["proof"]).unwrap())
}
