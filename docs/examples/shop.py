#!/usr/bin/env python3
"""A small business system with a chat on its page: the whole of what a shop has to do, on Python's own library.

    TIDINGS=http://127.0.0.1:8000 APP=2 KID=7 SECRET=tdh_... python3 shop.py

It listens on 127.0.0.1, port SHOP_PORT (8080), and http://localhost:8080 or http://127.0.0.1:8080 has to be an origin of the app:

    tidings app origins shop --add http://localhost:8080
"""

import base64
import hashlib
import hmac
import html
import http.server
import json
import os
import secrets
import time
import urllib.parse

CHAT, APP = os.environ["TIDINGS"].rstrip("/"), os.environ["APP"]
KID, SECRET = os.environ["KID"], os.environ["SECRET"]
SERVER_NAME, PORT = os.environ.get("SERVER_NAME", "tidings"), int(os.environ.get("SHOP_PORT", "8080"))
TOKEN_SECONDS = 60

# Who is logged in to the shop, by the value of its cookie. A real one asks for a password.
logged_in = {}


def signed(customer):
    """A token for one customer (RFC 7519, HS256). With PyJWT: jwt.encode(claims, SECRET, "HS256", {"kid": KID})."""
    now = int(time.time())
    claims = {"iss": APP, "sub": customer, "aud": SERVER_NAME, "iat": now, "exp": now + TOKEN_SECONDS, "name": customer.title()}
    encode = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=")
    parts = [encode(json.dumps(part).encode()) for part in ({"alg": "HS256", "kid": KID, "typ": "JWT"}, claims)]
    tag = hmac.new(SECRET.encode(), b".".join(parts), hashlib.sha256).digest()
    return b".".join([*parts, encode(tag)]).decode()


PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>The shop</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/shop.css"></head>
<body><main><h1>The shop</h1>{inside}</main></body></html>"""
OUTSIDE = """<form method="post" action="/login"><label>Customer <input name="customer" required></label> <button>Log in</button></form>"""
INSIDE = """<p>Hello {name}. Your parcel is on its way. <button id="ask">Ask about it</button></p><form method="post" action="/logout"><button id="logout">Log out</button></form>
<script src="{chat}/widget.js" data-app="{app}" data-with="{place}"{options}></script>"""
OWN = '<script src="/shop.js"></script>'

# The page's own script: it puts the chat there, and gives it a token whenever a session is to be opened.
SCRIPT = """Tidings.start({
  token: async () => {
    const answer = await fetch('/token', { method: 'POST' });
    if (!answer.ok) throw new Error('nobody is logged in to the shop');
    return answer.text();
  },
  onUnread: (count) => { document.title = count > 0 ? `(${count}) The shop` : 'The shop'; },
});
document.getElementById('ask').addEventListener('click', () => Tidings.open());
document.getElementById('logout').form.addEventListener('submit', async (event) => {
  event.preventDefault();
  await Tidings.signOut();
  event.target.submit();
});
"""
STYLE = "body { margin: 0; font: 16px/1.5 system-ui, sans-serif } main { max-width: 640px; margin: 0 auto; padding: 24px }"


class Shop(http.server.BaseHTTPRequestHandler):
    def customer(self):
        cookies = dict(part.strip().split("=", 1) for part in self.headers.get("Cookie", "").split(";") if "=" in part)
        return logged_in.get(cookies.get("shop"))

    def do_GET(self):
        path, _, query = self.path.partition("?")
        if path == "/shop.js":
            return self.answer(SCRIPT, "text/javascript")
        if path == "/shop.css":
            return self.answer(STYLE, "text/css")
        if path != "/":
            return self.answer("There is nothing here.", "text/plain", 404)
        # For trying out: /?language=zh&theme=dark, /?with=all for the list of chats, and /?tag for a page without a script of its own.
        given = urllib.parse.parse_qs(query, keep_blank_values=True)
        language = given.get("language", ["en"])[0]
        options = "".join(f' data-{name}="{html.escape(given[name][0])}"' for name in ("language", "theme") if name in given)
        tag = "tag" in given
        customer = self.customer()
        inside = OUTSIDE
        if customer:
            inside = INSIDE.format(name=html.escape(customer.title()), chat=CHAT, app=html.escape(APP), place=html.escape(given.get("with", ["user:support"])[0]), options=options + (' data-token="/token"' if tag else "")) + ("" if tag else OWN)
        self.answer(PAGE.format(language=html.escape(language), inside=inside), "text/html")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        # No other site's page logs anybody in or takes a token.
        if self.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return self.answer("Only pages of the shop do this.", "text/plain", 403)
        if self.path == "/token":
            customer = self.customer()
            return self.answer(signed(customer), "text/plain") if customer else self.answer("Log in first.", "text/plain", 403)
        session = secrets.token_urlsafe(16)
        if self.path == "/login":
            logged_in[session] = urllib.parse.parse_qs(body)["customer"][0]
        self.answer("", "text/plain", 303, {"Location": "/", "Set-Cookie": f"shop={session}; HttpOnly; SameSite=Lax; Path=/"})

    def answer(self, text, kind, status=200, headers=None):
        self.send_response(status)
        # What a page with a policy of its own has to let in: the script, and the frame.
        policy = f"default-src 'self'; script-src 'self' {CHAT}; frame-src {CHAT}; img-src 'self' data:"
        for name, value in {"Content-Type": f"{kind}; charset=utf-8", "Cache-Control": "no-store", "Content-Security-Policy": policy, **(headers or {})}.items():
            self.send_header(name, value)
        body = text.encode()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Shop)
    print(f"the shop is at http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
