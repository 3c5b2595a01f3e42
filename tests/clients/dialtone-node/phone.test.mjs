// The package, as its readers use it.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Dialtone, DialtoneError, LLMClient } from 'dialtone-phone';
import { createWalletClient, http } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { baseSepolia } from 'viem/chains';
import { agent, caller, costs, ended, ledger, quitter, refusal } from './agent.mjs';
import { PRICE, TRANSACTION, newKey, aCallee, task, world } from '../world.mjs';

describe('a wallet with the package', { concurrency: 3 }, () => {
  it('buys, lists and renews a number, and is charged what it says', async () => {
    const wallet = await agent();
    const { phone, address } = wallet;
    const bought = await costs(wallet, PRICE.buy, () => phone.phoneBuy({ country: 'US', area_code: '415' }));
    assert.match(bought.phone_number, /^\+1415\d{7}$/);
    assert.match(bought.transaction, TRANSACTION);

    const list = await phone.phoneList();
    assert.deepEqual(list.numbers.map((one) => one.phone_number), [bought.phone_number]);

    const renewed = await costs(wallet, PRICE.renew, () => phone.phoneRenew(bought.phone_number));
    assert.equal(Date.parse(renewed.expires_at) - Date.parse(bought.expires_at), 30 * 86_400_000);
    assert.equal(phone.spent, '10.00');
    assert.equal(phone.address, address);
  });

  it('calls, is shown each line as it comes, and has the summary at the end', async () => {
    const wallet = await caller();
    const { phone } = wallet;
    const to = aCallee();
    const seen = [];
    const call = await costs(wallet, PRICE.call, () => phone.callAndWait({ phone_number: to, task, max_duration: 3 }, { onUpdate: (status) => seen.push(status) }));
    assert.deepEqual([call.status, call.to], ['completed', to]);
    assert.match(call.summary, /reservation for two at seven/);
    assert.ok(seen.length > 1 && seen[0].ended_by === 'IN_PROGRESS', 'it is shown before it ends');
    assert.deepEqual(seen.at(-1), call);
    const calls = await phone.voiceCalls({ number: to, limit: 5 });
    assert.deepEqual(calls.calls.map((one) => one.call_id), [call.call_id]);
  });

  it('waits for answers to questions, and for the last word where it is told to', async () => {
    const ended = { call_id: 'x', ended_by: 'USER', status: 'completed', transcript: [], poll_after_seconds: 0 };
    const answers = [
      { ...ended, ended_by: 'IN_PROGRESS', status: 'in-progress' }, { ...ended, result_status: 'pending' },
      { ...ended, result_status: 'ready', result: { confirmed: true } }, { ...ended, result_status: 'ready', final: true },
    ];
    const asked = [];
    const told = () => new Dialtone({
      baseUrl: 'https://dialtone.example',
      fetch: async (url) => { asked.push(url); return Response.json(answers[asked.length - 1]); },
    });
    assert.deepEqual((await told().waitForCall('x')).result, { confirmed: true });
    assert.equal(asked.length, 3);
    assert.ok(asked.every((url) => url === 'https://dialtone.example/api/v1/voice/call/x?wait=20'), String(asked));
    assert.equal((await told().waitForCall('x', { until: 'final' })).final, true);
  });

  it('hangs up', async () => {
    const { phone } = await quitter();
    const call = await phone.voiceCall({ phone_number: aCallee(), task });
    assert.equal((await phone.voiceHangUp(call.call_id)).status, 'ending');
    assert.equal((await ended(phone, call)).ended_by, 'REQUESTED');
  });

  it('stops waiting when it was told to, and says which call goes on', async () => {
    const wallet = await caller();
    const { phone } = wallet;
    const error = await costs(wallet, PRICE.call, () => refusal(phone.callAndWait({ phone_number: aCallee(), task }, { timeout: 1 })));
    assert.deepEqual([error.code, error.charged], ['still_running', true]);
    assert.equal((await phone.voiceCallStatus(error.body.call_id)).call_id, error.body.call_id);
    await ended(phone, error.body);
  });

  it('knows voices and languages', async () => {
    const { phone } = await agent();
    assert.ok((await phone.voices()).voices.every((one) => one.id && one.name));
    assert.ok((await phone.languages()).languages.some((one) => one.code === 'en'));
  });

  it('pays with an account of viem, and with a wallet client', async () => {
    const payer = await agent();
    const { privateKey, address } = payer;
    const account = privateKeyToAccount(privateKey);
    const client = createWalletClient({ account, chain: baseSepolia, transport: http(world.rpc) });
    for (const wallet of [account, client]) {
      const phone = new Dialtone({ wallet, baseUrl: `${world.gateway}/api/` });
      await costs(payer, PRICE.buy, () => phone.phoneBuy());
      assert.equal((await phone.phoneList()).wallet, address);
    }
  });
});

describe('a refusal', { concurrency: 3 }, () => {
  it('has a code, what the service said, and that nothing was charged', async () => {
    const { phone } = await agent();
    const error = await refusal(phone.voiceCall({ phone_number: aCallee(), task }));
    assert.ok(error instanceof DialtoneError);
    assert.deepEqual([error.code, error.status, error.charged], ['no_owned_numbers', 403, false]);
    assert.match(error.message, /Not charged\.$/);
    assert.ok(error.body.buy_endpoint);
    assert.equal(phone.spent, '0.00');
  });

  it('of what is wrong in a body comes before anything is signed', async () => {
    const { phone } = await agent();
    const error = await refusal(phone.voiceCall({ phone_number: '911', task }));
    assert.deepEqual([error.code, error.body.field, error.charged], ['bad_request', 'phone_number', false]);
  });

  it('of a wallet without money is a 402, and the budget has it back', async () => {
    const phone = new Dialtone({ privateKey: newKey(), baseUrl: world.gateway, sessionBudget: 5 });
    for (let i = 0; i < 2; i += 1) {
      const error = await refusal(phone.phoneBuy());
      assert.deepEqual([error.code, error.charged, phone.spent], ['payment_required', false, '0.00']);
    }
  });

  it('of an unknown call is a 404', async () => {
    const { phone } = await agent();
    assert.equal((await refusal(phone.voiceCallStatus('01HXY9ABCDEFGHJKMNPQRSTVWX'))).code, 'unknown_call');
  });

  it('of options names them, and never shows a key', () => {
    const key = newKey();
    const refused = (options, says) => assert.throws(() => new Dialtone(options), (error) => {
      assert.ok(!`${error.stack} ${JSON.stringify(error)}`.includes(key.slice(2, -1)), 'the key is not shown');
      assert.match(error.message, says);
      return error.code === 'bad_options' && error.charged === false;
    });
    refused({ privateKey: key.slice(0, -1), baseUrl: world.gateway }, /^privateKey/);
    refused({ privateKey: `0x${'0'.repeat(64)}`, baseUrl: world.gateway }, /^privateKey/);
    refused({ privateKey: key }, /^baseUrl.*DIALTONE_URL/);
    refused({ privateKey: key, baseUrl: 'dialtone.example' }, /^baseUrl/);
    for (const amount of ['five', '-1', '1.0000001', 'NaN', Infinity]) refused({ privateKey: key, baseUrl: world.gateway, maxPayment: amount }, /^maxPayment/);
    refused({ privateKey: key, baseUrl: world.gateway, sessionBudget: '' }, /^sessionBudget/);
  });

  it('without a wallet says that nothing can be paid', async () => {
    const phone = new Dialtone({ baseUrl: world.gateway });
    const error = await refusal(phone.phoneBuy());
    assert.deepEqual([error.code, error.charged], ['cannot_pay', false]);
    assert.ok((await phone.voices()).voices.length > 0);
  });
});

it('has the name that samples use', () => assert.equal(LLMClient, Dialtone));

ledger();
