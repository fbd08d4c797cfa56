//! Small text files: read whole, or refused in words that follow the name of the file.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

/// The text of a file of at most `largest` bytes, or what is the matter with it: "does not exist".
pub(super) fn read(path: &Path, largest: u64) -> Result<String, String> {
    String::from_utf8(read_bytes(path, largest)?).map_err(|_| "is not UTF-8 text".into())
}

/// The same of a file that need not be text.
///
/// # Errors
///
/// What is the matter with it, in words that follow its name.
pub fn read_bytes(path: &Path, largest: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    opened(path).and_then(|file| file.take(largest.saturating_add(1)).read_to_end(&mut bytes)).map_err(|error| {
        match error.kind() {
            ErrorKind::NotFound => "does not exist".into(),
            ErrorKind::PermissionDenied => "may not be read by this user; check its owner and mode".into(),
            ErrorKind::IsADirectory => "is a directory".into(),
            _ => format!("cannot be read: {error}"),
        }
    })?;
    if bytes.len() as u64 > largest {
        return Err(format!("is larger than {largest} bytes; is it the right one?"));
    }
    Ok(bytes)
}

/// The file, opened at once: a pipe that nobody writes to would keep whoever opens it for ever. It is then as good as empty.
fn opened(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    // Somebody who does write is waited for.
    fcntl_setfl(&file, fcntl_getfl(&file)? - OFlags::NONBLOCK)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pipe in a folder.
    fn pipe(folder: &Path) -> std::path::PathBuf {
        let pipe = folder.join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("a command").success());
        pipe
    }

    #[test]
    fn a_pipe_that_nobody_writes_to_keeps_nobody() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(read(&pipe(folder.path()), 100), Ok(String::new()));
    }

    #[test]
    fn a_pipe_that_somebody_writes_to_is_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = pipe(folder.path());
        // Both ends, so that it is open before it is read, as what a shell passes is.
        let both = OpenOptions::new().read(true).write(true).open(&pipe).expect("a pipe");
        let reading = std::thread::spawn(move || read(&pipe, 3));
        std::io::Write::write_all(&mut &both, b"te").expect("written");
        std::thread::yield_now();
        std::io::Write::write_all(&mut &both, b"xt").expect("written");
        let said = reading.join().expect("it ends once it has seen enough");
        assert_eq!(said, Err("is larger than 3 bytes; is it the right one?".into()));
    }
}
