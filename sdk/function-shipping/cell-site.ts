// Where a function stands that was typed into a cell, and what names mean there.
//
// Owns: asking the host of the cells; names that a compiler of cells wrote as members of a variable.
// Does not own: the cells (cell-host.ts), what is done with the answer (ship.ts).
//
// Invariants:
//   C1. Only functions whose text stands in a cell get names of cells: what a library leaves undeclared is not filled in by
//       chance.
//   C2. `exports.name` becomes one variable, `exports$name`, of the same length, so that lines and columns stay.

import { type CellHost, type CellName, cellHost } from '../cell-host.ts';
import { type FunctionSource, readAgain } from './function-source.ts';
import type { ShippedFunction } from './shipped-code.ts';
import { columnAt, lineAt, type Node, rangeOf, scopesOf, walk } from './syntax.ts';

export class CellSite {
  /** The function's source, with names as variables (C2). */
  readonly source: FunctionSource;
  /** Where its expression begins. */
  readonly origin: NonNullable<ShippedFunction['origin']>;
  readonly #host: CellHost;

  private constructor(host: CellHost, source: FunctionSource, origin: CellSite['origin']) {
    this.#host = host;
    this.origin = origin;
    this.source = source;
  }

  /** Where a function stands, by its source; undefined when it is of no cell (C1). */
  static of(source: FunctionSource): CellSite | undefined {
    const host = cellHost();
    const { text, core, prefixLength } = source;
    const place = host?.placeOf(text);
    if (host === undefined || place === undefined) return undefined;
    const before = text.length - core.length;
    const line = lineAt(text, before);
    const column = columnAt(text, before) + (line === 0 ? place.column : 0) - prefixLength;
    const { namesIn } = host;
    const read = namesIn === undefined ? source : withNames(source, namesIn);
    return new CellSite(host, read, { file: place.file, line: place.line + line, column });
  }

  /** From which the imports of cells are resolved. */
  get baseUrl(): string {
    return this.#host.baseUrl;
  }

  /** The name in the cells that a variable of `source` stands for. */
  nameOf(variable: string): string {
    const { namesIn } = this.#host;
    const prefix = `${namesIn}$`;
    return namesIn !== undefined && variable.startsWith(prefix) ? variable.slice(prefix.length) : variable;
  }

  /** What a name means now. */
  lookUp(name: string): CellName | undefined {
    return this.#host.lookUp(name);
  }
}

/** C2 */
function withNames(source: FunctionSource, namesIn: string): FunctionSource {
  const free = new Set(scopesOf(source.syntax).globalScope?.through.map(({ identifier }) => identifier as Node));
  const text = source.expression.split('');
  let isChanged = false;
  walk(source.node, (node) => {
    if (node.type !== 'MemberExpression' || node.computed || node.optional === true) return true;
    const { object } = node;
    if (object.type !== 'Identifier' || object.name !== namesIn || !free.has(object)) return true;
    const dot = rangeOf(object)[1] - 1; // in the expression, which stands in brackets when it is parsed
    if (text[dot] !== '.') return true;
    text[dot] = '$';
    isChanged = true;
    return true;
  });
  return isChanged ? readAgain(source, text.join('')) : source;
}
