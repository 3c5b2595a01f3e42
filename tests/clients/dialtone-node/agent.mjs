// A funded wallet with the package in its hand, and what it should have paid at the end.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Dialtone } from 'dialtone-phone';
import { privateKeyToAddress } from 'viem/accounts';
import { PRICE, balance, fund, newKey, world } from '../world.mjs';

/** Micro-dollars, by wallet. */
const expected = new Map();

export async function agent(options = {}, { watched = true } = {}) {
  const privateKey = newKey();
  const address = privateKeyToAddress(privateKey);
  await fund(address);
  if (watched) expected.set(address, 0n);
  return { privateKey, address, phone: new Dialtone({ privateKey, baseUrl: world.gateway, ...options }) };
}

/** With a number. */
export async function caller() {
  const wallet = await agent();
  await costs(wallet, PRICE.buy, () => wallet.phone.phoneBuy());
  return wallet;
}

/** What is done costs the wallet this, which `ledger` holds against the chain. */
export function costs({ address }, price, deed) {
  expected.set(address, expected.get(address) + price);
  return deed();
}

/**
 * The last test of a file. The chain is not asked while others are at work: when the world ends, requests that should have
 * caused nothing are looked at, and whatever a neighbour is asked meanwhile counts as theirs.
 */
export const ledger = () => it('on the chain, each wallet has paid what its test says', async () => {
  assert.ok(expected.size > 0);
  for (const [address, price] of expected) assert.equal(100_000_000n - await balance(address), price, address);
});

/** A caller whose wallet is in no ledger: a call that is hung up before it rings is paid back, some time later. */
export async function quitter() {
  const wallet = await agent({}, { watched: false });
  await wallet.phone.phoneBuy();
  return wallet;
}

/** Waits for the end of a call, since lines are few. */
export const ended = (phone, { call_id: id }) => phone.waitForCall(id);

/** What a promise was refused with. */
export const refusal = (promise) => promise.then(
  (value) => { throw new Error(`was not refused: ${JSON.stringify(value)}`); },
  (error) => error,
);
