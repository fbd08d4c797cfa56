//! Secrets: where they come from, and a value that never prints.
//!
//! A secret comes from a file or from the environment, never from the configuration file or a flag, and is read
//! anew whenever it is needed, so that a rotated one is taken up without a restart. That it cannot be read is
//! no fault of the configuration but of the world: it concerns its tenant alone and may pass.

use std::fmt;
use std::path::PathBuf;

use super::text_file;

/// The largest file that is taken for a secret, in bytes. Those of Entra have 40.
const LARGEST: u64 = 64 * 1024;

/// Something nobody may read in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text from being printed.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The secret itself, to be handed to whoever asks for it by right.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(****)")
    }
}

/// Where a secret comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// The content of a file.
    File(PathBuf),
    /// The value of an environment variable.
    Environment(String),
}

impl SecretSource {
    /// Reads the secret as it is now, without the line break at its end. `noun` says which kind of secret it is, for those
    /// who are told that it is none; `env` looks up an environment variable.
    ///
    /// # Errors
    ///
    /// The file or variable is missing, cannot be read, is empty, or is no single line of text.
    pub fn read(&self, noun: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Secret, SecretFault> {
        let text = match self {
            Self::File(path) => text_file::read(path, LARGEST).map_err(|reason| self.fault(noun, &reason))?,
            Self::Environment(name) => env(name).ok_or_else(|| self.fault(noun, "is not set"))?,
        };
        // Editors of Windows begin a file with a byte order mark; no secret of Entra does.
        let text = text.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']);
        if text.trim().is_empty() {
            return Err(self.fault(noun, "is empty"));
        }
        if text.contains(char::is_control) {
            return Err(self.fault(noun, &format!("holds more than one line of text, so it is no {noun}")));
        }
        Ok(Secret::new(text.into()))
    }

    fn fault(&self, noun: &str, what: &str) -> SecretFault {
        SecretFault(match self {
            Self::File(path) => format!("the {noun} file {} {what}", path.display()),
            Self::Environment(name) => {
                format!("the environment variable {name}, which should hold the {noun}, {what}")
            }
        })
    }
}

/// Why a secret could not be read: a sentence that names the file or variable, never its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretFault(String);

impl fmt::Display for SecretFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SecretFault {}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &[u8]) -> Result<String, String> {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("secret");
        std::fs::write(&path, content).expect("a file");
        let result = SecretSource::File(path).read("secret", &|_| None);
        let place = format!("{}/", directory.path().display());
        result.map(|secret| secret.expose().into()).map_err(|fault| fault.to_string().replace(&place, ""))
    }

    #[test]
    fn a_secret_file_is_read_without_its_last_line_break() {
        for content in ["s3cret~", "s3cret~\n", "s3cret~\r\n", "\u{feff}s3cret~\n"] {
            assert_eq!(read(content.as_bytes()), Ok("s3cret~".into()));
        }
    }

    #[test]
    fn a_bad_secret_file_is_named_and_its_content_is_not() {
        let check = |content: &[u8], expected: &str| assert_eq!(read(content), Err(expected.into()));
        check(b"", "the secret file secret is empty");
        check(b" \n", "the secret file secret is empty");
        check(b"hunter2\nhunter3\n", "the secret file secret holds more than one line of text, so it is no secret");
        check(b"\xff\xfe", "the secret file secret is not UTF-8 text");
        check(&vec![b'x'; 65_537], "the secret file secret is larger than 65536 bytes; is it the right one?");
        let missing = SecretSource::File("/nowhere/secret".into()).read("secret", &|_| None).expect_err("no secret");
        assert_eq!(missing.to_string(), "the secret file /nowhere/secret does not exist");
        let directory = SecretSource::File("/".into()).read("secret", &|_| None).expect_err("no secret");
        assert_eq!(directory.to_string(), "the secret file / is a directory");
    }

    #[test]
    fn a_rotated_secret_is_taken_up() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("secret");
        let source = SecretSource::File(path.clone());
        std::fs::write(&path, "old").expect("a file");
        assert_eq!(source.read("secret", &|_| None).expect("a secret").expose(), "old");
        std::fs::write(&path, "new").expect("a file");
        assert_eq!(source.read("secret", &|_| None).expect("a secret").expose(), "new");
    }

    #[test]
    fn a_secret_in_the_environment_is_read_or_its_variable_named() {
        let source = SecretSource::Environment("CONTOSO_SECRET".into());
        let set = |name: &str| (name == "CONTOSO_SECRET").then(|| "s3cret~".to_owned());
        assert_eq!(source.read("secret", &set).expect("a secret").expose(), "s3cret~");
        let check = |value: Option<&str>, expected: &str| {
            assert_eq!(source.read("secret", &|_| value.map(Into::into)).expect_err("no secret").to_string(), expected);
        };
        check(None, "the environment variable CONTOSO_SECRET, which should hold the secret, is not set");
        check(Some(""), "the environment variable CONTOSO_SECRET, which should hold the secret, is empty");
    }

    #[test]
    fn a_secret_never_prints() {
        assert_eq!(format!("{:?}", Secret::new("hunter2".into())), "Secret(****)");
    }
}
