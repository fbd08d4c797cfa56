//! Watched: files, and whether they are still those that were seen.
//!
//! A file that is replaced has another number, one that is written another time or size; links are followed, so that a
//! folder that is swapped as a whole counts as well. What is in the files is not known here.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Files that were read, and whether it is time to read them again.
#[derive(Debug, Default)]
pub struct Watch {
    /// As they stood just before they were read.
    read: Watched,
    /// As they stood at the last glance, if that was otherwise.
    unsettled: Option<Watched>,
}

/// Files as they stood at one moment.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Watched(Vec<(PathBuf, Option<Stamp>)>);

/// What tells a file from another one of that name; none for one that cannot be seen.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    device: u64,
    number: u64,
    size: u64,
    /// When it was written, and when anything about it (such as who may read it) changed: seconds and nanoseconds.
    written: [i64; 2],
    changed: [i64; 2],
}

impl Watch {
    /// Files that are read now or were a moment ago, when they stood so.
    #[must_use]
    pub const fn new(read: Watched) -> Self {
        Self { read, unsettled: None }
    }

    /// Glances at them: whether they have changed since they were read, and not between this glance and the last. Half a
    /// file may be well formed, and say something else than the whole.
    pub fn settled(&mut self) -> bool {
        let changed = self.read.changed();
        if changed.is_some() && changed == self.unsettled {
            return true;
        }
        self.unsettled = changed;
        false
    }
}

impl Watched {
    /// These files as they stand now.
    #[must_use]
    pub fn of(files: impl IntoIterator<Item = PathBuf>) -> Self {
        Self(
            files
                .into_iter()
                .map(|file| {
                    let stamp = stamp(&file);
                    (file, stamp)
                })
                .collect(),
        )
    }

    /// These and further files as they stand now.
    #[must_use]
    pub fn and(self, files: impl IntoIterator<Item = PathBuf>) -> Self {
        Self(self.0.into_iter().chain(Self::of(files).0).collect())
    }

    /// The same files as they stand now, if one of them stands otherwise.
    fn changed(&self) -> Option<Self> {
        let now = Self::of(self.0.iter().map(|(file, _)| file.clone()));
        (now != *self).then_some(now)
    }
}

fn stamp(file: &Path) -> Option<Stamp> {
    let about = std::fs::metadata(file).ok()?;
    Some(Stamp {
        device: about.dev(),
        number: about.ino(),
        size: about.size(),
        written: [about.mtime(), about.mtime_nsec()],
        changed: [about.ctime(), about.ctime_nsec()],
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_has_changed_is_read_again_once_it_stands_still() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        let mut watch = Watch::new(Watched::of([file.clone()]));
        assert!(!watch.settled() && !watch.settled(), "nothing has changed");
        fs::write(&file, "half").expect("written");
        assert!(!watch.settled());
        fs::write(&file, "the whole").expect("written");
        assert!(!watch.settled(), "it is being written");
        assert!(watch.settled() && watch.settled(), "until it is read");
        let mut watch = Watch::new(Watched::of([file.clone()]));
        assert!(!watch.settled());
        fs::remove_file(&file).expect("removed");
        assert!(!watch.settled() && watch.settled());
    }

    #[test]
    fn what_is_written_replaced_removed_or_linked_elsewhere_has_changed() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("one"), "1").expect("written");
        fs::write(at("other"), "2").expect("written");
        symlink(at("one"), at("link")).expect("linked");
        let check = |change: &dyn Fn()| {
            let watched = Watched::of([at("link")]).and([at("missing")]);
            assert_eq!(watched.changed(), None);
            change();
            let now = watched.changed().expect("a change");
            assert_eq!(now.changed(), None);
        };
        check(&|| fs::write(at("one"), "longer").expect("written"));
        check(&|| fs::rename(at("other"), at("one")).expect("replaced"));
        check(&|| fs::write(at("missing"), "there").expect("written"));
        check(&|| fs::remove_file(at("missing")).expect("removed"));
        fs::write(at("third"), "3").expect("written");
        symlink(at("third"), at("new")).expect("linked");
        check(&|| fs::rename(at("new"), at("link")).expect("swapped"));
    }
}
