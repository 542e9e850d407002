//! Where packets of a line were lost, from the counters of its four ports.
//!
//! Must not know how the counters were read or how a loss is shown.

use super::PortCounts;

/// A stretch between two neighbouring counters on the way from source to sink.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stretch {
    /// The cable from the source, and the middlebox port's receive queue.
    SourceToMiddlebox,
    /// Between the middlebox's two ports: the framework and its transmit queue.
    Framework,
    /// The cable to the sink, and the sink port's receive queue.
    MiddleboxToSink,
}

impl Stretch {
    /// The stretches in the order of the traffic.
    pub const ALL: [Self; 3] = [Self::SourceToMiddlebox, Self::Framework, Self::MiddleboxToSink];

    /// Where on the line this is, to stand after "lost".
    pub const fn place(self) -> &'static str {
        match self {
            Self::SourceToMiddlebox => "between source and middlebox",
            Self::Framework => "in the framework",
            Self::MiddleboxToSink => "between middlebox and sink",
        }
    }
}

impl PortCounts {
    /// Packets that entered `stretch` and did not leave it; negative where more left than entered
    /// (frames of other programs), `None` where one of the two counters is unknown.
    pub fn lost(&self, stretch: Stretch) -> Option<i64> {
        let (entered, left) = match stretch {
            Stretch::SourceToMiddlebox => (self.source_tx_packets, self.middlebox_rx_packets),
            Stretch::Framework => (self.middlebox_rx_packets, self.middlebox_tx_packets),
            Stretch::MiddleboxToSink => (self.middlebox_tx_packets, self.sink_rx_packets),
        };
        let (entered, left) = (i64::try_from(entered?).ok()?, i64::try_from(left?).ok()?);
        Some(entered - left)
    }
}

impl PortCounts {
    /// Packets that the source sent and the sink did not get, wherever that was; `None` where either is unknown.
    pub fn lost_on_the_way(&self) -> Option<i64> {
        Some(i64::try_from(self.source_tx_packets?).ok()? - i64::try_from(self.sink_rx_packets?).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_found_on_the_stretch_where_it_happened() {
        let ports = PortCounts {
            source_tx_packets: Some(100),
            middlebox_rx_packets: Some(98),
            middlebox_tx_packets: Some(91),
            sink_rx_packets: Some(92),
            ..PortCounts::default()
        };
        assert_eq!(Stretch::ALL.map(|s| ports.lost(s)), [Some(2), Some(7), Some(-1)]);
    }

    #[test]
    fn a_counter_that_nobody_read_gives_an_unknown_loss_and_not_a_total_one() {
        let ports = PortCounts { source_tx_packets: Some(100), sink_rx_packets: Some(100), ..PortCounts::default() };
        assert_eq!(Stretch::ALL.map(|s| ports.lost(s)), [None, None, None]);
        assert_eq!(ports.lost_on_the_way(), Some(0));
    }
}
