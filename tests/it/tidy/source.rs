//! A Rust file as words: enough of a lexer that comments and strings cannot be mistaken for code, and no more.
//!
//! It does not know what the rules are. Next: `imports.rs`, which asks for the paths of a file.

/// A file of the project. Paths are relative to its root.
pub(super) struct Source {
    pub(super) path: String,
    pub(super) text: String,
    pub(super) tokens: Vec<Token>,
}

/// A word or a sign of the code. `::` is one sign; a string or character literal is an empty word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) line: usize,
}

/// A path as it stands in the code, `use` trees spread out: `use a::{b, c::d}` is `a::b` and `a::c::d`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) segments: Vec<String>,
    pub(super) line: usize,
    /// How many inline modules (`mod tests { ... }`) are around it.
    pub(super) depth: usize,
    /// Whether one of them is compiled for tests only.
    pub(super) in_test: bool,
    /// Whether it follows the word `use`.
    pub(super) is_use: bool,
}

impl Source {
    pub(super) fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { path: path.into(), tokens: tokens(&text), text }
    }

    /// The lines at which these signs and words stand in a row.
    pub(super) fn find(&self, words: &[&str]) -> Vec<usize> {
        self.tokens
            .windows(words.len())
            .filter(|window| window.iter().zip(words).all(|(token, word)| token.text == *word))
            .map(|window| window[0].line)
            .collect()
    }

    /// The modules that the file declares with `mod name;`, in order.
    pub(super) fn declared(&self) -> Vec<(usize, &str)> {
        self.tokens
            .windows(3)
            .filter(|window| window[0].text == "mod" && window[2].text == ";")
            .map(|window| (window[1].line, window[1].text.as_str()))
            .collect()
    }

    /// All paths of the file, those of one word included.
    pub(super) fn routes(&self) -> Vec<Route> {
        let mut routes = Vec::new();
        let mut braces: Vec<Brace> = Vec::new();
        let mut item = 0; // where the item before the cursor may begin: after the last `;`, `{` or `}`
        let mut at = 0;
        while at < self.tokens.len() {
            match self.tokens[at].text.as_str() {
                "{" => {
                    braces.push(Brace::of(&self.tokens[item..at]));
                    at += 1;
                    item = at;
                }
                "}" => {
                    braces.pop();
                    at += 1;
                    item = at;
                }
                ";" => {
                    at += 1;
                    item = at;
                }
                word if is_word(word) => {
                    let depth = braces.iter().filter(|brace| brace.is_module).count();
                    let in_test = braces.iter().any(|brace| brace.is_for_tests) || is_for_tests(&self.tokens[item..at]);
                    let is_use = self.tokens[item..at].iter().any(|token| token.text == "use");
                    let line = self.tokens[at].line;
                    let mut found = Vec::new();
                    at = spread(&self.tokens, at, &[], &mut found);
                    routes.extend(found.into_iter().map(|segments| Route { segments, line, depth, in_test, is_use }));
                }
                _ => at += 1,
            }
        }
        routes
    }
}

struct Brace {
    is_module: bool,
    is_for_tests: bool,
}

impl Brace {
    /// What a `{` opens, told by the words of the item before it.
    fn of(item: &[Token]) -> Self {
        let is_module = item.len() >= 2 && item[item.len() - 2].text == "mod";
        Self { is_module, is_for_tests: is_for_tests(item) }
    }
}

fn is_for_tests(item: &[Token]) -> bool {
    item.windows(3).any(|window| window[0].text == "cfg" && window[1].text == "(" && window[2].text == "test")
}

fn is_word(text: &str) -> bool {
    text.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_')
}

/// Collects the path that starts at a token, and those of the `{...}` that it may end in; returns where it ends.
fn spread(tokens: &[Token], start: usize, before: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let mut segments = before.to_vec();
    let mut at = start;
    loop {
        segments.push(text(at).to_owned());
        at += 1;
        if text(at) != "::" {
            break;
        }
        if is_word(text(at + 1)) || text(at + 1) == "*" {
            at += 1;
        } else if text(at + 1) == "{" {
            at += 2;
            while at < tokens.len() && text(at) != "}" {
                at = if is_word(text(at)) { spread(tokens, at, &segments, found) } else { at + 1 };
            }
            return at + 1;
        } else {
            break;
        }
    }
    found.push(segments);
    at
}

fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < chars.len() {
        let end = lexeme(&chars, at);
        let words: String = chars[at..end].iter().collect();
        let is_comment = words.starts_with("//") || words.starts_with("/*");
        if !is_comment && !words.trim().is_empty() {
            let is_literal = words.contains(['"', '\'']) && !is_lifetime(&words);
            tokens.push(Token { text: if is_literal { String::new() } else { words.clone() }, line });
        }
        line += words.matches('\n').count();
        at = end;
    }
    tokens
}

fn is_lifetime(words: &str) -> bool {
    words.starts_with('\'') && !words[1..].contains('\'')
}

/// Where the comment, literal, word or sign ends that begins here.
fn lexeme(chars: &[char], at: usize) -> usize {
    let next = |offset: usize| chars.get(at + offset).copied().unwrap_or('\0');
    let until =
        |from: usize, stop: &dyn Fn(usize) -> bool| (from..chars.len()).find(|i| stop(*i)).unwrap_or(chars.len());
    match (next(0), next(1)) {
        ('/', '/') => until(at, &|i| chars[i] == '\n'),
        ('/', '*') => block_comment(chars, at),
        ('"', _) => quoted(chars, at + 1),
        ('\'', '\\') => until(at + 3, &|i| chars[i] == '\'') + 1,
        ('\'', _) if next(2) == '\'' => at + 3,
        ('\'', _) => until(at + 1, &|i| !is_part_of_word(chars[i])),
        (':', ':') => at + 2,
        (first, _) if is_part_of_word(first) => {
            let end = until(at, &|i| !is_part_of_word(chars[i]));
            let prefix: String = chars[at..end].iter().collect();
            let hashes = until(end, &|i| chars[i] != '#') - end;
            let quote = chars.get(end + hashes).copied();
            match (prefix.as_str(), quote) {
                ("r" | "br" | "cr", Some('"')) => raw(chars, end + hashes + 1, hashes),
                ("b" | "c", Some('"')) if hashes == 0 => quoted(chars, end + 1),
                ("b", Some('\'')) if hashes == 0 => lexeme(chars, end),
                _ => end,
            }
        }
        _ => at + 1,
    }
}

fn is_part_of_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

fn quoted(chars: &[char], mut at: usize) -> usize {
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

fn raw(chars: &[char], from: usize, hashes: usize) -> usize {
    let is_end = |i: usize| chars[i] == '"' && chars[i + 1..].iter().take_while(|char| **char == '#').count() >= hashes;
    (from..chars.len()).find(|i| is_end(*i)).map_or(chars.len(), |i| i + 1 + hashes)
}

fn block_comment(chars: &[char], mut at: usize) -> usize {
    let mut open = 0;
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (open, at) = (open + 1, at + 2),
            ('*', Some('/')) => (open, at) = (open - 1, at + 2),
            _ => at += 1,
        }
        if open == 0 {
            break;
        }
    }
    at.min(chars.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(text: &str) -> Vec<String> {
        Source::new("src/x.rs", text).routes().iter().map(|route| route.segments.join("::")).collect()
    }

    #[test]
    fn use_trees_are_spread_out() {
        let text = "use crate::{domain::{user::UserId, *}, config};";
        assert_eq!(routes(text), ["use", "crate::domain::user::UserId", "crate::config"]);
    }

    #[test]
    fn comments_and_strings_are_not_code() {
        let text = r##"a // b
            /* c /* d */ e */ f("g \" h", r#"i " j"#, 'k', '\'', b'l', b"m", 'n: loop {})"##;
        assert_eq!(routes(text), ["a", "f", "loop"]);
    }

    #[test]
    fn a_path_knows_its_line_and_whether_it_is_for_tests() {
        let source =
            Source::new("src/x.rs", "fn f() { a::b() }\n#[cfg(test)]\nmod tests {\n use super::c;\n}\nuse d::e;");
        let of = |name: &str| source.routes().into_iter().find(|route| route.segments[0] == name).unwrap();
        assert_eq!((of("a").line, of("a").in_test, of("a").depth), (1, false, 0));
        assert_eq!((of("super").line, of("super").in_test, of("super").depth), (4, true, 1));
        assert_eq!((of("d").line, of("d").in_test, of("d").is_use), (6, false, true));
    }

    #[test]
    fn declared_modules_are_listed_in_order() {
        let source = Source::new("src/lib.rs", "pub mod b;\nmod a;\nmod inline { }\n// mod c;");
        assert_eq!(source.declared(), [(1, "b"), (2, "a")]);
    }
}
