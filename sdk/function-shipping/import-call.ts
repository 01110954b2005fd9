// `import()` inside a shipped function: calls of a function that is given to it on the worker.

import type { DynamicImport } from './free-variables.ts';
import type { LoadedModule } from './shipped-code.ts';

/** A function's source whose `import()` became calls of a variable, and what that variable gives. */
export interface WithLoader {
  readonly expression: string;
  readonly local: string;
  readonly modules: Record<string, LoadedModule>;
}

/**
 * Puts a variable in place of `import`, of the same length, so that no column moves.
 *
 * @param imports - offsets and specifiers; each specifier is known.
 * @param load - how a specifier is had on the worker.
 */
export function withLoader(
  expression: string,
  imports: readonly DynamicImport[],
  load: (specifier: string, offset: number) => LoadedModule,
): WithLoader {
  const local = unusedName(expression);
  const modules: Record<string, LoadedModule> = {};
  let rewritten = expression;
  for (const { offset, specifier } of imports) {
    if (specifier === undefined) throw new TypeError('An import() of an unknown specifier is refused before');
    if (!Object.hasOwn(modules, specifier)) modules[specifier] = load(specifier, offset);
    rewritten = rewritten.slice(0, offset) + local + rewritten.slice(offset + 'import'.length);
  }
  return { expression: rewritten, local, modules };
}

/** The variables that stand for `import` in functions that were made here. */
const loaders = new Set<string>();

/** A function is made in which a variable stands for `import`. */
export function noteLoader(local: string): void {
  loaders.add(local);
}

/** The source of a function that may stand inside of one that was made here, as its user wrote it. */
export function withImports(source: string): string {
  let text = source;
  for (const local of loaders) text = text.replaceAll(`${local}(`, 'import(');
  return text;
}

function unusedName(text: string): string {
  for (let i = 0; ; i++) {
    const name = `$${i.toString(36).padStart('import'.length - 1, '_')}`;
    if (!text.includes(name)) return name;
  }
}
