"""Every Python example of the pages runs as it stands there, against a real server."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from pathlib import Path

from tests.server import PASSWORD, WithServer
from tidings import Client

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

    async def run_example(self, code: str) -> asyncio.subprocess.Process:
        paths = os.pathsep.join(path for path in sys.path if path)
        environment = {**os.environ, "TIDINGS_URL": self.server.url, "TIDINGS_PASSWORD": PASSWORD, "PYTHONPATH": paths, "PYTHONUNBUFFERED": "1"}
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
        self.server.new_user("echo")
        (bot,) = examples(BOTS)
        self.assertLessEqual(len(bot.splitlines()), 20, "a bot in 20 lines")
        async with Client(self.server.url, token=self.server.new_user("cy")) as cy:
            for turn in range(3):
                process = await self.run_example(bot)
                await cy.send("echo", f"Hello {turn}")
                heard = await asyncio.wait_for(self.answers(cy, turn + 1), 20)
                self.assertEqual(heard, [f"You said: Hello {number}" for number in range(turn + 1)])
                process.kill()
                await process.communicate()

    async def answers(self, client: Client, count: int) -> list[str | None]:
        def look() -> list[str | None] | None:
            chat = client.chat_with("echo")
            found = [entry.text for entry in chat.entries if entry.author == "echo"] if chat else []
            return found if len(found) >= count else None

        return await client.until(look)
