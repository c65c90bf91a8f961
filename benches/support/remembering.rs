//! A node whose replies are remembered: the first time it is asked, from then on its words come from memory.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use ebl_verifier::primitives::{ChainId, TokenId};
use ebl_verifier::sources::chain::{BlockChoice, Endpoint, Exchange, Transport};
use ebl_verifier::testchain::sandbox::{CHAIN, Sandbox};
use ebl_verifier::verify::{PowersWanted, TitleReport, TokenOfChain};
use ebl_verifier::{Verifier, Wishes};
use tokio::runtime::Runtime;

use super::support::node::Node;

/// An embedded chain, and what runs it.
pub struct World {
    pub runtime: Runtime,
    pub sandbox: Sandbox,
}

impl World {
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let sandbox = runtime.block_on(Sandbox::start(any_port, any_port)).expect("a sandbox");
        Self { runtime, sandbox }
    }

    /// Times `measure` with a work that reads this title and its history, whose replies are all at hand by then.
    pub fn with_replies_at_hand<T>(
        &self,
        token: TokenId,
        is_right: impl Fn(&TitleReport) -> bool,
        measure: impl FnOnce(&dyn Fn()) -> T,
    ) -> T {
        let chain = ChainId::try_from(CHAIN).expect("a chain");
        let node = Arc::new(Remembering::of(self.sandbox.rpc_url()));
        let endpoint = self.sandbox.rpc_url().parse::<Endpoint>().expect("an endpoint");
        let builder = Verifier::builder().default_endpoints(false);
        let builder = builder.endpoint(chain, endpoint.over(Arc::clone(&node) as Arc<_>));
        let verifier = builder.block(BlockChoice::Latest).build().expect("settings");
        let wishes: Wishes = self.sandbox.wishes();
        let read = || {
            let token = TokenOfChain { chain, registry: self.sandbox.v5.address, token };
            let report = self.runtime.block_on(verifier.title_of_token(token, PowersWanted::No, &wishes));
            assert!(is_right(&report));
        };
        read();
        let asked = node.asked();
        let measured = measure(&read);
        assert_eq!(node.asked(), asked, "everything was at hand");
        measured
    }
}

struct Remembering {
    node: Node,
    replies: Mutex<HashMap<String, Vec<u8>>>,
}

impl Remembering {
    fn of(url: &str) -> Self {
        Self { node: Node { url: url.to_owned() }, replies: Mutex::default() }
    }

    /// How many different questions there were.
    fn asked(&self) -> usize {
        self.replies.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Transport for Remembering {
    fn exchange(&self, request: String) -> Exchange<'_> {
        let replies = || self.replies.lock().unwrap_or_else(PoisonError::into_inner);
        let known = replies().get(&request).cloned();
        Box::pin(async move {
            if let Some(reply) = known {
                return Ok(reply);
            }
            let (_, text) = self.node.post(request.clone()).await;
            replies().insert(request, text.clone().into_bytes());
            Ok(text.into_bytes())
        })
    }
}
