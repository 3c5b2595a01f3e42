// The command `dialtone-phone`, as a person and as a script run it.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { before, describe, it } from 'node:test';
import { agent, caller, costs, ledger, quitter } from './agent.mjs';
import { between } from '../between.mjs';
import { PRICE, nextCall, aCallee, task, world } from '../world.mjs';

const binary = new URL('node_modules/.bin/dialtone-phone', import.meta.url).pathname;

/** Runs it to its end, whatever that is. Its key is in nothing that it says. */
function command(args, { privateKey, ...env } = {}) {
  const { BASE_CHAIN_WALLET_KEY: _, DIALTONE_URL: __, ...rest } = process.env;
  const environment = { ...rest, DIALTONE_URL: world.gateway, ...env, ...privateKey && { BASE_CHAIN_WALLET_KEY: privateKey } };
  return new Promise((resolve) => {
    execFile(binary, args, { env: environment, timeout: 90_000 }, (error, stdout, stderr) => {
      if (privateKey) assert.ok(!(stdout + stderr).includes(privateKey.slice(2)), 'the key is not printed');
      resolve({ code: error?.code ?? 0, stdout, stderr, json: () => JSON.parse(stdout) });
    });
  });
}

describe('dialtone-phone', { concurrency: 3 }, () => {
  let wallet, env;

  before(async () => {
    wallet = await caller();
    env = { privateKey: wallet.privateKey };
  });

  it('buys, renews and lists', async () => {
    const own = await agent();
    const buyer = { privateKey: own.privateKey };
    const bought = await costs(own, PRICE.buy + PRICE.renew, () => command(['buy', '--country', 'CA', '--json'], buyer));
    assert.equal(bought.code, 0, bought.stderr);
    const { phone_number: number } = bought.json();
    assert.match((await command(['renew', number], buyer)).stdout, /is yours until .* Paid \$5\.00\./);
    const listed = await command(['numbers'], buyer);
    assert.ok(listed.stdout.includes(number) && /\(\d+ days\)/.test(listed.stdout), listed.stdout);
  });

  it('shows a call as it goes on, and ends with 0', async () => {
    const to = aCallee();
    const { code, stdout } = await costs(wallet, PRICE.call, () => command(['call', to, task, '--max-duration', '2'], env));
    const at = ['calls ' + to, '[in-progress]', "callee  Good evening, this is Luigi's.", '[completed]', 'ended by USER', 'reservation for two at seven', 'paid $0.54']
      .map((part) => stdout.indexOf(part));
    assert.ok(at.every((place, i) => place > (at[i - 1] ?? -1)), stdout);
    assert.equal(code, 0);
  });

  it('has one JSON document for a script, also of a call that was not answered: 4', async () => {
    const to = aCallee();
    await nextCall(to, 'busy');
    const { code, json } = await costs(wallet, PRICE.call, () => command(['call', to, task, '--json'], env));
    const { ended_by: by, call_id: id } = json();
    assert.deepEqual([code, by], [4, 'BUSY']);
    // It needs no wallet to look.
    const seen = await command(['status', id, '--json']);
    assert.deepEqual([seen.code, seen.json().ended_by], [4, 'BUSY']);
  });

  it('hangs up', async () => {
    const { privateKey } = await quitter();
    const to = aCallee();
    await nextCall(to, 'endless');
    const placed = (await command(['call', to, task, '--no-wait', '--json'], { privateKey })).json();
    assert.equal((await command(['hangup', placed.call_id])).code, 0);
    assert.match((await command(['status', placed.call_id, '--follow'])).stdout, /ended by REQUESTED/);
  });

  it('says what was refused, and ends with 1', async () => {
    const stranger = await agent();
    const refused = await command(['call', aCallee(), task], { privateKey: stranger.privateKey });
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^no_owned_numbers: .*Not charged\.$/m);
  });

  it('stays within its limits', async () => {
    const refused = await command(['buy'], { ...env, DIALTONE_MAX_PAYMENT: '1' });
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^over_max_payment: This costs \$5\.00/);
  });

  it('says how to ask again where it does not know, ends with 3, and does not pay twice', async () => {
    const buyer = await agent();
    const proxy = await between();
    proxy.always = '504';
    const [lost, found] = await costs(buyer, PRICE.buy, async () => {
      const first = await command(['buy', '--json'], { privateKey: buyer.privateKey, DIALTONE_URL: proxy.url, DIALTONE_PATIENCE: '1' });
      const key = /--idempotency-key (\S+):/.exec(first.stderr)?.[1];
      return [first, await command(['buy', '--json', '--idempotency-key', key], { privateKey: buyer.privateKey })];
    });
    assert.deepEqual([lost.code, lost.stdout, found.code], [3, '', 0]);
    assert.deepEqual((await buyer.phone.phoneList()).numbers.map((one) => one.phone_number), [found.json().phone_number]);
  });

  it('ends with 2 where it is used wrongly', async () => {
    const wrong = [
      [[], {}], [['dial'], {}], [['buy', 'now'], env], [['call', aCallee()], env], [['buy', '--colour', 'red'], env],
      [['call', aCallee(), task, '--max-duration', 'long'], env], [['numbers'], {}], [['numbers'], { privateKey: '0x1234' }],
      [['numbers'], { ...env, DIALTONE_URL: '' }], [['numbers'], { ...env, DIALTONE_MAX_SESSION: 'much' }], [['numbers'], { ...env, DIALTONE_PATIENCE: 'some' }],
    ];
    for (const [args, environment] of wrong) {
      const { code } = await command(args, environment);
      assert.equal(code, 2, args.join(' '));
    }
    assert.equal((await command(['--help'])).code, 0);
  });
});

ledger();
