// Who may import whom.

import { posix } from 'node:path';
import ts from 'typescript';
import { roomOf, type SourceFile } from './source-tree.ts';
import { importsOf, placeOf, syntaxOf, walk } from './syntax.ts';

/** The doors by which a room may enter others. Tests may enter everywhere. */
const doors: Readonly<Record<string, readonly string[]>> = {
  sdk: [],
  daemon: ['sdk/internal.ts'],
  repl: ['sdk/index.ts', 'daemon/index.ts'],
  notebooks: [],
};

/** Imports that enter another room by no door of theirs. */
export function roomViolations(files: readonly SourceFile[]): string[] {
  const violations: string[] = [];
  for (const file of files) {
    const room = roomOf(file.path);
    const allowed = room === undefined ? undefined : doors[room];
    if (room === undefined || allowed === undefined) continue;
    for (const { target, place, specifier } of importsOf(file)) {
      if (target === undefined || target.startsWith(`${room}/`) || allowed.includes(target)) continue;
      const ways = allowed.length === 0 ? 'no other room' : `only ${allowed.join(' and ')} from outside`;
      violations.push(`${place} imports ${specifier}: ${room} may import ${ways}`);
    }
  }
  return violations;
}

/** Where each package may be imported, tests apart. */
const homes: Readonly<Record<string, readonly string[]>> = {
  '@inquirer/prompts': ['repl/'],
  acorn: ['sdk/function-shipping/', 'repl/session/'],
  asciichart: ['sdk/experiments/'],
  commander: ['repl/'],
  esbuild: ['sdk/function-shipping/'],
  'eslint-scope': ['sdk/function-shipping/'],
  estree: ['sdk/function-shipping/'],
  gridbook: ['notebooks/'],
  koffi: ['sdk/workloads/'],
  msgpackr: ['sdk/protocol/'],
  pino: ['daemon/'],
  selfsigned: ['daemon/'],
  'simple-statistics': ['sdk/experiments/', 'sdk/workloads/'],
  'string-width': ['sdk/experiments/report/'],
  vega: ['sdk/experiments/'],
  'vega-lite': ['sdk/experiments/'],
  wabt: ['sdk/workloads/'],
  ws: ['sdk/protocol/', 'sdk/cluster/', 'sdk/worker/', 'daemon/'],
  zod: ['sdk/', 'daemon/', 'repl/', 'notebooks/'],
};

/** What package.json says about packages. */
export interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** Packages that are imported where they do not belong, or that package.json does not have for that use. */
export function packageViolations(files: readonly SourceFile[], manifest: Manifest): string[] {
  const installed = new Set([
    'gridbook',
    ...Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }),
  ]);
  const forTests = new Set([...installed, ...Object.keys(manifest.devDependencies ?? {})]);
  const violations: string[] = [];
  for (const file of files) {
    const inTest = file.path.startsWith('test/');
    for (const { packageName, place, typeOnly } of importsOf(file)) {
      if (packageName === undefined) continue;
      if (!inTest && !homes[packageName]?.some((home) => file.path.startsWith(home))) {
        const where = homes[packageName]?.join(' and ') ?? 'tests';
        violations.push(`${place} imports the package ${packageName}, which only ${where} may`);
      }
      const there = typeOnly || inTest ? forTests : installed;
      if (!there.has(packageName) && !(typeOnly && there.has(`@types/${packageName}`))) {
        violations.push(
          `${place} imports the package ${packageName}, which package.json has not among what is needed to run`,
        );
      }
    }
  }
  return violations;
}

/** State machines that know no network, timer or clock. */
export const pureRoots = ['sdk/dispatcher.ts', 'daemon/head/lease-scheduler.ts'];

const impure = new Set([
  'AbortSignal',
  'Date',
  'Promise',
  'Worker',
  'clearImmediate',
  'clearInterval',
  'clearTimeout',
  'console',
  'crypto',
  'fetch',
  'globalThis',
  'performance',
  'process',
  'queueMicrotask',
  'require',
  'setImmediate',
  'setInterval',
  'setTimeout',
]);

/** What makes a pure file, or a file that it imports, impure. */
export function purityViolations(files: readonly SourceFile[], roots: readonly string[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const violations: string[] = [];
  const seen = new Set<string>();
  const look = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    const file = byPath.get(path);
    if (file === undefined) {
      violations.push(`${path} must be pure, and is not there`);
      return;
    }
    for (const { place, specifier, target, typeOnly } of importsOf(file)) {
      if (typeOnly) continue;
      if (target !== undefined && posix.dirname(target) === posix.dirname(path)) look(target);
      else violations.push(`${place} imports ${specifier}: a pure file imports types and pure siblings only`);
    }
    violations.push(...impureUses(file));
  };
  roots.forEach(look);
  return violations;
}

function impureUses(file: SourceFile): string[] {
  const violations: string[] = [];
  walk(syntaxOf(file), (node) => {
    if (ts.isAwaitExpression(node)) violations.push(`${placeOf(file, node)} waits: a pure file does nothing later`);
    if (!ts.isIdentifier(node)) return;
    if (isMemberName(node)) {
      const isRandom = node.text === 'random' && node.parent.getText().startsWith('Math.');
      if (isRandom) violations.push(`${placeOf(file, node)} uses Math.random: a pure file gives the same for the same`);
    } else if (impure.has(node.text)) {
      violations.push(`${placeOf(file, node)} uses ${node.text}: a pure file has no I/O, timers or clock`);
    }
  });
  return violations;
}

/** Whether an identifier is the name of a member, or inside a type, and so means no global. */
function isMemberName(node: ts.Identifier): boolean {
  const { parent } = node;
  return (
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    (ts.isPropertyAssignment(parent) && parent.name === node) ||
    ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isTypeReferenceNode(parent)
  );
}

/** Circles of files that load each other. Imports of types alone do not count, since they load nothing. */
export function cycleViolations(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const state = new Map<string, 'open' | 'done'>();
  const violations: string[] = [];
  const path: string[] = [];
  const visit = (at: string): void => {
    const file = byPath.get(at);
    if (file === undefined || state.get(at) === 'done') return;
    if (state.get(at) === 'open') {
      violations.push([...path.slice(path.indexOf(at)), at].join(' → '));
      return;
    }
    state.set(at, 'open');
    path.push(at);
    for (const { target, typeOnly } of importsOf(file)) if (target !== undefined && !typeOnly) visit(target);
    path.pop();
    state.set(at, 'done');
  };
  for (const file of files) visit(file.path);
  return violations;
}
