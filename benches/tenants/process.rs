//! The process that is measured: started, scraped, looked at in /proc, ended by its id.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The longest wait for anything.
const PATIENCE: Duration = Duration::from_mins(5);

/// The pause between scrapes while something is waited for: they cost memory and CPU too.
const PAUSE: Duration = Duration::from_secs(1);

/// A process that ends with its owner.
pub(crate) struct Child(pub(crate) std::process::Child);

impl Drop for Child {
    fn drop(&mut self) {
        // One that has ended already cannot be ended again.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The exporter, running.
pub(crate) struct Exporter {
    child: Child,
    address: SocketAddr,
}

/// A page of metrics.
#[derive(Clone)]
pub(crate) struct Page(String);

impl Exporter {
    /// Starts it and waits until it listens.
    pub(crate) fn start(program: &Path, config: &Path) -> Self {
        let mut command = Command::new(program);
        command.arg("--config.file").arg(config).args(["--web.listen-address", "127.0.0.1:0"]);
        let mut child = Child(command.stderr(Stdio::piped()).spawn().expect("the exporter"));
        let mut log = BufReader::new(child.0.stderr.take().expect("its log")).lines().map_while(Result::ok);
        let listening = log.find_map(|line| line.split_once("address=").map(|(_, address)| address.trim().to_owned()));
        let address = listening.and_then(|address| address.parse().ok()).expect("an address in the log");
        std::thread::spawn(move || log.for_each(drop));
        Self { child, address }
    }

    /// One scrape, without gzip.
    pub(crate) fn scrape(&self) -> Page {
        let mut stream = TcpStream::connect(self.address).expect("a connection");
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n").expect("a request");
        let mut page = String::new();
        stream.read_to_string(&mut page).expect("a page");
        Page(page)
    }

    /// Scrapes until the page is as wanted.
    pub(crate) fn wait_until(&self, wanted: impl Fn(&Page) -> bool) -> Page {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            let page = self.scrape();
            if wanted(&page) {
                return page;
            }
            std::thread::sleep(PAUSE);
        }
        panic!("it never came to what was waited for:\n{}", self.scrape().0);
    }

    /// The CPU time of all threads that there ever were, in steps of the kernel's hundredth of a second.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = fs::read_to_string(self.proc("stat")).expect("its counts");
        let (_, after_name) = stat.rsplit_once(')').expect("a name in brackets");
        let ticks = after_name.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok());
        Duration::from_millis(ticks.sum::<u64>() * 10)
    }

    /// The most memory that was resident at any time.
    pub(crate) fn peak_mebibytes(&self) -> f64 {
        self.status("VmHWM:") / 1024.0
    }

    /// The memory that is resident now.
    pub(crate) fn mebibytes(&self) -> f64 {
        self.status("VmRSS:") / 1024.0
    }

    pub(crate) fn threads(&self) -> f64 {
        self.status("Threads:")
    }

    /// How many sockets are open.
    pub(crate) fn sockets(&self) -> f64 {
        let files = fs::read_dir(self.proc("fd")).expect("its files").filter_map(Result::ok);
        let targets = files.filter_map(|file| fs::read_link(file.path()).ok());
        let sockets = targets.filter(|target| target.to_string_lossy().starts_with("socket:")).count();
        f64::from(u32::try_from(sockets).unwrap_or(u32::MAX))
    }

    fn status(&self, key: &str) -> f64 {
        let status = fs::read_to_string(self.proc("status")).expect("its status");
        let value = status.lines().find_map(|line| line.strip_prefix(key)).expect("a line of it");
        value.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    fn proc(&self, name: &str) -> String {
        format!("/proc/{}/{name}", self.child.0.id())
    }
}

impl Page {
    /// The values of the samples that begin so.
    pub(crate) fn samples(&self, begin: &str) -> impl Iterator<Item = f64> {
        let lines = self.0.lines().filter(move |line| line.starts_with(begin));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse().ok())
    }

    pub(crate) fn kibibytes(&self) -> f64 {
        f64::from(u32::try_from(self.0.len()).unwrap_or(u32::MAX)) / 1024.0
    }
}
