"""What a client keeps between runs: the session token, the device's id, and the outbox."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any, Protocol

from .errors import StoreDamaged
from .outbox import Command


class Store(Protocol):
    """Where they are kept. Each call returns when what it was given is safe."""

    @property
    def device(self) -> str: ...

    @property
    def token(self) -> str | None: ...

    def outbox(self) -> list[tuple[str, Command]]: ...

    def keep_token(self, token: str | None) -> None: ...

    def put(self, key: str, command: Command) -> None: ...

    def drop(self, key: str) -> None: ...


class MemoryStore:
    """Nothing outlives the program."""

    def __init__(self) -> None:
        self.device: str = "py-" + secrets.token_hex(8)
        self.token: str | None = None
        self._outbox: dict[str, Command] = {}

    def outbox(self) -> list[tuple[str, Command]]:
        return list(self._outbox.items())

    def keep_token(self, token: str | None) -> None:
        self.token = token

    def put(self, key: str, command: Command) -> None:
        self._outbox[key] = command

    def drop(self, key: str) -> None:
        self._outbox.pop(key, None)


class FileStore(MemoryStore):
    """One JSON file, readable for its owner alone: it has the token in it. It is written whole, beside the old one, and takes its
    place once it is on the disk. One program at a time uses it."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__()
        self._path = Path(path)
        try:
            kept: Any = json.loads(self._path.read_text(encoding="utf-8"))
            self.device, self.token = str(kept["device"]), kept["token"]
            self._outbox = {str(key): command for key, command in kept["outbox"]}
        except FileNotFoundError:
            self._save()
        except (ValueError, KeyError, TypeError) as error:
            raise StoreDamaged(f"{self._path} is no store of this client; move it away, then log in again") from error

    def keep_token(self, token: str | None) -> None:
        super().keep_token(token)
        self._save()

    def put(self, key: str, command: Command) -> None:
        super().put(key, command)
        self._save()

    def drop(self, key: str) -> None:
        if key in self._outbox:
            super().drop(key)
            self._save()

    def _save(self) -> None:
        kept = {"device": self.device, "token": self.token, "outbox": self.outbox()}
        beside = self._path.with_name(self._path.name + ".new")
        file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(file, "w", encoding="utf-8") as writer:
            json.dump(kept, writer, ensure_ascii=False)
            writer.flush()
            os.fsync(writer.fileno())
        os.replace(beside, self._path)
        # The new name is safe once its folder is (not on Windows, where a folder cannot be opened).
        if hasattr(os, "O_DIRECTORY"):
            folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
