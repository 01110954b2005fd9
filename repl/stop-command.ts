// `gridbook stop`: stops daemons of this user on this machine.

import { stopDaemon } from '../daemon/index.ts';
import { reportingFailure } from './command-failure.ts';
import type { StopCommandOptions } from './daemon-options.ts';
import { exitStatus } from './exit-status.ts';

/** Runs the command; gives its exit status. */
export function stopCommand(options: StopCommandOptions): Promise<number> {
  return reportingFailure(async () => {
    for (const { url, pid, wasKilled } of await stopDaemon(options)) {
      process.stdout.write(`${wasKilled ? 'Killed' : 'Stopped'} ${url}, process ${pid}\n`);
    }
    return exitStatus.done;
  });
}
