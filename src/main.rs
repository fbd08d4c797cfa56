//! The door: parse what was typed, choose a command, map failures to exit codes.
//!
//! 0: well. 1: what it met outside, such as a port that is taken. 64: what was typed, on the command line or in the file.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use teams_presence_exporter::app::{self, Failure, Service};
use teams_presence_exporter::assets;
use teams_presence_exporter::check::{self, Progress, Verdict};
use teams_presence_exporter::cli::{self, Check, Cli, Command, Refusal};
use teams_presence_exporter::config::{Config, Log, LogLevel, wrapped};
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
        Err(Refusal { for_machines: Some(faults), .. }) => return checked(check::refuse(faults, &mut io::stdout())),
        Err(refusal) => return fail(refusal.exit_code, &refusal.text),
    };
    logging::install(logged(&cli));
    match cli.command {
        Command::Serve => serve(&cli),
        Command::Check(asked) => check(&cli, asked),
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

fn check(cli: &Cli, asked: Check) -> ExitCode {
    let file = cli.config_file.clone();
    let load = move || Config::load(file.as_deref(), &environment);
    let terminal = io::stderr().is_terminal().then(|| Box::new(io::stderr()) as Box<_>);
    checked(check::run(load, cli.web.config_file.clone(), asked, Progress::on(terminal), &mut io::stdout()))
}

fn checked(result: io::Result<Verdict>) -> ExitCode {
    match result {
        Ok(Verdict::Well) => ExitCode::SUCCESS,
        Ok(Verdict::Failed) => ExitCode::from(MET),
        Ok(Verdict::Typed) => ExitCode::from(TYPED),
        // Whoever read it has read enough, as `head` does.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(MET),
        Err(error) => fail(MET, &format!("the report could not be made: {error}")),
    }
}

/// How it logs. What a check meets stands in its report: no line says it twice, unless somebody wants to know all.
fn logged(cli: &Cli) -> Log {
    match cli.command {
        Command::Check(_) if cli.log.level != LogLevel::Debug => Log { level: LogLevel::Error, ..cli.log },
        _ => cli.log,
    }
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
