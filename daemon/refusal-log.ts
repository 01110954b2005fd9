// The log's part about refused requests: what was tried and from where, but never so much that it pushes out the rest.

import type { IncomingMessage } from 'node:http';
import type { Refusal } from './guard.ts';
import type { Logger } from './log.ts';

const windowMs = 10_000;
const recordsMax = 10;
const textLengthMax = 200;

/** Logs refusals one by one up to a limit, and counts those above it. */
export class RefusalLog {
  readonly #log: Logger;
  #count = 0;
  #window: NodeJS.Timeout | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  add({ method, url, headers, socket }: IncomingMessage, { status, message }: Refusal): void {
    this.#window ??= setTimeout(() => this.#turn(), windowMs).unref();
    this.#count++;
    if (this.#count > recordsMax) return;
    const shorten = (text: string | undefined): string | undefined => text?.slice(0, textLengthMax);
    this.#log.warn(
      {
        status,
        from: socket.remoteAddress,
        method,
        // A query may hold what somebody took for the place of a token.
        path: shorten(url?.split('?', 1)[0]),
        host: shorten(headers.host),
        origin: shorten(headers.origin),
      },
      `refused: ${message}`,
    );
  }

  #turn(): void {
    if (this.#count > recordsMax) this.#log.warn({ count: this.#count - recordsMax }, 'refused more requests');
    this.#count = 0;
    this.#window = undefined;
  }

  close(): void {
    clearTimeout(this.#window);
    this.#turn();
  }
}
