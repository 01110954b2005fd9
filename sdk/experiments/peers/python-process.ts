// A Python program that is asked by one JSON line and answers by one.
//
// Owns: the process, its process group, its temporary folder, and that all of them are gone in the end.
// Does not own: what the lines mean. Callers: python-peers.ts, benchmarks.
//
// Invariants:
//   Y1. The process is the leader of a group of its own: a signal typed at a terminal does not reach it, and what it
//       starts can be ended with it.
//   Y2. Its standard input ends when this process ends, however that happens, and that ends the program.
//   Y3. What it prints is kept, not shown; only the last of it is.
//   Y4. After `close`, and after this process has exited, neither the process nor its folder is left.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** Where the programs are, and what they share. */
export const programsFolder = fileURLToPath(new URL('./python/', import.meta.url));

/** How long a program may take to start: Ray takes seconds, on a machine that is busy many. In milliseconds. */
const startMsMax = 120_000;
/** How long one answer may take, in milliseconds. */
const answerMsMax = 3_600_000;
/** It gives itself 10 s to end what it started. */
const endMsMaxDefault = 15_000;
/** The longest line of an answer. */
const answerCharsMax = 2 ** 20;
/** How much is kept of what it prints. */
const printedCharsMax = 4096;

const firstAnswer = z.union([
  z.object({ missing: z.array(z.string()).min(1) }),
  z.object({ versions: z.record(z.string(), z.string()) }),
]);
const failedAnswer = z.object({ error: z.string() });

/** How a program is started. */
export interface PythonOptions {
  /** The interpreter: a name on the path, or a path. */
  readonly python: string;
  /** What follows the program on its command line. */
  readonly args?: readonly string[];
  readonly signal?: AbortSignal | undefined;
  /** How long it may take to end by itself, in milliseconds. @default longer than it gives itself, for it alone knows what it started */
  readonly endMsMax?: number | undefined;
}

/** A started program, or what is not there. */
export type StartedPython =
  | { readonly process: PythonProcess }
  | { readonly missing: { readonly why: string; readonly install: string } };

interface Question {
  readonly resolve: (line: string) => void;
  readonly reject: (error: Error) => void;
}

export class PythonProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #folder: string;
  readonly #endMsMax: number;
  readonly #ended: Promise<Error>;
  readonly #onExit = (): void => this.#remove();
  #versions: Readonly<Record<string, string>> = {};
  #asked: Question | undefined;
  #line = '';
  #printed = '';

  private constructor(program: string, { python, args = [], endMsMax = endMsMaxDefault }: PythonOptions) {
    this.#endMsMax = endMsMax;
    this.#folder = mkdtempSync(join(tmpdir(), 'gridbook-'));
    this.#child = spawn(python, ['-u', program, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true, // Y1
      env: {
        ...process.env,
        OPENBLAS_NUM_THREADS: '1',
        OMP_NUM_THREADS: '1',
        MKL_NUM_THREADS: '1',
        PYTHONDONTWRITEBYTECODE: '1',
        PYTHONPATH: [programsFolder, process.env['PYTHONPATH'] ?? ''].filter((path) => path !== '').join(delimiter),
        RAY_TMPDIR: this.#folder,
        RAY_USAGE_STATS_ENABLED: '0',
      },
    });
    const { promise, resolve } = Promise.withResolvers<Error>();
    this.#ended = promise;
    this.#child.once('error', (error) => resolve(error));
    this.#child.once('exit', (code, signal) => {
      const last = this.#printed.trim().split('\n').at(-1) ?? '';
      resolve(new Error(`${python} ended with ${signal ?? code}${last === '' ? '' : `: ${last}`}`));
    });
    this.#ended.then((error) => this.#asked?.reject(error));
    this.#child.stdin.on('error', () => {}); // it has ended, which is told by `exit`
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => this.#onText(text));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#printed = (this.#printed + text).slice(-printedCharsMax); // Y3
    });
    process.once('exit', this.#onExit); // Y4
  }

  /**
   * Starts a program; gives it when it is ready to be asked.
   *
   * @throws Error when it ends, says nothing, or says something else than that it is ready.
   */
  static async start(program: string, options: PythonOptions): Promise<StartedPython> {
    const { python, signal } = options;
    const started = new PythonProcess(program, options);
    try {
      const said = readyOf(python, await started.#nextLine(startMsMax, signal));
      if ('versions' in said) {
        started.#versions = said.versions;
        return { process: started };
      }
      await started.close();
      const why = `${python} has no ${said.missing.join(' and no ')}`;
      return { missing: { why, install: `${python} -m pip install ${said.missing.join(' ')}` } };
    } catch (error) {
      // Until it is ready it does not see that its input has ended.
      started.#kill();
      await started.close();
      if (signal?.aborted) throw signal.reason;
      if (isCode(error, 'ENOENT') || isCode(error, 'EACCES')) {
        return {
          missing: {
            why: `there is no ${python}`,
            install: 'install Python 3, or name one that is there: --python <path>',
          },
        };
      }
      throw error;
    }
  }

  /** Its own version under `python`, and those of the modules that it uses. */
  get versions(): Readonly<Record<string, string>> {
    return this.#versions;
  }

  /** Asks, and gives the answer. @throws Error when it fails or ends; the signal's reason when it is aborted. */
  async ask(question: Readonly<Record<string, unknown>>, options: { signal?: AbortSignal } = {}): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify(question)}\n`);
    const line = await this.#nextLine(answerMsMax, options.signal);
    const answer = parse(line);
    const failed = failedAnswer.safeParse(answer);
    if (failed.success) throw new Error(failed.data.error);
    return answer;
  }

  async #nextLine(msMax: number, signal: AbortSignal | undefined): Promise<string> {
    signal?.throwIfAborted();
    if (this.#asked !== undefined) throw new Error('A Python program answers one question at a time');
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    // What it would answer later would be taken for the answer to the next question: it is asked no more.
    const onAbort = (): void => {
      reject(signal?.reason);
      this.#child.stdin.end();
    };
    const timer = setTimeout(() => {
      reject(new Error(`It has not answered in ${msMax / 1000} s`));
      this.#kill();
    }, msMax);
    signal?.addEventListener('abort', onAbort);
    this.#asked = { resolve, reject };
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) this.#ended.then(reject);
    try {
      return await promise;
    } finally {
      this.#asked = undefined;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  #onText(text: string): void {
    this.#line += text;
    const end = this.#line.indexOf('\n');
    if (end >= 0) {
      const line = this.#line.slice(0, end);
      this.#line = this.#line.slice(end + 1);
      this.#asked?.resolve(line);
    } else if (this.#line.length > answerCharsMax) {
      this.#line = '';
      this.#asked?.reject(new Error(`Its answer is longer than ${answerCharsMax} characters`));
      this.#kill();
    }
  }

  /** Ends it: by the end of its input, or, when that does not do, by force. Y2, Y4 */
  async close(): Promise<void> {
    this.#child.stdin.end();
    const waiting = new AbortController();
    await Promise.race([this.#ended, wait(this.#endMsMax, undefined, { signal: waiting.signal }).catch(() => {})]);
    waiting.abort();
    process.off('exit', this.#onExit);
    this.#remove();
    await this.#ended;
  }

  #kill(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // Nothing of the group is left.
    }
  }

  #remove(): void {
    this.#kill();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** What a program says first. @throws Error when it says something else. */
function readyOf(python: string, line: string): z.output<typeof firstAnswer> {
  try {
    return firstAnswer.parse(JSON.parse(line));
  } catch (cause) {
    throw new Error(`${python} did not say that it is ready, but: ${line.slice(0, 200)}`, { cause });
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new Error(`It answered what is not JSON: ${line.slice(0, 200)}`, { cause });
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
