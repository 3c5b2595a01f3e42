// A facilitator for chains on this machine: the published packages as they are, behind a small server, for `exact` in both
// versions of the protocol. `POST /PORT/verify` and `POST /PORT/settle` are about the chain of the node at that port.
//
// Before it says where it listens, it writes the state of a chain that has USDC, for nodes to begin with:
// `node facilitator.mjs STATE`. It ends when its standard input does, which is when its parent is gone.

import { spawn } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { gunzipSync } from 'node:zlib';
import { x402Facilitator } from '@x402/core/facilitator';
import { toFacilitatorEvmSigner } from '@x402/evm';
import { ExactEvmScheme } from '@x402/evm/exact/facilitator';
import { ExactEvmSchemeV1 } from '@x402/evm/exact/v1/facilitator';
import { createNonceManager, jsonRpc } from 'viem/nonce';
import { createWalletClient, http, publicActions } from 'viem';
import { account, base, setUp } from './usdc.mjs';

process.stdin.on('end', () => process.exit()).resume();

const architecture = { x64: 'amd64', arm64: 'arm64' }[process.arch];
const node = createRequire(import.meta.url).resolve(`@foundry-rs/anvil-${process.platform}-${architecture}/bin/anvil`);
await writeState(process.argv[2]);
const server = createServer((request, response) => answer(request).then(
  ({ status = 200, body }) => reply(response, status, body),
  // What a library throws is for its host to answer.
  (error) => reply(response, 500, { error: error.message }),
));
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port, node })));

async function writeState(file) {
  const anvil = spawn(node, ['--chain-id', '8453', '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const url = await listening(anvil);
    await setUp(url);
    const dumped = await rpc(url, 'anvil_dumpState');
    // Written beside it and renamed, so that half of it is never read.
    const beside = `${file}.${process.pid}`;
    writeFileSync(beside, gunzipSync(Buffer.from(dumped.slice(2), 'hex')));
    renameSync(beside, file);
  } finally {
    anvil.kill();
  }
}

async function listening(anvil) {
  for await (const line of createInterface({ input: anvil.stdout })) {
    const [, address] = line.match(/^Listening on (\S+)/) ?? [];
    if (address) return `http://${address}`;
  }
  throw new Error('the node ended before it listened');
}

async function rpc(url, method, params = []) {
  const response = await fetch(url, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const { result, error } = await response.json();
  if (error) throw new Error(`${method}: ${error.message}`);
  return result;
}

const facilitators = new Map();

/** The facilitator of the chain of the node at a port. */
function facilitator(port) {
  if (!facilitators.has(port)) {
    const url = `http://127.0.0.1:${port}`;
    // Its account sends many transactions at once: without a manager two of them get the same nonce. The one that comes
    // ready-made tells chains apart by their id, and all of these have the same.
    const payer = account(5, { nonceManager: createNonceManager({ source: jsonRpc() }) });
    const wallet = createWalletClient({ account: payer, chain: base(url), transport: http(url), pollingInterval: 50 }).extend(publicActions);
    const signer = toFacilitatorEvmSigner(Object.assign(wallet, { address: payer.address }));
    facilitators.set(port, new x402Facilitator()
      .register('eip155:8453', new ExactEvmScheme(signer))
      .registerV1('base', new ExactEvmSchemeV1(signer)));
  }
  return facilitators.get(port);
}

async function answer(request) {
  const [, port, route] = request.url.match(/^\/(\d+)\/(supported|verify|settle)$/) ?? [];
  if (!route) return { status: 404, body: { error: 'no such route' } };
  if (route === 'supported') return { body: facilitator(port).getSupported() };
  let text = '';
  for await (const chunk of request) text += chunk;
  const { paymentPayload, paymentRequirements } = JSON.parse(text);
  return { body: await facilitator(port)[route](paymentPayload, paymentRequirements) };
}

function reply(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
