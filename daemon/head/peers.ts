// Who is connected to the head, and the words for each of them in which the scheduler's effects are told.
//
// Owns: the newest connection of each session and node. Does not own: when they come and go, what they say (head.ts).
// Callers: head.ts, whose invariants are cited here.

import type { Duplex } from 'node:stream';
import { clipped, type HeadToNode, type HeadToSession, type NodeToHead } from '../../sdk/internal.ts';
import type { LeaseEffect } from './scheduler-state.ts';

export type NodeHello = Extract<NodeToHead, { type: 'node.hello' }>;
export type NodeLoad = Extract<NodeToHead, { type: 'node.load' }>;

/** A node's connection, and what it said of itself. */
export interface NodePeer {
  readonly hello: NodeHello;
  readonly isLocal: boolean;
  load: NodeLoad | undefined;
  /** Connections of sessions that are passed on to it. */
  readonly relayed: Set<Duplex>;
  send(message: HeadToNode): void;
  close(why: string): void;
}

export interface SessionPeer {
  readonly name: string;
  readonly since: number;
  send(message: HeadToSession): void;
  close(why: string): void;
}

export class Peers {
  readonly sessions = new Map<string, SessionPeer>();
  readonly nodes = new Map<string, NodePeer>();
  readonly #incarnation: string;

  /** @param incarnation - of the head. */
  constructor(incarnation: string) {
    this.#incarnation = incarnation;
  }

  /** Takes the place of an older connection, which is closed (E1). */
  setSession(id: string, peer: SessionPeer): void {
    this.sessions.get(id)?.close('another connection of this session has come');
    this.sessions.set(id, peer);
  }

  /** The same. */
  setNode(peer: NodePeer): void {
    const { node } = peer.hello;
    this.nodes.get(node)?.close('another connection of this node has come');
    this.nodes.set(node, peer);
  }

  /** Whether the name is that of the head's own node, and the peer another one, or the other way round. */
  isNameTaken({ hello: { node }, isLocal }: NodePeer): boolean {
    return (this.nodes.get(node)?.isLocal ?? isLocal) !== isLocal;
  }

  /** Whether it is the newest connection of its node (E1). */
  isPresent(peer: NodePeer): boolean {
    return this.nodes.get(peer.hello.node) === peer;
  }

  tell(effect: LeaseEffect): void {
    switch (effect.type) {
      case 'node.welcome': {
        const { type, node, ended, endedSessions } = effect;
        this.nodes.get(node)?.send({ type, head: this.#incarnation, ended, endedSessions });
        break;
      }
      case 'worker.start': {
        const { type, node, lease, session, resources, exclusive } = effect;
        this.nodes.get(node)?.send({ type, lease, session, resources, exclusive });
        break;
      }
      case 'worker.stop':
        this.nodes.get(effect.node)?.send({ type: effect.type, lease: effect.lease, force: effect.force });
        break;
      case 'session.welcome': {
        const { type, workersMax, ended } = effect;
        this.sessions.get(effect.session)?.send({ type, head: this.#incarnation, workersMax, ended });
        break;
      }
      case 'lease.granted': {
        const { type, request, lease, worker, node, socket, session } = effect;
        const hello = this.nodes.get(node)?.hello;
        const place = { socket, nodeAddress: hello?.address ?? null, nodeFingerprint: hello?.fingerprint ?? null };
        this.sessions.get(session)?.send({ type, request, lease, worker, node, place });
        break;
      }
      case 'lease.lost': {
        const { type, lease, reason, exitCode } = effect;
        const message = clipped(effect.message);
        this.sessions.get(effect.session)?.send({ type, lease, reason, message, exitCode });
        break;
      }
      case 'lease.recalled':
        this.sessions.get(effect.session)?.send({ type: effect.type, lease: effect.lease });
        break;
      case 'lease.refused': {
        const { type, session, request } = effect;
        this.sessions.get(session)?.send({ type, request, message: clipped(effect.message) });
        break;
      }
      case 'session.ended':
        for (const node of this.nodes.values()) node.send(effect);
        break;
      case 'cluster.changed':
        for (const session of this.sessions.values()) session.send(effect);
        break;
    }
  }
}
