// Tests of the HTML report and of Markdown: whole, self-contained, and nothing in them but what Gridbook wrote.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Experiment, type ExperimentData } from '../../../../sdk/experiments/experiment.ts';
import { html } from '../../../../sdk/experiments/report/html-text.ts';
import { syntheticData, syntheticExperiment } from './synthetic-experiment.ts';

const evil = `"'><script>alert(1)</script><img src=x onerror=alert(2)>&amp;{{x}}\`</style><!--`;

/** An experiment in which everything that can be called something is called something evil. */
function evilData(): ExperimentData {
  const data = syntheticData({ name: evil, pcNum: [1, 10] });
  return {
    ...data,
    id: evil,
    definition: {
      ...data.definition,
      workload: evil,
      workUnit: evil,
      axes: { ...data.definition.axes, [evil]: [evil] },
    },
    machine: { ...data.machine, processor: evil, system: evil, node: evil },
    records: data.records.map((record, i) => ({
      ...record,
      workload: evil,
      cluster: evil,
      finding: evil,
      note: evil,
      params: { ...record.params, [evil]: i % 2 === 0 ? evil : `${evil}2` },
      details: { [`${evil}3`]: evil },
      nodes: [{ node: evil, cpu: 1, memoryBytes: 1 }],
    })),
    failures: [{ params: { [evil]: evil }, workers: 1, repeat: 1, message: evil }],
  };
}

/** The tags of a page, each with its attributes; none that a text only looks like. */
function tagsOf(page: string): string[] {
  return page.match(/<[a-z!][^>]*>/gi) ?? [];
}

describe('Experiment.toHTML()', () => {
  test('has the plots, the table, the records and the machine', async () => {
    const page = await syntheticExperiment({ workers: [1, 2], totalCount: [1000, 10_000_000] }).toHTML();
    assert.match(page, /^<!doctype html>\n<html lang="en">/);
    for (const title of [
      'Time against pc_num',
      'Throughput against',
      'Efficiency',
      'Speed-up against workers',
      'Task latency',
    ]) {
      assert.ok(page.includes(`<h3>${title}`), title);
    }
    assert.equal(page.split('<svg').length - 1, 14);
    assert.match(page, /Example 3000, 8 cores/);
    assert.match(page, /<summary>120 runs, as they were made<\/summary>/);
    assert.match(page, /<th scope="col" class="left">latencyP50Ms<\/th>/);
  });

  test('needs nothing but itself: no script, no address, no file', async () => {
    const page = await syntheticExperiment().toHTML();
    const scripts = tagsOf(page).filter((tag) => /^<script/i.test(tag));
    assert.deepEqual(scripts, ['<script type="application/json" id="gridbook-experiment">']);
    assert.match(page, /Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'/);
    const addresses = [...page.matchAll(/\b(?:https?:|data:|file:|\/\/)[\w./]+/g)].map(([address]) => address);
    assert.deepEqual(new Set(addresses), new Set(['http://www.w3.org/2000/svg', 'http://www.w3.org/1999/xlink']));
    assert.ok(!/@import|url\((?!#)/.test(page));
    assert.deepEqual(
      tagsOf(page).filter((tag) => /\s(src|href|on\w+)=/i.test(tag)),
      [],
    );
  });

  test('is the same each time, and gives each id once', async () => {
    const experiment = syntheticExperiment({ workers: [1, 2] });
    const page = await experiment.toHTML();
    assert.equal(await experiment.toHTML(), page);
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    assert.equal(new Set(ids).size, ids.length);
    for (const [, id] of page.matchAll(/url\(#([^)]+)\)/g)) assert.ok(ids.includes(id), id);
  });

  test('shows no name as anything but text', async () => {
    const page = await new Experiment(evilData()).toHTML();
    const tags = tagsOf(page);
    assert.equal(tags.filter((tag) => /^<script/i.test(tag)).length, 1);
    assert.equal(tags.filter((tag) => /^<\/?style/i.test(tag)).length, 1);
    assert.deepEqual(
      tags.filter((tag) => /^<(img|!--)/i.test(tag)),
      [],
    );
    assert.deepEqual(
      tags.filter((tag) => /^[^"]*\sonerror/i.test(tag.replace(/"[^"]*"/g, '""'))),
      [],
    );
  });

  test('is read back by fromJSON()', async () => {
    for (const data of [syntheticData(), evilData()]) {
      assert.deepEqual(Experiment.fromJSON(await new Experiment(data).toHTML()).data, data);
    }
  });

  test('says that there were no runs, and warns of few', async () => {
    const none = await new Experiment({ ...syntheticData(), records: [] }).toHTML();
    assert.match(none, /markov: no runs/);
    assert.ok(!none.includes('<svg'));
    assert.match(await syntheticExperiment({ repeats: 2 }).toHTML(), /All points have fewer than 3 runs/);
  });
});

describe('html``', () => {
  test('escapes all but what it made itself', () => {
    const inner = html`<i>${'<&>'}</i>`;
    assert.equal(
      html`<p title="${`"'`}">${[inner, 1, undefined]}</p>`.markup,
      '<p title="&#34;&#39;"><i>&#60;&#38;&#62;</i>1</p>',
    );
  });
});

describe('Experiment.toMarkdown()', () => {
  test('has the table, the warnings and the plots as text', () => {
    const text = syntheticExperiment({ repeats: 2 }).toMarkdown();
    assert.match(text, /^# markov\n/);
    assert.match(text, /\n> Warning: All points have fewer than 3 runs/);
    assert.match(text, /\n\| pc\\_num \| time ± 95 % \| multiplications\/s \|.*\n\| ---: \|.*\n\| 1 \| /);
    assert.match(text, /\n```text\nTime against pc_num\n/);
    assert.equal(text.split('```').length % 2, 1);
  });

  test('shows no name as markup', () => {
    const text = new Experiment(evilData()).toMarkdown();
    const outside = text.replace(/^(`{3,})text\n[\s\S]*?\n\1$/gm, '');
    assert.doesNotMatch(outside, /(?<!\\)</);
    assert.doesNotMatch(outside, /(?<!\\)`/);
    assert.doesNotMatch(outside, /^.*\|.*(?<!\\)&amp/m);
  });
});
