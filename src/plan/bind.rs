//! A port taken from the kernel and given to a user-space driver, and back with everything that the kernel forgot of it.

use super::{MUST, Step, qdisc};
use crate::host::shell::quote;

/// Reads what the kernel forgets of port `$n` when its driver goes, and prints sh that sets it again.
const REMEMBER: &str = include_str!("bind/remember.sh");

/// Drivers under whose cards DPDK runs as they are: there is nothing to take from the kernel.
const SHARED: [&str; 3] = ["mlx4_core", "mlx5_core", "mana"];

/// The name under which a profile asks for the port to be left with the kernel.
pub const KERNEL: &str = "kernel";

/// Gives the card in slot `pci`, which is the interface `port`, to `driver`.
pub fn bind(port: &str, pci: &str, driver: &str) -> Step {
    let dev = quote(&format!("/sys/bus/pci/devices/{pci}"));
    let names = format!("n={} s={} dev={dev}", quote(port), quote(pci));
    Step {
        title: format!("{port}: slot {pci} to {driver}"),
        save: format!("{}\n{names}\necho {}\n{REMEMBER}", qdisc::refuse_somebodys(port), quote(MUST)),
        // The link goes down first, so that the driver lets go of a port at rest.
        apply: format!(
            "{names}\nip link set dev \"$n\" down\necho {} >\"$dev/driver_override\"\necho \"$s\" >\"$dev/driver/unbind\"\n\
             echo \"$s\" >/sys/bus/pci/drivers_probe",
            quote(driver)
        ),
        verify: format!(
            "driver=$(readlink {dev}/driver) && [ \"${{driver##*/}}\" = {} ] || \
             {{ echo 'the driver did not take the card; its last words:'; dmesg | tail -n 3; false; }}",
            quote(driver)
        ),
        payload: None,
    }
}

/// The driver for cards with these kernel drivers and IOMMU groups (`None`: no IOMMU): `vfio-pci` where every group has
/// none but the cards themselves, in slots `own`; [`KERNEL`] where DPDK shares the card with the kernel's driver.
pub fn driver_for<'a>(
    cards: impl Iterator<Item = (Option<&'a str>, Option<&'a [String]>)>,
    own: &[&str],
) -> &'static str {
    let cards: Vec<_> = cards.collect();
    let shared = |driver: Option<&str>| driver.is_some_and(|driver| SHARED.contains(&driver));
    if !cards.is_empty() && cards.iter().all(|(driver, _)| shared(*driver)) {
        return KERNEL;
    }
    let isolated = |group: Option<&[String]>| {
        group.is_some_and(|members| members.iter().all(|member| own.contains(&member.as_str())))
    };
    if !cards.is_empty() && cards.iter().all(|(_, group)| isolated(*group)) { "vfio-pci" } else { "uio_pci_generic" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vfio_is_taken_where_the_iommu_isolates_the_ports_and_uio_elsewhere() {
        let own = ["0000:3b:00.0", "0000:3b:00.1"];
        let group = |members: &[&str]| members.iter().map(|m| (*m).to_owned()).collect::<Vec<_>>();
        let chosen = |groups: &[Option<Vec<String>>]| {
            driver_for(groups.iter().map(|group| (Some("ixgbe"), group.as_deref())), &own)
        };
        assert_eq!(chosen(&[Some(group(&["0000:3b:00.1"])), Some(group(&["0000:3b:00.0"]))]), "vfio-pci");
        assert_eq!(chosen(&[Some(group(&[])), None]), "uio_pci_generic");
        assert_eq!(chosen(&[Some(group(&["0000:3b:00.2"])), Some(group(&[]))]), "uio_pci_generic");
        assert_eq!(chosen(&[]), "uio_pci_generic");
    }

    #[test]
    fn cards_that_dpdk_shares_with_the_kernel_stay_there() {
        let cards = |drivers: &[&'static str]| {
            let list: Vec<_> = drivers.iter().map(|driver| (Some(*driver), None)).collect();
            driver_for(list.into_iter(), &[])
        };
        assert_eq!(cards(&["mlx5_core", "mlx5_core"]), KERNEL);
        assert_eq!(cards(&["mlx5_core", "ixgbe"]), "uio_pci_generic");
    }
}
