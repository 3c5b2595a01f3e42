// The generic client with its extension for signing in: nothing is paid, and what a wallet has is shown to it.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { x402Client, wrapFetchWithPayment } from '@x402/fetch';
import { createSIWxClientExtension } from '@x402/extensions/sign-in-with-x';
import { privateKeyToAccount } from 'viem/accounts';
import { balance, newKey, world } from '../world.mjs';

describe('@x402/fetch with createSIWxClientExtension', () => {
  for (const path of ['/api/v1/phone/numbers', '/v1/phone/numbers', '/api/v1/phone/numbers?limit=2']) {
    it(`signs in at ${path}`, async () => {
      const account = privateKeyToAccount(newKey());
      const client = new x402Client().registerExtension(createSIWxClientExtension({ signers: [account] }));
      let asked = 0;
      const counted = (...request) => { asked += 1; return fetch(...request); };
      const answer = await wrapFetchWithPayment(counted, client)(world.gateway + path);
      const list = await answer.json();
      assert.equal(answer.status, 200, JSON.stringify(list));
      assert.deepEqual([list.wallet, list.numbers, list.count], [account.address, [], 0]);
      assert.equal(asked, 2);
      assert.equal(await balance(account.address), 0n);
    });
  }

  it('signs in with a POST, and learns what would happen', async () => {
    const account = privateKeyToAccount(newKey());
    const client = new x402Client().registerExtension(createSIWxClientExtension({ signers: [account] }));
    let asked = 0;
    const counted = (...request) => { asked += 1; return fetch(...request); };
    const answer = await wrapFetchWithPayment(counted, client)(`${world.gateway}/api/v1/phone/numbers/list?dry_run=true`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}',
    });
    const would = await answer.json();
    assert.equal(answer.status, 200, JSON.stringify(would));
    assert.deepEqual([would.dry_run, would.would, would.wallet], [true, 'list_numbers', account.address]);
    assert.equal(asked, 2);
    assert.equal(await balance(account.address), 0n);
  });

  for (const [query, status] of [['?status=completed&limit=2', 200], ['?status=complete', 400]]) {
    it(`lists its calls as it asks for them behind the question mark: ${query}`, async () => {
      const account = privateKeyToAccount(newKey());
      const client = new x402Client().registerExtension(createSIWxClientExtension({ signers: [account] }));
      const answer = await wrapFetchWithPayment(fetch, client)(`${world.gateway}/api/v1/voice/calls${query}`);
      const said = await answer.json();
      assert.equal(answer.status, status, JSON.stringify(said));
      if (status === 200) assert.deepEqual([said.wallet, said.calls, said.next_cursor], [account.address, [], null]);
      else assert.equal(said.field, 'status');
    });
  }

  it('is told why, where it signs for another host', async () => {
    const account = privateKeyToAccount(newKey());
    const client = new x402Client().registerExtension(createSIWxClientExtension({ signers: [account] }));
    // A server between the two, which hands on what it is told.
    const between = async (input, init) => {
      const request = new Request(input, init);
      const header = request.headers.get('sign-in-with-x');
      if (header) {
        const signed = JSON.parse(Buffer.from(header, 'base64').toString());
        request.headers.set('sign-in-with-x', Buffer.from(JSON.stringify({ ...signed, domain: 'elsewhere.example' })).toString('base64'));
      }
      return fetch(request);
    };
    const answer = await wrapFetchWithPayment(between, client)(`${world.gateway}/api/v1/phone/numbers`);
    assert.equal(answer.status, 401);
    assert.equal((await answer.json()).code, 'siwx_wrong_domain');
  });
});
