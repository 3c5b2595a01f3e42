// The package's other rail: a wallet on Solana pays, with `@x402/svm` beside the package, which needs it only then.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { createKeyPairSignerFromPrivateKeyBytes } from '@solana/kit';
import { ExactSvmScheme } from '@x402/svm/exact/client';
import { Dialtone } from 'dialtone-phone';
import { agent, refusal } from './agent.mjs';
import { between } from '../between.mjs';
import { PRICE, balance, fund, aCallee, task, world } from '../world.mjs';

const { rpc, asset: mint } = world.solana ?? {};

/** A funded wallet on Solana with the package in its hand. */
async function holder(options = {}) {
  const signer = await createKeyPairSignerFromPrivateKeyBytes(new Uint8Array(randomBytes(32)));
  await fund(signer.address);
  const solana = new ExactSvmScheme(signer, { rpcUrl: rpc });
  return { address: signer.address, solana, phone: new Dialtone({ solana, baseUrl: world.gateway, ...options }) };
}

/** Micro-dollars in a wallet, as the cluster tells them. */
async function held(owner) {
  const response = await fetch(rpc, {
    method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      jsonrpc: '2.0', id: 1, method: 'getTokenAccountsByOwner', params: [owner, { mint }, { encoding: 'jsonParsed', commitment: 'confirmed' }],
    }),
  });
  const { result, error } = await response.json();
  if (error) throw new Error(error.message);
  return result.value.reduce((sum, { account }) => sum + BigInt(account.data.parsed.info.tokenAmount.amount), 0n);
}

/** What `deed` gives. It took exactly this from the wallet. */
async function costs(address, price, deed) {
  const before = await held(address);
  const value = await deed();
  assert.equal(before - await held(address), price);
  return value;
}

describe('a wallet on Solana', { skip: !world.solana && 'a world without it' }, () => {
  it('buys, lists, renews and calls, and is charged what it says', async () => {
    const { phone, address } = await holder();
    const bought = await costs(address, PRICE.buy, () => phone.phoneBuy());
    assert.equal(bought.owner_wallet, address);
    assert.match(bought.chain, /^solana/);
    assert.match(bought.transaction, /^[1-9A-HJ-NP-Za-km-z]{64,88}$/);
    // It does not sign in, so its lists are paid for.
    const { numbers } = await costs(address, PRICE.list, () => phone.phoneList());
    assert.deepEqual(numbers.map((one) => one.phone_number), [bought.phone_number]);
    await costs(address, PRICE.renew, () => phone.phoneRenew(bought.phone_number));
    const placed = await costs(address, PRICE.call, () => phone.voiceCall({ phone_number: aCallee(), task }));
    assert.equal((await phone.waitForCall(placed.call_id)).ended_by, 'USER');
    const { calls } = await costs(address, PRICE.list, () => phone.voiceCalls({ limit: 5 }));
    assert.deepEqual(calls.map((one) => one.call_id), [placed.call_id]);
    assert.equal(phone.spent, '10.542');
  });

  for (const fault of ['drop', '504', '502']) {
    it(`pays once where an answer was lost: ${fault}`, async () => {
      const proxy = await between();
      const { phone, address } = await holder({ baseUrl: proxy.url });
      proxy.faults.push(fault);
      await costs(address, PRICE.buy, () => phone.phoneBuy());
      assert.deepEqual([proxy.seen.length, new Set(proxy.seen).size, phone.spent], [2, 1, '5.00']);
    });
  }

  for (const fault of ['drop', '504', '502']) {
    it(`has the list of calls that it has paid for, though its answer was lost: ${fault}`, async () => {
      const proxy = await between();
      const { phone, address } = await holder({ baseUrl: proxy.url });
      proxy.faults.push(fault);
      const { count } = await costs(address, PRICE.list, () => phone.voiceCalls());
      assert.deepEqual([count, proxy.seen.length, new Set(proxy.seen).size, phone.spent], [0, 2, 1, '0.001']);
    });
  }

  it('has a lost list of calls when it asks for it again', async () => {
    const proxy = await between();
    const { phone, address } = await holder({ baseUrl: proxy.url, patience: 1 });
    proxy.always = '504';
    const listed = await costs(address, PRICE.list, async () => {
      assert.equal((await refusal(phone.voiceCalls())).charged, 'unknown');
      proxy.always = undefined;
      return phone.voiceCalls();
    });
    assert.deepEqual([listed.count, new Set(proxy.seen).size], [0, 1]);
  });

  it('signs for nothing beyond its limits, and not for what is not USDC', async () => {
    const proxy = await between();
    const limited = await holder({ baseUrl: proxy.url, maxPayment: '4.99' });
    assert.equal((await refusal(limited.phone.phoneBuy())).code, 'over_max_payment');
    proxy.offer = (body) => {
      const required = JSON.parse(body);
      const accepts = required.accepts.filter((one) => one.network.startsWith('solana')).map((one) => ({ ...one, asset: limited.address, amount: '1' }));
      return JSON.stringify({ ...required, x402Version: 2, accepts });
    };
    const other = await refusal((await holder({ baseUrl: proxy.url })).phone.phoneBuy());
    assert.deepEqual([other.code, other.charged, proxy.seen], ['cannot_pay', false, []]);
  });

  it('without money is told so, and the budget has it back', async () => {
    const signer = await createKeyPairSignerFromPrivateKeyBytes(new Uint8Array(randomBytes(32)));
    const phone = new Dialtone({ solana: new ExactSvmScheme(signer, { rpcUrl: rpc }), baseUrl: world.gateway, sessionBudget: 5 });
    for (let i = 0; i < 2; i += 1) {
      const error = await refusal(phone.phoneBuy());
      assert.deepEqual([error.code, error.charged, phone.spent], ['payment_required', false, '0.00']);
    }
  });

  it('does not pay where there is one on Base too', async () => {
    const { solana, address } = await holder();
    const { privateKey, address: onBase } = await agent({}, { watched: false });
    const phone = new Dialtone({ privateKey, solana, baseUrl: world.gateway });
    const before = await balance(onBase);
    const bought = await costs(address, 0n, () => phone.phoneBuy());
    assert.deepEqual([bought.owner_wallet, before - await balance(onBase)], [onBase, PRICE.buy]);
  });
});
