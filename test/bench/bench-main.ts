// Entry of `npm run bench`: measures, prints tables, and writes the results with the machine that they are of.
//
// Usage: npm run bench -- [--rounds n] [--out file] [name part …]; without names all benchmarks run.

import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { ProgressLine } from '../../repl/progress-line.ts';
import { textTable } from '../../sdk/experiments/report/text-table.ts';
import { ratioOf } from '../../sdk/experiments/statistics.ts';
import type { Bench, BenchResult, Judged } from './bench.ts';
import {
  daemonGrain,
  daemonSingles,
  daemonTasks,
  growing,
  idleDaemonMemory,
  idleDaemonProcessor,
} from './daemon-bench.ts';
import { singleTasks, smallTasks } from './dispatch-bench.ts';
import { grain } from './grain-bench.ts';
import { type Measured, measure } from './harness.ts';
import { kernels } from './kernel-bench.ts';
import { markovLarge, markovSmall } from './markov-bench.ts';
import { memory } from './memory-bench.ts';
import { recommendation } from './recommendation-bench.ts';
import { manyNodes, manyNodesIdle, manyNodesMemory } from './scale-bench.ts';
import { starting } from './start-bench.ts';

const benches: readonly Bench[] = [
  starting,
  singleTasks,
  smallTasks,
  grain,
  kernels,
  markovSmall,
  markovLarge,
  memory,
  manyNodes,
  manyNodesMemory,
  manyNodesIdle,
  daemonTasks,
  daemonSingles,
  daemonGrain,
  growing,
  idleDaemonMemory,
  idleDaemonProcessor,
  recommendation,
];

type Bar = { readonly atLeast: number } | { readonly atMost: number };

function judge(what: string, value: number, interval: readonly [number, number], bar: Bar | undefined): Judged {
  if (bar === undefined) return { what, value, interval, bar: '', reached: undefined };
  const isLeast = 'atLeast' in bar;
  const limit = isLeast ? bar.atLeast : bar.atMost;
  const reached = isLeast ? value >= limit : value <= limit;
  return { what, value, interval, bar: `${isLeast ? 'at least' : 'at most'} ${limit}`, reached };
}

async function runBench(bench: Bench, rounds: number | undefined, progress: ProgressLine): Promise<BenchResult> {
  const open = await bench.open();
  try {
    let runs = 0;
    const total = open.variants.reduce((sum, v) => sum + (v.roundsMax ?? (rounds ?? bench.rounds) + 1), 0);
    const measured = await measure(open.variants, rounds ?? bench.rounds, (name) =>
      progress.set(runs++ / total, `${bench.name}: ${name}`),
    );
    const judged: Judged[] = [];
    for (const { what, variant, bar } of open.limits ?? []) {
      const m = measured.get(variant);
      if (m !== undefined) judged.push(judge(what, m.median, m.interval, bar));
    }
    for (const { what, above, below, bar } of open.comparisons) {
      const [a, b] = [measured.get(above), measured.get(below)];
      if (a === undefined || b === undefined) continue;
      const ratio = ratioOf(a, b);
      if (ratio !== undefined) judged.push(judge(what, ratio.value, ratio.interval, bar));
    }
    const { name, about, unit } = bench;
    return { name, about, unit, measured: [...measured.values()], judged, missing: open.missing ?? [] };
  } finally {
    await open.close?.();
  }
}

function digits(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

function report({ name, about, unit, measured, judged, missing }: BenchResult): string {
  const styled = process.stdout.isTTY;
  const right = (heading: string): { heading: string; align: 'right' } => ({ heading, align: 'right' });
  const rows = measured.map(({ name: variant, median, interval, values, outliers }: Measured) => {
    const [low, high] = interval;
    return [
      variant,
      digits(median),
      `${digits(low)} .. ${digits(high)}`,
      String(values.length),
      String(outliers.length),
    ];
  });
  const table = textTable(
    [{ heading: '', align: 'left' }, right(unit), right('95 % interval'), right('runs'), right('outliers')],
    rows,
    styled,
  );
  const verdicts = judged.map(({ what, value, interval: [low, high], bar, reached }) => {
    const word = reached === undefined ? '' : reached ? 'reached' : 'not reached';
    return [what, digits(value), `${digits(low)} .. ${digits(high)}`, bar, word];
  });
  const judgedTable = textTable(
    [
      { heading: '', align: 'left' },
      right('value'),
      right('95 % interval'),
      right('bar'),
      { heading: '', align: 'left' },
    ],
    verdicts,
    styled,
  );
  const gaps = missing.map((line) => `not measured: ${line}`);
  return [`# ${name}`, about, '', table, ...(verdicts.length > 0 ? ['', judgedTable] : []), ...gaps, '', ''].join('\n');
}

const { values, positionals } = parseArgs({
  options: { rounds: { type: 'string' }, out: { type: 'string' } },
  allowPositionals: true,
});
const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
const chosen = benches.filter(
  ({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
);
if (chosen.length === 0 || (rounds !== undefined && !(Number.isSafeInteger(rounds) && rounds > 0))) {
  process.stderr.write(
    `Benchmarks are: ${benches.map(({ name }) => name).join('; ')}. --rounds takes a number above 0.\n`,
  );
  process.exit(2);
}
const machine = {
  processor: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  memoryBytes: totalmem(),
  system: `${process.platform} ${release()}`,
  node: process.versions.node,
  date: new Date().toISOString(),
};
process.stdout.write(`${machine.processor}, ${machine.cores} cores, Node ${machine.node}, ${machine.date}\n\n`);
const results: BenchResult[] = [];
for (const bench of chosen) {
  const progress = new ProgressLine();
  const result = await runBench(bench, rounds, progress);
  progress.end();
  results.push(result);
  process.stdout.write(report(result));
}
const out = values.out ?? 'test/bench/results/latest.json';
await mkdir(dirname(out), { recursive: true });
await writeFile(out, `${JSON.stringify({ machine, results }, undefined, 1)}\n`);
process.stdout.write(`Written to ${out}\n`);
