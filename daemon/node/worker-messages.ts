// What a worker process tells its daemon. Users' functions run in it, so each message is checked.
//
// The other half is in the SDK, beside the entry of the process.

import { z } from 'zod';

const socket = z.string().max(1024);

export const workerMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('lease.served'), socket }),
  z.object({ type: z.literal('lease.connected'), socket }),
  z.object({ type: z.literal('lease.ended'), socket }),
  z.object({
    type: z.literal('worker.ending'),
    reason: z.enum(['connection-lost', 'uncaught-error']),
    message: z.string().max(4000),
  }),
]);

export type WorkerMessage = z.infer<typeof workerMessage>;

/** What a daemon tells a worker process. */
export type DaemonToWorker =
  | { type: 'lease.serve'; socket: string }
  | { type: 'lease.forgo' }
  | { type: 'worker.leave' };
