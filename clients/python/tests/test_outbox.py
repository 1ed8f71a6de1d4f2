"""The outbox: in order, under the same key, once."""

from __future__ import annotations

import unittest

from tidings import Full, Refused
from tidings.outbox import RETRY_MS, Outbox

LEAVE = {"leave": {"conversation": 1}}


def filled(*keys: str) -> Outbox:
    return Outbox(items=[(key, LEAVE) for key in keys])


def sent(outbox: Outbox, now_ms: int, window: int, request: int) -> str | None:
    item = outbox.send_next(now_ms, window, request)
    return item.key if item else None


class InOrder(unittest.TestCase):
    def test_after_a_refusal_for_now_everything_goes_again_in_order_once_all_in_flight_is_answered(self) -> None:
        outbox = filled("a", "b", "c", "d")
        self.assertEqual([sent(outbox, 0, 3, request) for request in (1, 2, 3)], ["a", "b", "c"])
        self.assertIsNone(sent(outbox, 0, 3, 4), "the window is full")
        accepted = outbox.accepted(1)
        assert accepted is not None
        self.assertEqual(accepted.key, "a")
        later = Refused("rate_limited", "", 500)
        self.assertEqual((outbox.refused(2, later, 10) or ("",))[0], "later")
        self.assertEqual(outbox.deadline_ms(10), 510)
        self.assertIsNone(sent(outbox, 600, 3, 5), "command c is not answered yet")
        outbox.refused(3, later, 20)
        self.assertIsNone(sent(outbox, 519, 3, 5))
        self.assertEqual([sent(outbox, 520, 3, request) for request in (5, 6, 7)], ["b", "c", "d"])

    def test_what_was_in_flight_when_the_connection_broke_goes_again_under_its_key(self) -> None:
        outbox = filled("a", "b")
        self.assertEqual([sent(outbox, 0, 8, 1), sent(outbox, 0, 8, 2)], ["a", "b"])
        outbox.lost()
        self.assertIsNone(outbox.accepted(1), "an answer of the old connection is no answer")
        self.assertEqual([sent(outbox, 0, 8, 3), sent(outbox, 0, 8, 4)], ["a", "b"])

    def test_the_server_may_name_no_time_to_wait(self) -> None:
        outbox = filled("a")
        sent(outbox, 0, 8, 1)
        outbox.refused(1, Refused("unavailable", ""), 100)
        self.assertEqual(outbox.deadline_ms(100), 100 + RETRY_MS)
        self.assertIsNone(sent(outbox, 100 + RETRY_MS - 1, 8, 2))
        self.assertEqual(sent(outbox, 100 + RETRY_MS, 8, 2), "a")


class Endings(unittest.TestCase):
    def test_a_final_refusal_removes_the_command_and_an_expired_key_keeps_it_aside(self) -> None:
        outbox = filled("a", "b")
        sent(outbox, 0, 8, 1), sent(outbox, 0, 8, 2)
        self.assertEqual((outbox.refused(1, Refused("forbidden", ""), 0) or ("",))[0], "final")
        self.assertEqual((outbox.refused(2, Refused("key_expired", ""), 0) or ("",))[0], "expired")
        self.assertIsNone(sent(outbox, 0, 8, 3))
        self.assertEqual([item.key for item in outbox.take_expired()], ["b"])
        self.assertEqual(len(outbox), 0)

    def test_what_is_on_its_way_cannot_be_withdrawn(self) -> None:
        outbox = filled("a", "b")
        sent(outbox, 0, 1, 1)
        self.assertEqual((outbox.drop("a"), outbox.drop("b"), outbox.drop("c")), (False, True, False))

    def test_the_same_key_may_come_again_and_with_another_command_is_refused(self) -> None:
        outbox = filled("a")
        outbox.put("a", LEAVE)
        self.assertEqual(len(outbox), 1)
        with self.assertRaises(Refused) as no:
            outbox.put("a", {"leave": {"conversation": 2}})
        self.assertEqual(no.exception.code, "idempotency_conflict")

    def test_it_has_a_limit(self) -> None:
        outbox = Outbox(most=1)
        outbox.put("a", LEAVE)
        with self.assertRaises(Full):
            outbox.put("b", LEAVE)


if __name__ == "__main__":
    unittest.main()
