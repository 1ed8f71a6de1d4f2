"""The event feed of an app: against a real server, and its gap against the other end of it in memory."""

from __future__ import annotations

import asyncio
import http.server
import json
import threading
import unittest
import urllib.parse
import urllib.request
from typing import Any, ClassVar

from tests.server import WithServer
from tidings import Backoff, FeedPage, Refused, follow_app

QUICK = 0.05


class Followed(WithServer):
    key: ClassVar[str]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.server.command("app", "create", "shop")
        _, cls.key = cls.server.command("app", "key-create", "shop", "--kind", "api").split()
        for user in ("ada", "ben"):
            cls.shop("POST", "/users", {"user": user})

    @classmethod
    def shop(cls, method: str, path: str, body: object) -> Any:
        headers = {"Authorization": f"Bearer {cls.key}", "Content-Type": "application/json"}
        address = f"{cls.server.url}/api/v1/apps/shop{path}"
        asked = urllib.request.Request(address, json.dumps(body).encode(), headers, method=method)
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return json.load(answer)

    def say(self, text: str) -> None:
        self.shop("POST", "/as/ada/users/ben/entries", {"text": {"text": text}})

    async def test_what_happens_comes_once_also_across_a_kill_and_from_a_place_that_was_kept(self) -> None:
        feed = follow_app(
            self.server.url, "shop", self.key, types=["entry.text"], wait=2, backoff=Backoff(first=QUICK, longest=0.5)
        )
        begin = await feed.__anext__()
        self.assertEqual((begin.events, begin.gap), ([], False))
        said: list[str] = []

        async def listen(count: int) -> FeedPage:
            async for page in feed:
                said.extend(event["entry"]["body"]["text"]["text"] for event in page.events)
                if len(said) >= count:
                    return page
            raise AssertionError("the feed ended")

        await asyncio.to_thread(self.say, "one")
        await asyncio.wait_for(listen(1), 60)
        await asyncio.to_thread(self.server.kill)
        waiting = asyncio.create_task(listen(2))
        await asyncio.to_thread(self.server.start)
        await asyncio.to_thread(self.say, "two")
        last = await asyncio.wait_for(waiting, 60)
        self.assertEqual(said, ["one", "two"])
        again = follow_app(self.server.url, "shop", self.key, after=begin.next, types=["entry.text"])
        page = await again.__anext__()
        self.assertEqual([event["entry"]["body"]["text"]["text"] for event in page.events], ["one", "two"])
        self.assertFalse(page.gap)
        self.assertEqual(last.next.split(".")[0], begin.next.split(".")[0])

    async def test_a_place_of_other_data_or_of_the_future_and_a_key_that_is_none_are_refused(self) -> None:
        epoch = (await follow_app(self.server.url, "shop", self.key).__anext__()).next.split(".")[0]
        for after, key, code in (
            (f"{int(epoch) + 1}.1", self.key, "conflict"),
            (f"{epoch}.99999999999", self.key, "conflict"),
            (None, "tdk_none", "unauthenticated"),
        ):
            with self.assertRaises(Refused) as no:
                await follow_app(self.server.url, "shop", key, after=after).__anext__()
            self.assertEqual(no.exception.code, code)


class Gap(unittest.IsolatedAsyncioTestCase):
    async def test_a_gap_is_told_with_what_is_still_there_and_the_feed_goes_on(self) -> None:
        asked: list[dict[str, list[str]]] = []
        pages: list[dict[str, Any]] = [
            {"events": [], "next": "7.1", "gap": False},
            {"events": [{"id": "7.90.0", "type": "user.changed"}], "next": "7.90", "gap": True},
            {"events": [], "next": "7.95", "gap": False},
        ]

        class Server(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query))
                body = json.dumps(pages.pop(0)).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Server)
        self.addCleanup(server.server_close)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        feed = follow_app(f"http://127.0.0.1:{server.server_port}", "the shop", "tdk_1", after="7.0", wait=5)
        told = [await asyncio.wait_for(feed.__anext__(), 30) for _ in range(3)]
        self.assertEqual([(len(page.events), page.next, page.gap) for page in told], [(0, "7.1", False), (1, "7.90", True), (0, "7.95", False)])
        self.assertEqual([(each["after"], each["wait"]) for each in asked], [(["7.0"], ["0"]), (["7.1"], ["5"]), (["7.90"], ["5"])])
