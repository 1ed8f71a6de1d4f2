"""Everyday use, against a real server."""

from __future__ import annotations

import asyncio
import tempfile
import unittest.mock
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tests.server import PASSWORD, WithServer
from tidings import Changed, Client, FileStore, GroupRules, Message, Notice, Over, Refused, Unreachable
from tidings.events import PresenceChanged, Pushed, Receipt, Typing
from tidings.records import Body, Location, Media, MembersAdded, Sticker
from tidings.rest import Rest

E = TypeVar("E")


async def first(client: Client, kind: type[E], wanted: Callable[[E], bool] = lambda _: True) -> E:
    """The next event of this kind that `wanted` accepts; others before it are dropped."""

    async def look() -> E:
        async for event in client.events():
            if isinstance(event, kind) and wanted(event):
                return event
        raise AssertionError("the events ended")

    return await asyncio.wait_for(look(), 15)


class Case(WithServer):
    async def pair(self) -> tuple[Client, Client]:
        """Two people who are there."""
        ada, bob = self.users("ada", "bob")
        return await self.opened(ada), await self.opened(bob)

    async def opened(self, user: str) -> Client:
        client = self.client(user)
        await client.open()
        self.addAsyncCleanup(client.close)
        return client

    def client(self, user: str) -> Client:
        return Client(self.server.url, token=self.tokens[user])


class LoggingIn(Case):
    async def test_a_password_opens_a_session_whose_token_opens_it_again(self) -> None:
        (ada,) = self.users("ada")
        async with Client(self.server.url, user=ada.upper(), password=PASSWORD) as client:
            self.assertEqual(client.user, ada)
            token = client.token
            assert token is not None and token.startswith("tds_")
        async with Client(self.server.url, token=token) as client:
            self.assertEqual(client.user, ada)

    async def test_a_wrong_password_and_a_wrong_token_are_refused(self) -> None:
        (ada,) = self.users("ada")
        for client in (Client(self.server.url, user=ada, password="not hers"), Client(self.server.url, token="tds_wrong")):
            with self.assertRaises(Refused) as no:
                await client.open()
            self.assertEqual(no.exception.code, "unauthenticated")

    async def test_a_session_that_is_over_is_opened_anew_with_the_password(self) -> None:
        (ada,) = self.users("ada")
        async with Client(self.server.url, token="tds_gone", user=ada, password=PASSWORD) as client:
            self.assertNotEqual(client.token, "tds_gone")

    async def test_a_server_that_is_not_there_is_said_to_be_unreachable(self) -> None:
        with self.assertRaises(Unreachable):
            await Client("http://127.0.0.1:9", token="tds_1", connect_within=1).open()

    async def test_a_session_that_another_device_ends_is_over(self) -> None:
        (ada,) = self.users("ada")
        async with self.client(ada) as one, Client(self.server.url, user=ada, password=PASSWORD) as two:
            (other,) = [session.session for session in await two.sessions() if not session.current]
            await two.end_session(other)
            with self.assertRaises(Over) as over:
                await first(one, Message)
            self.assertEqual(over.exception.reason, "revoked")
            with self.assertRaises(Over):
                await one.send(ada, "too late")

    async def test_who_logs_out_needs_the_password_again(self) -> None:
        (ada,) = self.users("ada")
        async with self.client(ada) as client:
            await client.log_out()
            with self.assertRaises(Over) as over:
                await first(client, Message)
            self.assertEqual(over.exception.reason, "logged_out")
        with self.assertRaises(Refused):
            await self.client(ada).open()

    async def test_events_end_when_the_client_is_closed(self) -> None:
        (ada,) = self.users("ada")
        client = self.client(ada)
        await client.open()
        asyncio.get_running_loop().call_later(0.1, lambda: asyncio.ensure_future(client.close()))
        async for _ in client.events():
            pass


class Talking(Case):
    async def test_a_message_is_answered(self) -> None:
        ada, bob = await self.pair()
        sent = await ada.send(bob.user, "Tea?")
        self.assertEqual((sent.seq, sent.duplicate), (1, False))
        message = await first(bob, Message)
        self.assertEqual((message.text, message.author, message.mine), ("Tea?", ada.user, False))
        await bob.answer(message, "Yes!", quote=True)
        answer = await first(ada, Message, lambda message: not message.mine)
        self.assertEqual((answer.text, answer.entry.body), ("Yes!", answer.entry.body))
        self.assertEqual([entry.text for entry in answer.chat.entries], ["Tea?", "Yes!"])
        self.assertEqual(await ada.history(sent.conversation), answer.chat.entries)

    async def test_answering_again_has_no_second_effect_and_other_words_are_refused(self) -> None:
        ada, bob = await self.pair()
        await ada.send(bob.user, "Tea?")
        message = await first(bob, Message)
        one, two = await bob.answer(message, "Yes!"), await bob.answer(message, "Yes!")
        self.assertEqual((one.seq, one.duplicate, two.seq, two.duplicate), (2, False, 2, True))
        with self.assertRaises(Refused) as no:
            await bob.answer(message, "No!")
        self.assertEqual(no.exception.code, "idempotency_conflict")

    async def test_all_kinds_of_messages_arrive(self) -> None:
        ada, bob = await self.pair()
        await ada.send(bob.user, "*loud*", markdown=True, mentions=[bob.user])
        await ada.send_custom(bob.user, "order.shipped", {"order": 17})
        await ada.send_location(bob.user, 51.5, -0.125, name="London")
        await ada.send_sticker(bob.user, "👍")
        await ada.send_contact_card(bob.user, bob.user)
        kinds: list[str] = []
        bodies: list[Body] = []
        while len(kinds) < 5:
            message = await first(bob, Message)
            kinds.append(message.entry.body.kind)
            bodies.append(message.entry.body)
            self.assertEqual(message.mentions_me, len(kinds) == 1)
        self.assertEqual(kinds, ["text", "custom", "location", "sticker", "contact_card"])
        assert isinstance(bodies[2], Location) and isinstance(bodies[3], Sticker)
        self.assertEqual((bodies[2].latitude_e6, bodies[2].longitude_e6), (51_500_000, -125_000))
        await ada.settled()
        chat = ada.chat_with(bob.user)
        assert chat is not None
        self.assertEqual([entry.body for entry in chat.entries], bodies)

    async def test_an_edit_a_reaction_and_a_recall_change_what_was_there(self) -> None:
        ada, bob = await self.pair()
        sent = await ada.send(bob.user, "Tee?")
        await first(bob, Message)
        await ada.edit(sent.conversation, sent.seq, "Tea?")
        self.assertEqual((await first(bob, Changed)).entry.text, "Tea?")
        self.assertEqual((await first(bob, Notice)).entry.body.kind, "edited")
        await bob.react(sent.conversation, sent.seq, "👍")
        changed = await first(ada, Changed, lambda event: bool(event.entry.reactions))
        self.assertEqual([(each.emoji, each.users) for each in changed.entry.reactions], [("👍", [bob.user])])
        await ada.recall(sent.conversation, sent.seq)
        self.assertEqual((await first(bob, Changed, lambda event: not event.entry.reactions)).entry.body.kind, "recalled")

    async def test_receipts_typing_and_presence_are_told(self) -> None:
        ada, bob = await self.pair()
        await ada.send(bob.user, "Tea?")
        message = await first(bob, Message)
        bob.read(message)
        await first(ada, Receipt, lambda event: any(cursor.user == bob.user and cursor.read == 1 for cursor in event.moved))
        bob.typing(message.conversation)
        typing = await first(ada, Typing)
        self.assertEqual((typing.user, typing.active), (bob.user, True))
        await bob.set_presence("busy", "in a meeting", emoji="📅")
        # A server that has just started tells presence by itself only after a while.
        ada.watch([bob.user])
        shown = await first(ada, PresenceChanged, lambda event: event.presence.state == "busy")
        self.assertEqual((shown.presence.user, shown.presence.text), (bob.user, "in a meeting"))
        self.assertEqual([each.state for each in await ada.presences([bob.user])], ["busy"])

    async def test_an_event_of_the_app_is_told_to_whoever_is_there(self) -> None:
        ada, bob = await self.pair()
        key = self.server.command("app", "key-create", "home", "--kind", "api").split()[1]
        backend = Rest(self.server.url, lambda: key, None)
        body = {"users": [ada.user], "kind": "order.shipped", "data": {"order": 4711, "parts": ["é", None]}}
        told = await backend.ask("POST", "/apps/home/push", body=body)
        self.assertEqual(told, {"results": [{"user": ada.user, "status": "told", "devices": 1}], "refused": 0})
        self.assertEqual(await first(ada, Pushed), Pushed("order.shipped", {"order": 4711, "parts": ["é", None]}))
        # What comes after it is heard as ever.
        await bob.send(ada.user, "Is it there?")
        self.assertEqual((await first(ada, Message)).text, "Is it there?")

    async def test_a_forwarded_message_says_who_said_it_first(self) -> None:
        ada, bob = await self.pair()
        await ada.send(bob.user, "Tea?")
        message = await first(bob, Message)
        await bob.forward(message, bob.user)
        notes = await first(bob, Message, lambda event: event.conversation != message.conversation)
        assert notes.entry.origin is not None
        self.assertEqual((notes.text, notes.entry.origin.author), ("Tea?", ada.user))

    async def test_search_and_pins_find_messages(self) -> None:
        ada, bob = await self.pair()
        sent = await ada.send(bob.user, "The lighthouse is closed")
        await ada.pin_entry(sent.conversation, sent.seq)
        self.assertEqual([entry.seq for entry in await bob.pins(sent.conversation)], [sent.seq])
        while not (found := await bob.search("lighthouse")).hits:
            await asyncio.sleep(0.1)
        self.assertEqual(found.hits[0].entry.text, "The lighthouse is closed")
        self.assertEqual((found.hits[0].highlights[0].start, found.hits[0].highlights[0].end), (4, 14))

    async def test_a_chat_s_own_side_follows(self) -> None:
        ada, bob = await self.pair()
        sent = await ada.send(bob.user, "Tea?")
        await first(bob, Message)
        chat = bob.chat(sent.conversation)
        assert chat is not None and chat.inbox is not None
        self.assertEqual((chat.unread, chat.title), (1, ada.user))
        await bob.pin(chat.id)
        await bob.mute(chat.id, 9_000_000_000_000)
        self.assertEqual((chat.inbox.pinned, chat.inbox.muted_until), (True, 9_000_000_000_000))
        await bob.hide(chat.id)
        self.assertEqual(bob.chats, [])


class Flooded(Case):
    async def test_a_program_that_is_slow_to_take_events_gets_every_message_and_its_memory_has_a_bound(self) -> None:
        (ada, bob), count = await self.pair(), 400
        with unittest.mock.patch("tidings.client.EVENTS_MAX", 20):
            for pending in [ada.post(bob.user, str(number)) for number in range(count)]:
                await pending
            await asyncio.sleep(0.5)
            self.assertLess(len(bob._queue), 300)
            heard: list[str] = []
            while len(heard) < count:
                heard.append((await first(bob, Message)).text)
                if len(heard) % 50 == 0:
                    await asyncio.sleep(0.01)
            self.assertEqual(heard, [str(number) for number in range(count)])
            await bob.settled()

    async def test_who_has_very_much_unread_is_let_in_and_gets_it_all(self) -> None:
        ada, bob = self.users("ada", "bob")
        client = await self.opened(ada)
        for pending in [client.post(bob, str(number)) for number in range(300)]:
            await pending
        with unittest.mock.patch("tidings.client.EVENTS_MAX", 20):
            late = await self.opened(bob)
            heard = [(await first(late, Message)).text for _ in range(300)]
        self.assertEqual(heard, [str(number) for number in range(300)])

    async def test_a_program_that_reads_no_events_has_none_kept_and_an_up_to_date_copy(self) -> None:
        ada, bob = self.users("ada", "bob")
        client = await self.opened(ada)
        async with Client(self.server.url, token=self.tokens[bob], keep_events=False) as quiet:
            sent = await client.send(bob, "Tea?")
            await quiet.until(lambda: (chat := quiet.chat(sent.conversation)) and chat.entry(sent.seq))
            self.assertEqual(len(quiet._queue), 0)


class People(Case):
    async def test_contacts_are_asked_answered_labelled_and_blocked(self) -> None:
        ada, bob = await self.pair()
        await ada.request_contact(bob.user, "It is me")
        notice = await first(bob, Notice)
        self.assertEqual((notice.entry.body.kind, notice.chat.kind), ("contact_requested", "feed"))
        (request,) = [request async for request in bob.contact_requests()]
        self.assertEqual((request.sender, request.greeting, request.state), (ada.user, "It is me", "pending"))
        await bob.answer_contact(ada.user, True)
        (contact,) = [contact async for contact in ada.contacts()]
        self.assertEqual((contact.user, contact.contact), (bob.user, True))
        label = await ada.create_label("Family")
        await ada.label_contacts(label, add=[bob.user])
        await ada.set_contact(bob.user, remark="Bob from work", labels=[label])
        (contact,) = [contact async for contact in ada.contacts()]
        self.assertEqual((contact.remark, contact.labels), ("Bob from work", [label]))
        await bob.block(ada.user)
        with self.assertRaises(Refused) as no:
            await ada.send(bob.user, "Are you there?")
        self.assertEqual(no.exception.code, "blocked")
        (relation,) = await bob.relations([ada.user])
        self.assertTrue(relation.blocked)

    async def test_a_profile_is_set_and_seen(self) -> None:
        ada, bob = await self.pair()
        await ada.set_name("Ada Lovelace")
        (profile,) = await bob.users([ada.user])
        self.assertEqual(profile.name, "Ada Lovelace")
        self.assertEqual((await ada.me()).profile, profile)


class Groups(Case):
    async def test_a_group_is_made_joined_and_left(self) -> None:
        ada, bob = await self.pair()
        (cy,) = self.users("cy")
        group = await ada.create_group("Kitchen", [bob.user])
        await first(bob, Notice, lambda event: event.entry.body.kind == "group_created")
        await bob.settled()
        chat = bob.chat(group)
        assert chat is not None
        self.assertEqual((chat.title, chat.kind), ("Kitchen", "group"))
        code = await ada.create_invite(group, uses_max=1)
        async with self.client(cy) as third:
            self.assertEqual(await third.join_by_code(code), group)
            await third.send(group, "Hello, all")
            message = await first(bob, Message)
            self.assertEqual((message.text, message.conversation), ("Hello, all", group))
            members = {member.user: member.role async for member in ada.members(group)}
            self.assertEqual(members, {ada.user: "owner", bob.user: "member", cy: "member"})
            await third.leave(group)
        await ada.rename(group, "Küche")
        await bob.until(lambda: chat.title == "Küche" or None)
        await ada.set_manager(group, bob.user, True)
        await bob.until(lambda: (chat.about and chat.about.role == "manager") or None)
        await ada.transfer(group, bob.user)
        await bob.dissolve(group)
        with self.assertRaises(Refused) as no:
            await ada.send(group, "Hello?")
        self.assertEqual(no.exception.code, "dissolved")

    async def test_a_muted_group_and_a_silenced_member_do_not_speak(self) -> None:
        ada, bob = await self.pair()
        group = await ada.create_group("Kitchen", [bob.user], rules=GroupRules(kind="public", join="approval"))
        self.assertIn(group, [found.conversation for found in await bob.find_groups("kitch")])
        await ada.mute_group(group, True)
        await ada.silence_member(group, bob.user, 9_000_000_000_000)
        with self.assertRaises(Refused) as no:
            await bob.send(group, "But")
        self.assertIn(no.exception.code, ("muted", "silenced_in_group"))

    async def test_who_asked_to_join_is_answered(self) -> None:
        ada, bob = await self.pair()
        group = await ada.create_group("Club", rules=GroupRules(kind="public", join="approval"))
        await bob.join(group, "May I?")
        (request,) = [request async for request in ada.join_requests(group)]
        self.assertEqual((request.user, request.greeting), (bob.user, "May I?"))
        await ada.answer_join(group, bob.user, True)
        await bob.send(group, "Thank you")

    async def test_members_who_are_added_see_it(self) -> None:
        ada, bob = await self.pair()
        group = await ada.create_group("Kitchen")
        await ada.add_members(group, [bob.user])
        notice = await first(bob, Notice, lambda event: isinstance(event.entry.body, MembersAdded))
        self.assertEqual(notice.conversation, group)
        await ada.remove_member(group, bob.user)
        await bob.until(lambda: (notice.chat.inbox and notice.chat.inbox.gone) or None)


class Files(Case):
    async def test_a_file_arrives_byte_for_byte(self) -> None:
        ada, bob = await self.pair()
        content = bytes(range(256)) * 12_000
        await ada.send_file(bob.user, content, name="plan.bin", caption="The plan")
        message = await first(bob, Message)
        body = message.entry.body
        assert isinstance(body, Media)
        self.assertEqual((body.info.name, body.info.bytes, message.text), ("plan.bin", len(content), "The plan"))
        self.assertEqual(await bob.download(body.info), content)

    async def test_a_file_on_disk_is_sent_under_its_name(self) -> None:
        ada, bob = await self.pair()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "notes.txt"
            path.write_text("Bring gloves.")
            await ada.send_file(bob.user, path)
        body = (await first(bob, Message)).entry.body
        assert isinstance(body, Media)
        self.assertEqual((body.info.name, body.shown_as), ("notes.txt", "file"))

    async def test_a_file_of_others_is_not_found(self) -> None:
        ada, bob = await self.pair()
        media = await ada.upload(b"secret", name="x")
        with self.assertRaises(Refused) as no:
            await bob.download(media)
        self.assertEqual(no.exception.code, "not_found")


class Restarting(Case):
    """A program that ends and starts again."""

    async def test_what_was_not_handled_comes_again_and_what_was_does_not(self) -> None:
        ada, bot = self.users("ada", "bot")
        handled: list[str] = []

        async def run(most: int) -> None:
            async with self.client(bot) as client:
                async for message in client.messages():
                    if len(handled) == most:
                        return
                    handled.append(message.text)
                    if message.text == "last":
                        client.read(message)
                        await client.settled()
                        return

        async with self.client(ada) as client:
            for number in range(30):
                await client.send(bot, str(number))
            await run(7)
            await asyncio.sleep(0.5)
            await client.send(bot, "last")
        await run(1_000)
        self.assertEqual(handled, [*map(str, range(30)), "last"])

    async def test_an_outbox_in_a_file_is_sent_by_the_next_run_once(self) -> None:
        ada, bob = self.users("ada", "bob")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "store.json"
            store = FileStore(path)
            async with Client(self.server.url, user=ada, password=PASSWORD, store=store) as client:
                sent = await client.send(bob, "one")
            key = client.new_key()
            # Written down, and then the program is gone.
            store.put(key, {"send": {"to": {"user": bob}, "content": {"text": {"text": "two"}}}})
            store.put(sent.key, {"send": {"to": {"user": bob}, "content": {"text": {"text": "one"}}}})
            for _ in range(2):
                async with Client(self.server.url, store=FileStore(path)) as client:
                    await client.settled()
                    self.assertEqual(client.pending, [])
                    self.assertEqual([entry.text for entry in await client.history(sent.conversation)], ["one", "two"])
        async with self.client(bob) as client:
            self.assertEqual([entry.text for entry in client.chats[0].entries], ["one", "two"])


class Slowed(Case):
    settings = {"TIDINGS_LIMITS_RATE_PER_SECOND": "100", "TIDINGS_LIMITS_RATE_BURST": "10"}

    async def test_a_server_that_says_not_so_fast_gets_everything_in_order(self) -> None:
        ada, bob = await self.pair()
        words = [str(number) for number in range(150)]
        pending = [ada.post(bob.user, word) for word in words]
        sent = [await each for each in pending]
        self.assertEqual([each.seq for each in sent], list(range(1, 151)))
        heard: list[str] = []
        while len(heard) < len(words):
            heard.append((await first(bob, Message)).text)
        self.assertEqual(heard, words)
