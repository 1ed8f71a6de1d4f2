#!/usr/bin/env python3
"""Runs every command of the tutorial in docs/api.md against a server of its own.

    python3 tests/wire/tutorial.py target/ci/tidings
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def steps(text):
    """The headings of the tutorial with their shell blocks."""
    tutorial = text.split("\n## Tutorial\n", 1)[1].split("\n## ", 1)[0]
    for part in tutorial.split("\n### ")[1:]:
        heading = part.split("\n", 1)[0]
        blocks = re.findall(r"^```sh\n(.*?)^```", part, re.S | re.M)
        yield heading, "\n".join(blocks)


def start(binary, folder):
    """A server on free ports; gives the process and where HTTP is."""
    environment = dict(
        os.environ,
        TIDINGS_HOME_REGISTRATION="open",
        TIDINGS_LISTEN_TCP="127.0.0.1:0",
        TIDINGS_LISTEN_HTTP="127.0.0.1:0",
    )
    server = subprocess.Popen(
        [binary, "serve", "--data", folder], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    for line in server.stdout:
        found = re.match(r"ready tcp=\S+ http=(\S+)", line)
        if found:
            return server, "http://" + found.group(1)
    raise SystemExit("the server did not start")


def main():
    binary = sys.argv[1]
    text = (ROOT / "docs" / "api.md").read_text()
    folder = tempfile.mkdtemp(prefix="tidings-tutorial-")
    server, address = start(binary, os.path.join(folder, "data"))
    script = ["set -euo pipefail"]
    headings = []
    for heading, block in steps(text):
        headings.append(heading)
        script += [block, f"echo; echo 'STEP DONE {len(headings)}'"]
    try:
        ran = subprocess.run(
            ["bash", "-c", "\n".join(script)],
            env=dict(os.environ, TIDINGS=address, TMPDIR=folder),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
    finally:
        server.terminate()
        server.wait(timeout=20)
        shutil.rmtree(folder, ignore_errors=True)
    done = ran.stdout.count("STEP DONE ")
    if ran.returncode != 0 or done != len(headings):
        print(ran.stdout)
        print(f"the tutorial stopped in: {headings[min(done, len(headings) - 1)]}")
    print(f"{done} passed, {len(headings) - done} failed")
    return 0 if done == len(headings) and ran.returncode == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
