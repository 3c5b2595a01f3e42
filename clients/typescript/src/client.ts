// The client: what can be asked of the service, in the service's own words.

import { Budget, dollars, type Dollars, microDollars } from './budget.js';
import { DialtoneError } from './errors.js';
import type { components, operations } from './generated/openapi.js';
import { type Answer, type Fetch, Http, refusal, type Request, sleep } from './http.js';
import { Payments, type PurchaseOptions, type SolanaScheme } from './payment.js';
import { signIn, type Wallet, type WalletClient, walletOf } from './wallet.js';

type Sent<Name extends keyof operations> = operations[Name] extends { requestBody?: { content: { 'application/json': infer Body } } } ? Body : never;
type Got<Name extends keyof operations, Status extends number = 200> =
  operations[Name]['responses'] extends Record<Status, { content: { 'application/json': infer Body } }>
    // Nothing here asks for a dry run.
    ? Exclude<Body, components['schemas']['DryRun']> : never;

export type BuyRequest = Sent<'numbers_buy'>;
export type BoughtNumber = Got<'numbers_buy'>;
export type RenewRequest = Sent<'numbers_renew'>;
export type RenewedNumber = Got<'numbers_renew'>;
export type NumberList = Got<'numbers'>;
export type CallRequest = Sent<'voice_call'>;
export type PlacedCall = Got<'voice_call'>;
export type CallStatus = Got<'voice_call_status'>;
export type CallFilter = NonNullable<operations['voice_calls']['parameters']['query']>;
export type CallList = Got<'voice_calls'>;
export type HangUp = Got<'voice_call_hangup', 202>;
export type VoiceList = Got<'voice_voices'>;
export type LanguageList = Got<'voice_languages'>;

export interface DialtoneOptions {
  /** Of a wallet with USDC on Base: hexadecimal, as wallets export it. */
  privateKey?: string | undefined;
  /** In its place: an account or a wallet client of viem. */
  wallet?: Wallet | WalletClient | undefined;
  /** In their place, or besides: an `ExactSvmScheme` of `@x402/svm`. Where both can pay, Base does. */
  solana?: SolanaScheme | undefined;
  /** Where the service is; `DIALTONE_URL` of the environment if it is left out. */
  baseUrl?: string | undefined;
  /** Dollars that one payment may cost; 5.00 if it is left out. */
  maxPayment?: Dollars | undefined;
  /** Dollars that all payments of this client may cost together; as many as they cost if it is left out. */
  sessionBudget?: Dollars | undefined;
  /** Milliseconds for one answer; 35,000. */
  timeout?: number | undefined;
  /** Milliseconds for all repetitions of one request; 120,000. */
  patience?: number | undefined;
  /** How often the same request is repeated; 6. */
  repeats?: number | undefined;
  /** What sends requests in place of the global `fetch`. */
  fetch?: Fetch | undefined;
}

export interface WaitOptions {
  /** Milliseconds to wait at most; 45 minutes, longer than a call can take. */
  timeout?: number;
  /** `ended`: the outcome and the answers to questions are there. `final`: nothing changes any more, up to a minute later. */
  until?: 'ended' | 'final';
  /** Is shown each status and each line as they come. */
  onUpdate?: (status: CallStatus) => void;
  signal?: AbortSignal;
}

/** The longest that the service holds a poll back. */
const WAIT_SECONDS = 20;

export class Dialtone {
  readonly baseUrl: string;
  private readonly wallet: Wallet | undefined;
  private readonly http: Http;
  private readonly budget: Budget;
  private readonly payments: Payments;

  constructor(options: DialtoneOptions) {
    this.baseUrl = baseOf(options.baseUrl ?? environment('DIALTONE_URL'));
    this.wallet = walletOf(options);
    const { sessionBudget } = options;
    this.budget = new Budget(
      microDollars(options.maxPayment ?? '5.00', 'maxPayment'),
      sessionBudget === undefined ? undefined : microDollars(sessionBudget, 'sessionBudget'),
    );
    const send = options.fetch ?? globalThis.fetch.bind(globalThis);
    this.http = new Http(send, {
      timeout: options.timeout ?? 35_000, patience: options.patience ?? 120_000, repeats: options.repeats ?? 6,
    });
    this.payments = new Payments(this.http, this.budget, this.wallet, options.solana);
  }

  /** The wallet that pays on Base. */
  get address(): string | undefined {
    return this.wallet?.address;
  }

  /** Dollars that were spent, with those of payments whose outcome is unknown. */
  get spent(): string {
    return dollars(this.budget.spent);
  }

  /** What may be spent, in dollars: by a payment, and by all of them. */
  get limits(): { maxPayment: string; sessionBudget: string | undefined } {
    const { perPayment, perSession } = this.budget;
    return { maxPayment: dollars(perPayment), sessionBudget: perSession === undefined ? undefined : dollars(perSession) };
  }

  /** Leases a number for 30 days: $5.00. */
  phoneBuy(request: BuyRequest = {}, options: PurchaseOptions = {}): Promise<BoughtNumber> {
    return this.buy('phone/numbers/buy', request, options);
  }

  /** Adds 30 days to a lease: $5.00. */
  phoneRenew(request: RenewRequest | string, options: PurchaseOptions = {}): Promise<RenewedNumber> {
    return this.buy('phone/numbers/renew', typeof request === 'string' ? { phone_number: request } : request, options);
  }

  /** The wallet's numbers: free for a wallet on Base, which signs in; $0.001 on Solana. */
  phoneList(options: PurchaseOptions = {}): Promise<NumberList> {
    return this.wallet ? this.signedIn('phone/numbers', options) : this.buy('phone/numbers/list', {}, options);
  }

  /** Places a call: $0.54. It goes on by itself; `waitForCall` has its end. */
  voiceCall(request: CallRequest, options: PurchaseOptions = {}): Promise<PlacedCall> {
    return this.buy('voice/call', request, options);
  }

  /** How a call stands. With `wait` (0 to 20 seconds) the answer comes when something is new. */
  voiceCallStatus(callId: string, { wait, signal }: { wait?: number; signal?: AbortSignal } = {}): Promise<CallStatus> {
    const query = wait === undefined ? '' : `?wait=${wait}`;
    return this.free({ method: 'GET', url: this.url(`voice/call/${encodeURIComponent(callId)}${query}`) }, signal, wait);
  }

  /** Hangs up: free. How the call ended is learned by looking at it. */
  voiceHangUp(callId: string, { signal }: { signal?: AbortSignal } = {}): Promise<HangUp> {
    return this.free({ method: 'POST', url: this.url(`voice/call/${encodeURIComponent(callId)}/hangup`), body: '{}' }, signal);
  }

  /** The wallet's calls of the last 30 days, newest first: free for a wallet on Base, which signs in; $0.001 on Solana. */
  voiceCalls(filter: CallFilter = {}, options: PurchaseOptions = {}): Promise<CallList> {
    // On the chain a payment can be read by all, so this list is told again only to the client that has named its purchase.
    if (!this.wallet) return this.payments.buy(this.url('voice/calls/list'), filter, options, secret()) as Promise<CallList>;
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(filter)) if (value !== undefined) query.set(name, String(value));
    return this.signedIn(`voice/calls${query.size > 0 ? `?${query}` : ''}`, options);
  }

  /** The voices that a call can speak with: free. */
  voices({ signal }: { signal?: AbortSignal } = {}): Promise<VoiceList> {
    return this.free({ method: 'GET', url: this.url('voice/voices') }, signal);
  }

  /** The languages that a call can be held in: free. */
  languages({ signal }: { signal?: AbortSignal } = {}): Promise<LanguageList> {
    return this.free({ method: 'GET', url: this.url('voice/languages') }, signal);
  }

  /** Waits until a call is over. It does not end the call to stop waiting. */
  async waitForCall(callId: string, options: WaitOptions = {}): Promise<CallStatus> {
    const { until = 'ended', timeout = 45 * 60_000, onUpdate, signal } = options;
    const end = Date.now() + timeout;
    let seen = '';
    for (;;) {
      const left = end - Date.now();
      const wait = Math.max(0, Math.min(WAIT_SECONDS, Math.floor(left / 1000)));
      const asked = Date.now();
      const status = await this.voiceCallStatus(callId, { wait, ...(signal ? { signal } : {}) });
      const news = JSON.stringify(status) !== seen;
      seen = JSON.stringify(status);
      if (news) onUpdate?.(status);
      if (isOver(status, until)) return status;
      if (Date.now() >= end) {
        throw new DialtoneError('still_running', `${callId} still runs; it was waited for ${timeout} ms.`, { charged: false });
      }
      // Another client waits for the call, so that this answer was not held back.
      if (!news && Date.now() - asked < 1000) {
        await sleep(Math.min(Math.max(status.poll_after_seconds ?? 1, 1) * 1000, Math.max(end - Date.now(), 0)), signal);
      }
    }
  }

  /** Places a call and waits for its end. Where the waiting fails, the call goes on, and the error's `body.call_id` has it. */
  async callAndWait(request: CallRequest, options: PurchaseOptions & WaitOptions = {}): Promise<CallStatus> {
    const { call_id } = await this.voiceCall(request, options);
    try {
      return await this.waitForCall(call_id, options);
    } catch (cause) {
      if (!(cause instanceof DialtoneError)) throw cause;
      const { code, message, status, retryAfterSeconds } = cause;
      throw new DialtoneError(code, message, { charged: true, status, retryAfterSeconds, body: { ...cause.body, call_id }, cause });
    }
  }

  private url(path: string): string {
    return `${this.baseUrl}/api/v1/${path}`;
  }

  private async buy<Body>(path: string, request: object, options: PurchaseOptions): Promise<Body> {
    return await this.payments.buy(this.url(path), request, options) as Body;
  }

  private async free<Body>(request: Request, signal: AbortSignal | undefined, wait = 0): Promise<Body> {
    const answer = await this.answer(request, signal, wait);
    if (answer.status >= 300) throw refusal(answer, false);
    return answer.body as Body;
  }

  private async signedIn<Body>(path: string, { signal }: PurchaseOptions): Promise<Body> {
    const request: Request = { method: 'GET', url: this.url(path) };
    const asked = await this.answer(request, signal);
    const header = asked.status === 402 ? await signIn(this.wallet!, request.url, asked.body) : undefined;
    if (header === undefined) throw refusal(asked, false);
    return this.free({ ...request, headers: { 'sign-in-with-x': header } }, signal);
  }

  private async answer(request: Request, signal: AbortSignal | undefined, wait = 0): Promise<Answer> {
    try {
      return await this.http.untilAnswered(request, signal, this.http.patience.timeout + wait * 1000);
    } catch (cause) {
      const code = signal?.aborted ? 'aborted' : 'no_answer';
      throw new DialtoneError(code, 'There was no answer. Not charged.', { charged: false, cause });
    }
  }
}

/** Whether there is nothing more to wait for. */
export function isOver(status: CallStatus, until: 'ended' | 'final' = 'ended'): boolean {
  if (status.final) return true;
  return until === 'ended' && status.ended_by !== 'IN_PROGRESS' && status.result_status !== 'pending';
}

/** A name that is not guessed. A page that was not loaded by https has no `randomUUID`. */
function secret(): string {
  return Array.from(globalThis.crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function baseOf(url: string | undefined): string {
  const message = 'baseUrl: say where the service is, here or as DIALTONE_URL in the environment: an http(s) address, such as https://dialtone.example.';
  if (url === undefined || !/^https?:\/\/[^/?#]/.test(url)) throw new DialtoneError('bad_options', message, { charged: false });
  return url.replace(/\/+$/, '').replace(/\/api(\/v1)?$/, '');
}

// A page has no environment.
function environment(name: string): string | undefined {
  return (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.[name];
}
