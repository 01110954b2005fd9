// Values as the user sees them, by what they are.

import { inspect } from 'node:util';
import {
  formatCount,
  formatDuration,
  formatRate,
  type MarkovResult,
  ObjectRef,
  type RunRecord,
  type Session,
  type TextColumn,
  type Timings,
  textTable,
} from '../../sdk/index.ts';
import { isPeerComparison, showComparison } from './compare-peers.ts';
import { aboutSession } from './connection.ts';
import { showExperiment } from './experiments-shown.ts';
import { cutLines, type Look, wrapLines } from './look.ts';
import { showWorkloads } from './workloads-shown.ts';

const recordsMax = 50;

/** Shows a value; `undefined` for one that is not shown, as nothing is. */
export function showValue(value: unknown, look: Look): string {
  const experiment = showExperiment(value, look);
  if (experiment !== undefined) return experiment;
  const workloads = showWorkloads(value, look);
  if (workloads !== undefined) return workloads;
  if (isPeerComparison(value)) return showComparison(value, look);
  if (isRecord(value)) return showRecords([value], look);
  if (Array.isArray(value) && value.length > 0 && value.every(isRecord)) return showRecords(value, look);
  if (isMarkov(value)) return showMarkov(value, look);
  if (isTimings(value)) return showTimings(value, look);
  if (isSession(value)) return showSession(value);
  if (value instanceof ObjectRef && value.state === 'pending') return `${show(value, look)}, await it for its value`;
  return show(value, look);
}

function show(value: unknown, { colors, width }: Look): string {
  return inspect(value, {
    colors,
    breakLength: width,
    depth: 4,
    maxArrayLength: 50,
    maxStringLength: 10_000,
    sorted: false,
  });
}

function isRecord(value: unknown): value is RunRecord {
  return (
    typeof value === 'object' &&
    value !== null &&
    'workload' in value &&
    'durationMs' in value &&
    'breakdownMs' in value
  );
}

const recordColumns: TextColumn[] = [
  { heading: 'workload', align: 'left' },
  { heading: 'parameters', align: 'left' },
  { heading: 'workers', align: 'right' },
  { heading: 'time', align: 'right' },
  { heading: 'work', align: 'right' },
  { heading: 'tasks', align: 'right' },
];

function showRecords(records: readonly RunRecord[], look: Look): string {
  const rows = records.slice(0, recordsMax).map((record) => [
    record.workload,
    Object.entries(record.params)
      .map(([name, value]) => `${name} ${typeof value === 'number' ? formatCount(value) : JSON.stringify(value)}`)
      .join(', '),
    String(record.workers),
    formatDuration(record.durationMs),
    formatRate(record.throughputPerSecond),
    formatCount(record.tasks),
  ]);
  const more = records.length > recordsMax ? `\nand ${records.length - recordsMax} more` : '';
  return cutLines(textTable(recordColumns, rows, look.colors) + more, look);
}

function isMarkov(value: unknown): value is MarkovResult {
  return (
    typeof value === 'object' && value !== null && 'limit' in value && 'multiplications' in value && 'pcNum' in value
  );
}

const statesMax = 10;

/** What it took and what it found; all the rest is in the value. */
function showMarkov(result: MarkovResult, look: Look): string {
  const { matrixSize: n, totalCount, pcNum, workers, durationMs, throughputPerSecond, latencyMs, limit } = result;
  const tasks = pcNum === 1 ? '1 task' : `${formatCount(pcNum)} tasks`;
  const lines = [
    `${formatDuration(durationMs)}, ${formatRate(throughputPerSecond)} multiplications of ${n} x ${n} matrices`,
    `${formatCount(totalCount)} matrices in ${tasks} on ${workers === 1 ? '1 worker' : `${workers} workers`}, kernel ${result.kernel}`,
    `task latency p50 ${formatDuration(latencyMs.p50)}, p99 ${formatDuration(latencyMs.p99)}; ${result.failures} failures`,
    `limit: ${limit.verdict}`,
  ];
  if (limit.stationary !== undefined && limit.stationary !== null) {
    const shown = limit.stationary.slice(0, statesMax).map((p) => p.toFixed(4));
    const more = limit.stationary.length > statesMax ? ` and ${limit.stationary.length - statesMax} more` : '';
    lines.push(`  stationary: ${shown.join('  ')}${more}`);
  }
  return wrapLines(lines.join('\n'), look);
}

function isSession(value: unknown): value is Session {
  return (
    typeof value === 'object' &&
    value !== null &&
    'cluster' in value &&
    'workers' in value &&
    'timings' in value &&
    typeof value.timings === 'function'
  );
}

function showSession(session: Session): string {
  return `Session of ${aboutSession(session)}: ${formatCount(session.timings().tasks)} tasks settled`;
}

function isTimings(value: unknown): value is Timings {
  return typeof value === 'object' && value !== null && 'stages' in value && 'total' in value && 'tasks' in value;
}

const timingColumns: TextColumn[] = [
  { heading: 'stage', align: 'left' },
  { heading: 'mean', align: 'right' },
  { heading: 'p50', align: 'right' },
  { heading: 'p90', align: 'right' },
  { heading: 'p99', align: 'right' },
  { heading: 'max', align: 'right' },
];

/** Where the time of a session's tasks went. */
export function showTimings({ tasks, stages, total }: Timings, look: Look): string {
  if (tasks === 0) return 'No task has settled yet';
  const rows = [...Object.entries(stages), ['total', total] as const].map(([stage, { mean, p50, p90, p99, max }]) => [
    stage,
    ...[mean, p50, p90, p99, max].map(formatDuration),
  ]);
  const timed = total.count === tasks ? 'all timed' : `${formatCount(total.count)} of them timed`;
  return cutLines(`${formatCount(tasks)} tasks, ${timed}\n${textTable(timingColumns, rows, look.colors)}`, look);
}
