//! Tells the program what it was built from: the commit and the compiler.
//!
//! A build outside of a checkout, as in the image, names its commit in `TEAMS_PRESENCE_REVISION`.

#![expect(clippy::disallowed_macros, clippy::disallowed_methods, reason = "this is how cargo and a build script talk")]

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-env-changed=TEAMS_PRESENCE_REVISION");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=.git/logs/HEAD");
    let revision = std::env::var("TEAMS_PRESENCE_REVISION").ok().filter(|revision| !revision.is_empty());
    let revision = revision.or_else(|| output("git", &["rev-parse", "--short=12", "HEAD"]));
    println!("cargo::rustc-env=TEAMS_PRESENCE_REVISION={}", revision.as_deref().unwrap_or("unknown"));
    let compiler = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let version = output(&compiler, &["--version"]);
    let number = version.as_deref().and_then(|version| version.split(' ').nth(1));
    println!("cargo::rustc-env=TEAMS_PRESENCE_RUST_VERSION={}", number.unwrap_or("unknown"));
}

/// The first line that a program prints, if it succeeds.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().next().map(str::to_owned)
}
