// Asks a daemon how it and its parts are.
//
// What the head and the node say of themselves is theirs to shape. What is shown of it is read here with a schema in
// which everything may be missing, so that a status is shown also of a daemon that is half-way up.

import { z } from 'zod';
import { ProtocolError, resolveAddress } from '../sdk/internal.ts';
import { askDaemon } from './control-client.ts';

const nodeStatus = z.looseObject({
  node: z.string(),
  address: z.string().nullish(),
  isHead: z.boolean().optional(),
  resources: z.record(z.string(), z.number()).optional(),
  labels: z.record(z.string(), z.string()).optional(),
  leases: z.number().optional(),
  /** `cpu`: of all cores, from 0 to 1. */
  load: z.object({ cpu: z.number(), memoryUsedBytes: z.number(), memoryBytes: z.number() }).nullish(),
});

const sessionStatus = z.looseObject({
  session: z.string(),
  name: z.string().optional(),
  since: z.string().optional(),
  leases: z.number().optional(),
});

const actorStatus = z.looseObject({ name: z.string(), session: z.string() });

const failureStatus = z.looseObject({ at: z.string().optional(), message: z.string() });

const daemonStatusJson = z.looseObject({
  daemon: z.looseObject({
    pid: z.number(),
    url: z.string(),
    address: z.string(),
    head: z.boolean(),
    incarnation: z.string(),
    startedAt: z.string(),
    state: z.string(),
    uptimeMs: z.number(),
    memoryBytes: z.number(),
    version: z.number(),
  }),
  head: z
    .looseObject({
      nodes: z.array(nodeStatus).optional(),
      sessions: z.array(sessionStatus).optional(),
      actors: z.array(actorStatus).optional(),
      failures: z.array(failureStatus).optional(),
    })
    .optional(),
  node: z
    .looseObject({
      name: z.string().optional(),
      headConnected: z.boolean().optional(),
      leases: z.number().optional(),
      workers: z.number().optional(),
      warm: z.number().optional(),
      spare: z.number().optional(),
    })
    .optional(),
});

/** How a daemon is; what is not known is not there. */
export type DaemonStatus = z.infer<typeof daemonStatusJson>;

/**
 * Asks a daemon how it is.
 *
 * @param address - as `resolveAddress` takes it.
 * @throws ConnectionError, AuthenticationError or VersionError when it cannot be asked.
 */
export async function daemonStatus(address: string): Promise<DaemonStatus> {
  const place = await resolveAddress(address);
  const { json } = await askDaemon(place, { method: 'GET', path: '/v1/status' });
  const { success, data } = daemonStatusJson.safeParse(json);
  if (success) return data;
  throw new ProtocolError(
    `Cannot read the status of ${new URL(place.url).host}: it is not of the form of this version`,
  );
}
