//! The network as a [`Source`]: endpoints of chains, resolvers, and the web servers that documents name.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::Source;
use super::chain::{ChainConfig, ChainProbe, ChainQuestion, ChainSource, Together};
use super::dns::{DnsConfig, DnsSource, ResolverProbe};
use super::shared::SharedAnswers;
use super::usage::{HostUse, Usage};
use super::waiting::Waiting;
use super::web::{WebConfig, WebSource};
use crate::evidence::{Answer, Cause, DnsTxtQuestion, Entry, Provenance, Question, Unavailable, WebQuestion};
use crate::primitives::ChainId;
use crate::web_address::{Reach, WebAddress};

/// Endpoints, resolvers and web servers, with the connections to them. Costly to make, and shared by everything that is
/// asked of it.
pub struct Network(Arc<Sources>);

struct Sources {
    chain: Arc<ChainSource>,
    /// Where several documents are asked about at a time.
    together: Option<Together>,
    dns: DnsSource,
    web: WebSource,
    shared: SharedAnswers,
    waiting: Waiting,
    usage: Usage,
}

impl Network {
    /// Sets everything up; nobody is asked yet.
    pub fn new(chain: ChainConfig, dns: DnsConfig, web: WebConfig) -> Result<Self, NetworkError> {
        Self::sharing(chain, dns, web, Duration::ZERO)
    }

    /// The same, for several documents of one run: what a resolver or a web server answers counts for this time and is asked for
    /// once, a chain is read at one block for this time, and what documents ask about it goes together.
    pub fn sharing(chain: ChainConfig, dns: DnsConfig, web: WebConfig, time: Duration) -> Result<Self, NetworkError> {
        let chain = Arc::new(ChainSource::new(ChainConfig { keep_block: time, ..chain })?);
        let together = (!time.is_zero()).then(|| Together::new(Arc::clone(&chain)));
        let (dns, web, shared) = (DnsSource::new(dns)?, WebSource::new(web)?, SharedAnswers::for_time(time));
        let (waiting, usage) = (Waiting::default(), Usage::default());
        Ok(Self(Arc::new(Sources { chain, together, dns, web, shared, waiting, usage })))
    }

    /// Tries out the endpoints of these chains and the resolvers, all at the same time. It judges no document.
    pub async fn probe(&self, chains: &[ChainId]) -> SourcesProbe {
        let mut tried = JoinSet::new();
        for (index, chain) in chains.iter().copied().enumerate() {
            let sources = Arc::clone(&self.0);
            tried.spawn(async move { (index, sources.chain.probe(chain).await) });
        }
        let resolvers = self.0.dns.probe().await;
        let mut chains = Vec::new();
        while let Some(joined) = tried.join_next().await {
            chains.extend(joined.ok());
        }
        chains.sort_by_key(|(index, _)| *index);
        SourcesProbe { chains: chains.into_iter().map(|(_, chain)| chain).collect(), resolvers }
    }

    /// Who is being asked at this moment, by host, each once, in the order of asking. Safe to show: no URL, no key.
    pub fn waiting_for(&self) -> Vec<String> {
        self.0.waiting.hosts()
    }

    /// What asking each host came to so far, in the order of their names.
    pub fn usage(&self) -> Vec<HostUse> {
        let mut hosts = [self.0.chain.usage(), self.0.usage.hosts()].concat();
        hosts.sort_by(|one, other| one.host.cmp(&other.host));
        hosts
    }
}

/// Those about one chain together, so that they are read at one block; everything else by itself, all at the same time.
impl Source for Network {
    async fn ask(&self, questions: Vec<Question>) -> Vec<Entry> {
        let mut asked = JoinSet::new();
        for group in grouped(questions) {
            let sources = Arc::clone(&self.0);
            asked.spawn(async move { sources.ask(group).await });
        }
        let mut entries = Vec::new();
        while let Some(joined) = asked.join_next().await {
            entries.extend(joined.unwrap_or_default());
        }
        entries
    }
}

/// What the sources of a network can do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourcesProbe {
    /// In the order in which they were asked for.
    pub chains: Vec<ChainProbe>,
    /// In the order of the settings.
    pub resolvers: Vec<ResolverProbe>,
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// In the chain settings.
    #[error(transparent)]
    Chain(#[from] super::chain::ConfigError),
    /// In the DNS settings.
    #[error(transparent)]
    Dns(#[from] super::dns::ConfigError),
    /// In the web settings.
    #[error(transparent)]
    Web(#[from] super::web::ConfigError),
}

/// Questions that are asked in one go.
enum Group {
    Chain(ChainId, Vec<(Question, ChainQuestion)>),
    Other(Question),
}

/// In the order of the questions.
fn grouped(questions: Vec<Question>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for question in questions {
        let Some((chain, asked)) = ChainQuestion::of(&question) else {
            groups.push(Group::Other(question));
            continue;
        };
        let known = groups.iter_mut().find_map(|group| match group {
            Group::Chain(known, pairs) if *known == chain => Some(pairs),
            _ => None,
        });
        match known {
            Some(pairs) => pairs.push((question, asked)),
            None => groups.push(Group::Chain(chain, vec![(question, asked)])),
        }
    }
    groups
}

impl Sources {
    async fn ask(&self, group: Group) -> Vec<Entry> {
        let hosts = self.hosts(&group);
        let _asking = self.waiting.asking(hosts.clone());
        // An answer of another kind is none.
        let entry = |(question, (answer, provenance)): (Question, (Answer, Provenance))| {
            Entry::pair(question, answer, provenance).ok()
        };
        match group {
            Group::Chain(chain, pairs) => {
                let (questions, asked): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
                let answers = match &self.together {
                    Some(together) => together.read(chain, asked).await,
                    None => self.chain.read(chain, asked).await,
                };
                questions.into_iter().zip(answers).filter_map(entry).collect()
            }
            Group::Other(question) => {
                let ask = || async {
                    let asked = async {
                        match &question {
                            Question::DnsTxt(DnsTxtQuestion { name }) => self.dns.txt(name).await,
                            Question::Web(WebQuestion { url, max_bytes }) => self.web.fetch(url, *max_bytes).await,
                            _ => (Err(nobody_to_ask()), Provenance::default()),
                        }
                    };
                    let answered = |(answer, _): &(Answer, Provenance)| answer.is_ok();
                    let found = self.usage.of(&hosts.join(", "), answered, asked).await;
                    entry((question.clone(), found))
                };
                self.shared.or_ask(&question, ask).await.into_iter().collect()
            }
        }
    }

    fn hosts(&self, group: &Group) -> Vec<String> {
        match group {
            Group::Chain(chain, _) => self.chain.hosts(*chain),
            Group::Other(Question::DnsTxt(_)) => self.dns.hosts(),
            Group::Other(Question::Web(WebQuestion { url, .. })) => {
                WebAddress::parse(url, Reach::Anywhere).map(|address| address.host().to_owned()).into_iter().collect()
            }
            Group::Other(_) => Vec::new(),
        }
    }
}

fn nobody_to_ask() -> Unavailable {
    Unavailable { cause: Cause::NoSource, host: None, detail: "this version cannot ask this".into() }
}
