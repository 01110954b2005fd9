// Exports that their module assigns again: whoever imports one sees each new value, which a shipped function, made once
// with the value of that time, would not.

import { homeModule } from './home-module.ts';
import { type ImportedName, nameOf } from './imported-name.ts';
import type { Program } from './syntax.ts';

/** Whether an import from a file of the user is of a variable that the file assigns again. */
export function isChangingExport({ specifier, exportName, by }: ImportedName, importerUrl: string): boolean {
  if (by !== 'import' || exportName === '*' || !/^\.\.?\//.test(specifier)) return false;
  const module = homeModule(new URL(specifier, importerUrl).href);
  const local = module && localNameOf(exportName, module.syntax.program);
  if (module === undefined || local === undefined) return false;
  const variables = module.scopes.acquireAll(module.syntax.program)?.flatMap((scope) => scope.variables) ?? [];
  const references = variables.find(({ name }) => name === local)?.references ?? [];
  return references.some((reference) => reference.isWrite() && reference.init !== true);
}

/** The variable behind an export; undefined when it comes from another module. */
function localNameOf(exportName: string, { body }: Program): string | undefined {
  for (const statement of body) {
    if (statement.type !== 'ExportNamedDeclaration' || statement.source) continue;
    const found = statement.specifiers.find(({ exported }) => nameOf(exported) === exportName);
    if (found !== undefined) return nameOf(found.local);
  }
  return exportName === 'default' ? undefined : exportName;
}
