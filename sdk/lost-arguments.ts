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

  /**
   * Has the object made again.
   *
   * @param then - called when the task can be sent again, unless it was taken out of `tasks` meanwhile.
   * @param fail - called in its stead when the object cannot be made.
   */
  recover(task: Task, id: string, error: Error, then: () => void, fail: (error: Error) => void): void {
    this.tasks.add(task);
    const made = keptAmong(task, id)?.remake(id, error) ?? Promise.resolve();
    made.then(
      () => {
        if (this.tasks.delete(task)) then();
      },
      (why: Error) => {
        if (this.tasks.delete(task)) fail(why);
      },
    );
  }
}

/** The object of this id among the references that a task takes; undefined when it has been made again already. */
function keptAmong({ args: { refs } }: Task, id: string): KeptObject | undefined {
  for (const { ref } of refs ?? []) {
    const outcome = ref instanceof ObjectRef ? entryOf(ref).outcome : undefined;
    if (outcome?.state !== 'kept') continue;
    const { at } = outcome.kept;
    if ('place' in at && at.place.id === id) return outcome.kept;
  }
  return undefined;
}
