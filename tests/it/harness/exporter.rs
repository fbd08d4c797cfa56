//! The exporter as its operator has it: a process with a configuration file, a port and a log.
//!
//! It ends when dropped, by its own id. Its log is read line by line as it comes; whoever waits for something on the page
//! looks again at each line, and now and then without one.

use std::cell::RefCell;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
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

/// Whether more lines may come.
#[derive(PartialEq)]
enum Pipe {
    Open,
    Closed,
}

/// The file in its folder that holds its standard output.
const STDOUT: &str = "stdout";

/// How long a look waits for a line of the log.
const GLANCE: Duration = Duration::from_millis(50);

/// Looks until something counts as never to come: about a minute, for machines with much else to do.
const LOOKS: u32 = 1_200;

impl Exporter {
    /// Starts the exporter on these tenants.
    pub(crate) fn start(tenants: &[&Tenant]) -> Self {
        Self::start_with(tenants, &[])
    }

    /// Starts it with further flags. Returns once it listens.
    pub(crate) fn start_with(tenants: &[&Tenant], flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sections = tenants.iter().enumerate().map(|(number, tenant)| tenant.write(folder.path(), number));
        let file = folder.path().join("exporter.yml");
        fs::write(&file, format!("tenants:\n{}", sections.collect::<String>())).unwrap();
        let mut command = Self::command();
        command.arg("--config.file").arg(&file).args(["--web.listen-address", "127.0.0.1:0"]).args(flags);
        Self::launch(command, folder)
    }

    /// The exporter without arguments, and without a variable of this machine's.
    pub(crate) fn command() -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_teams-presence-exporter"));
        command.env_clear();
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

    fn launch_as_it_is(mut command: Command, folder: TempDir) -> Self {
        let command = command.stdin(Stdio::null()).stderr(Stdio::piped());
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

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its files are.
    pub(crate) fn folder(&self) -> &std::path::Path {
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
        let mut page = self.scrape();
        for _ in 0..LOOKS {
            if wanted(&page) {
                return page;
            }
            self.log.look(GLANCE);
            page = self.scrape();
        }
        let samples: Vec<&str> = page.samples().collect();
        panic!("never on the page: {what}\n{}\n{}", samples.join("\n"), self.log());
    }

    /// Waits until the tenant has concluded this many cycles in all, well or badly.
    pub(crate) fn wait_for_cycles(&self, tenant: &Tenant, cycles: u32) -> Page {
        let concluded = |page: &Page| page.sum(&tenant.name, "cycles_total").is_some_and(|n| n >= f64::from(cycles));
        self.wait_until(&format!("{cycles} cycles of {}", tenant.name), concluded)
    }

    /// Waits until all of this stands in one line of the log, and returns the line.
    pub(crate) fn wait_for_log(&self, words: &[&str]) -> String {
        for _ in 0..LOOKS {
            let log = self.log();
            if let Some(line) = log.lines().find(|line| words.iter().all(|word| line.contains(word))) {
                return line.to_owned();
            }
            self.log.look(GLANCE);
        }
        panic!("never in the log: {words:?}\n{}", self.log());
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
        for _ in 0..LOOKS {
            if self.log.look(GLANCE) == Pipe::Closed {
                // Nobody holds its end of the pipe any more, so it has ended but for what the system does.
                let status = self.child.wait().unwrap();
                return Stopped { status, log: self.log.read.borrow().clone() };
            }
        }
        panic!("it does not end\n{}", self.log());
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        // Either fails only if the process has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Log {
    /// Takes in what was written, waiting this long for a first line.
    fn look(&self, patience: Duration) -> Pipe {
        let first = self.lines.recv_timeout(patience);
        let pipe = if first == Err(RecvTimeoutError::Disconnected) { Pipe::Closed } else { Pipe::Open };
        let mut read = self.read.borrow_mut();
        for line in first.into_iter().chain(self.lines.try_iter()) {
            read.push_str(&line);
            read.push('\n');
        }
        pipe
    }

    /// The address that it listens on, in either format of the log, once it stands there.
    fn wait_for_address(&self, child: &mut Child) -> SocketAddr {
        for _ in 0..LOOKS {
            self.look(GLANCE);
            let read = self.read.borrow();
            let mut listening = read.lines().filter(|line| line.contains("listening"));
            if let Some(address) = listening.find_map(|line| line.split("address").nth(1)) {
                return address.trim_matches(|letter: char| !letter.is_ascii_digit()).parse().unwrap();
            }
            if child.try_wait().unwrap().is_some() {
                break;
            }
        }
        let status = child.kill().and_then(|()| child.wait());
        self.look(GLANCE);
        panic!("it does not listen ({status:?}):\n{}", self.read.borrow());
    }
}
