// The kernel's compiler, made to take what Node takes: imports with `.ts` at their end, and `// @ts-nocheck`.
//
// Owns: what is put around two functions of tslab's, before the kernel starts. Where they are not found, cells are
//   compiled as tslab does it by itself.
// Callers: kernel-main.ts.
//
// Invariants:
//   K1. `// @ts-nocheck` at the top of a cell holds from there on, as for a file, until a cell begins with `// @ts-check`.
//   K2. Only wrong types are passed over: what is no TypeScript stays an error.

/** What is wrong in a cell, or in a file that it imports. */
interface Diagnostic {
  readonly start: { readonly line: number };
  /** Undefined for the cell itself. */
  readonly fileName?: string | undefined;
}

interface Converted {
  readonly diagnostics: readonly Diagnostic[];
  /** What runs; undefined when something is wrong. */
  readonly output?: string | undefined;
  /** Whether it is run as an async function. */
  readonly hasToplevelAwait?: boolean | undefined;
}

type Convert = (declared: string, source: string) => Converted;

interface Converter {
  convert: Convert;
}

interface ConverterModule {
  createConverter: (options: unknown) => Converter;
}

interface Compiler {
  readonly createWatchCompilerHost: (files: unknown, options: object, ...rest: unknown[]) => unknown;
}

const compilerName = '@tslab/typescript-for-tslab';
const roundsMax = 10;

/** Changes the compiler of the tslab that is required so. */
export function relaxCompiler(requireOfTslab: NodeJS.Require): void {
  importEndings(requireOfTslab);
  const converter: unknown = requireOfTslab('./converter.js');
  if (!isConverterModule(converter)) return;
  const { createConverter } = converter;
  converter.createConverter = (options) => {
    const made = createConverter(options);
    const convert = made.convert.bind(made);
    let checks = true;
    made.convert = (declared, source) => {
      const [, pragma] = /^\s*\/\/\s*@ts-(nocheck|check)\b/.exec(source) ?? [];
      if (pragma !== undefined) checks = pragma === 'check'; // K1
      return checks ? convert(declared, source) : convertUnchecked(convert, declared, source);
    };
    return made;
  };
}

/** The compiler refuses `./file.ts` unless told otherwise; Node, which then loads it, needs it. */
function importEndings(requireOfTslab: NodeJS.Require): void {
  const path = requireOfTslab.resolve(compilerName);
  const compiler: unknown = requireOfTslab(path);
  const module = requireOfTslab.cache[path];
  if (module === undefined || !isCompiler(compiler)) return;
  const { createWatchCompilerHost } = compiler;
  module.exports = {
    ...compiler,
    createWatchCompilerHost: (files: unknown, options: object, ...rest: unknown[]) =>
      createWatchCompilerHost(files, { ...options, allowImportingTsExtensions: true }, ...rest),
  };
}

/** Lines with wrong types are marked as ones to ignore; what then shows is marked in the next round. */
function convertUnchecked(convert: Convert, declared: string, source: string): Converted {
  const lines = source.split('\n');
  const ignored = new Set<number>();
  for (let round = 0; ; round++) {
    const marked = lines.flatMap((line, i) =>
      ignored.has(i)
        ? [
            { i, text: '// @ts-ignore' },
            { i, text: line },
          ]
        : [{ i, text: line }],
    );
    const converted = convert(declared, marked.map(({ text }) => text).join('\n'));
    const wrong = converted.diagnostics.flatMap(({ start, fileName }) => {
      const line = fileName === undefined ? marked[start.line]?.i : undefined;
      return line === undefined || ignored.has(line) || isInTemplate(lines, line) ? [] : [line];
    });
    if (wrong.length === 0 || round >= roundsMax) {
      // By what the compiler says of an `await` the kernel knows of it, and where lines are ignored it says nothing.
      const mayAwait = ignored.size > 0 && /\bawait\b/.test(converted.output ?? '');
      return mayAwait ? { ...converted, hasToplevelAwait: true } : converted; // K2
    }
    for (const line of wrong) ignored.add(line);
  }
}

/** A line put before one that begins within a template would be part of the text. */
function isInTemplate(lines: readonly string[], line: number): boolean {
  const before = lines.slice(0, line).join('\n');
  return (before.match(/(?<!\\)`/g)?.length ?? 0) % 2 === 1;
}

function isConverterModule(module: unknown): module is ConverterModule {
  return (
    typeof module === 'object' &&
    module !== null &&
    'createConverter' in module &&
    typeof module.createConverter === 'function'
  );
}

function isCompiler(module: unknown): module is Compiler {
  return (
    typeof module === 'object' &&
    module !== null &&
    'createWatchCompilerHost' in module &&
    typeof module.createWatchCompilerHost === 'function'
  );
}
