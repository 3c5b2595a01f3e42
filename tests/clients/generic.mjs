// What any x402 client has to be able to do here, whichever version of the protocol it speaks.
//
// A client is a function `pay(fetch, privateKey)` that makes a paying `fetch` of a plain one, `address(privateKey)`, and
// the names of its two headers. Its own code decides how to read our 402 and what to sign.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { PRICE, TRANSACTION, api, fund, newKey, poll, refuseOnce, aCallee, spentOn, task, world } from './world.mjs';

export function speaksTo(client) {
  describe(client.name, () => {
    const wallet = agent(client);
    let number;

    before(() => fund(wallet.address));

    it('buys a number', async () => {
      const { value, spent } = await spentOn(wallet.address, () => wallet.post('/v1/phone/numbers/buy', { country: 'US', area_code: '415' }));
      assert.equal(value.status, 200, JSON.stringify(value.body));
      assert.equal(spent, PRICE.buy);
      assert.equal(value.receipt.transaction, value.body.transaction);
      assert.match(value.body.transaction, TRANSACTION);
      assert.equal(value.body.owner_wallet, wallet.address);
      number = value.body;
    });

    it('lists it', async () => {
      const { value, spent } = await spentOn(wallet.address, () => wallet.post('/v1/phone/numbers/list', {}));
      assert.equal(value.status, 200, JSON.stringify(value.body));
      assert.equal(spent, PRICE.list);
      assert.deepEqual(value.body.numbers.map((entry) => entry.phone_number), [number.phone_number]);
    });

    it('renews it', async () => {
      const { value, spent } = await spentOn(wallet.address, () => wallet.post('/v1/phone/numbers/renew', { phone_number: number.phone_number }));
      assert.equal(value.status, 200, JSON.stringify(value.body));
      assert.equal(spent, PRICE.renew);
      assert.ok(value.body.expires_at > number.expires_at);
    });

    it('calls from it, and polls without paying', async () => {
      const { value, spent } = await spentOn(wallet.address, () => wallet.post('/v1/voice/call', { phone_number: aCallee(), task, max_duration: 2 }));
      assert.equal(value.status, 200, JSON.stringify(value.body));
      assert.equal(spent, PRICE.call);
      assert.equal(value.body.from, number.phone_number);
      const ended = await poll(
        async () => (await fetch(`${api}/v1/voice/call/${value.body.call_id}`)).json(),
        (status) => status.ended_by !== 'IN_PROGRESS',
      );
      assert.equal(ended.status, 'completed');
      assert.ok(ended.transcript.length > 0, 'a transcript');
    });

    it('gets the same answer for the same payment, and pays once', async () => {
      const path = '/v1/phone/numbers/renew';
      const body = { phone_number: number.phone_number };
      const { value, spent } = await spentOn(wallet.address, async () => {
        const first = await wallet.post(path, body);
        return { first, again: await wallet.repeat(path, body) };
      });
      assert.equal(value.again.status, 200, JSON.stringify(value.again.body));
      assert.deepEqual(value.again.body, value.first.body);
      assert.equal(value.again.headers.get('idempotent-replayed'), 'true');
      assert.equal(spent, PRICE.renew);
    });

    it('may send a payment again after a 502, which then buys once', async () => {
      const path = '/v1/phone/numbers/buy';
      await refuseOnce('twilio', 'GET */AvailablePhoneNumbers/*', 500);
      const { value, spent } = await spentOn(wallet.address, async () => {
        const failed = await wallet.post(path, { country: 'US' });
        return { failed, bought: await wallet.repeat(path, { country: 'US' }) };
      });
      assert.equal(value.failed.status, 502, JSON.stringify(value.failed.body));
      assert.equal(value.failed.receipt, null, 'a receipt would say that money moved');
      assert.equal(value.bought.status, 200, JSON.stringify(value.bought.body));
      assert.equal(spent, PRICE.buy);
    });

    // The request arrives, and its answer is lost; the client's own retry signs anew.
    it('pays once and has its call when it is cut off and tries again', async () => {
      const path = '/v1/voice/call';
      const body = { phone_number: aCallee(), task, max_duration: 2, from: number.phone_number };
      const { value, spent } = await spentOn(wallet.address, async () => {
        await assert.rejects(wallet.cutOff(path, body));
        return wallet.post(path, body);
      });
      assert.equal(value.status, 409, JSON.stringify(value.body));
      assert.equal(value.body.code, 'call_in_progress');
      assert.equal(spent, PRICE.call);
      const call = await (await fetch(`${world.gateway}${value.body.poll_url}`)).json();
      assert.deepEqual([call.call_id, call.to], [value.body.call_id, body.phone_number]);
    });

    it('gets the answer that was lost, if it has named its purchase', async () => {
      const path = '/v1/phone/numbers/renew';
      const body = { phone_number: number.phone_number };
      const name = { 'idempotency-key': newKey() };
      const { value, spent } = await spentOn(wallet.address, async () => {
        await assert.rejects(wallet.cutOff(path, body, name));
        return wallet.post(path, body, name);
      });
      assert.equal(value.status, 200, JSON.stringify(value.body));
      assert.equal(value.headers.get('idempotent-replayed'), 'true');
      assert.equal(spent, PRICE.renew);
    });

    it('is asked from which of two numbers to call, and not charged', async () => {
      const { value, spent } = await spentOn(wallet.address, () => wallet.post('/v1/voice/call', { phone_number: aCallee(), task }));
      assert.equal(value.status, 400);
      assert.equal(value.body.code, 'ambiguous_from');
      assert.equal(value.body.your_active_numbers.length, 2);
      assert.equal(spent, 0n);
    });

    it("cannot use another's number, and is not charged", async () => {
      const stranger = agent(client);
      await fund(stranger.address);
      const { value: none, spent: nothing } = await spentOn(stranger.address, () => stranger.post('/v1/voice/call', { phone_number: aCallee(), task }));
      assert.equal(none.status, 403);
      assert.equal(none.body.code, 'no_owned_numbers');
      assert.equal(nothing, 0n);

      const { value: bought } = await spentOn(stranger.address, () => stranger.post('/v1/phone/numbers/buy', { country: 'CA' }));
      assert.equal(bought.status, 200, JSON.stringify(bought.body));
      const { value: wrong, spent } = await spentOn(stranger.address, () =>
        stranger.post('/v1/voice/call', { phone_number: aCallee(), task, from: number.phone_number }));
      assert.equal(wrong.status, 403);
      assert.equal(wrong.body.code, 'wrong_wallet');
      assert.equal(wrong.body.actualOwner, wallet.address);
      assert.deepEqual(wrong.body.your_active_numbers, [bought.body.phone_number]);
      assert.equal(spent, 0n);
    });
  });
}

/** A wallet behind a client, which also remembers the payment that it sent last. */
function agent(client) {
  const privateKey = newKey();
  let sent = null;
  let cut = false;
  // Between the client and the wire: looks, and changes nothing, but for an answer that gets lost.
  const watched = async (input, init) => {
    const request = new Request(input, init);
    const payment = request.headers.get(client.paymentHeader);
    sent = payment ?? sent;
    const answer = await fetch(request);
    if (cut && payment) throw new TypeError('fetch failed: the connection was closed');
    return answer;
  };
  const paying = client.pay(watched, privateKey);
  const send = async (by, path, body, headers = {}) => {
    const response = await by(`${api}${path}`, {
      method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body),
    });
    const receipt = response.headers.get(client.receiptHeader);
    return {
      status: response.status,
      headers: response.headers,
      body: await response.json(),
      receipt: receipt && client.readReceipt(receipt),
    };
  };
  return {
    address: client.address(privateKey),
    post: (path, body, headers) => send(paying, path, body, headers),
    cutOff: async (path, body, headers) => {
      cut = true;
      try {
        return await send(paying, path, body, headers);
      } finally {
        cut = false;
      }
    },
    repeat: (path, body) => send(fetch, path, body, { [client.paymentHeader]: sent }),
  };
}
