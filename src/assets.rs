//! Assets: the dashboards, rules and examples that come with the exporter, inside it.
//!
//! Whoever has the binary has what belongs to it, of the same version. [`write()`] puts the files into a folder as they are
//! in the repository, byte for byte, and touches nothing of anybody else's unless told to. What is in the files is not
//! known here.

use std::fmt::{self, Display};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// One file.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// Its path below the folder, the same as in the repository.
    pub path: &'static str,
    /// What is in it.
    pub bytes: &'static [u8],
}

/// The files at these paths of the repository.
macro_rules! files {
    ($($path:literal)*) => {
        &[$(Asset { path: $path, bytes: include_bytes!(concat!("../", $path)) }),*]
    };
}

/// All of them. A test holds the list against the folders.
pub const ALL: &[Asset] = files! {
    "dashboards/duty.json"
    "dashboards/exporter.json"
    "dashboards/focus.json"
    "dashboards/occupancy.json"
    "docs/CONFIGURATION.md"
    "docs/METRICS.md"
    "docs/OPERATIONS.md"
    "docs/PRIVACY.md"
    "docs/REGISTRATION.md"
    "docs/RUNBOOKS.md"
    "examples/alertmanager/alertmanager.yml"
    "examples/alertmanager/teams-presence.tmpl"
    "examples/compose/compose.yml"
    "examples/compose/datasource.yml"
    "examples/compose/prometheus.yml"
    "examples/grafana/provisioning/dashboards/teams-presence.yml"
    "examples/grafana/provisioning/datasources/prometheus.yml"
    "examples/prometheus/prometheus.yml"
    "examples/registration/register.ps1"
    "examples/registration/register.sh"
    "examples/registration/terraform/main.tf"
    "examples/systemd/teams-presence-exporter.service"
    "examples/systemd/teams-presence-exporter.service.d/socket.conf"
    "examples/systemd/teams-presence-exporter.socket"
    "examples/systemd/teams-presence.yml"
    "examples/teams-presence.yml"
    "examples/web.yml"
    "rules/teams-presence-alerts.yml"
    "rules/teams-presence-recording.yml"
    "rules/tests/alerts-data.yaml"
    "rules/tests/alerts-duty.yaml"
    "rules/tests/alerts-exporter.yaml"
    "rules/tests/alerts-graph.yaml"
    "rules/tests/alerts-groups.yaml"
    "rules/tests/alerts-hours.yaml"
    "rules/tests/alerts-tenant.yaml"
    "rules/tests/alerts-thresholds.yaml"
    "rules/tests/alerts-words.yaml"
    "rules/tests/recording-averages-each.yaml"
    "rules/tests/recording-averages.yaml"
    "rules/tests/recording-shares.yaml"
    "rules/tests/recording-summer-time-2089h.yaml"
    "rules/tests/recording-summer-time-24769h.yaml"
    "rules/tests/recording-summer-time-28297h.yaml"
    "rules/tests/recording-summer-time-37044h.yaml"
    "rules/tests/recording-summer-time-4008h.yaml"
    "rules/tests/recording-summer-time-7129h.yaml"
    "rules/tests/recording-weeks-summer-time.yaml"
    "rules/tests/recording-weeks.yaml"
    "rules/tests/recording-working-hours-137m.yaml"
    "rules/tests/recording-working-hours-479m.yaml"
    "rules/tests/recording-working-hours-480m.yaml"
    "rules/tests/recording-working-week.yaml"
};

/// What to do with a file that is there already and that holds something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Leave everything as it is, and say so.
    Keep,
    /// Put ours in its place.
    Replace,
}

/// What became of the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    folder: PathBuf,
    new: usize,
    replaced: usize,
    same: usize,
}

/// Why the files are not there.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Files of somebody else's, or changed ones, are where ours would go; nothing was written.
    #[error("{}", differing(.0))]
    Differing(Vec<PathBuf>),
    /// A folder is where a file of ours would go; nothing was written.
    #[error("{} is a folder where a file would go; nothing was written. Name another folder, or move it away", .0.display())]
    Folder(PathBuf),
    /// The system refuses.
    #[error("{} cannot be written: {cause}", path.display())]
    System {
        /// What was to be written.
        path: PathBuf,
        /// Why it cannot be.
        cause: io::Error,
    },
}

/// Writes all files below a folder, which is made where it is missing. Each appears as a whole or not at all.
///
/// # Errors
/// Files that hold something else, unless they are to be replaced, and folders: then nothing is written. What the system
/// refuses.
pub fn write(folder: &Path, existing: Existing) -> Result<Written, Failure> {
    let mut written = Written { folder: folder.to_owned(), new: 0, replaced: 0, same: 0 };
    let mut due = Vec::new();
    let mut differing = Vec::new();
    for asset in ALL {
        let path = folder.join(asset.path);
        match look(&path, asset.bytes).map_err(|cause| Failure::System { path: path.clone(), cause })? {
            Found::Nothing => written.new += 1,
            Found::Same => {
                written.same += 1;
                continue;
            }
            Found::Folder => return Err(Failure::Folder(path)),
            Found::Other => {
                written.replaced += 1;
                differing.push(path.clone());
            }
        }
        due.push((path, asset.bytes));
    }
    if existing == Existing::Keep && !differing.is_empty() {
        return Err(Failure::Differing(differing));
    }
    for (path, bytes) in due {
        place(&path, bytes).map_err(|cause| Failure::System { path, cause })?;
    }
    Ok(written)
}

/// What is where a file would go.
enum Found {
    Nothing,
    Same,
    /// A folder, which may hold anything, and is replaced by nobody.
    Folder,
    Other,
}

fn look(path: &Path, bytes: &[u8]) -> io::Result<Found> {
    let there = match fs::symlink_metadata(path) {
        Ok(there) => there,
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(fault) => return Err(fault),
    };
    if there.is_dir() {
        return Ok(Found::Folder);
    }
    // Only files are read: a pipe would be waited for, and another length need not be.
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let same = there.is_file() && there.len() == length && fs::read(path)? == bytes;
    Ok(if same { Found::Same } else { Found::Other })
}

/// Puts the file there under another name first, so that a full disk leaves no half of it. What was there is replaced, a
/// link too, and not what the link leads to.
fn place(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let draft = folder.join(name);
    let new = || OpenOptions::new().write(true).create_new(true).open(&draft);
    let mut file = match new() {
        // Left by one that was killed. In a container each has the same number, and would stop here for ever.
        Err(fault) if fault.kind() == io::ErrorKind::AlreadyExists => fs::remove_file(&draft).and_then(|()| new())?,
        file => file?,
    };
    let placed = filled(&mut file, bytes).and_then(|()| fs::rename(&draft, path));
    if placed.is_err() {
        // The first fault is the one to tell.
        drop(fs::remove_file(&draft));
    }
    placed
}

fn filled(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()
}

fn differing(paths: &[PathBuf]) -> String {
    let (what, them) = match paths {
        [_] => ("a file is there already and holds something else".to_owned(), "it"),
        _ => (format!("{} files are there already and hold something else", paths.len()), "them"),
    };
    let list: Vec<String> = paths.iter().map(|path| format!("  {}", path.display())).collect();
    let list = list.join("\n");
    format!("{what}; nothing was written. Name another folder, or replace {them} with --force:\n{list}")
}

impl Display for Written {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let classes = [(self.new, "written"), (self.replaced, "replaced"), (self.same, "there already")];
        let parts = classes.iter().filter(|(files, _)| *files > 0).map(|(files, what)| format!("{files} {what}"));
        let parts = parts.collect::<Vec<_>>().join(", ");
        write!(
            formatter,
            "{files} files are in {folder}: {parts}.

  dashboards  for Grafana: import them, or provision them as in examples/grafana
  rules       for Prometheus, as rule_files of examples/prometheus; the boards
              need none of them
  examples    for the exporter and for what is around it
  docs        what it all means; for each alert what to do: RUNBOOKS.md",
            files = ALL.len(),
            folder = self.folder.display(),
        )
    }
}
