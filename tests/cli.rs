//! The command line: with a running server and without one.

use super::server::{PASSWORD, Server, Start, binary, run};
use rustix::process::Signal;
use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tempfile::{TempDir, tempdir};
use tidings::control::{self, AskError, Request, Response, Status};
use tidings::model::clock::monotonic;

fn folder() -> TempDir {
    tempdir().unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn status(server: &Server) -> Status {
    serde_json::from_str(&server.command(&["status", "--json"], "").ok()).unwrap()
}

/// The same commands about one data folder; a running server must make no difference.
fn manage_users(command: impl Fn(&[&str], &str) -> super::server::Done) {
    let said = command(&["user", "add", "ada", "--password-stdin"], PASSWORD).ok();
    assert_eq!(said, "ada was added.\n");
    command(&["user", "add", "bob", "--display-name", "Bob the second", "--password-stdin"], PASSWORD).ok();
    let again = command(&["user", "add", "ADA", "--password-stdin"], PASSWORD).fails_with(65);
    assert!(again.contains("There is a user `ADA` already"), "{again}");
    let short = command(&["user", "add", "cy", "--password-stdin"], "short").fails_with(65);
    assert!(short.contains("8 to 128 characters"), "{short}");
    let reserved = command(&["user", "add", "admin", "--password-stdin"], PASSWORD).fails_with(65);
    assert!(reserved.contains("kept for the server"), "{reserved}");
    command(&["user", "passwd", "ada", "--password-stdin"], "another good password\n").ok();
    let nobody = command(&["user", "passwd", "dora", "--password-stdin"], PASSWORD).fails_with(65);
    assert!(nobody.contains("There is no user `dora`"), "{nobody}");
    command(&["user", "suspend", "bob"], "").ok();
    command(&["admin", "create", "grace", "--password-stdin"], PASSWORD).ok();
    command(&["admin", "grant", "ada"], "").ok();
    let list = command(&["user", "list", "--json"], "").ok();
    let users: Vec<serde_json::Value> = list.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let seen: Vec<_> = users
        .iter()
        .map(|user| {
            let text = |key: &str| user[key].as_str().unwrap().to_owned();
            let flag = |key: &str| user[key].as_bool().unwrap();
            (text("id"), text("name"), flag("administrator"), flag("suspended"))
        })
        .collect();
    let row = |id: &str, name: &str, admin, suspended| (id.to_owned(), name.to_owned(), admin, suspended);
    assert_eq!(
        seen,
        [row("ada", "ada", true, false), row("bob", "Bob the second", false, true), row("grace", "grace", true, false)]
    );
    command(&["user", "suspend", "bob", "--undo"], "").ok();
    command(&["admin", "revoke", "ada"], "").ok();
    let table = command(&["user", "list"], "").ok();
    assert!(table.starts_with("ID "), "{table}");
    assert!(!table.contains("suspended"), "{table}");
    assert_eq!(table.matches("admin").count(), 1, "{table}");
}

fn manage_bots(command: impl Fn(&[&str], &str) -> super::server::Done) {
    let token = command(&["bot", "add", "dice", "--display-name", "Dice"], "").ok();
    assert!(token.starts_with("tds_") && token.ends_with('\n') && token.lines().count() == 1, "{token}");
    let again = command(&["bot", "add", "dice"], "").fails_with(65);
    assert!(again.contains("There is a user `dice` already"), "{again}");
    let other = command(&["bot", "token", "dice", "--called", "laptop"], "").ok();
    assert_ne!(token, other);
    let numbers = || -> Vec<(u64, String)> {
        let list = command(&["bot", "tokens", "dice", "--json"], "").ok();
        assert!(!list.contains("tds_"), "told once: {list}");
        let rows = list.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        rows.map(|row| (row["token"].as_u64().unwrap(), row["name"].as_str().unwrap().to_owned())).collect()
    };
    let before = numbers();
    assert_eq!(before.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>(), ["token", "laptop"]);
    let rotated = command(&["bot", "rotate", "dice", &before[1].0.to_string()], "").ok();
    assert!(rotated.starts_with("tds_") && rotated != other, "{rotated}");
    let said = command(&["bot", "revoke", "dice", &before[0].0.to_string()], "").ok();
    assert_eq!(said, format!("The token {} was revoked.\n", before[0].0));
    let left = numbers();
    assert_eq!((left.len(), left[0].1.as_str()), (1, "laptop"));
    assert!(command(&["bot", "tokens", "dice"], "").ok().starts_with("TOKEN "));
    let gone = command(&["bot", "revoke", "dice", &before[0].0.to_string()], "").fails_with(65);
    assert!(gone.contains("has no token"), "{gone}");
    command(&["user", "add", "ada", "--password-stdin"], PASSWORD).ok();
    let person = command(&["bot", "token", "ada"], "").fails_with(65);
    assert!(person.contains("`ada` is no bot"), "{person}");
    let password = command(&["user", "passwd", "dice", "--password-stdin"], PASSWORD).fails_with(65);
    assert!(password.contains("`dice` is a bot"), "{password}");
}

fn manage_apps(command: impl Fn(&[&str], &str) -> super::server::Done) {
    command(&["app", "create", "shop"], "").ok();
    let again = command(&["app", "create", "Shop"], "").fails_with(65);
    assert!(again.contains("already"), "{again}");
    assert_eq!(command(&["app", "list"], "").ok(), "ID     NAME\n1      home\n2      shop\n");
    let shown = command(&["app", "get", "shop"], "").ok();
    assert!(shown.contains("login_policy = \"all\"\nrecall_window_s = 120\n"), "{shown}");
    let changed = command(&["app", "set", "shop", "recall_window_s=300", "login_policy=three"], "").ok();
    assert!(changed.contains("login_policy = \"three\"\nrecall_window_s = 300\n"), "{changed}");
    let wrong = command(&["app", "set", "shop", "recall=1", "group_members_max=1", "x"], "").fails_with(65);
    assert!(wrong.contains("There is no key recall. Did you mean recall_window_s?"), "{wrong}");
    assert!(wrong.contains("group_members_max must be a whole number from 2 to 100000, but it is 1."), "{wrong}");
    assert!(wrong.contains("`x` is not KEY=VALUE."), "{wrong}");
    assert!(command(&["app", "get", "shop", "--json"], "").ok().contains("\"recall_window_ms\":300000"));
    assert!(command(&["app", "get", "home"], "").ok().contains("recall_window_s = 120\n"));
    let missing = command(&["app", "get", "nowhere"], "").fails_with(65);
    assert!(missing.contains("There is no app `nowhere`"), "{missing}");
    // The same id in two apps is two users.
    command(&["user", "add", "zoe", "--app", "shop", "--password-stdin"], PASSWORD).ok();
    command(&["user", "add", "zoe", "--password-stdin"], PASSWORD).ok();
    let list = command(&["user", "list", "--app", "shop", "--json"], "").ok();
    assert_eq!(list.lines().count(), 1, "{list}");
}

#[test]
fn users_are_managed_without_a_server() {
    let folder = folder();
    manage_users(|arguments, input| run(folder.path(), &[arguments, &["--data", "data"]].concat(), &[], input));
    assert_eq!(mode(&folder.path().join("data")), 0o700);
    assert_eq!(mode(&folder.path().join("data/tidings.redb")), 0o600);
}

#[test]
fn users_are_managed_through_a_running_server() {
    let server = Server::start();
    manage_users(|arguments, input| server.command(arguments, input));
}

#[test]
fn apps_are_managed_without_a_server() {
    let folder = folder();
    manage_bots(|arguments, input| run(folder.path(), &[arguments, &["--data", "data"]].concat(), &[], input));
    manage_apps(|arguments, input| run(folder.path(), &[arguments, &["--data", "data"]].concat(), &[], input));
}

#[test]
fn apps_are_managed_through_a_running_server() {
    let server = Server::start();
    manage_bots(|arguments, input| server.command(arguments, input));
    manage_apps(|arguments, input| server.command(arguments, input));
}

#[test]
fn a_password_is_never_an_argument_and_is_never_missing() {
    let folder = folder();
    run(folder.path(), &["user", "add", "ada", "secret password"], &[], "").fails_with(64);
    let err = run(folder.path(), &["user", "add", "ada"], &[], PASSWORD).fails_with(64);
    assert!(err.contains("--password-stdin"), "{err}");
    run(folder.path(), &["user", "add", "ada", "--password-stdin"], &[], "").fails_with(64);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was made");
}

#[test]
fn questions_about_a_folder_that_is_not_there_make_none() {
    let folder = folder();
    for arguments in [&["user", "list"][..], &["status"], &["app", "list"]] {
        let err = run(folder.path(), arguments, &[], "").fails_with(69);
        assert!(err.contains("There is no data in data"), "{err}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_wrong_command_line_is_exit_code_64_with_a_hint() {
    let folder = folder();
    let err = run(folder.path(), &["usr", "list"], &[], "").fails_with(64);
    assert!(err.contains("similar subcommand exists: 'user'"), "{err}");
    run(folder.path(), &["serve", "--listen", "x"], &[], "").fails_with(64);
    run(folder.path(), &["user", "add", "not a user id", "--password-stdin"], &[], PASSWORD).fails_with(64);
}

#[test]
fn help_teaches_with_examples() {
    let folder = folder();
    let help = run(folder.path(), &["--help"], &[], "").ok();
    assert!(help.contains("tidings user add ada"), "{help}");
    let commands = [
        "serve",
        "check",
        "user",
        "admin",
        "app",
        "invite",
        "audit",
        "status",
        "chat",
        "send",
        "tail",
        "bench",
        "config",
        "completions",
    ];
    for command in commands {
        let help = run(folder.path(), &[command, "--help"], &[], "").ok();
        assert!(help.contains("Examples:"), "{command}: {help}");
    }
    assert!(run(folder.path(), &["--version"], &[], "").ok().starts_with("tidings 0."));
    for shell in ["bash", "zsh", "fish"] {
        assert!(run(folder.path(), &["completions", shell], &[], "").ok().contains("tidings"));
    }
}

#[test]
fn without_a_command_it_serves_and_says_what_the_first_start_made() {
    let folder = folder();
    let flags = ["--listen-tcp", "127.0.0.1:0", "--listen-http", "127.0.0.1:0"];
    let mut child = binary(folder.path())
        .args(flags)
        .env("TIDINGS_LOG_FORMAT", "text")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut out, &mut first).unwrap();
    assert!(first.starts_with("ready tcp=127.0.0.1:"), "{first}");
    assert!(first.trim_end().split(' ').nth(2).unwrap().starts_with("http=127.0.0.1:"), "{first}");
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(err.contains("This is the first start."), "{err}");
    assert!(err.contains("tidings user add ada"), "{err}");
    assert!(folder.path().join("data/tidings.redb").exists());
}

#[test]
fn the_server_prints_that_it_is_ready_and_leaves_with_0_when_asked() {
    let mut server = Server::start();
    assert!(server.line(Duration::from_secs(10)).unwrap().starts_with("setup http://127.0.0.1:"), "on the first start");
    assert_eq!(server.line(Duration::from_millis(50)), None);
    let socket = server.folder().join("control.sock");
    assert_eq!(mode(&socket), 0o600);
    assert_eq!(mode(server.folder()), 0o700);
    let began = monotonic();
    assert_eq!(server.stop().code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(10));
    assert!(!socket.exists());
}

#[test]
fn what_was_acknowledged_outlives_a_kill_and_a_leftover_socket_is_no_obstacle() {
    let mut server = Server::start();
    server.add_user("ada");
    server.kill();
    assert!(server.folder().join("control.sock").exists(), "a killed server leaves its socket");
    // Without a server the command line opens the folder itself.
    assert!(server.command(&["user", "list"], "").ok().contains("ada"));
    server.restart();
    assert!(server.command(&["user", "list"], "").ok().contains("ada"));
    assert_eq!(status(&server).server.unwrap().pid, server.pid());
}

#[test]
fn a_second_server_on_the_same_folder_is_refused_naming_the_first() {
    let server = Server::start();
    let folder = server.folder().to_str().unwrap();
    let flags = ["serve", "--data", folder, "--listen-tcp", "127.0.0.1:0", "--listen-http", "127.0.0.1:0"];
    let began = monotonic();
    let err = run(Path::new("/"), &flags, &[], "").fails_with(75);
    assert!(err.contains(&format!("in use by process {}", server.pid())), "{err}");
    assert!(began.elapsed() < Duration::from_secs(5));
    let err = server.command(&["check"], "").fails_with(75);
    assert!(err.contains(&format!("in use by process {}", server.pid())), "{err}");
    // The first one does not mind.
    server.add_user("ada");
}

#[test]
fn a_folder_that_somebody_else_locks_without_answering_is_a_clear_error() {
    let folder = folder();
    run(folder.path(), &["user", "add", "ada", "--password-stdin"], &[], PASSWORD).ok();
    let lock = File::options().write(true).open(folder.path().join("data/LOCK")).unwrap();
    lock.lock().unwrap();
    let err = run(folder.path(), &["user", "list"], &[], "").fails_with(75);
    assert!(err.contains("does not answer on its control socket"), "{err}");
    drop(lock);
    run(folder.path(), &["user", "list"], &[], "").ok();
}

#[test]
fn status_tells_of_a_running_server_and_of_a_folder_alone() {
    let mut server = Server::start();
    server.add_user("ada");
    let told = status(&server);
    let running = told.server.unwrap();
    assert_eq!((running.pid, running.tcp), (server.pid(), server.tcp.to_string()));
    assert_eq!(told.down, None);
    assert!(told.commands.accepted >= 1);
    assert!(told.commands.commits >= 1);
    assert!(told.storage.file_bytes > 0 && told.storage.free_bytes > 0);
    let shown = server.command(&["status"], "").ok();
    for word in ["live, process", "listening", "connections", "commits", "storage"] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    server.stop();
    let alone = status(&server);
    assert_eq!((alone.server, alone.epoch, alone.lsn), (None, told.epoch, told.lsn));
}

#[test]
fn load_generators_get_users_with_sessions_through_the_socket() {
    let server = Server::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ask = |request: Request| runtime.block_on(control::ask(server.folder(), &request)).unwrap();
    let users = |count, prefix: &str| match ask(Request::BenchUsers { count, prefix: prefix.into() }) {
        Response::BenchUsers { users } => users,
        other => panic!("{other:?}"),
    };
    let first = users(300, "p");
    assert_eq!(first.len(), 300);
    assert_eq!((first[0].user.as_str(), first[299].user.as_str()), ("p0", "p299"));
    let again = users(301, "p");
    let tokens: BTreeSet<&str> = first.iter().chain(&again).map(|user| user.token.reveal()).collect();
    assert_eq!(tokens.len(), 601, "every session has a token of its own");
    assert!(tokens.iter().all(|token| token.starts_with("tds_")));
    let list = server.command(&["user", "list", "--json"], "").ok();
    assert_eq!(list.lines().count(), 301);
    assert!(matches!(ask(Request::BenchUsers { count: 1, prefix: "no spaces".into() }), Response::Refused(_)));
    assert!(matches!(ask(Request::BenchUsers { count: u32::MAX, prefix: "q".into() }), Response::Refused(_)));
    assert!(!server.log().contains("tds_"), "a token reached the log");
}

#[test]
fn the_socket_refuses_what_it_does_not_know_and_goes_on() {
    use std::io::{BufRead, BufReader, Write};
    use std::os::unix::net::UnixStream;
    let server = Server::start();
    let mut stream = UnixStream::connect(server.folder().join("control.sock")).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    for request in ["{\"sesame\":{}}", "nonsense", "{\"status\":{\"more\":1}}"] {
        writeln!(stream, "{request}").unwrap();
        let answer = lines.next().unwrap().unwrap();
        assert!(answer.starts_with("{\"refused\":{\"code\":\"unsupported\""), "{answer}");
    }
    writeln!(stream, "{{\"status\":{{}}}}").unwrap();
    assert!(lines.next().unwrap().unwrap().starts_with("{\"status\":{"));
}

#[test]
fn a_folder_with_a_very_long_path_works() {
    let temporary = folder();
    let folder = temporary.path().join("a".repeat(80)).join("b".repeat(80));
    fs::create_dir(folder.parent().unwrap()).unwrap();
    let server = Server::on(&folder, Start::default());
    server.add_user("ada");
    assert!(status(&server).server.is_some());
}

#[test]
fn nobody_is_asked_where_no_server_runs() {
    let folder = folder();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for place in [folder.path().to_owned(), folder.path().join("nowhere")] {
        let answer = runtime.block_on(control::ask(&place, &Request::Status {}));
        assert!(matches!(answer, Err(AskError::NotRunning)), "{answer:?}");
    }
}

#[test]
fn a_plain_listener_beyond_this_machine_is_refused_with_the_cure() {
    let folder = folder();
    let flags = ["serve", "--listen-tcp", "0.0.0.0:0", "--listen-http", "127.0.0.1:0"];
    let err = run(folder.path(), &flags, &[], "").fails_with(78);
    assert!(err.contains("insecure_plaintext = true"), "{err}");
    assert!(err.contains("self-signed"), "{err}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn plaintext_that_was_asked_for_is_warned_of_at_each_start() {
    let temporary = folder();
    let listen = Some(("0.0.0.0:0".parse().unwrap(), "127.0.0.1:0".parse().unwrap()));
    let environment = vec![("TIDINGS_LISTEN_INSECURE_PLAINTEXT".to_owned(), "true".to_owned())];
    let start = Start { environment, listen, ..Start::default() };
    let mut server = Server::on(&temporary.path().join("data"), start);
    let warnings = |server: &Server| server.log().matches("listening beyond this machine without TLS").count();
    assert_eq!(warnings(&server), 1, "{}", server.log());
    server.stop();
    server.restart();
    assert_eq!(warnings(&server), 2);
}

#[test]
fn an_address_that_is_taken_is_named() {
    let server = Server::start();
    let folder = folder();
    let flags = ["serve", "--listen-tcp", &server.tcp.to_string(), "--listen-http", "127.0.0.1:0"];
    let err = run(folder.path(), &flags, &[], "").fails_with(69);
    assert!(err.contains(&server.tcp.to_string()), "{err}");
}

#[test]
fn a_data_folder_that_others_can_write_into_is_refused_with_the_cure() {
    let folder = folder();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, Permissions::from_mode(0o777)).unwrap();
    fs::write(data.join("somebody's"), "diary").unwrap();
    let err = run(folder.path(), &["serve", "--listen-tcp", "127.0.0.1:0"], &[], "").fails_with(73);
    assert!(err.contains("chmod 700"), "{err}");
    let err = run(folder.path(), &["check"], &[], "").fails_with(78);
    assert!(err.contains("chmod 700"), "{err}");
    assert_eq!(fs::read_dir(&data).unwrap().count(), 1);
    assert_eq!(mode(&data), 0o777);
}

#[test]
fn a_folder_that_is_still_empty_is_closed_to_others() {
    let folder = folder();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, Permissions::from_mode(0o775)).unwrap();
    run(folder.path(), &["check"], &[], "").ok();
    assert_eq!(mode(&data), 0o775);
    run(folder.path(), &["user", "add", "ada", "--password-stdin"], &[], PASSWORD).ok();
    assert_eq!(mode(&data), 0o700);
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_as_it_is() {
    let folder = folder();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, Permissions::from_mode(0o700)).unwrap();
    let file = data.join("tidings.redb");
    let nonsense = b"somebody's diary".repeat(1_000);
    fs::write(&file, &nonsense).unwrap();
    let flags = ["serve", "--listen-tcp", "127.0.0.1:0", "--listen-http", "127.0.0.1:0"];
    let err = run(folder.path(), &flags, &[], "").fails_with(65);
    assert!(err.contains("not a Tidings database"), "{err}");
    assert_eq!(fs::read(&file).unwrap(), nonsense);
}

#[test]
fn check_reads_the_data_too_when_it_is_named() {
    let folder = folder();
    run(folder.path(), &["user", "add", "ada", "--password-stdin"], &[], PASSWORD).ok();
    let out = run(folder.path(), &["check", "--data", "data"], &[], "").ok();
    assert!(out.contains("nothing is damaged"), "{out}");
    run(folder.path(), &["check", "--data", "elsewhere"], &[], "").fails_with(65);
}

#[test]
fn the_seeds_of_the_configuration_count_on_the_first_start_only() {
    let folder = folder();
    let seeded = [("TIDINGS_HOME_RECALL_WINDOW_S", "77")];
    run(folder.path(), &["user", "add", "ada", "--password-stdin"], &seeded, PASSWORD).ok();
    let get = |environment: &[(&str, &str)]| run(folder.path(), &["app", "get", "home"], environment, "").ok();
    assert!(get(&[]).contains("recall_window_s = 77\n"));
    assert!(get(&[("TIDINGS_HOME_RECALL_WINDOW_S", "78")]).contains("recall_window_s = 77\n"));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let folder = folder();
    run(folder.path(), &["user", "add", "ada", "--password-stdin"], &[], PASSWORD).ok();
    let mut child =
        binary(folder.path()).args(["user", "list"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn a_server_ends_in_time_although_peers_are_silent_and_at_once_when_asked_twice() {
    let mut server = Server::start();
    server.add_user("ada");
    let silent: Vec<_> = (0..50).map(|_| std::net::TcpStream::connect(server.tcp).unwrap()).collect();
    let half: Vec<_> = (0..50).map(|_| std::net::TcpStream::connect(server.http).unwrap()).collect();
    for mut stream in &half {
        std::io::Write::write_all(&mut stream, b"GET / HT").unwrap();
    }
    let began = monotonic();
    assert_eq!(server.stop().code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    drop((silent, half));
    server.restart();
    server.signal(Signal::TERM);
    server.signal(Signal::INT);
    let began = monotonic();
    assert_eq!(server.wait().code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(server.command(&["user", "list"], "").ok().contains("ada"));
}

#[test]
fn a_self_signed_certificate_is_made_once_and_its_fingerprint_is_told() {
    let temporary = folder();
    let anywhere = "0.0.0.0:0".parse().unwrap();
    let environment = vec![("TIDINGS_TLS_MODE".to_owned(), "self-signed".to_owned())];
    let start = Start { environment, listen: Some((anywhere, anywhere)), ..Start::default() };
    let mut server = Server::on(&temporary.path().join("data"), start);
    let told = status(&server).server.unwrap();
    let fingerprint = told.fingerprint.unwrap();
    assert!(told.tls);
    assert_eq!(fingerprint.chars().filter(char::is_ascii_hexdigit).count(), 64, "{fingerprint}");
    assert!(!server.log().contains("without TLS"));
    for entry in fs::read_dir(server.folder()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path) & 0o077, 0, "{} is open to others", path.display());
    }
    server.stop();
    server.restart();
    assert_eq!(status(&server).server.unwrap().fingerprint.unwrap(), fingerprint);
}

/// The signals were taken over only after `ready` had been printed, so a supervisor that was quick enough killed the server.
#[test]
fn a_server_that_is_asked_to_end_as_soon_as_it_is_ready_ends_well() {
    let mut server = Server::start();
    for _ in 0..10 {
        assert_eq!(server.stop().code(), Some(0), "{}", server.log());
        server.restart();
    }
}
