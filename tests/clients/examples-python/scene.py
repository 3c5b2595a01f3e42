"""A wallet with a number, a webhook, and time that passes as soon as calls are over: questions are answered a minute after."""

import json
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from dialtone_phone import Dialtone
from eth_account import Account
from world import WORLD, fund, new_key, travel

RECIPES = Path(__file__).parents[3] / "examples/python"


class Owner:
    """Its key and its client."""

    def __init__(self, has_number=True):
        self.key = new_key()
        self.phone = self.client()
        fund(self.phone.address)
        if has_number:
            self.phone.phone_buy()

    def client(self, **options):
        return Dialtone(self.key, **{"base_url": WORLD["gateway"], **options})

    def run(self, recipe, *args):
        """The recipe as a person runs it: its exit code and the JSON that it prints."""
        ran = subprocess.run(
            [sys.executable, RECIPES / recipe, *args], env=os.environ | {"BASE_CHAIN_WALLET_KEY": self.key, "DIALTONE_URL": WORLD["gateway"]},
            capture_output=True, text=True, timeout=120, check=False,
        )
        assert self.key[2:] not in ran.stdout + ran.stderr and not ran.stderr, ran.stderr
        return ran.returncode, json.loads(ran.stdout)

    @contextmanager
    def time_passes(self):
        """A minute goes by once all calls have ended that were placed inside."""
        done, before = threading.Event(), {one.call_id for one in self.phone.voice_calls().calls}

        def watch():
            seen = 0
            while not done.wait(0.5):
                placed = [one for one in self.phone.voice_calls().calls if one.call_id not in before]
                over = [one for one in placed if one.ended_by != "IN_PROGRESS"]
                if len(over) == len(placed) > seen:
                    seen = len(over)
                    travel(70)

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


@contextmanager
def webhook(*statuses):
    """Answers with these in turn, and 204 after them; `reports` has what it was sent."""
    left, reports = list(statuses), []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            reports.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(left.pop(0) if left else 204)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/reports", reports
    finally:
        server.shutdown()
        server.server_close()
