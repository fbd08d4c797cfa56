//! What is promised of every scenario: names, texts, scenes that follow from the seed alone.

use std::time::Duration;

use super::{Play, Scenario, Scene};
use crate::faults::{Effect, Operation};
use crate::organisation::Organisation;

fn scenes(scenario: Scenario, seed: u64, many: usize) -> Vec<Scene> {
    scenario.scenes(Organisation::new(seed, 300)).take(many).collect()
}

#[test]
fn a_scenario_is_found_by_its_name_and_another_name_is_told_which_there_are() {
    for scenario in Scenario::ALL {
        assert_eq!(scenario.name().parse(), Ok(scenario));
    }
    let unknown = "Calm".parse::<Scenario>().expect_err("a name in small letters only");
    assert_eq!(
        unknown.to_string(),
        "\"Calm\" is not a scenario; write calm, throttled, counts-ids, flaky, outage, slow, hostile, poisoned, systemic, \
         token-trouble, refused, shrinking, long-listing or random"
    );
}

#[test]
fn a_description_is_one_sentence_that_fits_eighty_columns() {
    for scenario in Scenario::ALL {
        let text = scenario.description();
        assert!(text.chars().count() <= 76 && text.ends_with('.'), "{text}");
    }
}

#[test]
fn calm_is_calm_and_every_other_scenario_has_trouble() {
    assert!(scenes(Scenario::Calm, 1, 100).iter().all(Scene::is_calm));
    for scenario in &Scenario::ALL[1..] {
        assert!(scenes(*scenario, 1, 100).iter().any(|scene| !scene.is_calm()), "{scenario}");
        let is_named = |scene: &Scene| scene.is_calm() == (scene.name() == "calm");
        assert!(scenes(*scenario, 1, 100).iter().all(is_named), "{scenario}");
    }
}

#[test]
fn the_random_scenario_follows_from_the_seed_and_is_calm_half_of_the_time() {
    assert_eq!(scenes(Scenario::Random, 7, 50), scenes(Scenario::Random, 7, 50));
    assert_ne!(scenes(Scenario::Random, 7, 50), scenes(Scenario::Random, 8, 50));
    let scenes = scenes(Scenario::Random, 7, 2_000);
    let seconds = |wanted: fn(&Scene) -> bool| {
        scenes.iter().filter(|scene| wanted(scene)).map(|scene| scene.lasts().as_secs_f64()).sum::<f64>()
    };
    let share = seconds(Scene::is_calm) / seconds(|_| true);
    assert!((0.45..0.55).contains(&share), "{share}");
    let (least, most) = (Duration::from_secs(3), Duration::from_secs(20));
    assert!(scenes.iter().all(|scene| (least..=most).contains(&scene.lasts())));
    let several = scenes.iter().filter(|scene| scene.name().contains("; ")).count();
    assert!((200..300).contains(&several), "{several} scenes in 2,000 have two troubles");
}

#[test]
fn a_listing_takes_minutes_when_each_page_does_its_part() {
    let scenes = scenes(Scenario::LongListing, 1, 2);
    let faults = &scenes[1].conditions.faults;
    let is_long = |effect: &Effect| *effect == Effect::Delay(Duration::from_secs(20));
    assert!(faults.iter().any(|fault| fault.operation == Operation::ListUsers && is_long(&fault.effect)));
}

#[test]
fn entering_a_scene_that_revokes_the_tokens_is_told_once() {
    let begun_at =
        |seconds| Play::begin(Scenario::TokenTrouble, Organisation::new(1, 300), Duration::from_secs(seconds));
    assert!(!begun_at(60).advance(), "Entra is down, but its tokens are good");
    let mut play = begun_at(180);
    assert_eq!((play.advance(), play.scene().name()), (true, "tokens revoked"));
    assert!(!play.advance());
}
