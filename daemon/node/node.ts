// A node: the worker processes of one machine, started, watched and ended as the head says.
//
// Owns: the leases whose workers run here, the pipe to them, what the head is told. Does not own: who gets a lease (the
//   head), processes (worker-stock.ts, worker-process.ts), the way to the head (head-connection.ts).
// Callers: the daemon.
//
// Invariants:
//   N1. A lease is held by one process, and a process holds at most one lease. The head is told of each lease's end once,
//       unless the head ended it.
//   N2. A worker is kept for its session only when the head gave the lease back, the session had closed its connection by
//       intent, or was not told yet where to connect to, and is not over; otherwise the process ends.
//   N3. A lease without a connection of its session ends after `sessionWaitMs`, also when no head says so.
//   N4. A head that is away takes nothing with it: leases go on, and what it missed is told when it is back.
//   N5. What the system refuses, such as a directory or a process, costs the lease or the object that it was for.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from 'pino';
import {
  type HeadToNode,
  type NodeToHead,
  namedSessionsMax,
  ObjectLostError,
  type Resources,
  type WorkerStore,
} from '../../sdk/internal.ts';
import { refuseUpgrade } from '../answers.ts';
import type { PipeRoute, Route, Service } from '../service.ts';
import type { HeadConnection } from './head-connection.ts';
import { availableBytes, CpuLoad, memoryBytes } from './machine.ts';
import type { ObjectStore } from './object-store.ts';
import type { ObjectMessage } from './object-store-messages.ts';
import { objectRoutes } from './object-store-routes.ts';
import { startFailure, type WorkerLoss } from './worker-death.ts';
import type { WorkerMessage } from './worker-messages.ts';
import { WorkerPipes } from './worker-pipe.ts';
import type { WorkerProcess } from './worker-process.ts';
import { WorkerStock } from './worker-stock.ts';
import { WorkerWatch } from './worker-watch.ts';

const loadMs = 1000;
const sessionWaitDefaultMs = 10_000;
/** How long a worker may take to be there for a lease, in milliseconds. */
const serveWaitMs = 30_000;
/** How long the end of a connection is waited for whose lease was given back, in milliseconds. */
const settleMs = 1000;
/** What a worker gets to end by itself that is not killed, in milliseconds. */
const graceMs = 1000;
/** So many ends of leases are kept for a head that is away. */
const untoldMax = 10_000;

export interface NodeOptions {
  readonly name: string;
  /** New each time the daemon starts. */
  readonly incarnation: string;
  /** `host:port`; null when it cannot be reached from elsewhere. */
  readonly address: string | null;
  readonly fingerprint: string | null;
  readonly resources: Resources;
  readonly labels: Readonly<Record<string, string>>;
  /** A directory that only this user can enter, for the workers' sockets. */
  readonly socketsPath: string;
  /** Where large results stay; without one they travel with their answers. It is closed with the node. */
  readonly objects?: ObjectStore | undefined;
  readonly head: HeadConnection;
  readonly log: Logger;
  /** The limit of each worker's JavaScript heap, in bytes. @default Node's own */
  readonly heapBytesMax?: number | undefined;
  /** How much memory all workers may have together, in bytes. @default what the machine has */
  readonly memoryBytesMax?: number | undefined;
  /** How many processes are kept ready that nobody has used. @default 2 */
  readonly spares?: number | undefined;
  /** The environment of workers; variables of Gridbook's own are left out. @default that of this process */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** How long a lease waits for its session's connection, in milliseconds. @default 10000 */
  readonly sessionWaitMs?: number | undefined;
}

/** A lease and the process that holds it. */
interface Held {
  readonly lease: string;
  readonly session: string;
  readonly resources: Resources;
  readonly worker: WorkerProcess;
  readonly socket: string;
  connection: 'starting' | 'awaited' | 'open' | 'ended';
  /** The head gave it back; the worker is kept or ended when the connection is over. */
  isGivenBack: boolean;
  isSessionOver: boolean;
  timer: NodeJS.Timeout | undefined;
}

type WorkerLost = Extract<NodeToHead, { type: 'worker.lost' }>;

export class Node implements Service {
  readonly #options: NodeOptions;
  readonly #leases = new Map<string, Held>();
  readonly #heldBy = new Map<WorkerProcess, Held>();
  readonly #stock: WorkerStock;
  readonly #watch: WorkerWatch;
  readonly #pipes = new WorkerPipes();
  readonly #cpu = new CpuLoad();
  readonly #loadTimer: NodeJS.Timeout;
  /** Leases that ended while the head was away (N4). */
  readonly #untold = new Map<string, { held: Held; message: WorkerLost }>();
  #isHeadThere = false;
  #closed: Promise<void> | undefined;
  /** The way to a worker. */
  readonly pipe: PipeRoute;
  readonly routes: readonly Route[];

  constructor(options: NodeOptions) {
    this.#options = options;
    this.#watch = new WorkerWatch({ memoryBytesMax: options.memoryBytesMax, workers: () => this.#stock.all });
    this.#stock = new WorkerStock({
      node: options.name,
      log: options.log,
      heapBytesMax: options.heapBytesMax,
      env: options.env ?? process.env,
      spares: options.spares ?? 2,
      onMessage: (worker, message) => this.#onWorkerMessage(worker, message),
      onObjectMessage: (worker, message) => {
        this.#onObjectMessage(worker, message).catch((error: unknown) =>
          options.log.error({ err: error }, 'what a worker said of an object could not be carried out'),
        ); // N5
      },
      onEnd: (worker, loss) => this.#onWorkerEnd(worker, loss),
      onStarted: () => this.#watch.start(),
    });
    this.pipe = {
      type: 'pipe',
      path: '/v1/worker/:lease',
      onUpgrade: (request, socket, head, params) => {
        const held = this.#leases.get(params['lease'] ?? '');
        if (held === undefined) refuseUpgrade(socket, 404, { error: 'this node has no such lease' });
        else this.#pipes.pipe(held.socket, request, socket, head);
      },
    };
    this.routes = [this.pipe, ...(options.objects === undefined ? [] : objectRoutes(options.objects))];
    const { head } = options;
    head.onOpen = () => this.#onHeadOpen();
    head.onClose = () => {
      this.#isHeadThere = false;
    };
    head.onMessage = (message) => this.#onHeadMessage(message);
    this.#loadTimer = setInterval(() => this.#tellLoad(), loadMs);
    head.start();
  }

  status(): Record<string, unknown> {
    const { name, incarnation } = this.#options;
    const { all, warm, spare } = this.#stock.counts;
    return {
      name,
      incarnation,
      headConnected: this.#isHeadThere,
      leases: this.#leases.size,
      workers: all,
      warm,
      spare,
      pipes: this.#pipes.size,
      ...(this.#options.objects === undefined ? {} : { objects: this.#options.objects.status }),
    };
  }

  #onHeadOpen(): void {
    this.#isHeadThere = true;
    const { name, incarnation, address, fingerprint, resources, labels, head, objects } = this.#options;
    // Leases that ended meanwhile are among them: the head is told right after, with the reason.
    const held = [...[...this.#untold.values()].map((untold) => untold.held), ...this.#leases.values()];
    head.send({
      type: 'node.hello',
      node: name,
      incarnation,
      address,
      fingerprint,
      resources,
      labels,
      leases: held.map((h) => ({
        lease: h.lease,
        session: h.session,
        resources: h.resources,
        worker: h.worker.name,
        socket: h.socket,
      })),
      sessions: [...(objects?.sessions ?? [])].slice(0, namedSessionsMax),
      ...(objects === undefined ? {} : { objects: [...objects.directories] }),
    });
    for (const { message } of this.#untold.values()) head.send(message);
    this.#untold.clear();
    if (this.#closed !== undefined) head.send({ type: 'node.leaving' });
    this.#tellLoad();
  }

  #tellLoad(): void {
    const cpu = this.#cpu.measure();
    if (!this.#isHeadThere) return;
    const bytes = memoryBytes();
    const memoryUsedBytes = Math.max(0, bytes - availableBytes());
    this.#options.head.send({ type: 'node.load', cpu, memoryUsedBytes, memoryBytes: bytes });
  }

  #onHeadMessage(message: HeadToNode): void {
    if (message.type === 'node.welcome') {
      for (const lease of message.ended) this.#onStop(lease, true);
      for (const session of message.endedSessions) this.#onSessionEnded(session);
    } else if (message.type === 'worker.start') {
      if (this.#closed === undefined) this.#onStart(message);
    } else if (message.type === 'session.ended') this.#onSessionEnded(message.session);
    else this.#onStop(message.lease, message.force);
  }

  #onSessionEnded(session: string): void {
    this.#options.objects?.removeSession(session);
    // Those whose connections are still being closed are over once these are.
    for (const held of this.#heldBy.values()) held.isSessionOver ||= held.session === session;
    this.#stock.onSessionEnded(session);
  }

  #onStart(message: Extract<HeadToNode, { type: 'worker.start' }>): void {
    const { lease, session, resources, exclusive } = message;
    if (this.#leases.has(lease)) return; // N1
    let worker: WorkerProcess;
    let store: WorkerStore | undefined;
    try {
      store = this.#options.objects?.openFor(session);
      worker = this.#stock.take(session, exclusive);
    } catch (error) {
      this.#options.log.error({ err: error, lease }, 'a lease could not be started');
      const loss = startFailure(`of node ${this.#options.name}`, error);
      this.#options.head.send({ type: 'worker.lost', lease, ...loss }); // N5
      return;
    }
    const socket = join(this.#options.socketsPath, `${randomBytes(9).toString('base64url')}.sock`);
    const held: Held = {
      lease,
      session,
      resources,
      worker,
      socket,
      connection: 'starting',
      isGivenBack: false,
      isSessionOver: false,
      timer: undefined,
    };
    this.#leases.set(lease, held);
    this.#heldBy.set(worker, held);
    this.#setTimer(held, serveWaitMs, () => {
      worker.kill(lossBecause(worker, 'exit', `did not get ready in ${serveWaitMs / 1000} s`));
    });
    worker.serve(socket, store);
  }

  #setTimer(held: Held, ms: number, onTime: () => void): void {
    clearTimeout(held.timer);
    const { connection } = held;
    held.timer = setTimeout(() => {
      // After a stall of this process what it missed is heard first.
      setImmediate(() => {
        if (this.#heldBy.get(held.worker) === held && held.connection === connection) onTime();
      });
    }, ms);
  }

  #onWorkerMessage(worker: WorkerProcess, message: WorkerMessage): void {
    const held = this.#heldBy.get(worker);
    if (held === undefined || message.type === 'worker.ending' || message.socket !== held.socket) return;
    if (message.type === 'lease.served' && held.connection === 'starting') {
      held.connection = 'awaited';
      this.#awaitSession(held);
      const { lease, socket } = held;
      this.#options.head.send({ type: 'worker.ready', lease, worker: worker.name, socket });
    } else if (message.type === 'lease.connected' && held.connection === 'awaited') {
      held.connection = 'open';
      if (!held.isGivenBack) clearTimeout(held.timer); // otherwise it may still not settle (N2)
    } else if (message.type === 'lease.ended') {
      held.connection = 'ended';
      if (held.isGivenBack) this.#keep(held);
      else this.#awaitSession(held);
    }
  }

  async #onObjectMessage(worker: WorkerProcess, message: ObjectMessage): Promise<void> {
    const { objects } = this.#options;
    const session = this.#heldBy.get(worker)?.session;
    if (objects === undefined || session === undefined) return;
    if (message.type === 'object.made') {
      objects.onMade(session, message.place.id);
      return;
    }
    const { request, place } = message;
    try {
      await objects.bring(session, place);
      worker.tell({ type: 'object.brought', request, error: null, isLost: false });
    } catch (cause) {
      const error = cause instanceof Error ? cause.message : String(cause);
      worker.tell({ type: 'object.brought', request, error, isLost: cause instanceof ObjectLostError });
    }
  }

  /** N3 */
  #awaitSession(held: Held): void {
    const waitMs = this.#options.sessionWaitMs ?? sessionWaitDefaultMs;
    this.#setTimer(held, waitMs, () => {
      const why = `had no connection of its session for ${waitMs / 1000} s`;
      void held.worker.end(graceMs, lossBecause(held.worker, 'connection-lost', why));
    });
  }

  #onStop(lease: string, force: boolean): void {
    this.#untold.delete(lease);
    const held = this.#leases.get(lease);
    if (held === undefined) return;
    this.#leases.delete(lease);
    const { worker } = held;
    if (force) {
      worker.kill();
      return;
    }
    held.isGivenBack = true;
    if (held.connection === 'ended') {
      this.#keep(held);
      return;
    }
    if (held.connection === 'starting') {
      // Nobody was told of its socket, so it is clean (N2), and the session's next one while it still starts: otherwise every
      // short demand would start one more.
      worker.forgo();
      this.#keep(held);
      return;
    }
    if (held.connection === 'awaited') worker.forgo();
    // The session closes its connection by another way than the one by which it gives the lease back.
    clearTimeout(held.timer);
    held.timer = setTimeout(() => void worker.end(graceMs), settleMs);
  }

  /** N2 */
  #keep(held: Held): void {
    this.#forget(held);
    if (held.isSessionOver) void held.worker.end(graceMs);
    else this.#stock.putBack(held.worker, held.session);
  }

  #forget(held: Held): void {
    clearTimeout(held.timer);
    this.#heldBy.delete(held.worker);
    if (this.#leases.get(held.lease) === held) this.#leases.delete(held.lease);
  }

  #onWorkerEnd(worker: WorkerProcess, loss: WorkerLoss): void {
    const held = this.#heldBy.get(worker);
    if (held === undefined) return;
    const isHeld = this.#leases.get(held.lease) === held;
    this.#forget(held);
    if (!isHeld) return; // the head ended it (N1)
    const message: WorkerLost = { type: 'worker.lost', lease: held.lease, ...loss };
    if (this.#isHeadThere) this.#options.head.send(message);
    else if (this.#untold.size < untoldMax) this.#untold.set(held.lease, { held, message }); // N4
  }

  close(graceMs: number): Promise<void> {
    if (this.#closed !== undefined) this.#stock.hurry(graceMs);
    this.#closed ??= this.#end(graceMs);
    return this.#closed;
  }

  async #end(graceMs: number): Promise<void> {
    clearInterval(this.#loadTimer);
    this.#options.head.send({ type: 'node.leaving' });
    await this.#stock.close(graceMs, (worker) => lossBecause(worker, 'killed', 'was ended with its daemon'));
    this.#watch.stop();
    this.#pipes.close();
    await this.#options.objects?.close();
    await this.#options.head.close();
  }
}

function lossBecause({ name }: WorkerProcess, reason: WorkerLoss['reason'], why: string): WorkerLoss {
  return { reason, message: `worker ${name} ${why}`, exitCode: null };
}
