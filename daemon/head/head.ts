// The head: grants leases of the nodes' workers to sessions. It never sees a task.
//
// Owns: the connections of sessions and nodes, carrying out what the scheduler says. Does not own: who gets what
//   (lease-scheduler.ts), workers (the nodes), the listener.
// Callers: the daemon.
//
// Invariants:
//   E1. The scheduler hears of a peer's newest connection only; an older one is closed first.
//   E2. What a peer says that is not of its protocol closes that peer's connection, and nothing else.
//   E3. A connection that ends with code 1000 was ended by intent: its session, or its node, is gone for good.
//   E5. Effects are carried out before a peer comes or goes: they are for those who were there.
//   E4. What is passed on to a node that is gone is cut: its session cannot see by itself that nobody is there.

import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import {
  controlBytesMax,
  type HeadToNode,
  type HeadToSession,
  type NodePlace,
  type NodeToHead,
  nodeToHead,
  nowMs,
  type SessionToHead,
  sessionToHead,
} from '../../sdk/internal.ts';
import type { LocalNodeConnection } from '../node/head-connection.ts';
import type { PipeRoute, Route, Service } from '../service.ts';
import { ActorDirectory } from './actor-directory.ts';
import { ControlSocket } from './control-socket.ts';
import type { Keeper } from './keeper.ts';
import { LeaseScheduler } from './lease-scheduler.ts';
import { RecentFailures } from './recent-failures.ts';
import { relayUpgrade } from './relay.ts';
import type { LeaseEffect } from './scheduler-state.ts';

export interface HeadOptions {
  readonly log: Logger;
  /** New each time the daemon starts. */
  readonly incarnation: string;
  /** What nodes ask for before they let anyone in. */
  readonly token: string;
  /** Has the detached actors; without one there are none. */
  readonly keeper?: Keeper | undefined;
}

type NodeHello = Extract<NodeToHead, { type: 'node.hello' }>;
type NodeLoad = Extract<NodeToHead, { type: 'node.load' }>;

/** A node's connection, and what it said of itself. */
interface NodePeer {
  readonly hello: NodeHello;
  readonly isLocal: boolean;
  load: NodeLoad | undefined;
  /** Connections of sessions that are passed on to it. */
  readonly relayed: Set<Duplex>;
  send(message: HeadToNode): void;
  close(why: string): void;
}

interface SessionPeer {
  readonly name: string;
  readonly since: number;
  send(message: HeadToSession): void;
  close(why: string): void;
}

export class Head implements Service {
  readonly #options: HeadOptions;
  readonly #scheduler: LeaseScheduler;
  readonly #sessions = new Map<string, SessionPeer>();
  readonly #nodes = new Map<string, NodePeer>();
  readonly #leases = new Map<string, { session: string; node: string; worker: string }>();
  readonly #failures = new RecentFailures();
  readonly #actors: ActorDirectory;
  /** Sessions without a connection whose end the nodes have not been told of. */
  readonly #leaving = new Set<string>();
  #localPipe: PipeRoute | undefined;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Immediate | undefined;
  readonly routes: readonly Route[];

  constructor(options: HeadOptions) {
    this.#options = options;
    this.#actors = new ActorDirectory((id, message) => this.#sessions.get(id)?.send(message), options.keeper);
    this.#scheduler = new LeaseScheduler({ createLeaseId: () => randomBytes(16).toString('hex'), now: nowMs() });
    this.routes = [
      ...this.#actors.routes,
      {
        type: 'websocket',
        path: '/v1/session',
        messageBytesMax: controlBytesMax,
        onOpen: (socket) => this.#onSessionSocket(socket),
      },
      {
        type: 'websocket',
        path: '/v1/node',
        messageBytesMax: controlBytesMax,
        onOpen: (socket) => this.#onNodeSocket(socket),
      },
      {
        type: 'pipe',
        path: '/v1/worker/:lease',
        onUpgrade: (request, socket, head, params) => {
          const id = this.#scheduler.nodeOf(params['lease'] ?? '');
          const node = id === undefined ? undefined : this.#nodes.get(id);
          if (node?.isLocal === true || node === undefined) this.#localPipe?.onUpgrade(request, socket, head, params);
          else {
            node.relayed.add(socket);
            socket.once('close', () => node.relayed.delete(socket));
            void relayUpgrade(request, socket, head, node.hello, this.#options.token);
          }
        },
      },
    ];
  }

  /** The head's own node: its connection, and the way to its workers. */
  attachLocalNode(connection: LocalNodeConnection, pipe: PipeRoute): void {
    this.#localPipe = pipe;
    let peer: NodePeer | undefined;
    connection.onMessage = (message) => {
      if (message.type !== 'node.hello') {
        this.#onNodeMessage(peer, message);
        return;
      }
      peer = {
        hello: message,
        isLocal: true,
        load: undefined,
        relayed: new Set(),
        send: (answer) => connection.send(answer),
        close: () => connection.close(),
      };
      this.#onNodeHello(peer);
    };
    connection.onClose = () => this.#onNodeClosed(peer, true);
  }

  /** Where a node is that has joined. */
  nodeAt(node: string): NodePlace | undefined {
    const hello = this.#nodes.get(node)?.hello;
    if (hello === undefined) return undefined;
    return { address: hello.address, fingerprint: hello.fingerprint, directories: hello.objects ?? [] };
  }

  #onSessionSocket(socket: WebSocket): void {
    let id: string | undefined;
    let peer: SessionPeer | undefined;
    const control = new ControlSocket(socket, sessionToHead, {
      onMessage: (message) => {
        if (message.type !== 'session.hello') {
          if (id !== undefined && this.#sessions.get(id) === peer) this.#onSessionMessage(id, message);
          return;
        }
        if (id !== undefined) return control.close('one hello is enough');
        this.#carryOut(); // E5
        id = message.session;
        this.#sessions.get(id)?.close('another connection of this session has come'); // E1
        peer = {
          name: message.name,
          since: Date.now(),
          send: (answer) => control.send(answer),
          close: (why) => control.close(why),
        };
        this.#sessions.set(id, peer);
        this.#scheduler.onSessionOpened({ session: id, leases: message.leases }, nowMs());
        this.#carryOut();
      },
      onClose: (end) => {
        if (id === undefined || this.#sessions.get(id) !== peer) return; // E1
        this.#carryOut(); // E5
        this.#sessions.delete(id);
        this.#leaving.add(id);
        if (end === 'said') this.#scheduler.onSessionClosed(id, nowMs());
        else this.#scheduler.onSessionDisconnected(id, end, nowMs());
        this.#carryOut();
      },
    });
  }

  #onSessionMessage(id: string, message: Exclude<SessionToHead, { type: 'session.hello' }>): void {
    const now = nowMs();
    switch (message.type) {
      case 'lease.request':
        this.#scheduler.onRequest(id, message.request, message, now);
        break;
      case 'lease.demand':
        this.#scheduler.onDemand(id, message.request, message.count, now);
        break;
      case 'lease.end':
        this.#scheduler.onRequestEnded(id, message.request, now);
        break;
      case 'lease.release':
        this.#scheduler.onLeaseReleased(id, message.lease, now);
        break;
      case 'lease.kill':
        this.#scheduler.onLeaseKilled(id, message.lease, now);
        break;
      case 'actor.claim':
        this.#sessions.get(id)?.send(this.#actors.claim(message.name, id));
        break;
      case 'actor.release':
        this.#actors.release(message.name, id);
        break;
    }
    this.#carryOutSoon();
  }

  #onNodeSocket(socket: WebSocket): void {
    let peer: NodePeer | undefined;
    const control = new ControlSocket(socket, nodeToHead, {
      onMessage: (message) => {
        if (message.type !== 'node.hello') {
          this.#onNodeMessage(peer, message);
          return;
        }
        if (peer !== undefined) return control.close('one hello is enough');
        peer = {
          hello: message,
          isLocal: false,
          load: undefined,
          relayed: new Set(),
          send: (answer) => control.send(answer),
          close: (why) => control.close(why),
        };
        this.#onNodeHello(peer);
      },
      onClose: (end) => this.#onNodeClosed(peer, end === 'said'),
    });
  }

  #onNodeHello(peer: NodePeer): void {
    this.#carryOut(); // E5
    const { hello } = peer;
    const before = this.#nodes.get(hello.node);
    if (before !== undefined && before.isLocal !== peer.isLocal) {
      peer.close('the head has a node of this name');
      return;
    }
    before?.close('another connection of this node has come'); // E1
    this.#nodes.set(hello.node, peer);
    for (const { lease, session, worker } of hello.leases)
      this.#leases.set(lease, { session, node: hello.node, worker });
    this.#options.log.info({ node: hello.node, address: hello.address, resources: hello.resources }, 'a node joined');
    this.#scheduler.onNodeJoined(hello, nowMs());
    this.#carryOut();
    this.#forgetEnded();
  }

  #onNodeMessage(peer: NodePeer | undefined, message: Exclude<NodeToHead, NodeHello>): void {
    if (peer === undefined || this.#nodes.get(peer.hello.node) !== peer) return; // E1
    const { node, incarnation } = peer.hello;
    if (message.type === 'node.load') {
      peer.load = message;
      return;
    }
    const { lease } = message;
    if (message.type === 'worker.ready') {
      this.#scheduler.onWorkerReady(node, incarnation, lease, message.worker, message.socket, nowMs());
    } else {
      const { reason, exitCode, message: text } = message;
      this.#failures.add({ node, message: text });
      this.#scheduler.onWorkerLost(node, incarnation, lease, { reason, message: text, exitCode }, nowMs());
      if (this.#scheduler.nodeOf(lease) === undefined) this.#leases.delete(lease);
    }
    this.#carryOutSoon();
  }

  #onNodeClosed(peer: NodePeer | undefined, isByIntent: boolean): void {
    for (const socket of peer?.relayed ?? []) socket.destroy(); // E4
    if (peer === undefined || this.#nodes.get(peer.hello.node) !== peer) return; // E1
    this.#carryOut(); // E5
    const { node, incarnation } = peer.hello;
    this.#nodes.delete(node);
    this.#options.log.info({ node, isByIntent }, 'a node left');
    if (isByIntent) this.#scheduler.onNodeLost(node, incarnation, nowMs());
    else this.#scheduler.onNodeDisconnected(node, incarnation, nowMs());
    this.#carryOut();
    this.#forgetEnded();
  }

  /** What a node still had of leases that are over, and what had not begun on one that has gone, ends without a word. */
  #forgetEnded(): void {
    for (const lease of this.#leases.keys()) {
      if (this.#scheduler.nodeOf(lease) === undefined) this.#leases.delete(lease);
    }
  }

  /** Messages come many at a time, and one plan serves them all. */
  #carryOutSoon(): void {
    this.#soon ??= setImmediate(() => this.#carryOut());
  }

  #carryOut(): void {
    clearImmediate(this.#soon);
    this.#soon = undefined;
    for (let effects = this.#scheduler.takeEffects(); effects.length > 0; effects = this.#scheduler.takeEffects()) {
      for (const effect of effects) this.#say(effect);
    }
    for (const session of this.#leaving) {
      const isBack = this.#sessions.has(session);
      if (!isBack && this.#scheduler.hasSession(session)) continue;
      this.#leaving.delete(session);
      if (isBack) continue;
      this.#actors.onSessionEnded(session);
      for (const node of this.#nodes.values()) node.send({ type: 'session.ended', session });
    }
    clearTimeout(this.#timer);
    const at = this.#scheduler.nextDeadline;
    if (at === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#scheduler.onTick(nowMs());
        this.#carryOut();
        this.#forgetEnded();
      },
      Math.max(0, at - nowMs()) + 1,
    );
  }

  #say(effect: LeaseEffect): void {
    switch (effect.type) {
      case 'node.welcome':
        this.#nodes
          .get(effect.node)
          ?.send({ type: 'node.welcome', head: this.#options.incarnation, ended: effect.ended });
        break;
      case 'node.rejected':
        this.#nodes.get(effect.node)?.close('a newer daemon of this node has come');
        break;
      case 'worker.start': {
        const { type, node, lease, session, resources, exclusive } = effect;
        this.#leases.set(lease, { session, node, worker: '' });
        this.#nodes.get(node)?.send({ type, lease, session, resources, exclusive });
        break;
      }
      case 'worker.stop':
        this.#leases.delete(effect.lease);
        this.#nodes.get(effect.node)?.send({ type: effect.type, lease: effect.lease, force: effect.force });
        break;
      case 'session.welcome': {
        const { type, workersMax, ended } = effect;
        this.#sessions.get(effect.session)?.send({ type, head: this.#options.incarnation, workersMax, ended });
        break;
      }
      case 'lease.granted': {
        const { type, request, lease, worker, node, socket, session } = effect;
        this.#leases.set(lease, { session, node, worker });
        const hello = this.#nodes.get(node)?.hello;
        const place = { socket, nodeAddress: hello?.address ?? null, nodeFingerprint: hello?.fingerprint ?? null };
        this.#sessions.get(session)?.send({ type, request, lease, worker, node, place });
        break;
      }
      case 'lease.lost': {
        const { type, lease, reason, message, exitCode } = effect;
        this.#leases.delete(lease);
        this.#sessions.get(effect.session)?.send({ type, lease, reason, message, exitCode });
        break;
      }
      case 'lease.recalled':
        this.#sessions.get(effect.session)?.send({ type: effect.type, lease: effect.lease });
        break;
      case 'lease.refused': {
        const { type, request, message } = effect;
        this.#failures.add({ session: effect.session, message });
        this.#sessions.get(effect.session)?.send({ type, request, message });
        break;
      }
      case 'cluster.changed':
        for (const session of this.#sessions.values()) session.send(effect);
        break;
    }
  }

  status(): Record<string, unknown> {
    const leases = [...this.#leases].map(([lease, { session, node, worker }]) => ({ lease, session, node, worker }));
    const held = new Map<string, number>();
    for (const { session, node } of leases) {
      for (const holder of [`node ${node}`, `session ${session}`]) held.set(holder, (held.get(holder) ?? 0) + 1);
    }
    return {
      nodes: [...this.#nodes.values()].map(({ hello, load, isLocal }) => ({
        node: hello.node,
        address: hello.address,
        isHead: isLocal,
        resources: hello.resources,
        labels: hello.labels,
        leases: held.get(`node ${hello.node}`) ?? 0,
        load:
          load === undefined
            ? null
            : { cpu: load.cpu, memoryUsedBytes: load.memoryUsedBytes, memoryBytes: load.memoryBytes },
      })),
      sessions: [...this.#sessions].map(([session, { name, since }]) => ({
        session,
        name,
        since: new Date(since).toISOString(),
        leases: held.get(`session ${session}`) ?? 0,
      })),
      leases,
      actors: this.#actors.list,
      workersMax: this.#scheduler.workersMax,
      failures: this.#failures.list,
    };
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#actors.close();
    clearImmediate(this.#soon);
    for (const { close } of [...this.#sessions.values(), ...this.#nodes.values()]) close('the head stops');
  }
}
