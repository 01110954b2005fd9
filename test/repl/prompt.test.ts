// The prompt, driven in a real terminal as a person drives it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { joinString } from '../../sdk/internal.ts';
import type { TestTerminal } from '../helpers/terminal.ts';
import { folderOf, opened } from './opened-prompt.ts';

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
    assert.match(await terminal.prompt(2), /\nInterrupted\n/); // and no ^C
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
    test(`a loop ${what} ends with its terminal, and when it is told to`, async (t) => {
      const ends = [
        (terminal: TestTerminal) => terminal.hangUp(),
        ({ pid }: TestTerminal) => process.kill(pid, 'SIGTERM'),
      ];
      for (const end of ends) {
        const terminal = await opened(t);
        terminal.enter(`console.log('begun', 1); ${loop}`);
        await terminal.until(/\nbegun 1/);
        end(terminal);
        await terminal.exit;
      }
    });
  }

  test('a cell that was interrupted prints no more, whatever it still does', async (t) => {
    const terminal = await opened(t);
    terminal.enter(
      'let ticks = 0; for (;;) { await new Promise((r) => setTimeout(r, 10)); console.log("at " + ++ticks); Promise.reject(new Error("astray")) }',
    );
    await terminal.until(/\nat 3\n/);
    terminal.type('\u0003');
    await terminal.prompt(2);
    terminal.enter(
      'const before = ticks; while (ticks < before + 3) await new Promise((r) => setTimeout(r, 10)); "gone on"',
    );
    const after = await terminal.prompt(3);
    assert.match(after, /Out\[2\]: 'gone on'/);
    assert.doesNotMatch(after, /\nat \d|astray/);
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

  test('what is printed without an end of its line goes on where it was', async (t) => {
    const folder = folderOf(t, {});
    const terminal = await opened(t, { cwd: folder });
    terminal.enter(
      'const seen = async (name: string) => { while (!fs.existsSync(name)) await new Promise((r) => setTimeout(r, 10)) }',
    );
    await terminal.prompt(2);
    terminal.enter(
      'process.stdout.write("Work"); await seen("1"); process.stdout.write("ing"); await seen("2"); process.stdout.write("\\r50 %"); await seen("3"); console.log("\\rdone")',
    );
    await terminal.until(/\nWork\n\[/);
    writeFileSync(join(folder, '1'), '');
    await terminal.until(/\nWorking\n\[/);
    terminal.type('1 + 1');
    await terminal.until(/\nWorking\n\[.*\] 1 \+ 1$/);
    writeFileSync(join(folder, '2'), '');
    await terminal.until(/\n50 %ing\n\[.*\] 1 \+ 1$/);
    writeFileSync(join(folder, '3'), '');
    await terminal.until(/\ndone *\nIn \[3\]: 1 \+ 1$/);
    assert.doesNotMatch(terminal.text, /\n(Work|50 %)/);
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

  test('ends when it is left, whatever cells have left behind', async (t) => {
    const terminal = await opened(t);
    terminal.enter(
      'setInterval(() => {}, 1000); require("node:net").createServer().listen(0, "127.0.0.1"); process.exitCode = 4',
    );
    await terminal.prompt(2);
    terminal.type('\u0004');
    assert.equal(await terminal.exit, 4);
  });
});
