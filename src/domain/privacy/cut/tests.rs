//! Light cuts, against a search through all subsets.

use proptest::prelude::*;

use super::*;

fn edges(list: &[(u32, u32, u32)]) -> Vec<Edge> {
    list.iter().map(|&(one, other, weight)| Edge { ends: [one, other], weight }).collect()
}

/// The nodes on one side of a light cut.
fn below(least: u32, nodes: usize, edges: &[Edge]) -> Option<Vec<bool>> {
    Graph::new(least, nodes, edges.iter().copied()).light()
}

/// How many people cross.
fn weight(edges: &[Edge], side: &[bool]) -> u32 {
    edges.iter().filter(|edge| side[edge.ends[0] as usize] != side[edge.ends[1] as usize]).map(|edge| edge.weight).sum()
}

/// Whether any of all subsets has a cut of 1 to `least` - 1.
fn exists(least: u32, nodes: usize, edges: &[Edge]) -> bool {
    (0..1_u32 << nodes).any(|subset| {
        let side: Vec<bool> = (0..nodes).map(|node| subset >> node & 1 == 1).collect();
        (1..least).contains(&weight(edges, &side))
    })
}

#[test]
fn groups_that_share_many_people_are_not_cut() {
    let well_mixed = edges(&[(0, 2, 9), (0, 3, 9), (1, 2, 9), (1, 3, 9)]);
    assert_eq!(below(5, 4, &well_mixed), None);
}

#[test]
fn two_people_who_hold_two_halves_together_are_a_cut() {
    let near_copies = edges(&[(0, 2, 20), (0, 3, 2), (1, 3, 20)]);
    let side = below(5, 4, &near_copies).expect("a cut");
    assert_eq!([side[0], side[2]], [true; 2].map(|inside| inside == side[2]));
    assert_eq!((side[1], side[3]), (!side[0], !side[0]));
}

#[test]
fn halves_that_share_nobody_are_no_cut() {
    assert_eq!(below(5, 4, &edges(&[(0, 2, 20), (0, 3, 0), (1, 3, 20)])), None);
}

#[test]
fn many_thin_edges_hold_together_as_well_as_a_thick_one() {
    let thin = edges(&[(0, 1, 1), (0, 1, 2), (1, 0, 2)]);
    assert_eq!(below(5, 2, &thin), None);
    assert!(below(6, 2, &thin).is_some());
}

/// Few nodes, edges of few people: graphs around the limit.
fn graphs() -> impl Strategy<Value = (u32, usize, Vec<Edge>)> {
    (2..7_u32, 2..11_u32).prop_flat_map(|(least, nodes)| {
        let edge = (0..nodes, 0..nodes, prop_oneof![0..3_u32, 0..9_u32]);
        let edge = edge.prop_map(|(one, other, weight)| Edge { ends: [one, other], weight });
        (Just(least), Just(nodes as usize), prop::collection::vec(edge, 0..30))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_light_cut_is_found_where_there_is_one_and_nowhere_else((least, nodes, edges) in graphs()) {
        match below(least, nodes, &edges) {
            Some(side) => prop_assert!((1..least).contains(&weight(&edges, &side))),
            None => prop_assert!(!exists(least, nodes, &edges)),
        }
    }

    #[test]
    fn nodes_may_be_joined_while_cuts_are_looked_for((least, nodes, mut edges) in graphs(), joins in prop::collection::vec((0..11_u32, 0..11_u32), 0..8)) {
        let mut graph = Graph::new(least, nodes, edges.iter().copied());
        let mut names: Vec<u32> = (0..11).collect();
        for (one, other) in joins {
            let [one, other] = [one, other].map(|node| node as usize % nodes);
            graph.light();
            graph.join([one, other].map(|node| u32::try_from(node).expect("few")));
            let (old, new) = (names[one], names[other]);
            names.iter_mut().filter(|name| **name == old).for_each(|name| *name = new);
            for edge in &mut edges {
                edge.ends = edge.ends.map(|end| names[end as usize]);
            }
            prop_assert_eq!(graph.light().is_some(), exists(least, nodes, &edges));
        }
    }

    #[test]
    fn the_crossing_edges_are_the_cut_and_end_in_its_component((least, nodes, edges) in graphs()) {
        let mut graph = Graph::new(least, nodes, edges.iter().copied());
        if let Some(side) = graph.light() {
            let crossing: Vec<Edge> = graph.crossing(&side).collect();
            prop_assert_eq!(crossing.iter().map(|edge| edge.weight).sum::<u32>(), weight(&edges, &side));
            let component = graph.component(&side);
            prop_assert!(crossing.iter().flat_map(|edge| edge.ends).all(|end| component[end as usize]));
            prop_assert_eq!(weight(&edges, &component), 0);
            prop_assert!(side.iter().zip(&component).all(|(inside, hangs)| *hangs || !*inside));
        }
    }
}
