//! A watch tells every change once, as it becomes final, and none that did not happen (chain.md §8): across reorganisations,
//! outages, endpoints that are behind, and several changes between two looks.
#![cfg(feature = "testchain")]

#[path = "watch/command.rs"]
mod command;
#[path = "watch/page.rs"]
mod page;
#[path = "watch/world.rs"]
mod world;

use std::sync::atomic::Ordering;

use ebl_verifier::Verifier;
use ebl_verifier::evidence::Finality;
use ebl_verifier::testchain::contracts::TitleWrite;
use ebl_verifier::title::Generation;
use ebl_verifier::title::history::StandingState;
use ebl_verifier::watch::EventKind::{Begun, Changed, Pending, Replaced, Withdrawn};
use ebl_verifier::watch::{Trouble, WatchEvent, WatchedTitle};
use serde_json::json;

use world::{BANK, CARRIER, SHIPPER, World, look, seen, token, told};

#[tokio::test]
async fn each_step_of_a_life_is_pending_and_then_final_and_told_once() {
    for generation in [Generation::V5, Generation::V4] {
        let world = World::start(generation).await;
        let mut title = WatchedTitle::new(world.title(1));
        assert_eq!(told(&world, &mut title).await, [(Begun, None)]);
        assert_eq!(title.state(), Some(StandingState::NotIssued));
        let v5 = generation == Generation::V5;
        let remark = || b"on board".to_vec();
        for (by, write, name) in [
            (
                CARRIER,
                TitleWrite::Mint { beneficiary: SHIPPER, holder: SHIPPER, token: token(1), remark: remark() },
                "INITIAL",
            ),
            (SHIPPER, TitleWrite::TransferHolder { holder: BANK, remark: remark() }, "TRANSFER_HOLDER"),
            (SHIPPER, TitleWrite::Nominate { nominee: BANK, remark: remark() }, "NOMINATION"),
            (BANK, TitleWrite::TransferBeneficiary { beneficiary: BANK, remark: remark() }, "TRANSFER_BENEFICIARY"),
            (
                BANK,
                TitleWrite::ReturnToIssuer { remark: remark() },
                if v5 { "RETURNED_TO_ISSUER" } else { "SURRENDERED" },
            ),
            (
                CARRIER,
                TitleWrite::Accept { token: token(1), remark: remark() },
                if v5 { "RETURN_TO_ISSUER_ACCEPTED" } else { "SURRENDER_ACCEPTED" },
            ),
        ] {
            world.write(1, by, write).await;
            assert_eq!(told(&world, &mut title).await, [(Pending, Some(name))], "{generation}");
            assert_eq!(told(&world, &mut title).await, [], "{generation}: {name} is announced once");
            world.finalize();
            assert_eq!(told(&world, &mut title).await, [(Changed, Some(name))], "{generation}");
            assert_eq!(told(&world, &mut title).await, [], "{generation}: {name} is told once");
        }
        assert_eq!(title.state(), Some(StandingState::Ended));
    }
}

#[tokio::test]
async fn a_pending_change_that_a_reorganisation_takes_away_is_withdrawn_once() {
    let (world, mut title) = watched().await;
    let before = world.mark();
    world.hand_over(1, SHIPPER, BANK).await;
    assert_eq!(told(&world, &mut title).await, [(Pending, Some("TRANSFER_HOLDER"))]);
    world.reorganise(&before);
    assert_eq!(told(&world, &mut title).await, [(Withdrawn, Some("TRANSFER_HOLDER"))]);
    assert_eq!(told(&world, &mut title).await, []);
    world.finalize();
    assert_eq!(told(&world, &mut title).await, []);
    // What really happens afterwards is told as ever.
    world.hand_over(1, SHIPPER, CARRIER).await;
    world.finalize();
    assert_eq!(told(&world, &mut title).await, [(Changed, Some("TRANSFER_HOLDER"))]);
}

#[tokio::test]
async fn a_transaction_that_moves_to_another_block_is_the_same_change() {
    let (world, mut title) = watched().await;
    let before = world.mark();
    world.hand_over(1, SHIPPER, BANK).await;
    assert_eq!(told(&world, &mut title).await, [(Pending, Some("TRANSFER_HOLDER"))]);
    // The same transaction, with the same nonce, one block later.
    let escrow = world.escrow(1).await;
    world.reorganise(&before);
    world.send(SHIPPER, escrow, &TitleWrite::TransferHolder { holder: BANK, remark: b"on board".to_vec() });
    assert_eq!(told(&world, &mut title).await, []);
    world.finalize();
    assert_eq!(told(&world, &mut title).await, [(Changed, Some("TRANSFER_HOLDER"))]);
}

#[tokio::test]
async fn changes_that_undo_each_other_between_two_looks_are_all_told() {
    let (world, mut title) = watched().await;
    world.hand_over(1, SHIPPER, BANK).await;
    world.hand_over(1, BANK, SHIPPER).await;
    let both = |kind| [(kind, Some("TRANSFER_HOLDER")), (kind, Some("TRANSFER_HOLDER"))];
    // The newest state is the final one again, and both are pending all the same.
    assert_eq!(told(&world, &mut title).await, both(Pending));
    world.finalize();
    let events = look(&world, std::slice::from_mut(&mut title)).await.remove(0).unwrap();
    let holders: Vec<_> = events.iter().map(|event| (event.from.unwrap().holder, event.to.holder)).collect();
    assert_eq!(holders, [(Some(SHIPPER), Some(BANK)), (Some(BANK), Some(SHIPPER))]);
    assert!(events.iter().all(|event| event.kind == Changed));
    // Returned and given back within one interval, never seen as pending.
    world.write(1, SHIPPER, TitleWrite::ReturnToIssuer { remark: Vec::new() }).await;
    world.write(1, CARRIER, TitleWrite::Restore { token: token(1), remark: Vec::new() }).await;
    world.finalize();
    assert_eq!(
        told(&world, &mut title).await,
        [(Changed, Some("RETURNED_TO_ISSUER")), (Changed, Some("RETURN_TO_ISSUER_REJECTED"))]
    );
}

#[tokio::test]
async fn an_outage_is_no_change_and_what_happened_meanwhile_is_told_after_it() {
    let (world, mut title) = watched().await;
    let known = title.clone();
    let escrow = world.escrow(1).await;
    world.is_down.store(true, Ordering::Relaxed);
    world.send(SHIPPER, escrow, &TitleWrite::TransferHolder { holder: BANK, remark: Vec::new() });
    let looked = look(&world, std::slice::from_mut(&mut title)).await.remove(0);
    assert!(matches!(looked, Err(Trouble::Unanswered(_))), "{looked:?}");
    assert_eq!(title, known);
    world.is_down.store(false, Ordering::Relaxed);
    world.finalize();
    assert_eq!(told(&world, &mut title).await, [(Changed, Some("TRANSFER_HOLDER"))]);
}

#[tokio::test]
async fn a_settled_block_that_goes_back_or_is_replaced_changes_nothing() {
    let world = World::start(Generation::V5).await;
    world.mint(1).await;
    world.finalize();
    let mut title = WatchedTitle::new(world.title(1));
    let before = world.mark();
    let early = world.height();
    world.hand_over(1, SHIPPER, BANK).await;
    world.finalize();
    told(&world, &mut title).await;
    let known = title.clone();
    world.finalized.store(early, Ordering::Relaxed);
    let looked = look(&world, std::slice::from_mut(&mut title)).await.remove(0);
    assert!(matches!(looked, Err(Trouble::Behind { .. })), "{looked:?}");
    world.reorganise(&before);
    world.finalize();
    let looked = look(&world, std::slice::from_mut(&mut title)).await.remove(0);
    assert!(matches!(looked, Err(Trouble::SettledBlockReplaced { .. })), "{looked:?}");
    assert_eq!(title, known);
}

#[tokio::test]
async fn what_was_told_as_pending_before_a_crash_is_withdrawn_after_it() {
    let (world, mut title) = watched().await;
    let before = world.mark();
    world.hand_over(1, SHIPPER, BANK).await;
    world.hand_over(1, BANK, CARRIER).await;
    let observed = seen(&world, &title).await;
    assert_eq!(observed.events.len(), 2);
    title.note_told(&observed.events[0], &observed.open);
    world.reorganise(&before);
    let observed = seen(&world, &title).await;
    assert_eq!(observed.events.iter().map(|event| event.kind).collect::<Vec<_>>(), [Withdrawn]);
    assert_eq!(observed.events[0].to.holder, Some(BANK));
    title.note_told(&observed.events[0], &observed.open);
    assert_eq!(told(&world, &mut title).await, []);
}

#[tokio::test]
async fn on_a_chain_without_final_blocks_a_change_that_is_taken_back_is_told() {
    let (world, mut title) = watched_without_final_blocks().await;
    let before = world.mark();
    world.hand_over(1, SHIPPER, BANK).await;
    let events = look(&world, std::slice::from_mut(&mut title)).await.remove(0).unwrap();
    assert_eq!((events.len(), events[0].kind, events[0].finality), (1, Changed, Finality::Latest));
    world.reorganise(&before);
    let events = look(&world, std::slice::from_mut(&mut title)).await.remove(0).unwrap();
    assert_eq!((events.len(), events[0].kind), (1, Replaced));
    assert_eq!((events[0].from.unwrap().holder, events[0].to.holder), (Some(BANK), Some(SHIPPER)));
    assert_eq!(told(&world, &mut title).await, []);
}

#[tokio::test]
async fn what_was_told_of_a_look_and_is_taken_back_before_the_rest_is_withdrawn() {
    let (world, mut title) = watched_without_final_blocks().await;
    let before = world.mark();
    world.hand_over(1, SHIPPER, BANK).await;
    world.hand_over(1, BANK, CARRIER).await;
    let observed = seen(&world, &title).await;
    assert_eq!(observed.events.len(), 2);
    // A program took the first and failed for the second, or the watch was killed in between.
    title.note_told(&observed.events[0], &observed.open);
    let written = serde_json::to_string(&title).unwrap();
    let mut title: WatchedTitle = serde_json::from_str(&written).unwrap();
    world.reorganise(&before);
    let events = seen(&world, &title).await.events;
    assert_eq!(events.iter().map(|event| event.kind).collect::<Vec<_>>(), [Withdrawn]);
    assert_eq!((events[0].tx, events[0].to.holder), (observed.events[0].tx, Some(BANK)));
    assert_eq!(told(&world, &mut title).await, [(Withdrawn, Some("TRANSFER_HOLDER"))]);
    assert_eq!(told(&world, &mut title).await, []);
}

#[tokio::test]
async fn a_change_that_comes_again_after_it_was_taken_back_is_another_event() {
    let (world, mut title) = watched().await;
    let mut ids = Vec::new();
    let mut again = async |kind| {
        let events = look(&world, std::slice::from_mut(&mut title)).await.remove(0).unwrap();
        assert_eq!(events.iter().map(|event| event.kind).collect::<Vec<_>>(), [kind]);
        ids.push(events[0].id.clone());
    };
    let (before, escrow) = (world.mark(), world.escrow(1).await);
    let mut blocks = std::collections::BTreeSet::new();
    let mut hand_over = || {
        world.chain.lock().unwrap().revert_to(&before).unwrap();
        world.send(SHIPPER, escrow, &TitleWrite::TransferHolder { holder: BANK, remark: Vec::new() });
        blocks.insert(world.chain.lock().unwrap().head().hash);
    };
    hand_over();
    for _ in 0..2 {
        again(Pending).await;
        world.reorganise(&before);
        again(Withdrawn).await;
        hand_over();
    }
    assert_eq!(blocks.len(), 1, "the same block, hash and all");
    again(Pending).await;
    world.finalize();
    again(Changed).await;
    let different: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(different.len(), ids.len(), "{ids:?}");
}

#[tokio::test]
async fn a_block_that_is_less_settled_than_the_last_one_tells_nothing() {
    let (world, mut title) = watched().await;
    let settled = world.height();
    world.hand_over(1, SHIPPER, BANK).await;
    // For one look the endpoint knows no final block.
    world.finalized.store(0, Ordering::Relaxed);
    let looked = look(&world, std::slice::from_mut(&mut title)).await.remove(0);
    let less = Trouble::LessSettled { known: Finality::Finalized, found: Finality::Latest };
    assert_eq!(looked, Err(less));
    world.finalized.store(settled, Ordering::Relaxed);
    assert_eq!(told(&world, &mut title).await, [(Pending, Some("TRANSFER_HOLDER"))]);
    world.finalize();
    assert_eq!(told(&world, &mut title).await, [(Changed, Some("TRANSFER_HOLDER"))]);
}

#[tokio::test]
async fn what_was_told_before_the_chain_named_a_final_block_is_told_as_final_once_more() {
    let (world, mut title) = watched_without_final_blocks().await;
    world.hand_over(1, SHIPPER, BANK).await;
    let early = look(&world, std::slice::from_mut(&mut title)).await.remove(0).unwrap();
    world.hand_over(1, BANK, CARRIER).await;
    world.finalize();
    let events = look(&world, std::slice::from_mut(&mut title)).await.remove(0).unwrap();
    let shown = |event: &WatchEvent| (event.kind, event.finality, event.to.holder);
    assert_eq!(early.iter().map(shown).collect::<Vec<_>>(), [(Changed, Finality::Latest, Some(BANK))]);
    let final_ones = [(Changed, Finality::Finalized, Some(BANK)), (Changed, Finality::Finalized, Some(CARRIER))];
    assert_eq!(events.iter().map(shown).collect::<Vec<_>>(), final_ones);
    assert_eq!((events[0].tx, &events[0].remark), (early[0].tx, &early[0].remark));
    assert!(events[0].time.is_some() && events[0].id != early[0].id);
    assert_eq!(told(&world, &mut title).await, []);
}

#[tokio::test]
async fn a_block_that_was_replaced_is_one_event_and_takes_what_was_pending_with_it() {
    let (world, mut title) = watched_without_final_blocks().await;
    let before = world.mark();
    world.hand_over(1, SHIPPER, BANK).await;
    let observed = seen(&world, &title).await;
    // As of an endpoint that was ahead of the others.
    let ahead = observed.open.recorded.clone();
    title.go_on_from(observed.open);
    title.known.as_mut().unwrap().pending.extend(ahead);
    world.reorganise(&before);
    let first = seen(&world, &title).await.events;
    assert_eq!(first.iter().map(|event| event.kind).collect::<Vec<_>>(), [Withdrawn, Replaced]);
    // Nobody noted that it was told, and the chain went on.
    world.chain.lock().unwrap().mine().unwrap();
    let second = seen(&world, &title).await.events;
    let ids = |events: &[WatchEvent]| events.iter().map(|event| event.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&first), ids(&second));
}

#[tokio::test]
async fn that_pending_changes_cannot_be_read_is_known() {
    let (world, mut title) = watched().await;
    world.hand_over(1, SHIPPER, BANK).await;
    world.hides_newer_logs.store(true, Ordering::Relaxed);
    let observed = seen(&world, &title).await;
    assert!(observed.events.is_empty() && !observed.pending_is_known);
    world.hides_newer_logs.store(false, Ordering::Relaxed);
    assert!(seen(&world, &title).await.pending_is_known);
    assert_eq!(told(&world, &mut title).await, [(Pending, Some("TRANSFER_HOLDER"))]);
}

#[tokio::test]
async fn without_the_logs_nothing_is_told_and_with_them_nothing_is_missing() {
    let (world, mut title) = watched().await;
    world.hand_over(1, SHIPPER, BANK).await;
    world.hand_over(1, BANK, SHIPPER).await;
    world.finalize();
    world.hides_logs.store(true, Ordering::Relaxed);
    let looked = look(&world, std::slice::from_mut(&mut title)).await.remove(0);
    assert!(matches!(looked, Err(Trouble::LogsMissing { .. })), "{looked:?}");
    world.hides_logs.store(false, Ordering::Relaxed);
    let both = [(Changed, Some("TRANSFER_HOLDER")), (Changed, Some("TRANSFER_HOLDER"))];
    assert_eq!(told(&world, &mut title).await, both);
}

#[tokio::test]
async fn several_endpoints_that_agree_are_read_as_one() {
    let world = World::start(Generation::V5).await;
    world.mint(1).await;
    world.finalize();
    let other = world.another_front();
    let builder = Verifier::builder().default_endpoints(false).quorum(2);
    let of_chain = world.title(1).chain;
    let builder = builder.endpoint(of_chain, world.front.url().parse().unwrap());
    let verifier = builder.endpoint(of_chain, other.url().parse().unwrap()).build().unwrap();
    let mut title = WatchedTitle::new(world.title(1));
    let mut kinds = async || {
        let observed = verifier.look_at(&[title.clone()], &world.wishes()).await.remove(0).unwrap();
        title.go_on_from(observed.open);
        observed.events.iter().map(|event| event.kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds().await, [Begun]);
    world.hand_over(1, SHIPPER, BANK).await;
    assert_eq!(kinds().await, [Pending]);
    world.finalize();
    assert_eq!(kinds().await, [Changed]);
    // One that has no logs cannot agree with one that has.
    world.hand_over(1, BANK, SHIPPER).await;
    world.finalize();
    world.hides_logs.store(true, Ordering::Relaxed);
    assert!(verifier.look_at(&[title.clone()], &world.wishes()).await[0].is_err());
}

#[tokio::test]
async fn two_hundred_titles_take_as_many_requests_as_one() {
    let world = World::start(Generation::V5).await;
    for number in 0..200 {
        world.mint(number).await;
    }
    world.finalize();
    let mut counts = Vec::new();
    for count in [1_u16, 200] {
        let mut titles: Vec<_> = (0..count).map(|number| WatchedTitle::new(world.title(number))).collect();
        let begun = look(&world, &mut titles).await;
        assert!(begun.iter().all(|looked| looked.as_ref().is_ok_and(|events| events[0].kind == Begun)), "{begun:?}");
        // One that happens, and one that is pending.
        world.hand_over(0, SHIPPER, BANK).await;
        world.finalize();
        world.hand_over(0, BANK, SHIPPER).await;
        let before = world.front.asked().len();
        let looked = look(&world, &mut titles).await;
        let requests: Vec<usize> =
            world.front.asked()[before..].iter().map(|request| request.body.as_array().map_or(1, Vec::len)).collect();
        let kinds: Vec<_> = looked.iter().map(|looked| looked.as_ref().unwrap().len()).collect();
        assert_eq!((kinds[0], kinds[1..].iter().sum::<usize>()), (2, 0));
        counts.push((requests.len(), requests));
        world.finalize();
    }
    assert_eq!((counts[0].0, counts[1].0), (3, 3), "{counts:?}");
    // Logs are asked for twice, settled and newer, whatever the number of titles.
    let asked = world.front.asked();
    let logs = |request: &crate::support::rpc_server::Request| {
        let calls = request.body.as_array().cloned().unwrap_or_default();
        calls.into_iter().filter(|call| call["method"] == "eth_getLogs").collect::<Vec<_>>()
    };
    let last = logs(asked.last().unwrap());
    assert_eq!(last.len(), 2);
    assert_eq!(last[0]["params"][0]["address"].as_array().map(Vec::len), Some(200), "{}", json!(last));
}

#[tokio::test]
async fn what_was_told_before_a_crash_is_not_told_again() {
    let (world, mut title) = watched().await;
    world.hand_over(1, SHIPPER, BANK).await;
    world.hand_over(1, BANK, SHIPPER).await;
    world.finalize();
    let observed = seen(&world, &title).await;
    // The first was told and noted, and then the program was gone.
    title.note_told(&observed.events[0], &observed.open);
    let written = serde_json::to_string(&title).unwrap();
    let mut again: WatchedTitle = serde_json::from_str(&written).unwrap();
    let events = look(&world, std::slice::from_mut(&mut again)).await.remove(0).unwrap();
    assert_eq!(events, observed.events[1..]);
    assert_eq!(told(&world, &mut again).await, []);
}

/// A title that is final and was looked at once.
async fn watched() -> (World, WatchedTitle) {
    let world = World::start(Generation::V5).await;
    world.mint(1).await;
    world.finalize();
    let mut title = WatchedTitle::new(world.title(1));
    told(&world, &mut title).await;
    (world, title)
}

/// One of a chain that names no final block, as a node that was just started: its first block is the last final one.
async fn watched_without_final_blocks() -> (World, WatchedTitle) {
    let world = World::start(Generation::V5).await;
    world.finalized.store(0, Ordering::Relaxed);
    world.mint(1).await;
    let mut title = WatchedTitle::new(world.title(1));
    told(&world, &mut title).await;
    (world, title)
}
