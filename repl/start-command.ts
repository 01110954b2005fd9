// `gridbook start`: starts a head or a node, and says how it is reached.

import { text } from 'node:stream/consumers';
import { runDaemonHere, type StartedDaemon, type StartOptions, startDaemon } from '../daemon/index.ts';
import { InvalidArgumentError } from '../sdk/index.ts';
import { reportingFailure } from './command-failure.ts';
import type { StartCommandOptions } from './daemon-options.ts';
import { exitStatus } from './exit-status.ts';

/** Runs the command; gives its exit status. */
export function startCommand(options: StartCommandOptions): Promise<number> {
  return reportingFailure(async () => {
    const start = await startOptionsOf(options);
    if (options.foreground) {
      await runDaemonHere(start, (daemon) => process.stdout.write(reportOf(daemon)));
    } else {
      process.stdout.write(reportOf(await startDaemon(start)));
    }
    return exitStatus.done;
  });
}

async function startOptionsOf(options: StartCommandOptions): Promise<StartOptions> {
  const { head = false, address, foreground: _, ...rest } = options;
  if (head === (address !== undefined)) {
    throw new InvalidArgumentError(
      'Say either --head for the first machine, or --address with the join string that "gridbook start --head" printed there',
    );
  }
  if (address !== '-') return { ...rest, join: address };
  const join = (await text(process.stdin)).trim();
  return { ...rest, join };
}

function reportOf({ url, pid, joinString, isLocal, logPath }: StartedDaemon): string {
  const lines = [`${joinString === undefined ? 'Node' : 'Head'} at ${url}, process ${pid}`, `Log: ${logPath}`];
  if (joinString !== undefined) {
    const where = isLocal ? 'Another node on this machine' : 'Each other machine';
    lines.push(
      '',
      'Programs on this machine:',
      '  export GRIDBOOK_ADDRESS=auto',
      `${where}:`,
      // By standard input: arguments are for all users of a machine to see.
      `  echo '${joinString}' | gridbook start --address -`,
      isLocal ? 'Programs with another home directory:' : 'Programs on other machines:',
      `  export GRIDBOOK_ADDRESS='${joinString}'`,
      '',
      'Whoever has these lines can run anything as you here: keep them to yourself.',
    );
    if (isLocal) lines.push('Other machines cannot reach this head: --host 0.0.0.0 lets them, by TLS.');
  }
  return `${lines.join('\n')}\n`;
}
