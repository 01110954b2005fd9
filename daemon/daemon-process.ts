// A process that is a daemon: signals, and errors that nobody handles, which end it and are in its log.

import type { DaemonConfig } from './config.ts';
import { type Daemon, openDaemon } from './daemon.ts';
import { stopGraceMs } from './stop-grace.ts';

/**
 * Runs a daemon until it is told to stop.
 *
 * @param echo - whether log lines go to standard error, too.
 * @param onReady - told once it serves.
 */
export async function runDaemon(config: DaemonConfig, echo: boolean, onReady: (daemon: Daemon) => void): Promise<void> {
  // Tasks inherit the environment, and an address there can hold a token.
  delete process.env['GRIDBOOK_ADDRESS'];
  if (echo) process.stderr.on('error', () => {}); // who looked on may have gone; the file of the log has it all
  const daemon = await openDaemon(config, { echo });
  let signals = 0;
  // Who asks twice does not want to wait.
  const onSignal = (): void => void daemon.stop(signals++ === 0 ? stopGraceMs : 0);
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  const onUncaught = (error: unknown): void => daemon.log.fatal({ err: error }, 'ends by an error that nobody handled');
  process.on('uncaughtExceptionMonitor', onUncaught);
  onReady(daemon);
  await daemon.ended;
  process.off('SIGTERM', onSignal).off('SIGINT', onSignal).off('uncaughtExceptionMonitor', onUncaught);
}
