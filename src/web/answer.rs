//! Answers: what all of them have in common, whoever gives them.
//!
//! Every answer says its length and type, and what a browser may do with it. What is answered to whom is in `routes`; to
//! somebody who may not come in, in `authentication` and `rate`; to what is no request, in `refusal`.

use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};

use super::body::Body;

/// An answer whose body is there as a whole.
pub(super) type Answer = Response<Body>;

/// The type of an answer in words.
pub(super) const TEXT: &str = "text/plain; charset=utf-8";

/// What a browser may do with the pages: apply the one style sheet, nothing else.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// An answer with what all answers have in common. The length is said for HEAD too, where there is no body to tell it.
pub(super) fn answer(status: StatusCode, media_type: &'static str, body: impl Into<Body>) -> Answer {
    let body = body.into();
    let length = HeaderValue::from(body.len());
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_LENGTH, length);
    let answer = with(answer, header::CONTENT_TYPE, media_type);
    let answer = with(answer, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    let answer = with(answer, header::REFERRER_POLICY, "no-referrer");
    with(answer, header::CONTENT_SECURITY_POLICY, POLICY)
}

/// The answer with one header more.
pub(super) fn with(mut answer: Answer, name: HeaderName, value: &'static str) -> Answer {
    answer.headers_mut().insert(name, HeaderValue::from_static(value));
    answer
}
