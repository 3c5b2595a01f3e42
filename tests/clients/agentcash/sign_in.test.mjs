// agentcash, the command line client of agents: it signs in unasked where a 402 asks for no money, on either chain, and pays
// where it asks for some.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { before, describe, it } from 'node:test';
import { homeOfItsOwn, world } from '../world.mjs';

const bin = new URL('node_modules/agentcash/dist/esm/index.js', import.meta.url).pathname;

/** Runs it as its users do, with the keys of the world's two funded wallets. */
function agentcash(...words) {
  const env = { ...process.env, X402_PRIVATE_KEY: world.key, X402_SOLANA_PRIVATE_KEY: world.solana.key };
  return new Promise((resolve) => {
    execFile(process.execPath, [bin, ...words, '--format', 'json'], { env }, (error, stdout, stderr) => {
      let said = null;
      try { said = JSON.parse(stdout); } catch { /* shown by what is asserted of it */ }
      resolve({ code: error?.code ?? 0, said, stdout, stderr });
    });
  });
}

const wallets = {
  base: () => world.address,
  solana: () => world.solana.address,
};

describe('agentcash', () => {
  before(() => {
    homeOfItsOwn();
    assert.ok(world.solana, 'a world with Solana');
  });

  for (const [network, address] of Object.entries(wallets)) {
    for (const path of ['/api/v1/phone/numbers', '/v1/phone/numbers', '/api/v1/phone/numbers?limit=2']) {
      it(`signs in on ${network} at ${path}, and sees what its wallet has`, async () => {
        const { said, stdout, stderr } = await agentcash('fetch', world.gateway + path, '--payment-network', network);
        assert.equal(said?.success, true, stdout + stderr);
        assert.equal(said.data.wallet, address(), stdout);
        assert.deepEqual(said.data.numbers.length, said.data.count);
        assert.equal(said.metadata ?? null, null, 'nothing was paid');
      });
    }
  }

  for (const [network, address] of Object.entries(wallets)) {
    for (const [path, body, would] of [
      ['/api/v1/phone/numbers/list', {}, 'list_numbers'],
      ['/v1/phone/numbers/buy', { country: 'US' }, 'lease_number'],
    ]) {
      it(`signs in on ${network} with a POST to ${path}, and learns what would happen`, async () => {
        const url = `${world.gateway}${path}?dry_run=true`;
        const { said, stdout, stderr } = await agentcash(
          'fetch', url, '-m', 'POST', '-b', JSON.stringify(body), '--payment-network', network);
        assert.equal(said?.success, true, stdout + stderr);
        assert.deepEqual([said.data.dry_run, said.data.would, said.data.wallet], [true, would, address()], stdout);
        assert.equal(said.metadata ?? null, null, 'nothing was paid');
      });
    }
  }

  it('lists the calls of its wallet, and what it asks for behind the question mark arrives', async () => {
    for (const [query, code] of [['?status=completed&limit=2', 200], ['?status=complete', 400]]) {
      const { said, stdout, stderr } = await agentcash('fetch', `${world.gateway}/api/v1/voice/calls${query}`, '--payment-network', 'base');
      if (code === 200) {
        assert.equal(said?.success, true, stdout + stderr);
        assert.deepEqual([said.data.wallet, said.data.count], [world.address, said.data.calls.length], stdout);
      } else {
        assert.match(stdout + stderr, /"field":\s*"status"/, stdout + stderr);
      }
    }
  });

  it('finds that nothing is to be paid and that a wallet signs in', async () => {
    const { stdout, stderr } = await agentcash('check', `${world.gateway}/api/v1/phone/numbers`);
    assert.match(stdout, /"authMode":\s*"siwx"/, stdout + stderr);
    assert.match(stdout, /"requiresPayment":\s*false/, stdout + stderr);
  });
});
