// Connections that have not shown the token yet: few, and not for long.
//
// Invariants:
//   U1. None lives longer than `deadlineMs`, however slowly it speaks, its TLS handshake included.
//   U2. There are at most `countMax`. The oldest gives way: whoever has a token shows it at once, and whoever floods
//       pushes out only its own.

import type { Socket } from 'node:net';
import { nowMs } from '../sdk/internal.ts';

export interface NewcomerLimits {
  readonly deadlineMs: number;
  readonly countMax: number;
}

const limitsDefault: NewcomerLimits = { deadlineMs: 5000, countMax: 512 };

interface Newcomer {
  readonly socket: Socket;
  readonly deadlineMs: number;
}

/** What a connection is known by on both sides of its TLS. */
function keyOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}

export class Newcomers {
  readonly #limits: NewcomerLimits;
  /** In the order they came. */
  readonly #waiting = new Map<string, Newcomer>();
  readonly #sweep: NodeJS.Timeout;

  constructor(limits: NewcomerLimits = limitsDefault) {
    this.#limits = limits;
    this.#sweep = setInterval(() => this.#endLate(), limits.deadlineMs / 10).unref();
  }

  get count(): number {
    return this.#waiting.size;
  }

  /** Takes a connection that was just made, before any byte of it is read. */
  add(socket: Socket): void {
    const key = keyOf(socket);
    // One whose other end has gone already has no address any more.
    if (socket.remotePort === undefined) {
      socket.destroy();
      return;
    }
    const newcomer = { socket, deadlineMs: nowMs() + this.#limits.deadlineMs };
    this.#waiting.set(key, newcomer);
    socket.once('close', () => {
      if (this.#waiting.get(key) === newcomer) this.#waiting.delete(key);
    });
    const [oldest] = this.#waiting.entries();
    if (this.#waiting.size > this.#limits.countMax && oldest !== undefined) this.#end(...oldest); // U2
  }

  /** A connection has shown the token. */
  welcome(socket: Socket): void {
    this.#waiting.delete(keyOf(socket));
  }

  #end(key: string, { socket }: Newcomer): void {
    this.#waiting.delete(key);
    socket.destroy();
  }

  /** U1 */
  #endLate(): void {
    const now = nowMs();
    for (const [key, newcomer] of this.#waiting) {
      if (newcomer.deadlineMs > now) return;
      this.#end(key, newcomer);
    }
  }

  close(): void {
    clearInterval(this.#sweep);
    for (const entry of this.#waiting) this.#end(...entry);
  }
}
