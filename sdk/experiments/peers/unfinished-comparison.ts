// The runs of a comparison that has not ended, in a file, so that the same comparison goes on with them.
//
// Owns: that file. Does not own: which runs are made next (peer-rounds.ts). Callers: compare-with.ts.
//
// Invariants:
//   U1. A run is in the file before the next one begins. A line that a kill cut off is no run.
//   U2. One process adds to a file: while its maker lives, the same comparison elsewhere is not kept.
//   U3. The file is gone when all runs were made, or none.
//   U4. Runs stand side by side only where all is alike that they depend on.
//   U5. A disk that takes no more costs no run: from then on nothing is kept, which is warned of.

import { createHash } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { homeDirectory } from '../../home-directory.ts';
import { textOf } from '../../text-of.ts';
import { thisMachine } from '../experiment.ts';
import type { CheckedComparison } from './compare-parameters.ts';
import { type Peer, type PeerName, peerSummaries } from './peer.ts';
import type { PeerRun } from './peer-comparison.ts';

/** So many unfinished ones are kept: the oldest go when another begins. */
const filesMax = 20;

const header = z.object({ definition: z.string(), startedAt: z.iso.datetime(), pid: z.int().positive() });
const run = z.object({
  peer: z.custom<PeerName>((name) => typeof name === 'string' && Object.hasOwn(peerSummaries, name)),
  matrixSize: z.int().positive(),
  totalCount: z.int().positive(),
  pcNum: z.int().positive().nullable(),
  repeat: z.int().positive(),
  workers: z.int().positive(),
  kernel: z.string(),
  startedAt: z.string(),
  durationMs: z.number().nonnegative(),
  throughputPerSecond: z.number().nonnegative(),
});

/** What is measured, and how. */
export interface KeptComparison {
  readonly checked: CheckedComparison;
  readonly peers: readonly Peer[];
  readonly repeats: number;
  readonly pointBudgetMs: number;
}

/** U4 */
function definitionOf({ checked, peers, repeats, pointBudgetMs }: KeptComparison): string {
  const { matrices, totalCounts, pcNums, kernel } = checked;
  const { memoryBytes: _, ...machine } = thisMachine(); // some machines' grows and shrinks
  return JSON.stringify({
    machine,
    peers: peers.map(({ name, madeOf, workers }) => ({ name, madeOf, workers })),
    matrices: matrices.map(({ values }) => createHash('sha256').update(values).digest('hex')),
    ...{ totalCounts, pcNums, kernel, repeats, pointBudgetMs },
  });
}

export class UnfinishedComparison {
  readonly #path: string;
  #isKept = true;
  #count: number;
  /** When its first part began, as ISO 8601. */
  readonly startedAt: string;
  /** What was measured before, in the order in which it was. */
  readonly runs: readonly PeerRun[];

  private constructor(path: string, startedAt: string, runs: readonly PeerRun[]) {
    this.#path = path;
    this.startedAt = startedAt;
    this.runs = runs;
    this.#count = runs.length;
  }

  /**
   * Begins to keep a comparison in the home directory, which is there, with what is there of it.
   *
   * @param comparison - what is measured, and how.
   * @param isResumed - whether runs that are there count.
   * @returns undefined while another process makes the same.
   * @throws Error when the home directory does not take it.
   */
  static open(comparison: KeptComparison, isResumed: boolean): UnfinishedComparison | undefined {
    const text = definitionOf(comparison);
    const folder = join(homeDirectory(), 'comparisons');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const name = `${createHash('sha256').update(text).digest('hex').slice(0, 16)}.jsonl`;
    const path = join(folder, name);
    const found = read(path, text);
    if (found !== undefined && found.pid !== process.pid && isAlive(found.pid)) return undefined; // U2
    const { startedAt, runs } =
      found !== undefined && isResumed ? found : { startedAt: new Date().toISOString(), runs: [] };
    removeOldest(folder, name);
    const lines = [{ definition: text, startedAt, pid: process.pid }, ...runs].map((line) => JSON.stringify(line));
    writeFileSync(`${path}.new`, `${lines.join('\n')}\n`, { mode: 0o600 });
    renameSync(`${path}.new`, path);
    return new UnfinishedComparison(path, startedAt, runs);
  }

  /** U1 */
  add(made: PeerRun): void {
    this.#count++;
    if (!this.#isKept) return;
    try {
      appendFileSync(this.#path, `${JSON.stringify(made)}\n`);
    } catch (error) {
      this.#isKept = false; // U5
      process.emitWarning(
        `Runs are no longer kept, and could not be gone on with: ${textOf(error)}`,
        'GridbookWarning',
      );
    }
  }

  /** @param isWhole - whether all runs were made. */
  close(isWhole: boolean): void {
    if (isWhole || this.#count === 0) rmSync(this.#path, { force: true }); // U3
  }
}

/** What a file has of a comparison; undefined when it is not there, of another one, or damaged. */
function read(path: string, definition: string): { startedAt: string; pid: number; runs: PeerRun[] } | undefined {
  let lines: string[];
  try {
    lines = readFileSync(path, 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const [head, ...rest] = lines.map(parsed);
  const known = header.safeParse(head);
  if (!known.success || known.data.definition !== definition) return undefined;
  const { startedAt, pid } = known.data;
  return { startedAt, pid, runs: rest.flatMap((line) => run.safeParse(line).data ?? []) };
}

/** U1 */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function removeOldest(folder: string, but: string): void {
  const others = readdirSync(folder).filter((name) => name !== but);
  const aged = others.map((name) => ({
    name,
    at: statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  }));
  for (const { name } of aged.sort((a, b) => b.at - a.at).slice(filesMax - 1))
    rmSync(join(folder, name), { force: true });
}
