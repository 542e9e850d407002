//! The page in a real browser: no message of any kind on its console, nothing that is wider than a phone, and a poster on paper.
//! Skipped, saying why, where there is no Chromium.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

#[path = "report_page/material.rs"]
mod material;

/// The browser, where one is installed.
fn browser() -> Option<&'static str> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found =
        names.into_iter().find(|name| Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success()));
    if found.is_none() {
        println!("skipped: there is no Chromium: apt-get install chromium");
    }
    found
}

/// A page that has every section there is, the paper's figures among them.
fn page(directory: &Path) -> PathBuf {
    let runs = material::write(&directory.join("results"));
    let output = Command::new(env!("CARGO_BIN_EXE_nsbench"))
        .current_dir(directory)
        .args(["report", "--reference", "figure3", "-o", "report.html"])
        .args(runs)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    directory.join("report.html")
}

/// Runs the browser on a page; its log, which has the messages of the console.
fn visit(browser: &str, directory: &Path, page: &Path, arguments: &[&str]) -> (String, String) {
    let output = Command::new("timeout")
        .args(["120", browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0"])
        .arg(format!("--user-data-dir={}", directory.join("profile").display()))
        .args(arguments)
        .arg(format!("file://{}", page.display()))
        .current_dir(directory)
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{}: {log}", output.status);
    (String::from_utf8_lossy(&output.stdout).into_owned(), log)
}

fn messages(log: &str) -> Vec<&str> {
    log.lines().filter(|line| line.contains("CONSOLE")).collect()
}

#[test]
fn a_browser_has_nothing_to_say_of_the_page_and_paints_it() {
    let Some(browser) = browser() else { return };
    let directory = TempDir::new().unwrap();
    let page = page(directory.path());
    for (name, arguments) in [
        ("light.png", vec!["--window-size=1200,2000"]),
        ("dark.png", vec!["--window-size=1200,2000", "--blink-settings=preferredColorScheme=0"]),
    ] {
        let picture = directory.path().join(name);
        let shot = format!("--screenshot={}", picture.display());
        let mut arguments = arguments.clone();
        arguments.push(&shot);
        let (_, log) = visit(browser, directory.path(), &page, &arguments);
        assert_eq!(messages(&log), Vec::<&str>::new(), "{name}");
        let size = std::fs::metadata(&picture).unwrap().len();
        assert!(size > 20_000, "{name}: {size} bytes are no picture of a page with plots");
    }
    let [light, dark] = ["light.png", "dark.png"].map(|name| std::fs::read(directory.path().join(name)).unwrap());
    assert_ne!(light, dark, "the ground is another one");
}

#[test]
fn a_message_on_the_console_would_be_seen() {
    let Some(browser) = browser() else { return };
    let directory = TempDir::new().unwrap();
    let page = page(directory.path());
    let text = std::fs::read_to_string(&page).unwrap();
    std::fs::write(&page, text.replace("</body>", "<script>alert(1)</script></body>")).unwrap();
    let shot = format!("--screenshot={}", directory.path().join("page.png").display());
    let (_, log) = visit(browser, directory.path(), &page, &[&shot, "--window-size=400,400"]);
    assert!(
        messages(&log).iter().any(|line| line.contains("Content Security Policy")),
        "the page forbids scripts: {log}"
    );
}

#[test]
fn paper_of_size_a1_is_what_the_page_is_printed_on() {
    let Some(browser) = browser() else { return };
    let directory = TempDir::new().unwrap();
    let page = page(directory.path());
    let poster = directory.path().join("poster.pdf");
    visit(
        browser,
        directory.path(),
        &page,
        &[&format!("--print-to-pdf={}", poster.display()), "--no-pdf-header-footer"],
    );
    let bytes = std::fs::read(&poster).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    let sheet = text.split("/MediaBox").nth(1).expect("a PDF has pages");
    let numbers: Vec<f64> = sheet
        .split(|letter: char| !(letter.is_ascii_digit() || letter == '.'))
        .filter(|part| !part.is_empty())
        .take(4)
        .map(|part| part.parse().unwrap())
        .collect();
    // 594 mm and 841 mm in points of 1/72 inch.
    assert!((numbers[2] - 1683.8).abs() < 2.0 && (numbers[3] - 2383.9).abs() < 2.0, "{numbers:?}");
}

#[test]
fn each_figure_of_the_page_can_be_had_alone() {
    let directory = TempDir::new().unwrap();
    let text = std::fs::read_to_string(page(directory.path())).unwrap();
    let names: Vec<_> = text.split("<figure id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    for name in [
        "testbed",
        "throughput",
        "calibration",
        "ndr",
        "ndr-search",
        "cost",
        "over-time",
        "cpu-source",
        "cpu",
        "cpu-sink",
    ]
    .into_iter()
    .chain(["losses", "soak-memory", "soak-pace"])
    {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
    for name in names {
        let output = Command::new(env!("CARGO_BIN_EXE_nsbench"))
            .current_dir(directory.path())
            .args(["report", "20261126-120000-rack", "20261126-130000-rack", "--reference", "figure3"])
            .args(["--format", "svg", "--figure", name, "-o", "-"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let drawing = String::from_utf8(output.stdout).unwrap();
        assert!(drawing.starts_with("<svg ") && drawing.trim_end().ends_with("</svg>"), "{name}");
    }
}

#[test]
fn a_page_for_a_phone_is_no_wider_than_the_phone() {
    let Some(browser) = browser() else { return };
    let directory = TempDir::new().unwrap();
    let page = page(directory.path());
    // A window is never as narrow as a phone; a frame in it is. What is measured there is told to the window.
    let text = std::fs::read_to_string(&page).unwrap();
    let (before, rest) = text.split_once("<meta http-equiv").unwrap();
    let (_, after) = rest.split_once('>').unwrap();
    let tell = "<script>parent.postMessage(innerWidth+' '+document.documentElement.scrollWidth,'*')</script></body>";
    let measured = format!("{before}{}", after.replace("</body>", tell));
    std::fs::write(directory.path().join("measured.html"), measured).unwrap();
    let outer = directory.path().join("outer.html");
    std::fs::write(
        &outer,
        "<body><p id=told></p><script>onmessage=e=>told.textContent='told '+e.data</script>\
         <iframe src=measured.html style='border:0;width:360px;height:700px'></iframe>",
    )
    .unwrap();
    let (dom, log) =
        visit(browser, directory.path(), &outer, &["--dump-dom", "--virtual-time-budget=5000", "--hide-scrollbars"]);
    assert!(dom.contains("told 360 360"), "{} {log}", dom.lines().find(|line| line.contains("told")).unwrap_or(&dom));
}
