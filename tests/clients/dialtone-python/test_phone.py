"""The package in clients/python, installed from its wheel, as its readers use it: the sync client and the asyncio one."""

import asyncio
import importlib.resources
import subprocess
import sys
from importlib.metadata import files
from pathlib import Path

import pytest
from between import between
from dialtone_phone import AsyncDialtone, Dialtone, DialtoneError, LLMClient
from eth_account import Account
from world import BUY, CALL, RENEW, TASK, WORLD, costs, fund, new_key, a_callee

PACKAGE = Path(__file__).parents[3] / "clients/python"


class Awaited:
    """The asyncio client, each of its methods carried out at once: so both are asked the same."""

    def __init__(self, *args, **options):
        self._loop = asyncio.new_event_loop()
        self._client = AsyncDialtone(*args, **options)

    def __getattr__(self, name):
        value = getattr(self._client, name)
        return (lambda *args, **options: self._loop.run_until_complete(value(*args, **options))) if callable(value) else value


@pytest.fixture(params=[Dialtone, Awaited])
def client(request):
    """Makes a client of a funded wallet."""
    key = new_key()
    fund(Account.from_key(key).address)
    return lambda **options: request.param(key, **{"base_url": WORLD["gateway"], **options})


def number(client):
    phone = client()
    phone.phone_buy()
    return phone


def hang_up(phone, call_id):
    assert phone.voice_hang_up(call_id).status == "ending"
    return phone.wait_for_call(call_id)


def test_it_buys_lists_renews_and_is_charged_what_it_says(client):
    phone = client()
    with costs(phone.address, BUY):
        bought = phone.phone_buy("US", "212")
    assert bought.owner_wallet == bought["owner_wallet"] == phone.address
    with costs(phone.address, 0):
        assert [one.phone_number for one in phone.phone_list().numbers] == [bought.phone_number]
    with costs(phone.address, RENEW):
        assert phone.phone_renew(bought.phone_number).expires_at > bought.expires_at
    assert phone.spent == "10.00"


def test_it_calls_shows_each_line_and_has_the_summary(client):
    phone, seen = number(client), []
    with costs(phone.address, CALL):
        call = phone.call_and_wait(a_callee(), TASK, max_duration=2, on_update=seen.append)
    assert (call.status, call["from"]) == ("completed", call.from_)
    assert "two at seven" in call.summary and call.transcript[0].text
    assert len(seen) > 1 and seen[0].ended_by == "IN_PROGRESS"
    assert [one.call_id for one in phone.voice_calls(limit=5).calls] == [call.call_id]
    assert phone.voices().voices and phone.languages().languages


def test_it_stops_waiting_when_told_and_hangs_up(client):
    phone = number(client)
    with pytest.raises(DialtoneError) as stopped:
        phone.call_and_wait(a_callee(), TASK, timeout=0.01)
    assert (stopped.value.code, stopped.value.charged) == ("still_running", True)
    assert hang_up(phone, stopped.value.body["call_id"]).ended_by == "REQUESTED"


@pytest.mark.parametrize("fault", ["drop", "half", "504", "502"])
def test_a_call_whose_answer_was_lost_is_paid_once_and_has_its_id(client, fault):
    direct = number(client)
    with between() as proxy, costs(direct.address, CALL):
        proxy.faults.append(fault)
        call = client(base_url=proxy.url).voice_call(a_callee(), TASK)
        assert (len(proxy.seen), len(set(proxy.seen))) == (2, 1)
    assert [one.call_id for one in direct.voice_calls().calls] == [call.call_id]
    hang_up(direct, call.call_id)


def test_a_402_that_does_not_say_that_nothing_was_charged_is_an_unknown_outcome_and_final(client):
    late = "The payment was declined (payment_expired). If it was made before, it goes back to the wallet by itself."
    with between() as proxy:
        phone = client(base_url=proxy.url, repeats=0)
        proxy.faults.append((402, {"code": "payment_required", "message": late}))
        with pytest.raises(DialtoneError) as refused:
            phone.phone_buy()
        assert (refused.value.status, refused.value.charged, phone.spent) == (402, "unknown", "5.00")
        with costs(phone.address, BUY):
            phone.phone_buy()
        assert (len(set(proxy.seen)), phone.spent) == (2, "10.00")


def test_an_unknown_outcome_is_said_and_asking_again_goes_on_with_the_same_signature(client):
    with between() as proxy:
        phone = client(base_url=proxy.url, repeats=1)
        proxy.always = "504"
        with costs(phone.address, BUY):
            with pytest.raises(DialtoneError) as lost:
                phone.phone_buy()
            assert (lost.value.charged, lost.value.status, phone.spent) == ("unknown", 504, "5.00")
            proxy.always = None
            bought = phone.phone_buy()
        assert (len(set(proxy.seen)), phone.spent) == (1, "5.00")
        with costs(phone.address, BUY):
            assert phone.phone_buy().phone_number != bought.phone_number


def test_it_is_signed_anew_where_the_caller_says_so(client):
    with between() as proxy:
        phone = client(base_url=proxy.url, repeats=0)
        proxy.faults.append("502")
        with costs(phone.address, BUY):
            with pytest.raises(DialtoneError):
                phone.phone_buy()
            phone.phone_buy(sign_anew=True)
        assert (len(set(proxy.seen)), phone.spent) == (2, "10.00")


def test_limits_are_held_before_anything_is_signed(client):
    for options, code in [({"max_payment": "4.99"}, "over_max_payment"), ({"session_budget": 4}, "over_session_budget")]:
        with between() as proxy:
            with pytest.raises(DialtoneError) as refused:
                client(base_url=proxy.url, **options).phone_buy()
            assert (refused.value.code, refused.value.charged, proxy.seen) == (code, False, [])


def test_a_refusal_has_its_code_and_costs_nothing(client):
    phone = client()
    with costs(phone.address, 0), pytest.raises(DialtoneError) as refused:
        phone.voice_call(a_callee(), TASK)
    assert (refused.value.code, refused.value.status, refused.value.charged) == ("no_owned_numbers", 403, False)
    assert refused.value.body["buy_endpoint"] and phone.spent == "0.00"
    with pytest.raises(DialtoneError) as refused:
        phone.voice_call("911", TASK)
    assert (refused.value.code, refused.value.body["field"]) == ("bad_request", "phone_number")


def test_it_never_signs_in_for_another_site(client):
    with between() as proxy, pytest.raises(DialtoneError) as refused:
        client(base_url=proxy.url).phone_list()
    assert (refused.value.code, refused.value.charged) == ("cannot_pay", False)


def test_options_are_named_where_they_are_wrong_and_a_key_is_not_shown():
    key = new_key()
    for args, says in [
        ({"private_key": key[:-1], "base_url": WORLD["gateway"]}, "private_key"),
        ({"private_key": "0x" + "0" * 64, "base_url": WORLD["gateway"]}, "private_key"),
        ({"private_key": key}, "base_url"),
        ({"private_key": key, "base_url": WORLD["gateway"], "max_payment": "five"}, "max_payment"),
        ({"private_key": key, "base_url": WORLD["gateway"], "session_budget": -1}, "session_budget"),
    ]:
        with pytest.raises(DialtoneError) as refused:
            Dialtone(**args)
        assert refused.value.code == "bad_options" and refused.value.message.startswith(says)
        assert key[2:-1] not in repr(refused.value)


def test_it_has_types_its_licence_and_the_name_that_samples_use():
    names = {str(file) for file in files("dialtone-phone")}
    assert "dialtone_phone/py.typed" in names and any(name.endswith("licenses/LICENSE") for name in names)
    assert LLMClient is Dialtone


def test_it_has_the_page_for_agents():
    page = (importlib.resources.files("dialtone_phone") / "AGENTS.md").read_text(encoding="utf-8")
    assert page == (PACKAGE.parents[1] / "skills/dialtone-phone/SKILL.md").read_text(encoding="utf-8")


def test_its_models_are_made_from_the_document_that_the_service_serves_now():
    ran = subprocess.run(
        [sys.executable, PACKAGE / "scripts/generate.py", WORLD["gateway"], "--check"], capture_output=True, text=True, timeout=60, check=False,
    )
    assert ran.returncode == 0, ran.stderr
