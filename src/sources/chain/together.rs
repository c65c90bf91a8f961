//! Questions of several documents about one chain, asked together: whoever comes while others are being answered goes with
//! the next of them, so that a hundred documents take as many requests as one does. All that go together are read at one
//! block; what one document asks is never torn apart.
//!
//! What fails together may be one document's doing. So it is looked whether anybody answers at all: if nobody does, all who
//! wait are told so, and nobody is asked for a while; if somebody does, the same is asked again in two halves, down to each
//! document alone. A document that got less than a whole answer is asked about once more by itself, too.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use super::{ChainQuestion, ChainSource, Company, shortfall, with_provenance};
use crate::evidence::{Answer, Cause, Provenance, Unavailable};
use crate::primitives::ChainId;

/// A [`ChainSource`] whose questions go together.
pub(in crate::sources) struct Together {
    source: Arc<ChainSource>,
    lines: Mutex<BTreeMap<ChainId, Arc<Line>>>,
}

impl Together {
    pub(in crate::sources) fn new(source: Arc<ChainSource>) -> Self {
        Self { source, lines: Mutex::default() }
    }

    /// As [`ChainSource::read`].
    pub(in crate::sources) async fn read(&self, chain: ChainId, questions: Vec<ChainQuestion>) -> Vec<Answered> {
        let count = questions.len();
        let line = Arc::clone(locked(&self.lines).entry(chain).or_default());
        let answered = {
            let mut waiting = line.waiting();
            if let Some(outage) = waiting.outage.as_ref().filter(|outage| outage.lasts()) {
                return outage.answers(count);
            }
            let (tell, answered) = oneshot::channel();
            waiting.documents.push_back(Asked { questions, tell, together: MOST, hurried: 0 });
            if waiting.readers < READERS {
                waiting.readers += 1;
                let source = Arc::clone(&self.source);
                tokio::spawn(Reader { source, chain, line: Arc::clone(&line), done: false }.run());
            }
            answered
        };
        answered.await.unwrap_or_else(|_| vec![(Err(broken_off()), Provenance::default()); count])
    }
}

type Answered = (Answer, Provenance);

/// One document's questions, until they are answered.
struct Asked {
    questions: Vec<ChainQuestion>,
    tell: oneshot::Sender<Vec<Answered>>,
    /// With how many questions they may go together, themselves counted.
    together: usize,
    /// How often they came too fast for the endpoints.
    hurried: u32,
}

impl Asked {
    /// Whether something was not answered, or not whole.
    fn lacks(&self, places: &Places, answers: &[Answered]) -> bool {
        let answer = |question| places.get(question).and_then(|place| answers.get(*place));
        self.questions.iter().map(answer).any(|answer| answer.is_none_or(|(answer, _)| shortfall(answer).is_some()))
    }
}

/// Where the answer to a question stands.
type Places = HashMap<ChainQuestion, usize>;

/// Those who wait for one chain.
#[derive(Default)]
struct Line(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    documents: VecDeque<Asked>,
    /// How many readers are at work.
    readers: usize,
    outage: Option<Outage>,
    /// How many documents one after the other came too fast to the last, though each was alone.
    too_fast: u32,
}

impl Line {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        locked(&self.0)
    }
}

impl Waiting {
    /// The first of those who wait, as many as may go together.
    fn next(&mut self) -> Vec<Asked> {
        let (mut questions, mut most) = (0, MOST);
        let mut next = Vec::new();
        while let Some(asked) = self.documents.pop_front() {
            questions += asked.questions.len();
            most = most.min(asked.together);
            if questions > most && !next.is_empty() {
                self.documents.push_front(asked);
                break;
            }
            next.push(asked);
        }
        next
    }

    fn questions(&self) -> usize {
        self.documents.iter().map(|asked| asked.questions.len()).sum()
    }

    /// The same once more, before anybody else, in parts of so many questions.
    fn again(&mut self, documents: Vec<Asked>, together: usize) {
        for asked in documents.into_iter().rev() {
            self.documents.push_front(Asked { together: together.max(1), ..asked });
        }
    }

    /// One may be the only one that is refused so; where the next is, too, it is the endpoints that want nobody.
    fn another_too_fast(&mut self) -> bool {
        self.too_fast += 1;
        self.too_fast > 1
    }

    /// Nobody answers. Whoever waits would meet the same.
    fn fails(&mut self, documents: Vec<Asked>, why: Unavailable, provenance: Provenance) {
        let lasts = self.outage.as_ref().map_or(FIRST_OUTAGE, |before| (before.lasts * 2).min(LONGEST_OUTAGE));
        let outage = Outage { since: Instant::now(), lasts, why, provenance };
        for Asked { questions, tell, .. } in documents.into_iter().chain(self.documents.drain(..)) {
            let _ = tell.send(outage.answers(questions.len()));
        }
        self.outage = Some(outage);
    }
}

/// Nobody could be reached: whoever asks in the next moment is told so, and nobody is asked.
struct Outage {
    since: Instant,
    /// Each time that it goes on it is believed for longer.
    lasts: Duration,
    why: Unavailable,
    provenance: Provenance,
}

impl Outage {
    fn lasts(&self) -> bool {
        self.since.elapsed() < self.lasts
    }

    fn answers(&self, count: usize) -> Vec<Answered> {
        vec![(Err(self.why.clone()), self.provenance.clone()); count]
    }
}

/// Asks for those who wait, until nobody does.
struct Reader {
    source: Arc<ChainSource>,
    chain: ChainId,
    line: Arc<Line>,
    /// Whether it has found nobody who waits.
    done: bool,
}

impl Reader {
    async fn run(mut self) {
        while let Some(documents) = self.next().await {
            self.answer(documents).await;
        }
    }

    /// The next that go together; `None` where nobody waits.
    async fn next(&mut self) -> Option<Vec<Asked>> {
        // Others may just be about to ask; as long as they come there may be more.
        let mut before = 0;
        for _ in 0..MOMENTS {
            let now = self.line.waiting().questions();
            if now >= MOST || now == before {
                break;
            }
            before = now;
            sleep(MOMENT).await;
        }
        let mut waiting = self.line.waiting();
        let next = waiting.next();
        if next.is_empty() {
            waiting.readers -= 1;
            self.done = true;
        }
        (!next.is_empty()).then_some(next)
    }

    async fn answer(&self, mut documents: Vec<Asked>) {
        // Whoever no longer waits needs no answer.
        documents.retain(|asked| !asked.tell.is_closed());
        let (questions, places) = distinct(&documents);
        let count = questions.len();
        let company = if documents.len() > 1 { Company::Several } else { Company::Alone };
        let (outcome, provenance) = self.source.outcome(self.chain, questions, company).await;
        let why = match outcome {
            Ok(answers) => {
                let answers: Vec<Answered> =
                    answers.into_iter().map(|answer| with_provenance(answer, &provenance)).collect();
                let lacks = |asked: &mut Asked| company == Company::Several && asked.lacks(&places, &answers);
                let alone: Vec<Asked> = documents.extract_if(.., lacks).collect();
                let mut waiting = self.line.waiting();
                waiting.outage = None;
                waiting.too_fast = 0;
                waiting.again(alone, 1);
                drop(waiting);
                return tell(documents, &places, &answers);
            }
            Err(why) => why,
        };
        if let Err((why, provenance)) = self.source.is_there(self.chain).await {
            return self.line.waiting().fails(documents, why, provenance);
        }
        let too_fast = why.cause == Cause::RateLimited;
        let may_go_on = too_fast && documents.iter().all(|asked| asked.hurried < MOST_HURRIED);
        if documents.len() > 1 || may_go_on {
            if too_fast {
                documents.iter_mut().for_each(|asked| asked.hurried += 1);
                sleep(PAUSE).await;
            }
            return self.line.waiting().again(documents, count / 2);
        }
        if too_fast && self.line.waiting().another_too_fast() {
            return self.line.waiting().fails(documents, why, provenance);
        }
        let answers = vec![with_provenance(Err(why), &provenance); count];
        tell(documents, &places, &answers);
    }
}

/// A reader that breaks off leaves nobody waiting for ever.
impl Drop for Reader {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let mut waiting = self.line.waiting();
        waiting.readers -= 1;
        if waiting.readers == 0 {
            waiting.documents.clear();
        }
    }
}

/// Their questions, each once, and where each stands.
fn distinct(documents: &[Asked]) -> (Vec<ChainQuestion>, Places) {
    let mut questions = Vec::new();
    let mut places = Places::new();
    for question in documents.iter().flat_map(|asked| &asked.questions) {
        places.entry(question.clone()).or_insert_with(|| {
            questions.push(question.clone());
            questions.len() - 1
        });
    }
    (questions, places)
}

fn tell(documents: Vec<Asked>, places: &Places, answers: &[Answered]) {
    for Asked { questions, tell, .. } in documents {
        let answer = |question| places.get(question).and_then(|place| answers.get(*place)).cloned();
        let none = || (Err(broken_off()), Provenance::default());
        let _ = tell.send(questions.iter().map(|question| answer(question).unwrap_or_else(none)).collect());
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn broken_off() -> Unavailable {
    Unavailable { cause: Cause::NotAnAnswer, host: None, detail: "asking for several documents broke off".into() }
}

/// Questions that go together at most: their replies stay within what a reply may have.
const MOST: usize = 128;
/// While the answers to some are on their way, others are asked.
const READERS: usize = 2;
/// How long is waited for another to come, and how often.
const MOMENT: Duration = Duration::from_millis(4);
const MOMENTS: u32 = 16;
/// Before the same is asked again that came too fast.
const PAUSE: Duration = Duration::from_secs(1);
/// How often the same may come too fast.
const MOST_HURRIED: u32 = 5;
const FIRST_OUTAGE: Duration = Duration::from_secs(5);
const LONGEST_OUTAGE: Duration = Duration::from_secs(60);
