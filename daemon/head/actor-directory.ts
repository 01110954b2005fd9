// Which session has which named actor, and the ways of others to it. The head reads nothing of what is said there.
//
// Owns: the names, the connections that it passes on. Does not own: actors, their workers, their restarts (the session
//   that has the name). Callers: the head.
//
// Invariants:
//   G1. A name is one session's at a time. It is free when that session gives it up, or is gone for good.
//   G2. A caller is passed on to the session that has the name when it comes, or refused; one whom that session does not
//       come to meet is refused after `meetMs`.
//   G3. When the session that has the name is gone, all that is passed on to it is cut.

import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { actorKey, type HeadToSession, keeperName } from '../../sdk/internal.ts';
import { refuseUpgrade } from '../answers.ts';
import type { PipeRoute } from '../service.ts';
import { upgradeRequest } from '../upgrade-request.ts';
import type { Keeper } from './keeper.ts';

/** How long a caller waits to be met, in milliseconds. */
const meetMs = 10_000;
/** The most callers that wait to be met. */
const waitingMax = 1000;

const keeperKey = actorKey(keeperName);
const nobody = 'no actor of that name lives here';

interface Caller {
  readonly session: string;
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly timer: NodeJS.Timeout;
}

export class ActorDirectory {
  /** By what stands for the name in a path. */
  readonly #actors = new Map<string, { readonly name: string; readonly session: string }>();
  readonly #waiting = new Map<string, Caller>();
  readonly #passedOn = new Map<string, Set<Duplex>>();
  readonly #tell: (session: string, message: HeadToSession) => void;
  readonly #keeper: Keeper | undefined;
  /** Callers of a keeper that is being started. */
  readonly #awaiting: (() => void)[] = [];
  readonly routes: readonly PipeRoute[];

  /**
   * @param tell - tells a session something.
   * @param keeper - starts the session that has the detached actors; without one there are none.
   */
  constructor(tell: (session: string, message: HeadToSession) => void, keeper: Keeper | undefined) {
    this.#tell = tell;
    this.#keeper = keeper;
    this.routes = [
      {
        type: 'pipe',
        path: '/v1/actor/:key',
        onUpgrade: (request, socket, head, { key = '' }) => this.#onCaller(key, request, socket, head),
      },
      {
        type: 'pipe',
        path: '/v1/actor-call/:call',
        onUpgrade: (_request, socket, head, { call = '' }) => this.#onMet(call, socket, head),
      },
    ];
  }

  get list(): { name: string; session: string }[] {
    return [...this.#actors.values()].filter(({ name }) => name !== keeperName);
  }

  /** Gives a name to a session, or says why not (G1). */
  claim(name: string, session: string): Extract<HeadToSession, { type: 'actor.claimed' }> {
    const holder = this.#actors.get(actorKey(name))?.session;
    if (holder !== undefined && holder !== session) {
      const why = 'one of that name lives in another session; kill it, or get it by name';
      return { type: 'actor.claimed', name, error: `Cannot start an actor "${name}": ${why}` };
    }
    this.#actors.set(actorKey(name), { name, session });
    if (name === keeperName) for (const go of this.#awaiting.splice(0)) go();
    return { type: 'actor.claimed', name, error: null };
  }

  /** The keeper is started when it is first called. */
  #awaitKeeper(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#awaiting.length >= waitingMax) {
      refuseUpgrade(socket, 503, { error: 'too many callers wait' });
      return;
    }
    const go = (): void => {
      clearTimeout(timer);
      this.#onCaller(keeperKey, request, socket, head);
    };
    const timer = setTimeout(() => {
      this.#awaiting.splice(this.#awaiting.indexOf(go), 1);
      refuseUpgrade(socket, 502, { error: 'the keeper of detached actors does not start' });
    }, meetMs);
    socket.once('close', () => {
      clearTimeout(timer);
      const at = this.#awaiting.indexOf(go);
      if (at >= 0) this.#awaiting.splice(at, 1);
    });
    this.#awaiting.push(go);
    this.#keeper?.start();
  }

  release(name: string, session: string): void {
    const key = actorKey(name);
    if (this.#actors.get(key)?.session === session) this.#actors.delete(key);
  }

  /** A session is gone for good. */
  onSessionEnded(session: string): void {
    for (const [key, actor] of this.#actors) if (actor.session === session) this.#actors.delete(key);
    for (const [call, caller] of this.#waiting) if (caller.session === session) this.#refuse(call, 404, nobody);
    for (const socket of this.#passedOn.get(session) ?? []) socket.destroy(); // G3
    this.#passedOn.delete(session);
  }

  /** Ends the keeper, also one that an earlier head started. */
  async close(): Promise<void> {
    const session = this.#actors.get(keeperKey)?.session;
    if (session !== undefined) this.#tell(session, { type: 'keeper.end' });
    for (const call of [...this.#waiting.keys()]) this.#refuse(call);
    await this.#keeper?.close();
  }

  #onCaller(key: string, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const session = this.#actors.get(key)?.session;
    if (session === undefined && key === keeperKey) {
      this.#awaitKeeper(request, socket, head);
      return;
    }
    if (session === undefined) {
      refuseUpgrade(socket, 404, { error: nobody });
      return;
    }
    if (this.#waiting.size >= waitingMax) {
      refuseUpgrade(socket, 503, { error: 'too many callers wait' });
      return;
    }
    const call = randomBytes(16).toString('hex');
    const timer = setTimeout(() => this.#refuse(call), meetMs); // G2
    this.#waiting.set(call, { session, request, socket, head, timer });
    socket.once('close', () => this.#refuse(call));
    this.#tell(session, { type: 'actor.called', call });
  }

  #take(call: string): Caller | undefined {
    const caller = this.#waiting.get(call);
    this.#waiting.delete(call);
    clearTimeout(caller?.timer);
    return caller;
  }

  #refuse(call: string, status = 502, error = 'the session that has the actor does not answer'): void {
    const caller = this.#take(call);
    if (caller !== undefined) refuseUpgrade(caller.socket, status, { error });
  }

  /** The session that has the actor has come. */
  #onMet(call: string, owner: Duplex, ownerHead: Buffer): void {
    const caller = this.#take(call);
    if (caller === undefined) {
      refuseUpgrade(owner, 404, { error: 'nobody waits to be met' });
      return;
    }
    const { session, request, socket, head } = caller;
    const all = this.#passedOn.get(session) ?? new Set();
    this.#passedOn.set(session, all.add(socket));
    const end = (): void => {
      all.delete(socket);
      if (all.size === 0 && this.#passedOn.get(session) === all) this.#passedOn.delete(session);
      socket.destroy();
      owner.destroy();
    };
    for (const side of [socket, owner]) {
      side.on('error', end);
      side.on('close', end);
    }
    if (socket.destroyed || owner.destroyed) {
      end();
      return;
    }
    owner.write(upgradeRequest(request, '/', 'actor'));
    if (head.length > 0) owner.write(head);
    if (ownerHead.length > 0) socket.write(ownerHead);
    owner.pipe(socket);
    socket.pipe(owner);
  }
}
