//! Small text files: read whole, or refused in words that follow the name of the file.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

/// The text of a file of at most `largest` bytes, or what is the matter with it: "does not exist".
pub(super) fn read(path: &Path, largest: u64) -> Result<String, String> {
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(largest.saturating_add(1)).read_to_end(&mut bytes)).map_err(
        |error| match error.kind() {
            ErrorKind::NotFound => "does not exist".into(),
            ErrorKind::PermissionDenied => "may not be read by this user; check its owner and mode".into(),
            ErrorKind::IsADirectory => "is a directory".into(),
            _ => format!("cannot be read: {error}"),
        },
    )?;
    if bytes.len() as u64 > largest {
        return Err(format!("is larger than {largest} bytes; is it the right one?"));
    }
    String::from_utf8(bytes).map_err(|_| "is not UTF-8 text".into())
}
