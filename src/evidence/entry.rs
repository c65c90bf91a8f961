//! Evidence: questions with their answers, as they are kept, found again, written and read
//! (`schemas/evidence.schema.json`).

use std::collections::HashMap;

use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use super::{Answer, Ask, Fact, Finality, Provenance, Question, Unavailable};
use crate::primitives::Digest32;

/// Questions with their answers, in the order they were asked; one answer to each.
///
/// ```
/// use ebl_verifier::evidence::{Cause, DnsTxtQuestion, Entry, Evidence, Provenance, Unavailable};
///
/// let mut evidence = Evidence::new();
/// let question = DnsTxtQuestion { name: "carrier.example".into() };
/// let why = Unavailable { cause: Cause::Timeout, host: None, detail: "no answer in time".into() };
/// evidence.record(Entry::new(question, Err(why), Provenance::default()));
/// let written = serde_json::to_string(&evidence)?;
/// assert!(written.starts_with(r#"{"schema":"ebl-verifier/evidence/1","#));
/// assert_eq!(serde_json::from_str::<Evidence>(&written)?, evidence);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Evidence {
    entries: Vec<Entry>,
    /// Where in the list each question stands.
    places: HashMap<Question, usize>,
}

impl Evidence {
    /// No evidence: what an offline run starts and ends with.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an answer; a later answer to the same question replaces the earlier one.
    pub fn record(&mut self, entry: Entry) {
        match self.places.get(&entry.question).and_then(|&place| self.entries.get_mut(place)) {
            Some(known) => *known = entry,
            None => {
                self.places.insert(entry.question.clone(), self.entries.len());
                self.entries.push(entry);
            }
        }
    }

    /// The same, where what was read at this block was to be read there.
    pub(crate) fn of_chosen_block(&self, hash: Digest32) -> Self {
        let mut evidence = self.clone();
        for fact in evidence.entries.iter_mut().filter_map(|entry| entry.answer.as_mut().ok()) {
            if let Some(block) = fact.block_mut().filter(|block| block.hash == hash) {
                block.finality = Finality::Chosen;
            }
        }
        evidence
    }

    /// The entry for exactly this question.
    pub fn about(&self, question: &Question) -> Option<&Entry> {
        self.places.get(question).and_then(|&place| self.entries.get(place))
    }

    /// As [`Self::about`], with the answer as what this kind of question is answered with.
    pub fn found<Q: Ask + Clone>(&self, question: &Q) -> Option<Found<'_, Q>> {
        let entry = self.about(&question.clone().into())?;
        let answer = match entry.answer() {
            Ok(fact) => Ok(Q::reading(fact)?),
            Err(why) => Err(why),
        };
        Some(Found { entry, answer })
    }

    /// All entries.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

/// One question, its answer and where it came from. The answer is of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "WrittenEntry")]
pub struct Entry {
    question: Question,
    answer: Answer,
    /// From whom the answer is.
    pub provenance: Provenance,
}

impl Entry {
    /// A question and what came back.
    pub fn new<Q: Ask>(question: Q, answer: Result<Q::Reading, Unavailable>, provenance: Provenance) -> Self {
        Self { question: question.into(), answer: answer.map(Into::into), provenance }
    }

    /// A question, of whatever kind, that nobody answered.
    pub fn unanswered(question: Question, why: Unavailable, provenance: Provenance) -> Self {
        Self { question, answer: Err(why), provenance }
    }

    /// The same question, whose answer does not count, for this reason: nobody stands for it.
    pub(crate) fn discounted(&self, why: Unavailable) -> Self {
        let mut provenance = Provenance { hosts: Vec::new(), ..self.provenance.clone() };
        provenance.failed.push(why.clone());
        Self::unanswered(self.question.clone(), why, provenance)
    }

    /// A question of whatever kind with what may be an answer to it.
    pub fn pair(question: Question, answer: Answer, provenance: Provenance) -> Result<Self, AnotherKind> {
        match &answer {
            Ok(fact) if !question.is_answered_by(fact) => Err(AnotherKind),
            _ => Ok(Self { question, answer, provenance }),
        }
    }

    /// What was asked.
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// What came back.
    pub fn answer(&self) -> Result<&Fact, &Unavailable> {
        self.answer.as_ref()
    }
}

/// An entry about a question of this kind, with its answer.
#[derive(Debug)]
pub struct Found<'e, Q: Ask> {
    /// The whole entry.
    pub entry: &'e Entry,
    /// What came back.
    pub answer: Result<&'e Q::Reading, &'e Unavailable>,
}

impl<Q: Ask> Clone for Found<'_, Q> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Q: Ask> Copy for Found<'_, Q> {}

/// The answer is to another kind of question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer is to another kind of question")]
pub struct AnotherKind;

/// The form that is read and written.
const SCHEMA: &str = "ebl-verifier/evidence/1";

impl Serialize for Evidence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut written = serializer.serialize_struct("Evidence", 2)?;
        written.serialize_field("schema", SCHEMA)?;
        written.serialize_field("entries", &self.entries)?;
        written.end()
    }
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut written = serializer.serialize_struct("Entry", 3)?;
        written.serialize_field("question", &self.question)?;
        match &self.answer {
            Ok(fact) => written.serialize_field("reading", fact)?,
            Err(why) => written.serialize_field("unavailable", why)?,
        }
        written.serialize_field("provenance", &self.provenance)?;
        written.end()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    schema: String,
    entries: Vec<Entry>,
}

impl TryFrom<Written> for Evidence {
    type Error = String;

    fn try_from(Written { schema, entries }: Written) -> Result<Self, String> {
        if schema != SCHEMA {
            return Err(format!("evidence is of the form {SCHEMA}, not {schema:?}"));
        }
        let mut evidence = Self::new();
        let count = entries.len();
        entries.into_iter().for_each(|entry| evidence.record(entry));
        if evidence.entries.len() == count { Ok(evidence) } else { Err("one question has two answers".into()) }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEntry {
    question: Question,
    /// As it stands there: what it is of says the question.
    reading: Option<Box<RawValue>>,
    unavailable: Option<Unavailable>,
    provenance: Provenance,
}

impl TryFrom<WrittenEntry> for Entry {
    type Error = String;

    fn try_from(WrittenEntry { question, reading, unavailable, provenance }: WrittenEntry) -> Result<Self, String> {
        let answer = match (reading, unavailable) {
            (Some(reading), None) => Ok(question.read(&reading).map_err(|why| why.to_string())?),
            (None, Some(why)) => Err(why),
            _ => return Err("a question has a reading, or why there is none".into()),
        };
        Ok(Self { question, answer, provenance })
    }
}
