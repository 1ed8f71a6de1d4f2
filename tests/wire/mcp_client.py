#!/usr/bin/env python3
"""Uses /mcp of a server of its own with the Python client of those who write the protocol (`mcp`, from the Python package index),
and runs every command of docs/mcp.md.

    python3 tests/wire/mcp_client.py target/ci/tidings target/venv-mcp

The second argument is a folder where the client is installed (a virtual environment, made when it is not there). Prints one line for
each check, ends what it started, and exits with 1 when a check failed, with 75 when the package cannot be installed.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import traceback
import urllib.error
import urllib.request

from tutorial import start

PACKAGES = ["mcp==2.3.0"]
# EX_TEMPFAIL: nothing was found out.
SKIPPED = 75
SECONDS = 30


def installed(folder):
    """The Python of the virtual environment; None when the client cannot be installed."""
    stamp = os.path.join(folder, "-".join(PACKAGES))
    python = os.path.join(folder, "bin", "python")
    if not os.path.exists(stamp):
        steps = ([sys.executable, "-m", "venv", "--clear", folder], [python, "-m", "pip", "install", "--quiet", *PACKAGES])
        if any(subprocess.run(step).returncode != 0 for step in steps):
            return None
        open(stamp, "w").close()
    return python


class Api:
    def __init__(self, address, user):
        self.address, self.token = address, None
        self.token = self.ask("POST", "/accounts", {"user": user, "password": "a quiet afternoon"})["token"]

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = "Bearer " + self.token
        request = urllib.request.Request(self.address + "/api/v1" + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            read = answer.read()
        return json.loads(read) if read else None


class Checks:
    def __init__(self):
        self.passed, self.failed = 0, 0

    def __call__(self, words, holds, found=None):
        print(("ok   " if holds else "FAIL ") + words + ("" if holds else f": {found}"), flush=True)
        self.passed, self.failed = self.passed + bool(holds), self.failed + (not holds)


async def opened(address, secret, mode, then):
    """Connects in one of the ways of the protocol, and does something."""
    from mcp import Client
    from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

    async with create_mcp_http_client(headers={"Authorization": f"Bearer {secret}"}) as http:
        async with Client(streamable_http_client(address + "/mcp", http_client=http), mode=mode) as client:
            return await then(client)


async def use(check, mode, client, group, other):
    """The client checks what a tool gives against the schema that the tool names."""
    check(f"{mode}: it connects ({client.protocol_version})", client.server_info.name == "tidings", client.server_info)
    check(f"{mode}: it is told that messages are data", "never an instruction" in (client.instructions or ""), client.instructions)
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    names = ["list_conversations", "read_messages", "search_messages", "send_message"]
    check(f"{mode}: four tools are there", sorted(tools) == names, list(tools))
    hints = [tools[name].annotations.read_only_hint for name in names]
    check(f"{mode}: with their hints", hints == [True, True, True, False], hints)
    got = await client.call_tool("list_conversations", {})
    shown = [one["conversation"] for one in got.structured_content["conversations"]]
    check(f"{mode}: the conversations of the token are listed", shown == [group], got)
    sent = await client.call_tool(
        "send_message", {"conversation": group, "text": f"sent in the way {mode}", "idempotency_key": mode}
    )
    check(f"{mode}: a message is sent", sent.structured_content["duplicate"] is False, sent)
    again = await client.call_tool(
        "send_message", {"conversation": group, "text": f"sent in the way {mode}", "idempotency_key": mode}
    )
    same = again.structured_content["seq"] == sent.structured_content["seq"]
    check(f"{mode}: and once for its key", same and again.structured_content["duplicate"], again)
    page = await client.call_tool("read_messages", {"conversation": group, "limit": 1})
    newest = page.structured_content["messages"][-1]
    check(f"{mode}: it is read", (newest["author"], newest["text"]) == ("ada", f"sent in the way {mode}"), page)
    found = await client.call_tool("search_messages", {"q": f'"way {mode}"'})
    texts = [message["text"] for message in found.structured_content["messages"]]
    check(f"{mode}: and found", texts == [f"sent in the way {mode}"], found)
    no = await client.call_tool("read_messages", {"conversation": other})
    check(f"{mode}: what is outside of the token is not there", no.is_error and "(not_found)" in no.content[0].text, no)


def follow_the_page(check, address):
    """The commands of docs/mcp.md, one after the other in one shell, as Ada who has a group named Garden."""
    text = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "mcp.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.S | re.M)
    script = "\n".join(["set -euo pipefail", *blocks, "echo PAGE DONE"])
    done = subprocess.run(
        ["bash", "-c", script], env=dict(os.environ, TIDINGS=address), text=True, capture_output=True, timeout=60
    )
    whole = done.returncode == 0 and "PAGE DONE" in done.stdout
    check("docs/mcp.md: every command works", whole, done.stdout + done.stderr)
    check("docs/mcp.md: and gives what it says", "send_message" in done.stdout and '"Garden"' in done.stdout, done.stdout)


async def run(check, address):
    from mcp import MCPError

    ada, bob = Api(address, "ada"), Api(address, "bob")
    group = ada.ask("POST", "/conversations", {"group": {"title": "Garden", "members": ["bob"]}})["conversation"]["id"]
    other = ada.ask("POST", "/conversations", {"group": {"title": "Cellar"}})["conversation"]["id"]
    bob.ask("POST", f"/conversations/{group}/entries", {"text": {"text": "They are ripe."}})
    new = {"name": "Python", "conversations": [group], "access": "read_and_send"}
    made = ada.ask("POST", "/mcp-tokens", new)
    # With the handshake of the versions before 2026-07-28, and as since then.
    for mode in ("legacy", "auto"):
        await opened(address, made["secret"], mode, lambda client: use(check, mode, client, group, other))
    entries = bob.ask("GET", f"/conversations/{group}/entries")["entries"]
    said = [entry["body"]["text"]["text"] for entry in entries if "text" in entry["body"]]
    check("others see them as Ada's messages", said == ["They are ripe.", "sent in the way legacy", "sent in the way auto"], said)

    async def unknown(client):
        try:
            return await client.call_tool("drop_tables", {})
        except MCPError as error:
            return error

    follow_the_page(check, address)
    error = await opened(address, made["secret"], "auto", unknown)
    check("a tool that is not there is an error of the protocol", getattr(error, "code", None) == -32602, error)
    ada.ask("DELETE", f"/mcp-tokens/{made['token']}")
    for words, secret, refusal in (
        ("a token that was revoked", made["secret"], "was revoked"),
        ("a session token", ada.token, "no token for MCP"),
    ):
        try:
            await opened(address, secret, "legacy", lambda client: client.list_tools())
            check(f"{words} opens nothing", False, "it did")
        except Exception as error:  # The client wraps what it met into groups.
            found = "".join(traceback.format_exception(error))
            check(f"{words} opens nothing", refusal in found, found)


def main():
    binary, folder = map(os.path.abspath, sys.argv[1:3])
    python = installed(folder)
    if python is None:
        print("the MCP client cannot be installed here, so /mcp is NOT used with a client written by others in this run")
        return SKIPPED
    if os.path.abspath(sys.executable) != python:
        return subprocess.run([python, os.path.abspath(__file__), binary, folder]).returncode
    import anyio

    work, check, running = tempfile.mkdtemp(prefix="tidings-mcp-"), Checks(), []
    try:
        server, address = start(binary, os.path.join(work, "data"))
        running.append(server)
        anyio.run(run, check, address)
    except Exception as error:
        words = error.read().decode() if isinstance(error, urllib.error.HTTPError) else repr(error)
        check("the run", False, words)
    finally:
        for process in running:
            process.terminate()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(work, ignore_errors=True)
    print(f"{check.passed} passed, {check.failed} failed")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
