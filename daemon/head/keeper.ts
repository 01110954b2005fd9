// The process whose session has the detached actors of the cluster, started when somebody first asks for it.
//
// Owns: that process. Does not own: the actors (sdk/keeper-main.ts). Callers: the head.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { compileCacheEnv } from '../compile-cache.ts';

const isSource = import.meta.url.endsWith('.ts');
const entry = fileURLToPath(
  new URL(isSource ? '../../sdk/keeper-main.ts' : '../../sdk/keeper-main.js', import.meta.url),
);
/** What it gets to end by itself, in milliseconds. */
const graceMs = 2000;
/** It stays for long and holds little. */
const memoryFlags = ['--max-semi-space-size=2'];

/** Where the head is, for the keeper. */
export interface KeeperPlace {
  readonly url: string;
  readonly token: string;
  readonly fingerprint: string | null;
}

export class Keeper {
  readonly #place: KeeperPlace;
  readonly #log: Logger;
  #child: ChildProcess | undefined;
  #isClosed = false;

  constructor(place: KeeperPlace, log: Logger) {
    this.#place = place;
    this.#log = log;
  }

  /** Starts it, unless it runs. */
  start(): void {
    if (this.#child !== undefined || this.#isClosed) return;
    const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GRIDBOOK')));
    const env = { ...own, ...compileCacheEnv };
    const child = spawn(process.execPath, [...memoryFlags, entry], { env, stdio: ['pipe', 'ignore', 'pipe'] });
    child.on('error', (error) => this.#log.error({ err: error }, 'the keeper of detached actors cannot be started'));
    if (child.pid === undefined) return; // told by `error`; it may have no pipes, and the next one to ask tries again
    this.#child = child;
    child.stdin.on('error', () => {}); // its end is told by `exit`
    child.stdin.end(JSON.stringify(this.#place));
    child.stderr.setEncoding('utf8').on('data', (said: string) => this.#log.warn({ part: 'keeper' }, said.trim()));
    child.on('exit', (code, signal) => {
      if (this.#child === child) this.#child = undefined;
      this.#log.info({ code, signal }, 'the keeper of detached actors ended');
    });
    this.#log.info({ keeperPid: child.pid }, 'the keeper of detached actors was started');
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const child = this.#child;
    if (child === undefined) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
    await ended;
    clearTimeout(timer);
  }
}
