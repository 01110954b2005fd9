// A session beside another one, on the same cluster, with another number of workers: what an experiment varies.

import { coreOf } from './core-of.ts';
import { Session } from './session.ts';

/**
 * Opens another session on the cluster of a session, of which tasks get so many workers at once, at most. Embedded ones
 * get so many threads of their own.
 *
 * @param session - whose cluster; it stays as it is, and each of the two is closed by itself.
 * @param count - how many workers.
 * @returns the other session.
 * @throws InvalidArgumentError when the cluster cannot have so many or so few, or inside a task.
 * @throws ConnectionError, AuthenticationError or VersionError when the cluster cannot be had any more.
 */
export async function sessionWithWorkers(session: Session, count: number): Promise<Session> {
  return new Session(await coreOf(session).cluster.withWorkers(count));
}
