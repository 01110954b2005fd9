// Every example of the README and of public docstrings runs, prints what it says and passes the type check.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { createPublicProgram, notebookEntry, publicEntries } from '../rules/public-api.ts';
import { readTreeFile } from '../rules/source-tree.ts';
import { differenceOf, type Example, examplesOfDocstrings, examplesOfDocument } from './example.ts';
import { runExample, typeErrors, writeExample } from './run-example.ts';
import { makeProgramFolder } from './source-package.ts';

const folder = makeProgramFolder();
after(() => folder[Symbol.dispose]());

const fromReadme = examplesOfDocument('README.md', readTreeFile('README.md'));
const program = createPublicProgram();
const fromDocstrings = publicEntries.flatMap((entry) => examplesOfDocstrings(program, entry));
// They import the package by its name from inside of it: package.test.ts runs them, where it is built.
const ofNotebooks = new Set(examplesOfDocstrings(program, notebookEntry).map(({ origin }) => origin));
const written = [...fromReadme, ...fromDocstrings].map((example) => ({
  example,
  path: writeExample(folder.path, example),
}));

test('the README and the docstrings have examples', () => {
  assert.ok(fromReadme.length >= 1);
  assert.ok(fromDocstrings.length >= 15);
});

test('the examples pass the type check', () => {
  assert.deepEqual(typeErrors(written.map(({ path }) => path)), []);
});

describe('the example of', { concurrency: 2 }, () => {
  for (const { example, path } of written) {
    if (ofNotebooks.has(example.origin)) continue;
    test(example.origin, async () => assert.deepEqual(await runExample(path, example), []));
  }
});

describe('a wrong example is found:', { concurrency: 2 }, () => {
  const run = (origin: string, code: string): Promise<string[]> => {
    const example: Example = { origin, code };
    return runExample(writeExample(folder.path, example), example);
  };

  test('one that prints something else', async () => {
    const problems = await run(
      'other',
      "import { partition } from 'gridbook';\nconsole.log(typeof partition); // prints: object",
    );
    assert.deepEqual(problems, ['expected "object", got "function"']);
  });

  test('one that ends with an error', async () => {
    const [problem] = await run('error', "import 'gridbook';\nthrow new RangeError('on purpose');");
    assert.match(problem ?? '', /^it ended with 1: .*RangeError: on purpose/s);
  });

  test('one that imports what is not exported', async () => {
    const [problem] = await run('import', "import { coreOf } from 'gridbook';\ncoreOf;");
    assert.match(problem ?? '', /does not provide an export named 'coreOf'/);
    const [inside] = await run('inside', "import 'gridbook/sdk/session.ts';");
    assert.match(inside ?? '', /ERR_PACKAGE_PATH_NOT_EXPORTED/);
  });

  test('one with a type error', () => {
    const code = "import { partition } from 'gridbook';\n\nconst sizes: string[] = [...partition(4, 2)];";
    const path = writeExample(folder.path, { origin: 'types', code });
    const errors = typeErrors([path]);
    assert.equal(errors.length, 1);
    assert.match(errors[0] ?? '', /example\.ts:3 Type 'number\[\]' is not assignable to type 'string\[\]'/);
  });
});

describe('differenceOf()', () => {
  const two = 'console.log(1); // prints: a\nfor (;;) console.log(2);\n// prints: b\n// prints: c';

  test('wants the lines in their order and no others', () => {
    assert.equal(differenceOf(two, ['a', 'b', 'c']), undefined);
    assert.equal(differenceOf(two, ['a', 'c', 'b']), 'expected "b", got "c"');
    assert.equal(differenceOf(two, ['a', 'b']), 'expected "c", got nothing more');
    assert.equal(differenceOf(two, ['a', 'b', 'c', 'd']), 'expected nothing more, got "d"');
  });

  test('allows other lines where an example does not say everything', () => {
    const open = `console.log(Math.random());\n${two}`;
    assert.equal(differenceOf(open, ['0.5', 'a', 'b', 'c', 'd']), undefined);
    assert.equal(differenceOf(open, ['0.5', 'a', 'c']), 'expected "b"');
  });

  test('takes … for anything, and all else as it stands', () => {
    assert.equal(differenceOf('console.log(); // prints: took … ms (1+1)', ['took 12.5 ms (1+1)']), undefined);
    assert.notEqual(differenceOf('console.log(); // prints: a.c', ['abc']), undefined);
  });
});

test('examplesOfDocument() finds blocks of TypeScript, indented ones too, and no others', () => {
  const text = 'a\n```ts\nlet a;\n```\n```sh\nls\n```\n- b\n  ```ts\n  let b;\n    c();\n  ```\n';
  assert.deepEqual(examplesOfDocument('A.md', text), [
    { origin: 'A.md:2', code: 'let a;\n' },
    { origin: 'A.md:9', code: 'let b;\n  c();\n' },
  ]);
});
