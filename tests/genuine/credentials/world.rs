//! Issuers and a holder with keys that the packages made today, and everything that is signed and published.

use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use ebl_verifier::block_age::MaxBlockAge;
use ebl_verifier::document::{self, Limits};
use ebl_verifier::verify::{CheckName, Report};
use libtest_mimic::Failed;
use serde_json::{Value, json};

use super::bills::BILLS;
use super::packages::Packages;
use crate::support::situation::Situation;
use crate::support::w3c::did_url;

pub struct World {
    parties: Vec<(&'static str, Value)>,
    bills: Vec<(&'static str, Value)>,
}

/// What the packages can sign with, by the names that they have for it, and who presents.
pub const HOLDER: &str = "holder";
const PARTIES: [(&str, &str); 4] = [
    ("ecdsa-sd-2023", "ecdsa-sd-2023"),
    ("bbs-2023", "bbs-2023"),
    ("Bls12381G2Key2020", "Bls12381G2Key2020"),
    (HOLDER, "ecdsa-sd-2023"),
];

/// The same for all tests.
pub fn world() -> Result<&'static World, Failed> {
    static WORLD: LazyLock<Result<World, String>> =
        LazyLock::new(|| World::new().map_err(|why| why.message().unwrap_or("no packages").to_owned()));
    WORLD.as_ref().map_err(|why| why.as_str().into())
}

impl World {
    fn new() -> Result<Self, Failed> {
        let mut world = Self { parties: Vec::new(), bills: Vec::new() };
        let domain = |name: &str| format!("{}.example", name.to_lowercase());
        let issue = PARTIES.map(|(name, kind)| json!({"ask": "issue", "suite": kind, "domain": domain(name)}));
        for ((name, _), party) in PARTIES.into_iter().zip(Packages::default().ask_all(issue)?) {
            world.parties.push((name, party?));
        }
        let questions: Result<Vec<Value>, Failed> = BILLS.iter().map(|bill| bill.to_sign(&world)).collect();
        for (bill, signed) in BILLS.iter().zip(world.packages().ask_all(questions?)?) {
            world.bills.push((bill.name, signed.map_err(|why| format!("{}: {why}", bill.name))?));
        }
        Ok(world)
    }

    /// The DID document and the key of somebody.
    pub fn party(&self, name: &str) -> Result<&Value, Failed> {
        self.parties
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, party)| party)
            .ok_or("nobody of that name".into())
    }

    /// A signed bill.
    pub fn bill(&self, name: &str) -> Result<&Value, Failed> {
        self.bills.iter().find(|(known, _)| *known == name).map(|(_, bill)| bill).ok_or("no bill of that name".into())
    }

    /// The packages, with all DID documents.
    pub fn packages(&self) -> Packages {
        self.parties.iter().fold(Packages::default(), |packages, (_, party)| packages.did(&party["did"]))
    }

    /// All that is asked about a document now, where its registry is honest and its title lives.
    pub fn situation(&self, document: &Value) -> Result<Situation, Failed> {
        let mut situation = Situation::of_bytes(document.to_string().into_bytes());
        situation.now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
        let page = |(_, party): &(&str, Value)| {
            let did = &party["did"];
            (did_url(did["id"].as_str().unwrap_or_default()), (200, did.to_string().into_bytes()))
        };
        let pages = self.parties.iter().map(page).collect();
        Ok(situation.policy(|policy| policy.max_block_age = MaxBlockAge::Off).pages(pages))
    }

    /// The verdict over a document, and the code of the check that says most about it.
    pub fn judged(&self, document: &Value) -> Result<Value, Failed> {
        if let Err(why) = document::read(document.to_string().as_bytes(), &Limits::default()) {
            return Ok(json!(["invalid", format!("read: {why}")]));
        }
        Ok(verdict(&self.situation(document)?.examined().0, CheckName::Integrity))
    }
}

/// With the code of a check.
pub fn verdict(report: &Report, check: CheckName) -> Value {
    let found = report.checks.iter().find(|found| found.name == check);
    json!([report.verdict, found.map(|found| found.code.id)])
}
