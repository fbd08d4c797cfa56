//! The settings of the process, as far as `web` and `logging` need them.

mod process;

pub use process::{Log, LogFormat, LogLevel, Web};
