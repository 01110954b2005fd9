// Small tasks and actor calls on Ray, beside ours.

import { fileURLToPath } from 'node:url';
import { PythonProcess } from '../../sdk/experiments/peers/python-process.ts';

/** Ray, or a line that says why it is not there. */
export type OpenedRay =
  | { perSecond(what: 'bulk' | 'actor', count: number): Promise<number>; close(): Promise<void> }
  | { readonly missing: string };

export async function openRayTasks(): Promise<OpenedRay> {
  const program = fileURLToPath(new URL('./python/ray_tasks.py', import.meta.url));
  const started = await PythonProcess.start(program, { python: process.env['GRIDBOOK_PYTHON'] ?? 'python3' });
  if ('missing' in started) return { missing: `ray: ${started.missing.why}; ${started.missing.install}` };
  const ray = started.process;
  return {
    perSecond: async (what, count) => {
      const answer = await ray.ask({ what, count });
      if (typeof answer !== 'number') throw new TypeError(`Ray answered ${String(answer)}`);
      return answer;
    },
    close: () => ray.close(),
  };
}
