// `.compare`: two experiments beside each other, and which of their differences are real.

import {
  compareSamples,
  Experiment,
  formatDuration,
  formatRatio,
  InvalidArgumentError,
  openStore,
  type TextColumn,
  textTable,
} from '../../sdk/index.ts';
import type { SessionCommand } from './command.ts';
import { drawPlot } from './drawn.ts';
import { cutLines, type Look } from './look.ts';
import type { PromptShell } from './prompt-shell.ts';

export const compareCommand: SessionCommand = {
  name: 'compare',
  usage: '[a b]',
  help: 'The last two explorations, or two kept experiments, side by side, and which differences are real',
  run(args, shell) {
    const [a, b] = twoOf(args, shell);
    shell.showResult(comparison(a, b, shell.look));
  },
};

function twoOf(args: string, shell: PromptShell): [Experiment, Experiment] {
  const ids = args.split(/\s+/).filter((id) => id !== '');
  if (ids.length === 0) {
    const [a, b] = shell.explorations.slice(-2).map(({ experiment }) => experiment);
    if (a !== undefined && b !== undefined) return [a, b];
    throw new InvalidArgumentError(
      'There are no two explorations yet: .explore, then .vary, or name two kept experiments',
    );
  }
  const [first, second] = ids;
  if (first === undefined || second === undefined || ids.length > 2) {
    throw new InvalidArgumentError('Name two experiments, as "gridbook experiments list" shows them');
  }
  using store = openStore();
  return [new Experiment(store.get(first)), new Experiment(store.get(second))];
}

/** Points that differ in nothing else are compared; the curves are drawn in one chart. */
function comparison(a: Experiment, b: Experiment, look: Look): string {
  const columns: TextColumn[] = [
    { heading: 'point', align: 'left' },
    { heading: `a: ${a.data.name}`, align: 'right' },
    { heading: `b: ${b.data.name}`, align: 'right' },
    { heading: 'b over a', align: 'right' },
    { heading: 'differs', align: 'left' },
  ];
  const rows = a.points.flatMap((point) => {
    const key = JSON.stringify([point.params, point.workers]);
    const other = b.points.find(({ params, workers }) => JSON.stringify([params, workers]) === key);
    if (other === undefined) return [];
    const durations = [other, point].map(({ records }) => records.map(({ durationMs }) => durationMs));
    const { ratio, isReal } = compareSamples(durations[0] ?? [], durations[1] ?? []);
    const name = a.definition.splitBy === null ? '' : `${a.definition.splitBy} ${point.params[a.definition.splitBy]}, `;
    return [
      [
        `${name}${point.workers} workers`,
        formatDuration(point.durationMs.median),
        formatDuration(other.durationMs.median),
        ratio === undefined ? '-' : formatRatio(ratio.value),
        isReal ? 'yes' : 'not for certain',
      ],
    ];
  });
  const table =
    rows.length === 0 ? 'They have no point in common.' : cutLines(textTable(columns, rows, look.colors), look);
  try {
    return `${table}\n\n${drawPlot([a, b], 'time', look)}`;
  } catch {
    return table; // they do not go into one chart
  }
}
