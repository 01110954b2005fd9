// The docstrings of public names, here and in samples that lack something on purpose.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { docstringViolations, unknownErrors } from './docstring-rules.ts';
import { createPublicProgram, createSampleProgram, publicEntries, publicNamesOf } from './public-api.ts';

const sample = (text: string): string[] => {
  const program = createSampleProgram({ '/sample/index.ts': text });
  return [...docstringViolations(program, '/sample/index.ts'), ...unknownErrors(program, ['/sample/index.ts'])].map(
    (violation) => violation.replace(/^.* (\S+ (lacks|says))/, '$1'),
  );
};

test('the public names of the repository say what they are, take, give and throw, with examples', () => {
  const program = createPublicProgram();
  const names = publicEntries.map((entry) => publicNamesOf(program, entry).length);
  assert.equal(names.length, 3);
  assert.ok(names[0]! > 60 && Math.min(...names) > 5, String(names));
  const lacks = publicEntries.flatMap((entry) => docstringViolations(program, entry));
  assert.deepEqual([...lacks, ...unknownErrors(program, publicEntries)], []);
});

describe('docstringViolations()', () => {
  const whole = `
    /** An error. @example x */
    export class OddError extends Error {}
    /**
     * Halves a number.
     *
     * @param n - an even number.
     * @returns half of it.
     * @throws OddError when it is odd.
     * @example x
     */
    export function halve(n: number): number { if (n % 2) throw new OddError(); return n / 2; }`;

  test('lets a whole docstring through', () => {
    assert.deepEqual(sample(whole), []);
  });

  const lines: [line: string, lack: string][] = [
    ['* Halves a number.', 'a docstring'],
    ['* @param n - an even number.', '@param n'],
    ['* @returns half of it.', '@returns'],
    ['* @throws OddError when it is odd.', '@throws'],
  ];
  for (const [line, lack] of lines) {
    test(`misses ${lack}`, () => assert.deepEqual(sample(whole.replace(line, '*')), [`halve lacks ${lack}`]));
  }

  test('misses examples of functions and classes', () => {
    const found = sample(whole.replaceAll('@example x', ''));
    assert.deepEqual(found.sort(), ['OddError lacks @example', 'halve lacks @example']);
  });

  test('misses everything where there is no docstring, through re-exports too', () => {
    const files = {
      '/sample/index.ts': "export * from './a.ts';\nexport { b as c, type D } from './a.ts';",
      '/sample/a.ts': 'export const b = (x: number) => x;\nexport interface D {}\nconst hidden = 1;',
    };
    const found = docstringViolations(createSampleProgram(files), '/sample/index.ts');
    const lacks = found.map((violation) => violation.replace(/^\S+ /, ''));
    assert.ok(lacks.includes('c lacks a docstring'));
    assert.ok(lacks.includes('c lacks @param x'));
    assert.ok(lacks.includes('D lacks a docstring'));
    assert.ok(!found.join().includes('hidden'));
  });

  test('looks at public methods and at each overload, not at what is hidden', () => {
    const found = sample(`
      /** A thing. @example x */
      export class Thing {
        #secret() { return 1; }
        private alsoSecret() { return 1; }
        /** Seen. @internal */
        inner() { return this.#secret() + this.alsoSecret(); }
        /** Overloaded. @param a - one. @returns two. */
        open(a: string): number;
        /** Overloaded. @returns three. */
        open(a: number): number;
        open(a: string | number): number { return Number(a); }
        /** Ends it. */
        async close(): Promise<void> {}
      }`);
    assert.deepEqual(found, ['Thing.open lacks @param a']);
  });

  test('sees errors of the functions that are called, but for those that are caught', () => {
    const check = '/** Checks. @throws Error when not. */ function check() { throw new Error(); }';
    const of = (body: string): string[] =>
      sample(`${check}\n/** Does. @example x */ export function act(): void { ${body} }`);
    assert.deepEqual(of('check();'), ['act lacks @throws']);
    assert.deepEqual(of('try { check(); } finally { }'), ['act lacks @throws']);
    assert.deepEqual(of('try { check(); } catch { }'), []);
    assert.deepEqual(of('setTimeout(() => { throw new Error(); });'), []);
  });

  test('takes the example of a public class for those that extend it', () => {
    const base = '/** A. @example x */ export class A {}';
    assert.deepEqual(sample(`${base}\n/** B. */ export class B extends A {}`), []);
    assert.deepEqual(sample(`${base}\n/** B. */ export class B {}`), ['B lacks @example']);
  });
});

test('unknownErrors() finds an error that nobody can import', () => {
  const text =
    '/** Does. @throws LostError when lost. @throws RangeError. @example x */ export function act() { throw 1; }';
  assert.deepEqual(sample(text), ['act says that it throws LostError, which is not exported']);
});
