// Real kernels, driven by Jupyter's own client in a Python process.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { jupyterPython } from './jupyter.ts';

const script = fileURLToPath(new URL('kernels.py', import.meta.url));

/** What a cell showed, as the Jupyter protocol has it. */
export interface CellRun {
  readonly seconds: number;
  readonly status: string;
  readonly outputs: readonly { readonly type: string; readonly content: Readonly<Record<string, unknown>> }[];
}

export class Kernels implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(env: NodeJS.ProcessEnv) {
    const child = spawn(jupyterPython, [script], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child = child;
    this.#lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  }

  /** Runs a notebook where it is; its outputs are in it then. */
  execute(path: string, { cellTimeoutSeconds = 120 } = {}): Promise<{ seconds: number }> {
    return this.#ask({ do: 'execute', path, timeout: cellTimeoutSeconds });
  }

  /** Starts the kernel that the calls below are about. */
  start(folder: string): Promise<unknown> {
    return this.#ask({ do: 'start', folder });
  }

  run(code: string): Promise<CellRun> {
    return this.#ask({ do: 'run', code });
  }

  /** Runs a cell until it has shown a text, and leaves it running. */
  begin(code: string, until: string): Promise<unknown> {
    return this.#ask({ do: 'begin', code, until });
  }

  /** What the cell that was begun had shown when the latest one ended: each of its places as it then stood. */
  begunShows(): Promise<{ texts: readonly string[] }> {
    return this.#ask({ do: 'begun_shows' });
  }

  interrupt(): Promise<unknown> {
    return this.#ask({ do: 'interrupt' });
  }

  /** Restarts the kernel; `connect` talks to the new one. */
  restart(): Promise<unknown> {
    return this.#ask({ do: 'restart' });
  }

  connect(): Promise<unknown> {
    return this.#ask({ do: 'connect' });
  }

  /** Shuts the kernel down. */
  stop(): Promise<unknown> {
    return this.#ask({ do: 'close' });
  }

  async #ask<T>(command: Readonly<Record<string, unknown>>): Promise<T> {
    this.#child.stdin?.write(`${JSON.stringify(command)}\n`);
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error(`The kernels' process ended at ${JSON.stringify(command)}`);
    const answer: T = JSON.parse(value);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await ended;
  }
}
