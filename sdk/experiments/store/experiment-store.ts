// A store of experiments: what was measured, kept in a file as it is measured.
//
// Owns: experiments with their records and failures, and who makes each. Does not own: the file (store-database.ts),
// what a record says. Called by `sweep`, the `gridbook` command, and programs.
//
// Invariants:
//   S1. What `begin`, `addRecord`, `addFailure` and `end` were given is on the disk when they return.
//   S2. At most one store, of those that are open anywhere, makes an experiment: the one whose mark it has.
//   S3. What is read is what was written, number for number; a text that the disk has changed is an error.

import { randomBytes } from 'node:crypto';
import { InvalidArgumentError, StoreError } from '../../errors.ts';
import {
  type ExperimentData,
  type ExperimentDefinition,
  type Machine,
  type RunFailure,
  thisMachine,
} from '../experiment.ts';
import type { RunRecord } from '../run-record.ts';
import { checksumOf, encode } from './exact-json.ts';
import { isHeld, OwnerMark, removeMark } from './owner-mark.ts';
import type { Row, StoreDatabase } from './store-database.ts';
import { completed, headOf, isSameMachine, numberIn, textIn, textsOf, valueIn } from './stored-experiment.ts';

/** What is known of an experiment without its records. */
export interface ExperimentSummary extends Omit<ExperimentData, 'records' | 'failures'> {
  /** `running` while its maker lives; `interrupted` when that ended before the experiment did. */
  readonly state: 'running' | 'interrupted' | 'ended';
  /** How many runs were measured. */
  readonly recordCount: number;
  /** How many runs failed. */
  readonly failureCount: number;
}

/** An experiment that begins. */
export type NewExperiment = Omit<ExperimentData, 'records' | 'failures' | 'endedAt'>;

/** Which experiments `list` gives. */
export interface ListOptions {
  /** Those of one workload. @default all */
  readonly workload?: string | undefined;
  /** The newest so many. @default all */
  readonly limit?: number | undefined;
}

const nameLengthMax = 200;
const idForm = /^[a-z0-9-]{4,40}$/;

/**
 * Experiments, kept in a file as they are measured. Made by `openStore`.
 *
 * @example
 * ```ts
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { openStore } from 'gridbook';
 *
 * using store = openStore(join(mkdtempSync(join(tmpdir(), 'runs-')), 'experiments.sqlite'));
 * const id = store.newId();
 * store.begin({
 *   id,
 *   name: 'first try',
 *   definition: {
 *     workload: 'squares',
 *     workUnit: 'squares',
 *     splitBy: 'pcNum',
 *     axes: { totalCount: [1000], pcNum: [1, 10], workers: [2] },
 *     repeats: 1,
 *     warmup: 0,
 *     order: 'grid',
 *     seed: 1,
 *     precision: 0,
 *     baseline: false,
 *     refine: false,
 *     cluster: 'embedded',
 *   },
 *   machine: { processor: 'abacus', cores: 2, memoryBytes: 2 ** 30, system: 'linux', node: process.versions.node },
 *   startedAt: new Date().toISOString(),
 * });
 * store.addFailure(id, { params: { totalCount: 1000, pcNum: 1 }, workers: 2, repeat: 1, message: 'out of beads' });
 * store.end(id);
 * const { name, state, failureCount } = store.find(id);
 * console.log(name, state, failureCount); // prints: first try ended 1
 * ```
 */
export class ExperimentStore {
  readonly #database: StoreDatabase;
  #mark: OwnerMark | undefined;

  /** Stores are made by `openStore`. @internal */
  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  /** Where it is. */
  get path(): string {
    return this.#database.path;
  }

  /**
   * Gives the name by which an experiment that begins is found: 8 hex digits that no other has.
   *
   * @returns the id.
   * @throws StoreError, TimeoutError when the store cannot be read.
   */
  newId(): string {
    return this.#database.read('find an id', () => {
      for (;;) {
        const id = randomBytes(4).toString('hex');
        if (this.#database.rows('SELECT 1 FROM experiments WHERE id = ?', id).length === 0) return id;
      }
    });
  }

  /**
   * Keeps an experiment that begins. This store makes it, until it ends or the store is closed.
   *
   * @param experiment - what is known of it; its id from `newId`.
   * @throws InvalidArgumentError when the id is taken, or id or name are not of their form; StoreError, TimeoutError when
   * it cannot be kept.
   */
  begin(experiment: NewExperiment): void {
    const { id, name, definition, machine, startedAt } = experiment;
    if (!idForm.test(id)) {
      throw new InvalidArgumentError(`An experiment's id is 4 to 40 small letters, digits and dashes, not "${id}"`);
    }
    if (name === '' || name.length > nameLengthMax || /\p{Cc}/u.test(name)) {
      throw new InvalidArgumentError(
        `An experiment's name is 1 to ${nameLengthMax} characters that can be printed, not ${JSON.stringify(name)}`,
      );
    }
    this.#database.write('keep the experiment', () => {
      this.#forgetTheDead();
      if (this.#database.rows('SELECT 1 FROM experiments WHERE id = ?', id).length > 0) {
        throw new InvalidArgumentError(`There is an experiment ${id} already in ${this.path}: take another id`);
      }
      const texts = [encode(definition), encode(machine)] as const;
      this.#database.run(
        `INSERT INTO experiments (id, name, workload, definition, machine, started_at, owner, checksum)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        id,
        name,
        definition.workload,
        ...texts,
        startedAt,
        this.#markName(),
        checksumOf(id, name, ...texts, startedAt, ''),
      );
    });
  }

  /**
   * Takes over an experiment that was interrupted: the newest of the same definition, made on the same machine, whose
   * maker lives no more. From then on this store makes it.
   *
   * @param definition - what is measured, and how.
   * @param machine - on what. @default this machine
   * @returns the experiment with what was kept of it, or undefined when there is none.
   * @throws StoreError, TimeoutError when the store cannot be used.
   */
  claimUnfinished(definition: ExperimentDefinition, machine: Machine = thisMachine()): ExperimentData | undefined {
    return this.#database.write('take over an experiment', () => {
      this.#forgetTheDead();
      const rows = this.#database.rows(
        `${selectExperiments} WHERE ended_at IS NULL AND owner IS NULL AND definition = ? ORDER BY number DESC`,
        encode(definition),
      );
      const row = rows.find((r) => isSameMachine(machine, headOf(r, this.path).machine));
      if (row === undefined) return undefined;
      const experiment = this.#dataOf(row);
      this.#database.run('UPDATE experiments SET owner = ? WHERE number = ?', this.#markName(), numberIn(row));
      return experiment;
    });
  }

  /**
   * Keeps a record of an experiment that this store makes.
   *
   * @param id - of the experiment.
   * @param record - what one run took and found.
   * @throws StoreError when it cannot be kept, or the experiment is another's; TimeoutError when the file is locked.
   */
  addRecord(id: string, record: RunRecord): void {
    this.#add(id, 'INSERT INTO records (experiment, record, checksum) VALUES (?, ?, ?)', 'record', record);
  }

  /**
   * Keeps a failure of an experiment that this store makes.
   *
   * @param id - of the experiment.
   * @param failure - which run failed, and why.
   * @throws StoreError when it cannot be kept, or the experiment is another's; TimeoutError when the file is locked.
   */
  addFailure(id: string, failure: RunFailure): void {
    this.#add(id, 'INSERT INTO failures (experiment, failure, checksum) VALUES (?, ?, ?)', 'failure', failure);
  }

  #add(id: string, sql: string, what: string, value: object): void {
    const text = encode(value);
    this.#database.write(`keep a ${what}`, () => {
      this.#database.run(sql, numberIn(this.#own(id)), text, checksumOf(text));
    });
  }

  /**
   * Says that an experiment that this store makes is complete.
   *
   * @param id - of the experiment.
   * @param endedAt - when, as ISO 8601. @default now
   * @throws StoreError when it cannot be kept, or the experiment is another's; TimeoutError when the file is locked.
   */
  end(id: string, endedAt: string = new Date().toISOString()): void {
    this.#database.write('end the experiment', () => {
      const row = this.#own(id);
      const checksum = checksumOf(...textsOf({ ...row, ended_at: endedAt }));
      this.#database.run(
        'UPDATE experiments SET ended_at = ?, owner = NULL, checksum = ? WHERE number = ?',
        endedAt,
        checksum,
        numberIn(row),
      );
    });
  }

  /**
   * Gives up an experiment that this store makes: it may be taken over, here or elsewhere. One that has neither a record nor a
   * failure is removed, since nothing is lost by beginning it anew.
   *
   * @param id - of the experiment.
   * @throws StoreError when the experiment is another's, or has ended; TimeoutError when the file is locked.
   */
  release(id: string): void {
    this.#database.write('give up the experiment', () => {
      const row = this.#own(id);
      const isEmpty = row['record_count'] === 0 && row['failure_count'] === 0;
      const change = isEmpty ? 'DELETE FROM experiments' : 'UPDATE experiments SET owner = NULL';
      this.#database.run(`${change} WHERE number = ?`, numberIn(row));
    });
  }

  /**
   * Finds an experiment without reading its records.
   *
   * @param reference - its id, the beginning of its id, or its name, where no other has the same.
   * @returns what is known of it.
   * @throws StoreError when there is none; InvalidArgumentError when it may be several; TimeoutError when the file is
   * locked.
   */
  find(reference: string): ExperimentSummary {
    return this.#database.read('read the store', () => this.#summaryOf(this.#rowOf(reference)));
  }

  /**
   * Reads an experiment.
   *
   * @param reference - its id, the beginning of its id, or its name, where no other has the same.
   * @returns all that was kept of it.
   * @throws StoreError when there is none; InvalidArgumentError when it may be several; TimeoutError when the file is
   * locked.
   */
  get(reference: string): ExperimentData {
    return this.#database.read('read the experiment', () => this.#dataOf(this.#rowOf(reference)));
  }

  /**
   * Lists experiments, the newest first.
   *
   * @param options - which of them.
   * @returns what is known of each.
   * @throws StoreError, TimeoutError when the store cannot be read; InvalidArgumentError when the limit is no whole number.
   */
  list({ workload, limit }: ListOptions = {}): ExperimentSummary[] {
    if (limit !== undefined && (!Number.isSafeInteger(limit) || limit < 0)) {
      throw new InvalidArgumentError(`limit must be a whole number, got ${limit}`);
    }
    return this.#database.read('read the store', () => {
      const rows = this.#database.rows(
        `${selectExperiments} WHERE ? IS NULL OR workload = ? ORDER BY started_at DESC, number DESC LIMIT ?`,
        workload ?? null,
        workload ?? null,
        limit ?? -1,
      );
      return rows.map((row) => this.#summaryOf(row));
    });
  }

  /**
   * Removes an experiment with its records.
   *
   * @param reference - its id, the beginning of its id, or its name, where no other has the same.
   * @returns what was known of it.
   * @throws StoreError when there is none, or it is being made; InvalidArgumentError when it may be several; TimeoutError
   * when the file is locked.
   */
  delete(reference: string): ExperimentSummary {
    return this.#database.write('delete the experiment', () => {
      const row = this.#rowOf(reference);
      const summary = this.#summaryOf(row);
      if (summary.state === 'running') {
        throw new StoreError(`Cannot delete experiment ${summary.id}: it is being made; end that first`);
      }
      this.#database.run('DELETE FROM experiments WHERE number = ?', numberIn(row));
      return summary;
    });
  }

  /** Closes the store. What it makes and has not ended may be taken over by others. */
  close(): void {
    this.#database.close();
    this.#mark?.release();
    this.#mark = undefined;
  }

  /** Closes the store. */
  [Symbol.dispose](): void {
    this.close();
  }

  #markName(): string {
    this.#mark ??= new OwnerMark(this.path);
    return this.#mark.name;
  }

  /** Whether somebody makes an experiment (S2). */
  #isMade(row: Row): boolean {
    return row['ended_at'] === null && row['owner'] !== null && isHeld(this.path, textIn(row, 'owner'));
  }

  /** The experiment, which this store must make (S2). */
  #own(id: string): Row {
    const [row] = this.#database.rows(`${selectExperiments} WHERE id = ?`, id);
    if (row === undefined) throw new StoreError(`There is no experiment ${id} in ${this.path}: it was deleted`);
    if (this.#mark !== undefined && row['owner'] === this.#mark.name) return row;
    throw new StoreError(
      row['ended_at'] === null
        ? `Experiment ${id} is not made here: begin one, or take one over that was interrupted`
        : `Experiment ${id} has ended, and nothing is added to it any more`,
    );
  }

  /** Forgets the makers that live no more, and what they left behind. */
  #forgetTheDead(): void {
    for (const row of this.#database.rows('SELECT DISTINCT owner FROM experiments WHERE owner IS NOT NULL')) {
      const name = textIn(row, 'owner');
      if (isHeld(this.path, name)) continue;
      this.#database.run('UPDATE experiments SET owner = NULL WHERE owner = ?', name);
      removeMark(this.path, name);
    }
  }

  #rowOf(reference: string): Row {
    const rows = this.#database.rows(
      `${selectExperiments} WHERE name = ? OR (? <> '' AND substr(id, 1, length(?)) = lower(?)) ORDER BY number`,
      // Numbered parameters are not given by their places in the first Node 24.
      ...[reference, reference, reference, reference],
    );
    const row = rows.find((r) => r['id'] === reference) ?? rows[0];
    if (row === undefined) {
      throw new StoreError(`There is no experiment "${reference}" in ${this.path}`);
    }
    if (rows.length === 1 || row['id'] === reference) return row;
    const shown = rows.slice(0, 5).map((r) => `${textIn(r, 'id')} (${textIn(r, 'name')}, ${textIn(r, 'started_at')})`);
    const more = rows.length > shown.length ? ` and ${rows.length - shown.length} more` : '';
    throw new InvalidArgumentError(`"${reference}" may be ${shown.join(', ')}${more}: give more of the id`);
  }

  #summaryOf(row: Row): ExperimentSummary {
    const state = row['ended_at'] !== null ? 'ended' : this.#isMade(row) ? 'running' : 'interrupted';
    return {
      ...headOf(row, this.path),
      state,
      recordCount: Number(row['record_count']),
      failureCount: Number(row['failure_count']),
    };
  }

  #dataOf(row: Row): ExperimentData {
    return {
      ...headOf(row, this.path),
      records: this.#values<RunRecord>('SELECT record AS text, checksum FROM records', row).map(completed),
      failures: this.#values<RunFailure>('SELECT failure AS text, checksum FROM failures', row),
    };
  }

  #values<T extends object>(select: string, experiment: Row): T[] {
    const rows = this.#database.rows(`${select} WHERE experiment = ? ORDER BY number`, numberIn(experiment));
    return rows.map((row) => valueIn<T>(row, this.path));
  }
}

const selectExperiments = `
  SELECT *,
    (SELECT count(*) FROM records WHERE experiment = experiments.number) AS record_count,
    (SELECT count(*) FROM failures WHERE experiment = experiments.number) AS failure_count
  FROM experiments`;
