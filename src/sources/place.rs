//! Whether two names mean one and the same server: for a quorum of endpoints, and for the agreement of resolvers, such two
//! count once (chain.md §5.5, checks.md §5.4).

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

/// Where a server is, by its name and by all addresses that the name has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    name: String,
    port: Port,
    addresses: Vec<IpAddr>,
}

/// A port, or the one that its protocol has anyway: whoever answers there on one address is one server, by whatever
/// protocol it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Port {
    Default,
    Other(u16),
}

impl Place {
    pub(super) fn new(name: &str, port: Port, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        let name = name.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
        let literal: Option<IpAddr> = name.parse().ok();
        let addresses = literal.into_iter().chain(addresses).map(canonical).collect();
        Self { name, port, addresses }
    }

    /// With the addresses that the name has now. A name without any is only like itself.
    pub(super) async fn found(name: &str, port: Port) -> Self {
        let named = Self::new(name, port, []);
        if !named.addresses.is_empty() {
            return named;
        }
        let looked_up = tokio::time::timeout(LONGEST_LOOKUP, tokio::net::lookup_host((named.name.as_str(), 0))).await;
        let addresses: Vec<IpAddr> =
            looked_up.ok().and_then(Result::ok).into_iter().flatten().map(|it| it.ip()).collect();
        Self::new(name, port, addresses)
    }

    fn is_that_of(&self, other: &Self) -> bool {
        let shared = || self.addresses.iter().any(|address| other.addresses.contains(address));
        self.port == other.port && (self.name == other.name || shared())
    }
}

/// The indices of those that are not at the place of an earlier one, nor of one that is.
pub(crate) fn distinct(places: &[Place]) -> Vec<usize> {
    let mut first: Vec<usize> = (0..places.len()).collect();
    for (index, place) in places.iter().enumerate() {
        for (earlier, other) in places.iter().enumerate().take(index) {
            if place.is_that_of(other)
                && let (Some(&one), Some(&two)) = (first.get(index), first.get(earlier))
            {
                // All that were one with either are one now.
                first.iter_mut().filter(|it| **it == one.max(two)).for_each(|it| *it = one.min(two));
            }
        }
    }
    first.into_iter().enumerate().filter(|(index, first)| index == first).map(|(index, _)| index).collect()
}

/// One address for each machine, as far as it can be seen: every address of loopback, and none at all, is this one.
fn canonical(address: IpAddr) -> IpAddr {
    let address = address.to_canonical();
    if address.is_loopback() || address.is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { address }
}

const LONGEST_LOOKUP: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(name: &str, addresses: &[&str]) -> Place {
        Place::new(name, Port::Default, addresses.iter().map(|text| text.parse().unwrap()))
    }

    #[test]
    fn names_of_one_server_count_once() {
        for (one, other) in [
            (at("rpc.example", &[]), at("RPC.example.", &[])),
            (at("rpc.example", &["192.0.2.1"]), at("192.0.2.1", &[])),
            (at("::ffff:192.0.2.1", &[]), at("192.0.2.1", &[])),
            (at("[::1]", &[]), at("127.0.0.1", &[])),
            (at("localhost", &["127.0.0.1", "::1"]), at("127.0.0.2", &[])),
            (at("0.0.0.0", &[]), at("127.0.0.1", &[])),
            (at("a.example", &["192.0.2.1", "192.0.2.2"]), at("b.example", &["2001:db8::1", "192.0.2.2"])),
        ] {
            assert_eq!(distinct(&[one.clone(), other.clone()]), [0], "{one:?} {other:?}");
        }
        let elsewhere = Place { port: Port::Other(8545), ..at("127.0.0.1", &[]) };
        assert_eq!(distinct(&[at("127.0.0.1", &[]), elsewhere, at("192.0.2.1", &[]), at("b.example", &[])]).len(), 4);
    }

    #[test]
    fn what_a_third_name_joins_counts_once() {
        let places = [
            at("a.example", &["192.0.2.1"]),
            at("b.example", &["192.0.2.2"]),
            at("c.example", &["192.0.2.3"]),
            at("d.example", &["192.0.2.2", "192.0.2.1"]),
        ];
        assert_eq!(distinct(&places[..3]), [0, 1, 2]);
        assert_eq!(distinct(&places), [0, 2]);
    }

    #[tokio::test]
    async fn localhost_is_this_machine() {
        let found = [Place::found("localhost", Port::Default).await, Place::found("127.0.0.1", Port::Default).await];
        assert_eq!(distinct(&found), [0]);
    }
}
