// The reference facilitator for Solana (@x402/core with @x402/svm, both versions of the protocol), unmodified, behind HTTP.
//
// `node facilitator.mjs <node's url>`, on PORT (any that is free, without), until its standard input ends. Its key is a well-known one.

import http from 'node:http';
import { createKeyPairSignerFromPrivateKeyBytes } from '@solana/kit';
import { x402Facilitator } from '@x402/core/facilitator';
import { toFacilitatorSvmSigner } from '@x402/svm';
import { ExactSvmScheme } from '@x402/svm/exact/facilitator';
import { ExactSvmSchemeV1 } from '@x402/svm/exact/v1/facilitator';

const [defaultRpcUrl] = process.argv.slice(2);
const key = await createKeyPairSignerFromPrivateKeyBytes(new Uint8Array(32).fill(7));
const signer = toFacilitatorSvmSigner(key, { defaultRpcUrl });
const facilitator = new x402Facilitator()
  .register('solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp', new ExactSvmScheme(signer))
  .registerV1('solana', new ExactSvmSchemeV1(signer));

async function answer(request) {
  if (request.method === 'GET') return facilitator.getSupported();
  let body = '';
  for await (const chunk of request) body += chunk;
  const { paymentPayload, paymentRequirements } = JSON.parse(body);
  return request.url === '/verify' ? facilitator.verify(paymentPayload, paymentRequirements) : facilitator.settle(paymentPayload, paymentRequirements);
}

const server = http.createServer(async (request, response) => {
  let [status, body] = [200, null];
  try {
    body = await answer(request);
  } catch (error) {
    [status, body] = [500, { error: error.message }];
  }
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
});
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
// The scheme writes a stack trace for each payment that it cannot read.
console.error = () => {};
process.stdin.resume().on('end', () => process.exit());
