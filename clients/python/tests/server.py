"""A real server to test against: its program is named by TIDINGS_BINARY."""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest
import urllib.request
from pathlib import Path
from typing import ClassVar

BINARY = os.environ.get("TIDINGS_BINARY", "")
PASSWORD = "a quiet afternoon"

# Its slow steps are these tests' own: they make accounts and start servers without giving way.
logging.getLogger("asyncio").setLevel(logging.ERROR)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


class Server:
    """One server with a folder of its own. It has the same address after every start."""

    def __init__(self, **settings: str) -> None:
        self._folder = tempfile.mkdtemp(prefix="tidings-python-")
        self._settings = {
            "TIDINGS_HOME_REGISTRATION": "open",
            "TIDINGS_LIMITS_RATE_PER_SECOND": "0",
            "TIDINGS_LIMITS_RATE_BURST": "0",
            "TIDINGS_LIMITS_REST_PER_SECOND": "0",
            "TIDINGS_LISTEN_TCP": "127.0.0.1:0",
            "TIDINGS_LISTEN_HTTP": f"127.0.0.1:{free_port()}",
            **settings,
        }
        self.url = "http://" + self._settings["TIDINGS_LISTEN_HTTP"]
        self._log = open(Path(self._folder) / "server.log", "ab")
        self._process: subprocess.Popen[str] | None = None
        self.start()

    def start(self) -> None:
        arguments = [BINARY, "serve", "--data", str(Path(self._folder) / "data")]
        self._process = subprocess.Popen(
            arguments, env={**os.environ, **self._settings}, stdout=subprocess.PIPE, stderr=self._log, text=True
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("ready "):
                return
        raise RuntimeError("the server did not start: " + (Path(self._folder) / "server.log").read_text()[-2_000:])

    def kill(self) -> None:
        """As if the power went: SIGKILL."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(timeout=20)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def stop(self) -> None:
        """As an operator does it."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=20)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def end(self) -> None:
        self.stop()
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def new_user(self, user: str) -> str:
        """Makes an account; gives the token of its first session."""
        body = json.dumps({"user": user, "password": PASSWORD}).encode()
        request = urllib.request.Request(self.url + "/api/v1/accounts", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            token: str = json.load(answer)["token"]
            return token


    def new_bot(self, bot: str) -> str:
        """Makes a bot, as its operator does; gives its token."""
        return self.command("bot", "add", bot).strip()

    def command(self, *words: str) -> str:
        """Runs a command of the operator's and gives what it prints."""
        arguments = [BINARY, *words, "--data", str(Path(self._folder) / "data")]
        environment = {**os.environ, **self._settings}
        done = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"{words}: {done.stderr}")
        return done.stdout


@unittest.skipUnless(BINARY, "TIDINGS_BINARY does not name a server's program")
class WithServer(unittest.IsolatedAsyncioTestCase):
    """Tests that share a server; each has users of its own."""

    settings: ClassVar[dict[str, str]] = {}
    server: ClassVar[Server]

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = Server(**cls.settings)
        cls.addClassCleanup(cls.server.end)

    def users(self, *names: str) -> list[str]:
        """Accounts for this test: the names with something behind them that is its own."""
        made = [f"{name}-{abs(hash(self.id())) % 1_000_000_000}" for name in names]
        self.tokens = {user: self.server.new_user(user) for user in made}
        return made
