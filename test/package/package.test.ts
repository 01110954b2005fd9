// The package as users install it: what is in it, that it runs, that its types hold, that its command starts.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import ts from 'typescript';
import { examplesOfDocstrings, examplesOfDocument } from '../examples/example.ts';
import { runExample, writeExample } from '../examples/run-example.ts';
import { needs } from '../helpers/needs.ts';
import { createPublicProgram, notebookEntry } from '../rules/public-api.ts';
import { readTreeFile, treePaths } from '../rules/source-tree.ts';
import { importsOf } from '../rules/syntax.ts';
import { buildAndPack, installInto, makeFolder, type Packed } from './installed-package.ts';
import { commandEnvironment, runCommand } from './run-command.ts';

interface Manifest {
  version: string;
  scripts: Record<string, string>;
  bin: Record<string, string>;
  exports: Record<string, Record<string, string>>;
}

const manifest: Manifest = JSON.parse(readTreeFile('package.json'));

/** More than this in a tarball would mean that something is in it that does not belong there. */
const bytesPackedMax = 1024 * 1024;

function hasRegistry(): boolean {
  const options = { env: commandEnvironment(), timeout: 30_000 };
  return spawnSync('npm', ['view', '--prefer-offline', 'acorn', 'version'], options).status === 0;
}

describe('the package', needs('a registry of npm packages', hasRegistry, 'connect to one, see `npm config`'), () => {
  const folder = makeFolder();
  let packed: Packed;
  let project: string;

  before(async () => {
    packed = await buildAndPack(folder.path);
    project = await installInto(folder.path, packed.tarball);
  });
  after(() => folder[Symbol.dispose]());

  test('holds what was built and what is read first, and nothing else', (t) => {
    const { paths, bytesPacked, bytesUnpacked } = packed;
    const allowed =
      /^(dist\/(sdk|daemon|repl|notebooks)\/.*\.(js|d\.ts|py|ipynb)|README\.md|LICENSE|CHANGELOG\.md|package\.json)$/;
    assert.deepEqual(
      paths.filter((path) => !allowed.test(path)),
      [],
    );
    for (const path of ['README.md', 'LICENSE', 'CHANGELOG.md', 'package.json']) assert.ok(paths.includes(path), path);
    assert.ok(bytesPacked <= bytesPackedMax, `${bytesPacked} bytes`);
    t.diagnostic(`${paths.length} files, ${bytesPacked} bytes packed, ${bytesUnpacked} bytes unpacked`);
  });

  test('holds every source file of its rooms, built', () => {
    const sources = treePaths().filter((path) => /^(sdk|daemon|repl|notebooks)\/.*(?<!\.d)\.ts$/.test(path));
    assert.ok(sources.length > 50);
    const programs = treePaths().filter((path) => /^(sdk|daemon|repl|notebooks)\/.*\.py$/.test(path));
    assert.ok(programs.length > 0);
    const built = [...sources, ...programs].map((path) => `dist/${path.replace(/\.ts$/, '.js')}`);
    assert.deepEqual(
      built.filter((path) => !packed.paths.includes(path)),
      [],
    );
  });

  test('holds what package.json says is its command and its exports', () => {
    const targets = [
      ...Object.values(manifest.bin),
      ...Object.values(manifest.exports).flatMap((to) => Object.values(to)),
    ];
    assert.ok(targets.length >= 3);
    assert.deepEqual(
      targets.filter((target) => !packed.paths.includes(target.replace(/^\.\//, ''))),
      [],
    );
  });

  test('holds every file that its files load', () => {
    const scripts = packed.paths.filter((path) => path.endsWith('.js'));
    const read = (path: string): string => readFileSync(join(project, 'node_modules/gridbook', path), 'utf8');
    const imports = scripts.flatMap((path) => importsOf({ path, text: read(path) }));
    assert.ok(imports.length > 100);
    assert.deepEqual(
      imports.filter(({ target }) => target !== undefined && !packed.paths.includes(target)),
      [],
    );
  });

  const examples = [
    ...examplesOfDocument('README.md', readTreeFile('README.md')),
    ...examplesOfDocstrings(createPublicProgram(), notebookEntry),
  ];
  for (const example of examples) {
    test(`runs the example of ${example.origin}`, async () => {
      assert.deepEqual(await runExample(writeExample(project, example), example), []);
    });
  }

  test('ships a file with what it imports to its workers', async () => {
    writeFileSync(join(project, 'words.ts'), "export const exclaim = (word: string): string => word.concat('!');\n");
    writeFileSync(
      join(project, 'work.ts'),
      "import { partition } from 'gridbook';\nimport { exclaim } from './words.ts';\n" +
        'export const shout = (word: string): string => exclaim(word.concat(String([...partition(5, 2)])));\n',
    );
    const code = [
      "import { connect } from 'gridbook';",
      'await using session = await connect({ workers: 1 });',
      "const shout = session.remote<(word: string) => string>(new URL('../work.ts', import.meta.url), 'shout');",
      "console.log(await shout('hear ')); // prints: hear 3,2!",
    ].join('\n');
    const example = { origin: 'module', code };
    assert.deepEqual(await runExample(writeExample(project, example), example), []);
  });

  test('has types that hold in a strict project which checks the declarations too', () => {
    const paths = examples.map((example) => writeExample(project, example));
    const wrong = join(project, 'wrong.ts');
    writeFileSync(wrong, "import { connect } from 'gridbook';\nconst workers: string = (await connect()).workers;\n");
    // The one that is wrong on purpose shows that errors are found.
    assert.deepEqual(strictTypeErrors(project, [...paths, wrong]), [
      `${wrong} Type 'number' is not assignable to type 'string'.`,
    ]);
  });

  test('lets nothing in but by its exports', async () => {
    const inside = { origin: 'inside', code: "import 'gridbook/dist/sdk/session.js';" };
    const [problem] = await runExample(writeExample(project, inside), inside);
    assert.match(problem ?? '', /ERR_PACKAGE_PATH_NOT_EXPORTED/);
  });

  test('has a command that says its version and runs a workload', async () => {
    const version = await runCommand(project, 'npx', ['--no-install', 'gridbook', '--version']);
    assert.equal(version.trim(), manifest.version);
    const args = ['--matrix-size', '4', '--total-count', '1000', '--pc-num', '10', '--json'];
    const said = await runCommand(project, 'npx', ['--no-install', 'gridbook', 'run', 'markov', ...args]);
    const { records }: { records: { multiplications: number }[] } = JSON.parse(said);
    assert.deepEqual(
      records.map(({ multiplications }) => multiplications),
      [999],
    );
  });

  test('has a command that measures others, and says of those that are not there how to have them', async () => {
    const args = ['--with', 'baseline,numpy,piscina', '--total-count', '1000', '--pc-num', '10', '--json'];
    const said = await runCommand(project, 'npx', ['--no-install', 'gridbook', 'compare', 'markov', ...args]);
    const { peers, missing }: { peers: { name: string }[]; missing: { peer: string; why: string; install: string }[] } =
      JSON.parse(said);
    const there = peers.map(({ name }) => name);
    assert.deepEqual(there.slice(0, 2), ['gridbook', 'baseline']);
    const install = missing.find(({ peer }) => peer === 'piscina-tasks')?.install;
    assert.equal(install, 'npm install piscina');
    // Whether this machine's Python has numpy or not: the program was found, and said so.
    const why = missing.find(({ peer }) => peer === 'numpy')?.why ?? '';
    assert.ok(there.includes('numpy') || /has no numpy|there is no python3/.test(why), why);
  });
});

test('package.json builds before it packs', () => {
  assert.match(manifest.scripts['prepack'] ?? '', /\bbuild(:installed)?$/);
});

/** The errors of a strict project with these programs, declarations of all packages included, Node's as they came along. */
function strictTypeErrors(project: string, paths: readonly string[]): string[] {
  const program = ts.createProgram(paths, {
    strict: true,
    skipLibCheck: false,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    target: ts.ScriptTarget.ES2024,
    lib: ['lib.es2024.d.ts', 'lib.esnext.disposable.d.ts'],
    module: ts.ModuleKind.NodeNext,
    noEmit: true,
    types: ['node'],
    typeRoots: [join(project, 'node_modules/@types')],
  });
  const declarations = program.getSourceFiles().filter(({ fileName }) => fileName.includes('/gridbook/dist/'));
  assert.ok(declarations.length > 0 && existsSync(declarations[0]?.fileName ?? ''));
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    return `${file?.fileName ?? ''} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}
