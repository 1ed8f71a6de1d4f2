//! The permission table of groups: every cell through a socket, against a table written by hand; and the page that shows it.

use crate::support::crew::{Crew, code, greeting, named, user};
use std::fmt::Write as _;
use tidings::ledger::groups::permissions::{Action, allows};
use tidings::model::{
    AppSettings, Code, Command, CommandResult, Content, ConversationId, GroupCard, GroupKind, GroupRules, JoinPolicy,
    Role, Target, Text, Who,
};

const ROLES: [Role; 3] = [Role::Owner, Role::Manager, Role::Member];

/// The kinds of groups and the rules that say who may do what.
fn kinds() -> Vec<(String, GroupRules)> {
    let mut kinds = Vec::new();
    for who in [Who::Members, Who::Managers] {
        for (kind, join) in [
            (GroupKind::Private, JoinPolicy::Approval),
            (GroupKind::Public, JoinPolicy::Free),
            (GroupKind::Public, JoinPolicy::Approval),
            (GroupKind::Public, JoinPolicy::Closed),
        ] {
            let rules = GroupRules { kind, join, invite: who, edit: who, pin: who, ..GroupRules::default() };
            kinds.push((format!("{kind:?}, {join:?}, settings {who:?}"), rules));
        }
    }
    kinds
}

/// Who may, by hand: o owner, m manager, b (plain) member; `setting` is what the rules say.
#[allow(clippy::match_same_arms, reason = "a line for each line of the design")]
fn expected(action: Action, rules: &GroupRules, setting: &'static str) -> &'static str {
    let private = rules.kind == GroupKind::Private;
    let free = rules.join == JoinPolicy::Free;
    match action {
        Action::Invite => {
            if private || free {
                setting
            } else {
                "om"
            }
        }
        Action::Edit => {
            if private {
                setting
            } else {
                "om"
            }
        }
        Action::Pin => setting,
        Action::ManageInvites | Action::AnswerJoin | Action::Mute | Action::SpeakMuted => "om",
        Action::SetAlias | Action::MentionAll => "om",
        Action::Remove(Role::Member) | Action::Silence(Role::Member) | Action::Recall(Role::Member) => "om",
        Action::Remove(Role::Manager) | Action::Silence(Role::Manager) | Action::Recall(Role::Manager) => "o",
        Action::Remove(Role::Owner) | Action::Silence(Role::Owner) => "",
        Action::Recall(Role::Owner) => "o",
        Action::Leave => "mb",
        Action::SetRules | Action::SetManager | Action::Transfer | Action::Dissolve => "o",
        Action::SetOwnAlias => "omb",
    }
}

const fn letter(role: Role) -> char {
    match role {
        Role::Owner => 'o',
        Role::Manager => 'm',
        Role::Member => 'b',
    }
}

/// Who acts with a role, and somebody else who has it.
const fn actor(role: Role) -> &'static str {
    match role {
        Role::Owner => "ona",
        Role::Manager => "max",
        Role::Member => "mem",
    }
}

const fn target(role: Role) -> &'static str {
    match role {
        Role::Owner => "ona",
        Role::Manager => "mia",
        Role::Member => "moe",
    }
}

/// A group of the owner ona, the managers max and mia, and the members mem and moe.
async fn group(crew: &mut Crew, rules: GroupRules) -> ConversationId {
    let conversation = crew.creates("ona", &["max", "mia", "mem", "moe"], rules).await;
    for manager in ["max", "mia"] {
        crew.does("ona", Command::SetManager { conversation, user: user(manager), manager: true }).await;
    }
    conversation
}

fn say(conversation: ConversationId, mention_all: bool) -> Command {
    let content = Content::Text(Text { mention_all, ..Text::plain("hello") });
    Command::Send { to: Target::Conversation(conversation), content }
}

/// Prepares what an action needs, and gives the commands that do it.
async fn commands(crew: &mut Crew, conversation: ConversationId, rules: GroupRules, action: Action) -> Vec<Command> {
    let alias = Some(named("Tea"));
    let until = Some(tidings::model::Timestamp(crew.clock.now().0 + 3_600_000));
    match action {
        Action::Invite => vec![
            Command::CreateInvite {
                conversation,
                code: code(&format!("{conversation}")),
                expires: None,
                uses_max: None,
            },
            Command::AddMembers { conversation, users: vec![user("out")] },
        ],
        Action::ManageInvites => {
            let code = code(&format!("{conversation}"));
            let make = Command::CreateInvite { conversation, code: code.clone(), expires: None, uses_max: None };
            crew.does("mia", make).await;
            vec![Command::RevokeInvite { conversation, code }]
        }
        Action::AnswerJoin => {
            let open = GroupRules { kind: GroupKind::Public, join: JoinPolicy::Approval, ..rules };
            crew.does("ona", Command::SetGroupRules { conversation, rules: open }).await;
            crew.does("out", Command::Join { conversation, greeting: greeting("Hello") }).await;
            crew.does("ona", Command::SetGroupRules { conversation, rules }).await;
            vec![Command::AnswerJoin { conversation, user: user("out"), accept: true }]
        }
        Action::Remove(role) => vec![Command::RemoveMember { conversation, user: user(target(role)) }],
        Action::Leave => vec![Command::Leave { conversation }],
        Action::Edit => vec![
            Command::Rename { conversation, title: named("The coffee room") },
            Command::SetGroupCard {
                conversation,
                card: GroupCard {
                    notice: Some(tidings::model::Paragraph::new("Tea at five").unwrap()),
                    ..GroupCard::default()
                },
            },
        ],
        Action::SetRules => {
            let rules = GroupRules { members_max: Some(50), ..rules };
            vec![Command::SetGroupRules { conversation, rules }]
        }
        Action::SetManager => vec![Command::SetManager { conversation, user: user("moe"), manager: true }],
        Action::Transfer => vec![Command::Transfer { conversation, user: user("moe") }],
        Action::Dissolve => vec![Command::Dissolve { conversation }],
        Action::Mute => vec![Command::MuteGroup { conversation, on: true }],
        Action::SpeakMuted => {
            crew.does("ona", Command::MuteGroup { conversation, on: true }).await;
            vec![say(conversation, false)]
        }
        Action::Silence(role) => vec![Command::SilenceMember { conversation, user: user(target(role)), until }],
        // Whose own it is depends on who acts.
        Action::SetOwnAlias => vec![],
        Action::SetAlias => vec![Command::SetAlias { conversation, user: user("moe"), alias }],
        Action::Pin => {
            let seq = crew.says("moe", conversation, "pin me").await.unwrap();
            vec![Command::PinEntry { conversation, seq, on: true }]
        }
        Action::MentionAll => vec![say(conversation, true)],
        Action::Recall(role) => {
            let seq = crew.says(target(role), conversation, "too late").await.unwrap();
            // The window in which one's own can be recalled is over.
            crew.pass(std::time::Duration::from_millis(2));
            vec![Command::Recall { conversation, seq }]
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_cell_of_the_permission_table_holds_through_the_socket() {
    let mut crew = Crew::start(&["ona", "max", "mia", "mem", "moe", "out"]).await;
    crew.settings(AppSettings { recall_window_ms: 1, ..AppSettings::default() }).await;
    let mut wrong = String::new();
    for (kind, rules) in kinds() {
        let setting = if rules.invite == Who::Members { "omb" } else { "om" };
        for &action in Action::ALL {
            for role in ROLES {
                let conversation = group(&mut crew, rules).await;
                let mut commands = commands(&mut crew, conversation, rules, action).await;
                if action == Action::SetOwnAlias {
                    let alias = Some(named("Tea"));
                    commands.push(Command::SetAlias { conversation, user: user(actor(role)), alias });
                }
                let expected = expected(action, &rules, setting).contains(letter(role));
                for command in commands {
                    let said = format!("{kind}: {action:?} by {role:?}: {command:?}");
                    let got = crew.tries(actor(role), command).await;
                    let allowed = matches!(got, Ok(CommandResult::Appended { .. }));
                    let refused = match got {
                        Err(Code::Forbidden) => true,
                        Err(Code::Muted) => action == Action::SpeakMuted,
                        // Oneself is nobody whom one removes.
                        Err(Code::Invalid) => action == Action::Remove(Role::Owner) && role == Role::Owner,
                        Ok(_) | Err(_) => false,
                    };
                    if allowed != expected || refused == expected || allows(action, role, &rules) != expected {
                        writeln!(wrong, "{said}: allowed should be {expected}, and it gave {got:?}").unwrap();
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    crew.stop().await;
}

/// Every combination of rules that a cell could depend on.
fn all_rules(kind: GroupKind) -> Vec<GroupRules> {
    let who = [Who::Members, Who::Managers];
    let mut all = Vec::new();
    for join in [JoinPolicy::Free, JoinPolicy::Approval, JoinPolicy::Closed] {
        for invite in who {
            for edit in who {
                for pin in who {
                    all.push(GroupRules { kind, join, invite, edit, pin, ..GroupRules::default() });
                }
            }
        }
    }
    all
}

/// A rule by its name, and how it is taken over from other rules.
type Field = (&'static str, fn(&mut GroupRules, &GroupRules));

/// What stands in a cell: yes, no, or the rules that say so.
fn cell(action: Action, role: Role, kind: GroupKind) -> String {
    let all = all_rules(kind);
    let may = |rules: &GroupRules| allows(action, role, rules);
    if all.iter().all(may) {
        return "yes".to_owned();
    }
    if !all.iter().any(may) {
        return "–".to_owned();
    }
    let fields: [Field; 4] = [
        ("`join`", |rules, from| rules.join = from.join),
        ("`invite`", |rules, from| rules.invite = from.invite),
        ("`edit`", |rules, from| rules.edit = from.edit),
        ("`pin`", |rules, from| rules.pin = from.pin),
    ];
    let matters = |change: fn(&mut GroupRules, &GroupRules)| {
        all.iter().any(|rules| {
            all.iter().any(|other| {
                let mut changed = *rules;
                change(&mut changed, other);
                may(&changed) != may(rules)
            })
        })
    };
    let named: Vec<_> = fields.into_iter().filter(|(_, change)| matters(*change)).map(|(name, _)| name).collect();
    format!("by {}", named.join(" and "))
}

/// `docs/domain.md` shows the table that the server decides by.
#[test]
fn the_page_shows_the_permission_table_of_the_code() {
    let mut table = String::from(
        "| who may | owner | manager | member | owner, public | manager, public | member, public |\n|---|---|---|---|---|---|---|\n",
    );
    for &action in Action::ALL {
        write!(table, "| {}", action.words()).unwrap();
        for kind in [GroupKind::Private, GroupKind::Public] {
            for role in ROLES {
                write!(table, " | {}", cell(action, role, kind)).unwrap();
            }
        }
        table.push_str(" |\n");
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/domain.md");
    let page = std::fs::read_to_string(path).unwrap();
    assert!(page.contains(&table), "docs/domain.md should have this table:\n{table}");
}
