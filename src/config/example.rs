//! `config.example.toml`, made from the table of keys.

use super::table::Config;

/// Longest line of the example, in characters.
const WIDTH: usize = 110;

/// The example file: every key with its default and what it means, commented out, so that a copy of it changes nothing.
pub fn example() -> String {
    let mut lines: Vec<String> = HEAD.lines().map(str::to_owned).collect();
    let mut section = "";
    for key in Config::keys() {
        if key.section != section {
            section = key.section;
            lines.push(String::new());
            comment(&mut lines, &Config::section_sentence(section));
            lines.push(format!("[{section}]"));
        }
        lines.push(String::new());
        comment(&mut lines, &key.sentence);
        lines.push(format!("#{} = {}", key.name, key.default));
    }
    lines.join("\n") + "\n"
}

/// What stands above the keys.
const HEAD: &str = "\
# Configuration of Tidings. Every key stands here with its default; remove the # in front of a key to change it.
# Save it as tidings.toml in the folder where the server starts, or name it with --config FILE.
#
# A key can also be set by a variable of the environment, TIDINGS_SECTION_KEY (for example TIDINGS_LISTEN_TCP),
# and some by a flag. Flags win over the environment, the environment wins over this file.
# `tidings check` reports every problem; `tidings config show --origin` shows what counts, and why.
#
# `tidings config example` prints this file.
";

/// Adds a comment, broken into lines.
fn comment(lines: &mut Vec<String>, sentence: &str) {
    let mut line = String::from("#");
    for word in sentence.split(' ') {
        if line.len() + 1 + word.len() > WIDTH {
            lines.push(std::mem::replace(&mut line, String::from("#")));
        }
        line.push(' ');
        line.push_str(word);
    }
    lines.push(line);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sources;

    #[test]
    fn the_example_with_every_key_uncommented_is_the_default() {
        let text = example()
            .lines()
            .map(|line| if line.starts_with("# ") { line } else { line.trim_start_matches('#') })
            .collect::<Vec<_>>()
            .join("\n");
        let sources = Sources { text: Some(("example".into(), text)), ..Sources::default() };
        let config = Config::load(&sources).unwrap();
        assert_eq!(config.show(false), Config::default().show(false));
    }
}
