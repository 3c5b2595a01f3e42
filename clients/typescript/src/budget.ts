// How much may be spent, and how much was. In micro-dollars, which are the units of USDC.

import { DialtoneError } from './errors.js';

/** Dollars, such as `'5.00'`, `'$0.54'` or `5`. */
export type Dollars = string | number;

export function microDollars(dollars: Dollars, name: string): bigint {
  const [, whole, part = ''] = /^\$?(\d{1,9})(?:\.(\d{1,6}))?$/.exec(String(dollars)) ?? [];
  if (whole === undefined) {
    throw new DialtoneError('bad_options', `${name}: ${JSON.stringify(dollars)} is not an amount of dollars, such as "5.00".`, { charged: false });
  }
  return BigInt(whole + part.padEnd(6, '0'));
}

/** As the service writes it: `"0.54"`, `"0.001"`. */
export function dollars(micro: bigint): string {
  const digits = micro.toString().padStart(7, '0');
  const part = digits.slice(-6).replace(/0{1,4}$/, '');
  return `${digits.slice(0, -6)}.${part}`;
}

export class Budget {
  private taken = 0n;

  constructor(readonly perPayment: bigint, readonly perSession: bigint | undefined) {}

  /** What was spent, and what may have been. */
  get spent(): bigint {
    return this.taken;
  }

  /** Before anything is signed, so that two payments at once cannot both have the last dollar. */
  take(amount: bigint): void {
    if (amount > this.perPayment) {
      throw new DialtoneError(
        'over_max_payment',
        `This costs $${dollars(amount)}, and a payment may cost $${dollars(this.perPayment)} (maxPayment). Nothing was signed. Not charged.`,
        { charged: false },
      );
    }
    if (this.perSession !== undefined && this.taken + amount > this.perSession) {
      throw new DialtoneError(
        'over_session_budget',
        `This costs $${dollars(amount)}, and of the session's $${dollars(this.perSession)} (sessionBudget) `
          + `$${dollars(this.perSession - this.taken)} are left. Nothing was signed. Not charged.`,
        { charged: false },
      );
    }
    this.taken += amount;
  }

  /** For what is known not to have been charged. */
  giveBack(amount: bigint): void {
    this.taken -= amount;
  }
}
