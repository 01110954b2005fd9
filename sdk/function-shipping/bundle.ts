// Makes one CommonJS script of what a shipment imports, by esbuild.
//
// Why CommonJS: a script in this form needs no loader. It runs by a call, in the worker's own context, with a `require`
// that gives Node's modules and the worker's gridbook and nothing else; it is freed when nothing uses it. As an ES
// module it would have to be a `data:` URL, which cannot import `gridbook` and stands in every stack trace as a whole, or
// come through hooks that change loading for the whole worker; both stay in memory for good. What is lost is top-level
// `await`, which is refused with a clear error.
//
// Owns: what goes into the script, its limits. Does not own: which imports there are (import-table.ts), which modules
//   are strict (script-strictness.ts).
//
// Invariants:
//   B1. The same imports and files give the same script.
//   B2. In a bundled file, `import.meta.url`, `__dirname` and the like are those of the file where it was bundled.
//   B3. Waiting for nothing, esbuild does not keep the program from ending.

import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { BuildFailure, BuildOptions, BuildResult, Loader, Location, Message, Plugin } from 'esbuild';
import { textOf } from '../text-of.ts';
import { ownIndexPath } from './own-package.ts';
import { refusal } from './refusal.ts';
import { hasStrictDirective, keepStrictness } from './script-strictness.ts';
import { type Bundle, bundleBytesMax } from './shipped-code.ts';

/** One thing to bundle. */
export interface BundleImport {
  readonly specifier: string;
  /** The file that names it. */
  readonly importerUrl: string;
  /** The export's name, `default`, or `*` for the whole module. */
  readonly exportName: string;
  /** `load` gives a function that loads the module when it is called. */
  readonly by: 'import' | 'require' | 'load';
  readonly attributes: Readonly<Record<string, string>>;
  /** The name by which the script exports it. */
  readonly bundledAs: string;
}

/** How the script names what it was asked for, before it is resolved from the right file. */
const entryPrefix = 'gridbook-import:';

/**
 * Bundles imports.
 *
 * @param label - what is shipped, for refusals.
 * @throws InvalidArgumentError when something cannot be found, read, or bundled.
 */
export async function bundle(imports: readonly BundleImport[], label: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build(imports, label, { format: 'cjs' });
  const [output] = outputFiles;
  const { byteLength } = output?.contents ?? new Uint8Array();
  if (byteLength > bundleBytesMax) {
    throw refusal(label, `what it imports comes to ${byteLength} bytes; ${bundleBytesMax} is the limit`);
  }
  const external = Object.values(metafile.outputs).flatMap((made) => made.imports);
  return { script: keepStrictness(output?.text ?? ''), usesGridbook: external.some(({ path }) => path === 'gridbook') };
}

/**
 * The names of what a module exports; undefined for CommonJS, which tells them only when it runs.
 *
 * @throws InvalidArgumentError when it cannot be read.
 */
export async function exportNamesOf(url: URL, label: string): Promise<string[] | undefined> {
  const path = fileURLToPath(url);
  // esbuild lists the exports for this format only.
  const { metafile } = await build([], label, { format: 'esm', stdin: undefined, entryPoints: [path] });
  const entries = Object.values(metafile.outputs).filter(({ entryPoint }) => entryPoint !== undefined);
  if (entries.some(({ entryPoint = '' }) => metafile.inputs[entryPoint]?.format === 'cjs')) return undefined;
  return entries.flatMap((made) => made.exports);
}

type Built = BuildResult<{ write: false; metafile: true }>;

async function build(imports: readonly BundleImport[], label: string, options: BuildOptions): Promise<Built> {
  const { default: esbuild } = await import('esbuild');
  try {
    return await esbuild.build({
      bundle: true,
      platform: 'node',
      target: 'node24',
      // As Node resolves packages: without the condition "module", which only bundlers know.
      conditions: [],
      supported: { 'dynamic-import': false },
      define: {
        'import.meta.url': '$gridbookFileUrl',
        'import.meta.filename': '$gridbookFile',
        'import.meta.dirname': '$gridbookDirectory',
        __filename: '$gridbookFile',
        __dirname: '$gridbookDirectory',
      },
      stdin: { contents: imports.map(entryLine).join('\n'), loader: 'js', resolveDir: '/' },
      plugins: [entryImports(imports), ownPackage, nativeAddons, filePlaces],
      logLevel: 'silent',
      ...options,
      write: false,
      metafile: true,
    });
  } catch (error) {
    throw refusal(label, explain(error, imports), error);
  }
}

function entryLine({ exportName, by, attributes, bundledAs }: BundleImport, index: number): string {
  const from = JSON.stringify(entryPrefix + index);
  const key = JSON.stringify(exportName);
  if (by === 'load') return `export const ${bundledAs} = () => import(${from});`;
  if (by === 'require') {
    return `export const ${bundledAs} = require(${from})${exportName === '*' ? '' : `[${key}]`};`;
  }
  const types = Object.entries(attributes).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  const suffix = types.length === 0 ? '' : ` with { ${types.join(', ')} }`;
  return `export ${exportName === '*' ? '*' : `{ ${key}`} as ${bundledAs}${exportName === '*' ? '' : ' }'} from ${from}${suffix};`;
}

/** Each import is looked for from the file that names it. */
function entryImports(imports: readonly BundleImport[]): Plugin {
  return {
    name: 'gridbook-entry',
    setup({ onResolve, resolve: find }) {
      onResolve({ filter: /^gridbook-import:/ }, async ({ path, kind, with: attributes }) => {
        const wanted = imports[Number(path.slice(entryPrefix.length))];
        if (wanted === undefined) return undefined;
        const importer = fileURLToPath(wanted.importerUrl);
        const specifier = wanted.specifier.startsWith('file:') ? fileURLToPath(wanted.specifier) : wanted.specifier;
        return find(specifier, {
          importer,
          resolveDir: dirname(importer),
          kind,
          with: attributes,
          namespace: 'file',
        });
      });
    },
  };
}

const ownPackage: Plugin = {
  name: 'gridbook-own-package',
  setup({ onResolve }) {
    onResolve({ filter: /^gridbook(\/|$)/ }, ({ path }) =>
      path === 'gridbook'
        ? { path, external: true }
        : { errors: [{ text: `"${path}" is not on workers; they have only "gridbook" itself` }] },
    );
    onResolve({ filter: /^(\.\.?)?\// }, ({ path, resolveDir }) =>
      resolve(resolveDir, path) === ownIndexPath ? { path: 'gridbook', external: true } : undefined,
    );
  },
};

/** A package may do without its addon; then the failing `require` on the worker tells it to. */
const nativeAddons: Plugin = {
  name: 'gridbook-native-addons',
  setup({ onResolve }) {
    onResolve({ filter: /\.node$/ }, ({ path, importer }) =>
      /[\\/]node_modules[\\/]/.test(importer)
        ? { path, external: true }
        : { errors: [{ text: `"${path}" is a native addon, which cannot travel` }] },
    );
  },
};

/** B2. On the first line, so that no line moves; directives stay in front. */
const filePlaces: Plugin = {
  name: 'gridbook-file-places',
  setup({ onLoad }) {
    onLoad({ filter: /\.[cm]?[jt]sx?$/, namespace: 'file' }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      // To Node a file without a sign of either kind is CommonJS, which esbuild knows by these words only.
      const sign = /\b(?:import|export|exports|module|require)\b/.test(text) ? '' : '\nmodule;';
      if (sign === '' && !/\bimport\s*\.\s*meta\b|\b__(?:dir|file)name\b/.test(text)) return undefined;
      const constants = [
        `$gridbookFileUrl = ${JSON.stringify(pathToFileURL(path).href)}`,
        `$gridbookFile = ${JSON.stringify(path)}`,
        `$gridbookDirectory = ${JSON.stringify(dirname(path))}`,
      ];
      return {
        contents: `${hasStrictDirective(text) ? "'use strict';" : ''}const ${constants.join(', ')};${text.replace(/^#!.*/, '')}${sign}`,
        loader: loaderOf(path),
      };
    });
  },
};

function loaderOf(path: string): Loader {
  if (path.endsWith('.tsx')) return 'tsx';
  if (path.endsWith('.jsx')) return 'jsx';
  return /\.[cm]?ts$/.test(path) ? 'ts' : 'js';
}

/** The entry has a line for each import, which says nothing to the user. */
function placeOf({ file, line }: Location, imports: readonly BundleImport[]): string {
  const wanted = file === '<stdin>' ? imports[line - 1] : undefined;
  return wanted === undefined ? `${file}:${line}` : `imported by ${fileURLToPath(wanted.importerUrl)}`;
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors);
}

function explain(error: unknown, imports: readonly BundleImport[]): string {
  if (!isBuildFailure(error)) return `what it imports cannot be bundled: ${textOf(error)}`;
  const texts = error.errors.slice(0, 3).map((message) => explainOne(message, imports));
  return `what it imports cannot be bundled: ${texts.join('; ')}`;
}

function explainOne({ text, location }: Message, imports: readonly BundleImport[]): string {
  const place = location === null ? '' : ` (${placeOf(location, imports)})`;
  if (text.startsWith('Top-level await')) {
    return `a module that is shipped cannot use \`await\` outside of functions${place}. Do it inside a function`;
  }
  return text + place;
}
