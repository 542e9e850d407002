//! The network that test addresses come from.
//!
//! Must not know the rest of the file.

use std::net::Ipv4Addr;

/// RFC 2544 (and RFC 6890) set 198.18.0.0/15 aside for tests of forwarding devices.
pub const DEFAULT: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 0);

/// What is wrong with a network, and what to write.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed {
    pub what: String,
    pub hint: String,
}

/// Reads `198.18.0.0` or `198.18.0.0/15`, with room for a /24 for each of `lines` lines.
///
/// Line n has the n-th /24 after the first, so that the third octet of its addresses is its number;
/// the first stays empty.
pub fn parse(text: &str, lines: usize) -> Result<Ipv4Addr, Malformed> {
    let malformed = |what: String, hint: String| Err(Malformed { what, hint });
    let usual = "write a network address, like `198.18.0.0`".to_owned();
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, prefix.parse::<u32>().ok().filter(|p| *p <= 24)),
        None => (text, Some(0)),
    };
    let (Ok(address), Some(prefix)) = (address.parse::<Ipv4Addr>(), prefix) else {
        return malformed(format!("`{text}` is not an IPv4 network"), usual);
    };
    let bits = u32::from(address);
    // Without a prefix, all that is asked is a whole number of /24s.
    let mask = u32::MAX << (32 - if prefix == 0 { 24 } else { prefix });
    if bits & mask != bits {
        let aligned = Ipv4Addr::from(bits & mask);
        let what = format!("{text} is an address inside a network, not a network");
        return malformed(what, format!("write `{aligned}`"));
    }
    let needed = lines + 1;
    if prefix > 0 && needed > 1 << (24 - prefix) {
        let fits = 24 - needed.next_power_of_two().trailing_zeros();
        let what = format!("{text} has no room for {lines} lines, which take a /24 each");
        return malformed(what, format!("write a /{fits} or wider, or leave the prefix away"));
    }
    let last = u64::from(bits) + ((needed as u64) << 8) - 1;
    let usable = |first: u32, end: u32| bits > end || last < u64::from(first);
    let loopback = usable(0x7f00_0000, 0x7fff_ffff);
    if bits < 0x0100_0000 || last > 0xdfff_ffff || !loopback {
        let what = format!("{text} runs into addresses that no port can have");
        return malformed(what, usual);
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_read_with_and_without_a_prefix() {
        for text in ["198.18.0.0", "198.18.0.0/15", "10.1.0.0/16", "192.168.8.0", "192.168.8.0/21"] {
            assert!(parse(text, 4).is_ok(), "{text}");
        }
        assert_eq!(parse("10.1.0.0/16", 254), Ok(Ipv4Addr::new(10, 1, 0, 0)));
    }

    #[test]
    fn what_is_no_network_or_too_small_is_refused() {
        for (text, hint) in [
            ("198.18", "write a network address"),
            ("198.18.0.0/33", "write a network address"),
            ("fe80::/64", "write a network address"),
            ("198.18.0.1", "write `198.18.0.0`"),
            ("198.19.0.0/14", "write `198.16.0.0`"),
            ("192.168.8.0/22", "write a /21 or wider"),
            ("0.0.0.0", "write a network address"),
            ("126.255.255.0", "write a network address"),
            ("223.255.252.0", "write a network address"),
        ] {
            let refused = parse(text, 4).unwrap_err();
            assert!(refused.hint.starts_with(hint), "{text}: {refused:?}");
        }
    }
}
