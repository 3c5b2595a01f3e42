// What can go wrong, by code, and whether it has cost anything.

import type { components, ServiceCode } from './generated/openapi.js';

/** What an answer of the service says that is not a success. */
export type Refusal = components['schemas']['Refusal'];

/** A refusal before anything was signed, or an end that no answer of the service has told. */
export type OwnCode =
  /** More than `maxPayment` was asked for: nothing was signed. */
  | 'over_max_payment'
  /** `sessionBudget` does not have this much left: nothing was signed. */
  | 'over_session_budget'
  /** What is asked for cannot be paid with this wallet: nothing was signed. */
  | 'cannot_pay'
  /** The options do not make a client. */
  | 'bad_options'
  /** No answer that could be read, however often the same request was repeated. */
  | 'no_answer'
  /** `waitForCall` has waited for as long as it was told to. The call goes on. */
  | 'still_running'
  /** The caller's signal has ended it. */
  | 'aborted';

export type ErrorCode = ServiceCode | OwnCode;

/** Whether money has left the wallet. `'unknown'`: the same request gets to know it, and cannot pay twice. */
export type Charged = boolean | 'unknown';

export interface ErrorFacts {
  charged: Charged;
  status?: number | undefined;
  body?: Partial<Refusal> | undefined;
  retryAfterSeconds?: number | undefined;
  cause?: unknown;
}

/** Every refusal and failure of this package is one. */
export class DialtoneError extends Error {
  override readonly name = 'DialtoneError';
  readonly code: ErrorCode;
  readonly charged: Charged;
  /** The HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** All that the service has said, such as `your_active_numbers` or `call_id`. */
  readonly body: Partial<Refusal> | undefined;
  /** When to try again, where it is known. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, facts: ErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.charged = facts.charged;
    this.status = facts.status;
    this.body = facts.body;
    this.retryAfterSeconds = facts.retryAfterSeconds;
  }
}
