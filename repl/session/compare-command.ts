// `.compare`: two experiments beside each other, and which of their differences are real; or what was explored last on
// others that compute the same.

import { compareExperiments, Experiment, InvalidArgumentError, openStore } from '../../sdk/index.ts';
import type { SessionCommand } from './command.ts';
import { compareWithPeers, peersOffered } from './compare-peers.ts';
import { cutLines, type Look } from './look.ts';
import { drawPlot } from './plot-drawn.ts';
import type { PromptShell } from './prompt-shell.ts';

export const compareCommand: SessionCommand = {
  name: 'compare',
  usage: '[a b] | with numpy',
  help: 'The last two explorations, or two kept experiments, and which differences are real; or what was explored on others, too',
  takes: ['with', ...peersOffered],
  async run(args, shell, signal) {
    const [, peers] = /^with\b\s*(.*)$/.exec(args) ?? [];
    if (peers !== undefined) {
      await compareWithPeers(peers, shell, signal);
      return;
    }
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

/** The table of both, and both curves in one chart. */
function comparison(a: Experiment, b: Experiment, look: Look): string {
  const table = cutLines(
    compareExperiments(a, b).table({ width: Math.max(20, look.width - 1), styled: look.colors }),
    look,
  );
  try {
    return `${table}\n\n${drawPlot([a, b], 'time', look)}`;
  } catch {
    return table; // they do not go into one chart
  }
}
