// Starting: a program that connects and has its first task answered, and `gridbook --help`, beside an empty program.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Bench, OpenBench } from './bench.ts';

function timeOf(...args: string[]): () => Promise<number> {
  return async () => {
    const start = performance.now();
    await promisify(execFile)(process.execPath, args);
    return performance.now() - start;
  };
}

export const starting: Bench = {
  name: 'starting',
  about: 'Whole processes from start to exit.',
  unit: 'ms',
  rounds: 15,
  async open(): Promise<OpenBench> {
    const main = fileURLToPath(new URL('../../repl/gridbook-main.ts', import.meta.url));
    const first = fileURLToPath(new URL('./programs/first-task.ts', import.meta.url));
    return {
      variants: [
        { name: 'empty program', run: timeOf('-e', '0') },
        {
          name: 'first task answered',
          // The program says how long it took from its own start, which leaves out its exit.
          run: async () => Number((await promisify(execFile)(process.execPath, [first])).stdout),
        },
        { name: 'gridbook --help', run: timeOf(main, '--help') },
      ],
      limits: [
        { what: 'connect and first task answered, ms', variant: 'first task answered', bar: { atMost: 250 } },
        { what: 'gridbook --help, ms', variant: 'gridbook --help', bar: { atMost: 200 } },
      ],
      comparisons: [
        { what: 'gridbook --help over an empty program', above: 'gridbook --help', below: 'empty program' },
      ],
    };
  },
};
