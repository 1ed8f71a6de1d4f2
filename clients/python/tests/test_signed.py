"""Users whom an app has signed in, against a real server."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import time
import urllib.request
from functools import partial
from typing import Any, ClassVar

from tests.server import WithServer
from tidings import Backoff, Client, MemoryStore, Message, Over, Refused, Unreachable


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


class Line:
    """The way to a server, which can be cut: nothing goes through until it is mended."""

    def __init__(self, port: int) -> None:
        self._port, self._open, self._whole = port, set[asyncio.StreamWriter](), True

    async def __aenter__(self) -> Line:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._whole:
            writer.close()
            return
        there, onward = await asyncio.open_connection("127.0.0.1", self._port)
        self._open |= {writer, onward}
        await asyncio.gather(self._copy(reader, onward), self._copy(there, writer))

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while part := await reader.read(65_536):
                writer.write(part)
                await writer.drain()
        writer.close()

    def cut(self) -> None:
        self._whole = False
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()

    def mend(self) -> None:
        self._whole = True


class SignedIn(WithServer):
    app: ClassVar[int]
    kid: ClassVar[str]
    secret: ClassVar[str]
    key: ClassVar[str]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.server.command("app", "create", "shop")
        apps = map(json.loads, cls.server.command("app", "list", "--json").splitlines())
        cls.app = next(app["app"] for app in apps if app["name"] == "shop")
        cls.kid, cls.secret = cls.server.command("app", "key-create", "shop", "--kind", "hs256").split()
        _, cls.key = cls.server.command("app", "key-create", "shop", "--kind", "api").split()

    def sign(self, user: str, secret: str | None = None, **changes: object) -> str:
        """A token as the app's backend signs it (RFC 7519, HS256)."""
        now = int(time.time())
        claims = {"iss": str(self.app), "sub": user, "aud": "tidings", "iat": now, "exp": now + 300, **changes}
        parts: list[dict[str, Any]] = [{"alg": "HS256", "kid": self.kid, "typ": "JWT"}, claims]
        words = ".".join(encoded(json.dumps(part).encode()) for part in parts)
        mark = hmac.new((secret or self.secret).encode(), words.encode(), hashlib.sha256).digest()
        return f"{words}.{encoded(mark)}"

    async def opened(self, client: Client) -> Client:
        await client.open()
        self.addAsyncCleanup(client.close)
        return client

    def end_sessions(self, user: str) -> None:
        """As the app's backend does it."""
        address = f"{self.server.url}/api/v1/apps/shop/users/{user}/sessions"
        headers = {"Authorization": f"Bearer {self.key}"}
        urllib.request.urlopen(urllib.request.Request(address, method="DELETE", headers=headers), timeout=20).close()

    async def test_a_signed_token_makes_the_user_and_two_of_them_chat(self) -> None:
        async def signed() -> str:
            return self.sign("ada", name="Ada of the shop")

        ada = await self.opened(Client(self.server.url, signed=signed))
        ben = await self.opened(Client(self.server.url, signed=lambda: self.sign("ben")))
        self.assertEqual((ada.user, ben.user), ("ada", "ben"))
        await ada.send("ben", "Where is my parcel?")
        async for message in ben.messages():
            self.assertEqual((message.author, message.text), ("ada", "Where is my parcel?"))
            await ben.answer(message, "On its way.")
            break
        self.assertEqual((await ada.rest.ask("GET", "/me"))["profile"]["name"], "Ada of the shop")

    async def test_a_token_that_has_expired_or_is_forged_opens_nothing(self) -> None:
        old = self.sign("eve", iat=1_700_000_000, exp=1_700_000_060)
        for token, code in ((old, "token_expired"), (self.sign("eve", "another secret"), "unauthenticated")):
            with self.assertRaises(Refused) as no:
                await Client(self.server.url, signed=partial(str, token)).open()
            self.assertEqual(no.exception.code, code)

    async def test_the_session_is_kept_and_another_token_is_asked_for_when_it_is_gone(self) -> None:
        asked = 0

        def signed() -> str:
            nonlocal asked
            asked += 1
            return self.sign("cleo")

        store = MemoryStore()
        for _ in range(3):
            async with Client(self.server.url, store=store, signed=signed) as client:
                self.assertEqual(client.user, "cleo")
        self.assertEqual(asked, 1)
        await asyncio.to_thread(self.end_sessions, "cleo")
        async with Client(self.server.url, store=store, signed=signed) as client:
            self.assertEqual((client.user, asked), ("cleo", 2))

    async def test_when_a_session_ends_without_a_connection_another_is_opened_and_what_was_written_arrives_once(self) -> None:
        asked = 0

        def signed() -> str:
            nonlocal asked
            asked += 1
            return self.sign("dora")

        emil = await self.opened(Client(self.server.url, signed=lambda: self.sign("emil")))
        heard = emil.messages()
        async with Line(int(self.server.url.rsplit(":", 1)[1])) as line:
            dora = await self.opened(Client(line.url, signed=signed, backoff=Backoff(first=0.1, longest=0.5)))
            await dora.send("emil", "one")
            line.cut()
            two = dora.post("emil", "two")
            await asyncio.to_thread(self.end_sessions, "dora")
            line.mend()
            await two
            await dora.send("emil", "three")
            said = [(await asyncio.wait_for(heard.__anext__(), 60)).text for _ in range(3)]
            await dora.close()
        self.assertEqual((said, asked), (["one", "two", "three"], 2))

    async def test_a_session_that_has_expired_is_renewed_and_one_that_was_ended_is_not(self) -> None:
        asked = 0

        def signed() -> str:
            nonlocal asked
            asked += 1
            return self.sign("fay")

        fay = await self.opened(Client(self.server.url, signed=signed))
        before = fay.token
        # As the server says it to a connection when its session is too old.
        fay._session.frame("kicked", {"reason": "expired", "by": None})
        fay._wake.set()
        await fay.until(lambda: asked == 2 or None)
        await fay.settled()
        await fay.send("fay", "Still here.")
        self.assertNotEqual(fay.token, before)
        await asyncio.to_thread(self.end_sessions, "fay")
        with self.assertRaises(Over) as over:
            await asyncio.wait_for(self.all_of(fay), 60)
        self.assertEqual((over.exception.reason, asked), ("revoked", 2))

    async def all_of(self, client: Client) -> None:
        async for event in client.events():
            self.assertFalse(isinstance(event, Message) and not event.mine)

    async def test_a_backend_that_is_away_is_asked_again_and_an_error_of_the_program_ends_the_client(self) -> None:
        tries = 0

        def signed() -> str:
            nonlocal tries
            tries += 1
            if tries < 3:
                raise OSError("the backend is away")
            return self.sign("gus")

        gus = await self.opened(Client(self.server.url, signed=signed, backoff=Backoff(first=0.05, longest=0.1)))
        self.assertEqual((gus.user, tries), ("gus", 3))

        def broken() -> str:
            raise KeyError("a mistake of the program")

        with self.assertRaises(KeyError):
            await Client(self.server.url, signed=broken).open()

        def away() -> str:
            raise OSError("the backend is away")

        with self.assertRaisesRegex(Unreachable, "the backend is away"):
            await Client(self.server.url, signed=away, connect_within=1).open()
        with self.assertRaises(ValueError):
            Client(self.server.url, user="ada", password="x", signed=away)
