// What not to rely on in an experiment, and why, in words.

import { sum } from 'simple-statistics';
import { machineChangeOf } from '../machine-change.ts';
import { type Point, runsWithLosses } from '../point.ts';
import { isRecommendable, recommendedFrom } from './findings.ts';
import { groupText, parametersText, plainText, varyingParameters } from './parameter-names.ts';
import type { Reported } from './plotted.ts';
import { formatCount, formatRatio } from './quantities.ts';

const listedReasonsMax = 3;
const listedPlacesMax = 5;
const listedModelsMax = 3;

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
  const shown = reasons.slice(0, listedReasonsMax).map(([message, of]) => {
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
