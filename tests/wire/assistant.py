#!/usr/bin/env python3
"""Lets a server of its own ask two OpenAI-compatible servers written by others: fakellm and mockllm, from the Python package index.

    python3 tests/wire/assistant.py target/ci/tidings target/venv-assistant

The second argument is a folder where both are installed (a virtual environment, made when it is not there). Prints one line for each
check, ends what it started, and exits with 1 when a check failed, with 75 when the packages cannot be installed.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from tutorial import start

PACKAGES = ["fakellm==0.3.5", "mockllm==0.0.8"]
# EX_TEMPFAIL: nothing was found out.
SKIPPED = 75
SECONDS = 30

FAKELLM = """\
version: 1
defaults:
  fallback: deterministic_echo
rules:
  - name: greeting
    when:
      messages_contain: "hello"
    respond:
      content: "Hi there! This is **fakellm** — 你好."
"""
# When it streams, mockllm looks an answer up twice: the answer is a question with itself as the answer.
MOCKLLM = """\
responses:
  "what colour is the sky?": "The sky is blue, says mockllm."
  "The sky is blue, says mockllm.": "The sky is blue, says mockllm."
defaults:
  unknown_response: "mockllm does not know."
settings:
  lag_enabled: true
  lag_factor: 10
"""


def installed(folder):
    """The folder of the commands; None when they cannot be installed."""
    stamp = os.path.join(folder, "-".join(PACKAGES))
    if not os.path.exists(stamp):
        pip = os.path.join(folder, "bin", "pip")
        steps = ([sys.executable, "-m", "venv", "--clear", folder], [pip, "install", "--quiet", *PACKAGES])
        if any(subprocess.run(step).returncode != 0 for step in steps):
            return None
        open(stamp, "w").close()
    return os.path.join(folder, "bin")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def serve(command, port, folder, log):
    """Starts a provider and waits until it listens."""
    process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return process
        except OSError:
            time.sleep(0.1)
    process.kill()
    raise RuntimeError(f"{command[0]} did not start")


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
            return json.load(answer)

    def answer(self, chat, question):
        """Asks, and waits for the entry with the answer."""
        seq = self.ask("POST", f"/conversations/{chat}/entries", {"text": {"text": question}})["entry"]["seq"]
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            for entry in self.ask("GET", f"/conversations/{chat}/entries")["entries"]:
                answer = entry["body"].get("answer")
                if answer and answer["question"] == seq:
                    return answer
            time.sleep(0.1)
        raise RuntimeError(f"`{question}` was not answered")


def main():
    binary, folder = map(os.path.abspath, sys.argv[1:3])
    commands = installed(folder)
    if commands is None:
        print("fakellm and mockllm cannot be installed here, so NO provider written by others is asked in this run")
        return SKIPPED
    work = tempfile.mkdtemp(prefix="tidings-assistant-")
    data = os.path.join(work, "data")
    for name, text in (("fakellm.yaml", FAKELLM), ("responses.yml", MOCKLLM)):
        with open(os.path.join(work, name), "w") as file:
            file.write(text)
    passed, failed, running = 0, 0, []

    def check(words, holds, found=None):
        nonlocal passed, failed
        print(("ok   " if holds else "FAIL ") + words + ("" if holds else f": {found}"))
        passed, failed = passed + bool(holds), failed + (not holds)

    def tidings(*arguments):
        return subprocess.run([binary, *arguments, "--data", data], text=True, capture_output=True, timeout=60, cwd=work)

    try:
        log = open(os.path.join(work, "providers.log"), "w")
        ports = free_port(), free_port()
        running.append(serve([os.path.join(commands, "fakellm"), "serve", "--port", str(ports[0])], ports[0], work, log))
        mockllm = [os.path.join(commands, "mockllm"), "start", "--host", "127.0.0.1", "--port", str(ports[1]),
                   "--responses", "responses.yml"]
        running.append(serve(mockllm, ports[1], work, log))
        server, address = start(binary, data)
        running.append(server)
        for name, port in (("fakellm", ports[0]), ("mockllm", ports[1])):
            added = tidings("assistant", "add", name, "--base-url", f"http://127.0.0.1:{port}/v1", "--model", "gpt-4o-mini")
            check(f"{name}: set up", added.returncode == 0, added.stderr)
            tested = tidings("assistant", "test", name)
            check(f"{name}: `tidings assistant test` works", tested.returncode == 0, tested.stdout + tested.stderr)
        api = Api(address, "ada")

        def chat(assistant):
            opened = api.ask("POST", f"/assistants/{assistant}/conversations", {})
            return opened["conversation"]["id"]

        one = chat("fakellm")
        answer = api.answer(one, "hello")
        check("fakellm: an answer streams to its end", answer["text"] == "Hi there! This is **fakellm** — 你好.", answer)
        check("fakellm: and is complete", answer["end"] == "complete", answer)
        answer = api.answer(chat("fakellm"), "something else")
        check("fakellm: and so is one of its own making", answer["end"] == "complete" and answer["text"], answer)
        other = chat("mockllm")
        answer = api.answer(other, "what colour is the sky?")
        check("mockllm: an answer streams to its end", answer["text"].strip() == "The sky is blue, says mockllm.", answer)
        check("mockllm: and is complete", answer["end"] == "complete", answer)
        answer = api.answer(other, "what else?")
        check("mockllm: a second turn is answered", answer["text"].strip() == "mockllm does not know.", answer)
        running[0].kill()
        running[0].wait()
        answer = api.answer(one, "hello")
        check("a provider that has gone is said in words", "cannot be reached" in (answer["problem"] or ""), answer)
    except (RuntimeError, OSError, urllib.error.HTTPError) as error:
        words = error.read().decode() if isinstance(error, urllib.error.HTTPError) else str(error)
        check("the run", False, words)
    finally:
        for process in reversed(running):
            process.terminate()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
        if failed:
            print(open(os.path.join(work, "providers.log")).read()[-4000:])
        shutil.rmtree(work, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
