//! The vectors of the W3C (`fixtures/w3c`), with every intermediate value that this room comes by.

use super::*;
use crate::primitives::encode_hex;

macro_rules! fixture {
    ($path:literal) => {
        include_str!(concat!("../../../../fixtures/w3c/", $path))
    };
}

#[test]
fn ecdsa_rdfc_2019_of_the_w3c_verifies() {
    let signed: Json = serde_json::from_str(fixture!("ecdsa-rdfc-2019/signedECDSAP256.json")).unwrap();
    let case = Case {
        base: true,
        ..of(
            &signed,
            lines_of(fixture!("ecdsa-rdfc-2019/canonDocECDSAP256.txt")),
            fixture!("ecdsa-rdfc-2019/proofCanonECDSAP256.txt"),
        )
    };
    assert_eq!(case.verify().unwrap().kind, Kind::Base);
    let mut changed = case.clone();
    changed.document[4] = changed.document[4].replace("Alumni", "alumni");
    assert!(changed.verify().is_err());
}

#[test]
fn ecdsa_sd_2023_of_the_w3c_verifies() {
    let files = Files {
        base: fixture!("ecdsa-sd-2023/prc/addSignedSDBase.json"),
        canonical: fixture!("ecdsa-sd-2023/prc/addBaseDocCanon.json"),
        proof: fixture!("ecdsa-sd-2023/prc/addProofConfigCanon.txt"),
        statements: fixture!("ecdsa-sd-2023/prc/addBaseDocHMACCanon.json"),
        transform: fixture!("ecdsa-sd-2023/prc/addBaseTransform.json"),
        hashes: fixture!("ecdsa-sd-2023/prc/addHashData.json"),
        derived: fixture!("ecdsa-sd-2023/prc/derivedRevealDocument.json"),
        group: fixture!("ecdsa-sd-2023/prc/derivedGroupIndexes.json"),
        disclosure: fixture!("ecdsa-sd-2023/prc/derivedDisclosureData.json"),
    };
    let names = labels::keyed_names(&lines_of(&array(files.canonical).concat()), &HMAC_KEY);
    let derived = files.agree(names);
    assert_eq!(derived.statements(), array(fixture!("ecdsa-sd-2023/prc/verifyNQuads.json")));
}

#[test]
fn bbs_2023_of_the_w3c_verifies() {
    let files = Files {
        base: fixture!("bbs-2023/addSignedSDBase.json"),
        canonical: fixture!("bbs-2023/addBaseDocCanon.json"),
        proof: fixture!("bbs-2023/addProofConfigCanon.txt"),
        statements: fixture!("bbs-2023/addBaseDocHMACCanon.json"),
        transform: fixture!("bbs-2023/addBaseTransform.json"),
        hashes: fixture!("bbs-2023/addHashData.json"),
        derived: fixture!("bbs-2023/derivedRevealDocument.json"),
        group: fixture!("bbs-2023/derivedGroupIndexes.json"),
        disclosure: fixture!("bbs-2023/derivedDisclosureData.json"),
    };
    files.agree(labels::ranked_names(&lines_of(&array(files.canonical).concat()), &HMAC_KEY));
    let files = Files {
        base: fixture!("bbs-2023/prc/addSignedSDBase.json"),
        canonical: fixture!("bbs-2023/prc/addBaseDocCanon.json"),
        proof: fixture!("bbs-2023/prc/addProofConfigCanon.txt"),
        statements: fixture!("bbs-2023/prc/addBaseDocHMACCanon.json"),
        transform: fixture!("bbs-2023/prc/addBaseTransform.json"),
        hashes: fixture!("bbs-2023/prc/addHashData.json"),
        derived: fixture!("bbs-2023/prc/derivedRevealDocument.json"),
        group: fixture!("bbs-2023/prc/derivedGroupIndexes.json"),
        disclosure: fixture!("bbs-2023/prc/derivedDisclosureData.json"),
    };
    let derived = files.agree(labels::ranked_names(&lines_of(&array(files.canonical).concat()), &HMAC_KEY));
    assert_eq!(derived.statements(), array(fixture!("bbs-2023/prc/verifyNQuads.json")));
}

/// One example of the W3C, from the base to what was derived from it.
struct Files {
    base: &'static str,
    canonical: &'static str,
    proof: &'static str,
    statements: &'static str,
    transform: &'static str,
    hashes: &'static str,
    derived: &'static str,
    group: &'static str,
    disclosure: &'static str,
}

impl Files {
    /// What it arrives at on the way, we do; base and derived verify. Gives the derived one back.
    fn agree(&self, names: BTreeMap<String, String>) -> Case {
        let json = |text: &str| -> Json { serde_json::from_str(text).unwrap() };
        let (transform, hashes, disclosure) = (json(self.transform), json(self.hashes), json(self.disclosure));
        let document = lines_of(&array(self.canonical).concat());
        let mut base = Case { names: Some(names), ..of(&json(self.base), document, self.proof) };
        assert_eq!(base.statements(), array(self.statements));
        let mandatory = transform["mandatory"]["value"].as_array().unwrap();
        let indexes: Vec<usize> = mandatory.iter().map(|entry| entry[0].as_u64().unwrap() as usize).collect();
        base.mandatory = lines_at(&base.document, base.names.as_ref().unwrap(), &indexes);
        let mut split = ecdsa::Mandatory::default();
        mandatory.iter().for_each(|entry| split.push(entry[1].as_str().unwrap(), 0));
        assert_eq!(encode_hex(&split.finish().0), hashes["mandatoryHash"].as_str().unwrap());
        assert_eq!(encode_hex(&ecdsa::hash_of(&base.proof)), hashes["proofHash"].as_str().unwrap());
        let verified = base.verify().unwrap();
        assert_eq!((verified.kind, &verified.mandatory), (Kind::Base, &base.mandatory));

        // The derived document's own canonical labels are those that its label map goes out from.
        let entries: Vec<(String, String)> = serde_json::from_value(disclosure["labelMap"]["value"].clone()).unwrap();
        let signed_indexes: Vec<usize> = serde_json::from_value(disclosure["mandatoryIndexes"].clone()).unwrap();
        let back = entries.iter().map(|(label, name)| (name.clone(), label.clone())).collect();
        let (group, signed) = (json(self.group), base.statements());
        let shown: Vec<usize> = serde_json::from_value(group["combinedIndexes"].clone()).unwrap();
        let document: Vec<String> = shown.iter().map(|index| renamed(signed[*index].trim_end(), &back)).collect();
        let names: BTreeMap<String, String> = entries.into_iter().collect();
        let mandatory = lines_at(&document, &names, &signed_indexes);
        let derived = Case { names: Some(names), mandatory, ..of(&json(self.derived), document, self.proof) };
        let verified = derived.verify().unwrap();
        assert_eq!((verified.kind, &verified.mandatory), (Kind::Derived, &derived.mandatory));
        derived
    }
}

impl Case {
    /// As they are signed.
    fn statements(&self) -> Vec<String> {
        let names = self.names.as_ref().unwrap();
        let statements = labels::Statements::relabelled(&self.document, names).unwrap();
        statements.iter().map(|(statement, _)| statement.to_owned()).collect()
    }
}

fn renamed(statement: &str, names: &BTreeMap<String, String>) -> String {
    let rename = |part: &str| match part.strip_prefix("_:") {
        Some(name) => format!("_:{}", names[name]),
        None => part.to_owned(),
    };
    labels::parts(statement).map(rename).collect()
}

fn of(signed: &Json, document: Vec<String>, proof: &str) -> Case {
    let (_, multibase) = signed["proof"]["verificationMethod"].as_str().unwrap().split_once('#').unwrap();
    Case {
        id: "w3c".into(),
        base: true,
        document,
        proof: lines_of(proof),
        names: None,
        mandatory: Vec::new(),
        key: from_multibase(multibase).unwrap(),
        suite: suite(&signed["proof"]),
        proof_value: signed["proof"]["proofValue"].as_str().unwrap().to_owned(),
        nonce: None,
    }
}

fn array(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap()
}

fn lines_of(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

/// `00112233…` twice over.
const HMAC_KEY: [u8; 32] = {
    let mut key = [0; 32];
    let mut index = 0;
    while index < 32 {
        key[index] = (index as u8 % 16) * 0x11;
        index += 1;
    }
    key
};
