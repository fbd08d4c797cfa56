//! Small organisations, and an attacker who knows every membership.

use super::*;

pub(super) mod attacker;

/// The group of each user in each dimension: so many people in each row are alike.
fn columns<const N: usize>(rows: &[(usize, [u16; N])]) -> [Vec<u16>; N] {
    std::array::from_fn(|dimension| {
        rows.iter().flat_map(|(people, groups)| std::iter::repeat_n(groups[dimension], *people)).collect()
    })
}

/// What becomes of the groups of partitions, a letter each.
fn judged<const N: usize>(least: u32, rows: &[(usize, [u16; N])], standings: [&str; N]) -> [String; N] {
    let columns = columns(rows);
    let divisions: Vec<_> =
        columns.iter().zip(standings).map(|(of, standings)| partition(of, standings, 100)).collect();
    let fates = judge(u32::try_from(columns[0].len()).expect("few"), least, &divisions);
    std::array::from_fn(|dimension| letters(&fates[dimension]))
}

fn partition<'a>(of: &'a [u16], standings: &str, most: usize) -> Division<'a> {
    Division::Partition { of, groups: standings.chars().map(standing).collect(), most }
}

fn standing(letter: char) -> Standing {
    match letter {
        'n' => Standing::New,
        's' => Standing::Shown,
        'h' => Standing::Hidden,
        _ => Standing::Rest,
    }
}

/// `S`hown, `f`olded and `w`ithheld groups.
fn letters(fates: &[Fate]) -> String {
    let letter = |fate: &Fate| match fate {
        Fate::Shown => 'S',
        Fate::Folded => 'f',
        Fate::Withheld => 'w',
    };
    fates.iter().map(letter).collect()
}

/// What becomes of Entra groups beside a partition, in which so many users are in each group.
fn beside(partition_groups: &[u16], entra: &[&[u32]]) -> [String; 2] {
    let of: Vec<u16> =
        (0..).zip(partition_groups).flat_map(|(group, people)| vec![group; usize::from(*people)]).collect();
    let standings = vec![Standing::New; partition_groups.len()];
    let groups = entra.iter().map(|members| (Standing::New, Some(*members))).collect();
    let divisions = [Division::Partition { of: &of, groups: standings, most: 100 }, Division::Cover(groups)];
    let fates = judge(u32::try_from(of.len()).expect("few"), 5, &divisions);
    std::array::from_fn(|dimension| letters(&fates[dimension]))
}

#[test]
fn groups_that_are_large_enough_are_shown_and_smaller_ones_folded() {
    assert_eq!(judged(5, &[(5, [0]), (9, [1]), (4, [2]), (1, [3])], ["nnnn"]), ["SSff"]);
}

#[test]
fn the_smallest_shown_group_joins_an_other_that_is_too_small() {
    assert_eq!(judged(5, &[(6, [0]), (9, [1]), (4, [2])], ["nnn"]), ["fSf"]);
    assert_eq!(judged(5, &[(3, [0]), (4, [1])], ["nn"]), ["ff"]);
}

#[test]
fn nothing_is_shown_of_fewer_people_than_the_least() {
    let (of, members): (Vec<u16>, Vec<u32>) = (vec![0, 0, 1, 1], vec![0, 1, 2, 3]);
    let divisions =
        [partition(&of, "nn", 9), Division::Cover(vec![(Standing::Shown, Some(&members)), (Standing::New, None)])];
    assert_eq!(judge(4, 5, &divisions).iter().map(|fates| letters(fates)).collect::<Vec<_>>(), ["ww", "ww"]);
}

#[test]
fn values_that_were_too_many_to_keep_apart_are_never_a_group() {
    assert_eq!(judged(5, &[(9, [0]), (50, [1])], ["nr"]), ["Sf"]);
    assert_eq!(judged(5, &[(9, [0]), (3, [1])], ["sr"]), ["ff"]);
}

#[test]
fn groups_without_anybody_change_nothing() {
    assert_eq!(judged(5, &[(9, [1]), (9, [3])], ["snhsh"]), ["fSfSf"]);
}

#[test]
fn the_largest_groups_are_shown_where_not_all_may_be() {
    let [of] = columns(&[(7, [0]), (30, [1]), (20, [2])]);
    assert_eq!(letters(&judge(57, 5, &[partition(&of, "nnn", 2)])[0]), "fSS");
    assert_eq!(letters(&judge(57, 5, &[partition(&of, "nnn", 0)])[0]), "fff");
}

#[test]
fn a_shown_group_keeps_its_place_until_another_is_clearly_larger() {
    let after = |challenger, standings| {
        let [of] = columns(&[(50, [0]), (challenger, [1]), (9, [2])]);
        letters(&judge(59 + u32::try_from(challenger).expect("few"), 5, &[partition(&of, standings, 1)])[0])
    };
    assert_eq!([after(51, "shh"), after(55, "shh"), after(55, "snn")], ["Sff", "Sff", "Sff"]);
    assert_eq!([after(56, "shh"), after(56, "snn"), after(51, "nnn")], ["fSf", "fSf", "fSf"]);
    let few = |challenger| {
        let [of] = columns(&[(9, [0]), (challenger, [1])]);
        letters(&judge(9 + u32::try_from(challenger).expect("few"), 5, &[partition(&of, "sn", 1)])[0])
    };
    assert_eq!([few(11), few(12)], ["Sf", "fS"]);
}

#[test]
fn a_hidden_group_returns_with_two_more_and_a_shown_one_stays_down_to_the_least() {
    let with = |people, standing: &str| {
        judged(5, &[(40, [0]), (people, [1]), (20, [2])], [&format!("s{standing}s")])[0].clone()
    };
    assert_eq!([with(5, "n"), with(5, "s"), with(6, "s")], ["SSS"; 3]);
    assert_eq!([with(5, "h"), with(6, "h"), with(7, "h")], ["SfS", "SfS", "SSS"]);
}

#[test]
fn a_group_does_not_return_where_more_would_be_lost() {
    // Shown, the first group would make the Entra group a sum but for two of the third, which then were folded.
    let [of] = columns(&[(8, [0]), (6, [1]), (30, [2]), (4, [3]), (4, [4]), (4, [5])]);
    let nearly_three: Vec<u32> = (0..42).collect();
    let entra = Division::Cover(vec![(Standing::Shown, Some(&nearly_three[..]))]);
    let fates = judge(56, 5, &[entra, partition(&of, "hsshhh", 9)]);
    assert_eq!(letters(&fates[1]), "fSSfff");
}

#[test]
fn well_mixed_dimensions_are_shown_whole() {
    let rows = [(9, [0, 0]), (5, [0, 1]), (7, [1, 0]), (6, [1, 1]), (8, [1, 2])];
    assert_eq!(judged(5, &rows, ["nn", "nnn"]), ["SS", "SSS"]);
}

#[test]
fn dimensions_that_say_the_same_are_shown_whole() {
    assert_eq!(judged(5, &[(9, [0, 1]), (20, [1, 0])], ["nn", "nn"]), ["SS", "SS"]);
}

#[test]
fn two_people_of_sales_who_sit_in_another_office_are_not_found_by_subtraction() {
    // Sales is Oslo, but for two: Sales minus Oslo would be those two.
    // The third office has nothing to do with it, and stays though it is the smallest.
    let rows = [(20, [0, 0]), (2, [0, 1]), (30, [1, 1]), (10, [2, 2])];
    assert_eq!(judged(5, &rows, ["nnn", "nnn"]), ["SSS", "ffS"]);
}

#[test]
fn the_later_dimension_gives_way() {
    let rows = [(20, [0, 0]), (2, [0, 1]), (30, [1, 1]), (40, [2, 1])];
    assert_eq!(judged(5, &rows, ["nnn", "nn"]), ["SSS", "ff"]);
}

#[test]
fn of_the_groups_that_two_people_are_in_the_smaller_is_folded() {
    // Who is in the first department but in no small office: one of the first office and one of the second.
    let small = [(4, [0, 2]), (4, [0, 3]), (4, [0, 4])];
    let rows = [(1, [0, 0]), (1, [0, 1]), (39, [1, 0]), (9, [1, 1])];
    assert_eq!(judged(5, &[&small[..], &rows].concat(), ["nn", "nnnnn"]), ["SS", "Sffff"]);
}

#[test]
fn where_two_people_are_in_other_a_group_from_the_other_side_joins_it() {
    let rows = [(20, [0, 0]), (2, [0, 2]), (10, [1, 1]), (2, [1, 2]), (3, [1, 3])];
    assert_eq!(judged(5, &rows, ["nn", "nnnn"]), ["SS", "fSff"]);
}

#[test]
fn an_entra_group_that_is_nearly_a_sum_of_groups_is_withheld() {
    let nearly: Vec<u32> = (0..18).collect();
    let exactly: Vec<u32> = (0..20).collect();
    let across: Vec<u32> = (5..25).collect();
    assert_eq!(beside(&[10, 10, 30], &[&nearly, &exactly, &across]), ["SSS", "wSS"]);
}

#[test]
fn an_entra_group_that_nearly_everybody_is_in_is_withheld() {
    let all: Vec<u32> = (0..50).collect();
    assert_eq!(beside(&[50], &[&all[1..], &all[..46], &all[..45], &all, &all[..4]]), ["S", "wwSSw"]);
}

#[test]
fn entra_groups_that_few_people_tell_apart_are_not_both_shown() {
    let members: Vec<u32> = (0..90).collect();
    let [shifted, moved] = [&members[2..32], &members[3..33]];
    assert_eq!(beside(&[90], &[&members[..30], shifted, moved, &members[..30]]), ["S", "SwSS"]);
}

#[test]
fn an_entra_group_that_was_not_read_is_withheld() {
    let divisions = [Division::Cover(vec![(Standing::Shown, None)])];
    assert_eq!(judge(50, 5, &divisions), [[Fate::Withheld]]);
}

#[test]
fn a_partition_gives_way_to_entra_groups_before_it() {
    let [of] = columns(&[(10, [0]), (11, [1]), (12, [2]), (20, [3])]);
    let nearly_the_first_two: Vec<u32> = (0..20).collect();
    let entra = || Division::Cover(vec![(Standing::New, Some(&nearly_the_first_two[..]))]);
    let fates = judge(53, 5, &[entra(), partition(&of, "nnnn", 9)]);
    assert_eq!(fates.iter().map(|fates| letters(fates)).collect::<Vec<_>>(), ["S", "SffS"]);
}

#[test]
fn entra_groups_that_leave_one_of_everybody_are_not_all_shown() {
    let all: Vec<u32> = (0..100).collect();
    assert_eq!(beside(&[100], &[&all[..50], &all[50..99]]), ["S", "Sw"]);
    assert_eq!(beside(&[100], &[&all[..50], &all[50..95]]), ["S", "SS"]);
    // Teams within a team: it is the inner ones that leave one person of it.
    assert_eq!(beside(&[100], &[&all[..50], &all[..30], &all[30..49]]), ["S", "SSw"]);
    assert_eq!(beside(&[100], &[&all[50..99], &all[..20], &all[..30], &all[20..30], &all[30..50]]), ["S", "SSSSw"]);
}

#[test]
fn an_entra_group_that_is_others_together_but_for_one_is_withheld() {
    let all: Vec<u32> = (0..200).collect();
    assert_eq!(beside(&[200], &[&all[..50], &all[50..99], &all[..98]]), ["S", "SSw"]);
    assert_eq!(beside(&[200], &[&all[..98], &all[..50], &all[50..99]]), ["S", "SSw"]);
    assert_eq!(beside(&[200], &[&all[..50], &all[50..99], &all[..99], &all[..94]]), ["S", "SSSS"]);
}

#[test]
fn entra_groups_that_leave_one_of_a_group_are_not_all_shown() {
    let all: Vec<u32> = (0..300).collect();
    assert_eq!(beside(&[100, 200], &[&all[..50], &all[50..99]]), ["SS", "Sw"]);
    assert_eq!(beside(&[100, 100, 100], &[&all[..150], &all[150..199]]), ["SSS", "Sw"]);
}

#[test]
fn a_partition_gives_way_to_sums_of_entra_groups_before_it() {
    let [of] = columns(&[(100, [0]), (110, [1]), (120, [2])]);
    let all: Vec<u32> = (0..330).collect();
    let entra = || Division::Cover([&all[..50], &all[50..99]].map(|group| (Standing::New, Some(group))).to_vec());
    let fates = judge(330, 5, &[entra(), partition(&of, "nnn", 9)]);
    assert_eq!(fates.iter().map(|fates| letters(fates)).collect::<Vec<_>>(), ["SS", "ffS"]);
}

#[test]
fn teams_that_everybody_is_in_are_all_shown() {
    let all: Vec<u32> = (0..120).collect();
    let teams: Vec<&[u32]> = all.chunks(20).chain(all[..20].chunks(10)).collect();
    assert_eq!(beside(&[40, 80], &teams), ["SS", "SSSSSSSS"]);
    assert_eq!(beside(&[30, 90], &teams), ["SS", "SSSSSSSS"]);
}
