// The workload that a person names: one that comes with Gridbook, or one of a file.

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InvalidArgumentError, type Workload, workloads } from '../sdk/index.ts';
import { importOwnPackage } from './own-import.ts';

/** The workload of a name. @throws InvalidArgumentError when there is none. */
export function builtinWorkload(name: string): Workload {
  const found: Workload<never> | undefined = Object.values(workloads).find((workload) => workload.name === name);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(
    `There is no workload "${name}"; there are ${Object.keys(workloads).join(', ')}, and --workload <file> for your own`,
  );
}

/**
 * The workload that a file exports: its default export, or its only one.
 *
 * @throws InvalidArgumentError when the file cannot be loaded, or exports none or several.
 */
export async function workloadOfFile(path: string): Promise<Workload> {
  importOwnPackage();
  let module: object;
  try {
    module = await import(pathToFileURL(resolve(path)).href);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidArgumentError(`Cannot load a workload from ${path}: ${why}`, { cause });
  }
  if ('default' in module && isWorkload(module.default)) return module.default;
  const found = Object.values(module).filter(isWorkload);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const what = found.length === 0 ? 'exports no workload' : 'exports several workloads and none of them as default';
  throw new InvalidArgumentError(`${path} ${what}: write "export default defineWorkload({ … })"`);
}

function isWorkload(value: unknown): value is Workload {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    'prepare' in value &&
    'check' in value &&
    'params' in value
  );
}
