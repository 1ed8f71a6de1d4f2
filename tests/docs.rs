//! The documents: what they point at is there, and the commands they show exist.

use super::server::run;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every page that people read.
fn pages() -> Vec<(PathBuf, String)> {
    let folders = ["", "docs", "docs/decisions", "data"];
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(root().join(folder)).unwrap());
    files
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| (path.clone(), std::fs::read_to_string(path).unwrap()))
        .collect()
}

#[test]
fn links_lead_to_files_that_are_there() {
    let mut broken = Vec::new();
    for (page, text) in pages() {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap();
            if !file.is_empty() && !file.contains("://") && !page.parent().unwrap().join(file).exists() {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn decisions_are_at_most_forty_lines_and_all_in_the_list() {
    let list = std::fs::read_to_string(root().join("docs/decisions/README.md")).unwrap();
    for (page, text) in pages().iter().filter(|(page, _)| page.parent().unwrap().ends_with("decisions")) {
        let name = page.file_name().unwrap().to_str().unwrap();
        assert!(text.lines().count() <= 40, "{name} is too long");
        assert!(name == "README.md" || list.contains(name), "{name} is not in the list");
    }
}

#[test]
fn the_commands_that_the_pages_show_exist() {
    let help = run(root(), &["--help"], &[], "").ok();
    let known: Vec<&str> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    for (page, text) in pages() {
        // What a page shows stands in a block of code, at the beginning of a line.
        let shown = text.split("```").skip(1).step_by(2).flat_map(str::lines);
        for command in shown.filter_map(|line| line.strip_prefix("tidings ")?.split_whitespace().next()) {
            let is_command = command.starts_with(|c: char| c.is_ascii_lowercase());
            assert!(!is_command || known.contains(&command), "{}: tidings {command}", page.display());
        }
    }
}
