// Ctrl-R: what is typed is looked for in the history, the latest first; the line shows what is found.
//
// Node's own search knows entries of one line only: those of more it shows, and enters, with their lines in reverse.
//
// Owns: the prompt while it searches. Does not own: the history, the line.
//
// Invariants:
//   H1. A prompt that is set meanwhile, as when a cell is over, is there when the search is.

import { Interface } from 'node:readline';
import { historyOf, type OpenLine, takeKeys } from './line-keys.ts';

/** Lets a prompt's history be searched. */
export function searchHistory(line: OpenLine): void {
  let search: HistorySearch | undefined;
  takeKeys(line, (text, key, next) => {
    const { name = '', ctrl = false, meta = false } = key ?? {};
    if (search === undefined) {
      if (ctrl && name === 'r' && Reflect.get(line.repl, 'editorMode') !== true) search = new HistorySearch(line);
      else next();
    } else if (ctrl && (name === 'r' || name === 's')) {
      search.again(name === 'r' ? 1 : -1);
    } else if (name === 'backspace' || (ctrl && name === 'h')) {
      search.shorten();
    } else if (!ctrl && !meta && name !== 'escape' && text !== undefined && /^[^\p{Cc}]+$/u.test(text)) {
      search.lengthen(text);
    } else {
      const isGivenUp = name === 'escape' || (ctrl && (name === 'c' || name === 'g'));
      search.end(isGivenUp);
      search = undefined;
      if (!isGivenUp) next();
    }
  });
}

class HistorySearch {
  readonly #line: OpenLine;
  readonly #before: { readonly text: string; readonly cursor: number; readonly index: number };
  /** H1 */
  #prompt: string;
  #wanted = '';
  /** The entry that is shown, by its place in the history; -1 for none. */
  #found = -1;
  #isMissed = false;

  constructor(line: OpenLine) {
    const { repl } = line;
    this.#line = line;
    this.#before = { text: repl.line, cursor: repl.cursor, index: Number(Reflect.get(repl, 'historyIndex')) };
    this.#prompt = repl.getPrompt();
    const setPrompt = repl.setPrompt.bind(repl);
    const setBelow = (prompt: string): void => {
      const shown = repl.getPrompt();
      setPrompt(prompt);
      this.#prompt = prompt;
      this.#setShown(shown);
    };
    Reflect.set(repl, 'setPrompt', setBelow); // H1
    this.#show(repl.line, repl.cursor);
  }

  lengthen(text: string): void {
    this.#wanted += text;
    this.#find(Math.max(0, this.#found), 1);
  }

  shorten(): void {
    this.#wanted = this.#wanted.slice(0, -1);
    this.#find(0, 1);
  }

  /** The next that is older, or newer, and is not the same again. */
  again(step: 1 | -1): void {
    this.#find(this.#found + step, step, this.#line.repl.line);
  }

  /** @param isGivenUp - whether the line becomes what it was. */
  end(isGivenUp: boolean): void {
    const { repl } = this.#line;
    Reflect.deleteProperty(repl, 'setPrompt');
    this.#setShown(this.#prompt);
    const { text, cursor, index } = this.#before;
    // As the arrow keys leave it, so that what is entered then is added to the history.
    Reflect.set(repl, 'historyIndex', isGivenUp || this.#found < 0 ? index : this.#found);
    if (isGivenUp) this.#line.set(text, cursor);
    else this.#line.set(repl.line, repl.cursor);
  }

  #find(from: number, step: 1 | -1, shown?: string): void {
    const entries = historyOf(this.#line);
    // As long as nothing is in capitals, these do not count.
    const isLower = this.#wanted === this.#wanted.toLowerCase();
    for (let i = from; this.#wanted !== '' && i >= 0 && i < entries.length; i += step) {
      const text = String(entries[i]).split('\r').reverse().join('\n');
      const at = (isLower ? text.toLowerCase() : text).lastIndexOf(this.#wanted);
      if (at < 0 || text === shown) continue;
      this.#found = i;
      this.#isMissed = false;
      this.#show(text, at);
      return;
    }
    this.#isMissed = this.#wanted !== '';
    this.#show(this.#line.repl.line, this.#line.repl.cursor);
  }

  #show(text: string, cursor: number): void {
    this.#setShown(`${this.#isMissed ? 'nothing more with' : 'search'} '${this.#wanted}': `);
    this.#line.set(text, cursor);
  }

  /** The prompt that is on the screen; Node's prompt keeps its own beside it. */
  #setShown(prompt: string): void {
    Reflect.apply(Interface.prototype.setPrompt, this.#line.repl, [prompt]);
  }
}
