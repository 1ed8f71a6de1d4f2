"""Every frame of tests/vectors of the server: what it says can be read, and what this client says has the shape that it should have."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import unittest
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.fake import FakeClock, FakeServer, session
from tidings import records
from tidings.calls import Calls
from tidings.codec import BODIES, decode, encode
from tidings.records import Entry
from tidings.session import Outcome

VECTORS = Path(__file__).resolve().parents[3] / "tests" / "vectors"


def vectors(side: str) -> list[tuple[str, dict[str, Any]]]:
    return [(each["name"], json.loads(each["json"])) for each in json.loads((VECTORS / f"{side}.json").read_text())]


@unittest.skipUnless(VECTORS.exists(), "the vectors are in the server's repository")
class WhatTheServerSays(unittest.TestCase):
    def test_every_frame_can_be_read(self) -> None:
        for name, frame in vectors("server"):
            ((kind, fields),) = frame.items()
            with self.subTest(name):
                client = session(FakeClock())
                client.opened({"token": "tds_1"})
                client.frame("welcome", FakeServer().welcome())
                with self.assertNoLogs("tidings", "WARNING"):
                    client.frame(kind, fields)

    def test_every_body_is_read_and_written_without_loss(self) -> None:
        seen = set()
        for name, frame in vectors("server"):
            if "entry" not in frame:
                continue
            wire = frame["entry"]["entry"]
            entry = decode(Entry, wire)
            seen.add(entry.body.kind)
            with self.subTest(name):
                self.assertEqual({entry.body.kind: encode(entry.body)}, wire["body"])
        self.assertEqual(seen, set(BODIES))

    def test_what_counts_as_unread_is_a_message(self) -> None:
        messages = {kind for kind, body in BODIES.items() if body.is_message}
        self.assertEqual(
            messages, {"text", "custom", "media", "location", "contact_card", "sticker", "recalled", "answer", "post", "buttons"}
        )

    def test_every_record_of_an_answer_is_read_and_written_without_loss(self) -> None:
        known = {
            "me": records.Me, "sessions": records.Session, "users": records.Profile, "contacts": records.Contact,
            "contact_requests": records.ContactRequest, "labels": records.Label, "relations": records.Relation,
            "groups": records.GroupPreview, "invites": records.Invite, "join_requests": records.JoinRequest,
            "bot_commands": records.OfferedCommand, "presences": records.Presence, "members": records.Member, "receipts": records.Receipts, "found": records.Found,
        }
        seen = set()
        for name, frame in vectors("server"):
            if "answer" not in frame:
                continue
            ((kind, answer),) = frame["answer"]["answer"].items()
            if kind not in known:
                continue
            seen.add(kind)
            rows = next((rows for rows in answer.values() if isinstance(rows, list) and kind not in ("receipts", "found", "me")), [answer])
            for row in rows:
                with self.subTest(name):
                    record: Any = decode(known[kind], row)
                    self.assertLessEqual(_keys(encode(record)) - _keys(row), set())
        self.assertEqual(seen, set(known))


def _keys(value: object) -> set[str]:
    return set(value) if isinstance(value, dict) else set()


class Recorder(Calls):
    """Notes what the calls ask for."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def submit(self, command: Any, made: Any, key: Any = None) -> Any:
        self.asked.append(command)
        ((name, _),) = command.items()
        results = {
            "create_group": {"conversation": {"conversation": 43}},
            "open_direct": {"conversation": {"conversation": 1}},
            "open_assistant": {"conversation": {"conversation": 9}},
            "create_label": {"label": {"label": 3}},
            "delete_all_contacts": {"removed": {"count": 1, "more": False}},
        }
        appended = {"appended": {"conversation": 43, "seq": 7, "ordinal": 6, "at": 1}}

        async def outcome() -> Any:
            return made(Outcome("key", 1, False, results.get(name, appended)))

        return outcome()

    async def query(self, query: Any) -> Any:
        self.asked.append(query)
        names = (
            "entries", "members", "invites", "requests", "groups", "hits", "presences", "users", "relations", "contacts", "labels",
            "sessions", "cursors", "commands",
        )
        rows: dict[str, list[object]] = {name: [] for name in names}
        return {**rows, "more": False, "next": None, "complete": True, "read": 0}

    def new_key(self) -> str:
        return "key"


@unittest.skipUnless(VECTORS.exists(), "the vectors are in the server's repository")
class WhatThisClientSays(unittest.TestCase):
    def test_every_command_and_query_has_the_fields_that_the_server_knows(self) -> None:
        asyncio.run(self._every_call())

    async def _every_call(self) -> None:
        calls = Recorder()
        rules, card = records.GroupRules(), records.GroupCard()
        await calls.send("bob", "Tea?")
        await calls.send(1, "Tea?", mentions=["bob"], reply_to=2)
        await calls.send_custom(1, "order.shipped", {"order": 17})
        await calls.send_location(1, 51.5, -0.1)
        await calls.send_contact_card(1, "cy")
        await calls.send_sticker(1, "👍")
        info = records.MediaInfo("a5" * 16, "x", "image/png", 1, None, None, None, False, 1)
        await calls.send_file(1, info, kind="image")
        await calls.edit(1, 2, "x")
        said: Any = SimpleNamespace(conversation=1, entry=SimpleNamespace(seq=2))
        await calls.forward(said, "bob")
        await calls.recall(1, 2)
        await calls.react(1, 2, "👍")
        await calls.pin_entry(1, 2)
        await calls.open_direct("bob")
        await calls.open_assistant("assistant", "Soups")
        await calls.stop_answer(43)
        await calls.regenerate(43, 7)
        await calls.send(43, "What today?", buttons=[[records.Button.press("Soup", "soup:1"), records.Button.open("Menu", "https://example.org/menu")]])
        await calls.set_commands([records.BotCommand("soup", "What there is to eat")])
        await calls.press(43, 7, "soup:1")
        await calls.edit_buttons(43, 7, "Soup it is")
        await calls.bot_commands(43)
        await calls.create_group("Kitchen", ["bob"], rules=rules)
        await calls.add_members(43, ["dora"])
        await calls.remove_member(43, "bob")
        await calls.leave(43)
        await calls.rename(43, "Küche")
        await calls.set_group_rules(43, rules)
        await calls.set_group_card(43, card)
        await calls.join(43)
        await calls.join_by_code("Zq3vN8sK1tB7xW0rL5yPdA")
        await calls.answer_join(43, "dora", True)
        await calls.create_invite(43)
        await calls.revoke_invite(43, "Zq3vN8sK1tB7xW0rL5yPdA")
        await calls.set_manager(43, "bob", True)
        await calls.transfer(43, "bob")
        await calls.dissolve(43)
        await calls.mute_group(43, True)
        await calls.silence_member(43, "bob", None)
        await calls.set_alias(43, "bob", None)
        await calls.pin(1)
        await calls.mute(1, None)
        await calls.hide(1)
        await calls.mark_unread(1)
        await calls.clear_history(1)
        await calls.set_profile("Ada", records.Card())
        await calls.set_settings(records.UserSettings("open", None, "everyone", False, False))
        await calls.set_presence("busy", "in a meeting")
        await calls.request_contact("bob")
        await calls.answer_contact("bob", True)
        await calls.set_contact("bob")
        await calls.delete_contacts(["bob"])
        await calls.delete_all_contacts()
        await calls.block("bob")
        await calls.create_label("Family")
        await calls.rename_label(3, "Friends")
        await calls.delete_label(3)
        await calls.label_contacts(3, add=["bob"])
        await calls.end_session(3)
        await calls.log_out()
        await calls.set_push(records.PushSubscription("https://push.example.org/x", "BCVx", "BTBZ", True))
        await calls.history(1, before=40)
        await calls.receipts(1, 2)
        await calls.pins(1)
        await calls.invites(43)
        await calls.find_groups("kit")
        await calls.search("tower")
        await calls.presences(["bob"])
        await calls.users(["bob"])
        await calls.find_users("ad")
        await calls.relations(["bob"])
        await calls.labels()
        await calls.sessions()
        for pages in (calls.members(43), calls.join_requests(43), calls.contacts(), calls.contact_requests()):
            self.assertEqual([row async for row in pages], [])
        known: dict[tuple[str, str], set[str]] = {}
        for _, frame in vectors("client"):
            for side, inside in (("submit", "command"), ("query", "query")):
                if side in frame:
                    ((kind, fields),) = frame[side][inside].items()
                    known.setdefault((kind, _variant(fields)), set()).update(fields)
        for asked in calls.asked:
            ((kind, fields),) = asked.items()
            with self.subTest(kind):
                self.assertIn((kind, _variant(fields)), known)
                self.assertLessEqual(set(fields), known[kind, _variant(fields)])
        commands = {next(iter(frame["submit"]["command"])) for _, frame in vectors("client") if "submit" in frame}
        self.assertEqual(commands - {next(iter(asked)) for asked in calls.asked}, set(), "each command has a method")


def _variant(fields: dict[str, Any]) -> str:
    """What a `send` sends."""
    content = fields.get("content")
    return next(iter(content)) if isinstance(content, dict) else ""


class Records(unittest.TestCase):
    def test_all_are_frozen(self) -> None:
        kinds = [kind for kind in vars(records).values() if dataclasses.is_dataclass(kind) and isinstance(kind, type)]
        self.assertGreater(len(kinds), 60)
        for kind in kinds:
            self.assertTrue(kind.__dataclass_params__.frozen, kind)  # type: ignore[attr-defined]


if __name__ == "__main__":
    unittest.main()
