"""The world that a client meets, for the suites in Python: where it is, money for a wallet, and trouble at a neighbour.

It knows nothing about payments: those are the clients' own affair, which is what the suites are about.
"""

import itertools
import json
import os
import secrets
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

FILE = os.environ.get("DIALTONE_WORLD") or Path(__file__).parents[3] / "target/local/world.json"
WORLD = json.loads(Path(FILE).read_text())

# Where clients that append `/v1/…` themselves are pointed.
API = f"{WORLD['gateway']}/api"

# Something to say on the phone: at least ten characters.
TASK = "Confirm the 7pm reservation for two under Vicky, then end the call."

_DIALLED = itertools.count(3_120_000 + secrets.randbelow(900_000))

# Micro-dollars.
BUY, RENEW, LIST, CALL = 5_000_000, 5_000_000, 1_000, 540_000

USDC = {
    "eip155:8453": "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913",
    "eip155:84532": "0x036CbD53842c5426634e7929541eC2318f3dCF7e",
}

# Some clients keep journals in the home directory, and read it when they are imported.
os.environ["HOME"] = tempfile.mkdtemp(prefix="dialtone-client-")
# Would silently switch the client to another way of paying.
os.environ.pop("BLOCKRUN_API_KEY", None)


def new_key():
    """A key that was not used before."""
    return "0x" + secrets.token_hex(32)


def a_callee():
    """A destination of its own for each call: the dialler refuses the same one twice within ten seconds."""
    return f"+1213{next(_DIALLED)}"


def fund(address):
    """Puts a hundred dollars into a wallet."""
    _post(f"{WORLD['control']}/mint", {"address": address, "amount": "100000000"})


def balance(address):
    """Micro-dollars in a wallet, as the chain tells them."""
    data = "0x70a08231" + address[2:].lower().rjust(64, "0")
    call = [{"to": USDC[WORLD["network"]], "data": data}, "latest"]
    answer = _post(WORLD["rpc"], {"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": call})
    return int(answer["result"], 16)


@contextmanager
def costs(address, micro_dollars):
    """What is done inside takes exactly this from the wallet; every refusal takes nothing."""
    before = balance(address)
    yield
    assert before - balance(address) == micro_dollars


def refuse_once(neighbour, request, status):
    """The neighbour answers the next such request with this status, and does nothing. `*` in it is anything."""
    _post(f"{WORLD['control']}/faults", {"neighbour": neighbour, "request": request, "status": status})


def next_call(to, story, **more):
    """How the next call to this number goes, such as `busy`, or `talk` with what the callee `says`."""
    _post(f"{WORLD['control']}/calls", {"to": to, "next": story, **more})


def answers(to, *answers):
    """What a model makes of calls to this number, in the order of the questions."""
    _post(f"{WORLD['control']}/answers", {"to": to, "answers": answers})


def travel(seconds):
    """Lets time pass."""
    _post(f"{WORLD['control']}/travel", {"seconds": seconds})


def poll(look, done, seconds=90):
    """Polls as the specification's samples do, only faster, until `done` says so."""
    end = time.monotonic() + seconds
    while not done(seen := look()):
        assert time.monotonic() < end, f"still {seen} after {seconds} s"
        time.sleep(0.5)
    return seen


def _post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        text = response.read()
    return json.loads(text) if text else None
