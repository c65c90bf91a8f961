//! From a name to its TXT records, along a bounded chain of aliases (checks.md §5.1). Works on any handle, validating
//! or not: every step carries the proof that the handle put on it.

use hickory_proto::dnssec::Proof;
use hickory_proto::dnssec::rdata::DNSSECRData;
use hickory_proto::op::{DnsRequestOptions, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use hickory_resolver::net::xfer::{DnsHandle, FirstAnswer as _};
use hickory_resolver::net::{DnsError, NetError, NoRecords};

use super::wildcard::{nothing_is_closer, signature_of_expansion};

/// What stands at the end of the chain.
#[derive(Debug)]
pub(super) struct Found {
    /// False when NXDOMAIN was the answer for the name itself.
    pub(super) exists: bool,
    /// In sorted order, the strings of each record joined.
    pub(super) records: Vec<String>,
    /// The name at the end of the aliases, whose records these are.
    pub(super) end: Name,
    /// The weakest proof of any step; means nothing where the handle does not validate.
    pub(super) proof: Proof,
}

/// Why there is nothing to read.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotFound {
    /// Nothing that is an answer arrived.
    #[error(transparent)]
    Net(#[from] NetError),
    /// An RCODE that is neither NOERROR nor NXDOMAIN.
    #[error("it answered {0}")]
    Code(ResponseCode),
    #[error("the aliases run in a circle")]
    AliasLoop,
    #[error("more than {MOST_ALIASES} aliases")]
    TooManyAliases,
    #[error("a name with two aliases")]
    TwoAliases,
    #[error("the records in the answer are not those that were asked for")]
    Unrelated,
    #[error("more than {MOST_RECORDS} TXT records")]
    TooManyRecords,
}

/// Longest chain of CNAME records that is followed.
const MOST_ALIASES: usize = 8;

/// TXT records of one domain. Of more, none is read: what is left out could be the one that matters.
const MOST_RECORDS: usize = 1024;

pub(super) async fn txt<H: DnsHandle>(handle: &H, name: &Name) -> Result<Found, NotFound> {
    let mut path = Path { end: name.clone(), passed: Vec::new(), proof: Proof::Secure };
    loop {
        let asked = path.end.clone();
        let reply = Reply::from_handle(handle, &asked).await?;
        while let Some((target, proof)) = reply.alias_of(&path.end)? {
            path.step(target, proof)?;
        }
        if path.end == asked {
            let (records, proof) = reply.texts_of(&asked)?;
            if !records.is_empty() {
                return Ok(Found { exists: true, records, end: asked, proof: path.proof.min(proof) });
            }
            // Records of another name or type neither are what was asked for nor say that there is none.
            if !reply.answers.is_empty() {
                return Err(NotFound::Unrelated);
            }
            // A name that is an alias exists, whatever its target does (RFC 6604).
            let exists = reply.code != ResponseCode::NXDomain || !path.passed.is_empty();
            let proof = path.proof.min(reply.proof_of_absence(&asked));
            return Ok(Found { exists, records, end: asked, proof });
        }
        // The target's records may stand in the same answer. What needs a proof of absence is asked for by itself: the
        // validator proves what is missing at the name that was asked for, not along the chain.
        if signature_of_expansion(&reply.answers, &path.end).is_none() {
            let (records, proof) = reply.texts_of(&path.end)?;
            if !records.is_empty() {
                return Ok(Found { exists: true, records, end: path.end, proof: path.proof.min(proof) });
            }
        }
    }
}

struct Path {
    end: Name,
    passed: Vec<Name>,
    proof: Proof,
}

impl Path {
    fn step(&mut self, target: Name, proof: Proof) -> Result<(), NotFound> {
        if target == self.end || self.passed.contains(&target) {
            return Err(NotFound::AliasLoop);
        }
        if self.passed.len() >= MOST_ALIASES {
            return Err(NotFound::TooManyAliases);
        }
        self.passed.push(std::mem::replace(&mut self.end, target));
        self.proof = self.proof.min(proof);
        Ok(())
    }
}

/// One answer, positive or negative.
struct Reply {
    code: ResponseCode,
    answers: Vec<Record>,
    authorities: Vec<Record>,
    /// What the handle says of the absence that the answer claims, beside the proof of each record.
    absence: Proof,
}

impl Found {
    /// No such name, or no TXT record.
    pub(super) fn is_denial(&self) -> bool {
        self.records.is_empty()
    }
}

impl Reply {
    async fn from_handle<H: DnsHandle>(handle: &H, name: &Name) -> Result<Self, NotFound> {
        let query = Query::query(name.clone(), RecordType::TXT);
        let (response, absence) = match handle.lookup(query, DnsRequestOptions::default()).first_answer().await {
            Ok(response) => (response, Proof::Secure),
            Err(NetError::Dns(DnsError::Nsec { response, proof, .. })) => (*response, proof),
            Err(NetError::Dns(DnsError::NoRecordsFound(NoRecords { response_code, authorities, .. }))) => {
                let authorities = authorities.map(|records| records.to_vec()).unwrap_or_default();
                return Self { code: response_code, answers: Vec::new(), authorities, absence: Proof::Secure }
                    .checked();
            }
            Err(NetError::Dns(DnsError::ResponseCode(code))) => return Err(NotFound::Code(code)),
            Err(other) => return Err(other.into()),
        };
        let code = response.response_code;
        let message = response.into_message();
        Self { code, answers: message.answers, authorities: message.authorities, absence }.checked()
    }

    fn checked(self) -> Result<Self, NotFound> {
        match self.code {
            ResponseCode::NoError | ResponseCode::NXDomain => Ok(self),
            other => Err(NotFound::Code(other)),
        }
    }

    fn alias_of(&self, name: &Name) -> Result<Option<(Name, Proof)>, NotFound> {
        let mut targets = self.answers.iter().filter(|record| record.name == *name).filter_map(|record| {
            let RData::CNAME(alias) = &record.data else { return None };
            Some((alias.0.clone(), self.proof_of(record)))
        });
        let first = targets.next();
        match (&first, targets.next()) {
            (Some((one, _)), Some((other, _))) if *one != other => Err(NotFound::TwoAliases),
            _ => Ok(first),
        }
    }

    /// Sorted, so that two resolvers that answer in another order agree.
    fn texts_of(&self, name: &Name) -> Result<(Vec<String>, Proof), NotFound> {
        let mut proof = Proof::Secure;
        let mut texts = Vec::new();
        for record in self.answers.iter().filter(|record| record.name == *name) {
            if let RData::TXT(txt) = &record.data {
                texts.push(String::from_utf8_lossy(&txt.txt_data.concat()).into_owned());
                proof = proof.min(self.proof_of(record));
            }
        }
        if texts.len() > MOST_RECORDS {
            return Err(NotFound::TooManyRecords);
        }
        texts.sort();
        Ok((texts, proof))
    }

    /// A record that stands for itself needs its own proof only. One made from a wildcard also needs the proof that there
    /// is nothing closer (RFC 4035 §5.3.4).
    fn proof_of(&self, record: &Record) -> Proof {
        match signature_of_expansion(&self.answers, &record.name) {
            Some(expansion) if !nothing_is_closer(&record.name, expansion, &self.authorities) => {
                record.proof.min(self.absence)
            }
            _ => record.proof,
        }
    }

    /// A validating handle lets a negative answer pass when it is denied by NSEC or NSEC3, when the name is below a
    /// proven unsigned delegation, or when everything beside it is unsigned. The last is only good for `name` when one
    /// of these records stands at or above it: anybody can add the SOA of some unsigned zone.
    fn proof_of_absence(&self, name: &Name) -> Proof {
        let denied = |record: &Record| {
            let denial = matches!(&record.data, RData::DNSSEC(DNSSECRData::NSEC(_) | DNSSECRData::NSEC3(_)));
            denial && record.proof == Proof::Secure
        };
        let proof = if self.authorities.iter().any(denied) {
            Proof::Secure
        } else if !self.authorities.is_empty()
            && self.authorities.iter().all(|record| record.proof == Proof::Insecure && !record.name.zone_of(name))
        {
            Proof::Bogus
        } else {
            Proof::Insecure
        };
        proof.min(self.absence)
    }
}
