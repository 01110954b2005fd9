// Which models an experiment gets, which it does not and why, and that no data makes them say nonsense.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { breakdownsOf } from '../../../../sdk/experiments/models/breakdown.ts';
import { busiestShare } from '../../../../sdk/experiments/models/cost-model.ts';
import { modelsOf } from '../../../../sdk/experiments/models/models-of.ts';
import { RandomSamples } from '../random-samples.ts';
import { splitGroup } from '../synthetic-groups.ts';
import { pointOf } from '../synthetic-points.ts';

const samples = new RandomSamples(1);
const pointsOn = (workers: number, splits: readonly number[]) =>
  splitGroup(splits, workers, (p) => 1000 * busiestShare(p, workers) + 0.02 * p, {
    samples,
    repeats: 3,
    deviation: 0.01,
    serialMs: 1000,
  }).points;

describe('modelsOf()', () => {
  test('gives all models of a full grid, in order, each of its own points', () => {
    const splits = [1, 8, 100, 10_000, 100_000];
    const points = [1, 2, 4].flatMap((workers) => pointsOn(workers, splits)).reverse();
    const { models, missing } = modelsOf(points, { splitBy: 'pcNum' });
    assert.deepEqual(missing, []);
    const kinds = models.map(({ kind }) => kind);
    const order = ['cost', 'metg', 'amdahl', 'usl'];
    assert.deepEqual(
      kinds,
      kinds.toSorted((a, b) => order.indexOf(a) - order.indexOf(b)),
    );
    assert.deepEqual(
      order.map((kind) => kinds.filter((other) => other === kind).length),
      [3, 3, 5, 5],
    );
    for (const { kind, group } of models) {
      const isSplit = kind === 'cost' || kind === 'metg';
      assert.equal(group.points.length, isSplit ? 5 : 3);
      assert.equal(group.workers === undefined, !isSplit);
      assert.equal('pcNum' in group.params, !isSplit);
      const differing = group.points.map(({ tasks, workers }) => (isSplit ? tasks : workers));
      assert.deepEqual(
        differing,
        differing.toSorted((a, b) => a - b),
      );
    }
  });

  test('says what is missing, and what it needs', () => {
    const one = modelsOf(pointsOn(2, [10]), { splitBy: 'pcNum' });
    assert.deepEqual(one.models, []);
    assert.deepEqual(
      one.missing.map(({ kind }) => kind),
      ['cost', 'amdahl'],
    );
    assert.match(one.missing[0]?.reason ?? '', /shows when pcNum has three values at least/);
    const unsplit = modelsOf(pointsOn(2, [10]), { splitBy: null });
    assert.match(unsplit.missing[0]?.reason ?? '', /no parameter that splits/);
    const two = modelsOf([...pointsOn(1, [10]), ...pointsOn(2, [10])], { splitBy: 'pcNum' });
    assert.deepEqual(
      two.models.map(({ kind }) => kind),
      ['amdahl'],
    );
    assert.match(two.missing.find(({ kind }) => kind === 'usl')?.reason ?? '', /needs 3 numbers of workers/);
    assert.deepEqual(modelsOf([], { splitBy: 'pcNum' }), { models: [], missing: [] });
  });

  test('never says anything that is no number, whatever was measured', () => {
    const duration = fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 1e9, noNaN: true }), fc.constant(5));
    const point = fc.record({
      pcNum: fc.oneof(fc.constantFrom(1, 4, 100), fc.integer({ min: 1, max: 1e6 })),
      workers: fc.integer({ min: 1, max: 64 }),
      durationsMs: fc.array(duration, { minLength: 1, maxLength: 4 }),
      hasBaseline: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(point, { maxLength: 8 }), fc.boolean(), (drawn, isOneGroup) => {
        const points = drawn.map(({ pcNum, workers, durationsMs, hasBaseline }) =>
          pointOf({
            params: { pcNum },
            workers: isOneGroup ? 2 : workers,
            tasks: pcNum,
            durationsMs,
            ...(hasBaseline ? { baselinesMs: durationsMs } : {}),
          }),
        );
        const { models } = modelsOf(points, { splitBy: 'pcNum' });
        for (const { estimates, sentence, warning } of models) {
          for (const { value, interval } of estimates) {
            assert.ok([value, ...interval].every(Number.isFinite), JSON.stringify(estimates));
            assert.ok(interval[0] <= value && value <= interval[1], JSON.stringify(estimates));
          }
          assert.doesNotMatch(`${sentence} ${warning}`, /NaN|Infinity|∞/);
        }
      }),
      { seed: 8, numRuns: 150 },
    );
  });
});

test('breakdownsOf() gives one bar a point, whose parts add up', () => {
  const [bar, ...others] = breakdownsOf(pointsOn(2, [10]));
  assert.ok(bar !== undefined && others.length === 0);
  assert.equal(bar.totalMs, 28);
  assert.deepEqual(
    bar.parts.map(({ ms }) => ms),
    [1, 2, 3, 4, 5, 6, 7],
  );
  assert.equal(bar.parts[0]?.stage, 'encode');
  assert.ok(Math.abs(bar.parts.reduce((sum, { share }) => sum + share, 0) - 1) < 1e-12);
});
