//! Spelling: which of some known words was probably meant by one that is none.
//!
//! It serves the keys of the file and the names on the command line.

/// The word that was probably meant, if one is near enough.
pub(crate) fn nearest(typed: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let (steps, word) = known.map(|word| (distance(typed, word), word)).min()?;
    (steps <= 1 + typed.chars().count() / 4).then_some(word)
}

/// How many letters have to be put in, taken out, replaced or swapped with the next to make one text the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    let mut previous = None;
    for (row, letter) in one.chars().take(100).enumerate() {
        let mut this = vec![row + 1];
        for (column, target) in other.iter().enumerate() {
            let replaced = last[column] + usize::from(letter != *target);
            let mut steps = replaced.min(last[column + 1] + 1).min(this[column] + 1);
            if column > 0 && previous == Some(*target) && other[column - 1] == letter {
                steps = steps.min(before_last[column - 1] + 1);
            }
            this.push(steps);
        }
        previous = Some(letter);
        before_last = std::mem::replace(&mut last, this);
    }
    last[other.len()]
}
