"""BlockRun's Python client, unmodified, as its users call it: the oldest release that can buy a number, and the newest."""

import re
from datetime import datetime, timedelta

import pytest
from world import API, BUY, CALL, LIST, RENEW, TASK, costs, fund, new_key, poll, refuse_once, a_callee

# Not before `world`: it gives the client a home of its own.
from blockrun_llm import PhoneClient, VoiceClient
from blockrun_llm.types import APIError

TRANSACTION = re.compile(r"0x[0-9a-f]{64}")


class Agent:
    """A wallet with all that BlockRun offers to it."""

    def __init__(self):
        key = new_key()
        self.phone = PhoneClient(key, api_url=API)
        self.voice = VoiceClient(key, api_url=API)
        self.address = self.phone.get_wallet_address()
        fund(self.address)


@pytest.fixture(scope="module")
def one():
    """A wallet with one number."""
    agent = Agent()
    with costs(agent.address, BUY):
        agent.bought = agent.phone.buy_number(country="US", area_code="415")
    return agent


@pytest.fixture(scope="module")
def two():
    """A wallet with two numbers."""
    agent = Agent()
    agent.numbers = [agent.phone.buy_number()["phone_number"], agent.phone.buy_number(country="CA")["phone_number"]]
    return agent


def when(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def test_it_buys_a_number_and_sees_the_transaction(one):
    assert re.fullmatch(r"\+1415\d{7}", one.bought["phone_number"])
    assert one.bought["owner_wallet"] == one.address
    assert TRANSACTION.fullmatch(one.bought["txHash"])


def test_it_lists_the_number_at_once(one):
    with costs(one.address, LIST):
        listed = one.phone.list_numbers()
    assert [entry["phone_number"] for entry in listed["numbers"]] == [one.bought["phone_number"]]
    assert TRANSACTION.fullmatch(listed["txHash"])


def test_it_renews_by_thirty_days(one):
    with costs(one.address, RENEW):
        renewed = one.phone.renew_number(one.bought["phone_number"])
    assert when(renewed["expires_at"]) - when(one.bought["expires_at"]) == timedelta(days=30)
    assert TRANSACTION.fullmatch(renewed["txHash"])


def test_it_calls_from_its_only_number_and_reads_the_transcript(one):
    with costs(one.address, CALL):
        call = one.voice.call(to=a_callee(), task=TASK, max_duration=2)
    assert call["from"] == one.bought["phone_number"]
    assert call["status"] == "started"
    assert TRANSACTION.fullmatch(call["txHash"])

    ended = poll(lambda: one.voice.get_status(call["call_id"]), lambda status: status["ended_by"] != "IN_PROGRESS")
    assert ended["status"] == "completed"
    assert ended["transcript"] and all(turn["role"] and turn["text"] for turn in ended["transcript"])


def test_an_unknown_call_is_unknown(one):
    with pytest.raises(APIError) as refused:
        one.voice.get_status("01HXY9ABCDEFGHJKMNPQRSTVWX")
    assert refused.value.status_code == 404


def test_a_wallet_without_a_number_is_told_to_buy_one():
    agent = Agent()
    with costs(agent.address, 0), pytest.raises(APIError) as refused:
        agent.voice.call(to=a_callee(), task=TASK)
    assert refused.value.status_code == 403
    assert refused.value.response["code"] == "no_owned_numbers"


def test_a_wallet_with_two_numbers_has_to_name_one(two):
    with costs(two.address, 0), pytest.raises(APIError) as refused:
        two.voice.call(to=a_callee(), task=TASK)
    assert refused.value.status_code == 400
    assert refused.value.response["code"] == "ambiguous_from"


def test_it_cannot_call_from_anothers_number(one, two):
    with costs(two.address, 0), pytest.raises(APIError) as refused:
        two.voice.call(to=a_callee(), task=TASK, from_=one.bought["phone_number"])
    assert refused.value.status_code == 403
    assert refused.value.response["code"] == "wrong_wallet"


def test_it_cannot_renew_anothers_number(one, two):
    with costs(two.address, 0), pytest.raises(APIError) as refused:
        two.phone.renew_number(one.bought["phone_number"])
    assert refused.value.status_code == 403
    assert refused.value.response["code"] == "wrong_wallet"


def test_it_calls_from_the_number_that_it_names(two):
    with costs(two.address, CALL):
        call = two.voice.call(to=a_callee(), task=TASK, from_=two.numbers[1])
    assert call["from"] == two.numbers[1]


def test_a_502_costs_nothing_and_the_next_try_buys_one():
    agent = Agent()
    refuse_once("twilio", "GET */AvailablePhoneNumbers/*", 500)
    with costs(agent.address, 0), pytest.raises(APIError) as refused:
        agent.phone.buy_number()
    assert refused.value.status_code == 502
    assert refused.value.response["code"] == "upstream_error"

    with costs(agent.address, BUY):
        bought = agent.phone.buy_number()
    listed = agent.phone.list_numbers()
    assert [entry["phone_number"] for entry in listed["numbers"]] == [bought["phone_number"]]
