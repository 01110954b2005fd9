// The kernel that runs in this process: what of tslab is reached for beyond its public names, and nothing else.
//
// tslab shows one MIME type a call, has no number for a cell, and tells nobody of a restart. Its modules are CommonJS, so
// that what runs is found among the loaded ones, be it started by `kernel-main.ts` or by tslab's own command.

import { createRequire } from 'node:module';

/** A display in a cell, as the Jupyter protocol has it. */
export interface DisplayData {
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly transient: { readonly display_id?: string | undefined };
}

/** Sends a display to the cell it belongs to; an update changes the one of the same id. */
export type WriteDisplay = (data: DisplayData, isUpdate: boolean) => void;

/** Sends text to a cell. */
export type WriteStream = (name: 'stdout' | 'stderr', text: string) => void;

/** Runs one cell. */
export type ExecuteCell = (
  this: unknown,
  request: { readonly code: string },
  writeStream: WriteStream,
  writeDisplay: WriteDisplay,
) => Promise<unknown>;

/** tslab's module of the Jupyter protocol. */
export interface TslabJupyter {
  readonly JupyterHandlerImpl: { readonly prototype: { handleExecuteImpl: ExecuteCell } };
  readonly ZmqServer: { readonly prototype: { close: (this: unknown) => void } };
}

/** What cells share: their names, as members, and `require`. */
export interface TslabScope {
  readonly exports: Record<string, unknown>;
  readonly require: NodeJS.Require;
}

/** The running kernel; undefined when this process is none. */
export function findTslab(): TslabJupyter | undefined {
  const { cache } = createRequire(import.meta.url);
  for (const [path, module] of Object.entries(cache)) {
    const exported: unknown = /[\\/]tslab[\\/]dist[\\/]jupyter\.js$/.test(path) ? module?.exports : undefined;
    if (isJupyter(exported)) return exported;
  }
  return undefined;
}

function isJupyter(module: unknown): module is TslabJupyter {
  if (typeof module !== 'object' || module === null) return false;
  if (!('JupyterHandlerImpl' in module && 'ZmqServer' in module)) return false;
  const { JupyterHandlerImpl, ZmqServer } = module;
  return (
    typeof JupyterHandlerImpl === 'function' &&
    typeof JupyterHandlerImpl.prototype.handleExecuteImpl === 'function' &&
    typeof ZmqServer === 'function' &&
    typeof ZmqServer.prototype.close === 'function'
  );
}

/** What cells share; undefined before the kernel runs. */
export function tslabScope(): TslabScope | undefined {
  const scope: unknown = Reflect.get(globalThis, '__tslab__');
  return isScope(scope) ? scope : undefined;
}

function isScope(scope: unknown): scope is TslabScope {
  return typeof scope === 'object' && scope !== null && 'exports' in scope && 'require' in scope;
}
