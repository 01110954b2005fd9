// What a shipment takes from modules: which of it the worker has by itself, and which must be bundled.
//
// Owns: telling the two apart, numbering what is bundled. Does not own: bundling (bundle.ts).

import { isBuiltin } from 'node:module';
import type { BundleImport } from './bundle.ts';
import type { ImportedName } from './imported-name.ts';
import { isOwnPackage } from './own-package.ts';
import type { BindingSource, LoadedModule } from './shipped-code.ts';

/** A reason not to import something. */
export class UnshippableImport extends Error {}

/** What a shipment's functions import. */
export class ImportTable {
  readonly #bundled = new Map<string, BundleImport>();
  #usesGridbook = false;

  /** What must be bundled, in the order in which it was asked for. */
  get bundled(): readonly BundleImport[] {
    return [...this.#bundled.values()];
  }

  /** Whether a function uses the worker's own gridbook. */
  get usesGridbook(): boolean {
    return this.#usesGridbook;
  }

  /** How a name that a module imports is had on the worker. @throws UnshippableImport */
  bind(imported: ImportedName, importerUrl: string): BindingSource {
    const { specifier, exportName, by, attributes } = imported;
    checkSpecifier(specifier);
    if (isOwnPackage(specifier, importerUrl)) {
      this.#usesGridbook = true;
      return { from: 'gridbook', exportName };
    }
    if (isBuiltin(specifier)) {
      return {
        from: 'node',
        specifier,
        exportName: by === 'require' && exportName === '*' ? 'default' : exportName,
      };
    }
    return { from: 'bundle', exportName: this.#add({ specifier, importerUrl, exportName, by, attributes }) };
  }

  /** How a module is had that a function imports when it runs. @throws UnshippableImport */
  load(specifier: string, importerUrl: string | undefined): LoadedModule {
    checkSpecifier(specifier);
    if (isOwnPackage(specifier, importerUrl)) return { from: 'gridbook' };
    if (isBuiltin(specifier)) return { from: 'node', specifier };
    if (importerUrl === undefined) {
      throw new UnshippableImport(`it imports "${specifier}", but the file that it stands in is not known`);
    }
    const added = this.#add({ specifier, importerUrl, exportName: '*', by: 'load', attributes: {} });
    return { from: 'bundle', exportName: added };
  }

  #add(wanted: Omit<BundleImport, 'bundledAs'>): string {
    const key = JSON.stringify(wanted);
    const known = this.#bundled.get(key);
    if (known !== undefined) return known.bundledAs;
    const bundledAs = `b${this.#bundled.size}`;
    this.#bundled.set(key, { ...wanted, bundledAs });
    return bundledAs;
  }
}

function checkSpecifier(specifier: string): void {
  if (specifier.endsWith('.node')) {
    throw new UnshippableImport(`it imports "${specifier}", a native addon, which cannot travel`);
  }
  if (specifier.startsWith('gridbook/')) {
    throw new UnshippableImport(`it imports "${specifier}", but workers have only "gridbook" itself`);
  }
}
