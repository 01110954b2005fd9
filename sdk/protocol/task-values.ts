// Reads the values that come with tasks and functions: arguments, the objects that they refer to, captures.
//
// Callers: the worker's executor; the session, for the tasks of tasks.

import { isPlaced } from '../cluster/objects-arguments.ts';
import { ProtocolError } from '../errors.ts';
import type { Frame } from './channel.ts';
import { readValue, readWholeValue, type ValueSource } from './deserialization.ts';
import type { TaskRun } from './messages.ts';
import { tags, type WireValue } from './wire-value.ts';

/** Reads a value that stands in the frame, or in memory that the frame refers to. */
export function readStored(node: WireValue, shared: Frame['shared'], source: ValueSource): unknown {
  if (Array.isArray(node) && node.length === 2 && node[1] === tags.stored) {
    const bytes = shared[Number(node[0])];
    if (bytes === undefined) throw new ProtocolError('A frame refers to an object that did not come along');
    return readWholeValue(bytes);
  }
  return readValue(node, source);
}

/**
 * The arguments of one task of a message.
 *
 * @param readPlaced - reads those objects that stayed on nodes; a session that sends them has none.
 */
export function readArguments(
  message: Pick<TaskRun, 'args' | 'objects'>,
  i: number,
  shared: Frame['shared'],
  source: ValueSource,
  readPlaced: (node: WireValue[]) => unknown = refusePlaced,
): unknown[] {
  const node = message.args[i] ?? null;
  const { objects } = message;
  const args =
    objects.length === 0
      ? readStored(node, shared, source)
      : readStored(node, shared, {
          ...source,
          resolveRef: (at) => {
            const object = objects[at] ?? null;
            return isPlaced(object) ? readPlaced(object) : readObject(object, shared, source);
          },
        });
  if (!Array.isArray(args)) throw new ProtocolError('The arguments of a task are not an array');
  return args;
}

function refusePlaced(): never {
  throw new ProtocolError('A task of a task names an object by its place');
}

/** Each task reads the value anew, so that what one task changes no other sees; only raw bytes are shared. */
function readObject(node: WireValue, shared: Frame['shared'], source: ValueSource): unknown {
  if (Array.isArray(node) && node[1] === tags.stored) return readStored([...node], shared, source);
  const bytes = readValue(Array.isArray(node) ? [...node] : node, source);
  if (!(bytes instanceof Uint8Array)) throw new ProtocolError('An object in a frame is not a frame');
  return readWholeValue(bytes);
}

/** The captures of a function. */
export function readCaptures(node: WireValue, shared: Frame['shared'], source: ValueSource): Record<string, unknown> {
  const value = readStored(node, shared, source);
  if (typeof value !== 'object' || value === null) throw new ProtocolError('Captures are not an object');
  return Object.fromEntries(Object.entries(value));
}

/**
 * What a message's values refer to: what came with its frame and, of what had come before, what it names by number. It is
 * looked up when the message comes, for a value may be forgotten while tasks that take it still wait.
 */
export function withShared(
  { objects }: TaskRun,
  shared: Frame['shared'],
  known: ReadonlyMap<number, Uint8Array>,
): Frame['shared'] {
  let all: Uint8Array[] | undefined;
  for (const node of objects) {
    if (!Array.isArray(node) || node[1] !== tags.stored || typeof node[0] !== 'number' || node[0] >= 0) continue;
    const bytes = known.get(-node[0]);
    if (bytes === undefined) throw new ProtocolError('A task names an object that was not sent');
    all ??= [...shared];
    node[0] = all.push(bytes) - 1;
  }
  return all ?? shared;
}
