//! The frames that are sent: UDP in IPv4 between the test addresses of a line, to the port that discards.

/// Bytes of Ethernet, IPv4 and UDP headers.
const HEADERS: usize = 14 + 20 + 8;

/// Bytes of the smallest frame of Ethernet, without its check sequence.
pub const SMALLEST: u32 = 60;

/// Says of a payload that it is ours; the number of its series follows.
const MARK: &[u8; 8] = b"nsbench\0";

/// A frame to be sent again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Hardware address that it is for.
    pub to: [u8; 6],
    /// Hardware address that it is from.
    pub from: [u8; 6],
    /// Source and destination address.
    pub addresses: ([u8; 4], [u8; 4]),
    /// Bytes without the frame check sequence, [`SMALLEST`] at least.
    pub size: u32,
}

impl Frame {
    /// The same in the other direction.
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self { to: self.from, from: self.to, addresses: (self.addresses.1, self.addresses.0), size: self.size }
    }

    /// The frame as QEMU's stream has it: behind its length.
    pub fn on_the_wire(&self, series: u32) -> Vec<u8> {
        let size = self.size.max(SMALLEST);
        let mut bytes = size.to_be_bytes().to_vec();
        bytes.extend(self.to);
        bytes.extend(self.from);
        bytes.extend([0x08, 0x00]);
        bytes.extend(self.ip_header(size as u16 - 14));
        bytes.extend(49_152_u16.to_be_bytes());
        bytes.extend(9_u16.to_be_bytes());
        bytes.extend((size as u16 - 34).to_be_bytes());
        // No checksum over the payload.
        bytes.extend([0, 0]);
        bytes.extend(MARK);
        bytes.extend(series.to_be_bytes());
        bytes.resize(4 + size as usize, 0);
        bytes
    }

    fn ip_header(&self, length: u16) -> [u8; 20] {
        let mut header = [0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        header[2..4].copy_from_slice(&length.to_be_bytes());
        header[12..16].copy_from_slice(&self.addresses.0);
        header[16..20].copy_from_slice(&self.addresses.1);
        let sum = checksum(&header);
        header[10..12].copy_from_slice(&sum.to_be_bytes());
        header
    }
}

/// The series that a frame is of, if it is one of ours.
pub fn series_of(frame: &[u8]) -> Option<u32> {
    let payload = frame.get(HEADERS..)?.strip_prefix(MARK)?;
    Some(u32::from_be_bytes(*payload.first_chunk()?))
}

/// The checksum of the internet (RFC 1071).
fn checksum(words: &[u8]) -> u16 {
    let sum: u32 = words.chunks_exact(2).map(|word| u32::from(u16::from_be_bytes([word[0], word[1]]))).sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    !((folded & 0xffff) + (folded >> 16)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Frame = Frame { to: [2; 6], from: [4; 6], addresses: ([198, 18, 1, 1], [198, 18, 1, 2]), size: 60 };

    #[test]
    fn a_frame_has_the_size_that_was_asked_for_and_says_its_series() {
        for size in [60, 61, 512, 1514] {
            let bytes = Frame { size, ..FRAME }.on_the_wire(0x0102_0304);
            assert_eq!(bytes[..4], size.to_be_bytes());
            assert_eq!(bytes.len(), 4 + size as usize);
            assert_eq!(u16::from_be_bytes([bytes[20], bytes[21]]), size as u16 - 14);
            assert_eq!(series_of(&bytes[4..]), Some(0x0102_0304));
        }
        assert_eq!(series_of(&[0; 60]), None);
        assert_eq!(series_of(&FRAME.on_the_wire(1)[4..50]), None);
    }

    #[test]
    fn a_header_with_its_checksum_sums_up_to_nothing() {
        assert_eq!(checksum(&FRAME.ip_header(46)), 0);
        assert_ne!(FRAME.ip_header(46)[10..12], [0, 0]);
    }

    #[test]
    fn the_way_back_is_between_the_same_two() {
        let back = FRAME.reversed();
        assert_eq!((back.to, back.addresses.0), (FRAME.from, FRAME.addresses.1));
        assert_eq!(back.reversed(), FRAME);
    }
}
