"""Every Python example of the pages runs as it stands there, against a real server."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from pathlib import Path

from tests.server import PASSWORD, WithServer
from tidings import Chat, Client, Entry

HERE = Path(__file__).resolve()
README = HERE.parents[1] / "README.md"
BOTS = HERE.parents[3] / "docs" / "bots.md"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.S | re.M)


def examples(page: Path) -> list[str]:
    return BLOCK.findall(page.read_text(encoding="utf-8"))


class Examples(WithServer):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.token = ""

    async def run_example(self, code: str) -> asyncio.subprocess.Process:
        paths = os.pathsep.join(path for path in sys.path if path)
        environment = {**os.environ, "TIDINGS_URL": self.server.url, "TIDINGS_PASSWORD": PASSWORD, "TIDINGS_TOKEN": self.token, "PYTHONPATH": paths, "PYTHONUNBUFFERED": "1"}
        return await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, env=environment, cwd=self.folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )

    async def test_the_examples_of_the_readme(self) -> None:
        self.server.new_user("ada")
        token = self.server.new_user("bob")
        hello, events, more = examples(README)
        output = []
        for code in (hello, more):
            process = await self.run_example(code)
            told, _ = await asyncio.wait_for(process.communicate(), 30)
            self.assertEqual(process.returncode, 0, told.decode())
            output.append(told.decode())
        self.assertIn("message 1 of conversation", output[0])
        self.assertIn("/i/", output[1])
        process = await self.run_example(events)
        async with Client(self.server.url, token=token) as bob:
            await bob.send("ada", "Are you watching?")
            assert process.stdout is not None
            told = b""
            while b"Are you watching?" not in told:
                line = await asyncio.wait_for(process.stdout.readline(), 20)
                self.assertTrue(line, told.decode())
                told += line
        process.kill()
        await process.communicate()

    async def test_the_bot_of_the_page_about_bots_answers_and_goes_on_after_it_was_killed(self) -> None:
        if not BOTS.exists():
            self.skipTest("docs/bots.md is in the server's repository")
        self.token = self.server.new_bot("dice")
        (bot,) = examples(BOTS)
        self.assertLessEqual(len(bot.splitlines()), 20, "a bot in 20 lines")
        async with Client(self.server.url, token=self.server.new_user("cy")) as cy:
            process = await self.run_example(bot)
            await cy.send("dice", "/dice 5")
            entry = await asyncio.wait_for(self.newest(cy, "Whose turn is it? 5"), 20)
            self.assertEqual([offered.command.name for offered in await cy.bot_commands(self.chat(cy).id)], ["dice"])
            await cy.press(self.chat(cy).id, entry.seq, "roll")
            await asyncio.wait_for(self.newest(cy, "cy has a"), 20)
            # What is pressed and said while it is down, it finds when it is back.
            process.kill()
            await process.communicate()
            await cy.send("dice", "/dice 6")
            edited = (await self.newest(cy, "cy has a")).changed
            await cy.press(self.chat(cy).id, entry.seq, "roll")
            process = await self.run_example(bot)
            await asyncio.wait_for(self.newest(cy, "Whose turn is it? 6"), 20)
            await asyncio.wait_for(self.newest(cy, "cy has a", edited), 20)
            process.kill()
            await process.communicate()

    def chat(self, client: Client) -> Chat:
        chat = client.chat_with("dice")
        assert chat is not None
        return chat

    async def newest(self, client: Client, words: str, after: int = 0) -> Entry:
        """The entry of the bot that begins with some words, once it is there and changed after an lsn."""

        def look() -> Entry | None:
            chat = client.chat_with("dice")
            found = [entry for entry in chat.entries if (entry.text or "").startswith(words)] if chat else []
            return found[-1] if found and found[-1].changed > after else None

        return await client.until(look)
