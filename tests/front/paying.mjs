// A published client that pays up to the price of a number; for Node and for browsers.

import { ExactEvmScheme } from '@x402/evm';
import { wrapFetchWithPayment, x402Client } from '@x402/fetch';
import { privateKeyToAccount } from 'viem/accounts';

/** A `fetch` that pays for what it asks. */
export function paying(fetch, privateKey) {
  const client = new x402Client()
    .register('eip155:*', new ExactEvmScheme(privateKeyToAccount(privateKey)))
    .setSpendControls({ maxAmountPerPayment: '$5' });
  return wrapFetchWithPayment(fetch, client);
}
