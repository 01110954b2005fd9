// Tests of plots drawn as text.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { InvalidArgumentError } from '../../../../sdk/errors.ts';
import { Plot, plotOf } from '../../../../sdk/experiments/report/plot.ts';
import { plotKinds } from '../../../../sdk/experiments/report/plot-data.ts';
import { farIntervals, syntheticExperiment } from './synthetic-experiment.ts';

const one = syntheticExperiment();
const several = syntheticExperiment({ totalCount: [500_000, 10_000_000], workers: [1, 2, 8] });

describe('Plot.toText()', () => {
  test('draws points, their line and the plain loop over a logarithmic axis', () => {
    const exact = syntheticExperiment({ noise: 0 });
    const lines = exact.plot('throughput').toText({ width: 60, height: 13 }).split('\n');
    const chart = lines.filter((line) => !line.includes('·') && !line.includes('▔'));
    assert.deepEqual(chart.slice(0, 1), ['Throughput against pc_num']);
    assert.match(lines.join('\n'), /20M\/s ┤.*●/);
    assert.match(lines.join('\n'), /\n +1 +10 +100 +1k +10k +100k\n/);
    assert.match(lines.join('\n'), /┄ plain loop/);
    assert.equal(lines.join('').split('●').length - 1, 6);
  });

  test('names what it is compared with only where that is in view: further on a logarithmic axis', () => {
    const { data } = one.plot('time');
    assert.ok(data.type === 'lines');
    const most = Math.max(...data.series.flatMap(({ points }) => points.map(({ y }) => y)));
    const textOf = (kind: 'linear' | 'log', times: number): string => {
      const references = [{ label: 'far', points: [1, 100_000].map((x) => ({ x, y: most * times })) }];
      return new Plot({ ...data, y: { ...data.y, kind }, references }).toText({ width: 60 });
    };
    assert.match(textOf('linear', 3), /┄ far/);
    assert.doesNotMatch(textOf('linear', 30), /far/);
    assert.match(textOf('log', 30), /┄{20}[\s\S]*┄ far/);
    assert.doesNotMatch(textOf('log', 3000), /far/);
  });

  test('marks each series by itself and names them below', () => {
    const text = several.plot('time').toText({ width: 100, height: 30 });
    for (const mark of ['●', '■', '▲', '◆', '○', '□']) assert.ok(text.includes(`${mark} total count`), mark);
    assert.match(text, /total count 500,000, 1 worker /);
    assert.match(text, /total count 10,000,000, 8 workers/);
  });

  test('shows intervals that are taller than a line', () => {
    const text = syntheticExperiment({ noise: 0.5 }).plot('time').toText({ width: 60, height: 30 });
    assert.match(text, /┆/);
  });

  test('shows what was measured, however far the intervals of two runs go', () => {
    for (const [experiment, tick] of [
      [farIntervals(), '6 s'],
      [farIntervals([10, 1e6]), '50 s'],
    ] as const) {
      const { durationMs } = experiment.points[0]!;
      assert.ok(durationMs.interval[1] > 1000 * durationMs.median, `${durationMs.interval}`);
      const text = experiment.plot('time').toText({ width: 70, height: 20 });
      assert.equal(/([\d.]+ \S*s) ┤/.exec(text)?.[1], tick, text);
      assert.match(text, /┆/);
      assert.match(text, /95 % intervals, cut off at the frame$/);
    }
    assert.doesNotMatch(one.plot('time').toText(), /cut off/);
  });

  test('shows speed-up against workers beside the ideal', () => {
    const text = syntheticExperiment({ workers: [1, 2, 3, 4], pcNum: [100] })
      .plot('speedup')
      .toText();
    assert.match(text, /^Speed-up against workers\n/);
    assert.match(text, /┄ ideal/);
  });

  test('shows latencies up to p99', () => {
    assert.match(one.plot('latency').toText(), /┬[\s\S]*┼[\s\S]*┆[\s\S]*●/);
  });

  test('shows the breakdown as bars that fill the width', () => {
    const lines = one.plot('breakdown').toText({ width: 60 }).split('\n');
    assert.match(lines[1] ?? '', /^ {4}1 █+ +1\.00 s$/);
    assert.match(lines[6] ?? '', /^ 100k ░+─+╲? 20\.2 ms$/);
    const bars = lines.slice(1, 7).map((line) => line.length);
    assert.deepEqual(new Set(bars), new Set([60]));
  });

  test('is never wider than asked, whatever the kind, characters and names', () => {
    const named = syntheticExperiment({ name: 'a long name that says a lot of what was run '.repeat(3) });
    const plotted = [[one], [several], [syntheticExperiment({ pcNum: [7], repeats: 1 })], [named, several]];
    fc.assert(
      fc.property(
        fc.constantFrom(...plotKinds),
        fc.nat({ max: plotted.length - 1 }),
        fc.record({
          width: fc.integer({ min: 1, max: 160 }),
          height: fc.integer({ min: 1, max: 60 }),
          colour: fc.boolean(),
          unicode: fc.boolean(),
        }),
        (kind, place, options) => {
          const text = plotOf(plotted[place]!, kind).toText(options);
          const plain = stripVTControlCharacters(text);
          // Where nothing fits, nothing is coloured.
          if (options.width >= 20) assert.equal(plain !== text, options.colour);
          for (const line of plain.split('\n')) assert.ok(line.length <= options.width, line);
          if (!options.unicode) assert.match(plain, /^[\x20-\x7e\n]*$/);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('takes as many lines as asked where that is enough', () => {
    assert.equal(one.plot('time').toText({ height: 24 }).split('\n').length, 24);
  });

  test('lets no name move the cursor of a terminal', () => {
    const evil = syntheticExperiment({ name: '\u001b[2J\u009b31mred\r\n' });
    const text = plotOf([evil, syntheticExperiment({ id: 'other', name: 'other' })], 'time').toText();
    assert.match(text, /^[^\p{Cc}]*$/mu);
    assert.match(text, /\[2J 31mred/);
  });

  test('rejects a room that is none', () => {
    for (const width of [0, -1, 2.5, Number.NaN, 1e6]) {
      assert.throws(
        () => one.plot('time').toText({ width }),
        (error: Error) => error instanceof InvalidArgumentError && error.message.includes(`not ${width}`),
      );
    }
  });
});

describe('plotOf()', () => {
  test('lays experiments over each other, called by their names and ids', () => {
    const a = syntheticExperiment({ id: 'a1', name: 'markov' });
    const b = syntheticExperiment({ id: 'b2', name: 'markov', workers: [4] });
    const { data } = plotOf([a, b], 'time');
    assert.equal(data.type, 'lines');
    assert.deepEqual(data.type === 'lines' && data.series.map(({ label }) => label), [
      'markov a1: 2 workers',
      'markov b2: 4 workers',
    ]);
  });

  test('puts nothing on the axis that differs between experiments only', () => {
    const plotted = [1, 4].map((workers) => syntheticExperiment({ id: `${workers}`, workers: [workers] }));
    assert.equal(plotOf(plotted, 'speedup').title, 'Speed-up against pc_num');
  });

  test('puts what varies on the axis where the split does not', () => {
    const { data } = syntheticExperiment({ pcNum: [10], totalCount: [1000, 10_000, 100_000] }).plot('time');
    assert.equal(data.title, 'Time against total count');
  });

  test('says what is missing', () => {
    const bare = syntheticExperiment({ hasBaseline: false });
    assert.throws(() => bare.plot('efficiency'), /Cannot plot efficiency: the serial baseline was not measured/);
    assert.throws(() => syntheticExperiment({ repeats: 0 }).plot('time'), /Cannot plot time: there are no runs yet/);
    assert.throws(() => plotOf([], 'time'), /give at least one/);
    const kind: string = 'pie';
    assert.throws(() => Reflect.apply(one.plot, one, [kind]), /A plot is one of time, .*breakdown, not "pie"/);
  });
});
