//! What a before-hook costs those who are asked about, and that it costs others nothing. Not run by itself, because it measures:
//! `cargo test --profile ci --test tidings -- --ignored --nocapture a_before_hook_costs`.

use super::receiver::{Act, allow};
use super::{Scene, hook};
use crate::support::in_process::Person;
use crate::support::peer::{Peer, Way, fresh_key, soon, text_to};
use tidings::model::UserId;
use tidings::model::clock::monotonic;
use tidings::protocol::Encoding;

/// Messages of one block.
const MESSAGES: usize = 400;
/// Blocks of each kind, one after the other.
const BLOCKS: usize = 3;
/// Commands that wait for a hook that says nothing: as many as are asked at once.
const WAITING: usize = 64;

/// Two who are connected.
struct Pair {
    from: Peer,
    to: Peer,
    whom: UserId,
}

impl Pair {
    async fn new(scene: &Scene, from: &Person, to: &Person) -> Self {
        let way = Way::Tcp(Encoding::Postcard);
        let (from, _) = Peer::log_in(&scene.server, way, &from.token).await;
        let whom = to.id.clone();
        let (to, _) = Peer::log_in(&scene.server, way, &to.token).await;
        Self { from, to, whom }
    }

    /// From a send to the moment when the other one has it, in microseconds.
    async fn latencies(&mut self) -> Vec<u64> {
        // Who only listens would be taken for gone.
        self.from.ping(1).await;
        self.to.ping(1).await;
        let mut found = Vec::with_capacity(MESSAGES);
        for number in 0..MESSAGES {
            let began = monotonic();
            self.from.say(&self.whom, &format!("message {number}")).await;
            self.to.entry().await;
            found.push(began.elapsed().as_micros() as u64);
        }
        found
    }
}

fn at(found: &mut [u64], percent: usize) -> u64 {
    found.sort_unstable();
    found[(found.len() * percent / 100).min(found.len() - 1)]
}

/// Prints one against the other, and gives the ratio of the medians.
fn compare(what: &str, base: &mut [u64], with: &mut [u64]) -> f64 {
    let ratio = |base: u64, with: u64| with as f64 / base as f64;
    let (p50, p99) = ((at(base, 50), at(with, 50)), (at(base, 99), at(with, 99)));
    println!(
        "{what}: p50 {} us against {} us, p99 {} us against {} us; ratio p50 {:.2}, p99 {:.2}",
        p50.1,
        p50.0,
        p99.1,
        p99.0,
        ratio(p50.0, p50.1),
        ratio(p99.0, p99.1)
    );
    ratio(p50.0, p50.1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it measures, and takes a while"]
async fn a_before_hook_costs_those_who_are_asked_about_one_question_and_others_nothing() {
    let scene = Scene::new(|_| allow()).await;
    let mut asked = Pair::new(&scene, &scene.person("ada").await, &scene.person("bob").await).await;
    let mut waits = Pair::new(&scene, &scene.person("eve").await, &scene.person("fay").await).await;
    // Of another app, without a hook.
    let (gil, hal) = (scene.server.person("gil").await, scene.server.person("hal").await);
    let mut others = Pair::new(&scene, &gil, &hal).await;
    waits.latencies().await;
    let [mut without, mut with, mut free, mut stalled] = [const { Vec::new() }; 4];
    for _ in 0..BLOCKS {
        assert_eq!(scene.shop.delete("/apps/shop/before-hook").await.status, 204);
        asked.latencies().await;
        without.extend(asked.latencies().await);
        free.extend(others.latencies().await);
        scene.shop.put("/apps/shop/before-hook", hook(&scene.receiver.url())).await.ok(201);
        asked.latencies().await;
        with.extend(asked.latencies().await);
        // Now it says nothing.
        scene.receiver.answers(|_| Act::Holds(0));
        scene.receiver.release(0);
        let before = scene.receiver.count();
        let mut requests = Vec::new();
        for number in 0..WAITING {
            let command = text_to(&waits.whom, &format!("waits {number}"));
            requests.push(waits.from.submit(fresh_key(), command).await);
        }
        soon("all of them are asked about", || scene.receiver.count() - before >= WAITING).await;
        stalled.extend(others.latencies().await);
        scene.receiver.answers(|_| allow());
        scene.receiver.release(1);
        for request in requests {
            // Allowed, or too late for that.
            drop(waits.from.outcome(request).await);
        }
    }
    compare("with a before-hook that answers at once, against none", &mut without, &mut with);
    let ratio = compare("another app, while 64 commands wait for a hook, against none", &mut free, &mut stalled);
    assert!(ratio <= 1.2, "{ratio:.2}");
    assert!(scene.server.stop().await);
}
