// What the environment says. The key comes from there alone: arguments are seen by every process of the machine.

import { Dialtone, type DialtoneOptions } from '../index.js';

export const KEY = 'BASE_CHAIN_WALLET_KEY';

/** What the command and the MCP server may spend if nothing else is said, in dollars. */
export const MAX_PAYMENT = '5.00';
export const MAX_SESSION = '10.00';

/** Seconds for which the same request is repeated. An MCP client gives a tool a minute or less, so there it is fewer. */
export const PATIENCE = '120';
export const MCP_PATIENCE = '20';

export class Usage extends Error {}

export function client(options: { url?: string | undefined; mustPay: boolean; patience: string }): Dialtone {
  const { env } = process;
  const privateKey = env[KEY];
  if (options.mustPay && !privateKey) throw new Usage(`${KEY}: the environment has to have the key of a wallet with USDC on Base.`);
  const patience = env['DIALTONE_PATIENCE'] || options.patience;
  if (!/^\d{1,4}$/.test(patience)) throw new Usage('DIALTONE_PATIENCE: a number of seconds.');
  return new Dialtone({
    privateKey: privateKey || undefined,
    baseUrl: options.url ?? env['DIALTONE_URL'],
    maxPayment: env['DIALTONE_MAX_PAYMENT'] || MAX_PAYMENT,
    sessionBudget: env['DIALTONE_MAX_SESSION'] || MAX_SESSION,
    patience: Number(patience) * 1000,
  } satisfies DialtoneOptions);
}
