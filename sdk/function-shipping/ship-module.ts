// Ships exports of modules: of the user's, bundled with what they import, and of the SDK itself.
//
// Invariants:
//   M1. All exports of a module are one bundle, whichever is called, so that on a worker they share its variables.

import { isModuleNamespaceObject } from 'node:util/types';
import { InvalidArgumentError } from '../errors.ts';
import { shownOf, textOf } from '../text-of.ts';
import type { BuiltinModuleName } from './builtin-modules.ts';
import { bundle, exportNamesOf } from './bundle.ts';
import { callerUrl } from './caller-url.ts';
import { type HomeModule, homeModule } from './home-module.ts';
import { namespaceImports } from './imported-name.ts';
import { refusal } from './refusal.ts';
import type { Bundle, Shipment, ShipOptions } from './shipped-code.ts';

/**
 * Makes an export of a module ready to travel, together with what the module imports.
 *
 * @param url - the module's file URL; JavaScript or TypeScript.
 * @returns a promise that rejects with an InvalidArgumentError when the module cannot be bundled or has no such export.
 * @throws InvalidArgumentError, at the call, when `url` is not a file URL.
 * @example
 * ```ts
 * const { code } = await shipModule(new URL('./work.ts', import.meta.url), 'simulate');
 * ```
 */
export function shipModule(
  url: URL,
  exportName = 'default',
  options: Pick<ShipOptions, 'name'> = {},
): Promise<Shipment> {
  if (!(url instanceof URL) || url.protocol !== 'file:') {
    throw new InvalidArgumentError(
      `Cannot ship the module ${String(url)}: give its file URL, new URL('./work.ts', import.meta.url)`,
    );
  }
  const name = options.name ?? exportName;
  return Promise.all([bundleModule(url, name), exportNamesOf(url, name)]).then(([bundled, exported]) => {
    if (exported?.includes(exportName) === false) {
      const others = exported.length === 0 ? 'nothing' : exported.join(', ');
      throw refusal(name, `${url.pathname} exports no "${exportName}"; it exports ${others}`);
    }
    return moduleShipment(bundled, exportName, name);
  });
}

/**
 * Makes all functions of a module ready to travel. The module is found among the imports of the caller's file.
 *
 * @param namespace - the module as `import * as work from './work.ts'` gives it.
 * @returns a promise for each export that is a function and not a class; each rejects with an InvalidArgumentError when
 *   the module cannot be found or bundled.
 * @throws InvalidArgumentError, at the call, when `namespace` is something else, or the caller's file is not known.
 * @example
 * ```ts
 * import * as work from './work.ts';
 *
 * const { simulate } = shipNamespace(work, { callerUrl: import.meta.url });
 * ```
 */
export function shipNamespace(
  namespace: object,
  options: Pick<ShipOptions, 'callerUrl'> = {},
): Record<string, Promise<Shipment>> {
  if (!isModuleNamespaceObject(namespace)) {
    const given = Object(namespace) === namespace ? 'an object' : shownOf(namespace);
    throw new InvalidArgumentError(`Cannot ship ${given}: give a function, or a module by import * as or by its URL`);
  }
  const url = options.callerUrl ?? callerUrl();
  const home = url === undefined ? undefined : homeModule(url);
  if (home === undefined) {
    throw new InvalidArgumentError(
      'Cannot ship the module: the file that imports it cannot be read. Give its URL and the name of a function',
    );
  }
  const bundled = findNamespace(namespace, home).then((found) => bundleModule(found, found.pathname));
  const shipments: Record<string, Promise<Shipment>> = {};
  for (const [name, value] of Object.entries(namespace)) {
    if (typeof value !== 'function' || isClass(value)) continue;
    const shipment = bundled.then((b) => moduleShipment(b, name, name));
    // Told to whoever calls the function; a function that nobody calls says nothing.
    shipment.catch(() => {});
    shipments[name] = shipment;
  }
  return shipments;
}

/**
 * Names a function that a factory of a module of the SDK makes on the worker.
 *
 * @param module - the module, of those in `builtin-modules.ts`.
 * @param factory - the export that is called once on a worker, with the captures, and gives the function.
 * @param captures - plain values.
 */
export function shipBuiltin(
  module: BuiltinModuleName,
  factory: string,
  captures: Record<string, unknown>,
  name: string,
): Shipment {
  return { code: { kind: 'builtin', name, module, factory }, captures };
}

function bundleModule(url: URL, label: string): Promise<Bundle> {
  const by = 'import' as const;
  const wanted = { specifier: url.href, importerUrl: url.href, exportName: '*', by, attributes: {} };
  return bundle([{ ...wanted, bundledAs: 'module' }], label); // M1
}

function moduleShipment(bundled: Bundle, exportName: string, name: string): Shipment {
  return { code: { kind: 'module', name, bundle: bundled, exportName }, captures: {} };
}

/** The file whose module a namespace is: importing it again gives the very same object and runs nothing. */
async function findNamespace(namespace: object, home: HomeModule): Promise<URL> {
  const failures: string[] = [];
  for (const specifier of new Set(namespaceImports(home))) {
    if (!/^(\.\.?\/|file:)/.test(specifier)) continue;
    const url = new URL(specifier, home.url);
    try {
      if ((await import(url.href)) === namespace) return url;
    } catch (error) {
      failures.push(textOf(error));
    }
  }
  throw new InvalidArgumentError(
    `Cannot ship the module: ${home.fileName} does not import it as a whole from a file of its own` +
      `${failures.length === 0 ? '' : ` (${failures.join('; ')})`}. Write import * as work from './work.ts', or give its URL`,
  );
}

function isClass(value: unknown): boolean {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}
