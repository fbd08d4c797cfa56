//! The exporter as its operator has it: a process with a configuration file, a port and a log.
//!
//! It ends when dropped, by its own id. Its log is read line by line as it comes; whoever waits for something on the page
//! looks again at each line, and now and then without one.

use std::cell::RefCell;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use tempfile::TempDir;

use super::http::{self, Answer};
use super::{Page, Tenant};

/// A running exporter.
pub(crate) struct Exporter {
    child: Child,
    address: SocketAddr,
    log: Log,
    /// Where its files are, for as long as it runs.
    folder: TempDir,
}

/// How an exporter ended.
#[derive(Debug)]
pub(crate) struct Stopped {
    pub(crate) status: ExitStatus,
    /// All that it ever logged.
    pub(crate) log: String,
}

/// What the process writes to standard error.
struct Log {
    lines: Receiver<String>,
    read: RefCell<String>,
}

/// What a look at the log brought.
#[derive(PartialEq)]
enum Heard {
    Lines,
    Nothing,
    /// Nor will there ever be anything more.
    Closed,
}

/// The file in its folder that holds its standard output.
const STDOUT: &str = "stdout";

/// How long a look waits for a line of the log.
const GLANCE: Duration = Duration::from_millis(50);

/// Looks in silence until something counts as never to come: about a minute, for machines with much else to do. A look that
/// brings lines is over at once, so a log that chats would shorten the minute.
const SILENT_LOOKS: u32 = 1_200;

/// Looks of any kind until then, should the log chat without end.
const LOOKS: u32 = 20 * SILENT_LOOKS;

impl Exporter {
    /// Starts the exporter on these tenants.
    pub(crate) fn start(tenants: &[&Tenant]) -> Self {
        Self::start_with(tenants, &[])
    }

    /// Starts it with further flags. Returns once it listens.
    pub(crate) fn start_with(tenants: &[&Tenant], flags: &[&str]) -> Self {
        Self::start_within(tenants, flags, &[])
    }

    /// Starts it with further flags and these variables. Returns once it listens.
    pub(crate) fn start_within(tenants: &[&Tenant], flags: &[&str], variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = configure(folder.path(), tenants, "");
        let mut command = Self::command();
        command.arg("--config.file").arg(&file).args(["--web.listen-address", "127.0.0.1:0"]).args(flags);
        command.envs(variables.iter().copied());
        Self::launch(command, folder)
    }

    /// Starts it as the demo, 60 times as fast, with further flags. Returns once it listens.
    pub(crate) fn demo(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Self::command();
        command.env("TMPDIR", folder.path());
        command.args(["demo", "--speed", "60", "--web.listen-address", "127.0.0.1:0"]).args(flags);
        Self::launch(command, folder)
    }

    /// The exporter without arguments, and without a variable of this machine's.
    pub(crate) fn command() -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_teams-presence-exporter"));
        command.env_clear().stdin(Stdio::null());
        command
    }

    /// Starts it as the command says, with its files in a folder. Returns once it listens.
    pub(crate) fn launch(mut command: Command, folder: TempDir) -> Self {
        command.stdout(fs::File::create(folder.path().join(STDOUT)).unwrap());
        Self::launch_as_it_is(command, folder)
    }

    /// The same with a standard output that takes nothing.
    pub(crate) fn launch_unheard(mut command: Command, folder: TempDir) -> Self {
        command.stdout(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
        Self::launch_as_it_is(command, folder)
    }

    /// The same with whatever the command says of its standard input and output.
    pub(crate) fn launch_as_it_is(mut command: Command, folder: TempDir) -> Self {
        let command = command.stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        // It ends with the process, when nobody can write to the pipe any more.
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let log = Log { lines, read: RefCell::new(String::new()) };
        let address = log.wait_for_address(&mut child);
        Self { child, address, log, folder }
    }

    /// Writes its configuration anew: these tenants, and further lines.
    pub(crate) fn configure(&self, tenants: &[&Tenant], further: &str) {
        configure(self.folder(), tenants, further);
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its files are.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks for a path.
    pub(crate) fn get(&self, path: &str) -> Answer {
        http::get(self.address, path).unwrap_or_else(|error| panic!("GET {path}: {error}\n{}", self.log()))
    }

    /// The page of metrics, as Prometheus gets it.
    pub(crate) fn scrape(&self) -> Page {
        let answer = self.get("/metrics");
        assert_eq!(answer.status, 200, "{}\n{}", answer.headers, answer.body);
        Page(answer.body)
    }

    /// Scrapes until the page is as wanted, and returns that page.
    pub(crate) fn wait_until(&self, what: &str, mut wanted: impl FnMut(&Page) -> bool) -> Page {
        let mut latest = Page(String::new());
        let found = self.log.look_until(|| {
            latest = self.scrape();
            wanted(&latest).then_some(())
        });
        if found.is_some() {
            return latest;
        }
        let samples: Vec<&str> = latest.samples().collect();
        panic!("never on the page: {what}\n{}\n{}", samples.join("\n"), self.log());
    }

    /// Waits until the tenant has concluded this many cycles in all, well or badly.
    pub(crate) fn wait_for_cycles(&self, tenant: &Tenant, cycles: u32) -> Page {
        let concluded = |page: &Page| page.sum(&tenant.name, "cycles_total").is_some_and(|n| n >= f64::from(cycles));
        self.wait_until(&format!("{cycles} cycles of {}", tenant.name), concluded)
    }

    /// Waits until all of this stands in one line of the log, and returns the line.
    pub(crate) fn wait_for_log(&self, words: &[&str]) -> String {
        self.wait_for_log_times(words, 1)
    }

    /// Waits until that is so of this many lines, and returns the last of them.
    pub(crate) fn wait_for_log_times(&self, words: &[&str], times: usize) -> String {
        let is_it = |line: &&str| words.iter().all(|word| line.contains(word));
        let line = self.log.look_until(|| self.log().lines().filter(is_it).nth(times - 1).map(str::to_owned));
        line.unwrap_or_else(|| panic!("not {times} times in the log: {words:?}\n{}", self.log()))
    }

    /// Waits until that is so, whatever page tells it.
    pub(crate) fn wait_for(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let so = self.log.look_until(|| is_so().then_some(()));
        assert!(so.is_some(), "it never came to this: {what}\n{}", self.log());
    }

    /// All that it logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.look(Duration::ZERO);
        self.log.read.borrow().clone()
    }

    /// All that it printed so far.
    pub(crate) fn printed(&self) -> String {
        fs::read_to_string(self.folder().join(STDOUT)).unwrap()
    }

    /// Sends it a signal, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.pid());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success(), "{kill}");
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn stop(self) -> Stopped {
        self.signal("TERM");
        self.ended()
    }

    /// Waits until it has ended.
    pub(crate) fn ended(mut self) -> Stopped {
        let closed = self.log.look_until(|| (self.log.look(GLANCE) == Heard::Closed).then_some(()));
        assert!(closed.is_some(), "it does not end\n{}", self.log());
        // Nobody holds its end of the pipe any more, so it has ended but for what the system does.
        let status = self.child.wait().unwrap();
        Stopped { status, log: self.log.read.borrow().clone() }
    }
}

/// Writes a configuration of these tenants and further lines into a folder. Returns its path.
fn configure(folder: &Path, tenants: &[&Tenant], further: &str) -> PathBuf {
    let sections = tenants.iter().enumerate().map(|(number, tenant)| tenant.write(folder, number));
    let file = folder.join("exporter.yml");
    fs::write(&file, format!("tenants:\n{}{further}", sections.collect::<String>())).unwrap();
    file
}

impl Drop for Exporter {
    fn drop(&mut self) {
        // Either fails only if the process has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Log {
    /// Asks again and again, with a look at the log in between, until there is an answer or patience ends.
    fn look_until<T>(&self, mut asked: impl FnMut() -> Option<T>) -> Option<T> {
        let mut silent = 0;
        for _ in 0..LOOKS {
            let answer = asked();
            if answer.is_some() || silent == SILENT_LOOKS {
                return answer;
            }
            silent += u32::from(self.look(GLANCE) != Heard::Lines);
        }
        None
    }

    /// Takes in what was written, waiting this long for a first line.
    fn look(&self, patience: Duration) -> Heard {
        let first = self.lines.recv_timeout(patience);
        let heard = match first {
            Ok(_) => Heard::Lines,
            Err(RecvTimeoutError::Timeout) => Heard::Nothing,
            Err(RecvTimeoutError::Disconnected) => Heard::Closed,
        };
        let mut read = self.read.borrow_mut();
        for line in first.into_iter().chain(self.lines.try_iter()) {
            read.push_str(&line);
            read.push('\n');
        }
        heard
    }

    /// The first address of the network that it listens on, in either format of the log, once it stands there.
    fn wait_for_address(&self, child: &mut Child) -> SocketAddr {
        let address = self.look_until(|| {
            let ended = child.try_wait().unwrap().is_some();
            self.look(Duration::ZERO);
            let read = self.read.borrow();
            let mut listening = read.lines().filter(|line| line.contains("listening"));
            match listening.find_map(address) {
                Some(address) => Some(Some(address)),
                None => ended.then_some(None),
            }
        });
        if let Some(Some(address)) = address {
            return address;
        }
        let status = child.kill().and_then(|()| child.wait());
        self.look(GLANCE);
        panic!("it does not listen ({status:?}):\n{}", self.read.borrow());
    }
}

/// The address of the network in a line of the log, in either format.
fn address(line: &str) -> Option<SocketAddr> {
    let value = line.split("address").nth(1)?.trim_start_matches(['"', ':', '=']);
    value.split(['"', ' ']).next()?.parse().ok()
}
