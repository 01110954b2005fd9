// The Python that tests use for numpy and Ray, and whether it has them.

import { spawnSync } from 'node:child_process';
import { needs } from './needs.ts';

/** As the command takes it. */
export const python = process.env['GRIDBOOK_PYTHON'] ?? 'python3';

/** The options of tests that need modules of Python. */
export function needsPython(...modules: string[]): { skip: string | false } {
  const look = `import importlib.util as u, sys; sys.exit(any(u.find_spec(m) is None for m in ${JSON.stringify(modules)}))`;
  const isThere = (): boolean => spawnSync(python, ['-c', look]).status === 0;
  const install = `${python} -m pip install ${modules.join(' ')}, or name a Python that has them by GRIDBOOK_PYTHON`;
  return needs(`Python with ${modules.join(' and ')}`, isThere, install);
}
