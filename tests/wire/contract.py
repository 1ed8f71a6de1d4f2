#!/usr/bin/env python3
"""Holds a server of its own against its OpenAPI description with schemathesis: no 5xx, no answer that is not described.

    python3 tests/wire/contract.py target/ci/tidings target/venv [SECONDS]

The second argument is a folder where schemathesis is installed (a virtual environment, made when it is not there).
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request

from tutorial import start

VERSION = "4.32.5"
# EX_TEMPFAIL: nothing was found out.
SKIPPED = 75
# What no random request may do to the run itself: wait for ever, or sign its own session out.
LEFT_OUT = r"^/api/v1/(stream$|sessions/|me/deletion$|me/password$)"
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "missing_required_header",
    "unsupported_method",
]


def tool(folder):
    """The schemathesis command, installed when it is not there; None when it cannot be installed."""
    stamp = os.path.join(folder, "schemathesis-" + VERSION)
    if not os.path.exists(stamp):
        pip = os.path.join(folder, "bin", "pip")
        for step in (
            [sys.executable, "-m", "venv", "--clear", folder],
            [pip, "install", "--quiet", f"schemathesis=={VERSION}"],
        ):
            if subprocess.run(step).returncode != 0:
                return None
        open(stamp, "w").close()
    return os.path.join(folder, "bin", "schemathesis")


def register(address):
    """A user of the server; gives the token."""
    body = json.dumps({"user": "tester", "password": "a quiet afternoon"}).encode()
    request = urllib.request.Request(address + "/api/v1/accounts", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)["token"]


def main():
    # The run has a folder of its own, so that both must be found from there.
    binary, folder = map(os.path.abspath, sys.argv[1:3])
    seconds = int(sys.argv[3]) if len(sys.argv) > 3 else 100
    command = tool(folder)
    if command is None:
        print("schemathesis cannot be installed here, so REST is NOT held against its description in this run")
        return SKIPPED
    data = tempfile.mkdtemp(prefix="tidings-contract-")
    os.environ["TIDINGS_LIMITS_REST_PER_SECOND"] = "0"
    os.environ["TIDINGS_LIMITS_RATE_PER_SECOND"] = "0"
    os.environ["TIDINGS_LIMITS_RATE_BURST"] = "0"
    server, address = start(binary, os.path.join(data, "data"))
    try:
        ran = subprocess.run(
            [
                command, "run", address + "/api/openapi.json",
                "--header", "Authorization: Bearer " + register(address),
                "--exclude-path-regex", LEFT_OUT,
                "--checks", ",".join(CHECKS),
                "--max-examples", "4",
                "--phases", "examples,coverage,fuzzing",
                "--max-time", str(seconds),
                "--request-timeout", "20",
                "--suppress-health-check", "all",
                "--warnings", "off",
                "--seed", "1",
                "--generation-database", "none",
                "--continue-on-failure",
                "--no-shrink",
                "--no-color",
            ],
            cwd=data,
            timeout=seconds * 3 + 60,
        )
        alive = server.poll() is None
    finally:
        server.terminate()
        server.wait(timeout=20)
        shutil.rmtree(data, ignore_errors=True)
    passed = ran.returncode == 0 and alive
    print(f"{int(passed)} passed, {int(not passed)} failed")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
