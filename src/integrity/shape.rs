//! Whether a document has the members that its format requires (documents.md §6). What is asked here is what
//! `schemas/oa-2.0.schema.json` and `schemas/oa-3.0.schema.json` say: the two are held against each other by tests.

#[cfg(test)]
mod agreement;
mod node;

use crate::document::json::Value;

use node::{Checked, Family, Node, address, date_time, object, text, uri, web_address};

/// Checks v2 `data`, salted or not.
///
/// An issuer's name is only descriptive: where fields are hidden it may be one of them (documents.md §3.9). Whatever
/// verification rests on stays required.
pub fn shape_of_oa2(data: Value<'_>, hidden_fields: usize) -> Result<(), String> {
    let data = Node::whole(data, Family::Oa2);
    object(&data)?;
    data.required("issuers", |issuers| issuers.list(1, |issuer| issuer_of_oa2(issuer, hidden_fields > 0)))?;
    data.optional("id", text)?;
    data.optional("$template", template_of_oa2)?;
    data.optional("documentUrl", text)?;
    data.optional("recipient", |recipient| {
        object(recipient)?;
        recipient.optional("name", text)
    })?;
    data.optional("network", network)?;
    data.optional("attachments", |list| list.list(0, |it| attachment(it, ["filename", "type", "data"])))
}

/// Checks a v3 document without its proof. An issuer that is an object has a name there, hidden fields or not (vector
/// `v3-obf-pkg-issuer-name`).
pub fn shape_of_oa3(content: Value<'_>) -> Result<(), String> {
    let content = Node::whole(content, Family::Oa3);
    object(&content)?;
    content.required("@context", |contexts| {
        contexts.list(0, |context| if context.is_object() { Ok(()) } else { context.uri_or("a text or an object") })
    })?;
    content.required("type", |kind| kind.one_or_list("a text or a list", |it| it.is_text(), text))?;
    content.required("credentialSubject", |subject| {
        subject.one_or_list("an object or a list", |it| it.is_object(), object)
    })?;
    content.required("issuer", issuer_of_oa3)?;
    content.required("issuanceDate", date_time)?;
    content.required("openAttestationMetadata", metadata)?;
    for date in ["expirationDate", "issued", "validFrom", "validUntil"] {
        content.optional(date, date_time)?;
    }
    content.optional("id", uri)?;
    content.optional("reference", text)?;
    content.optional("name", text)?;
    content.optional("credentialStatus", |status| {
        object(status)?;
        status.required("id", uri)?;
        status.required("type", text)
    })?;
    content.optional("attachments", |list| list.list(0, |it| attachment(it, ["fileName", "mimeType", "data"])))?;
    content.optional("network", network)
}

/// An issuer names one contract at most. The one with a certificate store is of a time before identity proofs.
fn issuer_of_oa2(issuer: &Node<'_>, name_may_be_hidden: bool) -> Checked {
    object(issuer)?;
    let mut contracts = CONTRACTS.into_iter().filter(|contract| issuer.has(contract));
    let contract = contracts.next();
    if contracts.next().is_some() {
        return Err(issuer.told("names more than one of tokenRegistry, documentStore and certificateStore"));
    }
    match name_may_be_hidden {
        true => issuer.optional("name", text)?,
        false => issuer.required("name", text)?,
    }
    if let Some(contract) = contract {
        issuer.required(contract, address)?;
    }
    if contract == Some(CERTIFICATE_STORE) {
        return Ok(());
    }
    issuer.required("identityProof", |proof| {
        object(proof)?;
        proof.required("type", |kind| kind.one_of(&["DNS-TXT", "DNS-DID", "DID"]))?;
        let is = |kind: &str| proof.member("type", |it| it.is(kind));
        if !is("DNS-TXT") {
            proof.required("key", text)?;
        }
        if !is("DID") {
            proof.required("location", text)?;
        }
        Ok(())
    })?;
    issuer.optional("id", text)?;
    issuer.optional("revocation", |revocation| {
        object(revocation)?;
        revocation.optional("type", |kind| kind.one_of(&REVOCATIONS))?;
        revocation.optional("location", text)
    })
}

const CERTIFICATE_STORE: &str = "certificateStore";
const CONTRACTS: [&str; 3] = ["tokenRegistry", "documentStore", CERTIFICATE_STORE];
const REVOCATIONS: [&str; 3] = ["NONE", "REVOCATION_STORE", "OCSP_RESPONDER"];
const RENDERERS: [&str; 1] = ["EMBEDDED_RENDERER"];

fn template_of_oa2(template: &Node<'_>) -> Checked {
    if template.is_text() {
        return Ok(());
    }
    template.object_or("a text or an object")?;
    template.required("name", text)?;
    template.required("type", |kind| kind.one_of(&RENDERERS))?;
    template.optional("url", text)
}

fn network(network: &Node<'_>) -> Checked {
    object(network)?;
    network.required("chain", text)?;
    network.optional("chainId", text)
}

fn attachment(attachment: &Node<'_>, members: [&'static str; 3]) -> Checked {
    object(attachment)?;
    members.into_iter().try_for_each(|name| attachment.required(name, text))?;
    attachment.nothing_besides(&members)
}

fn issuer_of_oa3(issuer: &Node<'_>) -> Checked {
    if issuer.is_text() {
        return Ok(());
    }
    issuer.object_or("a text or an object")?;
    issuer.required("id", uri)?;
    issuer.required("name", text)
}

fn metadata(metadata: &Node<'_>) -> Checked {
    object(metadata)?;
    metadata.required("proof", |proof| {
        object(proof)?;
        proof.required("type", |kind| kind.one_of(&["OpenAttestationProofMethod"]))?;
        proof.required("method", |method| method.one_of(&["TOKEN_REGISTRY", "DOCUMENT_STORE", "DID"]))?;
        let is_did = proof.member("method", |method| method.is("DID"));
        proof.required("value", if is_did { text } else { address })?;
        proof.optional("revocation", |revocation| {
            object(revocation)?;
            revocation.required("type", |kind| kind.one_of(&REVOCATIONS))?;
            revocation.optional("location", text)
        })
    })?;
    metadata.required("identityProof", |proof| {
        object(proof)?;
        proof.required("type", |kind| kind.one_of(&["DNS-TXT", "DNS-DID", "DID"]))?;
        proof.required("identifier", text)?;
        proof.nothing_besides(&["type", "identifier"])
    })?;
    metadata.optional("template", |template| {
        object(template)?;
        template.required("name", text)?;
        template.required("type", |kind| kind.one_of(&RENDERERS))?;
        template.required("url", web_address)?;
        template.nothing_besides(&["name", "type", "url"])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::json::parse_value;

    fn issuer(more: &str) -> String {
        format!(
            r#"{{"issuers":[{{"name":"A",{more}"identityProof":{{"type":"DNS-TXT","location":"carrier.example"}}}}]}}"#
        )
    }

    #[test]
    fn a_wrong_shape_of_v2_is_told_by_member_value_and_what_it_must_be() {
        const STORE: &str = "0x1111111111111111111111111111111111111111";
        let both = format!(r#""tokenRegistry":"{STORE}","documentStore":"{STORE}","#);
        let at = |member: &str, value: &str| issuer("").replacen('{', &format!("{{{member:?}:{value},"), 1);
        for (data, wanted) in [
            (issuer(""), ""),
            (
                issuer(r#""tokenRegistry":"registry.demo.eth","#),
                "`issuers[0].tokenRegistry` is the text \"registry.demo.eth\"; \
                 it must be an address: 0x and 40 hexadecimal digits, no name",
            ),
            (issuer(r#""documentStore":1337,"#), "`issuers[0].documentStore` is the number 1337; it must be a text"),
            (issuer(&both), "`issuers[0]` names more than one of tokenRegistry, documentStore and certificateStore"),
            (r#"{"issuers":[]}"#.into(), "`issuers` is an empty list; it must be a list of at least one item"),
            (r#"{"issuers":"A"}"#.into(), "`issuers` is the text \"A\"; it must be a list"),
            ("{}".into(), "`issuers` is missing"),
            (r#"{"issuers":[7]}"#.into(), "`issuers[0]` is the number 7; it must be an object"),
            (
                format!(r#"{{"issuers":[{{"name":"A","tokenRegistry":"{STORE}"}}]}}"#),
                "`issuers[0].identityProof` is missing",
            ),
            (
                issuer("").replace("DNS-TXT", "ENS"),
                "`issuers[0].identityProof.type` is the text \"ENS\"; it must be DNS-TXT, DNS-DID or DID",
            ),
            (issuer("").replace("location", "place"), "`issuers[0].identityProof.location` is missing"),
            (
                at("network", r#"{"chain":"ETH","chainId":"b8fa6a16-110f-412d-af13-ed33ee9c9730:number:1.0e3"}"#),
                "`network.chainId` is the number 1.0e3; it must be a text",
            ),
            (
                at("network", r#"{"chain":"ETH","chainId":1337}"#),
                "`network.chainId` is the number 1337; it must be a text",
            ),
            (at("network", r#"{"chainId":"1"}"#), "`network.chain` is missing"),
            (at("network", r#"{"chain":null}"#), "`network.chain` is null; it must be a text"),
            (at("$template", "true"), "`$template` is true; it must be a text or an object"),
            (at("$template", r#"{"name":"A"}"#), "`$template.type` is missing"),
            (
                at("attachments", r#"[{"filename":"a","type":"b","data":"c","size":"1"}]"#),
                "`attachments[0]` has a member \"size\", which does not belong there",
            ),
            (
                issuer(r#""revocation":{"type":"SOME"},"#),
                "`issuers[0].revocation.type` is the text \"SOME\"; it must be NONE, REVOCATION_STORE or OCSP_RESPONDER",
            ),
        ] {
            let tree = parse_value(data.as_bytes(), &Default::default()).expect("JSON");
            let found = shape_of_oa2(tree.root(), 0).err().unwrap_or_default();
            assert_eq!(found, wanted, "{data}");
        }
    }

    #[test]
    fn a_wrong_shape_of_v3_is_told_in_the_same_way() {
        let good = r#"{"@context":["https://www.w3.org/2018/credentials/v1"],"type":["A"],"credentialSubject":{},
            "issuer":{"id":"https://carrier.example","name":"A"},"issuanceDate":"2026-03-01T08:00:00Z",
            "openAttestationMetadata":{"proof":{"type":"OpenAttestationProofMethod","method":"TOKEN_REGISTRY",
            "value":"0x1111111111111111111111111111111111111111"},
            "identityProof":{"type":"DNS-TXT","identifier":"carrier.example"}}}"#;
        let time = "a date and time with its zone, as in 2026-03-01T08:00:00Z";
        for (from, to, wanted) in [
            ("", "", String::new()),
            // Salts stand elsewhere in v3: what looks like one is part of the text.
            (
                r#""type":["A"]"#,
                r#""type":["A"],"reference":"b8fa6a16-110f-412d-af13-ed33ee9c9730:number:1""#,
                String::new(),
            ),
            (
                r#""2026-03-01T08:00:00Z""#,
                r#""01/03/2026""#,
                format!("`issuanceDate` is the text \"01/03/2026\"; it must be {time}"),
            ),
            (
                r#""type":["A"]"#,
                r#""type":["A"],"validUntil":"2026-03-01T08:00:00Z[UTC]""#,
                format!("`validUntil` is the text \"2026-03-01T08:00:00Z[UTC]\"; it must be {time}"),
            ),
            (r#""type":["A"]"#, r#""type":[7]"#, "`type[0]` is the number 7; it must be a text".into()),
            (r#""type":["A"]"#, r#""type":7"#, "`type` is the number 7; it must be a text or a list".into()),
            (
                "0x1111111111111111111111111111111111111111",
                "registry.demo.eth",
                "`openAttestationMetadata.proof.value` is the text \"registry.demo.eth\"; \
                 it must be an address: 0x and 40 hexadecimal digits, no name"
                    .into(),
            ),
            (
                "TOKEN_REGISTRY",
                "TOKEN",
                "`openAttestationMetadata.proof.method` is the text \"TOKEN\"; \
                 it must be TOKEN_REGISTRY, DOCUMENT_STORE or DID"
                    .into(),
            ),
            (
                r#""id":"https://carrier.example""#,
                r#""id":"carrier""#,
                "`issuer.id` is the text \"carrier\"; it must be a whole URI, as in https://carrier.example".into(),
            ),
            (
                r#""identifier":"carrier.example""#,
                r#""identifier":"carrier.example","more":"1""#,
                "`openAttestationMetadata.identityProof` has a member \"more\", which does not belong there".into(),
            ),
        ] {
            let text = good.replacen(from, to, 1);
            let tree = parse_value(text.as_bytes(), &Default::default()).expect("JSON");
            assert_eq!(shape_of_oa3(tree.root()).err().unwrap_or_default(), wanted, "{text}");
        }
    }
}
