// A cluster of machines: leases are asked for at the head, workers are spoken to directly.
//
// Owns: the standing requests and leases of one session, and the connections to its workers.
// Does not own: who gets which worker (the head), reconnection (control-connection.ts).
//
// Invariants:
//   H1. A lease ends once here, by release, kill or loss, and the head is told of every end that did not come from it.
//   H2. A head that is down takes nothing with it: workers that are connected go on; requests are said again when it is back.
//   H3. A worker's connection is its lease: when it is cut, the lease is over, and what ran there runs elsewhere. The
//       head's word on why is waited for only while the worker's daemon is there. Nothing is sent meanwhile.
//   H4. What the worker of a lost lease still says changes nothing, and its answers are counted (late-answers.ts).

import { randomBytes } from 'node:crypto';
import { ClosedError, ConnectionError, ResourceError } from '../errors.ts';
import type { SessionEvent } from '../events.ts';
import type { Channel } from '../protocol/channel.ts';
import { clipped, type HeadToSession } from '../protocol/control-messages.ts';
import type { PeerPlace } from '../protocol/peer-connection.ts';
import { textOf } from '../text-of.ts';
import { CappedCluster, checkCap } from './capped-cluster.ts';
import type { Cluster, LeaseHandle, LeaseRequest, WorkerLease, WorkerLoss } from './cluster.ts';
import { ControlConnection } from './control-connection.ts';
import { HeadActors } from './head-actors.ts';
import { LateAnswers } from './late-answers.ts';
import { findNode, type ObjectPeer } from './objects.ts';
import { SessionObjects } from './objects-session.ts';
import { allWays, connectWorker, type Way, type WorkerConnection } from './worker-connection.ts';

/** How long the head's word on why a worker ended is waited for, once its connection is gone. */
const lossWaitMs = 1000;

/** How long a head may take to welcome a session whose connection it took, in milliseconds. */
const welcomeWaitMs = 5000;

interface Standing {
  readonly number: number;
  readonly request: LeaseRequest;
  demand: number;
  ended: boolean;
}

type Granted = Extract<HeadToSession, { type: 'lease.granted' }>;

class RemoteLease implements WorkerLease {
  readonly id: string;
  readonly worker: string;
  readonly node: string;
  /** The number of the request that it was granted for. */
  readonly request: number;
  readonly #connection: WorkerConnection;
  readonly #cluster: HeadCluster;
  onLost: (loss: WorkerLoss) => void = () => {};
  onRecalled: () => void = () => {};
  onCut: () => void = () => {};
  /** Set when the connection is gone and the reason is awaited. */
  lossTimer: NodeJS.Timeout | undefined;

  constructor({ lease, worker, node, request }: Granted, connection: WorkerConnection, cluster: HeadCluster) {
    this.id = lease;
    this.request = request;
    this.worker = worker;
    this.node = node;
    this.#connection = connection;
    this.#cluster = cluster;
  }

  get channel(): Channel {
    return this.#connection.channel;
  }

  /** Whether the daemon on which the worker depends is seen to be gone; it may take a while, and tell nothing. */
  async isDaemonGone(): Promise<boolean> {
    const { channel, witness, way } = this.#connection;
    if (channel.isPeerSilent) return true;
    if (witness === undefined) return false;
    try {
      await witness();
      return way === 'head' && (await this.#cluster.isNodeAway(this.node));
    } catch {
      return true;
    }
  }

  disconnect(): void {
    clearTimeout(this.lossTimer);
    this.#connection.channel.close();
  }

  /** H4 */
  abandon(late: LateAnswers, onAnswers: (count: number) => void): void {
    clearTimeout(this.lossTimer);
    late.watch(this.#connection.channel, onAnswers);
  }

  release(): void {
    this.#cluster.onReleased(this, 'lease.release');
  }

  kill(): void {
    this.#cluster.onKilled(this);
  }
}

/** Leases workers of a head. Made by `HeadCluster.connect`. */
export class HeadCluster implements Cluster {
  readonly name: string;
  readonly objects: SessionObjects | undefined;
  readonly head: ObjectPeer | undefined;
  readonly actors: HeadActors | undefined;
  readonly #place: PeerPlace;
  readonly #ways: readonly Way[];
  readonly #session = randomBytes(16).toString('hex');
  readonly #control: ControlConnection;
  readonly #standing = new Map<number, Standing>();
  readonly #leases = new Map<string, RemoteLease>();
  /** Leases that were granted and whose workers are being connected to. */
  readonly #connecting = new Map<string, { readonly request: number; isRecalled: boolean }>();
  readonly #late = new LateAnswers();
  readonly #welcomed = Promise.withResolvers<void>();
  /** Called when the head stops for good, if this session has the detached actors. */
  onKeeperEnd: () => void = () => {};
  /** What tasks print is in the daemons' logs; whether it is printed here, too. */
  printsHere = false;
  #requestCount = 0;
  #workersMax = 0;
  #closed = false;
  onEvent: (event: SessionEvent) => void = () => {};

  private constructor(name: string, place: PeerPlace, ways: readonly Way[], label: string) {
    this.name = name;
    this.#ways = ways;
    this.#place = place;
    const head = 'url' in place ? place : undefined;
    this.head = head;
    this.objects = head && new SessionObjects(head, ways);
    this.actors = head && new HeadActors(head, (message) => this.#control.send(message));
    if (this.actors !== undefined) this.actors.onAsking = () => this.#setBusy();
    this.#control = new ControlConnection({
      place,
      hello: () => ({
        type: 'session.hello',
        session: this.#session,
        name: label,
        leases: [
          ...[...this.#leases.values()].map(({ id, request }) => ({ lease: id, request })),
          ...[...this.#connecting].map(([lease, { request }]) => ({ lease, request })),
        ],
      }),
      onMessage: (message) => this.#onMessage(message),
      onCut: (reason) => {
        this.#welcomed.reject(this.#notWelcome(`it closed the connection: ${reason}`));
        this.onEvent({ type: 'head.lost' });
      },
    });
  }

  /**
   * Connects to a head.
   *
   * @param ways - how workers may be reached.
   * @param label - what the session is called in lists.
   * @throws ConnectionError, AuthenticationError or VersionError when it cannot be had.
   */
  static async connect(
    name: string,
    place: PeerPlace,
    ways: readonly Way[] = allWays,
    label = `pid ${process.pid}`,
  ): Promise<HeadCluster> {
    const cluster = new HeadCluster(name, place, ways, label);
    await cluster.#control.open();
    cluster.#control.setBusy(true);
    const why = `it does not welcome the session within ${welcomeWaitMs / 1000} s`;
    const timer = setTimeout(() => cluster.#welcomed.reject(cluster.#notWelcome(why)), welcomeWaitMs);
    try {
      await cluster.#welcomed.promise;
    } catch (error) {
      await cluster.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
    cluster.#control.setBusy(false);
    return cluster;
  }

  #notWelcome(why: string): ConnectionError {
    return new ConnectionError(`Cannot connect to ${this.name}: ${why}`);
  }

  get workersMax(): number {
    return this.#workersMax;
  }

  /** Whether the head can be spoken to now. */
  get isConnected(): boolean {
    return this.#control.isOpen;
  }

  async withWorkers(count: number): Promise<Cluster> {
    const cap = checkCap(count);
    const other = await HeadCluster.connect(this.name, this.#place, this.#ways);
    other.printsHere = this.printsHere;
    return new CappedCluster(other, cap);
  }

  request(request: LeaseRequest): LeaseHandle {
    if (this.#closed) throw new ClosedError('Cannot lease workers: the session is closed');
    const standing: Standing = { number: ++this.#requestCount, request, demand: 0, ended: false };
    this.#standing.set(standing.number, standing);
    this.#sayRequest(standing);
    return {
      setDemand: (count) => {
        if (standing.ended || standing.demand === count) return;
        standing.demand = count;
        this.#control.send({ type: 'lease.demand', request: standing.number, count });
        this.#setBusy();
      },
      end: () => {
        standing.ended = true;
        standing.demand = 0;
        this.#standing.delete(standing.number);
        this.#control.send({ type: 'lease.end', request: standing.number });
        this.#setBusy();
      },
    };
  }

  #setBusy(): void {
    const isWaiting = this.#standing.values().some(({ demand }) => demand > 0);
    this.#control.setBusy(isWaiting || this.actors?.isAsking === true);
  }

  #sayRequest({ number, request, demand }: Standing): void {
    const { resources, exclusive, placement } = request;
    this.#control.send({ type: 'lease.request', request: number, resources, exclusive, placement });
    if (demand > 0) this.#control.send({ type: 'lease.demand', request: number, count: demand });
  }

  #onMessage(message: HeadToSession): void {
    switch (message.type) {
      case 'session.welcome':
        this.#workersMax = message.workersMax;
        for (const lease of message.ended) {
          this.#lose(lease, { reason: 'connection-lost', message: 'the head had given the lease up' });
        }
        for (const standing of this.#standing.values()) this.#sayRequest(standing); // H2
        this.actors?.onWelcome();
        this.onEvent({ type: 'head.found' });
        this.#welcomed.resolve();
        break;
      case 'keeper.end':
        this.onKeeperEnd();
        break;
      case 'actor.claimed':
        this.actors?.onClaimed(message.name, message.error);
        break;
      case 'actor.called':
        void this.actors?.onCalled(message.call);
        break;
      case 'cluster.changed':
        this.#workersMax = message.workersMax;
        for (const { request } of this.#standing.values()) request.onClusterChanged?.();
        break;
      case 'lease.refused': {
        const standing = this.#standing.get(message.request);
        this.#standing.delete(message.request);
        standing?.request.onRefused?.(new ResourceError(message.message));
        this.#setBusy();
        break;
      }
      case 'lease.granted':
        void this.#onGranted(message);
        break;
      case 'lease.recalled': {
        const connecting = this.#connecting.get(message.lease);
        if (connecting === undefined) this.#leases.get(message.lease)?.onRecalled();
        else connecting.isRecalled = true;
        break;
      }
      case 'lease.lost': {
        const { lease, reason, exitCode } = message;
        this.#lose(lease, { reason, message: message.message, ...(exitCode === null ? {} : { exitCode }) });
        break;
      }
    }
  }

  async #onGranted(message: Granted): Promise<void> {
    const { lease: id, place, request } = message;
    if (this.#leases.has(id) || this.#connecting.has(id)) return;
    const connecting = { request, isRecalled: false };
    this.#connecting.set(id, connecting);
    let connection: WorkerConnection;
    try {
      connection = await connectWorker(this.#place, id, place, this.#ways);
    } catch (error) {
      // The head gives another one, elsewhere or later; nothing was sent to this worker.
      if (!this.#connecting.delete(id)) return; // it has ended meanwhile, or we have
      const { worker, node } = message;
      const why = clipped(textOf(error));
      this.#control.send({ type: 'lease.kill', lease: id, unreachable: why });
      this.onEvent({ type: 'worker.unreachable', worker, lease: id, node, message: why });
      return;
    }
    const wanted = this.#connecting.delete(id) && !this.#closed;
    const { channel } = connection;
    const standing = this.#standing.get(request);
    if (!wanted || standing === undefined) {
      channel.close();
      // A head for which the request still stands would grant another one.
      if (standing === undefined) this.#control.send({ type: 'lease.end', request });
      this.#control.send({ type: 'lease.release', lease: id });
      return;
    }
    const lease = new RemoteLease(message, connection, this);
    this.#leases.set(id, lease);
    channel.onClose = (reason) => this.#onCut(lease, reason);
    standing.request.onGranted(lease);
    if (connecting.isRecalled) lease.onRecalled();
  }

  /** H3 */
  #onCut(lease: RemoteLease, reason: string): void {
    if (!this.#leases.has(lease.id) || lease.lossTimer !== undefined) return;
    const lost = `the connection to worker ${lease.worker} was lost: ${reason}`;
    const end = (loss: WorkerLoss): void => {
      if (!this.#leases.has(lease.id)) return;
      this.#control.send({ type: 'lease.kill', lease: lease.id }); // H1
      this.#lose(lease.id, loss);
    };
    lease.onCut(); // H3
    lease.lossTimer = setTimeout(() => end({ reason: 'connection-lost', message: lost }), lossWaitMs);
    void lease.isDaemonGone().then((isGone) => {
      if (isGone) end({ reason: 'node-died', message: `${lost}, and its daemon does not answer` });
    });
  }

  #lose(id: string, loss: WorkerLoss): void {
    this.#connecting.delete(id);
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    this.#leases.delete(id);
    const { worker } = lease;
    lease.abandon(this.#late, (count) => this.onEvent({ type: 'answers.dropped', worker, lease: id, count }));
    lease.onLost(loss);
  }

  /** Whether the head has lost a node, by which it passes connections on. */
  async isNodeAway(node: string): Promise<boolean> {
    const place = this.#place;
    return 'url' in place && (await findNode(place, node)) === undefined;
  }

  /** The session gives a worker back, or wants it ended. */
  onReleased(lease: RemoteLease, type: 'lease.release' | 'lease.kill'): void {
    if (!this.#leases.delete(lease.id)) return; // H1
    lease.disconnect();
    this.#control.send({ type, lease: lease.id });
  }

  /** The session wants a worker ended; its tasks need not wait until it is. */
  onKilled(lease: RemoteLease): void {
    if (!this.#leases.has(lease.id)) return;
    this.onReleased(lease, 'lease.kill');
    lease.onLost({ reason: 'killed', message: `worker ${lease.worker} was killed` });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#standing.clear();
    this.#connecting.clear();
    this.objects?.close();
    this.actors?.close();
    for (const lease of [...this.#leases.values()]) this.onReleased(lease, 'lease.release');
    this.#late.close();
    await this.#control.close();
  }
}
