// What a function must not do when it runs elsewhere, each with the reason and what would do.

import type { Analysis } from './analysis.ts';
import type { Place } from './place.ts';
import { refusal } from './refusal.ts';

/** What a function is shipped as: a task's function, an actor's class, or something that those use. */
export type Role = 'task' | 'actor' | 'capture';

/**
 * Refuses what has no meaning on a worker.
 *
 * @param label - what to call the function in refusals.
 * @throws InvalidArgumentError with the reason and the line.
 */
export function checkUses(analysis: Analysis, role: Role, place: Place | undefined, label: string): void {
  const { source, surroundings } = analysis;
  const refuse = (offset: number | undefined, what: string, why: string): void => {
    if (offset !== undefined) throw refusal(label, `it ${what} (${analysis.describe(offset, place)}), ${why}`);
  };
  checkForm(analysis, role, label);
  const isArrow = source.form === 'arrow';
  if (isArrow) {
    refuse(surroundings.thisAt, 'uses the `this` of what is around it', 'which stays behind. Pass what it needs');
  } else if (role === 'task') {
    const way = 'Pass the object as an argument, or make it an actor';
    refuse(surroundings.thisAt, 'uses `this`', `but is called without an object on a worker. ${way}`);
    refuse(surroundings.newTargetAt, 'uses `new.target`', 'but is called without `new` on a worker');
  }
  refuse(surroundings.superAt, 'uses `super`', 'which belongs to the object or class around it');
  const instead = 'Give what you need of it as an argument or a capture, or ship the module by its URL';
  refuse(surroundings.importMetaAt, 'uses `import.meta`', `which is that of its file. ${instead}`);
  refuse(surroundings.directEvalAt, 'uses `eval`', 'so that the variables it needs cannot be found');
  const { privateName } = surroundings;
  refuse(privateName?.offset, `uses \`#${privateName?.name}\``, 'which only the class around it can. Ship the class');
  for (const { name, offset, writtenAt } of surroundings.variables) {
    if (name === 'arguments') {
      refuse(offset, 'uses `arguments`', 'which an arrow function takes from around itself. Use (...args) instead');
    }
    const why = 'A task runs on a copy, so the change would be lost: return the value, or keep it in an actor';
    refuse(writtenAt, `assigns to "${analysis.cell?.nameOf(name) ?? name}"`, `which is not its own. ${why}`);
  }
  for (const { offset, specifier } of surroundings.dynamicImports) {
    if (specifier !== undefined) continue;
    refuse(offset, 'calls import() with something other than a plain string', 'so that what it needs is not known');
  }
}

function checkForm({ source }: Analysis, role: Role, label: string): void {
  const isClass = source.form === 'class';
  if (role === 'task' && isClass) {
    throw refusal(label, 'it is a class, which is not called. Use session.actor(Class), or a function that uses it');
  }
  if (role === 'actor' && !isClass) {
    throw refusal(label, 'it is a function, but an actor needs a class: class Counter { … }');
  }
  if (role === 'task' && source.isGenerator) {
    throw refusal(label, 'it is a generator, but a task gives one value. Return an array, or map over the inputs');
  }
}
