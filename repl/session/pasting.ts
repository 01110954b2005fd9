// Pasted text goes into the line as one piece, with its line breaks, and runs when the user says so.
//
// Owns: the terminal's mode in which it marks what is pasted. Does not own: the line.

import { historyOf, type OpenLine, takeKeys } from './line-keys.ts';

const on = '\u001b[?2004h';
const off = '\u001b[?2004l';

/** Lets pasted text into a prompt's line. */
export function pasteInto(line: OpenLine, terminal: NodeJS.WriteStream): void {
  let pasted: string[] | undefined;
  takeKeys(line, (text, key, next) => {
    if (key?.name === 'paste-start') {
      pasted = [];
    } else if (key?.name === 'paste-end') {
      const whole = (pasted ?? []).join('').replace(/\r\n?/g, '\n').replace(/\n+$/, '');
      pasted = undefined;
      insert(line, whole);
    } else if (pasted !== undefined) {
      pasted.push(key?.sequence ?? text ?? '');
    } else {
      next();
    }
  });
  const begin = (): void => void terminal.write(on);
  const end = (): void => {
    process.off('SIGCONT', begin);
    process.off('exit', end);
    terminal.write(off);
  };
  // Who had the terminal meanwhile, such as a shell, ended it.
  process.on('SIGCONT', begin);
  // A cell may end the process, and then nothing is closed.
  process.on('exit', end);
  line.repl.once('close', end);
  begin();
}

function insert(into: OpenLine, text: string): void {
  const { line, cursor } = into.repl;
  // A first line that was entered by itself would stand in the history, from where the whole line takes its place.
  if (text.includes('\n') && !line.includes('\n')) historyOf(into).unshift(text);
  into.set(line.slice(0, cursor) + text + line.slice(cursor), cursor + text.length);
}
