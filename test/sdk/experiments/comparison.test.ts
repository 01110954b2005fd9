// What a comparison of two experiments calls real, and what it says of how they were made.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compareExperiments, Experiment, type ExperimentComparison, type ExperimentData } from '../../../sdk/index.ts';
import { someDefinition, someRecord } from '../../helpers/kept-experiments.ts';

const machine = { processor: 'abacus', cores: 2, memoryBytes: 2 ** 30, system: 'linux', node: '24.0.0' };

/** An experiment whose runs took so long, by pc_num. */
function experiment(times: Record<number, readonly number[]>, changes: Partial<ExperimentData> = {}): Experiment {
  const records = Object.entries(times).flatMap(([pcNum, durations]) =>
    durations.map((durationMs, i) =>
      someRecord({ params: { totalCount: 1000, pcNum: Number(pcNum) }, repeat: i + 1, durationMs }),
    ),
  );
  return new Experiment({
    id: 'aaaa1111',
    name: 'some',
    definition: someDefinition({ axes: { totalCount: [1000], pcNum: Object.keys(times).map(Number), workers: [2] } }),
    machine,
    startedAt: '2026-01-02T03:04:05.678Z',
    endedAt: null,
    records,
    failures: [],
    ...changes,
  });
}

const tight = (middle: number): number[] => [0.99, 1, 1.01, 1, 0.995, 1.005].map((factor) => factor * middle);
const verdicts = ({ points }: ExperimentComparison): string[] => points.map(({ verdict }) => verdict);

describe('compareExperiments()', () => {
  test('tells what is faster, slower and undecided, with the ratio and its interval', () => {
    const before = experiment({ 1: tight(100), 10: tight(50), 100: [40, 80, 60], 1000: [30] });
    const after = experiment({ 1000: [60], 100: [45, 85, 62], 10: tight(75), 1: tight(50), 5: tight(1) });
    const comparison = compareExperiments(before, after);
    assert.deepEqual(verdicts(comparison), ['faster', 'slower', 'undecided', 'undecided']);
    const [faster, slower] = comparison.points;
    assert.ok(Math.abs((faster?.ratio?.value ?? 0) - 0.5) < 0.01);
    assert.ok((faster?.ratio?.interval[1] ?? 2) < 0.55 && (faster?.ratio?.interval[0] ?? 0) > 0.45);
    assert.ok((slower?.ratio?.interval[0] ?? 0) > 1);
    assert.deepEqual([comparison.onlyInA, comparison.onlyInB], [0, 1]);
    assert.match(
      comparison.sentence,
      /^Of 4 common points, B is faster at 1 \(2\.00 times\), slower at 1 \(1\.50 times\), not certainly different at 2\. At 1 there is a single run/,
    );
  });

  test('says how many of many points would differ by chance', () => {
    const times = (factor: number): Record<number, number[]> =>
      Object.fromEntries(Array.from({ length: 20 }, (_, i) => [i + 1, tight(factor * 10)]));
    assert.match(
      compareExperiments(experiment(times(1)), experiment(times(2))).sentence,
      /about 1 would seem to differ/,
    );
    assert.doesNotMatch(compareExperiments(experiment(times(1)), experiment(times(1))).sentence, /chance/);
  });

  test('says first in what definition, machine, place and findings differ', () => {
    const before = experiment({ 1: tight(1) });
    const after = new Experiment({
      ...before.data,
      id: 'bbbb2222',
      definition: { ...before.definition, repeats: 5, axes: { ...before.definition.axes, pcNum: [1, 20] } },
      machine: { ...machine, node: '26.0.0' },
      records: before.records.map((record) => ({
        ...record,
        cluster: '10.0.0.1:8265',
        details: { ...record.details, kernel: 'openblas' },
      })),
    });
    const comparison = compareExperiments(before, after);
    assert.deepEqual(comparison.differences, [
      { what: 'repeats', a: 3, b: 5 },
      { what: 'cluster', a: 'embedded', b: '10.0.0.1:8265' },
      { what: 'axes.pcNum', a: [1], b: [1, 20] },
      { what: 'machine.node', a: '24.0.0', b: '26.0.0' },
      { what: 'details.kernel', a: 'wasm', b: 'openblas' },
    ]);
    const lines = comparison.table().split('\n');
    const at = (pattern: RegExp): number => lines.findIndex((line) => pattern.test(line));
    assert.ok(at(/^machine\.node +24\.0\.0 +26\.0\.0$/) > 0);
    assert.ok(at(/^machine\.node/) < at(/B \/ A/) && at(/B \/ A/) < at(/^Of the one common point/));
    assert.match(compareExperiments(before, before).table(), /Made alike/);
    const narrow = comparison.table({ width: 40 });
    for (const line of narrow.split('\n')) assert.ok(line.length <= 40, line);
    assert.match(narrow.replaceAll('\n', ' '), /left out for want of room: runs/);
  });

  test('finds common points whatever the order of their parameters', () => {
    const before = experiment({ 1: tight(1) });
    const records = before.records.map((record) => ({ ...record, params: { pcNum: 1, totalCount: 1000 } }));
    assert.equal(compareExperiments(before, new Experiment({ ...before.data, records })).points.length, 1);
  });

  test('refuses different workloads, and experiments without a common point', () => {
    const one = experiment({ 1: tight(1) });
    const other = new Experiment({ ...one.data, id: 'bbbb2222', definition: someDefinition({ workload: 'pi' }) });
    const name = 'InvalidArgumentError';
    assert.throws(() => compareExperiments(one, other), {
      name,
      message: /aaaa1111 measured markov, and bbbb2222 .* pi/,
    });
    assert.throws(() => compareExperiments(one, experiment({ 2: tight(1) })), { name, message: /no combination/ });
  });
});
