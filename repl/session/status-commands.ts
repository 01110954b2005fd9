// `.status`, `.nodes`, `.timings`: how the cluster and the session are.

import { memoryUsage } from 'node:process';
import type { DaemonStatus } from '../../daemon/index.ts';
import { formatBytes, formatCount } from '../../sdk/index.ts';
import { nodesReport, statusReport } from '../status-report.ts';
import type { SessionCommand } from './command.ts';
import { aboutSession } from './connection.ts';
import { unlessInterrupted } from './interruptible.ts';
import { cutLines } from './look.ts';
import type { PromptShell } from './prompt-shell.ts';
import { showTimings } from './values-shown.ts';

function aboutThreads(shell: PromptShell): string {
  const { leased, session } = shell.connection;
  const { tasks } = session.timings();
  return (
    `${aboutSession(session)}: ${leased} leased now, ${formatCount(tasks)} tasks settled, ` +
    `${formatBytes(memoryUsage().rss)} of memory`
  );
}

/** The daemon's room is half of all code, and the first prompt does not wait for it. */
async function statusOf(address: string, signal: AbortSignal): Promise<DaemonStatus> {
  const { daemonStatus } = await import('../../daemon/index.ts');
  return unlessInterrupted(daemonStatus(address), signal);
}

export const statusCommand: SessionCommand = {
  name: 'status',
  usage: '',
  help: 'Nodes, workers, sessions and recent failures',
  async run(_args, shell, signal) {
    const { address } = shell.connection;
    if (address === undefined) {
      shell.note(aboutThreads(shell));
      return;
    }
    const report = statusReport(await statusOf(address, signal), shell.look.colors);
    shell.showResult(cutLines(report.trimEnd(), shell.look));
  },
};

export const nodesCommand: SessionCommand = {
  name: 'nodes',
  usage: '',
  help: 'The nodes, what they have and how busy they are',
  async run(_args, shell, signal) {
    const { address } = shell.connection;
    if (address === undefined) {
      shell.note(`One node, this process: ${aboutThreads(shell)}`);
      return;
    }
    shell.showResult(cutLines(nodesReport(await statusOf(address, signal), shell.look.colors), shell.look));
  },
};

export const timingsCommand: SessionCommand = {
  name: 'timings',
  usage: '',
  help: 'Where the time of the tasks of this session went',
  run(_args, shell) {
    shell.showResult(showTimings(shell.connection.session.timings(), shell.look));
  },
};
