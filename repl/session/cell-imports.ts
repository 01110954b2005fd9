// The imports of cells: packages and files, resolved from where the user is.
//
// Owns: which functions came from which file, when files were read. Does not own: names (cell-names.ts).
//
// Invariants:
//   I1. `gridbook` is the very one that runs the prompt, whatever is installed where the user is, also to files (own-import.ts).
//   I2. A file that changed since it was imported is read again when it is imported again. What it imports itself is not.

import { stat } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { constants, Script } from 'node:vm';
import { importOwnPackage } from '../own-import.ts';
import type { CellImport } from './cell-syntax.ts';

export class CellImports {
  readonly #file: string | undefined;
  readonly #origins = new WeakMap<object, { url: string; exportName: string }>();
  readonly #readAt = new Map<string, number>();

  /** @param file - the URL of the script that the cells are of; from where the user is when there is none. */
  constructor(file?: string) {
    importOwnPackage(); // I1
    this.#file = file;
  }

  /** From which specifiers are resolved. */
  get baseUrl(): string {
    return this.#file ?? pathToFileURL(`${process.cwd()}/cell.ts`).href;
  }

  /** The file and name that a function was imported from. */
  originOf(fn: object): { url: string; exportName: string } | undefined {
    return this.#origins.get(fn);
  }

  /** Imports a module and gives the value of each name. @throws SyntaxError when it does not export one of them. */
  async load({ specifier, attributes, names }: CellImport): Promise<Map<string, unknown>> {
    const module = await this.#import(specifier, attributes).catch((error: unknown) => {
      // At a prompt there is no such file, only the folder.
      if (error instanceof Error && this.#file === undefined)
        error.message = error.message.replace(fileURLToPath(this.baseUrl), process.cwd());
      throw error;
    });
    const values = new Map<string, unknown>();
    for (const { local, exportName } of names) {
      if (exportName !== '*' && !(exportName in module)) throw missingExport(specifier, exportName, module);
      values.set(local, exportName === '*' ? module : Reflect.get(module, exportName));
    }
    return values;
  }

  async #import(specifier: string, attributes: Readonly<Record<string, string>>): Promise<object> {
    if (!/^(\.\.?\/|\/|file:)/.test(specifier)) return importFrom(this.baseUrl, specifier, attributes);
    const url = new URL(specifier, this.baseUrl);
    const { href } = url;
    const changedAt = (await stat(url).catch(() => undefined))?.mtimeMs ?? 0;
    const readAt = this.#readAt.get(href) ?? changedAt;
    this.#readAt.set(href, readAt);
    const module = await importFrom(
      this.baseUrl,
      changedAt === readAt ? href : `${href}?changed=${changedAt}`,
      attributes,
    ); // I2
    for (const [exportName, value] of Object.entries(module)) {
      if (typeof value === 'function') this.#origins.set(value, { url: href, exportName });
    }
    return module;
  }
}

/** As an `import()` that stands in that file. */
async function importFrom(
  filename: string,
  specifier: string,
  attributes: Readonly<Record<string, string>>,
): Promise<object> {
  const options = Object.keys(attributes).length === 0 ? '' : `,{with:${JSON.stringify(attributes)}}`;
  const script = new Script(`import(${JSON.stringify(specifier)}${options})`, {
    filename,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const module: unknown = await script.runInThisContext();
  if (typeof module !== 'object' || module === null) throw new TypeError(`${specifier} is no module`);
  return module;
}

function missingExport(specifier: string, exportName: string, module: object): SyntaxError {
  const names = Object.keys(module);
  const others = names.length === 0 ? 'nothing' : names.slice(0, 20).join(', ');
  const error = new SyntaxError(
    `'${specifier}' exports no "${exportName}"; it exports ${others}. If it is a type: import type { ${exportName} }`,
  );
  error.stack = `SyntaxError: ${error.message}`;
  return error;
}
