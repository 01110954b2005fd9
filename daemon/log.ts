// The log of a daemon: a JSON line a record, in a file that is limited in size.
//
// Owns: the file, its older pieces, and what is in a line. Does not own: who logs what.
//
// Invariants:
//   L1. The log takes at most `fileBytesMax` times `filesMax` on disk.
//   L2. A line that cannot be written is dropped and counted; it never ends the daemon. Once there is room again the log
//       says how many are missing.
//   L3. No line holds the token, whoever wrote it.
//   L4. A file gives way only to one that is open: whatever the system refuses, nothing that was kept is lost.

import { closeSync, fstatSync, ftruncateSync, openSync, renameSync, writeSync } from 'node:fs';
import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** The limits of a log. */
export interface LogLimits {
  readonly fileBytesMax: number;
  /** The one that is written to, and older ones with a number after their name. */
  readonly filesMax: number;
}

const limitsDefault: LogLimits = { fileBytesMax: 8 * 2 ** 20, filesMax: 4 };

/** A file that lines are added to, and that gives way to a new one when it is full. */
export class RotatingFile {
  readonly #path: string;
  readonly #limits: LogLimits;
  /** Undefined once it is closed: the number may be another file's then. */
  #descriptor: number | undefined;
  #sizeBytes: number;
  #dropped = 0;

  constructor(path: string, limits: LogLimits = limitsDefault) {
    this.#path = path;
    this.#limits = limits;
    const descriptor = openSync(path, 'a', 0o600);
    this.#descriptor = descriptor;
    this.#sizeBytes = fstatSync(descriptor).size;
  }

  write(line: string): void {
    if (this.#descriptor === undefined) return;
    try {
      if (this.#sizeBytes + Buffer.byteLength(line) > this.#limits.fileBytesMax) this.#rotate(this.#descriptor);
      if (this.#dropped > 0) {
        const time = new Date().toISOString();
        this.#append(
          this.#descriptor,
          `${JSON.stringify({ level: 'error', time, dropped: this.#dropped, msg: 'the log was cut here' })}\n`,
        );
        this.#dropped = 0;
      }
      this.#append(this.#descriptor, line);
    } catch {
      this.#dropped++; // L2
    }
  }

  #append(descriptor: number, line: string): void {
    const bytes = Buffer.from(line);
    let done = 0;
    try {
      while (done < bytes.length) done += writeSync(descriptor, bytes, done);
    } catch (error) {
      // A full disk takes a part of a line; half a record is worse than none.
      if (done > 0) ftruncateSync(descriptor, this.#sizeBytes);
      throw error;
    }
    this.#sizeBytes += done;
  }

  /** L1 */
  #rotate(full: number): void {
    const nextPath = `${this.#path}.next`;
    const next = openSync(nextPath, 'w', 0o600); // L4
    try {
      for (let age = this.#limits.filesMax - 1; age > 0; age--) {
        renameIfThere(age === 1 ? this.#path : `${this.#path}.${age - 1}`, `${this.#path}.${age}`);
      }
      renameSync(nextPath, this.#path);
    } catch (error) {
      closeSync(next);
      throw error;
    }
    closeSync(full);
    this.#descriptor = next;
    this.#sizeBytes = 0;
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}

export interface LogOptions {
  readonly level: string;
  /** What no line may hold (L3). */
  readonly secret: string;
  /** Whether lines go to standard error, too. */
  readonly echo: boolean;
}

/** A logger into a file. */
export function openLog(file: RotatingFile, { level, secret, echo }: LogOptions): Logger {
  return pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    {
      write(line: string) {
        const shown = line.includes(secret) ? line.replaceAll(secret, '[token]') : line;
        file.write(shown);
        if (echo) process.stderr.write(shown);
      },
    },
  );
}
