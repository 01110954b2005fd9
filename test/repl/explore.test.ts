// `.explore` and what follows it, with typed answers in a real terminal.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { temporaryHome } from '../helpers/daemon-home.ts';
import { TestTerminal } from '../helpers/terminal.ts';

describe('gridbook explores in a terminal', () => {
  test('asks, says what is wrong, measures with a chart that grows, and says which pc_num is best', async (t) => {
    const folder = temporaryHome(t);
    const terminal = TestTerminal.open(t, ['repl', '--workers', '2'], { rows: 50, cwd: folder });
    await terminal.prompt(1);
    terminal.enter('.explore');
    await terminal.until(/\? Matrix size: \(10\)/);
    terminal.enter('');
    await terminal.until(/\? Total count: \(1e6\)/);
    terminal.enter('many');
    await terminal.until(/"many" is not a number such as/);
    terminal.type('\u0015');
    terminal.enter('2e6');
    await terminal.until(/\? pc_num/);
    terminal.enter('1..1e7:log');
    await terminal.until(/pc_num \d+ is more than the total count 2000000/);
    terminal.type('\u0015');
    terminal.enter('1..1000:log:4');
    await terminal.until(/\? Workers: \(2\)/);
    terminal.enter('1,2');
    await terminal.until(/\? Repeats/);
    terminal.enter('2');
    const growing = await terminal.until(
      /Time against pc_num[\s\S]*of 16 runs · [\d.]+ [kM]?\/s · .* left · \d workers? busy · 0 failures/,
    );
    assert.doesNotMatch(growing, /In scope as experiment/);
    // In a window that becomes narrow it is drawn anew, in its place.
    terminal.resize(60, 50);
    const narrow = await terminal.until(/\n +└[─┬]{30,55}\n[\s\S]*of 16 runs/);
    assert.equal(narrow.split('Time against').length, 2, narrow);
    terminal.resize(100, 50);
    // It grows: points of the largest pc_num come into it.
    await terminal.until(/Time against pc_num[\s\S]* 1k\n[\s\S]*of 16 runs/);
    const text = await terminal.until(/In scope as experiment\.\nIn \[1\]: *$/);
    assert.match(text, /matrix size 10, total count 2,000,000/);
    assert.match(text, /Throughput against pc_num/);
    assert.match(text, /(Recommended|Fastest) pcNum: \d+/);
    assert.doesNotMatch(text, /of 16 runs/);

    terminal.enter('.vary pcNum 10,100');
    const varied = await terminal.until(/(In scope as experiment[\s\S]*){2}In \[1\]: *$/);
    assert.match(varied, /● .*■ /);
    terminal.enter('.compare');
    await terminal.until(/differs +A +B[\s\S]*In \[1\]: *$/);
    terminal.enter('plot(experiment, "throughput")');
    assert.match(await terminal.prompt(2), /Out\[1\]:\nThroughput against pc_num/);
    terminal.enter('.compare with baseline');
    await terminal.until(/gridbook[\s\S]*baseline[\s\S]*In scope as comparison\.\nIn \[2\]: *$/);
    terminal.enter('.compare with nobody');
    await terminal.until(/There is no peer "nobody": there are ray, piscina/);
    terminal.enter('.save explored.ts');
    await terminal.until(/4 cells: .*explored\.ts/);
    const script = readFileSync(join(folder, 'explored.ts'), 'utf8');
    assert.match(
      script,
      /%% \.explore\nconst experiment = await sweep\([\s\S]*pcNum: \[1, 10, 100, 1000\], workers: \[1, 2\]/,
    );
    assert.match(script, /%% \.vary\n[\s\S]*pcNum: \[10, 100\]/);
    terminal.enter('.timings');
    await terminal.until(/waitInSession +[\d.]+ /);
    terminal.enter('.status');
    await terminal.until(/2 workers, threads of this process: \d leased now/);
    terminal.type('\u0004');
    assert.equal(await terminal.exit, 0);
  });

  test('refines a range of pc_num that leaves open what lies between, and no list', async (t) => {
    const folder = temporaryHome(t);
    const terminal = TestTerminal.open(t, ['repl', '--workers', '2'], { rows: 50, cwd: folder });
    await terminal.prompt(1);
    terminal.enter('.explore');
    for (const [question, answer] of [
      [/\? Matrix size/, '4'],
      [/\? Total count/, '2000'],
      [/\? pc_num/, '1..20:log'],
      [/\? Workers/, '2'],
      [/\? Repeats/, '3'],
    ] as const) {
      await terminal.until(question);
      terminal.enter(answer);
    }
    const explored = await terminal.until(/In scope as experiment\.\nIn \[1\]: *$/);
    assert.match(explored, /\nRecommended pcNum: \d+(?: to \d+)? \(\d+ % certain\)\n/);
    terminal.enter('experiment.definition.refine');
    await terminal.until(/Out\[1\]: true\n[\s\S]*In \[2\]: *$/);
    terminal.enter('.vary pcNum 1,20');
    await terminal.until(/(In scope as experiment[\s\S]*){2}In \[2\]: *$/);
    terminal.enter('experiment.definition.refine');
    await terminal.until(/Out\[2\]: false\n[\s\S]*In \[3\]: *$/);
    terminal.enter('.save refined.ts');
    await terminal.until(/cells: .*refined\.ts/);
    const script = readFileSync(join(folder, 'refined.ts'), 'utf8');
    assert.match(script, /pcNum: \[1, 2, 5, 10, 20\], workers: 2 \},\n *\{ repeats: 3, refine: true \}/);
    assert.match(script, /pcNum: \[1, 20\], workers: 2 \},\n *\{ repeats: 3 \}/);
    terminal.type('\u0004');
    assert.equal(await terminal.exit, 0);
  });

  test('Ctrl-C or Ctrl-D at a question, and Ctrl-C in a measurement, come back to the prompt', async (t) => {
    temporaryHome(t);
    const terminal = TestTerminal.open(t, ['repl', '--workers', '2', '--explore']);
    await terminal.until(/\? Matrix size/);
    terminal.type('\u0003');
    await terminal.until(/Interrupted\nIn \[1\]: *$/);
    terminal.enter('.explore');
    await terminal.until(/Interrupted\n[\s\S]*\? Matrix size[^\n]*$/);
    terminal.type('\u0004');
    await terminal.until(/Interrupted\n[\s\S]*Interrupted\nIn \[1\]: *$/);
    terminal.enter('await markov(session, { matrixSize: 10, totalCount: 1e9, pcNum: 10 })');
    await terminal.until(/2 of 2 workers/);
    terminal.type('\u0003');
    await terminal.until(/Interrupted\nIn \[2\]: *$/);
    terminal.enter('await session.remote(() => "free")()');
    await terminal.until(/Out\[2\]: 'free'/);
    terminal.enter('.explore');
    await terminal.until(/\? Matrix size[^\n]*$/);
    terminal.enter('');
    await terminal.until(/\? Total count[^\n]*$/);
    terminal.enter('1e9');
    await terminal.until(/\? pc_num[^\n]*$/);
    terminal.enter('10,20');
    await terminal.until(/\? Workers[^\n]*$/);
    terminal.enter('');
    await terminal.until(/\? Repeats[^\n]*$/);
    terminal.enter('');
    await terminal.until(/0 of \d+ runs/);
    terminal.type('\u0003');
    await terminal.until(/Interrupted[\s\S]*In \[3\]: *$/);
  });

  test('gridbook alone offers what there is to do', async (t) => {
    temporaryHome(t);
    const terminal = TestTerminal.open(t, []);
    await terminal.until(
      /What would you like to do\?[\s\S]*Explore[\s\S]*Open the prompt[\s\S]*Start a cluster[\s\S]*See all/,
    );
    terminal.type('\u001b[B\r');
    await terminal.until(/In \[1\]: *$/);
    terminal.type('\u0004');
    assert.equal(await terminal.exit, 0);
    const left = TestTerminal.open(t, []);
    await left.until(/What would you like to do\?/);
    left.type('\u0004');
    assert.equal(await left.exit, 130);
    assert.doesNotMatch(left.text, /Warning|gridbook-main/);
  });
});
