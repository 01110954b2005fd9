// Pasted text goes into the line as one piece, with its line breaks, and runs when the user says so.
//
// Node's prompt takes lines with breaks only as it made them itself, so its own ways of setting a line are used, found by
// their names. Where they are not found, pasted lines run one by one, as without this.
//
// Owns: the terminal's mode in which it marks what is pasted. Does not own: the line.

import type { REPLServer } from 'node:repl';

const on = '\u001b[?2004h';
const off = '\u001b[?2004l';

interface Key {
  readonly name?: string;
  readonly sequence?: string;
}

/** Lets pasted text into a prompt's line. */
export function pasteInto(repl: REPLServer, terminal: NodeJS.WriteStream): void {
  const write: unknown = Reflect.get(repl, '_ttyWrite');
  const setLine = methodOf(repl, '_setLine');
  if (typeof write !== 'function' || setLine === undefined) return;
  let pasted: string[] | undefined;
  const onKey = (text: string | undefined, key: Key | undefined): void => {
    if (key?.name === 'paste-start') {
      pasted = [];
    } else if (key?.name === 'paste-end') {
      const whole = (pasted ?? []).join('').replace(/\r\n?/g, '\n').replace(/\n+$/, '');
      pasted = undefined;
      insert(repl, setLine, whole);
    } else if (pasted !== undefined) {
      pasted.push(key?.sequence ?? text ?? '');
    } else {
      Reflect.apply(write, repl, [text, key]);
    }
  };
  Reflect.set(repl, '_ttyWrite', onKey);
  terminal.write(on);
  repl.once('close', () => terminal.write(off));
}

function insert(repl: REPLServer, setLine: (line: string) => void, text: string): void {
  const { line, cursor } = repl;
  // A first line that was entered by itself would stand in the history, from where the whole line takes its place.
  if (text.includes('\n') && !line.includes('\n')) historyOf(repl).unshift(text);
  setLine(line.slice(0, cursor) + text + line.slice(cursor));
  Reflect.set(repl, 'cursor', cursor + text.length);
  repl.prompt(true);
}

function historyOf(repl: REPLServer): unknown[] {
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
