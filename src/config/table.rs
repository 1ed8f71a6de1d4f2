//! The table of keys: each with its section, type (which holds its bounds), default and one sentence.

use super::problem::{Problem, did_you_mean};
use super::seeds::AssistantSeed;
use super::source::{Origin, Values};
use super::value::{Contact, Level, LogFormat, Number, QuickRepair, Raw, Setting, Text, TlsMode, Url, Waits};
use crate::model::{AppSettings, Directory, LoginPolicy, Registration, Strangers};
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// A key as it is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its section.
    pub section: &'static str,
    /// Its name in the section.
    pub name: &'static str,
    /// What it means.
    pub sentence: String,
    /// Its default, as TOML.
    pub default: String,
}

impl Key {
    /// `section.name`.
    pub fn full(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }

    /// The variable of the environment that sets it.
    pub fn variable(&self) -> String {
        format!("TIDINGS_{}_{}", self.section, self.name).to_uppercase()
    }
}

/// Joins the lines of a doc comment into one text.
fn sentence(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

/// Declares sections and keys: the types, their defaults, and everything that walks over all keys.
macro_rules! sections {
    ($(
        $(#[doc = $section_doc:literal])+
        $section:ident: $type:ident {
            $($(#[doc = $doc:literal])+ $key:ident: $value:ty = $default:expr,)+
        }
    )+) => {
        $(
            $(#[doc = $section_doc])+
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub struct $type { $($(#[doc = $doc])+ pub $key: $value,)+ }

            impl Default for $type {
                fn default() -> Self {
                    Self { $($key: $default,)+ }
                }
            }

            impl $type {
                /// Sets one key from text, as a variable of the environment would. The error is a sentence.
                pub fn set(&mut self, name: &str, text: &str) -> Result<(), String> {
                    let raw = Raw::Plain(text.to_owned());
                    match name {
                        $(stringify!($key) => {
                            let wrong = |expected| format!("{name} must be {expected}.");
                            self.$key = <$value as Setting>::read(&raw).map_err(wrong)?;
                        })+
                        _ => {
                            let known = [$(stringify!($key)),+];
                            let hint = did_you_mean(name, known).map_or_else(
                                || format!(" There are {}.", known.join(", ")),
                                |meant| format!(" Did you mean {meant}?"),
                            );
                            return Err(format!("There is no key {name}.{hint}"));
                        }
                    }
                    Ok(())
                }

                /// Every key with its value, as TOML.
                pub fn entries(&self) -> Vec<(&'static str, String)> {
                    vec![$((stringify!($key), self.$key.literal()),)+]
                }
            }
        )+

        /// The whole configuration.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Config {
            $($(#[doc = $section_doc])+ pub $section: $type,)+
            /// Assistants of `[[assistant]]`, which are set up at the start when they are not there yet.
            pub seeded_assistants: Vec<AssistantSeed>,
            /// Where each value came from, by `section.name`; defaults are not in it.
            origins: BTreeMap<String, Origin>,
        }

        impl Config {
            /// The names of all sections, in the order of the example file.
            pub fn sections() -> Vec<&'static str> {
                vec![$(stringify!($section)),+]
            }

            /// What a section is for.
            pub(super) fn section_sentence(name: &str) -> String {
                match name {
                    $(stringify!($section) => sentence(&[$($section_doc),+]),)+
                    _ => String::new(),
                }
            }

            /// Every key, in the order of the example file.
            pub fn keys() -> Vec<Key> {
                Self::default().values().into_iter().map(|(key, _)| key).collect()
            }

            /// Every key with its value, as TOML.
            pub(super) fn values(&self) -> Vec<(Key, String)> {
                vec![$($((
                    Key {
                        section: stringify!($section),
                        name: stringify!($key),
                        sentence: sentence(&[$($doc),+]),
                        default: <$value as Setting>::literal(&$default),
                    },
                    self.$section.$key.literal(),
                ),)+)+]
            }

            /// Takes every key out of what was given.
            pub(super) fn fill(values: &mut Values, problems: &mut Vec<Problem>) -> Self {
                let mut config = Self::default();
                for key in Self::keys() {
                    $($(if (key.section, key.name) == (stringify!($section), stringify!($key)) {
                        let (value, origin) = values.take::<$value>(&key, $default, problems);
                        config.$section.$key = value;
                        if origin != Origin::Default {
                            config.origins.insert(key.full(), origin);
                        }
                    })+)+
                }
                config
            }
        }
    };
}

/// Bytes of a MiB.
const MIB: u64 = 1024 * 1024;

const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

sections! {
    /// The server as a whole.
    server: Server {
        /// The name of this server, as clients show it.
        name: Text = Text::new("tidings"),
        /// The data folder; it is made on the first start, readable by its owner alone.
        data: PathBuf = PathBuf::from("data"),
        /// How browsers reach this server, such as `https://chat.example.org`: links for people begin with it. Empty: where HTTP listens.
        url: Url = Url::default(),
        /// A folder with the web client, such as `web/dist`, for those who work on it. Unset: the one in the binary.
        web_dir: Option<PathBuf> = None,
    }
    /// Where it listens. Port 0 takes any free port; `ready` on standard output names it.
    listen: Listen {
        /// Address and port of the gateway for clients over TCP (and TLS).
        tcp: SocketAddr = loopback(9000),
        /// Address and port for HTTP: WebSocket clients, health and metrics.
        http: SocketAddr = loopback(8000),
        /// Allow listening beyond this machine without TLS, for example behind a proxy that does it; passwords and messages then cross the network in the clear.
        insecure_plaintext: bool = false,
    }
    /// HTTP behind a proxy.
    http: Http {
        /// Addresses or networks of your own proxies, such as `10.0.0.0/8`: from them alone `X-Forwarded-For` and `X-Forwarded-Proto` say who asks and whether it was encrypted.
        trusted_proxies: Vec<IpNet> = Vec::new(),
    }
    /// Encryption, the same for both listeners.
    tls: Tls {
        /// "off", "files" (certificate and key below) or "self-signed" (made on the first start; clients pin its fingerprint).
        mode: TlsMode = TlsMode::Off,
        /// The file with the certificate chain, PEM; for mode "files".
        certificate: Option<PathBuf> = None,
        /// The file with the private key, PEM, readable by its owner alone; for mode "files".
        key: Option<PathBuf> = None,
        /// Names and addresses by which clients reach the server, for a self-signed certificate; this machine's own are always in it.
        names: Vec<String> = Vec::new(),
    }
    /// What the server asks of other servers by itself: push services, hooks, the assistant's providers, pictures.
    outbound: Outbound {
        /// Networks that addresses of hooks and of devices' push services may lead to beside the public internet, such as `192.168.1.0/24`; plain http is for these alone. What you write down in this file yourself needs no leave.
        allow: Vec<IpNet> = Vec::new(),
        /// Whether pictures that webhooks into conversations name are fetched for a member who wants to see one. Their servers then see the address of this server, and not the member's; `false` leaves them links.
        pictures: bool = true,
    }
    /// Notifications on devices while nothing is open there (Web Push).
    push: Push {
        /// How push services reach you when something is wrong with what this server sends: `mailto:` and an e-mail address, or an address with https. Empty: the address of this server, when it has https.
        contact: Contact = Contact::default(),
    }
    /// Assistants, all together. Each is set up with `tidings assistant add`, or by `[[assistant]]` in this file.
    assistants: Assistants {
        /// Answers that are written at the same time; other questions wait.
        at_once: Number<1, 1_024> = Number::new(32),
        /// Seconds until the first byte of an answer: a model that has to be loaded first takes a while.
        first_byte_s: Number<1, 3_600> = Number::new(120),
        /// Seconds of silence in the middle of an answer after which it is given up.
        silence_s: Number<1, 3_600> = Number::new(60),
        /// Seconds that an answer may take in all.
        total_s: Number<1, 86_400> = Number::new(600),
    }
    /// Webhooks of apps: other systems are told what happens. Which addresses they may have, `[outbound] allow` says.
    webhooks: Webhooks {
        /// How long after each try that failed the next one comes (`ms`, `s`, `m` or `h`), give or take a tenth. After the last one an event is given up; it can be replayed.
        retries: Waits = Waits::of(&["5s", "5m", "30m", "2h", "5h", "10h", "14h", "20h", "24h"]),
        /// Seconds that a post may take.
        timeout_s: Number<1, 60> = Number::new(15),
    }
    /// The database file in the data folder.
    storage: Storage {
        /// Memory for pages of the file, in MiB.
        cache_mib: Number<8, 65_536> = Number::new(64),
        /// "idle" keeps the file ready for an instant start when the server is at rest; "always" does so on every commit, which makes each one slower.
        quick_repair: QuickRepair = QuickRepair::Idle,
    }
    /// Files that people send. How large one may be, and all of a user's together, are settings of each app.
    media: Media {
        /// Space that stays free on the disk of the data folder, in MiB; an upload that would take it is refused.
        reserve_mib: Number<0, 16_777_216> = Number::new(1_024),
        /// Minutes between two looks for files that nothing has referred to for a day, and uploads that were not completed in one.
        sweep_minutes: Number<1, 1_440> = Number::new(10),
        /// Seconds for which the body of an upload may stand still; on average it must come with 4 KiB a second.
        body_idle_s: Number<1, 600> = Number::new(30),
    }
    /// What one client can ask of the server. Whoever exceeds a limit is refused with its name.
    limits: Limits {
        /// Largest frame in bytes, both ways.
        max_frame: Number<262_144, 16_777_216> = Number::new(1_048_576),
        /// Requests in flight on one connection.
        window: Number<1, 4_096> = Number::new(64),
        /// Commands a second of one user, over all devices; 0 is no limit.
        rate_per_second: Number<0, 1_000_000> = Number::new(20),
        /// Commands of one user at once, before the rate counts; 0 is no limit.
        rate_burst: Number<0, 1_000_000> = Number::new(60),
        /// Requests over HTTP a second of one user, or of one address as long as nobody is logged in; 0 is no limit.
        rest_per_second: Number<0, 1_000_000> = Number::new(50),
        /// Requests over HTTP at once, before that rate counts.
        rest_burst: Number<1, 1_000_000> = Number::new(100),
        /// Requests at /mcp a second of all MCP tokens of one user together. Each call of a tool is a line of the audit log.
        mcp_per_second: Number<1, 1_000> = Number::new(1),
        /// Requests at /mcp of one user at once, before that rate counts.
        mcp_burst: Number<1, 10_000> = Number::new(60),
        /// Memory for what a connection has not read yet, in KiB; at least twice `max_frame`. Beyond it the client is told to synchronise.
        queue_kib: Number<512, 1_048_576> = Number::new(2_048),
        /// Connections, all together.
        connections: Number<1, 10_000_000> = Number::new(10_000),
        /// Connections from one address (for IPv6 one /64 network); 0 is no limit.
        connections_per_address: Number<0, 10_000_000> = Number::new(200),
        /// Memory of one password hash, in KiB. Raised, passwords are hashed anew as their users log in.
        password_kib: Number<19_456, 1_048_576> = Number::new(19_456),
        /// Passes of one password hash over its memory.
        password_passes: Number<2, 64> = Number::new(2),
        /// Seconds until a new connection must have said who it is, the TLS handshake included.
        hello_timeout_s: Number<1, 600> = Number::new(10),
        /// Seconds of silence after which a connection is closed; clients ping every 30 s.
        silence_timeout_s: Number<35, 86_400> = Number::new(90),
    }
    /// Log lines, on standard error. Never in them: passwords, tokens, messages.
    log: Log {
        /// "error", "warn", "info", "debug" or "trace".
        level: Level = Level::Info,
        /// "text", "json" or "auto" (text on a terminal, JSON otherwise).
        format: LogFormat = LogFormat::Auto,
    }
    /// Settings of the app `home` on the very first start. Later they are changed with `tidings app set home KEY=VALUE`, not here.
    home: Home {
        /// Which devices of one user may be logged in together: "one", "two" (one that is not the web, and the web), "three" (phone, desktop, web) or "all".
        login_policy: LoginPolicy = AppSettings::default().login_policy,
        /// Seconds in which an own message can be recalled.
        recall_window_s: Number<0, 315_360_000> = Number::new(120),
        /// Seconds in which an own text can be edited.
        edit_window_s: Number<0, 315_360_000> = Number::new(86_400),
        /// Longest message in bytes.
        message_bytes_max: Number<256, { AppSettings::MESSAGE_BYTES_LIMIT }> = Number::new(65_536),
        /// Most members of a group.
        group_members_max: Number<2, { AppSettings::GROUP_MEMBERS_LIMIT }> = Number::new(10_000),
        /// Who can make an account: "open" (everybody who reaches the server), "invite" (whoever has an invite code) or "closed" (administrators make them).
        registration: Registration = AppSettings::default().registration,
        /// Who is found by whom: "open" (by the beginning of an id or name), "exact" (by the whole id, phone number or e-mail address) or "off".
        directory: Directory = AppSettings::default().directory,
        /// Who may send direct messages to those who have not said themselves: "anyone" or "contacts".
        strangers: Strangers = AppSettings::default().strangers,
        /// Seconds after a declined contact request until it can be made again.
        contact_cooldown_s: Number<0, 315_360_000> = Number::new(86_400),
        /// Seconds after which messages are deleted; 0 is never.
        retention_s: Number<0, { u32::MAX }> = Number::new(0),
        /// Newest messages of a conversation that are kept; 0 is all.
        retention_entries: Number<0, { u32::MAX }> = Number::new(0),
        /// Legal hold: while it is on, nothing is deleted by retention.
        hold: bool = false,
        /// Largest file, in MiB.
        media_mib_max: Number<1, 16_777_216> = Number::new(100),
        /// All files of one user together, in MiB.
        media_quota_mib: Number<1, 1_073_741_824> = Number::new(10_240),
    }
}

impl Config {
    /// Where the value of a key came from.
    pub fn origin(&self, key: &Key) -> Origin {
        self.origins.get(&key.full()).cloned().unwrap_or(Origin::Default)
    }
}

impl Home {
    /// The same as settings of an app.
    pub fn settings(&self) -> AppSettings {
        AppSettings {
            login_policy: self.login_policy,
            recall_window_ms: u64::from(self.recall_window_s.get()) * 1_000,
            edit_window_ms: u64::from(self.edit_window_s.get()) * 1_000,
            message_bytes_max: self.message_bytes_max.get(),
            group_members_max: self.group_members_max.get(),
            registration: self.registration,
            directory: self.directory,
            strangers: self.strangers,
            contact_cooldown_ms: u64::from(self.contact_cooldown_s.get()) * 1_000,
            retention_ms: u64::from(self.retention_s.get()) * 1_000,
            retention_entries: u64::from(self.retention_entries.get()),
            hold: self.hold,
            media_bytes_max: u64::from(self.media_mib_max.get()) * MIB,
            media_quota_bytes: u64::from(self.media_quota_mib.get()) * MIB,
        }
    }

    /// `settings` with what differs in `self` from what it was made of: settings that these keys say less exactly stay as they are.
    pub fn change(&self, settings: &AppSettings) -> AppSettings {
        let (before, new) = (Self::from(settings), self.settings());
        let mut changed = settings.clone();
        macro_rules! take {
            ($($key:ident => $setting:ident,)+) => {
                $(if self.$key != before.$key { changed.$setting = new.$setting; })+
            };
        }
        take! {
            login_policy => login_policy,
            recall_window_s => recall_window_ms,
            edit_window_s => edit_window_ms,
            message_bytes_max => message_bytes_max,
            group_members_max => group_members_max,
            registration => registration,
            directory => directory,
            strangers => strangers,
            contact_cooldown_s => contact_cooldown_ms,
            retention_s => retention_ms,
            retention_entries => retention_entries,
            hold => hold,
            media_mib_max => media_bytes_max,
            media_quota_mib => media_quota_bytes,
        }
        changed
    }
}

impl From<&AppSettings> for Home {
    fn from(settings: &AppSettings) -> Self {
        let seconds = |ms: u64| u32::try_from(ms / 1_000).unwrap_or(u32::MAX);
        let mib = |bytes: u64| u32::try_from(bytes / MIB).unwrap_or(u32::MAX);
        Self {
            login_policy: settings.login_policy,
            recall_window_s: Number::nearest(seconds(settings.recall_window_ms)),
            edit_window_s: Number::nearest(seconds(settings.edit_window_ms)),
            message_bytes_max: Number::nearest(settings.message_bytes_max),
            group_members_max: Number::nearest(settings.group_members_max),
            registration: settings.registration,
            directory: settings.directory,
            strangers: settings.strangers,
            contact_cooldown_s: Number::nearest(seconds(settings.contact_cooldown_ms)),
            retention_s: Number::nearest(seconds(settings.retention_ms)),
            retention_entries: Number::nearest(u32::try_from(settings.retention_entries).unwrap_or(u32::MAX)),
            hold: settings.hold,
            media_mib_max: Number::nearest(mib(settings.media_bytes_max)),
            media_quota_mib: Number::nearest(mib(settings.media_quota_bytes)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_of_home_are_the_defaults_of_an_app() {
        assert_eq!(Home::default().settings(), AppSettings::default());
        assert_eq!(Home::from(&AppSettings::default()), Home::default());
    }

    #[test]
    fn a_change_of_one_key_leaves_the_others_as_exact_as_they_were() {
        let settings = AppSettings { retention_ms: 1_500, recall_window_ms: 999, ..AppSettings::default() };
        let mut home = Home::from(&settings);
        home.set("registration", "open").unwrap();
        let expected = AppSettings { registration: Registration::Open, ..settings.clone() };
        assert_eq!(home.change(&settings), expected);
        home.set("retention_s", "3600").unwrap();
        assert_eq!(home.change(&settings), AppSettings { retention_ms: 3_600_000, ..expected });
    }

    #[test]
    fn every_key_says_in_a_sentence_what_it_is() {
        for key in Config::keys() {
            assert!(key.sentence.ends_with('.'), "{}: {}", key.full(), key.sentence);
        }
    }
}
