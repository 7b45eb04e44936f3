//! Which addresses belong to hosts of the public internet. Everything else is refused: what a web page names must not make this
//! program knock at doors of the user's own network.
//!
//! The blocks are those of IANA's registries of special-purpose addresses for IPv4 and IPv6 (RFC 6890 and its updates). Of IPv6
//! only 2000::/3 is given out to hosts, so everything outside of it is refused without a list. Addresses that carry an IPv4
//! address are refused whatever they carry.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A block of addresses: its first one, the bits that all of them share, and what they are.
struct Block<A> {
    first: A,
    bits: u32,
    kind: &'static str,
}

const fn v4(first: [u8; 4], bits: u32, kind: &'static str) -> Block<Ipv4Addr> {
    Block { first: Ipv4Addr::from_octets(first), bits, kind }
}

const fn v6(first: [u16; 8], bits: u32, kind: &'static str) -> Block<Ipv6Addr> {
    Block { first: Ipv6Addr::from_segments(first), bits, kind }
}

const V4: [Block<Ipv4Addr>; 19] = [
    v4([0, 0, 0, 0], 8, "an unspecified"),
    v4([10, 0, 0, 0], 8, "a private"),
    v4([100, 64, 0, 0], 10, "a carrier's internal"),
    v4([127, 0, 0, 0], 8, "a loopback"),
    v4([169, 254, 0, 0], 16, "a link-local"),
    v4([172, 16, 0, 0], 12, "a private"),
    v4([192, 0, 0, 0], 24, "a protocol's"),
    v4([192, 0, 2, 0], 24, "a documentation"),
    v4([192, 31, 196, 0], 24, "a protocol's"),
    v4([192, 52, 193, 0], 24, "a protocol's"),
    v4([192, 88, 99, 0], 24, "a 6to4"),
    v4([192, 168, 0, 0], 16, "a private"),
    v4([192, 175, 48, 0], 24, "a protocol's"),
    v4([198, 18, 0, 0], 15, "a benchmarking"),
    v4([198, 51, 100, 0], 24, "a documentation"),
    v4([203, 0, 113, 0], 24, "a documentation"),
    v4([224, 0, 0, 0], 4, "a multicast"),
    v4([255, 255, 255, 255], 32, "a broadcast"),
    v4([240, 0, 0, 0], 4, "a reserved"),
];

/// Those with a name of their own; [`PUBLIC_V6`] refuses the rest.
const V6: [Block<Ipv6Addr>; 14] = [
    v6([0, 0, 0, 0, 0, 0, 0, 0], 128, "an unspecified"),
    v6([0, 0, 0, 0, 0, 0, 0, 1], 128, "a loopback"),
    v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, "a mapped IPv4"),
    v6([0, 0, 0, 0, 0, 0, 0, 0], 96, "a mapped IPv4"),
    v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96, "a NAT64"),
    v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, "a NAT64"),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, "a protocol's"),
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, "a documentation"),
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, "a 6to4"),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, "a documentation"),
    v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, "a private"),
    v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, "a link-local"),
    v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, "a private"),
    v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, "a multicast"),
];

const PUBLIC_V6: Block<Ipv6Addr> = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3, "a public");

/// What an address is, with its article, if it is no public one: `a private`, for instance.
#[must_use]
pub fn special(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => V4.iter().find(|block| block.holds_v4(address)).map(|block| block.kind),
        IpAddr::V6(address) => {
            let named = V6.iter().find(|block| block.holds_v6(address)).map(|block| block.kind);
            named.or_else(|| (!PUBLIC_V6.holds_v6(address)).then_some("a reserved"))
        }
    }
}

impl Block<Ipv4Addr> {
    fn holds_v4(&self, address: Ipv4Addr) -> bool {
        (self.first.to_bits() ^ address.to_bits()).leading_zeros() >= self.bits
    }
}

impl Block<Ipv6Addr> {
    fn holds_v6(&self, address: Ipv6Addr) -> bool {
        (self.first.to_bits() ^ address.to_bits()).leading_zeros() >= self.bits
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(address: &str) -> Option<&'static str> {
        special(address.parse().unwrap())
    }

    #[test]
    fn hosts_of_the_internet_are_public() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "93.184.216.34",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2a00:1450:4001:81b::200e",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2003::1",
            "3ffe:ffff::1",
        ] {
            assert_eq!(of(address), None, "{address}");
        }
    }

    #[test]
    fn an_address_says_what_it_is() {
        for (address, kind) in [
            ("0.0.0.0", "an unspecified"),
            ("10.1.2.3", "a private"),
            ("100.64.0.1", "a carrier's internal"),
            ("127.0.0.1", "a loopback"),
            ("169.254.169.254", "a link-local"),
            ("192.0.0.170", "a protocol's"),
            ("255.255.255.255", "a broadcast"),
            ("255.255.255.254", "a reserved"),
            ("::", "an unspecified"),
            ("::1", "a loopback"),
            ("::ffff:8.8.8.8", "a mapped IPv4"),
            ("::127.0.0.1", "a mapped IPv4"),
            ("64:ff9b::8.8.8.8", "a NAT64"),
            ("64:ff9b:1::1", "a NAT64"),
            ("2001::1", "a protocol's"),
            ("2002:7f00:1::", "a 6to4"),
            ("fd00::1", "a private"),
            ("fe80::1", "a link-local"),
            ("ff02::1", "a multicast"),
            ("100::1", "a reserved"),
            ("5f00::1", "a reserved"),
            ("4000::1", "a reserved"),
        ] {
            assert_eq!(of(address), Some(kind), "{address}");
        }
    }

    proptest! {
        #[test]
        fn every_address_of_a_special_block_is_refused(at in 0..V4.len(), low in any::<u32>(), at_v6 in 0..V6.len(), low_v6 in any::<u128>()) {
            let host = |bits: u32| u32::MAX.checked_shr(bits).unwrap_or(0);
            let block = &V4[at];
            let address = Ipv4Addr::from_bits(block.first.to_bits() | (low & host(block.bits)));
            prop_assert!(special(address.into()).is_some(), "{}", address);
            let host = |bits: u32| u128::MAX.checked_shr(bits).unwrap_or(0);
            let block = &V6[at_v6];
            let address = Ipv6Addr::from_bits(block.first.to_bits() | (low_v6 & host(block.bits)));
            prop_assert!(special(address.into()).is_some(), "{}", address);
        }

        #[test]
        fn what_the_standard_library_knows_as_special_is_refused(v4 in any::<u32>(), v6 in any::<u128>()) {
            let address = Ipv4Addr::from_bits(v4);
            let known = address.is_private() || address.is_loopback() || address.is_link_local() || address.is_multicast()
                || address.is_broadcast() || address.is_documentation() || address.is_unspecified();
            prop_assert!(!known || special(address.into()).is_some(), "{}", address);
            let address = Ipv6Addr::from_bits(v6);
            let known = address.is_loopback() || address.is_unspecified() || address.is_multicast()
                || address.is_unique_local() || address.is_unicast_link_local();
            prop_assert!(!known || special(address.into()).is_some(), "{}", address);
        }

        #[test]
        fn an_address_that_carries_another_is_refused_whatever_it_carries(v4 in any::<u32>()) {
            let carried = Ipv4Addr::from_bits(v4);
            let low = u128::from(v4);
            let nat64 = Ipv6Addr::from_bits((0x0064_ff9b_u128 << 96) | low);
            let six_to_four = Ipv6Addr::from_bits((0x2002_u128 << 112) | (low << 80));
            for address in [carried.to_ipv6_mapped(), carried.to_ipv6_compatible(), nat64, six_to_four] {
                prop_assert!(special(address.into()).is_some(), "{}", address);
            }
        }
    }
}
