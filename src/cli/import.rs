//! Arguments of `nsbench topology import`. Must not know what is in the file.

use std::path::PathBuf;

use crate::testbed::import::Choices;

#[derive(Debug, clap::Args)]
#[expect(clippy::doc_markdown, reason = "help shows the text as it is")]
pub struct ImportArguments {
    /// Ansible inventory (INI or YAML), manifest (RSpec XML), or graph of a slice (GraphML)
    pub file: PathBuf,
    /// The host of the file that generates the traffic
    #[arg(long, value_name = "HOST", default_value = "source")]
    source: String,
    /// The host of the file that forwards it
    #[arg(long, value_name = "HOST", default_value = "middlebox")]
    middlebox: String,
    /// The host of the file that receives it
    #[arg(long, value_name = "HOST", default_value = "sink")]
    sink: String,
    /// A line, by its four ports; once for each, in the place of the file's links
    #[arg(long = "line", value_name = "SOURCE,IN,OUT,SINK", value_parser = parse_line)]
    lines: Vec<[String; 4]>,
    /// Configuration of the OpenSSH client that the testbed file is to name
    #[arg(long, value_name = "FILE")]
    ssh_config: Option<PathBuf>,
    /// What results are to call the testbed
    #[arg(long, default_value = "imported")]
    name: String,
}

impl ImportArguments {
    pub fn choices(&self) -> Choices {
        Choices {
            name: self.name.clone(),
            hosts: [self.source.clone(), self.middlebox.clone(), self.sink.clone()],
            lines: self.lines.clone(),
            // Where the testbed file will lie is not known here.
            ssh_config: self
                .ssh_config
                .as_ref()
                .map(|path| std::path::absolute(path).unwrap_or_else(|_| path.clone()).to_string_lossy().into_owned()),
        }
    }
}

fn parse_line(text: &str) -> Result<[String; 4], String> {
    let ports: Vec<String> = text.split(',').map(|port| port.trim().to_owned()).collect();
    <[String; 4]>::try_from(ports).map_err(|ports| {
        format!(
            "{} ports; write the four of a line, like eth1,eth1,eth2,eth1: source, middlebox in, middlebox out, sink",
            ports.len()
        )
    })
}
