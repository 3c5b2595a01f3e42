"""A payer of the deployed stack, with a published client and a key that stays the same: `pays.py VERB` prints JSON."""

import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "clients/blockrun-python"))

from world import API, BUY, CALL, LIST, TASK, costs, fund, poll, a_callee  # noqa: E402

# Not before `world`: it gives the client a home of its own.
from blockrun_llm import PhoneClient, VoiceClient  # noqa: E402
from blockrun_llm.types import APIError  # noqa: E402

KEY = os.environ["DIALTONE_PAYER"]
PATIENCE = 60


def phone():
    return PhoneClient(KEY, api_url=API)


def refused():
    """Nothing is sold while the secrets are empty, and nothing is charged."""
    client = phone()
    fund(client.get_wallet_address())
    with costs(client.get_wallet_address(), 0):
        try:
            client.buy_number(country="US", area_code="415")
        except APIError as error:
            return {"status": error.status_code}
    raise AssertionError("a number was sold")


def buy():
    """The secrets have just been filled: a process that found them empty looks again seconds later."""
    client = phone()
    until = time.monotonic() + PATIENCE
    with costs(client.get_wallet_address(), BUY):
        while True:
            try:
                return client.buy_number(country="US", area_code="415")
            except APIError as error:
                if error.status_code != 502 or time.monotonic() > until:
                    raise
                time.sleep(1)


def call():
    client = VoiceClient(KEY, api_url=API)
    with costs(phone().get_wallet_address(), CALL):
        placed = client.call(to=a_callee(), task=TASK, max_duration=2)
    return poll(lambda: client.get_status(placed["call_id"]), lambda status: status["ended_by"] != "IN_PROGRESS")


def listed():
    client = phone()
    with costs(client.get_wallet_address(), LIST):
        return client.list_numbers()


VERBS = {"refused": refused, "buy": buy, "call": call, "list": listed}

if __name__ == "__main__":
    print(json.dumps(VERBS[sys.argv[1]]()))
