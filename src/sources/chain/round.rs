//! The second round (chain.md §7): what all questions need, at the block and at the newest one, in one batch. What a title's
//! registry has is read once, and its tokens go together to the lens.

use std::sync::Arc;

use super::at::{At, block_by_number, checked};
use super::plan::Request;
use super::registry::{self, OfRegistry, Sights};
use super::reply::Item;
use super::transport::{Call, Session};
use super::values::header;
use super::{ChainQuestion, did_ethr, powers, proof, store};
use crate::evidence::{Cause, Unavailable};
use crate::merkle::path_from;
use crate::primitives::{Address, TokenId};

/// What a question is answered with in the second round.
pub(super) struct Share {
    /// Beside the methods that were called.
    pub read: Vec<(&'static str, Item)>,
    /// The same at the newest block, where there is one beside the block that is read.
    pub newest: Vec<Item>,
    /// For a title, whose registry's code `read` holds as well.
    pub title: Option<Title>,
}

/// What was read of a title.
pub(super) struct Title {
    pub of_registry: Arc<Result<OfRegistry, Unavailable>>,
    pub sights: Sights,
}

/// One batch for all questions, at both blocks; further ones only for tokens of which the lens did not come to speak.
pub(super) async fn shares(session: &Session<'_>, request: &Request, at: &At) -> Result<Vec<Share>, Unavailable> {
    let mut titles = Titles::of(request);
    let chunks = titles.chunks(session.rpc.tokens_at_once());
    let of_code = titles.0.iter().map(|title| registry::code_calls(title.registry, &at.form));
    let of_others = request.questions.iter().map(|question| calls(request, question, at));
    let lens = |at: &At| chunks.iter().map(|chunk| titles.call(chunk, at)).collect();
    let read = std::iter::once(lens(at)).chain(of_code).chain(of_others).collect();
    let others_at_newest =
        |newest: &At| request.questions.iter().map(|question| calls_at_newest(question, newest)).collect::<Vec<_>>();
    let newest = match &at.newest {
        Some(newest) => [vec![lens(newest)], others_at_newest(newest)].concat(),
        None => vec![Vec::new(); 1 + request.questions.len()],
    };
    let Both { read, newest } = both(session, at, read, newest).await?;
    let (mut read, mut newest) = (read.into_iter(), newest.into_iter());
    let seen = Both { read: read.next().unwrap_or_default(), newest: newest.next().unwrap_or_default() };
    titles.note(session, at, &chunks, seen);
    titles.see_the_rest(session, at).await?;
    let codes = read.by_ref().take(titles.0.len()).map(|code| {
        let items = code.iter().map(|(_, item)| item.clone());
        (Arc::new(OfRegistry::of(session, items)), code)
    });
    let codes: Vec<_> = codes.collect();
    let shares = request.questions.iter().zip(read).zip(newest).map(|((question, read), newest)| {
        let seen = title_of(question).and_then(|(registry, token)| titles.sights(registry, token));
        let known = seen.and_then(|(place, sights)| Some((codes.get(place)?, sights)));
        match known {
            Some(((of_registry, code), sights)) => {
                let title = Title { of_registry: Arc::clone(of_registry), sights };
                Share { read: code.clone(), newest, title: Some(title) }
            }
            None => Share { read, newest, title: None },
        }
    });
    Ok(shares.collect())
}

/// What belongs together, at either block.
struct Both<R, N> {
    read: R,
    newest: N,
}

/// One request for all, or two where one was too much.
async fn both(
    session: &Session<'_>,
    at: &At,
    read: Vec<Vec<Call>>,
    newest: Vec<Vec<Call>>,
) -> Result<Both<Vec<Vec<(&'static str, Item)>>, Vec<Vec<Item>>>, Unavailable> {
    let methods: Vec<Vec<&str>> = read.iter().map(|share| share.iter().map(|(method, _)| *method).collect()).collect();
    let counts: Vec<usize> = newest.iter().map(Vec::len).collect();
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
    let read_count = methods.iter().map(Vec::len).sum::<usize>();
    let mut ahead = items.split_off(read_count.min(items.len()));
    if let (Some(newest), Some(now)) = (&at.newest, ahead.pop())
        && now.ok().as_ref().and_then(header).is_none_or(|now| now.hash != newest.block.hash)
    {
        let detail = format!("its newest block, {}, was replaced while it was read", newest.block.number);
        return Err(session.unavailable(Cause::BlockVanished, detail));
    }
    let (mut items, mut ahead) = (items.into_iter(), ahead.into_iter());
    Ok(Both {
        read: methods.into_iter().map(|methods| methods.into_iter().zip(items.by_ref()).collect()).collect(),
        newest: counts.into_iter().map(|count| ahead.by_ref().take(count).collect()).collect(),
    })
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
    fn note(
        &mut self,
        session: &Session<'_>,
        at: &At,
        chunks: &[Chunk],
        Both { read, newest }: Both<Vec<(&'static str, Item)>, Vec<Item>>,
    ) {
        let (mut read, mut newest) = (read.into_iter().map(|(_, item)| item), newest.into_iter());
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
            let seen =
                Both { read: read.into_iter().flatten().collect(), newest: newest.into_iter().flatten().collect() };
            self.note(session, at, &chunks, seen);
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
        ChainQuestion::Registry { .. } | ChainQuestion::History { .. } | ChainQuestion::Revocation { .. } => Vec::new(),
        ChainQuestion::Powers { registry } => powers::calls(*registry, &at.form),
        ChainQuestion::Proof { registry, token } => proof::calls(*registry, *token, &request.hints, at),
        ChainQuestion::DocumentStore { store, target_hash, proof } => {
            store::calls(*store, &path_from(*target_hash, proof), proof, &at.form)
        }
        ChainQuestion::DidEthr { registry, identity } => did_ethr::calls(*registry, *identity, &at.form),
    }
}

/// What a later block can take away besides the title: the issuance, the key.
fn calls_at_newest(question: &ChainQuestion, newest: &At) -> Vec<Call> {
    match question {
        ChainQuestion::DocumentStore { store, target_hash, proof } => {
            store::calls(*store, &path_from(*target_hash, proof), proof, &newest.form)
        }
        ChainQuestion::DidEthr { registry, identity } => did_ethr::calls(*registry, *identity, &newest.form),
        ChainQuestion::Registry { .. }
        | ChainQuestion::History { .. }
        | ChainQuestion::Powers { .. }
        | ChainQuestion::Proof { .. }
        | ChainQuestion::Revocation { .. } => Vec::new(),
    }
}
