// All that is known of one function before anything is decided: its source, its surroundings, its place.
//
// Owns: keeping that, once for each function object.

import { CellSite } from './cell-site.ts';
import { findSurroundings, type Surroundings } from './free-variables.ts';
import { type FunctionLike, type FunctionSource, readSource, tooDeep } from './function-source.ts';
import type { Place } from './place.ts';
import { findPlace } from './place-search.ts';
import { lineAt } from './syntax.ts';

export class Analysis {
  readonly source: FunctionSource;
  readonly surroundings: Surroundings;
  /** Where it stands in a cell; undefined when it is of no cell. */
  readonly cell: CellSite | undefined;
  readonly #places = new Map<string, Place | undefined>();

  private constructor(source: FunctionSource, cell: CellSite | undefined) {
    this.source = source;
    this.cell = cell;
    this.surroundings = findSurroundings(source);
  }

  static readonly #known = new WeakMap<FunctionLike, Analysis>();

  /** @throws InvalidArgumentError when the source is hidden or cannot be parsed. */
  static of(fn: FunctionLike, label: string): Analysis {
    let analysis = Analysis.#known.get(fn);
    if (analysis === undefined) {
      const source = readSource(fn, label);
      const cell = CellSite.of(source);
      try {
        analysis = new Analysis(cell?.source ?? source, cell);
      } catch (error) {
        throw error instanceof RangeError ? tooDeep(label, error) : error;
      }
      Analysis.#known.set(fn, analysis);
    }
    return analysis;
  }

  /** Where the function stands, looked for from the caller's file on. */
  placeFrom(callerUrl: string | undefined): Place | undefined {
    if (callerUrl === undefined || this.cell !== undefined) return undefined;
    if (!this.#places.has(callerUrl)) {
      // A file may give the name of a global another meaning, so every name is worth a search through files.
      const { variables, dynamicImports } = this.surroundings;
      this.#places.set(callerUrl, findPlace(callerUrl, this.source, variables.length + dynamicImports.length > 0));
    }
    return this.#places.get(callerUrl);
  }

  /** Says where an offset of the expression is, for a person. */
  describe(offset: number, place: Place | undefined): string {
    const line = lineAt(this.source.expression, offset) + 1;
    if (this.cell !== undefined) return `${fileNameOf(this.cell.origin.file)}:${this.cell.origin.line + line}`;
    const origin = place?.origin(this.source);
    const lines = origin === undefined ? (place?.lines ?? []) : [origin.line];
    if (place === undefined || lines.length === 0) return `line ${line} of its source`;
    return `${place.home.fileName}:${lines.map((first) => first + line).join(' or ')}`;
  }
}

/** A file's name without its folder; a cell's as it is. */
function fileNameOf(file: string): string {
  return URL.canParse(file) ? decodeURIComponent(new URL(file).pathname.split('/').at(-1) ?? '') : file;
}
