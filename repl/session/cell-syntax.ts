// From the text of a cell to what is run: types off, imports out, names of the top level made names of the session.
//
// Owns: reading and rewriting text. Does not own: running it (cell-runner.ts), values (cell-names.ts).
//
// Invariants:
//   S1. Lines stay lines: what is run has the line breaks of what was typed, so that stacks name the lines typed. Only a
//       cell with enums or the like, which need a transformation, does not keep them.
//   S2. A function declared at the top level is there before the rest of its cell runs, as in a script.
//   S3. Functions keep their text character by character: what ships them parses it.

import {
  type Node as AcornNode,
  type AnyNode,
  type ModuleDeclaration,
  type Program,
  parse,
  type Statement,
} from 'acorn';
import { childrenOf, isFunctionLike, isNode, nameOf, namesIn } from './cell-nodes.ts';
import { type Stripped, strip } from './cell-types.ts';

/** What a cell imports. */
export interface CellImport {
  readonly specifier: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** `exportName` is `default`, or `*` for the whole module. */
  readonly names: readonly { readonly local: string; readonly exportName: string }[];
}

/** A cell that can be run. */
export interface CellCode {
  readonly state: 'complete';
  /** What was typed, without types: where functions of the cell are looked for. */
  readonly plain: string;
  readonly imports: readonly CellImport[];
  /** Names that it declares, imports among them. */
  readonly declared: readonly string[];
  /** Names that it assigns without declaring them. */
  readonly assigned: readonly string[];
  /** Makes the functions of its top level; empty when there are none (S2). */
  readonly functions: string;
  /** The rest: an expression that gives `{ value }`, a promise of it where the cell awaits, or undefined for no value. */
  readonly body: string;
  readonly awaits: boolean;
  /** How many characters precede the text in the first line of `functions` and of `body`. */
  readonly headLength: number;
  readonly functionsHeadLength: number;
}

/** What reading a cell comes to. */
export type CellReading =
  | CellCode
  /** More lines may complete it. */
  | { readonly state: 'incomplete'; readonly error: Error }
  | { readonly state: 'wrong'; readonly error: Error };

/** Reads a cell. */
export function readCell(text: string): CellReading {
  // The line for the shell that a script may begin with is a comment inside of a function.
  const stripped = withoutTypes(text.replace(/^#!/, '//'));
  if ('error' in stripped) return stripped;
  try {
    const plain = withOwnMeta(stripped.plain);
    return new Rewriting(plain, parseCell(plain)).rewrite();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    if (isAtEnd(error, stripped.plain)) return { state: 'incomplete', error };
    return { state: 'wrong', error: drawn(error, stripped.plain) };
  }
}

/** The name under which cells find what `import.meta` gives in a module; as long, so that places stay. */
export const metaName = 'import$meta';

/** The name under which cells find what keeps a resource declared by `using`: as their other names it outlives its cell. */
export const keepName = 'using$cell';

function withOwnMeta(plain: string): string {
  if (!plain.includes('import.meta')) return plain;
  const places: number[] = [];
  const find = (node: AcornNode): void => {
    if (isNode(node, 'MetaProperty') && node.meta.name === 'import') places.push(node.start);
    for (const child of childrenOf(node)) find(child);
  };
  find(parseCell(plain));
  return places.reduce((text, at) => text.slice(0, at) + metaName + text.slice(at + metaName.length), plain);
}

/** Parses what has no types any more. @throws SyntaxError */
export function parseCell(plain: string): Program {
  return parse(plain, {
    ecmaVersion: 'latest',
    sourceType: 'module',
    allowAwaitOutsideFunction: true,
    allowHashBang: true,
    checkPrivateFields: true,
  });
}

/** A parser's error with its line and place drawn, as the compiler draws its own. */
function drawn(error: SyntaxError, text: string): SyntaxError {
  const at = 'pos' in error && typeof error.pos === 'number' ? error.pos : 0;
  const before = text.slice(0, at).split('\n').at(-1) ?? '';
  const line = `${before}${text.slice(at).split('\n')[0]}`;
  const message =
    text[at] === '@'
      ? 'Node knows no decorators yet: call them as functions'
      : error.message.replace(/ \(\d+:\d+\)$/, '');
  const shown = new SyntaxError(message);
  shown.stack = `SyntaxError: ${message}\n    ${line}\n    ${' '.repeat(before.length)}^`;
  return shown;
}

function isAtEnd(error: SyntaxError, text: string): boolean {
  return 'pos' in error && typeof error.pos === 'number' && error.pos >= text.trimEnd().length;
}

/** A braced text that could be an object is one, as at any other prompt. */
function withoutTypes(text: string): Stripped {
  if (/^\s*\{/.test(text) && !/;\s*$/.test(text)) {
    const object = strip(`(${text.trim()}\n)`);
    if ('plain' in object && isExpression(object.plain)) return object;
  }
  return strip(text);
}

function isExpression(plain: string): boolean {
  try {
    return parseCell(plain).body[0]?.type === 'ExpressionStatement';
  } catch {
    return false;
  }
}

const strictHead = "'use strict';";

type TopLevel = Statement | ModuleDeclaration;

/** Replaces parts of a text, by their places in it. */
class Rewriting {
  readonly #text: string;
  readonly #program: Program;
  readonly #edits: { start: number; end: number; text: string }[] = [];
  readonly #declared = new Set<string>();
  readonly #assigned = new Set<string>();
  readonly #functions: { start: number; end: number; name: string }[] = [];
  readonly #imports: CellImport[] = [];

  constructor(text: string, program: Program) {
    this.#text = text;
    this.#program = program;
  }

  rewrite(): CellCode {
    const { body } = this.#program;
    const awaits = body.some((statement) => hasAwait(statement));
    const last = body.findLastIndex((statement) => !isNothing(statement));
    for (const [i, statement] of body.entries()) this.#topLevel(statement, i === last);
    const head = `(${awaits ? 'async' : ''}()=>{'use strict';`;
    return {
      state: 'complete',
      plain: this.#text,
      imports: this.#imports,
      declared: [...this.#declared],
      assigned: [...this.#assigned].filter((name) => !this.#declared.has(name)),
      functions: this.#functionsAlone(),
      body: `${head}${this.#edited()}\n})()`,
      awaits,
      headLength: head.length,
      functionsHeadLength: strictHead.length,
    };
  }

  #topLevel(statement: TopLevel, gives: boolean): void {
    switch (statement.type) {
      case 'ImportDeclaration':
        this.#addImport(statement);
        break;
      case 'ExportNamedDeclaration':
        this.#blank(statement.start, statement.declaration?.start ?? statement.end);
        if (statement.declaration) this.#topLevel(statement.declaration, gives);
        break;
      case 'ExportDefaultDeclaration': {
        const { declaration, start } = statement;
        const keywords = /^export\s+default\b/.exec(this.#text.slice(start))?.[0].length ?? 0;
        this.#blank(start, start + keywords);
        if (declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration') {
          if (declaration.id) this.#topLevel(declaration, gives);
          else this.#around(declaration, 'void (', ')');
        } else if (gives) {
          this.#giveValue(start + keywords, statement.end);
        }
        break;
      }
      case 'ExportAllDeclaration':
        this.#blank(statement.start, statement.end);
        break;
      case 'FunctionDeclaration': {
        const { start, end, id } = statement;
        this.#declared.add(id.name);
        this.#functions.push({ start, end, name: id.name });
        this.#blank(start, end);
        break;
      }
      case 'ClassDeclaration': {
        const { name } = statement.id;
        this.#declared.add(name);
        this.#around(statement, `void (${name}=`, ');');
        break;
      }
      case 'ExpressionStatement':
        this.#noteAssignments(statement.expression);
        if (gives) this.#giveValue(statement.start, statement.end);
        break;
      default:
        this.#statement(statement);
    }
  }

  #addImport(statement: Extract<TopLevel, { type: 'ImportDeclaration' }>): void {
    const names = statement.specifiers.map((specifier) => ({
      local: specifier.local.name,
      exportName:
        specifier.type === 'ImportNamespaceSpecifier'
          ? '*'
          : specifier.type === 'ImportDefaultSpecifier'
            ? 'default'
            : nameOf(specifier.imported),
    }));
    for (const { local } of names) this.#declared.add(local);
    const attributes = Object.fromEntries(
      (statement.attributes ?? []).map(({ key, value }) => [nameOf(key), String(value.value)]),
    );
    this.#imports.push({ specifier: String(statement.source.value), attributes, names });
    this.#blank(statement.start, statement.end);
  }

  /** Declarations by `var` in blocks belong to the top level, too. */
  #statement(statement: AcornNode): void {
    if (isNode(statement, 'VariableDeclaration')) {
      this.#variables(statement, false);
      return;
    }
    for (const child of childrenOf(statement)) {
      if (isFunctionLike(child)) continue;
      if (isNode(child, 'VariableDeclaration')) {
        if (child.kind === 'var') this.#variables(child, isLoopHead(statement, child));
      } else {
        this.#statement(child);
      }
    }
  }

  #variables(declaration: VariableDeclaration, inLoopHead: boolean): void {
    const { declarations, kind, start, end } = declaration;
    for (const { id } of declarations) for (const name of namesIn(id)) this.#declared.add(name);
    const [first] = declarations;
    if (first === undefined) return;
    const open = inLoopHead ? '' : 'void (';
    this.#edits.push({ start, end: first.start, text: open });
    for (const { id, init, end: endOfOne } of declarations) {
      // `var x;` leaves what x is.
      if (!init && !inLoopHead && kind !== 'var')
        this.#edits.push({ start: endOfOne, end: endOfOne, text: '=undefined' });
      if (/using$/.test(kind) && init && !inLoopHead) this.#around(init, `${keepName}(`, ')');
      if (id.type === 'ObjectPattern' && inLoopHead && init) this.#around({ start: id.start, end: endOfOne }, '(', ')');
    }
    if (inLoopHead) return;
    const last = declarations.at(-1)?.end ?? end;
    this.#edits.push({ start: last, end: last, text: ')' });
    if (this.#text[end - 1] !== ';') this.#edits.push({ start: last, end: last, text: ';' });
  }

  #noteAssignments(expression: AcornNode): void {
    if (isNode(expression, 'AssignmentExpression')) {
      if (expression.operator === '=') for (const name of namesIn(expression.left)) this.#assigned.add(name);
      this.#noteAssignments(expression.right);
    } else if (isNode(expression, 'SequenceExpression')) {
      for (const one of expression.expressions) this.#noteAssignments(one);
    }
  }

  /** The value of the last expression is the cell's. */
  #giveValue(start: number, end: number): void {
    const last = this.#text[end - 1] === ';' ? end - 1 : end;
    this.#around({ start, end: last }, 'return {value:(', ')}');
  }

  #around({ start, end }: { start: number; end: number }, before: string, after: string): void {
    this.#edits.push({ start, end: start, text: before }, { start: end, end, text: after });
  }

  #blank(start: number, end: number): void {
    this.#edits.push({ start, end, text: blank(this.#text.slice(start, end)) });
  }

  #edited(): string {
    const edits = this.#edits.map((edit, order) => ({ ...edit, order }));
    edits.sort((a, b) => a.start - b.start || a.order - b.order);
    let text = '';
    let at = 0;
    for (const { start, end, text: replacement } of edits) {
      text += this.#text.slice(at, start) + replacement;
      at = Math.max(at, end);
    }
    return text + this.#text.slice(at);
  }

  /** S2, S3 */
  #functionsAlone(): string {
    if (this.#functions.length === 0) return '';
    let text = strictHead;
    let at = 0;
    for (const { start, end, name } of this.#functions) {
      text += `${blank(this.#text.slice(at, start))};void (${name}=${this.#text.slice(start, end)});`;
      at = end;
    }
    return text;
  }
}

/** Spaces and the same line breaks (S1). */
function blank(text: string): string {
  return text.replace(/[^\n\r\u2028\u2029]/g, ' ');
}

type VariableDeclaration = Extract<AnyNode, { type: 'VariableDeclaration' }>;

/** Whether a statement does nothing, as those that compilers append. */
function isNothing(statement: AcornNode): boolean {
  if (isNode(statement, 'VariableDeclaration')) {
    return statement.kind === 'var' && statement.declarations.every(({ init }) => !init);
  }
  return statement.type === 'EmptyStatement';
}

function isLoopHead(parent: AcornNode, child: AcornNode): boolean {
  if (isNode(parent, 'ForStatement')) return parent.init === child;
  return (isNode(parent, 'ForInStatement') || isNode(parent, 'ForOfStatement')) && parent.left === child;
}

function hasAwait(node: AcornNode): boolean {
  if (node.type === 'AwaitExpression') return true;
  if (isNode(node, 'ForOfStatement') && node.await) return true;
  if (isNode(node, 'VariableDeclaration') && node.kind === 'await using') return true;
  // What a class extends, and its computed names, are evaluated where it stands.
  if (isFunctionLike(node)) return /^Class/.test(node.type) && childrenOf(node).some(hasAwait);
  return childrenOf(node).some(hasAwait);
}
