// The prompt, driven in a real terminal as a person drives it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { joinString } from '../../sdk/internal.ts';
import { temporaryHome } from '../helpers/daemon-home.ts';
import { type TerminalOptions, TestTerminal } from '../helpers/terminal.ts';

function folderOf(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'gridbook-cells-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

async function opened(t: TestContext, options: TerminalOptions = {}): Promise<TestTerminal> {
  temporaryHome(t);
  const terminal = TestTerminal.open(t, ['repl', '--workers', '2'], options);
  await terminal.prompt(1);
  return terminal;
}

describe('gridbook repl in a terminal', () => {
  test('shows cells with their numbers, values, errors and what tasks print', async (t) => {
    const terminal = await opened(t);
    terminal.enter('const factor: number = 3');
    assert.doesNotMatch(await terminal.prompt(2), /Out\[1\]/);
    terminal.enter('await session.remote((x: number) => { console.log("at", x); return x * factor })(14)');
    assert.match(await terminal.prompt(3), /w\d+ │ at 14\nOut\[2\]: 42/);
    terminal.enter('_ + Out[2]');
    assert.match(await terminal.prompt(4), /Out\[3\]: 84/);
    terminal.enter('const factor = 4; let { a, ...rest } = { a: factor, b: 5 }; rest');
    assert.match(await terminal.prompt(5), /Out\[4\]: \{ b: 5 \}/);
    terminal.enter('await session.remote(() => factor)()');
    assert.match(await terminal.prompt(6), /Out\[5\]: 4/);
    terminal.enter('await session.remote(() => { throw new RangeError("too far") })()');
    const failed = await terminal.prompt(7);
    assert.match(failed, /too far\n {4}at In\[6\]:1\n/);
    assert.doesNotMatch(failed, /node:|node_modules|sdk\//);
    // An error that is printed or given ends at the cell, too.
    terminal.enter(
      'const fail = () => { throw new RangeError("caught") }; try { fail() } catch (e) { console.log(e) }',
    );
    assert.match(
      await terminal.prompt(8),
      /\nRangeError: caught\n {4}at fail \(In\[7\]:1:28\)\n {4}at In\[7\]:1:\d+\nIn \[8\]:$/,
    );
    terminal.enter('const URL = 5; await 0; [new Error("of " + URL)]');
    assert.match(await terminal.prompt(9), /Out\[8\]:\n\[\n {2}Error: of 5\n {6}at In\[8\]:1:\d+\n\]/);
    terminal.enter('session.remote((x: number) => x)(1)');
    assert.match(await terminal.prompt(10), /Out\[9\]: ObjectRef (pending|ready)/);
    terminal.enter('await session.remote(() => absent)()');
    assert.match(await terminal.prompt(11), /"absent" \(In\[10\]:1\), which is\s+not\s+its own and no cell defines/);
    terminal.type('\u0004');
    assert.equal(await terminal.exit, 0);
  });

  test('takes lines until a statement is whole, and pasted lines as one', async (t) => {
    const terminal = await opened(t);
    terminal.enter('function twice(x: number) {');
    await terminal.until(/\{\n\| *$/);
    terminal.enter('  return x * 2');
    terminal.enter('}');
    await terminal.prompt(2);
    terminal.type('\u001b[200~const doubled = [1, 2]\n  .map(twice)\n  .map((x) => x + 1)\ndoubled\u001b[201~');
    await terminal.until(/\n\| doubled$/);
    terminal.enter('');
    assert.match(await terminal.prompt(3), /Out\[2\]: \[ 3, 5 \]/);
    terminal.enter('const text = `a');
    await terminal.until(/`a\n\| *$/);
    terminal.enter('');
    terminal.enter('');
    terminal.enter('b`; text.length');
    assert.match(await terminal.prompt(4), /Out\[3\]: 5/);
    terminal.enter('let x = )');
    await terminal.until(/SyntaxError[\s\S]*\^[\s\S]*In \[4\]: *$/);
    terminal.enter('[1,');
    await terminal.until(/\[1,\n\| *$/);
    terminal.type('\u0003');
    await terminal.prompt(4);
    terminal.enter('JSON.parse(`{`)');
    assert.match(await terminal.prompt(5), /SyntaxError: .*JSON.*\n {4}at In\[4\]:1\n/);
  });

  test('still takes pasted lines as one when it was stopped and goes on', async (t) => {
    const terminal = await opened(t);
    const marks = (): number => terminal.raw.split('\u001b[?2004h').length - 1;
    assert.equal(marks(), 1);
    process.kill(terminal.pid, 'SIGCONT');
    await terminal.until(() => marks() === 2);
  });

  test('completes names, members, parameters and files', async (t) => {
    const terminal = await opened(t, { cwd: folderOf(t, { 'weather-of-today.csv': '' }) });
    terminal.enter(
      'const marvellous = 1; const scale = ({ base, exponent }: Record<string, number>) => base ** exponent',
    );
    await terminal.prompt(2);
    terminal.type('marv\t');
    await terminal.until(/In \[2\]: marvellous$/);
    terminal.type('\u0015session.redu\t');
    await terminal.until(/In \[2\]: session\.reduce$/);
    terminal.type('\u0015markov(session, { totalC\t');
    await terminal.until(/\{ totalCount:$/);
    terminal.type('\u0015scale({ base: 2, ex\t');
    await terminal.until(/exponent:$/);
    terminal.type('\u0015.expl\t');
    await terminal.until(/In \[2\]: \.explore$/);
    terminal.type('\u0015.edi\t');
    await terminal.until(/In \[2\]: \.editor$/);
    terminal.type('\u0015.load wea\t');
    await terminal.until(/\.load weather-of-today\.csv$/);
    terminal.type("\u0015fs.readFileSync('./wea\t");
    await terminal.until(/\('\.\/weather-of-today\.csv$/);
    terminal.type('\u0015session.map(\t');
    await terminal.until(/map<T, R>\(fn: /);
  });

  test('shows what a thing is', async (t) => {
    const terminal = await opened(t);
    terminal.enter('session.put?');
    await terminal.until(/put<T>\(value: T\)[\s\S]*Stores a value and gives its reference[\s\S]*In \[1\]: *$/);
    terminal.enter('markov?');
    await terminal.until(/async function markov\(|function markov\([\s\S]*totalCount/);
    terminal.enter('const f = (x: number) => x + 1');
    await terminal.prompt(2);
    terminal.enter('f?');
    await terminal.until(/a function\n\(x *\) => x \+ 1/);
    terminal.enter('session');
    assert.match(await terminal.prompt(3), /Out\[2\]: Session of 2 workers, threads of this process: 0 tasks/);
    terminal.enter('workloads.noop?');
    await terminal.until(/\nnoop: tasks that do nothing[^\n]*\n\n[\s\S]*pcNum +\w[\s\S]*In \[3\]: *$/);
    terminal.enter('session.workers?');
    await terminal.until(/\nworkers[\s\S]*In \[3\]: *$/);
    terminal.enter('plot?');
    await terminal.until(/plot\(experiment[\s\S]*kind is one of time/);
    terminal.enter('?session.wait');
    await terminal.until(/\nwait<[\s\S]*In \[3\]: *$/);
    terminal.enter('help()');
    assert.match(await terminal.prompt(4), /In scope:[\s\S]*session[\s\S]*sweep[\s\S]*workloads/);
    terminal.enter('.help');
    await terminal.until(/\.explore[\s\S]*\.vary pcNum[\s\S]*\.save[\s\S]*Ctrl-R/);
  });

  test('says what was meant by a command that is not there', async (t) => {
    const terminal = await opened(t);
    terminal.enter('.exlpore');
    await terminal.until(
      /There is no command \.exlpore\. Did you mean \.explore\? \.help lists what there is\nIn \[1\]: *$/,
    );
    terminal.enter('.stat 2');
    await terminal.until(/no command \.stat\. Did you mean \.status\?/);
    terminal.enter('.quux');
    await terminal.until(/no command \.quux\. \.help lists/);
    terminal.enter('. map');
    await terminal.until(/A line that begins with a dot is a command/);
    terminal.enter('1 + 1');
    assert.match(await terminal.prompt(2), /Out\[1\]: 2/);
    assert.doesNotMatch(terminal.text, /REPL keyword/);
  });

  test('Ctrl-C ends a loop, a wait and tasks, and the workers are free', async (t) => {
    const terminal = await opened(t);
    terminal.enter("console.log('begun'); while (true);");
    await terminal.until(/\nbegun/);
    terminal.type('\u0003');
    assert.match(await terminal.prompt(2), /Interrupted/);
    terminal.enter('await new Promise(() => {})');
    await terminal.until(/of 2 workers/);
    terminal.type('\u0003');
    assert.match(await terminal.prompt(3), /Interrupted/);
    terminal.enter('await session.map(() => { for (;;); }, [1, 2, 3, 4]).toArray()');
    await terminal.until(/2 of 2 workers/);
    terminal.type('\u0003');
    assert.match(await terminal.prompt(4), /Interrupted/);
    terminal.enter('await session.map((x: number) => x, [1, 2, 3, 4]).toArray()');
    assert.match(await terminal.prompt(5), /Out\[4\]: \[ 1, 2, 3, 4 \]/);
    terminal.type('12');
    await terminal.until(/In \[5\]: 12$/);
    terminal.type('\u0003');
    await terminal.prompt(5);
    terminal.type('\u0003');
    await terminal.until(/To exit, press Ctrl\+C again/);
    terminal.type('\u0003');
    assert.equal(await terminal.exit, 0);
  });

  test('Ctrl-C ends what does not come back after a wait, and keeps what is typed meanwhile', async (t) => {
    const terminal = await opened(t);
    terminal.enter("await 0; console.log('begun', 1); for (;;);");
    await terminal.until(/\nbegun 1/);
    terminal.type('4 + 4');
    terminal.type('\u0003');
    assert.match(await terminal.until(/In \[2\]: 4 \+ 4$/), /Interrupted/);
    terminal.enter('');
    assert.match(await terminal.prompt(3), /Out\[2\]: 8/);
    terminal.enter(
      "await Promise.all([session.remote(() => { for (;;); })(), Promise.resolve().then(() => { console.log('begun', 2); for (;;); })])",
    );
    await terminal.until(/\nbegun 2/);
    terminal.type('\u0003');
    assert.match(await terminal.prompt(4), /Interrupted/);
    terminal.enter('await session.map((x: number) => x, [1, 2, 3, 4]).toArray()');
    assert.match(await terminal.prompt(5), /Out\[4\]: \[ 1, 2, 3, 4 \]/);
    terminal.enter('exit');
    assert.equal(await terminal.exit, 0);
  });

  for (const [what, loop] of [
    ['before a wait', 'for (;;);'],
    ['after a wait', 'await 0; for (;;);'],
  ]) {
    test(`a loop ${what} ends with its terminal`, async (t) => {
      const terminal = await opened(t);
      terminal.enter(`console.log('begun', 1); ${loop}`);
      await terminal.until(/\nbegun 1/);
      terminal.hangUp();
      await terminal.exit;
    });
  }

  test('a cell that was interrupted prints no more, whatever it still does', async (t) => {
    const terminal = await opened(t);
    terminal.enter(
      'let ticks = 0; for (;;) { await new Promise((r) => setTimeout(r, 10)); console.log("at " + ++ticks) }',
    );
    await terminal.until(/\nat 3\n/);
    terminal.type('\u0003');
    await terminal.prompt(2);
    terminal.enter(
      'const before = ticks; while (ticks < before + 3) await new Promise((r) => setTimeout(r, 10)); "gone on"',
    );
    const after = await terminal.prompt(3);
    assert.match(after, /Out\[2\]: 'gone on'/);
    assert.doesNotMatch(after, /\nat \d/);
  });

  test('.connect says what is wrong with an address, and ends its wait for one that is silent by Ctrl-C', async (t) => {
    const silent = createServer();
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    t.after(() => silent.close());
    const { port } = silent.address() as AddressInfo;
    const terminal = await opened(t, { columns: 200 });
    for (const [typed, said] of [
      ['12x', 'The address is neither "auto"'],
      ['127.0.0.1:1', 'No daemon of yours runs at 127.0.0.1:1'],
      ['auto embedded', '.connect takes one address and one number of workers'],
      ['embedded 1000', 'workers must be '],
    ]) {
      terminal.enter(`.connect ${typed}`);
      await terminal.until((text) => text.split(`.connect ${typed}\n`)[1]?.includes(said ?? '') === true);
    }
    const reached = once(silent, 'connection');
    terminal.enter(
      `.connect ${joinString({ host: '127.0.0.1', port, token: 'a'.repeat(43), fingerprint: undefined })}`,
    );
    const [socket] = await reached;
    t.after(() => socket.destroy());
    terminal.type('\u0003');
    await terminal.until(/Interrupted\nIn \[1\]: *$/);
    terminal.enter('await session.remote(() => 7)()');
    assert.match(await terminal.prompt(2), /Out\[1\]: 7/);
  });

  test('what is typed while a cell runs is shown, and runs after it', async (t) => {
    const terminal = await opened(t);
    terminal.enter(
      'const gate = Promise.withResolvers<number>(); globalThis.open = () => gate.resolve(5); await gate.promise',
    );
    await terminal.until(/of 2 workers/);
    terminal.enter('1 + 3');
    terminal.type('2 + 3');
    await terminal.until(/ tasks · 1 more to run · .*\] 2 \+ 3$/);
    terminal.type('\u0003');
    await terminal.until(/Interrupted\nIn \[2\]: 1 \+ 3\nOut\[2\]: 4\nIn \[3\]: 2 \+ 3$/);
    terminal.enter('');
    assert.match(await terminal.prompt(4), /Out\[3\]: 5/);
  });

  test('lines that come at once, as from a script of keys, run one after the other', async (t) => {
    const terminal = await opened(t);
    terminal.type('1 + 1\r.timings\r2 + 2\rsession.put?\r3 + 3\r');
    const shown = await terminal.until(/Out\[3\]: 6\nIn \[4\]: *$/);
    assert.match(
      shown,
      /\nIn \[1\]: 1 \+ 1\nOut\[1\]: 2\nIn \[2\]: \.timings\nNo task has settled yet\nIn \[2\]: 2 \+ 2\nOut\[2\]: 4\nIn \[3\]: session\.put\?\nput<T>/,
    );
    terminal.type('await new Promise((r) => setTimeout(r, 100)); console.log("all", "done")\rexit\r');
    assert.equal(await terminal.exit, 0);
    assert.match(terminal.text, /\nall done\n/);
  });

  test('prints of a task that nobody waits for show above what is typed, with their cell', async (t) => {
    const folder = folderOf(t, {});
    const terminal = await opened(t, { cwd: folder });
    terminal.enter(
      'const later = session.remote(async () => { while (!fs.existsSync("now")) await new Promise((r) => setTimeout(r, 10)); console.log("done") })(); 0',
    );
    await terminal.prompt(2);
    terminal.type('1 + ');
    await terminal.until(/In \[2\]: 1 \+ *$/);
    writeFileSync(join(folder, 'now'), '');
    await terminal.until(/In \[1\] w\d+ │ done\nIn \[2\]: 1 \+ *$/);
    terminal.enter('1');
    assert.match(await terminal.prompt(3), /Out\[2\]: 2/);
  });

  test('keeps its history for the next time, and finds things in it', async (t) => {
    const home = temporaryHome(t);
    const env = { GRIDBOOK_HOME: home };
    const first = TestTerminal.open(t, ['repl'], { env });
    await first.prompt(1);
    first.enter('const rememberMe = 41');
    await first.prompt(2);
    first.type('\u001b[200~function remembered(x: number) {\n  return rememberMe + x\n}\u001b[201~\r');
    await first.prompt(3);
    first.type('\u0004');
    await first.exit;
    const second = TestTerminal.open(t, ['repl'], { env });
    await second.prompt(1);
    second.type('\u0012rememberm');
    const found = 'function remembered\\(x: number\\) {\n\\|   return rememberMe \\+ x\n\\| }$';
    await second.until(new RegExp(`search 'rememberm': ${found}`));
    second.type('\u0012');
    await second.until(/search 'rememberm': const rememberMe = 41$/);
    second.type('\u0012');
    await second.until(/nothing more with 'rememberm': const rememberMe = 41$/);
    second.type('\u0003');
    await second.prompt(1);
    second.type('\u0012rememberMe =');
    await second.until(/search 'rememberMe =': const rememberMe = 41$/);
    second.type('\r');
    assert.match(await second.prompt(2), /^const rememberMe = 41\n/);
    second.type('\u0012return remember');
    await second.until(new RegExp(`search 'return remember': ${found}`));
    second.type('\r');
    await second.prompt(3);
    second.enter('remembered(1)');
    assert.match(await second.prompt(4), /Out\[3\]: 42/);
    // While something runs, the prompt that comes after it is there when the search is over.
    second.enter('await session.remote(() => { console.log("begun"); for (;;); })()');
    await second.until(/│ begun\n/);
    second.type('\u0012const remember');
    await second.until(/search 'const remember': const rememberMe = 41$/);
    second.type('\u001b[C\u0003');
    await second.until(/Interrupted\n[\s\S]*In \[5\]: const rememberMe = 41$/);
  });

  test('has neither colours nor lines wider than the window where they are not wanted', async (t) => {
    const terminal = await opened(t, { columns: 44, env: { NO_COLOR: '1' } });
    terminal.enter('await sweep(session, workloads.noop, { pcNum: [1, 10, 50] }, { repeats: 2 })');
    const text = await terminal.prompt(2);
    assert.match(text, /Time against pc_num/);
    const drawn = text.split('\n').slice(1);
    assert.ok(
      drawn.every((line) => line.length <= 44),
      drawn.join('\n'),
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with the control character
    assert.doesNotMatch(terminal.raw, /\u001b\[(?:3[0-7]|9[0-7]|1)m/);
  });

  test('a terminal that only adds to what it shows gets nothing but text', async (t) => {
    const folder = folderOf(t, {});
    const terminal = await opened(t, { cwd: folder, env: { TERM: 'dumb' } });
    terminal.enter('await session.remote(() => { console.log("printed"); return 7 })()');
    await terminal.until(/w\d+ [|] printed\nOut\[1\]: 7\nIn \[2\]: *$/);
    terminal.enter(
      'const look = setInterval(() => { if (fs.existsSync("now")) console.log("later", clearInterval(look)) }, 10); 0',
    );
    await terminal.until(/In \[3\]: *$/);
    terminal.type('4 +');
    await terminal.until(/In \[3\]: 4 \+$/);
    writeFileSync(join(folder, 'now'), '');
    await terminal.until(/In \[3\]: 4 \+\nlater undefined\nIn \[3\]: 4 \+$/);
    terminal.enter(' 4');
    await terminal.until(/Out\[3\]: 8\nIn \[4\]: *$/);
    terminal.enter('await session.remote(() => { console.log("begun"); for (;;); })()');
    await terminal.until(/[|] begun$/);
    terminal.enter('5 + 5');
    terminal.type('\u0003');
    await terminal.until(/Interrupted\n[\s\S]*In \[5\]: 5 \+ 5\nOut\[5\]: 10\nIn \[6\]: *$/);
    terminal.type('\u0004');
    assert.equal(await terminal.exit, 0);
    assert.ok(!terminal.raw.includes('\u001b'), JSON.stringify(terminal.raw));
  });

  test('an error that comes later is shown, and the prompt stays', async (t) => {
    const terminal = await opened(t);
    terminal.enter('setTimeout(() => { throw new Error("late one") }, 10); 0');
    await terminal.until(/Later: Error: late one/);
    terminal.enter('Promise.reject(new Error("unhandled one")); 0');
    await terminal.until(/Later: Error: unhandled one/);
    terminal.enter('6 * 7');
    await terminal.until(/Out\[3\]: 42/);
  });
});
