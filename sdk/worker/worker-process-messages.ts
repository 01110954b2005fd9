// What a worker process and the daemon that started it say to each other, over the channel that Node gives to a child.
//
// The daemon checks what comes, for users' functions run in the process; the process checks what it is told.

/** What the daemon says. */
export type ParentToWorker =
  /** Be there for the one connection of a lease, at this Unix socket. */
  | { type: 'lease.serve'; socket: string }
  /** The lease is over and nobody has connected. */
  | { type: 'lease.forgo' };

/** What the process says. */
export type WorkerToParent =
  | { type: 'lease.served'; socket: string }
  | { type: 'lease.connected'; socket: string }
  /** The connection was closed by intent, or was never made: the process is as good as new for the same session. */
  | { type: 'lease.ended'; socket: string }
  /** The process ends by itself because of this. */
  | { type: 'worker.ending'; reason: 'connection-lost' | 'uncaught-error'; message: string };

/** What the daemon said; undefined for anything else. */
export function asParentMessage(value: unknown): ParentToWorker | undefined {
  if (typeof value !== 'object' || value === null || !('type' in value)) return undefined;
  if (value.type === 'lease.forgo') return { type: value.type };
  if (value.type !== 'lease.serve' || !('socket' in value) || typeof value.socket !== 'string') return undefined;
  return { type: value.type, socket: value.socket };
}
