// Cells without a prompt, and the files that a session is saved to, run.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, type TestContext, test } from 'node:test';
import { temporaryHome } from '../helpers/daemon-home.ts';
import { TestTerminal } from '../helpers/terminal.ts';
import { gridbookMain, type Outcome } from './gridbook-command.ts';

/** Runs `gridbook repl` with something on its standard input. */
async function repl(args: readonly string[], input: string, cwd?: string): Promise<Outcome> {
  const child = spawn(process.execPath, [gridbookMain, 'repl', ...args], { stdio: 'pipe', cwd });
  child.stdin.on('error', () => {}); // who reads nothing may be gone
  child.stdin.end(input);
  const closed = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await closed;
  return { status: child.exitCode, stdout, stderr };
}

/** Runs a script, and interrupts it when it has printed something. */
async function interrupted(
  t: TestContext,
  folder: string,
  script: string,
): Promise<Outcome & { signal: NodeJS.Signals | null }> {
  const path = join(folder, 'interrupted.ts');
  writeFileSync(path, script);
  const child = spawn(process.execPath, [gridbookMain, 'repl', '--workers', '2', path], { stdio: 'pipe' });
  t.after(() => child.kill('SIGKILL'));
  child.stdout.once('data', () => child.kill('SIGINT'));
  const closed = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await closed;
  return { status: child.exitCode, signal: child.signalCode, stdout, stderr };
}

function folderOf(t: TestContext): string {
  const folder = join(temporaryHome(t), 'cells');
  mkdirSync(folder);
  writeFileSync(join(folder, 'work.ts'), 'const base = 10;\nexport const addBase = (x: number): number => x + base;\n');
  return folder;
}

describe('gridbook repl without a terminal', () => {
  test('runs what comes through a pipe, and prints its value', async (t) => {
    temporaryHome(t);
    const given =
      'const { limit } = await markov(session, { matrixSize: 3, totalCount: 1000, pcNum: 4 })\nlimit.verdict';
    assert.deepEqual(await repl([], given), { status: 0, stdout: "'converged'\n", stderr: '' });
    const printed = await repl([], 'await session.remote(() => console.log("from a task"))()');
    assert.deepEqual(printed, { status: 0, stdout: 'from a task\n', stderr: '' });
  });

  test('ends with the status of what it ran', async (t) => {
    const folder = folderOf(t);
    assert.equal((await repl([], 'process.exit(7)')).status, 7);
    assert.equal((await repl([], 'process.exitCode = 4')).status, 4);
    const thrown = await repl([], 'throw new RangeError("no")');
    assert.equal(thrown.status, 1);
    assert.match(thrown.stderr, /^RangeError: no\n {4}at In\[1\]:1\n$/);
    const wrong = await repl([], 'let x = ;');
    assert.equal(wrong.status, 1);
    assert.match(wrong.stderr, /^SyntaxError: .*\n.*let x = ;\n.*\^/);
    writeFileSync(join(folder, 'broken.ts'), 'export const x = 1;\nlet y = ;\n');
    const broken = await repl([], "import { x } from './broken.ts'", folder);
    assert.equal(broken.status, 1);
    assert.match(broken.stderr, /^SyntaxError: [^\n]*\n\S*\/broken\.ts:2:\n[^\n]*\nlet y = ;\n +\^\n$/);
    const resource = "using a = { [Symbol.dispose]: () => console.log('given up') }; throw new Error('no')";
    assert.equal((await repl([], resource)).stdout, 'given up\n');
    const stray = await repl([], 'const p = Promise.reject(new Error("stray"));\nawait new Promise(() => {});');
    assert.equal(stray.status, 1);
    assert.match(stray.stderr, /^Error: stray\n {4}at In\[1\]:1\n *const p = [^\n]*\n$/);
    const leaving = await repl([], 'setInterval(() => {}, 1000); throw new Error("no")');
    assert.deepEqual([leaving.status, leaving.stderr], [1, 'Error: no\n    at In[1]:1\n']);
    const others = 'const others = [1, 2].map(async () => { await session.remote(() => { for (;;); })(); });';
    const alone = await repl([], `${others} throw new Error("no")`);
    assert.deepEqual([alone.status, alone.stderr], [1, 'Error: no\n    at In[1]:1\n']);
    const forgotten = await repl([], others);
    assert.deepEqual(
      [forgotten.status, forgotten.stderr],
      [1, 'CancelledError: The session was closed before the task had settled\n'],
    );
    const waiting = await repl([], 'await new Promise(() => {})');
    assert.deepEqual(
      [waiting.status, waiting.stderr],
      [1, 'Error: What the script waits for never comes: nothing is left that could bring it\n'],
    );
    const thrownFar = await repl([], 'await session.remote(() => { throw new RangeError("far") })()');
    assert.match(thrownFar.stderr, /^TaskError: Task "anonymous" failed: RangeError: far\n {4}at In\[1\]:1\n$/);
    const aFolder = await repl([folder], '');
    assert.deepEqual(
      [aFolder.status, aFolder.stderr],
      [1, `gridbook: ${folder} is a folder, and a file of cells is wanted\n`],
    );
    const missing = await repl([join(folder, 'nowhere.ts')], '');
    assert.equal(missing.status, 1);
    assert.match(missing.stderr, /^gridbook: .*nowhere\.ts/);
  });

  test('runs a script, with its imports seen from where it is', async (t) => {
    const folder = folderOf(t);
    const script = join(folder, 'script.ts');
    writeFileSync(
      script,
      `#!/usr/bin/env -S gridbook repl\nimport { addBase } from './work.ts'; const three: number = 3;\nconsole.log(await session.remote((x: number) => addBase(x) + three)(5));\nconst f = () => {\n  throw new Error('in line 5');\n};\nf();\n`,
    );
    const { status, stdout, stderr } = await repl([script], '');
    assert.equal(stdout, '18\n');
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^Error: in line 5\n {4}at f \(.*script\.ts:5\)\n {8}throw new Error\('in line 5'\);\n {4}at \S*script\.ts:7\n$/,
    );
  });

  test('a script finds its arguments where they are under node, and is the main program', async (t) => {
    const script = join(folderOf(t), 'given.ts');
    writeFileSync(script, 'console.log(import.meta.main, process.argv.slice(1).join())');
    const { stdout, stderr } = await repl(['--workers', '1', script, '10', '--', '--quick'], '');
    assert.deepEqual([stdout, stderr], [`true ${script},10,--quick\n`, '']);
    const piped = await repl(['--workers', '1', '-', '10'], 'process.argv.slice(2)');
    assert.deepEqual([piped.stdout, piped.stderr], ["[ '10' ]\n", '']);
  });

  for (const [what, script, left] of [
    ['a loop', "console.log('begun'); for (;;);", ''],
    [
      'a loop after a wait, and gives up its resources',
      "using a = { [Symbol.dispose]: () => console.log('given up') };\nawait 0; console.log('begun'); for (;;);",
      'given up\n',
    ],
    ['a loop in a file that is imported', "await import('./endless.ts');", ''],
    [
      'waits without an end',
      "console.log('begun'); for (;;) await new Promise((resolve) => setTimeout(resolve, 1));",
      '',
    ],
    [
      'tasks without an end, who waits for them, and what is left behind',
      "setInterval(() => {}, 1000); const wait = async () => { await session.remote(() => { console.log('begun'); for (;;); })(); };\nwait(); await new Promise(() => {});",
      '',
    ],
  ] as const) {
    test(`an interrupt ends ${what}, with status 130`, async (t) => {
      const folder = folderOf(t);
      writeFileSync(join(folder, 'endless.ts'), "console.log('begun');\nfor (;;);\n");
      assert.deepEqual(await interrupted(t, folder, script), {
        status: 130,
        signal: null,
        stdout: `begun\n${left}`,
        stderr: '',
      });
    });
  }

  test('a script that handles the interrupt by itself does so, also when its cells are over', async (t) => {
    const own =
      "process.once('SIGINT', () => { console.log('mine'); process.exit(5); });\nsetInterval(() => {}, 1000);";
    for (const script of [
      `${own}\nconsole.log('begun'); await new Promise(() => {});`,
      `${own}\nsetTimeout(() => console.log('begun'), 200);`,
    ]) {
      const { status, stdout, stderr } = await interrupted(t, folderOf(t), script);
      assert.deepEqual([status, stdout, stderr], [5, 'begun\nmine\n', '']);
    }
  });

  test('gridbook is the one that runs, to files that are imported, too', async (t) => {
    const folder = folderOf(t);
    writeFileSync(join(folder, 'same.ts'), "export { ObjectRef } from 'gridbook';\n");
    const given = [
      "import { ObjectRef as Theirs } from './same.ts'",
      "const { markov: late } = await import('gridbook')",
      'console.log(Theirs === ObjectRef, late === markov)',
    ];
    assert.deepEqual(await repl([], given.join('\n'), folder), { status: 0, stdout: 'true true\n', stderr: '' });
  });

  test('a session is saved as script, notebook and report, and what is saved runs', async (t) => {
    const folder = folderOf(t);
    const terminal = TestTerminal.open(t, ['repl', '--workers', '2'], {
      cwd: folder,
      env: { HOME: join(folder, '..') },
    });
    await terminal.prompt(1);
    const typed = [
      "import { addBase } from './work.ts'",
      'const factor: number = 3',
      'await session.remote((x: number) => addBase(x) * factor)(2)',
      'missing',
      'const factor = 4; console.log("<b>", factor); factor',
      'console.log(_ + Out[3], [1].map((_) => _))',
      'await sweep(session, workloads.noop, { pcNum: [1, 10, 100] }, { repeats: 2 })',
    ];
    for (const [i, cell] of typed.entries()) {
      terminal.enter(cell);
      await terminal.prompt(i + 2);
    }
    for (const name of ['saved.ts', 'saved.ipynb', 'saved.html', '~/moved.ts']) {
      terminal.enter(`.save ${name}`);
      await terminal.until(new RegExp(`7 cells.*${name.split('/').at(-1)}\\nIn \\[8\\]: *$`));
    }
    terminal.enter('.save saved.doc');
    await terminal.until(/saved as \.html, \.ipynb or \.ts/);
    terminal.enter('.save work.ts');
    await terminal.until(/work\.ts is there already, and is no session that was saved/);
    assert.match(readFileSync(join(folder, 'work.ts'), 'utf8'), /^const base/);
    for (const name of ['saved.ts', 'saved.ipynb', 'saved.html']) {
      terminal.enter(`.save ${name}`);
      await terminal.until(new RegExp(`work\\.ts is there[\\s\\S]*7 cells.*${name}\\nIn \\[8\\]: *$`));
    }

    const script = await repl([join(folder, 'saved.ts')], '');
    assert.deepEqual([script.status, script.stdout], [0, '<b> 4\n40 [ 1 ]\n'], script.stderr);
    const moved = await repl([join(folder, '..', 'moved.ts')], '');
    assert.deepEqual([moved.status, moved.stdout], [0, '<b> 4\n40 [ 1 ]\n'], moved.stderr);

    const notebook: unknown = JSON.parse(readFileSync(join(folder, 'saved.ipynb'), 'utf8'));
    assert.ok(typeof notebook === 'object' && notebook !== null && 'nbformat' in notebook && 'cells' in notebook);
    assert.equal(notebook.nbformat, 4);
    assert.ok(Array.isArray(notebook.cells));
    assert.equal(notebook.cells.length, 8);
    terminal.enter('.reset');
    await terminal.until(/forgotten\.\nIn \[1\]: *$/);
    terminal.type('.load ~/mov\t');
    await terminal.until(/\.load ~\/moved\.ts$/);
    terminal.enter('');
    await terminal.until(/forgotten[\s\S]*from '\.\/work\.ts'[\s\S]*40 \[ 1 \]\n[\s\S]*In \[\d\]: *$/);
    terminal.enter('.reset');
    await terminal.until(/forgotten[\s\S]*forgotten\.\nIn \[1\]: *$/);
    terminal.enter('.load saved.ipynb');
    const loaded = await terminal.until(/forgotten[\s\S]*forgotten[\s\S]*In \[8\]: *$/);
    assert.match(
      loaded,
      /forgotten[\s\S]*forgotten[\s\S]*Out\[4\]: 36[\s\S]*<b> 4\nOut\[5\]: 4[\s\S]*40 \[ 1 \][\s\S]*Time against pc_num/,
    );

    const report = readFileSync(join(folder, 'saved.html'), 'utf8');
    assert.match(report, /<svg[\s\S]*<\/svg>/);
    assert.match(report, /&lt;b&gt;/);
    assert.match(report, /ReferenceError: missing is not defined/);
    assert.doesNotMatch(report, /<script|https?:\/\/(?!www\.w3\.org)/);
  });
});
