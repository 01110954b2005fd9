// What the head's scheduler keeps, and what it is told and says: records without behaviour.

import type { Placement, Resources, WorkerDeathReason } from '../../sdk/internal.ts';
import { type Amounts, amountsHad, type MutableAmounts } from './amounts.ts';

/** What gets no workers for a while, because those before were of no use. */
export interface Resting {
  /** How many in a row were of no use. */
  failures: number;
  restsUntil: number | undefined;
}

export interface ClusterNode extends Resting {
  readonly id: string;
  readonly incarnation: string;
  /** The incarnations before this one, the latest last: their late words are known by them. */
  readonly earlier: readonly string[];
  readonly total: Amounts;
  readonly labels: Readonly<Record<string, string>>;
  readonly used: MutableAmounts;
  readonly leases: Set<Lease>;
  /** When it is lost, if it does not come back before; undefined while it is connected. */
  awayUntil: number | undefined;
  /** It is about to end, and gets no more leases. */
  isLeaving: boolean;
}

export interface HeadSession {
  readonly id: string;
  /** False when only a node has spoken of it: a new head waits for its hello. */
  greeted: boolean;
  /** When it is closed, if it does not come back before; undefined while it is connected. */
  awayUntil: number | undefined;
  readonly requests: Map<number, StandingRequest>;
  readonly leases: Set<Lease>;
  /** Leases that it says it has, on nodes that are not back yet; each with the number of its request, if it said so. */
  readonly claims: Map<string, number | undefined>;
  /** Nodes whose workers it could not reach when it last tried. */
  readonly unreachable: Map<ClusterNode, Resting>;
}

export interface StandingRequest {
  readonly session: HeadSession;
  readonly number: number;
  readonly resources: Resources;
  readonly amounts: Amounts;
  readonly exclusive: boolean;
  readonly placement: Placement;
  /** 0 once it has ended. */
  demand: number;
  readonly leases: Set<Lease>;
}

export interface Lease {
  readonly id: string;
  readonly session: HeadSession;
  readonly node: ClusterNode;
  readonly amounts: Amounts;
  state: 'starting' | 'granted';
  recalled: boolean;
  /** Undefined while it is not known which: until a session that came back has made its requests again. */
  request: StandingRequest | undefined;
  requestNumber: number | undefined;
  exclusive: boolean | undefined;
  /** Its name; empty until it is ready. */
  worker: string;
  /** The scheduler's era when it was started; 0 for one of another head. */
  readonly era: number;
}

/** A node as it introduces itself. */
export interface JoiningNode {
  readonly node: string;
  readonly incarnation: string;
  readonly resources: Resources;
  readonly labels: Readonly<Record<string, string>>;
  /** The leases whose workers it runs. */
  readonly leases: readonly {
    readonly lease: string;
    readonly session: string;
    readonly resources: Resources;
    readonly worker: string;
  }[];
  /** The sessions of which it keeps something. */
  readonly sessions: readonly string[];
}

/** A session as it introduces itself. */
export interface OpeningSession {
  readonly session: string;
  /**
   * The leases that it has. Without the number of its request, a lease is counted for the first request with the same
   * resources, which may be the wrong one of several.
   */
  readonly leases: readonly { readonly lease: string; readonly request?: number }[];
}

export interface RequestTerms {
  readonly resources: Resources;
  readonly exclusive: boolean;
  readonly placement: Placement;
}

/** Why a worker ended. */
export interface WorkerEnd {
  readonly reason: WorkerDeathReason;
  readonly message: string;
  readonly exitCode: number | null;
}

export interface LeaseSchedulerOptions {
  /** Makes the id of a lease; never the same one twice, also after a restart. */
  readonly createLeaseId: () => string;
  /** When the head started. */
  readonly now: number;
  /** How long a node may be away before its leases are lost. @default 60_000 */
  readonly nodeGraceMs?: number;
  /**
   * How long a session may be away before its leases are taken from it: with the 4.75 to 5.25 s after which silence counts
   * as an end, more than the 8 s for which a session may stand still and less than 10 s. @default 4_000
   */
  readonly sessionGraceMs?: number;
  /** The same for one whose end was seen: a process that lives connects again at once. @default 500 */
  readonly sessionCutGraceMs?: number;
  /**
   * How long a new head waits for a session of which a node speaks. One attempt of a session to connect takes up to 5 s
   * where nobody answers, and it waits up to 2 s before the next. @default 10_000
   */
  readonly sessionReturnMs?: number;
  /** How many leases a node has at most, whatever they take. @default 1024 */
  readonly nodeLeasesMax?: number;
}

/** What holds where a scheduler is not told otherwise. */
export const schedulerDefaults = {
  nodeGraceMs: 60_000,
  sessionGraceMs: 4_000,
  sessionCutGraceMs: 500,
  sessionReturnMs: 10_000,
  nodeLeasesMax: 1024,
} as const satisfies Partial<LeaseSchedulerOptions>;

/** What is to be said, named as in the protocol. Effects go to peers that are connected, and to no others. */
export type LeaseEffect =
  /** `ended`, `endedSessions`: of the leases and sessions that the node named, those that are over. */
  | { type: 'node.welcome'; node: string; ended: string[]; endedSessions: string[] }
  /** `exclusive`: only a worker that nobody has used may serve it. */
  | {
      type: 'worker.start';
      node: string;
      lease: string;
      session: string;
      resources: Resources;
      exclusive: boolean;
    }
  | { type: 'worker.stop'; node: string; lease: string; force: boolean }
  /** `ended`: of the leases that the session named, those that it has no more. */
  | { type: 'session.welcome'; session: string; workersMax: number; ended: string[] }
  | {
      type: 'lease.granted';
      session: string;
      request: number;
      lease: string;
      node: string;
      worker: string;
      socket: string;
    }
  | ({ type: 'lease.lost'; session: string; lease: string } & WorkerEnd)
  | { type: 'lease.recalled'; session: string; lease: string }
  | { type: 'lease.refused'; session: string; request: number; message: string }
  /** For all nodes: nothing of it is needed any more. */
  | { type: 'session.ended'; session: string }
  /** For all sessions. */
  | { type: 'cluster.changed'; workersMax: number };

export function newSession(id: string, awayUntil: number | undefined): HeadSession {
  const [requests, leases, claims, unreachable] = [new Map(), new Set<Lease>(), new Map(), new Map()];
  return { id, greeted: false, awayUntil, requests, leases, claims, unreachable };
}

/** So many incarnations of a node are known that came before the present one. */
const earlierMax = 100;

/** @param before - the node of this name that it takes the place of. */
export function newNode(joining: JoiningNode, before: ClusterNode | undefined, leasesMax: number): ClusterNode {
  const earlier = before === undefined ? [] : [...before.earlier, before.incarnation];
  return {
    id: joining.node,
    incarnation: joining.incarnation,
    earlier: earlier.filter((incarnation) => incarnation !== joining.incarnation).slice(-earlierMax),
    total: amountsHad(joining.resources, leasesMax),
    labels: joining.labels,
    used: new Map(),
    leases: new Set(),
    awayUntil: undefined,
    isLeaving: false,
    failures: 0,
    restsUntil: undefined,
  };
}

/** The end of a lease whose worker did not say why. */
export function lost(reason: WorkerEnd['reason'], message: string): WorkerEnd {
  return { reason, message, exitCode: null };
}

/** How much there is of everything. */
export function countsOf(
  nodes: readonly ClusterNode[],
  sessions: readonly HeadSession[],
): Record<'nodes' | 'sessions' | 'requests' | 'claims' | 'used', number> {
  const counts = { nodes: nodes.length, sessions: sessions.length, requests: 0, claims: 0, used: 0 };
  for (const { requests, claims } of sessions) {
    counts.requests += requests.size;
    counts.claims += claims.size;
  }
  for (const { used, leases } of nodes) counts.used += used.size + leases.size;
  return counts;
}
