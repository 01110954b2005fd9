// `gridbook status`: shows how a head or a node is, once or again every second.

import { setTimeout as wait } from 'node:timers/promises';
import { type DaemonStatus, daemonStatus } from '../daemon/index.ts';
import { ConnectionError } from '../sdk/index.ts';
import { reportingFailure } from './command-failure.ts';
import type { StatusCommandOptions } from './daemon-options.ts';
import { exitStatus } from './exit-status.ts';
import { statusReport } from './status-report.ts';

const watchMs = 1000;
const clearScreen = '\u001b[2J\u001b[H';

/** Runs the command; gives its exit status. */
export function statusCommand({ address, json = false, watch = false }: StatusCommandOptions): Promise<number> {
  const fromEnvironment = process.env['GRIDBOOK_ADDRESS'];
  const known = fromEnvironment === 'embedded' || fromEnvironment === '' ? undefined : fromEnvironment;
  const asked = address ?? known ?? 'auto';
  return reportingFailure(async () => {
    if (!watch) {
      process.stdout.write(shown(await daemonStatus(asked), json));
      return exitStatus.done;
    }
    const interrupted = new AbortController();
    process.once('SIGINT', () => interrupted.abort());
    // The first answer must come; later a head that is away may come back.
    let text = shown(await daemonStatus(asked), json);
    while (!interrupted.signal.aborted) {
      process.stdout.write(process.stdout.isTTY && !json ? `${clearScreen}${text}` : text);
      await wait(watchMs, undefined, { signal: interrupted.signal }).catch(() => {});
      if (interrupted.signal.aborted) break;
      text = await shownOrAway(asked, json);
    }
    return exitStatus.done;
  });
}

async function shownOrAway(address: string, json: boolean): Promise<string> {
  try {
    return shown(await daemonStatus(address), json);
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    return json ? `${JSON.stringify({ error: error.message })}\n` : `${error.message}\n`;
  }
}

function shown(status: DaemonStatus, json: boolean): string {
  return json ? `${JSON.stringify(status)}\n` : statusReport(status, process.stdout.isTTY);
}
