// A session typed at the real prompt and saved as a notebook, with all that a prompt allows and a kernel might not.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { TestTerminal } from '../helpers/terminal.ts';

/** What is typed. */
export const typedCells: readonly string[] = [
  "import { formatCount } from 'gridbook'",
  "import { addBase } from './saved/work.ts'",
  'const factor: number = 3',
  'await session.remote((x: number) => addBase(x) * factor)(2)',
  '_ + Out[4]',
  'missing()',
  'let limit = 1',
  'const atMost = (x: number) => Math.min(x, limit)',
  'let limit = 20',
  '[atMost(30), await session.remote(atMost)(50)]',
  "const box = {}; box.label = 'made later'; box",
  '{ a: 1, b: factor }',
  'let { finding, multiplications } = await markov(session, { matrixSize: 4, totalCount: 1000, pcNum: 3 }); multiplications',
  'const small = await sweep(session, workloads.noop, { pcNum: [1, 10] }, { repeats: 2 })',
  'small',
  "plot(small, 'throughput')",
  'table(small)',
  "path.join('a', 'b')",
  'help(markov)',
  'formatCount(1e6)',
];

/** What the last lines of some cells then show in the kernel. */
export const savedResults: Readonly<Record<string, RegExp>> = {
  'cellResults[4] = (await session.remote((x: number) => addBase(x) * factor)(2))': /^36$/,
  'cellResults[4] + cellResults[4]': /^72$/,
  '[atMost(30), await session.remote(atMost)(50)]': /^\[ 20, 20 \]$/,
  "const box = {}; box.label = 'made later'; box": /made later/,
  '({ a: 1, b: factor })': /^\{ a: 1, b: 3 \}$/,
  [typedCells.find((cell) => cell.includes('markov(')) ?? '']: /^999$/,
  small: /pc_num[\s\S]*Time against pc_num/,
  "plot(small, 'throughput')": /^Throughput against pc_num/,
  'table(small)': /pc_num/,
  "path.join('a', 'b')": /^a\/b$/,
  'formatCount(1e6)': /^1,000,000$/,
};

/** Types the cells at a prompt in the file's folder, and saves them. */
export async function saveSession(t: TestContext, cells: readonly string[], path: string): Promise<void> {
  const folder = join(dirname(path), 'saved');
  mkdirSync(folder);
  writeFileSync(join(folder, 'base.ts'), 'export const base: number = 10;\n');
  writeFileSync(
    join(folder, 'work.ts'),
    "import { base } from './base.ts';\nexport const addBase = (x: number): number => x + base;\n",
  );
  const terminal = TestTerminal.open(t, ['repl', '--workers', '2'], { cwd: dirname(path) });
  await terminal.prompt(1);
  for (const [i, cell] of cells.entries()) {
    terminal.enter(cell);
    await terminal.prompt(i + 2);
  }
  terminal.enter(`.save ${path}`);
  await terminal.until(/1 that failed left out: \S+\.ipynb\n/);
  terminal.type('\u0004');
  await terminal.exit;
}
