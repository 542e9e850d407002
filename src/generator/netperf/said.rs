//! What netperf's two ends counted: exact bytes, where the rate beside them is rounded.
//!
//! netperf 2.7 has no counter of packets. A datagram is one call of send and one of recv, so that calls are packets under UDP;
//! a stream's calls are no packets.

use anyhow::{Context, Result};

use crate::generator::Protocol;
use crate::record::Said;

/// What it is asked for, behind what a figure is made from.
pub const SELECTORS: &str =
    "LOCAL_BYTES_SENT,REMOTE_BYTES_RECVD,LOCAL_SEND_CALLS,REMOTE_RECV_CALLS,LOCAL_TRANSPORT_RETRANS,TRANSPORT_MSS";

/// Reads it. What netperf does not print, or prints as -1, it does not know.
///
/// # Errors
/// Quotes what is no count.
pub fn read(output: &str, protocol: Protocol) -> Result<Said> {
    let count = |name: &str| {
        let mut values = output.lines().filter_map(|line| line.split_once('=')).filter(|(key, _)| *key == name);
        let Some((_, value)) = values.next_back() else { return Ok(None) };
        let value = value.trim();
        if value == "-1" {
            return Ok(None);
        }
        value.parse().map(Some).with_context(|| format!("netperf's {name} is `{value}`, which is no count"))
    };
    let (sent_calls, received_calls) = (count("LOCAL_SEND_CALLS")?, count("REMOTE_RECV_CALLS")?);
    let bytes = Said {
        sent_bytes: count("LOCAL_BYTES_SENT")?,
        received_bytes: count("REMOTE_BYTES_RECVD")?,
        ..Said::default()
    };
    Ok(match protocol {
        Protocol::Udp => Said { sent_packets: sent_calls, received_packets: received_calls, ..bytes },
        Protocol::Tcp => {
            Said { retransmissions: count("LOCAL_TRANSPORT_RETRANS")?, segment_bytes: count("TRANSPORT_MSS")?, ..bytes }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both as netperf 2.7.1 printed them, over a pair of veth.
    const TCP: &str = "LOCAL_BYTES_SENT=119414528\nREMOTE_BYTES_RECVD=119414528\nLOCAL_SEND_CALLS=81124\n\
        REMOTE_RECV_CALLS=12353\nLOCAL_TRANSPORT_RETRANS=2\nTRANSPORT_MSS=1448\n";
    const UDP: &str = "LOCAL_BYTES_SENT=166093120\nREMOTE_BYTES_RECVD=76705920\nLOCAL_SEND_CALLS=112835\n\
        REMOTE_RECV_CALLS=52110\nLOCAL_TRANSPORT_RETRANS=-1\nTRANSPORT_MSS=-1\n";

    #[test]
    fn calls_are_packets_of_datagrams_and_of_no_stream() {
        let tcp = read(TCP, Protocol::Tcp).unwrap();
        assert_eq!((tcp.sent_bytes, tcp.received_bytes), (Some(119_414_528), Some(119_414_528)));
        assert_eq!((tcp.sent_packets, tcp.retransmissions, tcp.segment_bytes), (None, Some(2), Some(1448)));
        let udp = read(UDP, Protocol::Udp).unwrap();
        assert_eq!((udp.sent_packets, udp.received_packets), (Some(112_835), Some(52_110)));
        assert_eq!((udp.retransmissions, udp.segment_bytes), (None, None));
    }

    #[test]
    fn what_is_not_printed_is_not_known_and_what_is_no_count_is_quoted() {
        assert_eq!(read("THROUGHPUT=1.0\n", Protocol::Tcp).unwrap(), Said::default());
        let error = read("LOCAL_BYTES_SENT=many\n", Protocol::Udp).unwrap_err().to_string();
        assert!(error.contains("`many`") && error.contains("LOCAL_BYTES_SENT"), "{error}");
    }
}
