// Processes of their own that use a store, for tests of what several do at once and of what a kill leaves.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/store/${name}`, import.meta.url));

export interface StoreProcess {
  readonly child: ChildProcess;
  /** What it has said so far. */
  readonly lines: readonly string[];
  /** Resolves when it has said so many lines; rejects when it ends before. */
  said(count: number): Promise<void>;
  /** Lets it end, or kills it; gives its exit code. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts one that does a task of `store-process.ts`; it is gone at the end of the test. */
export function startStoreProcess(t: TestContext, path: string, task: string, count = 0): StoreProcess {
  return start(t, [fixture('store-process.ts'), path, task, String(count)]);
}

/** Starts one that makes a sweep; it is gone at the end of the test. */
export function startSweepProcess(t: TestContext, path: string, kind: 'given' | 'refined' = 'given'): StoreProcess {
  return start(t, [fixture('sweep-process.ts'), path, kind]);
}

function start(t: TestContext, args: readonly string[]): StoreProcess {
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const waiting: { count: number; resolve: () => void; reject: (error: Error) => void }[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    for (const { count: wanted, resolve } of waiting) if (lines.length >= wanted) resolve();
  });
  const closed = once(child, 'close').then(() => {
    for (const { reject } of waiting) reject(new Error(`The process ended after ${lines.length} lines`));
  });
  const end = async (signal?: NodeJS.Signals): Promise<number | null> => {
    if (signal === undefined) child.stdin.end();
    else child.kill(signal);
    await closed;
    return child.exitCode;
  };
  t.after(async () => {
    await end('SIGKILL');
  });
  return {
    child,
    lines,
    said: (count) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      if (lines.length >= count) resolve();
      else waiting.push({ count, resolve, reject });
      return promise;
    },
    end,
  };
}
