// `.explore`: asks what to measure, measures it, and says into how many tasks to split.

import { type Experiment, InvalidArgumentError } from '../../sdk/index.ts';
import { leavable } from '../question.ts';
import type { SessionCommand } from './command.ts';
import { showWholeExperiment } from './experiments-shown.ts';
import { checkPlan, codeOf, type ExplorationPlan, explore, type PlanPart, planParts, valuesOf } from './exploration.ts';
import { recallPlan, rememberPlan } from './plan-memory.ts';
import type { PromptShell } from './prompt-shell.ts';

const questions: Readonly<Record<PlanPart, string>> = {
  matrixSize: 'Matrix size',
  totalCount: 'Total count',
  pcNum: 'pc_num, into how many tasks',
  workers: 'Workers',
  repeats: 'Repeats of each point',
};

export const exploreCommand: SessionCommand = {
  name: 'explore',
  usage: '',
  help: 'Asks for matrix size, total count, pc_num, workers and repeats, measures, and says which pc_num is best',
  async run(_args, shell, signal) {
    const first: ExplorationPlan = {
      matrixSize: '10',
      totalCount: '1e6',
      pcNum: '1..1e4:log',
      workers: String(shell.connection.session.workers),
      repeats: '3',
    };
    shell.note('Lists are typed with commas, ranges as 1..8 or 1..1e5:log.');
    shell.note('Between the values of 1..1e5:log more are measured where it is not certain yet.');
    const before = await recallPlan(first);
    const plan = await shell.ownTerminal(() => leavable((left) => ask(before, left), signal));
    await rememberPlan(plan);
    await showExploration('.explore', plan, shell, signal);
  },
};

/** Asks for all parts. Each answer is checked where it is given, also against those before it. */
async function ask(before: ExplorationPlan, signal: AbortSignal): Promise<ExplorationPlan> {
  const { input } = await import('@inquirer/prompts');
  let plan = before;
  for (const part of planParts) {
    const answer = await input(
      {
        message: `${questions[part]}:`,
        default: before[part],
        validate: (text) => problemOf(part, text, plan) ?? true,
      },
      { signal },
    );
    plan = { ...plan, [part]: answer.trim() };
  }
  return plan;
}

function problemOf(part: PlanPart, text: string, plan: ExplorationPlan): string | undefined {
  try {
    valuesOf(part, text);
    // What comes later is asked for later.
    if (part === 'pcNum') checkPlan({ ...plan, pcNum: text });
    return undefined;
  } catch (error) {
    if (error instanceof InvalidArgumentError) return error.message;
    throw error;
  }
}

function nothingMeasured({ data: { failures } }: Experiment, signal: AbortSignal): string {
  if (signal.aborted) return 'Interrupted before the first point was measured';
  const [first] = failures;
  return `Nothing was measured${first === undefined ? '' : `: ${first.message}`}`;
}

/** Measures and shows it; it is then the latest exploration, and a cell of what is saved. */
export async function showExploration(
  command: string,
  plan: ExplorationPlan,
  shell: PromptShell,
  signal: AbortSignal,
): Promise<void> {
  const exploration = await explore(plan, shell, signal);
  const { experiment } = exploration;
  if (experiment.records.length === 0) throw new InvalidArgumentError(nothingMeasured(experiment, signal));
  shell.explorations.push(exploration);
  shell.cells.names.give('experiment', experiment);
  shell.cells.noteDone(command, codeOf(plan), experiment);
  const stopped = signal.aborted ? 'Interrupted: what was measured so far. The same again takes it up here.\n\n' : '';
  shell.showResult(`${stopped}${showWholeExperiment(experiment, shell.look)}\nIn scope as experiment.`);
}
