//! What a port may be called.
//!
//! Must not know which ports a host has.

use super::Port;

/// The kernel's limit, IFNAMSIZ less the closing zero.
const LONGEST: usize = 15;

/// The three ways to name a port.
#[derive(Debug, PartialEq, Eq)]
pub enum PortName<'p> {
    /// As `ip link` lists it.
    Interface(&'p str),
    /// Hardware address, in lower case.
    Mac(String),
    /// `domain:bus:device.function`, in lower case.
    Pci(String),
}

impl Port {
    /// What kind of name it is.
    ///
    /// # Errors
    /// What is wrong with it, and what to write instead.
    pub fn name(&self) -> Result<PortName<'_>, (String, &'static str)> {
        let text = self.0.as_str();
        if let Some(mac) = text.strip_prefix("mac:") {
            return mac_address(mac).ok_or_else(|| {
                let what = format!("`{mac}` is not the hardware address of a port");
                (what, "write six pairs of hex digits, like `mac:52:54:00:00:01:01`")
            });
        }
        if let Some(pci) = text.strip_prefix("pci:") {
            return pci_address(pci).ok_or_else(|| {
                let what = format!("`{pci}` is not a PCI address");
                (what, "write domain, bus, device and function, like `pci:0000:3b:00.0`")
            });
        }
        interface(text).map(PortName::Interface)
    }
}

fn interface(text: &str) -> Result<&str, (String, &'static str)> {
    const LISTED: &str = "write a name that `ip link` lists on that host";
    if text.is_empty() {
        return Err(("a port without a name".to_owned(), LISTED));
    }
    if text.len() > LONGEST {
        let what = format!("`{text}` is too long for an interface, {LONGEST} characters at most");
        return Err((what, LISTED));
    }
    if text.contains(':') {
        let what = format!("`{text}` is not an interface");
        return Err((what, "write an interface name, `mac:…` or `pci:…`; an alias with a colon is no port"));
    }
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '/';
    if text.contains(odd) || text.starts_with('-') || text == "." || text == ".." || text == "lo" {
        return Err((format!("`{text}` cannot be a test port"), LISTED));
    }
    Ok(text)
}

fn hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Six pairs; neither all zero nor a group address (lowest bit of the first octet set).
fn mac_address(text: &str) -> Option<PortName<'static>> {
    let pairs: Vec<&str> = text.split(':').collect();
    let first = u8::from_str_radix(pairs.first()?, 16).ok()?;
    let sound = pairs.len() == 6 && pairs.iter().all(|pair| hex(pair, 2));
    let zero = pairs.iter().all(|pair| *pair == "00");
    (sound && !zero && first & 1 == 0).then(|| PortName::Mac(text.to_ascii_lowercase()))
}

fn pci_address(text: &str) -> Option<PortName<'static>> {
    let (slot, function) = text.rsplit_once('.')?;
    let [domain, bus, device] = slot.split(':').collect::<Vec<_>>().try_into().ok()?;
    let device_number = u8::from_str_radix(device, 16).ok()?;
    // A domain has four digits, more behind some virtual bridges.
    let sound = (4..=8).any(|digits| hex(domain, digits))
        && hex(bus, 2)
        && hex(device, 2)
        && device_number < 32
        && matches!(function.as_bytes(), [b'0'..=b'7']);
    sound.then(|| PortName::Pci(text.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_hardware_addresses_and_slots_are_told_apart() {
        let kind = |text: &str| Port(text.to_owned()).name().map(|name| format!("{name:?}"));
        assert_eq!(kind("enp65s0f0np0"), Ok(r#"Interface("enp65s0f0np0")"#.to_owned()));
        assert_eq!(kind("mac:52:54:00:AB:01:01"), Ok(r#"Mac("52:54:00:ab:01:01")"#.to_owned()));
        assert_eq!(kind("pci:0000:3B:1f.7"), Ok(r#"Pci("0000:3b:1f.7")"#.to_owned()));
    }

    #[test]
    fn names_that_cannot_be_are_refused() {
        for text in [
            "",
            "a name",
            "eth/0",
            "sixteen-letters-",
            "-eth0",
            "eth0:1",
            "lo",
            "..",
            "eth\u{7}0",
            "mac:",
            "mac:52:54:00:00:01",
            "mac:52:54:00:00:01:0g",
            "mac:00:00:00:00:00:00",
            "mac:01:00:5e:00:00:01",
            "mac:52-54-00-00-01-01",
            "mac:+2:54:00:00:01:01",
            "pci:",
            "pci:3b:00.0",
            "pci:0000:3b:00",
            "pci:0000:3b:20.0",
            "pci:0000:3b:00.8",
            "pci:0000:3b:00.0.0",
            "MAC:52:54:00:00:01:01",
        ] {
            assert!(Port(text.to_owned()).name().is_err(), "{text}");
        }
    }
}
