// The line at the prompt: what is typed, pasted, completed, and found again.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { temporaryHome } from '../../helpers/daemon-home.ts';
import { TestTerminal } from '../../helpers/terminal.ts';
import { folderOf, opened } from '../opened-prompt.ts';

describe('the line at the prompt', () => {
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

  test('still takes pasted lines as one when it was stopped and goes on, and marks none any more when it ends', async (t) => {
    const terminal = await opened(t);
    const marks = (): number => terminal.raw.split('\u001b[?2004h').length - 1;
    await terminal.until(() => marks() === 1);
    process.kill(terminal.pid, 'SIGCONT');
    await terminal.until(() => marks() === 2);
    assert.ok(!terminal.raw.includes('\u001b[?2004l'));
    terminal.enter('process.exit(3)');
    assert.equal(await terminal.exit, 3);
    assert.equal(terminal.raw.split('\u001b[?2004l').length, 2);
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
});
