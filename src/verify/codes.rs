//! The one table of codes: of findings, and of why there was no document to judge. A code is a contract: scripts match on
//! it, `ebl explain` prints its row, and a change of one is written down in CHANGELOG.md.

mod errors;

use serde::Serialize;

/// A code with what people need to know about it.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// Stable identifier: the check's name or `read`, a dot, the finding.
    pub id: &'static str,
    /// What it means, in one plain sentence.
    pub meaning: &'static str,
    /// Who can change the outcome.
    pub actor: Actor,
    /// What that actor can do.
    pub remedy: &'static str,
    /// How it comes about: one situation, in a sentence.
    pub example: &'static str,
}

/// Who has to act on a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// Nobody: this is as it should be.
    Nobody,
    /// Whoever issued the document (the carrier).
    Issuer,
    /// Whoever sent the file.
    Sender,
    /// The recorded holder of the title.
    Holder,
    /// Whoever runs this verification.
    Verifier,
    /// Whoever runs the network service that did not answer.
    Network,
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nobody => "nobody",
            Self::Issuer => "the issuer",
            Self::Sender => "the sender",
            Self::Holder => "the holder",
            Self::Verifier => "you",
            Self::Network => "the operator of the service that did not answer",
        })
    }
}

/// Looks a code up by its identifier.
pub fn find(id: &str) -> Option<&'static Code> {
    TABLE.iter().copied().find(|code| code.id == id)
}

/// All codes: those of reading first, then in the order of the checks.
pub fn all() -> impl Iterator<Item = &'static Code> {
    TABLE.iter().copied()
}

macro_rules! codes {
    ($($name:ident = $id:literal, $actor:ident, $meaning:literal, $remedy:literal, $example:literal;)*) => {
        $(
            #[doc = $meaning]
            pub static $name: Code =
                Code { id: $id, meaning: $meaning, actor: Actor::$actor, remedy: $remedy, example: $example };
        )*
        static TABLE: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    READ_FILE = "read.file", Verifier,
        "The file could not be opened or read, so nothing is known of what is in it.",
        "Check the path and your permissions.",
        "The desk typed bill-71.json where the folder holds bill-17.json.";
    READ_EMPTY = "read.empty", Sender,
        "The file is empty.",
        "Ask the sender for the file again.",
        "A download broke off at once and left a file of 0 bytes.";
    READ_TOO_LARGE = "read.too_large", Verifier,
        "The file is larger than the limit, so it was not read to the end.",
        "If you expect a file of this size, raise the limit.",
        "A film of the loading was put into the document as an attachment, and the file grew beyond the limit.";
    READ_TOO_DEEP = "read.too_deep", Sender,
        "Objects and lists are nested deeper than in any honest document.",
        "Ask the sender for the file as the issuer made it.",
        "Somebody sends a file of a hundred thousand opening brackets to see whether a reader falls over.";
    READ_TOO_MANY_VALUES = "read.too_many_values", Sender,
        "The file holds far more values than a document of its size: documents carry a salt of 36 and more bytes for each.",
        "Ask the sender for the file as the issuer made it.",
        "A file of two megabytes holds a million empty lists, where a bill holds some hundred fields.";
    READ_CLAIM_TOO_LONG = "read.claim_too_long", Sender,
        "A name, domain, identifier or date in the file is longer than in any honest document.",
        "Ask the sender for the file as the issuer made it.",
        "The domain of the issuer is written with forty thousand letters.";
    READ_BYTE_ORDER_MARK = "read.byte_order_mark", Sender,
        "The file starts with a byte order mark, which JSON does not allow; a text editor may have added it.",
        "Ask the sender for the file as it was issued.",
        "Somebody opened the bill in a text editor and saved it; the editor put an invisible mark in front.";
    READ_INVALID_UTF8 = "read.invalid_utf8", Sender,
        "The file is not UTF-8 text; it may be of another kind, or damaged.",
        "Ask the sender for the file as it was issued.",
        "An old mail gateway wrote the file in another encoding, and ü became one byte that UTF-8 does not have.";
    READ_LONE_SURROGATE = "read.lone_surrogate", Sender,
        "The file holds half of a character, which readers would treat differently.",
        "Ask the sender for the file as the issuer made it.",
        "A program cut a description of goods in the middle of an emoji and left half of it.";
    READ_TRAILING_BYTES = "read.trailing_bytes", Sender,
        "More text follows after the end of the document.",
        "Ask the sender for the file as it was issued.",
        "Two documents were pasted into one file, one after the other.";
    READ_DUPLICATE_MEMBER = "read.duplicate_member", Sender,
        "A member stands twice in one object: one reader would take the first value, another the last. Honest software does not write such files.",
        "Do not act on this file. Ask the sender for the file as the issuer made it.",
        "The file has \"consignee\" twice, with two companies; a viewer shows one, a bank's program reads the other.";
    READ_RESERVED_NAME = "read.reserved_name", Sender,
        "A member has a name that some readers treat specially. Honest software does not write such files.",
        "Do not act on this file. Ask the sender for the file as the issuer made it.",
        "A member is called __proto__, which makes some programs change what all their objects hold.";
    READ_SYNTAX = "read.syntax", Sender,
        "The file is not JSON: it is of another kind, cut off or damaged.",
        "Ask the sender for the file as it was issued.",
        "A chat program cut the file after 65 kilobytes.";
    READ_NOT_AN_OBJECT = "read.not_an_object", Sender,
        "The file is JSON, but a list, a text or a number instead of an object.",
        "Ask the sender for the document itself.",
        "The sender exported ten bills at once, and the file is a list of them.";
    READ_OTHER_KIND = "read.other_kind", Sender,
        "The file is of another kind than a document: a PDF, a picture, an archive, a message, a page, a link, a key.",
        "Ask the sender for the document itself, the file that the issuer's software made (.json, .tt, .oa).",
        "The sender attached the PDF that was printed from the bill instead of the bill.";
    READ_UNSUPPORTED_FAMILY = "read.unsupported_family", Verifier,
        "The document is of a known format that this version does not verify.",
        "Use a version that does, or another tool for this file.",
        "The bill was wrapped by a format of before 2.0, whose rules are not built in here.";
    READ_NOT_A_DOCUMENT = "read.not_a_document", Sender,
        "The file is JSON, but no wrapped or signed document of a known format; raw data proves nothing.",
        "Ask the sender for the file as it was issued.",
        "The carrier's raw booking data was sent before anybody wrapped and issued it.";
    READ_KEY_MISSING = "read.key_missing", Verifier,
        "The file is sealed (encrypted), and no key was given.",
        "Give the key; the sender has it.",
        "The bill came encrypted by mail, and its key by telephone to a colleague.";
    READ_SEALED_MALFORMED = "read.sealed_malformed", Sender,
        "The sealed file is damaged, or sealed in another way than is known.",
        "Ask the sender to seal the document again.",
        "A form asked for the sealed text in two boxes, and the tag was pasted without its last letters.";
    READ_WRONG_KEY_OR_DAMAGED = "read.wrong_key_or_damaged", Sender,
        "The sealed file does not open: the key is wrong or the file is damaged, and which of the two cannot be told apart.",
        "Check the key with the sender, then ask for the file again.",
        "Two sealed bills came on one day, and the key of the one was tried on the other.";
    READ_SEALED_CONTENT = "read.sealed_content", Sender,
        "The key opens the sealed file, but no document is inside.",
        "Ask the sender to seal the document itself, once.",
        "The sender sealed the covering letter instead of the bill.";
    READ_EMPTY_ENVELOPE = "read.empty_envelope", Sender,
        "The file is a storage envelope with no document in it, or with another envelope.",
        "Ask the sender for the document itself.",
        "A storage service answered with its envelope before the upload was done, and nothing is inside.";
    READ_INVALID_LINK = "read.invalid_link", Sender,
        "The web address is not a link to a document, or leads to where nothing is fetched from.",
        "Ask the sender for a whole link, or for the file.",
        "A mail program broke the link at the end of a line, and the second half is missing.";
    READ_FETCH_FAILED = "read.fetch_failed", Network,
        "The document that the link leads to could not be fetched; this says nothing about it.",
        "Try again; ask the sender if it stays so.",
        "The storage behind the link is down for maintenance this night.";
    READ_FETCH_REFUSED = "read.fetch_refused", Sender,
        "The link leads to a host that is not public, or further than links are followed, so nothing was fetched.",
        "Ask the sender for the file; in a closed network you can let links name private hosts.",
        "The link leads to 192.168.0.10, a machine in the sender's own office.";
    INTEGRITY_INTACT = "integrity.intact", Nobody,
        "Every visible field is covered by the digest, and the digest by the Merkle root.",
        "Nothing to do.",
        "The bill arrived as the carrier made it, with the consignee's prices hidden: hiding breaks nothing.";
    INTEGRITY_DIGEST_MISMATCH = "integrity.digest_mismatch", Sender,
        "The content does not match its digest: at least one field was changed, added or removed after issuance.",
        "Ask the sender for the file as the issuer made it.",
        "A forwarder opened the file in an editor and corrected the weight; one field no longer fits the digest.";
    INTEGRITY_TEXT_REENCODED = "integrity.text_reencoded", Sender,
        "The content does not match its digest, because a program that carried the file re-encoded its text: undone, the digest fits.",
        "Do not use this copy, which stays invalid. Ask the sender for the file as it was received, packed or as an attachment, not through an editor, a database or the text of a message.",
        "A database stored the bill with ü written in two characters; it looks the same, and its digest does not fit.";
    INTEGRITY_MERKLE_MISMATCH = "integrity.merkle_mismatch", Sender,
        "The digest does not lead to the Merkle root: the proof was changed or belongs to another document.",
        "Ask the sender for the file as the issuer made it.",
        "Somebody took the proof of one bill of the batch and put it on another.";
    INTEGRITY_AMBIGUOUS_STRUCTURE = "integrity.ambiguous_structure", Sender,
        "The file can be read in more than one way. Honest software does not write such files; this looks deliberate.",
        "Do not act on this file. Ask the sender for the file as the issuer made it.",
        "A field is called \"packages.0.weight\", which stands for the same place as the weight within the list of packages.";
    INTEGRITY_FAMILY_MIX = "integrity.family_mix", Sender,
        "The file carries members of two document formats, or a version that contradicts its proof.",
        "Do not act on this file. Ask the sender for the file as the issuer made it.",
        "A 2.0 document was given the members of 3.0 too, so that two programs would read two different documents.";
    INTEGRITY_OUTSIDE_DIGEST = "integrity.outside_digest", Sender,
        "The file has a member that its digest does not cover and its format does not know; software may have left it there, or somebody who wants it to be read.",
        "Ask the sender for the file as the issuer made it, or to take the named member out and send the rest, which is then verified as ever.",
        "A platform stored its own \"status\" beside the data, where no digest covers it.";
    INTEGRITY_NOT_CANONICAL = "integrity.not_canonical", Sender,
        "A value is not written in the one form that the digest allows.",
        "Ask the sender for the file as the issuer made it.",
        "The target hash is written in capital letters, or a salt in another form than the wrapping software writes.";
    INTEGRITY_SALTS_MISMATCH = "integrity.salts_mismatch", Sender,
        "The list of salts does not fit the visible fields: fields were added or removed.",
        "Ask the sender for the file as the issuer made it.",
        "A second container was added to the visible fields, and no salt stands for it in the list.";
    INTEGRITY_SHAPE = "integrity.shape", Issuer,
        "The document lacks a member that its format requires, or has one of the wrong kind.",
        "Ask the issuer to issue the document again with current software.",
        "An in-house program wrapped the bill and forgot the list of issuers.";
    INTEGRITY_BATCH_TOKEN = "integrity.batch_token", Issuer,
        "A transferable document must be wrapped alone and have one issuer, so that one title stands for one document. This says how it was issued, not that anybody changed it.",
        "Ask the issuer to issue the document again, wrapped alone and with one issuer; the sender cannot mend it.",
        "A carrier wrapped thirty bills together and issued one title for all of them.";
    INTEGRITY_FALSY_LEAVES = "integrity.falsy_leaves_unauthenticated", Verifier,
        "The document was wrapped by older software that leaves false, 0, empty and null values out of the digest; these values are not protected.",
        "Look at the listed values; you can accept the document without them.",
        "\"freight prepaid\" is false in a 3.0 bill of older software; anybody could have written that false.";
    INTEGRITY_SIGNED = "integrity.signed", Nobody,
        "A key that the issuer's DID lists signed every statement of the credential.",
        "Nothing to do.",
        "The credential is signed by the key that the carrier's own web server lists.";
    INTEGRITY_SELECTION_SIGNED = "integrity.selection_signed", Nobody,
        "A key that the issuer's DID lists signed every statement that is shown; the holder chose them, and others may exist.",
        "Ask the sender for the whole credential if you need to see all of it.",
        "The holder shows the bank the goods and the parties of a credential, and leaves the freight out.";
    INTEGRITY_CONTEXT = "integrity.context_not_allowed", Verifier,
        "The words of the credential take their meaning from a context that is not one of those known here, or from one within the file. Nothing is fetched, so what is signed cannot be told.",
        "If you know the context's publisher and have their file, add it as a context of your own.",
        "A port community signs with words of its own, which it defines in a file on its web server.";
    INTEGRITY_UNDEFINED_TERM = "integrity.undefined_term", Sender,
        "A member, type or identifier means nothing under the contexts that the credential names, so no signature covers it.",
        "Do not act on this file. Ask the sender for the file as the issuer made it.",
        "\"onCarriage\" was added to a credential; no context defines it, so the signature says nothing about it.";
    INTEGRITY_TOO_COMPLEX = "integrity.too_complex", Sender,
        "What the credential states is so entangled that putting it in the one order in which it is signed would take too long, or it states too much.",
        "Ask the sender for the file as the issuer made it; no honest bill is built so.",
        "A credential of hundreds of nameless nodes that all look alike was built to keep a verifier busy for days.";
    INTEGRITY_PROOF_VALUE = "integrity.proof_value", Sender,
        "The value of the proof is not written as its suite requires, so nobody can have signed with it.",
        "Ask the sender for the file as the issuer made it.",
        "The last characters of the signature were lost when the credential was copied by hand.";
    INTEGRITY_PROOF_PURPOSE = "integrity.proof_purpose", Sender,
        "The proof was made for another purpose than this: a credential is an assertion, a presentation an authentication.",
        "Ask the sender for the file as the issuer made it.",
        "A key's signature for logging in somewhere was put under a bill as if it had been issued with it.";
    INTEGRITY_PROOF_TIME = "integrity.proof_time", Sender,
        "The proof says that it was made in the future, or that its time is over.",
        "Check the clock of this machine; else ask the sender for a current file.",
        "The clock of the signing machine was an hour ahead when the credential was made.";
    INTEGRITY_WRONG_SIGNATURE = "integrity.wrong_signature", Sender,
        "The signature does not cover what the credential states: something was changed, added or removed, or another key signed.",
        "Ask the sender for the file as the issuer made it.",
        "The consignee of a signed credential was replaced and the old signature left under it.";
    INTEGRITY_KEY_OF_OTHER_DID = "integrity.key_of_other_did", Sender,
        "The key that the proof names belongs to another DID than the issuer's, or the holder's of a presentation.",
        "Do not rely on this document. Ask the sender for the file as the issuer made it.",
        "A bill names the carrier as its issuer, and the proof names a key of somebody else's DID.";
    INTEGRITY_KEY_NOT_LISTED = "integrity.key_not_listed", Issuer,
        "The DID does not list the key for what the proof does with it.",
        "Ask the issuer whether the key is theirs, and to list it for assertions.",
        "The carrier took the key out of its DID document after it had changed its signing service.";
    INTEGRITY_KEY_MALFORMED = "integrity.key_malformed", Issuer,
        "The DID lists the key, but without a public key of the kind that this suite signs with.",
        "Ask the issuer to correct the DID document.",
        "The DID document lists the key with a public key of the wrong length.";
    INTEGRITY_KEY_UNAVAILABLE = "integrity.key_unavailable", Network,
        "The key that signed could not be fetched, so the signature was not checked; this says nothing about the document.",
        "Try again; ask the issuer if it stays so.",
        "The web server that publishes the issuer's keys did not answer within the time limit.";
    INTEGRITY_SUITE_NOT_SUPPORTED = "integrity.suite_not_supported", Verifier,
        "This version does not check signatures of this suite or with this key or option.",
        "Use a version that does, or another tool for this check.",
        "The credential is signed with a scheme against quantum computers that is newer than this version.";
    INTEGRITY_DID_NOT_SUPPORTED = "integrity.did_not_supported", Verifier,
        "This version does not look up the keys of DIDs of this method.",
        "Use a version that does, or another tool for this check.",
        "The issuer's DID lives on a ledger that this version has no way to read.";
    INTEGRITY_HOLDER_DIFFERS = "integrity.holder_differs", Sender,
        "Who presents is not whom the credentials are about.",
        "Do not rely on this presentation. Ask the sender for one by the subject itself.",
        "A forwarder presents a credential that was issued to the consignee.";
    INTEGRITY_CHALLENGE = "integrity.challenge", Sender,
        "The presentation was not made for you now: it answers another challenge, or is for another domain.",
        "Do not rely on this presentation: it may be a copy of one made for somebody else. Ask the sender for a new one.",
        "A presentation that was made for another bank last week is sent to yours.";
    ISSUER_DNS_TXT = "issuer.dns_txt", Nobody,
        "The domain that the document names publishes a record for this contract on this chain.",
        "Nothing to do.",
        "The domain carrier.example publishes a TXT record with the address of the registry that the bill names.";
    ISSUER_NOT_A_DOMAIN = "issuer.not_a_domain_name", Issuer,
        "The identity location in the document is not a domain name.",
        "Ask the issuer to correct the location and issue the document again.",
        "The identity location is \"Carrier Ltd, Main Street 5\".";
    ISSUER_LOCATION_MISSING = "issuer.location_missing", Issuer,
        "The document claims a DNS identity but names no domain.",
        "Ask the issuer to issue the document again with a location.",
        "The document says that DNS proves its issuer, and the place for the domain is empty.";
    ISSUER_NO_SUCH_DOMAIN = "issuer.domain_does_not_exist", Issuer,
        "The domain that the document names does not exist.",
        "Check the name with the issuer over a channel you trust.",
        "The bill names carrler.example, with an l where the carrier's own domain has an i.";
    ISSUER_NO_RECORD = "issuer.no_record", Issuer,
        "The domain exists but publishes no record of this kind.",
        "Ask the issuer to publish the TXT record for the contract.",
        "The carrier moved to another DNS provider and left the record of its registry behind.";
    ISSUER_OTHER_CHAIN = "issuer.record_for_other_chain", Issuer,
        "The domain names this contract address, but on another chain.",
        "Ask the issuer which chain is right and to correct the record or the document.",
        "The record was published for the test network, and the bill was issued on the real one.";
    ISSUER_OTHER_ADDRESS = "issuer.record_for_other_address", Issuer,
        "The domain names other contracts, not the one in this document.",
        "Ask the issuer whether this contract is theirs.",
        "The carrier set up a new registry, and its domain still names the old one; or somebody else did.";
    ISSUER_MALFORMED_RECORD = "issuer.malformed_record", Issuer,
        "A record that may be meant for this contract or key does not follow the grammar.",
        "Ask the issuer to correct the TXT record.",
        "The record was typed by hand, with \"adress\" in place of \"addr\".";
    ISSUER_NONE_CLAIMED = "issuer.no_identity_claimed", Issuer,
        "The document names a contract but nobody who stands behind it.",
        "Ask the issuer for a document with an identity proof.",
        "The document names a registry, and no domain and no DID beside it.";
    ISSUER_DNS_DID = "issuer.dns_did", Nobody,
        "The domain that the document names publishes a record for the key that the document says signed it.",
        "Nothing to do.",
        "The domain carrier.example publishes a TXT record with the very key that signed the document.";
    ISSUER_OTHER_KEY = "issuer.record_for_other_key", Issuer,
        "The domain names other keys, not the one that this document says signed it.",
        "Ask the issuer whether this key is theirs, and to publish a record for it if so.",
        "The carrier replaced its signing key, and its domain only names the new one.";
    ISSUER_NO_KEY = "issuer.no_key", Issuer,
        "The document does not say which key of which DID signed it, so there is nothing to look for.",
        "See the issuance check.",
        "The issuer's identity proof has a domain and leaves out which key it is about.";
    ISSUER_DID_WEB = "issuer.did_web", Nobody,
        "The DID document at the address that the DID names lists the key for signing.",
        "Nothing to do.",
        "The document at https://carrier.example/.well-known/did.json lists the key that signed.";
    ISSUER_NO_DID_DOCUMENT = "issuer.no_did_document", Issuer,
        "The web server that the DID names has no DID document there, or the document of another DID.",
        "Check the DID with the issuer over a channel you trust.",
        "The carrier's web site was rebuilt, and its DID document is gone: the server answers 404.";
    ISSUER_DID_DOCUMENT_UNAVAILABLE = "issuer.did_document_unavailable", Network,
        "The DID document could not be read; this says nothing about the issuer.",
        "Try again; ask the issuer if it stays so.",
        "The certificate of the issuer's web server ran out this morning.";
    ISSUER_DID_OTHER_KEYS = "issuer.did_without_this_key", Issuer,
        "The DID document does not let this key sign statements.",
        "Ask the issuer whether this key is theirs. See the issuance check.",
        "The DID document lists two keys for assertions, and the one of this document is neither.";
    ISSUER_BARE_KEY = "issuer.bare_key", Issuer,
        "The document names a bare key as its issuer; nothing ties it to a name.",
        "Ask the issuer for a document with a DNS-DID identity. If you know whose key it is, name that very DID as the issuer you expect.",
        "The issuer is a did:ethr, which anybody can make in a second.";
    ISSUER_TRUSTED_KEY = "issuer.key_trusted_by_caller", Nobody,
        "The document names a bare key as its issuer, and you name that very DID as an issuer.",
        "Nothing to do.",
        "Your partner told you its DID in the contract, and you verify with that DID as the expected issuer.";
    ISSUER_METHOD_MISFIT = "issuer.method_does_not_fit", Issuer,
        "The kind of identity proof does not fit the way the document was issued, so it proves nothing: DNS-TXT speaks of contracts, DNS-DID and DID of signing keys.",
        "Ask the issuer to issue the document again with an identity proof of the right kind.",
        "A signed document names a domain by DNS-TXT, whose records speak of contracts and of no key.";
    ISSUER_DNS_UNAVAILABLE = "issuer.dns_unavailable", Network,
        "The domain's records could not be read; this says nothing about the issuer.",
        "Try again, or ask another resolver.",
        "The company's resolver times out for every name.";
    ISSUER_DNS_DENIES_EVERYTHING = "issuer.dns_denies_everything", Verifier,
        "A resolver says that the domain or its record does not exist, but knows nothing of the top-level domain either and proves nothing: as on a closed network or before a login page. This says nothing about the issuer.",
        "Use another network, or ask another resolver.",
        "The hotel's network answers \"no such name\" to everything until its login page was clicked away.";
    ISSUER_DNS_DISAGREEMENT = "issuer.dns_disagreement", Network,
        "Two resolvers gave different records for the domain.",
        "Try again after the record's time to live; ask the issuer if it stays so.",
        "The record was published ten minutes ago: one resolver has it, the other remembers that there was none.";
    ISSUER_DNS_BOGUS = "issuer.dns_bogus", Network,
        "The answer for the domain failed DNSSEC validation; it may have been changed on the way.",
        "Try another network or resolver; tell the issuer.",
        "A router on the way puts its own answers in place of the signed ones.";
    ISSUER_DNSSEC_REQUIRED = "issuer.dnssec_required", Issuer,
        "The answer for the domain is not validated with DNSSEC, which you required; so it neither confirms nor contradicts the issuer.",
        "Ask the issuer to sign the zone. Or require DNSSEC no more where you asked for it: flag, variable, settings or policy.",
        "Your rules want DNSSEC, and the zone of carrier.example is not signed.";
    CHAIN_MATCHES = "chain.matches", Nobody,
        "The endpoint serves the chain that the document names.",
        "Nothing to do.",
        "The bill names chain 137, and the endpoint says that it serves chain 137.";
    CHAIN_NOT_NAMED = "chain.not_named", Verifier,
        "The document does not say which chain its registry is on.",
        "Say which chain it is, if you know it from the issuer.",
        "A bill of older software names a registry and no network.";
    CHAIN_MALFORMED = "chain.malformed_id", Issuer,
        "The chain id in the document is not a decimal number.",
        "Ask the issuer to issue the document again.",
        "The chain id in the document is \"polygon\".";
    CHAIN_CONTRADICTS_CALLER = "chain.contradicts_caller", Verifier,
        "The document names another chain than the one you say.",
        "Check with the issuer which chain is right.",
        "You asked for chain 1, and the bill says 137.";
    CHAIN_CONTRADICTS_LINK = "chain.contradicts_link", Sender,
        "The document is on another chain than the link says under which it came.",
        "Do not act on this link. Ask the sender for the right one.",
        "The link under which the bill came says chain 1, and the bill behind it says 11155111, a test network.";
    CHAIN_WRONG_ENDPOINT = "chain.wrong_endpoint", Verifier,
        "The endpoint serves another chain than the document names, so nothing was read from it.",
        "Give an endpoint of the right chain.",
        "The URL that was set for chain 1 leads to a node of a test network.";
    CHAIN_NO_ENDPOINT = "chain.no_endpoint", Verifier,
        "No endpoint is known for this chain, or fewer than the quorum asks for.",
        "Give an endpoint of this chain.",
        "The bill is on a company's own chain, for which no URL was ever given.";
    CHAIN_RETIRED_NETWORK = "chain.retired_network", Issuer,
        "The document names a network of the past: its chain no longer runs, or the field's software no longer uses it; what became of the document there cannot be found out.",
        "Ask the issuer to issue the document again on a network in use. Whoever still has an endpoint of the old chain can give it.",
        "A bill of 2021 is on chain 3, a test network that was stopped a year later.";
    CHAIN_RPC_UNAVAILABLE = "chain.rpc_unavailable", Network,
        "No endpoint of this chain gave a usable answer; this says nothing about the document.",
        "Try again, or give another endpoint.",
        "The provider's free plan is used up for today, and every question is answered with an error.";
    CHAIN_BLOCK_VANISHED = "chain.block_vanished", Network,
        "The block was replaced while it was being read, twice.",
        "Try again, at a finalized block where the chain has one.",
        "Two reorganisations within a minute took away the block that was being read.";
    CHAIN_NO_SUCH_BLOCK = "chain.no_such_block", Verifier,
        "The endpoint says that it has no such block as you named, so nothing was read.",
        "Name another block, or leave the choice to the chain.",
        "You asked for block 30 000 000 of a chain that has 20 000 000.";
    CHAIN_BEHIND = "chain.endpoint_behind", Network,
        "The endpoint's block is older than is acceptable on this chain, so it does not know what happened since; this says nothing about the document.",
        "Try again, or give another endpoint; how old a block may be is yours to say.",
        "The company's own node stopped following the chain at noon; now it is evening.";
    CHAIN_BLOCK_IN_THE_FUTURE = "chain.block_in_the_future", Verifier,
        "The time of the endpoint's block has not come, so nothing tells how old it is.",
        "Check this machine's clock; if it is right, ask another endpoint.",
        "The machine's clock is a day late, so the newest block seems to be of tomorrow.";
    CHAIN_NEWEST_NOT_READ = "chain.newest_not_read", Verifier,
        "The evidence says what a settled block holds and nothing of the newest one, so what happened since is not known: the title may have been returned or the document revoked.",
        "Gather the evidence again, with the newest block beside the settled one.",
        "A program hands in what it read at the final block, and did not look at the newest one.";
    CHAIN_NO_DID_REGISTRY = "chain.no_did_registry", Verifier,
        "No DID registry (ERC-1056) is known for the chain that the DID names.",
        "Give the DID registry of that chain, if you know it from the issuer.",
        "The issuer's did:ethr names a chain for which no DID registry is in the table.";
    CHAIN_BLOCKS_DIFFER = "chain.blocks_differ", Verifier,
        "The evidence about one document was read at different blocks, so it does not describe one moment.",
        "Gather the evidence again, all at one block.",
        "A cache gave the registry's answer of yesterday and the title's of today.";
    CHAIN_ENDPOINTS_DISAGREE = "chain.endpoints_disagree", Network,
        "Two endpoints gave different answers about the same block, so neither is relied on.",
        "Try again; if it stays so, one of the endpoints is wrong: ask others.",
        "One of three endpoints says that the title is live, and two that it was returned, all at one block.";
    CHAIN_PROOF_MISSING = "chain.proof_missing", Network,
        "A state proof was required and there is none: no endpoint served it, or the block's header is of a form that is not known.",
        "Give an endpoint that serves eth_getProof for recent blocks, name a newer block, or do without a proof.",
        "Proofs are required, and the provider does not serve eth_getProof.";
    CHAIN_PROOF_NOT_POSSIBLE = "chain.proof_not_possible", Verifier,
        "A state proof was required, but this contract is not one of which is known where it keeps its records.",
        "Do without a proof, and let several endpoints agree.",
        "A proof is required for a registry of a private build, of which nobody knows where it keeps owners.";
    CHAIN_PROOF_INVALID = "chain.proof_invalid", Network,
        "A state proof was required, and what the endpoint served as one does not hold.",
        "Do not rely on this endpoint; ask another one.",
        "A proxy in between cut off the nodes of the proof.";
    CHAIN_PROOF_UNVOUCHED = "chain.proof_unvouched", Verifier,
        "A state proof was required; it holds, but only the endpoint itself says that its block is one of the chain.",
        "Let others vouch for the block: a second endpoint, or you yourself if you know its hash.",
        "The proof of one endpoint leads to a block that only this endpoint has spoken of.";
    CHAIN_PROOF_CONTRADICTS = "chain.proof_contradicts", Network,
        "The state proof holds, and the endpoint's other answers about the same block say something else: they are wrong.",
        "Do not rely on this endpoint; ask another one.",
        "The endpoint answers that the title is live, and its own proof shows that the title was burnt.";
    CHAIN_NOT_NEEDED = "chain.not_needed", Nobody,
        "This document does not rest on a contract.",
        "Nothing to do.",
        "A signed document without registry or store: nothing on a chain is asked.";
    REGISTRY_GENUINE = "registry.genuine", Nobody,
        "The registry, its factory and its title escrow run known code.",
        "Nothing to do.",
        "The registry's code is that of a published v5 build, and so are factory and escrow.";
    REGISTRY_TRUSTED = "registry.trusted_by_caller", Nobody,
        "The registry's code is not known, but you trust this registry and its answers hold together.",
        "Nothing to do.",
        "A consortium runs a build of its own, and you named its registry as one that you accept.";
    REGISTRY_UNRECOGNISED = "registry.unrecognised_code", Verifier,
        "There is a contract, but its code is not a known registry; it may be a private build or something else.",
        "Ask the issuer about the registry; if you know it, you can accept this one.",
        "The address holds a contract that says \"live\" to everything; only its code gives it away.";
    REGISTRY_PROXY = "registry.upgradeable_proxy", Verifier,
        "The registry is an upgradeable proxy: somebody can change its rules at any time.",
        "Ask the issuer who controls the registry; if you know it, you can accept this one.",
        "The registry's address only forwards calls, and its owner can point it to other code tomorrow.";
    REGISTRY_OBLIGATION = "registry.obligation_not_supported", Verifier,
        "The credential is kept in a registry of obligations (bills of exchange), a kind that this version does not read.",
        "Use a version that does, or another tool for this check.",
        "The credential is a bill of exchange, kept in another kind of registry.";
    REGISTRY_GENERATION = "registry.generation_not_supported", Issuer,
        "The registry is of an older generation whose titles this version does not read.",
        "Ask the issuer to move the title to a current registry.",
        "The title was issued in 2020, on a registry whose tokens lay with ordinary accounts.";
    REGISTRY_CONTRADICTS_ITSELF = "registry.contradicts_itself", Issuer,
        "The contract claims to be a token registry, and its own answers rule that out.",
        "Do not rely on this registry. Ask the issuer.",
        "The contract claims every interface that it is asked for, even one that nobody can have.";
    REGISTRY_INCONSISTENT = "registry.inconsistent_answers", Network,
        "The registry's code is genuine but the answers cannot be its own, or single calls were left without an answer: the endpoint is at fault.",
        "Ask another endpoint.",
        "The code is genuine, and the endpoint gives an owner that such code never returns.";
    REGISTRY_NO_CODE = "registry.no_contract", Issuer,
        "There is no contract at the registry's address on this chain.",
        "Check address and chain with the issuer.",
        "The registry was set up on another chain; here its address is empty.";
    REGISTRY_NOT_FINAL = "registry.not_final_yet", Verifier,
        "In the block that was read there is no contract at the registry's address; there is one in a newer block, which is not final yet.",
        "Verify again when that block is final.",
        "The registry was set up five minutes ago, and blocks become final after a quarter of an hour.";
    REGISTRY_NONE = "registry.not_applicable", Nobody,
        "This document has no token registry.",
        "Nothing to do.",
        "A certificate of origin that was issued through a document store has no registry.";
    ISSUANCE_MINTED = "issuance.minted", Nobody,
        "The registry records a title for the document's digest, or for the token that was asked about.",
        "Nothing to do.",
        "The carrier issued the title in the transaction that it made for this bill.";
    ISSUANCE_NOT_MINTED = "issuance.not_minted", Issuer,
        "The registry has never issued a title for this document.",
        "Ask the issuer whether the document was issued, and on which registry.",
        "A draft was wrapped and mailed before the carrier issued its title.";
    ISSUANCE_REFUSED = "issuance.registry_refused", Issuer,
        "The registry refused to say who owns the title.",
        "Ask the issuer about the registry.",
        "The contract at the registry's address turns the question down with a reason that no registry has.";
    ISSUANCE_UNPROVEN = "issuance.unproven", Verifier,
        "What this registry says about issuance does not count, because its code is not known to be genuine.",
        "See the registry check.",
        "A contract with unknown code says that the title exists; its word does not count.";
    ISSUANCE_NOT_FINAL = "issuance.not_final_yet", Verifier,
        "The document is issued in a newer block than the one that was read, which is not final yet.",
        "Verify again when that block is final.",
        "The carrier issued the bill a minute ago and mailed it at once.";
    ISSUANCE_REVOCATION_PENDING = "issuance.revocation_pending", Verifier,
        "The document, or a node above it in its Merkle tree, is revoked in a newer block, which is not final yet.",
        "Do not rely on this document now. Verify again when that block is final.",
        "The issuer revoked the certificate two minutes ago.";
    ISSUANCE_KEY_CHANGE_PENDING = "issuance.key_change_pending", Verifier,
        "The DID of the issuer is changed in a newer block, which is not final yet, and with that the signature counts no longer, or counts only then.",
        "Do not rely on this document now. Verify again when that block is final.",
        "The issuer replaced the key of its DID a few blocks ago.";
    ISSUANCE_CHANGE_PENDING = "issuance.change_pending", Verifier,
        "In a newer block, which is not final yet, the store no longer says that it issued the document.",
        "Do not rely on this document now. Verify again when that block is final.",
        "A store answered \"issued\" in the final block, and answers \"not issued\" in the newest.";
    ISSUANCE_ISSUED = "issuance.issued", Nobody,
        "Every document store that the document names issued it, and none has revoked it or an ancestor of it.",
        "Nothing to do.",
        "The chamber's document store issued the certificate in March and never revoked it.";
    ISSUANCE_NOT_ISSUED = "issuance.not_issued", Issuer,
        "A document store that the document names has never issued it.",
        "Ask the issuer whether the document was issued, and through which store.",
        "The certificate was wrapped, and the transaction that should have issued it failed.";
    ISSUANCE_REVOKED = "issuance.revoked", Issuer,
        "The document was issued and then revoked.",
        "Do not rely on this document. Ask the issuer for the one that replaces it.",
        "The chamber issued a corrected certificate and revoked this one.";
    ISSUANCE_ANCESTOR_REVOKED = "issuance.ancestor_revoked", Issuer,
        "A node above the document in its Merkle tree was revoked, and with it every document below that node.",
        "Do not rely on this document. Ask the issuer whether it was meant to be revoked with its batch.",
        "A whole batch of certificates was revoked because one of them was wrong.";
    ISSUANCE_STORE_NO_CONTRACT = "issuance.store_no_contract", Issuer,
        "There is no contract at the document store's address on this chain.",
        "Check address and chain with the issuer.",
        "The address of the store was copied with one wrong digit.";
    ISSUANCE_STORE_REFUSED = "issuance.store_refused", Issuer,
        "The contract at the document store's address refused to say whether it issued or revoked the document.",
        "Ask the issuer whether this address is a document store.",
        "The address is that of a contract for payments, which knows no documents.";
    ISSUANCE_STORE_UNREADABLE = "issuance.store_unreadable", Issuer,
        "The contract at the document store's address answered with something that is neither yes nor no.",
        "Ask the issuer whether this address is a document store.",
        "The contract at the address answers 7 where only yes or no makes sense.";
    ISSUANCE_STORE_CONTRADICTS_ITSELF = "issuance.store_contradicts_itself", Issuer,
        "The contract answers like a document store, and its own answers rule that out.",
        "Do not rely on this store. Ask the issuer.",
        "The store says \"not revoked\" and records the block in which it revoked the document.";
    ISSUANCE_SHARED_TOKEN = "issuance.shared_token", Issuer,
        "The store issues a token for each document, but this document would share one with the rest of its batch.",
        "Ask the issuer to issue the document again, alone.",
        "Ten certificates were wrapped together for a store that issues one token for each.";
    ISSUANCE_ISSUER_WITHOUT_STORE = "issuance.issuer_without_store", Issuer,
        "The document has several issuers, of whom at least one names no document store, so that one has not issued it.",
        "Ask the issuer to issue the document again with a store for each issuer.",
        "A certificate of two issuers names the store of the first alone.";
    ISSUANCE_EXPIRED = "issuance.expired", Issuer,
        "The document's own validity period is over.",
        "Ask the issuer for a current document.",
        "A certificate of insurance says that it is valid until June, and it is July.";
    ISSUANCE_NOT_YET_VALID = "issuance.not_yet_valid", Issuer,
        "The document's own validity period has not begun.",
        "Wait, or ask the issuer.",
        "A certificate of insurance starts on the day of loading, which is next week.";
    ISSUANCE_NO_STATUS = "issuance.no_status", Nobody,
        "The credential is signed and carries no status, so nothing says how it could be revoked.",
        "Nothing to do.",
        "A signed certificate names no list and no registry: it stays as it was signed.";
    ISSUANCE_TITLE_MISSING = "issuance.title_missing", Issuer,
        "A bill of lading that names neither a title nor any other status cannot be told from a copy.",
        "Ask the issuer for the bill with its title.",
        "A signed bill of lading arrives without the part that names its title.";
    ISSUANCE_MAY_BE_WITHHELD = "issuance.may_be_withheld", Sender,
        "The credential shows a selection of what was signed; its status or the end of its validity may be among the rest.",
        "Ask the sender for the whole credential, or for a selection that shows its status and validity.",
        "The holder shows only the goods of a credential; whether it ran out is among what is left out.";
    ISSUANCE_NOT_LISTED = "issuance.not_listed", Nobody,
        "The issuer's status lists do not mark the credential.",
        "Nothing to do.",
        "The place of the credential in the issuer's revocation list is 0.";
    ISSUANCE_REVOKED_BY_LIST = "issuance.revoked_by_list", Issuer,
        "The issuer's status list says that the credential is revoked.",
        "Do not rely on this document. Ask the issuer for the one that replaces it.",
        "The issuer set the bit of this credential in its revocation list last week.";
    ISSUANCE_SUSPENDED = "issuance.suspended", Issuer,
        "The issuer's status list says that the credential is suspended.",
        "Do not rely on this document now. Ask the issuer.",
        "The issuer suspended the credential while an amendment is being agreed.";
    ISSUANCE_LIST_UNAVAILABLE = "issuance.status_list_unavailable", Network,
        "The status list could not be fetched, so the credential may be revoked.",
        "Try again; ask the issuer if it stays so.",
        "The web server with the issuer's status list answers 503.";
    ISSUANCE_LIST_REFUSED = "issuance.status_list_refused", Issuer,
        "What was fetched as the status list is not one that speaks for this credential, so the credential may be revoked.",
        "Ask the issuer to correct the list.",
        "The status list is signed by somebody else than the credential's issuer.";
    ISSUANCE_STATUS_NOT_SUPPORTED = "issuance.status_not_supported", Verifier,
        "The credential has a status of a kind that this version does not read.",
        "Use a version that does, or another tool for this check.",
        "The credential points to a revocation service of a kind of its own.";
    ISSUANCE_TOKEN_OF_OTHER_ID = "issuance.token_of_other_id", Issuer,
        "The token that the credential names is not the one that its id gives, so the title may stand for another document.",
        "Do not rely on this document. Ask the issuer for the bill that belongs to the title.",
        "Somebody put the title of a live bill under a credential with another id.";
    ISSUANCE_SIGNED = "issuance.signed", Nobody,
        "A key that its DID lists for signing signed the Merkle root, and the document is not revoked.",
        "Nothing to do.",
        "The key that did:ethr records for the carrier signed the root, and no responder calls it revoked.";
    ISSUANCE_SIGNATURE_MISSING = "issuance.signature_missing", Issuer,
        "The document names a DID as its issuer, but carries no signature by the key it names.",
        "Ask the issuer for the signed file.",
        "The document was sent before it was signed.";
    ISSUANCE_SIGNATURE_MALFORMED = "issuance.signature_malformed", Sender,
        "The signature is not written in one of the accepted ways, so nobody can have signed with it.",
        "Ask the sender for the file as the issuer made it.",
        "The signature has 64 bytes where 65 are needed.";
    ISSUANCE_WRONG_SIGNATURE = "issuance.wrong_signature", Sender,
        "Another key than the named one made this signature, or it is the signature of another document.",
        "Do not rely on this document. Ask the sender for the file as the issuer made it.",
        "The signature of last month's certificate was copied under this one.";
    ISSUANCE_NO_DID = "issuance.no_did", Issuer,
        "An issuer of a document without a contract must be named by a DID and one of its keys, with an identity proof of kind DID or DNS-DID.",
        "Ask the issuer to issue the document again.",
        "A document without a contract names its issuer by a company's name alone.";
    ISSUANCE_DID_NOT_SUPPORTED = "issuance.did_not_supported", Verifier,
        "This version does not look up DIDs of this method or network.",
        "Use a version that does, or another tool for this check.",
        "The issuer's DID is of a method that anchors names on another ledger.";
    ISSUANCE_OTHER_DID = "issuance.identity_of_other_did", Issuer,
        "The identity proof speaks of another DID than the one that issued the document.",
        "Ask the issuer which DID is right and to issue the document again.",
        "The issuer's id was changed to another DID, and the identity proof still speaks of the first.";
    ISSUANCE_KEY_OF_OTHER_DID = "issuance.key_of_other_did", Issuer,
        "The key that signed belongs to another DID than the issuer's.",
        "Do not rely on this document. Ask the issuer which key is theirs.",
        "The issuer is one DID, and the key that signed begins with another.";
    ISSUANCE_KEY_NOT_IN_DID = "issuance.key_not_in_did", Issuer,
        "The DID does not list the key that the document names.",
        "Ask the issuer to publish the key in the DID, or to sign with a key that is.",
        "The document names key 2 of a DID that has only key 1.";
    ISSUANCE_KEY_OF_OTHER_CONTROLLER = "issuance.key_of_other_controller", Issuer,
        "The DID lists the key, but says that somebody else controls it.",
        "Ask the issuer to correct the DID document or to sign with a key of their own.",
        "The DID lists a key that it says is controlled by its former service provider.";
    ISSUANCE_KEY_NOT_FOR_ASSERTION = "issuance.key_not_for_assertion", Issuer,
        "The DID lists the key, but not for making statements (assertionMethod).",
        "Ask the issuer to list the key for assertions or to sign with one that is.",
        "The key that signed is listed for logging in, and not for statements.";
    ISSUANCE_KEY_ENDED = "issuance.key_ended", Issuer,
        "The key that signed was one of the DID's and is so no more: it expired, was withdrawn, or lost control of the DID.",
        "Ask the issuer to sign the document again with a current key.",
        "The issuer's delegate had the right to sign until May, and the right was not renewed.";
    ISSUANCE_KEY_NOT_SUPPORTED = "issuance.key_type_not_supported", Verifier,
        "This version does not check signatures by keys of this type.",
        "Use a version that does, or another tool for this check.",
        "The document is signed by an RSA key, where signatures of this format are by accounts.";
    ISSUANCE_KEY_MALFORMED = "issuance.key_malformed", Issuer,
        "The DID lists the key, but without an account or public key that a signature could be compared with.",
        "Ask the issuer to correct the DID document.",
        "The DID document gives an address of 39 digits for the key.";
    ISSUANCE_DID_DEACTIVATED = "issuance.did_deactivated", Issuer,
        "The issuer's DID was given up for good.",
        "Ask the issuer for a document signed under a DID that is in use.",
        "The carrier gave up its DID when it merged with another.";
    ISSUANCE_DID_UNRESOLVED = "issuance.did_unresolved", Network,
        "The DID's document could not be found out; this says nothing about the signature.",
        "Try again; ask the issuer if it stays so.",
        "The chain that the issuer's DID lives on cannot be reached right now.";
    ISSUANCE_REVOCATION_MISSING = "issuance.revocation_missing", Issuer,
        "A signed document must say how it can be revoked, with the address that way needs; this one does not.",
        "Ask the issuer to issue the document again with a revocation.",
        "A signed document says that a store revokes it, and leaves out which one.";
    ISSUANCE_REVOKED_BY_RESPONDER = "issuance.revoked_by_responder", Issuer,
        "The issuer's revocation service says that the document is revoked.",
        "Do not rely on this document. Ask the issuer for the one that replaces it.",
        "The chamber's responder answers \"revoked\", with the reason that the holder's details changed.";
    ISSUANCE_REVOCATION_UNAVAILABLE = "issuance.revocation_unavailable", Network,
        "The issuer's revocation service gave no usable answer, so the document may be revoked.",
        "Try again; ask the issuer if it stays so.",
        "The chamber's responder shows a maintenance page to everybody.";
    TITLE_LIVE = "title.live", Nobody,
        "The title is live: its escrow holds it for the recorded parties.",
        "Nothing to do.",
        "The escrow holds the title for a bank as holder and a buyer as beneficiary.";
    TITLE_RETURNED = "title.returned", Issuer,
        "The title was returned to the issuer, who may accept it or give it back.",
        "Ask the issuer what happens next; the title cannot be transferred now.",
        "The buyer surrendered the bill at the port of discharge, and the carrier has not answered yet.";
    TITLE_ENDED = "title.ended", Verifier,
        "The title was accepted by the issuer and has ended for good.",
        "Do not accept this document: nothing can be claimed with its title any more.",
        "The carrier accepted the surrender and handed out the goods; somebody offers the bill once more.";
    TITLE_RETURN_PENDING = "title.return_pending", Verifier,
        "The title is returned to the issuer in a newer block, which is not final yet.",
        "Do not rely on the title now. Verify again when that block is final.",
        "The holder returned the title a minute before you looked.";
    TITLE_END_PENDING = "title.end_pending", Verifier,
        "The title has ended in a newer block, which is not final yet.",
        "Do not rely on the title now. Verify again when that block is final.",
        "The carrier accepted the return in a block that is not final yet.";
    TITLE_CHANGE_PENDING = "title.change_pending", Verifier,
        "In a newer block, which is not final yet, the title is in another state, and not in one that you accept.",
        "Do not rely on the title now. Verify again when that block is final.",
        "You accept returned titles only, and the newest block has this one given back to its holder.";
    TITLE_NOT_FINAL = "title.not_final_yet", Verifier,
        "The title is issued in a newer block than the one that was read, which is not final yet.",
        "Verify again when that block is final.",
        "You open the bill a minute after the carrier issued it.";
    TITLE_NOT_ISSUED = "title.not_issued", Issuer,
        "There is no title, because none was issued.",
        "See the issuance check.",
        "The registry is genuine and knows no title for the digest of this document.";
    TITLE_UNKNOWN = "title.unknown", Verifier,
        "The state of the title could not be established.",
        "See the registry and issuance checks.",
        "The registry could not be read, so nobody can say who holds the title.";
    TITLE_NONE = "title.not_applicable", Nobody,
        "This document is not a transferable record and has no title.",
        "Nothing to do.",
        "A certificate of origin passes through many hands without any title.";
    HISTORY_COMPLETE = "history.complete", Nobody,
        "The history was read from the registry's first block on, follows the rules, and ends in the recorded state.",
        "Nothing to do.",
        "Issued, endorsed twice and handed over: four operations that end with today's parties.";
    HISTORY_PARTIAL = "history.partial", Network,
        "Not all blocks could be searched for the title's history, so its older part is missing.",
        "Try again, or give an endpoint that searches longer ranges of blocks.",
        "The endpoint searches the last 10 000 blocks and no further, and the title is two years old.";
    HISTORY_INCOMPLETE = "history.incomplete", Network,
        "The history that was served has a gap: it breaks the rules or does not end in the recorded state.",
        "Ask another endpoint; do not rely on the history shown.",
        "An endpoint lost its logs of one day, so a handover starts from somebody who never got the title.";
    HISTORY_UNPROVEN = "history.unproven", Verifier,
        "The history does not count, because the registry or the state of the title is not known.",
        "See the registry, issuance and title checks.",
        "The registry's code is unknown, so what it logs may be anything.";
    HISTORY_NONE = "history.not_applicable", Nobody,
        "There is no title, so it has no history.",
        "Nothing to do.",
        "The bill was never issued, so nothing ever happened to its title.";
    POWERS_KNOWN = "powers.known", Nobody,
        "The registry's logs about roles are whole and agree with what it says itself.",
        "Nothing to do.",
        "One account is administrator and minter, another may accept returns, and nobody else has a role.";
    POWERS_NOT_FULLY_KNOWN = "powers.not_fully_known", Network,
        "Who holds which power over the registry is not fully known.",
        "Try again, or give an endpoint that searches longer ranges of blocks.",
        "The logs of the registry's first year could not be read, so a minter of that time may be missing.";
    POWERS_UNPROVEN = "powers.unproven", Verifier,
        "What this contract says about roles does not count, because it is not known to be a registry.",
        "See the registry check.",
        "A contract of unknown code names an administrator; it may name whom it likes.";
    POLICY_NONE = "policy.none", Nobody,
        "No policy was given.",
        "Nothing to do.",
        "The bill was verified with no rules but those that hold for everybody.";
    POLICY_NO_PRESENTATION = "policy.not_a_presentation", Sender,
        "You named a challenge or a domain, which only a presentation can answer; this is none, so nothing shows who holds it now.",
        "Ask the sender for a presentation of the document that answers your challenge.",
        "You sent the holder a challenge, and the bare bill came back instead of an answer.";
    POLICY_EMPTY = "policy.empty", Verifier,
        "The policy that was given asks for nothing.",
        "Check that it is the file that you meant.",
        "The policy file is the template with every rule still commented out.";
    POLICY_MET = "policy.met", Nobody,
        "Every rule of your policy that applies to this document holds.",
        "Nothing to do.",
        "Your rules name the issuer, the chain and DNSSEC, and all three hold.";
    POLICY_NOT_MET = "policy.not_met", Verifier,
        "At least one rule of your policy does not hold; this says nothing against the document itself.",
        "Look at the rules that are listed. Do not accept the document, or change the policy if a rule is not meant so.",
        "Your rules want your bank as the holder, and the registry records the shipper.";
    POLICY_UNDECIDED = "policy.undecided", Verifier,
        "At least one rule of your policy could not be decided, because what it asks about is not known.",
        "Look at the rules that are listed, and at the other checks for what could not be found out.",
        "Your rules want the issuer's domain, and no resolver could be reached.";
    POLICY_CHANGE_PENDING = "policy.change_pending", Verifier,
        "A rule of your policy holds in the block that was read, and no longer in a newer one, which is not final yet.",
        "Look at the rules that are listed. Verify again when that block is final.",
        "Your bank is the holder in the final block, and no longer in the newest.";
    POLICY_NOT_APPLICABLE = "policy.not_applicable", Nobody,
        "None of the rules of your policy says anything about a document of this kind.",
        "Nothing to do.",
        "Your only rule is about the holder of a title, and the document has no title.";
    CHALLENGE_UNREADABLE = "challenge.unreadable", Verifier,
        "The file is no challenge as this program writes it: of another kind, changed by an editor or on its way, or put together by somebody else.",
        "Use the very text that you kept when you issued the challenge.",
        "A mail program wrapped the long lines of the text before it came back to the desk.";
    CHALLENGE_IN_FORCE = "challenge.in_force", Nobody,
        "The challenge is in force, and it is the one that you expected.",
        "Nothing to do.",
        "The bank issued the challenge four minutes ago, and the text that came back is the one it kept.";
    CHALLENGE_EXPIRED = "challenge.expired", Verifier,
        "The challenge has expired, so the signature may be an old one.",
        "Issue a new challenge and ask for a signature of that.",
        "The holder was travelling and signed a text of yesterday, which was good for fifteen minutes.";
    CHALLENGE_NOT_YET_VALID = "challenge.not_yet_valid", Verifier,
        "The challenge was issued at a time that has not come.",
        "Check your clock, and the one of the machine where the challenge was issued.",
        "The machine that issued the challenge is a day ahead.";
    CHALLENGE_REPLAYED = "challenge.replayed", Verifier,
        "The same challenge was accepted before: whoever presents it now may only have a copy of the signature.",
        "Issue a new challenge and ask for a signature of that.",
        "A signature that the desk accepted in the morning is presented again in the afternoon by somebody else.";
    CHALLENGE_OTHER_ROLE = "challenge.other_role", Verifier,
        "The challenge is about another role than the one that you expected.",
        "Issue a challenge for the role that matters to you.",
        "The bank lends to the beneficiary and is shown that the holder signed.";
    CHALLENGE_OTHER_TITLE = "challenge.other_title", Verifier,
        "The challenge is about another title than the one that you expected.",
        "Issue a challenge for this title.",
        "The text names the title of last month's bill, which the same company held.";
    CHALLENGE_OTHER_PURPOSE = "challenge.other_purpose", Verifier,
        "The challenge was issued for another purpose than the one that you expected: the signature may have been given to somebody else.",
        "Use the very text that you kept when you issued the challenge.",
        "The text says \"for a terminal's gate pass\", and it is presented to a bank for a loan.";
    CHALLENGE_OTHER_DOMAIN = "challenge.other_domain", Verifier,
        "The challenge was issued by another domain than the one that you expected: the signature may have been given to somebody else.",
        "Use the very text that you kept when you issued the challenge.",
        "A page that looks like the bank's asked the holder to sign, and passes the signature on.";
    CHALLENGE_OTHER_NONCE = "challenge.other_nonce", Verifier,
        "The challenge is another one than the one that you issued.",
        "Use the very text that you kept when you issued the challenge.",
        "The holder signed the first of two challenges, and the desk waits for the second.";
    CHALLENGE_PARTY = "challenge.party", Nobody,
        "The registry records the challenged account in the challenged role.",
        "Nothing to do.",
        "At the block that was read the registry names the challenged account as holder.";
    CHALLENGE_PARTY_CHANGED = "challenge.party_changed", Verifier,
        "The registry now records another account in this role than the challenge names: the title was handed over since, or never was where the challenge says.",
        "Find out from whom you have the title, and issue a new challenge to the account that is recorded now.",
        "The holder signed at nine and handed the title over at ten; the desk looks at eleven.";
    CHALLENGE_NO_PARTY = "challenge.no_party", Verifier,
        "The title is not live, so the registry records nobody who could act for it.",
        "See the title check.",
        "The cargo was released and the title returned to the carrier before anybody signed.";
    CHALLENGE_PARTY_UNKNOWN = "challenge.party_unknown", Verifier,
        "Whom the registry records is not known.",
        "See the checks before it.",
        "The endpoint of the chain is down, so nobody can say who holds the title.";
    CHALLENGE_CHANGE_PENDING = "challenge.change_pending", Verifier,
        "What shows control in the block that was read is another thing in a newer one, which is not final yet.",
        "Try again when that block is final.",
        "A transfer to a new holder was mined a minute ago and may still be undone.";
    CHALLENGE_SIGNED = "challenge.signed", Nobody,
        "The challenged account signed this text.",
        "Nothing to do.",
        "The holder signed the text in a wallet, and the key is the one of the recorded account.";
    CHALLENGE_SIGNATURE_FORM = "challenge.signature_form", Holder,
        "What was presented is no signature that an account of this kind can make.",
        "Ask the holder to sign the text again, as a message, and to send what the wallet gives, unchanged.",
        "Only the first 64 bytes of the signature were pasted, without the last.";
    CHALLENGE_OTHER_SIGNER = "challenge.other_signer", Holder,
        "Another account signed, or another text was signed.",
        "Do not act on it. Ask the holder to sign exactly this text with the account that it names.",
        "The holder's colleague signed with a wallet of his own.";
    CHALLENGE_NOT_ACCEPTED = "challenge.not_accepted", Holder,
        "The account is a contract, and it does not accept the signature.",
        "Ask the holder whether enough owners of the account signed exactly this text, and whether the account knows ERC-1271.",
        "The holder is an account of three owners, two must sign, and only one did.";
    CHALLENGE_NOT_DEPLOYED = "challenge.not_deployed", Holder,
        "The account is not deployed, and what came with the signature does not deploy it.",
        "Ask the holder to deploy the account, or to sign with a wallet that knows ERC-6492.",
        "The wallet promised an account at this address, and the parts it sent make another address.";
    CHALLENGE_NO_ANSWER = "challenge.no_answer", Holder,
        "The account is a contract, and it came to no answer about the signature within the gas that was given.",
        "Ask the holder which rules the account has, and for another way to show control.",
        "The account's contract runs in a circle until the gas is used up.";
    PARTS_SAY = "check.parts", Nobody,
        "A presentation shows credentials; each of them is checked on its own, and has a title of its own if it has one.",
        "Look at the credentials.",
        "A presentation carries a bill and a certificate, and each of them is judged below it.";
    NOT_ASKED = "check.not_asked", Nobody,
        "Not asked: the document is not intact.",
        "See the integrity check; you can have the rest asked all the same.",
        "One field of the bill was changed, so nobody was asked whether it was issued.";
    OFFLINE = "check.offline", Verifier,
        "Not asked: this run was offline.",
        "Run again with a network.",
        "You looked at the file in a train without a network.";
    PROXY = "check.proxy", Verifier,
        "Your proxy gave no way to whoever was to be asked; this says nothing about the document.",
        "Check the proxy where it was set, or go without one.",
        "The office's proxy wants a password since Monday and turns every question down.";
    TOO_MUCH_TO_ASK = "check.too_much_to_ask", Issuer,
        "The document names more issuers, document stores or signers, or has a longer Merkle proof, than are asked about.",
        "Ask the issuer to issue the document again through fewer stores or signers, or in a smaller batch.",
        "A document names five hundred stores, each on a server that somebody wants to be called.";
    CHAIN_UNANSWERED = "check.chain_unanswered", Network,
        "Not known, because of what the chain check came to.",
        "See the chain check.",
        "The chain's endpoint did not answer, so the registry could not be asked about the title either.";
    REPLAY_NOT_EVIDENCE = "replay.not_evidence", Verifier,
        "The file is not evidence that this program kept, or not all of it: nothing was judged again.",
        "Ask whoever kept the evidence for the file as it was written.",
        "The mail program cut the evidence after a megabyte, and its last lines are missing.";
    REPLAY_OTHER_VERSION = "replay.other_version", Verifier,
        "The evidence is written in a form that this version does not read: nothing was judged again.",
        "Use the version that it names.",
        "The branch keeps evidence with next year's version, and head office still has this one.";
    REPLAY_CHANGED = "replay.changed", Verifier,
        "The evidence is not what was written: the hash in it does not fit the rest, so nothing was judged again.",
        "Ask whoever kept the evidence for the file as it was written.",
        "Somebody corrected the name of the holder in the kept file with an editor.";
    REPLAY_OTHER_DOCUMENT = "replay.other_document", Verifier,
        "The evidence is of another document than the one given: nothing was judged again.",
        "Give the document that the evidence was kept of, byte for byte.",
        "The evidence is of the bill, and the file beside it is the same bill with two fields hidden.";
    REPLAY_TRUST_MISSING = "replay.trust_missing", Verifier,
        "The evidence was judged by somebody who trusted more than the code of the document and the chain: no file can make you trust that.",
        "Say that you trust the same, if you do.",
        "The desk had told its verifier to trust a carrier's own registry, and the auditor has not.";
    RUN_SAME_FILE = "run.same_file", Verifier,
        "Several files of one run have the same content.",
        "Nothing is wrong with them; count them once.",
        "One bill was mailed twice and saved as bill.json and bill (1).json.";
    RUN_SAME_TITLE = "run.same_title", Verifier,
        "Different files of one run name the same title: it stands for one document, and the others are not that one, or show less of it.",
        "Find out which of them the title was issued for before you rely on any.",
        "A folder holds the bill as issued and a copy with the freight hidden: one title, two files.";
    RUN_SAME_BILL = "run.same_bill", Verifier,
        "One issuer's bill number stands under several titles in one run: the bill may have been issued twice, or again after a surrender.",
        "Ask the issuer which of the titles counts.",
        "Bill number 17 of one carrier stands under two titles: the carrier issued it again after a surrender.";
    RUN_TITLE_CHANGED = "run.title_changed", Verifier,
        "One title was read in two states, at different times: it was handed over, returned or restored in between.",
        "Rely on the later one, and judge again what was judged by the earlier one.",
        "The morning's part of the run saw the title live, the evening's part saw it returned.";
    RUN_BATCH = "run.same_batch", Verifier,
        "Several documents of one run were wrapped together, so whoever revokes their batch revokes all of them.",
        "Nothing to do.",
        "Twelve certificates of one day have one Merkle root.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The reader is told to turn to the one who can act.
    #[test]
    fn a_remedy_names_the_one_who_acts() {
        for code in all() {
            let asks = |whom: &str| code.remedy.contains(&format!("sk the {whom}"));
            match code.actor {
                Actor::Sender => assert!(code.remedy.contains("the sender") && !asks("issuer"), "{}", code.id),
                Actor::Issuer => assert!(!asks("sender") && !asks("holder"), "{}", code.id),
                Actor::Holder => assert!(asks("holder"), "{}", code.id),
                Actor::Nobody | Actor::Verifier | Actor::Network => {}
            }
        }
    }

    /// Two lines of a screen at most, about something that happens, and about nothing else than its own code.
    #[test]
    fn every_code_has_an_example_of_its_own_of_two_lines_at_most() {
        let examples: BTreeSet<_> = all().map(|code| code.example).collect();
        assert_eq!(examples.len(), all().count());
        for code in all() {
            let example = code.example;
            assert!((30..=140).contains(&example.chars().count()), "{}: {example}", code.id);
            assert!(example.ends_with('.') && example.starts_with(|c: char| !c.is_lowercase()), "{}", code.id);
            assert!(example != code.meaning && !example.contains(code.id), "{}", code.id);
        }
    }

    #[test]
    fn codes_are_unique_and_well_formed() {
        let ids: BTreeSet<_> = all().map(|code| code.id).collect();
        assert_eq!(ids.len(), all().count());
        for code in all() {
            let (check, finding) = code.id.split_once('.').unwrap();
            assert!(
                !check.is_empty() && finding.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
                "{}",
                code.id
            );
            assert!(code.meaning.ends_with('.') && code.remedy.ends_with('.'), "{}", code.id);
            assert_eq!(find(code.id), Some(code));
        }
    }
}
