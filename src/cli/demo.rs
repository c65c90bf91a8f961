//! `ebl demo`: one bill from issue to end on the embedded chain, and what verification says at each step.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::Value;

use super::exit::Exit;
use super::note;
use super::output::{self, Stopped};
use crate::primitives::TokenId;
use crate::testchain::contracts::{Contract, TitleWrite};
use crate::testchain::credentials::{self, CARRIER};
use crate::testchain::sandbox::{DOMAIN, Party, Registry, Sandbox};
use crate::testchain::wrap::hide_oa2;
use crate::text::hanging;
use crate::verifier::{Verifier, Wishes};
use crate::verify::{Outcome, Report, Verdict, codes};

pub(super) fn run() -> Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let Err(error) = runtime.block_on(tell()) else { return Ok(Exit::Done) };
    Ok(match error.downcast_ref::<Stopped>() {
        // What comes after that was not shown to hold.
        Some(stopped @ Stopped::ReaderGone) => stopped.exit(Exit::Unjudged),
        Some(stopped) => stopped.exit(Exit::Done),
        // Nothing here depends on the user, so whatever goes wrong is ours.
        None => {
            note(&format!("{error:#}"));
            Exit::Internal
        }
    })
}

async fn tell() -> Result<()> {
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut sandbox = Sandbox::start(any_port, any_port).await?;
    let verifier = sandbox.verifier()?.timeout(Duration::from_secs(5)).build()?;
    let mut story = Story { verifier, wishes: sandbox.wishes(), step: 0 };
    paragraph(
        "One electronic bill of lading from issue to end, and one as a W3C credential. Everything below is real verification, \
         against a chain, a registry, a name server and a web server that run inside this process: nothing leaves this \
         machine.",
    )?;
    let registry = sandbox.v5;
    let wrapped = sandbox.bill("NDSE-2026-00017", registry.address).oa2(&mut sandbox.salts);
    let bill = Title { sandbox: &mut sandbox, registry, token: TokenId::from(wrapped.target_hash) };

    story.event("The carrier writes the bill, and its domain names its registry.")?;
    let because = "The content is intact and the domain stands behind the registry, but no title was issued for it.";
    story.verify(&wrapped.document, Expected(Verdict::Invalid, "issuance.not_minted"), because).await?;

    story.event("The carrier issues the title to the shipper.")?;
    bill.sandbox.mint(registry, bill.token, [Party::Shipper, Party::Shipper])?;
    let because = "Content, issuer, registry and title agree. The registry records the shipper's account as holder.";
    story.verify(&wrapped.document, Expected(Verdict::Valid, "title.live"), because).await?;

    story.event("The shipper pledges the title to the bank.")?;
    let bank = Party::Bank.address();
    bill.act(Party::Shipper, TitleWrite::TransferOwners { beneficiary: bank, holder: bank, remark: vec![] })?;
    let because = "The same file: who holds the title is on the chain, not in the document.";
    story.verify(&wrapped.document, Expected(Verdict::Valid, "title.live"), because).await?;

    story.event("Somebody changes the weight from 19200 to 19800 kg in a copy.")?;
    let because = "The digest no longer fits. The title is as live as before; this file is not the bill.";
    story.verify(&altered(&wrapped.document), Expected(Verdict::Invalid, "integrity.digest_mismatch"), because).await?;

    story.event("The bank hides the notify party before it sends the file on.")?;
    let mut hidden = wrapped.clone();
    hide_oa2(&mut hidden, "notifyParty");
    let because = "Hiding is allowed: the hidden fields' hashes keep the digest the same, and they are counted.";
    story.verify(&hidden.document, Expected(Verdict::Valid, "integrity.intact"), because).await?;

    story.event("The bank passes the title to the consignee, who returns it for delivery.")?;
    let consignee = Party::Consignee.address();
    let to_consignee = TitleWrite::TransferOwners { beneficiary: consignee, holder: consignee, remark: vec![] };
    bill.act(Party::Bank, to_consignee)?;
    bill.act(Party::Consignee, TitleWrite::ReturnToIssuer { remark: vec![] })?;
    let because = "Authentic, but nobody can trade it now: the carrier has it back and has not decided yet.";
    story.verify(&wrapped.document, Expected(Verdict::NotLive, "title.returned"), because).await?;

    story.event("The carrier rejects the return.")?;
    bill.act(Party::Carrier, TitleWrite::Restore { token: bill.token, remark: vec![] })?;
    let because = "The title is with the consignee again.";
    story.verify(&wrapped.document, Expected(Verdict::Valid, "title.live"), because).await?;

    story.event("The consignee returns it once more; the carrier accepts and delivers the goods.")?;
    bill.act(Party::Consignee, TitleWrite::ReturnToIssuer { remark: vec![] })?;
    bill.act(Party::Carrier, TitleWrite::Accept { token: bill.token, remark: vec![] })?;
    let because = "The title has ended for good. A copy of the file that turns up later claims nothing.";
    story.verify(&wrapped.document, Expected(Verdict::NotLive, "title.ended"), because).await?;

    story.event("Somebody sets up a contract that says yes to everything, and a bill that names it.")?;
    let owner = ethers::abi::Token::Address(Party::Shipper.address().0.into());
    let contract = sandbox.deploy(Contract::Lookalike, &[owner])?;
    sandbox.publish("look-alike.example", &[contract]);
    let mut fake = sandbox.bill("NDSE-2026-00017", contract);
    fake.domain = "look-alike.example".into();
    let fake = fake.oa2(&mut sandbox.salts);
    let because = "A registry counts by its code and by answers that hold together, not by what it says it is.";
    story.verify(&fake.document, Expected(Verdict::Invalid, "registry.contradicts_itself"), because).await?;

    story
        .event("The carrier issues another bill as a W3C credential, signed by a key that its web server publishes.")?;
    let bill = credentials::bill("NDSE-2026-00018", registry.address);
    sandbox.mint(registry, credentials::token_of(&bill), [Party::Shipper, Party::Shipper])?;
    let signed = CARRIER.sign(&bill)?;
    let because = "Every statement is covered by the signature, the key is the carrier's, and the title is live.";
    story.verify(&signed, Expected(Verdict::Valid, "integrity.signed"), because).await?;

    story.event("The shipper shows the bank number and title of this bill, and nothing of the goods.")?;
    let part = credentials::part(&bill);
    let shown = CARRIER.derive(&bill, &part)?;
    let because = "A holder may choose what to show, and can change none of it.";
    story.verify(&shown, Expected(Verdict::Valid, "integrity.selection_signed"), because).await?;

    story.event("Somebody shows the same without the title.")?;
    let shown = CARRIER.derive(&bill, &credentials::without_title(part))?;
    let because = "Signed as well, but whether the title is live is exactly what is not shown.";
    story.verify(&shown, Expected(Verdict::Indeterminate, "issuance.may_be_withheld"), because).await?;

    story.event("Somebody changes the weight in a copy.")?;
    let because = "No signature of the carrier is over this content.";
    let changed = credentials::altered(signed.clone());
    story.verify(&changed, Expected(Verdict::Invalid, "integrity.wrong_signature"), because).await?;

    story.event("The carrier's web server goes down.")?;
    sandbox.stop_web_server().await;
    let because = "Without the key nothing is known of the signature, neither good nor bad.";
    story.verify(&signed, Expected(Verdict::Indeterminate, "integrity.key_unavailable"), because).await?;

    story.event("The first bill again: the domain drops its record.")?;
    sandbox.publish_records(DOMAIN, &[]);
    let because = "Without the record nobody known stands behind the registry.";
    story.verify(&wrapped.document, Expected(Verdict::Invalid, "issuer.no_record"), because).await?;

    story.event("The record is back, but the chain's node goes down.")?;
    sandbox.publish_home();
    sandbox.stop_server().await;
    let because = "An outage is not a forgery: nothing is said against the document, and nothing for it.";
    story.verify(&wrapped.document, Expected(Verdict::Indeterminate, "chain.rpc_unavailable"), because).await?;
    say("")?;
    paragraph(
        "To try it yourself: `ebl testchain` keeps such a chain running, with sample files for these cases and others.",
    )
}

fn altered(bill: &Value) -> Value {
    let mut copy = bill.clone();
    let weight = &mut copy["data"]["packages"][0]["weight"];
    *weight = weight.as_str().map(|text| text.replace("19200", "19800")).into();
    copy
}

/// The title that the story is about.
struct Title<'s> {
    sandbox: &'s mut Sandbox,
    registry: Registry,
    token: TokenId,
}

impl Title<'_> {
    fn act(&self, by: Party, write: TitleWrite) -> Result<()> {
        Ok(self.sandbox.act(self.registry, self.token, by, &write)?)
    }
}

/// What verification must say. A demonstration that shows something else is a bug, and says so.
struct Expected(Verdict, &'static str);

struct Story {
    verifier: Verifier,
    wishes: Wishes,
    step: u32,
}

impl Story {
    fn event(&mut self, event: &str) -> Result<()> {
        self.step += 1;
        say(&format!("\n{:>2}. {}", self.step, hanging(event, 4, output::reading_width())))
    }

    async fn verify(&self, document: &Value, expected: Expected, because: &str) -> Result<()> {
        let report = self.verifier.verify(document.to_string().as_bytes(), &self.wishes).await?;
        let indent = " ".repeat(INDENT);
        let lines = [finding(&report, expected.1), because.to_owned()]
            .map(|text| hanging(&text, INDENT, output::reading_width()));
        say(&format!("    {:<13}  {}\n{indent}{}", report.verdict.headline(), lines[0], lines[1]))?;
        let found = report.checks.iter().any(|check| check.code.id == expected.1);
        if report.verdict != expected.0 || !found {
            bail!("this demonstration promised {} with {}", expected.0.headline(), expected.1);
        }
        Ok(())
    }
}

/// Where the text beside a verdict starts.
const INDENT: usize = 19;

/// The finding that decides: what failed, else what is not known, else the one that the step is about.
fn finding(report: &Report, code: &str) -> String {
    let first = |wanted: Outcome| report.checks.iter().find(|check| check.outcome == wanted);
    let check = first(Outcome::Fail)
        .or_else(|| first(Outcome::Unknown))
        .or_else(|| report.checks.iter().find(|check| check.code.id == code));
    let Some(check) = check else { return String::new() };
    let title = &report.title;
    match (title.holder, title.beneficiary) {
        (Some(holder), Some(beneficiary)) if check.code == &codes::TITLE_LIVE => {
            format!("{}: holder {}, beneficiary {}", check.code.id, holder.short(), beneficiary.short())
        }
        _ => format!("{}: {}", check.code.id, check.code.meaning),
    }
}

fn paragraph(text: &str) -> Result<()> {
    say(&hanging(text, 0, output::reading_width()))
}

fn say(text: &str) -> Result<()> {
    Ok(output::to_stdout(format!("{text}\n"))?)
}
