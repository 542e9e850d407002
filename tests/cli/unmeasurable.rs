//! What cannot be measured is refused before anything happens: traffic that a generator cannot make, costs that nothing counts.

use insta::assert_snapshot;

use crate::program::nsbench;
use crate::refusals::refused;

#[test]
fn traffic_that_a_generator_cannot_make_is_refused() {
    assert_snapshot!(refused("run -f bridge -t fractus --generator iperf3 --frame-size 60"), @r"
    [exit status 2]
    --- stderr
    error: iperf3 cannot send frames of 60 bytes over tcp: TCP cuts what it sends into segments by itself
    hint: --protocol udp, or leave the size of frames out
    ");
    assert_snapshot!(refused("run -f bridge -t fractus --generator pktgen --protocol tcp"), @r"
    [exit status 2]
    --- stderr
    error: pktgen does not send tcp
    hint: --protocol udp
    ");
    assert_snapshot!(refused("run -f bridge -t lab --protocol udp --frame-size 1515"), @r"
    [exit status 2]
    --- stderr
    error: a frame of 1515 bytes is too long for the MTU of 1500
    hint: at most 1514 bytes, the check sequence not counted
    ");
    assert_snapshot!(refused("run -f bridge -t lab --measure cost --flows 2"), @r"
    [exit status 2]
    --- stderr
    error: the lab measures the cost with frames of its own, in one flow: neither netperf nor flows can be chosen
    hint: leave out --generator and --flows, or measure the throughput
    ");
}

#[test]
fn rates_that_cannot_be_searched_for_are_refused() {
    let refusals = [
        "--measure ndr --generator netperf --protocol udp",
        "--measure ndr --generator iperf3 --protocol tcp",
        "--measure ndr --loss 0,100",
        "--measure ndr --width 0",
        "--measure ndr --search random",
        "--measure ndr --calibrate",
        "--loss 0.5 --width 1",
    ]
    .map(|arguments| format!("$ {arguments}\n{}\n", refused(&format!("run -f bridge -t fractus {arguments}"))));
    let experiment = "name: x\nsummary: y\nframeworks: bridge\nmeasure: ndr\nloss: most\n";
    let file = nsbench("run -e x.yaml -t fractus").file("x.yaml", experiment).run();
    assert_snapshot!(format!("{}{file}", refusals.concat()));
}

#[test]
fn costs_that_cannot_be_measured_are_refused() {
    assert_snapshot!(refused("run -f bridge --measure cost -l 1,2 -t lab"), @r"
    [exit status 2]
    --- stderr
    error: the cost is measured on one line, not on 2: it is that of one packet on one CPU, and lines have no more than that in common
    hint: --lines 1
    ");
    assert_snapshot!(refused("run -f bridge --measure cost --frame-size 60,1515 -t lab"), @r"
    [exit status 2]
    --- stderr
    error: a frame of 1515 bytes is too long for the MTU of 1500
    hint: at most 1514 bytes, the check sequence not counted
    ");
    assert_snapshot!(refused("run -f bridge --measure cost --frame-size 59 -t lab"), @r"
    [exit status 2]
    --- stderr
    error: invalid value '59' for '--frame-size <BYTES>': `59` is no size of a frame; write bytes without the check sequence, from 60: 60,512,1514; or rfc2544; or a mix, imix or 60*7+1514*1

    For more information, try '--help'.
    ");
    assert_snapshot!(refused("run -f bridge --measure cost --frame-size 60,imix -t lab"), @r"
    [exit status 2]
    --- stderr
    error: the lab measures the cost of a packet with frames of one size, not of mixed sizes (60*7+590*4+1514*1)
    hint: one size after another: --frame-size 60,590,1514
    ");
    assert_snapshot!(refused("run -f bridge --frame-size 512 -t lab"), @r"
    [exit status 2]
    --- stderr
    error: netperf cannot send frames of 512 bytes over tcp: TCP cuts what it sends into segments by itself
    hint: --protocol udp, or leave the size of frames out
    ");
    assert_snapshot!(refused("run -f bridge --measure cost --frame-size 512 -t fractus"), @r"
    [exit status 2]
    --- stderr
    error: netperf cannot send frames of 512 bytes over tcp: TCP cuts what it sends into segments by itself
    hint: --protocol udp, or leave the size of frames out
    ");
    assert_snapshot!(refused("run -f dpdk-af_xdp --measure cost -t lab"), @r"
    [exit status 2]
    --- stderr
    error: the cost of `dpdk-af_xdp` cannot be measured in the lab: half of its work is done by the kernel while its program polls, and neither the CPU's idle time nor the program's own count of busy turns tells the two apart
    hint: leave it out, or measure its throughput
    ");
    let cost = nsbench("run -f mine.yaml").file("mine.yaml", "name: mine\nsummary: for a test\ncost: { line: [] }\n");
    assert_snapshot!(cost.run(), @r"
    [exit status 2]
    --- stderr
    error: a cost that is not counted
     --> mine.yaml:3:7
      |
    3 | cost: { line: [] }
      |       ^^^^^^^^^^^^ neither counts nor is refused
      |
      = hint: write `counts`, a command that prints `counted INSTRUCTIONS PACKETS`, or `refused`, and why
    ");
}

#[test]
fn flows_that_testpmd_cannot_send_are_refused() {
    assert_snapshot!(refused("run -f bridge --generator testpmd --flows 2 -t fractus"), @r"
    [exit status 2]
    --- stderr
    error: testpmd sends 1 flow a line, not 2
    hint: leave out --flows, or take another --generator
    ");
}

#[test]
fn mixes_that_cannot_be_sent_are_refused() {
    assert_snapshot!(refused("run -f bridge --protocol udp --frame-size 60,imix -t fractus"), @r"
    [exit status 2]
    --- stderr
    error: netperf cannot send frames of mixed sizes (60*7+590*4+1514*1)
    hint: --generator pktgen, or one size after another
    ");
    assert_snapshot!(refused("run -f bridge --generator pktgen --frame-size imix,60*7+9014 -t lab"), @r"
    [exit status 2]
    --- stderr
    error: a frame of 9014 bytes is too long for the MTU of 1500
    hint: at most 1514 bytes, the check sequence not counted
    ");
    assert_snapshot!(refused("run -f bridge --generator pktgen --frame-size 60*200+1514 -t lab"), @r"
    [exit status 2]
    --- stderr
    error: invalid value '60*200+1514' for '--frame-size <BYTES>': `60*200+1514` has less than one frame of 1514 bytes in a hundred, and mixes are dealt in whole percent

    For more information, try '--help'.
    ");
    assert_snapshot!(refused("run -f bridge --generator pktgen --frame-size 60* -t lab"), @r"
    [exit status 2]
    --- stderr
    error: invalid value '60*' for '--frame-size <BYTES>': `60*` is no mix of frames; write two to 8 different sizes from 60 on, each with a weight from 1 to 1000: 60*7+590*4+1514*1; or imix, which is that

    For more information, try '--help'.
    ");
}
