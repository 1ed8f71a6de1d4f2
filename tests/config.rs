//! The configuration: where values come from, what wins, and how every problem is reported.

use super::server::run;
use std::collections::BTreeMap;
use std::path::Path;
use tempfile::{TempDir, tempdir};
use tidings::config::{Config, Flag, LogFormat, Sources, TlsMode, example};

/// The configuration of a text, an environment and flags; every problem in one text.
fn load(text: &str, environment: &[(&str, &str)], flags: &[(&'static str, &str)]) -> Result<Config, String> {
    let sources = Sources {
        text: Some(("tidings.toml".into(), text.into())),
        environment: environment.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        flags: flags.iter().map(|(key, value)| Flag { key, flag: "--flag", value: (*value).into() }).collect(),
        ..Sources::default()
    };
    Config::load(&sources).map_err(|problems| problems.to_string())
}

#[test]
fn the_example_file_holds_every_key() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config.example.toml");
    if std::env::var_os("UPDATE_EXAMPLES").is_some() {
        std::fs::write(&path, example()).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(&path).unwrap_or_default(),
        example(),
        "`tidings config example > config.example.toml` makes it true again"
    );
}

/// For every key: another value than the default, and one more.
fn other_values() -> BTreeMap<&'static str, (&'static str, &'static str)> {
    BTreeMap::from([
        ("server.name", ("first", "second")),
        ("server.data", ("first", "second")),
        ("server.url", ("https://one.example", "https://two.example")),
        ("server.web_dir", ("first", "second")),
        ("listen.tcp", ("127.0.0.1:1", "127.0.0.1:2")),
        ("listen.http", ("127.0.0.1:3", "127.0.0.1:4")),
        ("listen.insecure_plaintext", ("true", "false")),
        ("http.trusted_proxies", ("10.0.0.0/8", "192.0.2.1/32")),
        ("tls.mode", ("self-signed", "off")),
        ("tls.certificate", ("first.pem", "second.pem")),
        ("tls.key", ("first.pem", "second.pem")),
        ("tls.names", ("one.example", "two.example")),
        ("outbound.allow", ("192.168.1.0/24", "192.0.2.1/32")),
        ("outbound.pictures", ("false", "true")),
        ("webhooks.retries", ("90s", "250ms")),
        ("webhooks.timeout_s", ("7", "8")),
        ("push.contact", ("mailto:one@example.org", "https://two.example")),
        ("storage.cache_mib", ("100", "200")),
        ("storage.quick_repair", ("always", "idle")),
        ("media.reserve_mib", ("7", "8")),
        ("media.sweep_minutes", ("7", "8")),
        ("media.body_idle_s", ("7", "8")),
        ("limits.max_frame", ("300000", "400000")),
        ("limits.window", ("7", "8")),
        ("limits.rate_per_second", ("7", "8")),
        ("limits.rate_burst", ("7", "8")),
        ("limits.rest_per_second", ("7", "8")),
        ("limits.rest_burst", ("7", "8")),
        ("limits.mcp_per_second", ("7", "8")),
        ("limits.mcp_burst", ("7", "8")),
        ("limits.queue_kib", ("3000", "4000")),
        ("limits.connections", ("7", "8")),
        ("limits.connections_per_address", ("7", "8")),
        ("limits.password_passes", ("7", "8")),
        ("limits.password_kib", ("20000", "30000")),
        ("limits.hello_timeout_s", ("7", "8")),
        ("limits.silence_timeout_s", ("70", "80")),
        ("assistants.at_once", ("7", "8")),
        ("assistants.first_byte_s", ("7", "8")),
        ("assistants.silence_s", ("7", "8")),
        ("assistants.total_s", ("7", "8")),
        ("log.level", ("debug", "warn")),
        ("log.format", ("json", "text")),
        ("home.login_policy", ("one", "two")),
        ("home.recall_window_s", ("7", "8")),
        ("home.edit_window_s", ("7", "8")),
        ("home.message_bytes_max", ("700", "800")),
        ("home.group_members_max", ("7", "8")),
        ("home.registration", ("open", "closed")),
        ("home.directory", ("exact", "off")),
        ("home.strangers", ("contacts", "anyone")),
        ("home.contact_cooldown_s", ("7", "8")),
        ("home.retention_s", ("7", "8")),
        ("home.retention_entries", ("7", "8")),
        ("home.hold", ("true", "false")),
        ("home.media_mib_max", ("7", "8")),
        ("home.media_quota_mib", ("7", "8")),
    ])
}

#[test]
fn flags_win_over_the_environment_over_the_file_over_defaults_for_every_key() {
    for key in Config::keys() {
        let full = key.full();
        let (first, second) = other_values()[full.as_str()];
        // Certificates need their mode.
        let files = full.starts_with("tls.") && full != "tls.mode" && full != "tls.names";
        let base = if files { "[tls]\nmode = \"files\"\ncertificate = \"c\"\nkey = \"k\"\n" } else { "" };
        let base: Vec<&str> = base.lines().filter(|line| !line.starts_with(key.name)).collect();
        let base = base.join("\n") + "\n";
        let quoted = if first.parse::<i64>().is_ok() || matches!(first, "true" | "false") {
            first.to_owned()
        } else if matches!(full.as_str(), "tls.names" | "http.trusted_proxies" | "outbound.allow" | "webhooks.retries")
        {
            format!("[\"{first}\"]")
        } else {
            format!("\"{first}\"")
        };
        let text = if files {
            format!("{base}{} = {quoted}\n", key.name)
        } else {
            format!("[{}]\n{} = {quoted}\n", key.section, key.name)
        };
        let value = |config: &Config| {
            let shown = config.show(false);
            let mut section = "";
            shown
                .lines()
                .find_map(|line| {
                    section = line.strip_prefix('[').map_or(section, |name| name.trim_end_matches(']'));
                    let value = line.strip_prefix(&format!("{} = ", key.name))?;
                    (section == key.section).then(|| value.trim_matches(['"', '[', ']']).to_owned())
                })
                .unwrap()
        };
        let variable = key.variable();
        let from_file = load(&text, &[], &[]).unwrap();
        assert_eq!(value(&from_file), first, "{full} from the file");
        assert!(from_file.origin(&key).to_string().starts_with("tidings.toml:"), "{full}");
        let from_environment = load(&text, &[(&variable, second)], &[]).unwrap();
        assert_eq!(value(&from_environment), second, "{full} from the environment");
        assert_eq!(from_environment.origin(&key).to_string(), variable);
        let name: &'static str = Box::leak(full.clone().into_boxed_str());
        let from_flag = load(&text, &[(&variable, second)], &[(name, first)]).unwrap();
        assert_eq!(value(&from_flag), first, "{full} from a flag");
        assert_eq!(from_flag.origin(&key).to_string(), "--flag");
    }
}

#[test]
fn every_problem_is_reported_at_once_with_its_line_and_a_hint() {
    let text = "\
name = \"x\"
[server]
nam = \"x\"
[listen]
tcp = \"nowhere\"
[limits]
windo = 5
rate_per_second = -1
queue_kib = \"much\"
[tsl]
mode = \"off\"
[log]
tcp = 1
level = \"loud\"
";
    let problems = load(text, &[("TIDINGS_LIMITS_WINDO", "5"), ("TIDINGS_LOG_FORMAT", "xml")], &[]).unwrap_err();
    for expected in [
        "tidings.toml:1: name stands outside of a section; it belongs to [server].",
        "tidings.toml:3: [server] has no key nam. Did you mean name?",
        "tidings.toml:5: tcp must be an address with its port, such as 127.0.0.1:9000",
        "tidings.toml:7: [limits] has no key windo. Did you mean window?",
        "tidings.toml:8: rate_per_second must be a whole number from 0 to 1000000, but it is -1.",
        "tidings.toml:9: queue_kib must be a whole number from 512 to 1048576, but it is a string.",
        "tidings.toml:10: There is no section [tsl]. Did you mean tls?",
        "tidings.toml:13: [log] has no key tcp. It belongs to [listen].",
        "tidings.toml:14: level must be one of \"error\", \"warn\", \"info\", \"debug\", \"trace\"",
        "TIDINGS_LIMITS_WINDO: There is no key of this name. Did you mean TIDINGS_LIMITS_WINDOW?",
        "TIDINGS_LOG_FORMAT: format must be one of \"auto\", \"text\", \"json\", but it is \"xml\".",
    ] {
        assert!(problems.contains(expected), "missing: {expected}\nin:\n{problems}");
    }
    assert!(problems.starts_with("The configuration has 11 problems:"), "{problems}");
}

#[test]
fn bad_configurations_are_refused_one_by_one() {
    let cases: &[(&str, &str)] = &[
        ("[server", "tidings.toml:1: This is not TOML"),
        ("[server]\nname = \"a\"\nname = \"b\"", "tidings.toml:3: This is not TOML"),
        ("server = 5", "tidings.toml:1: server is a section"),
        ("colour = 5", "tidings.toml:1: colour stands outside of a section"),
        ("[colours]", "tidings.toml:1: There is no section [colours]."),
        ("[server]\nname = \"\"", "tidings.toml:2: name must be text"),
        ("[server]\nname = \" \"", "tidings.toml:2: name must be text"),
        ("[server]\nname = 5", "name must be text of 1 to 64 printable characters, but it is a number"),
        ("[server]\nname = \"a\\nb\"", "tidings.toml:2: name must be text"),
        ("[server]\ndata = \"\"", "tidings.toml:2: data must be a path"),
        ("[server]\ndata = true", "tidings.toml:2: data must be a path"),
        ("[listen]\ntcp = 9000", "tidings.toml:2: tcp must be an address"),
        ("[listen]\ntcp = \"127.0.0.1\"", "tidings.toml:2: tcp must be an address"),
        ("[listen]\ntcp = \"127.0.0.1:70000\"", "tidings.toml:2: tcp must be an address"),
        ("[listen]\nhttp = \"example.org:80\"", "tidings.toml:2: http must be an address"),
        ("[listen]\ntcp = \"0.0.0.0:9000\"", "tidings.toml:2: 0.0.0.0:9000 can be reached from other machines"),
        ("[listen]\nhttp = \"[::]:8000\"", "tidings.toml:2: [::]:8000 can be reached from other machines"),
        ("[listen]\nhttp = \"127.0.0.1:9000\"", "tidings.toml:2: tcp and http both listen on"),
        ("[listen]\ninsecure_plaintext = \"yes\"", "insecure_plaintext must be true or false"),
        ("[tls]\nmode = \"on\"", "mode must be one of \"off\", \"files\", \"self-signed\""),
        ("[tls]\nmode = \"files\"", "tls.certificate must name a PEM file"),
        ("[tls]\nmode = \"files\"\ncertificate = \"c\"", "tls.key must name a PEM file"),
        ("[tls]\ncertificate = \"c\"", "tidings.toml:2: It is used only when [tls] mode is \"files\""),
        ("[tls]\nnames = \"one\"", "names must be a list of names"),
        ("[tls]\nnames = [\"one two\"]", "names must be a list of names"),
        ("[tls]\nnames = [5]", "names must be a list of names"),
        ("[storage]\ncache_mib = 1", "cache_mib must be a whole number from 8 to 65536, but it is 1"),
        ("[storage]\ncache_mib = 1.5", "cache_mib must be a whole number from 8 to 65536, but it is a number with"),
        ("[storage]\nquick_repair = \"never\"", "quick_repair must be one of \"idle\", \"always\""),
        ("[limits]\nmax_frame = 1000", "max_frame must be a whole number from 262144"),
        ("[limits]\nmax_frame = 99999999999", "max_frame must be a whole number from 262144"),
        ("[limits]\nqueue_kib = 600", "tidings.toml:2: It must hold two frames: at least 2048 KiB."),
        ("[limits]\nwindow = 0", "window must be a whole number from 1 to 4096"),
        ("[limits]\nconnections = 0", "connections must be a whole number from 1"),
        ("[limits]\nhello_timeout_s = 0", "hello_timeout_s must be a whole number from 1"),
        ("[limits]\nsilence_timeout_s = 30", "silence_timeout_s must be a whole number from 35"),
        ("[limits]\nrate_burst = 0", "tidings.toml:2: rate_per_second and rate_burst are both 0"),
        ("[log]\nlevel = 3", "level must be one of"),
        ("[log]\nformat = []", "format must be one of \"auto\", \"text\", \"json\", but it is a list"),
        ("[home]\nlogin_policy = \"some\"", "login_policy must be one of \"one\", \"two\", \"three\", \"all\""),
        ("[home]\nmessage_bytes_max = 100000", "message_bytes_max must be a whole number from 256 to 98304"),
        ("[home]\ngroup_members_max = 1", "group_members_max must be a whole number from 2 to 100000"),
        ("[home]\nrecall_window_s = { a = 1 }", "recall_window_s must be a whole number"),
    ];
    for (text, expected) in cases {
        let problems = load(text, &[], &[]).expect_err(text);
        assert!(problems.contains(expected), "{text}\nshould say: {expected}\nbut says: {problems}");
    }
    assert!(cases.len() >= 40);
}

#[test]
fn listening_beyond_this_machine_needs_tls_or_a_word() {
    assert!(load("[listen]\ntcp = \"0.0.0.0:9000\"\ninsecure_plaintext = true", &[], &[]).is_ok());
    let config = load("[listen]\ntcp = \"0.0.0.0:9000\"\n[tls]\nmode = \"self-signed\"", &[], &[]).unwrap();
    assert_eq!(config.tls.mode, TlsMode::SelfSigned);
    assert!(load("[listen]\ntcp = \"[::1]:9000\"\nhttp = \"localhost:1\"", &[], &[]).is_ok());
}

#[test]
fn variables_that_are_not_keys_of_ours_are_passed_over() {
    let environment =
        [("TIDINGS_PASSWORD", "x"), ("TIDINGS_CONFIG", "y"), ("PATH", "z"), ("TIDINGS_LOG_FORMAT", "json")];
    assert_eq!(load("", &environment, &[]).unwrap().log.format, LogFormat::Json);
}

fn folder_with(text: &str) -> TempDir {
    let folder = tempdir().unwrap();
    std::fs::write(folder.path().join("tidings.toml"), text).unwrap();
    folder
}

#[test]
fn check_reports_every_problem_with_exit_code_78_and_touches_nothing() {
    let folder = folder_with("[limits]\nwindo = 5\n[listen]\ntcp = \"0.0.0.0:9000\"\n");
    let err = run(folder.path(), &["check"], &[], "").fails_with(78);
    assert!(err.contains("tidings.toml:2: [limits] has no key windo. Did you mean window?"), "{err}");
    assert!(err.contains("tidings.toml:4: 0.0.0.0:9000 can be reached from other machines"), "{err}");
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["tidings.toml"]);
    run(folder.path(), &["serve"], &[], "").fails_with(78);
}

#[test]
fn check_finds_certificates_that_cannot_be_used() {
    let folder = folder_with("[tls]\nmode = \"files\"\ncertificate = \"no.pem\"\nkey = \"no.key\"\n");
    let err = run(folder.path(), &["check"], &[], "").fails_with(78);
    assert!(err.contains("no.pem"), "{err}");
}

#[test]
fn check_is_content_with_the_defaults_and_makes_no_data_folder() {
    let folder = tempdir().unwrap();
    let out = run(folder.path(), &["check"], &[], "").ok();
    assert!(out.contains("The configuration is fine"), "{out}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_named_file_that_is_missing_is_a_problem() {
    let folder = tempdir().unwrap();
    let err = run(folder.path(), &["check", "--config", "other.toml"], &[], "").fails_with(78);
    assert!(err.contains("other.toml: The file cannot be read"), "{err}");
}

#[test]
fn config_show_says_where_each_value_comes_from() {
    let folder = folder_with("[server]\nname = \"from file\"\n");
    let shown = run(
        folder.path(),
        &["config", "show", "--origin", "--listen-tcp", "127.0.0.1:7000"],
        &[("TIDINGS_LOG_LEVEL", "debug")],
        "",
    )
    .ok();
    for (line, origin) in [
        ("name = \"from file\"", "# tidings.toml:2"),
        ("level = \"debug\"", "# TIDINGS_LOG_LEVEL"),
        ("tcp = \"127.0.0.1:7000\"", "# --listen-tcp"),
        ("window = 64", "# default"),
    ] {
        assert!(shown.lines().any(|shown| shown.starts_with(line) && shown.ends_with(origin)), "{line}: {shown}");
    }
}
