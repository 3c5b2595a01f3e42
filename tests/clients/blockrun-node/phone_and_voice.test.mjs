// BlockRun's TypeScript client, unmodified, as its users call it.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { LLMClient, PhoneClient, VoiceClient } from '@blockrun/llm';
import { privateKeyToAddress } from 'viem/accounts';
import {
  PRICE, TRANSACTION, api, fund, homeOfItsOwn, newKey, poll, refuseOnce, aCallee, spentOn, task,
} from '../world.mjs';

homeOfItsOwn();

/** A wallet with all that BlockRun offers to it. */
function agent() {
  const privateKey = newKey();
  const options = { privateKey, apiUrl: api };
  return {
    address: privateKeyToAddress(privateKey),
    phone: new PhoneClient(options),
    voice: new VoiceClient(options),
    // The way of BlockRun's MCP server: any path, and one repetition of the same payment after a 502.
    raw: new LLMClient(options),
  };
}

/** What the client makes of a refusal: status and the sanitized body. */
async function refusal(promise) {
  const error = await promise.then(
    (value) => assert.fail(`was not refused: ${JSON.stringify(value)}`),
    (error) => error,
  );
  assert.equal(error.name, 'APIError', String(error));
  return { status: error.statusCode, message: error.message, ...error.response && { body: error.response } };
}

describe('a wallet with one number', () => {
  const wallet = agent();
  let number;

  before(() => fund(wallet.address));

  it('buys it', async () => {
    const { value: bought, spent } = await spentOn(wallet.address, () => wallet.phone.buyNumber({ country: 'US', areaCode: '415' }));
    assert.match(bought.phone_number, /^\+1415\d{7}$/);
    assert.match(bought.txHash, TRANSACTION);
    assert.equal(bought.owner_wallet, wallet.address);
    assert.equal(spent, PRICE.buy);
    number = bought;
  });

  it('lists it at once', async () => {
    const { value: list, spent } = await spentOn(wallet.address, () => wallet.phone.listNumbers());
    assert.deepEqual(list.numbers.map((entry) => entry.phone_number), [number.phone_number]);
    assert.match(list.txHash, TRANSACTION);
    assert.equal(spent, PRICE.list);
  });

  it('renews it by thirty days', async () => {
    const { value: renewed, spent } = await spentOn(wallet.address, () => wallet.phone.renewNumber(number.phone_number));
    const days = (Date.parse(renewed.expires_at) - Date.parse(number.expires_at)) / 86_400_000;
    assert.equal(days, 30);
    assert.match(renewed.txHash, TRANSACTION);
    assert.equal(spent, PRICE.renew);
  });

  it('calls from it without naming it, and reads the transcript', async () => {
    const { value: call, spent } = await spentOn(wallet.address, () => wallet.voice.call({ to: aCallee(), task, max_duration: 3 }));
    assert.equal(call.from, number.phone_number);
    assert.equal(call.status, 'started');
    assert.match(call.txHash, TRANSACTION);
    assert.equal(spent, PRICE.call);

    const ended = await poll(() => wallet.voice.getStatus(call.call_id), (status) => status.ended_by !== 'IN_PROGRESS');
    assert.equal(ended.status, 'completed');
    assert.ok(ended.transcript.length > 0, 'a transcript');
    assert.ok(ended.transcript.every(({ role, text }) => role && text), 'who said what');
  });

  it('is told that an unknown call is unknown', async () => {
    const seen = await refusal(wallet.voice.getStatus('01HXY9ABCDEFGHJKMNPQRSTVWX'));
    assert.equal(seen.status, 404);
  });
});

describe('a wallet without a number', () => {
  const wallet = agent();

  before(() => fund(wallet.address));

  it('is told to buy one, and not charged', async () => {
    const { value: seen, spent } = await spentOn(wallet.address, () => refusal(wallet.voice.call({ to: aCallee(), task })));
    assert.equal(seen.status, 403);
    assert.equal(seen.body.code, 'no_owned_numbers');
    assert.match(seen.body.detail, /buy/i);
    assert.match(seen.body.detail, /not charged\.?$/i);
    assert.equal(spent, 0n);
  });
});

describe('a wallet with two numbers', () => {
  const [owner, other] = [agent(), agent()];
  let own, foreign;

  before(async () => {
    await Promise.all([fund(owner.address), fund(other.address)]);
    own = [(await owner.phone.buyNumber()).phone_number, (await owner.phone.buyNumber({ country: 'CA' })).phone_number];
    foreign = (await other.phone.buyNumber()).phone_number;
  });

  it('has to say from which one, and reads which it has', async () => {
    const { value: seen, spent } = await spentOn(owner.address, () => refusal(owner.voice.call({ to: aCallee(), task })));
    assert.equal(seen.status, 400);
    assert.equal(seen.body.code, 'ambiguous_from');
    for (const number of own) assert.ok(seen.body.detail.includes(number), `${number} in: ${seen.body.detail}`);
    assert.equal(spent, 0n);
  });

  it("cannot call from another's", async () => {
    const { value: seen, spent } = await spentOn(owner.address, () => refusal(owner.voice.call({ to: aCallee(), task, from: foreign })));
    assert.equal(seen.status, 403);
    assert.equal(seen.body.code, 'wrong_wallet');
    for (const number of own) assert.ok(seen.body.detail.includes(number), `${number} in: ${seen.body.detail}`);
    assert.equal(spent, 0n);
  });

  it("cannot renew another's", async () => {
    const { value: seen, spent } = await spentOn(owner.address, () => refusal(owner.phone.renewNumber(foreign)));
    assert.equal(seen.status, 403);
    assert.equal(seen.body.code, 'wrong_wallet');
    assert.equal(spent, 0n);
  });

  it('calls from the one it names', async () => {
    const call = await owner.voice.call({ to: aCallee(), task, from: own[1] });
    assert.equal(call.from, own[1]);
  });
});

describe('when the carrier fails', () => {
  const wallet = agent();

  before(() => fund(wallet.address));

  it('a 502 costs nothing', async () => {
    await refuseOnce('twilio', 'GET */AvailablePhoneNumbers/*', 500);
    const { value: seen, spent } = await spentOn(wallet.address, () => refusal(wallet.phone.buyNumber()));
    assert.equal(seen.status, 502);
    assert.equal(seen.body.code, 'upstream_error');
    assert.equal(spent, 0n);
  });

  it('the payment that is sent again after a 502 buys once', async () => {
    await refuseOnce('twilio', 'GET */AvailablePhoneNumbers/*', 500);
    const { value: bought, spent } = await spentOn(wallet.address, () =>
      wallet.raw.requestWithPaymentRaw('/v1/phone/numbers/buy', { country: 'US' }));
    assert.equal(spent, PRICE.buy);
    const list = await wallet.phone.listNumbers();
    assert.deepEqual(list.numbers.map((entry) => entry.phone_number), [bought.phone_number]);
  });
});
