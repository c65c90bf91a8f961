//! Judging one document of a run: what it is read from, how much of all documents is in memory at a time, and whether it is
//! this run's to judge.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::evidence::Keeper;
use super::input::{self, Input, InputError};
use super::journal::{self, Place};
use super::no_document::NoDocument;
use super::note;
use super::record::{Record, ReportView};
use super::reports::{Found, Printer};
use super::shard::Shard;
use crate::primitives::{Digest32, rfc3339};
use crate::sources::now;
use crate::verifier::{Verifier, Wishes};
use crate::verify::{LinkFollowed, Report};
use crate::web_address::DOCUMENT_LIMIT;

/// What all documents of a run are judged with.
pub(super) struct Bench {
    pub verifier: Verifier,
    pub wishes: Wishes,
    pub max_bytes: usize,
    /// Whether other documents are judged by the same threads.
    pub is_shared: bool,
    /// Absent where only the exit code is wanted.
    pub printer: Option<Printer>,
    /// Pipes and devices that may be opened.
    pub streams: Vec<PathBuf>,
    pub shard: Option<Shard>,
    /// What an earlier run judged; absent where nothing is noted.
    pub judged: Option<HashMap<Digest32, Place>>,
    /// Where evidence is kept, if it is.
    pub keeper: Option<Keeper>,
    /// How many are judged at a time.
    pub turns: Semaphore,
    pub room: Room,
}

/// What became of one argument.
pub(super) enum Came {
    Judged(Box<Judged>),
    /// An earlier run judged it.
    Earlier(Place),
    OtherShard,
}

/// A document that was judged, or tried.
pub(super) struct Judged {
    pub record: Record,
    /// What is printed of it; nothing where only the exit code is wanted.
    pub text: anyhow::Result<Vec<u8>>,
    /// Of what a journal notes.
    pub input: Option<(Digest32, Option<u64>)>,
    /// Whether its evidence was to be kept and could not be.
    pub evidence_lost: bool,
}

impl Bench {
    pub(super) async fn judged(&self, file: &Path) -> Came {
        // Both are closed by nobody.
        let _turn = self.turns.acquire().await.ok();
        let input = Input::of(file, |text| self.verifier.read_link(text));
        let _taken = self.room.taken(&input, self.max_bytes).await;
        let bytes = match &input {
            Input::File(path) => Some(self.read(path).await),
            Input::Link(_) | Input::NotALink(_) => None,
        };
        let name = file.as_os_str().as_encoded_bytes();
        let identity = match &bytes {
            _ if self.shard.is_none() && self.judged.is_none() => None,
            Some(Ok(bytes)) => Some((Digest32(Sha256::digest(bytes).into()), Some(bytes.len() as u64))),
            // Of what cannot be read, and of links, only the name is known.
            Some(Err(_)) | None => Some((Digest32(Sha256::digest(name).into()), None)),
        };
        // What cannot be read has no content to go by, and machines may name it differently: the first part has it.
        let unreadable = matches!(bytes, Some(Err(_)));
        if let Some((content, _)) = identity
            && self.shard.is_some_and(|shard| !shard.has(if unreadable { Digest32::default() } else { content }))
        {
            return Came::OtherShard;
        }
        let key = identity.map(|(content, size)| (journal::key(name, content), size));
        let earlier = key.zip(self.judged.as_ref()).and_then(|((key, _), judged)| judged.get(&key));
        if let Some(place) = earlier {
            return Came::Earlier(*place);
        }
        let name = input.name();
        let (outcome, kept) = match self.outcome(&input, bytes, &name).await {
            Ok((report, kept)) => (Ok(report), kept),
            Err(why) => (Err(why), Ok(())),
        };
        if let Err(error) = &kept {
            note(&format!("the evidence of {name} could not be kept: {error:#}"));
        }
        let record = match &outcome {
            Ok(found) => Record::of(&ReportView::from(&found.report), found.report.verdict),
            Err(why) => Record::of_no_document(&name, why, rfc3339(now())),
        };
        let text = self.printer.map_or_else(|| Ok(Vec::new()), |printer| printer.printed(&name, &outcome));
        let input = key.filter(|_| self.judged.is_some());
        Came::Judged(Box::new(Judged { record, text, input, evidence_lost: kept.is_err() }))
    }

    async fn read(&self, path: &Path) -> Result<Vec<u8>, NoDocument> {
        let max_bytes = self.max_bytes;
        let stream = if self.is_shared { input::stream(path) } else { None };
        if let Some(what) = stream.filter(|_| !self.streams.iter().any(|named| named == path)) {
            return Err(InputError::NotPlain(what).into());
        }
        // A pipe may keep one waiting for ever; the threads are there for all. A plain file costs less than the change.
        let bytes = if stream.is_some() || self.is_shared && path.as_os_str() == "-" {
            let path = path.to_owned();
            let reading = tokio::task::spawn_blocking(move || input::read(&path, max_bytes));
            reading.await.unwrap_or_else(|why| Err(InputError::Other(format!("it was not read: {why}"))))
        } else {
            input::read(path, max_bytes)
        };
        bytes.map_err(|error| match error {
            InputError::Folder => InputError::FolderToTakeApart.into(),
            other => other.into(),
        })
    }

    /// What was found, and what keeping its evidence came to.
    async fn outcome(
        &self,
        input: &Input<'_>,
        bytes: Option<Result<Vec<u8>, NoDocument>>,
        name: &str,
    ) -> Result<(Box<Found>, anyhow::Result<()>), NoDocument> {
        let (verifier, wishes) = (&self.verifier, &self.wishes);
        let with_histories = self.printer.is_some_and(|printer| printer.format.is_kept());
        let (report, titles, evidence, bytes) = match (input, bytes) {
            (Input::NotALink(error), _) => return Err((*error).into()),
            (Input::Link(link), _) if with_histories => verifier.verify_link_with_histories(link, wishes).await?,
            (Input::Link(link), _) => {
                let (report, evidence, bytes) = verifier.verify_link_with_evidence(link, wishes).await?;
                (report, Vec::new(), evidence, bytes)
            }
            (Input::File(_), Some(bytes)) if with_histories => {
                let bytes = bytes?;
                let (report, titles, evidence) = verifier.verify_with_histories(&bytes, wishes).await?;
                (report, titles, evidence, bytes)
            }
            (Input::File(_), Some(bytes)) => {
                let bytes = bytes?;
                let (report, evidence) = verifier.verify_with_evidence(&bytes, wishes).await?;
                (report, Vec::new(), evidence, bytes)
            }
            (Input::File(_), None) => return Err(InputError::Other("it was not read".into()).into()),
        };
        let report = Report { file: Some(name.to_owned()), ..report };
        let link = match input {
            Input::Link(link) => Some(LinkFollowed::from(link)),
            _ => None,
        };
        let kept = self.keeper.as_ref().map(|keeper| keeper.keep(&bytes, &report, evidence, wishes, link.as_ref()));
        Ok((Box::new(Found { report, titles }), kept.unwrap_or(Ok(()))))
    }
}

/// How much of documents is in memory at a time, whatever their number: a large one waits until there is room for it.
pub(super) struct Room(Semaphore);

impl Default for Room {
    fn default() -> Self {
        Self(Semaphore::new(Self::KIB))
    }
}

impl Room {
    const KIB: usize = 128 << 10;

    async fn taken(&self, input: &Input<'_>, most: usize) -> Option<SemaphorePermit<'_>> {
        let bytes = match input {
            // How much comes out of a pipe or a device nobody can say.
            Input::File(path) => match std::fs::metadata(path) {
                Ok(metadata) if metadata.is_file() => metadata.len(),
                Ok(_) => most as u64,
                Err(_) => 0,
            },
            Input::Link(_) | Input::NotALink(_) => DOCUMENT_LIMIT,
        };
        let kib = usize::try_from(bytes >> 10).unwrap_or(usize::MAX).clamp(1, Self::KIB);
        self.0.acquire_many(u32::try_from(kib).unwrap_or(1)).await.ok()
    }
}
