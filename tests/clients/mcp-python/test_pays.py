"""Coinbase's wrapper around the protocol's own client in Python: unmodified, it buys, calls, looks and lists. The newer generation of the
client it cannot wrap."""

import asyncio
import json

import pytest
from world import BUY, CALL, LIST, RENEW, TASK, costs, fund, new_key, refuse_once, a_callee

pytest.importorskip("x402", reason="it does not wrap this generation")

from eth_account import Account  # noqa: E402
from mcp import ClientSession  # noqa: E402
from mcp.client.streamable_http import streamable_http_client  # noqa: E402
from test_tools import URL  # noqa: E402
from x402 import x402Client  # noqa: E402
from x402.mcp import x402MCPSession  # noqa: E402
from x402.mechanisms.evm import EthAccountSigner  # noqa: E402
from x402.mechanisms.evm.exact import register_exact_evm_client  # noqa: E402


class Agent:
    """A wallet that pays for tools."""

    def __init__(self):
        key = new_key()
        self.address = Account.from_key(key).address
        fund(self.address)
        self.client = x402Client()
        register_exact_evm_client(self.client, EthAccountSigner(Account.from_key(key)))
        # A number costs more than it pays as shipped.
        self.client.set_spend_controls({"max_amount_per_payment": "$5"})

    def uses(self, name, arguments):
        async def use():
            async with streamable_http_client(URL) as (read, write, _), ClientSession(read, write) as session:
                paying = x402MCPSession(session, self.client)
                await paying.initialize()
                return await paying.call_tool(name, arguments)

        return asyncio.run(use())

    def pays(self, name, arguments, price):
        with costs(self.address, price):
            result = self.uses(name, arguments)
        assert not result.is_error and result.payment_made, result.content
        said = json.loads(result.content[0].text)
        receipt = result.payment_response
        assert receipt.success and receipt.payer.lower() == self.address.lower()
        if "transaction" in said:
            assert said["transaction"] == receipt.transaction
        return said


def said(result):
    return json.loads(result.content[0].text)


def test_an_agent_buys_a_number_calls_and_looks():
    agent = Agent()
    number = agent.pays("buy_number", {"country": "US"}, BUY)["phone_number"]
    agent.pays("renew_number", {"phone_number": number}, RENEW)
    assert agent.pays("list_numbers", {}, LIST)["numbers"][0]["phone_number"] == number
    to = a_callee()
    call = agent.pays("place_call", {"phone_number": to, "task": TASK, "max_duration": 3, "idempotency_key": "call-1"}, CALL)
    assert (call["from"], call["to"]) == (number, to)
    # Signed anew, under the same name: the same call, and nothing is paid.
    with costs(agent.address, 0):
        again = agent.uses("place_call", {"phone_number": to, "task": TASK, "max_duration": 3, "idempotency_key": "call-1"})
        assert said(again)["call_id"] == call["call_id"]
        for _ in range(20):
            looked = agent.uses("get_call", {"call_id": call["call_id"], "wait_seconds": 20})
            assert not looked.is_error and not looked.payment_made
            if said(looked)["final"]:
                break
    assert said(looked)["final"] and said(looked)["ended_by"] == "USER" and said(looked)["summary"]
    assert agent.pays("list_calls", {"limit": 1}, LIST)["calls"][0]["call_id"] == call["call_id"]


def test_it_hangs_up_without_paying():
    agent = Agent()
    agent.pays("buy_number", {}, BUY)
    call = agent.pays("place_call", {"phone_number": a_callee(), "task": TASK}, CALL)
    with costs(agent.address, 0):
        ending = agent.uses("hang_up", {"call_id": call["call_id"]})
    assert not ending.is_error and said(ending)["status"] == "ending"


def test_a_refusal_costs_nothing_and_is_not_paid_again():
    agent = Agent()
    with costs(agent.address, 0):
        refused = agent.uses("place_call", {"phone_number": a_callee(), "task": TASK})
        assert refused.is_error and said(refused)["code"] == "no_owned_numbers" and said(refused)["charged"] is False
        wrong = agent.uses("place_call", {"phone_number": a_callee(), "task": "short"})
        assert wrong.is_error and not wrong.payment_made


def test_what_is_in_doubt_is_not_paid_again():
    agent = Agent()
    refuse_once("facilitator", "POST */settle", 502)
    result = agent.uses("list_numbers", {})
    # It sent one payment and no second one, and was not told a price.
    assert result.is_error and result.payment_made
    assert said(result)["charged"] == "unknown" and "accepts" not in said(result)
