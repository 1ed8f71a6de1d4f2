"""Keys, back-off, addresses, the store."""

from __future__ import annotations

import os
import tempfile
import unittest
import uuid
from pathlib import Path

from tidings import Backoff, FileStore, StoreDamaged, derived_key, new_key
from tidings.client import Client, addresses


class Keys(unittest.TestCase):
    def test_a_key_is_a_uuid_of_version_7_with_the_time_in_it(self) -> None:
        key = uuid.UUID(new_key(1_730_000_000_000))
        self.assertEqual((key.version, key.variant), (7, uuid.RFC_4122))
        self.assertEqual(key.int >> 80, 1_730_000_000_000)
        self.assertNotEqual(new_key(1), new_key(1))

    def test_a_derived_key_is_the_same_for_the_same_parts_and_times_only(self) -> None:
        key = derived_key(1_730_000_000_000, "answer", 1, 2)
        self.assertEqual(uuid.UUID(key).version, 7)
        self.assertEqual(key, derived_key(1_730_000_000_000, "answer", 1, 2))
        others = {derived_key(1_730_000_000_000, "answer", 12), derived_key(1_730_000_000_000, "answer", 1, 3), derived_key(5, "answer", 1, 2)}
        self.assertEqual(len(others | {key}), 4)


class Waits(unittest.TestCase):
    def test_waits_grow_from_one_second_to_one_minute_and_start_again_after_success(self) -> None:
        backoff = Backoff()
        for full in (1, 2, 4, 8, 16, 32, 60, 60, 60):
            self.assertTrue(full / 2 <= backoff.next_wait() <= full)
        backoff.reset()
        self.assertLessEqual(backoff.next_wait(), 1)

    def test_the_random_part_is_half_of_a_wait(self) -> None:
        self.assertEqual(Backoff(chance=lambda: 0.0).next_wait(), 0.5)
        self.assertEqual(Backoff(chance=lambda: 1.0).next_wait(), 1.0)


class Addresses(unittest.TestCase):
    def test_the_web_address_says_where_the_socket_is(self) -> None:
        self.assertEqual(addresses("https://chat.example.org"), ("https://chat.example.org", "wss://chat.example.org/ws"))
        self.assertEqual(addresses("http://localhost:8000/"), ("http://localhost:8000", "ws://localhost:8000/ws"))
        self.assertEqual(addresses("wss://example.org/chat/ws"), ("https://example.org/chat", "wss://example.org/chat/ws"))

    def test_what_is_no_address_is_refused_with_words(self) -> None:
        for wrong in ("chat.example.org", "ftp://example.org", "https://"):
            with self.assertRaisesRegex(ValueError, "no address of a server"):
                addresses(wrong)

    def test_a_client_says_who_it_is(self) -> None:
        with self.assertRaisesRegex(ValueError, "say who this is"):
            Client("http://localhost:8000", user="ada")


class Stores(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "bot.json"

    def test_a_file_keeps_the_device_the_token_and_the_outbox_in_order(self) -> None:
        store = FileStore(self.path)
        store.keep_token("tds_1")
        for key in ("b", "a", "c"):
            store.put(key, {"leave": {"conversation": 1}})
        store.drop("a")
        again = FileStore(self.path)
        self.assertEqual((again.device, again.token), (store.device, "tds_1"))
        self.assertEqual([key for key, _ in again.outbox()], ["b", "c"])

    @unittest.skipUnless(os.name == "posix", "rights of files are POSIX's")
    def test_only_its_owner_reads_it(self) -> None:
        FileStore(self.path).keep_token("tds_1")
        self.assertEqual(self.path.stat().st_mode & 0o777, 0o600)

    def test_a_damaged_file_is_not_overwritten(self) -> None:
        self.path.write_text("{")
        with self.assertRaisesRegex(StoreDamaged, "move it away"):
            FileStore(self.path)
        self.assertEqual(self.path.read_text(), "{")


if __name__ == "__main__":
    unittest.main()
