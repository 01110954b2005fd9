// Tasks that were not begun because an object among their arguments is lost, until that was made again.
//
// Owns: these tasks, meanwhile. Does not own: making an object again (cluster/objects-kept.ts), sending tasks.
// Callers: worker-pool.ts.

import type { KeptObject } from './cluster/objects-kept.ts';
import { entryOf, ObjectRef } from './object-ref.ts';
import type { Task } from './task.ts';

export class LostArguments {
  /** The tasks that wait. */
  readonly tasks = new Set<Task>();

  /** Gives up all that wait, to whoever sends them as they are. */
  takeAll(): Task[] {
    const tasks = [...this.tasks];
    this.tasks.clear();
    return tasks;
  }

  /**
   * Has the object made again.
   *
   * @param then - called when the task can be sent again, unless it was taken out of `tasks` meanwhile; with the reason when
   *   the object cannot be made.
   */
  recover(task: Task, id: string, error: Error, then: (why?: Error) => void): void {
    this.tasks.add(task);
    const made = keptAmong(task, id)?.remake(id, error) ?? Promise.resolve();
    made.then(
      () => {
        if (this.tasks.delete(task)) then();
      },
      (why: Error) => {
        if (this.tasks.delete(task)) then(why);
      },
    );
  }
}

/** Whether a task takes an object that stayed on a node, and that may be lost when the task is to begin. */
export function takesPlaced(task: Task): boolean {
  return placedAmong(task).length > 0;
}

/** The references among its arguments whose values are on nodes. */
export function placedAmong({ args: { refs } }: Task): ObjectRef<unknown>[] {
  return (refs ?? []).flatMap(({ ref }) => {
    const outcome = ref instanceof ObjectRef ? entryOf(ref).outcome : undefined;
    return ref instanceof ObjectRef && outcome?.state === 'kept' && 'place' in outcome.kept.at ? [ref] : [];
  });
}

/** The object of this id among the references that a task takes; undefined when it has been made again already. */
function keptAmong(task: Task, id: string): KeptObject | undefined {
  for (const ref of placedAmong(task)) {
    const { outcome } = entryOf(ref);
    if (outcome.state !== 'kept') continue;
    const { at } = outcome.kept;
    if ('place' in at && at.place.id === id) return outcome.kept;
  }
  return undefined;
}
