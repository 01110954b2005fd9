// What an environment of cells, a prompt or a notebook, adds to the sessions of its process: what names mean that its
// cells define, and where what tasks print goes.
//
// Owns: which host there is. Does not own: cells, or how their names travel (function-shipping/).
// Callers: whoever runs cells sets it, before it opens a session; function shipping and sessions ask.

/** What a name means in the cells now. */
export type CellName =
  /** Data, a function or a class that a cell defines. */
  | { readonly type: 'value'; readonly value: unknown }
  /** What a cell imports; the specifier as it stands there. `exportName` is `*` for the whole module. */
  | { readonly type: 'import'; readonly specifier: string; readonly exportName: string };

/** Where a text stands: lines and columns from 0. */
export interface CellPlace {
  /** What stacks and messages call the cell, such as `In[3]`. */
  readonly file: string;
  /** From 0. */
  readonly line: number;
  /** From 0. */
  readonly column: number;
}

/** Something that a task printed. */
export interface TaskOutput {
  /** The worker's name. */
  readonly worker: string;
  /** The task's number, as in other events: the last one's of those that printed a line; undefined when it is not known. */
  readonly task: number | undefined;
  /** Where it went. */
  readonly stream: 'stdout' | 'stderr';
  /** What it printed: whole lines, or what has had no end for a second, or until all tasks were done. */
  readonly text: string;
  /** The host's `cell` when the task was called. */
  readonly cell: unknown;
}

/** An export of a module. */
export interface ImportedName {
  /** The module's file URL. */
  readonly url: string;
  /** The name of the export. */
  readonly exportName: string;
}

/** An environment of cells. */
export interface CellHost {
  /**
   * Says where a function of a cell stands.
   *
   * @param source - its source as JavaScript shows it.
   * @returns the place; undefined when no cell has that text.
   */
  placeOf(source: string): CellPlace | undefined;
  /**
   * Says what a name means that a function of a cell uses.
   *
   * @param name - the name.
   * @returns what it means now; undefined when no cell defines it.
   */
  lookUp(name: string): CellName | undefined;
  /** A file URL from which the cells' imports are resolved. */
  readonly baseUrl: string;
  /**
   * Says which module's export a function is that a cell imported; it is shipped with that module.
   *
   * @param fn - the function.
   * @returns the module's file URL and the name; undefined when no cell imported it.
   */
  importOf?(fn: object): ImportedName | undefined;
  /** The variable whose members are the names of earlier cells, where cells are compiled so: `exports`. */
  readonly namesIn?: string | undefined;
  /**
   * What tells the running cell from others; given back with what its tasks print. Read at each call of a task: it throws
   * what a call from a cell fails with that was interrupted.
   */
  readonly cell?: unknown;
  /**
   * Takes what tasks print. Without it, that is printed on this process's output: by threads as it is, from daemons' workers
   * as `connect` was told. What it throws is warned of, and tasks go on.
   */
  readonly onOutput?: ((output: TaskOutput) => void) | undefined;
}

let current: CellHost | undefined;

/**
 * Says that this process runs cells. A function that stands in a cell may then use what other cells define: its value
 * at the time of `remote`, `map` or `actor`, captured as if it had been given in `capture`, and so on for functions and
 * classes that it uses.
 *
 * @param host - what the cells' names mean; undefined when there are none any more.
 * @example
 * ```ts
 * import { connect, setCellHost } from 'gridbook';
 *
 * const cell = 'const factor = 3; const scale = (x) => x * factor;';
 * const scale = new Function(`${cell} return scale`)();
 * setCellHost({
 *   baseUrl: import.meta.url,
 *   placeOf: (source) => (cell.includes(source) ? { file: 'In[1]', line: 0, column: cell.indexOf(source) } : undefined),
 *   lookUp: (name) => (name === 'factor' ? { type: 'value', value: 3 } : undefined),
 * });
 * await using session = await connect({ workers: 1 });
 * console.log(await session.remote(scale)(5)); // prints: 15
 * setCellHost(undefined);
 * ```
 */
export function setCellHost(host: CellHost | undefined): void {
  current = host;
}

/** The environment of cells, if this process is one. */
export function cellHost(): CellHost | undefined {
  return current;
}
