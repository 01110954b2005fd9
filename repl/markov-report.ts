// The runs of markov as a person reads them: a table, and what it says.

import { cpus } from 'node:os';
import { median } from 'simple-statistics';
import type { MarkovRecord } from './markov-record.ts';
import { count, duration, rate, ratio } from './quantities.ts';
import { type Column, textTable } from './text-table.ts';

interface ReportColumn extends Column {
  readonly cell: (record: MarkovRecord) => string;
  /** Left out when all records have the same there. */
  readonly onlyIfVaried?: boolean;
}

const columns: readonly ReportColumn[] = [
  { heading: 'n', align: 'right', cell: (r) => String(r.matrixSize) },
  { heading: 'total count', align: 'right', cell: (r) => count(r.totalCount) },
  { heading: 'pc_num', align: 'right', cell: (r) => count(r.pcNum) },
  { heading: 'workers', align: 'right', cell: (r) => String(r.workers), onlyIfVaried: true },
  { heading: 'repeat', align: 'right', cell: (r) => String(r.repeat), onlyIfVaried: true },
  { heading: 'time', align: 'right', cell: (r) => duration(r.durationMs) },
  { heading: 'multiplications', align: 'right', cell: (r) => rate(r.throughputPerSecond) },
  { heading: 'plain loop', align: 'right', cell: (r) => (r.baselineMs === null ? '' : duration(r.baselineMs)) },
  { heading: 'speed-up', align: 'right', cell: (r) => (r.speedUp === null ? '' : ratio(r.speedUp)) },
  { heading: 'latency p50', align: 'right', cell: (r) => duration(r.latencyMs.p50) },
  { heading: 'p99', align: 'right', cell: (r) => duration(r.latencyMs.p99) },
  { heading: 'kernel', align: 'left', cell: (r) => r.kernel, onlyIfVaried: true },
  { heading: 'limit', align: 'left', cell: (r) => r.limit.verdict },
];

/** The largest matrix whose limit is printed. */
const printedStatesMax = 12;

/**
 * Says what the runs took and found.
 *
 * @param styled - whether it goes to a terminal.
 */
export function reportOf(records: readonly MarkovRecord[], styled: boolean): string {
  const shown = columns.filter(({ cell, onlyIfVaried }) => {
    const cells = new Set(records.map(cell));
    return onlyIfVaried ? cells.size > 1 : !(cells.size === 1 && cells.has(''));
  });
  const rows = records.map((record) => shown.map(({ cell }) => cell(record)));
  return [textTable(shown, rows, styled), '', ...splittingNotes(records), ...limitNotes(records), placeNote(records)]
    .join('\n')
    .concat('\n');
}

/** What the finest split cost, against the best, for each matrix and total. */
function splittingNotes(records: readonly MarkovRecord[]): string[] {
  const groups = Map.groupBy(records, (r) => `${r.matrixSize} ${r.totalCount} ${r.workers} ${r.kernel}`);
  return [...groups.values()].flatMap((group) => {
    const byPcNum = Map.groupBy(group, (r) => r.pcNum);
    if (byPcNum.size < 2) return [];
    const times = [...byPcNum].map(([pcNum, runs]) => ({ pcNum, ms: median(runs.map((r) => r.durationMs)) }));
    const best = times.reduce((a, b) => (b.ms < a.ms ? b : a));
    const finest = times.reduce((a, b) => (b.pcNum > a.pcNum ? b : a));
    const first = group[0]!;
    const what = `n = ${first.matrixSize}, total ${count(first.totalCount)}: fastest at pc_num ${count(best.pcNum)}`;
    if (finest === best) return [what];
    return [`${what}; ${count(finest.pcNum)} tasks take ${ratio(finest.ms / best.ms).slice(0, -1)} times as long`];
  });
}

function limitNotes(records: readonly MarkovRecord[]): string[] {
  const notes = records.flatMap(({ matrixSize, totalCount, limit }) => {
    const note = limitNote(limit, matrixSize, totalCount);
    return note === undefined ? [] : [`limit, n = ${matrixSize}${note}`];
  });
  return [...new Set(notes)];
}

/** What is to be said of a verdict; nothing of one that says all, or of a limit that is too long to print. */
function limitNote(limit: MarkovRecord['limit'], matrixSize: number, totalCount: number): string | undefined {
  switch (limit.verdict) {
    case 'converged':
      if (matrixSize > printedStatesMax) return undefined;
      return `: ${limit.stationary.map((p) => p.toFixed(4)).join(' ')}`;
    case 'not-yet': {
      const needed = limit.totalCountNeeded;
      const more = needed === null ? 'rounding keeps them apart' : `a total of ${count(needed)} would do`;
      return `, total ${count(totalCount)}: not yet; rows differ by ${limit.rowSpread.toPrecision(2)}, ${more}`;
    }
    case 'periodic':
      return `: none; the chain goes round with period ${count(limit.period)}`;
    case 'depends-on-start': {
      const { classes } = limit;
      const shown = classes.slice(0, printedStatesMax).map(({ states }) => statesOf(states));
      const rest = classes.length > shown.length ? ', …' : '';
      return `: depends on the start; it ends in one of ${count(classes.length)} classes of states: ${shown.join(', ')}${rest}`;
    }
  }
}

/** States from 1, as rows are counted. */
function statesOf(states: readonly number[]): string {
  const shown = states.slice(0, printedStatesMax).map((state) => state + 1);
  return `{${shown.join(' ')}${states.length > shown.length ? ' …' : ''}}`;
}

function placeNote(records: readonly MarkovRecord[]): string {
  const workers = [...new Set(records.map((r) => r.workers))].join(', ');
  const kernels = [...new Set(records.map((r) => r.kernel))].join(', ');
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? 'unknown processor';
  const clusters = new Set(records.map((r) => r.cluster));
  const where = clusters.has('embedded') ? 'as threads' : `of ${[...clusters].join(', ')}`;
  return `${workers} ${workers === '1' ? 'worker' : 'workers'} ${where}, kernel ${kernels}; ${model}, ${processors.length} cores, Node ${process.versions.node}`;
}
