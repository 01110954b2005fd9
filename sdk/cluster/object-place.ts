// Where an object is, as messages say it. Loads no network: embedded sessions read places, too.
//
// P2 of objects.ts: of a place only plain names are taken, since paths are made of them.

import { ProtocolError } from '../errors.ts';
import { isPlainName } from '../protocol/plain-name.ts';
import type { WireValue } from '../protocol/wire-value.ts';

/** Where an object is, and what proves that it is whole. */
export interface ObjectPlace {
  /** The name of the node that made it. */
  readonly node: string;
  readonly session: string;
  readonly id: string;
  readonly byteLength: number;
  /** CRC-32 of its bytes: it finds damage, not malice. */
  readonly checksum: number;
}

/** A place as it stands in a message. */
export function wirePlace({ node, session, id, byteLength, checksum }: ObjectPlace): WireValue[] {
  return [node, session, id, byteLength, checksum];
}

/** A place that stood in a message. @throws ProtocolError when it is none (P2). */
export function asPlace(value: unknown): ObjectPlace {
  if (!Array.isArray(value) || value.length !== 5) throw new ProtocolError('Cannot read the place of an object');
  const [node, session, id, byteLength, checksum]: unknown[] = value;
  const isRight =
    isPlainName(node) &&
    isPlainName(session) &&
    isPlainName(id) &&
    typeof byteLength === 'number' &&
    Number.isSafeInteger(byteLength) &&
    byteLength >= 0 &&
    typeof checksum === 'number';
  if (!isRight) throw new ProtocolError('Cannot read the place of an object: its fields are not of their form');
  return { node, session, id, byteLength, checksum };
}
