#!/usr/bin/env python3
"""What a server posts to a webhook, verified by the reference library of Standard Webhooks: an event, a test, and both secrets while
they change; and what was changed on its way is not verified.

    python3 tests/wire/webhooks.py target/ci/tidings target/venv-webhooks

Needs the Python package `standardwebhooks`, which is installed into the environment that is named. Ends with 75 when it cannot be.
"""

import http.server
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.request

PACKAGES = ["standardwebhooks==1.1.0"]
SKIPPED = 75
PATIENCE = 60

VERIFY = """
import json, sys
from standardwebhooks import Webhook, WebhookVerificationError
for line in sys.stdin:
    post = json.loads(line)
    try:
        Webhook(post["secret"]).verify(post["body"], post["headers"])
        print("verified", flush=True)
    except WebhookVerificationError as error:
        print("refused", error, flush=True)
"""


def environment(folder):
    """A Python with the library, or None."""
    python = os.path.join(folder, "bin", "python3")
    if not os.path.exists(python):
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    if subprocess.run([python, "-c", "import standardwebhooks"], capture_output=True).returncode != 0:
        asked = subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], capture_output=True, text=True)
        if asked.returncode != 0:
            print(asked.stderr)
            return None
    return python


def start(binary, folder):
    """A server on free ports, which may post to this machine; gives the process and where HTTP is."""
    settings = dict(os.environ, TIDINGS_LISTEN_TCP="127.0.0.1:0", TIDINGS_LISTEN_HTTP="127.0.0.1:0",
                    TIDINGS_OUTBOUND_ALLOW="127.0.0.0/8")
    server = subprocess.Popen(
        [binary, "serve", "--data", folder], env=settings, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    for line in server.stdout:
        found = re.match(r"ready tcp=\S+ http=(\S+)", line)
        if found:
            return server, "http://" + found.group(1)
    raise SystemExit("the server did not start")


def receiver():
    """A receiver that takes everything; gives it and the queue of what came."""
    posts = queue.Queue()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            self.send_response(204)
            self.end_headers()
            posts.put((dict(self.headers), body))

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, posts


class Checks:
    """Counts what is as it should be."""

    def __init__(self, python):
        self.verifier = subprocess.Popen([python, "-c", VERIFY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.good = self.all = 0

    def verify(self, what, secret, post, wanted=True):
        headers, body = post
        self.verifier.stdin.write(json.dumps({"secret": secret, "headers": headers, "body": body}) + "\n")
        self.verifier.stdin.flush()
        said = self.verifier.stdout.readline().strip()
        self.check(f"{what}: {said}", (said == "verified") == wanted)

    def check(self, what, is_so):
        self.all += 1
        self.good += bool(is_so)
        if not is_so:
            print(f"not so: {what}")


def run(binary, python, folder):
    """Gives how many checks were good, and how many there are."""
    data = os.path.join(folder, "data")
    server, address = start(binary, data)
    listening, posts = receiver()
    checks = Checks(python)
    try:
        def command(*arguments):
            done = subprocess.run([binary, *arguments, "--data", data], capture_output=True, text=True, check=True, timeout=60)
            return done.stdout.split()
        command("app", "create", "shop")
        key = command("app", "key-create", "shop", "--kind", "api")[1]

        def shop(method, path, body=None):
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
            data = None if body is None else json.dumps(body).encode()
            request = urllib.request.Request(f"{address}/api/v1/apps/shop{path}", data, headers, method=method)
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return json.load(answer)

        for user in ["ada", "bob"]:
            shop("POST", "/users", {"user": user})
        made = shop("POST", "/webhooks", {"url": f"http://127.0.0.1:{listening.server_port}/", "types": ["entry.text"]})
        old = made["secret"]

        def say(words):
            shop("POST", "/as/ada/users/bob/entries", {"text": {"text": words}})
            post = posts.get(timeout=PATIENCE)
            while json.loads(post[1])["entry"]["body"]["text"]["text"] != words:
                post = posts.get(timeout=PATIENCE)
            return post

        event = say("Zürich, 北京, \U0001f600")
        checks.verify("an event", old, event)
        headers, body = event
        checks.check("its kind", json.loads(body)["type"] == "entry.text")
        checks.verify("another body", old, (headers, body.replace("ada", "eve")), wanted=False)
        checks.verify("another name", old, ({**headers, "webhook-id": "another"}, body), wanted=False)
        late = {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) - 600)}
        checks.verify("an old one", old, (late, body), wanted=False)
        checks.verify("another secret", "whsec_" + "QUFB" * 8, event, wanted=False)
        new = shop("POST", f"/webhooks/{made['webhook']}/rotation", {})["secret"]
        both = say("while they change")
        checks.verify("the old secret while they change", old, both)
        checks.verify("the new secret while they change", new, both)
        tested = shop("POST", f"/webhooks/{made['webhook']}/test", {})
        checks.check("a test is taken", tested["taken"] and tested["status"] == 204)
        checks.verify("a test", new, posts.get(timeout=PATIENCE))
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE)
        listening.shutdown()
        checks.verifier.stdin.close()
        checks.verifier.wait(timeout=PATIENCE)
    return checks.good, checks.all


def main():
    binary, venv = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    python = environment(venv)
    if python is None:
        return SKIPPED
    folder = tempfile.mkdtemp(prefix="tidings-webhooks-")
    try:
        good, all_of_them = run(binary, python, folder)
    finally:
        shutil.rmtree(folder)
    print(f"{good} passed, {all_of_them - good} failed")
    return 0 if good == all_of_them else 1


if __name__ == "__main__":
    sys.exit(main())
