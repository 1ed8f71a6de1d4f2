"""The state machine, against the other end of it in memory and a clock that stands still."""

from __future__ import annotations

import random
import unittest
from typing import Any

from tests.fake import FakeClock, FakeServer, connected, replies, said, session, text
from tidings import Over, Refused
from tidings.events import CaughtUp, Changed, Connection, ConversationChanged, Missed, Notice, Receipt, Reset
from tidings.records import Text
from tidings.session import AGAIN_MS, CURSOR_WAIT_MS, Answered, Outcome, Settled

HELLO = {"send": {"to": {"user": "bob"}, "content": text("Hello")}}
KEY = "0192ca3b-7e00-7cc3-98c4-dc0c0c07398f"


class Case(unittest.TestCase):
    def setUp(self) -> None:
        self.clock, self.server = FakeClock(), FakeServer()
        self.client = session(self.clock)

    def later(self, ms: int) -> list[dict[str, Any]]:
        """Time passes; gives what the client says then."""
        self.clock.ms += ms
        self.client.tick()
        return self.server.serve(self.client)


class Synchronising(Case):
    def test_what_is_not_read_comes_as_events_and_what_is_read_is_there_to_look_at(self) -> None:
        for number in range(5):
            self.server.says(str(number))
        self.server.read = 2
        connected(self.server, self.client)
        self.assertTrue(self.client.synced)
        self.assertEqual(said(self.client), ["2", "3", "4"])
        self.assertEqual([entry.text for entry in self.client.chats[1].entries], ["0", "1", "2", "3", "4"])

    def test_everything_unread_is_fetched_not_the_newest_page_alone(self) -> None:
        for number in range(450):
            self.server.says(str(number))
        connected(self.server, self.client)
        self.assertEqual(said(self.client), [str(number) for number in range(450)])

    def test_a_client_that_wants_only_what_is_new_gets_only_that(self) -> None:
        self.client = session(self.clock, "new")
        self.server.says("before")
        connected(self.server, self.client)
        self.assertEqual(said(self.client), [])
        self.client.frame("entry", self.server.says("after"))
        self.assertEqual(said(self.client), ["after"])

    def test_a_client_that_wants_all_gets_what_is_read_too(self) -> None:
        self.client = session(self.clock, "all")
        for number in range(30):
            self.server.says(str(number))
        self.server.read = 30
        connected(self.server, self.client)
        self.assertEqual(said(self.client), [str(number) for number in range(30)])

    def test_after_a_break_what_was_missed_comes_once(self) -> None:
        connected(self.server, self.client)
        self.client.frame("entry", self.server.says("one"))
        self.server.serve(self.client)
        self.client.closed()
        for number in range(50):
            self.server.says(str(number))
        self.client.opened({"token": "tds_1"})
        (hello,) = self.client.frames
        self.assertEqual(hello["hello"]["resume"], {"epoch": 7, "cursor": 11})
        self.server.serve(self.client)
        self.assertEqual(said(self.client), ["one", *map(str, range(50))])

    def test_an_entry_of_a_conversation_that_is_not_known_waits_for_its_record(self) -> None:
        connected(self.server, self.client)
        self.client.frame("entry", self.server.says("first"))
        self.assertEqual(said(self.client), [])
        self.server.serve(self.client)
        self.assertEqual(said(self.client), ["first"])
        self.assertEqual(self.client.chats[1].peer, "bob")

    def test_other_data_on_the_server_drops_the_copy_and_keeps_the_outbox(self) -> None:
        self.server.says("old")
        connected(self.server, self.client)
        self.client.closed()
        self.client.submit(KEY, HELLO)
        self.client.events.clear()
        self.server = FakeServer()
        self.server.epoch = 8
        connected(self.server, self.client)
        self.assertTrue(any(isinstance(event, Reset) for event in self.client.events))
        self.assertEqual(said(self.client), ["Hello"])
        self.assertEqual([entry["body"] for entry in self.server.entries], [text("Hello")])
        self.assertEqual(self.client.epoch, 8)

    def test_pushes_that_were_dropped_are_made_up_for_from_the_cursor(self) -> None:
        connected(self.server, self.client)
        self.client.frame("entry", self.server.says("one"))
        self.server.serve(self.client)
        self.server.says("dropped")
        self.client.frame("lagging", {})
        ((_, sync),) = self.client.frames[-1].items()
        self.assertEqual(sync["cursor"], 11)
        self.server.serve(self.client)
        self.assertEqual(said(self.client), ["one", "dropped"])

    def test_live_frames_during_a_sync_do_not_move_the_cursor(self) -> None:
        self.client.opened({"token": "tds_1"})
        self.client.frame("welcome", self.server.welcome())
        self.client.frame("entry", self.server.says("live"))
        self.assertEqual(self.client.cursor, 0)

    def test_a_sync_that_is_refused_for_now_is_asked_again(self) -> None:
        self.client.opened({"token": "tds_1"})
        self.client.frame("welcome", self.server.welcome())
        request = self.client.frames.pop()["sync"]["request"]
        self.client.frames.clear()
        self.client.frame("refused", {"request": request, "code": "overloaded", "message": "", "retry_after_ms": 300, "fatal": False})
        self.assertEqual(self.client.deadline_ms(), self.clock.ms + 300)
        self.later(300)
        self.assertTrue(self.client.synced)

    def test_caught_up_comes_after_everything_that_was_there(self) -> None:
        for number in range(40):
            self.server.says(str(number))
        connected(self.server, self.client)
        self.assertIsInstance(self.client.events[-1], CaughtUp)


class Holes(Case):
    def setUp(self) -> None:
        super().setUp()
        connected(self.server, self.client)
        self.client.frame("entry", self.server.says("0"))
        self.server.serve(self.client)
        said(self.client)

    def test_a_hole_is_filled_before_what_is_above_it_is_told(self) -> None:
        self.server.says("1"), self.server.says("2")
        self.client.frame("entry", self.server.says("3"))
        self.assertEqual(said(self.client), [])
        (ask,) = self.client.frames
        self.assertEqual(ask["query"]["query"], {"entries": {"conversation": 1, "from": 2, "to": 3, "limit": 200}})
        self.server.serve(self.client)
        self.assertEqual(said(self.client), ["1", "2", "3"])

    def test_what_comes_twice_is_told_once(self) -> None:
        frame = self.server.says("1")
        for _ in range(3):
            self.client.frame("entry", frame)
        self.assertEqual(said(self.client), ["1"])

    def test_older_never_overwrites_newer(self) -> None:
        old = self.server.says("1")
        target, notice = self.server.edits(2, "better")
        self.client.frame("entry", old)
        self.client.frame("entry", target)
        self.client.frame("entry", notice)
        changed = [event for event in self.client.events if isinstance(event, Changed)]
        self.assertEqual([event.entry.text for event in changed], ["better"])
        self.client.frame("entry", old)
        entry = self.client.chats[1].entry(2)
        assert entry is not None
        self.assertEqual(entry.text, "better")

    def test_a_notice_whose_target_did_not_come_has_it_fetched(self) -> None:
        self.client.frame("entry", self.server.says("1"))
        _, notice = self.server.edits(2, "better")
        self.client.frame("entry", notice)
        self.assertFalse(self.client.frames)
        self.later(200)
        entry = self.client.chats[1].entry(2)
        assert entry is not None
        self.assertEqual(entry.text, "better")
        self.assertTrue(any(isinstance(event, Notice) for event in self.client.events))

    def test_a_hole_that_is_too_long_is_left_and_said_so(self) -> None:
        self.client = session(self.clock, hole_max=100)
        connected(self.server, self.client)
        said(self.client)
        for number in range(1, 150):
            self.server.says(str(number))
        self.client.frame("entry", self.server.says("150"))
        self.server.serve(self.client)
        self.assertTrue(any(isinstance(event, Missed) and event.conversation == 1 for event in self.client.events))
        self.assertEqual(said(self.client), ["150"])

    def test_while_nobody_takes_events_entries_wait_at_the_server(self) -> None:
        self.client.hold = True
        for number in range(1, 30):
            self.client.frame("entry", self.server.says(str(number)))
        self.server.serve(self.client)
        self.assertEqual(said(self.client), [])
        self.client.hold = False
        self.later(0)
        self.assertEqual(said(self.client), [str(number) for number in range(1, 30)])

    def test_whatever_is_lost_on_the_way_every_message_is_told_once_and_in_order(self) -> None:
        for seed in range(60):
            chance = random.Random(seed)
            server, client = FakeServer(chance), session(self.clock)
            connected(server, client)
            told: list[str] = []
            for number in range(120):
                frame = server.says(str(number))
                if chance.random() < 0.6:
                    client.frame("entry", frame)
                if chance.random() < 0.1:
                    client.frame("entry", frame)
                if chance.random() < 0.05:
                    client.closed()
                    connected(server, client)
                if chance.random() < 0.2:
                    server.serve(client)
                if chance.random() < 0.1:
                    client.hold = not client.hold
                told += said(client)
            client.hold = False
            client.closed()
            connected(server, client)
            server.serve(client)
            told += said(client)
            self.assertEqual(told, [str(number) for number in range(120)], f"seed {seed}")


class Sending(Case):
    def setUp(self) -> None:
        super().setUp()
        connected(self.server, self.client)

    def outcome(self) -> Outcome | Refused:
        (settled,) = replies(self.client)
        assert isinstance(settled, Settled) and not isinstance(settled.result, dict)
        return settled.result

    def test_the_own_message_is_there_with_its_outcome(self) -> None:
        self.server.says("before")
        self.client.submit(KEY, HELLO)
        self.server.serve(self.client)
        outcome = self.outcome()
        assert isinstance(outcome, Outcome)
        self.assertEqual(outcome.result["appended"]["seq"], 2)
        self.server.serve(self.client)
        self.assertEqual(said(self.client), ["before", "Hello"])
        self.assertEqual(self.client.cursor, 12)

    def test_a_command_whose_outcome_was_lost_is_sent_again_under_its_key_and_has_one_effect(self) -> None:
        self.client.submit(KEY, HELLO)
        self.server.submit(self.client.frames.pop()["submit"])
        self.client.closed()
        connected(self.server, self.client)
        outcome = self.outcome()
        assert isinstance(outcome, Outcome)
        self.assertTrue(outcome.duplicate)
        self.assertEqual(len(self.server.entries), 1)
        self.assertEqual(said(self.client), ["Hello"])

    def test_what_is_asked_for_without_a_connection_goes_when_there_is_one(self) -> None:
        self.client.closed()
        self.client.submit(KEY, HELLO)
        self.assertFalse(self.client.frames)
        connected(self.server, self.client)
        self.assertIsInstance(self.outcome(), Outcome)

    def test_a_refusal_is_for_who_asked(self) -> None:
        self.client.submit(KEY, HELLO)
        request = self.client.frames.pop()["submit"]["request"]
        no = {"request": request, "code": "stranger", "message": "They take messages from contacts only.", "fatal": False}
        self.client.frame("refused", no)
        refused = self.outcome()
        assert isinstance(refused, Refused)
        self.assertEqual(refused.code, "stranger")

    def test_no_more_are_in_flight_than_the_window_allows(self) -> None:
        self.server.window = 2
        self.client.closed()
        self.client.opened({"token": "tds_1"})
        self.client.frame("welcome", self.server.welcome())
        self.client.frames.clear()
        for number in range(4):
            self.client.submit(f"{number}", HELLO)
        self.assertEqual(len(self.client.frames), 2)
        self.server.serve(self.client)
        self.assertEqual(len(self.server.entries), 4)

    def expired(self) -> Outcome | Refused:
        """A command that waited for too long is refused while the sync goes on; gives what becomes of it once that is through."""
        self.client.closed()
        self.client.submit(KEY, HELLO)
        self.client.opened({"token": "tds_1"})
        self.client.frame("welcome", self.server.welcome())
        (submit,) = (frame["submit"] for frame in self.client.frames if "submit" in frame)
        self.client.frames.clear()
        self.client.frame("refused", {"request": submit["request"], "code": "key_expired", "message": "", "fatal": False})
        self.assertEqual(replies(self.client), [])
        self.client.frame("changes", self.server.changes(0, 0))
        return self.outcome()

    def test_a_message_whose_key_expired_was_sent_if_the_log_has_it(self) -> None:
        self.server.append("ada", text("Hello"), KEY)
        outcome = self.expired()
        assert isinstance(outcome, Outcome)
        self.assertEqual((outcome.duplicate, outcome.result["appended"]["seq"]), (True, 1))

    def test_a_message_whose_key_expired_was_not_sent_if_the_log_does_not_have_it(self) -> None:
        refused = self.expired()
        assert isinstance(refused, Refused)
        self.assertEqual(refused.code, "key_expired")

    def test_keys_are_made_with_the_time_of_the_server(self) -> None:
        self.assertEqual(self.client.server_ms(), 1_730_000_000_000)
        self.client.frame("pong", {"nonce": 1, "time": 1_730_000_005_000})
        self.assertEqual(self.client.server_ms(), 1_730_000_005_000)


class Asking(Case):
    def test_a_question_is_asked_again_on_the_next_connection(self) -> None:
        connected(self.server, self.client)
        ticket = self.client.query({"entries": {"conversation": 1, "limit": 5}})
        self.client.closed()
        connected(self.server, self.client)
        (answered,) = replies(self.client)
        assert isinstance(answered, Answered)
        self.assertEqual(answered.ticket, ticket)

    def test_a_few_questions_at_a_time(self) -> None:
        connected(self.server, self.client)
        for _ in range(10):
            self.client.query({"entries": {"conversation": 1, "limit": 5}})
        self.assertEqual(len(self.client.frames), 4)
        self.server.serve(self.client)
        self.assertEqual(len(replies(self.client)), 10)


class Silence(Case):
    def setUp(self) -> None:
        super().setUp()
        connected(self.server, self.client)

    def test_after_silence_it_says_ping_and_a_dead_connection_is_given_up(self) -> None:
        self.assertEqual(self.client.deadline_ms(), self.clock.ms + 30_000)
        self.assertEqual([list(frame) for frame in self.later(30_000)], [["ping"]])
        self.assertIsNone(self.client.verdict)
        self.later(45_000)
        assert self.client.verdict is not None
        self.assertEqual(self.client.verdict.what, "reconnect")

    def test_a_greeting_that_is_not_answered_is_given_up(self) -> None:
        self.client.closed()
        self.client.opened({"token": "tds_1"})
        self.clock.ms += 20_000
        self.client.tick()
        assert self.client.verdict is not None
        self.assertEqual(self.client.verdict.what, "reconnect")


class Endings(Case):
    def ended(self, kind: str, **fields: Any) -> tuple[str, int]:
        connected(self.server, self.client)
        self.client.frame(kind, fields)
        verdict = self.client.verdict
        assert verdict is not None
        return verdict.what, verdict.after_ms

    def refused(self, code: str, retry_after_ms: int | None = None) -> tuple[str, int]:
        fields = {"request": None, "code": code, "message": "", "retry_after_ms": retry_after_ms, "fatal": True}
        return self.ended("refused", **fields)

    def test_a_server_that_goes_away_is_come_back_to_when_it_says(self) -> None:
        self.assertEqual(self.ended("closing", reason="restart", retry_after_ms=2_000), ("reconnect", 2_000))

    def test_who_is_kicked_does_not_come_back(self) -> None:
        self.assertEqual(self.ended("kicked", reason="replaced_by_device", by="Ada's phone")[0], "over")
        assert self.client.verdict is not None
        over = self.client.verdict.error
        assert isinstance(over, Over)
        self.assertEqual((over.reason, over.by), ("replaced_by_device", "Ada's phone"))

    def test_a_refused_hello_is_final_or_not_by_its_code(self) -> None:
        self.assertEqual(self.refused("unauthenticated")[0], "log_in")
        self.assertEqual(self.refused("rate_limited", 60_000), ("reconnect", 60_000))
        self.assertEqual(self.refused("overloaded"), ("reconnect", 0))
        self.assertEqual(self.refused("suspended")[0], "over")


class Telling(Case):
    def setUp(self) -> None:
        super().setUp()
        self.server.says("0")
        connected(self.server, self.client)

    def test_what_arrived_is_said_to_be_delivered_a_moment_later_in_one_frame(self) -> None:
        for number in range(5):
            self.client.frame("entry", self.server.says(str(number)))
        self.assertEqual(self.server.serve(self.client), [])
        self.assertEqual(self.later(CURSOR_WAIT_MS), [{"delivered": {"conversation": 1, "seq": 6}}])

    def test_what_is_read_counts_as_read_here_and_is_told_again_after_a_break(self) -> None:
        self.later(CURSOR_WAIT_MS)
        self.assertEqual(self.client.chats[1].unread, 1)
        self.client.read(1, 1)
        self.assertEqual(self.client.chats[1].unread, 0)
        self.assertEqual(self.later(CURSOR_WAIT_MS), [{"read": {"conversation": 1, "seq": 1}}])
        self.client.closed()
        connected(self.server, self.client)
        self.assertIn({"read": {"conversation": 1, "seq": 1}}, self.later(CURSOR_WAIT_MS))

    def test_unread_counts_follow_messages(self) -> None:
        self.client.frame("entry", self.server.says("1"))
        self.assertEqual(self.client.chats[1].unread, 2)
        self.client.submit(KEY, HELLO)
        self.server.serve(self.client)
        self.assertEqual(self.client.chats[1].unread, 0)

    def test_receipts_only_grow(self) -> None:
        def moved(read: int) -> None:
            self.client.frame("receipt", {"conversation": 1, "lsn": 5, "moved": [{"user": "bob", "delivered": read, "read": read}]})

        moved(1)
        moved(0)
        self.assertEqual([cursor.read for cursor in self.client.chats[1].cursors], [1])
        self.assertEqual(sum(isinstance(event, Receipt) for event in self.client.events), 2)


class Tolerance(Case):
    def test_what_is_not_known_is_passed_over(self) -> None:
        connected(self.server, self.client)
        self.client.frame("sparkles", {"x": 1})
        self.client.frame("entry", {"conversation": 1, "entry": self.server.append("bob", {"hologram": {"x": 1}})})
        self.client.frame("entry", {**self.server.says("after"), "new_field": True})
        self.server.serve(self.client)
        self.assertEqual(said(self.client), ["after"])
        self.assertTrue(self.client.synced)

    def test_a_frame_that_cannot_be_read_does_no_harm(self) -> None:
        connected(self.server, self.client)
        with self.assertLogs("tidings", "WARNING"):
            self.client.frame("entry", {"conversation": 1, "entry": {"seq": 1}})
        self.client.frame("entry", self.server.says("after"))
        self.server.serve(self.client)
        self.assertEqual(said(self.client), ["after"])


if __name__ == "__main__":
    unittest.main()
