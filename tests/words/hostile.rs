//! Words that a shell would act on, were it to read them: each that does leaves a file `owned`.

/// None has braces, which begin a placeholder.
pub const HOSTILE: [&str; 27] = [
    "$(>owned)",
    "`>owned`",
    "';>owned;'",
    "\";>owned;\"",
    "'\"'\">owned",
    "a\n>owned\n",
    "a\r\n>owned",
    "a;>owned",
    "a&>owned",
    "a|cat>owned",
    ">owned",
    "$HOME",
    "*",
    "~",
    "~root",
    "\\",
    "a\\nb\\c",
    "\\\\0101",
    "-n",
    "--help",
    "",
    " ",
    " two  words ",
    "é☃𝄞\u{202e}",
    "#",
    "!!",
    "tab\tbed",
];

/// The word as YAML has it.
pub fn yaml(word: &str) -> String {
    serde_json::to_string(word).unwrap()
}
