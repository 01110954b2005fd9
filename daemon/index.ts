/**
 * What `import … from 'gridbook/daemon'` gives: starting, stopping and asking daemons, of which a cluster is made.
 *
 * @module gridbook/daemon
 */

export { logLevels } from './config.ts';
export { runDaemonHere, type StartedDaemon, type StartOptions, startDaemon } from './start.ts';
export {
  type ActorStatus,
  type DaemonProcessStatus,
  type DaemonStatus,
  daemonStatus,
  type FailureStatus,
  type HeadNodeStatus,
  type HeadStatus,
  type MachineLoad,
  type NodeStatus,
  type SessionStatus,
} from './status.ts';
export { type StopOptions, type StoppedDaemon, stopDaemon } from './stop.ts';
