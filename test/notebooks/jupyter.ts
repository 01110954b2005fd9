// The Jupyter that tests use, and whether it is there.

import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { needs } from '../helpers/needs.ts';

/** As `gridbook notebook --jupyter` takes it. */
export const jupyter = process.env['GRIDBOOK_JUPYTER'] ?? 'jupyter';

/** The Python beside it. */
export const jupyterPython = jupyter.includes('/') ? join(dirname(jupyter), 'python') : 'python3';

/** The browser that is driven. */
export const chromium = process.env['GRIDBOOK_CHROMIUM'] ?? '/usr/bin/chromium';

/** The options of tests that need JupyterLab and nbclient. */
export function needsJupyter(): { skip: string | false } {
  const isThere = (): boolean => spawnSync(jupyterPython, ['-c', 'import jupyterlab, nbclient']).status === 0;
  const install = 'python3 -m pip install jupyterlab nbclient, or name a Jupyter by GRIDBOOK_JUPYTER';
  return needs('JupyterLab with nbclient', isThere, install);
}

/** The options of tests that need a browser, too. */
export function needsBrowser(): { skip: string | false } {
  const withJupyter = needsJupyter();
  if (withJupyter.skip !== false) return withJupyter;
  const isThere = (): boolean => spawnSync(chromium, ['--version']).status === 0;
  return needs('Chromium', isThere, 'apt-get install chromium, or name one by GRIDBOOK_CHROMIUM');
}
