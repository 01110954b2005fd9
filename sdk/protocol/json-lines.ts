// Messages between a worker process and its daemon: a line of JSON each, over a pipe.
//
// Node's own channel to a child is not used: users' functions run in the process and can write into any of its
// descriptors, and what is no message of that channel ends the process at its other end.
//
// Callers: worker-process-main.ts, and the daemon for each of its worker processes.
//
// Invariants:
//   X1. At most one line of `lineLengthMax` characters is kept, however it comes.
//   X2. A line that is longer, or no JSON, is told once, and nothing after it is read.

import type { Readable, Writable } from 'node:stream';

/** The longest line, in characters. */
export const lineLengthMax = 64 * 1024;

export interface JsonLinesOptions {
  onValue(value: unknown): void;
  /** Told what came that cannot be read (X2). */
  onUnreadable(what: string): void;
}

/** Reads values from a stream of text, as long as they can be read. */
export function readJsonLines(stream: Readable, { onValue, onUnreadable }: JsonLinesOptions): void {
  let partial = '';
  let isUnreadable = false;
  const refuse = (what: string): void => {
    isUnreadable = true;
    partial = '';
    onUnreadable(what);
  };
  const onLine = (line: string): void => {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      refuse('a line that is no JSON');
      return;
    }
    onValue(value);
  };
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    let start = 0;
    while (!isUnreadable) {
      const end = text.indexOf('\n', start);
      partial += text.slice(start, end < 0 ? undefined : end);
      if (partial.length > lineLengthMax) return refuse(`a line of over ${lineLengthMax} characters`); // X1
      if (end < 0) return;
      const line = partial;
      partial = '';
      start = end + 1;
      onLine(line);
    }
  });
}

/** Writes a value as a line. */
export function writeJsonLine(stream: Writable, value: unknown, done?: () => void): void {
  stream.write(`${JSON.stringify(value)}\n`, done);
}
