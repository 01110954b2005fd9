// The functions of one session: shipped once, known by their content.
//
// Owns: the numbers and definitions of functions. Does not own: what is sent to which worker (worker-pool.ts).
//
// Invariants:
//   F1. Two functions of the same code and captures are one definition, and workers get it once.

import { createHash } from 'node:crypto';
import type { Shipment } from './function-shipping/index.ts';
import { buildFrame } from './protocol/codec.ts';
import type { FunctionRole } from './protocol/messages.ts';
import { type Payload, writePayload } from './protocol/payload.ts';
import type { FunctionDefinition } from './task.ts';

/** How many definitions are known by their content; older ones are only known by who holds them. */
const knownMax = 1024;

export class FunctionRegistry {
  readonly #known = new Map<string, FunctionDefinition>();
  #count = 0;

  /** The definition of what was shipped. @throws SerializationError when a capture cannot travel. */
  define({ code, captures }: Shipment, role: FunctionRole): FunctionDefinition {
    const payload = writePayload(captures, 'capture');
    const hash = contentHash(JSON.stringify([role, code]), payload); // F1
    const known = this.#known.get(hash);
    if (known !== undefined) return known;
    const definition: FunctionDefinition = {
      id: ++this.#count,
      name: code.name,
      role,
      code,
      captures: payload,
    };
    this.#known.set(hash, definition);
    const oldest = this.#known.keys().next();
    if (this.#known.size > knownMax && !oldest.done) this.#known.delete(oldest.value);
    return definition;
  }

  /** A method of the actor that lives on the worker; it has no code of its own. */
  defineMethod(method: string): FunctionDefinition {
    return {
      id: ++this.#count,
      name: method,
      role: { type: 'method', method },
      code: undefined,
      captures: writePayload({}, 'capture'),
    };
  }
}

function contentHash(code: string, captures: Payload): string {
  const bytes = captures.stored?.bytes ?? buildFrame(captures.segments ?? [], captures.node);
  return createHash('sha256').update(code).update(bytes).digest('hex');
}
