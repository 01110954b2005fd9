// The second door: what the daemon and the tests need of the SDK beside its public names. Not for programs.

export * from './cluster/address.ts';
export type { Resources } from './cluster/cluster.ts';
export * from './cluster/daemon-records.ts';
export * from './cluster/object-place.ts';
export * from './cluster/objects.ts';
export type { WorkerStore } from './cluster/objects-worker.ts';
export { headOf } from './core-of.ts';
export { DeadlineTimer } from './deadline-timer.ts';
export * from './errors.ts';
export * from './home-directory.ts';
export { keeperName } from './keeper-name.ts';
export { makeDirectory } from './make-directory.ts';
export { nowMs } from './protocol/clock.ts';
export * from './protocol/control-messages.ts';
export { Heartbeat } from './protocol/heartbeat.ts';
export type { LeaseId } from './protocol/ids.ts';
export * from './protocol/join-string.ts';
export * from './protocol/json-lines.ts';
export * from './protocol/peer-connection.ts';
export * from './protocol/plain-name.ts';
export type { Session } from './session.ts';
