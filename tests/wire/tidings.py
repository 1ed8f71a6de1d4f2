"""A small client for the Tidings protocol, written from docs/protocol.md alone: TCP, JSON, the standard library."""

import json
import os
import socket
import struct
import time


class Closed(Exception):
    """The server closed the connection."""


def make_key(now_ms=None):
    """A UUID of version 7 (RFC 9562) for a time in milliseconds since 1970."""
    now_ms = int(time.time() * 1000) if now_ms is None else now_ms
    raw = bytearray(now_ms.to_bytes(6, "big") + os.urandom(10))
    raw[6] = 0x70 | raw[6] & 0x0F
    raw[8] = 0x80 | raw[8] & 0x3F
    text = raw.hex()
    return "-".join([text[:8], text[8:12], text[12:16], text[16:20], text[20:]])


class Connection:
    """One TCP connection: frames out, frames in."""

    def __init__(self, address, preface=b"TD\x01\x01", timeout=10):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host.strip("[]"), int(port)), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(preface)

    def send_raw(self, data):
        self.socket.sendall(data)

    def send(self, kind, fields):
        body = json.dumps({kind: fields}, ensure_ascii=False).encode()
        self.send_raw(struct.pack(">I", len(body)) + body)

    def read(self):
        """The next frame as (kind, fields)."""
        length = struct.unpack(">I", self._exactly(4))[0]
        frame = json.loads(self._exactly(length))
        (kind, fields), = frame.items()
        return kind, fields

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            try:
                piece = self.socket.recv(count - len(data))
            except ConnectionError as error:
                raise Closed(str(error)) from error
            if not piece:
                raise Closed("end of stream")
            data += piece
        return data

    def is_closed(self):
        """Reads until the server closes; False when it does not."""
        try:
            while True:
                self.read()
        except Closed:
            return True
        except TimeoutError:
            return False

    def close(self):
        self.socket.close()


class Client(Connection):
    """A session that follows the rules for clients: cursor, heads, holes."""

    def __init__(self, address, auth, device, resume=None):
        super().__init__(address)
        self.device = device
        hello = {"auth": auth, "device": device, "client": "tests/wire 1"}
        if resume is not None:
            hello["resume"] = resume
        self.send("hello", hello)
        kind, self.welcome = self.read()
        if kind != "welcome":
            raise Refused(self.welcome)
        self.epoch = self.welcome["epoch"]
        self.offset_ms = self.welcome["time"] - int(time.time() * 1000)
        self.pushed = []
        self.next_request = 1

    def make_key(self):
        return make_key(int(time.time() * 1000) + self.offset_ms)

    def replies(self, requests):
        """The replies to several requests, in the order of the requests; they may come in another one."""
        found = {}
        while len(found) < len(requests):
            kind, fields = self.read()
            if kind in ("outcome", "refused", "answer", "changes") and fields.get("request") in requests:
                found[fields["request"]] = (kind, fields)
            elif kind == "restart":
                return [(kind, fields)]
            else:
                self.pushed.append((kind, fields))
        return [found[request] for request in requests]

    def ask(self, kind, **fields):
        request = self.next_request
        self.next_request += 1
        self.send(kind, {"request": request, **fields})
        return self.replies([request])[0]

    def submit(self, command, key=None):
        kind, fields = self.ask("submit", key=key or self.make_key(), command=command)
        if kind == "refused":
            raise Refused(fields)
        return fields

    def say(self, to, text, key=None):
        return self.submit({"send": {"to": to, "content": {"text": {"text": text}}}}, key)

    def query(self, query):
        kind, fields = self.ask("query", query=query)
        if kind == "refused":
            raise Refused(fields)
        (_, answer), = fields["answer"].items()
        return answer

    def sync(self, cursor, limit=100, epoch=None):
        """All pages since `cursor`: the conversations in their order, and the new cursor."""
        conversations = []
        while True:
            kind, page = self.ask("sync", epoch=self.epoch if epoch is None else epoch, cursor=cursor, limit=limit)
            if kind == "restart":
                raise Restart(page)
            if kind == "refused":
                raise Refused(page)
            # The feed is no chat.
            conversations += [about for about in page["conversations"] if about["kind"] != "feed"]
            cursor = page["cursor"]
            if not page["more"]:
                return conversations, cursor

    def wait_for(self, kind, wanted=lambda fields: True):
        """The next push of this kind that `wanted` accepts; others before it are dropped."""
        while True:
            pushed = self.pushed.pop(0) if self.pushed else self.read()
            if pushed[0] == kind and wanted(pushed[1]):
                return pushed[1]


class Refused(Exception):
    """The server said no."""

    def __init__(self, fields):
        super().__init__(f"{fields['code']}: {fields['message']}")
        self.fields = fields
        self.code = fields["code"]


class Restart(Exception):
    """The server's data is another."""

    def __init__(self, fields):
        super().__init__("restart")
        self.epoch = fields["epoch"]
