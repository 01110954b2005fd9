// `.vary`: the latest exploration again with one thing changed, both curves in one chart.

import { InvalidArgumentError, plotOf } from '../../sdk/index.ts';
import type { SessionCommand } from './command.ts';
import { type ExplorationPlan, type PlanPart, planParts } from './exploration.ts';
import { showExploration } from './explore-command.ts';
import { drawPlot } from './plot-drawn.ts';

export const varyCommand: SessionCommand = {
  name: 'vary',
  usage: 'pcNum 1..1e5:log',
  help: 'Measures what was explored last again, with one thing changed, and draws both curves',
  takes: planParts,
  async run(args, shell, signal) {
    const before = shell.explorations.at(-1);
    if (before === undefined) throw new InvalidArgumentError('Nothing was explored yet: begin with .explore');
    const plan = changed(before.plan, args);
    await showExploration('.vary', plan, shell, signal);
    const after = shell.explorations.at(-1);
    if (after === undefined) return;
    const both = [before.experiment, after.experiment];
    try {
      plotOf(both, 'time');
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      shell.note(`They do not go into one chart: ${error.message}`);
      return;
    }
    shell.showResult(drawPlot(both, 'time', shell.look));
  },
};

/** A plan with one part changed: `pcNum 1..1e5:log`. @throws InvalidArgumentError when there is no such part. */
export function changed(plan: ExplorationPlan, args: string): ExplorationPlan {
  const [, name = '', value = ''] = /^(\S+?)[\s=]+(.+)$/.exec(args) ?? [];
  const wanted = name.replace(/^--/, '').replace(/[-_]/g, '').toLowerCase();
  const part = planParts.find((one: PlanPart) => one.toLowerCase() === wanted);
  if (part !== undefined) return { ...plan, [part]: value.trim() };
  throw new InvalidArgumentError(
    `Say what changes, one of ${planParts.join(', ')}, and its values: .vary pcNum 1..1e5:log`,
  );
}
