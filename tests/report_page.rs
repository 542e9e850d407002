//! The page in a real browser: no message of any kind on its console, nothing that is wider than a phone, and a poster on paper.
//! Skipped, saying why, where there is no Chromium.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

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

/// A page of the paper's figures, which come with the program.
fn page(directory: &Path) -> PathBuf {
    let output = Command::new(env!("CARGO_BIN_EXE_nsbench"))
        .current_dir(directory)
        .args(["report", "figure3", "figure5", "-o", "report.html"])
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
