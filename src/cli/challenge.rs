//! `ebl challenge`: writes what the recorded holder or beneficiary of a title is to sign, and verifies what came back. Only a
//! proof ends with 0.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::args::{ChallengeCommand, NewArgs, NewFormat, VerifyChallengeArgs, When};
use super::config::{self, Configured};
use super::exit::Exit;
use super::input::{self, Input};
use super::no_document::{self, NoDocument};
use super::output::{self, Output, Wanted};
use super::title::Subject;
use super::used::Used;
use super::verify::{runtime, style};
use super::{advice, interrupt, note, secrecy, waiting};
use crate::block_age;
use crate::challenge::{Challenge, LONGEST_SIGNATURE, LONGEST_TEXT, Nonce, Period, Purpose, TitleRole};
use crate::document::link::Link;
use crate::identity::DomainName;
use crate::report::challenge as page;
use crate::report::human::Style;
use crate::report::json::{self, Layout};
use crate::sources::now;
use crate::verifier::{Verifier, Wishes};
use crate::verify::{
    ChallengeCase, ChallengeReport, ChallengeTerms, ControlVerdict, NewChallenge, TitleReport, TokenOfChain,
    challenge_of,
};

pub(super) fn run(command: &ChallengeCommand) -> Result<Exit> {
    match command {
        ChallengeCommand::New(args) => new(args),
        ChallengeCommand::Verify(args) => verify(args),
    }
}

fn new(args: &NewArgs) -> Result<Exit> {
    let title = &args.title;
    let Configured { builder, wishes, files: settings, .. } =
        config::for_titles(&args.network, args.max_size, title.chain_id.as_deref(), &args.reading)?;
    let verifier = builder.build()?;
    let registry_and_token = title.registry.as_deref().zip(title.token.as_deref());
    let subject = Subject::named(title.file.as_deref(), title.chain_id.as_deref(), registry_and_token)?;
    let Some(subject) = subject else { bail!("give a document, or --chain-id, --registry and --token") };
    let terms = terms(args)?;
    let read: Vec<&Path> = settings.iter().chain(&title.file).map(PathBuf::as_path).collect();
    let output = Output::open(args.output.as_deref(), Wanted::Result, &read)?;
    let name = subject.name(&verifier);
    interrupt::begin(&name);
    let asking = parties(&verifier, &wishes, &subject, args.max_size);
    let found = runtime(args.network.web.offline)?.block_on(waiting::said(&verifier, asking));
    let (found, exit) = match found {
        Ok(report) => match challenge_of(&report, args.role.into(), terms) {
            Ok(challenge) => (Ok(NewChallenge::of(&challenge, &report)), Exit::Done),
            Err(why) => (Err(no_document::refusal(why.code, why.message)), Exit::Verdict(why.verdict)),
        },
        Err(why) => {
            let exit = why.exit();
            (Err(why), exit)
        }
    };
    if found.is_ok() && args.domain.is_none() && args.purpose.is_none() {
        note(
            "this challenge does not say who asks, so whoever is given it could have it signed for somebody else: say so \
              with --for or --domain",
        );
    }
    let json = match args.format {
        NewFormat::Text => None,
        NewFormat::Json => Some(Layout::Indented),
        NewFormat::Jsonl => Some(Layout::OneLine),
    };
    let text = match (&found, json) {
        (Ok(challenge), Some(layout)) => json::render(challenge, layout)? + "\n",
        // What is signed has no line break at its end; a prompt right behind it would be read with it.
        (Ok(challenge), None) if output.is_terminal() => challenge.text.clone() + "\n",
        (Ok(challenge), None) => challenge.text.clone(),
        (Err(why), Some(layout)) => json::render(&why.object(&name).instead_of_new_challenge(), layout)? + "\n",
        (Err(why), None) => {
            let _ = write!(std::io::stderr(), "{}", why.page("NO CHALLENGE", &name, on_standard_error(args.color)));
            return Ok(exit);
        }
    };
    Ok(output.write_only(&text, exit))
}

/// Of the page that says why there is no challenge.
fn on_standard_error(color: When) -> Style {
    let terminal = std::io::stderr().is_terminal();
    Style { width: output::width(terminal), color: color.is_wanted(terminal), verbose: false, advice: advice::advice }
}

fn terms(args: &NewArgs) -> Result<ChallengeTerms> {
    let seconds = block_age::seconds(&args.expires).and_then(|seconds| u32::try_from(seconds).ok());
    let seconds = seconds.context("--expires takes seconds, or a number with s, m, h or d, as in 15m")?;
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce).ok().context("the system gives no random numbers")?;
    Ok(ChallengeTerms {
        domain: args.domain.as_deref().map(DomainName::parse).transpose().context("--domain")?,
        purpose: args.purpose.as_deref().map(str::parse).transpose().context("--for")?,
        nonce: Nonce(nonce),
        period: Period::new(now(), seconds).context("--expires")?,
    })
}

async fn parties(
    verifier: &Verifier,
    wishes: &Wishes,
    subject: &Subject<'_>,
    max_bytes: usize,
) -> Result<TitleReport, NoDocument> {
    let file = match subject {
        Subject::Token(token) => return Ok(verifier.parties_of_token(*token, wishes).await),
        Subject::File(file) => file,
    };
    let input = Input::of(file, |text| verifier.read_link(text));
    let report = match &input {
        Input::File(path) => verifier.parties(&input::read(path, max_bytes)?, wishes).await?,
        Input::NotALink(error) => return Err((*error).into()),
        Input::Link(link) => verifier.parties_by_link(link, wishes).await?,
    };
    Ok(TitleReport { file: Some(input.name()), ..report })
}

fn verify(args: &VerifyChallengeArgs) -> Result<Exit> {
    let title = &args.title;
    let Configured { builder, wishes, files: settings, .. } =
        config::for_titles(&args.network, args.page.max_size, title.chain_id.as_deref(), &args.reading)?;
    let verifier = builder.build()?;
    let expected = Expected::of(args)?;
    let signature_file = args.signature.strip_prefix('@').map(Path::new);
    // The name of a file for a signature would be a signature of a wrong form, which speaks against who presents it.
    if signature_file.is_none() && !args.signature.starts_with("0x") && Path::new(&args.signature).is_file() {
        let name = secrecy::path(Path::new(&args.signature));
        bail!("{name} is a file and no signature; to read the signature from it write @{name}");
    }
    let inputs = [Some(args.challenge.as_path()), signature_file, title.file.as_deref()];
    let inputs: Vec<&Path> = inputs.into_iter().flatten().collect();
    input::ensure_read_once(inputs.iter().copied())?;
    let read: Vec<&Path> = settings.iter().map(PathBuf::as_path).chain(inputs).collect();
    let wanted = Wanted::of(&args.page);
    let output = Output::open(args.page.output.as_deref(), wanted, &read)?;
    let name = secrecy::path(&args.challenge);
    interrupt::begin(&name);
    let wanted_title = expected.title.as_ref();
    // Read before others have to wait for this run: a pipe may keep it for as long as it likes.
    let read_inputs = Signed::read(&args.challenge, &args.signature, signature_file).and_then(|signed| {
        let title = TitleInput::read(wanted_title, &verifier, args.page.max_size)?;
        Ok((signed, title))
    });
    // Held to the end: of two runs that are given one challenge the second finds it noted.
    let others: Vec<&Path> = read.iter().copied().chain(args.page.output.as_deref()).collect();
    let used = args.used.as_deref().map(|path| Used::open(path, &others)).transpose()?;
    let (came, proven) = match read_inputs {
        Ok((signed, title)) => {
            let accepted_before = used.as_ref().is_some_and(|used| used.holds(&signed.challenge));
            let case = signed.case(&expected, accepted_before, &wishes);
            let judging = judged(&verifier, case, title, &wishes);
            let came = runtime(args.network.web.offline)?.block_on(waiting::said(&verifier, judging));
            let is_proven = came.as_ref().is_ok_and(|report| report.verdict == ControlVerdict::Proven);
            (came, Some(signed.challenge).filter(|_| is_proven))
        }
        Err(why) => (Err(why), None),
    };
    if let Some((used, challenge)) = used.zip(proven)
        && let Err(why) = used.accept(&challenge, now())
    {
        note(&format!("the challenge could not be noted in --used, so nothing is said of it: {why:#}"));
        return Ok(Exit::NotWritten);
    }
    let came = came.map(|report| ChallengeReport { file: Some(name.clone()), ..report });
    let exit = match &came {
        Ok(report) => Exit::Control(report.verdict),
        Err(why) => why.exit(),
    };
    if wanted == Wanted::ExitCode {
        return Ok(exit);
    }
    let layout = args.format.layout();
    let style = style(&output, &args.page);
    let text = match (&came, layout) {
        (Ok(report), None) => page::render(report, &name, style),
        (Ok(report), Some(layout)) => json::render(report, layout)? + "\n",
        (Err(why), None) => why.human(&name, style),
        (Err(why), Some(layout)) => json::render(&why.object(&name).instead_of_challenge(), layout)? + "\n",
    };
    Ok(output.write_only(&text, exit))
}

/// What the caller expects of the challenge.
struct Expected<'a> {
    title: Option<Subject<'a>>,
    role: Option<TitleRole>,
    purpose: Option<Purpose>,
    domain: Option<DomainName>,
    nonce: Option<Nonce>,
}

impl<'a> Expected<'a> {
    fn of(args: &'a VerifyChallengeArgs) -> Result<Self> {
        let title = &args.title;
        let registry_and_token = title.registry.as_deref().zip(title.token.as_deref());
        Ok(Self {
            title: Subject::named(title.file.as_deref(), title.chain_id.as_deref(), registry_and_token)?,
            role: args.role.map(Into::into),
            purpose: args.purpose.as_deref().map(str::parse).transpose().context("--for")?,
            domain: args.domain.as_deref().map(DomainName::parse).transpose().context("--domain")?,
            nonce: args.nonce.as_deref().map(str::parse).transpose().context("--nonce")?,
        })
    }
}

/// A challenge, and what was presented as its signature.
struct Signed {
    challenge: Challenge,
    signature: String,
}

impl Signed {
    fn read(challenge: &Path, signature: &str, signature_file: Option<&Path>) -> Result<Self, NoDocument> {
        let challenge = Challenge::read(&input::read(challenge, LONGEST_TEXT)?)?;
        let signature = match signature_file {
            // What is no text is no signature either.
            Some(path) => String::from_utf8(named(path, MOST_SIGNATURE_TEXT)?).unwrap_or_default(),
            None => signature.to_owned(),
        };
        Ok(Self { challenge, signature })
    }

    fn case<'c>(&'c self, expected: &Expected<'_>, accepted_before: bool, wishes: &'c Wishes) -> ChallengeCase<'c> {
        let signature = self.signature.trim_ascii();
        let case = ChallengeCase::new(&self.challenge, signature, &wishes.policy, now()).named(&wishes.names);
        let case = if accepted_before { case.accepted_before() } else { case };
        let case = expected.role.into_iter().fold(case, ChallengeCase::for_role);
        let case = expected.purpose.iter().cloned().fold(case, ChallengeCase::for_purpose);
        let case = expected.domain.iter().cloned().fold(case, ChallengeCase::for_domain);
        expected.nonce.into_iter().fold(case, ChallengeCase::with_nonce)
    }
}

/// The title that the challenge has to be about, with its document where that is a file.
enum TitleInput<'a> {
    Any,
    Token(TokenOfChain),
    File(&'a Path, Vec<u8>),
    Link(Link),
}

impl<'a> TitleInput<'a> {
    fn read(title: Option<&Subject<'a>>, verifier: &Verifier, max_bytes: usize) -> Result<Self, NoDocument> {
        let file = match title {
            None => return Ok(Self::Any),
            Some(Subject::Token(token)) => return Ok(Self::Token(*token)),
            Some(Subject::File(file)) => *file,
        };
        match Input::of(file, |text| verifier.read_link(text)) {
            Input::File(path) => Ok(Self::File(path, named(path, max_bytes)?)),
            Input::NotALink(error) => Err(error.into()),
            Input::Link(link) => Ok(Self::Link(link)),
        }
    }
}

async fn judged(
    verifier: &Verifier,
    case: ChallengeCase<'_>,
    title: TitleInput<'_>,
    wishes: &Wishes,
) -> Result<ChallengeReport, NoDocument> {
    Ok(match title {
        TitleInput::Any => verifier.verify_challenge(case).await,
        TitleInput::Token(token) => verifier.verify_challenge(case.for_token(token)).await,
        TitleInput::File(path, bytes) => {
            let report = verifier.verify_challenge_for(case, &bytes, wishes).await;
            report.map_err(|why| NoDocument::from(why).of_file(path))?
        }
        TitleInput::Link(link) => verifier.verify_challenge_by_link(case, &link, wishes).await?,
    })
}

/// Of a file beside the challenge.
fn named(path: &Path, max_bytes: usize) -> Result<Vec<u8>, NoDocument> {
    input::read(path, max_bytes).map_err(|why| NoDocument::from(why).of_file(path))
}

/// Two digits a byte, and a line break behind them.
const MOST_SIGNATURE_TEXT: usize = 2 * LONGEST_SIGNATURE + 64;
