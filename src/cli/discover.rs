//! Arguments of `nsbench topology discover`.

use std::path::PathBuf;

use anyhow::Result;

use crate::commands;
use crate::commands::discover::{Destinations, Options, hosts};

/// Which hosts.
#[derive(Debug, clap::Args)]
pub struct DiscoverArguments {
    /// Take the hosts of this testbed file; what it says of lines does not matter
    ///
    /// With neither this nor the three hosts, the default testbed's.
    #[arg(short, long, value_name = "FILE")]
    testbed: Option<String>,
    /// ssh destination of the host that is to send
    #[arg(long, value_name = "HOST", requires_all = ["middlebox", "sink"], conflicts_with = "testbed")]
    source: Option<String>,
    /// ssh destination of the host in the middle
    #[arg(long, value_name = "HOST", requires_all = ["source", "sink"])]
    middlebox: Option<String>,
    /// ssh destination of the host that is to receive
    #[arg(long, value_name = "HOST", requires_all = ["source", "middlebox"])]
    sink: Option<String>,
    /// Configuration of the OpenSSH client, if not the user's own
    #[arg(long, value_name = "FILE", requires = "source")]
    ssh_config: Option<PathBuf>,
    /// What results are to call the testbed
    #[arg(long, default_value = "mine", requires = "source")]
    name: String,
    /// Probe virtual ports too, for hosts that are containers
    #[arg(long)]
    virtual_ports: bool,
}

/// What is asked, in the words of the command.
pub fn options(arguments: DiscoverArguments) -> Result<Options> {
    let DiscoverArguments { testbed, source, middlebox, sink, ssh_config, name, virtual_ports } = arguments;
    let hosts = match (source, middlebox, sink) {
        (Some(source), Some(middlebox), Some(sink)) => {
            Destinations { ssh: [source, middlebox, sink], ssh_config, name }.testbed()?
        }
        _ => hosts(&commands::rack(testbed.as_deref())?)?,
    };
    Ok(Options { hosts, virtual_ports })
}
