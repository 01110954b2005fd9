// From a function object to an expression that makes the same function again.
//
// Owns: the forms that `Function.prototype.toString` gives and how each becomes an expression.
// Does not own: what its variables mean (free-variables.ts, place.ts, ship.ts).
//
// Invariants:
//   P1. `expression` is `prefix + core + suffix`; `core` is text of the user's file, character by character, so that
//       lines and columns in it are those of the file.

import { isProxy } from 'node:util/types';
import { textOf } from '../text-of.ts';
import { withImports } from './import-call.ts';
import { refusal } from './refusal.ts';
import { sourceBytesMax } from './shipped-code.ts';
import { lineAt, type Node, parse, rangeOf, type Syntax } from './syntax.ts';

/** A function or class, as a value. */
// biome-ignore lint/complexity/noBannedTypes: classes with private constructors are Functions and nothing narrower
export type FunctionLike = Function;

export interface FunctionSource {
  /** The function's own name; empty when it has none. */
  readonly name: string;
  readonly form: 'arrow' | 'function' | 'method' | 'class';
  readonly isGenerator: boolean;
  /** As JavaScript shows it. */
  readonly text: string;
  readonly expression: string;
  readonly core: string;
  /** How many characters of `expression` come before `core`. */
  readonly prefixLength: number;
  /** The expression in brackets, parsed: an offset in it is one more than in `expression`. */
  readonly syntax: Syntax;
  /** The function's or class's own node in `syntax`. */
  readonly node: Node;
}

interface Form {
  form: FunctionSource['form'];
  isGenerator: boolean;
  prefix: string;
  core: string;
  suffix: string;
  /** The expression in brackets, where it was parsed to find its form. */
  parsed?: Syntax;
}

/**
 * Reads a function's source.
 *
 * @param label - what to call it in refusals.
 * @throws InvalidArgumentError when the source is hidden, cannot be parsed, or cannot stand by itself.
 */
export function readSource(fn: FunctionLike, label: string): FunctionSource {
  if (isProxy(fn)) throw refusal(label, 'it is a Proxy, whose source is hidden. Give the function inside it');
  const text = withImports(Function.prototype.toString.call(fn));
  const name = typeof fn.name === 'string' ? fn.name : '';
  refuseNative(text, name, label);
  if (Buffer.byteLength(text) > sourceBytesMax) {
    throw refusal(label, `its source has more than ${sourceBytesMax} bytes. Pass data as an argument or a capture`);
  }
  const { form, isGenerator, prefix, core, suffix, parsed } = formOf(text, name, label);
  const expression = prefix + core + suffix;
  const syntax = parsed ?? parse(`(${expression})`);
  refuseHtmlComments(syntax, label);
  return {
    name,
    form,
    isGenerator,
    text,
    expression,
    core,
    prefixLength: prefix.length,
    syntax,
    node: ownNode(syntax),
  };
}

/** The same function with another expression of the same length. */
export function readAgain(source: FunctionSource, expression: string): FunctionSource {
  const syntax = parse(`(${expression})`);
  const { prefixLength, core } = source;
  const changed = expression.slice(prefixLength, prefixLength + core.length);
  return { ...source, expression, core: changed, syntax, node: ownNode(syntax) };
}

function refuseNative(text: string, name: string, label: string): void {
  if (!/\{\s*\[native code\]\s*\}\s*$/.test(text)) return;
  if (name.startsWith('bound ')) {
    throw refusal(label, 'bound functions hide their source. Ship the function itself and pass the arguments instead');
  }
  throw refusal(label, 'its source is native code, not JavaScript. Call it inside a function: (...args) => f(...args)');
}

/** In scripts `<!--` begins a comment; here it was read as operators, as in a module, where Node forbids it. */
function refuseHtmlComments({ text, tokens }: Syntax, label: string): void {
  const sign = tokens.find(({ start }, i) => text.startsWith('<!--', start) && tokens[i + 2]?.start === start + 2);
  if (sign === undefined) return;
  const line = lineAt(text, sign.start) + 1;
  throw refusal(label, `it has an HTML comment (line ${line} of its source), which modules cannot have. Write //`);
}

function formOf(text: string, name: string, label: string): Form {
  const asExpression = attempt(() => parse(`(${text})`));
  if ('value' in asExpression) {
    const parsed = asExpression.value;
    const node = ownNode(parsed);
    const whole = { isGenerator: false, prefix: '', core: text, suffix: '', parsed };
    if (node.type === 'ArrowFunctionExpression') return { ...whole, form: 'arrow' };
    if (node.type === 'FunctionExpression') return { ...whole, form: 'function', isGenerator: node.generator === true };
    if (node.type === 'ClassExpression') return { ...whole, form: 'class' };
  }
  for (const [open, close] of [
    ['({', '})'],
    ['(class{', '})'], // a private method
  ]) {
    const asMember = attempt(() => parse(`${open}${text}${close}`));
    if ('value' in asMember) return methodForm(asMember.value, text, open?.length ?? 0, name, label);
  }
  throw unparsable(text, label, 'error' in asExpression ? asExpression.error : undefined);
}

/** A method becomes one of an object of its own; its name is written out, for a computed key means nothing there. */
function methodForm(syntax: Syntax, text: string, offset: number, name: string, label: string): Form {
  const holder = ownNode(syntax);
  const member =
    holder.type === 'ObjectExpression'
      ? holder.properties[0]
      : holder.type === 'ClassExpression'
        ? holder.body.body[0]
        : undefined;
  if (member?.type !== 'Property' && member?.type !== 'MethodDefinition') {
    throw refusal(label, 'its source is of no form that is known');
  }
  if (member.kind === 'get' || member.kind === 'set') {
    throw refusal(label, `it is a ${member.kind}ter, which is not called but read or written. Wrap it in a function`);
  }
  const { value } = member;
  if (value?.type !== 'FunctionExpression') throw refusal(label, 'its source is of no form that is known');
  const key = JSON.stringify(name);
  const isGenerator = value.generator === true;
  return {
    form: 'method',
    isGenerator,
    prefix: `({${value.async === true ? 'async ' : ''}${isGenerator ? '*' : ''}${key}`,
    core: text.slice(rangeOf(value)[0] - offset),
    suffix: `})[${key}]`,
  };
}

/** The function or class in a parsed `(expression)`; for a method the function that is its value. */
function ownNode({ program }: Syntax): Node {
  const [statement] = program.body;
  if (statement?.type !== 'ExpressionStatement') throw new TypeError('Parsed text in brackets is an expression');
  const { expression } = statement;
  if (expression.type !== 'MemberExpression') return expression;
  const method = expression.object.type === 'ObjectExpression' ? expression.object.properties[0] : undefined;
  return method?.type === 'Property' ? method.value : expression;
}

function attempt<T>(make: () => T): { value: T } | { error: unknown } {
  try {
    return { value: make() };
  } catch (error) {
    return { error };
  }
}

/** The refusal of what no parser's calls are deep enough for. */
export function tooDeep(label: string, cause: unknown): Error {
  return refusal(label, 'its source is nested too deeply to be parsed. Move parts of it into functions', cause);
}

function unparsable(text: string, label: string, error: unknown): Error {
  const message = textOf(error).replace(/ \(\d+:\d+\)$/, '');
  if (error instanceof RangeError || message.startsWith('Not enough stack space')) return tooDeep(label, error);
  const at = error instanceof SyntaxError && 'pos' in error && typeof error.pos === 'number' ? error.pos - 1 : 0;
  const line = lineAt(text, at) + 1;
  if (message.includes("'new.target'")) {
    return refusal(label, `it uses \`new.target\` (line ${line} of it), which belongs to the function around it`);
  }
  return refusal(
    label,
    `its source is not a JavaScript module's function by itself: ${message} (line ${line} of it). ` +
      'If that is TypeScript or JSX, run it so that types are stripped; private members of a class need the class',
    error,
  );
}
