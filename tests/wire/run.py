#!/usr/bin/env python3
"""Talks to a real server over TCP in JSON and checks what docs/protocol.md promises.

    python3 tests/wire/run.py PATH_TO_TIDINGS_BINARY

Starts the server on free ports with a temporary data folder, prints one line for each check, ends the server it started, and
exits with 1 when a check failed.
"""

import os
import queue
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback

from tidings import Client, Closed, Connection, Refused, Restart, make_key

PASSWORDS = {"ada": "correct horse battery", "bob": "staple of the day", "cy": "a third long password"}
START_SECONDS = 30


class Server:
    """The server under test."""

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        self.process = subprocess.Popen(
            [binary, "serve", "--data", folder, "--listen-tcp", "127.0.0.1:0", "--listen-http", "127.0.0.1:0"],
            stdout=subprocess.PIPE, stderr=open(os.path.join(folder, "..", "server.log"), "w"), text=True)
        lines = queue.Queue(maxsize=1000)

        def pump():
            for line in self.process.stdout:
                lines.put(line)
            lines.put("")
        threading.Thread(target=pump, daemon=True).start()
        deadline = time.monotonic() + START_SECONDS
        self.address = None
        while self.address is None:
            line = lines.get(timeout=max(0.1, deadline - time.monotonic()))
            if line == "":
                raise RuntimeError("the server ended before it was ready")
            if line.startswith("ready "):
                parts = dict(part.split("=", 1) for part in line.split()[1:])
                self.address = parts["tcp"]

    def command(self, *arguments, stdin=None):
        done = subprocess.run([self.binary, *arguments, "--data", self.folder], input=stdin, text=True,
                              capture_output=True, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"{arguments}: {done.stdout}{done.stderr}")
        return done.stdout

    def add_user(self, name):
        self.command("user", "add", name, "--password-stdin", stdin=PASSWORDS[name] + "\n")

    def stop(self):
        self.process.terminate()
        try:
            return self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def device(name, platform="linux"):
    return {"id": f"wire-{name}", "platform": platform, "name": f"Device {name}"}


def password(user, secret=None):
    return {"password": {"app": 1, "user": user, "password": secret or PASSWORDS[user]}}


def text_of(entry):
    return entry["body"]["text"]["text"]


def refusal(code, action):
    """`action` must be refused with this code; gives the refusal."""
    try:
        gave = action()
    except Refused as refused:
        assert refused.code == code, f"refused with {refused.code}, not {code}: {refused}"
        assert refused.fields["message"], "a refusal has words for people"
        return refused.fields
    raise AssertionError(f"was not refused but gave {gave}")


class Checks:
    """Each method is one check; they run in this order and share one server."""

    def __init__(self, server):
        self.server = server
        self.ada = self.bob = None

    def log_in_with_a_password(self):
        self.ada = Client(self.server.address, password("ada"), device("ada-1"))
        welcome = self.ada.welcome
        assert welcome["protocol"] == 1 and welcome["user"] == "ada" and welcome["app"] == 1, welcome
        assert welcome["token"], "a password log-in gets a token"
        assert welcome["limits"]["window"] > 0 and welcome["limits"]["max_frame"] >= 65536, welcome
        assert abs(welcome["time"] - time.time() * 1000) < 60_000
        self.bob = Client(self.server.address, password("bob"), device("bob-1"))

    def log_in_with_the_token(self):
        token = self.ada.welcome["token"]
        session = self.ada.welcome["session"]
        self.ada.close()
        self.ada = Client(self.server.address, {"token": token}, device("ada-1"))
        assert self.ada.welcome["session"] == session and self.ada.welcome["token"] is None, self.ada.welcome
        self.ada.token = token

    def a_wrong_password_is_refused_and_the_connection_closed(self):
        link = Connection(self.server.address)
        link.send("hello", {"auth": password("ada", "not her password"), "device": device("x"), "client": "t"})
        kind, fields = link.read()
        assert kind == "refused" and fields["code"] == "unauthenticated" and fields["fatal"], (kind, fields)
        assert link.is_closed()
        unknown = Connection(self.server.address)
        unknown.send("hello", {"auth": password("nobody", "not a password"), "device": device("x"), "client": "t"})
        kind, again = unknown.read()
        assert (kind, again["code"], again["message"]) == ("refused", fields["code"], fields["message"]), again

    def a_wrong_token_is_refused(self):
        refusal("unauthenticated", lambda: Client(self.server.address, {"token": "tds_wrong"}, device("x")))

    def what_nobody_signed_opens_nothing(self):
        refusal("unauthenticated", lambda: Client(self.server.address, {"signed": "a.b.c"}, device("x")))
        refusal("unauthenticated", lambda: Client(self.server.address, {"cookie": {}}, device("x")))

    def sync_from_zero_of_somebody_new_is_empty(self):
        conversations, cursor = self.ada.sync(0)
        assert conversations == [] and cursor > 0, (conversations, cursor)

    def send_a_message(self):
        self.bob.sync(0)
        self.key = self.ada.make_key()
        outcome = self.ada.say({"user": "bob"}, "Tea?", self.key)
        result = outcome["result"]["appended"]
        assert outcome["duplicate"] is False and result["seq"] == 1 and result["ordinal"] == 1, outcome
        self.first, self.talk = outcome, result["conversation"]

    def the_other_side_gets_it_live(self):
        push = self.bob.wait_for("entry")
        entry = push["entry"]
        assert push["conversation"] == self.talk and entry["seq"] == 1, push
        assert text_of(entry) == "Tea?" and entry["author"] == "ada" and entry["key"] == self.key, entry
        assert entry["lsn"] == entry["changed"] == self.first["lsn"], (entry, self.first)

    def the_same_key_again_gives_the_first_outcome(self):
        again = self.ada.say({"user": "bob"}, "Tea?", self.key)
        assert again["duplicate"] is True, again
        assert (again["lsn"], again["result"]) == (self.first["lsn"], self.first["result"]), again

    def the_same_key_from_another_connection_gives_it_too(self):
        other = Client(self.server.address, password("ada"), device("ada-2"))
        again = other.say({"user": "bob"}, "Tea?", self.key)
        assert again["duplicate"] is True and again["result"] == self.first["result"], again
        other.close()

    def the_same_key_with_another_text_is_refused(self):
        refusal("idempotency_conflict", lambda: self.ada.say({"user": "bob"}, "Coffee?", self.key))

    def keys_outside_of_the_window_are_refused(self):
        week = 7 * 24 * 3600 * 1000
        now = int(time.time() * 1000)
        refusal("key_expired", lambda: self.ada.say({"user": "bob"}, "late", make_key(now - week - 60_000)))
        refusal("key_expired", lambda: self.ada.say({"user": "bob"}, "early", make_key(now + 11 * 60_000)))
        refusal("invalid", lambda: self.ada.say({"user": "bob"}, "?", "11111111-2222-4333-8444-555555555555"))

    def what_is_sent_survives_byte_for_byte(self):
        text = "e\u0301 \u00e9 \u4f60\u597d \U0001F469\u200D\U0001F469\u200D\U0001F467 \u202eright to left\u202c \\ \" \t \u0000 end"
        self.bob.say({"conversation": self.talk}, text)
        push = self.ada.wait_for("entry", lambda fields: fields["entry"]["seq"] == 2)
        assert text_of(push["entry"]) == text, push

    def sync_from_zero_brings_everything(self):
        conversations, cursor = self.bob.sync(0)
        assert [c["id"] for c in conversations] == [self.talk], conversations
        talk = conversations[0]
        assert talk["kind"] == "direct" and talk["peer"] == "ada" and talk["members"] == 2, talk
        assert talk["head"] == 2 and [e["seq"] for e in talk["entries"]] == [1, 2], talk
        assert cursor > self.first["lsn"], cursor
        self.cursor = cursor

    def sync_from_a_cursor_brings_only_what_changed(self):
        conversations, cursor = self.bob.sync(self.cursor)
        assert conversations == [] and cursor >= self.cursor, (conversations, cursor)
        group = self.ada.submit({"create_group": {"title": "Kitchen", "members": ["bob", "cy"]}})
        self.group = group["result"]["conversation"]["conversation"]
        conversations, _ = self.bob.sync(self.cursor)
        assert [c["id"] for c in conversations] == [self.group], conversations
        assert conversations[0]["title"] == "Kitchen" and conversations[0]["members"] == 3, conversations

    def resume_in_hello_is_the_first_sync(self):
        resume = {"epoch": self.bob.epoch, "cursor": self.cursor}
        bob = Client(self.server.address, {"token": self.bob.welcome["token"]}, device("bob-1"), resume)
        kind, page = bob.read()
        assert kind == "changes" and page["request"] == 0 and page["more"] is False, (kind, page)
        assert [c["id"] for c in page["conversations"]] == [self.group], page
        bob.welcome["token"] = self.bob.welcome["token"]
        self.replaced, self.bob, self.cursor = self.bob, bob, page["cursor"]

    def the_older_connection_of_the_same_session_is_kicked(self):
        kicked = self.replaced.wait_for("kicked")
        assert kicked["reason"] == "replaced_by_same_device", kicked
        assert self.replaced.is_closed()

    def another_epoch_or_a_cursor_beyond_the_end_means_restart(self):
        for epoch, cursor in [(self.bob.epoch + 1, self.cursor), (self.bob.epoch, self.cursor + 1_000_000)]:
            try:
                self.bob.sync(cursor, epoch=epoch)
            except Restart as restart:
                assert restart.epoch == self.bob.epoch, restart.epoch
            else:
                raise AssertionError("no restart")
        self.bob.sync(0)

    def a_gap_is_fetched(self):
        for number in range(40):
            self.ada.say({"conversation": self.group}, f"number {number}")
            time.sleep(0.06)  # below the rate of 20 a second
        conversations, cursor = self.bob.sync(self.cursor)
        group = next(c for c in conversations if c["id"] == self.group)
        carried = [e["seq"] for e in group["entries"]]
        assert group["head"] == 41 and carried == list(range(22, 42)), carried
        hole = self.bob.query({"entries": {"conversation": self.group, "from": 2, "to": 21, "limit": 200}})
        assert [e["seq"] for e in hole["entries"]] == list(range(2, 22)), hole
        assert [text_of(e) for e in hole["entries"]] == [f"number {n}" for n in range(20)]
        assert hole["floor"] == 1 and hole["head"] == 41, (hole["floor"], hole["head"])
        self.cursor = cursor

    def history_is_paged_from_either_end(self):
        def page(**bounds):
            return self.bob.query({"entries": {"conversation": self.group, "limit": 5, **bounds}})
        assert [e["seq"] for e in page()["entries"]] == [37, 38, 39, 40, 41]
        assert [e["seq"] for e in page(to=36)["entries"]] == [32, 33, 34, 35, 36]
        assert [e["seq"] for e in page(**{"from": 10})["entries"]] == [10, 11, 12, 13, 14]

    def pages_of_a_sync_do_not_repeat(self):
        for number in range(5):
            self.ada.submit({"create_group": {"title": f"Room {number}", "members": ["bob"]}})
        ids, cursor, pages = [], 0, 0
        while True:
            kind, page = self.bob.ask("sync", epoch=self.bob.epoch, cursor=cursor, limit=2)
            assert kind == "changes" and len(page["conversations"]) <= 2 and page["cursor"] > cursor, page
            ids += [c["id"] for c in page["conversations"]]
            cursor, pages = page["cursor"], pages + 1
            if not page["more"]:
                break
        assert len(ids) == len(set(ids)) == 8 and pages >= 4, (ids, pages)  # the feed is one of them

    def an_edit_rewrites_the_target_and_says_so(self):
        self.bob.pushed.clear()
        notice = self.ada.submit({"edit": {"conversation": self.talk, "seq": 1, "text": "Tea and cake?"}})
        seq = notice["result"]["appended"]["seq"]
        target = self.bob.wait_for("entry", lambda f: f["entry"]["seq"] == 1)["entry"]
        assert text_of(target) == "Tea and cake?" and target["edited_at"], target
        assert target["changed"] == notice["lsn"] > target["lsn"], target
        told = self.bob.wait_for("entry", lambda f: f["entry"]["seq"] == seq)["entry"]
        assert told["body"] == {"edited": {"target": 1}}, told

    def the_sender_gets_the_rewritten_target_too(self):
        target = self.ada.wait_for("entry", lambda f: f["conversation"] == self.talk and f["entry"]["seq"] == 1)
        assert text_of(target["entry"]) == "Tea and cake?", target

    def a_reaction_is_seen_and_the_same_again_changes_nothing(self):
        react = {"react": {"conversation": self.talk, "seq": 1, "emoji": "\U0001F44D", "on": True}}
        assert "appended" in self.bob.submit(react)["result"]
        assert "done" in self.bob.submit(react)["result"]
        entry = self.bob.query({"entries": {"conversation": self.talk, "from": 1, "to": 1, "limit": 1}})["entries"][-1]
        assert entry["reactions"] == [{"emoji": "\U0001F44D", "users": ["bob"]}], entry

    def a_recalled_message_is_gone(self):
        sent = self.ada.say({"conversation": self.talk}, "a secret slip")["result"]["appended"]["seq"]
        self.ada.submit({"recall": {"conversation": self.talk, "seq": sent}})
        entries = self.bob.query({"entries": {"conversation": self.talk, "limit": 200}})["entries"]
        gone = next(e for e in entries if e["seq"] == sent)
        assert gone["body"] == {"recalled": {}} and gone["recalled_at"], gone
        assert "a secret slip" not in str(entries)

    def history_before_a_notice_brings_its_target_along(self):
        newest = self.bob.query({"entries": {"conversation": self.talk, "limit": 200}})["entries"]
        notice = next(e for e in newest if e["body"] == {"edited": {"target": 1}})
        page = self.bob.query({"entries": {"conversation": self.talk, "from": notice["seq"], "to": notice["seq"], "limit": 5}})
        assert [e["seq"] for e in page["entries"]] == [1, notice["seq"]], page

    def cursors_come_back_as_receipts(self):
        head = self.ada.say({"conversation": self.talk}, "read this")["result"]["appended"]["seq"]
        self.ada.pushed.clear()
        self.bob.send("read", {"conversation": self.talk, "seq": head})
        receipt = self.ada.wait_for("receipt", lambda f: f["conversation"] == self.talk
                                    and any(m["user"] == "bob" and m["read"] == head for m in f["moved"]))
        assert receipt["lsn"] > 0, receipt
        read = self.ada.query({"receipts": {"conversation": self.talk, "seq": head}})
        assert "bob" in [c["user"] for c in read["cursors"]], read

    def typing_is_told(self):
        self.bob.send("typing", {"conversation": self.talk, "active": True})
        typing = self.ada.wait_for("typing")
        assert typing == {"conversation": self.talk, "user": "bob", "active": True}, typing

    def a_removed_member_gets_the_notice_and_nothing_after_it(self):
        cy = Client(self.server.address, password("cy"), device("cy-1"))
        cy.sync(0)
        self.ada.submit({"remove_member": {"conversation": self.group, "user": "cy"}})
        notice = cy.wait_for("entry", lambda f: f["conversation"] == self.group)["entry"]
        assert notice["body"] == {"member_removed": {"user": "cy"}}, notice
        self.ada.say({"conversation": self.group}, "without cy")
        refusal("not_member", lambda: cy.say({"conversation": self.group}, "hello?"))
        answer = cy.query({"conversation": {"conversation": self.group}})["conversation"]
        assert answer["head"] == notice["seq"] and answer["inbox"]["gone"] is True, answer
        assert not [f for kind, f in cy.pushed if kind == "entry" and f["entry"]["seq"] > notice["seq"]]
        cy.close()

    def other_peoples_conversations_do_not_exist(self):
        cy = Client(self.server.address, password("cy"), device("cy-1"))
        refusal("not_found", lambda: cy.query({"conversation": {"conversation": self.talk}}))
        refusal("not_found", lambda: cy.query({"conversation": {"conversation": 999_999}}))
        refusal("not_found", lambda: cy.say({"conversation": self.talk}, "let me in"))
        refusal("not_found", lambda: cy.say({"user": "nobody"}, "hello?"))
        cy.close()

    def unknown_kinds_are_refused_and_the_connection_goes_on(self):
        refusal("unsupported", lambda: self.ada.submit({"teleport": {"where": "home"}}))
        refusal("invalid", lambda: self.ada.submit({"pin": {"conversation": "one"}}))
        kind, fields = self.ada.ask("query", query={"horoscope": {}})
        assert (kind, fields["code"]) == ("refused", "unsupported"), fields
        self.ada.send("wave", {"hand": "left"})
        refused = self.ada.wait_for("refused")
        assert refused["code"] == "unknown_frame" and refused["fatal"] is False, refused
        self.ada.send("ping", {"nonce": 77, "later": ["fields", {"are": "ignored"}]})
        assert self.ada.wait_for("pong")["nonce"] == 77

    def empty_and_huge_texts_are_refused(self):
        refusal("invalid", lambda: self.ada.say({"conversation": self.talk}, ""))
        refusal("too_large", lambda: self.ada.say({"conversation": self.talk}, "x" * 70_000))

    def frames_cut_anywhere_are_understood(self):
        link = Connection(self.server.address, preface=b"")
        data = b"TD\x01\x01"
        for nonce in range(3):
            body = b'{"ping":{"nonce":%d}}' % nonce
            data += struct.pack(">I", len(body)) + body
        for at in range(len(data)):
            link.send_raw(data[at:at + 1])
        nonces = [link.read() for _ in range(3)]
        assert [(kind, fields["nonce"]) for kind, fields in nonces] == [("pong", n) for n in range(3)], nonces

    def nothing_but_hello_and_ping_before_welcome(self):
        link = Connection(self.server.address)
        link.send("query", {"request": 1, "query": {"sessions": {}}})
        kind, fields = link.read()
        assert kind == "refused" and fields["fatal"], (kind, fields)
        assert link.is_closed()

    def a_wrong_preface_is_refused(self):
        for preface in [b"GET ", b"\x16\x03\x01\x02", b"TD\x01\x07", b"TD\x63\x01"]:
            link = Connection(self.server.address, preface=preface)
            try:
                kind, fields = link.read()
                assert kind == "refused" and fields["code"] == "protocol_version" and fields["fatal"], (kind, fields)
            except Closed:
                continue
            assert link.is_closed()

    def lengths_out_of_range_are_refused(self):
        for length in [0, 0xFFFFFFFF, self.ada.welcome["limits"]["max_frame"] + 1]:
            link = Connection(self.server.address)
            link.send_raw(struct.pack(">I", length))
            kind, fields = link.read()
            assert kind == "refused" and fields["code"] == "bad_frame" and fields["fatal"], (length, kind, fields)
            assert link.is_closed()

    def garbage_in_a_frame_is_refused(self):
        for garbage in [b"{", b"[]", b"\xff\xfe", b'{"ping":{"nonce":1}} x']:
            link = Connection(self.server.address)
            link.send_raw(struct.pack(">I", len(garbage)) + garbage)
            kind, fields = link.read()
            assert kind == "refused" and fields["code"] == "bad_frame" and fields["fatal"], (garbage, kind, fields)
            assert link.is_closed()

    def the_same_device_logging_in_again_kicks_the_older_session(self):
        old = Client(self.server.address, password("cy"), device("cy-same"))
        new = Client(self.server.address, password("cy"), device("cy-same"))
        assert new.welcome["session"] != old.welcome["session"]
        assert old.wait_for("kicked")["reason"] == "replaced_by_same_device"
        assert old.is_closed()
        code = refusal_code(lambda: Client(self.server.address, {"token": old.welcome["token"]}, device("cy-same")))
        assert code in ("session_revoked", "unauthenticated"), code
        new.close()

    def ending_a_session_from_another_device_kicks_it(self):
        here = Client(self.server.address, password("cy"), device("cy-here"))
        there = Client(self.server.address, password("cy"), device("cy-there"))
        sessions = here.query({"sessions": {}})["sessions"]
        assert [s["session"] for s in sessions if s["current"]] == [here.welcome["session"]], sessions
        assert there.welcome["session"] in [s["session"] for s in sessions], sessions
        here.submit({"end_session": {"session": there.welcome["session"]}})
        kicked = there.wait_for("kicked")
        assert kicked["reason"] == "revoked" and kicked["by"] == "Device cy-here", kicked
        assert there.is_closed()
        here.close()

    def logging_out_ends_the_session(self):
        cy = Client(self.server.address, password("cy"), device("cy-out"))
        token = cy.welcome["token"]
        assert "done" in cy.submit({"log_out": {}})["result"]
        assert cy.is_closed()
        code = refusal_code(lambda: Client(self.server.address, {"token": token}, device("cy-out")))
        assert code in ("session_revoked", "unauthenticated"), code

    def the_login_policy_kicks_the_other_device(self):
        self.server.command("app", "set", "home", "login_policy=one")
        phone = Client(self.server.address, password("cy"), device("cy-phone", "android"))
        laptop = Client(self.server.address, password("cy"), device("cy-laptop", "linux"))
        kicked = phone.wait_for("kicked")
        assert kicked == {"reason": "replaced_by_device", "by": "Device cy-laptop"}, kicked
        assert phone.is_closed()
        robot = Client(self.server.address, password("cy"), device("cy-robot", "api"))
        laptop.send("ping", {"nonce": 5})
        assert laptop.wait_for("pong")["nonce"] == 5, "devices of platform api never count"
        laptop.close()
        robot.close()

    def submits_beyond_the_rate_are_refused_with_a_time(self):
        window = self.ada.welcome["limits"]["window"]
        rate = self.ada.welcome["limits"]["rate"]
        if rate == 0:
            return
        keys = [self.ada.make_key() for _ in range(rate * 5)]
        refused, sent = None, 0
        for start in range(0, len(keys), window):
            requests = []
            for key in keys[start:start + window]:
                request = self.ada.next_request
                self.ada.next_request += 1
                content = {"text": {"text": f"burst {sent}"}}
                self.ada.send("submit", {"request": request, "key": key, "command": {
                    "send": {"to": {"conversation": self.talk}, "content": content}}})
                requests.append(request)
                sent += 1
            replies = self.ada.replies(requests)
            kinds = [kind for kind, _ in replies]
            if "refused" in kinds:
                first = kinds.index("refused")
                assert set(kinds[first:]) == {"refused"}, f"nothing overtakes a refused submit: {kinds}"
                refused = replies[first][1]
                break
        assert refused, f"{sent} submits at once and none refused"
        assert refused["code"] == "rate_limited" and refused["retry_after_ms"] > 0 and not refused["fatal"], refused

    def the_server_says_goodbye(self):
        status = self.server.stop()
        closing = self.bob.wait_for("closing")
        assert closing["reason"] and closing["retry_after_ms"] >= 0, closing
        assert self.bob.is_closed()
        assert status == 0, status


def refusal_code(action):
    try:
        action()
    except Refused as refused:
        return refused.code
    raise AssertionError("was not refused")


def main():
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    passed, failed = 0, 0
    with tempfile.TemporaryDirectory(prefix="tidings-wire-") as base:
        folder = os.path.join(base, "data")
        os.mkdir(folder, 0o700)
        server = Server(os.path.abspath(sys.argv[1]), folder)
        try:
            for name in PASSWORDS:
                server.add_user(name)
            checks = Checks(server)
            names = [name for name, value in vars(Checks).items() if callable(value) and not name.startswith("_")]
            for name in names:
                title = name.replace("_", " ")
                try:
                    getattr(checks, name)()
                except (AssertionError, Closed, Refused, Restart, OSError, KeyError, ValueError, StopIteration,
                        AttributeError, RuntimeError, TypeError):
                    failed += 1
                    print(f"FAIL  {title}", flush=True)
                    traceback.print_exc()
                else:
                    passed += 1
                    print(f"ok    {title}", flush=True)
        finally:
            server.stop()
            if failed:
                with open(os.path.join(base, "server.log"), encoding="utf-8", errors="replace") as log:
                    print("the server's last words:\n" + "".join(log.readlines()[-40:]), file=sys.stderr)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
