//! Random histories of commands against a plain in-memory model of the rules (`support/model.rs`): every outcome, every refusal
//! code, and everything that every user can see afterwards, with restarts in between.
//!
//! `TIDINGS_MODEL_CASES` sets how many histories are played (1,000 when it is not set).

#[path = "support/model_assistants.rs"]
mod assistants;
#[path = "support/model_devices.rs"]
mod devices;
#[path = "support/model_history.rs"]
mod history;
#[path = "support/model_play.rs"]
mod play;
#[path = "support/model.rs"]
mod rules;

use history::{History, history};
use play::{Batches, EngineServer, Play, StoreServer};
use proptest::test_runner::{Config, TestCaseError, TestRunner};

/// Steps of one history, at most.
const STEPS_MAX: usize = 80;

fn check(cases: u32, test: impl Fn(&History) -> Result<(), String>) {
    let config = Config { cases, max_shrink_iters: 4_000, failure_persistence: None, ..Config::default() };
    let outcome =
        TestRunner::new(config).run(&history(STEPS_MAX), |history| test(&history).map_err(TestCaseError::fail));
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

fn cases(default: u32) -> u32 {
    std::env::var("TIDINGS_MODEL_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(default)
}

#[test]
fn every_history_gives_what_the_rules_say_across_restarts() {
    check(cases(1_000), |history| {
        let mut server = EngineServer::new();
        Play::new(&mut server).play(history)
    });
}

#[test]
fn the_same_commands_batched_differently_give_the_same_dump() {
    check(cases(1_000) / 4, |history| {
        let dump = |batches| {
            let mut server = StoreServer::new(batches);
            Play::new(&mut server).play(history)?;
            Ok::<_, String>(server.dump())
        };
        let one_by_one = dump(Batches::OneByOne)?;
        for batches in [Batches::Few(3), Batches::AsAsked] {
            play::same_lines("the dump", &one_by_one, &dump(batches)?)?;
        }
        Ok(())
    });
}
