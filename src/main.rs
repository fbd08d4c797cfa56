//! The door: parse what was typed, choose a command, map failures to exit codes.
//!
//! 0: well. 1: what it met outside, such as a port that is taken. 64: what was typed, on the command line or in the file.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use teams_presence_exporter::app::{self, Failure, Service};
use teams_presence_exporter::assets;
use teams_presence_exporter::cli::{self, Cli, Command};
use teams_presence_exporter::config::{Config, wrapped};
use teams_presence_exporter::logging;
use teams_presence_exporter::service_manager::{Passed, ServiceManager};

/// The exit code for what the process met.
const MET: u8 = 1;

/// The exit code for what was typed.
const TYPED: u8 = 64;

fn main() -> ExitCode {
    let cli = match cli::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(refusal) if refusal.exit_code == 0 => return answer(&refusal.text),
        Err(refusal) => return fail(refusal.exit_code, &refusal.text),
    };
    logging::install(cli.log);
    match cli.command {
        Command::Serve => serve(&cli),
        #[cfg(feature = "demo")]
        Command::Demo(demo) => ended(teams_presence_exporter::demo::run(demo, &cli.web, service())),
        Command::Assets(cli::Assets { folder, existing }) => match assets::write(&folder, existing) {
            Ok(written) => answer(&written.to_string()),
            Err(failure) => fail(MET, &failure.to_string()),
        },
    }
}

fn serve(cli: &Cli) -> ExitCode {
    let file = cli.config_file.clone();
    ended(app::serve(Arc::new(move || Config::load(file.as_deref(), &environment)), &cli.web, service(), |_| ()))
}

/// Who started this process. There is no second thread yet that could look at the environment.
fn service() -> Service {
    Service { manager: ServiceManager::named(&environment), passed: Passed::found(&environment) }
}

#[expect(clippy::disallowed_methods, reason = "the door is where the environment is looked at")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn ended(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Typed(faults)) => fail(TYPED, &faults.to_string()),
        Err(failure) => fail(MET, &failure.to_string()),
    }
}

/// Answers what was asked, such as --help and --version.
fn answer(text: &str) -> ExitCode {
    match writeln!(io::stdout(), "{text}") {
        Ok(()) => ExitCode::SUCCESS,
        // Nobody reads it any more, or the disk is full.
        Err(_) => ExitCode::from(MET),
    }
}

/// Says why the process does not start: there is no log yet to write to.
fn fail(code: u8, text: &str) -> ExitCode {
    // Where that cannot be written either, the code says it alone.
    drop(writeln!(io::stderr(), "{}", wrapped(text)));
    ExitCode::from(code)
}
