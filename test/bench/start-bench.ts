// Starting: a program that connects and has its first task answered, and `gridbook --help`, beside an empty program.
//
// Both as users have them, built, and from the sources, whose types Node takes off at each start.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
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
    const root = fileURLToPath(new URL('../..', import.meta.url));
    await promisify(execFile)('npm', ['run', '--silent', 'build:installed'], { cwd: root });
    const builtMain = `${root}dist/repl/gridbook-main.js`;
    const sourceMain = `${root}repl/gridbook-main.ts`;
    const sdkOf = { built: `${root}dist/sdk/index.js`, source: `${root}sdk/index.ts` };
    // The program says how long it took from its own start, which leaves out its exit. Node takes the types off a program
    // in TypeScript with a compiler that it loads first; one in JavaScript shows what is Gridbook's own.
    const typescript = fileURLToPath(new URL('./programs/first-task.ts', import.meta.url));
    const folder = await mkdtemp(join(tmpdir(), 'gridbook-bench-'));
    const javascript = join(folder, 'first-task.mjs');
    await writeFile(javascript, stripTypeScriptTypes(await readFile(typescript, 'utf8')));
    const firstTask = (program: string, sdk: string) => async (): Promise<number> => {
      const { stdout } = await promisify(execFile)(process.execPath, [program, pathToFileURL(sdk).href]);
      return Number(stdout);
    };
    return {
      variants: [
        { name: 'empty program', run: timeOf('-e', '0') },
        { name: 'first task answered', run: firstTask(javascript, sdkOf.built) },
        { name: 'first task answered, program in TypeScript', run: firstTask(typescript, sdkOf.built) },
        { name: 'first task answered, from source', run: firstTask(typescript, sdkOf.source) },
        { name: 'gridbook --help', run: timeOf(builtMain, '--help') },
        { name: 'gridbook --help, from source', run: timeOf(sourceMain, '--help') },
      ],
      limits: [
        { what: 'connect and first task answered, ms', variant: 'first task answered', bar: { atMost: 250 } },
        { what: 'gridbook --help, ms', variant: 'gridbook --help', bar: { atMost: 200 } },
      ],
      close: () => rm(folder, { recursive: true }),
      comparisons: [
        { what: 'gridbook --help over an empty program', above: 'gridbook --help', below: 'empty program' },
      ],
    };
  },
};
