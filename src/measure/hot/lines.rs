//! What single lines of a function's source took, by the debug information of the module that it is in and this machine's
//! binutils.
//!
//! Must not know what is counted.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::symbols::Symbols;
use crate::record::Annotated;

/// The lines of a kernel module's `function` and of what the compiler put into it. `modules` are files with debug information,
/// `tree` is where their sources are.
///
/// # Errors
/// There is no such function, or nothing tells its lines.
pub fn of_kernel(
    function: &str,
    symbols: &Symbols,
    executed: &BTreeMap<u64, u64>,
    (modules, tree): (&[PathBuf], &Path),
) -> Result<Vec<Annotated>> {
    let Some(begin) = symbols.address_of(function) else {
        bail!("there is no function `{function}` in the middlebox's kernel\nhint: those of the table can be annotated")
    };
    let module = in_modules(function, symbols.module_of(function), modules)?;
    let inside = executed.range(begin..begin + module.size.max(1));
    let counted: Vec<_> = inside.map(|(address, times)| (*address - begin, *times)).collect();
    module.lines(function, &counted, tree)
}

/// The same by samples at distances from the beginning of functions.
///
/// # Errors
/// No sample is of that function, or nothing tells its lines.
pub fn of_offsets(
    function: &str,
    samples: &BTreeMap<(String, u64), u64>,
    object: Option<&str>,
    (modules, tree): (&[PathBuf], &Path),
) -> Result<Vec<Annotated>> {
    let own = samples.iter().filter(|((name, _), _)| name == function);
    let counted: Vec<_> = own.map(|((_, offset), times)| (*offset, *times)).collect();
    if counted.is_empty() {
        bail!("no sample is of the function `{function}`\nhint: those of the table can be annotated")
    }
    in_modules(function, object, modules)?.lines(function, &counted, tree)
}

/// The file that knows a function's lines. `object` is the module or program that the function is in.
fn in_modules(function: &str, object: Option<&str>, modules: &[PathBuf]) -> Result<Debug> {
    for file in modules {
        if let Some(found) = in_file(file, function)? {
            return Ok(found);
        }
    }
    let built = |name: &str| {
        let own = |file: &PathBuf| file.file_name().is_some_and(|file| file.to_string_lossy().starts_with(name));
        modules.iter().any(own)
    };
    match object {
        Some(name) if name != "kernel" && (modules.is_empty() || built(name)) => bail!(
            "no debug information is at hand for `{function}` of `{name}`\nhint: build it with -g: functions of modules that \
             nsbench builds with their debug information can be annotated"
        ),
        _ => bail!(
            "`{function}` is a function of {}, and nsbench builds that not, so that nothing tells its lines\nhint: functions \
             of the framework's modules can be annotated; for others put the kernel's debug information on the middlebox \
             (Debian: apt-get install linux-image-$(uname -r)-dbg) and look there: perf record -a, perf annotate {function}",
            object.filter(|name| *name != "kernel").map_or_else(|| "the kernel".to_owned(), |name| format!("`{name}`"))
        ),
    }
}

/// Where a function stands in a file with debug information.
#[derive(Debug, PartialEq, Eq)]
struct Debug {
    file: PathBuf,
    /// In the file's code.
    offset: u64,
    /// Bytes.
    size: u64,
}

impl Debug {
    /// Counts at distances from the function's beginning, put together by line.
    fn lines(&self, function: &str, counted: &[(u64, u64)], tree: &Path) -> Result<Vec<Annotated>> {
        let places = addr2line(&self.file, counted.iter().map(|(distance, _)| distance + self.offset))?;
        if places.len() != counted.len() {
            bail!("`addr2line` knew {} of {} addresses of `{function}`", places.len(), counted.len());
        }
        let mut lines: BTreeMap<(String, u32), f64> = BTreeMap::new();
        for ((_, times), place) in counted.iter().zip(places) {
            *lines.entry(place).or_default() += *times as f64;
        }
        Ok(with_text(function, lines, tree))
    }
}

/// The lines with what stands there, in the order of their files.
fn with_text(function: &str, lines: BTreeMap<(String, u32), f64>, tree: &Path) -> Vec<Annotated> {
    let mut texts: BTreeMap<String, Option<String>> = BTreeMap::new();
    let line = |((path, line), count): ((String, u32), f64)| {
        // The module is built in a directory that is gone; its files are known by their last names.
        let file = path.rsplit("/src/./").next().unwrap_or(&path).to_owned();
        let file = file.strip_prefix("/tmp/src/").unwrap_or(&file).to_owned();
        let text = texts.entry(file.clone()).or_insert_with(|| fs::read_to_string(tree.join(&file)).ok());
        let text = text.as_ref().and_then(|text| text.lines().nth(line.checked_sub(1)? as usize)).map(str::to_owned);
        Annotated { function: function.to_owned(), file, line, text, count }
    };
    lines.into_iter().map(line).collect()
}

/// The file, and where in its code the function stands and how long it is, if it is there.
fn in_file(file: &Path, function: &str) -> Result<Option<Debug>> {
    let output = Command::new("nm").args(["-S", "--defined-only"]).arg(file).output();
    let output = output.context("could not run `nm`\nhint: apt-get install binutils")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let found = text.lines().find_map(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        let [offset, size, "t" | "T", name] = words.as_slice() else { return None };
        (*name == function).then_some(())?;
        Some((u64::from_str_radix(offset, 16).ok()?, u64::from_str_radix(size, 16).ok()?))
    });
    Ok(found.map(|(offset, size)| Debug { file: file.to_owned(), offset, size }))
}

/// File and line of each address of a module's code; what is not known is line 0 of `??`.
fn addr2line(file: &Path, addresses: impl Iterator<Item = u64>) -> Result<Vec<(String, u32)>> {
    let mut child = Command::new("addr2line")
        .args(["-j", ".text", "-e"])
        .arg(file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("could not run `addr2line`\nhint: apt-get install binutils")?;
    let asked = addresses.map(|address| format!("{address:x}\n")).collect::<Vec<_>>().concat();
    let mut input = child.stdin.take().context("`addr2line` takes no input")?;
    // It answers while it is asked, and a full pipe would stop both.
    let asking = std::thread::spawn(move || input.write_all(asked.as_bytes()));
    let output = child.wait_with_output().context("could not run `addr2line`")?;
    let _ = asking.join();
    String::from_utf8_lossy(&output.stdout).lines().map(place).collect()
}

/// `FILE:LINE`, behind which there may be more in brackets.
fn place(line: &str) -> Result<(String, u32)> {
    let (file, rest) = line.rsplit_once(':').with_context(|| format!("`{line}` is no place in a source"))?;
    let digits = rest.split(' ').next().unwrap_or_default();
    let number = if digits == "?" { 0 } else { digits.parse().with_context(|| format!("`{line}` has no line"))? };
    Ok((file.to_owned(), number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_addr2line_prints_them() {
        assert_eq!(place("/tmp/src/src/classic.c:50").unwrap(), ("/tmp/src/src/classic.c".to_owned(), 50));
        assert_eq!(place("a.c:7 (discriminator 3)").unwrap(), ("a.c".to_owned(), 7));
        assert_eq!(place("??:?").unwrap(), ("??".to_owned(), 0));
        assert!(place("nonsense").unwrap_err().to_string().contains("`nonsense`"));
    }

    #[test]
    fn a_line_is_shown_with_what_stands_there_where_the_file_is_at_hand() {
        let tree = tempfile::tempdir().unwrap();
        fs::create_dir(tree.path().join("src")).unwrap();
        fs::write(tree.path().join("src/a.c"), "one\ntwo\n").unwrap();
        let lines = [(("/tmp/src/src/a.c".to_owned(), 2), 5.0), (("gone.h".to_owned(), 1), 3.0)];
        let annotated = with_text("f", lines.into(), tree.path());
        let got: Vec<_> = annotated.iter().map(|l| (l.file.as_str(), l.line, l.text.as_deref())).collect();
        assert_eq!(got, [("src/a.c", 2, Some("two")), ("gone.h", 1, None)]);
    }

    #[test]
    fn a_function_whose_lines_nothing_tells_is_named_with_the_reason_and_the_cure() {
        let text = "ffffffff81000000 T kfree\nffffffffc0001000 t start_xmit\t[virtio_net]\n\
                    ffffffffc0002000 t nsl_read\t[netslice]\nnsb-maps\n";
        let symbols = Symbols::parse(text).unwrap();
        let built = [PathBuf::from("/nowhere/netslice.ko.debug")];
        for (function, why, cure) in [
            ("kfree", "a function of the kernel,", "perf annotate kfree"),
            ("start_xmit", "a function of `virtio_net`,", "-dbg"),
            ("nsl_read", "no debug information is at hand for `nsl_read` of `netslice`", "-g"),
        ] {
            let error = of_kernel(function, &symbols, &BTreeMap::new(), (&built, Path::new("/"))).unwrap_err();
            let error = error.to_string();
            assert!(error.contains(why) && error.contains(cure) && error.contains("hint: "), "{error}");
        }
    }

    #[test]
    fn a_function_that_is_not_there_is_named() {
        let symbols = Symbols::default();
        let error = of_kernel("nothing", &symbols, &BTreeMap::new(), (&[], Path::new("/"))).unwrap_err().to_string();
        assert!(error.contains("`nothing`") && error.contains("hint: "), "{error}");
    }
}
