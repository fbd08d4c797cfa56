//! A file of object ids: who is counted, where nobody shall be listed.
//!
//! One id a line; blank lines and what follows a `#` do not count. It is read anew at every refresh, so that it can be
//! changed without a restart. An id is a person's: what is wrong is told by the numbers of its lines, never by what
//! stands there.

use std::fmt;
use std::path::Path;

use super::text_file;
use crate::domain::user::UserId;

/// The largest file that is taken for one, in bytes: more than a million ids.
const LARGEST: u64 = 64 << 20;

/// The most lines that are told of.
const TOLD: usize = 10;

/// Why ids could not be read: a sentence that names the file and its lines, never their content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdsFault(String);

/// Reads the ids in a file as it is now: at least one.
///
/// # Errors
///
/// The file is missing, cannot be read, is too large, or holds anything but ids; all such lines are told together.
pub fn read_ids(file: &Path) -> Result<Vec<UserId>, IdsFault> {
    // A pipe would be waited for without end, and could not be read anew.
    if file.metadata().is_ok_and(|known| !known.is_file() && !known.is_dir()) {
        return Err(fault(file, "is no regular file"));
    }
    let text = text_file::read(file, LARGEST).map_err(|reason| fault(file, &reason))?;
    // Editors of Windows begin a file with a byte order mark.
    let text = text.trim_start_matches('\u{feff}');
    let (mut users, mut wrong) = (Vec::with_capacity(text.len() / (UserId::TEXT_LENGTH + 1)), Wrong::default());
    for (number, line) in (1_u32..).zip(text.lines()) {
        let id = line.split('#').next().unwrap_or_default().trim();
        match UserId::parse(id) {
            Some(user) => users.push(user),
            None if id.is_empty() => {}
            None => wrong.add(number),
        }
    }
    match wrong.told.as_slice() {
        [] if users.is_empty() => Err(fault(file, "holds no object id")),
        [] => Ok(users),
        [line] => Err(fault(file, &format!("holds no object id on line {line}"))),
        _ => Err(fault(file, &format!("holds no object ids on the lines {wrong}"))),
    }
}

fn fault(file: &Path, what: &str) -> IdsFault {
    IdsFault(format!("the ids_file {} {what}", file.display()))
}

/// Lines that hold anything else: the numbers of the first ones, and how many more there are.
#[derive(Default)]
struct Wrong {
    told: Vec<u32>,
    more: u32,
}

impl Wrong {
    fn add(&mut self, line: u32) {
        if self.told.len() < TOLD {
            self.told.push(line);
        } else {
            self.more = self.more.saturating_add(1);
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told: Vec<_> = self.told.iter().map(u32::to_string).collect();
        f.write_str(&told.join(", "))?;
        if self.more == 0 { Ok(()) } else { write!(f, " and {} more", self.more) }
    }
}

impl fmt::Display for IdsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for IdsFault {}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

    /// How many ids a file holds, or what is the matter with it.
    fn read(content: &str) -> Result<usize, String> {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("ids");
        std::fs::write(&path, content.replace("ID", ID)).expect("a file");
        let place = format!("{}/", directory.path().display());
        read_ids(&path).map(|users| users.len()).map_err(|fault| fault.to_string().replace(&place, ""))
    }

    #[test]
    fn ids_are_read_one_a_line_with_blank_lines_and_remarks_between() {
        for (content, expected) in [
            ("ID", 1),
            ("ID\n", 1),
            ("\u{feff}ID\r\nID\r\n", 2),
            ("# the board\n\n  ID  # since May\n\t\nID\n#ID\n", 2),
        ] {
            assert_eq!(read(content), Ok(expected), "{content}");
        }
    }

    #[test]
    fn all_lines_that_are_wrong_are_told_together_and_none_of_them_is_shown() {
        let check = |content: &str, expected: &str| assert_eq!(read(content), Err(expected.into()), "{content}");
        check("", "the ids_file ids holds no object id");
        check("# nobody yet\n", "the ids_file ids holds no object id");
        check("ID\nanna@contoso.com\nID\n", "the ids_file ids holds no object id on line 2");
        check("anna\nID ID\nID,\nID", "the ids_file ids holds no object ids on the lines 1, 2, 3");
        check(
            &"anna\n".repeat(12),
            "the ids_file ids holds no object ids on the lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more",
        );
        check(
            &format!("{}ID", "anna\n".repeat(10)),
            "the ids_file ids holds no object ids on the lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10",
        );
        let missing = read_ids(Path::new("/nowhere/ids")).expect_err("no file");
        assert_eq!(missing.to_string(), "the ids_file /nowhere/ids does not exist");
    }
    #[test]
    fn what_could_not_be_read_anew_is_not_waited_for() {
        let refused = |path: &str| read_ids(Path::new(path)).expect_err("no file").to_string();
        assert_eq!(refused("/dev/null"), "the ids_file /dev/null is no regular file");
        assert_eq!(refused("/"), "the ids_file / is a directory");
        let directory = tempfile::tempdir().expect("a directory");
        let pipe = directory.path().join("ids");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("a command");
        assert!(made.success());
        let fault = read_ids(&pipe).expect_err("no file").to_string();
        assert_eq!(fault, format!("the ids_file {} is no regular file", pipe.display()));
    }
}
