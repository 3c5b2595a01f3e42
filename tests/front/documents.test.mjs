// What others' validators say about the documents and the 402, and whether real answers are what the documents promise.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it, before } from 'node:test';
import { promisify } from 'node:util';
import { checkEndpointSchema } from '@agentcash/discovery';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { decodePaymentRequiredHeader } from '@x402/core/http';
import { extractDiscoveryInfo, extractDiscoveryInfoV1, validateDiscoveryExtension } from '@x402/extensions/bazaar';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { caller, call, ended, aCallee, task, travel, until, sweep, world } from './world.mjs';

const get = async (path) => (await fetch(world.gateway + path)).json();
const post = (path, body, headers = {}) => fetch(world.gateway + path, {
  method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body,
});

let document;
before(async () => { document = await get('/openapi.json'); });

/** Every operation, with its path and method. */
const operations = () => Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })));
const paid = () => operations().filter(({ operation }) => operation['x-payment-info']);

describe('the OpenAPI document', () => {
  it('is one, by the rules that Redocly recommends', async () => {
    const config = await createConfig({
      extends: ['recommended-strict'],
      rules: {
        // The world of this test is on this machine.
        'no-server-example.com': 'off',
      },
    });
    const problems = await lintFromString({ source: JSON.stringify(document), absoluteRef: 'openapi.json', config });
    assert.deepEqual(problems.map((problem) => `${problem.ruleId}: ${problem.message} ${problem.location[0]?.pointer}`), []);
  });

  it('has examples that its own schemas accept', () => {
    let examples = 0;
    for (const { path, operation } of operations()) {
      const bodies = [operation.requestBody, ...Object.values(operation.responses).map(inlined)].filter(Boolean);
      for (const { schema, example, examples: several = {} } of bodies.map((body) => body.content?.['application/json'] ?? {})) {
        for (const value of [example, ...Object.values(several).map((one) => one.value)].filter((one) => one !== undefined)) {
          holds(schema, value, path);
          examples += 1;
        }
      }
    }
    assert.ok(examples > 40, `only ${examples}`);
  });

  it('tells of real answers what they are', async () => {
    const by = await caller();
    const fits = async (path, method, answer, status) => {
      assert.equal(answer.status, status);
      const response = inlined(document.paths[path][method].responses[status]);
      for (const [name, value] of answer.headers) {
        const header = Object.keys(response.headers ?? {}).find((one) => one.toLowerCase() === name);
        assert.ok(header || !/^(x-)?payment-|^retry-after$|^idempotent/.test(name), `${status} ${path}: ${name}: ${value}`);
      }
      holds(response.content['application/json'].schema, await answer.json(), `${status} ${path}`);
    };
    const [buy, renew, list, place] = ['phone/numbers/buy', 'phone/numbers/renew', 'phone/numbers/list', 'voice/call'].map((end) => `/api/v1/${end}`);
    await fits(list, 'post', await by.post('/phone/numbers/list', {}), 200);
    await fits('/api/v1/voice/calls/list', 'post', await by.post('/voice/calls/list', { limit: 1 }), 200);
    const bought = await by.post('/phone/numbers/buy', { country: 'CA' });
    const { phone_number } = await bought.clone().json();
    await fits(buy, 'post', bought, 200);
    await fits(renew, 'post', await by.post('/phone/numbers/renew', { phone_number }), 200);
    await fits(place, 'post', await by.post('/voice/call', { phone_number: aCallee(), task, from: phone_number }), 200);
    await fits(place, 'post', await by.post('/voice/call', { phone_number: aCallee(), task }), 400);
    await fits(place, 'post', await post(place, ''), 402);
    await fits(place, 'post', await post(place, 'x'), 400);
    await fits(buy, 'post', await post(buy, ' '.repeat(140_000)), 413);
    await fits(buy, 'post', await fetch(world.gateway + buy), 405);
    for (const path of ['/api/v1/phone/numbers', '/api/v1/voice/calls']) {
      await fits(path, 'get', await fetch(world.gateway + path), 402);
      await fits(path, 'get', await fetch(world.gateway + path, { headers: { 'sign-in-with-x': 'e30=' } }), 401);
    }
    for (const path of ['/api/v1/voice/voices', '/api/v1/voice/languages']) {
      await fits(path, 'get', await fetch(world.gateway + path), 200);
    }
    const status = '/api/v1/voice/call/{call_id}';
    await fits(status, 'get', await fetch(`${world.gateway}${place}/unknown`), 404);
    const hangup = `${status}/hangup`;
    await fits(hangup, 'post', await post(`${place}/unknown/hangup`, ''), 404);
    await fits(hangup, 'post', await post(`${place}/unknown/hangup`, '{"delay": 60}'), 400);

    const other = await caller();
    await fits(renew, 'post', await other.post('/phone/numbers/renew', { phone_number }), 403);
    for (const next of ['error', 'busy', 'endless']) {
      const url = await call(other, { next });
      await fits(status, 'get', await fetch(url), 200);
      if (next === 'endless') {
        await fits(status, 'get', await fetch(`${url}?wait=1`), 200);
        await fits(status, 'get', await fetch(`${url}?wait=x`), 400);
        await fits(hangup, 'post', await post(`${new URL(url).pathname}/hangup`, ''), 202);
        await until(url, ended);
        await fits(hangup, 'post', await post(`${new URL(url).pathname}/hangup`, ''), 409);
        continue;
      }
      await until(url, ended);
      await travel(70);
      await fits(status, 'get', await fetch(url), 200);
      await sweep();
      await fits(status, 'get', await fetch(url), 200);
    }
  });
});

describe('the 402', () => {
  it('is listed by the extension that directories read', async () => {
    for (const { path, operation } of paid()) {
      const answer = await post(path, '');
      const required = decodePaymentRequiredHeader(answer.headers.get('payment-required'));
      const verdict = validateDiscoveryExtension(required.extensions.bazaar);
      assert.deepEqual(verdict, { valid: true }, path);
      // As a facilitator sees it, in what a client pays with.
      const { resource, extensions, accepts: [accepted] } = required;
      const found = extractDiscoveryInfo({ x402Version: 2, resource, accepted, extensions, payload: {} }, accepted);
      assert.equal(found.method, 'POST');
      assert.equal(found.resourceUrl, document.servers[0].url + path);
      const schema = operation.requestBody.content['application/json'].schema;
      holds(schema, found.discoveryInfo.input.body, path);
      // The same in version 1, whose readers look at the body.
      const old = extractDiscoveryInfoV1((await answer.json()).accepts[0]);
      assert.deepEqual(Object.keys(old.input.body).sort(), Object.keys(schema.properties).sort(), path);
      assert.deepEqual(old.output.example, found.discoveryInfo.output.example, path);
    }
  });

  it('is told to a bare probe of every kind', async () => {
    for (const { path } of paid()) {
      for (const headers of [{}, { accept: 'text/html' }, { 'content-type': 'text/plain' }]) {
        assert.equal((await post(path, '', headers)).status, 402, path);
      }
    }
  });
});

describe('agentcash', () => {
  it('finds every endpoint, its price and its schema, and has nothing to complain of', async () => {
    const bin = new URL('node_modules/@agentcash/discovery/bin/discovery.js', import.meta.url).pathname;
    const { stdout } = await promisify(execFile)(process.execPath, [bin, world.gateway, '-v', '--json']);
    const report = JSON.parse(stdout);
    assert.deepEqual(report.warnings, []);
    const found = report.resources.map(({ method, path, authHint, priceHint = 'free' }) => `${method} ${path} ${authHint} ${priceHint}`);
    const expected = operations().map(({ path, method, operation }) => {
      const price = operation['x-payment-info']?.price;
      const free = operation.security.length ? 'siwx free' : 'unprotected free';
      return `${method.toUpperCase()} ${path} ${price ? `paid ${price.amount} ${price.currency}` : free}`;
    });
    assert.deepEqual(found.sort(), expected.sort());
  });

  it('is offered a way to pay everywhere, with the body and the answer described', async () => {
    for (const { path, operation } of paid()) {
      const seen = await checkEndpointSchema({ url: world.gateway + path, probe: true });
      assert.equal(seen.found, true, path);
      const { authMode, inputSchema, outputSchema, paymentOptions } = seen.advisories.find((one) => one.method === 'POST');
      assert.equal(authMode, 'paid');
      const fields = operation.requestBody.content['application/json'].schema.properties;
      assert.deepEqual(Object.keys(inputSchema.properties).sort(), Object.keys(fields).sort(), path);
      assert.equal(outputSchema.type, 'object');
      const dollars = Number(operation['x-payment-info'].price.amount);
      for (const option of paymentOptions) assert.equal(Number(option.amount), Math.round(dollars * 1e6), path);
      assert.ok(paymentOptions.some((option) => option.network === world.network));
      // Only what is sold is asked a price for.
      assert.deepEqual(seen.advisories.filter((one) => one.authMode === 'paid').map((one) => one.method), ['POST']);
    }
  });
});

const ajv = new Ajv({ strict: true, strictTypes: false, allErrors: true });
addFormats(ajv);
ajv.addFormat('uri-reference', true);

/** Whether a value fits a schema of the document. References are resolved against it. */
function holds(schema, value, what) {
  const validate = ajv.compile(inlined(schema));
  assert.ok(validate(value), `${what}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(value)}`);
}

function inlined(node) {
  if (Array.isArray(node)) return node.map(inlined);
  if (node === null || typeof node !== 'object') return node;
  if (node.$ref) return inlined(node.$ref.slice(2).split('/').reduce((at, part) => at[part], document));
  return Object.fromEntries(Object.entries(node).map(([name, inner]) => [name, inlined(inner)]));
}
