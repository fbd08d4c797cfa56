//! The patterns behind `=~`, as far as boards and rules need them: alternatives, groups, `.`, classes and quantifiers of one
//! letter. What is cleverer is refused, for whoever reads a board would have to be as clever.

use std::iter::Peekable;
use std::str::Chars;

/// The alternatives of a pattern, none of which holds a further one: `a(b|c)` gives `ab` and `ac`.
///
/// # Errors
/// If it is too clever for this test.
pub(super) fn alternatives(pattern: &str) -> Result<Vec<String>, String> {
    let mut letters = pattern.chars().peekable();
    let alternatives = branches(&mut letters)?;
    if letters.next().is_some() { Err(format!("a bracket too many in {pattern}")) } else { Ok(alternatives) }
}

fn branches(letters: &mut Peekable<Chars>) -> Result<Vec<String>, String> {
    let mut all = Vec::new();
    let mut current = vec![String::new()];
    while let Some(letter) = letters.next_if(|letter| *letter != ')') {
        let piece = match letter {
            '|' => {
                all.append(&mut current);
                vec![]
            }
            '(' => group(letters)?,
            '\\' => vec![format!("\\{}", letters.next().unwrap_or('\\'))],
            '[' => {
                let class: String = letters.by_ref().take_while(|letter| *letter != ']').collect();
                vec![format!("[{class}]")]
            }
            letter => vec![letter.to_string()],
        };
        if piece.is_empty() {
            current = vec![String::new()];
        } else {
            current = current.iter().flat_map(|head| piece.iter().map(move |tail| format!("{head}{tail}"))).collect();
        }
    }
    all.append(&mut current);
    Ok(all)
}

/// The alternatives in a bracket that has just been opened.
fn group(letters: &mut Peekable<Chars>) -> Result<Vec<String>, String> {
    if letters.next_if_eq(&'?').is_some() && letters.next() != Some(':') {
        return Err("a group that is no plain one: say it more simply".to_owned());
    }
    let inner = branches(letters)?;
    if letters.next() != Some(')') {
        return Err("a bracket is not closed".to_owned());
    }
    match letters.peek() {
        Some('*' | '+' | '?' | '{') => Err("a repeated group: say it more simply".to_owned()),
        _ => Ok(inner),
    }
}

/// One letter of a pattern without alternatives: what it may be, and how often.
struct Atom {
    class: Class,
    quantifier: Option<char>,
}

enum Class {
    Any,
    Letter(char),
    OneOf(String),
}

/// Whether one of [`alternatives`] matches the whole text.
pub(super) fn matches(alternative: &str, text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    fits(&atoms(alternative), &letters)
}

fn atoms(alternative: &str) -> Vec<Atom> {
    let mut atoms = Vec::new();
    let mut letters = alternative.chars().peekable();
    while let Some(letter) = letters.next() {
        let class = match letter {
            '.' => Class::Any,
            '\\' => Class::Letter(letters.next().unwrap_or('\\')),
            '[' => Class::OneOf(letters.by_ref().take_while(|letter| *letter != ']').collect()),
            letter => Class::Letter(letter),
        };
        atoms.push(Atom { class, quantifier: letters.next_if(|letter| matches!(letter, '*' | '+' | '?')) });
    }
    atoms
}

fn fits(atoms: &[Atom], text: &[char]) -> bool {
    let Some((atom, others)) = atoms.split_first() else { return text.is_empty() };
    let one = text.split_first().filter(|(letter, _)| is_of(&atom.class, **letter)).map(|(_, rest)| rest);
    match (atom.quantifier, one) {
        (None, one) => one.is_some_and(|rest| fits(others, rest)),
        (Some('?'), one) => fits(others, text) || one.is_some_and(|rest| fits(others, rest)),
        (Some('+'), one) => one.is_some_and(|rest| fits(others, rest) || fits(atoms, rest)),
        (Some(_), one) => fits(others, text) || one.is_some_and(|rest| fits(atoms, rest)),
    }
}

fn is_of(class: &Class, letter: char) -> bool {
    match class {
        Class::Any => true,
        Class::Letter(it) => *it == letter,
        Class::OneOf(set) => {
            let (negated, set) = set.strip_prefix('^').map_or((false, set.as_str()), |set| (true, set));
            let letters: Vec<char> = set.chars().collect();
            let is_in_a_range = letters.windows(3).any(|it| it[1] == '-' && (it[0]..=it[2]).contains(&letter));
            (letters.contains(&letter) || is_in_a_range) != negated
        }
    }
}

#[test]
fn a_pattern_is_read_as_prometheus_reads_it() {
    let check = |pattern: &str, text: &str| alternatives(pattern).unwrap().iter().any(|it| matches(it, text));
    for (pattern, text) in [
        ("Busy|BusyIdle", "BusyIdle"),
        ("5..", "503"),
        ("[45].+", "429"),
        ("", ""),
        ("a(b|c)d", "acd"),
        ("a.*", "a"),
        ("colou?r", "color"),
    ] {
        assert!(check(pattern, text), "{pattern} is {text}");
    }
    for (pattern, text) in
        [("Busy", "BusyIdle"), ("5..", "5"), ("[^45].+", "429"), (".+", ""), ("a(b|c)d", "abcd"), (r"a\.c", "abc")]
    {
        assert!(!check(pattern, text), "{pattern} is not {text}");
    }
    assert_eq!(alternatives("a(b|c(d|e))|f").unwrap(), ["ab", "acd", "ace", "f"]);
    for pattern in ["(a|b", "a)", "(a|b)+", "(?i)a"] {
        alternatives(pattern).unwrap_err();
    }
}
