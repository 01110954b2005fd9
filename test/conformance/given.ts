// What the parts of the suite are given: the session that they test, and how to open another one.

import type { Session } from '../../sdk/index.ts';

/** Opens a session with two workers. */
export type Open = () => Promise<Session>;

export interface Given {
  /** The session that all parts share; it is there when tests run. */
  readonly session: Session;
  readonly open: Open;
}

/** 0, 1, 2, … */
export function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
