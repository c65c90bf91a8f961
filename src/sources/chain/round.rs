//! The second round (chain.md §7): what all questions need, at the block and at the newest one, in one batch. What a title's
//! registry has is read once, and its tokens go together to the lens.

use std::sync::Arc;

use super::at::{At, block_by_number, checked};
use super::plan::Request;
use super::registry::{self, OfRegistry, Sights};
use super::reply::Item;
use super::transport::{Call, Session};
use super::values::header;
use super::{ChainQuestion, account_signature, did_ethr, powers, proof, store};
use crate::evidence::{Cause, Unavailable};
use crate::merkle::path_from;
use crate::primitives::{Address, TokenId};

/// What a question is answered with in the second round.
pub(super) struct Share {
    pub read: Vec<Item>,
    /// The same at the newest block, where there is one beside the block that is read.
    pub newest: Vec<Item>,
    /// For a title, of which the others hold nothing.
    pub title: Option<Title>,
}

/// What was read of a title.
pub(super) struct Title {
    pub of_registry: Arc<Result<OfRegistry, Unavailable>>,
    pub sights: Sights,
}

/// One batch for all questions, at both blocks; further ones only for tokens of which the lens did not come to speak, and
/// where the node refuses the form in which the block is named. Also the form that it takes.
pub(super) async fn shares(
    session: &Session<'_>,
    request: &Request,
    mut at: At,
) -> Result<(At, Vec<Share>), Unavailable> {
    let mut titles = Titles::of(request);
    let chunks = titles.chunks(session.rpc.tokens_at_once());
    let (mut seen, is_refused) = everything(session, request, &at, &titles, &chunks).await?;
    if is_refused {
        at = at.by_number();
        (seen, _) = everything(session, request, &at, &titles, &chunks).await?;
    }
    let (mut read, mut newest) = (seen.read.into_iter(), seen.newest.into_iter());
    let (lens, lens_at_newest) = (read.next().unwrap_or_default(), newest.next().unwrap_or_default());
    titles.note(session, &at, &chunks, lens, lens_at_newest);
    titles.see_the_rest(session, &at).await?;
    let codes = read.by_ref().take(titles.0.len());
    let codes: Vec<_> = codes.map(|items| Arc::new(OfRegistry::of(session, items.into_iter()))).collect();
    let shares = request.questions.iter().zip(read).zip(newest).map(|((question, read), newest)| {
        let seen = title_of(question).and_then(|(registry, token)| titles.sights(registry, token));
        let title = seen.and_then(|(place, sights)| Some(Title { of_registry: Arc::clone(codes.get(place)?), sights }));
        Share { read, newest, title }
    });
    let shares = shares.collect();
    Ok((at, shares))
}

/// What the lens says of these tokens, what the registries have, and what each question needs besides, in this order; and
/// whether the node refuses the form in which the block is named.
async fn everything(
    session: &Session<'_>,
    request: &Request,
    at: &At,
    titles: &Titles,
    chunks: &[Chunk],
) -> Result<(Both, bool), Unavailable> {
    let lens = |at: &At| chunks.iter().map(|chunk| titles.call(chunk, at)).collect::<Vec<Call>>();
    let of_code = titles.0.iter().map(|title| registry::code_calls(title.registry, &at.form));
    let of_others = request.questions.iter().map(|question| calls(request, question, at));
    let read: Vec<Vec<Call>> = std::iter::once(lens(at)).chain(of_code).chain(of_others).collect();
    let newest = match &at.newest {
        Some(newest) => {
            let of_others = request.questions.iter().map(|question| calls_at_newest(request, question, newest));
            std::iter::once(lens(newest)).chain(of_others).collect()
        }
        None => vec![Vec::new(); 1 + request.questions.len()],
    };
    let methods: Vec<&str> = read.iter().flatten().map(|(method, _)| *method).collect();
    let seen = both(session, at, read, newest).await?;
    // Code and storage can always be read at a block that is there, so it is the block-object form that the node refuses
    // (chain.md §5.2 rule 3). A call and a proof may be refused by themselves.
    let may_be_refused = ["eth_call", "eth_getProof"];
    let mut items = methods.into_iter().zip(seen.read.iter().flatten());
    let is_refused = items.any(|(method, item)| !may_be_refused.contains(&method) && item.is_err());
    Ok((seen, is_refused))
}

/// The results of calls, in the groups that they were asked in.
struct Both {
    read: Vec<Vec<Item>>,
    newest: Vec<Vec<Item>>,
}

/// One request for all, or two where one was too much.
async fn both(
    session: &Session<'_>,
    at: &At,
    read: Vec<Vec<Call>>,
    newest: Vec<Vec<Call>>,
) -> Result<Both, Unavailable> {
    let counts = |groups: &[Vec<Call>]| groups.iter().map(Vec::len).collect::<Vec<usize>>();
    let (read_counts, newest_counts) = (counts(&read), counts(&newest));
    let read: Vec<Call> = read.into_iter().flatten().collect();
    let mut newest: Vec<Call> = newest.into_iter().flatten().collect();
    // The height may have got another block by the time that it is read at.
    if let Some(at) = at.newest.as_ref().filter(|_| !newest.is_empty()) {
        newest.push(block_by_number(at.block.number));
    }
    let all: Vec<Call> = read.iter().chain(&newest).cloned().collect();
    let mut items = match all.is_empty() {
        // Questions that only the next round answers need no request here.
        true => Vec::new(),
        false => match checked(session, &at.block, all).await {
            // A batch of half the size may not be too much for the node.
            Err(why) if !newest.is_empty() && matches!(why.cause, Cause::RateLimited | Cause::NotAnAnswer) => {
                let mut items = checked(session, &at.block, read).await?;
                items.extend(session.batch(&newest).await?);
                items
            }
            outcome => outcome?,
        },
    };
    let read_count = read_counts.iter().sum::<usize>();
    let mut ahead = items.split_off(read_count.min(items.len()));
    if let (Some(newest), Some(now)) = (&at.newest, ahead.pop())
        && now.ok().as_ref().and_then(header).is_none_or(|now| now.hash != newest.block.hash)
    {
        let detail = format!("its newest block, {}, was replaced while it was read", newest.block.number);
        return Err(session.unavailable(Cause::BlockVanished, detail));
    }
    let grouped = |items: Vec<Item>, counts: Vec<usize>| {
        let mut items = items.into_iter();
        counts.into_iter().map(|count| items.by_ref().take(count).collect()).collect()
    };
    Ok(Both { read: grouped(items, read_counts), newest: grouped(ahead, newest_counts) })
}

/// The registries whose tokens are looked at.
struct Titles(Vec<TitlesOfRegistry>);

struct TitlesOfRegistry {
    registry: Address,
    tokens: Vec<(TokenId, Option<Sights>)>,
}

/// Tokens of one registry that go to the lens together, by their places.
struct Chunk {
    registry: usize,
    tokens: Vec<usize>,
}

impl Titles {
    fn of(request: &Request) -> Self {
        let mut titles = Self(Vec::new());
        for (registry, token) in request.questions.iter().filter_map(title_of) {
            let known = titles.0.iter().position(|titles| titles.registry == registry);
            let place = known.unwrap_or(titles.0.len());
            if known.is_none() {
                titles.0.push(TitlesOfRegistry { registry, tokens: Vec::new() });
            }
            if let Some(titles) = titles.0.get_mut(place)
                && titles.tokens.iter().all(|(known, _)| *known != token)
            {
                titles.tokens.push((token, None));
            }
        }
        titles
    }

    /// Those that nothing is known of, in parts of at most so many.
    fn chunks(&self, at_once: usize) -> Vec<Chunk> {
        let chunks = (0..).zip(&self.0).flat_map(|(registry, titles)| {
            let unseen = (0..).zip(&titles.tokens).filter(|(_, (_, sights))| sights.is_none());
            let unseen: Vec<usize> = unseen.map(|(place, _)| place).collect();
            let chunks = unseen.chunks(at_once).map(|tokens| Chunk { registry, tokens: tokens.to_vec() });
            chunks.collect::<Vec<_>>()
        });
        chunks.collect()
    }

    fn call(&self, chunk: &Chunk, at: &At) -> Call {
        let titles = self.0.get(chunk.registry);
        let registry = titles.map_or(Address::ZERO, |titles| titles.registry);
        let known = titles.map_or(&[][..], |titles| &titles.tokens);
        let tokens: Vec<TokenId> =
            chunk.tokens.iter().filter_map(|place| known.get(*place)).map(|(token, _)| *token).collect();
        match tokens[..] {
            [token] => registry::lens_call(registry, token, &at.form),
            _ => registry::lens_call_of_many(registry, &tokens, &at.form),
        }
    }

    /// The lens's answers to these.
    fn note(&mut self, session: &Session<'_>, at: &At, chunks: &[Chunk], read: Vec<Item>, newest: Vec<Item>) {
        let (mut read, mut newest) = (read.into_iter(), newest.into_iter());
        for chunk in chunks {
            let (read, newest) = (read.next(), at.newest.as_ref().map(|at| (at, newest.next())));
            let sights: Vec<Sights> = match chunk.tokens[..] {
                [_] => {
                    let newest = newest.map(|(at, item)| registry::sight(session, at, item));
                    vec![Sights { read: registry::sight(session, at, read), newest }]
                }
                _ => {
                    let asked = chunk.tokens.len();
                    let seen = |at, item| registry::sights(session, at, item, asked).unwrap_or_default();
                    let (read, newest) = (seen(at, read), newest.map(|(at, item)| seen(at, item)));
                    let done = newest.as_ref().map_or(read.len(), |newest| newest.len().min(read.len()));
                    session.rpc.tokens_done(asked, done);
                    let mut newest = newest.map(Vec::into_iter);
                    let both =
                        |seen| Sights { read: Ok(seen), newest: newest.as_mut().and_then(Iterator::next).map(Ok) };
                    read.into_iter().take(done).map(both).collect()
                }
            };
            let Some(titles) = self.0.get_mut(chunk.registry) else { continue };
            for (place, sights) in chunk.tokens.iter().zip(sights) {
                if let Some((_, known)) = titles.tokens.get_mut(*place) {
                    *known = Some(sights);
                }
            }
        }
    }

    /// A lens for several that was refused, or came to its end before the last token, is followed by smaller ones. Each round
    /// sees at least one token of every chunk or asks for fewer at once, and one alone always ends.
    async fn see_the_rest(&mut self, session: &Session<'_>, at: &At) -> Result<(), Unavailable> {
        let mut at_once = session.rpc.tokens_at_once();
        loop {
            let chunks = self.chunks(at_once);
            if chunks.is_empty() {
                return Ok(());
            }
            let of = |at: &At| chunks.iter().map(|chunk| self.call(chunk, at)).collect::<Vec<Call>>();
            let newest = at.newest.iter().map(|newest| of(newest)).collect();
            let Both { read, newest } = both(session, at, vec![of(at)], newest).await?;
            let (read, newest) = (read.into_iter().flatten().collect(), newest.into_iter().flatten().collect());
            self.note(session, at, &chunks, read, newest);
            at_once = (at_once / 2).max(1);
        }
    }

    /// What was seen of a title, and the place of its registry.
    fn sights(&self, registry: Address, token: TokenId) -> Option<(usize, Sights)> {
        let place = self.0.iter().position(|titles| titles.registry == registry)?;
        let (_, sights) = self.0.get(place)?.tokens.iter().find(|(known, _)| *known == token)?;
        Some((place, sights.clone()?))
    }
}

/// The title whose state a question is about, or starts from.
pub(super) fn title_of(question: &ChainQuestion) -> Option<(Address, TokenId)> {
    match question {
        ChainQuestion::Registry { registry, token } | ChainQuestion::History { registry, token } => {
            Some((*registry, *token))
        }
        _ => None,
    }
}

/// What is asked for a question besides its title's state.
fn calls(request: &Request, question: &ChainQuestion, at: &At) -> Vec<Call> {
    match question {
        ChainQuestion::Registry { .. }
        | ChainQuestion::History { .. }
        | ChainQuestion::TitleLogs { .. }
        | ChainQuestion::Revocation { .. } => Vec::new(),
        ChainQuestion::Powers { registry } => powers::calls(*registry, &at.form),
        ChainQuestion::Proof { registry, token } => proof::calls(*registry, *token, &request.hints, at),
        ChainQuestion::DocumentStore { store, target_hash, proof } => {
            store::calls(*store, &path_from(*target_hash, proof), proof, &at.form)
        }
        ChainQuestion::DidEthr { registry, identity } => did_ethr::calls(*registry, *identity, &at.form),
        ChainQuestion::AccountSignature(question) => account_signature::calls(question, &at.form),
    }
}

/// What a later block can take away besides the title: the issuance, the key, who acts for an account.
fn calls_at_newest(request: &Request, question: &ChainQuestion, newest: &At) -> Vec<Call> {
    match question {
        ChainQuestion::DocumentStore { .. } | ChainQuestion::DidEthr { .. } | ChainQuestion::AccountSignature(_) => {
            calls(request, question, newest)
        }
        ChainQuestion::Registry { .. }
        | ChainQuestion::History { .. }
        | ChainQuestion::TitleLogs { .. }
        | ChainQuestion::Powers { .. }
        | ChainQuestion::Proof { .. }
        | ChainQuestion::Revocation { .. } => Vec::new(),
    }
}
