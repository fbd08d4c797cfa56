//! Chromium without a window, asked over its `DevTools` protocol as people's eyes and fingers would be.
//!
//! The protocol goes through two pipes, so there is neither a port nor a crate for it. It is told to reach loopback only,
//! and keeps its files in a folder of its own. It does not know what a page should be like: read `seen`.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use base64::Engine;
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long an answer may take: long enough for any machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A browser with one page; it ends when dropped, by its own id.
pub(super) struct Browser {
    child: Child,
    requests: Option<ChildStdin>,
    answers: Receiver<Value>,
    session: String,
    last_id: u64,
    /// What was told without being asked for since the last look, by method.
    events: Vec<Value>,
    /// Its files, for as long as it runs.
    _folder: TempDir,
}

/// What a window is like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) width: u32,
    /// `light` or `dark`.
    pub(super) scheme: &'static str,
}

impl Browser {
    /// Starts one with an empty page.
    pub(super) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The protocol is spoken on descriptors 3 and 4, which are made of the two that everybody may set.
        let mut child = Command::new("sh")
            .args(["-c", r#"exec "$@" 3<&0 4>&1 </dev/null >/dev/null"#, "sh"])
            .arg(chromium())
            // Without a sandbox, as root may have none: it sees our own page and nothing else.
            .args(["--headless", "--no-sandbox", "--remote-debugging-pipe", "--disable-gpu", "--disable-dev-shm-usage"])
            .args(["--no-first-run", "--disable-sync", "--disable-component-update", "--disable-background-networking"])
            .args(["--disable-quic", "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"])
            .arg(format!("--user-data-dir={}", folder.path().display()))
            .env("HOME", folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (sender, answers) = mpsc::channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        // It ends with the browser, when nobody can write to the pipe any more.
        std::thread::spawn(move || {
            for message in stdout.split(0).map_while(Result::ok) {
                let is_heard = serde_json::from_slice(&message).map(|message| sender.send(message));
                if !matches!(is_heard, Ok(Ok(()))) {
                    return;
                }
            }
        });
        let requests = child.stdin.take();
        let (session, events) = (String::new(), Vec::new());
        let mut browser = Self { child, requests, answers, session, last_id: 0, events, _folder: folder };
        let target = browser.call("Target.createTarget", &json!({"url": "about:blank"}));
        let target = json!({"targetId": target["targetId"], "flatten": true});
        browser.session = browser.call("Target.attachToTarget", &target)["sessionId"].as_str().unwrap().to_owned();
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), &json!({}));
        }
        browser
    }

    /// Makes the window so.
    pub(super) fn resize(&mut self, window: Window) {
        let Window { width, scheme } = window;
        let size = json!({"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600});
        self.call("Emulation.setDeviceMetricsOverride", &size);
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.call("Emulation.setEmulatedMedia", &features);
    }

    /// Opens an address, and returns when it has loaded with all that belongs to it.
    pub(super) fn open(&mut self, address: &str) {
        self.events.clear();
        let opened = self.call("Page.navigate", &json!({"url": address}));
        assert_eq!(opened["errorText"], Value::Null, "{address}");
        self.wait_for("Page.loadEventFired");
    }

    /// The value of an expression of JavaScript on the page, its promise kept.
    #[track_caller]
    pub(super) fn evaluate(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.call("Runtime.evaluate", &asked);
        assert_eq!(answer["exceptionDetails"], Value::Null, "{expression:.200}");
        answer["result"]["value"].clone()
    }

    /// Presses a key and lets it go.
    pub(super) fn press(&mut self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            self.call("Input.dispatchKeyEvent", &json!({"type": kind, "key": key, "code": key}));
        }
    }

    /// What it complained of since the page was opened: errors, warnings, breaches of the policy.
    pub(super) fn complaints(&mut self) -> Vec<String> {
        // Once this is answered, all that came before it is here.
        self.evaluate("0");
        let complains = |event: &&Value| {
            let method = event["method"].as_str().unwrap_or_default();
            matches!(method, "Log.entryAdded" | "Runtime.exceptionThrown" | "Runtime.consoleAPICalled")
        };
        self.events.iter().filter(complains).map(|event| event["params"].to_string()).collect()
    }

    /// The parameters of the events of this name since the page was opened.
    pub(super) fn events(&mut self, method: &str) -> Vec<Value> {
        self.evaluate("0");
        let named = self.events.iter().filter(|event| event["method"] == method);
        named.map(|event| event["params"].clone()).collect()
    }

    /// Draws the whole page into a PNG file.
    pub(super) fn draw(&mut self, file: &Path) {
        let size = &self.call("Page.getLayoutMetrics", &json!({}))["cssContentSize"];
        let clip = json!({"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1});
        let picture = self.call("Page.captureScreenshot", &json!({"clip": clip, "captureBeyondViewport": true}));
        let picture = base64::engine::general_purpose::STANDARD.decode(picture["data"].as_str().unwrap()).unwrap();
        std::fs::write(file, picture).unwrap();
    }

    /// What is answered to a request of the protocol.
    #[track_caller]
    fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.last_id += 1;
        let mut request = json!({"id": self.last_id, "method": method, "params": parameters});
        if !self.session.is_empty() {
            request["sessionId"] = self.session.as_str().into();
        }
        let mut bytes = request.to_string().into_bytes();
        bytes.push(0);
        self.requests.as_mut().unwrap().write_all(&bytes).unwrap();
        loop {
            let answer = self.hear(method);
            if answer["id"] == self.last_id {
                assert_eq!(answer["error"], Value::Null, "{method}");
                return answer["result"].clone();
            }
            self.events.push(answer);
        }
    }

    fn wait_for(&mut self, event: &str) {
        while !self.events.iter().any(|known| known["method"] == event) {
            let heard = self.hear(event);
            self.events.push(heard);
        }
    }

    #[track_caller]
    fn hear(&mut self, what: &str) -> Value {
        self.answers.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            panic!("chromium does not answer {what}; does `chromium --headless --no-sandbox` start here?")
        })
    }
}

/// The path of the system's `chromium`.
#[expect(clippy::disallowed_methods, reason = "the tests have no configuration but their environment")]
fn chromium() -> PathBuf {
    find_chromium(&std::env::var_os("PATH").unwrap_or_default()).unwrap_or_else(|advice| panic!("{advice}"))
}

fn find_chromium(path: &OsStr) -> Result<PathBuf, &'static str> {
    let mut programs = std::env::split_paths(path).map(|folder| folder.join("chromium"));
    programs.find(|program| program.is_file()).ok_or(
        "there is no chromium in PATH to look at the status page with: run `make tools` as root, or `apt-get install \
         chromium`",
    )
}

#[test]
fn a_missing_browser_is_a_failure_with_advice() {
    let advice = find_chromium(OsStr::new("no/such/folder:/nor/this")).unwrap_err();
    assert!(advice.contains("apt-get install chromium"), "{advice}");
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It ends when nobody can ask any more. That it has is heard when nobody can answer.
        self.requests = None;
        while !matches!(
            self.answers.recv_timeout(PATIENCE),
            Err(RecvTimeoutError::Disconnected | RecvTimeoutError::Timeout)
        ) {}
        // Either fails only if the process has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
