// What files of code may hold, in this repository and in files that break the rules on purpose.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as sdk from '../../sdk/index.ts';
import {
  allowedCasts,
  commentViolations,
  documentViolations,
  headerViolations,
  lengthViolations,
  linesMax,
  nameViolations,
  shellViolations,
  typeHoleViolations,
} from './code-rules.ts';
import { errorClassesOf, errorNameViolations, errorViolations, innerErrors, publishedCodes } from './error-rules.ts';
import { readTreeFiles, type SourceFile, treePaths } from './source-tree.ts';

const files = readTreeFiles('.ts');
const one = (text: string, path = 'sdk/a.ts'): SourceFile[] => [{ path, text }];

describe('the repository', () => {
  test('uses no any and no cast through unknown but those with a reason', () => {
    assert.deepEqual(typeHoleViolations(files, allowedCasts), []);
  });

  test('silences no compiler and leaves nothing to do in comments and documents', () => {
    assert.deepEqual(commentViolations(files), []);
    assert.deepEqual(documentViolations(readTreeFiles('.md')), []);
  });

  test('starts no shell', () => {
    assert.deepEqual(shellViolations(files), []);
  });

  test('has files short enough to be held in the head', () => {
    assert.deepEqual(lengthViolations(files), []);
  });

  test('says at the top of every file what it is for', () => {
    assert.deepEqual(headerViolations(files), []);
  });

  test('has kebab-case names that say what is inside', () => {
    assert.deepEqual(nameViolations(treePaths()), []);
  });

  test('has error classes with stable codes and the names of their classes', () => {
    assert.ok(errorClassesOf(files).length >= 16);
    assert.deepEqual(errorViolations(files, publishedCodes, innerErrors), []);
    assert.deepEqual(errorNameViolations({ ...sdk }), []);
  });
});

describe('typeHoleViolations()', () => {
  const holes = [
    'const a: any = 1;',
    'function f(x: Map<string, any[]>) {}',
    'const a = b as any;',
    'const a = b as unknown as string;',
    'const a = (b as unknown) as string;',
    'const a = <string>(<unknown>b);',
    'const a = b as never as string;',
  ];
  for (const text of holes) {
    test(`refuses ${text}`, () => assert.equal(typeHoleViolations(one(text), {}).length, 1));
  }

  test('lets one-step casts, words and strings through', () => {
    const text = "// any\nconst any = 'as any'; const a = b as unknown; const c = d as string; f(any);";
    assert.deepEqual(typeHoleViolations(one(text), {}), []);
  });

  test('lets an allowed cast through, and refuses a permission that nothing needs', () => {
    const casts = { 'sdk/a.ts': 'a reason' };
    assert.deepEqual(typeHoleViolations(one('const a = b as unknown as string;'), casts), []);
    assert.equal(typeHoleViolations(one('const a = 1;'), casts).length, 1);
  });
});

describe('commentViolations()', () => {
  const bad = [
    '// TODO: later',
    '/* FIXME */ const a = 1;',
    'const a = 1; // XXX',
    '/** @deprecated\n * TODO remove */\nfunction f() {}',
    '// @ts-ignore\nconst a: string = 1;',
    '/* @ts-ignore */ const a: string = 1;',
    '// @ts-nocheck',
    '// @ts-expect-error wrong on purpose\nconst a: string = 1;',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the sample holds a template
    'const a = `${b /* TODO */}`;',
  ];
  for (const text of bad) {
    test(`refuses ${JSON.stringify(text)}`, () => assert.equal(commentViolations(one(text)).length, 1));
  }

  test('lets strings, templates and expected errors in test/types through', () => {
    assert.deepEqual(
      commentViolations(one("const a = '// TODO'; const b = `// @ts-ignore`; const c = /\\/\\/ TODO/;")),
      [],
    );
    assert.deepEqual(commentViolations(one('// @ts-expect-error\nconst a: string = 1;', 'test/types/a.ts')), []);
  });
});

test('documentViolations() refuses what is left to do', () => {
  assert.deepEqual(documentViolations([{ path: 'README.md', text: 'a\nTODO: b\n' }]), [
    'README.md:2 says that something is left',
  ]);
  assert.deepEqual(documentViolations([{ path: 'README.md', text: 'a todo list' }]), []);
});

test('lengthViolations() counts lines as an editor does', () => {
  assert.deepEqual(lengthViolations(one('a;\n'.repeat(linesMax))), []);
  assert.equal(lengthViolations(one('a;\n'.repeat(linesMax + 1))).length, 1);
});

describe('headerViolations()', () => {
  const bad = [
    '',
    'const a = 1;',
    '// short',
    "import a from './a.ts';\n// What this file is for, said too late.",
    '\n// What this file is for, after an empty line.',
    '// ----------------------------------------',
    '// a\n\nimport a from "./a.ts"; // what this import is for, which is not the header',
  ];
  for (const text of bad) {
    test(`refuses ${JSON.stringify(text)}`, () => assert.equal(headerViolations(one(text)).length, 1));
  }

  test('lets comments of both forms through, also after a line for the shell', () => {
    const good = [
      '// What this file is for.\nconst a = 1;',
      '// The entry.\n// Imports nothing before that.\nconst a = 1;',
      '/** What this file is for. */\nconst a = 1;',
      '#!/usr/bin/env node\n// What this file is for.\nconst a = 1;',
    ];
    assert.deepEqual(
      good.flatMap((text) => headerViolations(one(text))),
      [],
    );
  });
});

test('nameViolations() refuses names that are not kebab-case or say nothing', () => {
  const bad = [
    'sdk/functionTable.ts',
    'sdk/Function-Table.ts',
    'sdk/snake_case.ts',
    'test/bench/python/Camel.py',
    'test/bench/py_thon/a.py',
    'test/Fixtures/a.ts',
    'sdk/utils.ts',
    'daemon/common/a.ts',
    'repl/string-helpers/util.ts',
    'notebooks/My Notebook.ipynb',
  ];
  for (const path of bad) assert.notDeepEqual(nameViolations([path]), [], path);
  const good = [
    'sdk/function-table.ts',
    'sdk/a.d.ts',
    'test/helpers/needs.ts',
    'test/sdk/a.test.ts',
    'notebooks/01-start.ipynb',
    'test/bench/python/snake_case.py',
    'README.md',
  ];
  assert.deepEqual(nameViolations(good), []);
});

describe('errorViolations()', () => {
  const base = "export class GridbookError extends Error { readonly code: string = 'GRIDBOOK'; }\n";
  const bad = [
    "class AError extends GridbookError { override readonly code: string = 'GRIDBOOK'; }",
    'class AError extends GridbookError {}',
    'class AError extends GridbookError { override readonly code = codeOf(this); }',
    "class AError extends GridbookError { override readonly code: string = 'someCode'; }",
    "class AError extends Error { readonly code = 'A'; }",
    "class Failure extends GridbookError { override readonly code: string = 'FAILURE'; }",
  ];
  for (const text of bad) {
    test(`refuses ${text}`, () => assert.equal(errorViolations(one(base + text), {}, {}).length, 1));
  }

  test('refuses a code that changed and a class that is gone', () => {
    assert.equal(errorViolations(one(base), { GridbookError: 'ROOT' }, {}).length, 1);
    assert.equal(errorViolations(one(base), { AError: 'A' }, {}).length, 1);
  });

  test('lets classes through that no caller sees, and refuses a permission that nothing needs', () => {
    const inner = { Signal: 'a reason' };
    const signal = 'class Signal extends Error {}';
    assert.deepEqual(errorViolations(one(signal), {}, inner), []);
    assert.equal(errorViolations(one(base), {}, inner).length, 1);
  });

  test('lets classes with codes of their own through, and does as it likes in tests', () => {
    const fine = `${base}class AError extends GridbookError { override readonly code: string = 'A_B'; }`;
    assert.deepEqual(errorViolations(one(fine), { GridbookError: 'GRIDBOOK' }, {}), []);
    assert.deepEqual(errorViolations(one('class MineError extends Error {}', 'test/a.ts'), {}, {}), []);
  });
});

test('errorNameViolations() refuses a name that drifted from its class', () => {
  class TypedError extends Error {
    override name = 'TypeError';
  }
  class HonestError extends Error {
    override name = 'HonestError';
  }
  assert.equal(errorNameViolations({ TypedError }).length, 1);
  assert.equal(errorNameViolations({ OtherName: HonestError }).length, 1);
  assert.deepEqual(errorNameViolations({ HonestError, connect: () => {}, text: 'a' }), []);
});

test('shellViolations() finds what starts a shell, by its import and by its option', () => {
  const starts = [
    "import { exec } from 'node:child_process';",
    "import { execSync as run } from 'node:child_process';",
    "import { spawn } from 'node:child_process'; spawn('ssh', [], { shell: true });",
  ];
  for (const text of starts) assert.equal(shellViolations(one(text)).length, 1, text);
  assert.deepEqual(shellViolations(one("import { spawn } from 'node:child_process'; spawn('ssh', ['--', 'a']);")), []);
});
