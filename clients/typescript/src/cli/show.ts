// What a person reads in a terminal.

import type { CallStatus } from '../index.js';

/** What strangers have said must not move the cursor, or worse. */
export function plain(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g, ' ');
}

/** Shows a call as it goes on: each status once, and each line once its words are not corrected any more. */
export class Progress {
  private status = '';
  private lines = 0;

  constructor(private readonly print: (line: string) => void) {}

  show(call: CallStatus): void {
    if (call.status !== this.status) {
      this.status = call.status;
      this.print(`[${call.status}]`);
    }
    const transcript = call.transcript ?? [];
    // The last line may still grow.
    const said = call.transcript_final || call.ended_by !== 'IN_PROGRESS' ? transcript.length : transcript.length - 1;
    for (; this.lines < said; this.lines += 1) {
      const line = transcript[this.lines]!;
      this.print(`${line.role === 'assistant' ? 'AI    ' : 'callee'}  ${plain(line.text)}`);
    }
  }

  end(call: CallStatus): void {
    this.show(call);
    this.print('');
    this.print(`ended by ${call.ended_by}: ${plain(call.ended_by_reason)}`);
    if (call.summary) this.print(plain(call.summary));
    for (const [name, value] of Object.entries(call.result ?? {})) this.print(`${name}: ${plain(String(value))}`);
    this.print(`paid $${call.paid}${call.call_length ? `, ${call.call_length} minutes` : ''}`);
  }
}
