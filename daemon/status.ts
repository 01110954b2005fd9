// Asks a daemon how it and its parts are.
//
// What the head and the node say of themselves is theirs to shape. What is shown of it is read here with a schema in
// which everything may be missing, so that a status is shown also of a daemon that is half-way up.

import { z } from 'zod';
import { headOf, ProtocolError, resolveAddress, type Session } from '../sdk/internal.ts';
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

const daemonStatusJson: z.ZodType<DaemonStatus> = z.looseObject({
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
export interface DaemonStatus {
  /** The daemon itself. */
  readonly daemon: DaemonProcessStatus;
  /** What it knows as a head; a node alone has none. */
  readonly head?: HeadStatus | undefined;
  /** Its own node, and the workers there. */
  readonly node?: NodeStatus | undefined;
}

/** The process of a daemon. */
export interface DaemonProcessStatus {
  /** Its number. */
  readonly pid: number;
  /** As programs on its machine reach it. */
  readonly url: string;
  /** Host and port as other machines reach it. */
  readonly address: string;
  /** Whether it is a head. */
  readonly head: boolean;
  /** Another one each time that it is started. */
  readonly incarnation: string;
  /** When it was started, as ISO 8601. */
  readonly startedAt: string;
  /** `running`, or `stopping`. */
  readonly state: string;
  /** How long it has been there, in milliseconds. */
  readonly uptimeMs: number;
  /** Its resident memory, in bytes. */
  readonly memoryBytes: number;
  /** The version of the protocol that it speaks. */
  readonly version: number;
}

/** What a head knows. */
export interface HeadStatus {
  /** The nodes, its own among them. */
  readonly nodes?: readonly HeadNodeStatus[] | undefined;
  /** The programs that are connected. */
  readonly sessions?: readonly SessionStatus[] | undefined;
  /** Actors with names, and the sessions that they are of. */
  readonly actors?: readonly ActorStatus[] | undefined;
  /** What went wrong of late, the latest last. */
  readonly failures?: readonly FailureStatus[] | undefined;
}

/** An actor with a name. */
export interface ActorStatus {
  /** By which others find it. */
  readonly name: string;
  /** The id of the session that it is of. */
  readonly session: string;
}

/** Something that went wrong. */
export interface FailureStatus {
  /** When, as ISO 8601. */
  readonly at?: string | undefined;
  /** What it was. */
  readonly message: string;
}

/** A node as its head knows it. */
export interface HeadNodeStatus {
  /** Its name. */
  readonly node: string;
  /** Host and port as others reach it. */
  readonly address?: string | null | undefined;
  /** Whether it is the head's own. */
  readonly isHead?: boolean | undefined;
  /** What it has, by name; `cpus` is how many workers of one cpu run at once. */
  readonly resources?: Readonly<Record<string, number>> | undefined;
  /** The labels that it was started with. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** How many leases are held there. */
  readonly leases?: number | undefined;
  /** How busy the machine is. */
  readonly load?: MachineLoad | null | undefined;
}

/** How busy a machine is. */
export interface MachineLoad {
  /** Of all cores, from 0 to 1. */
  readonly cpu: number;
  /** Memory that is in use, in bytes. */
  readonly memoryUsedBytes: number;
  /** All memory, in bytes. */
  readonly memoryBytes: number;
}

/** A session as its head knows it. */
export interface SessionStatus {
  /** Its id. */
  readonly session: string;
  /** The program, its process and its machine, for people. */
  readonly name?: string | undefined;
  /** Since when, as ISO 8601. */
  readonly since?: string | undefined;
  /** How many leases it holds. */
  readonly leases?: number | undefined;
}

/** A node as it knows itself. */
export interface NodeStatus {
  /** Its name. */
  readonly name?: string | undefined;
  /** Whether it can speak to its head now. */
  readonly headConnected?: boolean | undefined;
  /** How many leases are held there. */
  readonly leases?: number | undefined;
  /** Worker processes. */
  readonly workers?: number | undefined;
  /** Those of them that are kept for sessions that used them before. */
  readonly warm?: number | undefined;
  /** Those of them that nobody has used. */
  readonly spare?: number | undefined;
}

/**
 * Asks a daemon how it and its parts are.
 *
 * @param of - `auto` for the head of this machine, the join string of another one, or a session, for its head.
 * @returns what it says; of a head, its nodes, sessions and actors, too.
 * @throws InvalidArgumentError when it is no address, or the session has no head; ConnectionError, AuthenticationError or
 *   VersionError when it cannot be asked; ProtocolError when it answers in another form.
 * @example
 * ```ts
 * import { daemonStatus, startDaemon, stopDaemon } from 'gridbook/daemon';
 *
 * await startDaemon({ port: 0, workers: 2 });
 * const { head } = await daemonStatus('auto');
 * console.log(head?.nodes?.map(({ resources }) => resources?.cpus)); // prints: [ 2 ]
 * await stopDaemon({ all: true });
 * ```
 */
export async function daemonStatus(of: string | Session): Promise<DaemonStatus> {
  const place = typeof of === 'string' ? await resolveAddress(of) : headOf(of);
  const { json } = await askDaemon(place, { method: 'GET', path: '/v1/status' });
  const { success, data } = daemonStatusJson.safeParse(json);
  if (success) return data;
  throw new ProtocolError(
    `Cannot read the status of ${new URL(place.url).host}: it is not of the form of this version`,
  );
}
