"""Signing in with the generic client in Python and its own extension, by httpx. The older generation has none."""

import asyncio

import pytest
from eth_account import Account
from payers import GENERATION
from world import API, costs, new_key

pytestmark = pytest.mark.skipif(GENERATION < 2, reason="version 1 of x402 knows no extensions")


def signed_in(key, url, body=None):
    """What is shown to the wallet of a key, by a GET; or what a POST of a body is answered."""
    from x402 import x402Client
    from x402.extensions.sign_in_with_x import CreateSIWxClientExtensionOptions, create_siwx_client_extension
    from x402.http.clients import x402HttpxClient

    client = x402Client()
    client.register_extension(create_siwx_client_extension(CreateSIWxClientExtensionOptions(signers=[Account.from_key(key)])))

    async def ask():
        async with x402HttpxClient(client) as http:
            return await (http.get(url) if body is None else http.post(url, json=body))

    return asyncio.run(ask())


@pytest.mark.parametrize("path", ["/v1/phone/numbers", "/v1/phone/numbers?limit=2"])
def test_it_signs_in_and_pays_nothing(path):
    key = new_key()
    address = Account.from_key(key).address
    with costs(address, 0):
        answer = signed_in(key, f"{API}{path}")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["wallet"], answer.json()["numbers"]) == (address, [])


def test_it_signs_in_with_a_post_and_learns_what_would_happen():
    key = new_key()
    address = Account.from_key(key).address
    with costs(address, 0):
        answer = signed_in(key, f"{API}/v1/phone/numbers/list?dry_run=true", {})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["dry_run"], answer.json()["would"], answer.json()["wallet"]) == (True, "list_numbers", address)


@pytest.mark.parametrize("query,status", [("?status=completed&limit=2", 200), ("?status=complete", 400)])
def test_what_is_asked_behind_the_question_mark_arrives(query, status):
    key = new_key()
    answer = signed_in(key, f"{API}/v1/voice/calls{query}")
    assert answer.status_code == status, answer.text
    said = answer.json()
    if status == 200:
        assert (said["wallet"], said["calls"]) == (Account.from_key(key).address, [])
    else:
        assert said["field"] == "status"
