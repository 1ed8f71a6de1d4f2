//! Groups through the socket: joining and leaving, who may speak, what everybody is told, and what whoever is out still sees.

use crate::support::crew::{Crew, code, greeting, named, user};
use crate::support::peer::{Peer, Way, fresh_key};
use std::time::Duration;
use tidings::model::{
    Answer, AppId, AppSettings, Body, Code, Command, CommandResult, Content, ConversationId, Emoji, Extra, GroupCard,
    GroupKind, GroupPreview, GroupRules, JoinPolicy, MediaId, MediaInfo, NewMemberHistory, Paragraph, Query, Role, Seq,
    SystemCommand, Target, Text, Timestamp, Who,
};
use tidings::protocol::{Encoding, ServerFrame};

fn public(join: JoinPolicy) -> GroupRules {
    GroupRules { kind: GroupKind::Public, join, ..GroupRules::default() }
}

fn seqs(entries: &[tidings::model::Entry]) -> Vec<u64> {
    entries.iter().map(|entry| entry.seq.0).collect()
}

async fn found(crew: &mut Crew, who: &str, text: &str) -> Vec<GroupPreview> {
    match crew.asks(who, Query::FindGroups { text: text.to_owned(), after: None, limit: 100 }).await.unwrap() {
        Answer::Groups { groups, .. } => groups,
        other => panic!("{other:?}"),
    }
}

fn add(conversation: ConversationId, users: &[&str]) -> Command {
    Command::AddMembers { conversation, users: users.iter().map(|id| user(id)).collect() }
}

// Joining.

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_public_group_is_found_by_the_words_of_its_title_and_a_private_one_is_not() {
    let mut crew = Crew::start(&["ada", "bob"]).await;
    let group = crew.creates("ada", &[], public(JoinPolicy::Free)).await;
    crew.creates("ada", &[], GroupRules::default()).await;
    for (text, there) in
        [("", true), ("tea", true), ("TEA ro", true), ("room the", true), ("ea", false), ("tea x", false)]
    {
        assert_eq!(found(&mut crew, "bob", text).await.len(), usize::from(there), "{text}");
    }
    crew.does("ada", Command::Rename { conversation: group, title: named("東京読書会") }).await;
    assert!(found(&mut crew, "bob", "tea").await.is_empty());
    let [preview] = &*found(&mut crew, "bob", "読書").await else { panic!() };
    assert_eq!((preview.members, preview.joined, preview.asked), (1, false, false));
    crew.does("ada", Command::SetGroupRules { conversation: group, rules: GroupRules::default() }).await;
    assert!(found(&mut crew, "bob", "読書").await.is_empty());
    crew.does("ada", Command::SetGroupRules { conversation: group, rules: public(JoinPolicy::Free) }).await;
    assert_eq!(found(&mut crew, "bob", "").await.len(), 1);
    crew.does("ada", Command::Dissolve { conversation: group }).await;
    assert!(found(&mut crew, "bob", "").await.is_empty());
    crew.settings(AppSettings { directory: tidings::model::Directory::Off, ..AppSettings::default() }).await;
    let query = Query::FindGroups { text: String::new(), after: None, limit: 10 };
    assert_eq!(crew.asks("bob", query).await.unwrap_err(), Code::Forbidden);
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_public_group_is_joined_at_once_after_approval_or_not_at_all_as_its_rules_say() {
    let mut crew = Crew::start(&["ada", "bob", "cy"]).await;
    let free = crew.creates("ada", &[], public(JoinPolicy::Free)).await;
    let seq = crew.appends("bob", Command::Join { conversation: free, greeting: None }).await;
    let entry = crew.hears("ada", free, &Body::MemberJoined {}).await;
    assert_eq!((entry.seq, entry.author), (seq, user("bob")));
    // Who is in it changes nothing by joining again.
    assert_eq!(crew.does("bob", Command::Join { conversation: free, greeting: None }).await, CommandResult::Done {});
    assert_eq!(seqs(&crew.reads("bob", free).await), [seq.0], "history is from joining");

    let closed = crew.creates("ada", &[], public(JoinPolicy::Closed)).await;
    let join = |conversation| Command::Join { conversation, greeting: None };
    assert_eq!(crew.tries("bob", join(closed)).await, Err(Code::ClosedGroup));
    let private = crew.creates("ada", &["cy"], GroupRules::default()).await;
    assert_eq!(crew.tries("bob", join(private)).await, Err(Code::NotFound), "it is not known to strangers");
    crew.does("cy", Command::Leave { conversation: private }).await;
    assert_eq!(crew.tries("cy", join(private)).await, Err(Code::ClosedGroup), "who was in it knows it");
    assert_eq!(crew.tries("cy", join(ConversationId(999))).await, Err(Code::NotFound));
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_asks_to_join_is_seen_by_all_answered_by_managers_and_told() {
    let mut crew = Crew::start(&["ada", "bob", "cy", "dan"]).await;
    let group = crew.creates("ada", &["bob"], public(JoinPolicy::Approval)).await;
    for who in ["cy", "dan"] {
        let ask = Command::Join { conversation: group, greeting: greeting("I like tea") };
        assert_eq!(crew.does(who, ask).await, CommandResult::Done {});
    }
    let entry = crew.hears("bob", group, &Body::JoinRequested {}).await;
    assert_eq!(entry.author, user("cy"));
    // Asking again says something else, and is no new entry.
    crew.does("dan", Command::Join { conversation: group, greeting: greeting("Very much") }).await;
    assert_eq!(crew.sees("ada", group).await.head, Seq(3));
    let [preview] = &*found(&mut crew, "dan", "tea").await else { panic!() };
    assert!(preview.asked && !preview.joined);
    let query = Query::JoinRequests { conversation: group, after: None, limit: 10 };
    assert_eq!(crew.asks("bob", query.clone()).await.unwrap_err(), Code::Forbidden);
    let Answer::JoinRequests { requests, .. } = crew.asks("ada", query.clone()).await.unwrap() else { panic!() };
    let told: Vec<_> = requests.iter().map(|request| (request.user.as_str(), request.greeting.clone())).collect();
    assert_eq!(told, [("cy", greeting("I like tea")), ("dan", greeting("Very much"))]);

    let answer = |who: &str, accept| Command::AnswerJoin { conversation: group, user: user(who), accept };
    let seq = crew.appends("ada", answer("cy", true)).await;
    let accepted = Body::JoinAnswered { conversation: group, user: user("cy"), accepted: true };
    for who in ["bob", "cy"] {
        assert_eq!(crew.hears(who, group, &accepted).await.seq, seq);
    }
    assert_eq!(crew.sees("cy", group).await.inbox.floor, seq);
    crew.does("ada", answer("dan", false)).await;
    let declined = Body::JoinAnswered { conversation: group, user: user("dan"), accepted: false };
    crew.hears("cy", group, &declined).await;
    // The one who is not let in is told in their feed, when they have one, and can ask again.
    let Answer::Me { feed, .. } = (match crew.asks("dan", Query::Me {}).await {
        Ok(answer) => answer,
        Err(_) => return crew.stop().await,
    }) else {
        panic!()
    };
    crew.hears("dan", feed, &declined).await;
    assert_eq!(crew.tries("ada", answer("dan", true)).await, Err(Code::NotFound), "it is answered");
    assert_eq!(crew.does("ada", answer("cy", true)).await, CommandResult::Done {});
    crew.does("dan", Command::Join { conversation: group, greeting: None }).await;
    crew.appends("ada", answer("dan", true)).await;
    let Answer::JoinRequests { requests, .. } = crew.asks("ada", query).await.unwrap() else { panic!() };
    assert!(requests.is_empty());
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invite_link_lets_in_until_it_expires_is_used_up_or_is_revoked() {
    let mut crew = Crew::start(&["ada", "bob", "cy", "dan", "eve"]).await;
    let group = crew.creates("ada", &["bob"], GroupRules::default()).await;
    let make = |name: &str, expires, uses_max| Command::CreateInvite {
        conversation: group,
        code: code(name),
        expires,
        uses_max,
    };
    let hour = Some(Timestamp(crew.clock.now().0 + 3_600_000));
    crew.appends("bob", make("hour", hour, None)).await;
    crew.appends("ada", make("once", None, Some(1))).await;
    crew.appends("ada", make("open", None, None)).await;
    crew.hears("ada", group, &Body::InviteChanged { on: true }).await;
    assert_eq!(crew.tries("ada", make("hour", None, None)).await, Err(Code::Conflict));
    assert_eq!(crew.tries("ada", make("none", None, Some(0))).await, Err(Code::Invalid));
    assert_eq!(crew.tries("ada", make("past", Some(crew.clock.now()), None)).await, Err(Code::Invalid));
    assert_eq!(crew.tries("cy", make("cy", None, None)).await, Err(Code::NotFound));

    let by = |name: &str| Command::JoinByCode { code: code(name) };
    let Answer::Groups { groups, .. } = crew.asks("cy", Query::GroupOfCode { code: code("hour") }).await.unwrap()
    else {
        panic!()
    };
    assert_eq!((groups[0].title.as_str(), groups[0].members, groups[0].joined), ("The tea room", 2, false));
    crew.appends("cy", by("once")).await;
    crew.hears("bob", group, &Body::MemberJoined {}).await;
    assert_eq!(crew.does("cy", by("once")).await, CommandResult::Done {}, "a member uses nothing up");
    assert_eq!(crew.tries("dan", by("once")).await, Err(Code::Expired));
    crew.pass(Duration::from_hours(1));
    assert_eq!(crew.tries("dan", by("hour")).await, Err(Code::Expired));
    assert_eq!(crew.asks("dan", Query::GroupOfCode { code: code("hour") }).await.unwrap_err(), Code::Expired);

    // Members see their own links, managers all.
    let links = |answer| match answer {
        Answer::Invites { invites, .. } => {
            invites.iter().map(|link| (link.code.clone(), link.uses)).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    let query = Query::Invites { conversation: group };
    assert_eq!(links(crew.asks("bob", query.clone()).await.unwrap()), [(code("hour"), 0)]);
    assert_eq!(links(crew.asks("ada", query).await.unwrap()).len(), 3);
    let revoke = |name: &str| Command::RevokeInvite { conversation: group, code: code(name) };
    assert_eq!(crew.tries("bob", revoke("open")).await, Err(Code::Forbidden));
    crew.appends("bob", revoke("hour")).await;
    crew.appends("ada", revoke("open")).await;
    assert_eq!(crew.tries("ada", revoke("open")).await, Err(Code::NotFound));
    for name in ["open", "hour", "never made"] {
        let name = name.replace(' ', "-");
        assert_eq!(crew.tries("eve", by(&name)).await, Err(Code::NotFound), "{name}");
    }
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_of_another_app_leads_nowhere() {
    let mut crew = Crew::start(&["ada"]).await;
    let group = crew.creates("ada", &[], public(JoinPolicy::Free)).await;
    crew.does("ada", Command::CreateInvite { conversation: group, code: code("x"), expires: None, uses_max: None })
        .await;
    let command = SystemCommand::CreateApp { name: named("elsewhere"), settings: AppSettings::default() };
    let made = crew.server.engine.execute(tidings::auth::operator(), None, command.into()).await.unwrap();
    let CommandResult::App { app } = made.result else { panic!() };
    let mallory = crew.server.person_of(app, "mallory").await;
    let (mut peer, _) = Peer::log_in(&crew.server, Way::Tcp(Encoding::Json), &mallory.token).await;
    for command in [Command::JoinByCode { code: code("x") }, Command::Join { conversation: group, greeting: None }] {
        assert_eq!(peer.execute(command).await.unwrap_err().code, Code::NotFound);
    }
    for query in [
        Query::GroupOfCode { code: code("x") },
        Query::Invites { conversation: group },
        Query::JoinRequests { conversation: group, after: None, limit: 1 },
    ] {
        assert_eq!(peer.query(query).await.unwrap_err().code, Code::NotFound);
    }
    let Ok(Answer::Groups { groups, .. }) =
        peer.query(Query::FindGroups { text: String::new(), after: None, limit: 10 }).await
    else {
        panic!()
    };
    assert!(groups.is_empty());
    drop(peer);
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_who_join_at_once_never_exceed_the_limit() {
    let crew = Crew::start(&["ada"]).await;
    let mut crew = crew;
    let rules = GroupRules { members_max: Some(11), ..public(JoinPolicy::Free) };
    let group = crew.creates("ada", &[], rules).await;
    let mut peers = Vec::new();
    for number in 0..50 {
        let person = crew.server.person(&format!("user{number}")).await;
        peers.push(Peer::log_in(&crew.server, Way::Tcp(Encoding::Postcard), &person.token).await.0);
    }
    let mut requests = Vec::new();
    for peer in &mut peers {
        requests.push(peer.submit(fresh_key(), Command::Join { conversation: group, greeting: None }).await);
    }
    let mut joined = 0;
    for (peer, request) in peers.iter_mut().zip(requests) {
        match peer.outcome(request).await {
            Ok(_) => joined += 1,
            Err(refused) => assert_eq!(refused.code, Code::Full),
        }
    }
    assert_eq!(joined, 10);
    assert_eq!(crew.sees("ada", group).await.members, 11);
    assert_eq!(crew.members("ada", group).await.len(), 11);
    // The app's limit counts where it is lower, for whoever is added too.
    crew.settings(AppSettings { group_members_max: 5, ..AppSettings::default() }).await;
    let other = crew.creates("ada", &["user1", "user2", "user3"], GroupRules::default()).await;
    crew.does("ada", add(other, &["user4"])).await;
    assert_eq!(crew.tries("ada", add(other, &["user5"])).await, Err(Code::Full));
    let rules = GroupRules { members_max: Some(6), ..GroupRules::default() };
    assert_eq!(crew.tries("ada", Command::SetGroupRules { conversation: other, rules }).await, Err(Code::Invalid));
    drop(peers);
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_members_see_what_was_before_them_only_where_the_rules_say_all() {
    let mut crew = Crew::start(&["ada", "bob", "cy"]).await;
    for (history, first) in [(NewMemberHistory::FromJoining, 4), (NewMemberHistory::All, 1)] {
        let rules = GroupRules { history, ..public(JoinPolicy::Free) };
        let group = crew.creates("ada", &[], rules).await;
        crew.says("ada", group, "one").await.unwrap();
        crew.says("ada", group, "two").await.unwrap();
        crew.does("bob", Command::Join { conversation: group, greeting: None }).await;
        crew.says("ada", group, "three").await.unwrap();
        let seen = crew.sees("bob", group).await;
        assert_eq!((seen.inbox.floor, seen.inbox.unread, seen.inbox.read), (Seq(first), 1, Seq(4)));
        assert_eq!(seqs(&crew.reads("bob", group).await), (first..=5).collect::<Vec<_>>());
        // Who goes and comes back starts anew by the same rule.
        crew.does("bob", Command::Leave { conversation: group }).await;
        crew.says("ada", group, "four").await.unwrap();
        crew.does("bob", Command::Join { conversation: group, greeting: None }).await;
        let first = if first == 1 { 1 } else { 8 };
        assert_eq!(seqs(&crew.reads("bob", group).await), (first..=8).collect::<Vec<_>>());
    }
    crew.stop().await;
}

// Going.

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_removed_is_told_keeps_what_was_there_and_gets_nothing_more() {
    let mut crew = Crew::start(&["ada", "bob", "cy"]).await;
    let group = crew.creates("ada", &["bob", "cy"], GroupRules::default()).await;
    crew.says("ada", group, "before").await.unwrap();
    let seq = crew.appends("ada", Command::RemoveMember { conversation: group, user: user("bob") }).await;
    let removed = Body::MemberRemoved { user: user("bob") };
    for who in ["bob", "cy"] {
        assert_eq!(crew.hears(who, group, &removed).await.seq, seq);
    }
    crew.heard("bob").await;
    crew.says("ada", group, "after").await.unwrap();
    crew.does("ada", Command::Rename { conversation: group, title: named("Without Bob") }).await;
    assert!(crew.heard("bob").await.is_empty());
    assert_eq!(seqs(&crew.reads("bob", group).await), [1, 2, 3]);
    let seen = crew.sees("bob", group).await;
    assert!(seen.inbox.gone && seen.group.is_none());
    assert_eq!((seen.head, seen.members, seen.role), (seq, 0, Role::Member));
    assert_eq!(crew.says("bob", group, "hello?").await, Err(Code::NotMember));
    for query in [
        Query::Members { conversation: group, after: None, limit: 10 },
        Query::Invites { conversation: group },
        Query::JoinRequests { conversation: group, after: None, limit: 10 },
    ] {
        assert_eq!(crew.asks("bob", query).await.unwrap_err(), Code::NotMember);
    }
    // Coming back starts a new window.
    let back = crew.appends("cy", add(group, &["bob"])).await;
    assert_eq!(seqs(&crew.reads("bob", group).await), [back.0]);
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_rules_say_so_nothing_is_left_but_the_notice_of_going() {
    let mut crew = Crew::start(&["ada", "bob", "cy"]).await;
    let rules = GroupRules { keep_reading: false, ..GroupRules::default() };
    let group = crew.creates("ada", &["bob", "cy"], rules).await;
    crew.says("ada", group, "a secret").await.unwrap();
    let removed = crew.appends("ada", Command::RemoveMember { conversation: group, user: user("bob") }).await;
    crew.hears("bob", group, &Body::MemberRemoved { user: user("bob") }).await;
    let left = crew.appends("cy", Command::Leave { conversation: group }).await;
    for (who, seq) in [("bob", removed), ("cy", left)] {
        let seen = crew.sees(who, group).await;
        assert_eq!((seen.inbox.floor, seen.head, seen.inbox.unread), (seq, seq, 0), "{who}");
        assert_eq!(seqs(&crew.reads(who, group).await), [seq.0]);
    }
    // A later change of the rules changes nothing for those who are out.
    crew.does("ada", Command::SetGroupRules { conversation: group, rules: GroupRules::default() }).await;
    assert_eq!(seqs(&crew.reads("bob", group).await), [removed.0]);
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_has_exactly_one_owner_who_hands_it_over_before_leaving() {
    let mut crew = Crew::start(&["ada", "bob", "cy"]).await;
    let group = crew.creates("ada", &["bob"], GroupRules::default()).await;
    let refused = crew.attempt("ada", Command::Leave { conversation: group }).await.unwrap_err();
    assert_eq!(refused.code, Code::Forbidden);
    assert!(refused.message.contains("transfer") && refused.message.contains("dissolve"), "{}", refused.message);
    let transfer = |who: &str| Command::Transfer { conversation: group, user: user(who) };
    assert_eq!(crew.tries("ada", transfer("ada")).await, Err(Code::Invalid));
    assert_eq!(crew.tries("ada", transfer("cy")).await, Err(Code::NotMember));
    crew.appends("ada", transfer("bob")).await;
    crew.hears("bob", group, &Body::Transferred { user: user("bob") }).await;
    let seen = crew.sees("ada", group).await;
    assert_eq!((seen.role, seen.group.unwrap().owner), (Role::Manager, user("bob")));
    assert_eq!(crew.sees("bob", group).await.role, Role::Owner);
    crew.does("ada", Command::Leave { conversation: group }).await;
    // Alone, too.
    assert_eq!(crew.tries("bob", Command::Leave { conversation: group }).await, Err(Code::Forbidden));
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_transfers_at_once_one_holds_and_there_is_one_owner() {
    let mut crew = Crew::start(&["ada", "bob", "cy"]).await;
    for _ in 0..10 {
        let group = crew.creates("ada", &["bob", "cy"], GroupRules::default()).await;
        let person = &crew.people["ada"];
        let other = crew.server.device("ada", person.handle, "ada-phone").await;
        let (mut phone, _) = Peer::log_in(&crew.server, Way::Tcp(Encoding::Json), &other.token).await;
        let transfer = |who: &str| Command::Transfer { conversation: group, user: user(who) };
        let laptop = crew.peer("ada");
        let one = laptop.submit(fresh_key(), transfer("bob")).await;
        let two = phone.submit(fresh_key(), transfer("cy")).await;
        let outcomes = [laptop.outcome(one).await, phone.outcome(two).await];
        let refusals: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
        assert_eq!(refusals.len(), 1);
        assert_eq!(refusals[0].code, Code::Forbidden);
        let members = crew.members("ada", group).await;
        let owners: Vec<_> =
            members.iter().filter(|member| member.role == Role::Owner).map(|member| &member.user).collect();
        assert_eq!(owners.len(), 1);
        assert_eq!(Some(owners[0]), crew.sees("bob", group).await.group.as_ref().map(|group| &group.owner));
        drop(phone);
    }
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dissolved_group_can_only_be_read() {
    let mut crew = Crew::start(&["ada", "bob", "cy"]).await;
    let group = crew.creates("ada", &["bob"], public(JoinPolicy::Free)).await;
    let seq = crew.says("bob", group, "hello").await.unwrap();
    let invite = Command::CreateInvite { conversation: group, code: code("door"), expires: None, uses_max: None };
    crew.does("ada", invite).await;
    crew.appends("ada", Command::Dissolve { conversation: group }).await;
    crew.hears("bob", group, &Body::Dissolved {}).await;
    let conversation = group;
    let content = Content::Text(Text::plain("hello?"));
    for (who, command) in [
        ("ada", Command::Send { to: Target::Conversation(group), content }),
        ("bob", Command::Edit { conversation, seq, text: "hi".to_owned() }),
        ("bob", Command::Recall { conversation, seq }),
        ("ada", Command::React { conversation, seq, emoji: Emoji::new("👍").unwrap(), on: true }),
        ("ada", add(group, &["cy"])),
        ("ada", Command::RemoveMember { conversation, user: user("bob") }),
        ("bob", Command::Leave { conversation }),
        ("ada", Command::Rename { conversation, title: named("again") }),
        ("ada", Command::SetGroupRules { conversation, rules: GroupRules::default() }),
        ("ada", Command::SetGroupCard { conversation, card: GroupCard::default() }),
        ("cy", Command::JoinByCode { code: code("door") }),
        ("bob", Command::Join { conversation, greeting: None }),
        ("ada", Command::AnswerJoin { conversation, user: user("cy"), accept: true }),
        ("ada", Command::CreateInvite { conversation, code: code("two"), expires: None, uses_max: None }),
        ("ada", Command::RevokeInvite { conversation, code: code("door") }),
        ("ada", Command::SetManager { conversation, user: user("bob"), manager: true }),
        ("ada", Command::Transfer { conversation, user: user("bob") }),
        ("ada", Command::Dissolve { conversation }),
        ("ada", Command::MuteGroup { conversation, on: true }),
        ("ada", Command::SilenceMember { conversation, user: user("bob"), until: None }),
        ("bob", Command::SetAlias { conversation, user: user("bob"), alias: None }),
    ] {
        let said = format!("{command:?}");
        assert_eq!(crew.tries(who, command).await, Err(Code::Dissolved), "{said}");
    }
    assert_eq!(crew.tries("cy", Command::Join { conversation, greeting: None }).await, Err(Code::NotFound));
    assert_eq!(crew.reads("bob", group).await.len(), 4);
    assert!(crew.sees("bob", group).await.group.unwrap().dissolved.is_some());
    crew.does("bob", Command::Hide { conversation, hidden: true }).await;
    crew.stop().await;
}

// Speaking.

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_muted_group_hears_its_owner_and_managers_only() {
    let mut crew = Crew::start(&["ada", "bob", "cy"]).await;
    let group = crew.creates("ada", &["bob", "cy"], GroupRules::default()).await;
    crew.does("ada", Command::SetManager { conversation: group, user: user("bob"), manager: true }).await;
    let own = crew.says("cy", group, "before").await.unwrap();
    crew.does("bob", Command::MuteGroup { conversation: group, on: true }).await;
    crew.hears("cy", group, &Body::GroupMuted { on: true }).await;
    assert!(crew.sees("cy", group).await.group.unwrap().muted);
    assert_eq!(crew.does("ada", Command::MuteGroup { conversation: group, on: true }).await, CommandResult::Done {});
    crew.says("ada", group, "the owner").await.unwrap();
    crew.says("bob", group, "a manager").await.unwrap();
    assert_eq!(crew.says("cy", group, "a member").await, Err(Code::Muted));
    let (conversation, emoji) = (group, Emoji::new("👍").unwrap());
    assert_eq!(crew.tries("cy", Command::React { conversation, seq: own, emoji, on: true }).await, Err(Code::Muted));
    assert_eq!(
        crew.tries("cy", Command::Edit { conversation, seq: own, text: "x".to_owned() }).await,
        Err(Code::Muted)
    );
    // One may still take back what one said.
    crew.does("cy", Command::Recall { conversation, seq: own }).await;
    crew.does("ada", Command::MuteGroup { conversation, on: false }).await;
    crew.says("cy", group, "again").await.unwrap();
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silence_ends_by_its_time_and_neither_by_leaving_nor_by_being_told_again() {
    let mut crew = Crew::start(&["ada", "bob", "cy"]).await;
    let group = crew.creates("ada", &["bob", "cy"], public(JoinPolicy::Free)).await;
    let until = |crew: &Crew, minutes: u64| Some(Timestamp(crew.clock.now().0 + minutes * 60_000));
    let silence = |user_id: &str, until| Command::SilenceMember { conversation: group, user: user(user_id), until };
    let hour = until(&crew, 60);
    crew.appends("ada", silence("bob", hour)).await;
    crew.hears("bob", group, &Body::MemberSilenced { user: user("bob"), until: hour }).await;
    assert_eq!(crew.says("bob", group, "may I?").await, Err(Code::SilencedInGroup));
    assert_eq!(crew.members("cy", group).await[1].silenced_until, hour);
    assert_eq!(crew.does("ada", silence("bob", hour)).await, CommandResult::Done {});
    assert_eq!(crew.tries("ada", silence("bob", Some(crew.clock.now()))).await, Err(Code::Invalid));
    crew.does("bob", Command::Leave { conversation: group }).await;
    crew.does("bob", Command::Join { conversation: group, greeting: None }).await;
    assert_eq!(crew.says("bob", group, "and now?").await, Err(Code::SilencedInGroup));
    // Elsewhere they speak.
    crew.peer("bob").say(&user("ada"), "hello").await;
    crew.pass(Duration::from_hours(1));
    crew.says("bob", group, "thank you").await.unwrap();
    assert_eq!(crew.members("cy", group).await[1].silenced_until, None);
    let day = until(&crew, 60 * 24);
    crew.does("ada", silence("bob", day)).await;
    crew.does("ada", silence("bob", None)).await;
    crew.says("bob", group, "thank you").await.unwrap();
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_is_silenced_is_told_that_first() {
    let mut crew = Crew::start(&["ada", "bob"]).await;
    let group = crew.creates("ada", &["bob"], GroupRules::default()).await;
    crew.does("ada", Command::MuteGroup { conversation: group, on: true }).await;
    let until = Some(Timestamp(crew.clock.now().0 + 60_000));
    crew.does("ada", Command::SilenceMember { conversation: group, user: user("bob"), until }).await;
    let flags = tidings::model::UserFlags { silenced: true, ..Default::default() };
    let command = SystemCommand::SetFlags { user: crew.people["bob"].handle, flags };
    crew.server.engine.execute(tidings::auth::operator(), None, command.into()).await.unwrap();
    assert_eq!(crew.says("bob", group, "x").await, Err(Code::Silenced));
    let flags = tidings::model::UserFlags::default();
    let command = SystemCommand::SetFlags { user: crew.people["bob"].handle, flags };
    crew.server.engine.execute(tidings::auth::operator(), None, command.into()).await.unwrap();
    assert_eq!(crew.says("bob", group, "x").await, Err(Code::SilencedInGroup));
    crew.pass(Duration::from_mins(1));
    assert_eq!(crew.says("bob", group, "x").await, Err(Code::Muted));
    crew.does("ada", Command::Dissolve { conversation: group }).await;
    assert_eq!(crew.says("bob", group, "x").await, Err(Code::Dissolved));
    crew.stop().await;
}

// What a group says of itself and of its members.

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alias_is_seen_by_all_members_and_ends_with_leaving() {
    let mut crew = Crew::start(&["ada", "bob", "cy"]).await;
    let group = crew.creates("ada", &["bob", "cy"], public(JoinPolicy::Free)).await;
    let alias = |who: &str, alias: Option<&str>| Command::SetAlias {
        conversation: group,
        user: user(who),
        alias: alias.map(named),
    };
    crew.appends("bob", alias("bob", Some("Bobby"))).await;
    crew.hears("cy", group, &Body::AliasChanged { user: user("bob"), alias: Some(named("Bobby")) }).await;
    assert_eq!(crew.does("bob", alias("bob", Some("Bobby"))).await, CommandResult::Done {});
    assert_eq!(crew.tries("cy", alias("bob", Some("B"))).await, Err(Code::Forbidden));
    crew.appends("ada", alias("cy", Some("Cyan"))).await;
    let members = crew.members("ada", group).await;
    let aliases: Vec<_> = members.iter().map(|member| member.alias.clone()).collect();
    assert_eq!(aliases, [None, Some(named("Bobby")), Some(named("Cyan"))]);
    assert_eq!(crew.sees("bob", group).await.group.unwrap().alias, Some(named("Bobby")));
    crew.does("bob", Command::Leave { conversation: group }).await;
    crew.does("bob", Command::Join { conversation: group, greeting: None }).await;
    assert_eq!(crew.sees("bob", group).await.group.unwrap().alias, None);
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_has_a_picture_that_the_one_who_sets_it_uploaded() {
    let mut crew = Crew::start(&["ada", "bob"]).await;
    let rules = GroupRules { edit: Who::Members, ..GroupRules::default() };
    let group = crew.creates("ada", &["bob"], rules).await;
    let (picture, words, theirs) = (MediaId([1; 16]), MediaId([2; 16]), MediaId([3; 16]));
    for (media, owner, content_type) in
        [(picture, "ada", "image/png"), (words, "ada", "text/plain"), (theirs, "bob", "image/png")]
    {
        let info = MediaInfo {
            media,
            name: named("file"),
            content_type: content_type.to_owned(),
            bytes: 10,
            width: None,
            height: None,
            duration_ms: None,
            thumbnail: false,
            created: crew.clock.now(),
        };
        let owner = crew.people[owner].handle;
        let command = SystemCommand::AddMedia { app: AppId::HOME, owner, info, sha256: [media.0[0]; 32] };
        crew.server.engine.execute(tidings::auth::server(), None, command.into()).await.unwrap();
    }
    let with = |avatar, notice: &str| {
        let card = GroupCard {
            avatar,
            introduction: Some(Paragraph::new("Tea and talk").unwrap()),
            notice: Some(Paragraph::new(notice).unwrap()),
            extra: Extra::new([("room".to_owned(), "4-17".to_owned())].into()).unwrap(),
        };
        (card.clone(), Command::SetGroupCard { conversation: group, card })
    };
    for (media, code) in [(MediaId([9; 16]), Code::NotFound), (theirs, Code::NotFound), (words, Code::Invalid)] {
        assert_eq!(crew.tries("ada", with(Some(media), "x").1).await, Err(code), "{media}");
    }
    let (card, command) = with(Some(picture), "Tea at five");
    crew.appends("ada", command.clone()).await;
    crew.hears("bob", group, &Body::CardChanged {}).await;
    assert_eq!(crew.sees("bob", group).await.group.unwrap().card, card);
    assert_eq!(crew.does("ada", command).await, CommandResult::Done {});
    // Who may see a picture of a group: everybody; and another may change the words around it.
    assert!(crew.asks("bob", Query::Media { media: picture }).await.is_ok());
    crew.appends("bob", with(Some(picture), "Tea at six").1).await;
    crew.appends("bob", with(None, "Tea at six").1).await;
    assert!(crew.asks("bob", Query::Media { media: picture }).await.is_err());
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_is_done_to_a_group_is_an_entry_that_all_members_see() {
    let mut crew = Crew::start(&["ada", "bob", "cy"]).await;
    let group = crew.creates("ada", &["bob"], GroupRules::default()).await;
    let conversation = group;
    let until = Some(Timestamp(crew.clock.now().0 + 60_000));
    let rules = GroupRules { invite: Who::Managers, ..public(JoinPolicy::Approval) };
    let card = GroupCard { notice: Some(Paragraph::new("Tea").unwrap()), ..GroupCard::default() };
    let steps = [
        (Command::SetGroupRules { conversation, rules }, Body::RulesChanged { rules }),
        (Command::SetGroupCard { conversation, card }, Body::CardChanged {}),
        (Command::Rename { conversation, title: named("Tea") }, Body::Renamed { title: named("Tea") }),
        (
            Command::CreateInvite { conversation, code: code("door"), expires: None, uses_max: None },
            Body::InviteChanged { on: true },
        ),
        (Command::RevokeInvite { conversation, code: code("door") }, Body::InviteChanged { on: false }),
        (add(group, &["cy"]), Body::MembersAdded { users: vec![user("cy")] }),
        (
            Command::SetManager { conversation, user: user("bob"), manager: true },
            Body::ManagerChanged { user: user("bob"), manager: true },
        ),
        (Command::MuteGroup { conversation, on: true }, Body::GroupMuted { on: true }),
        (
            Command::SilenceMember { conversation, user: user("cy"), until },
            Body::MemberSilenced { user: user("cy"), until },
        ),
        (
            Command::SetAlias { conversation, user: user("cy"), alias: Some(named("C")) },
            Body::AliasChanged { user: user("cy"), alias: Some(named("C")) },
        ),
        (Command::RemoveMember { conversation, user: user("cy") }, Body::MemberRemoved { user: user("cy") }),
        (Command::Transfer { conversation, user: user("bob") }, Body::Transferred { user: user("bob") }),
    ];
    let count = steps.len() as u64;
    for (number, (command, body)) in (2..).zip(steps) {
        assert_eq!(crew.appends("ada", command).await, Seq(number), "{body:?}");
        assert_eq!(crew.hears("bob", group, &body).await.seq, Seq(number));
    }
    // The one who did it gets the outcome instead of the entry, on that device alone.
    let heard = crew.heard("ada").await;
    assert!(heard.iter().all(|frame| !matches!(frame, ServerFrame::Entry { .. })), "{heard:?}");
    assert_eq!(crew.reads("ada", group).await.len() as u64, count + 1);
    crew.stop().await;
}
