// A wallet in the world that `run` has started, calls that go as a test needs them, and time that passes.

import assert from 'node:assert/strict';
import { privateKeyToAccount } from 'viem/accounts';
import { fund, newKey, aCallee, task, world } from '../clients/world.mjs';
import { paying } from './paying.mjs';

export { aCallee, task, world };

/** A caller who has money, and a number to call from. */
export async function caller() {
  const key = newKey();
  await fund(privateKeyToAccount(key).address);
  const pay = paying(fetch, key);
  const post = (path, body) => pay(`${world.gateway}/api/v1${path}`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
  });
  assert.equal((await post('/phone/numbers/buy', {})).status, 200);
  return { key, post };
}

/** Places a call that goes like this, and returns where it can be looked at. */
export async function call(by, how, more = {}) {
  await control('/calls', how);
  const placed = await by.post('/voice/call', { phone_number: aCallee(), task, ...more });
  assert.equal(placed.status, 200);
  return world.gateway + (await placed.json()).poll_url;
}

/** Looks at a call until it has come so far. */
export async function until(url, done) {
  for (let tries = 0; tries < 60; tries += 1) {
    const seen = await (await fetch(url)).json();
    if (done(seen)) return seen;
    await travel(6);
  }
  throw new Error(`${url} does not come so far`);
}

export const ended = (seen) => seen.ended_by !== 'IN_PROGRESS';
export const travel = (seconds) => control('/travel', { seconds });
export const sweep = () => control('/sweep', {});

async function control(path, body) {
  const answer = await fetch(world.control + path, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
  });
  assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.text()}`);
}
