// The head: grants leases of the nodes' workers to sessions. It never sees a task.
//
// Owns: feeding the scheduler with what peers say and do, and when its effects are carried out. Does not own: who gets
//   what (lease-scheduler.ts), who is there (peers.ts), workers (the nodes), the listener.
// Callers: the daemon.
//
// Invariants:
//   E1. The scheduler hears of a peer's newest connection only; an older one is closed first.
//   E2. What a peer says that is not of its protocol closes that peer's connection, and nothing else.
//   E3. A connection that ends with code 1000 was ended by intent: its session, or its node, is gone for good.
//   E4. What is passed on to a node that is gone is cut: its session cannot see by itself that nobody is there.
//   E5. Effects are carried out before a peer comes or goes: they are for those who were there.
//   E6. Who is not let in changes nothing for who is there under the same name.

import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import {
  controlBytesMax,
  DeadlineTimer,
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
import { type NodeHello, type NodePeer, Peers, type SessionPeer } from './peers.ts';
import { RecentFailures } from './recent-failures.ts';
import { relayUpgrade } from './relay.ts';

export interface HeadOptions {
  readonly log: Logger;
  /** New each time the daemon starts. */
  readonly incarnation: string;
  /** What nodes ask for before they let anyone in. */
  readonly token: string;
  /** Has the detached actors; without one there are none. */
  readonly keeper?: Keeper | undefined;
}

export class Head implements Service {
  readonly #options: HeadOptions;
  readonly #scheduler: LeaseScheduler;
  readonly #peers: Peers;
  readonly #failures = new RecentFailures();
  readonly #actors: ActorDirectory;
  #localPipe: PipeRoute | undefined;
  readonly #deadline = new DeadlineTimer(() => {
    this.#scheduler.onTick(nowMs());
    this.#carryOut();
  });
  #soon: NodeJS.Immediate | undefined;
  readonly routes: readonly Route[];

  constructor(options: HeadOptions) {
    this.#options = options;
    this.#peers = new Peers(options.incarnation);
    this.#actors = new ActorDirectory((id, message) => this.#peers.sessions.get(id)?.send(message), options.keeper);
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
          const node = id === undefined ? undefined : this.#peers.nodes.get(id);
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
    const hello = this.#peers.nodes.get(node)?.hello;
    if (hello === undefined) return undefined;
    return { address: hello.address, fingerprint: hello.fingerprint, directories: hello.objects ?? [] };
  }

  #onSessionSocket(socket: WebSocket): void {
    let id: string | undefined;
    let peer: SessionPeer | undefined;
    const control = new ControlSocket(socket, sessionToHead, {
      log: this.#options.log,
      onMessage: (message) => {
        if (message.type !== 'session.hello') {
          if (id !== undefined && this.#peers.sessions.get(id) === peer) this.#onSessionMessage(id, message);
          return;
        }
        if (id !== undefined) return control.refuse('one hello is enough');
        this.#carryOut(); // E5
        id = message.session;
        peer = {
          name: message.name,
          since: Date.now(),
          send: (answer) => control.send(answer),
          close: (why) => control.close(why),
        };
        this.#peers.setSession(id, peer);
        this.#scheduler.onSessionOpened({ session: id, leases: message.leases }, nowMs());
        this.#carryOut();
      },
      onClose: (end) => {
        if (id === undefined || this.#peers.sessions.get(id) !== peer) return; // E1
        this.#carryOut(); // E5
        this.#peers.sessions.delete(id);
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
      case 'lease.kill': {
        const { lease, unreachable } = message;
        if (unreachable !== undefined) this.#noteUnreachable(id, lease, unreachable);
        this.#scheduler.onLeaseKilled(id, lease, now, unreachable !== undefined);
        break;
      }
      case 'actor.claim':
        this.#peers.sessions.get(id)?.send(this.#actors.claim(message.name, id));
        break;
      case 'actor.release':
        this.#actors.release(message.name, id);
        break;
    }
    this.#carryOutSoon();
  }

  /** Nobody else sees it: where the node dials the head, all looks well here. */
  #noteUnreachable(session: string, lease: string, why: string): void {
    const node = this.#scheduler.nodeOf(lease);
    if (node === undefined) return;
    const { address } = this.nodeAt(node) ?? {};
    this.#options.log.warn({ session, node, address, why }, 'a session cannot reach a worker');
    this.#failures.add({ session, node, message: `session ${session.slice(0, 8)} cannot use node ${node}: ${why}` });
  }

  #onNodeSocket(socket: WebSocket): void {
    let peer: NodePeer | undefined;
    const control = new ControlSocket(socket, nodeToHead, {
      log: this.#options.log,
      onMessage: (message) => {
        if (message.type !== 'node.hello') {
          this.#onNodeMessage(peer, message);
          return;
        }
        if (peer !== undefined) return control.refuse('one hello is enough');
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
    const { node, incarnation, address, resources } = peer.hello;
    const isTaken = this.#peers.isNameTaken(peer);
    if (isTaken || !this.#scheduler.onNodeJoined(peer.hello, nowMs())) {
      const why = isTaken ? 'the head has a node of this name' : 'a newer daemon of this node has come';
      this.#options.log.warn({ node, incarnation, address, why }, 'a node was not let in');
      peer.close(why); // E6
      return;
    }
    this.#peers.setNode(peer);
    this.#options.log.info({ node, address, resources }, 'a node joined');
    this.#carryOut();
  }

  #onNodeMessage(peer: NodePeer | undefined, message: Exclude<NodeToHead, NodeHello>): void {
    if (peer === undefined || !this.#peers.isPresent(peer)) return; // E1
    const { node, incarnation } = peer.hello;
    if (message.type === 'node.load') {
      peer.load = message;
      return;
    }
    if (message.type === 'node.leaving') {
      this.#scheduler.onNodeLeaving(node, incarnation, nowMs());
      this.#carryOutSoon();
      return;
    }
    const { lease } = message;
    if (message.type === 'worker.ready') {
      this.#scheduler.onWorkerReady(node, incarnation, lease, message.worker, message.socket, nowMs());
    } else {
      const { reason, exitCode, message: text } = message;
      this.#failures.add({ node, message: text });
      this.#scheduler.onWorkerLost(node, incarnation, lease, { reason, message: text, exitCode }, nowMs());
    }
    this.#carryOutSoon();
  }

  #onNodeClosed(peer: NodePeer | undefined, isByIntent: boolean): void {
    for (const socket of peer?.relayed ?? []) socket.destroy(); // E4
    if (peer === undefined || !this.#peers.isPresent(peer)) return; // E1
    this.#carryOut(); // E5
    const { node, incarnation } = peer.hello;
    this.#peers.nodes.delete(node);
    this.#options.log.info({ node, isByIntent }, 'a node left');
    if (isByIntent) this.#scheduler.onNodeLost(node, incarnation, nowMs());
    else this.#scheduler.onNodeDisconnected(node, incarnation, nowMs());
    this.#carryOut();
  }

  /** Messages come many at a time, and one plan serves them all. */
  #carryOutSoon(): void {
    this.#soon ??= setImmediate(() => this.#carryOut());
  }

  #carryOut(): void {
    clearImmediate(this.#soon);
    this.#soon = undefined;
    for (let effects = this.#scheduler.takeEffects(); effects.length > 0; effects = this.#scheduler.takeEffects()) {
      for (const effect of effects) {
        if (effect.type === 'lease.refused') this.#failures.add({ session: effect.session, message: effect.message });
        else if (effect.type === 'session.ended') this.#actors.onSessionEnded(effect.session);
        this.#peers.tell(effect);
      }
    }
    this.#deadline.set(this.#scheduler.nextDeadline);
  }

  status(): Record<string, unknown> {
    const leases = [...this.#scheduler.leases].map(({ id, session, node, worker }) => {
      return { lease: id, session: session.id, node: node.id, worker };
    });
    const held = new Map<string, number>();
    for (const { session, node } of leases) {
      for (const holder of [`node ${node}`, `session ${session}`]) held.set(holder, (held.get(holder) ?? 0) + 1);
    }
    return {
      nodes: [...this.#peers.nodes.values()].map(({ hello, load, isLocal }) => ({
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
      sessions: [...this.#peers.sessions].map(([session, { name, since }]) => ({
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
    this.#deadline.set(undefined);
    await this.#actors.close();
    clearImmediate(this.#soon);
    for (const { close } of [...this.#peers.sessions.values(), ...this.#peers.nodes.values()]) close('the head stops');
  }
}
