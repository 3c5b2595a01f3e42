"""Coinbase's Python client in both of its generations: what it takes to pay with either, by requests and by httpx."""

import asyncio

from eth_account import Account

# A number costs more than the newer one pays as shipped.
LIMIT = 5_000_000

try:
    from x402 import x402Client, x402ClientSync
    from x402.http.clients import x402HttpxClient, x402_requests
    from x402.mechanisms.evm import EthAccountSigner
    from x402.mechanisms.evm.exact import register_exact_evm_client

    GENERATION, RECEIPT = 2, "payment-response"

    def _ready(client, key):
        register_exact_evm_client(client, EthAccountSigner(Account.from_key(key)))
        client.set_spend_controls({"max_amount_per_payment": "$5"})
        return client

    def session(key):
        return x402_requests(_ready(x402ClientSync(), key))

    def _httpx(key):
        return x402HttpxClient(_ready(x402Client(), key))

except ImportError:
    from x402.clients.httpx import x402HttpxClient
    from x402.clients.requests import x402_requests

    GENERATION, RECEIPT = 1, "x-payment-response"

    def session(key):
        return x402_requests(Account.from_key(key), max_value=LIMIT)

    def _httpx(key):
        return x402HttpxClient(account=Account.from_key(key), max_value=LIMIT)


def by_requests(key, url, body):
    """A paid request by requests."""
    return session(key).post(url, json=body)


def by_httpx(key, url, body):
    """The same by httpx."""

    async def post():
        async with _httpx(key) as client:
            return await client.post(url, json=body)

    return asyncio.run(post())
