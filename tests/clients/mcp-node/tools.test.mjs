// The protocol's own clients in JavaScript: the one that agents are built on today, and the next one, which can begin in either era.
// None of them pays; each has to see the tools, to be told each price without failing over it, and to use what is free.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Client as Next, StreamableHTTPClientTransport as NextTransport } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { PRICE, aCallee, task, world } from '../world.mjs';

const url = new URL(`${world.gateway}/mcp`);
const self = { name: 'dialtone-tests', version: '1' };
const TOOLS = ['buy_number', 'renew_number', 'list_numbers', 'place_call', 'get_call', 'hang_up', 'list_calls', 'list_voices'];
const PAID = [
  ['buy_number', {}, PRICE.buy],
  ['renew_number', { phone_number: '+14155551234' }, PRICE.renew],
  ['list_numbers', {}, PRICE.list],
  ['place_call', { phone_number: aCallee(), task }, PRICE.call],
  ['list_calls', { limit: 5 }, PRICE.list],
];

const clients = [
  ['sdk 1.32', '2025-11-25', async (fetch) => {
    const client = new Client(self);
    await client.connect(new StreamableHTTPClientTransport(url, { fetch }));
    return client;
  }],
  ['client 2.4 as it begins', '2025-11-25', async (fetch) => {
    const client = new Next(self);
    await client.connect(new NextTransport(url, { fetch }));
    return client;
  }],
  ['client 2.4 that looks which era it is', '2026-07-28', async (fetch) => {
    const client = new Next(self, { versionNegotiation: { mode: 'auto' } });
    await client.connect(new NextTransport(url, { fetch }));
    return client;
  }],
];

for (const [name, era, connect] of clients) {
  describe(name, () => {
    const connected = async (story) => {
      const versions = new Set();
      const client = await connect((input, init) => {
        versions.add(new Headers(init?.headers).get('mcp-protocol-version'));
        return fetch(input, init);
      });
      try {
        await story(client);
      } finally {
        await client.close();
      }
      assert.ok(versions.has(era), `${[...versions]}`);
    };

    it('lists the tools', () => connected(async (client) => {
      const { tools } = await client.listTools();
      assert.deepEqual(tools.map((tool) => tool.name), TOOLS);
      assert.ok(client.getInstructions().includes('place_call'));
    }));

    it('is told each price, and does not fail over it', () => connected(async (client) => {
      // It holds results against what was listed.
      await client.listTools();
      for (const [tool, args, price] of PAID) {
        const result = await client.callTool({ name: tool, arguments: args });
        assert.equal(result.isError, true, tool);
        assert.equal(BigInt(result.structuredContent.accepts[0].amount), price, tool);
        assert.deepEqual(JSON.parse(result.content[0].text), result.structuredContent);
        assert.deepEqual(result._meta['x402/error'], result.structuredContent);
        assert.equal(result.structuredContent.resource.url, `mcp://tool/${tool}`);
      }
    }));

    it('uses what is free, and is told what is wrong', () => connected(async (client) => {
      await client.listTools();
      const voices = await client.callTool({ name: 'list_voices', arguments: {} });
      assert.ok(voices.structuredContent.voices.length > 0 && !voices.isError);
      for (const name of ['get_call', 'hang_up']) {
        const unknown = await client.callTool({ name, arguments: { call_id: '0123456789ABCDEFGHJKMNPQRS' } });
        assert.equal(JSON.parse(unknown.content[0].text).code, 'unknown_call');
      }
      const wrong = await client.callTool({ name: 'place_call', arguments: { phone_number: aCallee(), task: 'short' } });
      assert.equal(JSON.parse(wrong.content[0].text).field, 'task');
      await assert.rejects(client.callTool({ name: 'no_such_tool', arguments: {} }), /Unknown tool/);
    }));
  });
}
