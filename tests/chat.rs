//! The terminal client through its front door. What it shows is held by the tests beside its source.

use super::server::run;

#[test]
fn without_a_terminal_it_says_so_and_names_the_commands_for_scripts() {
    let folder = tempfile::tempdir().unwrap();
    let done = run(folder.path(), &["chat", "--user", "ada", "--state", "state"], &[], "");
    let words = done.fails_with(64);
    assert!(words.contains("needs a terminal"), "{words}");
    assert!(words.contains("`tidings send`") && words.contains("`tidings tail`"), "{words}");
    assert!(!folder.path().join("state").exists(), "nothing was made");
}

#[test]
fn its_help_teaches() {
    let folder = tempfile::tempdir().unwrap();
    let help = run(folder.path(), &["chat", "--help"], &[], "").ok();
    for word in ["--server", "--fingerprint", "--ca", "--state", "--offset", "TIDINGS_PASSWORD", "Examples:"] {
        assert!(help.contains(word), "{word} is not in\n{help}");
    }
    let wrong = run(folder.path(), &["chat", "--user", "a b"], &[], "").fails_with(64);
    assert!(wrong.contains("1 to 64 characters"), "{wrong}");
}
