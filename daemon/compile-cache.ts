// Where the processes that a daemon starts find their compiled code: where it has its own. From the sources they are there
// in half of the time then, and some 30 MB smaller, for they load no compiler.

import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';

const directory = getCompileCacheDir();

/** For the environment of such a process; nothing where this one keeps none. */
export const compileCacheEnv: NodeJS.ProcessEnv =
  directory === undefined ? {} : { NODE_COMPILE_CACHE: dirname(directory) };
