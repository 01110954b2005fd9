// A python process that is measured beside ours, in the same run: asked by one JSON line, answers by one.

import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const python = process.env['GRIDBOOK_BENCH_PYTHON'] ?? 'python3';
/** One thread for BLAS, as in a worker of ours; no reports to anywhere. */
const environment = { ...process.env, OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1', RAY_USAGE_STATS_ENABLED: '0' };

export class PythonPeer {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: Interface;

  private constructor(process: ChildProcessByStdio<Writable, Readable, null>) {
    this.#process = process;
    this.#lines = createInterface({ input: process.stdout });
  }

  /** Starts a script of `python/`; undefined when python3 or a module that it needs is not on the machine. */
  static async open(script: string, modules: readonly string[]): Promise<PythonPeer | undefined> {
    try {
      await promisify(execFile)(python, ['-c', `import ${modules.join(', ')}`], { env: environment });
    } catch {
      return undefined;
    }
    const path = fileURLToPath(new URL(`./python/${script}`, import.meta.url));
    return new PythonPeer(spawn(python, ['-u', path], { env: environment, stdio: ['pipe', 'pipe', 'ignore'] }));
  }

  /** Asks for one measurement; gives the number that it answers. */
  async ask(question: Record<string, unknown>): Promise<number> {
    const answered = once(this.#lines, 'line');
    this.#process.stdin.write(`${JSON.stringify(question)}\n`);
    const [line] = await answered;
    const value: unknown = JSON.parse(String(line));
    if (typeof value !== 'number') throw new TypeError(`The python peer answered ${String(line)}`);
    return value;
  }

  async close(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.stdin.end();
    await ended;
  }
}
