// Ten million malformed inputs to everything that decodes what a peer sent: each ends in the error that closes that peer,
// no prototype is changed, and memory stays where it was. Two processes share them, each with a seed that is printed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runScript } from '../helpers/run-script.ts';

const count = 5_000_000;
const peakMbMax = 250;

test('ten million malformed inputs are refused one by one, without a crash or a leak', async (t) => {
  const seeds = [Date.now() % 2 ** 31, (Date.now() * 7) % 2 ** 31];
  await Promise.all(
    seeds.map(async (seed) => {
      const { code, stdout, stderr } = await runScript('malformed-inputs.ts', {
        args: [String(count), String(seed)],
        // A small heap: what is kept, or made too large by one input, ends the process.
        nodeFlags: ['--max-old-space-size=96', '--max-semi-space-size=4'],
        timeoutMs: 280_000,
      });
      assert.equal(stderr, '', `seed ${seed}`);
      assert.equal(code, 0, `seed ${seed}`);
      const { tried, refused, isPolluted, peakMb } = Object(JSON.parse(stdout));
      t.diagnostic(`seed ${seed}: ${stdout.trim()}`);
      assert.equal(tried, count);
      // What is changed in one byte may still be right; most is not.
      assert.ok(refused > count / 2, `${refused} of ${tried} were refused`);
      assert.equal(isPolluted, false);
      assert.ok(peakMb < peakMbMax, `it had ${peakMb} MB`);
    }),
  );
});
