//! The web configuration, `--web.config.file`: which files are one, and what the server does by it.

mod beside;
mod certificates;
mod client;
mod files;
mod reload;
mod tls;
mod users;
