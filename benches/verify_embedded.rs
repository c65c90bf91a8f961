//! The whole of a verification over loopback, with the embedded chain and its resolver on the other side:
//! `cargo bench --bench verify_embedded`. Compare ratios, not times.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::LazyLock;

use ebl_verifier::testchain::sandbox::{Party, Sandbox};
use ebl_verifier::verify::Verdict;
use ebl_verifier::{Verifier, Wishes};
use tokio::runtime::Runtime;

fn main() {
    divan::main();
}

/// Chain, server and resolver, and bills whose titles are live, each with a title of its own.
struct World {
    runtime: Runtime,
    verifier: Verifier,
    wishes: Wishes,
    bills: Vec<Vec<u8>>,
    /// Ends with the world.
    _sandbox: Sandbox,
}

const BILLS: usize = 100;

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut sandbox = runtime.block_on(Sandbox::start(any_port, any_port)).expect("a sandbox");
    let registry = sandbox.v5;
    let bills = (0..BILLS).map(|number| {
        let bill = sandbox.bill(&format!("BENCH-{number}"), registry.address).oa2(&mut sandbox.salts);
        sandbox.mint(registry, bill.target_hash.into(), [Party::Shipper; 2]).expect("a title");
        bill.document.to_string().into_bytes()
    });
    let bills = bills.collect();
    let verifier = sandbox.verifier().expect("settings").build().expect("a verifier");
    World { runtime, verifier, wishes: sandbox.wishes(), bills, _sandbox: sandbox }
});

/// The same bill in one case, and each bill once, one after the other, in the other.
#[divan::bench(args = [1, BILLS])]
fn verify_in_a_row(bencher: divan::Bencher<'_, '_>, count: usize) {
    let world = &*WORLD;
    let bills = world.bills.get(..count).expect("as many bills");
    bencher.counter(divan::counter::ItemsCount::new(count)).bench(|| {
        world.runtime.block_on(async {
            for bill in bills {
                let report = world.verifier.verify(divan::black_box(bill), &world.wishes).await.expect("a document");
                assert_eq!(report.verdict, Verdict::Valid);
            }
        });
    });
}
