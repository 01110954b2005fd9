// Dispatchers that are broken on purpose, each in one way: the simulation has to find every one of them.
//
// A mutant is the real source with a few exact replacements, so that it is always the present dispatcher that is broken.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DispatcherClass } from './simulation.ts';

const files = ['dispatcher.ts', 'worker-window.ts', 'depth-queue.ts', 'task-queue.ts', 'function-profile.ts'] as const;

/** In this file the first text, which is there once, becomes the second. */
type Replacement = readonly [file: (typeof files)[number], from: string, to: string];

export interface Mutant {
  readonly name: string;
  readonly replacements: readonly Replacement[];
}

function mutant(name: string, ...replacements: Replacement[]): Mutant {
  return { name, replacements };
}

export const mutants: readonly Mutant[] = [
  mutant(
    'fencing by attempt is taken out',
    ['worker-window.ts', 'task.id === id && task.attempt === attempt', 'task.id === id'],
    ['worker-window.ts', 't.id === id && t.attempt === attempt', 't.id === id'],
  ),
  mutant('fencing by lease is taken out: a lost lease stays known', [
    'dispatcher.ts',
    'this.#workers.delete(lease);\n    this.#hungry.delete(worker);',
    'this.#hungry.delete(worker);',
  ]),
  mutant('fencing by lease is taken out: a result from a lost lease is accepted', [
    'dispatcher.ts',
    'if (worker === undefined) return accepted;',
    'if (worker === undefined) {\n' +
      '      return ids.map((id) => [...this.unsettled()].find((t) => t.id === id && t.attempt === attempt));\n' +
      '    }',
  ]),
  mutant('dedupe is taken out: a cancelled task settles again', [
    'dispatcher.ts',
    "if (task.state === 'sent') accepted[i] = task;",
    'accepted[i] = task;',
  ]),
  mutant('dedupe is taken out: an answer leaves the task in the window', [
    'worker-window.ts',
    'this.#sent.splice(at, 1);',
    '',
  ]),
  mutant('dedupe is taken out: what was taken from the window is found there again', [
    'worker-window.ts',
    'i >= this.#head && ',
    '',
  ]),
  mutant('a lost worker costs no retry', ['dispatcher.ts', 'task.retries++;\n        task.suspect', 'task.suspect']),
  mutant('a failure costs no retry', ['dispatcher.ts', 'task.retries++;\n      this.#requeue', 'this.#requeue']),
  mutant('retries have no limit', ['dispatcher.ts', 'else if (task.retries < task.maxRetries)', 'else if (task)']),
  mutant('a worker that was killed costs a retry', [
    'dispatcher.ts',
    'if (worker.killed && task.maxRetries > 0)',
    'if (!task)',
  ]),
  mutant('a kill sends again what may run once', [
    'dispatcher.ts',
    'if (worker.killed && task.maxRetries > 0)',
    'if (worker.killed)',
  ]),
  mutant('tasks of a lost worker are dropped', [
    'dispatcher.ts',
    'task.suspect ||= blame;\n        this.#requeue(task);',
    'task.suspect ||= blame;',
  ]),
  mutant('tasks of a lost worker come back in reverse', [
    'dispatcher.ts',
    'worker.tasks().reverse()',
    'worker.tasks()',
  ]),
  mutant('what comes back waits behind all others', ['dispatcher.ts', 'putBack(task); // D5', 'push(task);']),
  mutant('suspects share their worker', ['dispatcher.ts', 'task.suspect ||= blame;', '']),
  mutant('tasks on their last try share their worker', [
    'dispatcher.ts',
    'task.retries >= task.maxRetries;',
    'task.maxRetries === 0;',
  ]),
  mutant('others join a task that is alone', ['dispatcher.ts', 'alone || worker.alone ||', 'alone ||']),
  mutant('windows are not limited by work', ['worker-window.ts', 'this.loadMs + loadMs <= windowMs', 'true']),
  mutant('windows are not limited by bytes', ['worker-window.ts', 'this.bytes + task.bytes <=', '0 <=']),
  mutant('windows are not limited by tasks', ['worker-window.ts', 'this.size < windowTasksMax', 'true']),
  mutant('a cancelled task in the queue is not settled', [
    'dispatcher.ts',
    'this.#queue.drop(task);\n      return true;',
    'this.#queue.drop(task);\n      return false;',
  ]),
  mutant('a cancelled task stays counted in the queue', ['dispatcher.ts', 'this.#queue.drop(task);', '']),
  mutant('a cancelled task is not told to its worker', [
    'dispatcher.ts',
    "else this.#effects.push({ type: 'cancel'",
    "else ({ type: 'cancel'",
  ]),
  mutant('a cancelled task loses its limit', [
    'dispatcher.ts',
    "task.state = 'cancelled';\n",
    "task.state = 'cancelled';\n    this.#deadlines.delete(task);\n",
  ]),
  mutant('an answer leaves the deadline', [
    'dispatcher.ts',
    'if (task.timeoutMs !== undefined) this.#deadlines.delete(task);',
    '',
  ]),
  mutant('a loss leaves the deadline', [
    'dispatcher.ts',
    'this.#deadlines.delete(task);\n      this.#sent--;',
    'this.#sent--;',
  ]),
  mutant('limits are never told', ['dispatcher.ts', "this.#effects.push({ type: 'timed-out'", "({ type: 'timed-out'"]),
  mutant('workers that do not answer are not killed', [
    'dispatcher.ts',
    "this.#effects.push({ type: 'kill'",
    "({ type: 'kill'",
  ]),
  mutant('there is no grace', ['dispatcher.ts', 'now + this.#graceMs', 'now']),
  mutant('a task that a worker took out is dropped', [
    'dispatcher.ts',
    "if (task.state === 'sent') this.#requeue(task);",
    'if (!task) {}',
  ]),
  mutant('cancelled tasks in the queue are sent', [
    'task-queue.ts',
    "if (item.state === 'queued') return item;",
    'return item;',
  ]),
  mutant('an answer does not save its worker', ['worker-window.ts', 'this.overdue.delete(id);', '{}']),
  mutant('a worker that is killed gets more', ['worker-window.ts', '!this.killed && ', '']),
  mutant('a worker that is killed is given back', [
    'dispatcher.ts',
    '!worker.isIdle || worker.killed',
    '!worker.isIdle',
  ]),
  mutant('a worker that was cut off gets more', [
    'dispatcher.ts',
    'worker.isCut = true;\n    this.#hungry.delete(worker);',
    'worker.isCut = true;',
  ]),
  mutant('a worker that was cut off is given back', ['dispatcher.ts', ' || worker.isCut) return;', ') return;']),
  mutant('a worker that is wanted back is kept', [
    'dispatcher.ts',
    'if (worker.recalled) this.#releaseIfIdle(worker);',
    'if (worker.recalled) return;',
  ]),
  mutant(
    'a worker that is wanted back gets more',
    ['dispatcher.ts', 'if (!worker.hasParked) this.#hungry.delete(worker);', ''],
    ['dispatcher.ts', 'const { recalled } = worker;', 'const recalled = false;'],
  ),
  mutant('a worker that has answered stays without work', [
    'dispatcher.ts',
    'isHungry ? this.#hungry.add(worker) : ',
    'if (!isHungry) ',
  ]),
  mutant('a lost worker is still given tasks', [
    'dispatcher.ts',
    'this.#workers.delete(lease);\n    this.#hungry.delete(worker);',
    'this.#workers.delete(lease);',
  ]),
  mutant('answers under an unknown lease are not counted', ['dispatcher.ts', 'this.#stale += answers;', '{}']),
  mutant('answers for unknown tasks are not counted', ['dispatcher.ts', 'this.#stale++;', '']),
  mutant('times that are no numbers are believed', [
    'function-profile.ts',
    'if (!Number.isFinite(taskMs) || taskMs < 0) return;',
    '',
  ]),
];

/** Makes the class of a mutant: the sources are changed in a directory of their own, which is gone afterwards. */
export async function loadMutant({ name, replacements }: Mutant): Promise<DispatcherClass> {
  const directory = await mkdtemp(join(tmpdir(), 'gridbook-mutant-'));
  try {
    await writeFile(join(directory, 'package.json'), '{ "type": "module" }');
    for (const file of files) {
      let source = await readFile(new URL(`../../sdk/${file}`, import.meta.url), 'utf8');
      for (const [of, from, to] of replacements) {
        if (of !== file) continue;
        assert.equal(source.split(from).length, 2, `the mutant "${name}" replaces a text that is in ${file} once`);
        source = source.replace(from, () => to);
      }
      await writeFile(join(directory, file), source);
    }
    const loaded: { Dispatcher: DispatcherClass } = await import(pathToFileURL(join(directory, 'dispatcher.ts')).href);
    return loaded.Dispatcher;
  } finally {
    await rm(directory, { recursive: true });
  }
}
