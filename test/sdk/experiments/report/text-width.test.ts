// Tests of text whose letters take two columns, or none: tables, charts and wrapped lines stay in line.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import stringWidth from 'string-width';
import { plotOf } from '../../../../sdk/experiments/report/plot.ts';
import { shortened } from '../../../../sdk/experiments/report/series-label.ts';
import { TextCanvas } from '../../../../sdk/experiments/report/text-canvas.ts';
import { wrapped } from '../../../../sdk/experiments/report/text-legend.ts';
import { textTable, textTableWidth } from '../../../../sdk/experiments/report/text-table.ts';
import { syntheticExperiment } from './synthetic-experiment.ts';

/** Two columns each; the last is a letter with two marks above it, of one column. */
const texts = ['天气', '👩‍👩‍👧', 'ｗ', 'e\u0301\u0302'];

describe('wide letters', () => {
  test('textTable() lines its columns up', () => {
    const columns = [
      { heading: '工作', align: 'left' },
      { heading: 'n', align: 'right' },
    ] as const;
    const rows = [...texts, 'plain'].map((text) => [text, text]);
    const lines = textTable(columns, rows, false).split('\n');
    const width = textTableWidth(columns, rows);
    assert.equal(width, 5 + 2 + 5);
    assert.deepEqual(
      lines.map((line) => stringWidth(line)),
      lines.map(() => width),
    );
  });

  test('shortened() and wrapped() leave no line wider than there is room, and lose no letter', () => {
    const text = '马尔可夫链的极限分布 of a matrix 👩‍👩‍👧👩‍👩‍👧 e\u0301';
    for (let width = 2; width < 30; width++) {
      assert.ok(stringWidth(shortened(text, width)) <= width);
      const lines = wrapped(text, width);
      assert.ok(
        lines.every((line) => stringWidth(line) <= width),
        `${width}: ${lines}`,
      );
      assert.equal(lines.join('').replaceAll(' ', ''), text.replaceAll(' ', ''));
    }
    assert.deepEqual(wrapped('天气', 1), ['天', '气']);
  });

  test('a canvas holds a letter in two cells, and none of which only half is left', () => {
    const canvas = new TextCanvas(6, 4);
    canvas.write(0, 0, '天气x');
    canvas.write(5, 1, '天');
    canvas.write(0, 2, '天气天');
    canvas.put(1, 2, '|');
    canvas.put(2, 2, '|');
    canvas.write(-1, 3, '天气');
    assert.deepEqual(canvas.rows(false), ['天气x', '', ' || 天', ' 气']);
  });

  test('a chart is as wide as asked', () => {
    const named = syntheticExperiment({ name: '马尔可夫链'.repeat(8) });
    for (const kind of ['time', 'breakdown'] as const) {
      for (const width of [40, 61]) {
        const text = plotOf([named, syntheticExperiment()], kind).toText({ width });
        assert.match(text, /马尔/);
        assert.ok(Math.max(...text.split('\n').map((line) => stringWidth(line))) <= width, `${kind}\n${text}`);
      }
    }
  });
});
