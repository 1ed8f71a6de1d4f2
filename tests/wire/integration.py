#!/usr/bin/env python3
"""Runs every command of "The first fifteen minutes" in docs/integration.md against a server of its own, then attacks its log-in with
tokens that PyJWT makes, HS256 and EdDSA.

    python3 tests/wire/integration.py target/ci/tidings target/venv

Needs PyJWT with its cryptography; they are installed into the environment that is named. Ends with 75 when they cannot be.
"""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = ["pyjwt[crypto]==2.10.1"]
SKIPPED = 75


def environment(folder):
    """A Python with PyJWT, or None."""
    python = os.path.join(folder, "bin", "python3")
    if not os.path.exists(python):
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    if subprocess.run([python, "-c", "import jwt, cryptography"], capture_output=True).returncode != 0:
        asked = subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], capture_output=True, text=True)
        if asked.returncode != 0:
            print(asked.stderr)
            return None
    return python


def steps(text):
    """The headings of the page with their shell blocks."""
    page = text.split("\n## The first fifteen minutes\n", 1)[1].split("\n## ", 1)[0]
    for part in page.split("\n### ")[1:]:
        heading = part.split("\n", 1)[0]
        yield heading, "\n".join(re.findall(r"^```sh\n(.*?)^```", part, re.S | re.M))


def start(binary, folder):
    """A server on free ports; gives the process and where HTTP is."""
    settings = dict(os.environ, TIDINGS_LISTEN_TCP="127.0.0.1:0", TIDINGS_LISTEN_HTTP="127.0.0.1:0")
    server = subprocess.Popen(
        [binary, "serve", "--data", folder], env=settings, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    for line in server.stdout:
        found = re.match(r"ready tcp=\S+ http=(\S+)", line)
        if found:
            return server, "http://" + found.group(1)
    raise SystemExit("the server did not start")


def page(binary, python, address, folder):
    """Runs the page; gives how many steps passed and how many there are."""
    tools = os.path.join(folder, "bin")
    os.mkdir(tools)
    os.symlink(os.path.abspath(binary), os.path.join(tools, "tidings"))
    script, headings = ["set -euo pipefail", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT"], []
    for heading, block in steps((ROOT / "docs" / "integration.md").read_text()):
        headings.append(heading)
        script += [block, f"echo; echo 'STEP DONE {len(headings)}'"]
    path = os.pathsep.join([tools, os.path.dirname(python), os.environ["PATH"]])
    settings = dict(os.environ, TIDINGS=address, DATA=os.path.join(folder, "data"), PATH=path, SOURCES=str(ROOT), SHOP_PORT=free_port())
    ran = subprocess.run(["bash", "-c", "\n".join(script)], env=settings, cwd=folder, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, timeout=180)
    done = ran.stdout.count("STEP DONE ")
    if ran.returncode != 0 or done != len(headings):
        print(ran.stdout[-6000:])
        print(f"the page stopped in: {headings[min(done, len(headings) - 1)]}")
    return done, len(headings)


def free_port():
    """A port that nobody listens on, as text."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def exchange(address, token):
    """The status of a log-in with a token."""
    request = urllib.request.Request(address + "/api/v1/sessions", json.dumps({"signed": token}).encode(),
                                     {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code


ATTACKS = """
import json, sys, time, jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
given = json.load(sys.stdin)
private = serialization.load_pem_private_key(given["private"].encode(), None)
public = private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
now = int(time.time())
right = {"iss": given["app"], "sub": "mallory", "aud": "tidings", "iat": now, "exp": now + 300}
def token(key, algorithm, kid, **changes):
    headers = {"kid": kid, **changes.pop("headers", {})}
    claims = {name: value for name, value in {**right, **changes}.items() if value is not None}
    return jwt.api_jws.encode(json.dumps(claims).encode(), key, algorithm=algorithm, headers=headers)
hs, ed, secret = given["hs"], given["ed"], given["secret"]
hmac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
hmac.prepare_key = lambda key: key if isinstance(key, bytes) else key.encode()
jwt.api_jws._jws_global_obj._algorithms["HS256"] = hmac
out = {
    "right": [token(secret, "HS256", hs), token(private, "EdDSA", ed), token(secret, "HS256", hs, aud=["x", "tidings"])],
    "wrong": [
        token(None, "none", hs), token(None, "none", ed), token(secret, "HS512", hs), token(secret, "HS256", ed),
        token(private, "EdDSA", hs), token(public, "HS256", ed), token(secret + "x", "HS256", hs), token(secret, "HS256", "9999"),
        token(secret, "HS256", hs, iss="1"), token(secret, "HS256", hs, iss="77"), token(secret, "HS256", hs, aud="elsewhere"),
        token(secret, "HS256", hs, exp=now - 120, iat=now - 300), token(secret, "HS256", hs, exp=str(now + 300)),
        token(secret, "HS256", hs, exp=now + 10**9), token(secret, "HS256", hs, nbf=now + 600), token(secret, "HS256", hs, sub=""),
        token(secret, "HS256", hs, iat=None), token(secret, "HS256", hs, exp=None), token(secret, "HS256", hs, aud=None),
        token(secret, "HS256", hs, headers={"jku": "https://127.0.0.1/"}), token(secret, "HS256", hs, headers={"typ": "at+jwt"}),
        token(secret, "HS256", hs, padding="x" * 65536),
    ],
}
print(json.dumps(out))
"""


def attacks(binary, python, address, data):
    """Tokens that PyJWT makes; gives how many were treated as they should be, and how many there are."""
    def command(*arguments):
        done = subprocess.run([binary, *arguments, "--data", data], capture_output=True, text=True, check=True, timeout=60)
        return done.stdout.split()
    make = ("from cryptography.hazmat.primitives import serialization as s; from cryptography.hazmat.primitives.asymmetric import ed25519 as e;"
            "k = e.Ed25519PrivateKey.generate(); P = s.Encoding.PEM;"
            "print(k.private_bytes(P, s.PrivateFormat.PKCS8, s.NoEncryption()).decode() + '=====' +"
            " k.public_key().public_bytes(P, s.PublicFormat.SubjectPublicKeyInfo).decode())")
    private, public = subprocess.run([python, "-c", make], capture_output=True, text=True, check=True).stdout.split("=====")
    command("app", "create", "attacked")
    listed = subprocess.run([binary, "app", "list", "--json", "--data", data], capture_output=True, text=True, check=True)
    app = next(one["app"] for one in map(json.loads, listed.stdout.splitlines()) if one["name"] == "attacked")
    file = os.path.join(os.path.dirname(data), "public.pem")
    with open(file, "w") as out:
        out.write(public)
    hs, secret = command("app", "key-create", "attacked", "--kind", "hs256")
    ed = command("app", "key-create", "attacked", "--kind", "eddsa", "--public-key", file)[0]
    given = json.dumps({"app": str(app), "hs": hs, "ed": ed, "secret": secret, "private": private})
    made = subprocess.run([python, "-c", ATTACKS], input=given, capture_output=True, text=True)
    if made.returncode != 0:
        print(made.stderr)
        return 0, 1
    tokens = json.loads(made.stdout)
    good = 0
    for wanted, kind in [(True, "right"), (False, "wrong")]:
        for number, token in enumerate(tokens[kind]):
            status = exchange(address, token)
            if (status == 201) == wanted:
                good += 1
            else:
                print(f"the {kind} token {number} got {status}")
    return good, len(tokens["right"]) + len(tokens["wrong"])


def main():
    binary, venv = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    python = environment(venv)
    if python is None:
        print("PyJWT cannot be installed here; skipped")
        return SKIPPED
    folder = tempfile.mkdtemp(prefix="tidings-integration-")
    server, address = start(binary, os.path.join(folder, "data"))
    try:
        ran = [page(binary, python, address, folder), attacks(binary, python, address, os.path.join(folder, "data"))]
    finally:
        server.terminate()
        server.wait(timeout=20)
        shutil.rmtree(folder, ignore_errors=True)
    passed, all_of_them = sum(good for good, _ in ran), sum(count for _, count in ran)
    print(f"{passed} passed, {all_of_them - passed} failed")
    return 0 if passed == all_of_them else 1


if __name__ == "__main__":
    sys.exit(main())
