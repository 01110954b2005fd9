// zod, loaded when a schema is first needed: programs that only send tasks start without it.

import { createRequire } from 'node:module';
import type * as zod from 'zod';

let loaded: typeof zod | undefined;

/** Loads zod, once. */
export function loadZod(): typeof zod {
  const require = createRequire(import.meta.url);
  loaded ??= require('zod') as typeof zod;
  return loaded;
}
