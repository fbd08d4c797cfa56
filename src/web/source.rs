//! Source: where somebody comes from, as far as it decides who gets how much of what there is little of.
//!
//! Of IPv6 it is the network, as a host may take any address of it. What is shared out by it is in `guests` and `examiner`.

use std::net::{IpAddr, Ipv6Addr};

/// Where somebody comes from; those of whom that is not known come from one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Source(Option<IpAddr>);

impl Source {
    pub(super) fn of(address: Option<IpAddr>) -> Self {
        Self(address.map(|address| match address.to_canonical() {
            IpAddr::V6(address) => {
                let [one, two, three, four, ..] = address.segments();
                Ipv6Addr::new(one, two, three, four, 0, 0, 0, 0).into()
            }
            four @ IpAddr::V4(_) => four,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_of_ipv6_is_one_source_and_each_address_of_ipv4_another() {
        let of = |address: &str| Source::of(Some(address.parse().expect(address)));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff:1:2:3"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("192.0.2.1"), of("::ffff:192.0.2.1"), "the same through a socket of IPv6");
    }
}
