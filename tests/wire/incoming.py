#!/usr/bin/env python3
"""Programs of others post into a group as they are: Apprise as Mattermost, Gotify, JSON and form, and Prometheus
Alertmanager with its Slack and its webhook receiver.

    python3 tests/wire/incoming.py target/ci/tidings target/venv-incoming

Apprise comes from the Python package index into the folder that is named; Alertmanager is Debian's. Prints one line for each check, ends what it started, and exits with 1 when a check failed, with 75 when neither can be had.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse

from assistant import Api, SKIPPED, free_port, serve
from tutorial import start

APPRISE = "apprise==2.3.0"
SECONDS = 30
CONFIG = """\
route:
  receiver: both
  group_by: [alertname]
  group_wait: 1s
  group_interval: 1s
receivers:
  - name: both
    slack_configs:
      - api_url: {slack}
        channel: "#alerts"
        send_resolved: true
        title: "{{{{ .Status }}}}: {{{{ .CommonLabels.alertname }}}}"
    webhook_configs:
      - url: {webhook}
        send_resolved: true
"""


def apprise(folder):
    """The command; None when it cannot be installed."""
    command = os.path.join(folder, "bin", "apprise")
    pip = os.path.join(folder, "bin", "pip")
    if not os.path.exists(command):
        for step in ([sys.executable, "-m", "venv", "--clear", folder], [pip, "install", "--quiet", APPRISE]):
            if subprocess.run(step).returncode != 0:
                return None
    return command


def alertmanager():
    """Whether Alertmanager is here, after installing it where that may be done. No service of it is started."""
    if not shutil.which("prometheus-alertmanager") and os.geteuid() == 0 and shutil.which("apt-get"):
        install = ["apt-get", "install", "-qy", "--no-install-recommends", "prometheus-alertmanager"]
        subprocess.run(install, capture_output=True, env=dict(os.environ, RUNLEVEL="1", DEBIAN_FRONTEND="noninteractive"))
    return shutil.which("prometheus-alertmanager") is not None


class Group:
    """A group with webhooks, and what was posted into it."""

    def __init__(self, address):
        self.address, self.api = address, Api(address, "ada")
        self.id = self.api.ask("POST", "/conversations", {"group": {"title": "Operations", "members": []}})["conversation"]["id"]

    def hook(self, name):
        """The secret of a new webhook."""
        made = self.api.ask("POST", f"/conversations/{self.id}/hooks", {"name": name})
        return urllib.parse.urlsplit(made["url"]).path.rsplit("/", 1)[1]

    def posts(self):
        entries = self.api.ask("GET", f"/conversations/{self.id}/entries")["entries"]
        return [entry["body"]["post"] for entry in entries if "post" in entry["body"]]

    def until(self, holds):
        """What was posted, when this holds of it or the time is over."""
        deadline = time.monotonic() + SECONDS
        while not holds(self.posts()) and time.monotonic() < deadline:
            time.sleep(0.2)
        return self.posts()


def by_apprise(command, group, check):
    host = group.address.removeprefix("http://")
    forms = [
        ("mmost", "Mattermost", "mmost://{host}/{secret}"),
        ("gotify", "Gotify", "gotify://{host}/hooks/{secret}/atoken"),
        ("json", "JSON", "json://{host}/hooks/{secret}"),
        ("form", "a form", "form://{host}/hooks/{secret}"),
    ]
    for form, name, url in forms:
        words = f"The {form} backup has ended."
        url = url.format(host=host, secret=group.hook(name))
        sent = subprocess.run([command, "-t", "Backup", "-b", words, url], capture_output=True, text=True, timeout=60)
        check(f"Apprise is told that it posted ({name})", sent.returncode == 0, sent.stdout + sent.stderr)
        found = group.until(lambda posts: any(words in str(post) for post in posts))
        check(f"and its words are there ({name})", any(words in str(post) for post in found), found[-1:])
        check(f"with their title ({name})", any(words in str(post) and "Backup" in str(post) for post in found), found[-1:])


def by_alertmanager(group, check, work):
    slack, webhook = (f"{group.address}/hooks/{group.hook(name)}" for name in ("Slack", "Alerts"))
    config = os.path.join(work, "alertmanager.yml")
    with open(config, "w") as file:
        file.write(CONFIG.format(slack=slack, webhook=webhook))
    port = free_port()
    here = f"http://127.0.0.1:{port}"
    run = ["prometheus-alertmanager", "--config.file", config, "--storage.path", work,
           "--web.listen-address", f"127.0.0.1:{port}", "--cluster.listen-address="]
    log = open(os.path.join(work, "alertmanager.log"), "w")
    process = serve(run, port, work, log)

    def alert(*more):
        return subprocess.run(["amtool", f"--alertmanager.url={here}", "alert", "add", "DiskFull",
                               "instance=db1", "--annotation=summary=The disk of db1 is full", *more],
                              capture_output=True, text=True, timeout=60)

    try:
        # It listens before it takes alerts.
        deadline = time.monotonic() + SECONDS
        while (added := alert()).returncode != 0 and time.monotonic() < deadline:
            time.sleep(0.2)
        check("Alertmanager takes an alert", added.returncode == 0, added.stderr)

        def both(posts):
            fires = [post for post in posts if "DiskFull" in str(post)]
            return any("firing: DiskFull" in str(post) for post in fires) and len(fires) >= 2

        found = group.until(both)
        check("Alertmanager posts by its Slack and its webhook receiver", both(found), found)
        before = len([post for post in found if "DiskFull" in str(post)])
        ended = alert("--start", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60)),
                      "--end", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 1)))
        check("Alertmanager takes the alert's end", ended.returncode == 0, ended.stderr)
        found = group.until(lambda posts: any("resolved: DiskFull" in str(post) for post in posts))
        check("the Slack receiver says that it is over", any("resolved: DiskFull" in str(post) for post in found), found)

        def edited(posts):
            return [post for post in posts if "DiskFull" in str(post) and re.search("resolved", str(post), re.I)]

        found = group.until(lambda posts: len(edited(posts)) >= 2)
        after = len([post for post in found if "DiskFull" in str(post)])
        check("and the webhook receiver's post was edited, not doubled", len(edited(found)) >= 2 and after == before + 1, found)
    finally:
        process.terminate()
        process.wait(timeout=15)


def main():
    binary, folder = map(os.path.abspath, sys.argv[1:3])
    command, alerts = apprise(folder), alertmanager()
    if command is None and not alerts:
        print("neither Apprise nor Alertmanager can be had here, so NO program of others posts in this run")
        return SKIPPED
    for there, name in ((command, "Apprise"), (alerts, "Alertmanager")):
        if not there:
            print(f"{name} cannot be had here and does not post in this run")
    work = tempfile.mkdtemp(prefix="tidings-incoming-")
    passed, failed, server = 0, 0, None

    def check(words, holds, found=None):
        nonlocal passed, failed
        print(("ok   " if holds else "FAIL ") + words + ("" if holds else f": {found}"))
        passed, failed = passed + bool(holds), failed + (not holds)

    try:
        server, address = start(binary, os.path.join(work, "data"))
        group = Group(address)
        if command:
            by_apprise(command, group, check)
        if alerts:
            by_alertmanager(group, check, work)
    except (RuntimeError, OSError, urllib.error.HTTPError) as error:
        words = error.read().decode() if isinstance(error, urllib.error.HTTPError) else str(error)
        check("the run", False, words)
    finally:
        if server:
            server.terminate()
            server.wait(timeout=30)
        shutil.rmtree(work, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
