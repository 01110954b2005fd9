// The structure of a chain: which states can reach which, and with what period they return.
//
// Sources: strongly connected components after R. Tarjan, Depth-first search and linear graph algorithms, SIAM J.
// Computing 1(2), 1972; the period as the greatest common divisor of level differences after E. Denardo, Periods of
// connected networks and powers of nonnegative matrices, Mathematics of OR 2(1), 1977.

import type { TransitionMatrix } from './matrix.ts';

/** A set of states that all reach each other and leave to no other state. */
export interface ClosedClass {
  /** State numbers from 0, ascending. */
  readonly states: readonly number[];
  /** The chain returns to a state only after multiples of this many steps; 1 for an aperiodic class. */
  readonly period: number;
}

/** The successors of each state, those with a positive probability. */
function successors({ n, values }: TransitionMatrix): number[][] {
  return Array.from({ length: n }, (_, i) => {
    const next: number[] = [];
    for (let j = 0; j < n; j++) if (values[i * n + j]! > 0) next.push(j);
    return next;
  });
}

/** The component of each state. Without recursion, since a path may be as long as there are states. */
function components(next: readonly number[][]): number[] {
  const n = next.length;
  const index = new Int32Array(n).fill(-1);
  const low = new Int32Array(n);
  const component = new Array<number>(n).fill(-1);
  const stack: number[] = [];
  let counted = 0;
  let found = 0;
  for (let root = 0; root < n; root++) {
    if (index[root] !== -1) continue;
    const path: { state: number; edge: number }[] = [{ state: root, edge: 0 }];
    index[root] = low[root] = counted++;
    stack.push(root);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { state } = top;
      const to = next[state]![top.edge++];
      if (to === undefined) {
        path.pop();
        const above = path.at(-1);
        if (above !== undefined) low[above.state] = Math.min(low[above.state]!, low[state]!);
        if (low[state] !== index[state]) continue;
        for (let member = stack.pop(); member !== undefined; member = stack.pop()) {
          component[member] = found;
          if (member === state) break;
        }
        found++;
      } else if (index[to] === -1) {
        index[to] = low[to] = counted++;
        stack.push(to);
        path.push({ state: to, edge: 0 });
      } else if (component[to] === -1) {
        low[state] = Math.min(low[state]!, index[to]!);
      }
    }
  }
  return component;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function periodOf(states: readonly number[], next: readonly number[][]): number {
  const level = new Map<number, number>();
  const first = states[0] ?? 0;
  level.set(first, 0);
  const queue = [first];
  let period = 0;
  for (let at = 0; at < queue.length; at++) {
    const state = queue[at]!;
    for (const to of next[state]!) {
      const known = level.get(to);
      if (known === undefined) {
        level.set(to, level.get(state)! + 1);
        queue.push(to);
      } else {
        period = greatestCommonDivisor(period, Math.abs(level.get(state)! + 1 - known));
      }
    }
  }
  return period;
}

/** The closed classes of a chain; at least one. States in none of them are transient. */
export function closedClasses(matrix: TransitionMatrix): ClosedClass[] {
  const next = successors(matrix);
  const component = components(next);
  const members = new Map<number, number[]>();
  const open = new Set<number>();
  for (let state = 0; state < matrix.n; state++) {
    const c = component[state]!;
    const states = members.get(c);
    if (states === undefined) members.set(c, [state]);
    else states.push(state);
    if (next[state]!.some((to) => component[to] !== c)) open.add(c);
  }
  return [...members]
    .filter(([c]) => !open.has(c))
    .map(([, states]) => ({ states, period: periodOf(states, next) }))
    .sort((a, b) => a.states[0]! - b.states[0]!);
}
