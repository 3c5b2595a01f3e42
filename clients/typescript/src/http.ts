// One request and its answer, and whether the same request is worth repeating.

import { type Charged, DialtoneError, type ErrorCode, type Refusal } from './errors.js';

export interface Request {
  method: 'GET' | 'POST';
  url: string;
  headers?: Record<string, string>;
  body?: string;
}

export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

/** How long and how often something is tried. */
export interface Patience {
  /** Milliseconds for one answer. */
  timeout: number;
  /** Milliseconds for all repetitions of one request. */
  patience: number;
  /** How often a request is repeated. */
  repeats: number;
}

export type Fetch = typeof globalThis.fetch;

export class Http {
  constructor(private readonly fetch: Fetch, readonly patience: Patience) {}

  /** The answer, once it was read to its end: one that was cut off is none. */
  async once(request: Request, signal?: AbortSignal, timeout = this.patience.timeout): Promise<Answer> {
    signal?.throwIfAborted();
    const ended = new AbortController();
    const end = () => ended.abort(signal?.reason);
    const clock = setTimeout(() => ended.abort(new Error(`no answer within ${timeout} ms`)), timeout);
    signal?.addEventListener('abort', end);
    try {
      const { url, ...init } = request;
      const response = await this.fetch(url, {
        ...init,
        headers: { accept: 'application/json', ...(init.body === undefined ? {} : { 'content-type': 'application/json' }), ...init.headers },
        // A payment is for the service that was asked, and no other.
        redirect: 'error',
        signal: ended.signal,
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: read(text, response.status) };
    } finally {
      clearTimeout(clock);
      signal?.removeEventListener('abort', end);
    }
  }

  /**
   * The same request, word for word, until there is an answer that another attempt would not change; the last one's answer or
   * failure if there never is. The service answers a repetition as it answered the first.
   */
  async untilAnswered(request: Request, signal?: AbortSignal, timeout = this.patience.timeout): Promise<Answer> {
    const end = Date.now() + this.patience.patience;
    for (let attempt = 0; ; attempt += 1) {
      let answer: Answer | undefined;
      let failure: unknown;
      try {
        answer = await this.once(request, signal, timeout);
      } catch (cause) {
        failure = cause;
      }
      signal?.throwIfAborted();
      if (answer && !worthRepeating(answer)) return answer;
      const pause = answer && retryAfter(answer) !== undefined ? retryAfter(answer)! * 1000 : Math.min(500 * 2 ** attempt, 8000);
      if (attempt >= this.patience.repeats || Date.now() + pause > end) {
        if (answer) return answer;
        throw failure;
      }
      await sleep(pause, signal);
    }
  }
}

/** Seconds, as the service says them; a proxy may say a date, which is not worth a clock that is wrong. */
export function retryAfter(answer: Answer): number | undefined {
  const said = answer.headers.get('retry-after') ?? '';
  return /^\d{1,7}$/.test(said) ? Number(said) : undefined;
}

/** Whether the same request may be answered otherwise in a moment. */
function worthRepeating({ status, body }: Answer): boolean {
  if (body['code'] === 'selling_paused') return false;
  return status >= 500 || body['code'] === 'payment_in_progress';
}

/** What the service's refusal is here. `charged` is what is known where the service does not say it. */
export function refusal(answer: Answer, charged: Charged): DialtoneError {
  const body = answer.body as Partial<Refusal>;
  const code = (body.code ?? 'no_answer') as ErrorCode;
  const message = body.message ?? `The answer was ${answer.status}, and is not one of the service.`;
  return new DialtoneError(code, message, { charged, status: answer.status, body, retryAfterSeconds: retryAfter(answer) });
}

/** A sentence of the service that ends in these words means them. */
export function saysNotCharged(answer: Answer): boolean {
  return typeof answer.body['message'] === 'string' && answer.body['message'].endsWith('Not charged.');
}

export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(clock);
      reject(signal?.reason);
    };
    const clock = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

// A success that is not an object is not the service's: the answer was lost on its way. A refusal may be a proxy's page.
function read(text: string, status: number): Record<string, unknown> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    if (status < 300) throw new Error(`the answer ${status} is not whole`, { cause });
  }
  if (body !== null && typeof body === 'object' && !Array.isArray(body)) return body as Record<string, unknown>;
  if (status < 300) throw new Error(`the answer ${status} is not an object`);
  return {};
}
