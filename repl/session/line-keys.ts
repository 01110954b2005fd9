// Node's line editor by names that it does not publish: its keys, its way of setting a line of several lines, its history.
// Where a Node has them no longer, what builds on them is left out.

import type { REPLServer } from 'node:repl';

/** A key as the terminal sent it. */
export interface Key {
  readonly name?: string;
  readonly sequence?: string;
  readonly ctrl?: boolean;
  readonly meta?: boolean;
}

/** Takes a key before the line does; `next` gives it to the line. */
export type OnKey = (text: string | undefined, key: Key | undefined, next: () => void) => void;

/** The line of a prompt, to be set with line breaks. */
export interface OpenLine {
  readonly repl: REPLServer;
  /** Sets the line, and the cursor in it, and shows both. */
  set(text: string, cursor: number): void;
}

/** Opens the line of a prompt; undefined where Node has no such ways. */
export function openLine(repl: REPLServer): OpenLine | undefined {
  const setLine = methodOf(repl, '_setLine');
  if (setLine === undefined || typeof Reflect.get(repl, '_ttyWrite') !== 'function') return undefined;
  return {
    repl,
    set(text, cursor) {
      setLine(text);
      Reflect.set(repl, 'cursor', cursor);
      repl.prompt(true);
    },
  };
}

/** Has all keys go by a function first. */
export function takeKeys({ repl }: OpenLine, onKey: OnKey): void {
  const write: unknown = Reflect.get(repl, '_ttyWrite');
  if (typeof write !== 'function') return;
  Reflect.set(repl, '_ttyWrite', (text: string | undefined, key: Key | undefined) =>
    onKey(text, key, () => Reflect.apply(write, repl, [text, key])),
  );
}

/** What was entered, the latest first; the lines of an entry are in reverse, with `\r` between them. */
export function historyOf({ repl }: OpenLine): unknown[] {
  const history: unknown = Reflect.get(repl, 'history');
  return Array.isArray(history) ? history : [];
}

/** A method that has a symbol for its name, by the symbol's description. */
function methodOf(repl: REPLServer, name: string): ((line: string) => void) | undefined {
  for (
    let holder: unknown = repl;
    typeof holder === 'object' && holder !== null;
    holder = Object.getPrototypeOf(holder)
  ) {
    const symbol = Object.getOwnPropertySymbols(holder).find(({ description }) => description === name);
    const method: unknown = symbol && Reflect.get(holder, symbol);
    if (typeof method === 'function') return (line) => Reflect.apply(method, repl, [line]);
  }
  return undefined;
}
