// Arguments that stayed on nodes, for whoever is not of their session and cannot have them made again when they are lost:
// they are fetched here first, and travel as values.
//
// Callers: worker/parent-pool.ts, for the calls of actors of other sessions.

import { placedAmong } from './lost-arguments.ts';
import { entryOf, ObjectEntry, ObjectRef } from './object-ref.ts';
import { Task } from './task.ts';
import { asError } from './text-of.ts';

/**
 * Fetches what tasks take that stayed on nodes, each object once.
 *
 * @param fetched - gets, for each task that takes such an object, the one that is to be sent in its place. An object that
 *   cannot be had makes that one impossible to send, with the reason.
 * @returns undefined when nothing has to be fetched that was not.
 */
export function fetchPlaced(tasks: readonly Task[], fetched: WeakMap<Task, Task>): Promise<void> | undefined {
  const values = new Map<object, Promise<ObjectEntry>>();
  const tasksLeft = tasks.filter((task) => !fetched.has(task) && placedAmong(task).length > 0);
  if (tasksLeft.length === 0) return undefined;
  for (const ref of tasksLeft.flatMap(placedAmong)) if (!values.has(ref)) values.set(ref, fetchValue(ref));
  return Promise.all(values.values()).then((entries) => {
    const known = new Map<object, object>();
    for (const [i, ref] of [...values.keys()].entries()) known.set(ref, new ObjectRef(entries[i] ?? new ObjectEntry()));
    for (const task of tasksLeft) fetched.set(task, withValues(task, known));
  });
}

/** The value as one of this session; it never rejects. */
async function fetchValue(ref: ObjectRef<unknown>): Promise<ObjectEntry> {
  const { outcome } = entryOf(ref);
  const entry = new ObjectEntry();
  try {
    if (outcome.state === 'kept') entry.settle({ state: 'stored', stored: { bytes: await outcome.kept.load() } });
  } catch (error) {
    entry.settle({ state: 'failed', error: asError(error) });
  }
  return entry;
}

function withValues(
  { id, handle, rules, args, sink, position, depth }: Task,
  known: ReadonlyMap<object, object>,
): Task {
  const refs = args.refs?.map(({ node, ref }) => ({ node, ref: known.get(ref) ?? ref }));
  return new Task(id, handle, rules, { ...args, refs }, sink, position, depth);
}
