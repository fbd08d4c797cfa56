//! The section `web_users`: who sees what.

use super::*;

fn parse_users(section: &str) -> Option<WebUsers> {
    parse(&format!("{}web_users: {section}\n", with(""))).expect(section).web_users
}

#[test]
fn a_user_sees_everything_or_the_tenants_that_are_named() {
    assert_eq!(parse(&with("")).expect("a good file").web_users, None);
    assert_eq!(parse_users("{}"), Some(WebUsers::new()), "then nobody sees anything");
    let users = parse_users("{prometheus: all, 'R & D': [contoso]}").expect("a section");
    assert_eq!(users["prometheus"], Sight::Everything);
    assert_eq!(users["R & D"], Sight::Tenants(vec![name("contoso")]));
}
