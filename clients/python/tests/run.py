#!/usr/bin/env python3
"""Builds the package, checks its types and runs its tests, also against a real server.

    python3 clients/python/tests/run.py target/ci/tidings target/venv-clients

The second argument is a folder for a virtual environment, made when it is not there. Exit code 75: the packages that the tests need
cannot be had here.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
# What the tests are known to pass with.
NEEDS = ["websockets==17.4", "mypy==2.4.1", "hatchling==1.29.0"]
SKIPPED = 75


def environment(folder: Path) -> Path | None:
    """The Python of the virtual environment; None when it cannot be made."""
    stamp = folder / "-".join(["ready", *NEEDS])
    python = folder / "bin" / "python"
    if not stamp.exists():
        steps: list[list[str | Path]] = [
            [sys.executable, "-m", "venv", "--clear", folder],
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *NEEDS],
        ]
        for step in steps:
            if subprocess.run(step).returncode != 0:
                return None
        stamp.touch()
    return python


def main() -> int:
    binary, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    python = environment(folder)
    if python is None:
        print("the packages that the Python client needs cannot be installed here, so it is NOT tested in this run")
        return SKIPPED
    passed = failed = 0
    built = tempfile.mkdtemp(prefix="tidings-python-")
    try:
        install: list[str | Path] = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation"]
        types: list[str | Path] = [python, "-m", "mypy", "--cache-dir", folder / "mypy"]
        for step in ([*install, "--target", built, HERE], types):
            ok = subprocess.run(step, cwd=HERE).returncode == 0
            passed, failed = passed + ok, failed + (not ok)
        # The tests meet the package as it was built, not the sources.
        ran = subprocess.run(
            [python, "-m", "unittest", "discover", "-t", ".", "-s", "tests"],
            cwd=HERE,
            env={**os.environ, "PYTHONPATH": built, "PYTHONDONTWRITEBYTECODE": "1", "TIDINGS_BINARY": str(binary)},
            stderr=subprocess.PIPE,
            text=True,
            timeout=300,
        )
    finally:
        shutil.rmtree(built, ignore_errors=True)
    print(ran.stderr, end="")
    count = re.search(r"^Ran (\d+) tests?", ran.stderr, re.M)
    bad = sum(int(number) for number in re.findall(r"(?:failures|errors|unexpected successes)=(\d+)", ran.stderr))
    skipped = sum(int(number) for number in re.findall(r"skipped=(\d+)", ran.stderr))
    if count is None or (ran.returncode != 0 and bad == 0):
        bad += 1
    failed += bad
    passed += max(0, int(count[1]) - bad - skipped) if count else 0
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
