// Answers get lost after money has moved. The package repeats the same signature, so one payment buys one thing.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Dialtone } from 'dialtone-phone';
import { caller, costs, ended, ledger, refusal } from './agent.mjs';
import { between } from '../between.mjs';
import { PRICE, aCallee, task, world } from '../world.mjs';

/** A wallet with a number, behind a proxy of its own. */
async function cutOff(options = {}) {
  const proxy = await between();
  const wallet = await caller();
  const phone = new Dialtone({ privateKey: wallet.privateKey, baseUrl: proxy.url, ...options });
  return { proxy, phone, wallet, direct: wallet.phone };
}

const distinct = (proxy) => new Set(proxy.seen).size;

describe('a call whose answer was lost', { concurrency: 3 }, () => {
  for (const fault of ['drop', 'half', '504', '502', 'silence']) {
    it(`is paid once and has its id: ${fault}`, async () => {
      const { proxy, phone, wallet, direct } = await cutOff({ timeout: 5000 });
      proxy.faults.push(fault);
      const call = await costs(wallet, PRICE.call, () => phone.voiceCall({ phone_number: aCallee(), task }));
      assert.deepEqual([proxy.seen.length, distinct(proxy)], [2, 1]);
      assert.deepEqual((await direct.voiceCalls()).calls.map((one) => one.call_id), [call.call_id]);
      await ended(direct, call);
    });
  }

  it('is asked for again until the service knows, no sooner than it says', async () => {
    const { proxy, phone, wallet } = await cutOff();
    const pending = { status: 503, headers: { 'retry-after': '2' }, body: { code: 'payment_pending', message: 'Repeat the same header.' } };
    proxy.faults.push(pending);
    const began = Date.now();
    await costs(wallet, PRICE.buy, () => phone.phoneBuy());
    assert.ok(Date.now() - began >= 2000, 'it has waited');
    assert.deepEqual([proxy.seen.length, distinct(proxy)], [2, 1]);
  });

  it('is not asked for for ever, and is of unknown outcome then', async () => {
    const { proxy, phone, wallet, direct } = await cutOff({ repeats: 2 });
    const request = { phone_number: aCallee(), task };
    proxy.always = '504';
    const error = await costs(wallet, PRICE.call, () => refusal(phone.voiceCall(request)));
    assert.deepEqual([error.code, error.status, error.charged], ['no_answer', 504, 'unknown']);
    assert.deepEqual([proxy.seen.length, distinct(proxy)], [3, 1]);
    assert.equal(phone.spent, '0.54');

    // Asked for again, it is the same purchase, with the same signature, whatever the order of its fields.
    proxy.always = undefined;
    const call = await phone.voiceCall({ task, phone_number: request.phone_number });
    assert.deepEqual([distinct(proxy), phone.spent], [1, '0.54']);
    assert.deepEqual((await direct.voiceCalls()).calls.map((one) => one.call_id), [call.call_id]);
    await ended(direct, call);
  });

  it('does not wait for longer than its patience', async () => {
    const { proxy, phone } = await cutOff({ patience: 1500 });
    proxy.always = { status: 503, headers: { 'retry-after': '30' }, body: { code: 'payment_pending', message: 'Repeat the same header.' } };
    const error = await refusal(phone.phoneBuy());
    assert.deepEqual([error.code, error.charged, error.retryAfterSeconds, proxy.seen.length], ['payment_pending', 'unknown', 30, 1]);
  });

  it('is of unknown outcome after a 402 that does not say that nothing was charged, and then is a purchase of its own', async () => {
    const { proxy, phone, wallet } = await cutOff({ repeats: 0 });
    const late = 'The payment was declined (payment_expired). If it was made before, it goes back to the wallet by itself.';
    proxy.faults.push({ status: 402, headers: {}, body: { code: 'payment_required', message: late } });
    const error = await refusal(phone.phoneBuy());
    assert.deepEqual([error.status, error.charged, phone.spent], [402, 'unknown', '5.00']);
    await costs(wallet, PRICE.buy, () => phone.phoneBuy());
    assert.deepEqual([distinct(proxy), phone.spent], [2, '10.00']);
  });

  it('is known not to be paid after a 402, and then is a purchase of its own', async () => {
    const { proxy, phone, wallet } = await cutOff({ repeats: 0 });
    proxy.faults.push('502', { status: 402, headers: {}, body: { code: 'payment_required', message: 'It has expired. Not charged.' } });
    assert.equal((await refusal(phone.phoneBuy())).charged, 'unknown');
    await costs(wallet, PRICE.buy, () => phone.phoneBuy());
    assert.deepEqual([phone.spent, proxy.seen.length, distinct(proxy)], ['5.00', 3, 2]);
  });

  it('is signed anew where the caller says so', async () => {
    const { proxy, phone, wallet } = await cutOff({ repeats: 0 });
    proxy.faults.push('drop');
    assert.equal((await costs(wallet, PRICE.buy, () => refusal(phone.phoneBuy()))).charged, 'unknown');
    await costs(wallet, PRICE.buy, () => phone.phoneBuy({}, { signAnew: true }));
    assert.deepEqual([distinct(proxy), phone.spent], [2, '10.00']);
  });

  it('can be stopped by its caller, and goes on with the same signature', async () => {
    const { proxy, phone, wallet } = await cutOff();
    proxy.faults.push('silence');
    const stop = new AbortController();
    const buying = costs(wallet, PRICE.buy, () => refusal(phone.phoneBuy({ country: 'CA' }, { signal: stop.signal })));
    while (proxy.seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    stop.abort();
    const error = await buying;
    assert.deepEqual([error.code, error.charged], ['aborted', 'unknown']);
    await phone.phoneBuy({ country: 'CA' });
    assert.equal(distinct(proxy), 1);
  });

  it('is found again by another process under its name', async () => {
    const { proxy, phone, wallet, direct } = await cutOff({ repeats: 0 });
    const request = { phone_number: aCallee(), task };
    proxy.faults.push('drop');
    const call = await costs(wallet, PRICE.call, async () => {
      assert.equal((await refusal(phone.voiceCall(request, { idempotencyKey: 'andy-1' }))).charged, 'unknown');
      return direct.voiceCall(request, { idempotencyKey: 'andy-1' });
    });
    assert.equal(call.to, request.phone_number);
    await ended(direct, call);
  });
});

describe('a limit', { concurrency: 3 }, () => {
  const nothingSigned = ({ proxy }, error, code) => {
    assert.deepEqual([error.code, error.charged, proxy.seen], [code, false, []]);
    assert.match(error.message, /Nothing was signed\. Not charged\.$/);
  };

  it('per payment is held before anything is signed', async () => {
    const it = await cutOff({ maxPayment: '4.999999' });
    nothingSigned(it, await refusal(it.phone.phoneBuy()), 'over_max_payment');
    await ended(it.direct, await costs(it.wallet, PRICE.call, () => it.phone.voiceCall({ phone_number: aCallee(), task })));
  });

  it('per session is held before anything is signed', async () => {
    const it = await cutOff({ sessionBudget: '$0.53' });
    nothingSigned(it, await refusal(it.phone.voiceCall({ phone_number: aCallee(), task })), 'over_session_budget');
    assert.deepEqual(it.phone.limits, { maxPayment: '5.00', sessionBudget: '0.53' });
  });

  it('per session is one for payments at once', async () => {
    const { phone, wallet } = await cutOff({ sessionBudget: 5.53 });
    const both = await costs(wallet, PRICE.buy, () => Promise.allSettled([phone.phoneBuy(), phone.phoneBuy()]));
    assert.deepEqual(both.map((one) => one.status).sort(), ['fulfilled', 'rejected']);
  });

  it('does not stop two of the same at once from being two', async () => {
    const { phone, wallet } = await cutOff();
    // Where too much happens at the same moment, one of them is told to come again, and is not charged.
    const buys = () => phone.phoneBuy().catch((error) => {
      if (error.code !== 'rate_limited' || error.charged !== false) throw error;
      return buys();
    });
    const [one, other] = await costs(wallet, 2n * PRICE.buy, () => Promise.all([buys(), buys()]));
    assert.notEqual(one.phone_number, other.phone_number);
  });

  it('is in dollars, so nothing but USDC is signed for', async () => {
    const it = await cutOff();
    it.proxy.offer = (body) => {
      const required = JSON.parse(body);
      const accepts = [{
        scheme: 'exact', network: world.network, amount: '1', asset: '0x00000000000000000000000000000000000000A1',
        payTo: world.payee, maxTimeoutSeconds: 300, extra: { name: 'Other', version: '1' },
      }];
      return JSON.stringify({ ...required, x402Version: 2, accepts, resource: { url: it.proxy.url } });
    };
    const error = await refusal(it.phone.phoneBuy());
    assert.deepEqual([error.code, error.charged, it.proxy.seen], ['cannot_pay', false, []]);
  });

  it('is never a signature for another site to sign in at', async () => {
    const it = await cutOff();
    const error = await refusal(it.phone.phoneList());
    // The proxy hands on where the service is, which is not where it was asked.
    assert.deepEqual([error.code, error.charged], ['cannot_pay', false]);
    assert.match(error.message, /nothing was signed/);
  });
});

ledger();
