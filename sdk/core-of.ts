// From a session to what is inside of it, for those who need more of it than its public calls: workloads, and the daemon's
// door, which must not load sessions.
//
// Owns: which core each session of this process has. Callers: session.ts notes it.

import type { ObjectPeer } from './cluster/objects.ts';
import { InvalidArgumentError } from './errors.ts';
import type { Session } from './session.ts';
import type { SessionCore } from './session-core.ts';

const cores = new WeakMap<object, SessionCore>();

/** Notes what is inside of a session. */
export function noteCore(session: Session, core: SessionCore): void {
  cores.set(session, core);
}

/** What is inside of a session. @throws InvalidArgumentError when it is none. */
export function coreOf(session: Session): SessionCore {
  const core = cores.get(session);
  if (core !== undefined) return core;
  throw new InvalidArgumentError('A session is needed, as connect() gives it');
}

/** Where the head of a session's cluster is, and what proves each side to the other. @throws InvalidArgumentError when it has none. */
export function headOf(session: Session): ObjectPeer {
  const { head, name } = coreOf(session).cluster;
  if (head !== undefined) return head;
  throw new InvalidArgumentError(`The session has no head that could be asked: its cluster is ${name}`);
}
