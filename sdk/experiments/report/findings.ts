// What an experiment says in words: what was run, on what, what to choose, and what not to rely on.

import { sum } from 'simple-statistics';
import { machineChangeOf } from '../machine-change.ts';
import type { PointGroup } from '../models/model.ts';
import { type Point, runsWithLosses } from '../point.ts';
import { findingOf } from './experiment-columns.ts';
import { groupText, parametersOf, parametersText, plainText, varyingParameters } from './parameter-names.ts';
import type { Reported } from './plotted.ts';
import { formatBytes, formatCount, formatLongDuration, formatRatio } from './quantities.ts';

const listedFailuresMax = 3;
const listedPlacesMax = 5;
const listedModelsMax = 3;
/** So many runs of each point at least before a split is recommended. */
const recommendedFrom = 3;
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

function isRecommendable({ points }: PointGroup): boolean {
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

/** What not to rely on, and why. */
export function warningsOf({ data, points, models }: Reported): string[] {
  const warnings: string[] = [];
  if (data.endedAt === null)
    warnings.push('The experiment did not end: points may be missing, or have fewer runs than asked for.');
  const noisy = points.filter(({ durationMs }) => durationMs.isNoisy);
  if (noisy.length > 0) {
    const which = noisy.length === points.length ? 'all points' : `${noisy.length} of ${points.length} points`;
    warnings.push(`The machine was too noisy to conclude from ${which}: their runs scatter too much.`);
  }
  const changes = points.flatMap((point) => machineChangeOf(point, data.definition.repeats) ?? []);
  if (changes.length > 0) {
    const [least, most] = [Math.min(...changes), Math.max(...changes)].map((times) =>
      formatRatio(times).replace(/x$/, ''),
    );
    warnings.push(
      `The machine changed while points were added: what was measured again took ${least === most ? least : `${least} to ${most}`} times as long as before, so the added points cannot be compared with the others.`,
    );
  }
  const few = points.filter(({ records }) => records.length < recommendedFrom).length;
  // Who asks for single runs gets no intervals that could say little.
  if (few > 0 && data.definition.repeats > 1)
    warnings.push(
      `${few === points.length ? 'All points' : `${few} of ${points.length} points`} have fewer than ${recommendedFrom} runs: their intervals say little.`,
    );
  warnings.push(...lossWarnings(points), ...failureWarnings(data, points));
  warnings.push(...modelWarnings(models));
  return [...new Set(warnings)];
}

/** Each by itself where they are few; the rest stands beside the models. */
function modelWarnings(models: Reported['models']): string[] {
  const doubtful = models.filter(({ warning, group }) => warning !== undefined && isRecommendable(group));
  if (doubtful.length > listedModelsMax) {
    return [`${doubtful.length} of ${models.length} models are not to be trusted without care: each says why.`];
  }
  const groups = models.map(({ group }) => group);
  return doubtful.map(({ title, group, warning }) => {
    const of = groupText(group, groups);
    return plainText(`${title}${of === '' ? '' : `, ${of}`}: ${warning}`);
  });
}

/** What was measured with fewer workers than it says. */
function lossWarnings(points: readonly Point[]): string[] {
  const varying = varyingParameters(points);
  const lossy = points.filter((point) => runsWithLosses(point).length > 0);
  if (lossy.length === 0) return [];
  const shown = lossy.slice(0, listedPlacesMax).map((point) => {
    const runs = runsWithLosses(point);
    const lost = sum(runs.map(({ workersLost }) => workersLost));
    const again = sum(runs.map(({ failures }) => failures));
    const at = parametersText(point, varying);
    return (
      `${at === '' ? '' : `${at}: `}${formatCount(lost)} in ${runs.length} of ${point.records.length} runs, ` +
      `${formatCount(again)} ${again === 1 ? 'task' : 'tasks'} made again`
    );
  });
  return [
    `Workers were lost while these runs were made, which had fewer for a while: ${listText(shown, lossy.length)}.`,
  ];
}

/** What failed, each reason once with all that failed of it, and what so was not measured at all. */
function failureWarnings({ records, failures }: Reported['data'], points: readonly Point[]): string[] {
  if (failures.length === 0) return [];
  const varying = varyingParameters([...points, ...failures]);
  const placeOf = (at: Pick<Point, 'params' | 'workers'>): string => parametersText(at, varying);
  const reasons = [...Map.groupBy(failures, ({ message }) => plainText(message))];
  const shown = reasons.slice(0, listedFailuresMax).map(([message, of]) => {
    const places = [...Map.groupBy(of, placeOf)].filter(([place]) => place !== '');
    const counted = places.slice(0, listedPlacesMax).map(([place, { length }]) => `${formatCount(length)} at ${place}`);
    return counted.length === 0 ? message : `${message} (${listText(counted, places.length)})`;
  });
  const made = records.length + failures.length;
  const what = `${formatCount(failures.length)} of ${formatCount(made)} ${made === 1 ? 'run' : 'runs'} failed`;
  const warnings = [`${what}: ${listText(shown, reasons.length)}`];
  const measured = new Set(points.map(placeOf));
  const lacking = [...new Set(failures.map(placeOf))].filter((place) => !measured.has(place));
  if (points.length > 0 && lacking.length > 0) {
    const places = listText(lacking.slice(0, listedPlacesMax), lacking.length);
    warnings.push(
      `All runs of ${lacking.length === 1 ? '1 point' : `${lacking.length} points`} failed, which the table lacks: ${places}`,
    );
  }
  return warnings;
}

/** What is listed, and how much more there is. */
function listText(shown: readonly string[], count: number): string {
  return [...shown, ...(count > shown.length ? [`and ${formatCount(count - shown.length)} more`] : [])].join('; ');
}

/** How long it took, where that is known. */
export function tookText({ data }: Pick<Reported, 'data'>): string {
  if (data.endedAt === null) return 'not ended';
  return formatLongDuration(Date.parse(data.endedAt) - Date.parse(data.startedAt));
}
