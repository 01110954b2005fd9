// Tests of quantities as people read them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatBytes,
  formatDuration,
  formatLongDuration,
  formatRate,
  formatShare,
  formatShortCount,
  formatUncertainDuration,
} from '../../../../sdk/experiments/report/quantities.ts';

test('formatDuration() gives three digits, also where rounding makes one more', () => {
  const given = [0, 0.00841, 0.09996, 0.99949, 0.9996, 9.996, 99.96, 999.4, 999.6, 12_345, 100_000];
  assert.deepEqual(given.map(formatDuration), [
    '0.00 µs',
    '8.41 µs',
    '100 µs',
    '999 µs',
    '1.00 ms',
    '10.0 ms',
    '100 ms',
    '999 ms',
    '1.00 s',
    '12.3 s',
    '100 s',
  ]);
});

test('formatUncertainDuration() gives both in one unit and never says that nothing is uncertain', () => {
  assert.equal(formatUncertainDuration(532, [520, 544.4]), '532 ± 12 ms');
  assert.equal(formatUncertainDuration(1020, [1002, 1030]), '1.02 ± 0.02 s');
  assert.equal(formatUncertainDuration(532, [532, 532.001]), '532 ± 1 ms');
  assert.equal(formatUncertainDuration(532, [532, 532]), '532 ± 0 ms');
  assert.equal(formatUncertainDuration(30.1, [20.9, 324]), '30.1 ms (20.9 ms to 324 ms)');
});

test('formatLongDuration() goes over to minutes, hours and days', () => {
  const minutes = [1.5, 12, 185, 60 * 52];
  assert.deepEqual(
    minutes.map((count) => formatLongDuration(count * 60_000)),
    ['90.0 s', '12 min', '3 h 5 min', '2 d 4 h'],
  );
});

test('rates, sizes, shares and short counts keep three digits', () => {
  assert.deepEqual([940, 999.7, 18_412_345, 2.5e9].map(formatRate), ['940 /s', '1.00 k/s', '18.4 M/s', '2.50 G/s']);
  assert.deepEqual([0, 512, 1500, 1.5e9].map(formatBytes), ['0 B', '512 B', '1.50 kB', '1.50 GB']);
  assert.deepEqual([0, 0.0042, 0.0999, 0.87, 1.3].map(formatShare), ['0 %', '0.42 %', '10 %', '87 %', '130 %']);
  assert.deepEqual([1, 100, 2500, 100_000, 1e7, 3e9].map(formatShortCount), ['1', '100', '2.5k', '100k', '10M', '3G']);
});
