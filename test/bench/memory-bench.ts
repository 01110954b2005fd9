// The memory of a program that maps over ten million tiny tasks.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Bench, OpenBench } from './bench.ts';

export const memory: Bench = {
  name: 'memory',
  about:
    'The most resident memory of a process that maps over 10,000,000 tiny tasks on 2 workers, the workers included.',
  unit: 'MB',
  rounds: 1,
  async open(): Promise<OpenBench> {
    const program = fileURLToPath(new URL('./programs/tiny-tasks.ts', import.meta.url));
    const run = async (): Promise<number> =>
      Number((await promisify(execFile)(process.execPath, [program])).stdout) / 2 ** 20;
    return {
      variants: [{ name: 'map over 10,000,000 tasks', roundsMax: 1, run }],
      comparisons: [],
      limits: [{ what: 'MB resident', variant: 'map over 10,000,000 tasks', bar: { atMost: 512 } }],
    };
  },
};
