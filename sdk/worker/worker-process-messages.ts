// What a worker process and the daemon that started it say to each other, in lines of JSON (json-lines.ts).
//
// The daemon checks what comes, for users' functions run in the process; the process checks what it is told.

import type { ObjectPlace } from '../cluster/object-place.ts';
import type { WorkerStore } from '../cluster/objects-worker.ts';

/** Where the daemon puts the pipe of these messages among the descriptors of the process. */
export const parentDescriptor = 3;

/** What the daemon says. */
export type ParentToWorker =
  /** Be there for the one connection of a lease, at this Unix socket. */
  | { type: 'lease.serve'; socket: string; store?: WorkerStore | undefined }
  /** An object that the process asked for is in the node's store, or cannot be had because of this. */
  | { type: 'object.brought'; request: number; error: string | null; isLost: boolean }
  /** The lease is over and nobody has connected. */
  | { type: 'lease.forgo' }
  /** End when what runs has answered, and begin nothing more. */
  | { type: 'worker.leave' };

/** What the process says. */
export type WorkerToParent =
  | { type: 'lease.served'; socket: string }
  | { type: 'lease.connected'; socket: string }
  /** The connection was closed by intent, or was never made: the process is as good as new for the same session. */
  | { type: 'lease.ended'; socket: string }
  /** It has written an object into the node's store. */
  | { type: 'object.made'; place: ObjectPlace }
  /** It needs an object of another node. */
  | { type: 'object.bring'; request: number; place: ObjectPlace }
  /** The process ends by itself because of this. */
  | { type: 'worker.ending'; reason: 'connection-lost' | 'uncaught-error'; message: string };

/** What the daemon said; undefined for anything else. */
export function asParentMessage(value: unknown): ParentToWorker | undefined {
  if (typeof value !== 'object' || value === null || !('type' in value)) return undefined;
  if (value.type === 'lease.forgo' || value.type === 'worker.leave') return { type: value.type };
  if (value.type === 'object.brought') {
    if (!('request' in value) || typeof value.request !== 'number') return undefined;
    const error = 'error' in value && typeof value.error === 'string' ? value.error : null;
    return { type: value.type, request: value.request, error, isLost: 'isLost' in value && value.isLost === true };
  }
  if (value.type !== 'lease.serve' || !('socket' in value) || typeof value.socket !== 'string') return undefined;
  return { type: value.type, socket: value.socket, store: 'store' in value ? asStore(value.store) : undefined };
}

function asStore(value: unknown): WorkerStore | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { node, session, directories, roomPath }: Record<string, unknown> = { ...value };
  if (typeof node !== 'string' || typeof session !== 'string' || typeof roomPath !== 'string') return undefined;
  if (!Array.isArray(directories)) return undefined;
  return { node, session, roomPath, directories: directories.filter((path) => typeof path === 'string') };
}
