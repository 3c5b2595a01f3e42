// A proxy in front of the world that loses answers: what a client does then decides whether it pays twice.

import { createServer } from 'node:http';
import { once } from 'node:events';
import { after } from 'node:test';
import { world } from './world.mjs';

/**
 * A proxy of its own. `faults` are what happens to the next paid requests, one each; `seen` has the payments that came by.
 *
 * - `drop`: the connection ends in place of the answer; `half`: in the middle of it; `silence`: it stays open and says nothing.
 *   The service has served the request each time.
 * - `504`: the proxy's own page, after the service has answered; `502`: the same, and the service never heard of it.
 * - an object `{status, headers, body}`: this answer, and the service never heard of it.
 */
export async function between() {
  const proxy = { faults: [], always: undefined, seen: [], offer: (body) => body };
  const server = createServer((request, response) => {
    pass(proxy, request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  proxy.url = `http://127.0.0.1:${server.address().port}`;
  return proxy;
}

async function pass(proxy, request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const payment = request.headers['payment-signature'];
  if (payment) proxy.seen.push(payment);
  const fault = payment && (proxy.faults.shift() ?? proxy.always);
  if (fault === '502') return page(response, 502);
  if (typeof fault === 'object') {
    response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
    return response.end(JSON.stringify(fault.body));
  }

  const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers;
  const answer = await fetch(world.gateway + request.url, {
    method: request.method, headers, ...chunks.length && { body: Buffer.concat(chunks) },
  });
  const text = await answer.text();
  switch (fault) {
    case 'drop': return response.destroy();
    case 'silence': return undefined;
    case '504': return page(response, 504);
    default:
  }
  const body = answer.status === 402 && !payment ? proxy.offer(text) : text;
  const kept = ['content-type', 'retry-after', 'payment-response', ...body === text ? ['payment-required'] : []]
    .filter((name) => answer.headers.has(name)).map((name) => [name, answer.headers.get(name)]);
  response.writeHead(answer.status, { ...Object.fromEntries(kept), 'content-length': Buffer.byteLength(body) });
  if (fault !== 'half') return response.end(body);
  return response.write(body.slice(0, body.length / 2), () => response.destroy());
}

function page(response, status) {
  response.writeHead(status, { 'content-type': 'text/html' });
  response.end('<html><body>The upstream did not answer.</body></html>');
}
