// What the kernel's compiler made of a cell: which of its names are imports, and where a function of it was typed.
//
// The forms are those that TypeScript prints for CommonJS modules, as the kernel wraps them:
//
//   (async function(exports, require) { const gridbook_1 = require("gridbook");
//   Object.defineProperty(exports, "connect", { enumerable: true, get: function () { return gridbook_1.connect; } });
//   exports.factor = 3;
//   })(__tslab__.exports, __tslab__.require)

/** Where a name was imported from. */
export interface CellImport {
  readonly specifier: string;
  /** `*` for the whole module. */
  readonly exportName: string;
}

const moduleForm = /^(?:\(.*?\{ )?const (\w+) = (?:__import(?:Star|Default)\()?require\("([^"\n]+)"\)/gm;
const memberForm = /^Object\.defineProperty\(exports, "([^"\n]+)", .*\breturn (\w+)\.(\w+); \} \}\);$/gm;
const assignedForm = /^exports\.([\w$]+) = (?:(\w+)(?:\.(\w+))?;$)?/gm;
const endForm = /\}\)\(__tslab__\.exports, __tslab__\.require\)\s*$/;

/** A cell as it was typed and as it runs. */
export class CompiledCell {
  readonly number: number;
  readonly compiled: string;
  readonly #typed: string;
  /** The variables that stand for modules in this cell alone. */
  readonly modules = new Map<string, CellImport>();
  /** The names that it imports for all cells. */
  readonly imports = new Map<string, CellImport>();
  /** The names that it defines otherwise. */
  readonly defined = new Set<string>();

  constructor(number: number, typed: string, compiled: string) {
    this.number = number;
    this.#typed = typed;
    this.compiled = compiled;
    for (const [, variable = '', specifier = ''] of compiled.matchAll(moduleForm)) {
      this.modules.set(variable, { specifier, exportName: '*' });
    }
    for (const [, name = '', variable = '', exportName = ''] of compiled.matchAll(memberForm)) {
      this.#import(name, variable, exportName);
    }
    for (const [, name = '', variable = '', exportName = '*'] of compiled.matchAll(assignedForm)) {
      if (!this.#import(name, variable, exportName)) this.defined.add(name);
    }
  }

  #import(name: string, variable: string, exportName: string): boolean {
    const module = this.modules.get(variable);
    if (module !== undefined) this.imports.set(name, { ...module, exportName });
    return module !== undefined;
  }

  /** Whether a text is a cell that the kernel is about to run. */
  static isCell(text: string): boolean {
    return /^\((?:async )?function\(exports, require\) \{ /.test(text) && endForm.test(text);
  }

  /** The names of other cells that the compiler left bare, as it does in `{ name }`. */
  bareNames(names: readonly string[]): string[] {
    const bare = new Set(Array.from(this.compiled.matchAll(/(?<=[{,]\s*)([\w$]+)(?=\s*[,}])/g), ([name]) => name));
    return names.filter((name) => bare.has(name));
  }

  /** The line, from 0, on which a function of it was typed: types and blank lines are gone from what runs. */
  lineOf(source: string): number {
    const words = wordsOf(source.split('\n', 1)[0] ?? '');
    let best = { line: 0, alike: 0 };
    for (const [line, text] of this.#typed.split('\n').entries()) {
      const alike = [...wordsOf(text)].filter((word) => words.has(word)).length;
      if (alike > best.alike) best = { line, alike };
    }
    return best.line;
  }
}

function wordsOf(line: string): Set<string> {
  return new Set(line.match(/[\w$]+|=>/g)?.filter((word) => word !== 'exports'));
}
