// What documents, package files and tests say, here and in samples that are wrong on purpose.

import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { describe, test } from 'node:test';
import {
  changelogViolations,
  linkViolations,
  lockViolations,
  pathsNamed,
  pathViolations,
  scriptViolations,
} from './document-rules.ts';
import { readTreeFile, readTreeFiles, root, type SourceFile } from './source-tree.ts';
import { leftOutViolations } from './test-rules.ts';

const exists = (path: string): boolean => globSync(path, { cwd: root }).length > 0;
const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'];

describe('the repository', () => {
  test('has every path that its documents name or link to', () => {
    assert.ok(pathsNamed(readTreeFile('ARCHITECTURE.md')).length > 10);
    for (const name of documents) {
      const text = readTreeFile(name);
      assert.deepEqual([...pathViolations(name, text, exists), ...linkViolations(name, text, exists)], []);
    }
  });

  test('has every script that its documents tell to run', () => {
    const { scripts } = JSON.parse(readTreeFile('package.json'));
    for (const name of documents) assert.deepEqual(scriptViolations(name, readTreeFile(name), scripts), []);
  });

  test('has no addresses in package-lock.json', () => {
    assert.deepEqual(lockViolations(readTreeFile('package-lock.json')), []);
  });

  test('has a changelog that knows the version', () => {
    const { version } = JSON.parse(readTreeFile('package.json'));
    assert.deepEqual(changelogViolations(readTreeFile('CHANGELOG.md'), version), []);
  });

  test('leaves out no test but for what a machine lacks', () => {
    assert.deepEqual(leftOutViolations(readTreeFiles('.ts')), []);
  });
});

test('pathsNamed() takes paths and leaves commands, types, addresses and what is made', () => {
  const document = [
    'See `sdk/index.ts`, `sdk/protocol/`, `README.md`, `sdk/map.ts:12` and `test/{a,b}/*.ts`.',
    'Not `npm run docs`, `.ts`, `Cluster`, `/v1/worker`, `a/b c`, `http://a/b.ts`, `dist/sdk/index.js`, `session.remote(f)`.',
    '```sh\n`not/this.ts`\n```',
  ].join('\n');
  const expected = ['sdk/index.ts', 'sdk/protocol/', 'README.md', 'sdk/map.ts', 'test/{a,b}/*.ts'];
  assert.deepEqual(pathsNamed(document), expected);
});

test('pathViolations() and linkViolations() refuse what is not there', () => {
  assert.deepEqual(pathViolations('A.md', '`sdk/index.ts` `sdk/gone.ts` `gone/`', exists), [
    'A.md names sdk/gone.ts, which is not there',
    'A.md names gone/, which is not there',
  ]);
  assert.deepEqual(linkViolations('A.md', '[a](LICENSE) [b](GONE.md#x) [c](https://example.org/d.md)', exists), [
    'A.md links to GONE.md, which is not there',
  ]);
});

test('scriptViolations() refuses a script that is not there', () => {
  const text = 'npm test, npm run check, `npm run --silent gone -- --help`, npm start';
  assert.deepEqual(
    scriptViolations('A.md', text, { test: '', check: '' }).map((v) => v.split(' ')[6]),
    ['gone,', 'start,'],
  );
});

test('lockViolations() refuses addresses', () => {
  const packages = { '': {}, 'node_modules/a': { resolved: 'https://registry.example/a.tgz' }, 'node_modules/b': {} };
  assert.deepEqual(lockViolations(JSON.stringify({ packages })), [
    'package-lock.json holds an address for node_modules/a',
  ]);
});

test('changelogViolations() wants a heading, not a mention', () => {
  assert.equal(changelogViolations('# Changelog\n1.0.0 is Unreleased\n## 0.9.0', '1.0.0').length, 1);
  assert.deepEqual(changelogViolations('## [1.0.0] - 2030-01-01', '1.0.0'), []);
  assert.deepEqual(changelogViolations('## Unreleased', '1.0.0'), []);
});

describe('leftOutViolations()', () => {
  const file = (text: string, path = 'test/a.test.ts'): SourceFile[] => [{ path, text }];
  const bad = [
    "test.only('a', () => {});",
    "describe.skip('a', () => {});",
    "it.todo('a');",
    "test('a', (t) => { t.skip('not here'); });",
    "test('a', { skip: true }, () => {});",
    "test('a', { skip: 'broken' }, () => {});",
    "describe('a', { only: true }, () => {});",
    "test('a', { todo: needs('x', y, 'z') }, () => {});",
    "const skip = process.platform === 'win32';\ntest('a', { skip }, () => {});",
    "const skip = true;\nsuite('a', { concurrency: 1, skip }, () => {});",
  ];
  for (const text of bad) {
    test(`refuses ${JSON.stringify(text)}`, () => assert.equal(leftOutViolations(file(text)).length, 1));
  }

  test('lets what a machine lacks, and what is no test, through', () => {
    const good = [
      "test('a', { skip: needs('ray', hasRay, 'pip install ray') }, () => {});",
      "const skip = await needs('ray', hasRay, 'pip install ray');\ndescribe('a', { skip }, () => {});",
      "test('a', { skip: false, timeout: 10 }, () => {});",
      "run({ skip: true }); const text = 'test.only()';",
    ];
    assert.deepEqual(
      good.flatMap((text) => leftOutViolations(file(text))),
      [],
    );
    assert.deepEqual(leftOutViolations(file("t.skip('a');", 'test/helpers/needs.ts')), []);
  });
});
