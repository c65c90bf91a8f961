//! W3C credentials, signed by keys that the parties' web servers publish: titles, certificates in a list of statuses, and a
//! presentation.

use serde_json::{Value, json};

use super::Row;
use crate::testchain::contracts::TitleWrite;
use crate::testchain::credentials::{
    CARRIER, CARRIER_LOGIN, REVOKED, SHIPPER, altered, bill, certificate, part, presentation, token_of, without_title,
};
use crate::testchain::sandbox::{Party, Registry, Sandbox, SandboxError};
use crate::verify::{TitleStateName, Verdict};

pub(super) const ROWS: &[Row<Value>] = &[
    Row {
        file: "w3c-live.json",
        shows: "a W3C credential with a title, signed by a key that the carrier's web server publishes",
        verdict: Verdict::Valid,
        title: TitleStateName::Live,
        code: "integrity.signed",
        key: None,
        make: |sandbox, number| CARRIER.sign(&issued(sandbox, sandbox.v5, number)?),
    },
    Row {
        file: "w3c-part.json",
        shows: "the shipper shows its title, number and end of validity, and nothing of the goods",
        verdict: Verdict::Valid,
        title: TitleStateName::Live,
        code: "integrity.selection_signed",
        key: None,
        make: |sandbox, number| {
            let bill = issued(sandbox, sandbox.v5, number)?;
            CARRIER.derive(&bill, &part(&bill))
        },
    },
    Row {
        file: "w3c-title-withheld.json",
        shows: "the same without the title: there may be one, and it may have ended",
        verdict: Verdict::Indeterminate,
        title: TitleStateName::Unknown,
        code: "issuance.may_be_withheld",
        key: None,
        make: |sandbox, number| {
            let bill = issued(sandbox, sandbox.v5, number)?;
            CARRIER.derive(&bill, &without_title(part(&bill)))
        },
    },
    Row {
        file: "w3c-changed.json",
        shows: "one digit of the weight was changed after the carrier signed it",
        verdict: Verdict::Invalid,
        title: TitleStateName::Unknown,
        code: "integrity.wrong_signature",
        key: None,
        make: |sandbox, number| Ok(altered(CARRIER.sign(&issued(sandbox, sandbox.v5, number)?)?)),
    },
    Row {
        file: "w3c-other-key.json",
        shows: "signed by a key that the carrier has for something else",
        verdict: Verdict::Invalid,
        title: TitleStateName::Unknown,
        code: "integrity.key_not_listed",
        key: None,
        make: |sandbox, number| CARRIER_LOGIN.sign(&issued(sandbox, sandbox.v5, number)?),
    },
    Row {
        file: "w3c-returned.json",
        shows: "on a v4 registry, returned to the carrier, not accepted yet",
        verdict: Verdict::NotLive,
        title: TitleStateName::Returned,
        code: "title.returned",
        key: None,
        make: |sandbox, number| {
            let bill = issued(sandbox, sandbox.v4, number)?;
            let returned = TitleWrite::ReturnToIssuer { remark: Vec::new() };
            sandbox.act(sandbox.v4, token_of(&bill), Party::Shipper, &returned)?;
            CARRIER.sign(&bill)
        },
    },
    Row {
        file: "w3c-listed.json",
        shows: "a certificate of origin, which the carrier's list of revoked ones does not name",
        verdict: Verdict::Valid,
        title: TitleStateName::None,
        code: "issuance.not_listed",
        key: None,
        make: |_, number| CARRIER.sign(&certificate(number, GOOD)),
    },
    Row {
        file: "w3c-revoked.json",
        shows: "a certificate of origin that the list names: it was revoked",
        verdict: Verdict::Invalid,
        title: TitleStateName::None,
        code: "issuance.revoked_by_list",
        key: None,
        make: |_, number| CARRIER.sign(&certificate(number, REVOKED)),
    },
    Row {
        file: "w3c-presentation.json",
        shows: "the shipper presents a bill and its certificate of origin, both issued to them",
        verdict: Verdict::Valid,
        title: TitleStateName::None,
        code: "integrity.signed",
        key: None,
        make: |sandbox, number| {
            let to_shipper = |mut credential: Value| {
                credential["credentialSubject"]["id"] = json!(SHIPPER.did());
                credential
            };
            let bill = to_shipper(issued(sandbox, sandbox.v5, number)?);
            let certificate = to_shipper(certificate(&format!("{number}-1"), GOOD));
            let credentials = [CARRIER.sign(&bill)?, CARRIER.sign(&certificate)?];
            SHIPPER.present(&presentation(&format!("{number}-2"), &credentials))
        },
    },
];

/// A place in the list that is not marked.
const GOOD: usize = 5;

/// A bill whose title the registry has issued to the shipper, still to be signed.
fn issued(sandbox: &Sandbox, registry: Registry, number: &str) -> Result<Value, SandboxError> {
    let bill = bill(number, registry.address);
    sandbox.mint(registry, token_of(&bill), [Party::Shipper, Party::Shipper])?;
    Ok(bill)
}
