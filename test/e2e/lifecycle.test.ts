// Sessions in processes of their own: a program ends when it has come to its end, nothing is left, and what is printed is
// what the program prints.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runScript } from '../helpers/run-script.ts';

describe('a program with an open session ends by itself', () => {
  const printed: Record<string, string> = {
    idle: '',
    finished: '9\n',
    many: '5000\n',
    actor: '2\n',
    'unused-actor': '',
    'map-not-read': '',
    'map-left': '1\n',
    'events-awaited': '9\n',
    'cancelled-task': '9\n',
    'timed-out': 'TimeoutError\n',
    'bundled-module': '5\n',
    'failed-not-awaited': '9\n',
  };
  for (const [way, text] of Object.entries(printed)) {
    test(`when it left it ${way}`, async () => {
      const end = await runScript('exits-by-itself.ts', { args: [way] });
      assert.deepEqual(end, { code: 0, signal: null, stdout: `${text}last line\n`, stderr: '' });
    });
  }

  test('after a map that nobody awaits has run', async () => {
    const end = await runScript('exits-by-itself.ts', { args: ['map-not-awaited'] });
    assert.deepEqual(end, { code: 0, signal: null, stdout: 'last line\n1\n2\n3\n', stderr: '' });
  });

  test('after a task that nobody awaits has run', async () => {
    const { stdout, ...end } = await runScript('exits-by-itself.ts', { args: ['task-not-awaited'] });
    assert.deepEqual(end, { code: 0, signal: null, stderr: '' });
    assert.deepEqual(stdout.split('\n').sort(), ['', 'it ran', 'last line']);
  });
});

describe('Session.close() leaves nothing running', () => {
  const printed: Record<string, string> = {
    using: '1000\n',
    'using-and-throwing': 'inside\n',
    running: 'true\ntrue\ntrue\n',
    bundling: 'true\n',
    actors: '',
    'failures-seen': '',
  };
  for (const [way, text] of Object.entries(printed)) {
    test(`after ${way}`, async () => {
      const end = await runScript('closes.ts', { args: [way] });
      assert.deepEqual(end, { code: 0, signal: null, stdout: `${text}left: 0\n`, stderr: '' });
    });
  }

  test('and warns of failures that nobody awaited, how many and the first', async () => {
    const { stderr, ...end } = await runScript('closes.ts', { args: ['failures'] });
    assert.deepEqual(end, { code: 0, signal: null, stdout: 'left: 0\n' });
    assert.match(stderr, /GridbookWarning: 3 tasks failed and nobody awaited them; the first: .*failure [123]\n/);
  });

  test('and warns of one failure that nobody awaited, not of the one that was', async () => {
    const { stderr, ...end } = await runScript('closes.ts', { args: ['one-failure'] });
    assert.deepEqual(end, { code: 0, signal: null, stdout: 'left: 0\n' });
    assert.match(stderr, /GridbookWarning: One task failed and nobody awaited it; the first: .*failure 2\n/);
  });
});

describe('a program', () => {
  test('in plain JavaScript prints its results and nothing else', async () => {
    const end = await runScript('plain-script.mjs');
    assert.deepEqual(end, { code: 0, signal: null, stdout: '16\n', stderr: '' });
  });

  test('works under flags of Node that threads inherit', async () => {
    const end = await runScript('plain-script.mjs', { nodeFlags: ['--expose-gc', '--enable-source-maps'] });
    assert.deepEqual(end, { code: 0, signal: null, stdout: '16\n', stderr: '' });
  });

  for (const how of ['close', 'leave open']) {
    test(`gets all that its tasks print when it ends with ${how}`, async () => {
      const { code, stdout, stderr } = await runScript('worker-output.ts', { args: [how] });
      assert.equal(code, 0, stderr);
      const lines = stdout.split('\n').filter((line) => line.startsWith('line '));
      assert.deepEqual(
        lines,
        Array.from({ length: 2000 }, (_, i) => `line ${i}`),
      );
      const words = ['exit', 'first', 'last', ...Array.from({ length: 100 }, (_, i) => `many ${i};`)].sort();
      for (const [text, prefix] of [
        [stdout, 'out'],
        [stderr, 'err'],
      ] as const) {
        assert.deepEqual(
          text
            .split('\n')
            .filter((line) => line.startsWith(prefix))
            .sort(),
          words.map((word) => `${prefix} ${word}`),
        );
      }
    });
  }
});
