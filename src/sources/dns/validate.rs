//! What one resolver says of one name, and what DNSSEC says of that (checks.md §5.4).
//!
//! Two look-ups run at the same time over the same connection:
//!
//! * the *checked* one asks with the DO bit and validates every record in this process, from the root anchor down;
//! * the *plain* one asks as a client without DNSSEC would.
//!
//! The checked answer counts whenever the chain of trust decides: `secure`, `insecure` or bogus. It does not decide
//! when the resolver gives nothing to decide with: no signature in any of its answers, not even over the root's keys,
//! or no answer at all to a query that validation needs. Then the plain answer counts, as `not checked`. So a resolver
//! that strips DNSSEC keeps working, a name is never lost for want of signatures, and an answer that the signatures
//! contradict is never replaced by the plain one: both come from the same resolver.
//!
//! A validator alone cannot tell these cases apart: to it, what is missing is as bogus as what is forged. Hence the
//! [`Account`] that is kept of what the resolver really delivered.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use futures_util::stream::{self, Stream, StreamExt as _};
use hickory_proto::dnssec::{Proof, TrustAnchors};
use hickory_proto::op::{DnsRequest, DnsRequestOptions, DnsResponse, Query};
use hickory_proto::rr::{Name, Record, RecordType};
use hickory_resolver::net::dnssec::DnssecDnsHandle;
use hickory_resolver::net::xfer::{DnsHandle, FirstAnswer as _};
use hickory_resolver::net::{DnsError, NetError, NoRecords};
use tokio::time::timeout;

use super::DnsConfig;
use super::aliases::{self, Found, NotFound};
use super::resolver::{Connection, Resolver, connect};
use crate::evidence::{Cause, Dnssec, Unavailable};

/// What one resolver said, and the number of queries it took.
pub(super) struct Asked {
    pub(super) said: Result<Reading, Unavailable>,
    pub(super) queries: u32,
}

/// One resolver's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) exists: bool,
    pub(super) records: Vec<String>,
    pub(super) dnssec: Dnssec,
}

impl Reading {
    fn new(found: Found, dnssec: Dnssec) -> Self {
        Self { exists: found.exists, records: found.records, dnssec }
    }
}

pub(super) async fn ask(resolver: &Resolver, config: &DnsConfig, name: &str) -> Asked {
    let account = Arc::new(Account::default());
    let said = match Name::from_ascii(format!("{name}.")) {
        Ok(name) => ask_both_ways(resolver, config, &name, &account).await,
        Err(error) => Err(unavailable(resolver, Cause::NotAnAnswer, &error.to_string())),
    };
    Asked { said, queries: account.queries.load(Ordering::Relaxed) }
}

async fn ask_both_ways(
    resolver: &Resolver,
    config: &DnsConfig,
    name: &Name,
    account: &Arc<Account>,
) -> Result<Reading, Unavailable> {
    let connection = connect(resolver, config)
        .await
        .map_err(|error| unavailable(resolver, Cause::Unreachable, &error.to_string()))?;
    // The plain look-up leaves no trace but its number: it asks for no signatures.
    let plain_account = Arc::new(Account::default());
    let plain_handle = Witness { handle: connection.clone(), account: Arc::clone(&plain_account) };
    // Nothing may hang longer than a few tries of one query, whatever the library does.
    let limit = config.timeout.saturating_mul(3);
    let mut plain = pin!(timeout(limit, aliases::txt(&plain_handle, name)));
    let mut checked = pin!(timeout(limit, check(connection, config, name, account)));

    let (plain, checked) = tokio::select! {
        checked = &mut checked => match checked {
            Ok(Checked::Undecided) | Err(_) => (Some(plain.await), Checked::Undecided),
            Ok(decided) => (None, decided),
        },
        // With an answer at hand, validation may take as long as one more query, not longer.
        plain = &mut plain => {
            (Some(plain), timeout(config.timeout, checked).await.ok().and_then(Result::ok).unwrap_or(Checked::Undecided))
        }
    };
    account.queries.fetch_add(plain_account.queries.load(Ordering::Relaxed), Ordering::Relaxed);
    match (checked, plain) {
        (Checked::Decided(reading), _) => Ok(reading),
        (Checked::Bogus, _) => Err(unavailable(resolver, Cause::Bogus, "the answer failed DNSSEC validation")),
        (Checked::Undecided, Some(Ok(Ok(found)))) => Ok(Reading::new(found, Dnssec::NotChecked)),
        (Checked::Undecided, Some(Ok(Err(why)))) => Err(failure(resolver, &why)),
        (Checked::Undecided, Some(Err(_)) | None) => Err(unavailable(resolver, Cause::Timeout, "no answer in time")),
    }
}

/// What the chain of trust says.
enum Checked {
    /// Secure, or provably not signed.
    Decided(Reading),
    /// There is a chain, and the answer is not part of it.
    Bogus,
    /// Nothing to decide with.
    Undecided,
}

async fn check(connection: Connection, config: &DnsConfig, name: &Name, account: &Arc<Account>) -> Checked {
    let witness = Witness { handle: connection, account: Arc::clone(account) };
    let anchors = match &config.trust_anchor {
        Some(anchor) => anchor.beside_root(&witness).await,
        None => TrustAnchors::default(),
    };
    let handle = DnssecDnsHandle::with_trust_anchor(witness, Arc::new(anchors));
    match aliases::txt(&handle, name).await {
        Ok(found) if found.proof == Proof::Secure => return Checked::Decided(Reading::new(found, Dnssec::Secure)),
        Ok(found) if found.proof == Proof::Insecure => return Checked::Decided(Reading::new(found, Dnssec::Insecure)),
        Ok(_) => {}
        Err(_) => return Checked::Undecided,
    }
    if !account.has_seen_a_signature() {
        // Every resolver that delivers signatures at all delivers those over the root's keys.
        let root_keys = Query::query(Name::root(), RecordType::DNSKEY);
        let _ = handle.lookup(root_keys, DnsRequestOptions::default()).first_answer().await;
    }
    if account.has_seen_a_signature() && !account.has_a_gap() { Checked::Bogus } else { Checked::Undecided }
}

/// What a resolver delivered to the queries of one look-up.
#[derive(Debug, Default)]
struct Account {
    queries: AtomicU32,
    signature: AtomicBool,
    gap: AtomicBool,
}

/// Queries for one look-up. A chain of trust takes a handful of each zone; an answer made of names in many zones would
/// otherwise let its sender send us anywhere, at length.
const MOST_QUERIES: u32 = 100;

impl Account {
    fn has_seen_a_signature(&self) -> bool {
        self.signature.load(Ordering::Relaxed)
    }

    fn has_a_gap(&self) -> bool {
        self.gap.load(Ordering::Relaxed)
    }

    fn may_ask(&self) -> bool {
        self.queries.fetch_add(1, Ordering::Relaxed) < MOST_QUERIES
    }

    /// Notes what arrived, and refuses what answers another question.
    fn note(&self, asked: Option<&Query>, result: Result<DnsResponse, NetError>) -> Result<DnsResponse, NetError> {
        let signed = |records: &[Record]| records.iter().any(|record| record.record_type() == RecordType::RRSIG);
        let (answered, signature) = match &result {
            Ok(response) => (response.queries.first(), signed(&response.answers) || signed(&response.authorities)),
            Err(NetError::Dns(DnsError::NoRecordsFound(NoRecords { query, authorities, .. }))) => {
                (Some(&**query), authorities.as_deref().is_some_and(signed))
            }
            Err(_) => {
                self.gap.store(true, Ordering::Relaxed);
                return result;
            }
        };
        if answered != asked {
            self.gap.store(true, Ordering::Relaxed);
            return Err(NetError::Message("the answer is to another question"));
        }
        self.signature.fetch_or(signature, Ordering::Relaxed);
        result
    }
}

/// Stands between the validator and the resolver and keeps the account.
#[derive(Clone)]
pub(super) struct Witness {
    handle: Connection,
    account: Arc<Account>,
}

impl DnsHandle for Witness {
    type Response = Pin<Box<dyn Stream<Item = Result<DnsResponse, NetError>> + Send>>;
    type Runtime = <Connection as DnsHandle>::Runtime;

    fn send(&self, request: DnsRequest) -> Self::Response {
        let account = Arc::clone(&self.account);
        if !account.may_ask() {
            let refused = account.note(None, Err(NetError::Message("too many queries for one name")));
            return Box::pin(stream::iter([refused]));
        }
        let asked = request.queries.first().cloned();
        Box::pin(self.handle.send(request).map(move |result| account.note(asked.as_ref(), result)))
    }
}

fn failure(resolver: &Resolver, why: &NotFound) -> Unavailable {
    let net = match why {
        NotFound::Net(net) => net,
        NotFound::Code(_) => return unavailable(resolver, Cause::ServerFailure, &why.to_string()),
        _ => return unavailable(resolver, Cause::NotAnAnswer, &why.to_string()),
    };
    match net {
        NetError::Timeout => unavailable(resolver, Cause::Timeout, "no answer in time"),
        NetError::Io(error) => unavailable(resolver, Cause::Unreachable, &error.to_string()),
        NetError::NoConnections => unavailable(resolver, Cause::Unreachable, "no connection"),
        // An HTTP error carries the page that came with it, which says nothing here.
        other => {
            let text = other.to_string();
            let head = text.split_once(", message:").map_or(text.as_str(), |(head, _)| head);
            unavailable(resolver, Cause::NotAnAnswer, head)
        }
    }
}

pub(super) fn unavailable(resolver: &Resolver, cause: Cause, detail: &str) -> Unavailable {
    Unavailable { cause, host: Some(resolver.to_string()), detail: detail.chars().take(200).collect() }
}
