"""A proxy in front of the world that loses answers: what a client does then decides whether it pays twice.

`faults` are what happens to the next paid requests, one each, and `always` to those after them; `seen` has the payments that came
by. `drop`: the connection ends in place of the answer, and `half` in the middle of it; `504`: the proxy's own page. The service
has served the request each time, but with `502`, or a status and a body of a test's own, where it never heard of it.
"""

import http.client
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from world import WORLD


@contextmanager
def between():
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    proxy.daemon_threads = True
    proxy.faults, proxy.seen, proxy.always = [], [], None
    proxy.url = f"http://127.0.0.1:{proxy.server_port}"
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()


class _Handler(BaseHTTPRequestHandler):
    def _pass(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        fault, payment = None, self.headers.get("payment-signature")
        if payment:
            self.server.seen.append(payment)
            fault = self.server.faults.pop(0) if self.server.faults else self.server.always
        if fault == "502":
            return self._answer(502, b"<html>The upstream did not answer.</html>")
        if isinstance(fault, tuple):
            status, said = fault
            return self._answer(status, json.dumps(said).encode())
        service = http.client.HTTPConnection(urlsplit(WORLD["gateway"]).netloc, timeout=60)
        kept = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection", "accept-encoding")}
        service.request(self.command, self.path, body or None, kept)
        answer = service.getresponse()
        text = answer.read()
        if fault == "504":
            return self._answer(504, b"<html>The upstream did not answer.</html>")
        if fault == "drop":
            return self.connection.close()
        headers = {name: value for name, value in answer.getheaders() if name.lower() in ("payment-required", "retry-after", "content-type")}
        if fault == "half":
            self._answer(answer.status, text[: len(text) // 2], {**headers, "content-length": str(len(text))})
            return self.connection.close()
        return self._answer(answer.status, text, headers)

    do_GET = do_POST = _pass

    def _answer(self, status, body, headers=None):
        self.send_response(status)
        for name, value in {"content-length": str(len(body)), "connection": "close", **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *_):
        """Nothing: what it has seen are payments."""
