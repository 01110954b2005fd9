// What a worker process and its node say to each other about objects. Users' functions run in the process, so what it
// says is checked.

import { z } from 'zod';
import { isPlainName } from '../../sdk/internal.ts';

const name = z.string().refine(isPlainName);

const place = z.object({
  node: name,
  session: name,
  id: name,
  byteLength: z.int().nonnegative(),
  checksum: z.int().nonnegative(),
});

/** What a worker process says. */
export const objectMessage = z.discriminatedUnion('type', [
  /** It has written an object into the store. */
  z.object({ type: z.literal('object.made'), place }),
  /** It needs an object of another node in the store. */
  z.object({ type: z.literal('object.bring'), request: z.int(), place }),
]);

export type ObjectMessage = z.infer<typeof objectMessage>;

/** What a node answers. */
export interface ObjectBrought {
  readonly type: 'object.brought';
  readonly request: number;
  /** Why it cannot be had; null when it is there. */
  readonly error: string | null;
  /** It is lost, not only without room here. */
  readonly isLost: boolean;
}
