//! Lets only replies through: stands where the library's client has not yet sorted out what it takes for a denial.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

use futures_util::stream::{Stream, StreamExt as _};
use hickory_proto::op::{DnsRequest, DnsResponse};
use hickory_resolver::config::ConnectionConfig;
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::RuntimeProvider;
use hickory_resolver::net::xfer::{DnsExchange, DnsHandle};
use hickory_resolver::{ConnectionProvider, PoolContext};

use super::reply;

/// Around a runtime, the maker of such connections; around one of those, the connection.
#[derive(Clone)]
pub(super) struct Checked<T>(pub(super) T);

impl<P: RuntimeProvider> ConnectionProvider for Checked<P> {
    type Conn = Checked<DnsExchange<P>>;
    type FutureConn = Pin<Box<dyn Future<Output = Result<Self::Conn, NetError>> + Send>>;
    type RuntimeProvider = P;

    fn new_connection(
        &self,
        ip: IpAddr,
        config: &ConnectionConfig,
        context: &PoolContext,
    ) -> Result<Self::FutureConn, NetError> {
        let connecting = self.0.new_connection(ip, config, context)?;
        Ok(Box::pin(async move { Ok(Checked(connecting.await?)) }))
    }

    fn runtime_provider(&self) -> &P {
        &self.0
    }
}

impl<P: RuntimeProvider> DnsHandle for Checked<DnsExchange<P>> {
    type Response = Pin<Box<dyn Stream<Item = Result<DnsResponse, NetError>> + Send>>;
    type Runtime = P;

    fn send(&self, request: DnsRequest) -> Self::Response {
        let asked = request.queries.first().cloned().unwrap_or_default();
        Box::pin(self.0.send(request).map(move |result| {
            let response = result?;
            let checked = reply::check(&asked, &response);
            checked.map(|()| response).map_err(|why| NetError::Message(why.in_words()))
        }))
    }
}
