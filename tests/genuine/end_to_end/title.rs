//! A title's whole life, in every state that a registry knows (chain.md §1.6, §1.7).

use ebl_verifier::testchain::contracts::TitleWrite;
use ebl_verifier::testchain::sandbox::Party::{self, Bank, Carrier, Consignee, Shipper};
use libtest_mimic::Failed;
use serde_json::{Value, json};

use super::command::{Expected, Reported};
use super::stage::{Contracts, Format, Issued, Stage};

pub fn life_of_a_title(stage: &mut Stage, format: Format) -> Result<(), Failed> {
    let name = match format {
        Format::Oa2 => "oa-2.0",
        Format::Oa3 => "oa-3.0",
    };
    let bill = stage.bill(name, stage.registry, format)?;
    let v5 = stage.is_v5();
    let mut life = Life { stage, bill, name };
    // v4 knows no rejections.
    let pending = |party: Party| v5.then_some(party);

    life.told("not minted", (1, "invalid", "not_issued", "issuance.not_minted"))?
        .must_say("/title/holder", Value::Null)?;

    life.stage.mint(&life.bill)?;
    let report = life.shows("live", Recorded::by(Shipper, Shipper))?;
    report.must_say("/as_of/requests", 2)?;
    report.must_say("/as_of/method", "lens")?;
    report.must_say("/issuer/0/confirmed", true)?;
    report.must_say("/document/format", name)?;
    if format == Format::Oa2 {
        life.page_for_people()?;
    }

    life.act(Shipper, transfer_holder(Bank))?;
    life.shows("holder transferred", Recorded { previous_holder: pending(Shipper), ..Recorded::by(Shipper, Bank) })?;
    if v5 {
        life.act(Bank, TitleWrite::RejectTransferHolder { remark: remark() })?;
        life.shows("holder transfer rejected", Recorded::by(Shipper, Shipper))?;
        life.act(Shipper, transfer_holder(Bank))?;
    }

    life.act(Shipper, nominate(Consignee))?;
    let nominated =
        Recorded { nominee: Some(Consignee), previous_holder: pending(Shipper), ..Recorded::by(Shipper, Bank) };
    life.shows("beneficiary nominated", nominated)?;
    life.act(Bank, transfer_beneficiary(Consignee))?;
    let transferred = Recorded { previous_beneficiary: pending(Shipper), ..Recorded::by(Consignee, Bank) };
    life.shows("beneficiary transferred", transferred)?;
    if v5 {
        life.act(Consignee, TitleWrite::RejectTransferBeneficiary { remark: remark() })?;
        life.shows("beneficiary transfer rejected", Recorded::by(Shipper, Bank))?;
        life.act(Shipper, nominate(Consignee))?;
        life.act(Bank, transfer_beneficiary(Consignee))?;
    }

    life.act(Consignee, nominate(Shipper))?;
    life.act(Bank, transfer_owners(Shipper))?;
    let transferred = Recorded {
        previous_beneficiary: pending(Consignee),
        previous_holder: pending(Bank),
        ..Recorded::by(Shipper, Shipper)
    };
    life.shows("owners transferred", transferred)?;
    if v5 {
        life.act(Shipper, TitleWrite::RejectTransferOwners { remark: remark() })?;
        life.shows("owners transfer rejected", Recorded::by(Consignee, Bank))?;
        life.act(Consignee, nominate(Shipper))?;
        life.act(Bank, transfer_owners(Shipper))?;
    }

    life.act(Carrier, TitleWrite::Pause { remark: remark() })?;
    life.shows("paused", Recorded { paused: true, ..transferred })?;
    life.act(Carrier, TitleWrite::Unpause { remark: remark() })?;
    life.shows("unpaused", transferred)?;

    life.act(Shipper, TitleWrite::ReturnToIssuer { remark: remark() })?;
    let report = life.told("returned", (4, "not_live", "returned", "title.returned"))?;
    Recorded::by(Shipper, Shipper).must_be_in(report)?;
    life.act(Carrier, TitleWrite::Restore { token: life.bill.token, remark: remark() })?;
    life.shows("restored", Recorded::by(Shipper, Shipper))?;
    life.act(Shipper, TitleWrite::ReturnToIssuer { remark: remark() })?;
    life.act(Carrier, TitleWrite::Accept { token: life.bill.token, remark: remark() })?;
    let report = life.told("ended", (4, "not_live", "ended", "title.ended"))?;
    report.must_say("/title/holder", Value::Null)?;
    report.must_say("/title/beneficiary", Value::Null)
}

struct Life<'s> {
    stage: &'s mut Stage,
    bill: Issued,
    name: &'static str,
}

/// Who is on record, and what is pending.
#[derive(Debug, Clone, Copy)]
struct Recorded {
    beneficiary: Party,
    holder: Party,
    nominee: Option<Party>,
    previous_beneficiary: Option<Party>,
    previous_holder: Option<Party>,
    paused: bool,
}

impl Life<'_> {
    fn act(&self, by: Party, write: TitleWrite) -> Result<(), Failed> {
        self.stage.act(by, &self.bill, &write)
    }

    fn told(&mut self, step: &str, expected: Expected) -> Result<&Reported, Failed> {
        self.stage.told(&format!("{}: {step}", self.name), &self.bill, &[], expected)
    }

    /// The title is live with these records, in a registry whose word counts.
    fn shows(&mut self, step: &str, recorded: Recorded) -> Result<&Reported, Failed> {
        let escrow = self.stage.escrow(&self.bill)?;
        let (word, kind) = match self.stage.setting.contracts {
            Contracts::Genuine => ("genuine", "full contract"),
            Contracts::GenuineClone => ("genuine", "clone"),
            Contracts::Ours => ("trusted_by_caller", "which you trust"),
        };
        let generation = self.stage.setting.generation;
        let report = self.told(step, (0, "valid", "live", "title.live"))?;
        recorded.must_be_in(report)?;
        report.must_say("/registry/authenticity", word)?;
        report.must_say("/registry/generation", json!(generation))?;
        report.must_say("/title/escrow", json!(escrow))?;
        let message = report.check("registry")["message"].as_str().unwrap_or_default();
        if message.contains(kind) { Ok(report) } else { Err(format!("{step}: no {kind:?} in {message:?}").into()) }
    }

    fn page_for_people(&self) -> Result<(), Failed> {
        let page = self.stage.page(&self.bill)?;
        let code = match self.stage.setting.contracts {
            Contracts::Ours => "unknown code that you trust",
            _ => "genuine",
        };
        let issuer = "carrier.example controls this domain";
        let parts = ["VALID  ", "live: holder 0x", issuer, code, "one endpoint (127.0.0.1:"];
        match parts.iter().find(|part| !page.contains(**part)) {
            None => Ok(()),
            Some(part) => Err(format!("{part:?} is not on the page:\n{page}").into()),
        }
    }
}

impl Recorded {
    /// These parties, and nothing pending.
    fn by(beneficiary: Party, holder: Party) -> Self {
        let nobody = None;
        let (nominee, previous_beneficiary, previous_holder) = (nobody, nobody, nobody);
        Self { beneficiary, holder, nominee, previous_beneficiary, previous_holder, paused: false }
    }

    /// The fields of the report, and exactly the warnings that follow from them.
    fn must_be_in(self, report: &Reported) -> Result<(), Failed> {
        let pending = [
            ("nominee", self.nominee, "is nominated as the next beneficiary"),
            ("previous_beneficiary", self.previous_beneficiary, "can still be rejected"),
            ("previous_holder", self.previous_holder, "can still be rejected"),
        ];
        report.must_say("/title/beneficiary", json!(self.beneficiary.address()))?;
        report.must_say("/title/holder", json!(self.holder.address()))?;
        report.must_say("/registry/paused", self.paused)?;
        let mut wanted = Vec::new();
        for (field, party, words) in pending {
            report.must_say(&format!("/title/{field}"), json!(party.map(Party::address)))?;
            wanted.extend(party.map(|party| (words, party.address().to_string())));
        }
        if self.paused {
            wanted.push(("the registry is paused", String::new()));
        }
        let found = report.warnings();
        let says = |(words, who): &(&str, String)| found.iter().any(|text| text.contains(words) && text.contains(who));
        // One sentence says who may reject, whether it is one party or two.
        let rejections = [self.previous_beneficiary, self.previous_holder].iter().flatten().count();
        if found.len() == wanted.len() - rejections.saturating_sub(1) && wanted.iter().all(says) {
            return Ok(());
        }
        Err(format!("{}: the warnings are {found:?}, wanted {wanted:?}", report.step).into())
    }
}

fn nominate(nominee: Party) -> TitleWrite {
    TitleWrite::Nominate { nominee: nominee.address(), remark: remark() }
}

fn transfer_beneficiary(to: Party) -> TitleWrite {
    TitleWrite::TransferBeneficiary { beneficiary: to.address(), remark: remark() }
}

fn transfer_holder(to: Party) -> TitleWrite {
    TitleWrite::TransferHolder { holder: to.address(), remark: remark() }
}

fn transfer_owners(to: Party) -> TitleWrite {
    TitleWrite::TransferOwners { beneficiary: to.address(), holder: to.address(), remark: remark() }
}

fn remark() -> Vec<u8> {
    b"signed on board".to_vec()
}
