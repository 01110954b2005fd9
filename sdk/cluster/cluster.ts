// What grants leases. The one thing that differs between threads of this process, machines with daemons, and an
// existing engine; sessions see nothing else of it.

import type { GridbookError, WorkerDeathReason } from '../errors.ts';
import type { SessionEvent } from '../events.ts';
import type { Channel } from '../protocol/channel.ts';
import type { LeaseId } from '../protocol/ids.ts';
import type { ObjectPeer } from './objects.ts';
import type { SessionObjects } from './objects-session.ts';

/** Amounts by name: `cpus`, and whatever else a cluster is told that its nodes have. */
export type Resources = Readonly<Record<string, number>>;

/** Why a lease is over although nobody gave it back. */
export interface WorkerLoss {
  reason: WorkerDeathReason;
  /** One sentence for people. */
  message: string;
  exitCode?: number;
  cause?: unknown;
}

/** The right to use one worker, until it is given back, killed or lost. */
export interface WorkerLease {
  readonly id: LeaseId;
  /** The worker's name, unique in its cluster. */
  readonly worker: string;
  readonly channel: Channel;
  /** Called once when the worker dies by itself or by `kill`; never after `release`. */
  onLost: (loss: WorkerLoss) => void;
  /** Called when others wait for the worker: give it back as soon as it is idle. */
  onRecalled: () => void;
  /** Called when nothing that is sent reaches the worker any more, where it takes a while until `onLost` tells why. */
  onCut: () => void;
  /** Gives the worker back, warm. Nothing may be running on it. */
  release(): void;
  /** Ends the worker, whatever runs on it. */
  kill(): void;
}

/** Which nodes workers may be on, and how they are laid over them. */
export interface Placement {
  /** Only nodes that have all of these. */
  readonly labels: Readonly<Record<string, string>>;
  /** Only this node; null for any. */
  readonly node: string | null;
  readonly strategy: 'pack' | 'spread';
}

/** What makes workers of one kind. */
export interface WorkerTerms {
  /** What each worker takes. */
  readonly resources: Resources;
  readonly placement: Placement;
}

/** A standing request for workers of one kind. */
export interface LeaseRequest extends WorkerTerms {
  /**
   * A worker that nobody used before and nobody will use afterwards, as an actor needs it; never more than one at a
   * time, since an actor's calls may not go to another.
   */
  readonly exclusive: boolean;
  readonly onGranted: (lease: WorkerLease) => void;
  /** Called when it is found that no worker can ever have these resources. */
  readonly onRefused?: (error: GridbookError) => void;
  /** Called when `workersMax` has changed. */
  readonly onClusterChanged?: () => void;
}

/** The handle of a standing request. */
export interface LeaseHandle {
  /** How many workers could be used now; the cluster grants as many as it can, and recalls what is above. */
  setDemand(count: number): void;
  /** Ends the request. Leases that it granted stay until they are given back. */
  end(): void;
}

/** The way to a session that has an actor, or from a session that calls one. */
export interface ActorChannel extends Channel {
  onClose: (reason: string, isClean: boolean) => void;
  close(): void;
}

/** The names of actors in a cluster, and the ways between sessions that call each other's. */
export interface ClusterActors {
  /** Takes a name for an actor of this session. @throws InvalidArgumentError when it is another session's. */
  claim(name: string): Promise<void>;
  release(name: string): void;
  /** Called when a name that was this session's is another one's now. */
  onNameLost: (name: string, message: string) => void;
  /** The way to the session that has an actor. @throws ConnectionError when none has one of that name. */
  open(name: string): Promise<ActorChannel>;
  /** Called with the way from each session that calls an actor of this one. */
  onCaller: (channel: ActorChannel) => void;
}

export interface Cluster {
  /** What the cluster is, for people: `embedded`, or an address. */
  readonly name: string;
  /** How many workers of one cpu it can grant. */
  readonly workersMax: number;
  /** The way to results that stay where they were made; undefined where all come along with their answers. */
  readonly objects?: SessionObjects | undefined;
  /** Where workers are other processes: whether what their tasks print is wanted here. Undefined where threads print it here. */
  readonly printsHere?: boolean | undefined;
  /** Undefined where names are those of the process. */
  readonly actors?: ClusterActors | undefined;
  /** Where there is a head: called for what the session is to tell of it, and of workers that were lost. */
  onEvent?: ((event: SessionEvent) => void) | undefined;
  /**
   * Asks for workers.
   *
   * @throws ResourceError when no worker can ever have these resources, or be there.
   */
  request(request: LeaseRequest): LeaseHandle;
  /**
   * Another cluster of the same kind, of which tasks get so many workers at once, at most; it is closed by itself.
   *
   * @throws InvalidArgumentError when it cannot have so many or so few.
   */
  withWorkers(count: number): Promise<Cluster>;
  /** Where its head is, and what proves each side to the other; undefined where there is none to ask. */
  readonly head?: ObjectPeer | undefined;
  /** Another cluster like it in this process, for an actor that outlives its session; undefined where a keeper has those. */
  openSibling?(): Cluster;
  /**
   * Ends the workers of this process and waits until they are gone; gives back those of a cluster, and waits for a head that
   * answers until it knows.
   */
  close(): Promise<void>;
}
