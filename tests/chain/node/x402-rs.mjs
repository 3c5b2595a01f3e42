// A facilitator of another make for chains on this machine: `node x402-rs.mjs PROGRAM`, which is the crate's own binary.
//
// It keeps to what `facilitator.mjs` keeps to: `POST /PORT/verify` and `POST /PORT/settle` are about the chain of the node at
// that port. The program serves one chain, so each has a process of its own; all end when standard input does.

import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as anyPort } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [, , program] = process.argv;
// The published key of a development node's seventh account.
const KEY = '0x92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e';

const children = [];
process.stdin.on('end', () => {
  for (const child of children) child.kill();
  process.exit();
}).resume();

const server = createServer((request, response) => pass(request, response).catch((error) => {
  response.writeHead(502).end(error.message);
}));
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));

const facilitators = new Map();

async function pass(request, response) {
  const [, port, path] = request.url.match(/^\/(\d+)(\/\w+)$/) ?? [];
  if (!facilitators.has(port)) facilitators.set(port, start(port));
  let body = '';
  for await (const chunk of request) body += chunk;
  const { method } = request;
  const answer = await fetch(`${await facilitators.get(port)}${path}`, {
    method, headers: { 'content-type': 'application/json' }, ...(method === 'POST' && { body }),
  });
  response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' });
  response.end(await answer.text());
}

async function start(chain) {
  const port = await freePort();
  const file = join(mkdtempSync(join(tmpdir(), 'x402-rs-')), 'config.json');
  const schemes = ['v1-eip155-exact', 'v2-eip155-exact'].map((id) => ({ id, chains: 'eip155:*' }));
  const rpc = [{ http: `http://127.0.0.1:${chain}` }];
  writeFileSync(file, JSON.stringify({
    port, host: '127.0.0.1', schemes, chains: { 'eip155:8453': { eip1559: true, flashblocks: false, signers: [KEY], rpc } },
  }));
  children.push(spawn(program, ['--config', file], { stdio: ['ignore', 'ignore', 'inherit'] }));
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 200; tries++) {
    if (await fetch(`${url}/supported`).then(() => true, () => false)) return url;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('x402-rs does not answer');
}

function freePort() {
  return new Promise((resolve) => {
    const probe = anyPort().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
