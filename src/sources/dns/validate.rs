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
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::stream::{self, FuturesUnordered, Stream, StreamExt as _};
use hickory_proto::dnssec::Proof;
use hickory_proto::op::{DnsRequest, DnsRequestOptions, DnsResponse, Query, ResponseCode};
use hickory_proto::rr::{Name, Record, RecordType};
use hickory_resolver::net::dnssec::DnssecDnsHandle;
use hickory_resolver::net::xfer::{DnsHandle, FirstAnswer as _};
use hickory_resolver::net::{DnsError, NetError, NoRecords};
use tokio::time::timeout;

use super::aliases::{self, Found, NotFound};
use super::chain::Seen;
use super::resolver::{Connection, NoWay, Resolver, connect};
use super::top_level::KnownTopLevels;
use super::{DnsConfig, anchor};
use crate::evidence::{Cause, Dnssec, TopLevelReading, Unavailable};

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
    /// The chain of signatures, where it is secure and the core can check it.
    pub(super) chain: Option<Vec<u8>>,
    /// Where it denies something and nothing validates that.
    pub(super) top_level: Option<TopLevelReading>,
}

impl Reading {
    /// A denial by somebody who gave no sign of knowing anything.
    pub(super) fn shows_nothing(&self) -> bool {
        self.top_level.as_ref().is_some_and(|top_level| !top_level.answered)
    }
}

pub(super) async fn ask(resolver: &Resolver, config: &DnsConfig, known: &KnownTopLevels, name: &str) -> Asked {
    let queries = Arc::new(AtomicU32::new(0));
    let said = match Name::from_ascii(format!("{name}.")) {
        Ok(name) => ask_servers(resolver, config, known, &name, &queries).await,
        Err(error) => Err(unavailable(resolver, Cause::NotAnAnswer, &error.to_string())),
    };
    Asked { said, queries: queries.load(Ordering::Relaxed) }
}

/// Of a resolver's servers the one counts that says most; what there is, is not waited for longer.
async fn ask_servers(
    resolver: &Resolver,
    config: &DnsConfig,
    known: &KnownTopLevels,
    name: &Name,
    queries: &Arc<AtomicU32>,
) -> Result<Reading, Unavailable> {
    let connections = connect(resolver, config)
        .await
        .map_err(|error| unavailable(resolver, Cause::Unreachable, &error.to_string()))?;
    let lookups = connections.into_iter().map(|connection| async {
        let lookup = Lookup::new(connection, queries);
        lookup.ask_both_ways(config, known, name).await.map_err(|(cause, detail)| unavailable(resolver, cause, &detail))
    });
    let mut lookups: FuturesUnordered<_> = lookups.collect();
    let mut best = Err(unavailable(resolver, Cause::NoSource, "no server is set"));
    while let Some(said) = lookups.next().await {
        if weight(&said) > weight(&best) {
            best = said;
        }
        if weight(&best) == MOST_WEIGHT {
            break;
        }
    }
    best
}

const MOST_WEIGHT: u8 = 4;

fn weight(said: &Result<Reading, Unavailable>) -> u8 {
    match said {
        Err(why) if why.cause == Cause::NoSource => 0,
        Err(why) if why.cause == Cause::Bogus => MOST_WEIGHT,
        Err(_) => 1,
        Ok(reading) if reading.shows_nothing() => 2,
        Ok(reading) if reading.top_level.is_some() => 3,
        Ok(_) => MOST_WEIGHT,
    }
}

/// Two look-ups of one name at one server.
struct Lookup {
    server: String,
    plain: Witness,
    checked: Witness,
    no_way: NoWay,
}

impl Lookup {
    fn new(Connection { server, handle, no_way }: Connection, queries: &Arc<AtomicU32>) -> Self {
        let account = || Arc::new(Account { total: Arc::clone(queries), ..Account::default() });
        // The plain look-up leaves no trace but its number: it asks for no signatures.
        let plain = Witness { handle: handle.clone(), account: account() };
        Self { server, plain, checked: Witness { handle, account: account() }, no_way }
    }

    async fn ask_both_ways(
        &self,
        config: &DnsConfig,
        known: &KnownTopLevels,
        name: &Name,
    ) -> Result<Reading, (Cause, String)> {
        // Nothing may hang longer than a few tries of one query, whatever the library does.
        let limit = config.timeout.saturating_mul(3);
        let mut plain = pin!(timeout(limit, async {
            let found = aliases::txt(&self.plain, name).await?;
            let top_level = match found.is_denial() {
                true => Some(self.top_level_above(&found, known).await),
                false => None,
            };
            Ok((found, top_level))
        }));
        let mut checked = pin!(timeout(limit, check(&self.checked, config, name)));
        let (plain, checked) = tokio::select! {
            checked = &mut checked => match checked.unwrap_or(Checked::Undecided) {
                Checked::Bogus => return Err(bogus()),
                Checked::Decided(found, dnssec) if dnssec == Dnssec::Secure || !found.is_denial() => {
                    return Ok(self.reading(config, name, found, dnssec, None));
                }
                other => (plain.await, other),
            },
            plain = &mut plain => {
                let nobody_is_there = !matches!(plain, Ok(Ok(_))) && !self.checked.account.has_an_answer();
                let checked = match nobody_is_there {
                    true => None,
                    // With an answer at hand, validation may take as long as one more query, not longer.
                    false => timeout(config.timeout, checked).await.ok().and_then(Result::ok),
                };
                (plain, checked.unwrap_or(Checked::Undecided))
            }
        };
        let told =
            plain.as_ref().ok().and_then(|plain| plain.as_ref().ok()).and_then(|(_, top_level)| top_level.clone());
        let (found, dnssec) = match (checked, plain) {
            (Checked::Bogus, _) => return Err(bogus()),
            (Checked::Decided(found, dnssec), _) => (found, dnssec),
            (Checked::Undecided, Ok(Ok((found, _)))) => (found, Dnssec::NotChecked),
            (Checked::Undecided, Ok(Err(why))) => {
                let (cause, detail) = failure(&why);
                let by_proxy = self.no_way.get().filter(|_| cause == Cause::Unreachable);
                return Err(by_proxy.cloned().unwrap_or((cause, detail)));
            }
            (Checked::Undecided, Err(_)) => return Err((Cause::Timeout, "no answer in time".into())),
        };
        let top_level = match (found.is_denial() && dnssec != Dnssec::Secure, told) {
            (false, _) => None,
            (true, Some(told)) if told.is_above(&found.end) => Some(told),
            (true, _) => Some(self.top_level_above(&found, known).await),
        };
        Ok(self.reading(config, name, found, dnssec, top_level))
    }

    fn reading(
        &self,
        config: &DnsConfig,
        name: &Name,
        found: Found,
        dnssec: Dnssec,
        top_level: Option<TopLevelReading>,
    ) -> Reading {
        let chain = (dnssec == Dnssec::Secure && !found.is_denial()).then(|| {
            let seen = self.checked.account.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.chain_of(name, &found.records, crate::sources::now(), &config.trust_anchors)
        });
        Reading { exists: found.exists, records: found.records, dnssec, chain: chain.flatten(), top_level }
    }

    async fn top_level_above(&self, denied: &Found, known: &KnownTopLevels) -> TopLevelReading {
        known.above(&denied.end, &self.server, &self.plain).await
    }
}

fn bogus() -> (Cause, String) {
    (Cause::Bogus, "the answer failed DNSSEC validation".into())
}

/// What the chain of trust says.
enum Checked {
    /// Secure, or provably not signed.
    Decided(Found, Dnssec),
    /// There is a chain, and the answer is not part of it.
    Bogus,
    /// Nothing to decide with.
    Undecided,
}

async fn check(witness: &Witness, config: &DnsConfig, name: &Name) -> Checked {
    let anchors = anchor::beside_root(&config.trust_anchors, witness).await;
    let handle = DnssecDnsHandle::with_trust_anchor(witness.clone(), Arc::new(anchors));
    match aliases::txt(&handle, name).await {
        Ok(found) if found.proof == Proof::Secure => return Checked::Decided(found, Dnssec::Secure),
        Ok(found) if found.proof == Proof::Insecure => return Checked::Decided(found, Dnssec::Insecure),
        Ok(_) => {}
        Err(_) => return Checked::Undecided,
    }
    let account = &witness.account;
    if !account.has_seen_a_signature() {
        // Every resolver that delivers signatures at all delivers those over the root's keys.
        let root_keys = Query::query(Name::root(), RecordType::DNSKEY);
        let _ = handle.lookup(root_keys, DnsRequestOptions::default()).first_answer().await;
    }
    if account.has_seen_a_signature() && !account.has_a_gap() { Checked::Bogus } else { Checked::Undecided }
}

/// What a server delivered to the queries of one look-up.
#[derive(Debug, Default)]
struct Account {
    /// Of all look-ups of one name at one resolver.
    total: Arc<AtomicU32>,
    queries: AtomicU32,
    answer: AtomicBool,
    signature: AtomicBool,
    gap: AtomicBool,
    /// What a chain is made of.
    seen: Mutex<Seen>,
}

/// Queries for one look-up. A chain of trust takes a handful of each zone; an answer made of names in many zones would
/// otherwise let its sender send us anywhere, at length.
const MOST_QUERIES: u32 = 100;

impl Account {
    /// Anything at all: an error is a sign of life, too.
    fn has_an_answer(&self) -> bool {
        self.answer.load(Ordering::Relaxed)
    }

    fn has_seen_a_signature(&self) -> bool {
        self.signature.load(Ordering::Relaxed)
    }

    fn has_a_gap(&self) -> bool {
        self.gap.load(Ordering::Relaxed)
    }

    async fn ask(&self, handle: &impl DnsHandle, request: DnsRequest) -> Result<DnsResponse, NetError> {
        if self.queries.fetch_add(1, Ordering::Relaxed) >= MOST_QUERIES {
            return Err(NetError::Message("too many queries for one name"));
        }
        self.total.fetch_add(1, Ordering::Relaxed);
        handle.send(request).first_answer().await
    }

    fn note(&self, result: &Result<DnsResponse, NetError>) {
        let signed = |records: &[Record]| records.iter().any(|record| record.record_type() == RecordType::RRSIG);
        let signature = match result {
            Ok(response) => signed(&response.answers) || signed(&response.authorities),
            Err(NetError::Dns(DnsError::NoRecordsFound(NoRecords { authorities, .. }))) => {
                authorities.as_deref().is_some_and(signed)
            }
            Err(_) => {
                self.gap.store(true, Ordering::Relaxed);
                false
            }
        };
        if let Ok(response) = result
            && signature
        {
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).note(&response.answers);
        }
        self.signature.fetch_or(signature, Ordering::Relaxed);
        self.answer.fetch_or(matches!(result, Ok(_) | Err(NetError::Dns(_))), Ordering::Relaxed);
    }
}

/// Stands between the validator and the server, asks again where that helps, and keeps the account.
#[derive(Clone)]
struct Witness {
    handle: super::resolver::Handle,
    account: Arc<Account>,
}

impl DnsHandle for Witness {
    type Response = Pin<Box<dyn Stream<Item = Result<DnsResponse, NetError>> + Send>>;
    type Runtime = <super::resolver::Handle as DnsHandle>::Runtime;

    fn send(&self, request: DnsRequest) -> Self::Response {
        let Self { handle, account } = self.clone();
        Box::pin(stream::once(async move {
            let mut result = account.ask(&handle, request.clone()).await;
            if let Err(why) = &result
                && let Some(request) = worth_asking_again(why, request)
            {
                if request.edns.is_none() {
                    // What comes now can hold no signature.
                    account.gap.store(true, Ordering::Relaxed);
                }
                result = account.ask(&handle, request).await;
            }
            account.note(&result);
            result
        }))
    }
}

/// Who does not answer at all is not asked again: a packet that got lost was already sent again by then.
fn worth_asking_again(why: &NetError, mut request: DnsRequest) -> Option<DnsRequest> {
    match why {
        // Older servers do not know EDNS (RFC 6891 §6.2.2, §7).
        NetError::Dns(DnsError::ResponseCode(ResponseCode::FormErr | ResponseCode::NotImp)) => {
            request.edns.take().map(|_| request)
        }
        NetError::Dns(DnsError::ResponseCode(ResponseCode::ServFail)) => Some(request),
        closed if closed.is_connection_closed() => Some(request),
        _ => None,
    }
}

fn failure(why: &NotFound) -> (Cause, String) {
    let net = match why {
        NotFound::Net(net) => net,
        NotFound::Code(_) => return (Cause::ServerFailure, why.to_string()),
        _ => return (Cause::NotAnAnswer, why.to_string()),
    };
    match net {
        NetError::Timeout => (Cause::Timeout, "no answer in time".into()),
        NetError::Io(error) => (Cause::Unreachable, error.to_string()),
        NetError::NoConnections => (Cause::Unreachable, "no connection".into()),
        // An HTTP error carries the page that came with it, which says nothing here.
        other => {
            let text = other.to_string();
            let head = text.split_once(", message:").map_or(text.as_str(), |(head, _)| head);
            (Cause::NotAnAnswer, head.to_owned())
        }
    }
}

pub(super) fn unavailable(resolver: &Resolver, cause: Cause, detail: &str) -> Unavailable {
    Unavailable { cause, host: Some(resolver.to_string()), detail: detail.chars().take(200).collect() }
}
