"""What the protocol's own client in Python sees here, in either generation: the older one begins with `initialize`, the newer one does not."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from world import TASK, WORLD, a_callee

URL = f"{WORLD['gateway']}/mcp"
TOOLS = ["buy_number", "renew_number", "list_numbers", "place_call", "get_call", "hang_up", "list_calls", "list_voices"]
PAID = {
    "buy_number": ({}, "5000000"),
    "renew_number": ({"phone_number": "+14155551234"}, "5000000"),
    "list_numbers": ({}, "1000"),
    "place_call": ({"phone_number": a_callee(), "task": TASK}, "540000"),
    "list_calls": ({"limit": 5}, "1000"),
}

try:
    from mcp import Client

    GENERATION = 2

    @asynccontextmanager
    async def connected():
        async with Client(URL) as client:
            yield client

except ImportError:
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    GENERATION = 1

    @asynccontextmanager
    async def connected():
        async with streamable_http_client(URL) as (read, write, _):
            async with ClientSession(read, write) as session:
                await session.initialize()
                yield session


def played(story):
    async def play():
        async with connected() as client:
            return await story(client)

    return asyncio.run(play())


def dumped(result):
    """As it was sent, whatever the generation calls its fields."""
    return json.loads(result.model_dump_json(by_alias=True))


def test_it_lists_the_tools():
    tools = dumped(played(lambda client: client.list_tools()))["tools"]
    assert [tool["name"] for tool in tools] == TOOLS
    assert all(tool["inputSchema"]["type"] == "object" and not tool.get("outputSchema") for tool in tools)


@pytest.mark.parametrize("name", PAID)
def test_it_is_told_the_price_of_what_it_has_not_paid_for(name):
    arguments, amount = PAID[name]

    async def story(client):
        await client.list_tools()
        return await client.call_tool(name, arguments)

    result = dumped(played(story))
    assert result["isError"]
    price = result["structuredContent"]
    assert price == json.loads(result["content"][0]["text"]) == result["_meta"]["x402/error"]
    assert (price["x402Version"], price["accepts"][0]["amount"]) == (2, amount)


def test_what_is_free_it_gets():
    result = dumped(played(lambda client: client.call_tool("list_voices", {})))
    assert not result["isError"] and result["structuredContent"]["voices"]


def test_what_is_wrong_it_is_told():
    result = dumped(played(lambda client: client.call_tool("get_call", {"call_id": "x"})))
    assert result["isError"] and json.loads(result["content"][0]["text"])["code"] == "unknown_call"
    result = dumped(played(lambda client: client.call_tool("place_call", {"phone_number": a_callee(), "task": "short"})))
    assert result["isError"] and json.loads(result["content"][0]["text"])["field"] == "task"
