//! The protocols: HTTP/1.1 and HTTP/2, and how much of each a client may use.
//!
//! A scraper asks one thing at a time, so there is room for few, and for small ones: what a client can make the process
//! keep is bounded here and in `wire`, for how long in `connection`. What is asked and answered is not known here.

use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::refusal::LARGEST_HEAD;

/// The largest head of a request in HTTP/2, in bytes as the protocol counts them; in HTTP/1.1 it is [`LARGEST_HEAD`].
const HEAD_LIST: u32 = 16 * 1024;

/// How many requests may be under way on one connection.
const MOST_STREAMS: u32 = 16;

/// How much of a body may come before anybody would read it, which nobody does: of one request, and of a connection (the
/// least that the protocol has).
const STREAM_WINDOW: u32 = 16 * 1024;
const WINDOW: u32 = 65_535;

/// How much of an answer is taken at one time, in bytes.
const SEND_BUFFER: usize = 64 * 1024;

/// How many requests may be taken back before they were looked at (CVE-2023-44487), and how many may be broken in a way
/// that makes the server take them back (CVE-2025-8671).
const MOST_RESETS: usize = 20;
const MOST_ERRORS: usize = 64;

/// How long a connection may be silent before it is asked whether anybody is there, and how long that may take.
const SILENCE: Duration = Duration::from_secs(20);
const REPLY: Duration = Duration::from_secs(10);

/// HTTP/1.1.
pub(super) fn http1() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.max_header_size(LARGEST_HEAD).max_buf_size(2 * LARGEST_HEAD);
    builder
}

/// HTTP/2. That headers, frames without content and the like have bounds of their own is the library's doing.
pub(super) fn http2() -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(MOST_STREAMS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(WINDOW)
        .max_header_list_size(HEAD_LIST)
        .max_send_buf_size(SEND_BUFFER)
        .max_pending_accept_reset_streams(MOST_RESETS)
        .max_local_error_reset_streams(MOST_ERRORS)
        .keep_alive_interval(SILENCE)
        .keep_alive_timeout(REPLY);
    builder
}
