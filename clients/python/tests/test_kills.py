"""The server is killed in the middle: nothing is lost, nothing is doubled."""

from __future__ import annotations

import asyncio

from tests.server import WithServer
from tidings import Backoff, Client, Message
from tidings.events import Connection

MESSAGES = 150
KILLS = 3


class Killed(WithServer):
    def client(self, user: str) -> Client:
        return Client(self.server.url, token=self.tokens[user], backoff=Backoff(first=0.1, longest=0.5))

    async def opened(self, user: str) -> Client:
        client = self.client(user)
        await client.open()
        self.addAsyncCleanup(client.close)
        return client

    async def kill_and_start(self) -> None:
        await asyncio.to_thread(self.server.kill)
        await asyncio.sleep(0.2)
        await asyncio.to_thread(self.server.start)

    async def test_two_talk_while_the_server_is_killed_and_each_message_arrives_once_and_in_order(self) -> None:
        ada, bob = self.users("ada", "bob")
        clients = [await self.opened(ada), await self.opened(bob)]
        heard: dict[str, list[str]] = {ada: [], bob: []}

        async def talk(client: Client, to: str) -> list[int]:
            pending = []
            for number in range(MESSAGES):
                pending.append(client.post(to, f"{client.user} {number}"))
                await asyncio.sleep(0.01)
            return [(await each).seq for each in pending]

        async def listen(client: Client) -> None:
            async for event in client.events():
                if isinstance(event, Message) and not event.mine:
                    heard[client.user].append(event.text)
                    if len(heard[client.user]) == MESSAGES:
                        return

        async def kill() -> None:
            for _ in range(KILLS):
                await asyncio.sleep(0.3)
                await self.kill_and_start()

        work = asyncio.gather(
            talk(clients[0], bob), talk(clients[1], ada), listen(clients[0]), listen(clients[1]), kill()
        )
        of_ada, of_bob, *_ = await asyncio.wait_for(work, 60)
        self.assertEqual(heard[bob], [f"{ada} {number}" for number in range(MESSAGES)])
        self.assertEqual(heard[ada], [f"{bob} {number}" for number in range(MESSAGES)])
        self.assertEqual(sorted(of_ada + of_bob), list(range(1, 2 * MESSAGES + 1)))
        # Nothing more than that is there, and everybody has the same.
        for client in clients:
            await client.settled()
        chat = clients[0].chats[0]
        self.assertEqual(len(chat.entries), 2 * MESSAGES)
        self.assertEqual(chat.entries, clients[1].chats[0].entries)
        self.assertEqual(await clients[0].history(chat.id, after=100, limit=200), chat.entries[100:])

    async def test_a_send_that_is_asked_for_while_there_is_no_server_waits_for_it(self) -> None:
        ada, bob = self.users("ada", "bob")
        client = await self.opened(ada)
        await asyncio.to_thread(self.server.kill)
        pending = client.post(bob, "Are you there?")
        asked = asyncio.ensure_future(client.me())
        await asyncio.sleep(0.5)
        self.assertFalse(pending.done)
        self.assertEqual(len(client.pending), 1)
        await asyncio.to_thread(self.server.start)
        self.assertEqual((await asyncio.wait_for(pending, 20)).seq, 1)
        self.assertEqual((await asyncio.wait_for(asked, 20)).profile.user, ada)
        self.assertEqual(client.pending, [])

    async def test_an_upload_goes_on_after_the_server_was_killed(self) -> None:
        ada, bob = self.users("ada", "bob")
        client = await self.opened(ada)
        content = bytes(range(251)) * 60_000
        uploading = asyncio.ensure_future(client.upload(content, name="large.bin"))
        await asyncio.sleep(0.15)
        await self.kill_and_start()
        media = await asyncio.wait_for(uploading, 30)
        self.assertEqual(media.bytes, len(content))
        self.assertTrue(await client.download(media) == content)

    async def test_a_server_that_is_stopped_says_so_and_is_come_back_to(self) -> None:
        (ada,) = self.users("ada")
        client = await self.opened(ada)
        await asyncio.to_thread(self.server.stop)
        await asyncio.to_thread(self.server.start)
        states = []
        async for event in client.events():
            if isinstance(event, Connection):
                states.append(event.state)
                if states.count("synced") == 2:
                    break
        self.assertIn("offline", states)
        self.assertEqual(states[-1], "synced")
