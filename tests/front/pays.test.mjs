// A page of another origin, in a real browser, with a published client: it is told the price, pays, and reads the receipt and every
// refusal.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { build } from 'esbuild';
import { decodePaymentRequiredHeader, decodePaymentResponseHeader } from '@x402/core/http';
import { privateKeyToAddress } from 'viem/accounts';
import { PRICE, fund, newKey, spentOn } from '../clients/world.mjs';
import { launch, open } from './browser.mjs';
import { aCallee, task, world } from './world.mjs';

describe('a page of another origin', () => {
  let browser;
  let server;
  let tab;
  const key = newKey();
  const wallet = privateKeyToAddress(key);
  const ask = (path, body, headers) => tab.page.evaluate((...all) => window.ask(...all), `${world.gateway}/api/v1${path}`, key, body, headers);

  before(async () => {
    const bundled = await build({
      entryPoints: [new URL('payer.mjs', import.meta.url).pathname], bundle: true, write: false, format: 'iife', platform: 'browser',
    });
    const files = { '/': ['text/html', '<!doctype html><title>A shop</title><script src="/payer.js"></script>'], '/payer.js': ['text/javascript', bundled.outputFiles[0].text] };
    server = createServer((request, response) => {
      const [type, text] = files[request.url] ?? ['text/plain', ''];
      response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(text);
    });
    await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    browser = await launch();
    tab = await open(browser);
    await tab.page.goto(`http://127.0.0.1:${server.address().port}/`, { waitUntil: 'load' });
    await fund(wallet);
  });
  after(async () => {
    await browser?.close();
    server?.close();
  });

  it('buys a number and calls from it', async () => {
    const { value: bought, spent } = await spentOn(wallet, () => ask('/phone/numbers/buy', { country: 'US' }));
    assert.equal(bought.status, 200, JSON.stringify(bought));
    assert.equal(spent, PRICE.buy);
    const receipt = decodePaymentResponseHeader(bought.headers['payment-response']);
    assert.equal(receipt.transaction, bought.body.transaction);
    assert.equal(bought.headers['x-payment-receipt'], bought.body.transaction);
    const { value: placed } = await spentOn(wallet, () => ask('/voice/call', { phone_number: aCallee(), task }));
    assert.equal(placed.status, 200, JSON.stringify(placed));
    const polled = await tab.page.evaluate(async (url) => (await fetch(url)).json(), world.gateway + placed.body.poll_url);
    assert.equal(polled.call_id, placed.body.call_id);
  });

  it('may send headers that no server has heard of', async () => {
    const listed = await ask('/phone/numbers/list', {}, { 'x-client-id': 'a shop', 'x-session-id': '1' });
    assert.equal(listed.status, 200, JSON.stringify(listed));
  });

  it('reads the price and every refusal', async () => {
    const price = await tab.page.evaluate(async (url) => {
      const answer = await fetch(url, { method: 'POST' });
      return { status: answer.status, header: answer.headers.get('payment-required') };
    }, `${world.gateway}/v1/phone/numbers/buy`);
    assert.equal(price.status, 402);
    assert.equal(decodePaymentRequiredHeader(price.header).accepts[0].amount, String(PRICE.buy));
    const wrong = await ask('/voice/call', { phone_number: 'me', task });
    assert.deepEqual([wrong.status, wrong.body.field], [400, 'phone_number']);
    const unknown = await tab.page.evaluate(async (url) => (await fetch(url)).status, `${world.gateway}/v1/voice/call/nothing`);
    assert.equal(unknown, 404);
    const kept = await tab.page.evaluate(async (url) => (await fetch(url)).status, `${world.gateway}/openapi.json`);
    assert.equal(kept, 200);
    // The browser tells of refusals in its console; none of them was its own.
    assert.deepEqual(tab.wrong.filter((one) => !/the server responded with a status of 4\d\d/.test(one)), []);
  });
});
