// The door of the daemon for the command: starting, stopping and asking daemons.

export { logLevels } from './config.ts';
export { runDaemonHere, type StartedDaemon, type StartOptions, startDaemon } from './start.ts';
export { type DaemonStatus, daemonStatus } from './status.ts';
export { type StopOptions, type StoppedDaemon, stopDaemon } from './stop.ts';
