// What a run says of itself, checked: a file that is run without its types being checked may leave something out.

import { InvalidArgumentError } from '../errors.ts';
import { shownOf } from '../text-of.ts';
import type { BaselineOutcome, RunOutcome } from './workload.ts';

/**
 * Checks what a run gave.
 *
 * @param name - of the workload.
 * @throws InvalidArgumentError when it is of another form, which no other run would have right; RangeError when a number of it
 * cannot be.
 */
export function checkOutcome(name: string, outcome: RunOutcome): RunOutcome {
  const given: unknown = outcome;
  if (typeof given !== 'object' || given === null) {
    throw new InvalidArgumentError(`Workload ${name}: run must give { tasks, work }, got ${shownOf(given)}`);
  }
  const { tasks, work, details } = outcome;
  checkNumber(name, 'tasks', tasks, 'a whole number, 0 or more', Number.isSafeInteger(tasks) && tasks >= 0);
  checkNumber(name, 'work', work, 'a number, 0 or more', Number.isFinite(work) && work >= 0);
  checkDuration(name, outcome);
  for (const text of ['finding', 'note'] as const) {
    if (outcome[text] === undefined || typeof outcome[text] === 'string') continue;
    throw new InvalidArgumentError(`Workload ${name}: ${text} must be a text, got ${shownOf(outcome[text])}`);
  }
  try {
    JSON.stringify(details);
  } catch (cause) {
    throw new InvalidArgumentError(`Workload ${name}: details must be something that JSON can say`, { cause });
  }
  return outcome;
}

/** Checks what a plain loop gave. @throws as `checkOutcome` */
export function checkDuration(name: string, { durationMs }: BaselineOutcome): void {
  if (durationMs === undefined) return;
  const isRight = Number.isFinite(durationMs) && durationMs > 0;
  checkNumber(name, 'durationMs', durationMs, 'a number of milliseconds above 0', isRight);
}

function checkNumber(name: string, what: string, value: number, right: string, isRight: boolean): void {
  if (isRight) return;
  const message = `Workload ${name}: ${what} must be ${right}, got ${shownOf(value)}`;
  throw typeof value === 'number' ? new RangeError(message) : new InvalidArgumentError(message);
}
