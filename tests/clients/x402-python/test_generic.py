"""What the generic client in Python has to be able to do here, in either generation."""

import json
from base64 import b64decode

import pytest
import requests
from eth_account import Account
from payers import RECEIPT, by_httpx, by_requests
from world import API, BUY, CALL, LIST, RENEW, TASK, costs, fund, new_key, poll, a_callee


class Agent:
    """A wallet that pays in one of the two ways."""

    def __init__(self, post):
        self.key, self._post = new_key(), post
        self.address = Account.from_key(self.key).address
        fund(self.address)

    def pays(self, path, body, price):
        with costs(self.address, price):
            answer = self._post(self.key, f"{API}{path}", body)
        assert answer.status_code == 200, answer.text
        said = answer.json()
        receipt = json.loads(b64decode(answer.headers[RECEIPT]))
        assert receipt["success"] and receipt["transaction"] == said["transaction"]
        return said


@pytest.fixture(scope="module", params=[by_requests, by_httpx])
def agent(request):
    """A wallet with a number."""
    agent = Agent(request.param)
    agent.bought = agent.pays("/v1/phone/numbers/buy", {"country": "US", "area_code": "415"}, BUY)
    return agent


def test_it_owns_the_number_that_it_bought(agent):
    assert agent.bought["owner_wallet"] == agent.address


def test_it_lists_it(agent):
    listed = agent.pays("/v1/phone/numbers/list", {}, LIST)
    assert [one["phone_number"] for one in listed["numbers"]] == [agent.bought["phone_number"]]


def test_it_renews_it(agent):
    renewed = agent.pays("/v1/phone/numbers/renew", {"phone_number": agent.bought["phone_number"]}, RENEW)
    assert renewed["expires_at"] > agent.bought["expires_at"]


def test_it_calls_from_it_and_polls_without_paying(agent):
    placed = agent.pays("/v1/voice/call", {"phone_number": a_callee(), "task": TASK, "max_duration": 2}, CALL)
    assert placed["from"] == agent.bought["phone_number"]
    look = lambda: requests.get(f"{API}/v1/voice/call/{placed['call_id']}", timeout=10).json()
    ended = poll(look, lambda seen: seen["ended_by"] != "IN_PROGRESS")
    assert ended["status"] == "completed" and ended["transcript"]


def test_what_is_refused_costs_nothing(agent):
    stranger = Agent(agent._post)
    with costs(stranger.address, 0):
        refused = stranger._post(stranger.key, f"{API}/v1/voice/call", {"phone_number": a_callee(), "task": TASK})
    assert (refused.status_code, refused.json()["code"]) == (403, "no_owned_numbers")
