// The world that a client meets, for the suites in JavaScript: where it is, money for a wallet, and trouble at a neighbour.
// It knows nothing about payments: those are the clients' own affair, which is what the suites are about.

import { randomBytes, randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const file = process.env.DIALTONE_WORLD ?? new URL('../../target/local/world.json', import.meta.url);

/** The facts that `cargo local` left: URLs of everything, network and payee. */
export const world = JSON.parse(readFileSync(file, 'utf8'));

/** Where clients that append `/v1/…` themselves are pointed. */
export const api = `${world.gateway}/api`;

let dialled = randomInt(3_120_000, 4_020_000);

/**
 * A destination of its own for each call: the dialler refuses the same one twice within ten seconds. In turn, from so many that
 * another process of the suite begins elsewhere.
 */
export const aCallee = () => `+1213${dialled++}`;

/** Something to say there: at least ten characters. */
export const task = 'Confirm the 7pm reservation for two under Vicky, then end the call.';

export const PRICE = { buy: 5_000_000n, renew: 5_000_000n, list: 1_000n, call: 540_000n };

/** What a transaction on an EVM chain is called. */
export const TRANSACTION = /^0x[0-9a-f]{64}$/;

const USDC = {
  'eip155:8453': '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913',
  'eip155:84532': '0x036CbD53842c5426634e7929541eC2318f3dCF7e',
};

/** Some clients keep journals in the home directory; none of them belongs in the real one. */
export function homeOfItsOwn() {
  const home = mkdtempSync(join(tmpdir(), 'dialtone-client-'));
  process.env.HOME = home;
  process.env.BLOCKRUN_HOME = home;
  // Would silently switch the client to another way of paying.
  delete process.env.BLOCKRUN_API_KEY;
}

/** A key that was not used before. */
export const newKey = () => `0x${randomBytes(32).toString('hex')}`;

let funded = Promise.resolve();

/** Puts a hundred dollars into a wallet. One after the other: on a real chain they are transactions of one account. */
export function fund(address) {
  funded = funded.then(() => control('/mint', { address, amount: '100000000' }));
  return funded;
}

/** Micro-dollars in a wallet, as the chain tells them. */
export async function balance(address) {
  const data = `0x70a08231${address.slice(2).toLowerCase().padStart(64, '0')}`;
  const { result } = await post(world.rpc, {
    jsonrpc: '2.0', id: 1, method: 'eth_call', params: [{ to: USDC[world.network], data }, 'latest'],
  });
  return BigInt(result);
}

/** What a wallet paid while `deed` was done: every refusal has to leave it at nothing. */
export async function spentOn(address, deed) {
  const before = await balance(address);
  const value = await deed();
  return { value, spent: before - await balance(address) };
}

/** The neighbour answers the next such request with this status, and does nothing. `*` in it is anything. */
export const refuseOnce = (neighbour, request, status) => control('/faults', { neighbour, request, status });

/** How the next call to this number goes, such as `busy`, or `talk` with what the callee `says`. */
export const nextCall = (to, next, more = {}) => control('/calls', { to, next, ...more });

/** What a model makes of calls to this number, in the order of the questions. */
export const answers = (to, ...said) => control('/answers', { to, answers: said });

/** Lets time pass. */
export const travel = (seconds) => control('/travel', { seconds });

/** Polls as the specification's samples do, only faster, until `done` says so. */
export async function poll(look, done, seconds = 90) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const seen = await look();
    if (done(seen)) return seen;
    if (Date.now() > end) throw new Error(`still ${JSON.stringify(seen)} after ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

const control = (path, body) => post(`${world.control}${path}`, body);

async function post(url, body) {
  const response = await fetch(url, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${text}`);
  return text && JSON.parse(text);
}
