// Tests of experiments as JSON and CSV.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { InvalidArgumentError } from '../../../../sdk/errors.ts';
import { Experiment } from '../../../../sdk/experiments/experiment.ts';
import { csvOf } from '../../../../sdk/experiments/report/csv.ts';
import type { JsonValue } from '../../../../sdk/workloads/workload.ts';
import { syntheticData, syntheticExperiment } from './synthetic-experiment.ts';

/** Reads comma-separated values with quotes, as RFC 4180 has them. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/g)) {
    if (end === '' && quoted === undefined && plain === '') break;
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === '\n') rows.push([]);
  }
  return rows.filter((row) => row.length > 0);
}

describe('Experiment.toJSON()', () => {
  test('has records with parameters, measures and findings side by side', () => {
    const { records, definition, machine } = syntheticExperiment().toJSON();
    const [record] = records;
    assert.equal(record?.['pcNum'], 1);
    assert.equal(record?.['kernel'], 'wasm');
    assert.deepEqual(record?.['limit'], { verdict: 'converged', stationary: [0.25, 0.75] });
    assert.equal(typeof record?.['durationMs'], 'number');
    assert.deepEqual(
      Object.keys(record ?? {}).filter((name) => name === 'params' || name === 'details'),
      [],
    );
    assert.equal(definition.splitBy, 'pcNum');
    assert.equal(machine.cores, 8);
  });
});

describe('Experiment.fromJSON()', () => {
  test('gives back all that there was, from data and from text', () => {
    const experiment = syntheticExperiment({ totalCount: [1000, 2000] });
    assert.deepEqual(Experiment.fromJSON(JSON.stringify(experiment)).data, experiment.data);
    assert.deepEqual(Experiment.fromJSON(experiment.toJSON()).data, experiment.data);
    assert.equal(JSON.stringify(Experiment.fromJSON(experiment.toJSON())), JSON.stringify(experiment));
  });

  test('gives back failures, and an experiment that did not end', () => {
    const failures = [{ params: { pcNum: 7 }, workers: 2, repeat: 1, message: 'worker died' }];
    const data = { ...syntheticData(), endedAt: null, failures };
    assert.deepEqual(Experiment.fromJSON(JSON.stringify(new Experiment(data))).data, data);
  });

  test('loses no finding, whatever it is called', () => {
    const name = fc.oneof(
      fc.constantFrom('pcNum', 'workers', 'durationMs', '_details', 'details', 'params', '__proto__', 'constructor'),
      fc.string(),
    );
    const details = fc.dictionary(
      name,
      fc.jsonValue().map((value): JsonValue => JSON.parse(JSON.stringify(value))),
    );
    fc.assert(
      fc.property(details, (found) => {
        const data = syntheticData({ repeats: 1, pcNum: [1], details: () => found });
        const text = JSON.stringify(new Experiment(data));
        const [record] = Experiment.fromJSON(text).records;
        assert.deepEqual(new Map(Object.entries(record?.details ?? {})), new Map(Object.entries(found)));
        assert.deepEqual(record?.params, data.records[0]?.params);
      }),
    );
  });

  const json = JSON.parse(JSON.stringify(syntheticExperiment()));
  const changed = (change: (copy: typeof json) => void): unknown => {
    const copy = structuredClone(json);
    change(copy);
    return copy;
  };
  const wrong: [string, unknown, RegExp][] = [
    ['text that is no JSON', '{"format": ', /^This is no experiment: it is not JSON$/],
    ['something else', { records: [] }, /^This is no experiment: it does not say "format": "gridbook-experiment"$/],
    ['null', null, /^This is no experiment/],
    ['a page that is no report', '<!doctype html><p>hello', /^This is no experiment/],
    [
      'a newer form',
      changed((copy) => copy.formatVersion++),
      /^Cannot read an experiment of format version 2: .*newer/,
    ],
    ['a record without time', changed((copy) => delete copy.records[3].durationMs), /: records\[3\]\.durationMs: /],
    ['a wrong latency', changed((copy) => (copy.records[0].latencyMs.p99 = '1 s')), /: records\[0\]\.latencyMs\.p99: /],
    ['a negative duration', changed((copy) => (copy.records[0].durationMs = -1)), /: records\[0\]\.durationMs: /],
    ['no machine', changed((copy) => delete copy.machine), /: machine: /],
    ['a date that is none', changed((copy) => (copy.startedAt = 'yesterday')), /: startedAt: /],
  ];
  for (const [what, input, message] of wrong) {
    test(`refuses ${what}`, () => {
      assert.throws(
        () => Experiment.fromJSON(input),
        (error: Error) => error instanceof InvalidArgumentError && message.test(error.message),
      );
    });
  }
});

describe('Experiment.toCSV()', () => {
  test('has a line a record, with nested values in columns whose unit comes last', () => {
    const [head, ...rows] = readCsv(syntheticExperiment({ hasBaseline: false }).toCSV());
    assert.equal(rows.length, 30);
    const cell = (name: string): string | undefined => rows[0]?.[head?.indexOf(name) ?? -1];
    for (const name of [
      'latencyMeanMs',
      'latencyP50Ms',
      'latencyP99Ms',
      'breakdownWaitOnWorkerMs',
      'peakMemoryBytes',
    ]) {
      assert.match(cell(name) ?? '', /^[\d.]+$/, name);
    }
    assert.equal(cell('baselineMs'), '');
    assert.equal(cell('limitVerdict'), 'converged');
    assert.equal(cell('limitStationary'), '0.25 0.75');
    assert.equal(cell('nodes'), '[{"node":"embedded","cpu":0.9,"memoryBytes":120000000}]');
  });

  test('keeps every text and number, whatever is in it', () => {
    const text = fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', ' ', 'a', 'ä', ';', "'") });
    fc.assert(
      fc.property(
        fc.array(fc.dictionary(text, fc.oneof(text, fc.double({ noNaN: true })), { minKeys: 1 }), { minLength: 1 }),
        (records) => {
          const [head, ...rows] = readCsv(csvOf(records));
          assert.equal(rows.length, records.length);
          for (const [i, record] of records.entries()) {
            for (const [name, value] of Object.entries(record)) {
              assert.equal(rows[i]?.[head?.indexOf(name) ?? -1], String(value));
            }
          }
        },
      ),
    );
  });
});
