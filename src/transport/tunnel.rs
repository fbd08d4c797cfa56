//! Tunnels: why a proxy did not let a request through.
//!
//! The client tells no more than that there was no connection. Whoever is told so looks for the fault at Microsoft's, or in
//! DNS, while a proxy of their own refuses; so the proxy is asked once more, without a request behind it, what it says.
//! It is shown what the client shows it, and nothing of that leaves this file.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::Url;

use super::Failure;
use super::way::Proxy;
use crate::clock;
use crate::domain::advice::{Hurdle, Obstacle};

/// The longest that a proxy may take to say it.
const PATIENCE: Duration = Duration::from_secs(5);

/// How much of an answer is read for its status.
const STATUS_LINE: usize = 256;

/// A failure, blamed on the proxy where the request was to go through one and did not get that far.
pub(super) async fn blame(failure: Failure, error: &reqwest::Error, proxy: Option<Proxy>, url: &Url) -> Failure {
    let Some(proxy) = proxy.filter(|_| error.is_connect()) else { return failure };
    let hurdle = match failure {
        Failure::Obstacle(Obstacle::Timeout) => Some(Hurdle::Silent),
        Failure::Obstacle(Obstacle::Connect) => hurdle(&proxy, url).await,
        _ => None,
    };
    hurdle.map_or(failure, |hurdle| Failure::Obstacle(Obstacle::Proxy(Arc::from(proxy.place()), hurdle)))
}

/// What keeps whoever wants to be let through; nothing if the proxy lets them now, or cannot be asked here.
async fn hurdle(proxy: &Proxy, url: &Url) -> Option<Hurdle> {
    match clock::timeout(PATIENCE, status(proxy, url)).await {
        Err(_) => Some(Hurdle::Silent),
        Ok(hurdle) => hurdle,
    }
}

async fn status(proxy: &Proxy, url: &Url) -> Option<Hurdle> {
    if !proxy.is_plain() && !proxy.is_over_tls() {
        // The client speaks HTTP to it, whatever the scheme says.
        return Some(Hurdle::Unintelligible);
    }
    let Ok(mut stream) = TcpStream::connect((proxy.host(), proxy.port())).await else {
        return Some(Hurdle::Unreachable);
    };
    if proxy.is_over_tls() {
        return None;
    }
    let place = format!("{}:{}", url.host_str()?, url.port_or_known_default()?);
    let authorization =
        proxy.authorization().map(|value| format!("Proxy-Authorization: {value}\r\n")).unwrap_or_default();
    let request = format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{authorization}\r\n");
    if stream.write_all(request.as_bytes()).await.is_err() {
        return Some(Hurdle::Unintelligible);
    }
    let (mut answer, mut filled) = ([0; STATUS_LINE], 0);
    while filled < STATUS_LINE && !answer[..filled].contains(&b'\n') {
        match stream.read(&mut answer[filled..]).await {
            Ok(0) | Err(_) => break,
            Ok(read) => filled += read,
        }
    }
    match read_status(&answer[..filled]) {
        // The client takes no other for an open way.
        Some(200) => None,
        Some(status) => Some(Hurdle::Refuses(status)),
        None => Some(Hurdle::Unintelligible),
    }
}

/// The status in `HTTP/1.1 407 Proxy Authentication Required`.
fn read_status(answer: &[u8]) -> Option<u16> {
    let line = answer.split(|byte| *byte == b'\r' || *byte == b'\n').next()?;
    let mut words = str::from_utf8(line).ok()?.split(' ');
    words.next().filter(|version| version.starts_with("HTTP/1."))?;
    words.next()?.parse().ok().filter(|status| (100..1000).contains(status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_of_an_answer_is_read_and_nothing_else_is_one() {
        let check = |answer: &str, expected| assert_eq!(read_status(answer.as_bytes()), expected, "{answer}");
        check("HTTP/1.1 407 Proxy Authentication Required\r\n", Some(407));
        check("HTTP/1.0 502\r\n", Some(502));
        for answer in
            ["", "HTTP/1.1", "HTTP/1.1 4o7", "HTTP/1.1 70000 x", "HTTP/2 200", "SSH-2.0-OpenSSH\r\n", "\u{15}\u{3}"]
        {
            check(answer, None);
        }
    }
}
