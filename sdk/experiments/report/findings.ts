// What an experiment says in words: what was run, on what, what was found, and what to choose.

import type { PointGroup } from '../models/model.ts';
import type { Point } from '../point.ts';
import { findingOf } from './experiment-columns.ts';
import { groupText, parametersOf, parametersText, plainText, varyingParameters } from './parameter-names.ts';
import type { Reported } from './plotted.ts';
import { formatBytes, formatCount, formatLongDuration, formatRatio } from './quantities.ts';

/** So many runs of each point at least before a split is recommended. */
export const recommendedFrom = 3;
const listedNotesMax = 8;

/** What all runs have alike: `markov: matrix size 10, 2 workers`. */
export function whatWasRun({ data, points }: Reported): string {
  const { workload } = data.definition;
  const [first] = points;
  if (first === undefined) return `${plainText(workload)}: no runs`;
  const varying = new Set(varyingParameters(points));
  const same = parametersOf(points).filter((name) => !varying.has(name) && !isAbsent(first.params[name], name));
  const { splitBy } = data.definition;
  // A table of one line says the split itself.
  const said = varying.size === 0 ? same.filter((name) => name !== splitBy) : same;
  const text = parametersText(first, said);
  const found = new Set(points.map(findingOf));
  const what = text === '' ? plainText(workload) : `${plainText(workload)}: ${text}`;
  return found.size === 1 && !found.has('') ? `${what}; found: ${[...found][0]}` : what;
}

function isAbsent(value: unknown, name: string): boolean {
  return name !== 'workers' && (value === undefined || value === null);
}

/** How often, and in which order. */
export function howItWasRun({ data, points }: Reported): string {
  const { repeats, warmup, order, splitBy, axes } = data.definition;
  const counts = points.map(({ records }) => records.length);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const runs = counts.length === 0 ? 'no runs' : least === most ? timesText(most) : `${least} to ${most} runs a point`;
  const clusters = [...new Set(data.records.map(({ cluster }) => cluster))].map(plainText);
  const where =
    clusters.length === 0 || clusters.includes('embedded') ? 'threads of this process' : clusters.join(', ');
  const given = new Set(axes[splitBy ?? ''] ?? []);
  const added = splitBy === null ? 0 : points.filter(({ params }) => !given.has(params[splitBy] ?? null)).length;
  const parts = [
    `${runs}${repeats > most ? ` (at most ${repeats})` : ''}`,
    order === 'random' ? 'in random order' : 'in the order of the grid',
    ...(added > 0 ? [`then ${added} more ${added === 1 ? 'point' : 'points'} for a certain choice`] : []),
    warmup === 0 ? 'without warm-up' : `each after ${warmup === 1 ? 'a run' : `${warmup} runs`} to warm up`,
    `workers: ${where}`,
  ];
  return parts.join(', ');
}

function timesText(runs: number): string {
  return runs === 1 ? '1 run a point' : `${runs} runs a point`;
}

/** `Example 3000, 8 cores, 16.0 GB, linux x64, Node 24.0.0`. */
export function machineText({ data }: Pick<Reported, 'data'>): string {
  const { processor, cores, memoryBytes, system, node } = data.machine;
  return [
    plainText(processor),
    `${formatCount(cores)} ${cores === 1 ? 'core' : 'cores'}`,
    formatBytes(memoryBytes),
    plainText(system),
    `Node ${plainText(node)}`,
  ].join(', ');
}

/** What to choose, a sentence for each cost model. */
export function recommendationsOf({ models }: Pick<Reported, 'models'>): string[] {
  const costs = models.filter(({ kind }) => kind === 'cost');
  const groups = costs.map(({ group }) => group);
  return costs.map(({ group, sentence }) => {
    const of = groupText(group, groups);
    const { points } = group;
    const said = isRecommendable(group) ? sentence : measuredSentence(points);
    return plainText(of === '' ? said : `${of}: ${said}`);
  });
}

/** Whether there are runs enough. */
export function isRecommendable({ points }: PointGroup): boolean {
  return points.every(({ records }) => records.length >= recommendedFrom);
}

/** What was seen, where too few runs were made to recommend anything. */
function measuredSentence(points: readonly Point[]): string {
  const best = points.reduce((a, b) => (b.durationMs.median < a.durationMs.median ? b : a));
  const finest = points.reduce((a, b) => (b.tasks > a.tasks ? b : a));
  const fastest = `Fastest in ${formatCount(best.tasks)} ${best.tasks === 1 ? 'task' : 'tasks'}`;
  if (finest === best) return `${fastest}.`;
  const times = formatRatio(finest.durationMs.median / best.durationMs.median).replace(/x$/, '');
  return `${fastest}; ${formatCount(finest.tasks)} take ${times} times as long. With ${recommendedFrom} runs a point there is a recommendation.`;
}

/** What the runs found, each once. */
export function notesOf({ data }: Pick<Reported, 'data'>): string[] {
  const notes = [...new Set(data.records.map(({ note }) => plainText(note)))].filter((note) => note !== '');
  return notes.length > listedNotesMax
    ? [...notes.slice(0, listedNotesMax), `and ${notes.length - listedNotesMax} more of these, in the records`]
    : notes;
}

/** How long it took, where that is known. */
export function tookText({ data }: Pick<Reported, 'data'>): string {
  if (data.endedAt === null) return 'not ended';
  return formatLongDuration(Date.parse(data.endedAt) - Date.parse(data.startedAt));
}
