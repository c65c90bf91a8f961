//! `ebl watch`: looks at titles again and again, and tells what changed. What counts as a change is decided in `crate::watch`;
//! here it is asked for, told and noted, in this order: an event is noted as told only after it was, so that none is lost
//! however the program ends. One that was told and not noted yet is told again, under the same id.

pub(super) mod args;
mod program;
mod state;
mod subjects;
mod troubles;

use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::mem::Discriminant;
use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::sync::watch::Receiver;

use super::config::{self, Configured};
use super::exit::Exit;
use super::interrupt::{self, Signal, Told};
use super::output::{self, Stopped};
use super::verify::runtime;
use super::{advice, note, waiting};
use crate::report::human::Style;
use crate::report::json::{self, Layout};
use crate::report::watch as line;
use crate::title::history::StandingState;
use crate::verifier::{Verifier, Wishes};
use crate::verify::ProofMode;
use crate::watch::{EventKind, Observed, Trouble, WatchEvent, WatchedTitle};
use args::{Until, WatchArgs, WatchFormat};
use program::Program;
use state::StateFile;
use subjects::{Begun, Subject};
use troubles::{Met, Troubles, Words};

pub(super) fn run(args: &WatchArgs) -> Result<Exit> {
    ensure!(!args.network.web.offline, "a watch looks at a chain, which --offline does not allow");
    let Configured { builder, wishes, files: settings, follows_the_chain, .. } =
        config::for_titles(&args.network, args.max_size, args.chain_id.as_deref(), &args.reading)?;
    ensure!(
        follows_the_chain,
        "a watch follows the chain, and the block that you named never moves: --block takes latest, safe or finalized here"
    );
    ensure!(
        wishes.policy.proof == ProofMode::Off,
        "a watch asks for no state proofs, so it would not keep to --proof: say --proof off, and prove the title with `ebl title` \
         when something has changed"
    );
    let read = settings.iter().chain(&args.files).map(|path| path.as_path());
    let state = args.state.as_deref().map(|path| StateFile::at(path, &read.collect::<Vec<_>>())).transpose()?;
    let program = args.exec.as_deref().map(Program::find).transpose()?;
    let runtime = runtime(false)?;
    // Documents are verified together; a watch reads every block anew.
    let of_documents = builder.clone().share_answers(SHARED).build()?;
    let subjects = match runtime.block_on(subjects::begin(args, &of_documents, &wishes))? {
        Begun::Subjects(subjects) => subjects,
        Begun::Refused(exit) => return Ok(exit),
    };
    let verifier = builder.build()?;
    let mut watch = Watch::new(args, &verifier, &wishes, subjects, state, program)?;
    Ok(runtime.block_on(watch.run(args)))
}

/// What may stay is said with the way out.
fn in_words(why: &Trouble) -> String {
    let may_stay = matches!(why, Trouble::SettledBlockReplaced { .. } | Trouble::LessSettled { .. });
    let way_out = if may_stay { " (if that stays so, begin anew, with another --state)" } else { "" };
    format!("{why}{way_out}")
}

const NO_PENDING: &str = "what the newest blocks hold could not be read";

/// So many titles are written after each event that was told.
const SAVED_AT_ONCE: usize = 500;

/// For which time answers count that several documents ask for as they are verified.
const SHARED: Duration = Duration::from_secs(60);

struct Watch<'a> {
    verifier: &'a Verifier,
    wishes: &'a Wishes,
    subjects: Vec<Subject>,
    /// In the order of the subjects.
    titles: Vec<WatchedTitle>,
    state: Option<StateFile>,
    program: Option<Program>,
    format: WatchFormat,
    style: Style,
    troubles: Troubles<Discriminant<Trouble>>,
    pending_troubles: Troubles<()>,
    /// Events that the program failed for, each said once.
    failed: BTreeSet<String>,
    /// Events that were told and stand in no file yet.
    unsaved: usize,
}

/// What a look came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Look {
    /// A change was told, pending ones and withdrawn ones, too.
    told: bool,
    /// A change was told that is no longer pending.
    changed: bool,
    /// Something could not be looked at, or not be told.
    incomplete: bool,
    /// What is not final yet could not be read of something.
    pending_is_missing: bool,
}

/// Why a watch ends before its time.
enum End {
    Signal(Signal),
    Written(Exit),
}

impl From<Stopped> for End {
    fn from(stopped: Stopped) -> Self {
        // Nobody reads any more, and what --until names has not come.
        let known = if matches!(stopped, Stopped::ReaderGone) { Exit::Unjudged } else { Exit::Done };
        Self::Written(stopped.exit(known))
    }
}

impl<'a> Watch<'a> {
    fn new(
        args: &WatchArgs,
        verifier: &'a Verifier,
        wishes: &'a Wishes,
        subjects: Vec<Subject>,
        state: Option<StateFile>,
        program: Option<Program>,
    ) -> Result<Self> {
        let titles: Vec<WatchedTitle> = subjects.iter().map(|subject| WatchedTitle::new(subject.title)).collect();
        let titles = match &state {
            Some(state) => state.read(titles)?,
            None => titles,
        };
        // One line for each event, for whoever searches them; broken only where somebody looks at a screen.
        let width = if std::io::stdout().is_terminal() { output::page_width() } else { usize::MAX };
        let style = Style { width, color: false, verbose: args.verbose, advice: advice::advice };
        let troubles = Troubles::of(subjects.len(), Words { until: "nothing is told", ended: "what is recorded" });
        let words = Words { until: "only what is final is told", ended: "the newest blocks" };
        let pending_troubles = Troubles::of(subjects.len(), words);
        let (format, failed, unsaved) = (args.format, BTreeSet::new(), 0);
        Ok(Self {
            verifier,
            wishes,
            subjects,
            titles,
            state,
            program,
            format,
            style,
            troubles,
            pending_troubles,
            failed,
            unsaved,
        })
    }

    async fn run(&mut self, args: &WatchArgs) -> Exit {
        let mut signals = interrupt::end_by_itself();
        let ended = self.looks(args, &mut signals).await;
        let saved = if self.unsaved > 0 { self.save() } else { Ok(()) };
        match ended.and_then(|exit| saved.map(|()| exit)) {
            Ok(exit) | Err(End::Written(exit)) => exit,
            Err(End::Signal(signal)) => signal.exit(),
        }
    }

    async fn looks(&mut self, args: &WatchArgs, signals: &mut Receiver<Option<Told>>) -> Result<Exit, End> {
        loop {
            let began = tokio::time::Instant::now();
            let unknown = self.unknown();
            let mut look = self.look(signals).await?;
            if self.unknown() < unknown {
                // What is pending can be told only once something is known that it follows.
                let again = self.look(signals).await?;
                let told = look.told || again.told;
                look = Look { told, changed: look.changed || again.changed, ..again };
            }
            match args.until {
                _ if args.once => return Ok(look.exit()),
                Some(until) if self.has_come(until, look) => return Ok(Exit::Done),
                _ => {}
            }
            // A look that took longer than the interval is followed by the next one at once.
            until_or_ended(tokio::time::sleep_until(began + args.every), signals).await?;
        }
    }

    /// Looks at all titles, tells what happened, and notes it.
    async fn look(&mut self, signals: &mut Receiver<Option<Told>>) -> Result<Look, End> {
        let looking = waiting::said(self.verifier, self.verifier.look_at(&self.titles, self.wishes));
        let looked = until_or_ended(looking, signals).await?;
        let mut look = Look::default();
        self.troubles.note(looked.iter().map(|looked| match looked {
            Ok(_) => Met::Nothing,
            Err(why) => Met::Trouble(std::mem::discriminant(why), in_words(why)),
        }));
        let is_missing = |looked: &Result<Observed, _>| looked.as_ref().is_ok_and(|seen| !seen.pending_is_known);
        look.pending_is_missing = looked.iter().any(is_missing);
        self.pending_troubles.note(looked.iter().map(|looked| match looked {
            Ok(_) if is_missing(looked) => Met::Trouble((), NO_PENDING.to_owned()),
            Ok(_) => Met::Nothing,
            Err(_) => Met::NotKnown,
        }));
        for (index, looked) in looked.into_iter().enumerate() {
            match looked {
                Ok(observed) => self.tell_all(index, observed, &mut look, signals).await?,
                Err(_) => look.incomplete = true,
            }
        }
        self.save()?;
        Ok(look)
    }

    /// The events of one title, until one cannot be told: those behind it wait for it.
    async fn tell_all(
        &mut self,
        index: usize,
        observed: Observed,
        look: &mut Look,
        signals: &mut Receiver<Option<Told>>,
    ) -> Result<(), End> {
        let Observed { events, open, .. } = observed;
        for event in events {
            let file = self.subjects.get(index).and_then(|subject| subject.file.clone());
            let event = WatchEvent { file, ..event };
            if !self.told(&event, signals).await? {
                look.incomplete = true;
                return Ok(());
            }
            look.told |= event.kind != EventKind::Begun;
            look.changed |= matches!(event.kind, EventKind::Changed | EventKind::Replaced);
            if let Some(title) = self.titles.get_mut(index) {
                title.note_told(&event, &open);
            }
            if event.kind != EventKind::Begun {
                self.unsaved += 1;
                // The file is written whole each time: of very many titles after every few, so that it stays in proportion.
                if self.unsaved > self.titles.len() / SAVED_AT_ONCE {
                    self.save()?;
                }
            }
        }
        if let Some(title) = self.titles.get_mut(index) {
            title.go_on_from(open);
        }
        Ok(())
    }

    /// Whether the program took the event; only then its line is written.
    async fn told(&mut self, event: &WatchEvent, signals: &mut Receiver<Option<Told>>) -> Result<bool, End> {
        let object = json::render(event, Layout::OneLine).map_err(|error| {
            note(&error.to_string());
            End::Written(Exit::Internal)
        })?;
        if let Some(program) = self.program.as_ref().filter(|_| event.kind != EventKind::Begun) {
            let ran = until_or_ended(program.run(event, &object), signals).await?;
            if let Err(why) = ran {
                if self.failed.insert(event.id.clone()) {
                    note(&format!("{why}; the event is told again at the next look"));
                }
                return Ok(false);
            }
            self.failed.remove(&event.id);
        }
        let text = match self.format {
            WatchFormat::Jsonl => object + "\n",
            WatchFormat::Human => line::render(event, &self.wishes.names, self.style),
        };
        output::to_stdout(&text)?;
        Ok(true)
    }

    fn save(&mut self) -> Result<(), End> {
        self.unsaved = 0;
        let Some(state) = &mut self.state else { return Ok(()) };
        state.save(&self.titles).map_err(|error| {
            note(&format!("{error:#}"));
            End::Written(Exit::NotWritten)
        })
    }

    fn has_come(&self, until: Until, look: Look) -> bool {
        // What could not be looked at now, or not be told, may be another state than the one that was noted.
        let all = |states: &[StandingState]| {
            !look.incomplete
                && self.titles.iter().all(|title| title.state().is_some_and(|state| states.contains(&state)))
        };
        match until {
            Until::Returned => all(&[StandingState::Returned, StandingState::Ended]),
            Until::Ended => all(&[StandingState::Ended]),
            Until::Changed => look.changed,
        }
    }

    /// How many titles nothing is known of yet.
    fn unknown(&self) -> usize {
        self.titles.iter().filter(|title| title.known.is_none()).count()
    }
}

impl Look {
    /// Of `--once`.
    fn exit(self) -> Exit {
        match self {
            Self { incomplete: true, .. } | Self { pending_is_missing: true, .. } => Exit::Unjudged,
            Self { told: true, .. } => Exit::Changed,
            Self { .. } => Exit::Done,
        }
    }
}

/// Does the work, or ends with the signal.
async fn until_or_ended<T>(work: impl Future<Output = T>, signals: &mut Receiver<Option<Told>>) -> Result<T, End> {
    let mut work = std::pin::pin!(work);
    loop {
        if let Some(Told::End(signal) | Told::GiveUp(signal)) = *signals.borrow_and_update() {
            return Err(End::Signal(signal));
        }
        tokio::select! {
            done = &mut work => return Ok(done),
            told = signals.changed() => if told.is_err() {
                return Ok(work.as_mut().await);
            }
        }
    }
}
