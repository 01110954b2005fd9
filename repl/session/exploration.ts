// An exploration: markov over what was typed for its parameters, with a chart that grows.
//
// Owns: from what was typed to a sweep, what is shown meanwhile and in the end. Does not own: the questions
//   (explore-command.ts), the sweep (the SDK).

import {
  type Experiment,
  type ExperimentStore,
  formatDuration,
  formatRate,
  InvalidArgumentError,
  openStore,
  parseAxis,
  type RunRecord,
  type SweepProgress,
  sweep,
  workloads,
} from '../../sdk/index.ts';
import { isOpenRange } from '../axis-option.ts';
import { type Look, styled, wrapLines } from './look.ts';
import { drawPlot } from './plot-drawn.ts';
import type { PromptShell } from './prompt-shell.ts';

/** What is measured, as it was typed. */
export interface ExplorationPlan {
  readonly matrixSize: string;
  readonly totalCount: string;
  readonly pcNum: string;
  readonly workers: string;
  readonly repeats: string;
}

export type PlanPart = keyof ExplorationPlan;

export interface Exploration {
  readonly plan: ExplorationPlan;
  readonly experiment: Experiment;
}

const partNames: Readonly<Record<PlanPart, string>> = {
  matrixSize: 'A matrix size',
  totalCount: 'A total count',
  pcNum: 'pc_num',
  workers: 'The number of workers',
  repeats: 'The number of repeats',
};

export const planParts = Object.keys(partNames).filter((name): name is PlanPart => name in partNames);

const most: Readonly<Record<PlanPart, number>> = {
  matrixSize: 4096,
  totalCount: 1e12,
  pcNum: 1e9,
  workers: 512,
  repeats: 1000,
};

/** The values of a part as it was typed. @throws InvalidArgumentError saying what would be right. */
export function valuesOf(part: PlanPart, text: string): number[] {
  if (text.trim() === '') throw new InvalidArgumentError('Give a number, several with commas, or a range: 1..1e5:log');
  const values = parseAxis(text.trim()).map(Number);
  for (const value of values) {
    if (Number.isSafeInteger(value) && value >= 1 && value <= most[part]) continue;
    throw new InvalidArgumentError(`${partNames[part]} is a whole number from 1 to ${most[part]}, not ${value}`);
  }
  if (part === 'repeats' && values.length > 1) throw new InvalidArgumentError('Give one number of repeats');
  return values;
}

/** A cell that measures the same. */
export function codeOf({ repeats, ...grid }: ExplorationPlan): string {
  const refine = isOpenRange(grid.pcNum) ? ', refine: true' : '';
  return `const experiment = await sweep(
  session,
  workloads.markov,
  ${codeOfGrid(grid)},
  { repeats: ${codeOfValues('repeats', repeats)}${refine} },
);
experiment`;
}

/** What was typed for some parts, as an object in code. */
export function codeOfGrid(parts: Partial<ExplorationPlan>): string {
  const fields = planParts.flatMap((part) => {
    const text = parts[part];
    return text === undefined ? [] : [`${part}: ${codeOfValues(part, text)}`];
  });
  return `{ ${fields.join(', ')} }`;
}

function codeOfValues(part: PlanPart, text: string): string {
  const values = valuesOf(part, text);
  return values.length === 1 ? String(values[0]) : `[${values.join(', ')}]`;
}

/** @throws InvalidArgumentError when the parts do not go together. */
export function checkPlan(plan: ExplorationPlan): void {
  for (const part of planParts) valuesOf(part, plan[part]);
  const least = Math.min(...valuesOf('totalCount', plan.totalCount));
  const tooMany = valuesOf('pcNum', plan.pcNum).find((pcNum) => pcNum > least);
  if (tooMany === undefined) return;
  throw new InvalidArgumentError(
    `pc_num ${tooMany} is more than the total count ${least}: a task needs one matrix at least`,
  );
}

/** Measures it, with a chart that grows; gives what there is when it is interrupted. */
export async function explore(plan: ExplorationPlan, shell: PromptShell, signal: AbortSignal): Promise<Exploration> {
  checkPlan(plan);
  const { session } = shell.connection;
  const live = new LiveChart(shell);
  const store = storeOf(shell);
  shell.showRunning(() => live.text());
  try {
    const experiment = await sweep(
      session,
      workloads.markov,
      {
        matrixSize: valuesOf('matrixSize', plan.matrixSize),
        totalCount: valuesOf('totalCount', plan.totalCount),
        pcNum: valuesOf('pcNum', plan.pcNum),
        workers: valuesOf('workers', plan.workers),
      },
      {
        repeats: valuesOf('repeats', plan.repeats)[0],
        refine: isOpenRange(plan.pcNum),
        store,
        signal,
        onProgress: (progress) => live.onProgress(progress),
        onRecord: (record, soFar) => live.onRecord(record, soFar),
      },
    );
    return { plan, experiment };
  } finally {
    store?.close();
  }
}

/** Experiments are kept; where they cannot be, that is said and they are made all the same. */
function storeOf(shell: PromptShell): ExperimentStore | undefined {
  try {
    return openStore();
  } catch (error) {
    shell.note(`Not kept: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/** How far it is, and the points so far. */
class LiveChart {
  readonly #shell: PromptShell;
  #progress: SweepProgress | undefined;
  #latest: RunRecord | undefined;
  #experiment: Experiment | undefined;
  /** As it was drawn, of so many runs. */
  #drawn: { readonly runs: number; readonly width: number; readonly text: string } | undefined;

  constructor(shell: PromptShell) {
    this.#shell = shell;
  }

  onProgress(progress: SweepProgress): void {
    this.#progress = progress;
  }

  onRecord(record: RunRecord, experiment: Experiment): void {
    this.#latest = record;
    this.#experiment = experiment;
  }

  text(): string {
    const { look } = this.#shell;
    const chart = this.#chart(look);
    return [...(chart === '' ? [] : [chart]), ...this.#added(look), this.#line(look), ''].join('\n');
  }

  #chart(look: Look): string {
    const experiment = this.#experiment;
    if (experiment === undefined || experiment.points.length < 2) return '';
    const runs = experiment.records.length;
    if (this.#drawn?.runs !== runs || this.#drawn.width !== look.width) {
      const height = Math.max(5, Math.min(14, this.#shell.screen.rows - 10));
      this.#drawn = { runs, width: look.width, text: drawPlot([experiment], 'time', look, height) };
    }
    return this.#drawn.text;
  }

  /** Why more is measured than was asked for, and what of it now. */
  #added(look: Look): string[] {
    const { current } = this.#progress ?? {};
    if (current?.isAdded !== true) return [];
    const text = `Not certain yet: ${current.label}, between the points, is measured, too`;
    return [styled(look, 'dim', text.slice(0, look.width - 1))];
  }

  #line(look: Look): string {
    const progress = this.#progress;
    if (progress === undefined) return 'Starting workers';
    const { share, runsDone, runsTotal, failures, leftMs, current } = progress;
    const { leased, session } = this.#shell.connection;
    const busy = current.workers === session.workers ? leased : current.workers;
    const facts = [
      `${runsDone} of ${runsTotal} runs`,
      ...(this.#latest === undefined ? [] : [formatRate(this.#latest.throughputPerSecond)]),
      ...(leftMs === undefined ? [] : [`${formatDuration(leftMs)} left`]),
      busy === 1 ? '1 worker busy' : `${busy} workers busy`,
      failures === 1 ? '1 failure' : `${failures} failures`,
    ];
    const text = `${String(Math.floor(share * 100)).padStart(3)} %  ${facts.join(look.unicode ? ' · ' : ', ')}`;
    const barWidth = Math.min(24, look.width - text.length - 2);
    const filled = Math.round(Math.max(0, barWidth) * share);
    const [full, empty] = look.unicode ? ['█', '░'] : ['#', '.'];
    const bar = barWidth < 6 ? '' : `${styled(look, 'cyan', full.repeat(filled))}${empty.repeat(barWidth - filled)} `;
    return wrapLines(`${bar}${text}`, { ...look, width: look.width - 1 });
  }
}
