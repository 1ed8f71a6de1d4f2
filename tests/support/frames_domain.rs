//! One hand-written sample of each of the words that came with contacts, groups, profiles, files and history.

use std::collections::BTreeMap;
use tidings::model::{
    Answer, AnswerEnd, AssistantAnswer, AssistantView, Attach, Attachment, Availability, Body, BotCommand, Button,
    ButtonDoes, ButtonId, ButtonLabel, ButtonRow, ButtonStyle, ButtonUrl, Buttons, Card, Command, CommandName,
    CommandResult, Contact, ContactCard, ContactPolicy, ContactRequest, Content, ConversationId, DraftView, Emoji,
    Extra, GroupCard, GroupKind, GroupPreview, GroupRules, GroupView, Has, Highlight, Hit, Invite, InviteCode,
    JoinPolicy, JoinRequest, Label, LabelId, Line, Location, Lsn, MediaId, MediaInfo, MediaKind, Name,
    NewMemberHistory, OfferedCommand, OwnPresence, Paragraph, Part, Platform, Post, PostAttachment, PostBlock,
    PostButton, PostField, PostImage, PresenceOf, PresenceState, Profile, PushSubscription, Query, Relation,
    RequestState, Search, Secret, Seq, Sticker, Strangers, Target, Text, Timestamp, TokenUsage, TurnState, UserId,
    UserKind, UserSettings, Visibility, Who,
};

const AT: Timestamp = Timestamp(1_730_000_000_000);
const TALK: ConversationId = ConversationId(43);
const LABEL: LabelId = LabelId(3);
const PICTURE: MediaId = MediaId([0xa5; 16]);

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}
fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}
fn line(text: &str) -> Line {
    Line::new(text).unwrap()
}
fn paragraph(text: &str) -> Paragraph {
    Paragraph::new(text).unwrap()
}
fn code() -> InviteCode {
    InviteCode::new("Zq3vN8sK1tB7xW0rL5yPdA").unwrap()
}
fn extra() -> Extra {
    Extra::new(BTreeMap::from([("name".to_owned(), "4-17".to_owned())])).unwrap()
}

fn card() -> Card {
    Card {
        avatar: Some(PICTURE),
        gender: Some(line("female")),
        birthday: Some(line("1815-12-10")),
        location: Some(line("London")),
        signature: Some(line("Poetical science")),
        language: Some(line("en-GB")),
        phone: Some(line("+44 20 7946 0000")),
        email: Some(line("ada@example.com")),
        extra: extra(),
    }
}

pub fn profile(id: &str) -> Profile {
    let whole = id == "ada";
    Profile {
        user: user(id),
        name: name(if whole { "Ada Lovelace" } else { "Bob" }),
        kind: if whole { UserKind::Person } else { UserKind::Bot },
        card: if whole { card() } else { Card::default() },
        deleted: false,
        changed: Lsn(900),
    }
}

fn rules() -> GroupRules {
    GroupRules {
        kind: GroupKind::Public,
        invite: Who::Managers,
        join: JoinPolicy::Free,
        edit: Who::Members,
        pin: Who::Members,
        history: NewMemberHistory::All,
        keep_reading: false,
        members_max: Some(500),
    }
}

fn group_card() -> GroupCard {
    GroupCard {
        avatar: Some(PICTURE),
        introduction: Some(paragraph("We cook.")),
        notice: Some(paragraph("Today:\n\tsoup")),
        extra: extra(),
    }
}

pub fn group_view() -> GroupView {
    GroupView {
        owner: user("ada"),
        rules: rules(),
        card: group_card(),
        muted: true,
        dissolved: Some(AT),
        alias: Some(name("The countess")),
        silenced_until: Some(AT),
    }
}

fn info() -> MediaInfo {
    MediaInfo {
        media: PICTURE,
        name: name("soup.png"),
        content_type: "image/png".to_owned(),
        bytes: 48_213,
        width: Some(800),
        height: Some(600),
        duration_ms: None,
        thumbnail: true,
        created: AT,
    }
}

fn presence() -> OwnPresence {
    OwnPresence {
        availability: Availability::Busy,
        text: Some(line("in a meeting")),
        emoji: Some(Emoji::new("📅").unwrap()),
        until: Some(AT),
    }
}

pub fn presence_of(state: PresenceState) -> PresenceOf {
    let there = state != PresenceState::Offline;
    PresenceOf {
        user: user("bob"),
        state,
        text: there.then(|| line("in a meeting")),
        emoji: there.then(|| Emoji::new("📅").unwrap()),
        until: there.then_some(Timestamp(AT.0 + 3_600_000)),
        platforms: if there { vec![Platform::Ios, Platform::Web] } else { vec![] },
        last_seen: (!there).then_some(AT),
    }
}

fn location() -> Location {
    Location { latitude_e6: 51_507_351, longitude_e6: -127_758, name: Some(line("London")), reply_to: Some(Seq(3)) }
}

fn post() -> Post {
    let image = || PostImage { url: "https://example.org/x.png".to_owned(), alt: "A graph".to_owned() };
    let button = || PostButton { label: "Open".to_owned(), url: "https://example.org/".to_owned() };
    Post {
        text: "**Deployed** to production".to_owned(),
        username: Some(name("CI")),
        icon: Some(Emoji::new("🚀").unwrap()),
        blocks: vec![
            PostBlock::Header { text: "Release 1.2".to_owned() },
            PostBlock::Section { text: "All *good*".to_owned(), fields: vec!["a".to_owned()], image: Some(image()) },
            PostBlock::Divider {},
            PostBlock::Image(image()),
            PostBlock::Context { elements: vec!["by Ada".to_owned()] },
            PostBlock::Buttons { buttons: vec![button()] },
        ],
        attachments: vec![PostAttachment {
            color: Some("#2eb886".to_owned()),
            pretext: "Before".to_owned(),
            author: "Prometheus".to_owned(),
            author_url: Some("https://example.org/a".to_owned()),
            title: "Firing".to_owned(),
            title_url: Some("https://example.org/t".to_owned()),
            text: "The disk is full".to_owned(),
            fields: vec![PostField { title: "Host".to_owned(), value: "a".to_owned(), short: true }],
            image: Some(image()),
            thumb: None,
            footer: "team".to_owned(),
            at: Some(Timestamp(1_730_000_000_000)),
            buttons: vec![button()],
        }],
    }
}

fn sticker() -> Sticker {
    Sticker { set: Some(name("cats")), name: Emoji::new("wave").unwrap(), reply_to: None }
}

fn answer() -> AssistantAnswer {
    AssistantAnswer {
        question: Seq(3),
        text: "**Soup**, of course.".to_owned(),
        model: line("qwen-max"),
        end: AnswerEnd::Failed,
        problem: Some(line("The answer broke off in the middle. Try again.")),
        usage: Some(TokenUsage { prompt_tokens: 120, answer_tokens: 8 }),
    }
}

pub fn bodies() -> Vec<(&'static str, Body)> {
    vec![
        (
            "media",
            Body::Media(Attachment { kind: MediaKind::Image, info: info(), caption: Text::plain("Today's soup") }),
        ),
        ("location", Body::Location(location())),
        ("contact_card", Body::ContactCard(ContactCard { user: user("cy"), reply_to: None })),
        ("sticker", Body::Sticker(sticker())),
        ("entry_pinned", Body::EntryPinned { entry: Seq(3), on: true }),
        ("rules_changed", Body::RulesChanged { rules: rules() }),
        ("card_changed", Body::CardChanged {}),
        ("join_requested", Body::JoinRequested {}),
        ("member_joined", Body::MemberJoined {}),
        ("join_answered", Body::JoinAnswered { conversation: TALK, user: user("dora"), accepted: true }),
        ("invite_changed", Body::InviteChanged { on: true }),
        ("manager_changed", Body::ManagerChanged { user: user("bob"), manager: true }),
        ("transferred", Body::Transferred { user: user("bob") }),
        ("dissolved", Body::Dissolved {}),
        ("group_muted", Body::GroupMuted { on: true }),
        ("member_silenced", Body::MemberSilenced { user: user("bob"), until: Some(AT) }),
        ("alias_changed", Body::AliasChanged { user: user("bob"), alias: Some(name("The cook")) }),
        ("contact_requested", Body::ContactRequested { user: user("bob"), greeting: Some(line("It is me")) }),
        ("contact_answered", Body::ContactAnswered { user: user("ada"), accepted: false }),
        ("contacts_changed", Body::ContactsChanged { users: vec![user("bob")] }),
        ("labels_changed", Body::LabelsChanged {}),
        ("answer", Body::Answer(answer())),
        ("post", Body::Post(post())),
        ("buttons", Body::Buttons(buttons())),
        ("pressed", Body::Pressed { conversation: TALK, entry: Seq(7), button: ButtonId::new("soup:1").unwrap() }),
    ]
}

pub fn commands() -> Vec<(&'static str, Command)> {
    let conversation = TALK;
    let send = |content| Command::Send { to: Target::Conversation(TALK), content };
    let attach = Attach { kind: MediaKind::Image, media: PICTURE, caption: Text::plain("Today's soup") };
    vec![
        ("send media", send(Content::Media(attach))),
        ("send location", send(Content::Location(location()))),
        ("send contact_card", send(Content::ContactCard(ContactCard { user: user("cy"), reply_to: None }))),
        ("send sticker", send(Content::Sticker(sticker()))),
        ("send buttons", send(Content::Buttons(buttons()))),
        ("forward", Command::Forward { from: conversation, seq: Seq(7), to: Target::User(user("bob")) }),
        ("pin_entry", Command::PinEntry { conversation, seq: Seq(7), on: true }),
        ("clear_history", Command::ClearHistory { conversation }),
        ("set_profile", Command::SetProfile { name: name("Ada Lovelace"), card: card() }),
        (
            "set_settings",
            Command::SetSettings {
                settings: UserSettings {
                    contact_policy: ContactPolicy::Closed,
                    strangers: Some(Strangers::Contacts),
                    last_seen: Visibility::Contacts,
                    show_phone: true,
                    show_email: false,
                },
            },
        ),
        ("set_presence", Command::SetPresence { presence: presence() }),
        (
            "request_contact",
            Command::RequestContact {
                user: user("bob"),
                greeting: Some(line("It is me")),
                remark: Some(name("Bob from work")),
                source: Some(line("search")),
            },
        ),
        ("answer_contact", Command::AnswerContact { user: user("ada"), accept: true }),
        (
            "set_contact",
            Command::SetContact {
                user: user("bob"),
                remark: Some(name("Bob from work")),
                labels: vec![LABEL],
                extra: extra(),
            },
        ),
        ("delete_contacts", Command::DeleteContacts { users: vec![user("bob")] }),
        ("delete_all_contacts", Command::DeleteAllContacts {}),
        ("block", Command::Block { user: user("bob"), on: true }),
        ("create_label", Command::CreateLabel { name: name("Family") }),
        ("rename_label", Command::RenameLabel { label: LABEL, name: name("Friends") }),
        ("delete_label", Command::DeleteLabel { label: LABEL }),
        ("label_contacts", Command::LabelContacts { label: LABEL, add: vec![user("bob")], remove: vec![user("cy")] }),
        ("set_group_rules", Command::SetGroupRules { conversation, rules: rules() }),
        ("set_group_card", Command::SetGroupCard { conversation, card: group_card() }),
        ("join", Command::Join { conversation, greeting: Some(line("May I?")) }),
        ("join_by_code", Command::JoinByCode { code: code() }),
        ("answer_join", Command::AnswerJoin { conversation, user: user("dora"), accept: true }),
        ("create_invite", Command::CreateInvite { conversation, code: code(), expires: Some(AT), uses_max: Some(10) }),
        ("revoke_invite", Command::RevokeInvite { conversation, code: code() }),
        ("set_manager", Command::SetManager { conversation, user: user("bob"), manager: true }),
        ("transfer", Command::Transfer { conversation, user: user("bob") }),
        ("dissolve", Command::Dissolve { conversation }),
        ("mute_group", Command::MuteGroup { conversation, on: true }),
        ("silence_member", Command::SilenceMember { conversation, user: user("bob"), until: Some(AT) }),
        ("set_alias", Command::SetAlias { conversation, user: user("bob"), alias: Some(name("The cook")) }),
        ("set_push", Command::SetPush { subscription: Some(Box::new(subscription())) }),
        ("set_push_off", Command::SetPush { subscription: None }),
        ("open_assistant", Command::OpenAssistant { assistant: user("assistant"), title: Some(name("Soups")) }),
        ("stop_answer", Command::StopAnswer { conversation }),
        ("regenerate", Command::Regenerate { conversation, seq: Seq(7) }),
        ("set_commands", Command::SetCommands { commands: vec![bot_command()] }),
        ("press", Command::Press { conversation, seq: Seq(7), button: ButtonId::new("soup:1").unwrap() }),
        (
            "edit_buttons",
            Command::EditButtons { conversation, seq: Seq(7), text: "Soup it is".to_owned(), rows: buttons().rows },
        ),
    ]
}

fn bot_command() -> BotCommand {
    BotCommand {
        name: CommandName::new("soup").unwrap(),
        description: line("What there is to eat"),
        hint: Some(line("<day>")),
    }
}

fn buttons() -> Buttons {
    let button = |label: &str, style, does| Button { label: ButtonLabel::new(label).unwrap(), style, does };
    let first = button("Soup", ButtonStyle::Primary, ButtonDoes::Press(ButtonId::new("soup:1").unwrap()));
    let second =
        button("Menu", ButtonStyle::Plain, ButtonDoes::Open(ButtonUrl::new("https://example.org/menu").unwrap()));
    let third = button("Nothing", ButtonStyle::Danger, ButtonDoes::Press(ButtonId::new("none").unwrap()));
    let text = Text { markdown: true, reply_to: Some(Seq(5)), ..Text::plain("What *today*?") };
    Buttons { text, rows: vec![ButtonRow(vec![first, second]), ButtonRow(vec![third])] }
}

fn subscription() -> PushSubscription {
    PushSubscription {
        endpoint: Secret::new("https://push.example.org/wpush/v2/gAAAA"),
        p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4".to_owned(),
        auth: Secret::new("BTBZMqHH6r4Tts7J_aSIgg"),
        show_text: true,
    }
}

pub fn queries() -> Vec<(&'static str, Query)> {
    let conversation = TALK;
    vec![
        ("entry_at", Query::EntryAt { conversation, at: AT }),
        (
            "gallery",
            Query::Gallery {
                conversation,
                kinds: vec![MediaKind::Image, MediaKind::Video],
                before: Some(Seq(70)),
                limit: 30,
            },
        ),
        ("pins", Query::Pins { conversation }),
        ("me", Query::Me {}),
        ("contacts", Query::Contacts { after: Some(user("bob")), limit: 100, since: Some(Lsn(7)), blocked: false }),
        ("contact", Query::Contact { user: user("bob") }),
        ("contact_requests", Query::ContactRequests { sent: false, after: None, limit: 50 }),
        ("labels", Query::Labels {}),
        ("relations", Query::Relations { users: vec![user("bob"), user("cy")] }),
        ("find_users", Query::FindUsers { text: "ad".to_owned(), after: None, limit: 20 }),
        ("find_groups", Query::FindGroups { text: "kit".to_owned(), after: Some(TALK), limit: 20 }),
        ("group_of_code", Query::GroupOfCode { code: code() }),
        ("invites", Query::Invites { conversation }),
        ("join_requests", Query::JoinRequests { conversation, after: None, limit: 50 }),
        ("presences", Query::Presences { users: vec![user("bob")] }),
        ("media", Query::Media { media: PICTURE }),
        (
            "search",
            Query::Search(Box::new(Search {
                q: "good \"old times\" from:bob".to_owned(),
                conversation: Some(conversation),
                from: None,
                before: Some(AT),
                after: None,
                has: Some(Has::Link),
                cursor: Some("1006.12.7".to_owned()),
                limit: 20,
            })),
        ),
        ("assistants", Query::Assistants {}),
        ("drafts", Query::Drafts { conversation }),
        ("bot_commands", Query::BotCommands { conversation }),
    ]
}

pub fn results() -> Vec<(&'static str, CommandResult)> {
    vec![
        ("label", CommandResult::Label { label: LABEL }),
        ("removed", CommandResult::Removed { count: 100, more: true }),
    ]
}

pub fn answers() -> Vec<(&'static str, Answer)> {
    let as_of = Lsn(1_007);
    vec![
        ("place", Answer::Place { seq: Seq(7), as_of }),
        (
            "me",
            Answer::Me {
                profile: Box::new(profile("ada")),
                settings: UserSettings::default(),
                presence: presence(),
                feed: ConversationId(5),
                administrator: true,
                media_bytes: 48_213,
                as_of,
                edit_window_ms: 86_400_000,
                recall_window_ms: 120_000,
            },
        ),
        (
            "contacts",
            Answer::Contacts {
                contacts: vec![Contact {
                    user: user("bob"),
                    profile: profile("bob"),
                    contact: true,
                    blocked: false,
                    remark: Some(name("Bob from work")),
                    labels: vec![LABEL],
                    extra: extra(),
                    since: Some(AT),
                    changed: Lsn(950),
                }],
                more: true,
                as_of,
            },
        ),
        (
            "contact_requests",
            Answer::ContactRequests {
                requests: vec![ContactRequest {
                    from: user("ada"),
                    to: user("bob"),
                    profile: profile("ada"),
                    state: RequestState::Pending,
                    greeting: Some(line("It is me")),
                    source: Some(line("search")),
                    asked: AT,
                    answered: None,
                    unread: true,
                }],
                more: false,
                unread: 1,
                as_of,
            },
        ),
        ("labels", Answer::Labels { labels: vec![Label { label: LABEL, name: name("Family") }], as_of }),
        (
            "relations",
            Answer::Relations {
                relations: vec![Relation {
                    user: user("bob"),
                    contact: true,
                    contact_of: false,
                    blocked: false,
                    blocked_by: true,
                }],
                as_of,
            },
        ),
        ("found_users", Answer::FoundUsers { users: vec![profile("ada")], more: false }),
        (
            "groups",
            Answer::Groups {
                groups: vec![GroupPreview {
                    conversation: TALK,
                    title: name("Kitchen"),
                    avatar: Some(PICTURE),
                    introduction: Some(paragraph("We cook.")),
                    members: 12,
                    join: JoinPolicy::Approval,
                    joined: false,
                    asked: true,
                }],
                more: false,
            },
        ),
        (
            "invites",
            Answer::Invites {
                invites: vec![Invite {
                    code: code(),
                    by: Some(user("ada")),
                    created: AT,
                    expires: Some(AT),
                    uses_max: Some(10),
                    uses: 2,
                }],
                as_of,
            },
        ),
        (
            "join_requests",
            Answer::JoinRequests {
                requests: vec![JoinRequest { user: user("dora"), greeting: Some(line("May I?")), asked: AT }],
                more: false,
                as_of,
            },
        ),
        ("presences", Answer::Presences { presences: vec![presence_of(PresenceState::Away)] }),
        ("media", Answer::Media { media: Box::new(info()) }),
        (
            "found",
            Answer::Found {
                hits: vec![Hit {
                    conversation: TALK,
                    entry: super::frames::plain_entry(4, "four"),
                    highlights: vec![Highlight { part: Part::Text, start: 0, end: 4 }],
                }],
                next: Some("1004.12.4".to_owned()),
                complete: true,
                as_of,
            },
        ),
        (
            "assistants",
            Answer::Assistants {
                assistants: vec![AssistantView {
                    user: user("assistant"),
                    name: name("Assistant"),
                    avatar: Some(PICTURE),
                    model: line("qwen-max"),
                    images: true,
                    questions_left: Some(199),
                    tokens_left: None,
                }],
                as_of,
            },
        ),
        (
            "drafts",
            Answer::Drafts {
                conversation: TALK,
                drafts: vec![DraftView {
                    question: Seq(3),
                    asker: user("ada"),
                    assistant: user("assistant"),
                    state: TurnState::Answering,
                    replaces: Some(Seq(4)),
                    text: "and so".to_owned(),
                }],
                as_of,
            },
        ),
        (
            "bot_commands",
            Answer::BotCommands {
                commands: vec![OfferedCommand { bot: user("cook"), command: bot_command() }],
                more: false,
                as_of,
            },
        ),
    ]
}
