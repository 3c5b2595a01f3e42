// A purchase: one signature, which is repeated until it is known what became of it.
//
// Clients that sign anew when an answer is lost pay twice. Here a signature is kept until an answer says what it has bought, or
// that it was not charged; and the same purchase, asked for again, goes on with it.
// So x402's wrapper of `fetch` is not used, only what it is made of: called again after a lost answer, it signs anew.

import { ExactEvmScheme } from '@x402/evm';
import { x402Client, x402HTTPClient } from '@x402/fetch';
import type { Budget } from './budget.js';
import { type Charged, DialtoneError } from './errors.js';
import { type Answer, type Http, refusal, type Request, saysNotCharged } from './http.js';
import type { Wallet } from './wallet.js';

/** USDC, by network: what is paid with, and nothing else is signed for. */
const USDC: Record<string, string> = {
  'eip155:8453': '0x833589fcd6edb6e08f4c7c32d4f71b54bda02913',
  'eip155:84532': '0x036cbd53842c5426634e7929541ec2318f3dcf7e',
  'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp': 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v',
  'solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1': '4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU',
};

/** What pays on Solana: an `ExactSvmScheme` of `@x402/svm`. */
export type SolanaScheme = Parameters<x402Client['register']>[1];

export interface PurchaseOptions {
  /** Names the purchase for the service, for a process that may end before it has its answer: 1 to 128 visible ASCII characters. */
  idempotencyKey?: string;
  /** Signs anew, although the same purchase was made and its outcome is unknown: it may then be paid twice. */
  signAnew?: boolean;
  signal?: AbortSignal;
}

interface Signed {
  headers: Record<string, string>;
  amount: bigint;
}

export class Payments {
  /** Signatures of which it is not known what became of them, oldest first, by what they were to buy. */
  private readonly unresolved = new Map<string, Signed[]>();

  constructor(
    private readonly http: Http,
    private readonly budget: Budget,
    private readonly wallet: Wallet | undefined,
    private readonly solana: SolanaScheme | undefined,
  ) {}

  /** `name` is that of a purchase which has none from the caller: it stays with its signature. */
  async buy(url: string, body: object, options: PurchaseOptions, name?: string): Promise<Record<string, unknown>> {
    const named = options.idempotencyKey === undefined ? {} : { 'idempotency-key': options.idempotencyKey };
    const request: Request = { method: 'POST', url, body: JSON.stringify(body), headers: named };
    const purchase = JSON.stringify([url, options.idempotencyKey ?? null, Object.entries(body).sort(([a], [b]) => (a < b ? -1 : 1))]);

    // Taken out while it is on its way: two purchases of the same at once are two.
    const earlier = options.signAnew ? undefined : this.unresolved.get(purchase)?.shift();
    if (earlier) {
      try {
        return await this.complete(purchase, request, earlier, options.signal);
      } catch (cause) {
        // 402: it has bought nothing and never will, so this purchase is the first.
        if (!(cause instanceof DialtoneError && cause.status === 402)) throw cause;
      }
    }
    const signed = await this.sign(await this.offer(request, options.signal));
    if (name !== undefined) signed.headers = { 'idempotency-key': name, ...signed.headers };
    return this.complete(purchase, request, signed, options.signal);
  }

  /** The 402. What is refused here was not paid for. */
  private async offer(request: Request, signal: AbortSignal | undefined): Promise<Answer> {
    let answer: Answer;
    try {
      answer = await this.http.untilAnswered(request, signal);
    } catch (cause) {
      throw lost(cause, signal, false);
    }
    if (answer.status === 402) return answer;
    throw refusal(answer, false);
  }

  private async sign(offer: Answer): Promise<Signed> {
    const client = this.client();
    let amount = 0n;
    let refused: unknown;
    client.onBeforePaymentCreation(async ({ selectedRequirements: { network, asset, amount: asked } }) => {
      try {
        const usdc = USDC[network];
        if (usdc === undefined || (usdc.startsWith('0x') ? asset.toLowerCase() : asset) !== usdc) {
          throw new DialtoneError('cannot_pay', `${network}, ${asset}: this is not USDC. Nothing was signed. Not charged.`, { charged: false });
        }
        this.budget.take(BigInt(asked));
        amount = BigInt(asked);
        return undefined;
      } catch (cause) {
        refused = cause;
        return { abort: true, reason: 'refused before signing' };
      }
    });
    try {
      const http = new x402HTTPClient(client);
      const required = http.getPaymentRequiredResponse((name) => offer.headers.get(name), offer.body);
      const payload = await client.createPaymentPayload(required);
      return { headers: http.encodePaymentSignatureHeader(payload), amount };
    } catch (cause) {
      this.budget.giveBack(amount);
      if (refused) throw refused;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new DialtoneError('cannot_pay', `What is asked for cannot be paid: ${why}. Nothing was sent. Not charged.`, { charged: false, cause });
    }
  }

  /** One for each payment, since it is told by a hook what it is about to sign. The budget is the only limit, and has looked. */
  private client(): x402Client {
    const client = new x402Client().setSpendControls({ maxAmountPerPayment: false });
    const networks = Object.keys(USDC) as `${string}:${string}`[];
    const register = (family: string, scheme: Parameters<x402Client['register']>[1]) =>
      networks.filter((network) => network.startsWith(family)).forEach((network) => client.register(network, scheme));
    if (this.wallet) register('eip155:', new ExactEvmScheme(this.wallet));
    if (this.solana) register('solana:', this.solana);
    return client;
  }

  /** Sends a payment until it is known what it has bought. */
  private async complete(purchase: string, request: Request, signed: Signed, signal: AbortSignal | undefined): Promise<Record<string, unknown>> {
    let answer: Answer;
    try {
      answer = await this.http.untilAnswered({ ...request, headers: { ...signed.headers, ...request.headers } }, signal);
    } catch (cause) {
      this.keep(purchase, signed);
      throw lost(cause, signal, 'unknown');
    }
    if (answer.status === 200) return answer.body;
    const charged = chargedBy(answer);
    if (charged === false) this.budget.giveBack(signed.amount);
    // A 402 is final: the payment buys nothing, whatever became of it.
    if (charged === 'unknown' && answer.status !== 402) this.keep(purchase, signed);
    throw refusal(answer, charged);
  }

  private keep(purchase: string, signed: Signed): void {
    this.unresolved.set(purchase, [signed, ...this.unresolved.get(purchase) ?? []]);
  }
}

/**
 * Whether a paid request that was refused has cost its price. An answer that is not the service's says nothing about it, and one
 * about a payment that came late can say only that it goes back if it was made.
 */
function chargedBy(answer: Answer): Charged {
  if (saysNotCharged(answer)) return false;
  // The payment was made, and goes back.
  return answer.body['code'] === 'payment_returned' ? true : 'unknown';
}

/** No answer. After a payment was sent, the same purchase goes on with the same signature. */
function lost(cause: unknown, signal: AbortSignal | undefined, charged: Charged): DialtoneError {
  const what = signal?.aborted ? 'Stopped before there was an answer' : 'There was no answer';
  const end = charged === false
    ? 'Not charged.'
    : 'It is not known whether it was paid: ask for the same again, which repeats the same payment and cannot pay twice.';
  return new DialtoneError(signal?.aborted ? 'aborted' : 'no_answer', `${what}. ${end}`, { charged, cause });
}

