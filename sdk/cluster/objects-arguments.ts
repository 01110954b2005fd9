// Arguments that stay on nodes, on the worker whose tasks take them: brought into its node's store before the tasks begin,
// read there when each begins.
//
// Callers: executor.ts.

import { ObjectLostError } from '../errors.ts';
import { readWholeValue } from '../protocol/deserialization.ts';
import type { TaskRun } from '../protocol/messages.ts';
import { tags, type WireValue } from '../protocol/wire-value.ts';
import { asPlace, type ObjectPlace } from './object-place.ts';
import type { WorkerObjects } from './objects-worker.ts';

/** So many objects are asked of the node at once. */
const broughtAtOnceMax = 16;

/** Thrown where an argument is lost that the session may have made again. */
export class LostArgument {
  readonly id: string;
  readonly error: unknown;

  constructor(id: string, error: unknown) {
    this.id = id;
    this.error = error;
  }
}

/** What was thrown, if it is a lost argument; a function may throw anything, also what cannot be asked for its class. */
export function asLostArgument(thrown: unknown): LostArgument | undefined {
  try {
    return thrown instanceof LostArgument ? thrown : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a value that stands in a message stayed in the store of a node. */
export function isPlaced(node: WireValue | undefined): node is WireValue[] {
  return Array.isArray(node) && node.length === 2 && node[1] === tags.stored && Array.isArray(node[0]);
}

/** The objects of one message. */
export class PlacedArguments {
  readonly #objects: WorkerObjects | undefined;
  readonly #places: readonly ObjectPlace[];
  /** Why some are not in the store; undefined until the others were brought there. */
  #missing: Map<string, unknown> | undefined;

  constructor({ objects: values }: TaskRun, objects: WorkerObjects | undefined) {
    this.#objects = objects;
    this.#places = values.flatMap((node) => (isPlaced(node) ? [asPlace(node[0])] : []));
  }

  /** Has what is elsewhere brought here, once; undefined when nothing has to be waited for. */
  bring(): Promise<void> | undefined {
    const objects = this.#objects;
    if (this.#missing !== undefined || objects === undefined) return undefined;
    const missing = new Map<string, unknown>();
    const absent = this.#places.filter((place) => !objects.has(place));
    if (absent.length === 0) {
      this.#missing = missing;
      return undefined;
    }
    const left = absent.values();
    const bringOneByOne = async (): Promise<void> => {
      for (const place of left) {
        try {
          await objects.bring(place);
        } catch (error) {
          missing.set(place.id, error);
        }
      }
    };
    return Promise.all(Array.from({ length: broughtAtOnceMax }, bringOneByOne)).then(() => {
      this.#missing = missing;
    });
  }

  /** The value of a placed object. @throws LostArgument, or ResourceError when the store had no room for it. */
  readonly read = (node: WireValue[]): unknown => {
    const place = asPlace(node[0]);
    const why = this.#missing?.get(place.id);
    try {
      if (why !== undefined) throw why;
      const bytes = this.#objects?.readHere(place);
      if (bytes === undefined) throw new ObjectLostError(`Object ${place.id} is not in the node's store any more`);
      return readWholeValue(bytes);
    } catch (error) {
      throw error instanceof ObjectLostError ? new LostArgument(place.id, error) : error;
    }
  };
}
