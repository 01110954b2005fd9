// `.compare with …`: the computation that was explored last, measured on others beside this session.

import { type CompareParameters, compareWith, InvalidArgumentError, type PeerComparison } from '../../sdk/index.ts';
import { codeOfGrid, type ExplorationPlan, valuesOf } from './exploration.ts';
import { cutLines, type Look, styled, wrapLines } from './look.ts';
import type { PromptShell } from './prompt-shell.ts';

/** What completion offers. */
export const peersOffered: readonly string[] = ['baseline', 'baseline-js', 'numpy', 'piscina', 'ray'];

const repeats = 3;
const pointBudgetMs = 5000;
/** Where nothing was explored yet. */
const planOtherwise: Pick<ExplorationPlan, 'matrixSize' | 'totalCount' | 'pcNum'> = {
  matrixSize: '10',
  totalCount: '1e6',
  pcNum: '1,10,1000',
};

/** Measures and shows it; it is then in scope, and a cell of what is saved. @throws InvalidArgumentError for unknown peers. */
export async function compareWithPeers(names: string, shell: PromptShell, signal: AbortSignal): Promise<void> {
  const peers = names.split(/[\s,]+/).filter((name) => name !== '');
  if (peers.length === 0) {
    throw new InvalidArgumentError(`Say with whom, separated by commas: ${peersOffered.join(', ')}`);
  }
  const { matrixSize, totalCount, pcNum } = shell.explorations.at(-1)?.plan ?? planOtherwise;
  const plan = { matrixSize, totalCount, pcNum };
  const parameters: CompareParameters = {
    matrixSize: valuesOf('matrixSize', matrixSize),
    totalCount: valuesOf('totalCount', totalCount),
    pcNum: valuesOf('pcNum', pcNum),
  };
  let progress = 'starting';
  const { look } = shell;
  shell.showRunning(() => styled(look, 'dim', `[${progress}${look.width >= 70 ? ', Ctrl-C ends it here' : ''}] `));
  const comparison = await compareWith(shell.connection.session, parameters, {
    peers,
    repeats,
    pointBudgetMs,
    signal,
    onProgress: (share, what) => {
      progress = `${Math.floor(share * 100)} %  ${what}`;
    },
  });
  if (comparison.rows.length === 0 && signal.aborted)
    throw new InvalidArgumentError('Interrupted before the first point was measured');
  shell.cells.names.give('comparison', comparison);
  shell.cells.noteDone(`.compare with ${peers.join(',')}`, codeOf(plan, peers), comparison);
  shell.showResult(`${showComparison(comparison, shell.look)}\nIn scope as comparison.`);
}

/** A cell that measures the same. */
function codeOf(plan: Parameters<typeof codeOfGrid>[0], peers: readonly string[]): string {
  const options = `{ peers: ${JSON.stringify(peers)}, repeats: ${repeats}, pointBudgetMs: ${pointBudgetMs} }`;
  return `const comparison = await compareWith(session, ${codeOfGrid(plan)}, ${options});\nconsole.log(comparison.table());`;
}

/** Who took how long, as a table and as charts as wide as the window. */
export function showComparison(comparison: PeerComparison, look: Look): string {
  const { colors: colour, unicode } = look;
  const plots = comparison.plots.map((plot) => plot.toText({ width: look.width - 1, height: 16, colour, unicode }));
  const [table = '', ...said] = comparison.table({ width: Math.max(20, look.width - 1), styled: colour }).split('\n\n');
  return [cutLines(table, look), ...said.map((text) => wrapLines(text, look)), ...plots].join('\n\n');
}

/** Whether a value is what `compareWith` gives. */
export function isPeerComparison(value: unknown): value is PeerComparison {
  return (
    typeof value === 'object' &&
    value !== null &&
    'rows' in value &&
    'absences' in value &&
    'plots' in value &&
    'table' in value &&
    typeof value.table === 'function'
  );
}
