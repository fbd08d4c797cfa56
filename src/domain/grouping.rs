//! Grouping: in which groups the users of a directory are counted, and who is in which.

use super::user::UserId;

/// What is known of the members of an Entra group.
#[derive(Debug)]
pub enum Members {
    /// They were listed.
    Read(Vec<UserId>),
    /// They could not be listed: who was a member is still one.
    Held,
    /// There is no such group.
    Gone,
}
