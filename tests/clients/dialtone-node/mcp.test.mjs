// The MCP server of the package, played by the MCP SDK's own client over standard input and output.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { agent, caller, costs, ledger, quitter } from './agent.mjs';
import { between } from '../between.mjs';
import { PRICE, aCallee, task, world } from '../world.mjs';

const binary = new URL('node_modules/.bin/dialtone-phone', import.meta.url).pathname;

/** What the README tells each program to start. */
function fromReadme() {
  const readme = readFileSync(new URL('node_modules/dialtone-phone/README.md', import.meta.url), 'utf8');
  const [line] = /^claude mcp add .*$/m.exec(readme);
  const [options, started] = line.split(' -- ').map((part) => part.split(' '));
  const env = Object.fromEntries(options.filter((_, at) => options[at - 1] === '--env').map((one) => one.split('=')));
  const [command, ...args] = started;
  const [files, editor] = [...readme.matchAll(/^"dialtone": (\{.*\})$/gm)].map(([, json]) => JSON.parse(json));
  assert.match(readme, /^Claude Desktop .* and Cursor .*:\n\n```json\n"dialtone"/m);
  assert.match(readme, /^VS Code .*:\n\n```json\n"dialtone": \{ "type": "stdio"/m);
  return { 'Claude Code': { command, args, env }, 'Claude Desktop and Cursor': files, 'VS Code': editor };
}

/** A client of a server of its own, with the wallet's key in the server's environment. */
async function connected({ privateKey }, env = {}, { command, args } = { command: binary, args: ['mcp'] }) {
  const transport = new StdioClientTransport({
    command, args, stderr: 'pipe', cwd: new URL('.', import.meta.url).pathname,
    env: { PATH: process.env.PATH, BASE_CHAIN_WALLET_KEY: privateKey, DIALTONE_URL: world.gateway, ...env },
  });
  const mcp = new Client({ name: 'test', version: '1' });
  const odd = [];
  // Whatever is not protocol on standard output.
  mcp.onerror = (error) => odd.push(error);
  let log = '';
  transport.stderr.on('data', (data) => { log += data; });
  await mcp.connect(transport);
  let said = JSON.stringify(mcp.getInstructions());
  after(async () => {
    await mcp.close();
    assert.deepEqual(odd, []);
    assert.ok(!(log + said).includes(privateKey.slice(2)), 'the key is never said');
  });
  const call = async (name, args = {}) => {
    const result = await mcp.callTool({ name, arguments: args });
    said += JSON.stringify(result);
    const { isError = false, content, structuredContent } = result;
    return { isError, body: JSON.parse(content[0].text), content, structuredContent };
  };
  return { mcp, call, log: () => log };
}

describe('dialtone-phone mcp', { concurrency: 3 }, () => {
  it('has its tools, in an order that does not change, and says what it may spend', async () => {
    const { mcp, log } = await connected(await agent(), { DIALTONE_MAX_SESSION: '7.5' });
    const { tools } = await mcp.listTools();
    assert.deepEqual(tools.map((one) => one.name), [
      'buy_number', 'renew_number', 'list_numbers', 'place_call', 'get_call', 'hang_up', 'list_calls', 'list_voices',
    ]);
    const hints = (name) => tools.find((one) => one.name === name).annotations;
    assert.deepEqual(tools.filter((one) => one.annotations.readOnlyHint).map((one) => one.name), ['list_numbers', 'get_call', 'list_calls', 'list_voices']);
    assert.ok(hints('place_call').destructiveHint && !hints('place_call').idempotentHint);
    for (const [name, price] of [['buy_number', '5.00'], ['renew_number', '5.00'], ['place_call', '0.54']]) {
      assert.ok(tools.find((one) => one.name === name).description.includes(`Costs $${price}`), name);
    }
    assert.deepEqual(tools.find((one) => one.name === 'place_call').inputSchema.required.sort(), ['phone_number', 'task']);
    for (const place of [mcp.getInstructions(), log()]) assert.match(place, /at most \$5\.00 at once and \$7\.50 in this session/);
  });

  for (const [program, { command, args, env }] of Object.entries(fromReadme())) {
    it(`starts as the README says it to ${program}`, async () => {
      assert.deepEqual(Object.keys(env), ['BASE_CHAIN_WALLET_KEY', 'DIALTONE_URL']);
      const { call } = await connected(await agent(), {}, { command, args });
      assert.deepEqual((await call('list_numbers')).body.numbers, []);
    });
  }

  it('plays the sentence of the specification', async () => {
    const sentence = "Use blockrun_wallet to confirm I own a phone number, then use the BlockRun voice tool to call +14155551234 and tell them I'll be 10 minutes late.";
    const wallet = await agent();
    const server = await connected(wallet);
    const { last, used } = await costs(wallet, PRICE.buy + PRICE.call, () => play(server, sentence));
    assert.equal(last.ended_by, 'USER');
    assert.ok(last.summary && last.transcript.length > 0);
    assert.equal(last.to, '+14155551234');
    assert.deepEqual([...new Set(used)], ['list_numbers', 'buy_number', 'place_call', 'get_call']);
    const { body } = await server.call('list_calls', { limit: 5 });
    assert.deepEqual(body.calls.map((one) => one.call_id), [last.call_id]);
  });

  it('says what it spends, and stops at its limit', async () => {
    const wallet = await agent();
    const { call } = await connected(wallet, { DIALTONE_MAX_SESSION: '5.20' });
    const bought = await costs(wallet, PRICE.buy, () => call('buy_number'));
    assert.equal(bought.content[1].text, 'Spent in this session: $5.00 of $5.20.');
    assert.deepEqual(bought.structuredContent, bought.body);
    const refused = await call('place_call', { phone_number: aCallee(), task });
    assert.deepEqual([refused.isError, refused.body.code, refused.body.charged], [true, 'over_session_budget', false]);
  });

  it('pays once where the model asks again after an answer was lost', async () => {
    const wallet = await caller();
    const proxy = await between();
    proxy.always = '504';
    const { call } = await connected(wallet, { DIALTONE_URL: proxy.url, DIALTONE_PATIENCE: '1' });
    const sent = { phone_number: aCallee(), task };
    const placed = await costs(wallet, PRICE.call, async () => {
      const lost = await call('place_call', sent);
      assert.deepEqual([lost.isError, lost.body.charged], [true, 'unknown']);
      assert.match(lost.body.next, /same arguments again/);
      proxy.always = undefined;
      return call('place_call', sent);
    });
    assert.deepEqual((await wallet.phone.voiceCalls()).calls.map((one) => one.call_id), [placed.body.call_id]);
  });

  it('hangs up', async () => {
    const { call } = await connected(await quitter());
    const { body: { call_id: id } } = await call('place_call', { phone_number: aCallee(), task });
    assert.equal((await call('hang_up', { call_id: id })).body.status, 'ending');
  });

  it('says what is wrong in the words of the service', async () => {
    const { call } = await connected(await agent());
    const answers = [
      ['place_call', { phone_number: aCallee(), task }, 'no_owned_numbers'],
      ['place_call', { phone_number: '911', task }, 'bad_request'],
      ['place_call', {}, 'bad_request'],
      ['get_call', { call_id: '01HXY9ABCDEFGHJKMNPQRSTVWX' }, 'unknown_call'],
      ['get_call', { call_id: '../../phone/numbers', wait_seconds: 1 }, 'unknown_call'],
      ['list_calls', { limit: 1000 }, 'bad_request'],
    ];
    for (const [name, sent, code] of answers) {
      const { isError, body } = await call(name, sent);
      assert.deepEqual([isError, body.code, body.charged], [true, code, false], name);
    }
    assert.ok((await call('list_voices')).body.voices.length > 0);
  });
});

/** A model that does what the sentence says with the tools that there are: look for a number, call, and wait for the end. */
async function play({ mcp, call }, sentence) {
  const [to] = /\+\d+/.exec(sentence);
  const wish = sentence.slice(sentence.indexOf('tell them')).replace("I'll", 'the caller will');
  const { tools } = await mcp.listTools();
  const find = (words) => tools.find((one) => words.every((word) => one.name.includes(word))).name;
  const used = [];
  const use = async (words, args) => {
    const name = find(words);
    used.push(name);
    const { isError, body } = await call(name, args);
    assert.equal(isError, false, JSON.stringify(body));
    return body;
  };
  const { count } = await use(['list', 'number']);
  if (count === 0) await use(['buy', 'number'], {});
  const { call_id: id } = await use(['place', 'call'], { phone_number: to, task: `Call for Vicky: ${wish} Then say goodbye and end the call.` });
  let last;
  do {
    last = await use(['get', 'call'], { call_id: id, wait_seconds: 20 });
  } while (last.ended_by === 'IN_PROGRESS');
  return { last, used };
}

ledger();
