// A published client pays on Solana, through the reference facilitator, on a cluster with the real programs; and what it paid is where it
// should be. `tests/chain/run solana` starts all of them.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { TOKEN_PROGRAM_ADDRESS, findAssociatedTokenPda, getTransferCheckedInstruction } from '@solana-program/token';
import {
  appendTransactionMessageInstruction, createKeyPairSignerFromPrivateKeyBytes, createTransactionMessage, getBase64EncodedWireTransaction, pipe,
  setTransactionMessageFeePayerSigner, setTransactionMessageLifetimeUsingBlockhash, signTransactionMessageWithSigners,
} from '@solana/kit';
import { decodePaymentResponseHeader, wrapFetchWithPayment, x402Client } from '@x402/fetch';
import { ExactSvmScheme } from '@x402/svm/exact/client';
import { ExactSvmSchemeV1 } from '@x402/svm/exact/v1/client';
import { PRICE, api, poll, aCallee, task, world } from '../../clients/world.mjs';

const { FACILITATOR_URL: facilitator, SOLANA_RPC_URL: rpcUrl, SOLANA_PAYEE: payee, SOLANA_REFUND_WALLET: refundWallet } = process.env;
const USDC = 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v';
const NETWORK = 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp';
/** A signature in base58. */
const TRANSACTION = /^[1-9A-HJ-NP-Za-km-z]{64,88}$/;
const DOLLARS = 1_000_000n;

async function post(url, body) {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  if (response.status === 204) return null;
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${text}`);
  return JSON.parse(text);
}

async function node(method, ...params) {
  const { result, error } = await post(rpcUrl, { jsonrpc: '2.0', id: 1, method, params });
  if (error) throw new Error(`${method}: ${error.message}`);
  return result;
}

const held = async (owner) => BigInt(await node('test_held', owner));
const control = (path, body = {}) => post(`${world.control}${path}`, body);

/** A wallet behind a client, which also remembers the payment that it sent last. `meanwhile` happens between signing and sending. */
async function wallet(micros, version = 2, meanwhile = async () => {}) {
  const key = await createKeyPairSignerFromPrivateKeyBytes(new Uint8Array(randomBytes(32)));
  await node('test_give', key.address, String(micros));
  const header = version === 2 ? 'payment-signature' : 'x-payment';
  let sent;
  const watched = async (input, init) => {
    const request = new Request(input, init);
    const payment = request.headers.get(header);
    if (payment) {
      sent = payment;
      await meanwhile(JSON.parse(Buffer.from(payment, 'base64').toString()));
    }
    const response = await fetch(request);
    if (version === 2) return response;
    // Who speaks version 1 does not look at version 2's header.
    const headers = new Headers(response.headers);
    headers.delete('payment-required');
    return new Response(response.body, { status: response.status, headers });
  };
  const client = new x402Client().setSpendControls({ maxAmountPerPayment: '$5' });
  if (version === 2) client.register('solana:*', new ExactSvmScheme(key, { rpcUrl }));
  else client.registerV1('solana', new ExactSvmSchemeV1(key, { rpcUrl }));
  const paying = wrapFetchWithPayment(watched, client);
  const ask = async (by, path, body, headers = {}) => {
    const response = await by(`${api}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
    const receipt = response.headers.get(version === 2 ? 'payment-response' : 'x-payment-response');
    return { status: response.status, headers: response.headers, body: await response.json(), receipt: receipt && decodePaymentResponseHeader(receipt) };
  };
  return {
    address: key.address,
    pay: (path, body) => ask(paying, path, body),
    repeat: (path, body) => ask(fetch, path, body, { [header]: sent }),
    spent: async () => BigInt(micros) - await held(key.address),
  };
}

describe('the cluster', () => {
  it('moves on, so that the same transfer without a memo can be made again', async () => {
    const fees = await createKeyPairSignerFromPrivateKeyBytes(new Uint8Array(32).fill(7));
    const payer = await createKeyPairSignerFromPrivateKeyBytes(new Uint8Array(randomBytes(32)));
    const receiver = await createKeyPairSignerFromPrivateKeyBytes(new Uint8Array(randomBytes(32)));
    await node('test_give', payer.address, '10000');
    await node('test_give', receiver.address, '0');
    const [source, destination] = await Promise.all([payer.address, receiver.address].map(async (owner) => (await findAssociatedTokenPda({ owner, mint: USDC, tokenProgram: TOKEN_PROGRAM_ADDRESS }))[0]));
    const pays = async ({ blockhash, lastValidBlockHeight }) => {
      const transfer = getTransferCheckedInstruction({ source, mint: USDC, destination, authority: payer, amount: 1_000n, decimals: 6 });
      const lifetime = { blockhash, lastValidBlockHeight: BigInt(lastValidBlockHeight) };
      const message = pipe(
        createTransactionMessage({ version: 0 }),
        (it) => setTransactionMessageFeePayerSigner(fees, it),
        (it) => setTransactionMessageLifetimeUsingBlockhash(lifetime, it),
        (it) => appendTransactionMessageInstruction(transfer, it),
      );
      return node('sendTransaction', getBase64EncodedWireTransaction(await signTransactionMessageWithSigners(message)), { encoding: 'base64' });
    };
    const newest = async () => (await node('getLatestBlockhash', { commitment: 'confirmed' })).value;
    const first = await newest();
    await pays(first);
    await assert.rejects(pays(first), /already been processed/);
    let next = await newest();
    while (next.blockhash === first.blockhash) next = await newest();
    await pays(next);
    assert.equal(await held(payer.address), 8_000n);
    assert.equal(await held(receiver.address), 2_000n);
    assert.equal((await node('isBlockhashValid', first.blockhash, { commitment: 'confirmed' })).value, true, 'an older one lives on beside it');
    await node('test_expire');
    await assert.rejects(pays(next), /already been processed|Blockhash not found/);
  });
});

describe('@x402/svm', () => {
  let another;
  let buyer;
  let number;
  let unlucky;
  let delivered = 0n;

  const served = (answer, price) => {
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    delivered += price;
    return answer.body;
  };

  async function failingCall(who) {
    await control('/calls', { next: 'error' });
    return served(await who.pay('/v1/voice/call', { phone_number: aCallee(), task, max_duration: 2 }), PRICE.call);
  }

  async function sweptLook(call) {
    await control('/sweep');
    return (await fetch(`${api}/v1/voice/call/${call.call_id}`)).json();
  }

  const isPaidBack = (seen) => seen.refund !== undefined && seen.refund.status !== 'due';

  before(async () => {
    buyer = await wallet(100n * DOLLARS);
    another = await wallet(100n * DOLLARS, 1);
  });

  it('is offered Solana behind the EVM network, in both versions', async () => {
    const response = await fetch(`${api}/v1/phone/numbers/buy`, { method: 'POST' });
    const header = JSON.parse(Buffer.from(response.headers.get('payment-required'), 'base64').toString());
    const body = await response.json();
    assert.equal(response.status, 402);
    assert.deepEqual(header.accepts.map((entry) => entry.network.split(':')[0]), ['eip155', 'solana']);
    assert.equal(header.accepts[1].payTo, payee);
    assert.match(header.accepts[1].extra.feePayer, /^[1-9A-HJ-NP-Za-km-z]{32,44}$/);
    assert.equal(body.accepts[1].network, 'solana');
  });

  it('buys a number', async () => {
    const answer = await buyer.pay('/v1/phone/numbers/buy', { country: 'US' });
    number = served(answer, PRICE.buy);
    assert.equal(number.owner_wallet, buyer.address);
    assert.match(number.transaction, TRANSACTION);
    assert.equal(answer.receipt.transaction, number.transaction);
    assert.equal(answer.receipt.network, NETWORK);
    assert.equal(await buyer.spent(), PRICE.buy);
  });

  it('gets the same answer for the same payment, and pays once', async () => {
    const again = await buyer.repeat('/v1/phone/numbers/buy', { country: 'US' });
    assert.deepEqual(again.body, number);
    assert.equal(again.headers.get('idempotent-replayed'), 'true');
    assert.equal(await buyer.spent(), PRICE.buy);
  });

  it('lists and renews it', async () => {
    const { numbers } = served(await buyer.pay('/v1/phone/numbers/list', {}), PRICE.list);
    assert.deepEqual(numbers.map((entry) => entry.phone_number), [number.phone_number]);
    const renewed = served(await buyer.pay('/v1/phone/numbers/renew', { phone_number: number.phone_number }), PRICE.renew);
    assert.ok(renewed.expires_at > number.expires_at);
  });

  it('calls from it', async () => {
    const call = served(await buyer.pay('/v1/voice/call', { phone_number: aCallee(), task, max_duration: 2 }), PRICE.call);
    assert.equal(call.from, number.phone_number);
    const look = async () => (await fetch(`${api}/v1/voice/call/${call.call_id}`)).json();
    assert.equal((await poll(look, (seen) => seen.ended_by !== 'IN_PROGRESS')).status, 'completed');
  });

  it('is paid back for a call that ended in an error, by a transfer from the refund wallet', async () => {
    // Another caller's call fails at the same time: what comes of it takes a minute each, and is looked at below.
    const caller = await wallet(100n * DOLLARS);
    const mine = served(await caller.pay('/v1/phone/numbers/buy', { country: 'US' }), PRICE.buy);
    unlucky = { caller, mine, call: await failingCall(caller) };

    const [spent, float] = [await buyer.spent(), await held(refundWallet)];
    const call = await failingCall(buyer);
    assert.equal(await buyer.spent(), spent + PRICE.call);
    await node('test_close', caller.address);
    // It rings for half a minute, and is believed to have failed a minute after it has.
    const refunded = await poll(() => sweptLook(call), isPaidBack, 180);
    assert.equal(refunded.charged, false);
    assert.equal(refunded.refund.status, 'refunded', JSON.stringify(refunded.refund));
    assert.match(refunded.refund.transaction, TRANSACTION);
    assert.deepEqual([await buyer.spent(), await held(refundWallet)], [spent, float - PRICE.call]);
    // A second round sends nothing.
    await control('/sweep');
    assert.equal(await held(refundWallet), float - PRICE.call);
  });

  it('is given credit where its token account is closed, and calls with that', async () => {
    const { caller, mine, call } = unlucky;
    const credited = await poll(() => sweptLook(call), isPaidBack);
    assert.equal(credited.refund.status, 'credited');
    await node('test_give', caller.address, String(DOLLARS));
    const next = await caller.pay('/v1/voice/call', { phone_number: aCallee(), task, max_duration: 2 });
    assert.equal(next.status, 200, JSON.stringify(next.body));
    assert.equal(next.body.payment, 'credit');
    assert.equal(next.body.from, mine.phone_number);
    assert.equal(await held(caller.address), DOLLARS);
  });

  it('speaks version 1 as well', async () => {
    const answer = await another.pay('/v1/phone/numbers/buy', { country: 'CA' });
    served(answer, PRICE.buy);
    assert.equal(answer.receipt.network, 'solana');
    assert.equal(await another.spent(), PRICE.buy);
  });

  it('is one wallet, whatever others own', async () => {
    const { numbers } = served(await another.pay('/v1/phone/numbers/list', {}), PRICE.list);
    assert.equal(numbers.length, 1);
    assert.notEqual(numbers[0].phone_number, number.phone_number);
    const wrong = await another.pay('/v1/voice/call', { phone_number: aCallee(), task, from: number.phone_number });
    assert.equal(wrong.status, 403);
    assert.equal(wrong.body.actualOwner, buyer.address);
  });

  it('is not charged where it has too little', async () => {
    const poor = await wallet(DOLLARS);
    const refused = await poor.pay('/v1/phone/numbers/buy', { country: 'US' });
    assert.equal(refused.status, 402, JSON.stringify(refused.body));
    assert.equal(await poor.spent(), 0n);
    assert.equal(served(await poor.pay('/v1/phone/numbers/list', {}), PRICE.list).numbers.length, 0);
  });

  it('gets one thing for one payment, however often it is sent at once', async () => {
    const path = '/v1/phone/numbers/renew';
    const body = { phone_number: number.phone_number };
    const spent = await buyer.spent();
    const first = served(await buyer.pay(path, body), PRICE.renew);
    const all = await Promise.all(Array.from({ length: 20 }, () => buyer.repeat(path, body)));
    for (const one of all) assert.deepEqual(one.body, first);
    assert.equal(await buyer.spent(), spent + PRICE.renew);
  });

  it('is served with a payment that another has submitted before us', async () => {
    const hurried = await wallet(100n * DOLLARS, 2, async (paymentPayload) => {
      const settled = await post(`${facilitator}/settle`, { x402Version: 2, paymentPayload, paymentRequirements: paymentPayload.accepted });
      assert.equal(settled.success, true, JSON.stringify(settled));
    });
    served(await hurried.pay('/v1/phone/numbers/list', {}), PRICE.list);
    served(await hurried.pay('/v1/phone/numbers/buy', { country: 'US' }), PRICE.buy);
    assert.equal(await hurried.spent(), PRICE.list + PRICE.buy);
  });

  it('is not charged for a transaction whose block is past', async () => {
    const late = await wallet(100n * DOLLARS, 2, () => node('test_expire'));
    for (const [path, body] of [['/v1/phone/numbers/list', {}], ['/v1/phone/numbers/buy', { country: 'US' }]]) {
      const refused = await late.pay(path, body);
      assert.equal(refused.status, 402, JSON.stringify(refused.body));
    }
    assert.equal(await late.spent(), 0n);
  });

  after(async () => {
    // What is in the payee's account is what was delivered, to the cent.
    assert.equal(await held(payee), delivered);
  });
});
